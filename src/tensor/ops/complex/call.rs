//! Calls with dtypes that kernels are not compiled for: complex numbers, and floats of 16 bits.

use super::functions::FUNCTIONS;
use super::parts::{both, join};
use crate::tensor::array::{DType, Error, ErrorKind, Result};
use crate::tensor::core::Tensor;
use crate::tensor::core::record::named;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::to_dtype;

/// Ops that move, copy or make elements, or whose functions know complex numbers themselves.
const MOVING: &str = " abs add addmm add_scaled alias_copy allclose angle argwhere as_strided as_strided_copy as_strided_scatter as_tensor atleast_1d atleast_2d \
atleast_3d block_diag bmm bool broadcast_tensors broadcast_to byte cartesian_prod cat cdouble cfloat chain_matmul chalf char chunk clone \
column_stack complex conj conj_physical contiguous copy cpu data_ptr detach diag diag_embed diagflat diagonal diagonal_copy diagonal_scatter \
dim div dot double dsplit dstack einsum element_size empty empty_like empty_strided expand expand_as expand_copy \
fill flatten flip fliplr flipud float full full_like gather get_device half bfloat16 \
hsplit hstack imag index_put index_select inner int is_complex is_conj is_contiguous is_floating_point is_inference is_neg is_nonzero is_pinned is_signed istft item index_add index_copy index_fill \
kron linalg_diagonal linalg_matmul linalg_multi_dot linalg_vecdot long mT masked_fill masked_scatter masked_select matmul meshgrid \
mm movedim mul mv narrow narrow_copy neg new_empty new_full new_ones new_tensor new_zeros nonzero numel ones ones_like outer permute \
permute_copy pad constant_pad_nd pixel_shuffle pixel_unshuffle channel_shuffle combinations normal uniform rand_like randn_like \
addmv addr addbmm positive promote_types can_cast put ravel result_type real repeat repeat_interleave requires_grad reshape reshape_as resize resize_as_ resolve_conj \
roll rot90 scatter scatter_add select select_copy select_scatter short size slice_scatter split split_copy split_with_sizes_copy squeeze squeeze_copy stack \
storage_offset stride rsub sub sum sum_to_size swapaxes T t t_copy take take_along_dim tensor tensor_split tensordot t_copy unsafe_chunk unsafe_split unsafe_split_with_sizes tile to tolist trace \
transpose transpose_copy tril triu type type_as unbind unbind_copy unflatten unfold unfold_copy unsqueeze unsqueeze_copy view view_as \
view_as_complex vdot view_as_real view_copy vsplit vstack where zero zeros zeros_like ";

/// Ops whose parts each round to 16 bits, as they are composed in PyTorch too, or that write to an argument.
const STEPWISE: &[&str] = &[
    "binary_cross_entropy_with_logits",
    "bincount",
    "cross",
    "diff",
    "embedding",
    "embedding_bag",
    "hinge_embedding_loss",
    "histc",
    "interpolate",
    "linalg_cross",
    "poisson_nll_loss",
    "rand",
    "randn",
    "soft_margin_loss",
];

/// Ops that ask of each element only whether it is 0.
const TRUTHS: &[&str] = &[
    "all",
    "any",
    "argwhere",
    "count_nonzero",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "nonzero",
    "nonzero_static",
];

/// Ops that are right for complex numbers as they stand, besides those of [`MOVING`] and the functions of one number.
const RIGHT: &str = " addcdiv baddbmm conj_physical_ cumprod cumsum diff dist eq exp2 float_power ge gt ldexp le lerp logcumsumexp logsumexp lt mean ne norm \
pow prod renorm sgn square std std_mean var var_mean \
cholesky_inverse cholesky_solve corrcoef cross det geqrf inverse isin linear logdet lu lu_solve lu_unpack matrix_exp matrix_power orgqr ormqr \
pinverse qr slogdet svd triangular_solve vander \
alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout feature_dropout l1_loss linspace log_softmax normalize pairwise_distance \
rms_norm softmax softmin softsign tanhshrink triplet_margin_loss mse_loss polar stft ";

/// The arguments with another tensor for each complex one.
fn mapped<'a>(args: &Args<'a>, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Args<'a>> {
    let mut args = args.copy();
    for arg in args.slots.iter_mut().flatten() {
        if let Arg::Tensor(t) = arg
            && t.dtype().is_complex()
        {
            *arg = Arg::Tensor(f(t)?);
        }
    }
    Ok(args)
}

/// What is unusual about an argument's dtype.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::tensor::ops) enum Unusual {
    /// A float of 16 bits.
    Small,
    /// An integer without a sign of more than 8 bits.
    Unsigned(DType),
    /// A complex dtype.
    Complex(DType),
}

fn of_dtype(dtype: DType) -> Option<Unusual> {
    if dtype.is_complex() {
        Some(Unusual::Complex(dtype))
    } else if dtype.is_small() {
        Some(Unusual::Small)
    } else if dtype.is_unsigned() {
        Some(Unusual::Unsigned(dtype))
    } else {
        None
    }
}

