//! Arithmetic operators: numbers directly, everything else by special methods and their reflections.

use crate::lang::object::class::Special;
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::number::{arithmetic, negate};
use crate::lang::object::{Args, Caller, Kind, Native, Ref, Result, Str, Value, type_error};

/// The special methods behind an operator, such as `__add__`, `__radd__` and `__iadd__`.
pub struct Methods {
    /// Of the left operand.
    pub own: Special,
    /// Of the right operand.
    pub reflected: Special,
    /// Of the left operand of the assignment.
    pub in_place: Special,
    /// The operator as messages show it.
    pub sign: &'static str,
}

/// The special methods behind an operator.
pub fn methods(op: BinOp) -> Methods {
    use Special as S;
    let (own, reflected, in_place, sign) = match op {
        BinOp::Add => (S::Add, S::Radd, S::Iadd, "+"),
        BinOp::Sub => (S::Sub, S::Rsub, S::Isub, "-"),
        BinOp::Mul => (S::Mul, S::Rmul, S::Imul, "*"),
        BinOp::TrueDiv => (S::Truediv, S::Rtruediv, S::Itruediv, "/"),
        BinOp::FloorDiv => (S::Floordiv, S::Rfloordiv, S::Ifloordiv, "//"),
        BinOp::Mod => (S::Mod, S::Rmod, S::Imod, "%"),
        BinOp::Pow => (S::Pow, S::Rpow, S::Ipow, "** or pow()"),
        BinOp::MatMul => (S::Matmul, S::Rmatmul, S::Imatmul, "@"),
        BinOp::LShift => (S::Lshift, S::Rlshift, S::Ilshift, "<<"),
        BinOp::RShift => (S::Rshift, S::Rrshift, S::Irshift, ">>"),
        BinOp::And => (S::And, S::Rand, S::Iand, "&"),
        BinOp::Or => (S::Or, S::Ror, S::Ior, "|"),
        BinOp::Xor => (S::Xor, S::Rxor, S::Ixor, "^"),
    };
    Methods {
        own,
        reflected,
        in_place,
        sign,
    }
}

/// `a op b`
pub fn binary(caller: &mut dyn Caller, op: BinOp, a: &Value, b: &Value) -> Result<Value> {
    if let Some(result) = arithmetic(op, a, b) {
        return result;
    }
    if op == BinOp::Add
        && let (Some(x), Some(y)) = (a.exact::<Str>(), b.exact::<Str>())
    {
        return concatenate(x, y);
    }
    match by_methods(caller, op, a, b)? {
        Some(result) => Ok(result),
        None => Err(unsupported(op, a, b)),
    }
}

fn concatenate(x: &Ref<Str>, y: &Ref<Str>) -> Result<Value> {
    let mut text = String::with_capacity(x.as_str().len() + y.as_str().len());
    text.push_str(x.as_str());
    text.push_str(y.as_str());
    Ok(Value::from(text))
}

/// `a op= b`
pub fn inplace(caller: &mut dyn Caller, op: BinOp, a: &Value, b: &Value) -> Result<Value> {
    if let Some(result) = arithmetic(op, a, b) {
        return result;
    }
    let Methods { in_place, sign, .. } = methods(op);
    if a.kind().is_some_and(|kind| kind != Kind::Str)
        && let Some(answer) = super::call_special(caller, a, in_place, std::slice::from_ref(b))?
        && !matches!(answer, Value::NotImplemented)
    {
        return Ok(answer);
    }
    if op == BinOp::Add
        && let (Some(x), Some(y)) = (a.exact::<Str>(), b.exact::<Str>())
    {
        return concatenate(x, y);
    }
    match by_methods(caller, op, a, b)? {
        Some(result) => Ok(result),
        None => Err(refusal(
            op,
            &format!("{}=", sign.split(' ').next().unwrap_or(sign)),
            a,
            b,
        )),
    }
}

