//! Elements of sequences and mappings.

use crate::lang::object::code::{Reg, Return};
use crate::lang::object::protocol;
use crate::lang::object::{Dict, Function, Instance, List, Result, Special, Tuple, Value};

use super::call::Flow;
use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// `obj[key]`, by a frame for the `__getitem__` of a script class.
    pub(super) fn get_item(
        &mut self,
        regs: Registers,
        dst: Reg,
        obj: &Value,
        key: &Value,
    ) -> Result<Flow> {
        if let Some(instance) = obj.exact::<Instance>()
            && let Some(method) = instance.class().special(Special::Getitem)
            && let Some(function) = method.exact::<Function>()
            && !function.code.flags.generator
        {
            let args = [obj.clone(), key.clone()];
            let frame = self.frame_for(function, args.into_iter(), &[], Return::Register(dst))?;
            self.push(frame)?;
            return Ok(Flow::Pushed);
        }
        if let Some(dict) = obj.exact::<Dict>()
            && let Some(item) = dict.table.borrow().get_plain(key)
        {
            regs.set(dst, item.clone());
            return Ok(Flow::Done);
        }
        let item = protocol::get_item(self, obj, key)?;
        regs.set(dst, item);
        Ok(Flow::Done)
    }
}

/// The element of a list or tuple.
#[inline(always)]
pub(super) fn quick_item(sequence: &Value, index: i64) -> Option<Value> {
    if let Some(list) = sequence.exact::<List>() {
        // SAFETY: nobody changes the list while its element is copied.
        let items = unsafe { list.items.try_borrow_unguarded() }.ok()?;
        let place = protocol::clamp_index(index, items.len())?;
        return items.get(place).cloned();
    }
    let items = &sequence.exact::<Tuple>()?.items;
    let place = protocol::clamp_index(index, items.len())?;
    items.get(place).cloned()
}
