//! The loop that runs instructions. Numbers are handled here; everything else is a call into a family's file.

use crate::lang::object::code::{BinOp, Cell, Code, Frame, NO_REG, Op, Return};
use crate::lang::object::generator::Outcome;
use crate::lang::object::protocol;
use crate::lang::object::{Dict, Function, Generator, Iter, List, Native, Ref, Result, Value};

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
        let mut running: *mut Frame = self.frames.top();
        'frame: loop {
            // SAFETY: see above; the frame lives until this loop pops it, and then the pointer is made anew.
            let (frame, code) = unsafe {
                (
                    &mut *running,
                    &*std::ptr::from_ref::<Code>(&(*running).code),
                )
            };
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
            // Goes on in another frame.
            macro_rules! go_on {
                ($frame:expr) => {{
                    running = $frame;
                    continue 'frame;
                }};
            }
            macro_rules! flow {
                ($flow:expr) => {
                    if let Flow::Pushed = $flow? {
                        go_on!(self.frames.top());
                    }
                };
            }
            macro_rules! after {
                ($after:expr) => {
                    match $after {
                        After::Below => go_on!(self.frames.top()),
                        After::Host(outcome) => return Ok(outcome),
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
                        if let Some(resumed) = self.resume_for(generator, $dst)? {
                            go_on!(resumed);
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
                    Op::LoadGlobal { dst, site } => {
                        let site = code.site(site);
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
                            .set_name(code.site(site).name(), regs.get(src).clone());
                        self.run_ends_if_due();
                    }
                    Op::LoadAttr { dst, obj, site } => {
                        let site = code.site(site);
                        match known_attr(regs.get(obj), site) {
                            Some(value) => regs.set(dst, value),
                            None => {
                                save!();
                                flow!(self.load_attr(regs, dst, obj, site));
                            }
                        }
                    }
                    Op::StoreAttr { obj, src, site } => {
                        let site = code.site(site);
                        if !store_known(regs.get(obj), site, regs.get(src)) {
                            save!();
                            let value = regs.get(src).clone();
                            self.store_attr(regs.get(obj), value, site)?;
                        }
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
                        if op == BinOp::Add
                            && let Value::Int(x) = regs.get(a)
                            && let Some(sum) = x.checked_add(value)
                        {
                            regs.set(dst, Value::Int(sum));
                            continue;
                        }
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
                            go_on!(self.push_plain(function, regs, base + 1, argc.into(), dst)?);
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
                        let site = code.site(site);
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
                        let site = code.site(site);
                        let argc = usize::from(argc);
                        if let Some(method) = known_method(regs.get(base), site) {
                            if let Some(native) = method.exact::<Native>() {
                                let native = native.clone();
                                self.call_native_method(native, regs, dst, base, argc)?;
                                continue;
                            }
                            if let Some(function) = method.exact::<Function>()
                                && usize::from(function.code.plain) == argc + 1
                            {
                                let function = function.clone();
                                go_on!(self.push_plain(function, regs, base, argc + 1, dst)?);
                            }
                        }
                        flow!(self.call_method(regs, dst, base, argc, site));
                    }
                    Op::CallMethodKw {
                        argc,
                        dst,
                        base,
                        site,
                    } => {
                        save!();
                        self.run_ends_if_due();
                        let site = code.site(site);
                        flow!(self.call_method_keywords(regs, dst, base, usize::from(argc), site));
                    }
                    Op::CallSpread { dst, base } => {
                        save!();
                        flow!(self.call_spread(regs, dst, base))
                    }
                    Op::Return { src } => {
                        if !frame.has_more()
                            && let Some(dst) = match frame.ret {
                                Return::Register(dst) => Some(dst),
                                Return::Operator(dst) => {
                                    let refused = matches!(regs.get(src), Value::NotImplemented);
                                    (!refused).then_some(dst)
                                }
                                _ => None,
                            }
                        {
                            let value = regs.take(src);
                            go_on!(self.frames.return_to_below(dst, value));
                        }
                        after!(self.finish(regs.take(src))?)
                    }
                    Op::ReturnNone => {
                        if !frame.has_more()
                            && let Return::Register(dst) | Return::Init(dst) = frame.ret
                        {
                            let value = match frame.kept.is_unbound() {
                                true => Value::None,
                                false => std::mem::take(&mut frame.kept),
                            };
                            go_on!(self.frames.return_to_below(dst, value));
                        }
                        after!(self.finish(Value::None)?)
                    }
                    Op::MakeFunction { dst, code, base } => {
                        let function = self.make_function(regs, frame, usize::from(code), base);
                        regs.set(dst, function);
                    }
                    Op::BuildTuple { dst, base, count } => {
                        let items = regs.take_all(base, usize::from(count));
                        regs.set(dst, Value::tuple(items));
                    }
                    Op::BuildList { dst, base, count } => {
                        let items = regs.take_all(base, usize::from(count));
                        regs.set(dst, Value::list(items));
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
                    Op::Yield { dst, value } => {
                        save!();
                        frame.receives = dst != NO_REG;
                        macro_rules! value {
                            () => {
                                if usize::from(value) < code.locals.len() {
                                    regs.get(value).clone()
                                } else {
                                    regs.take(value)
                                }
                            };
                        }
                        match frame.ret {
                            Return::ForIter(dst) => {
                                let generator = self.lay_aside();
                                let below = self.frames.top();
                                Registers::of(&mut below.regs).set(dst, value!());
                                drop(generator);
                                // The exit jump comes next.
                                below.pc += 1;
                                go_on!(below);
                            }
                            Return::Host => {
                                let value = value!();
                                drop(self.lay_aside());
                                return Ok(Outcome::Yielded(value));
                            }
                            _ => after!(self.suspend(value!())),
                        }
                    }
                    Op::YieldFrom { dst, iter } => {
                        save!();
                        match self.yield_from(regs, frame, dst, iter)? {
                            Ok(Flow::Done) => {}
                            Ok(Flow::Pushed) => go_on!(self.frames.top()),
                            Err(value) => after!(self.suspend(value)),
                        }
                    }
                    // Named one by one: so there is an entry for every instruction, and none needs to be looked for.
                    op @ (Op::DeleteCell { .. }
                    | Op::DeleteFree { .. }
                    | Op::DeleteGlobal { .. }
                    | Op::LoadName { .. }
                    | Op::StoreName { .. }
                    | Op::DeleteName { .. }
                    | Op::LoadClassFree { .. }
                    | Op::DeleteAttr { .. }
                    | Op::DeleteItem { .. }
                    | Op::LoadBuildClass { .. }
                    | Op::BuildSet { .. }
                    | Op::BuildSlice { .. }
                    | Op::ArgsExtend { .. }
                    | Op::ListExtend { .. }
                    | Op::SetUpdate { .. }
                    | Op::DictUpdate { .. }
                    | Op::DictMerge { .. }
                    | Op::ListToTuple { .. }
                    | Op::UnpackStar { .. }
                    | Op::Raise { .. }
                    | Op::RaiseFrom { .. }
                    | Op::RaiseCurrent
                    | Op::Reraise { .. }
                    | Op::EnterHandler { .. }
                    | Op::LeaveHandler
                    | Op::MatchException { .. }
                    | Op::LoadAssertionError { .. }
                    | Op::BeforeWith { .. }
                    | Op::ExceptionParts { .. }
                    | Op::Import { .. }
                    | Op::ImportFrom { .. }
                    | Op::ImportStar { .. }
                    | Op::SetupAnnotations
                    | Op::IsSequence { .. }
                    | Op::IsMapping { .. }
                    | Op::Len { .. }
                    | Op::MatchKeys { .. }
                    | Op::DictWithout { .. }
                    | Op::MatchClass { .. }) => {
                        save!();
                        self.rare(op, regs, frame, code)?;
                    }
                }
            }
        }
    }
}