fn of_arg(arg: &Arg) -> Option<Unusual> {
    match arg {
        Arg::Tensor(t) => of_dtype(t.dtype()),
        Arg::DType(d) if d.is_small() => Some(Unusual::Small),
        Arg::Complex(..) => Some(Unusual::Complex(
            crate::tensor::core::default_dtype().to_complex(),
        )),
        Arg::List(items) | Arg::Tuple(items) => {
            let mut found = None;
            for item in items {
                // Lists of numbers are not looked through.
                match item {
                    Arg::Tensor(t) => found = most(found, of_dtype(t.dtype())),
                    _ => break,
                }
            }
            found
        }
        _ => None,
    }
}

/// Complex is more unusual than small, and small than an integer.
fn most(a: Option<Unusual>, b: Option<Unusual>) -> Option<Unusual> {
    match (a, b) {
        (Some(Unusual::Complex(_)), _) | (_, None) | (Some(_), Some(Unusual::Unsigned(_))) => a,
        _ => b,
    }
}

/// Whether the arguments have a dtype that kernels are not compiled for.
#[inline]
pub(in crate::tensor::ops) fn unusual(args: &Args) -> Option<Unusual> {
    let mut found = None;
    for (i, arg) in args.slots.iter().enumerate() {
        let Some(arg) = arg else { continue };
        // What is written to does not say how to compute.
        if let Some(kind) = of_arg(arg)
            && args.signature.params.get(i).is_none_or(|p| p.name != "out")
        {
            found = most(found, Some(kind));
        }
    }
    for arg in &args.star {
        if let Some(kind) = of_arg(arg) {
            found = most(found, Some(kind));
        }
    }
    found
}

/// Whether an op does not look at elements, or knows all dtypes itself.
pub(in crate::tensor::ops) fn moves(name: &str) -> bool {
    name.starts_with("fft_") || MOVING.split(' ').any(|known| known == name)
}

/// Whether an op takes floats of 16 bits as they are.
pub(in crate::tensor::ops) fn takes_small(name: &str) -> bool {
    moves(name) || STEPWISE.contains(&name)
}

/// Whether the form in place of an op, where it has one, is right for complex numbers.
pub(in crate::tensor::ops) fn has_own_form_in_place(name: &str) -> bool {
    moves(name) || name == "float_power" || super::math::function(name).is_some()
}

/// The op on complex numbers: by its own function, or as it is where it only moves elements.
#[cold]
pub(in crate::tensor::ops) fn on_complex(
    args: &Args,
    dtype: DType,
    plain: impl Fn(&Args) -> Result<Out>,
) -> Result<Out> {
    let name = args.name();
    if let Some((_, f)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return f(args);
    }
    if TRUTHS.contains(&name) {
        return plain(&mapped(args, |t| to_dtype(t, DType::Bool))?);
    }
    if name.ends_with("fold") && args.has_parameter("kernel_size") {
        // The same is done to each part.
        let part = |t: Tensor| {
            let mut args = args.copy();
            args.set("input", t.into());
            Ok(plain(&args)?.tensors().swap_remove(0)) as Result<Tensor>
        };
        let (re, im) = both(args.tensor("input")?, dtype)?;
        return Ok(join(&part(re)?, &part(im)?)?.into());
    }
    let convolution = name.starts_with("conv") && args.has_parameter("weight");
    let right = convolution
        || name.starts_with("linalg_")
        || moves(name)
        || RIGHT.split(' ').any(|known| known == name);
    if !right && super::math::function(name).is_none() {
        return Err(refusal(args, dtype));
    }
    plain(args).map_err(|e| worded(e, name))
}

/// Ops that no complex number is given to, in groups with what PyTorch says: `{op}` stands for the name of the op and `{}` for
/// that of the dtype. Sentences that begin with `!` are type errors.
const REFUSALS: &[(&str, &str)] = &[
    (
        "sort argsort msort",
        "! Sort does not support complex dtypes on CPU",
    ),
    ("topk", "! topk does not support complex dtypes on CPU"),
    ("argmax argmin", "!{op}(): does not support complex input"),
    (
        "maximum minimum fmax fmin",
        "!{op} not implemented for complex tensors.",
    ),
    (
        "isneginf isposinf",
        "!{op} does not support complex inputs.",
    ),
    ("aminmax histc", "!aminmax not implemented for {}"),
    (
        "floor ceil trunc frac",
        "{op} is not supported for complex inputs",
    ),
    (
        "clamp relu relu6 hardtanh",
        "clamp is not supported for complex types",
    ),
    (
        "nansum nanmean",
        "nansum on CPU does not support complex inputs",
    ),
    ("signbit", "signbit is not implemented for complex tensors."),
    (
        "heaviside",
        "heaviside is not yet implemented for complex tensors.",
    ),
    (
        "sign",
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    ),
];

