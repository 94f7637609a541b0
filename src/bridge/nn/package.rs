//! The modules of `torch.nn`.

use super::common_hooks::COMMON_HOOKS;
use super::layer::layer_class;
use super::module::module_class;
use super::sequential::sequential_class;
use crate::bridge::library::{alias, below, run_source, submodule};
use crate::bridge::package::written_functional;
use crate::bridge::tensor::{buffer_class, parameter_class};
use crate::bridge::{call, names};
use crate::lang::object::{Caller, Module, ModuleSpec, Ref, Result, Value, intern, packed};
use crate::tensor::ops;

/// The modules, sorted by name.
pub(in crate::bridge) static MODULES: &[&ModuleSpec] = &[
    &NN,
    &MODULE,
    &KEYS,
    &FUNCTIONAL,
    &OWN_FUNCTIONS,
    &INIT,
    &MODULES_PACKAGE,
    &CONTAINER,
    &PARAMETER,
    &UTILS,
    &CLIP_GRAD,
    &CONVERT_PARAMETERS,
    &RECURRENT,
    &TRANSFORMER,
    &LAZY,
    &MORE,
    &RNN,
];

const fn module(
    name: &'static str,
    doc: &'static str,
    setup: fn(&mut dyn Caller, &Ref<Module>) -> Result<()>,
) -> ModuleSpec {
    ModuleSpec {
        name,
        doc,
        functions: &[],
        setup,
    }
}

static NN: ModuleSpec = module("torch.nn", "Neural networks.", |_, module| {
    module.set("__path__", Value::list(Vec::new()));
    module.set("Module", Value::from(&module_class()));
    module.set("Parameter", Value::from(&parameter_class()));
    module.lazy.replace(Some(nn_lazy));
    Ok(())
});

const CONTAINERS: &[&str] = &[
    "Container",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
];
const SUBMODULES: &[&str] = &[
    "attention",
    "functional",
    "grad",
    "init",
    "modules",
    "parallel",
    "parameter",
    "utils",
];

fn nn_lazy(caller: &mut dyn Caller, _: &Ref<Module>, name: &str) -> Result<Option<Value>> {
    if let Some(class) = class_named(caller, name)? {
        return Ok(Some(class));
    }
    if SUBMODULES.contains(&name) {
        return submodule(caller, &format!("torch.nn.{name}")).map(Some);
    }
    match name {
        "__all__" => {
            let library = LIBRARY.iter().flat_map(|(_, classes)| *classes);
            let own = ["Buffer", "Module", "Parameter", "Sequential"]
                .iter()
                .chain(library)
                .chain(SUBMODULES);
            Ok(Some(names::list(own.copied().chain(super::layer_names()))))
        }
        _ => names::NN.refuse("torch.nn", name),
    }
}

/// Modules of `torch.nn.modules` that are written in the language, and their classes.
const LIBRARY: &[(&str, &[&str])] = &[
    ("container", CONTAINERS),
    (
        "rnn",
        &[
            "GRU",
            "GRUCell",
            "LSTM",
            "LSTMCell",
            "RNN",
            "RNNBase",
            "RNNCell",
            "RNNCellBase",
        ],
    ),
    (
        "lazy",
        &[
            "LazyBatchNorm1d",
            "LazyBatchNorm2d",
            "LazyBatchNorm3d",
            "LazyConv1d",
            "LazyConv2d",
            "LazyConv3d",
            "LazyConvTranspose1d",
            "LazyConvTranspose2d",
            "LazyConvTranspose3d",
            "LazyInstanceNorm1d",
            "LazyInstanceNorm2d",
            "LazyInstanceNorm3d",
            "LazyLinear",
            "LazyModuleMixin",
            "UninitializedBuffer",
            "UninitializedParameter",
        ],
    ),
    (
        "_more",
        &[
            "AdaptiveLogSoftmaxWithLoss",
            "CTCLoss",
            "CrossMapLRN2d",
            "DataParallel",
            "FractionalMaxPool2d",
            "FractionalMaxPool3d",
            "LinearCrossEntropyLoss",
            "NLLLoss2d",
            "SyncBatchNorm",
            "TripletMarginWithDistanceLoss",
        ],
    ),
    (
        "transformer",
        &[
            "MultiheadAttention",
            "NonDynamicallyQuantizableLinear",
            "Transformer",
            "TransformerDecoder",
            "TransformerDecoderLayer",
            "TransformerEncoder",
            "TransformerEncoderLayer",
        ],
    ),
];

