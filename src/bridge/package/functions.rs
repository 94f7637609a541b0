//! Functions of `torch` that are no ops: seeds, modes, settings.

use std::cell::Cell;

use crate::bridge::convert::dtype_of;
use crate::bridge::define::def;
use crate::bridge::error::OrRaise;
use crate::bridge::numpy::to_numpy;
use crate::bridge::tensor::{legacy_type, tensor_of, tensor_value};
use crate::bridge::values::generator::{seed_of, set_state, state_tensor};
use crate::bridge::values::storage::StorageObject;
use crate::bridge::values::{GeneratorObject, device, dtype_value};
use crate::bridge::warning::show_pending;
use crate::lang::object::{
    Caller, NativeSpec, Ref, Result, Value, protocol, runtime_error, type_error, value_error,
};
use crate::tensor::array::threads;
use crate::tensor::core::generator::{Generator, default_generator};
use crate::tensor::core::mode::{is_inference, set_default_dtype};
use crate::tensor::core::printing::{print_options, profile, set_print_options};
use crate::tensor::core::warning::warn_user_once;
use crate::tensor::core::watch::anomaly;
use crate::tensor::core::{Tensor, default_dtype, is_grad_enabled};
use crate::tensor::ops::random::gamma;

thread_local! {
    static DETERMINISTIC: Cell<bool> = const { Cell::new(false) };
}

fn typename(value: &Value) -> String {
    if let Some(tensor) = tensor_of(value) {
        return format!("torch.{}Tensor", tensor.dtype().scalar_name());
    }
    let class = match value.exact::<crate::lang::object::Class>() {
        Some(class) => class.clone(),
        None => value.class(),
    };
    let module = class.lookup(&crate::lang::object::intern("__module__"));
    match module.as_ref().and_then(Value::as_str) {
        Some("builtins") | None => class.name().to_string(),
        Some(module) => format!("{module}.{}", class.name()),
    }
}

fn default_dtype_from(value: &Value) -> Result<()> {
    let Some(dtype) = dtype_of(value).or_else(|| legacy_type(value)) else {
        return Err(type_error(format!(
            "invalid dtype object: only floating-point types are supported as the default type, got {}",
            value.class_name()
        )));
    };
    if !dtype.is_floating_point() {
        return Err(type_error(
            "only floating-point types are supported as the default type",
        ));
    }
    set_default_dtype(dtype);
    Ok(())
}

/// `torch.set_printoptions`
fn set_printing(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let mut options = print_options();
    if let Some(name) = args[4].as_str() {
        match profile(name) {
            Some(found) => options = found,
            None => return Err(value_error(format!("unknown profile: {name}"))),
        }
    }
    let mut count = |value: &Value| -> Result<Option<i64>> {
        match value {
            Value::None => Ok(None),
            value => Ok(protocol::as_index(caller, value)?.as_int()),
        }
    };
    if let Some(n) = count(&args[0])? {
        options.precision = usize::try_from(n).unwrap_or(0);
    }
    if let Some(x) = args[1].as_number() {
        options.threshold = x;
    }
    if let Some(n) = count(&args[2])? {
        options.edgeitems = usize::try_from(n).unwrap_or(0);
    }
    if let Some(n) = count(&args[3])? {
        options.linewidth = usize::try_from(n).unwrap_or(0);
    }
    if let Some(mode) = args[5].native_truth().filter(|_| !args[5].is_none()) {
        options.sci_mode = Some(mode);
    } else if args[4].as_str().is_none() {
        options.sci_mode = None;
    }
    set_print_options(options);
    Ok(Value::None)
}

fn tensor_argument<'a>(value: &'a Value, name: &str) -> Result<&'a Tensor> {
    match tensor_of(value) {
        Some(tensor) => Ok(tensor),
        None => Err(type_error(format!(
            "{name}(): argument 'input' (position 1) must be Tensor, not {}",
            value.class_name()
        ))),
    }
}

