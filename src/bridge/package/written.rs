//! Functions of `torch`, `torch.nn.functional` and `torch.Tensor` that are written in the language itself: composed of
//! other ops, and too rare to weigh in the binary. A source runs when one of its functions is first asked for.

use std::rc::Rc;

use crate::bridge::library::{alias, below};
use crate::lang::object::{
    Args, Caller, ModuleSpec, Native, Ref, Result, Value, attribute_error, intern,
};

/// Functions of one source, by the places where they are found.
struct Written {
    module: &'static str,
    functions: &'static [&'static str],
    methods: &'static [&'static str],
    functional: &'static [&'static str],
}

static WRITTEN: &[Written] = &[
    Written {
        module: "torch._segments",
        functions: &[
            "_chunk_cat",
            "_segment_reduce",
            "_unsafe_masked_index",
            "_unsafe_masked_index_put_accumulate",
            "segment_reduce",
        ],
        methods: &[],
        functional: &[],
    },
    Written {
        module: "torch._statistics",
        functions: &[
            "combinations",
            "corrcoef",
            "cov",
            "cumulative_trapezoid",
            "gradient",
            "histogram",
            "histogramdd",
            "nanmedian",
            "nanquantile",
            "quantile",
            "trapezoid",
            "trapz",
        ],
        methods: &[
            "corrcoef",
            "cov",
            "histogram",
            "nanmedian",
            "nanquantile",
            "quantile",
        ],
        functional: &[],
    },
    Written {
        module: "torch._sampling",
        functions: &[
            "affine_grid_generator",
            "grid_sampler",
            "grid_sampler_2d",
            "grid_sampler_3d",
            "max_pool1d_with_indices",
        ],
        methods: &[],
        functional: &[
            "GRID_SAMPLE_INTERPOLATION_MODES",
            "GRID_SAMPLE_PADDING_MODES",
            "adaptive_max_pool1d_with_indices",
            "adaptive_max_pool2d_with_indices",
            "adaptive_max_pool3d_with_indices",
            "affine_grid",
            "fractional_max_pool2d_with_indices",
            "fractional_max_pool3d_with_indices",
            "grid_sample",
            "linear_cross_entropy",
            "lp_pool3d",
            "max_pool1d_with_indices",
            "max_pool2d_with_indices",
            "max_pool3d_with_indices",
            "triplet_margin_with_distance_loss",
            "upsample",
            "upsample_bilinear",
            "upsample_nearest",
        ],
    },
    Written {
        module: "torch._native",
        functions: &[
            "_log_softmax_backward_data",
            "_native_batch_norm_legit",
            "_softmax_backward_data",
            "alpha_dropout",
            "bartlett_window",
            "batch_norm",
            "binary_cross_entropy_with_logits",
            "blackman_window",
            "ctc_loss",
            "dropout_",
            "embedding",
            "empty_permuted",
            "empty_strided",
            "feature_alpha_dropout",
            "feature_dropout",
            "hamming_window",
            "hann_window",
            "instance_norm",
            "kaiser_window",
            "kl_div",
            "native_batch_norm",
            "native_dropout",
            "native_group_norm",
            "native_layer_norm",
            "norm_except_dim",
            "poisson_nll_loss",
            "positive",
        ],
        methods: &["new_empty_strided", "positive"],
        functional: &[],
    },
    Written {
        module: "torch._legacy",
        functions: &[
            "adjoint",
            "AcceleratorError",
            "OutOfMemoryError",
            "Storage",
            "addmv_",
            "alpha_dropout_",
            "compiled_with_cxx11_abi",
            "cond",
            "conj_physical_",
            "conv_tbc",
            "detach_",
            "embedding_bag",
            "feature_alpha_dropout_",
            "feature_dropout_",
            "frobenius_norm",
            "frombuffer",
            "gcd_",
            "ger",
            "get_deterministic_debug_mode",
            "get_device_module",
            "has_lapack",
            "has_mkl",
            "has_openmp",
            "index_put",
            "index_put_",
            "is_deterministic_algorithms_warn_only_enabled",
            "is_distributed",
            "is_vulkan_available",
            "lcm_",
            "native_channel_shuffle",
            "nuclear_norm",
            "pca_lowrank",
            "set_deterministic_debug_mode",
            "svd_lowrank",
            "while_loop",
        ],
        methods: &[
            "adjoint",
            "const_data_ptr",
            "dim_order",
            "ger",
            "is_set_to",
            "map_",
            "module_load",
            "resize",
            "resize_as",
            "set_",
        ],
        functional: &["conv_tbc", "native_channel_shuffle"],
    },
    Written {
        module: "torch.sparse",
        functions: &[
            "dsmm",
            "sparse_compressed_tensor",
            "sparse_coo_tensor",
            "sparse_csc_tensor",
            "sparse_csr_tensor",
            "spmm",
        ],
        methods: &[
            "ccol_indices",
            "coalesce",
            "col_indices",
            "crow_indices",
            "dense_dim",
            "indices",
            "is_coalesced",
            "row_indices",
            "sparse_dim",
            "to_dense",
            "to_sparse",
            "to_sparse_coo",
            "to_sparse_csc",
            "to_sparse_csr",
            "values",
        ],
        functional: &[],
    },
];

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

/// `torch.signal`
pub(in crate::bridge) static SIGNAL: ModuleSpec = ModuleSpec {
    name: "torch.signal",
    doc: "Signals.",
    functions: &[],
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        module.lazy.replace(Some(below));
        Ok(())
    },
};
