//! The modules of `torch.autograd`.

use super::function::{context_class, function_class};
use super::mode::mode_class;
use super::pass::{backward, check_gradients, grad};
use crate::bridge::define::{class_of, def};
use crate::bridge::error::OrRaise;
use crate::bridge::library::{alias, below, run_source};
use crate::bridge::names;
use crate::bridge::tensor::tensor_of;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Module, ModuleSpec, NativeSpec, Raised, Ref, Result, Value, packed,
    type_error, types,
};

class_of! {
    variable_meta VARIABLE_META, base types().type_.clone();
    /// `torch.autograd.Variable`
    variable_class VARIABLE, meta variable_meta();
}

static VARIABLE_META: ClassSpec = ClassSpec {
    name: "VariableMeta",
    open: true,
    module: "torch.autograd.variable",
    doc: "The class of `Variable`.",
    methods: &[def(
        "__instancecheck__(cls, other)",
        "Every tensor counts.",
        |_, args| Ok(Value::Bool(tensor_of(&args[1]).is_some())),
    )],
    ..ClassSpec::EMPTY
};

static VARIABLE: ClassSpec = ClassSpec {
    name: "Variable",
    open: true,
    module: "torch.autograd.variable",
    doc: "The tensor itself: variables and tensors are one since PyTorch 0.4.",
    make: Some(make_variable),
    ..ClassSpec::EMPTY
};

fn make_variable(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let data = args.positional.first().or_else(|| args.keyword("data"));
    let Some(tensor) = data.and_then(tensor_of) else {
        return Err(type_error(format!(
            "Variable data has to be a tensor, but got {}",
            data.map_or("nothing".into(), Value::class_name)
        )));
    };
    let on = args
        .positional
        .get(1)
        .or_else(|| args.keyword("requires_grad"))
        .is_some_and(|v| v.native_truth().unwrap_or(true));
    let view = tensor.detach();
    view.set_requires_grad(on).or_raise()?;
    Ok(crate::bridge::tensor::tensor_value(view))
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None)",
        "Adds the gradients of `tensors` to the leaves.",
        |caller, args| {
            backward(caller, &args[0], [&args[1], &args[2], &args[3], &args[5]])?;
            Ok(Value::None)
        },
    ),
    def(
        "grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=None, is_grads_batched=False, materialize_grads=False, *, only_inputs=True)",
        "The gradients of `outputs` for `inputs`.",
        grad,
    ),
];

/// `torch.autograd`
pub(in crate::bridge) static AUTOGRAD: ModuleSpec = ModuleSpec {
    name: "torch.autograd",
    doc: "Automatic differentiation.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        module.set("Function", Value::from(&function_class()));
        module.set("Variable", Value::from(&variable_class()));
        for name in [
            "no_grad",
            "enable_grad",
            "set_grad_enabled",
            "inference_mode",
            "set_detect_anomaly",
            "detect_anomaly",
        ] {
            module.set(name, mode_class(name).unwrap_or_default());
        }
        module.lazy.replace(Some(lazy));
        Ok(())
    },
};

fn lazy(caller: &mut dyn Caller, module: &Ref<Module>, name: &str) -> Result<Option<Value>> {
    match name {
        "set_multithreading_enabled" | "is_multithreading_enabled" => {
            alias(caller, "torch.autograd.extras", name)
        }
        "gradcheck" | "gradgradcheck" => alias(caller, "torch.autograd.gradcheck", name),
        _ => match below(caller, module, name)? {
            Some(found) => Ok(Some(found)),
            None => names::AUTOGRAD.refuse("torch.autograd", name),
        },
    }
}

/// `torch.autograd.function`
pub(in crate::bridge) static FUNCTION: ModuleSpec = ModuleSpec {
    name: "torch.autograd.function",
    doc: "Operations of the script's own.",
    functions: &[],
    setup: |_, module| {
        module.set("Function", Value::from(&function_class()));
        module.set("FunctionCtx", Value::from(&context_class()));
        module.lazy.replace(Some(|caller, _, name| match name {
            "once_differentiable" => alias(caller, "torch.autograd.extras", name),
            _ => Ok(None),
        }));
        Ok(())
    },
};

/// `torch.autograd.grad_mode`
pub(in crate::bridge) static GRAD_MODE: ModuleSpec = ModuleSpec {
    name: "torch.autograd.grad_mode",
    doc: "Whether operations are recorded.",
    functions: &[],
    setup: |_, module| {
        for name in [
            "no_grad",
            "enable_grad",
            "set_grad_enabled",
            "inference_mode",
        ] {
            module.set(name, mode_class(name).unwrap_or_default());
        }
        Ok(())
    },
};

/// `torch.autograd.gradcheck`
pub(in crate::bridge) static GRADCHECK: ModuleSpec = ModuleSpec {
    name: "torch.autograd.gradcheck",
    doc: "Derivatives compared with finite differences.",
    functions: &[
        def(
            "gradcheck(func, inputs, *, eps=1e-06, atol=1e-05, rtol=0.001, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False, check_backward_ad=True, fast_mode=False, masked=None)",
            "Whether gradients agree with finite differences.",
            |caller, args| checked(caller, args, false),
        ),
        def(
            "gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-06, atol=1e-05, rtol=0.001, gen_non_contig_grad_outputs=False, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False, masked=False)",
            "Whether second derivatives agree with finite differences.",
            |caller, args| checked(caller, args, true),
        ),
    ],
    setup: |_, module| {
        module.lazy.replace(Some(|caller, _, name| match name {
            "GradcheckError" => alias(caller, "torch.autograd.extras", name),
            _ => Ok(None),
        }));
        Ok(())
    },
};

fn checked(caller: &mut dyn Caller, args: &[Value], second: bool) -> Result<Value> {
    let place = if second { 7 } else { 5 };
    let raises = args[place].native_truth().unwrap_or(true);
    match check_gradients(caller, &args[0], &args[1], second) {
        Ok(passed) => Ok(Value::Bool(passed)),
        Err(_) if !raises => Ok(Value::Bool(false)),
        Err(raised) => Err(mismatch(caller, raised)),
    }
}

/// A difference of derivatives as the exception that PyTorch has for it.
fn mismatch(caller: &mut dyn Caller, raised: Raised) -> Raised {
    let message = raised.first_arg().unwrap_or_default();
    let differs = message
        .as_str()
        .is_some_and(|m| m.starts_with("Jacobian mismatch") || m.starts_with("Numerical gradient"));
    let class = differs.then(|| alias(caller, "torch.autograd.extras", "GradcheckError"));
    match class {
        Some(Ok(Some(class))) => match class.exact::<Class>() {
            Some(class) => Raised::of_class(class, [message]),
            None => raised,
        },
        _ => raised,
    }
}

/// `torch.autograd.functional`
pub(in crate::bridge) static FUNCTIONAL: ModuleSpec = ModuleSpec {
    name: "torch.autograd.functional",
    doc: "Jacobians, Hessians and products with them.",
    functions: &[],
    setup: |caller, module| {
        run_source(
            caller,
            module,
            "torch/autograd/functional",
            &packed!("torch", "autograd_functional").text(),
        )
    },
};
