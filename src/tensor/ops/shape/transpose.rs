//! Dimensions that change places.

use super::rearrange::permute;
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op, PROPERTY};
use crate::tensor::ops::view::record_view;

/// `torch.t`
pub static T: Op = Op {
    signature: "t(input) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The transpose of a matrix; tensors of fewer dimensions stay as they are.",
    examples: &[("torch.tensor([[1, 2]]).t()", "tensor([[1],\n        [2]])")],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[3]).into()]),
        ]
    },
    call: |a| Ok(t(a.tensor("input")?)?.into()),
    in_place: Some(|a| Ok(in_place::relayout(a.tensor("input")?, t)?.into())),
    ..Op::BASE
};

/// `torch.transpose`
pub static TRANSPOSE: Op = Op {
    signature: "transpose(input, dim0, dim1) -> Tensor",
    aliases: &["swapaxes", "swapdims"],
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "A view with two dimensions exchanged.",
    examples: &[(
        "torch.ones(2, 3).transpose(0, 1).shape",
        "torch.Size([3, 2])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3, 4]).into(),
            Arg::Int(0),
            Arg::Int(-1),
        ])]
    },
    call: |a| Ok(transpose(a.tensor("input")?, a.int("dim0")?, a.int("dim1")?)?.into()),
    in_place: Some(|a| {
        Ok(in_place::relayout(a.tensor("input")?, |x| {
            transpose(x, a.int("dim0")?, a.int("dim1")?)
        })?
        .into())
    }),
    ..Op::BASE
};

/// `torch.t`
pub fn t(x: &Tensor) -> Result<Tensor> {
    let n = x.ndim();
    ensure!(
        n <= 2,
        "t() expects a tensor with <= 2 dimensions, but self is {n}D"
    );
    let layout = if n == 2 {
        x.array().layout().transpose(0, 1)
    } else {
        x.array().layout().clone()
    };
    Ok(record_view("TBackward0", x, layout, |g, _| t(g)))
}

/// `torch.transpose`
pub fn transpose(x: &Tensor, dim0: i64, dim1: i64) -> Result<Tensor> {
    let n = x.ndim();
    let (a, b) = (wrap_dim(dim0, n)?, wrap_dim(dim1, n)?);
    let layout = x.array().layout().transpose(a, b);
    Ok(record_view("TransposeBackward0", x, layout, move |g, _| {
        transpose(g, dim0, dim1)
    }))
}

/// `Tensor.T`
pub static T_PROPERTY: Op = Op {
    signature: "T(input) -> Tensor",
    faces: PROPERTY,
    doc: "The tensor with its dimensions in reverse order.",
    examples: &[("torch.ones(2, 3).T.shape", "torch.Size([3, 2])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        let order: Vec<i64> = (0..x.ndim() as i64).rev().collect();
        Ok(permute(x, &order)?.into())
    },
    ..Op::BASE
};

/// `Tensor.mT`
pub static MT_PROPERTY: Op = Op {
    signature: "mT(input) -> Tensor",
    faces: PROPERTY,
    doc: "The tensor with its last two dimensions exchanged.",
    examples: &[("torch.ones(2, 3, 4).mT.shape", "torch.Size([2, 4, 3])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            x.ndim() >= 2,
            "tensor.mT is only supported on matrices or batches of matrices. Got {}-D tensor.",
            x.ndim()
        );
        Ok(transpose(x, -2, -1)?.into())
    },
    ..Op::BASE
};

/// `Tensor.mH`
pub static MH_PROPERTY: Op = Op {
    signature: "mH(input) -> Tensor",
    faces: PROPERTY,
    doc: "The conjugate of the tensor with its last two dimensions exchanged.",
    examples: &[("torch.ones(2, 3, 4).mH.shape", "torch.Size([2, 4, 3])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            x.ndim() >= 2,
            "tensor.mH is only supported on matrices or batches of matrices. Got {}-D tensor.",
            x.ndim()
        );
        Ok(transpose(x, -2, -1)?.into())
    },
    ..Op::BASE
};

/// `Tensor.H`
pub static H_PROPERTY: Op = Op {
    signature: "H(input) -> Tensor",
    faces: PROPERTY,
    doc: "The conjugate transpose of a matrix.",
    examples: &[("torch.ones(2, 3).H.shape", "torch.Size([3, 2])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            matches!(x.ndim(), 0 | 2),
            "tensor.H is only supported on matrices (2-D tensors). Got {}-D tensor.",
            x.ndim()
        );
        Ok(t(x)?.into())
    },
    ..Op::BASE
};
