//! Losses of the difference between input and target: `mse_loss`, `smooth_l1_loss`, `huber_loss`, `l1_loss`.

use super::reduction::{Reduction, refuse_integers, same_size, sized};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise::{self as kernels, Side};
use crate::tensor::array::kernels::reduce::sum_all;
use crate::tensor::array::{Array, Element, Real, Result};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::pointwise::result_type;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{abs, div, mul, neg, sub, sum, to_dtype};

fn pairs(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let reduced = |name: &str| {
        let (x, y) = (m.tensor(&[2, 3]), m.positive(&[2, 3]));
        sample([x.into(), y.into()]).with("reduction", name)
    };
    vec![reduced("mean"), reduced("sum"), reduced("none")]
}

macro_rules! difference_losses {
    ($($STATIC:ident $signature:literal $doc:literal ($example:literal, $prints:literal) |$a:ident| $loss:expr;)*) => {$(
        #[doc = concat!("`torch.nn.functional.", $signature, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTIONAL,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: pairs,
            call: |$a| {
                let reduction = Reduction::of($a)?;
                let (x, y) = ($a.tensor("input")?, sized($a, "target")?);
                Ok($loss(x, y, reduction)?.into())
            },
            ..Op::BASE
        };
    )*};
}

difference_losses! {
    L1_LOSS "l1_loss(input, target, size_average=None, reduce=None, reduction='mean', weight=None) -> Tensor"
        "The mean absolute difference between input and target."
        ("F.l1_loss(torch.tensor([1., 2.]), torch.tensor([2., 4.]))", "tensor(1.5000)")
        |a| |x, y, r| weighted(a.opt_tensor("weight")?, r, |r| l1_loss(x, y, r));
    MSE_LOSS "mse_loss(input, target, size_average=None, reduce=None, reduction='mean', weight=None) -> Tensor"
        "The mean squared difference between input and target."
        ("F.mse_loss(torch.tensor([1., 2.]), torch.tensor([2., 4.]))", "tensor(2.5000)")
        |a| |x, y, r| weighted(a.opt_tensor("weight")?, r, |r| mse_loss(x, y, r));
    SMOOTH_L1_LOSS "smooth_l1_loss(input, target, size_average=None, reduce=None, reduction='mean', beta=1.0) -> Tensor"
        "Half the squared difference over `beta` where the difference is below `beta`, else the absolute difference less half of `beta`."
        ("F.smooth_l1_loss(torch.tensor([1., 2.]), torch.tensor([1.5, 4.]))", "tensor(0.8125)")
        |a| |x, y, r| smooth_l1_loss(x, y, a.float("beta")?, r);
}

/// `torch.nn.functional.huber_loss`
pub static HUBER_LOSS: Op = Op {
    signature: "huber_loss(input, target, reduction='mean', delta=1.0, weight=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Half the squared difference where the difference is below `delta`, else `delta` times the absolute difference less half of `delta`.",
    examples: &[(
        "F.huber_loss(torch.tensor([1., 2.]), torch.tensor([1.5, 4.]))",
        "tensor(0.8125)",
    )],
    samples: pairs,
    call: |a| {
        let reduction = Reduction::from_name(a.str("reduction")?)?;
        let (x, y, delta) = (a.tensor("input")?, sized(a, "target")?, a.float("delta")?);
        let weight = a.opt_tensor("weight")?;
        Ok(weighted(weight, reduction, |r| huber_loss(x, y, delta, r))?.into())
    },
    ..Op::BASE
};

/// Multiplies the losses of single elements by weights before the reduction.
fn weighted(
    weight: Option<&Tensor>,
    reduction: Reduction,
    loss: impl Fn(Reduction) -> Result<Tensor>,
) -> Result<Tensor> {
    let Some(w) = weight else {
        return loss(reduction);
    };
    let each = loss(Reduction::None)?;
    ensure!(
        w.shape() == each.shape(),
        Value,
        "Weights and input must have the same size."
    );
    let each = mul(&each, w)?;
    match reduction {
        Reduction::Mean => div(&sum(&each)?, &sum(w)?),
        other => other.apply(&each),
    }
}

/// `torch.nn.functional.l1_loss`
pub fn l1_loss(x: &Tensor, y: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let (x, y) = same_size(x, y)?;
    reduction.apply(&abs(&sub(&x, &y)?)?)
}

/// `torch.nn.functional.mse_loss`
pub fn mse_loss(x: &Tensor, y: &Tensor, reduction: Reduction) -> Result<Tensor> {
    loss("MseLossBackward0", "mse_cpu", x, y, reduction, Square)
}

/// `torch.nn.functional.smooth_l1_loss`
pub fn smooth_l1_loss(x: &Tensor, y: &Tensor, beta: f64, reduction: Reduction) -> Result<Tensor> {
    if beta == 0.0 {
        return l1_loss(x, y, reduction);
    }
    ensure!(
        beta > 0.0,
        "smooth_l1_loss does not support negative values for beta."
    );
    let curve = Smooth {
        knee: beta,
        scale: 1.0 / beta,
    };
    loss(
        "SmoothL1LossBackward0",
        "smooth_l1_cpu",
        x,
        y,
        reduction,
        curve,
    )
}

/// `torch.nn.functional.huber_loss`
pub fn huber_loss(x: &Tensor, y: &Tensor, delta: f64, reduction: Reduction) -> Result<Tensor> {
    ensure!(
        delta > 0.0,
        "huber_loss does not support non-positive values for delta."
    );
    let curve = Smooth {
        knee: delta,
        scale: 1.0,
    };
    loss("HuberLossBackward0", "huber_cpu", x, y, reduction, curve)
}

