//! `optim.Adafactor`

use super::kernel::{number, text};
use super::spec::{Optimizer, Options, ParamState, StateValue, numbers};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{DType, Result, Scalar};
use crate::tensor::core::{Operand, Tensor, no_grad};
use crate::tensor::ops::{
    Arg, Args, add_, clamp, copy_, div, full, lerp, matmul, mean_dims, mul, mul_, neg, norm, rsqrt,
    zeros_like,
};

/// `optim.Adafactor`
pub static ADAFACTOR: Optimizer = Optimizer {
    signature: "Adafactor(params, lr=0.01, beta2_decay=-0.8, eps=(None, 0.001), d=1.0, weight_decay=0.0, *, foreach=None, maximize=False)",
    doc: "Adam whose mean squares are kept for rows and columns only.",
    check,
    step,
    ..Optimizer::BASE
};

fn check(a: &Args) -> Result<()> {
    let at = |name: &str| Options::float(a, name);
    let (lr, slowing, d, decay) = (at("lr")?, at("beta2_decay")?, at("d")?, at("weight_decay")?);
    let shown = |name: &str| text(&a.arg(name));
    ensure!(
        lr >= 0.0,
        Value,
        "Learning rate should be >= 0 but is: {}",
        shown("lr")
    );
    ensure!(
        slowing <= 0.0,
        Value,
        "beta2_decay should be <= 0 but is: {}",
        shown("beta2_decay")
    );
    let eps = a.arg("eps");
    for (i, e) in numbers(&eps, "eps")?.iter().enumerate() {
        let given = eps.items().map(|e| &e[i]);
        ensure!(
            *e >= 0.0 || i == 0 && matches!(given, Some(Arg::None)),
            Value,
            "epsilon{} should be >= 0 but is: {}",
            i + 1,
            given.map(text).unwrap_or_default()
        );
    }
    ensure!(
        d >= 1.0,
        Value,
        "Clipping threshold d should be >= 1 but is: {}",
        shown("d")
    );
    ensure!(
        decay >= 0.0,
        Value,
        "weight_decay should be >= 0 but is: {}",
        shown("weight_decay")
    );
    Ok(())
}

fn step(
    params: &[Tensor],
    grads: &[Tensor],
    states: &mut [ParamState],
    o: &dyn Options,
) -> Result<()> {
    for ((p, g), state) in params.iter().zip(grads).zip(states) {
        let g = if o.bool("maximize")? {
            neg(g)?
        } else {
            g.clone()
        };
        no_grad(|| one(p, &g, state, o))?;
    }
    Ok(())
}

fn start(g: &Tensor, state: &mut ParamState) -> Result<()> {
    state.set("step", number(0.0)?);
    let shape = g.shape();
    let n = shape.len();
    if n <= 1 {
        state.set("variance", StateValue::Tensor(zeros_like(g)?));
        return Ok(());
    }
    for (name, dim) in [("row_var", n - 1), ("col_var", n - 2)] {
        let mut reduced = shape.clone();
        reduced[dim] = 1;
        let zeros = full(&reduced, 0i64, g.dtype())?;
        state.set(name, StateValue::Tensor(zeros));
    }
    Ok(())
}

fn one(p: &Tensor, g: &Tensor, state: &mut ParamState, o: &dyn Options) -> Result<()> {
    if state.entries.is_empty() {
        start(g, state)?;
    }
    let n = state.count()?;
    let eps = o.floats("eps")?;
    let tiny = match (eps[0].is_nan(), p.dtype()) {
        (false, _) => eps[0],
        (true, DType::Float64) => f64::EPSILON,
        (true, _) => f64::from(f32::EPSILON),
    };
    let (lr, decay, d) = (o.float("lr")?, o.float("weight_decay")?, o.float("d")?);
    let share = n.powf(o.float("beta2_decay")?);
    let length =
        |x: &Tensor| -> Result<f64> { Ok(norm(x, 2.0, None, false, None)?.item()?.to_f64()) };
    let spread = |x: &Tensor| (x.numel() as f64).sqrt();
    let alpha = eps[1].max(length(p)? / spread(p)) * lr.min(1.0 / n.sqrt());
    if decay != 0.0 {
        mul_(p, 1.0 - lr * decay)?;
    }
    let update_mean = |kept: &Tensor, new: &Tensor| copy_(kept, &lerp(kept, new, share)?);
    let at_least = |x: &Tensor, least: f64| clamp(x, Some(Operand::from(least)), None);
    let variance = if g.ndim() > 1 {
        let (rows, columns) = (state.tensor("row_var")?, state.tensor("col_var")?);
        for (kept, dim) in [(&rows, -1i64), (&columns, -2)] {
            let lengths = norm(g, 2.0, Some(&[dim]), true, None)?;
            let squares = div(&mul(&lengths, &lengths)?, g.size(dim)? as f64)?;
            update_mean(kept, &squares)?;
        }
        let mean = mean_dims(&rows, Some(&[-2]), true, None)?;
        div(&matmul(&rows, &columns)?, &at_least(&mean, tiny)?)?
    } else {
        let kept = state.tensor("variance")?;
        update_mean(&kept, &mul(g, g)?)?;
        kept
    };
    let update = mul(&rsqrt(&at_least(&variance, tiny * tiny)?)?, g)?;
    let bound = (length(&update)? / (spread(&update) * d)).max(1.0);
    add_(p, &update, Scalar::Float(-alpha / bound))
}
