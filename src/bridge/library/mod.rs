//! The parts of the package that are written in the language itself, and how modules reach one another.

use crate::lang::object::{
    Caller, Exc, Module, ModuleSpec, Name, Packed, Ref, Result, Value, intern, packed, protocol,
    runtime_error,
};

macro_rules! sources {
    ($($name:literal $file:literal,)*) => {
        /// The modules of the package that are nothing but source text, sorted by name.
        pub(super) static SOURCES: &[&ModuleSpec] = &[$(&ModuleSpec {
            name: $name,
            doc: "",
            functions: &[],
            setup: |caller, module| {
                run_module(caller, module, $name, packed!("torch", $file))
            },
        },)*];
    };
}

sources! {
    "functorch" "functorch",
    "numpy" "numpy",
    "numpy._array" "numpy_array",
    "numpy._core" "numpy_core",
    "numpy._core.multiarray" "numpy_multiarray",
    "numpy._core.numeric" "numpy_multiarray",
    "numpy._create" "numpy_create",
    "numpy._dtypes" "numpy_dtypes",
    "numpy._files" "numpy_files",
    "numpy._index" "numpy_index",
    "numpy._join" "numpy_join",
    "numpy._missing" "numpy_missing",
    "numpy._print" "numpy_print",
    "numpy._products" "numpy_products",
    "numpy._reduce" "numpy_reduce",
    "numpy._scalars" "numpy_scalars",
    "numpy._shape" "numpy_shape",
    "numpy._sort" "numpy_sort",
    "numpy._ufuncs" "numpy_ufuncs",
    "numpy.core" "numpy_core",
    "numpy.core.multiarray" "numpy_multiarray",
    "numpy.exceptions" "numpy_exceptions",
    "numpy.fft" "numpy_fft",
    "numpy.lib" "numpy_lib",
    "numpy.linalg" "numpy_linalg",
    "numpy.random" "numpy_random",
    "numpy.random._bits" "numpy_random_bits",
    "numpy.random._distributions" "numpy_random_distributions",
    "numpy.random._generator" "numpy_random_generator",
    "numpy.random._legacy" "numpy_random_legacy",
    "numpy.testing" "numpy_testing",
    "torch._legacy" "legacy",
    "torch._native" "native",
    "torch._sampling" "sampling",
    "torch._segments" "segments",
    "torch._statistics" "statistics",
    "torch._tensor" "torch_tensor",
    "torch._utils" "rebuild",
    "torch.amp" "amp",
    "torch.autograd.anomaly_mode" "autograd_anomaly",
    "torch.autograd.extras" "autograd_extras",
    "torch.autograd.forward_ad" "forward_ad",
    "torch.autograd.graph" "autograd_graph",
    "torch.autograd.profiler" "autograd_profiler",
    "torch.autograd.variable" "autograd_variable",
    "torch.compiler" "compiler",
    "torch.cuda._devices" "cuda_devices",
    "torch.cuda.amp" "cuda_amp",
    "torch.distributed" "distributed",
    "torch.distributions" "distributions",
    "torch.distributions.constraints" "distributions_constraints",
    "torch.distributions.continuous" "distributions_continuous",
    "torch.distributions.derived" "distributions_derived",
    "torch.distributions.discrete" "distributions_discrete",
    "torch.distributions.distribution" "distributions_distribution",
    "torch.distributions.gradients" "distributions_gradients",
    "torch.distributions.kl" "distributions_kl",
    "torch.distributions.rare" "distributions_rare",
    "torch.distributions.transforms" "distributions_transforms",
    "torch.distributions.utils" "distributions_utils",
    "torch.func" "func",
    "torch.library" "library",
    "torch.masked" "masked",
    "torch.nn.attention" "nn_attention",
    "torch.nn.grad" "nn_grad",
    "torch.nn.parallel" "nn_parallel",
    "torch.nn.utils.fusion" "nn_fusion",
    "torch.nn.utils.memory_format" "nn_memory_format",
    "torch.nn.utils.parametrizations" "nn_parametrizations",
    "torch.nn.utils.parametrize" "nn_parametrize",
    "torch.nn.utils.prune" "nn_prune",
    "torch.functional" "functional",
    "torch.hub" "hub",
    "torch.jit" "jit",
    "torch.multiprocessing" "multiprocessing",
    "torch.nn.utils._spectral_norm" "nn_spectral_norm",
    "torch.nn.utils.stateless" "nn_stateless",
    "torch.nn.utils._weight_norm" "nn_weight_norm",
    "torch.onnx" "onnx",
    "torch.overrides" "overrides",
    "torch.profiler" "profiler",
    "torch.serialization" "serialization",
    "torch.signal.windows" "windows",
    "torch.sparse" "sparse",
    "torch.storage" "storage",
    "torch.testing" "testing",
    "torch.types" "types",
    "torch.utils._pytree" "pytree",
    "torch.utils.benchmark" "benchmark",
    "torch.utils.checkpoint" "checkpoint",
    "torch.utils.model_zoo" "model_zoo",
    "torch.utils.tensorboard" "tensorboard",
    "torch.utils.data.distributed" "data_distributed",
}

