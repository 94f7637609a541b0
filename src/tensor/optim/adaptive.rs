//! `optim.Adagrad`, `optim.Adadelta` and `optim.Adamax`

use super::kernel::{
    Before, Rule, check_betas, check_common, each, lerp, mean_square, not_negative, number,
    prepare, text,
};
use super::spec::{Optimizer, Options, ParamState, StateValue};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Element, Real, Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::create::full_like_dtype;

/// `optim.Adagrad`
pub static ADAGRAD: Optimizer = Optimizer {
    signature: "Adagrad(params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *, maximize=False, differentiable=False, fused=None)",
    order: &[
        "lr",
        "lr_decay",
        "eps",
        "weight_decay",
        "initial_accumulator_value",
        "foreach",
        "maximize",
        "differentiable",
        "fused",
    ],
    doc: "Steps scaled by the sum of all squared gradients.",
    check: |a| {
        not_negative(a, "lr", "learning rate")?;
        not_negative(a, "lr_decay", "lr_decay value")?;
        not_negative(a, "weight_decay", "weight_decay value")?;
        not_negative(
            a,
            "initial_accumulator_value",
            "initial_accumulator_value value",
        )?;
        not_negative(a, "eps", "epsilon value")
    },
    initial: Some(|p, o| {
        let mut state = ParamState::default();
        start_sum(&mut state, p, o)?;
        Ok(state)
    }),
    step: adagrad,
    ..Optimizer::BASE
};

fn start_sum(state: &mut ParamState, p: &Tensor, o: &dyn Options) -> Result<()> {
    state.set("step", number(0.0)?);
    let start = Scalar::Float(o.float("initial_accumulator_value")?);
    let sum = full_like_dtype(p, start, p.dtype())?;
    state.set("sum", StateValue::Tensor(sum));
    Ok(())
}

#[derive(Clone, Copy)]
struct Adagrad {
    lr: f64,
    eps: f64,
}

impl Rule<1, 1> for Adagrad {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [sum]: [&mut T; 1]) -> [T; 1] {
        *sum = g.mul_add(g, *sum);
        [*sum]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_]: [&mut T; 1], [root]: [T; 1]) {
        *p = *p + T::lit(-self.lr) * g / (root + T::lit(self.eps));
    }
}

fn adagrad(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let before = Before::new(o)?;
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        if state.entries.is_empty() {
            start_sum(state, p, o)?;
        }
        let n = state.count()?;
        let rule = Adagrad {
            lr: o.float("lr")? / (1.0 + (n - 1.0) * o.float("lr_decay")?),
            eps: o.float("eps")?,
        };
        each(p, g, [&state.tensor("sum")?], before, rule)?;
    }
    Ok(())
}

/// `optim.Adadelta`
pub static ADADELTA: Optimizer = Optimizer {
    signature: "Adadelta(params, lr=1.0, rho=0.9, eps=1e-06, weight_decay=0, foreach=None, *, capturable=False, maximize=False, differentiable=False)",
    order: &[
        "lr",
        "rho",
        "eps",
        "weight_decay",
        "maximize",
        "capturable",
        "foreach",
        "differentiable",
    ],
    doc: "Steps whose size follows from those before.",
    check: |a| {
        not_negative(a, "lr", "learning rate")?;
        let rho = Options::float(a, "rho")?;
        ensure!(
            (0.0..=1.0).contains(&rho),
            Value,
            "Invalid rho value: {}",
            text(&a.arg("rho"))
        );
        not_negative(a, "eps", "epsilon value")?;
        not_negative(a, "weight_decay", "weight_decay value")
    },
    step: adadelta,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Adadelta {
    lr: f64,
    rho: f64,
    eps: f64,
}

impl Rule<2, 2> for Adadelta {
    #[inline(always)]
    fn radicands<T: Real>(&self, g: T, [square, sum]: [&mut T; 2]) -> [T; 2] {
        let eps = T::lit(self.eps);
        *square = mean_square(*square, g, self.rho);
        [*sum + eps, *square + eps]
    }
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [_, sum]: [&mut T; 2], [above, below]: [T; 2]) {
        let delta = above / below * g;
        *sum = mean_square(*sum, delta, self.rho);
        *p = T::lit(-self.lr).mul_add(delta, *p);
    }
}

fn adadelta(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let before = Before::new(o)?;
    let rule = Adadelta {
        lr: o.float("lr")?,
        rho: o.float("rho")?,
        eps: o.float("eps")?,
    };
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        prepare(state, p, &["square_avg", "acc_delta"])?;
        state.count()?;
        let kept = [&state.tensor("square_avg")?, &state.tensor("acc_delta")?];
        each(p, g, kept, before, rule)?;
    }
    Ok(())
}

/// `optim.Adamax`
pub static ADAMAX: Optimizer = Optimizer {
    signature: "Adamax(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, foreach=None, *, maximize=False, differentiable=False, capturable=False)",
    doc: "Adam with the largest gradient in place of the mean square.",
    check: |a| {
        check_betas(a)?;
        check_common(a)
    },
    step: adamax,
    ..Optimizer::BASE
};

#[derive(Clone, Copy)]
struct Adamax {
    lr: f64,
    betas: (f64, f64),
    eps: f64,
}

impl Rule<2> for Adamax {
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut T, g: T, [m, most]: [&mut T; 2], []: [T; 0]) {
        *m = lerp(*m, g, 1.0 - self.betas.0);
        let (old, new) = (*most * T::lit(self.betas.1), g.abs() + T::lit(self.eps));
        // A NaN stays one.
        *most = if old > new || Element::is_nan(old) {
            old
        } else {
            new
        };
        *p = *p + T::lit(-self.lr) * *m / *most;
    }
}

fn adamax(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    let before = Before::new(o)?;
    let betas = o.pair("betas")?;
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        prepare(state, p, &["exp_avg", "exp_inf"])?;
        let n = state.count()?;
        let rule = Adamax {
            lr: o.float("lr")? / (1.0 - betas.0.powf(n)),
            betas,
            eps: o.float("eps")?,
        };
        let kept = [&state.tensor("exp_avg")?, &state.tensor("exp_inf")?];
        each(p, g, kept, before, rule)?;
    }
    Ok(())
}
