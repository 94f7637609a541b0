//! exp, log and their like.

use crate::tensor::array::Result;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::arithmetic::mul;
use crate::tensor::ops::samples;
use crate::tensor::ops::spec::{FUNCTION, FUNCTION_IN_PLACE, IN_PLACE, METHOD, Op};

/// `torch.exp`
pub static EXP: Op = Op {
    signature: "exp(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE | FUNCTION_IN_PLACE,
    doc: "Raises e to each element of `input`.",
    examples: &[(
        "torch.exp(torch.tensor([0., 1.]))",
        "tensor([1.0000, 2.7183])",
    )],
    samples: samples::pointwise,
    call: |a| Ok(exp(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.exp`
pub fn exp(x: &Tensor) -> Result<Tensor> {
    let y = unary_float!(x, |v| num_traits::Float::exp(v))?;
    let kept = Saved::result(&y);
    Ok(record("ExpBackward0", [x], y, kept, |g, y, c| {
        Ok([Some(mul(g, &c.get(y)?)?)])
    }))
}