/// The special methods in Python's order: the right operand first if its class derives from the left one's.
fn by_methods(caller: &mut dyn Caller, op: BinOp, a: &Value, b: &Value) -> Result<Option<Value>> {
    let Methods { own, reflected, .. } = methods(op);
    let (class_a, class_b) = (a.class(), b.class());
    let same = class_a.same(&class_b);
    let own_method = class_a.special(own);
    let reflected_method = if same {
        None
    } else {
        class_b.special(reflected)
    };
    let b_first = match (&reflected_method, class_a.special(reflected)) {
        // Joining sequences is the last thing to try: it raises what an operator says in the end.
        _ if op == BinOp::Add && is_sequence(a) => reflected_method.is_some(),
        _ if op == BinOp::Mul && b.kind() == Some(Kind::Instance) && is_sequence(a) => {
            reflected_method.is_some()
        }
        (Some(theirs), ours) => {
            class_b.is_subclass(&class_a) && !ours.is_some_and(|ours| ours.is(theirs))
        }
        (None, _) => false,
    };
    let order = if b_first {
        [false, true]
    } else {
        [true, false]
    };
    for left in order {
        let (method, receiver, other) = if left {
            (&own_method, a, b)
        } else {
            (&reflected_method, b, a)
        };
        if let Some(method) = method {
            let answer = call(caller, method, receiver, other)?;
            if !matches!(answer, Value::NotImplemented) {
                return Ok(Some(answer));
            }
        }
    }
    Ok(None)
}

fn call(caller: &mut dyn Caller, method: &Value, receiver: &Value, other: &Value) -> Result<Value> {
    let plain = match method.kind() {
        Some(Kind::Function) => true,
        Some(Kind::Native) => method.exact::<Native>().is_some_and(|n| n.is_method),
        _ => false,
    };
    if plain {
        return caller.call(method, Args::positional(&[receiver.clone(), other.clone()]));
    }
    let class = receiver.class();
    let bound = super::bind(caller, method, receiver, &class)?;
    caller.call(&bound, Args::positional(std::slice::from_ref(other)))
}

/// The TypeError of operands that an operator does not know.
#[cold]
pub fn unsupported(op: BinOp, a: &Value, b: &Value) -> crate::lang::object::Raised {
    refusal(op, methods(op).sign, a, b)
}

fn is_sequence(value: &Value) -> bool {
    use Kind::{ByteArray, Bytes, List, Str, Tuple};
    let kind = value.unwrapped().kind();
    matches!(kind, Some(Str | List | Tuple | Bytes | ByteArray))
}

#[cold]
fn refusal(op: BinOp, sign: &str, a: &Value, b: &Value) -> crate::lang::object::Raised {
    let (left, right) = (a.type_name(), b.type_name());
    if op == BinOp::Add {
        match a.unwrapped().kind() {
            Some(Kind::Str) => {
                return type_error(format!("can only concatenate str (not \"{right}\") to str"));
            }
            Some(Kind::Bytes | Kind::ByteArray) => {
                return type_error(format!("can't concat {right} to {left}"));
            }
            Some(Kind::List) => {
                return type_error(format!(
                    "can only concatenate list (not \"{right}\") to list"
                ));
            }
            Some(Kind::Tuple) => {
                return type_error(format!(
                    "can only concatenate tuple (not \"{right}\") to tuple"
                ));
            }
            _ => {}
        }
    }
    if op == BinOp::Mul && (is_sequence(a) || is_sequence(b)) {
        let other = if is_sequence(a) { right } else { left };
        return type_error(format!(
            "can't multiply sequence by non-int of type '{other}'"
        ));
    }
    let printing = op == BinOp::RShift
        && a.exact::<Native>()
            .is_some_and(|native| native.name.as_str() == "print");
    let hint = if printing {
        ". Did you mean \"print(<message>, file=<output_stream>)\"?"
    } else {
        ""
    };
    type_error(format!(
        "unsupported operand type(s) for {sign}: '{left}' and '{right}'{hint}"
    ))
}

/// `op a`
pub fn unary(caller: &mut dyn Caller, op: UnaryOp, a: &Value) -> Result<Value> {
    if op == UnaryOp::Not {
        return super::truth(caller, a).map(|truth| Value::Bool(!truth));
    }
    if let Some(result) = negate(op, a) {
        return Ok(result);
    }
    let (which, sign) = match op {
        UnaryOp::Neg | UnaryOp::Not => (Special::Neg, "-"),
        UnaryOp::Pos => (Special::Pos, "+"),
        UnaryOp::Invert => (Special::Invert, "~"),
    };
    match super::call_special(caller, a, which, &[])? {
        Some(result) => Ok(result),
        None => Err(type_error(format!(
            "bad operand type for unary {sign}: '{}'",
            a.class_name()
        ))),
    }
}
