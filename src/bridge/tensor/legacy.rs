//! The constructors of old: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])` and their kin.

use std::cell::RefCell;

use super::class::{legacy_name, tensor_class};
use super::object::{tensor_of, tensor_value};
use crate::bridge::convert::to_arg;
use crate::bridge::define::{class_of, def};
use crate::bridge::error::{OrRaise, raised};
use crate::bridge::numpy::as_data;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, List, NativeSpec, Ref, Result, Tuple, Value, intern, type_error, types,
};
use crate::tensor::array::{Array, DType};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{self, Arg, Out};

/// A tensor from sizes, from data, or from another tensor.
pub(super) fn construct(caller: &mut dyn Caller, dtype: DType, args: Args) -> Result<Tensor> {
    let first = args
        .positional
        .first()
        .or_else(|| args.keyword("data"))
        .or_else(|| args.keyword("other"))
        .or_else(|| args.keyword("size"));
    let Some(first) = first else {
        return zeros(&[0], dtype);
    };
    if let Some(data) = as_data(caller, first)? {
        return from_data(to_arg(caller, &data)?, dtype);
    }
    if let Some(tensor) = tensor_of(first) {
        if tensor.dtype() != dtype {
            return Err(type_error(format!(
                "expected TensorOptions(dtype={}, device=cpu, layout=Strided, requires_grad=false (default), pinned_memory=false (default), memory_format=(nullopt)) (got TensorOptions(dtype={}, device=cpu, layout=Strided, requires_grad=false (default), pinned_memory=false (default), memory_format=(nullopt)))",
                dtype.cpp_name(),
                tensor.dtype().cpp_name()
            )));
        }
        return Ok(tensor.detach());
    }
    let is_size = first.with_class(|class| class.same(&crate::bridge::values::size_class()));
    if first.as_int().is_some() || is_size {
        let given = if is_size {
            std::slice::from_ref(first)
        } else {
            args.positional
        };
        return sizes(caller, dtype, given);
    }
    if first.get::<List>().is_some() || first.get::<Tuple>().is_some() {
        let data = to_arg(caller, first)?;
        return from_data(data, dtype);
    }
    Err(type_error(match first.as_str() {
        Some(_) => "new(): invalid data type 'str'".to_string(),
        None => format!(
            "new(): data must be a sequence (got {})",
            first.class_name()
        ),
    }))
}

fn sizes(caller: &mut dyn Caller, dtype: DType, given: &[Value]) -> Result<Tensor> {
    let mut shape = Vec::new();
    for value in given {
        match to_arg(caller, value)? {
            Arg::Int(n) => shape.push(n),
            Arg::Tuple(items) => shape.extend(items.iter().filter_map(Arg::as_int)),
            other => {
                return Err(type_error(format!(
                    "new() received an invalid combination of arguments - got {}",
                    other.type_name()
                )));
            }
        }
    }
    let shape: Option<Vec<usize>> = shape.iter().map(|n| usize::try_from(*n).ok()).collect();
    match shape {
        Some(shape) => zeros(&shape, dtype),
        None => Err(crate::lang::object::runtime_error(
            "Trying to create tensor with negative dimension",
        )),
    }
}

fn zeros(shape: &[usize], dtype: DType) -> Result<Tensor> {
    Array::zeros(shape, dtype)
        .map(Tensor::from_array)
        .or_raise()
}

fn from_data(data: Arg, dtype: DType) -> Result<Tensor> {
    let Some(make) = ops::registry::function("tensor") else {
        return Err(crate::lang::object::not_implemented_error("torch.tensor"));
    };
    let named = [("dtype".to_string(), Arg::DType(dtype))];
    match make.call([data], named).map_err(raised)? {
        Out::Tensor(tensor) => Ok(tensor),
        _ => Err(type_error("new(): invalid data")),
    }
}

class_of! {
    /// The class of `torch.FloatTensor` and its kin.
    legacy_meta META, base types().type_.clone();
}

static META: ClassSpec = ClassSpec {
    name: "tensortype",
    module: "torch",
    doc: "The class of the tensor types of old.",
    methods: META_METHODS,
    ..ClassSpec::EMPTY
};

static META_METHODS: &[NativeSpec] = &[def(
    "__instancecheck__(cls, instance, /)",
    "`isinstance`",
    |_, args| {
        let tensor = tensor_of(&args[1]);
        Ok(Value::Bool(
            tensor.is_some_and(|t| legacy_type(&args[0]) == Some(t.dtype())),
        ))
    },
)];

thread_local! {
    static CLASSES: RefCell<Vec<(DType, Ref<Class>)>> = const { RefCell::new(Vec::new()) };
}

const DTYPES: &[&str] = &[
    "bfloat16", "bool", "float16", "float32", "float64", "int16", "int32", "int64", "int8", "uint8",
];

/// `torch.<name>`, if that is a tensor type of old.
pub(in crate::bridge) fn legacy_class(name: &str) -> Option<Value> {
    let mut dtypes = DTYPES.iter().filter_map(|d| DType::by_name(d));
    let dtype = dtypes.find(|d| legacy_name(*d) == name)?;
    if let Some(known) = CLASSES.with_borrow(|all| {
        all.iter()
            .find(|(d, _)| *d == dtype)
            .map(|(_, class)| class.clone())
    }) {
        return Some(Value::from(&known));
    }
    let mut attrs = Table::default();
    attrs.set_name(&intern("__module__"), Value::from(&intern("torch")));
    let class = Class::create(NewClass {
        name: intern(name),
        bases: vec![tensor_class()],
        attrs,
        metaclass: Some(legacy_meta()),
        make: Some(make),
        native: true,
        solid: None,
    })
    .ok()?;
    CLASSES.with_borrow_mut(|all| all.push((dtype, class.clone())));
    Some(Value::from(&class))
}

/// The dtype of a tensor type of old.
pub(in crate::bridge) fn legacy_type(class: &Value) -> Option<DType> {
    let class = class.exact::<Class>()?;
    CLASSES.with_borrow(|all| {
        all.iter()
            .find(|(_, known)| known.same(class))
            .map(|(dtype, _)| *dtype)
    })
}

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let dtype = legacy_type(&Value::from(class)).unwrap_or(DType::Float32);
    construct(caller, dtype, args).map(tensor_value)
}