/// Fills a module of source text. It is entered first, so that modules may import one another.
fn run_module(
    caller: &mut dyn Caller,
    module: &Ref<Module>,
    name: &str,
    text: Packed,
) -> Result<()> {
    let session = caller.session().clone();
    let inside = format!("{name}.");
    if session
        .natives
        .borrow()
        .iter()
        .any(|s| s.name.starts_with(&inside))
    {
        module.set("__path__", Value::list(Vec::new()));
        module.lazy.replace(Some(below));
    }
    session.modules.set_str(name, Value::from(module));
    let done = run_source(caller, module, &name.replace('.', "/"), &text.text());
    if done.is_err() {
        session.modules.remove_name(&intern(name));
    }
    done
}

/// A module of the package as an attribute of the one it is in.
pub(super) fn below(
    caller: &mut dyn Caller,
    module: &Ref<Module>,
    name: &str,
) -> Result<Option<Value>> {
    let whole = format!("{}.{name}", module.name());
    let known = caller
        .session()
        .natives
        .borrow()
        .iter()
        .any(|s| s.name == whole);
    known.then(|| submodule(caller, &whole)).transpose()
}

/// Runs source text of the package in a module.
pub(super) fn run_source(
    caller: &mut dyn Caller,
    module: &Ref<Module>,
    path: &str,
    text: &str,
) -> Result<()> {
    let session = caller.session().clone();
    let Some(compile) = session.compiler.get() else {
        return Err(runtime_error("this session has no compiler"));
    };
    module.set("__builtins__", Value::from(&session.builtins));
    module.set("__package__", Value::str(path.replace('/', ".")));
    let code = compile(caller, text, &format!("<library>/{path}.nn"), "exec", false)?;
    caller.run_code(&code, &module.dict, None).map(drop)
}

/// An attribute, or nothing where looking it up raises AttributeError: what `getattr(obj, name, None)` does.
pub(super) fn optional_attr(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &Name,
) -> Result<Option<Value>> {
    match protocol::find_attr(caller, obj, name) {
        Err(raised) if raised.is(Exc::AttributeError) => Ok(None),
        found => found,
    }
}

/// A module of the package by its dotted name.
pub(super) fn submodule(caller: &mut dyn Caller, name: &str) -> Result<Value> {
    if let Some(known) = caller.session().modules.get_str(name) {
        return Ok(known);
    }
    let Some(importer) = caller.session().importer.get() else {
        return Err(runtime_error("this session has no importer"));
    };
    importer(caller, name).map(Value::from)
}

/// An attribute of another module of the package.
pub(super) fn alias(caller: &mut dyn Caller, module: &str, name: &str) -> Result<Option<Value>> {
    let module = submodule(caller, module)?;
    protocol::find_attr(caller, &module, &intern(name))
}
