//! Arithmetic and comparison of tensors, with reflection.

use std::sync::OnceLock;

use super::derived::keep_class;
use super::object::{tensor_of, tensor_value};
use crate::bridge::autograd::note_write;
use crate::bridge::call::{misused, recorded};
use crate::bridge::callback::watched;
use crate::bridge::convert::{out_value, scalar};
use crate::bridge::define::def;
use crate::bridge::error::{OrRaise, raised};
use crate::lang::object::{
    BigInt, Caller, NativeSpec, Result, Value, not_implemented_error, overflow_error,
};
use crate::tensor::array;
use crate::tensor::core::watch::take_misuse;
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::{self, Arg, Callable};

/// A tensor or number as an operand; nothing for any other value.
#[inline]
fn operand(value: &Value) -> Option<Operand<'_>> {
    match tensor_of(value) {
        Some(tensor) => Some(Operand::Tensor(tensor)),
        None => scalar(value).map(Operand::Scalar),
    }
}

#[cold]
fn refused(args: &[Value]) -> Result<Value> {
    if args.iter().any(|v| v.exact::<BigInt>().is_some()) {
        return Err(overflow_error("int too big to convert"));
    }
    Ok(Value::NotImplemented)
}

/// The common operators go to their function directly.
#[inline]
fn direct(
    caller: &mut dyn Caller,
    args: &[Value],
    f: impl Fn(Operand, Operand) -> array::Result<Tensor>,
) -> Result<Value> {
    match (operand(&args[0]), operand(&args[1])) {
        (Some(a), Some(b)) => {
            let value = watched(caller, || f(a, b)).map(tensor_value).or_raise()?;
            if take_misuse() && recorded(&value) {
                return Err(misused(&value));
            }
            Ok(keep_class(args, value))
        }
        _ => refused(args),
    }
}

/// An in-place operator: the left operand itself is the result.
#[inline]
fn in_place(
    caller: &mut dyn Caller,
    args: &[Value],
    f: impl Fn(&Tensor, Operand) -> array::Result<()>,
) -> Result<Value> {
    match (tensor_of(&args[0]), operand(&args[1])) {
        (Some(a), Some(b)) => {
            watched(caller, || f(a, b)).or_raise()?;
            note_write(caller);
            Ok(args[0].clone())
        }
        _ => refused(args),
    }
}

/// An op by its name, looked up once.
pub(super) struct Named {
    name: &'static str,
    method: bool,
    found: OnceLock<Option<Callable>>,
}

impl Named {
    /// `torch.<name>`
    pub(super) const fn function(name: &'static str) -> Named {
        Named {
            name,
            method: false,
            found: OnceLock::new(),
        }
    }

    /// `Tensor.<name>`
    pub(super) const fn method(name: &'static str) -> Named {
        Named {
            name,
            method: true,
            found: OnceLock::new(),
        }
    }

    /// The op, or the NotImplementedError that names it.
    pub(super) fn get(&self) -> Result<Callable> {
        let find = || {
            if self.method {
                ops::registry::method(self.name).or_else(|| ops::registry::function(self.name))
            } else {
                ops::registry::function(self.name).or_else(|| ops::registry::method(self.name))
            }
        };
        match self.found.get_or_init(find) {
            Some(callable) => Ok(*callable),
            None => Err(not_implemented_error(format!("torch.{}", self.name))),
        }
    }

    /// Calls the op by position.
    pub(super) fn call(
        &self,
        caller: &mut dyn Caller,
        args: impl IntoIterator<Item = Arg>,
    ) -> Result<Value> {
        let callable = self.get()?;
        match watched(caller, || callable.call(args, [])) {
            Ok(out) => {
                note_write(caller);
                Ok(out_value(out))
            }
            Err(error) => Err(raised(error)),
        }
    }
}

fn arg(value: &Value) -> Option<Arg> {
    match tensor_of(value) {
        Some(tensor) => Some(Arg::Tensor(tensor.clone())),
        None => scalar(value).map(Arg::from),
    }
}

fn named(caller: &mut dyn Caller, op: &Named, a: &Value, b: &Value) -> Result<Value> {
    match (arg(a), arg(b)) {
        (Some(x), Some(y)) => {
            let value = op.call(caller, [x, y])?;
            Ok(keep_class(&[a.clone(), b.clone()], value))
        }
        _ => refused(&[a.clone(), b.clone()]),
    }
}

/// `a op b` by the op of this name.
macro_rules! binary {
    ($signature:literal, $op:literal) => {
        def($signature, "Elementwise.", |caller, args| {
            static OP: Named = Named::function($op);
            named(caller, &OP, &args[0], &args[1])
        })
    };
}

