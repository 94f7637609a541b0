//! Activations with weights, noise or several inputs.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::pointwise::{self as kernels, Side};
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, Dims, Element, Number, Result};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{self, sample};
use crate::tensor::ops::shape::{slice, slice_backward};
use crate::tensor::ops::spec::{
    FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, FUNCTIONAL_IN_PLACE, METHOD, Op,
};
use crate::tensor::ops::{abs, add, div, in_place, mul, sigmoid, sub, tanh, view_as_shape};

/// `torch.nn.functional.softsign`
pub static SOFTSIGN: Op = Op {
    signature: "softsign(input) -> Tensor",
    faces: FUNCTIONAL,
    doc: "`x / (1 + |x|)`",
    examples: &[(
        "F.softsign(torch.tensor([-1., 3.]))",
        "tensor([-0.5000,  0.7500])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            samples::pointwise(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        Ok(div(x, &add(&abs(x)?, 1i64)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.tanhshrink`
pub static TANHSHRINK: Op = Op {
    signature: "tanhshrink(input) -> Tensor",
    faces: FUNCTIONAL,
    doc: "`x - tanh(x)`",
    examples: &[(
        "F.tanhshrink(torch.tensor([-1., 0.]))",
        "tensor([-0.2384,  0.0000])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            samples::pointwise(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        Ok(sub(x, &tanh(x)?)?.into())
    },
    ..Op::BASE
};

/// `torch.prelu`
pub static PRELU: Op = Op {
    signature: "prelu(input, weight) -> Tensor",
    faces: FUNCTION | METHOD | FUNCTIONAL,
    doc: "`x` where it is positive, else `weight * x`, with one weight for all or one a channel.",
    examples: &[(
        "F.prelu(torch.tensor([-1., 2.]), torch.tensor([0.25]))",
        "tensor([-0.2500,  2.0000])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[2, 3]).into(), m.tensor(&[1]).into()]),
            sample([m.tensor(&[2, 3, 2]).into(), m.tensor(&[3]).into()]),
        ]
    },
    call: |a| Ok(prelu(a.tensor("input")?, a.tensor("weight")?)?.into()),
    ..Op::BASE
};

/// `torch.prelu`
pub fn prelu(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (shape, n) = (x.shape(), weight.numel());
    ensure!(
        x.dtype() == weight.dtype(),
        "prelu: Type promoting not supported. Got {} and {}",
        x.dtype().scalar_name(),
        weight.dtype().scalar_name()
    );
    ensure!(
        weight.ndim() <= 1,
        "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {}",
        weight.ndim()
    );
    if n != 1 {
        ensure!(!shape.is_empty(), "Not allow zero-dim input tensor.");
        let channels = shape.get(1).copied().unwrap_or(1);
        ensure!(
            n == channels,
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = {n} and channel size = {channels}."
        );
    }
    let mut wide = Dims::from_elem(1, shape.len());
    if n != 1 {
        wide[if shape.len() > 1 { 1 } else { 0 }] = n;
    }
    // With a weight of one element and no dimensions there is nothing to view.
    let w = if weight.shape() == wide {
        weight.clone()
    } else {
        view_as_shape(weight, &wide)?
    };
    let out = {
        let (xa, wa) = (x.array(), w.array());
        dispatch_float!(xa.dtype(), T => {
            kernels::binary::<T, T>(Side::Array(&xa), Side::Array(&wa), |x, w| if x > T::ZERO { x } else { x * w })
        }, other => bail!(NotImplemented, "\"prelu_cpu\" not implemented for '{}'", xa.dtype().scalar_name()))?
    };
    let kept = (Saved::input(x), Saved::input(&w));
    Ok(record(
        "PreluKernelBackward0",
        [x, &w],
        out,
        kept,
        |g, (x, w), c| {
            let (x, w) = (c.get(x)?, c.get(w)?);
            let (positive, rest) = halves(&x)?;
            Ok([
                c.when(0, || {
                    Ok(flat_in(mul(g, &add(&positive, &mul(&rest, &w)?)?)?, &x))
                })?,
                c.when(1, || mul(g, &mul(&x, &rest)?))?,
            ])
        },
    ))
}

/// 1 where `x` is positive, and 1 where it is not.
fn halves(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let a = x.array();
    let marks = |positive: bool| -> Result<Tensor> {
        let out = dispatch_number!(a.dtype(), T => kernels::unary::<T, T>(&a, move |v| {
            if (v > T::ZERO) == positive { T::ONE } else { T::ZERO }
        }), bool => a.copy())?;
        Ok(Tensor::from_array(out))
    };
    Ok((marks(true)?, marks(false)?))
}

/// `torch.rrelu`
pub static RRELU: Op = Op {
    signature: "rrelu(input, lower=0.125, upper=0.3333333333333333, training=False, inplace=False) -> Tensor",
    faces: FUNCTION | FUNCTION_IN_PLACE | FUNCTIONAL | FUNCTIONAL_IN_PLACE,
    doc: "Leaky ReLU whose slope is drawn for each element in training, else the mean of the bounds.",
    examples: &[(
        "F.rrelu(torch.tensor([-24., 2.]))",
        "tensor([-5.5000,  2.0000])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            samples::pointwise(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, low, high) = (a.tensor("input")?, a.float("lower")?, a.float("upper")?);
        let training = a.bool("training")?;
        Ok(if a.bool("inplace")? {
            in_place::apply(x, |x| rrelu(x, low, high, training))?
        } else {
            rrelu(x, low, high, training)?
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.rrelu`
pub fn rrelu(x: &Tensor, lower: f64, upper: f64, training: bool) -> Result<Tensor> {
    ensure!(
        lower <= upper,
        "Lower bound should be less than or equal to the upper bound"
    );
    let generator = default_generator();
    let mut draw = generator.draw();
    let mean = (lower + upper) / 2.0;
    let slopes = {
        let a = x.array().contiguous()?;
        dispatch_float!(a.dtype(), T => {
            let xs: &[T] = &a.slice::<T>();
            Array::build::<T>(a.shape(), |out| {
                for (o, x) in out.iter_mut().zip(xs) {
                    *o = match *x > T::ZERO {
                        true => T::ONE,
                        false if training => T::from_f64(draw.uniform_f64() * (upper - lower) + lower),
                        false => T::from_f64(mean),
                    };
                }
            })
        }, other => bail!(NotImplemented, "\"rrelu_with_noise_out_cpu\" not implemented for '{}'", a.dtype().scalar_name()))?
    };
    let slopes = Tensor::from_array(slopes);
    let out = no_grad(|| mul(x, &slopes))?.to_array();
    let kept = [Saved::input(&slopes), Saved::input(x)];
    Ok(record(
        "RreluWithNoiseBackward0",
        [x],
        out,
        kept,
        |g, [s, x], c| Ok([Some(flat_in(mul(g, &c.get(s)?)?, &c.get(x)?))]),
    ))
}

/// `torch.nn.functional.glu`
pub static GLU: Op = Op {
    signature: "glu(input, dim=-1) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Cuts the input in two along `dim` and multiplies the first half by the sigmoid of the second.",
    examples: &[("F.glu(torch.tensor([2., 0.]))", "tensor([1.])")],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[2, 4]).into()]),
            sample([m.tensor(&[4, 3]).into(), Arg::Int(0)]),
        ]
    },
    call: |a| Ok(glu(a.tensor("input")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

/// `torch.nn.functional.glu`
pub fn glu(x: &Tensor, dim: i64) -> Result<Tensor> {
    ensure!(
        x.ndim() > 0,
        "glu does not support scalars because halving size must be even"
    );
    let d = wrap_dim(dim, x.ndim())?;
    let shape = x.shape();
    ensure!(
        shape[d].is_multiple_of(2),
        "Halving dimension must be even, but dimension {d} is size {}",
        shape[d]
    );
    let half = shape[d] / 2;
    let split = move |x: &Tensor| (slice(x, d, 0, half, 1), slice(x, d, half, half, 1));
    let out = no_grad(|| {
        let (a, b) = split(x);
        mul(&a, &sigmoid(&b)?)
    })?;
    let array = out.array().contiguous()?;
    Ok(record(
        "GluBackward0",
        [x],
        array,
        Saved::input(x),
        move |g, x, c| {
            let x = c.get(x)?;
            let (a, b) = split(&x);
            let s = sigmoid(&b)?;
            let first = mul(g, &s)?;
            let second = mul(&mul(&first, &a)?, &sub(1i64, &s)?)?;
            let wide = |g: &Tensor, start| slice_backward(g, &shape, d, start, 1);
            Ok([Some(add(&wide(&first, 0)?, &wide(&second, half)?)?)])
        },
    ))
}

/// `torch.nn.functional.gumbel_softmax`
pub static GUMBEL_SOFTMAX: Op = Op {
    signature: "gumbel_softmax(logits, tau=1.0, hard=False, eps=1e-10, dim=-1) -> Tensor",
    faces: FUNCTIONAL,
    doc: "A softmax of logits with Gumbel noise, which draws from the categories; `hard` gives one-hot values with the soft gradient.",
    examples: &[(
        "F.gumbel_softmax(torch.zeros(2, 3)).shape",
        "torch.Size([2, 3])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            vec![sample([m.tensor(&[2, 3]).into()]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, tau, dim) = (a.tensor("logits")?, a.float("tau")?, a.int("dim")?);
        Ok(gumbel_softmax(x, tau, a.bool("hard")?, dim)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.gumbel_softmax`
pub fn gumbel_softmax(x: &Tensor, tau: f64, hard: bool, dim: i64) -> Result<Tensor> {
    let generator = default_generator();
    let mut draw = generator.draw();
    let noise = dispatch_float!(x.dtype(), T => Array::build::<T>(&x.shape(), |out| {
        for o in out.iter_mut() {
            // In the dtype of the tensor, as two steps.
            let e = T::from_f64(draw.exponential(1.0));
            *o = num_traits::Float::ln(e).negative();
        }
    }), other => bail!(NotImplemented, "\"exponential_cpu\" not implemented for '{}'", x.dtype().scalar_name()))?;
    drop(draw);
    let soft = super::softmax(&div(&add(x, &Tensor::from_array(noise))?, tau)?, dim)?;
    if !hard {
        return Ok(soft);
    }
    let d = wrap_dim(dim, x.ndim())?;
    let one_hot = Tensor::from_array(mark_largest(&soft.array(), d)?);
    add(&sub(&one_hot, &soft.detach())?, &soft)
}

/// 1 at the first largest element along a dimension, else 0.
fn mark_largest(x: &Array, dim: usize) -> Result<Array> {
    let shape = x.dims();
    let n = shape.get(dim).copied().unwrap_or(1);
    let inner: usize = shape.iter().skip(dim + 1).product();
    let x = x.contiguous()?;
    dispatch_number!(x.dtype(), T => {
        let xs: &[T] = &x.slice::<T>();
        Array::build::<T>(&shape, |out| {
            out.fill(T::ZERO);
            for start in (0..xs.len()).step_by((n * inner).max(1)) {
                for i in 0..inner {
                    let at = |j: usize| start + i + j * inner;
                    let best = (1..n).fold(0, |b, j| if xs[at(j)] > xs[at(b)] { j } else { b });
                    out[at(best)] = T::ONE;
                }
            }
        })
    }, bool => x.copy())
}