/// A class of `torch.nn` by its name.
fn class_named(caller: &mut dyn Caller, name: &str) -> Result<Option<Value>> {
    Ok(match name {
        "Module" => Some(Value::from(&module_class())),
        "Parameter" => Some(Value::from(&parameter_class())),
        "Buffer" => Some(Value::from(&buffer_class())),
        "Sequential" => Some(Value::from(&sequential_class())),
        name => match LIBRARY.iter().find(|(_, classes)| classes.contains(&name)) {
            Some((home, _)) => return alias(caller, &format!("torch.nn.modules.{home}"), name),
            None => layer_class(name).map(|class| Value::from(&class)),
        },
    })
}

static KEYS: ModuleSpec = module(
    "torch.nn._keys",
    "What `load_state_dict` returns.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/_keys",
            &packed!("torch", "nn_keys").text(),
        )
    },
);

/// Functions of `torch.nn.functional` that are written in the language.
const OWN_NAMES: &[&str] = &[
    "_sizes",
    "linear_cross_entropy",
    "multi_head_attention_forward",
    "triplet_margin_with_distance_loss",
];

static OWN_FUNCTIONS: ModuleSpec = module(
    "torch.nn._functional",
    "Functions of neural networks that are composed of others.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/_functional",
            &packed!("torch", "nn_functional").text(),
        )
    },
);

static FUNCTIONAL: ModuleSpec = module(
    "torch.nn.functional",
    "Functions of neural networks.",
    |_, module| {
        module.lazy.replace(Some(
            |caller, module, name| match ops::registry::functional(name) {
                Some(callable) => {
                    let native = call::native(name, callable);
                    let _ = native.module.set(intern(&module.name()));
                    Ok(Some(Value::from(native)))
                }
                None if name == "__all__" => {
                    let ops = ops::registry::names_of(ops::FUNCTIONAL);
                    let own = OWN_NAMES.iter().map(ToString::to_string);
                    Ok(Some(names::list(ops.into_iter().chain(own))))
                }
                None if OWN_NAMES.contains(&name) => alias(caller, "torch.nn._functional", name),
                None => match written_functional(caller, name)? {
                    None => names::FUNCTIONAL.refuse("torch.nn.functional", name),
                    found => Ok(found),
                },
            },
        ));
        Ok(())
    },
);

static MODULE: ModuleSpec = ModuleSpec {
    name: "torch.nn.modules.module",
    doc: "The base class of modules, and hooks on all of them.",
    functions: COMMON_HOOKS,
    setup: |_, module| {
        module.lazy.replace(Some(|caller, _, name| match name {
            "_IncompatibleKeys" => alias(caller, "torch.nn._keys", name),
            name => class_named(caller, name),
        }));
        Ok(())
    },
};

static INIT: ModuleSpec = module(
    "torch.nn.init",
    "How parameters start.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/init",
            &packed!("torch", "nn_init").text(),
        )?;
        module
            .lazy
            .replace(Some(|_, _, name| names::INIT.refuse("torch.nn.init", name)));
        Ok(())
    },
);

static MODULES_PACKAGE: ModuleSpec = module(
    "torch.nn.modules",
    "The classes of `torch.nn`.",
    |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        add_homes(module);
        module.lazy.replace(Some(|caller, _, name| match name {
            name if LIBRARY.iter().any(|(home, _)| *home == name) => {
                submodule(caller, &format!("torch.nn.modules.{name}")).map(Some)
            }
            "module" => submodule(caller, "torch.nn.modules.module").map(Some),
            name => class_named(caller, name),
        }));
        Ok(())
    },
);

