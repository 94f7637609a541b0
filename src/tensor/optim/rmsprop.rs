//! `optim.RMSprop`

use super::kernel::{Before, Rule, each, lerp, mean_square, not_negative, prepare};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::{Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Args, zeros_like};

/// `optim.RMSprop`
pub static RMSPROP: Optimizer = Optimizer {
    signature: "RMSprop(params, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0, momentum=0, centered=False, capturable=False, foreach=None, maximize=False, differentiable=False)",
    order: &[
        "lr",
        "momentum",
        "alpha",
        "eps",
        "centered",
        "weight_decay",
        "capturable",
        "foreach",
        "maximize",
        "differentiable",
    ],
    doc: "Steps scaled by a running mean of the squared gradients.",
    check,
    step,
    ..Optimizer::BASE
};

fn check(a: &Args) -> Result<()> {
    not_negative(a, "lr", "learning rate")?;
    not_negative(a, "eps", "epsilon value")?;
    not_negative(a, "momentum", "momentum value")?;
    not_negative(a, "weight_decay", "weight_decay value")?;
    not_negative(a, "alpha", "alpha value")
}

#[derive(Clone, Copy)]
struct RmsProp {
    lr: f64,
    alpha: f64,
    eps: f64,
    momentum: f64,
}

impl RmsProp {
    #[inline(always)]
    fn square<T: Real>(&self, g: T, v: &mut T) {
        *v = mean_square(*v, g, self.alpha);
    }

    /// The square's mean less the squared mean.
    #[inline(always)]
    fn variance<T: Real>(&self, g: T, v: &mut T, mean: &mut T) -> T {
        self.square(g, v);
        *mean = lerp(*mean, g, 1.0 - self.alpha);
        (-*mean).mul_add(*mean, *v)
    }

    #[inline(always)]
    fn plain<T: Real>(&self, p: &mut T, g: T, root: T) {
        *p = *p + T::lit(-self.lr) * g / (root + T::lit(self.eps));
    }

    #[inline(always)]
    fn moving<T: Real>(&self, p: &mut T, g: T, root: T, buffer: &mut T) {
        *buffer = *buffer * T::lit(self.momentum) + g / (root + T::lit(self.eps));
        *p = T::lit(-self.lr).mul_add(*buffer, *p);
    }
}

impl Rule<1, 1> for RmsProp {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [v]: [&mut T; 1]) -> [T; 1] {
        self.square(g, v);
        [*v]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_]: [&mut T; 1], [root]: [T; 1]) {
        self.plain(p, g, root);
    }
}

/// With momentum.
#[derive(Clone, Copy)]
struct Moving(RmsProp);

impl Rule<2, 1> for Moving {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [v, _]: [&mut T; 2]) -> [T; 1] {
        self.0.square(g, v);
        [*v]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_, buffer]: [&mut T; 2], [root]: [T; 1]) {
        self.0.moving(p, g, root, buffer);
    }
}

/// With the variance instead of the square.
#[derive(Clone, Copy)]
struct Centered(RmsProp);

impl Rule<2, 1> for Centered {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [v, mean]: [&mut T; 2]) -> [T; 1] {
        [self.0.variance(g, v, mean)]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_, _]: [&mut T; 2], [root]: [T; 1]) {
        self.0.plain(p, g, root);
    }
}

impl Rule<3, 1> for Centered {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [v, mean, _]: [&mut T; 3]) -> [T; 1] {
        [self.0.variance(g, v, mean)]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_, _, buffer]: [&mut T; 3], [root]: [T; 1]) {
        self.0.moving(p, g, root, buffer);
    }
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let rule = RmsProp {
        lr: o.float("lr")?,
        alpha: o.float("alpha")?,
        eps: o.float("eps")?,
        momentum: o.float("momentum")?,
    };
    let (before, centered) = (Before::new(o)?, o.bool("centered")?);
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if state.entries.is_empty() {
            prepare(state, p, &["square_avg"])?;
            if rule.momentum > 0.0 {
                state.set("momentum_buffer", StateValue::Tensor(zeros_like(p)?));
            }
            if centered {
                state.set("grad_avg", StateValue::Tensor(zeros_like(p)?));
            }
        }
        state.count()?;
        let v = state.tensor("square_avg")?;
        match (centered, rule.momentum > 0.0) {
            (false, false) => each(p, g, [&v], before, rule)?,
            (false, true) => each(
                p,
                g,
                [&v, &state.tensor("momentum_buffer")?],
                before,
                Moving(rule),
            )?,
            (true, false) => each(
                p,
                g,
                [&v, &state.tensor("grad_avg")?],
                before,
                Centered(rule),
            )?,
            (true, true) => {
                let (mean, b) = (state.tensor("grad_avg")?, state.tensor("momentum_buffer")?);
                each(p, g, [&v, &mean, &b], before, Centered(rule))?;
            }
        }
    }
    Ok(())
}
