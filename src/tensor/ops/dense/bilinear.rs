//! `bilinear`: products of two inputs.

use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::core::Tensor;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};
use crate::tensor::ops::{add, matmul, mul, permute, reshape_to, sum_dims, unsqueeze};

/// `torch.nn.functional.bilinear`
pub static BILINEAR: Op = Op {
    signature: "bilinear(input1, input2, weight, bias=None) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "`input1 @ weight[k] @ input2` for each output feature `k`, plus a bias.",
    examples: &[(
        "F.bilinear(torch.tensor([[2.]]), torch.tensor([[3.]]), torch.tensor([[[4.]]]))",
        "tensor([[24.]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.tensor(&[2, 4]).into(),
            m.tensor(&[5, 3, 4]).into(),
            m.tensor(&[5]).into(),
        ])]
    },
    call: |a| {
        let (x, y, w) = (
            a.tensor("input1")?,
            a.tensor("input2")?,
            a.tensor("weight")?,
        );
        Ok(bilinear(x, y, w, a.opt_tensor("bias")?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.bilinear`
pub fn bilinear(x: &Tensor, y: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (sx, sy, sw) = (x.shape(), y.shape(), w.shape());
    ensure!(
        sx.len() == sy.len() && !sx.is_empty() && sw.len() == 3,
        "bilinear(): input dimensions do not match: got {} and {}",
        sx.len(),
        sy.len()
    );
    let n = sx.len() - 1;
    for d in 0..n {
        ensure!(
            sx[d] == sy[d],
            "bilinear(): input batch dimensions do not match at dim {d}: got {} and {}",
            sx[d],
            sy[d]
        );
    }
    for (name, s, at) in [("input1", &sx, 1), ("input2", &sy, 2)] {
        ensure!(
            s[n] == sw[at],
            "bilinear(): {name} size does not match weight size: got {} but expected {}",
            s[n],
            sw[at]
        );
    }
    let rows: usize = sx[..n].iter().product();
    let turned = reshape_to(&permute(w, &[1, 0, 2])?, &[sw[1], sw[0] * sw[2]])?;
    let half = matmul(&reshape_to(x, &[rows, sx[n]])?, &turned)?;
    let half = reshape_to(&half, &[rows, sw[0], sw[2]])?;
    let other = unsqueeze(&reshape_to(y, &[rows, sy[n]])?, 1)?;
    let out = sum_dims(&mul(&half, &other)?, Some(&[2]), false, Some(w.dtype()))?;
    let mut shape = sx;
    shape[n] = sw[0];
    let out = reshape_to(&out, &shape)?;
    bias.map_or(Ok(out.clone()), |b| add(&out, b))
}
