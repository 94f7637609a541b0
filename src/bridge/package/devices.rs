//! `torch.cuda` and its kin: there is no device but the CPU, and scripts that ask are told so.

use crate::bridge::define::def;
use crate::bridge::library::{alias, below};
use crate::lang::object::{
    Caller, Exc, Module, ModuleSpec, NativeSpec, Raised, Ref, Result, Value,
};

/// The modules, sorted by name.
pub(in crate::bridge) static MODULES: &[&ModuleSpec] = &[
    &ACCELERATOR,
    &BACKENDS,
    &BACKENDS_CUDA,
    &BACKENDS_CUDNN,
    &BACKENDS_MKL,
    &BACKENDS_MKLDNN,
    &BACKENDS_MPS,
    &BACKENDS_OPENMP,
    &CONFIG,
    &CPU,
    &CUDA,
    &MPS,
    &RANDOM,
    &VERSION,
    &XPU,
];

const fn module(
    name: &'static str,
    functions: &'static [NativeSpec],
    setup: fn(&mut dyn Caller, &Ref<Module>) -> Result<()>,
) -> ModuleSpec {
    ModuleSpec {
        name,
        doc: "",
        functions,
        setup,
    }
}

const fn no(signature: &'static str) -> NativeSpec {
    def(signature, "No.", |_, _| Ok(Value::Bool(false)))
}

const fn nothing(signature: &'static str) -> NativeSpec {
    def(signature, "Nothing to do.", |_, _| Ok(Value::None))
}

const fn zero(signature: &'static str) -> NativeSpec {
    def(signature, "None.", |_, _| Ok(Value::Int(0)))
}

fn refuse(_: &mut dyn Caller, _: &[Value]) -> Result<Value> {
    Err(Raised::new(
        Exc::AssertionError,
        "Torch not compiled with CUDA enabled",
    ))
}

static CUDA_FUNCTIONS: &[NativeSpec] = &[
    no("is_available()"),
    no("is_initialized()"),
    no("is_bf16_supported(including_emulation=True)"),
    zero("device_count()"),
    nothing("manual_seed(seed)"),
    nothing("manual_seed_all(seed)"),
    nothing("seed()"),
    nothing("seed_all()"),
    nothing("empty_cache()"),
    nothing("init()"),
    nothing("reset_peak_memory_stats(device=None)"),
    nothing("reset_max_memory_allocated(device=None)"),
    nothing("ipc_collect()"),
    nothing("set_per_process_memory_fraction(fraction, device=None)"),
    nothing("set_rng_state(new_state, device='cuda')"),
    nothing("set_rng_state_all(new_states)"),
    nothing("_lazy_init()"),
    def("get_rng_state_all()", "None.", |_, _| {
        Ok(Value::list(Vec::new()))
    }),
    def("get_arch_list()", "None.", |_, _| {
        Ok(Value::list(Vec::new()))
    }),
    def(
        "memory_summary(device=None, abbreviated=False)",
        "Nothing.",
        |_, _| Ok(Value::str("")),
    ),
    def("get_rng_state(device='cuda')", "Refused.", refuse),
    def("mem_get_info(device=None)", "Refused.", refuse),
    def("initial_seed()", "Refused.", refuse),
    zero("memory_allocated(device=None)"),
    zero("max_memory_allocated(device=None)"),
    zero("memory_reserved(device=None)"),
    zero("max_memory_reserved(device=None)"),
    def("synchronize(device=None)", "Refused.", refuse),
    def("current_device()", "Refused.", refuse),
    def("set_device(device)", "Refused.", refuse),
    def("get_device_name(device=None)", "Refused.", refuse),
    def("get_device_properties(device=None)", "Refused.", refuse),
    def("get_device_capability(device=None)", "Refused.", refuse),
];

static CUDA: ModuleSpec = module("torch.cuda", CUDA_FUNCTIONS, |_, module| {
    module.set("__path__", Value::list(Vec::new()));
    module.lazy.replace(Some(|caller, module, name| match name {
        "Event" | "Stream" | "StreamContext" | "device" | "stream" | "default_stream"
        | "current_stream" => alias(caller, "torch.cuda._devices", name),
        "OutOfMemoryError" => alias(caller, "torch._legacy", name),
        _ => below(caller, module, name),
    }));
    Ok(())
});

