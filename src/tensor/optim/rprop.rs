//! `optim.Rprop`

use super::kernel::{Before, Rule, each, not_negative, prepare, text};
use super::spec::{Optimizer, Options, ParamState, StateValue, numbers};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Real, Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::create::full_like_dtype;

/// `optim.Rprop`
pub static RPROP: Optimizer = Optimizer {
    signature: "Rprop(params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-06, 50), *, capturable=False, foreach=None, maximize=False, differentiable=False)",
    order: &[
        "lr",
        "etas",
        "step_sizes",
        "foreach",
        "maximize",
        "differentiable",
        "capturable",
    ],
    doc: "Steps that look at the sign of the gradient only and grow while it stays the same.",
    check: |a| {
        not_negative(a, "lr", "learning rate")?;
        let arg = a.arg("etas");
        let etas = numbers(&arg, "etas")?;
        let shown = |i: usize| arg.items().map(|e| text(&e[i])).unwrap_or_default();
        ensure!(
            etas.len() == 2 && 0.0 < etas[0] && etas[0] < 1.0 && 1.0 < etas[1],
            Value,
            "Invalid eta values: {}, {}",
            shown(0),
            shown(1)
        );
        Ok(())
    },
    step,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Rprop {
    etas: (f64, f64),
    limits: (f64, f64),
}

impl Rule<2> for Rprop {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [before, size]: [&mut T; 2], []: [T; 0]) {
        let agreement = g * *before;
        let (factor, g) = if agreement > T::ZERO {
            (T::lit(self.etas.1), g)
        } else if agreement < T::ZERO {
            (T::lit(self.etas.0), T::ZERO)
        } else {
            (T::ONE, g)
        };
        let (least, most) = (T::lit(self.limits.0), T::lit(self.limits.1));
        *size = (*size * factor).max(least).min(most);
        let sign = if g > T::ZERO {
            T::ONE
        } else if g < T::ZERO {
            -T::ONE
        } else {
            T::ZERO
        };
        *p = *p - sign * *size;
        *before = g;
    }
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let before = Before::without_decay(o)?;
    let rule = Rprop {
        etas: o.pair("etas")?,
        limits: o.pair("step_sizes")?,
    };
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if state.entries.is_empty() {
            prepare(state, p, &["prev"])?;
            let size = full_like_dtype(p, Scalar::Float(o.float("lr")?), p.dtype())?;
            state.set("step_size", StateValue::Tensor(size));
        }
        state.count()?;
        each(
            p,
            g,
            [&state.tensor("prev")?, &state.tensor("step_size")?],
            before,
            rule,
        )?;
    }
    Ok(())
}
