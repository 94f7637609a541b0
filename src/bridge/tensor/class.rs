//! The classes of tensors: `torch.Tensor`, `nn.Parameter`, `nn.Buffer`, and how they are called.

use super::attributes::ATTRIBUTES;
use super::extra::{extra_dict, set_extra};
use super::methods::METHODS;
use super::object::{declare, tensor_of, tensor_value};
use super::operators::OPERATORS;
use super::protocols::PROTOCOLS;
use super::{legacy, operators};
use crate::bridge::define::{class_of, def};
use crate::bridge::error::OrRaise;
use crate::bridge::package::written_methods;
use crate::bridge::{call, overrides};
use crate::lang::object::native::{ClassSpec, define_class};
use crate::lang::object::protocol::wrap;
use crate::lang::object::{
    Args, Caller, Class, GetSet, Native, NativeSpec, Ref, Result, Value, intern, type_error, types,
};
use crate::tensor::array::DType;
use crate::tensor::core::Tensor;
use crate::tensor::ops;

class_of! {
    /// The class of tensor classes.
    tensor_meta META, base types().type_.clone();
    /// `torch.nn.Parameter`
    parameter_class PARAMETER, base tensor_class(), meta tensor_meta();
    /// `torch.nn.Buffer`
    buffer_class BUFFER, base tensor_class(), meta tensor_meta();
}

static META: ClassSpec = ClassSpec {
    name: "_TensorMeta",
    module: "torch._C",
    doc: "The class of tensor classes.",
    methods: META_METHODS,
    ..ClassSpec::EMPTY
};

static PARAMETER: ClassSpec = ClassSpec {
    name: "Parameter",
    open: true,
    module: "torch.nn.parameter",
    doc: "A tensor that a module counts among its parameters when it is assigned as an attribute.",
    make: Some(make_parameter),
    ..ClassSpec::EMPTY
};

static BUFFER: ClassSpec = ClassSpec {
    name: "Buffer",
    open: true,
    module: "torch.nn.parameter",
    doc: "A tensor that a module counts among its buffers when it is assigned as an attribute.",
    make: Some(make_buffer),
    ..ClassSpec::EMPTY
};

static TENSOR: ClassSpec = ClassSpec {
    name: "Tensor",
    open: true,
    module: "torch",
    doc: "A multi-dimensional array of numbers that may know how it was computed.",
    make: Some(make_tensor),
    class_methods: CLASS_METHODS,
    static_methods: STATICS,
    solid: true,
    ..ClassSpec::EMPTY
};

/// `torch.Tensor`
pub(in crate::bridge) fn tensor_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    CLASS.with(|class| class.get_or_init(new_tensor_class).clone())
}

/// The class with the methods of this room and those of all ops.
fn new_tensor_class() -> Ref<Class> {
    declare();
    let class = define_class(&TENSOR, &[types().object.clone()], Some(tensor_meta()));
    {
        let mut attrs = class.attrs.borrow_mut();
        let mut add = |name: &str, native: Ref<Native>| {
            let _ = native.owner.set(class.clone());
            attrs.set_name(&intern(name), Value::from(native));
        };
        for name in ops::registry::names_of(ops::METHOD) {
            if let Some(callable) = ops::registry::method(&name) {
                add(&name, call::native(&name, callable));
            }
        }
        written_methods().for_each(|(name, native)| add(name, native));
        for spec in [OPERATORS, PROTOCOLS, METHODS].into_iter().flatten() {
            let name = spec.signature.split('(').next().unwrap_or_default();
            add(name, Native::method(spec));
        }
        for spec in ATTRIBUTES {
            attrs.set_name(&intern(spec.name), Value::from(Ref::new(GetSet { spec })));
        }
        operators::add_properties(&mut attrs);
    }
    class.touch();
    class
}

static META_METHODS: &[NativeSpec] = &[
    def(
        "__instancecheck__(cls, instance, /)",
        "`isinstance`",
        |_, args| {
            let Some(class) = args[0].exact::<Class>() else {
                return Ok(Value::Bool(false));
            };
            let direct = args[1].with_class(|own| own.is_subclass(class));
            let marked = || {
                let tensor = tensor_of(&args[1]);
                class.same(&buffer_class()) && tensor.is_some_and(is_buffer)
                    || class.same(&parameter_class()) && tensor.is_some_and(Tensor::is_parameter)
            };
            Ok(Value::Bool(direct || marked()))
        },
    ),
    def(
        "__getattr__(cls, name, /)",
        "An attribute that is missing.",
        |_, args| {
            let name = args[1].as_str().unwrap_or_default();
            if crate::bridge::names::TENSOR.contains(name) {
                return Err(crate::lang::object::not_implemented_error(format!(
                    "torch.Tensor.{name}"
                )));
            }
            let class = args[0].exact::<Class>().map(|c| c.name().to_string());
            Err(crate::lang::object::attribute_error(format!(
                "type object '{}' has no attribute '{name}'",
                class.unwrap_or_default()
            )))
        },
    ),
];

