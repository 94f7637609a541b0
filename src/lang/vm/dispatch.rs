//! The loop that runs instructions. Numbers are handled here; everything else is a call into a family's file.

use crate::lang::object::code::{BinOp, Cell, Code, Frame, Op, Return};
use crate::lang::object::generator::Outcome;
use crate::lang::object::protocol;
use crate::lang::object::{
    Dict, Exc, Function, Generator, Iter, List, Raised, Ref, Result, Slice, Value, name_error,
    runtime_error, type_error, types,
};

use super::cache::{known_attr, known_method, store_known};
use super::call::Flow;
use super::item::quick_item;
use super::leave::After;
use super::machine::Vm;
use super::quick;
use super::registers::Registers;
use super::variable::{cell_of, content, free_of, unbound_free, unbound_local};

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
            let first: *const Op = code.ops.as_ptr();
            // SAFETY: here and below, the compiler ends every code object with a return or jump, and jumps within it
            // only, so that `next` always points to one of its instructions.
            let mut next = unsafe { first.add(frame.pc) };
            // Notes the place in the code, for tracebacks and for whoever goes on in this frame: before all that may
            // raise, call, or suspend.
            macro_rules! save {
                () => {
                    // SAFETY: both point into the instructions of `code`.
                    frame.pc = unsafe { next.offset_from_unsigned(first) }
                };
            }
            macro_rules! jump {
                ($target:expr) => {
                    // SAFETY: see `next`.
                    next = unsafe { first.add($target as usize) }
                };
            }
            // An instruction ahead; there is one behind every jump that may be skipped.
            macro_rules! ahead {
                ($by:expr) => {{
                    // SAFETY: see `next`.
                    unsafe { &*next.add($by) }
                }};
            }
            macro_rules! advance {
                ($by:expr) => {{
                    // SAFETY: see `next`.
                    next = unsafe { next.add($by) };
                }};
            }
            // Skips the exit jump that comes next, or takes it.
            macro_rules! skip {
                ($skip:expr) => {
                    if $skip {
                        advance!(1);
                    } else if let Op::Jump { target } = *ahead!(0) {
                        jump!(target);
                    }
                };
            }
            macro_rules! flow {
                ($flow:expr) => {
                    if let Flow::Pushed = $flow? {
                        continue 'frame;
                    }
                };
            }
            macro_rules! truth {
                ($value:expr) => {
                    match $value {
                        Value::Bool(truth) => *truth,
                        Value::Int(i) => *i != 0,
                        Value::None => false,
                        value => {
                            save!();
                            protocol::truth(self, value)?
                        }
                    }
                };
            }
            macro_rules! arithmetic {
                ($op:expr, $dst:expr, $a:expr, $b:expr) => {{
                    let (a, b) = (regs.get($a), regs.get($b));
                    match quick::binary($op, a, b) {
                        Some(result) => regs.set($dst, result),
                        None => {
                            save!();
                            flow!(self.binary(regs, $op, $dst, a, b))
                        }
                    }
                }};
            }
            macro_rules! arithmetic_int {
                ($op:expr, $dst:expr, $a:expr, $value:expr) => {{
                    let (a, value) = (regs.get($a), i64::from($value));
                    match quick::binary_int($op, a, value) {
                        Some(result) => regs.set($dst, result),
                        None => {
                            save!();
                            flow!(self.binary(regs, $op, $dst, a, &Value::Int(value)))
                        }
                    }
                }};
            }
            // One step of a `for` loop.
            macro_rules! for_iter {
                ($dst:expr, $iter:expr) => {{
                    let iterator = regs.get($iter);
                    if let Some(quick) = iterator.exact::<Iter>()
                        && let Some(step) = quick.step()
                    {
                        match step {
                            Some(item) => {
                                regs.set($dst, item);
                                skip!(true);
                            }
                            None => skip!(false),
                        }
                        continue;
                    }
                    save!();
                    if let Some(generator) = iterator.exact::<Generator>() {
                        if self.resume_for(generator, $dst)? {
                            continue 'frame;
                        }
                        skip!(false);
                        continue;
                    }
                    // Pairs that are unpacked at once need no tuple, unless it has a name.
                    if let Op::Unpack {
                        src,
                        base,
                        count: 2,
                    } = *ahead!(1)
                        && src == $dst
                        && usize::from(src) >= code.locals.len()
                        && let Some(quick) = iterator.exact::<Iter>()
                        && let Some(step) = quick.clone().next_pair(self)
                    {
                        match step? {
                            Some((first, second)) => {
                                regs.set(base, first);
                                regs.set(base + 1, second);
                                advance!(2);
                            }
                            None => skip!(false),
                        }
                        continue;
                    }
                    match protocol::next(self, iterator)? {
                        Some(item) => {
                            regs.set($dst, item);
                            skip!(true);
                        }
                        None => skip!(false),
                    }
                }};
            }
            loop {
                let op = ahead!(0);
                advance!(1);
                match *op {
                    Op::Nop => {}
                    Op::Move { dst, src } => regs.set(dst, regs.get(src).clone()),
                    Op::Const { dst, index } => regs.set(dst, code.consts[index as usize].clone()),
                    Op::Int { dst, value } => regs.set(dst, Value::Int(i64::from(value))),
                    Op::None { dst } => regs.set(dst, Value::None),
                    Op::Bool { dst, value } => regs.set_bool(dst, value),
                    Op::CheckBound { reg } => {
                        save!();
                        if regs.get(reg).is_unbound() {
                            return Err(unbound_local(code, reg));
                        }
                    }
                    Op::Unbind { reg } => regs.set(reg, Value::Unbound),
                    Op::Clear { base, count } => regs.let_go(base, usize::from(count)),
                    Op::MakeCell { reg } => {
                        let cell = Ref::new(Cell::default());
                        cell.0.replace(regs.take(reg));
                        regs.set(reg, Value::from(cell));
                    }
                    Op::LoadCell { dst, cell } => match content(cell_of(regs, cell)) {
                        Some(value) => regs.set(dst, value),
                        None => {
                            save!();
                            return Err(unbound_local(code, cell));
                        }
                    },
                    Op::StoreCell { cell, src } => {
                        let old = regs
                            .get(src)
                            .clone_over(&mut cell_of(regs, cell).0.borrow_mut());
                        drop(old);
                    }
                    Op::DeleteCell { cell } => {
                        save!();
                        let old = cell_of(regs, cell).0.take();
                        if old.is_unbound() {
                            return Err(unbound_local(code, cell));
                        }
                    }
                    Op::LoadFree { dst, index } => match content(free_of(frame, index)) {
                        Some(value) => regs.set(dst, value),
                        None => {
                            save!();
                            return Err(unbound_free(code, index));
                        }
                    },
                    Op::StoreFree { index, src } => {
                        let old = regs
                            .get(src)
                            .clone_over(&mut free_of(frame, index).0.borrow_mut());
                        drop(old);
                    }
                    Op::DeleteFree { index } => {
                        save!();
                        let old = free_of(frame, index).0.take();
                        if old.is_unbound() {
                            return Err(unbound_free(code, index));
                        }
                    }
                    Op::LoadGlobal { dst, site } => {
                        let site = &code.sites[usize::from(site)];
                        match self.known_global(frame, site) {
                            Some(value) => regs.set(dst, value),
                            None => {
                                save!();
                                let value = self.load_global(frame, site)?;
                                regs.set(dst, value);
                            }
                        }
                    }
                    Op::StoreGlobal { src, site } => {
                        save!();
                        frame
                            .globals
                            .set_name(code.sites[usize::from(site)].name(), regs.get(src).clone());
                        self.run_ends_if_due();
                    }
                    Op::DeleteGlobal { site } => {
                        save!();
                        self.delete_global(frame, code.sites[usize::from(site)].name())?;
                        self.run_ends_if_due();
                    }
                    Op::LoadName { dst, site } => {
                        save!();
                        let value = self.load_name(frame, &code.sites[usize::from(site)])?;
                        regs.set(dst, value);
                    }
                    Op::StoreName { src, site } => {
                        save!();
                        let name = code.sites[usize::from(site)].name();
                        self.store_name(frame, name, regs.get(src).clone())?;
                    }
                    Op::DeleteName { site } => {
                        save!();
                        self.delete_name(frame, code.sites[usize::from(site)].name())?;
                        self.run_ends_if_due();
                    }
                    Op::LoadClassFree { dst, site, index } => {
                        save!();
                        let own =
                            self.namespace_get(frame, code.sites[usize::from(site)].name())?;
                        let value = own.unwrap_or_else(|| free_of(frame, index).0.borrow().clone());
                        if value.is_unbound() {
                            return Err(unbound_free(code, index));
                        }
                        regs.set(dst, value);
                    }

                    Op::LoadAttr { dst, obj, site } => {
                        let site = &code.sites[usize::from(site)];
                        match known_attr(regs.get(obj), site) {
                            Some(value) => regs.set(dst, value),
                            None => {
                                save!();
                                flow!(self.load_attr(regs, dst, obj, site));
                            }
                        }
                    }
                    Op::StoreAttr { obj, src, site } => {
                        let site = &code.sites[usize::from(site)];
                        if !store_known(regs.get(obj), site, regs.get(src)) {
                            save!();
                            let value = regs.get(src).clone();
                            self.store_attr(regs.get(obj), value, site)?;
                        }
                    }
                    Op::DeleteAttr { obj, site } => {
                        save!();
                        protocol::delete_attr(
                            self,
                            regs.get(obj),
                            code.sites[usize::from(site)].name(),
                        )?;
                    }
                    Op::GetItem { dst, obj, key } => {
                        if let Value::Int(index) = regs.get(key)
                            && let Some(item) = quick_item(regs.get(obj), *index)
                        {
                            regs.set(dst, item);
                            continue;
                        }
                        save!();
                        flow!(self.get_item(regs, dst, regs.get(obj), regs.get(key)));
                    }
                    Op::GetItemInt { dst, obj, index } => {
                        let index = i64::from(index);
                        if let Some(item) = quick_item(regs.get(obj), index) {
                            regs.set(dst, item);
                            continue;
                        }
                        save!();
                        flow!(self.get_item(regs, dst, regs.get(obj), &Value::Int(index)));
                    }
                    Op::SetItem { obj, key, src } => {
                        if let Value::Int(index) = regs.get(key)
                            && let Some(list) = regs.get(obj).exact::<List>()
                            && let Ok(mut items) = list.items.try_borrow_mut()
                            && let Some(place) = protocol::clamp_index(*index, items.len())
                        {
                            let old = regs.get(src).clone_over(&mut items[place]);
                            drop(items);
                            drop(old);
                            continue;
                        }
                        if let Some(dict) = regs.get(obj).exact::<Dict>()
                            && let Ok(mut table) = dict.table.try_borrow_mut()
                            && let Some(place) = table.plain_mut(regs.get(key))
                        {
                            let old = regs.get(src).clone_over(place);
                            drop(table);
                            drop(old);
                            continue;
                        }
                        save!();
                        let value = regs.get(src).clone();
                        protocol::set_item(self, regs.get(obj), regs.get(key), value)?;
                    }
                    Op::DeleteItem { obj, key } => {
                        save!();
                        protocol::delete_item(self, regs.get(obj), regs.get(key))?
                    }

                    Op::Add { dst, a, b } => arithmetic!(BinOp::Add, dst, a, b),
                    Op::Sub { dst, a, b } => arithmetic!(BinOp::Sub, dst, a, b),
                    Op::Mul { dst, a, b } => arithmetic!(BinOp::Mul, dst, a, b),
                    Op::Binary { op, dst, a, b } => arithmetic!(op, dst, a, b),
                    Op::AddInt { dst, a, value } => arithmetic_int!(BinOp::Add, dst, a, value),
                    Op::SubInt { dst, a, value } => arithmetic_int!(BinOp::Sub, dst, a, value),
                    Op::BinaryInt { op, dst, a, value } => arithmetic_int!(op, dst, a, value),
                    Op::InPlace { op, dst, a, b } => {
                        match quick::binary(op, regs.get(a), regs.get(b)) {
                            Some(result) => regs.set(dst, result),
                            None => {
                                save!();
                                flow!(self.inplace(regs, op, dst, a, regs.get(b)))
                            }
                        }
                    }
                    Op::InPlaceInt { op, dst, a, value } => {
                        let value = i64::from(value);
                        match quick::binary_int(op, regs.get(a), value) {
                            Some(result) => regs.set(dst, result),
                            None => {
                                save!();
                                flow!(self.inplace(regs, op, dst, a, &Value::Int(value)))
                            }
                        }
                    }
                    Op::Unary { op, dst, a } => {
                        save!();
                        let value = protocol::unary(self, op, regs.get(a))?;
                        regs.set(dst, value);
                    }
                    Op::Compare { op, dst, a, b } => {
                        let (a, b) = (regs.get(a), regs.get(b));
                        match quick::compare(op, a, b) {
                            Some(truth) => regs.set_bool(dst, truth),
                            None => {
                                save!();
                                let value = protocol::compare(self, op, a, b)?;
                                regs.set(dst, value);
                            }
                        }
                    }

                    Op::Jump { target } => jump!(target),
                    Op::Loop { target } => {
                        if self.is_due() {
                            save!();
                            self.look_up()?;
                        }
                        jump!(target);
                        // Most loops begin with the step of their iterator or a comparison.
                        match *ahead!(0) {
                            Op::ForIter { dst, iter } => {
                                advance!(1);
                                for_iter!(dst, iter)
                            }
                            Op::SkipIf { op, a, b } => {
                                if let Some(truth) = quick::compare(op, regs.get(a), regs.get(b)) {
                                    advance!(1);
                                    skip!(truth);
                                }
                            }
                            Op::SkipIfInt { op, a, value } => {
                                let value = i64::from(value);
                                if let Some(truth) = quick::compare_int(op, regs.get(a), value) {
                                    advance!(1);
                                    skip!(truth);
                                }
                            }
                            _ => {}
                        }
                    }
                    Op::JumpIf { cond, target } => {
                        if truth!(regs.get(cond)) {
                            jump!(target);
                        }
                    }
                    Op::JumpIfNot { cond, target } => {
                        if !truth!(regs.get(cond)) {
                            jump!(target);
                        }
                    }
                    Op::SkipIf { op, a, b } => {
                        let (a, b) = (regs.get(a), regs.get(b));
                        let truth = match quick::compare(op, a, b) {
                            Some(truth) => truth,
                            None => {
                                save!();
                                self.compare_truth(op, a, b)?
                            }
                        };
                        skip!(truth);
                    }
                    Op::SkipIfInt { op, a, value } => {
                        let (a, value) = (regs.get(a), i64::from(value));
                        let truth = match quick::compare_int(op, a, value) {
                            Some(truth) => truth,
                            None => {
                                save!();
                                self.compare_truth(op, a, &Value::Int(value))?
                            }
                        };
                        skip!(truth);
                    }

                    Op::Call { argc, dst, base } => {
                        save!();
                        self.run_ends_if_due();
                        if let Some(function) = regs.get(base).exact::<Function>()
                            && function.code.plain == u16::from(argc)
                        {
                            let function = regs.take_object(base);
                            self.push_plain(function, regs, base + 1, usize::from(argc), dst)?;
                            continue 'frame;
                        }
                        flow!(self.call_registers(regs, dst, base, usize::from(argc)))
                    }
                    Op::CallKw {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        save!();
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
                        save!();
                        self.run_ends_if_due();
                        let site = &code.sites[usize::from(site)];
                        if let Some(method) = known_method(regs.get(base), site)
                            && let Some(function) = method.exact::<Function>()
                            && function.code.plain == u16::from(argc) + 1
                        {
                            let function = function.clone();
                            self.push_plain(function, regs, base, usize::from(argc) + 1, dst)?;
                            continue 'frame;
                        }
                        flow!(self.call_method(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallMethodKw {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        save!();
                        self.run_ends_if_due();
                        let site = &code.sites[usize::from(site)];
                        flow!(self.call_method_keywords(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallSpread { dst, base } => {
                        save!();
                        flow!(self.call_spread(regs, dst, base))
                    }
                    Op::Return { src } => {
                        let direct = match frame.ret {
                            Return::Register(dst) => Some(dst),
                            Return::Operator(dst)
                                if !matches!(regs.get(src), Value::NotImplemented) =>
                            {
                                Some(dst)
                            }
                            _ => None,
                        };
                        if let Some(dst) = direct
                            && frame.generator.is_none()
                        {
                            let done = self.pop();
                            self.below().set(dst, regs.take(src));
                            self.recycle(done);
                            continue 'frame;
                        }
                        match self.finish(regs.take(src))? {
                            After::Below => continue 'frame,
                            After::Host(outcome) => return Ok(outcome),
                        }
                    }
                    Op::ReturnNone => {
                        if let Return::Register(dst) | Return::Init(dst) = frame.ret
                            && frame.generator.is_none()
                        {
                            let mut done = self.pop();
                            let value = match done.kept.is_unbound() {
                                true => Value::None,
                                false => std::mem::take(&mut done.kept),
                            };
                            self.below().set(dst, value);
                            self.recycle(done);
                            continue 'frame;
                        }
                        match self.finish(Value::None)? {
                            After::Below => continue 'frame,
                            After::Host(outcome) => return Ok(outcome),
                        }
                    }
                    Op::MakeFunction { dst, code, base } => {
                        let function = self.make_function(regs, frame, usize::from(code), base);
                        regs.set(dst, function);
                    }
                    Op::LoadBuildClass { dst } => {
                        save!();
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
                        save!();
                        let set = self.build_set(regs, base, usize::from(count))?;
                        regs.set(dst, set);
                    }
                    Op::BuildDict { dst, base, count } => {
                        save!();
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
                        save!();
                        self.set_add(regs.get(set), regs.get(item).clone())?
                    }
                    Op::DictSet { dict, key, value } => {
                        save!();
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
                        save!();
                        self.args_extend(regs.get(list - 1), regs.get(list), regs.get(iterable))?
                    }
                    Op::ListExtend { list, iterable } => {
                        save!();
                        self.list_extend(regs.get(list), regs.get(iterable))?
                    }
                    Op::SetUpdate { set, iterable } => {
                        save!();
                        self.set_update(regs.get(set), regs.get(iterable))?
                    }
                    Op::DictUpdate { dict, mapping } => {
                        save!();
                        self.dict_update(regs.get(dict), regs.get(mapping))?
                    }
                    Op::DictMerge {
                        dict,
                        mapping,
                        callee,
                    } => {
                        save!();
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
                        save!();
                        let text = self.format_field(regs, conversion, regs.get(src), spec)?;
                        regs.set(dst, text);
                    }

                    Op::GetIter { dst, src } => {
                        save!();
                        let iterator = protocol::iter(self, regs.get(src))?;
                        regs.set(dst, iterator);
                    }
                    Op::ForIter { dst, iter } => for_iter!(dst, iter),
                    Op::Unpack { src, base, count } => {
                        save!();
                        self.unpack(regs, regs.get(src), base, usize::from(count))?
                    }
                    Op::UnpackStar {
                        before,
                        after,
                        src,
                        base,
                    } => {
                        save!();
                        self.unpack_star(
                            regs,
                            regs.get(src),
                            base,
                            usize::from(before),
                            usize::from(after),
                        )?;
                    }

                    Op::Yield { value, .. } => {
                        save!();
                        macro_rules! value {
                            () => {
                                if usize::from(value) < code.locals.len() {
                                    regs.get(value).clone()
                                } else {
                                    regs.take(value)
                                }
                            };
                        }
                        if let Return::ForIter(dst) = frame.ret {
                            self.lay_aside();
                            self.below().set(dst, value!());
                            self.skip_exit();
                            continue 'frame;
                        }
                        match self.suspend(value!()) {
                            After::Below => continue 'frame,
                            After::Host(outcome) => return Ok(outcome),
                        }
                    }
                    Op::YieldFrom { dst, iter } => {
                        save!();
                        match self.yield_from(regs, frame, dst, iter)? {
                            Ok(Flow::Done) => {}
                            Ok(Flow::Pushed) => continue 'frame,
                            Err(value) => match self.suspend(value) {
                                After::Below => continue 'frame,
                                After::Host(outcome) => return Ok(outcome),
                            },
                        }
                    }

                    Op::Raise { exc } => {
                        save!();
                        return Err(self.raise(&regs.get(exc).clone(), None));
                    }
                    Op::RaiseFrom { exc, cause } => {
                        save!();
                        return Err(
                            self.raise(&regs.get(exc).clone(), Some(&regs.get(cause).clone()))
                        );
                    }
                    Op::RaiseCurrent => {
                        save!();
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
                        save!();
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
                        save!();
                        let matches = self.matches_exception(regs.get(exc), regs.get(class))?;
                        regs.set(dst, Value::Bool(matches));
                    }
                    Op::LoadAssertionError { dst } => {
                        regs.set(dst, Value::from(types().exception(Exc::AssertionError)));
                    }
                    Op::BeforeWith { base } => {
                        save!();
                        let (enter, exit) = self.context_methods(regs.get(base))?;
                        regs.set(base, exit);
                        regs.set(base + 1, enter);
                    }
                    Op::ExceptionParts { base, exc } => {
                        save!();
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
                        save!();
                        let (name, from) = (
                            &code.consts[usize::from(name)],
                            &code.consts[usize::from(from)],
                        );
                        let module = self.import(frame, name, from, usize::from(level))?;
                        regs.set(dst, module);
                    }
                    Op::ImportFrom { dst, module, site } => {
                        save!();
                        let value = self
                            .import_from(regs.get(module), code.sites[usize::from(site)].name())?;
                        regs.set(dst, value);
                    }
                    Op::ImportStar { module } => {
                        save!();
                        self.import_star(frame, &regs.get(module).clone())?
                    }

                    Op::SetupAnnotations => {
                        save!();
                        self.setup_annotations(frame)?
                    }
                    Op::IsSequence { dst, src } => {
                        regs.set(dst, Value::Bool(Vm::is_sequence(regs.get(src))))
                    }
                    Op::IsMapping { dst, src } => {
                        regs.set(dst, Value::Bool(Vm::is_mapping(regs.get(src))))
                    }
                    Op::Len { dst, src } => {
                        save!();
                        let len = protocol::len(self, regs.get(src))?;
                        regs.set(dst, Value::from(len));
                    }
                    Op::MatchKeys { dst, src, keys } => {
                        save!();
                        let values = self.match_keys(regs.get(src), regs.get(keys))?;
                        regs.set(dst, values);
                    }
                    Op::DictWithout { dst, src, keys } => {
                        save!();
                        let rest = self.dict_without(regs.get(src), regs.get(keys))?;
                        regs.set(dst, rest);
                    }
                    Op::MatchClass {
                        count,
                        dst,
                        base,
                        site,
                    } => {
                        save!();
                        let site = &code.sites[usize::from(site)];
                        let values = self.match_class(regs, base, usize::from(count), site)?;
                        regs.set(dst, values);
                    }
                }
            }
        }
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
