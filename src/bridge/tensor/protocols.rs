//! Truth, numbers, length, iteration, containment and text of tensors.

use super::attributes::set_attribute;
use super::extra::extra_dict;
use super::index;
use super::object::{expect_tensor, tensor_of, tensor_value};
use crate::bridge::convert::{scalar, scalar_value};
use crate::bridge::define::def;
use crate::bridge::error::OrRaise;
use crate::bridge::names;
use crate::lang::object::{
    Caller, Class, Iter, NativeIter, NativeSpec, Ref, Result, Value, attribute_error, heap::Visit,
    not_implemented_error, protocol, runtime_error, type_error, types, value_error,
};
use crate::tensor::array::Scalar;
use crate::tensor::core::printing;

/// The only element, in the words of `float()` and `int()`.
fn only(value: &Value) -> Result<Scalar> {
    let tensor = expect_tensor(value)?;
    if tensor.numel() != 1 {
        return Err(value_error(
            "only one element tensors can be converted to Python scalars",
        ));
    }
    tensor.item().or_raise()
}

/// The only element, which must have no imaginary part.
fn only_real(value: &Value, target: &str) -> Result<Scalar> {
    let number = only(value)?;
    if number.imaginary() != 0.0 {
        return Err(runtime_error(format!(
            "value cannot be converted to type {target} without overflow"
        )));
    }
    Ok(number)
}

fn truth(value: &Value) -> Result<bool> {
    let tensor = expect_tensor(value)?;
    match tensor.numel() {
        1 => Ok(tensor.item().or_raise()?.to_bool()),
        0 => Err(runtime_error(
            "Boolean value of Tensor with no values is ambiguous",
        )),
        _ => Err(runtime_error(
            "Boolean value of Tensor with more than one value is ambiguous",
        )),
    }
}

/// A float without its fraction.
fn truncated(x: f64) -> Result<Value> {
    use num_traits::FromPrimitive;
    if x.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(crate::lang::object::overflow_error(
            "cannot convert float infinity to integer",
        ));
    }
    Ok(match x.abs() < 9e18 {
        true => Value::Int(x as i64),
        false => crate::lang::object::BigInt::value(
            num_bigint::BigInt::from_f64(x.trunc()).unwrap_or_default(),
        ),
    })
}

/// `int(x)`: floats are cut off.
fn integer(value: &Value) -> Result<Value> {
    Ok(match only_real(value, "int64_t")? {
        Scalar::Float(x) | Scalar::Complex(x, _) => truncated(x)?,
        Scalar::UInt(i) => Value::from(i as usize),
        other => Value::Int(other.to_i64()),
    })
}

fn index_number(value: &Value) -> Result<Value> {
    let tensor = expect_tensor(value)?;
    if tensor.numel() != 1 || tensor.dtype().is_floating_point() {
        return Err(type_error(
            "only integer tensors of a single element can be converted to an index",
        ));
    }
    Ok(Value::Int(tensor.item().or_raise()?.to_i64()))
}

fn length(value: &Value) -> Result<usize> {
    match expect_tensor(value)?.shape().first() {
        Some(n) => Ok(*n),
        None => Err(type_error("len() of a 0-d tensor")),
    }
}

/// Runs over the first dimension.
struct Rows {
    tensors: std::vec::IntoIter<crate::tensor::core::Tensor>,
}

impl NativeIter for Rows {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.tensors.next().map(tensor_value))
    }

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        types().tuple_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.tensors.len())
    }
}

fn rows(value: &Value) -> Result<Value> {
    let tensor = expect_tensor(value)?;
    if tensor.ndim() == 0 {
        return Err(type_error("iteration over a 0-d tensor"));
    }
    let tensors = index::unbind(tensor)?.into_iter();
    Ok(Iter::native(Rows { tensors }))
}

fn contains(caller: &mut dyn Caller, this: &Value, element: &Value) -> Result<bool> {
    let tensor = expect_tensor(this)?;
    if tensor_of(element).is_none() && scalar(element).is_none() {
        return Err(runtime_error(format!(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {}.",
            protocol::repr(caller, &Value::from(element.class()))?
        )));
    }
    let equal = protocol::rich_compare(
        caller,
        crate::lang::object::code::CmpOp::Eq,
        &tensor_value(tensor.clone()),
        element,
    )?;
    match tensor_of(&equal) {
        Some(equal) => Ok(equal
            .to_vec::<bool>()
            .or_raise()?
            .into_iter()
            .any(|found| found)),
        None => protocol::truth(caller, &equal),
    }
}