static CLASS_METHODS: &[NativeSpec] = &[def(
    "__torch_function__(cls, func, types, args=(), kwargs=None)",
    "Calls the function; the result has the class of the arguments.",
    overrides::plainly,
)];

static STATICS: &[NativeSpec] = &[def(
    "_make_subclass(cls, data, require_grad=False)",
    "A tensor of a derived class that shares the values.",
    |_, args| {
        let (Some(class), Some(data)) = (args[0].exact::<Class>(), tensor_of(&args[1])) else {
            return Err(type_error("_make_subclass() expects a class and a Tensor"));
        };
        let tensor = data.detach();
        overrides::note(class);
        tensor
            .set_requires_grad(args[2].native_truth().unwrap_or(false))
            .or_raise()?;
        if class.is_subclass(&parameter_class()) {
            tensor.set_parameter(true);
        }
        Ok(wrap(class, tensor_value(tensor)))
    },
)];

fn make_tensor(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    overrides::note(class);
    let tensor = if class.native {
        legacy::construct(caller, crate::tensor::core::default_dtype(), args)?
    } else {
        match legacy::construct(caller, crate::tensor::core::default_dtype(), args) {
            Ok(tensor) => tensor,
            // A class with an `__init__` of its own may take anything.
            Err(_) if args.positional.first().and_then(tensor_of).is_none() => empty(),
            Err(raised) => return Err(raised),
        }
    };
    Ok(wrap(class, tensor_value(tensor)))
}

fn empty() -> Tensor {
    Tensor::from_array(crate::tensor::array::Array::from_vec(
        Vec::<f32>::new(),
        &[0],
    ))
}

/// The arguments `data` and one flag, by position or name.
fn data_and_flag(args: Args, flag: &str, default: bool) -> Result<(Tensor, bool)> {
    let data = args.positional.first().or_else(|| args.keyword("data"));
    let on = args.positional.get(1).or_else(|| args.keyword(flag));
    let on = on.map_or(default, |v| v.native_truth().unwrap_or(true));
    match data {
        None | Some(Value::None) => Ok((empty(), on)),
        Some(value) => match tensor_of(value) {
            Some(tensor) => Ok((tensor.detach(), on)),
            // PyTorch calls `detach` on whatever it is given.
            None => Err(crate::lang::object::attribute_error(format!(
                "'{}' object has no attribute 'detach'",
                value.class_name()
            ))),
        },
    }
}

fn make_parameter(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let (tensor, requires_grad) = data_and_flag(args, "requires_grad", true)?;
    let whole = matches!(tensor.dtype(), d if !d.is_differentiable());
    if requires_grad && whole {
        // PyTorch says "Only" with a capital here.
        return Err(crate::lang::object::runtime_error(
            "Only Tensors of floating point and complex dtype can require gradients",
        ));
    }
    tensor.set_requires_grad(requires_grad).or_raise()?;
    tensor.set_parameter(true);
    overrides::note(class);
    Ok(wrap(class, tensor_value(tensor)))
}

/// The mark of buffers among a tensor's attributes, and whether they are saved.
const BUFFER_MARK: &str = "_is_buffer";

fn make_buffer(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let (tensor, persistent) = data_and_flag(args, "persistent", true)?;
    let extra = set_extra(&tensor);
    extra.set_str(BUFFER_MARK, Value::Bool(true));
    extra.set_str("persistent", Value::Bool(persistent));
    Ok(wrap(class, tensor_value(tensor)))
}

/// Whether a tensor is an `nn.Buffer`.
pub(super) fn is_buffer(tensor: &Tensor) -> bool {
    extra_dict(tensor).is_some_and(|dict| dict.get_str(BUFFER_MARK).is_some())
}

/// Whether a dtype can be that of a legacy constructor.
pub(super) fn legacy_name(dtype: DType) -> String {
    format!("{}Tensor", dtype.scalar_name())
}
