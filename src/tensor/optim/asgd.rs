//! `optim.ASGD`

use super::kernel::{Before, Rule, each, not_negative, number, set_number};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::{Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::zeros_like;

/// `optim.ASGD`
pub static ASGD: Optimizer = Optimizer {
    signature: "ASGD(params, lr=0.01, lambd=0.0001, alpha=0.75, t0=1000000.0, weight_decay=0, foreach=None, maximize=False, differentiable=False, capturable=False)",
    doc: "Gradient descent that also keeps the mean of the parameters.",
    check: |a| {
        not_negative(a, "lr", "learning rate")?;
        not_negative(a, "lambd", "lambd value")?;
        not_negative(a, "alpha", "alpha value")?;
        not_negative(a, "weight_decay", "weight_decay value")
    },
    step,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Asgd {
    shrink: f64,
    eta: f64,
    mu: f64,
}

impl Rule<1> for Asgd {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [mean]: [&mut T; 1], []: [T; 0]) {
        *p = *p * T::lit(self.shrink);
        *p = T::lit(-self.eta).mul_add(g, *p);
        *mean = if self.mu == 1.0 {
            *p
        } else {
            *mean + (*p - *mean) * T::lit(self.mu)
        };
    }
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let (lr, lambda) = (o.float("lr")?, o.float("lambd")?);
    let before = Before::new(o)?;
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if state.entries.is_empty() {
            state.set("step", number(0.0)?);
            state.set("eta", number(lr)?);
            state.set("mu", number(1.0)?);
            state.set("ax", StateValue::Tensor(zeros_like(p)?));
        }
        let n = state.count()?;
        let (eta, mu) = (state.tensor("eta")?, state.tensor("mu")?);
        let now = eta.item()?.to_f64();
        let rule = Asgd {
            shrink: 1.0 - lambda * now,
            eta: now,
            mu: mu.item()?.to_f64(),
        };
        each(p, g, [&state.tensor("ax")?], before, rule)?;
        set_number(&eta, lr / (1.0 + lambda * lr * n).powf(o.float("alpha")?))?;
        set_number(&mu, 1.0 / (n - o.float("t0")?).max(1.0))?;
    }
    Ok(())
}
