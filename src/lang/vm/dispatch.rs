//! The loop that runs instructions. Numbers are handled here; everything else is a call into a family's file.

use crate::lang::object::code::{BinOp, Cell, CmpOp, Code, Frame, Op, Reg, Return};
use crate::lang::object::generator::Outcome;
use crate::lang::object::protocol;
use crate::lang::object::{
    Dict, Exc, Instance, Iter, List, Raised, Ref, Result, Slice, Tuple, Value, name_error,
    runtime_error, type_error, types,
};

use super::call::Flow;
use super::machine::Vm;
use super::registers::Registers;

/// What the end of a frame means for the loop.
enum After {
    /// The frame below goes on.
    Below,
    /// The run is over.
    Host(Outcome),
}

impl Vm {
    /// Runs the frame on top until the frame that returns to the host is done, or something raises.
    ///
    /// The running frame is reached through a pointer: frames are boxed, so they stay where they are when the stack
    /// of frames grows, and native code that is called from here leaves this frame alone until it returns.
    #[allow(clippy::too_many_lines)] // One arm an instruction.
    pub(super) fn steps(&mut self) -> Result<Outcome> {
        'frame: loop {
            let frame: *mut Frame = &mut **self.frames.last_mut().expect("a frame is running");
            // SAFETY: see above; the frame lives until this loop pops it, and then the pointer is made anew.
            let (frame, code) =
                unsafe { (&mut *frame, &*std::ptr::from_ref::<Code>(&(*frame).code)) };
            let regs = Registers::of(&mut frame.regs);
            let ops = code.ops.as_slice();
            let mut pc = frame.pc;
            macro_rules! flow {
                ($flow:expr) => {
                    if let Flow::Pushed = $flow? {
                        continue 'frame;
                    }
                };
            }
            macro_rules! arithmetic {
                ($op:expr, $dst:expr, $a:expr, $b:expr, $checked:ident, $sign:tt) => {
                    match (regs.get($a), regs.get($b)) {
                        (Value::Int(x), Value::Int(y)) if let Some(z) = x.$checked(*y) => regs.set($dst, Value::Int(z)),
                        (Value::Float(x), Value::Float(y)) => regs.set($dst, Value::Float(x $sign y)),
                        (a, b) => flow!(self.binary(regs, $op, $dst, a, b)),
                    }
                };
            }
            loop {
                // SAFETY: the compiler ends every code object with a return or jump, so `pc` stays in range.
                let op = unsafe { *ops.get_unchecked(pc) };
                pc += 1;
                // For tracebacks, and for whoever goes on in this frame.
                frame.pc = pc;
                match op {
                    Op::Nop => {}
                    Op::Move { dst, src } => regs.set(dst, regs.get(src).clone()),
                    Op::Const { dst, index } => regs.set(dst, code.consts[index as usize].clone()),
                    Op::Int { dst, value } => regs.set(dst, Value::Int(i64::from(value))),
                    Op::None { dst } => regs.set(dst, Value::None),
                    Op::Bool { dst, value } => regs.set(dst, Value::Bool(value)),
                    Op::CheckBound { reg } => {
                        if regs.get(reg).is_unbound() {
                            return Err(unbound_local(code, reg));
                        }
                    }
                    Op::Unbind { reg } => regs.set(reg, Value::Unbound),
                    Op::Clear { base, count } => regs.clear(base, usize::from(count)),
                    Op::MakeCell { reg } => {
                        let cell = Ref::new(Cell::default());
                        cell.0.replace(regs.take(reg));
                        regs.set(reg, Value::from(cell));
                    }
                    Op::LoadCell { dst, cell } => {
                        let value = cell_of(regs, cell).0.borrow().clone();
                        if value.is_unbound() {
                            return Err(unbound_local(code, cell));
                        }
                        regs.set(dst, value);
                    }
                    Op::StoreCell { cell, src } => {
                        let old = cell_of(regs, cell).0.replace(regs.get(src).clone());
                        drop(old);
                    }
                    Op::DeleteCell { cell } => {
                        let old = cell_of(regs, cell).0.take();
                        if old.is_unbound() {
                            return Err(unbound_local(code, cell));
                        }
                    }
                    Op::LoadFree { dst, index } => {
                        let value = free_of(frame, index).0.borrow().clone();
                        if value.is_unbound() {
                            return Err(unbound_free(code, index));
                        }
                        regs.set(dst, value);
                    }
                    Op::StoreFree { index, src } => {
                        let old = free_of(frame, index).0.replace(regs.get(src).clone());
                        drop(old);
                    }
                    Op::DeleteFree { index } => {
                        let old = free_of(frame, index).0.take();
                        if old.is_unbound() {
                            return Err(unbound_free(code, index));
                        }
                    }
                    Op::LoadGlobal { dst, site } => {
                        let value = self.load_global(frame, &code.sites[usize::from(site)])?;
                        regs.set(dst, value);
                    }
                    Op::StoreGlobal { src, site } => {
                        frame
                            .globals
                            .set_name(code.sites[usize::from(site)].name(), regs.get(src).clone());
                        self.run_ends_if_due();
                    }
                    Op::DeleteGlobal { site } => {
                        self.delete_global(frame, code.sites[usize::from(site)].name())?;
                        self.run_ends_if_due();
                    }
                    Op::LoadName { dst, site } => {
                        let value = self.load_name(frame, &code.sites[usize::from(site)])?;
                        regs.set(dst, value);
                    }
                    Op::StoreName { src, site } => {
                        let name = code.sites[usize::from(site)].name();
                        self.store_name(frame, name, regs.get(src).clone())?;
                    }
                    Op::DeleteName { site } => {
                        self.delete_name(frame, code.sites[usize::from(site)].name())?;
                        self.run_ends_if_due();
                    }
                    Op::LoadClassFree { dst, site, index } => {
                        let own =
                            self.namespace_get(frame, code.sites[usize::from(site)].name())?;
                        let value = own.unwrap_or_else(|| free_of(frame, index).0.borrow().clone());
                        if value.is_unbound() {
                            return Err(unbound_free(code, index));
                        }
                        regs.set(dst, value);
                    }

                    Op::LoadAttr { dst, obj, site } => {
                        flow!(self.load_attr(regs, dst, obj, &code.sites[usize::from(site)]));
                    }
                    Op::StoreAttr { obj, src, site } => {
                        let value = regs.get(src).clone();
                        self.store_attr(regs.get(obj), value, &code.sites[usize::from(site)])?;
                    }
                    Op::DeleteAttr { obj, site } => {
                        protocol::delete_attr(
                            self,
                            regs.get(obj),
                            code.sites[usize::from(site)].name(),
                        )?;
                    }
                    Op::GetItem { dst, obj, key } => {
                        if let Value::Int(index) = regs.get(key)
                            && let Some(list) = regs.get(obj).exact::<List>()
                        {
                            let items = list.items.borrow();
                            if let Some(place) = protocol::clamp_index(*index, items.len()) {
                                let item = items[place].clone();
                                drop(items);
                                regs.set(dst, item);
                                continue;
                            }
                        }
                        flow!(self.get_item(regs, dst, regs.get(obj), regs.get(key)));
                    }
                    Op::SetItem { obj, key, src } => {
                        let value = regs.get(src).clone();
                        if let Value::Int(index) = regs.get(key)
                            && let Some(list) = regs.get(obj).exact::<List>()
                        {
                            let mut items = list.items.borrow_mut();
                            if let Some(place) = protocol::clamp_index(*index, items.len()) {
                                let old = std::mem::replace(&mut items[place], value);
                                drop(items);
                                drop(old);
                                continue;
                            }
                        }
                        protocol::set_item(self, regs.get(obj), regs.get(key), value)?;
                    }
                    Op::DeleteItem { obj, key } => {
                        protocol::delete_item(self, regs.get(obj), regs.get(key))?
                    }

                    Op::Add { dst, a, b } => arithmetic!(BinOp::Add, dst, a, b, checked_add, +),
                    Op::Sub { dst, a, b } => arithmetic!(BinOp::Sub, dst, a, b, checked_sub, -),
                    Op::Mul { dst, a, b } => arithmetic!(BinOp::Mul, dst, a, b, checked_mul, *),
                    Op::Binary { op, dst, a, b } => {
                        flow!(self.binary(regs, op, dst, regs.get(a), regs.get(b)))
                    }
                    Op::BinaryInt { op, dst, a, value } => {
                        let (a, value) = (regs.get(a), i64::from(value));
                        let quick = match (op, a) {
                            (BinOp::Add, Value::Int(x)) => x.checked_add(value),
                            (BinOp::Sub, Value::Int(x)) => x.checked_sub(value),
                            _ => None,
                        };
                        match quick {
                            Some(result) => regs.set(dst, Value::Int(result)),
                            None => flow!(self.binary(regs, op, dst, a, &Value::Int(value))),
                        }
                    }
                    Op::InPlace { op, dst, a, b } => match (op, regs.get(a), regs.get(b)) {
                        (BinOp::Add, Value::Int(x), Value::Int(y))
                            if let Some(z) = x.checked_add(*y) =>
                        {
                            regs.set(dst, Value::Int(z));
                        }
                        (BinOp::Add, Value::Float(x), Value::Float(y)) => {
                            regs.set(dst, Value::Float(x + y))
                        }
                        (BinOp::Sub, Value::Float(x), Value::Float(y)) => {
                            regs.set(dst, Value::Float(x - y))
                        }
                        (_, _, b) => flow!(self.inplace(regs, op, dst, a, b)),
                    },
                    Op::InPlaceInt { op, dst, a, value } => {
                        let (left, value) = (regs.get(a), i64::from(value));
                        let quick = match (op, left) {
                            (BinOp::Add, Value::Int(x)) => x.checked_add(value),
                            (BinOp::Sub, Value::Int(x)) => x.checked_sub(value),
                            _ => None,
                        };
                        match quick {
                            Some(result) => regs.set(dst, Value::Int(result)),
                            None => flow!(self.inplace(regs, op, dst, a, &Value::Int(value))),
                        }
                    }
                    Op::Unary { op, dst, a } => {
                        let value = protocol::unary(self, op, regs.get(a))?;
                        regs.set(dst, value);
                    }
                    Op::Compare { op, dst, a, b } => {
                        let (a, b) = (regs.get(a), regs.get(b));
                        let value = match quick_compare(op, a, b) {
                            Some(truth) => Value::Bool(truth),
                            None => protocol::compare(self, op, a, b)?,
                        };
                        regs.set(dst, value);
                    }

                    Op::Jump { target } => pc = target as usize,
                    Op::Loop { target } => {
                        pc = target as usize;
                        frame.pc = pc;
                        self.tick()?;
                    }
                    Op::JumpIf { cond, target } => {
                        if self.is_true(regs.get(cond))? {
                            pc = target as usize;
                        }
                    }
                    Op::JumpIfNot { cond, target } => {
                        if !self.is_true(regs.get(cond))? {
                            pc = target as usize;
                        }
                    }
                    Op::SkipIf { op, a, b } => {
                        let (a, b) = (regs.get(a), regs.get(b));
                        let truth = match quick_compare(op, a, b) {
                            Some(truth) => truth,
                            None => self.compare_truth(op, a, b)?,
                        };
                        pc += usize::from(truth);
                    }
                    Op::SkipIfInt { op, a, value } => {
                        let (a, b) = (regs.get(a), Value::Int(i64::from(value)));
                        let truth = match quick_compare(op, a, &b) {
                            Some(truth) => truth,
                            None => self.compare_truth(op, a, &b)?,
                        };
                        pc += usize::from(truth);
                    }

                    Op::Call { argc, dst, base } => {
                        self.run_ends_if_due();
                        flow!(self.call_registers(regs, dst, base, usize::from(argc)))
                    }
                    Op::CallKw {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        self.run_ends_if_due();
                        let site = &code.sites[usize::from(site)];
                        flow!(self.call_keywords(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallMethod {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        self.run_ends_if_due();
                        let site = &code.sites[usize::from(site)];
                        flow!(self.call_method(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallMethodKw {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        self.run_ends_if_due();
                        let site = &code.sites[usize::from(site)];
                        flow!(self.call_method_keywords(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallSpread { dst, base } => flow!(self.call_spread(regs, dst, base)),
                    Op::Return { src } => match self.finish(regs.take(src))? {
                        After::Below => continue 'frame,
                        After::Host(outcome) => return Ok(outcome),
                    },
                    Op::ReturnNone => match self.finish(Value::None)? {
                        After::Below => continue 'frame,
                        After::Host(outcome) => return Ok(outcome),
                    },
                    Op::MakeFunction { dst, code, base } => {
                        let function = self.make_function(regs, frame, usize::from(code), base);
                        regs.set(dst, function);
                    }
                    Op::LoadBuildClass { dst } => {
                        let build = self.session.builtins.get_str("__build_class__");
                        regs.set(
                            dst,
                            build.ok_or_else(|| name_error("__build_class__ not found"))?,
                        );
                    }

                    Op::BuildTuple { dst, base, count } => {
                        let items = regs.take_all(base, usize::from(count));
                        regs.set(dst, Value::tuple(items));
                    }
                    Op::BuildList { dst, base, count } => {
                        let items = regs.take_all(base, usize::from(count));
                        regs.set(dst, Value::list(items));
                    }
                    Op::BuildSet { dst, base, count } => {
                        let set = self.build_set(regs, base, usize::from(count))?;
                        regs.set(dst, set);
                    }
                    Op::BuildDict { dst, base, count } => {
                        let dict = self.build_dict(regs, base, usize::from(count))?;
                        regs.set(dst, dict);
                    }
                    Op::BuildString { dst, base, count } => {
                        let text = Vm::build_string(regs, base, usize::from(count));
                        regs.set(dst, text);
                    }
                    Op::BuildSlice { dst, base } => {
                        let (start, stop, step) =
                            (regs.take(base), regs.take(base + 1), regs.take(base + 2));
                        regs.set(dst, Value::from(Ref::new(Slice { start, stop, step })));
                    }
                    Op::ListAppend { list, item } => {
                        if let Some(list) = regs.get(list).exact::<List>() {
                            list.items.borrow_mut().push(regs.get(item).clone());
                        }
                    }
                    Op::SetAdd { set, item } => {
                        self.set_add(regs.get(set), regs.get(item).clone())?
                    }
                    Op::DictSet { dict, key, value } => {
                        if let Some(dict) = regs.get(dict).exact::<Dict>() {
                            protocol::dict_set(
                                self,
                                dict,
                                regs.get(key).clone(),
                                regs.get(value).clone(),
                            )?;
                        }
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
                    Op::Format {
                        conversion,
                        dst,
                        src,
                        spec,
                    } => {
                        let text = self.format_field(regs, conversion, regs.get(src), spec)?;
                        regs.set(dst, text);
                    }

                    Op::GetIter { dst, src } => {
                        let iterator = protocol::iter(self, regs.get(src))?;
                        regs.set(dst, iterator);
                    }
                    Op::ForIter { dst, iter } => {
                        let iterator = regs.get(iter);
                        if let Some(quick) = iterator.exact::<Iter>()
                            && let Some(step) = quick.step()
                        {
                            if let Some(item) = step {
                                regs.set(dst, item);
                                pc += 1;
                            }
                            continue;
                        }
                        match self.for_step(iterator, dst)? {
                            Some(Some(item)) => {
                                regs.set(dst, item);
                                pc += 1;
                            }
                            Some(None) => {}
                            None => continue 'frame,
                        }
                    }
                    Op::Unpack { src, base, count } => {
                        self.unpack(regs, regs.get(src), base, usize::from(count))?
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

                    Op::Yield { value, .. } => match self.suspend(regs.take(value)) {
                        After::Below => continue 'frame,
                        After::Host(outcome) => return Ok(outcome),
                    },
                    Op::YieldFrom { dst, iter } => match self.yield_from(regs, frame, dst, iter)? {
                        Ok(Flow::Done) => {}
                        Ok(Flow::Pushed) => continue 'frame,
                        Err(value) => match self.suspend(value) {
                            After::Below => continue 'frame,
                            After::Host(outcome) => return Ok(outcome),
                        },
                    },

                    Op::Raise { exc } => return Err(self.raise(&regs.get(exc).clone(), None)),
                    Op::RaiseFrom { exc, cause } => {
                        return Err(
                            self.raise(&regs.get(exc).clone(), Some(&regs.get(cause).clone()))
                        );
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
                        frame.handled.push(regs.get(exc).clone());
                        self.handling += 1;
                    }
                    Op::LeaveHandler => {
                        let done = frame.handled.pop();
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
                        let traceback = protocol::find_attr(
                            self,
                            &exc,
                            &crate::lang::object::intern("__traceback__"),
                        )?;
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
                        let value = self
                            .import_from(regs.get(module), code.sites[usize::from(site)].name())?;
                        regs.set(dst, value);
                    }
                    Op::ImportStar { module } => {
                        self.import_star(frame, &regs.get(module).clone())?
                    }

                    Op::SetupAnnotations => self.setup_annotations(frame)?,
                    Op::IsSequence { dst, src } => {
                        regs.set(dst, Value::Bool(Vm::is_sequence(regs.get(src))))
                    }
                    Op::IsMapping { dst, src } => {
                        regs.set(dst, Value::Bool(Vm::is_mapping(regs.get(src))))
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
                        let site = &code.sites[usize::from(site)];
                        let values = self.match_class(regs, base, usize::from(count), site)?;
                        regs.set(dst, values);
                    }
                }
            }
        }
    }

    /// Ends the running frame with a result.
    #[inline]
    fn finish(&mut self, value: Value) -> Result<After> {
        let mut frame = self.pop();
        let ret = std::mem::replace(&mut frame.ret, Return::Ignore);
        if let Some(generator) = frame.generator.take() {
            generator.running.set(false);
        }
        self.recycle(frame);
        if let Return::Register(dst) = ret {
            self.below().set(dst, value);
            return Ok(After::Below);
        }
        self.deliver(ret, value)
    }

    fn deliver(&mut self, ret: Return, value: Value) -> Result<After> {
        match ret {
            Return::Host => return Ok(After::Host(Outcome::Returned(value))),
            Return::Register(dst) | Return::YieldFrom(dst) => self.below().set(dst, value),
            Return::Init(dst, instance) => {
                if !value.is_none() {
                    let name = value.class_name();
                    return Err(type_error(format!(
                        "__init__() should return None, not '{name}'"
                    )));
                }
                self.below().set(dst, instance);
            }
            Return::Operator(dst) => {
                let frame = self
                    .frames
                    .last_mut()
                    .expect("an operator has a frame below");
                let op = frame.code.ops[frame.pc - 1];
                let regs = Registers::of(&mut frame.regs);
                self.operator_result(regs, dst, op, value)?;
            }
            // The generator is exhausted: the loop's exit jump comes next.
            Return::ForIter(_) | Return::Ignore => {}
        }
        Ok(After::Below)
    }

    /// The registers of the frame that is now on top.
    #[inline(always)]
    fn below(&mut self) -> Registers {
        let frame = self
            .frames
            .last_mut()
            .expect("a frame that does not return to the host has one below");
        Registers::of(&mut frame.regs)
    }

    /// Suspends the running generator with a value.
    fn suspend(&mut self, value: Value) -> After {
        let mut frame = self.pop();
        let ret = std::mem::replace(&mut frame.ret, Return::Ignore);
        let generator = frame.generator.take().expect("only generators yield");
        generator.running.set(false);
        generator.frame.replace(Some(frame));
        match ret {
            Return::ForIter(dst) => {
                let below = self.frames.last_mut().expect("a loop runs in a frame");
                below.regs[usize::from(dst)] = value;
                below.pc += 1;
                After::Below
            }
            // What the inner generator yields, the outer one yields too; it stays at its `yield from`.
            Return::YieldFrom(_) => self.suspend(value),
            _ => After::Host(Outcome::Yielded(value)),
        }
    }

    #[inline(always)]
    fn is_true(&mut self, value: &Value) -> Result<bool> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            value => protocol::truth(self, value),
        }
    }

    fn compare_truth(&mut self, op: CmpOp, a: &Value, b: &Value) -> Result<bool> {
        let answer = protocol::compare(self, op, a, b)?;
        self.is_true(&answer)
    }

    /// `obj[key]`, by a frame for the `__getitem__` of a script class.
    fn get_item(&mut self, regs: Registers, dst: Reg, obj: &Value, key: &Value) -> Result<Flow> {
        if let Some(instance) = obj.exact::<Instance>()
            && let Some(method) = instance
                .class
                .special(crate::lang::object::Special::Getitem)
            && let Some(function) = method.exact::<crate::lang::object::Function>()
            && !function.code.flags.generator
        {
            let args = [obj.clone(), key.clone()];
            let frame = self.frame_for(function, args.into_iter(), &[], Return::Register(dst))?;
            self.push(frame)?;
            return Ok(Flow::Pushed);
        }
        if let (Some(tuple), Value::Int(index)) = (obj.exact::<Tuple>(), key)
            && let Some(place) = protocol::clamp_index(*index, tuple.items.len())
        {
            let item = tuple.items[place].clone();
            regs.set(dst, item);
            return Ok(Flow::Done);
        }
        let item = protocol::get_item(self, obj, key)?;
        regs.set(dst, item);
        Ok(Flow::Done)
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

/// Comparison of small numbers and identity.
#[inline(always)]
fn quick_compare(op: CmpOp, a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => Some(match op {
            CmpOp::Eq | CmpOp::Is => x == y,
            CmpOp::Ne | CmpOp::IsNot => x != y,
            CmpOp::Lt => x < y,
            CmpOp::Le => x <= y,
            CmpOp::Gt => x > y,
            CmpOp::Ge => x >= y,
            CmpOp::In | CmpOp::NotIn => return None,
        }),
        (Value::Float(x), Value::Float(y)) => Some(match op {
            CmpOp::Eq => x == y,
            CmpOp::Ne => x != y,
            CmpOp::Lt => x < y,
            CmpOp::Le => x <= y,
            CmpOp::Gt => x > y,
            CmpOp::Ge => x >= y,
            CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return None,
        }),
        _ => match op {
            CmpOp::Is => Some(a.is(b)),
            CmpOp::IsNot => Some(!a.is(b)),
            _ => None,
        },
    }
}

#[inline(always)]
fn cell_of<'a>(regs: Registers, reg: Reg) -> &'a Ref<Cell> {
    regs.get(reg)
        .exact::<Cell>()
        .expect("the compiler makes a cell before it uses one")
}

#[inline(always)]
fn free_of(frame: &Frame, index: u16) -> &Ref<Cell> {
    let function = frame
        .function
        .as_ref()
        .expect("free variables belong to functions");
    &function.closure[usize::from(index)]
}

#[cold]
fn unbound_local(code: &Code, reg: Reg) -> Raised {
    let name = code
        .locals
        .get(usize::from(reg))
        .map_or("?", |name| name.as_str());
    let message =
        format!("cannot access local variable '{name}' where it is not associated with a value");
    Raised::new(Exc::UnboundLocalError, message)
}

#[cold]
fn unbound_free(code: &Code, index: u16) -> Raised {
    let name = code.free[usize::from(index)].as_str();
    name_error(format!(
        "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
    ))
}
