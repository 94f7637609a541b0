//! The operators of numbers as methods.

use super::{Complex, arithmetic, negate};
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::native::NativeSpec;
use crate::lang::object::{Result, Value, zero_division_error};

fn is_int(value: &Value) -> bool {
    value.is_int()
}

fn is_real(value: &Value) -> bool {
    value.is_int() || value.as_float().is_some()
}

fn is_number(value: &Value) -> bool {
    is_real(value) || value.get::<Complex>().is_some()
}

fn apply(op: BinOp, a: &Value, b: &Value, takes: fn(&Value) -> bool) -> Result<Value> {
    if !takes(a) || !takes(b) {
        return Ok(Value::NotImplemented);
    }
    arithmetic(op, a.unwrapped(), b.unwrapped()).unwrap_or(Ok(Value::NotImplemented))
}

/// `divmod(a, b)`; nothing where an operand is no real number.
pub fn divide(a: &Value, b: &Value) -> Option<Result<Value>> {
    if !is_real(a) || !is_real(b) {
        return None;
    }
    let (a, b) = (a.unwrapped(), b.unwrapped());
    let quotient = arithmetic(BinOp::FloorDiv, a, b)?;
    let is_float = a.as_float().is_some() || b.as_float().is_some();
    Some(match (quotient, arithmetic(BinOp::Mod, a, b)?) {
        (Ok(quotient), Ok(rest)) => Ok(Value::tuple([quotient, rest])),
        (Err(_), _) if is_float && b.native_truth() == Some(false) => {
            Err(zero_division_error("float divmod()"))
        }
        (Err(raised), _) | (_, Err(raised)) => Err(raised),
    })
}

fn divide_or_not(a: &Value, b: &Value, takes: fn(&Value) -> bool) -> Result<Value> {
    if !takes(a) || !takes(b) {
        return Ok(Value::NotImplemented);
    }
    divide(a, b).unwrap_or(Ok(Value::NotImplemented))
}

fn unary(op: UnaryOp, value: &Value) -> Result<Value> {
    Ok(negate(op, value.unwrapped()).unwrap_or(Value::NotImplemented))
}

macro_rules! operators {
    ($takes:path; $($own:literal $reflected:literal $op:ident $sign:literal,)*) => {
        &[
            $(
                NativeSpec::new(
                    concat!($own, "(self, value, /)"),
                    concat!("Return self", $sign, "value."),
                    |_, a| apply(BinOp::$op, &a[0], &a[1], $takes),
                ),
                NativeSpec::new(
                    concat!($reflected, "(self, value, /)"),
                    concat!("Return value", $sign, "self."),
                    |_, a| apply(BinOp::$op, &a[1], &a[0], $takes),
                ),
            )*
            NativeSpec::new("__divmod__(self, value, /)", "Return divmod(self, value).", |_, a| {
                divide_or_not(&a[0], &a[1], $takes)
            }),
            NativeSpec::new("__rdivmod__(self, value, /)", "Return divmod(value, self).", |_, a| {
                divide_or_not(&a[1], &a[0], $takes)
            }),
            NativeSpec::new("__neg__(self, /)", "-self", |_, a| unary(UnaryOp::Neg, &a[0])),
            NativeSpec::new("__pos__(self, /)", "+self", |_, a| unary(UnaryOp::Pos, &a[0])),
        ]
    };
}

/// Of `int`; `__pow__` stands with the other methods.
pub(super) static INT_OPERATORS: &[NativeSpec] = operators! {
    is_int;
    "__add__" "__radd__" Add "+",
    "__sub__" "__rsub__" Sub "-",
    "__mul__" "__rmul__" Mul "*",
    "__truediv__" "__rtruediv__" TrueDiv "/",
    "__floordiv__" "__rfloordiv__" FloorDiv "//",
    "__mod__" "__rmod__" Mod "%",
    "__lshift__" "__rlshift__" LShift "<<",
    "__rshift__" "__rrshift__" RShift ">>",
    "__and__" "__rand__" And "&",
    "__or__" "__ror__" Or "|",
    "__xor__" "__rxor__" Xor "^",
};

/// Of `float`.
pub(super) static FLOAT_OPERATORS: &[NativeSpec] = operators! {
    is_real;
    "__add__" "__radd__" Add "+",
    "__sub__" "__rsub__" Sub "-",
    "__mul__" "__rmul__" Mul "*",
    "__truediv__" "__rtruediv__" TrueDiv "/",
    "__floordiv__" "__rfloordiv__" FloorDiv "//",
    "__mod__" "__rmod__" Mod "%",
    "__pow__" "__rpow__" Pow "**",
};

/// Of `complex`.
pub(super) static COMPLEX_OPERATORS: &[NativeSpec] = operators! {
    is_number;
    "__add__" "__radd__" Add "+",
    "__sub__" "__rsub__" Sub "-",
    "__mul__" "__rmul__" Mul "*",
    "__truediv__" "__rtruediv__" TrueDiv "/",
    "__pow__" "__rpow__" Pow "**",
};