static MPS: ModuleSpec = module(
    "torch.mps",
    &[
        no("is_available()"),
        zero("device_count()"),
        nothing("manual_seed(seed)"),
        nothing("empty_cache()"),
    ],
    |_, _| Ok(()),
);

static XPU: ModuleSpec = module(
    "torch.xpu",
    &[
        no("is_available()"),
        zero("device_count()"),
        nothing("manual_seed(seed)"),
        nothing("manual_seed_all(seed)"),
        nothing("empty_cache()"),
    ],
    |_, _| Ok(()),
);

static ACCELERATOR: ModuleSpec = module(
    "torch.accelerator",
    &[
        no("is_available()"),
        zero("device_count()"),
        nothing("current_accelerator(check_available=False)"),
        nothing("synchronize(device=None)"),
        nothing("empty_cache()"),
    ],
    |_, _| Ok(()),
);

static BACKENDS: ModuleSpec = module("torch.backends", &[], |_, module| {
    module.set("__path__", Value::list(Vec::new()));
    module.lazy.replace(Some(below));
    Ok(())
});

static BACKENDS_MKL: ModuleSpec =
    module("torch.backends.mkl", &[no("is_available()")], |_, _| Ok(()));

static BACKENDS_OPENMP: ModuleSpec =
    module("torch.backends.openmp", &[no("is_available()")], |_, _| {
        Ok(())
    });

static CPU: ModuleSpec = module(
    "torch.cpu",
    &[
        def("is_available()", "Yes.", |_, _| Ok(Value::Bool(true))),
        def("device_count()", "One.", |_, _| Ok(Value::Int(1))),
        def("current_device()", "The CPU.", |_, _| Ok(Value::str("cpu"))),
        nothing("synchronize(device=None)"),
        nothing("set_device(device)"),
    ],
    |_, _| Ok(()),
);

static CONFIG: ModuleSpec = module(
    "torch.__config__",
    &[
        def("show()", "How the program was built.", |_, _| {
            Ok(Value::str("Torchlet: kernels for the CPU\n"))
        }),
        def(
            "parallel_info()",
            "How many threads kernels use.",
            |_, _| {
                let count = crate::tensor::array::threads::num_threads();
                Ok(Value::str(format!("at::get_num_threads() : {count}\n")))
            },
        ),
    ],
    |_, _| Ok(()),
);

static BACKENDS_CUDNN: ModuleSpec = module(
    "torch.backends.cudnn",
    &[no("is_available()"), nothing("version()")],
    |_, module| {
        for name in ["enabled", "allow_tf32"] {
            module.set(name, Value::Bool(true));
        }
        for name in ["benchmark", "deterministic"] {
            module.set(name, Value::Bool(false));
        }
        Ok(())
    },
);

static BACKENDS_CUDA: ModuleSpec =
    module("torch.backends.cuda", &[no("is_built()")], |_, module| {
        let matmul = Module::new("torch.backends.cuda.matmul", "");
        matmul.set("allow_tf32", Value::Bool(false));
        module.set("matmul", Value::from(&matmul));
        Ok(())
    });

static BACKENDS_MPS: ModuleSpec = module(
    "torch.backends.mps",
    &[no("is_available()"), no("is_built()")],
    |_, _| Ok(()),
);

static BACKENDS_MKLDNN: ModuleSpec = module(
    "torch.backends.mkldnn",
    &[no("is_available()")],
    |_, module| {
        module.set("enabled", Value::Bool(false));
        Ok(())
    },
);

static VERSION: ModuleSpec = module("torch.version", &[], |_, module| {
    module.set("__version__", Value::str(super::root::version()));
    for name in ["cuda", "hip", "xpu", "git_version"] {
        module.set(name, Value::None);
    }
    Ok(())
});

static RANDOM: ModuleSpec = module("torch.random", &[], |_, module| {
    module.lazy.replace(Some(|caller, _, name| match name {
        "manual_seed" | "seed" | "initial_seed" | "get_rng_state" | "set_rng_state"
        | "default_generator" => crate::bridge::library::alias(caller, "torch", name),
        "fork_rng" => crate::bridge::library::alias(caller, "torch.utils._random", name),
        _ => Ok(None),
    }));
    Ok(())
});