/// Names of kernels that are not those of their ops.
const KERNELS: &str = " amax:max_values_cpu amin:min_values_cpu bernoulli:bernoulli_tensor_cpu_self_ \
bitwise_left_shift:lshift_cpu bitwise_right_shift:rshift_cpu bucketize:searchsorted_out_cpu digamma:digamma \
erf:erf_vml_cpu erfc:erfc_vml_cpu erfinv:erfinv_vml_cpu floor_divide:div_floor_cpu gelu:GeluKernelImpl i0:i0_vml_cpu \
lgamma:lgamma_vml_cpu log_softmax:log_softmax_lastdim_kernel_impl max:max_all min:min_all round:round_vml_cpu \
searchsorted:searchsorted_out_cpu softmax:softmax_lastdim_kernel_impl unique:unique ";

/// A kernel's refusal with the name of the op.
#[cold]
pub(in crate::tensor::ops) fn worded(error: Error, name: &str) -> Error {
    if error.kind() != ErrorKind::Refused {
        return error;
    }
    let known = KERNELS
        .split(' ')
        .filter_map(|pair| pair.split_once(':'))
        .find(|(op, _)| *op == name);
    let kernel = known.map_or_else(|| format!("{name}_cpu"), |(_, kernel)| kernel.to_string());
    Error::not_implemented(format!("\"{kernel}\" {}", error.message()))
}

/// What PyTorch says where an op is given complex numbers that it does not take.
#[cold]
fn refusal(args: &Args, dtype: DType) -> Error {
    let name = args.name();
    let extreme = matches!(name, "max" | "min");
    if extreme && args.has_parameter("dim") && args.get("dim").is_some() {
        return Error::type_(format!("{name}(): does not support complex input"));
    }
    let of_group = |(names, _): &&(&str, &str)| names.split(' ').any(|known| known == name);
    let Some((_, text)) = REFUSALS.iter().find(of_group) else {
        return worded(crate::tensor::array::error::refused(dtype), name);
    };
    let text = text
        .replace("{op}", name)
        .replace("{}", dtype.scalar_name());
    match text.strip_prefix('!') {
        Some(text) => Error::type_(text.to_string()),
        None => Error::not_implemented(text),
    }
}

/// Floats of 16 bits as `float32`.
fn wide(arg: &Arg) -> Result<Arg> {
    Ok(match arg {
        Arg::Tensor(t) if t.dtype().is_small() => to_dtype(t, DType::Float32)?.into(),
        Arg::DType(d) if d.is_small() => Arg::DType(DType::Float32),
        Arg::List(items) => Arg::List(items.iter().map(wide).collect::<Result<_>>()?),
        Arg::Tuple(items) => Arg::Tuple(items.iter().map(wide).collect::<Result<_>>()?),
        other => other.clone(),
    })
}

/// Makes the arguments' small floats `float32`. Gives the dtype that results must have, if they are to be made small again.
pub fn widen(args: &mut Args) -> Result<Option<DType>> {
    let mut target: Option<DType> = None;
    let mut asked: Option<DType> = None;
    let mut meet = |t: &Tensor| {
        if t.dtype().is_floating_point() {
            let joined = |d: DType| crate::tensor::array::promote::promote_types(d, t.dtype());
            target = Some(target.map_or(t.dtype(), joined));
        }
    };
    for arg in args.slots.iter().flatten().chain(&args.star) {
        match arg {
            Arg::Tensor(t) => meet(t),
            Arg::List(items) | Arg::Tuple(items) => items.iter().for_each(|item| {
                if let Arg::Tensor(t) = item {
                    meet(t);
                }
            }),
            Arg::DType(d) => asked = Some(*d),
            _ => {}
        }
    }
    for slot in args.slots.iter_mut().flatten() {
        *slot = wide(slot)?;
    }
    for item in &mut args.star {
        *item = wide(item)?;
    }
    Ok(asked.or(target).filter(|d| d.is_small()))
}

/// A function whose kernel takes no small floats, rounded once to the dtype of its argument.
pub(in crate::tensor::ops) fn rounded(
    x: &Tensor,
    f: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if x.dtype().is_small() {
        to_dtype(&f(&to_dtype(x, DType::Float32)?)?, x.dtype())
    } else {
        f(x)
    }
}

/// A result in another dtype, under the name of the node that computed it.
fn converted(t: &Tensor, dtype: DType) -> Result<Tensor> {
    let y = to_dtype(t, dtype)?;
    Ok(match t.grad_fn() {
        Some(node) => named(node.name(), y),
        None => y,
    })
}

/// Results of `float32` as small floats.
pub fn narrow(out: Out, dtype: Option<DType>) -> Result<Out> {
    let Some(dtype) = dtype else { return Ok(out) };
    let one = |t: &Tensor| {
        if t.dtype() == DType::Float32 {
            converted(t, dtype)
        } else if t.dtype() == DType::Complex64 && dtype == DType::Float16 {
            converted(t, DType::Complex32)
        } else {
            Ok(t.clone())
        }
    };
    let all = |ts: &[Tensor]| ts.iter().map(one).collect::<Result<Vec<_>>>();
    Ok(match out {
        Out::Tensor(t) => Out::Tensor(one(&t)?),
        Out::Tensors(ts) => Out::Tensors(all(&ts)?),
        Out::TensorList(ts) => Out::TensorList(all(&ts)?),
        Out::Named {
            name,
            fields,
            values,
        } => Out::Named {
            name,
            fields,
            values: all(&values)?,
        },
        other => other,
    })
}