/// A 0-dim tensor formats like its number; others take no format.
fn format(caller: &mut dyn Caller, this: &Value, spec: &str) -> Result<Value> {
    let tensor = expect_tensor(this)?;
    if tensor.ndim() == 0 {
        let number = scalar_value(tensor.item().or_raise()?);
        return protocol::format(caller, &number, spec).map(Value::str);
    }
    if spec.is_empty() {
        return protocol::str(caller, this).map(Value::str);
    }
    Err(type_error(
        "unsupported format string passed to Tensor.__format__",
    ))
}

/// The names of a tensor's attributes, sorted.
fn attribute_names(tensor: &crate::tensor::core::Tensor) -> Vec<String> {
    let text = |key: &Value| key.as_str().map(str::to_string);
    let class = super::tensor_class();
    let mut names: Vec<String> = {
        let attrs = class.attrs.borrow();
        attrs.iter().filter_map(|e| text(&e.key)).collect()
    };
    if let Some(dict) = extra_dict(tensor) {
        names.extend(dict.entries().iter().filter_map(|(key, _)| text(key)));
    }
    names.sort_unstable();
    names
}

/// What the lookup did not find: an attribute that a script set, or an error.
fn missing(this: &Value, name: &str) -> Result<Value> {
    let tensor = expect_tensor(this)?;
    if let Some(value) = extra_dict(tensor).and_then(|dict| dict.get_str(name)) {
        return Ok(value);
    }
    if names::TENSOR.contains(name) {
        return Err(not_implemented_error(format!("torch.Tensor.{name}")));
    }
    let message = format!("'{}' object has no attribute '{name}'", this.class_name());
    let raised = attribute_error(message)
        .with_attr("name", Value::str(name))
        .with_attr("obj", this.clone());
    let known: Vec<String> = attribute_names(tensor);
    Err(
        match crate::base::nearest::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => raised.with_help(format!("did you mean '{near}'?")),
            None => raised,
        },
    )
}