/// `b op a`
macro_rules! reflected {
    ($signature:literal, $op:literal) => {
        def($signature, "Elementwise.", |caller, args| {
            static OP: Named = Named::function($op);
            named(caller, &OP, &args[1], &args[0])
        })
    };
}

/// `a op= b`
macro_rules! assigning {
    ($signature:literal, $op:literal) => {
        def($signature, "Elementwise and in place.", |caller, args| {
            static OP: Named = Named::method($op);
            match named(caller, &OP, &args[0], &args[1])? {
                Value::NotImplemented => Ok(Value::NotImplemented),
                _ => Ok(args[0].clone()),
            }
        })
    };
}

/// `op a`
macro_rules! unary {
    ($signature:literal, $op:literal) => {
        def($signature, "Elementwise.", |caller, args| {
            static OP: Named = Named::function($op);
            OP.call(caller, arg(&args[0]))
        })
    };
}

/// A matrix product takes tensors alone.
fn matmul(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<Value> {
    static OP: Named = Named::function("matmul");
    match (tensor_of(a), tensor_of(b)) {
        (Some(a), Some(b)) => OP.call(caller, [a.into(), b.into()]),
        _ => Ok(Value::NotImplemented),
    }
}

/// `number / tensor` is the number times the reciprocal, as in PyTorch.
fn rdiv(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    static RECIPROCAL: Named = Named::function("reciprocal");
    let Some(b) = operand(&args[1]) else {
        return refused(args);
    };
    let inverse = RECIPROCAL.call(caller, arg(&args[0]))?;
    match tensor_of(&inverse) {
        Some(inverse) => watched(caller, || ops::mul(inverse, b))
            .map(tensor_value)
            .or_raise(),
        None => Ok(Value::NotImplemented),
    }
}

fn comparable(caller: &mut dyn Caller, args: &[Value], op: &Named) -> Result<Value> {
    named(caller, op, &args[0], &args[1])
}

macro_rules! compare {
    ($signature:literal, $op:literal) => {
        def($signature, "Elementwise.", |caller, args| {
            static OP: Named = Named::function($op);
            comparable(caller, args, &OP)
        })
    };
}

/// The operators.
pub(super) static OPERATORS: &[NativeSpec] = &[
    def("__add__(self, other, /)", "Elementwise.", |caller, args| {
        direct(caller, args, |a, b| ops::add(a, b))
    }),
    def(
        "__radd__(self, other, /)",
        "Elementwise.",
        |caller, args| direct(caller, args, |a, b| ops::add(a, b)),
    ),
    def("__sub__(self, other, /)", "Elementwise.", |caller, args| {
        direct(caller, args, |a, b| ops::sub(a, b))
    }),
    def(
        "__rsub__(self, other, /)",
        "Elementwise.",
        |caller, args| direct(caller, args, |a, b| ops::sub(b, a)),
    ),
    def("__mul__(self, other, /)", "Elementwise.", |caller, args| {
        direct(caller, args, |a, b| ops::mul(a, b))
    }),
    def(
        "__rmul__(self, other, /)",
        "Elementwise.",
        |caller, args| direct(caller, args, |a, b| ops::mul(a, b)),
    ),
    def(
        "__truediv__(self, other, /)",
        "Elementwise.",
        |caller, args| direct(caller, args, |a, b| ops::div(a, b)),
    ),
    def(
        "__rdiv__(self, other, /)",
        "Elementwise.",
        |caller, args| rdiv(caller, args),
    ),
    def(
        "__rtruediv__(self, other, /)",
        "Elementwise.",
        |caller, args| rdiv(caller, args),
    ),
    def(
        "__iadd__(self, other, /)",
        "Elementwise and in place.",
        |caller, args| in_place(caller, args, |a, b| ops::add_(a, b, 1i64.into())),
    ),
    def(
        "__isub__(self, other, /)",
        "Elementwise and in place.",
        |caller, args| in_place(caller, args, |a, b| ops::sub_(a, b, 1i64.into())),
    ),
    def(
        "__imul__(self, other, /)",
        "Elementwise and in place.",
        |caller, args| in_place(caller, args, |a, b| ops::mul_(a, b)),
    ),
    def(
        "__itruediv__(self, other, /)",
        "Elementwise and in place.",
        |caller, args| in_place(caller, args, |a, b| ops::div_(a, b)),
    ),
    binary!("__floordiv__(self, other, /)", "floor_divide"),
    reflected!("__rfloordiv__(self, other, /)", "floor_divide"),
    assigning!("__ifloordiv__(self, other, /)", "floor_divide_"),
    binary!("__mod__(self, other, /)", "remainder"),
    reflected!("__rmod__(self, other, /)", "remainder"),
    assigning!("__imod__(self, other, /)", "remainder_"),
    binary!("__pow__(self, other, /)", "pow"),
    reflected!("__rpow__(self, other, /)", "pow"),
    assigning!("__ipow__(self, other, /)", "pow_"),
    def(
        "__matmul__(self, other, /)",
        "The matrix product.",
        |caller, args| matmul(caller, &args[0], &args[1]),
    ),
    def(
        "__rmatmul__(self, other, /)",
        "The matrix product.",
        |caller, args| matmul(caller, &args[1], &args[0]),
    ),
    binary!("__and__(self, other, /)", "bitwise_and"),
    reflected!("__rand__(self, other, /)", "bitwise_and"),
    assigning!("__iand__(self, other, /)", "bitwise_and_"),
    binary!("__or__(self, other, /)", "bitwise_or"),
    reflected!("__ror__(self, other, /)", "bitwise_or"),
    assigning!("__ior__(self, other, /)", "bitwise_or_"),
    binary!("__xor__(self, other, /)", "bitwise_xor"),
    reflected!("__rxor__(self, other, /)", "bitwise_xor"),
    assigning!("__ixor__(self, other, /)", "bitwise_xor_"),
    binary!("__lshift__(self, other, /)", "bitwise_left_shift"),
    reflected!("__rlshift__(self, other, /)", "bitwise_left_shift"),
    assigning!("__ilshift__(self, other, /)", "bitwise_left_shift_"),
    binary!("__rshift__(self, other, /)", "bitwise_right_shift"),
    reflected!("__rrshift__(self, other, /)", "bitwise_right_shift"),
    assigning!("__irshift__(self, other, /)", "bitwise_right_shift_"),
    compare!("__eq__(self, other, /)", "eq"),
    compare!("__ne__(self, other, /)", "ne"),
    compare!("__lt__(self, other, /)", "lt"),
    compare!("__le__(self, other, /)", "le"),
    compare!("__gt__(self, other, /)", "gt"),
    compare!("__ge__(self, other, /)", "ge"),
    unary!("__neg__(self, /)", "neg"),
    unary!("__abs__(self, /)", "abs"),
    def("__invert__(self, /)", "Elementwise.", |caller, args| {
        static OP: Named = Named::function("bitwise_not");
        if tensor_of(&args[0]).is_some_and(|t| t.dtype().is_differentiable()) {
            return Err(crate::lang::object::type_error(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors",
            ));
        }
        OP.call(caller, arg(&args[0]))
    }),
    def("__pos__(self, /)", "The tensor itself.", |_, args| {
        Ok(args[0].clone())
    }),
];

/// Attributes that are ops, such as `T`: found in the registry by their face.
pub(super) fn add_properties(attrs: &mut crate::lang::object::dict::Table) {
    use crate::lang::object::{Args, Caller, Native, Property, Ref, intern};
    for name in ops::registry::names_of(ops::PROPERTY) {
        let Some(callable) = ops::registry::property(&name) else {
            continue;
        };
        let read = move |caller: &mut dyn Caller, args: Args| {
            crate::bridge::call::call(caller, callable, args)
        };
        let name = intern(&name);
        if attrs.get_name(&name).is_some() {
            continue;
        }
        let get = Native::raw(name.clone(), "", None, true, std::rc::Rc::new(read));
        let property = Property {
            get: Value::from(get),
            set: match name.as_str() {
                "real" | "imag" => part_setter(&name, callable),
                _ => Value::None,
            },
            delete: Value::None,
            doc: std::cell::RefCell::new(Value::str(callable.entry.op.doc)),
            name: Default::default(),
        };
        attrs.set_name(&name, Value::from(Ref::new(property)));
    }
}

/// What writes to a part of complex numbers: `z.real = x`.
fn part_setter(
    name: &crate::lang::object::Name,
    part: crate::tensor::ops::registry::Callable,
) -> Value {
    use crate::lang::object::{Args, Caller, Native, protocol};
    let write = move |caller: &mut dyn Caller, args: Args| {
        let (this, value) = (&args.positional[..1], &args.positional[1]);
        let part = crate::bridge::call::call(caller, part, Args::positional(this))?;
        let method = match tensor_of(value) {
            Some(_) => "copy_",
            None => "fill_",
        };
        protocol::call_method(caller, &part, method, std::slice::from_ref(value))?;
        Ok(Value::None)
    };
    Value::from(Native::raw(
        name.clone(),
        "",
        None,
        true,
        std::rc::Rc::new(write),
    ))
}
