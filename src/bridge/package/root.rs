//! The module `torch` itself: everything in it is made when it is first asked for.

use super::functions::FUNCTIONS;
use super::written;
use crate::bridge::autograd::mode_class;
use crate::bridge::error::lin_alg_error;
use crate::bridge::library::{alias, below};
use crate::bridge::tensor::{legacy_class, tensor_class};
use crate::bridge::values::{
    GeneratorObject, device_class, dtype_class, dtype_value, generator_class, limits, return_types,
    size_class, word,
};
use crate::bridge::{call, names};
use crate::lang::object::{Caller, Module, ModuleSpec, Native, Ref, Result, Value, intern};
use crate::tensor::array::DType;
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::level;
use crate::tensor::ops;

/// `torch`
pub(in crate::bridge) static TORCH: ModuleSpec = ModuleSpec {
    name: "torch",
    doc: "Tensors, automatic differentiation, neural networks.",
    functions: &[],
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        module.lazy.replace(Some(lazy));
        Ok(())
    },
};

/// `torch.linalg`
pub(in crate::bridge) static LINALG: ModuleSpec = ModuleSpec {
    name: "torch.linalg",
    doc: "Linear algebra.",
    functions: &[],
    setup: |_, module| {
        module
            .lazy
            .replace(Some(|_, _, name| match ops::registry::linalg(name) {
                Some(callable) => Ok(Some(Value::from(call::native(name, callable)))),
                None if name == "LinAlgError" => Ok(Some(Value::from(&lin_alg_error()))),
                None => names::LINALG.refuse("torch.linalg", name),
            }));
        Ok(())
    },
};

/// `torch.fft`
pub(in crate::bridge) static FFT: ModuleSpec = ModuleSpec {
    name: "torch.fft",
    doc: "Fourier transforms.",
    functions: &[],
    setup: |_, module| {
        module.lazy.replace(Some(|_, _, name| {
            Ok(ops::registry::fft(name).map(|callable| Value::from(call::native(name, callable))))
        }));
        Ok(())
    },
};

/// `torch.special`
pub(in crate::bridge) static SPECIAL: ModuleSpec = ModuleSpec {
    name: "torch.special",
    doc: "Special functions.",
    functions: &[],
    setup: |_, module| {
        module
            .lazy
            .replace(Some(|caller, _, name| match ops::registry::special(name) {
                Some(callable) => Ok(Some(Value::from(call::native(name, callable)))),
                None if ["log_softmax", "round", "softmax"].contains(&name) => {
                    alias(caller, "torch", name)
                }
                None => names::SPECIAL.refuse("torch.special", name),
            }));
        Ok(())
    },
};

/// Functions and classes that belong to a module of their own: the module, and the names.
const HOMES: &[(&str, &[&str])] = &[
    (
        "torch.amp",
        &[
            "GradScaler",
            "autocast",
            "get_autocast_cpu_dtype",
            "get_autocast_dtype",
            "get_autocast_gpu_dtype",
            "is_autocast_cache_enabled",
            "is_autocast_cpu_enabled",
            "is_autocast_enabled",
            "set_autocast_dtype",
            "set_autocast_enabled",
        ],
    ),
    ("torch.func", &["vmap"]),
    ("torch.library", &["ops"]),
    ("torch.serialization", &["load", "save"]),
    (
        "torch.storage",
        &[
            "BFloat16Storage",
            "BoolStorage",
            "ByteStorage",
            "CharStorage",
            "ComplexDoubleStorage",
            "ComplexFloatStorage",
            "DoubleStorage",
            "FloatStorage",
            "HalfStorage",
            "IntStorage",
            "LongStorage",
            "ShortStorage",
            "TypedStorage",
            "UntypedStorage",
        ],
    ),
];