/// The special methods.
pub(super) static PROTOCOLS: &[NativeSpec] = &[
    def(
        "__bool__(self, /)",
        "The truth of the only element.",
        |_, args| truth(&args[0]).map(Value::Bool),
    ),
    def(
        "__float__(self, /)",
        "The only element as a float.",
        |_, args| only_real(&args[0], "double").map(|s| Value::Float(s.to_f64())),
    ),
    def(
        "__int__(self, /)",
        "The only element as an integer.",
        |_, args| integer(&args[0]),
    ),
    def(
        "__complex__(self, /)",
        "The only element as a complex number.",
        |_, args| {
            let number = only(&args[0])?;
            let (re, im) = (number.to_f64(), number.imaginary());
            let complex = crate::lang::object::Complex { re, im };
            Ok(Value::from(Ref::new(complex)))
        },
    ),
    def(
        "__index__(self, /)",
        "The only element, an integer.",
        |_, args| index_number(&args[0]),
    ),
    def(
        "__len__(self, /)",
        "The size of the first dimension.",
        |_, args| length(&args[0]).map(Value::from),
    ),
    def(
        "__iter__(self, /)",
        "Over the first dimension.",
        |_, args| rows(&args[0]),
    ),
    def(
        "__reversed__(self, /)",
        "The elements in reverse.",
        |caller, args| {
            let tensor = expect_tensor(&args[0])?;
            if tensor.ndim() == 0 {
                return Ok(args[0].clone());
            }
            let dims: Vec<Value> = (0..tensor.ndim()).map(Value::from).collect();
            protocol::call_method(caller, &args[0], "flip", &[Value::tuple(dims)])
        },
    ),
    def(
        "__contains__(self, element, /)",
        "Whether some element equals.",
        |caller, args| contains(caller, &args[0], &args[1]).map(Value::Bool),
    ),
    def(
        "__getitem__(self, index, /)",
        "A part of the tensor.",
        |caller, args| index::get(caller, &args[0], &args[1]),
    ),
    def(
        "__setitem__(self, index, value, /)",
        "Writes to a part of the tensor.",
        |caller, args| {
            index::set(caller, &args[0], &args[1], &args[2])?;
            Ok(Value::None)
        },
    ),
    def("__delitem__(self, index, /)", "Refused.", |_, _| {
        Err(type_error("Tensor does not support deleting items"))
    }),
    def(
        "__format__(self, format_spec, /)",
        "Its text in a format.",
        |caller, args| {
            let spec = args[1].as_str().unwrap_or_default().to_string();
            format(caller, &args[0], &spec)
        },
    ),
    def(
        "__repr__(self, *, tensor_contents=None)",
        "Its text.",
        |_, args| {
            let text = printing::to_string(expect_tensor(&args[0])?);
            Ok(Value::str(super::derived::renamed(&args[0], text)))
        },
    ),
    def("__hash__(self, /)", "By identity.", |_, args| {
        Ok(Value::Int(
            (expect_tensor(&args[0])?.address() as i64).wrapping_shr(4),
        ))
    }),
    def(
        "__setattr__(self, name, value, /)",
        "Sets an attribute.",
        |caller, args| {
            set_attribute(caller, &args[0], &args[1], args[2].clone())?;
            Ok(Value::None)
        },
    ),
    def(
        "__delattr__(self, name, /)",
        "Deletes an attribute.",
        |caller, args| {
            set_attribute(caller, &args[0], &args[1], Value::Unbound)?;
            Ok(Value::None)
        },
    ),
    def(
        "__getattr__(self, name, /)",
        "An attribute that was set.",
        |_, args| {
            let name = args[1].as_str().unwrap_or_default();
            missing(&args[0], name)
        },
    ),
    def(
        "__dir__(self, /)",
        "The names of its attributes.",
        |_, args| {
            let names = attribute_names(expect_tensor(&args[0])?);
            Ok(Value::list(names.into_iter().map(Value::str).collect()))
        },
    ),
    def(
        "__deepcopy__(self, memo, /)",
        "A leaf with a copy of the values.",
        |caller, args| deepcopy(caller, &args[0], &args[1]),
    ),
    def(
        "__copy__(self, /)",
        "A handle that shares the values.",
        |_, args| {
            let tensor = expect_tensor(&args[0])?;
            let copy = tensor.detach();
            copy.set_parameter(tensor.is_parameter());
            copy.set_requires_grad(tensor.requires_grad()).or_raise()?;
            Ok(tensor_value(copy))
        },
    ),
];

/// `copy.deepcopy(tensor)`; the memo keeps one copy for one tensor.
fn deepcopy(caller: &mut dyn Caller, this: &Value, memo: &Value) -> Result<Value> {
    let tensor = expect_tensor(this)?;
    let key = Value::Int(tensor.address() as i64);
    let memo = memo.exact::<crate::lang::object::Dict>().cloned();
    if let Some(memo) = &memo
        && let Some(known) = protocol::dict_get(caller, memo, &key)?
    {
        return Ok(known);
    }
    if !tensor.is_leaf() {
        return Err(runtime_error(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001",
        ));
    }
    let copy = crate::tensor::core::Tensor::from_array(tensor.array().copy_dense().or_raise()?);
    copy.set_parameter(tensor.is_parameter());
    copy.set_requires_grad(tensor.requires_grad()).or_raise()?;
    // PyTorch copies gradients with plain tensors, not with parameters.
    if let Some(grad) = tensor.grad().filter(|_| !tensor.is_parameter()) {
        let grad = grad.array().copy_dense().or_raise()?;
        copy.set_grad(Some(crate::tensor::core::Tensor::from_array(grad)));
    }
    if let Some(dict) = extra_dict(tensor) {
        let own = super::set_extra(&copy);
        for (name, value) in dict.entries() {
            protocol::dict_set(caller, &own, name, value)?;
        }
    }
    let value = tensor_value(copy);
    if let Some(memo) = memo {
        protocol::dict_set(caller, &memo, key, value.clone())?;
    }
    Ok(value)
}
