//! The op behind batch, layer, group and instance normalisation.

use super::kernel::{self, Cut};
use crate::tensor::array::{Array, Dims, Result};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record};
use crate::tensor::ops::{add, mean_dims, mul, reshape_to, rsqrt, sub, sum_to};

/// Mean and `1 / deviation` of each channel, in the dtype of the input.
#[derive(Clone)]
pub(super) struct Statistics {
    pub(super) means: Array,
    pub(super) scales: Array,
    /// Whether they were given rather than computed from the input.
    pub(super) fixed: bool,
}

/// What is normalised, and how.
#[derive(Clone)]
pub(super) struct Plan {
    /// The node's name.
    pub(super) name: &'static str,
    pub(super) cut: Cut,
    pub(super) eps: f64,
    /// The shape in which channels have dimensions of their own, and the other dimensions.
    pub(super) wide: Dims,
    pub(super) reduced: Vec<i64>,
    /// The shape in which weights fit the input.
    pub(super) weight_shape: Dims,
}

/// The moments of a tensor's channels: the mean, and the sum of the squares around it.
pub(super) fn moments(x: &Tensor, cut: &Cut) -> Result<(Array, Array)> {
    let a = x.array().contiguous()?;
    Ok(dispatch_float!(a.dtype(), T => {
        let (m, v) = super::moments::moments::<T>(&a.slice::<T>(), cut);
        (Array::from_vec(m, &[cut.channels]), Array::from_vec(v, &[cut.channels]))
    }, other => unreachable!("refused before")))
}

/// Sums of squares as variances.
pub(super) fn divided(squares: &Array, count: f64) -> Result<Array> {
    dispatch_float!(squares.dtype(), T => {
        use crate::tensor::array::Real as _;
        let count = T::lit(count);
        crate::tensor::array::kernels::pointwise::unary::<T, T>(squares, move |v| v / count)
    }, other => unreachable!("refused before"))
}

/// [`scales`] in double precision.
pub(super) fn exact_scales(variance: &Array, eps: f64) -> Result<Array> {
    scales(
        &variance.to_dtype(crate::tensor::array::DType::Float64)?,
        eps,
    )?
    .to_dtype(variance.dtype())
}

/// `1 / sqrt(variance + eps)`
pub(super) fn scales(variance: &Array, eps: f64) -> Result<Array> {
    dispatch_float!(variance.dtype(), T => {
        use crate::tensor::array::Real as _;
        let eps = T::lit(eps);
        crate::tensor::array::kernels::pointwise::unary::<T, T>(variance, move |v| 1.0 / (v + eps).sqrt())
    }, other => unreachable!("refused before"))
}

/// Normalises, scales and shifts.
pub(super) fn run(
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    s: Statistics,
    plan: Plan,
) -> Result<Tensor> {
    let flat = |t: Option<&Tensor>| t.map(|t| t.array().contiguous()).transpose();
    let (a, w, b) = (x.array().contiguous()?, flat(weight)?, flat(bias)?);
    let out = dispatch_float!(a.dtype(), T => {
        let (w, b) = (w.as_ref().map(|w| w.slice::<T>()), b.as_ref().map(|b| b.slice::<T>()));
        let (xs, m, k) = (a.slice::<T>(), s.means.slice::<T>(), s.scales.slice::<T>());
        Array::build::<T>(a.shape(), |out| {
            kernel::normalize::<T>(&xs, &plan.cut, (&m, &k), w.as_deref(), b.as_deref(), out);
        })?
    }, other => unreachable!("refused before"));
    let name = plan.name;
    // The bias of a group norm is an input of its backward node.
    let flat_bias = bias.filter(|_| name == "NativeGroupNormBackward0");
    let kept = (
        Saved::input(x),
        weight.map(Saved::input),
        flat_bias.map(Saved::input),
    );
    let inputs = [Some(x), weight, bias];
    let shapes = [weight.map(Tensor::shape), bias.map(Tensor::shape)];
    Ok(record(name, inputs, out, kept, move |g, (x, w, b), c| {
        let x = c.get(x)?;
        let w = w.as_ref().map(|w| c.get(w)).transpose()?;
        let [gx, gw, gb] = if is_grad_enabled() {
            by_ops(g, &x, w.as_ref(), &s, &plan)?
        } else {
            by_kernel(g, &x, w.as_ref(), &s, &plan)?
        };
        let gx = match b {
            Some(b) => flat_in(gx, &c.get(b)?),
            None => gx,
        };
        let shaped = |t: Tensor, shape: &Option<Dims>| match shape {
            Some(shape) => reshape_to(&t, shape),
            None => Ok(t),
        };
        Ok([
            c.needs.get(0).then_some(gx),
            c.when(1, || shaped(gw, &shapes[0]))?,
            c.when(2, || shaped(gb, &shapes[1]))?,
        ])
    }))
}

fn by_kernel(
    g: &Tensor,
    x: &Tensor,
    w: Option<&Tensor>,
    s: &Statistics,
    plan: &Plan,
) -> Result<[Tensor; 3]> {
    let (g, a) = (g.array().contiguous()?, x.array().contiguous()?);
    let w = w.map(|w| w.array().contiguous()).transpose()?;
    let weights = plan.weight_shape.iter().product();
    let all = dispatch_float!(a.dtype(), T => {
        let w = w.as_ref().map(|w| w.slice::<T>());
        let statistics = (&*s.means.slice::<T>(), &*s.scales.slice::<T>());
        kernel::backward::<T>(
            (&g.slice::<T>(), &a.slice::<T>()),
            a.shape(),
            &plan.cut,
            statistics,
            w.as_deref(),
            weights,
            s.fixed,
        )?
    }, other => unreachable!("refused before"));
    Ok([all.input, all.weight, all.bias].map(Tensor::from_array))
}

/// The same with ops, so that it can be differentiated again.
fn by_ops(
    g: &Tensor,
    x: &Tensor,
    w: Option<&Tensor>,
    s: &Statistics,
    plan: &Plan,
) -> Result<[Tensor; 3]> {
    let shape = x.shape();
    let wide = |t: &Tensor| reshape_to(t, &plan.wide);
    let mean = |t: &Tensor| mean_dims(t, Some(&plan.reduced), true, None);
    let mut channel = plan.wide.clone();
    plan.reduced.iter().for_each(|d| channel[*d as usize] = 1);
    let given = |a: &Array| Ok(Tensor::from_array(a.reshape(&channel)?));
    let (centered, scale) = if s.fixed {
        (sub(&wide(x)?, &given(&s.means)?)?, given(&s.scales)?)
    } else {
        let x = wide(x)?;
        let centered = sub(&x, &mean(&x)?)?;
        let variance = mean(&mul(&centered, &centered)?)?;
        (centered, rsqrt(&add(&variance, plan.eps)?)?)
    };
    let normal = mul(&centered, &scale)?;
    let weighted = match w {
        Some(w) => mul(g, &reshape_to(w, &plan.weight_shape)?)?,
        None => g.clone(),
    };
    let weighted = wide(&weighted)?;
    let gx = if s.fixed {
        mul(&weighted, &scale)?
    } else {
        let shared = mul(&normal, &mean(&mul(&weighted, &normal)?)?)?;
        mul(&sub(&sub(&weighted, &mean(&weighted)?)?, &shared)?, &scale)?
    };
    let gw = sum_to(&mul(g, &reshape_to(&normal, &shape)?)?, &plan.weight_shape)?;
    Ok([reshape_to(&gx, &shape)?, gw, sum_to(g, &plan.weight_shape)?])
}
