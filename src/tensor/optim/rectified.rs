//! `optim.NAdam` and `optim.RAdam`

use super::kernel::{
    Before, Rule, check_betas, check_common, each, lerp, mean_square, not_negative, number,
    prepare, set_number,
};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::{Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::zeros_like;

/// The part that both share: the means.
#[derive(Clone, Copy)]
struct Means {
    lr: f64,
    betas: (f64, f64),
}

impl Means {
    fn new(o: &dyn Options) -> Result<Means> {
        Ok(Means {
            lr: o.float("lr")?,
            betas: o.pair("betas")?,
        })
    }

    #[inline(always)]
    fn update<T: Real>(&self, g: T, m: &mut T, v: &mut T) {
        *m = lerp(*m, g, 1.0 - self.betas.0);
        *v = mean_square(*v, g, self.betas.1);
    }
}

/// `optim.NAdam`
pub static NADAM: Optimizer = Optimizer {
    signature: "NAdam(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, momentum_decay=0.004, decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False, differentiable=False)",
    order: &[
        "lr",
        "betas",
        "eps",
        "weight_decay",
        "momentum_decay",
        "decoupled_weight_decay",
        "maximize",
        "foreach",
        "capturable",
        "differentiable",
    ],
    doc: "Adam with Nesterov momentum.",
    check: |a| {
        check_betas(a)?;
        check_common(a)?;
        not_negative(a, "momentum_decay", "momentum_decay value")
    },
    step: nadam,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Nadam {
    means: Means,
    eps: f64,
    correction: f64,
    for_gradient: f64,
    for_mean: f64,
}

impl Rule<2, 1> for Nadam {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [m, v]: [&mut T; 2]) -> [T; 1] {
        self.means.update(g, m, v);
        [*v / T::lit(self.correction)]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [m, _]: [&mut T; 2], [root]: [T; 1]) {
        let root = root + T::lit(self.eps);
        *p = *p + T::lit(self.for_gradient) * g / root;
        *p = *p + T::lit(self.for_mean) * *m / root;
    }
}

fn nadam(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let (before, means) = (Before::decoupled(o)?, Means::new(o)?);
    let slowing = o.float("momentum_decay")?;
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if state.entries.is_empty() {
            state.set("step", number(0.0)?);
            state.set("mu_product", number(1.0)?);
            state.set("exp_avg", StateValue::Tensor(zeros_like(p)?));
            state.set("exp_avg_sq", StateValue::Tensor(zeros_like(p)?));
        }
        let n = state.count()?;
        let momentum = |n: f64| means.betas.0 * (1.0 - 0.5 * 0.96f64.powf(n * slowing));
        let (mu, next) = (momentum(n), momentum(n + 1.0));
        let product = state.tensor("mu_product")?;
        // Kept in single precision.
        set_number(
            &product,
            f64::from(product.item()?.to_f64() as f32 * mu as f32),
        )?;
        let so_far = product.item()?.to_f64();
        let rule = Nadam {
            means,
            eps: o.float("eps")?,
            correction: 1.0 - means.betas.1.powf(n),
            for_gradient: -means.lr * (1.0 - mu) / (1.0 - so_far),
            for_mean: -means.lr * next / (1.0 - so_far * next),
        };
        let kept = [&state.tensor("exp_avg")?, &state.tensor("exp_avg_sq")?];
        each(p, g, kept, before, rule)?;
    }
    Ok(())
}

/// `optim.RAdam`
pub static RADAM: Optimizer = Optimizer {
    signature: "RAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False, differentiable=False)",
    order: &[
        "lr",
        "betas",
        "eps",
        "weight_decay",
        "maximize",
        "foreach",
        "capturable",
        "decoupled_weight_decay",
        "differentiable",
    ],
    doc: "Adam that waits for its mean square to settle.",
    check: |a| {
        check_betas(a)?;
        check_common(a)
    },
    step: radam,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Radam {
    means: Means,
    eps: f64,
    first: f64,
    /// The root of the second correction and the rectification, once the square has settled.
    settled: Option<(f64, f64)>,
}

impl Rule<2, 1> for Radam {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [m, v]: [&mut T; 2]) -> [T; 1] {
        self.means.update(g, m, v);
        [*v]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, _: T, [m, _]: [&mut T; 2], [under]: [T; 1]) {
        let mean = *m / T::lit(self.first) * T::lit(self.means.lr);
        let update = match self.settled {
            Some((root, rect)) => mean * (T::lit(root) / (under + T::lit(self.eps))) * T::lit(rect),
            None => mean,
        };
        *p = *p - update;
    }
}

fn radam(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let (before, means) = (Before::decoupled(o)?, Means::new(o)?);
    let (b1, b2) = means.betas;
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        prepare(state, p, &["exp_avg", "exp_avg_sq"])?;
        let n = state.count()?;
        let second = 1.0 - b2.powf(n);
        let most = 2.0 / (1.0 - b2) - 1.0;
        let now = most - 2.0 * n * b2.powf(n) / second;
        let settled = (now > 5.0).then(|| {
            let rect = (now - 4.0) * (now - 2.0) * most / ((most - 4.0) * (most - 2.0) * now);
            (second.sqrt(), rect.sqrt())
        });
        let rule = Radam {
            means,
            eps: o.float("eps")?,
            first: 1.0 - b1.powf(n),
            settled,
        };
        let kept = [&state.tensor("exp_avg")?, &state.tensor("exp_avg_sq")?];
        each(p, g, kept, before, rule)?;
    }
    Ok(())
}
