//! `gradcheck` and `gradgradcheck`: derivatives compared with finite differences, for tests.

use super::engine::grad;
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Error, Result};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::mode::GradGuard;
use crate::tensor::core::{Tensor, no_grad};
use crate::tensor::ops::{contiguous, mul, ones_like, sum, view_as_complex, view_as_real};

const STEP: f64 = 1e-6;

fn floats(outs: &[Tensor]) -> Vec<Tensor> {
    outs.iter()
        .filter(|t| t.dtype().is_differentiable())
        .cloned()
        .collect()
}

/// Whether the derivatives of `f` at float64 inputs agree with finite differences; the error says where they do not.
pub fn gradcheck(f: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>, inputs: &[Tensor]) -> Result<()> {
    if inputs.iter().any(|x| x.dtype().is_complex()) {
        return by_parts(f, inputs, gradcheck);
    }
    let wanted: Vec<usize> = (0..inputs.len())
        .filter(|i| inputs[*i].requires_grad())
        .collect();
    let outs = floats(&f(inputs)?);
    let constant = !outs.iter().any(Tensor::requires_grad);
    for (o, out) in outs.iter().enumerate() {
        if !constant && !out.requires_grad() {
            continue;
        }
        for &i in &wanted {
            if constant {
                let rows = numeric_rows(f, inputs, i, o, out.numel())?;
                ensure!(
                    rows.iter().flatten().all(|v| *v == 0.0),
                    "Numerical gradient for function expected to be zero"
                );
                continue;
            }
            let analytic = analytic_rows(out, &inputs[i])?;
            let numeric = numeric_rows(f, inputs, i, o, out.numel())?;
            compare(&analytic, &numeric, o, i)?;
        }
    }
    Ok(())
}

type Function<'a> = &'a dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>;

/// A check of a function of complex numbers as one of their real and imaginary parts.
fn by_parts(
    f: Function,
    inputs: &[Tensor],
    check: fn(Function, &[Tensor]) -> Result<()>,
) -> Result<()> {
    let parts = |x: &Tensor| {
        if x.dtype().is_complex() {
            view_as_real(x)
        } else {
            Ok(x.clone())
        }
    };
    let leaf = |x: &Tensor| -> Result<Tensor> {
        if !x.dtype().is_complex() {
            return Ok(x.clone());
        }
        let pairs = contiguous(&view_as_real(&x.detach())?)?.detach();
        if x.requires_grad() {
            pairs.with_grad()
        } else {
            Ok(pairs)
        }
    };
    let leaves: Vec<Tensor> = inputs.iter().map(leaf).collect::<Result<_>>()?;
    let of_parts = |given: &[Tensor]| -> Result<Vec<Tensor>> {
        let whole = |(g, x): (&Tensor, &Tensor)| {
            if x.dtype().is_complex() {
                view_as_complex(g)
            } else {
                Ok(g.clone())
            }
        };
        let filled: Vec<Tensor> = given.iter().zip(inputs).map(whole).collect::<Result<_>>()?;
        f(&filled)?.iter().map(parts).collect()
    };
    check(&of_parts, &leaves)
}

fn analytic_rows(out: &Tensor, input: &Tensor) -> Result<Vec<Vec<f64>>> {
    let n = out.numel();
    (0..n)
        .map(|k| {
            let mut unit = vec![0.0; n];
            unit[k] = 1.0;
            let seed = Tensor::from_vec(unit, &out.shape())?;
            let g = grad(
                std::slice::from_ref(out),
                std::slice::from_ref(input),
                &[Some(seed)],
                true,
                false,
                true,
            )?;
            match &g[0] {
                Some(g) => g.to_vec::<f64>(),
                None => Ok(vec![0.0; input.numel()]),
            }
        })
        .collect()
}

