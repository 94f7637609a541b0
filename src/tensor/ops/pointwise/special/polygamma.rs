//! Digamma and its derivatives.

use super::{by_f64, gamma};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::Args;
use crate::tensor::ops::pointwise::{as_float, mul, unsupported};
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTION_IN_PLACE, IN_PLACE, METHOD, Op, SPECIAL};

/// `torch.digamma`
pub static DIGAMMA: Op = Op {
    signature: "digamma(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE | FUNCTION_IN_PLACE | SPECIAL,
    doc: "The derivative of the gamma function's logarithm.",
    examples: &[(
        "torch.digamma(torch.tensor([1., 0.5]))",
        "tensor([-0.5772, -1.9635])",
    )],
    samples: samples::pointwise_positive,
    call: |a| Ok(digamma(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.digamma`
pub fn digamma(x: &Tensor) -> Result<Tensor> {
    let y = by_f64("digamma", x, gamma::digamma)?;
    let kept = Saved::input(x);
    Ok(record("DigammaBackward0", [x], y, kept, |g, x, c| {
        Ok([Some(mul(g, &polygamma(1, &c.get(x)?)?)?)])
    }))
}

fn orders(m: &Make) -> Vec<Sample> {
    [0i64, 1, 2, 3]
        .iter()
        .map(|n| sample([(*n).into(), m.positive(&[2, 3]).into()]))
        .collect()
}

fn call(a: &Args) -> Result<crate::tensor::ops::Out> {
    Ok(polygamma(a.int("n")?, a.tensor("input")?)?.into())
}

/// `torch.polygamma`
pub static POLYGAMMA: Op = Op {
    signature: "polygamma(n, input, *, out=None) -> Tensor",
    faces: FUNCTION | SPECIAL,
    doc: "The `n`-th derivative of the digamma function.",
    examples: &[(
        "torch.polygamma(1, torch.tensor([1., 0.5]))",
        "tensor([1.6449, 4.9348])",
    )],
    samples: orders,
    call,
    ..Op::BASE
};

/// `Tensor.polygamma`
pub static POLYGAMMA_METHOD: Op = Op {
    signature: "polygamma(input, n) -> Tensor",
    faces: METHOD | IN_PLACE,
    doc: "The `n`-th derivative of the digamma function.",
    examples: &[(
        "torch.tensor([1., 0.5]).polygamma(1)",
        "tensor([1.6449, 4.9348])",
    )],
    samples: |m| vec![sample([m.positive(&[3]).into(), 1i64.into()])],
    call,
    ..Op::BASE
};

/// `torch.polygamma`
pub fn polygamma(n: i64, x: &Tensor) -> Result<Tensor> {
    ensure!(n >= 0, "polygamma(n, x) does not support negative n.");
    if n == 0 {
        return digamma(x);
    }
    let array = as_float(x)?;
    let dtype = array.dtype();
    let y = if n == 1 {
        dispatch_float!(dtype, T => kernels::unary::<T, T>(&array, gamma::trigamma::<T>),
            other => Err(unsupported("polygamma", dtype)))?
    } else {
        kernels::unary::<f64, f64>(&array.to_dtype(DType::Float64)?, move |v| {
            gamma::polygamma(n, v)
        })?
        .to_dtype(dtype)?
    };
    let kept = Saved::input(x);
    Ok(record(
        "PolygammaBackward0",
        [x],
        y,
        kept,
        move |g, x, c| Ok([Some(mul(g, &polygamma(n + 1, &c.get(x)?)?)?)]),
    ))
}