/// Names that stand for a dtype besides the dtype's own.
const DTYPE_NAMES: &[(&str, &str)] = &[
    ("double", "float64"),
    ("float", "float32"),
    ("half", "float16"),
    ("int", "int32"),
    ("long", "int64"),
    ("short", "int16"),
    ("cfloat", "complex64"),
    ("chalf", "complex32"),
    ("cdouble", "complex128"),
];

fn lazy(caller: &mut dyn Caller, module: &Ref<Module>, name: &str) -> Result<Option<Value>> {
    if let Some(spec) = FUNCTIONS
        .iter()
        .find(|s| s.signature.split('(').next() == Some(name))
    {
        let native = Native::function(spec);
        let _ = native.module.set(intern("torch"));
        return Ok(Some(Value::from(native)));
    }
    if let Some(callable) = ops::registry::function(name) {
        let native = call::native(name, callable);
        let _ = native.module.set(intern("torch"));
        return Ok(Some(Value::from(native)));
    }
    if let Some(value) = constant(name) {
        return Ok(Some(value));
    }
    if let Some((home, _)) = HOMES.iter().find(|(_, names)| names.contains(&name)) {
        return alias(caller, home, name);
    }
    if let Some(found) = below(caller, module, name)? {
        return Ok(Some(found));
    }
    if let Some(function) = written::function(caller, name)? {
        return Ok(Some(function));
    }
    match name {
        "return_types" => Ok(Some(return_types_module())),
        "__all__" => Ok(Some(names::list(supported()))),
        _ => names::TORCH.refuse("torch", name),
    }
}

/// Classes, dtypes, words and numbers.
fn constant(name: &str) -> Option<Value> {
    let dtype = DTYPE_NAMES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, dtype)| dtype);
    if let Some(dtype) = DType::by_name(dtype) {
        return Some(dtype_value(dtype));
    }
    Some(match name {
        "Tensor" => Value::from(&tensor_class()),
        "Size" => Value::from(&size_class()),
        "dtype" => Value::from(&dtype_class()),
        "device" => Value::from(&device_class()),
        "Generator" => Value::from(&generator_class()),
        "layout" => Value::from(&word::layout_class()),
        "memory_format" => Value::from(&word::memory_format_class()),
        "finfo" => Value::from(&limits::finfo_class()),
        "iinfo" => Value::from(&limits::iinfo_class()),
        "default_generator" => Value::from(Ref::new(GeneratorObject(default_generator()))),
        "inf" => Value::Float(f64::INFINITY),
        "nan" => Value::Float(f64::NAN),
        "pi" => Value::Float(std::f64::consts::PI),
        "e" => Value::Float(std::f64::consts::E),
        "newaxis" => Value::None,
        "__version__" => Value::str(version()),
        _ => {
            return word::word(name)
                .or_else(|| mode_class(name).filter(|_| !name.contains("anomaly")))
                .or_else(|| legacy_class(name));
        }
    })
}

/// The version whose words are spoken.
pub(super) fn version() -> &'static str {
    if level::level() == 1 {
        "1.13.1"
    } else {
        "2.15.0"
    }
}

fn return_types_module() -> Value {
    let module = Module::new("torch.return_types", "");
    module
        .lazy
        .replace(Some(|_, _, name| Ok(return_types::known(name))));
    Value::from(&module)
}

/// The names of everything that `torch` has here.
pub(in crate::bridge) fn supported() -> Vec<String> {
    let mut all: Vec<String> = ops::registry::names_of(ops::FUNCTION);
    all.extend(
        FUNCTIONS
            .iter()
            .filter_map(|s| s.signature.split('(').next())
            .map(str::to_string),
    );
    all.extend(written::functions().map(str::to_string));
    let known = names::TORCH.all();
    all.extend(known.filter(|n| constant(n).is_some()).map(str::to_string));
    all.extend(word::names().map(str::to_string));
    let homes = HOMES.iter().flat_map(|(_, names)| names.iter());
    all.extend(homes.map(|name| (*name).to_string()));
    all.sort_unstable();
    all.dedup();
    all
}
