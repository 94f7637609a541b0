//! The instructions that are seldom met, or do so much that one more jump makes no difference.

use crate::lang::object::code::{Code, Frame, Op};
use crate::lang::object::protocol;
use crate::lang::object::{
    Dict, Exc, List, Raised, Ref, Result, Slice, Value, name_error, runtime_error, type_error,
    types,
};

use super::machine::Vm;
use super::registers::Registers;
use super::variable::{cell_of, free_of, unbound_free, unbound_local};

impl Vm {
    /// Runs an instruction that goes on with the next one.
    #[inline(never)]
    #[allow(clippy::too_many_lines)] // One arm an instruction.
    pub(super) fn rare(
        &mut self,
        op: Op,
        regs: Registers,
        frame: &mut Frame,
        code: &Code,
    ) -> Result<()> {
        match op {
            Op::DeleteCell { cell } => {
                let old = cell_of(regs, cell).0.take();
                if old.is_unbound() {
                    return Err(unbound_local(code, cell));
                }
            }
            Op::DeleteFree { index } => {
                let old = free_of(frame, index).0.take();
                if old.is_unbound() {
                    return Err(unbound_free(code, index));
                }
            }
            Op::DeleteGlobal { site } => {
                self.delete_global(frame, code.site(site).name())?;
                self.run_ends_if_due();
            }
            Op::LoadName { dst, site } => {
                let value = self.load_name(frame, code.site(site))?;
                regs.set(dst, value);
            }
            Op::StoreName { src, site } => {
                let name = code.site(site).name();
                self.store_name(frame, name, regs.get(src).clone())?;
            }
            Op::DeleteName { site } => {
                self.delete_name(frame, code.site(site).name())?;
                self.run_ends_if_due();
            }
            Op::LoadClassFree { dst, site, index } => {
                let own = self.namespace_get(frame, code.site(site).name())?;
                let value = own.unwrap_or_else(|| free_of(frame, index).0.borrow().clone());
                if value.is_unbound() {
                    return Err(unbound_free(code, index));
                }
                regs.set(dst, value);
            }
            Op::DeleteAttr { obj, site } => {
                protocol::delete_attr(self, regs.get(obj), code.site(site).name())?;
            }
            Op::DeleteItem { obj, key } => {
                protocol::delete_item(self, regs.get(obj), regs.get(key))?
            }
            Op::LoadBuildClass { dst } => {
                let own = self.own_builtins(frame);
                let builtins = own.as_ref().unwrap_or(&self.session.builtins);
                let build = builtins.get_str("__build_class__");
                regs.set(
                    dst,
                    build.ok_or_else(|| name_error("__build_class__ not found"))?,
                );
            }
            Op::BuildSet { dst, base, count } => {
                let set = self.build_set(regs, base, usize::from(count))?;
                regs.set(dst, set);
            }
            Op::BuildSlice { dst, base } => {
                let (start, stop, step) =
                    (regs.take(base), regs.take(base + 1), regs.take(base + 2));
                regs.set(dst, Value::from(Ref::new(Slice { start, stop, step })));
            }
            Op::ArgsExtend { list, iterable } => {
                self.args_extend(regs.get(list - 1), regs.get(list), regs.get(iterable))?
            }
            Op::ListExtend { list, iterable } => {
                self.list_extend(regs.get(list), regs.get(iterable))?
            }
            Op::SetUpdate { set, iterable } => {
                self.set_update(regs.get(set), regs.get(iterable))?
            }
            Op::DictUpdate { dict, mapping } => {
                self.dict_update(regs.get(dict), regs.get(mapping))?
            }
            Op::DictMerge {
                dict,
                mapping,
                callee,
            } => {
                self.dict_merge(regs.get(dict), regs.get(mapping), regs.get(callee))?;
            }
            Op::ListToTuple { dst, list } => {
                let items = regs
                    .get(list)
                    .exact::<List>()
                    .map(|list| list.items.borrow().clone());
                regs.set(dst, Value::tuple(items.unwrap_or_default()));
            }
            Op::UnpackStar {
                before,
                after,
                src,
                base,
            } => {
                self.unpack_star(
                    regs,
                    regs.get(src),
                    base,
                    usize::from(before),
                    usize::from(after),
                )?;
            }
            Op::Raise { exc } => {
                return Err(self.raise(&regs.get(exc).clone(), None));
            }
            Op::RaiseFrom { exc, cause } => {
                return Err(self.raise(&regs.get(exc).clone(), Some(&regs.get(cause).clone())));
            }
            Op::RaiseCurrent => {
                let handled = self.handled_exception();
                return Err(match handled.as_ref().and_then(Raised::from_value) {
                    Some(raised) => {
                        self.reraising = true;
                        raised
                    }
                    None => runtime_error("No active exception to reraise"),
                });
            }
            Op::Reraise { exc } => {
                self.reraising = true;
                return Err(Raised::from_value(regs.get(exc))
                    .expect("a handler's register holds an exception"));
            }
            Op::EnterHandler { exc } => {
                frame.more_mut().handled.push(regs.get(exc).clone());
                self.handling += 1;
            }
            Op::LeaveHandler => {
                let done = frame.more_mut().handled.pop();
                self.handling -= usize::from(done.is_some());
            }
            Op::MatchException { dst, exc, class } => {
                let matches = self.matches_exception(regs.get(exc), regs.get(class))?;
                regs.set(dst, Value::Bool(matches));
            }
            Op::LoadAssertionError { dst } => {
                regs.set(dst, Value::from(types().exception(Exc::AssertionError)));
            }
            Op::BeforeWith { base } => {
                let (enter, exit) = self.context_methods(regs.get(base))?;
                regs.set(base, exit);
                regs.set(base + 1, enter);
            }
            Op::ExceptionParts { base, exc } => {
                let exc = regs.get(exc).clone();
                regs.set(base, Value::from(exc.class()));
                let traceback =
                    protocol::find_attr(self, &exc, &crate::lang::object::intern("__traceback__"))?;
                regs.set(base + 1, exc);
                regs.set(base + 2, traceback.unwrap_or(Value::None));
            }
            Op::Import {
                level,
                dst,
                name,
                from,
            } => {
                let (name, from) = (
                    &code.consts[usize::from(name)],
                    &code.consts[usize::from(from)],
                );
                let module = self.import(frame, name, from, usize::from(level))?;
                regs.set(dst, module);
            }
            Op::ImportFrom { dst, module, site } => {
                let value = self.import_from(regs.get(module), code.site(site).name())?;
                regs.set(dst, value);
            }
            Op::ImportStar { module } => self.import_star(frame, &regs.get(module).clone())?,
            Op::SetupAnnotations => self.setup_annotations(frame)?,
            Op::IsSequence { dst, src } => {
                let answer = self.is_sequence(&regs.get(src).clone())?;
                regs.set(dst, Value::Bool(answer))
            }
            Op::IsMapping { dst, src } => {
                let answer = self.is_mapping(&regs.get(src).clone())?;
                regs.set(dst, Value::Bool(answer))
            }
            Op::Len { dst, src } => {
                let len = protocol::len(self, regs.get(src))?;
                regs.set(dst, Value::from(len));
            }
            Op::MatchKeys { dst, src, keys } => {
                let values = self.match_keys(regs.get(src), regs.get(keys))?;
                regs.set(dst, values);
            }
            Op::DictWithout { dst, src, keys } => {
                let rest = self.dict_without(regs.get(src), regs.get(keys))?;
                regs.set(dst, rest);
            }
            Op::MatchClass {
                count,
                dst,
                base,
                site,
            } => {
                let site = code.site(site);
                let values = self.match_class(regs, base, usize::from(count), site)?;
                regs.set(dst, values);
            }
            other => unreachable!("the loop runs {other:?} itself"),
        }
        Ok(())
    }

    /// The bound `__enter__` and `__exit__` of a context manager.
    fn context_methods(&mut self, manager: &Value) -> Result<(Value, Value)> {
        use crate::lang::object::Special;
        let class = manager.class();
        let refusal = |what: &str| {
            let name = class.name();
            type_error(format!(
                "'{name}' object does not support the context manager protocol{what}"
            ))
        };
        let Some(enter) = class.special(Special::Enter) else {
            return Err(refusal(""));
        };
        let Some(exit) = class.special(Special::Exit) else {
            return Err(refusal(" (missed __exit__ method)"));
        };
        Ok((
            protocol::bind(self, &enter, manager, &class)?,
            protocol::bind(self, &exit, manager, &class)?,
        ))
    }

    /// Makes `__annotations__` in the namespace if there is none.
    fn setup_annotations(&mut self, frame: &Frame) -> Result<()> {
        let name = crate::lang::object::intern("__annotations__");
        if self.namespace_get(frame, &name)?.is_none() {
            self.store_name(frame, &name, Value::from(Dict::new()))?;
        }
        Ok(())
    }
}