/// `torch.nn.modules.linear` and its neighbours: each offers the classes of `torch.nn`.
fn add_homes(package: &Ref<Module>) {
    let mut homes: Vec<&str> = names::NN_HOMES
        .get()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, home)| home)
        .collect();
    homes.sort_unstable();
    homes.dedup();
    homes.retain(|home| *home != "module" && LIBRARY.iter().all(|(own, _)| own != home));
    for home in homes {
        let module = Module::new(&format!("torch.nn.modules.{home}"), "");
        module
            .lazy
            .replace(Some(|caller, _, name| class_named(caller, name)));
        package.set(home, Value::from(&module));
    }
}

static CONTAINER: ModuleSpec = module(
    "torch.nn.modules.container",
    "Containers of modules and parameters.",
    |caller, module| {
        module.set("Sequential", Value::from(&sequential_class()));
        run_source(
            caller,
            module,
            "torch/nn/modules/container",
            &packed!("torch", "nn_container").text(),
        )
    },
);

static RECURRENT: ModuleSpec = module(
    "torch.nn.modules.rnn",
    "Recurrent networks.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/modules/rnn",
            &packed!("torch", "nn_recurrent").text(),
        )
    },
);

static LAZY: ModuleSpec = module(
    "torch.nn.modules.lazy",
    "Modules that learn their sizes from their first input.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/modules/lazy",
            &packed!("torch", "nn_lazy").text(),
        )
    },
);

static MORE: ModuleSpec = module(
    "torch.nn.modules._more",
    "Modules that are composed of others.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/modules/_more",
            &packed!("torch", "nn_more").text(),
        )
    },
);

static TRANSFORMER: ModuleSpec = module(
    "torch.nn.modules.transformer",
    "Attention and what is built of it.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/modules/transformer",
            &packed!("torch", "nn_transformer").text(),
        )
    },
);

static PARAMETER: ModuleSpec = module("torch.nn.parameter", "Parameters.", |_, module| {
    module.set("Parameter", Value::from(&parameter_class()));
    module.set("Buffer", Value::from(&buffer_class()));
    module.lazy.replace(Some(|caller, _, name| match name {
        "UninitializedParameter"
        | "UninitializedBuffer"
        | "UninitializedTensorMixin"
        | "is_lazy" => alias(caller, "torch.nn.modules.lazy", name),
        _ => Ok(None),
    }));
    Ok(())
});

static UTILS: ModuleSpec = module("torch.nn.utils", "Helpers of training.", |_, module| {
    module.set("__path__", Value::list(Vec::new()));
    module.lazy.replace(Some(|caller, module, name| {
        let home = match name {
            "weight_norm" | "remove_weight_norm" => "torch.nn.utils._weight_norm",
            "spectral_norm" | "remove_spectral_norm" => "torch.nn.utils._spectral_norm",
            "skip_init" => "torch.nn.utils.fusion",
            name if name.starts_with("fuse_") => "torch.nn.utils.fusion",
            name if name.starts_with("convert_conv") => "torch.nn.utils.memory_format",
            "parameters_to_vector" | "vector_to_parameters" => "torch.nn.utils.convert_parameters",
            "clip_grad" => return submodule(caller, "torch.nn.utils.clip_grad").map(Some),
            name if name.starts_with("clip_grad") || name == "get_total_norm" => {
                "torch.nn.utils.clip_grad"
            }
            _ => {
                return match below(caller, module, name)? {
                    Some(found) => Ok(Some(found)),
                    None => names::NN_UTILS.refuse("torch.nn.utils", name),
                };
            }
        };
        alias(caller, home, name)
    }));
    Ok(())
});

static CLIP_GRAD: ModuleSpec = module(
    "torch.nn.utils.clip_grad",
    "Limits on gradients.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/utils/clip_grad",
            &packed!("torch", "nn_clip_grad").text(),
        )
    },
);

static CONVERT_PARAMETERS: ModuleSpec = module(
    "torch.nn.utils.convert_parameters",
    "Parameters as one vector.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/utils/convert_parameters",
            &packed!("torch", "nn_convert_parameters").text(),
        )
    },
);

static RNN: ModuleSpec = module(
    "torch.nn.utils.rnn",
    "Sequences of different lengths.",
    |caller, module| {
        run_source(
            caller,
            module,
            "torch/nn/utils/rnn",
            &packed!("torch", "nn_rnn").text(),
        )
    },
);
