//! Functions of `torch`, `torch.nn.functional` and `torch.Tensor` that are written in the language itself: composed of
//! other ops, and too rare to weigh in the binary. A source runs when one of its functions is first asked for.

use std::rc::Rc;

use crate::bridge::library::{alias, run_source, submodule};
use crate::lang::object::{
    Args, Caller, Module, ModuleSpec, Native, Ref, Result, Value, attribute_error, intern, packed,
};

/// The modules, sorted by name.
pub(in crate::bridge) static MODULES: &[&ModuleSpec] =
    &[&MASKED, &SIGNAL, &SIGNAL_WINDOWS, &STATISTICS];

/// Functions of one source, by the places where they are found.
struct Written {
    module: &'static str,
    functions: &'static [&'static str],
    methods: &'static [&'static str],
    functional: &'static [&'static str],
}

static WRITTEN: &[Written] = &[Written {
    module: "torch._statistics",
    functions: &[
        "combinations",
        "corrcoef",
        "cov",
        "cumulative_trapezoid",
        "gradient",
        "histogram",
        "histogramdd",
        "trapezoid",
        "trapz",
    ],
    methods: &["corrcoef", "cov", "histogram"],
    functional: &[],
}];

fn found(
    caller: &mut dyn Caller,
    name: &str,
    names: fn(&Written) -> &'static [&'static str],
) -> Result<Option<Value>> {
    match WRITTEN.iter().find(|w| names(w).contains(&name)) {
        Some(written) => alias(caller, written.module, name),
        None => Ok(None),
    }
}

/// `torch.<name>`
pub(in crate::bridge) fn function(caller: &mut dyn Caller, name: &str) -> Result<Option<Value>> {
    found(caller, name, |w| w.functions)
}

/// `torch.nn.functional.<name>`
pub(in crate::bridge) fn functional(caller: &mut dyn Caller, name: &str) -> Result<Option<Value>> {
    found(caller, name, |w| w.functional)
}

/// The names in `torch`.
pub(in crate::bridge) fn functions() -> impl Iterator<Item = &'static str> {
    WRITTEN.iter().flat_map(|w| w.functions).copied()
}

/// The methods of tensors; each looks its function up when it is called.
pub(in crate::bridge) fn methods() -> impl Iterator<Item = (&'static str, Ref<Native>)> {
    let all = WRITTEN
        .iter()
        .flat_map(|w| w.methods.iter().map(|name| (w.module, *name)));
    all.map(|(module, name)| {
        let call = move |caller: &mut dyn Caller, args: Args| match alias(caller, module, name)? {
            Some(function) => caller.call(&function, args),
            None => Err(attribute_error(name)),
        };
        (
            name,
            Native::raw(intern(name), "", None, true, Rc::new(call)),
        )
    })
}

static STATISTICS: ModuleSpec = ModuleSpec {
    name: "torch._statistics",
    doc: "Covariances, histograms, integrals and differences.",
    functions: &[],
    setup: |caller, module| {
        let text = packed!("torch", "statistics").text();
        run_source(caller, module, "torch/_statistics", &text)
    },
};

static MASKED: ModuleSpec = ModuleSpec {
    name: "torch.masked",
    doc: "Reductions and normalizations that leave elements out.",
    functions: &[],
    setup: |caller, module| {
        let text = packed!("torch", "masked").text();
        run_source(caller, module, "torch/masked", &text)?;
        module.lazy.replace(Some(|_, _, name| {
            let missing = ["MaskedTensor", "as_masked_tensor", "masked_tensor"].contains(&name);
            match missing {
                true => Err(crate::lang::object::not_implemented_error(format!(
                    "torch.masked.{name}"
                ))),
                false => Ok(None),
            }
        }));
        Ok(())
    },
};

static SIGNAL: ModuleSpec = ModuleSpec {
    name: "torch.signal",
    doc: "Signals.",
    functions: &[],
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        module
            .lazy
            .replace(Some(|caller, _: &Ref<Module>, name| match name {
                "windows" => submodule(caller, "torch.signal.windows").map(Some),
                _ => Ok(None),
            }));
        Ok(())
    },
};

static SIGNAL_WINDOWS: ModuleSpec = ModuleSpec {
    name: "torch.signal.windows",
    doc: "Windows: weights that fade out at both ends.",
    functions: &[],
    setup: |caller, module| {
        let text = packed!("torch", "windows").text();
        run_source(caller, module, "torch/signal/windows", &text)
    },
};
