//! Calls with `uint16`, `uint32` and `uint64`, which PyTorch stores and moves but hardly computes with.

use super::args::{Arg, Args, Out};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{DType, Error, Result};
use crate::tensor::core::Tensor;

/// Ops whose kernels do not know the dtypes, with the kernels' names where those are not the ops' with `_cpu`.
const REFUSED: &str = " abs add:add_stub argmax argmin amax:max_values_cpu amin:min_values_cpu bitwise_left_shift:lshift_cpu \
bitwise_not bitwise_right_shift:rshift_cpu floor_divide:div_floor_cpu fmod ge gt le lt max:max_all min:min_all \
mm:addmm_impl_cpu_ neg nonzero:nonzero_count_cpu pow:pow remainder sub:add_stub rsub:add_stub arange ";

/// Ops that join the dtypes of their arguments.
const MIXING: &str = " add sub rsub mul div eq ne lt le gt ge maximum minimum bitwise_and bitwise_or bitwise_xor fmod remainder \
floor_divide pow cat stack hstack vstack dstack ";

/// Ops that compare values, which a `uint64` beyond the range of `int64` has not here.
const COMPARING: &str = " clamp clamp_min clamp_max maximum minimum sort argsort topk unique unique_consecutive kthvalue median \
mode searchsorted bucketize isin ";

/// Ops that look at bits, whatever these stand for.
const BITS: &[&str] = &["bitwise_and", "bitwise_or", "bitwise_xor"];

/// The entry of a name in a list above.
fn listed(list: &'static str, name: &str) -> Option<&'static str> {
    list.split(' ')
        .find(|entry| entry.split(':').next() == Some(name))
}

/// The dtypes of all tensors given.
fn dtypes(args: &Args) -> Vec<DType> {
    let mut found = Vec::new();
    for arg in args.slots.iter().flatten().chain(&args.star) {
        match arg {
            Arg::Tensor(t) => found.push(t.dtype()),
            Arg::List(items) | Arg::Tuple(items) => {
                found.extend(items.iter().filter_map(|i| match i {
                    Arg::Tensor(t) => Some(t.dtype()),
                    _ => None,
                }))
            }
            _ => {}
        }
    }
    found
}

/// Refuses two different dtypes, and a kernel that is named.
#[cold]
pub(super) fn join(one: DType, other: DType, kernel: &str) -> Result<()> {
    ensure!(
        one == other,
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {} and {}",
        one.scalar_name(),
        other.scalar_name()
    );
    if kernel.is_empty() {
        return Ok(());
    }
    Err(Error::not_implemented(format!(
        "\"{kernel}\" not implemented for '{}'",
        one.scalar_name()
    )))
}

/// Refuses what PyTorch refuses, and what would need more than 64 bits with a sign.
pub(super) fn check(args: &Args, dtype: DType) -> Result<()> {
    let name = args.name();
    let given = dtypes(args);
    let floating = given.iter().any(|d| d.is_floating_point())
        || args
            .slots
            .iter()
            .flatten()
            .any(|a| matches!(a, Arg::Float(_)));
    if floating {
        return Ok(());
    }
    if listed(MIXING, name).is_some()
        && let Some(other) = given.iter().find(|d| **d != given[0])
    {
        join(given[0], *other, "")?;
    }
    if let Some(entry) = listed(REFUSED, name) {
        let kernel = entry
            .split_once(':')
            .map_or_else(|| format!("{name}_cpu"), |(_, kernel)| kernel.to_string());
        return join(dtype, dtype, &kernel);
    }
    if dtype == DType::UInt64 && listed(COMPARING, name).is_some() {
        return Err(Error::not_implemented(format!(
            "torch.{name} of torch.uint64"
        )));
    }
    Ok(())
}

/// Whether an op looks at bits only.
pub(super) fn is_of_bits(name: &str) -> bool {
    BITS.contains(&name)
}

fn signed(dtype: DType) -> DType {
    match dtype {
        DType::UInt16 => DType::Int16,
        DType::UInt32 => DType::Int32,
        DType::UInt64 => DType::Int64,
        other => other,
    }
}

/// The arguments with the same bits in types with a sign.
pub(super) fn with_sign<'a>(args: &Args<'a>) -> Result<Args<'a>> {
    let mut args = args.copy();
    for arg in args.slots.iter_mut().flatten() {
        if let Arg::Tensor(t) = arg {
            let bits = t.to_array().of_dtype(signed(t.dtype()));
            *arg = Arg::Tensor(Tensor::from_array(bits));
        }
    }
    Ok(args)
}

/// The way back.
pub(super) fn without_sign(out: Out, dtype: DType) -> Out {
    match out {
        Out::Tensor(t) => Out::Tensor(Tensor::from_array(t.to_array().of_dtype(dtype))),
        other => other,
    }
}
