//! `optim.SGD`

use super::kernel::{self, Float};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::core::Tensor;
use crate::tensor::ops::Args;

/// `optim.SGD`
pub static SGD: Optimizer = Optimizer {
    signature: "SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None, differentiable=False, fused=None)",
    doc: "Stochastic gradient descent, with momentum if wanted.",
    check,
    step,
    ..Optimizer::BASE
};

fn check(a: &Args) -> Result<()> {
    kernel::not_negative(a, "lr", "learning rate")?;
    kernel::not_negative(a, "momentum", "momentum value")?;
    kernel::not_negative(a, "weight_decay", "weight_decay value")?;
    ensure!(
        !a.bool("nesterov")? || a.float("momentum")? > 0.0 && a.float("dampening")? == 0.0,
        Value,
        "Nesterov momentum requires a momentum and zero dampening"
    );
    Ok(())
}

#[derive(Clone, Copy)]
struct Rule {
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
    let rule = Rule {
        lr: o.float("lr")?,
        momentum: o.float("momentum")?,
        dampening: o.float("dampening")?,
        decay: o.float("weight_decay")?,
        nesterov: o.bool("nesterov")?,
        maximize: o.bool("maximize")?,
    };
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        let buffer = state.opt_tensor("momentum_buffer");
        if rule.momentum == 0.0 {
            kernel::each1(p, g, plain(rule), plain(rule))?;
        } else if let Some(buffer) = buffer {
            kernel::each2(p, g, &buffer, with_momentum(rule), with_momentum(rule))?;
        } else {
            // The buffer starts as the first gradient itself, without dampening.
            let buffer = kernel::zeros_like(p)?;
            kernel::each2(p, g, &buffer, first_momentum(rule), first_momentum(rule))?;
            state.set("momentum_buffer", StateValue::Tensor(buffer));
        }
    }
    Ok(())
}

fn signed<T: Float>(r: Rule, g: T) -> T {
    if r.maximize { -g } else { g }
}

fn plain<T: Float>(r: Rule) -> impl Fn(&mut T, T) + Copy + Send + Sync {
    let (lr, decay) = (T::lit(-r.lr), T::lit(r.decay));
    move |p, g| {
        let mut g = signed(r, g);
        if r.decay != 0.0 {
            g = g + decay * *p;
        }
        *p = *p + lr * g;
    }
}

fn with_momentum<T: Float>(r: Rule) -> impl Fn(&mut T, T, &mut T) + Copy + Send + Sync {
    let (lr, decay, momentum) = (T::lit(-r.lr), T::lit(r.decay), T::lit(r.momentum));
    let taken = T::lit(1.0 - r.dampening);
    move |p, g, b| {
        let mut g = signed(r, g);
        if r.decay != 0.0 {
            g = g + decay * *p;
        }
        *b = *b * momentum + taken * g;
        let d = if r.nesterov { g + momentum * *b } else { *b };
        *p = *p + lr * d;
    }
}

fn first_momentum<T: Float>(r: Rule) -> impl Fn(&mut T, T, &mut T) + Copy + Send + Sync {
    let (lr, decay, momentum) = (T::lit(-r.lr), T::lit(r.decay), T::lit(r.momentum));
    move |p, g, b| {
        let mut g = signed(r, g);
        if r.decay != 0.0 {
            g = g + decay * *p;
        }
        *b = g;
        let d = if r.nesterov { g + momentum * *b } else { *b };
        *p = *p + lr * d;
    }
}
