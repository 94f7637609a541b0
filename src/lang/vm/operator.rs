//! Operators whose operands are no small numbers.

use crate::lang::object::code::{BinOp, CmpOp, Function, Op, Reg, Return};
use crate::lang::object::number::arithmetic;
use crate::lang::object::protocol;
use crate::lang::object::{Instance, Kind, Result, Value};

use super::call::Flow;
use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// `regs[dst] = a op b`
    pub(super) fn binary(
        &mut self,
        regs: Registers,
        op: BinOp,
        dst: Reg,
        a: &Value,
        b: &Value,
    ) -> Result<Flow> {
        if !a.is_heap()
            && !b.is_heap()
            && let Some(result) = arithmetic(op, a, b)
        {
            regs.set(dst, result?);
            return Ok(Flow::Done);
        }
        if let Some(instance) = a.exact::<Instance>()
            && let Some(flow) = self.binary_by_frame(op, dst, instance, (a, b))?
        {
            return Ok(flow);
        }
        let result = protocol::binary(self, op, a, b)?;
        regs.set(dst, result);
        Ok(Flow::Done)
    }

    /// The common case of a script class: its own method, by a frame, unless the right operand may come first.
    fn binary_by_frame(
        &mut self,
        op: BinOp,
        dst: Reg,
        instance: &Instance,
        (a, b): (&Value, &Value),
    ) -> Result<Option<Flow>> {
        let Some(method) = instance.class().special(protocol::methods(op).own) else {
            return Ok(None);
        };
        let Some(function) = method.exact::<Function>() else {
            return Ok(None);
        };
        let b_first = b
            .exact::<Instance>()
            .is_some_and(|other| !other.class().same(&instance.class()));
        if b_first || function.code.flags.generator || function.code.params.count() != 2 {
            return Ok(None);
        }
        if function.code.plain == 2 {
            let ret = Return::Operator(dst);
            let params = Registers::of(&mut self.frames.next(function.clone(), ret, 2).regs);
            params.put(0, a.clone());
            params.put(1, b.clone());
            self.begin()?;
            return Ok(Some(Flow::Pushed));
        }
        let args = [a.clone(), b.clone()];
        let frame = self.frame_for(function, args.into_iter(), &[], Return::Operator(dst))?;
        self.push(frame)?;
        Ok(Some(Flow::Pushed))
    }

    /// What a frame that ran an operator's method came to: if it was NotImplemented, the reflected method is asked.
    pub(super) fn operator_result(
        &mut self,
        regs: Registers,
        dst: Reg,
        op: Op,
        result: Value,
    ) -> Result<()> {
        if !matches!(result, Value::NotImplemented) {
            regs.set(dst, result);
            return Ok(());
        }
        let small;
        let (op, a, b) = match op {
            Op::Add { a, b, .. } => (BinOp::Add, a, regs.get(b)),
            Op::Sub { a, b, .. } => (BinOp::Sub, a, regs.get(b)),
            Op::Mul { a, b, .. } => (BinOp::Mul, a, regs.get(b)),
            Op::AddInt { a, value, .. } => {
                small = Value::Int(i64::from(value));
                (BinOp::Add, a, &small)
            }
            Op::SubInt { a, value, .. } => {
                small = Value::Int(i64::from(value));
                (BinOp::Sub, a, &small)
            }
            Op::Binary { op, a, b, .. } | Op::InPlace { op, a, b, .. } => (op, a, regs.get(b)),
            Op::BinaryInt { op, a, value, .. } | Op::InPlaceInt { op, a, value, .. } => {
                small = Value::Int(i64::from(value));
                (op, a, &small)
            }
            _ => return Ok(()),
        };
        let a = regs.get(a);
        let different = !a.class().same(&b.class());
        if different
            && let Some(answer) = protocol::call_special(
                self,
                b,
                protocol::methods(op).reflected,
                std::slice::from_ref(a),
            )?
            && !matches!(answer, Value::NotImplemented)
        {
            regs.set(dst, answer);
            return Ok(());
        }
        Err(protocol::unsupported(op, a, b))
    }

    #[inline(always)]
    fn is_true(&mut self, value: &Value) -> Result<bool> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            value => protocol::truth(self, value),
        }
    }

    pub(super) fn compare_truth(&mut self, op: CmpOp, a: &Value, b: &Value) -> Result<bool> {
        let answer = protocol::compare(self, op, a, b)?;
        self.is_true(&answer)
    }

    /// `regs[dst] = a op= b`
    pub(super) fn inplace(
        &mut self,
        regs: Registers,
        op: BinOp,
        dst: Reg,
        a: Reg,
        b: &Value,
    ) -> Result<Flow> {
        let left = regs.get(a);
        if !left.is_heap()
            && !b.is_heap()
            && let Some(result) = arithmetic(op, left, b)
        {
            regs.set(dst, result?);
            return Ok(Flow::Done);
        }
        if op == BinOp::Add
            && dst == a
            && left.kind() == Some(Kind::Str)
            && b.kind() == Some(Kind::Str)
        {
            self.append_text(regs, a, b);
            return Ok(Flow::Done);
        }
        if let Some(instance) = left.exact::<Instance>()
            && instance.payload.is_unbound()
            && instance
                .class()
                .special(protocol::methods(op).in_place)
                .is_none()
            && let Some(flow) = self.binary_by_frame(op, dst, instance, (left, b))?
        {
            return Ok(flow);
        }
        let result = protocol::inplace(self, op, left, b)?;
        regs.set(dst, result);
        Ok(Flow::Done)
    }

    /// `text += more` without copying, if nobody else holds the text.
    fn append_text(&mut self, regs: Registers, a: Reg, b: &Value) {
        use crate::lang::object::{Ref, Str};
        let more = b.clone();
        let more = more.as_str().unwrap_or_default();
        let text = regs.take(a);
        let Value::Obj(object) = text else { return };
        let Ok(mut text) = object.downcast_into::<Str>() else {
            return;
        };
        match text.get_mut() {
            Some(own) if !own.is_interned() => own.push_str(more),
            _ => {
                let mut joined = String::with_capacity((text.as_str().len() + more.len()) * 2);
                joined.push_str(text.as_str());
                joined.push_str(more);
                text = Ref::new(Str::new(joined));
            }
        }
        regs.set(a, Value::from(text));
    }
}