/// The generator that is given, or the default one.
pub(super) fn generator_or_default(value: &Value) -> Generator {
    let given = value.exact::<GeneratorObject>().map(|g| g.0.clone());
    given.unwrap_or_else(default_generator)
}

/// The functions.
pub(super) static FUNCTIONS: &[NativeSpec] = &[
    def(
        "manual_seed(seed)",
        "Seeds the default random stream.",
        |caller, args| {
            let seed = seed_of(caller, &args[0])?;
            let generator = default_generator();
            generator.manual_seed(seed);
            Ok(Value::from(Ref::new(GeneratorObject(generator))))
        },
    ),
    def(
        "seed()",
        "Seeds the default random stream by chance.",
        |_, _| Ok(Value::Int(default_generator().seed() as i64)),
    ),
    def(
        "initial_seed()",
        "What the default random stream was seeded with.",
        |_, _| Ok(Value::Int(default_generator().initial_seed() as i64)),
    ),
    def(
        "get_rng_state()",
        "The state of the default random stream.",
        |_, _| state_tensor(&default_generator()),
    ),
    def(
        "set_rng_state(new_state)",
        "Takes over a state of the default random stream.",
        |_, args| {
            set_state(&default_generator(), &args[0])?;
            Ok(Value::None)
        },
    ),
    def(
        "is_grad_enabled()",
        "Whether operations are recorded.",
        |_, _| Ok(Value::Bool(is_grad_enabled())),
    ),
    def(
        "is_inference_mode_enabled()",
        "Whether inference mode is on.",
        |_, _| Ok(Value::Bool(is_inference())),
    ),
    def(
        "get_default_dtype()",
        "The dtype of new floating point tensors.",
        |_, _| Ok(dtype_value(default_dtype())),
    ),
    def(
        "set_default_dtype(d, /)",
        "Sets the dtype of new floating point tensors.",
        |_, args| {
            default_dtype_from(&args[0])?;
            Ok(Value::None)
        },
    ),
    def(
        "set_default_tensor_type(t, /)",
        "Sets the type of new floating point tensors.",
        |_, args| {
            match args[0].as_str() {
                Some(text) => {
                    let name = text.strip_prefix("torch.").unwrap_or(text);
                    let class = crate::bridge::tensor::legacy_class(name);
                    let Some(class) = class else {
                        return Err(value_error(format!("invalid type: '{text}'")));
                    };
                    default_dtype_from(&class)?;
                }
                None => default_dtype_from(&args[0])?,
            }
            Ok(Value::None)
        },
    ),
    def(
        "get_default_device()",
        "Where new tensors are made.",
        |_, _| Ok(device::cpu()),
    ),
    def(
        "set_default_device(device)",
        "Sets where new tensors are made.",
        |_, args| {
            crate::bridge::convert::check_device(&args[0])?;
            Ok(Value::None)
        },
    ),
    def(
        "set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None)",
        "Sets how tensors are shown.",
        set_printing,
    ),
    def(
        "get_num_threads()",
        "How many threads kernels use.",
        |_, _| Ok(Value::from(threads::num_threads())),
    ),
    def(
        "set_num_threads(num_threads, /)",
        "Sets how many threads kernels use.",
        |_, args| {
            match args[0].as_int() {
                Some(n) if n > 0 => threads::set_num_threads(n as usize),
                Some(_) => return Err(runtime_error("set_num_threads expects a positive integer")),
                None => {
                    return Err(type_error(format!(
                        "set_num_threads expects an int, but got {}",
                        args[0].class_name()
                    )));
                }
            }
            Ok(Value::None)
        },
    ),
    def(
        "get_num_interop_threads()",
        "How many operations run side by side.",
        |_, _| Ok(Value::Int(1)),
    ),
    def(
        "set_num_interop_threads(num_threads, /)",
        "Accepted.",
        |_, _| Ok(Value::None),
    ),
    def(
        "set_flush_denormal(mode)",
        "Refused: numbers keep their full range.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "use_deterministic_algorithms(mode, *, warn_only=False)",
        "Everything is deterministic here.",
        |caller, args| {
            DETERMINISTIC.set(protocol::truth(caller, &args[0])?);
            Ok(Value::None)
        },
    ),
    def(
        "are_deterministic_algorithms_enabled()",
        "What was asked for.",
        |_, _| Ok(Value::Bool(DETERMINISTIC.get())),
    ),
    def(
        "set_float32_matmul_precision(precision)",
        "Accepted: products have full precision.",
        |_, _| Ok(Value::None),
    ),
    def(
        "get_float32_matmul_precision()",
        "The precision of products.",
        |_, _| Ok(Value::str("highest")),
    ),
    def(
        "typename(obj, /)",
        "The name of a value's type.",
        |_, args| Ok(Value::str(typename(&args[0]))),
    ),
    def(
        "compile(model=None, *, fullgraph=False, dynamic=None, backend='inductor', mode=None, options=None, disable=False)",
        "The function or module itself: there is nothing to gain by compiling.",
        |caller, args| {
            warn_user_once(
                "torch.compile compiles nothing here: it gives back the function or module itself.",
            );
            show_pending(caller)?;
            if args[0].is_none() {
                return Ok(Value::from(crate::lang::object::Native::raw(
                    crate::lang::object::intern("compile"),
                    "",
                    None,
                    false,
                    std::rc::Rc::new(|_: &mut dyn Caller, args: crate::lang::object::Args| {
                        Ok(args.positional.first().cloned().unwrap_or(Value::None))
                    }),
                )));
            }
            Ok(args[0].clone())
        },
    ),
    def(
        "from_numpy(ndarray, /)",
        "A tensor that shares an array's memory.",
        |caller, args| to_numpy(caller, "from_numpy", &args[0]),
    ),
    def(
        "is_storage(obj, /)",
        "Whether it is a storage.",
        |_, args| {
            let class = args[0].class();
            let typed = class
                .mro()
                .iter()
                .any(|c| c.name().as_str() == "TypedStorage");
            let untyped = args[0].get::<StorageObject>().is_some();
            Ok(Value::Bool(untyped || typed))
        },
    ),
    def(
        "is_warn_always_enabled()",
        "Whether warnings are repeated.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def("set_warn_always(b, /)", "Accepted.", |_, _| Ok(Value::None)),
    def(
        "is_anomaly_enabled()",
        "Whether anomalies are looked for.",
        |_, _| Ok(Value::Bool(anomaly().on)),
    ),
    def(
        "poisson(input, generator=None)",
        "Samples of Poisson distributions with these rates.",
        |_, args| {
            let rate = tensor_argument(&args[0], "poisson")?;
            let samples = gamma::poisson(rate, &generator_or_default(&args[1])).or_raise()?;
            Ok(tensor_value(samples))
        },
    ),
    def(
        "binomial(count, prob, generator=None)",
        "Samples of binomial distributions with these counts and probabilities.",
        |_, args| {
            let count = tensor_argument(&args[0], "binomial")?;
            let prob = tensor_argument(&args[1], "binomial")?;
            let generator = generator_or_default(&args[2]);
            let samples = gamma::binomial(count, prob, &generator).or_raise()?;
            Ok(tensor_value(samples))
        },
    ),
    def(
        "is_anomaly_check_nan_enabled()",
        "Whether gradients that are not numbers are errors.",
        |_, _| Ok(Value::Bool(anomaly().check_nan)),
    ),
    def(
        "_assert(condition, message)",
        "An assertion.",
        |caller, args| {
            if protocol::truth(caller, &args[0])? {
                return Ok(Value::None);
            }
            let text = protocol::str(caller, &args[1])?;
            Err(crate::lang::object::Raised::new(
                crate::lang::object::Exc::AssertionError,
                text,
            ))
        },
    ),
];
