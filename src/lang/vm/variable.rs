//! Variables in cells, and the errors of those that are not bound.

use crate::lang::object::code::{Cell, Code, Frame, Reg};
use crate::lang::object::{Exc, Raised, Ref, Value, name_error};

use super::registers::Registers;

/// What is in a cell, unless it is empty.
#[inline(always)]
pub(super) fn content(cell: &Cell) -> Option<Value> {
    // SAFETY: nobody changes the cell while its content is copied.
    let value = unsafe { cell.0.try_borrow_unguarded() }.ok()?;
    (!value.is_unbound()).then(|| value.clone())
}

#[inline(always)]
pub(super) fn cell_of<'a>(regs: Registers, reg: Reg) -> &'a Ref<Cell> {
    regs.get(reg)
        .exact::<Cell>()
        .expect("the compiler makes a cell before it uses one")
}

#[inline(always)]
pub(super) fn free_of(frame: &Frame, index: u16) -> &Ref<Cell> {
    let function = frame
        .function()
        .expect("free variables belong to functions");
    &function.closure[usize::from(index)]
}

#[cold]
pub(super) fn unbound_local(code: &Code, reg: Reg) -> Raised {
    let name = code
        .locals
        .get(usize::from(reg))
        .map_or("?", |name| name.as_str());
    let message =
        format!("cannot access local variable '{name}' where it is not associated with a value");
    Raised::new(Exc::UnboundLocalError, message)
}

#[cold]
pub(super) fn unbound_free(code: &Code, index: u16) -> Raised {
    let name = code.free[usize::from(index)].as_str();
    name_error(format!(
        "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
    ))
}
