//! `optim.SGD`

use super::kernel::{Rule, decayed, each, not_negative};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Args, zeros_like};

/// `optim.SGD`
pub static SGD: Optimizer = Optimizer {
    signature: "SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None, differentiable=False, fused=None)",
    doc: "Stochastic gradient descent, with momentum if wanted.",
    check,
    step,
    ..Optimizer::BASE
};

fn check(a: &Args) -> Result<()> {
    not_negative(a, "lr", "learning rate")?;
    not_negative(a, "momentum", "momentum value")?;
    not_negative(a, "weight_decay", "weight_decay value")?;
    ensure!(
        !a.bool("nesterov")? || a.float("momentum")? > 0.0 && a.float("dampening")? == 0.0,
        Value,
        "Nesterov momentum requires a momentum and zero dampening"
    );
    Ok(())
}

#[derive(Clone, Copy)]
struct Sgd {
    lr: f64,
    momentum: f64,
    dampening: f64,
    decay: f64,
    nesterov: bool,
    maximize: bool,
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let rule = Sgd {
        lr: o.float("lr")?,
        momentum: o.float("momentum")?,
        dampening: o.float("dampening")?,
        decay: o.float("weight_decay")?,
        nesterov: o.bool("nesterov")?,
        maximize: o.bool("maximize")?,
    };
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if rule.momentum == 0.0 {
            each(p, g, [], rule)?;
        } else if let Some(buffer) = state.opt_tensor("momentum_buffer") {
            each(p, g, [&buffer], rule)?;
        } else {
            let buffer = zeros_like(p)?;
            each(p, g, [&buffer], First(rule))?;
            state.set("momentum_buffer", StateValue::Tensor(buffer));
        }
    }
    Ok(())
}

impl Rule<0> for Sgd {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, []: [&mut T; 0]) {
        let g = decayed(*p, g, self.maximize, self.decay);
        *p = *p + T::lit(-self.lr) * g;
    }
}

impl Sgd {
    /// The step once the buffer is up to date.
    #[inline(always)]
    fn finish<T: Real>(&self, p: &mut T, g: T, buffer: T) {
        let d = if self.nesterov {
            g + T::lit(self.momentum) * buffer
        } else {
            buffer
        };
        *p = *p + T::lit(-self.lr) * d;
    }
}

impl Rule<1> for Sgd {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [buffer]: [&mut T; 1]) {
        let g = decayed(*p, g, self.maximize, self.decay);
        *buffer = *buffer * T::lit(self.momentum) + T::lit(1.0 - self.dampening) * g;
        self.finish(p, g, *buffer);
    }
}

/// The first step, in which the buffer becomes the gradient itself, without dampening.
#[derive(Clone, Copy)]
struct First(Sgd);

impl Rule<1> for First {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [buffer]: [&mut T; 1]) {
        *buffer = decayed(*p, g, self.0.maximize, self.0.decay);
        self.0.finish(p, *buffer, *buffer);
    }
}