/// A function of the difference, with its derivatives.
trait Curve: Copy + Send + Sync + 'static {
    fn value<T: Real>(&self, d: T) -> T;
    fn slope<T: Real>(&self, d: T) -> T;
    fn bend<T: Real>(&self, d: T) -> T;
}

#[derive(Clone, Copy)]
struct Square;

impl Curve for Square {
    #[inline(always)]
    fn value<T: Real>(&self, d: T) -> T {
        d * d
    }
    #[inline(always)]
    fn slope<T: Real>(&self, d: T) -> T {
        d + d
    }
    #[inline(always)]
    fn bend<T: Real>(&self, _: T) -> T {
        T::lit(2.0)
    }
}

/// A parabola that goes on as a straight line from the knee.
#[derive(Clone, Copy)]
struct Smooth {
    knee: f64,
    scale: f64,
}

impl Curve for Smooth {
    #[inline(always)]
    fn value<T: Real>(&self, d: T) -> T {
        let (knee, size) = (T::lit(self.knee), d.abs());
        if size < knee {
            T::lit(0.5 * self.scale) * size * size
        } else {
            T::lit(self.scale * self.knee) * (size - T::lit(0.5) * knee)
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, d: T) -> T {
        let knee = T::lit(self.knee);
        let inner = if d <= -knee {
            -knee
        } else if d >= knee {
            knee
        } else {
            d
        };
        inner * T::lit(self.scale)
    }
    #[inline(always)]
    fn bend<T: Real>(&self, d: T) -> T {
        if d.abs() < T::lit(self.knee) {
            T::lit(self.scale)
        } else {
            T::ZERO
        }
    }
}

fn loss<C: Curve>(
    name: &'static str,
    kernel: &str,
    x: &Tensor,
    y: &Tensor,
    reduction: Reduction,
    curve: C,
) -> Result<Tensor> {
    let (x, y) = same_size(x, y)?;
    let dtype = result_type(&Operand::Tensor(&x), &Operand::Tensor(&y));
    let (x, y) = (to_dtype(&x, dtype)?, to_dtype(&y, dtype)?);
    refuse_integers(&x, kernel)?;
    let n = x.numel();
    let out = {
        let (xa, ya) = (x.array(), y.array());
        dispatch_float!(dtype, T => {
            let each = kernels::binary::<T, T>(Side::Array(&xa), Side::Array(&ya), move |x, y| curve.value(x - y))?;
            match reduction {
                Reduction::None => each,
                Reduction::Sum => Array::scalar(sum_all::<T>(&each.slice::<T>())),
                Reduction::Mean => Array::scalar(sum_all::<T>(&each.slice::<T>()) / T::from_f64(n as f64)),
            }
        }, other => unreachable!("refused above"))
    };
    let norm = if reduction == Reduction::Mean {
        1.0 / n as f64
    } else {
        1.0
    };
    let kept = [Saved::input(&x), Saved::input(&y)];
    Ok(record(name, [&x, &y], out, kept, move |g, [x, y], c| {
        let (x, y) = (c.get(x)?, c.get(y)?);
        let slope = times(g, &x, &y, norm, curve, false)?;
        let back = c.when(1, || neg(&slope))?;
        Ok([c.needs.get(0).then_some(slope), back])
    }))
}

/// `norm * g * f'(x - y)`, or with the second derivative.
fn times<C: Curve>(
    g: &Tensor,
    x: &Tensor,
    y: &Tensor,
    norm: f64,
    curve: C,
    bent: bool,
) -> Result<Tensor> {
    let out = {
        let (ga, xa, ya) = (g.array(), x.array(), y.array());
        dispatch_float!(xa.dtype(), T => {
            let norm = T::from_f64(norm);
            let f = move |x: T, y: T| if bent { curve.bend(x - y) * norm } else { curve.slope(x - y) * norm };
            if ga.numel() == 1 {
                let g = ga.read::<T>()[ga.layout().offset];
                kernels::binary::<T, T>(Side::Array(&xa), Side::Array(&ya), move |x, y| f(x, y) * g)?
            } else {
                let slopes = kernels::binary::<T, T>(Side::Array(&xa), Side::Array(&ya), f)?;
                kernels::binary::<T, T>(Side::Array(&slopes), Side::Array(&ga), |s, g| s * g)?
            }
        }, other => unreachable!("losses are floats"))
    };
    let kept = [Saved::input(g), Saved::input(x), Saved::input(y)];
    Ok(record(
        "LossBackwardBackward0",
        [g, x, y],
        out,
        kept,
        move |h, [g, x, y], c| {
            let (g, x, y) = (c.get(g)?, c.get(x)?, c.get(y)?);
            if bent {
                // Third derivatives of these losses are 0.
                let for_g = c.when(0, || times(h, &x, &y, norm, curve, true))?;
                return Ok([for_g, None, None]);
            }
            let second = || times(&mul(h, &g)?, &x, &y, norm, curve, true);
            let for_x = if c.needs.get(1) || c.needs.get(2) {
                Some(second()?)
            } else {
                None
            };
            let for_y = for_x.as_ref().map(neg).transpose()?;
            Ok([
                c.when(0, || times(h, &x, &y, norm, curve, false))?,
                for_x,
                for_y,
            ])
        },
    ))
}
