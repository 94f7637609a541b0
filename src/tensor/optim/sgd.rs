//! `optim.SGD`

use super::kernel::{Before, Rule, each, not_negative};
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
    nesterov: bool,
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let before = Before::new(o)?;
    let rule = Sgd {
        lr: o.float("lr")?,
        momentum: o.float("momentum")?,
        dampening: o.float("dampening")?,
        nesterov: o.bool("nesterov")?,
    };
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if rule.momentum == 0.0 {
            each(p, g, [], before, rule)?;
            continue;
        }
        let known = state.opt_tensor("momentum_buffer");
        let buffer = match &known {
            Some(buffer) => buffer.clone(),
            None => zeros_like(p)?,
        };
        if known.is_none() {
            each(p, g, [&buffer], before, First(rule))?;
            state.set("momentum_buffer", StateValue::Tensor(buffer));
        } else if rule.nesterov {
            each(p, g, [&buffer], before, Ahead(rule))?;
        } else {
            each(p, g, [&buffer], before, rule)?;
        }
    }
    Ok(())
}

impl Rule<0> for Sgd {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, []: [&mut T; 0], []: [T; 0]) {
        *p = T::lit(-self.lr).mul_add(g, *p);
    }
}

impl Sgd {
    #[inline(always)]
    fn move_buffer<T: Real>(&self, g: T, buffer: &mut T) {
        *buffer = T::lit(1.0 - self.dampening).mul_add(g, *buffer * T::lit(self.momentum));
    }
}

impl Rule<1> for Sgd {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [buffer]: [&mut T; 1], []: [T; 0]) {
        self.move_buffer(g, buffer);
        *p = T::lit(-self.lr).mul_add(*buffer, *p);
    }
}

/// With Nesterov's momentum.
#[derive(Clone, Copy)]
struct Ahead(Sgd);

impl Rule<1> for Ahead {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [buffer]: [&mut T; 1], []: [T; 0]) {
        self.0.move_buffer(g, buffer);
        let ahead = T::lit(self.0.momentum).mul_add(*buffer, g);
        *p = T::lit(-self.0.lr).mul_add(ahead, *p);
    }
}

/// The first step, in which the buffer becomes the gradient itself, without dampening.
#[derive(Clone, Copy)]
struct First(Sgd);

impl Rule<1> for First {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [buffer]: [&mut T; 1], []: [T; 0]) {
        *buffer = g;
        let rule = &self.0;
        let d = if rule.nesterov {
            T::lit(rule.momentum).mul_add(g, g)
        } else {
            g
        };
        *p = T::lit(-rule.lr).mul_add(d, *p);
    }
}
