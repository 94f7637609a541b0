//! Methods that several built-in classes have in common.

use super::{NativeSpec, receiver};
use crate::lang::object::code::CmpOp;
use crate::lang::object::protocol::{self, builtin_compare};
use crate::lang::object::root::alias;
use crate::lang::object::{Caller, Iter, Result, Value};

fn compared(caller: &mut dyn Caller, op: CmpOp, args: &[Value]) -> Result<Value> {
    builtin_compare(caller, op, &args[0], &args[1])
}

/// `==` and `!=` of a built-in class.
pub static EQUALITY: [NativeSpec; 2] = [
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |c, a| {
        compared(c, CmpOp::Eq, a)
    }),
    NativeSpec::new("__ne__(self, value, /)", "Return self!=value.", |c, a| {
        compared(c, CmpOp::Ne, a)
    }),
];

/// The order of a built-in class.
pub static ORDER: [NativeSpec; 4] = [
    NativeSpec::new("__lt__(self, value, /)", "Return self<value.", |c, a| {
        compared(c, CmpOp::Lt, a)
    }),
    NativeSpec::new("__le__(self, value, /)", "Return self<=value.", |c, a| {
        compared(c, CmpOp::Le, a)
    }),
    NativeSpec::new("__gt__(self, value, /)", "Return self>value.", |c, a| {
        compared(c, CmpOp::Gt, a)
    }),
    NativeSpec::new("__ge__(self, value, /)", "Return self>=value.", |c, a| {
        compared(c, CmpOp::Ge, a)
    }),
];

/// `__hash__` of a built-in class.
pub static HASH: [NativeSpec; 1] = [NativeSpec::new(
    "__hash__(self, /)",
    "Return hash(self).",
    |c, a| protocol::hash(c, a[0].unwrapped()).map(Value::Int),
)];

/// Iterators are their own iterators.
pub static ITERATOR: [NativeSpec; 3] = [
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        receiver::<Iter>(&a[0])?;
        Ok(a[0].clone())
    }),
    NativeSpec::new("__next__(self, /)", "Implement next(self).", |c, a| {
        let iter = receiver::<Iter>(&a[0])?.clone();
        match iter.next(c)? {
            Some(item) => Ok(item),
            None => Err(crate::lang::object::stop_iteration(Value::None)),
        }
    }),
    NativeSpec::new(
        "__length_hint__(self, /)",
        "How many elements are left, as far as it is known.",
        |_, a| {
            Ok(Value::from(
                receiver::<Iter>(&a[0])?.len_hint().unwrap_or(0),
            ))
        },
    ),
];

/// `list[int]` and its like.
pub static GENERIC: [NativeSpec; 1] = [NativeSpec::new(
    "__class_getitem__(cls, item, /)",
    "See PEP 585.",
    |_, a| Ok(alias::generic(&a[0], &a[1])),
)];
