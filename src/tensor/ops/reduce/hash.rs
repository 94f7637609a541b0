//! `hash_tensor`: the bits of elements joined.

use super::sum::reduced;
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::reduce as kernels;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Args;
use crate::tensor::ops::reduce::over_dims;
use crate::tensor::ops::samples::Sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// `torch.hash_tensor`
pub static HASH_TENSOR: Op = Op {
    signature: "hash_tensor(input, dim=(), keepdim=False, *, mode=0, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The exclusive or of all elements' bits, each as 64 bits, or over the dimensions `dim`; a `torch.uint64`.",
    examples: &[(
        "torch.hash_tensor(torch.tensor([1., 2.]))",
        "tensor(9218868437227405312, dtype=torch.uint64)",
    )],
    samples: |m| over_dims(m).into_iter().map(Sample::rough).collect(),
    call: |a| Ok(hash_tensor(a)?.into()),
    ..Op::BASE
};

/// Floats are hashed as `float64`, all others as `int64`.
fn hash_tensor(a: &Args) -> Result<Tensor> {
    let x = a.tensor("input")?.to_array();
    let mode = a.int("mode")?;
    ensure!(mode == 0, "Unknown hash_tensor mode: {mode}");
    let shape = x.dims();
    let given = a.opt_ints("dim")?;
    let dims = reduced(given.as_deref(), shape.len())?;
    ensure!(
        given.is_some_and(|dims| !dims.is_empty()) || x.numel() > 0,
        "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
    );
    for d in &dims {
        ensure!(
            shape[*d] > 0,
            Index,
            "hash_tensor: Expected reduction dim {d} to have non-zero size."
        );
    }
    let wide = if x.dtype().is_floating_point() {
        DType::Float64
    } else {
        DType::Int64
    };
    let bits = x.to_dtype(wide)?.of_dtype(DType::Int64);
    let out = kernels::fold::<i64, i64>(&bits, &dims, &|row| row.iter().fold(0, |a, b| a ^ b))?
        .of_dtype(DType::UInt64);
    Ok(Tensor::from_array(if a.bool("keepdim")? {
        out.reshape(&kernels::reduced_shape(&shape, &dims, true))?
    } else {
        out
    }))
}
