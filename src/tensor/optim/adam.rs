//! `optim.Adam` and `optim.AdamW`

use super::kernel::{Before, Rule, check_betas, each, lerp, mean_square, not_negative, prepare};
use super::spec::{Optimizer, Options, ParamState, StateValue, numbers};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Element, Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Arg, Args, zeros_like};

/// The options of a group, in PyTorch's order.
const ORDER: &[&str] = &[
    "lr",
    "betas",
    "eps",
    "weight_decay",
    "amsgrad",
    "maximize",
    "foreach",
    "capturable",
    "differentiable",
    "fused",
    "decoupled_weight_decay",
];

/// `optim.Adam`
pub static ADAM: Optimizer = Optimizer {
    signature: "Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, amsgrad=False, *, foreach=None, maximize=False, capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False)",
    order: ORDER,
    doc: "Steps scaled by running means of the gradients and of their squares.",
    check,
    step,
    ..Optimizer::BASE
};

/// `optim.AdamW`
pub static ADAMW: Optimizer = Optimizer {
    signature: "AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, *, maximize=False, foreach=None, capturable=False, differentiable=False, fused=None)",
    order: ORDER,
    doc: "Adam with weight decay apart from the gradient.",
    hidden: &[("decoupled_weight_decay", true)],
    check,
    step,
    base: "Adam",
    ..Optimizer::BASE
};

fn check(a: &Args) -> Result<()> {
    not_negative(a, "lr", "learning rate")?;
    not_negative(a, "eps", "epsilon value")?;
    check_betas(a)?;
    not_negative(a, "weight_decay", "weight_decay value")?;
    let betas = a.arg("betas");
    let together = matches!(a.arg("foreach"), Arg::Bool(true)) && !a.bool("capturable")?;
    ensure!(
        !(together && matches!(a.arg("lr"), Arg::Tensor(_))),
        Value,
        "lr as a Tensor is not supported for capturable=False and foreach=True"
    );
    let given = betas.items().unwrap_or_default();
    if given.iter().all(|b| matches!(b, Arg::Tensor(_))) && !given.is_empty() {
        for (i, beta) in given.iter().enumerate() {
            ensure!(
                !together,
                Value,
                "betas[{i}] as a Tensor is not supported for capturable=False and foreach=True"
            );
            let Arg::Tensor(beta) = beta else { continue };
            ensure!(
                beta.numel() == 1,
                Value,
                "Tensor betas[{i}] must be 1-element"
            );
        }
        return Ok(());
    }
    let floats = betas
        .items()
        .is_some_and(|items| items.iter().all(|b| matches!(b, Arg::Float(_))));
    ensure!(
        floats && numbers(&betas, "betas")?.len() == 2,
        Value,
        "betas must be either both floats or both Tensors"
    );
    Ok(())
}

#[derive(Clone, Copy)]
struct Adam {
    betas: (f64, f64),
    eps: f64,
    /// `-lr / (1 - beta1 ** step)`
    size: f64,
    /// `sqrt(1 - beta2 ** step)`
    root: f64,
}

impl Adam {
    /// Means of gradient and square.
    #[inline(always)]
    fn means<T: Real>(&self, g: T, m: &mut T, v: &mut T) {
        *m = lerp(*m, g, 1.0 - self.betas.0);
        *v = mean_square(*v, g, self.betas.1);
    }

    #[inline(always)]
    fn finish<T: Real>(&self, p: &mut T, m: T, root: T) {
        let denominator = root / T::lit(self.root) + T::lit(self.eps);
        *p = *p + T::lit(self.size) * m / denominator;
    }
}

impl Rule<2, 1> for Adam {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [m, v]: [&mut T; 2]) -> [T; 1] {
        self.means(g, m, v);
        [*v]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, _: T, [m, _]: [&mut T; 2], [root]: [T; 1]) {
        self.finish(p, *m, root);
    }
}

impl Rule<3, 1> for Adam {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [m, v, most]: [&mut T; 3]) -> [T; 1] {
        self.means(g, m, v);
        *most = if *v > *most || Element::is_nan(*v) {
            *v
        } else {
            *most
        };
        [*most]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, _: T, [m, _, _]: [&mut T; 3], [root]: [T; 1]) {
        self.finish(p, *m, root);
    }
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let (lr, betas) = (o.float("lr")?, o.pair("betas")?);
    let (before, amsgrad) = (Before::decoupled(o)?, o.bool("amsgrad")?);
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        let fresh = state.entries.is_empty();
        prepare(state, p, &["exp_avg", "exp_avg_sq"])?;
        if amsgrad && fresh {
            state.set("max_exp_avg_sq", StateValue::Tensor(zeros_like(p)?));
        }
        let n = state.count()?;
        let rule = Adam {
            betas,
            eps: o.float("eps")?,
            size: -(lr / (1.0 - betas.0.powf(n))),
            root: (1.0 - betas.1.powf(n)).sqrt(),
        };
        let (m, v) = (state.tensor("exp_avg")?, state.tensor("exp_avg_sq")?);
        if amsgrad {
            each(
                p,
                g,
                [&m, &v, &state.tensor("max_exp_avg_sq")?],
                before,
                rule,
            )?;
        } else {
            each(p, g, [&m, &v], before, rule)?;
        }
    }
    Ok(())
}
