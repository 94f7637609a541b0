//! Tensors from nested lists of numbers.

use super::constant::from_data;
use crate::tensor::array::Result;
use crate::tensor::array::layout::Layout;
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTION_IN_PLACE, IN_PLACE, METHOD, Op};

/// `torch.tensor`
pub static TENSOR: Op = Op {
    signature: "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False, names=None) -> Tensor",
    doc: "A tensor made of a number or of nested lists of numbers. Always a copy, never part of a graph.",
    examples: &[
        (
            "torch.tensor([[1., -2.], [3., 4.]])",
            "tensor([[ 1., -2.],\n        [ 3.,  4.]])",
        ),
        ("torch.tensor(3)", "tensor(3)"),
    ],
    samples: |_| vec![sample([vec![1i64, 2, 3].into()]), sample([Arg::Float(1.5)])],
    call: |a| {
        let data = a.get("data").unwrap_or(&Arg::None);
        a.created(from_data(data, a.dtype("dtype")?)?)
    },
    ..Op::BASE
};

/// `torch.as_tensor`
pub static AS_TENSOR: Op = Op {
    signature: "as_tensor(data, dtype=None, device=None) -> Tensor",
    aliases: &["asarray"],
    doc: "The tensor itself if `data` is one of the right dtype, else a tensor made of it.",
    examples: &[("torch.as_tensor([1, 2])", "tensor([1, 2])")],
    samples: |_| vec![sample([vec![1i64, 2, 3].into()])],
    call: |a| {
        let dtype = a.dtype("dtype")?;
        a.check_device()?;
        match a.get("data") {
            Some(Arg::Tensor(t)) => {
                Ok(crate::tensor::ops::to_dtype(t, dtype.unwrap_or(t.dtype()))?.into())
            }
            data => Ok(from_data(data.unwrap_or(&Arg::None), dtype)?.into()),
        }
    },
    ..Op::BASE
};

/// `Tensor.new_tensor`
pub static NEW_TENSOR: Op = Op {
    signature: "new_tensor(input, data, *, dtype=None, device=None, requires_grad=False) -> Tensor",
    faces: METHOD,
    doc: "A tensor made of `data` in the dtype of `input`.",
    examples: &[("torch.tensor([1.]).new_tensor([2, 3])", "tensor([2., 3.])")],
    samples: |m| vec![sample([m.tensor(&[2]).into(), vec![1i64, 0].into()]).rough()],
    call: |a| {
        let dtype = a.dtype("dtype")?.unwrap_or(a.tensor("input")?.dtype());
        let data = a.get("data").unwrap_or(&Arg::None);
        a.created(from_data(data, Some(dtype))?)
    },
    ..Op::BASE
};

/// `torch.scalar_tensor`
pub static SCALAR_TENSOR: Op = Op {
    signature: "scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "A tensor without dimensions.",
    examples: &[("torch.scalar_tensor(2)", "tensor(2.)")],
    samples: |_| vec![sample([Arg::Float(1.5)])],
    call: |a| {
        a.created(Tensor::from_array(
            crate::tensor::array::Array::from_scalar(a.scalar("s")?, a.dtype_or_default()?),
        ))
    },
    ..Op::BASE
};

/// `torch.as_strided`
pub static AS_STRIDED: Op = Op {
    signature: "as_strided(input, size, stride, storage_offset=None) -> Tensor",
    faces: FUNCTION | FUNCTION_IN_PLACE | METHOD | IN_PLACE,
    doc: "A view with the given size, strides and offset into the memory.",
    examples: &[(
        "torch.as_strided(torch.arange(4), (2, 2), (1, 1))",
        "tensor([[0, 1],\n        [1, 2]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[6]).into(),
            vec![2i64, 3].into(),
            vec![1i64, 2].into(),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let layout = strided_layout(a, x)?;
        Ok(crate::tensor::ops::view::as_strided("AsStridedBackward0", x, layout).into())
    },
    in_place: Some(|a| Ok(crate::tensor::ops::shape::strided::as_strided_(a)?.into())),
    ..Op::BASE
};

/// The layout that the arguments `size`, `stride` and `storage_offset` name in the memory of `x`.
pub fn strided_layout(a: &crate::tensor::ops::Args, x: &Tensor) -> Result<Layout> {
    let (size, stride) = (a.sizes("size")?, a.sizes("stride")?);
    let offset = a
        .opt_int("storage_offset")?
        .map_or(x.array().layout().offset, |o| o.max(0) as usize);
    crate::tensor::array::error::ensure!(
        size.len() == stride.len(),
        "mismatch in length of strides and shape"
    );
    let layout = Layout {
        shape: size,
        strides: stride,
        offset,
    };
    let available = x.array().storage().borrow().len() / x.dtype().size();
    crate::tensor::array::error::ensure!(
        layout.end() <= available,
        "setStorage: sizes {}, strides {}, storage offset {}, and itemsize {} requiring a storage size of {} are out of bounds for storage of size {}",
        crate::tensor::array::layout::show(&layout.shape),
        crate::tensor::array::layout::show(&layout.strides),
        layout.offset,
        x.dtype().size(),
        layout.end() * x.dtype().size(),
        available * x.dtype().size()
    );
    Ok(layout)
}