fn numeric_rows(
    f: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>,
    inputs: &[Tensor],
    i: usize,
    o: usize,
    n: usize,
) -> Result<Vec<Vec<f64>>> {
    let values = inputs[i].to_vec::<f64>()?;
    let mut rows = vec![vec![0.0; values.len()]; n];
    let at = |j: usize, step: f64| -> Result<Vec<f64>> {
        let mut moved = values.clone();
        moved[j] += step;
        let mut inputs = inputs.to_vec();
        inputs[i] = Tensor::from_vec(moved, &inputs[i].shape())?;
        no_grad(|| floats(&f(&inputs)?)[o].to_vec::<f64>())
    };
    for j in 0..values.len() {
        let (up, down) = (at(j, STEP)?, at(j, -STEP)?);
        for (row, (up, down)) in rows.iter_mut().zip(up.iter().zip(&down)) {
            row[j] = (up - down) / (2.0 * STEP);
        }
    }
    Ok(rows)
}

fn compare(analytic: &[Vec<f64>], numeric: &[Vec<f64>], o: usize, i: usize) -> Result<()> {
    let pairs = analytic.iter().flatten().zip(numeric.iter().flatten());
    // Written so that a number that is not one fails.
    if pairs
        .clone()
        .all(|(a, n)| (a - n).abs() <= 1e-5 + 1e-3 * n.abs())
    {
        return Ok(());
    }
    Err(Error::runtime(format!(
        "Jacobian mismatch for output {o} with respect to input {i},\nnumerical:{}\nanalytical:{}\n",
        by_input(numeric)?,
        by_input(analytic)?
    )))
}

/// A Jacobian as PyTorch shows it: a row for each element of the input.
fn by_input(rows: &[Vec<f64>]) -> Result<Tensor> {
    let columns = rows.first().map_or(0, Vec::len);
    let values = (0..columns).flat_map(|j| rows.iter().map(move |row| row[j]));
    Tensor::from_vec(values.collect(), &[columns, rows.len()])
}

/// Whether the derivatives of the derivatives agree with finite differences.
pub fn gradgradcheck(
    f: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>,
    inputs: &[Tensor],
) -> Result<()> {
    if inputs.iter().any(|x| x.dtype().is_complex()) {
        return by_parts(f, inputs, gradgradcheck);
    }
    let outs = floats(&f(inputs)?);
    // As many numbers are drawn as PyTorch draws for the gradients of the outputs.
    let generator = default_generator();
    let weights: Vec<Tensor> = outs
        .iter()
        .map(|o| {
            let mut draw = generator.draw();
            let w = (0..o.numel()).map(|_| draw.uniform_f64() * 2.0 - 1.0);
            Tensor::from_vec::<f64>(w.collect(), &o.shape())?.with_grad()
        })
        .collect::<Result<_>>()?;
    let n = inputs.len();
    let wanted: Vec<bool> = inputs.iter().map(Tensor::requires_grad).collect();
    let first = |all: &[Tensor]| -> Result<Vec<Tensor>> {
        let (inputs, weights) = all.split_at(n);
        let _on = GradGuard::new(true);
        let attach = |(t, wanted): (&Tensor, &bool)| {
            if *wanted && !t.requires_grad() {
                t.detach().with_grad()
            } else {
                Ok(t.clone())
            }
        };
        let inputs: Vec<Tensor> = inputs
            .iter()
            .zip(&wanted)
            .map(attach)
            .collect::<Result<_>>()?;
        let outs = floats(&f(&inputs)?);
        let mut total: Option<Tensor> = None;
        for (o, w) in outs.iter().zip(weights) {
            if o.requires_grad() {
                let part = sum(&mul(o, w)?)?;
                total = Some(match total {
                    Some(t) => crate::tensor::ops::add(&t, &part)?,
                    None => part,
                });
            }
        }
        let Some(total) = total else {
            return Ok(Vec::new());
        };
        let targets: Vec<Tensor> = inputs
            .iter()
            .filter(|t| t.requires_grad())
            .cloned()
            .collect();
        let seed = ones_like(&total)?;
        let grads = grad(&[total], &targets, &[Some(seed)], true, true, true)?;
        Ok(grads.into_iter().flatten().collect())
    };
    let mut all = inputs.to_vec();
    all.extend(weights);
    gradcheck(&first, &all)
}
