//! Samples of the gamma, Poisson and binomial distributions, in PyTorch's order of draws.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::core::generator::{Draw, Generator};

/// One sample for each concentration, of its shape and dtype (float32 or float64), by the method of Marsaglia and Tsang
/// (2000), doi:10.1145/358407.358414. Samples are never 0.
pub fn standard_gamma(concentration: &Tensor, generator: &Generator) -> Result<Tensor> {
    let single = concentration.dtype() != DType::Float64;
    let smallest = if single {
        f64::from(f32::MIN_POSITIVE)
    } else {
        f64::MIN_POSITIVE
    };
    let mut draw = generator.draw();
    let samples = concentration.to_vec::<f64>()?;
    let samples = samples
        .into_iter()
        .map(|alpha| sample(alpha, single, &mut draw).max(smallest))
        .collect();
    let made = Array::from_vec::<f64>(samples, &concentration.shape());
    Ok(Tensor::from_array(made.to_dtype(concentration.dtype())?))
}

/// Arithmetic in the precision of the concentration, where PyTorch has it.
fn rounded(x: f64, single: bool) -> f64 {
    if single { f64::from(x as f32) } else { x }
}

fn sample(alpha: f64, single: bool, draw: &mut Draw) -> f64 {
    let (mut scale, mut alpha) = (1.0, alpha);
    if alpha < 1.0 {
        if alpha == 0.0 {
            return 0.0;
        }
        // Concentrations below 1 are raised by 1, which is accepted more often.
        scale = (1.0 - draw.uniform_f64()).powf(rounded(1.0 / alpha, single));
        alpha = rounded(alpha + 1.0, single);
    }
    let d = rounded(alpha - f64::from(1.0f32 / 3.0), single);
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let (x, y) = loop {
            let x = draw.normal();
            let y = 1.0 + c * x;
            if y > 0.0 {
                break (x, y);
            }
        };
        let v = y * y * y;
        let u = 1.0 - draw.uniform_f64();
        let xx = x * x;
        let accepted =
            u < 1.0 - f64::from(0.0331f32) * xx * xx || u.ln() < 0.5 * xx + d * (1.0 - v + v.ln());
        if accepted {
            return rounded(scale * d * v, single);
        }
    }
}

/// One sample of a Poisson distribution for each rate, of its shape and dtype.
pub fn poisson(rate: &Tensor, generator: &Generator) -> Result<Tensor> {
    let rates = rate.to_vec::<f64>()?;
    ensure!(
        rates.iter().all(|r| *r >= 0.0),
        "invalid Poisson rate, expected rate to be non-negative"
    );
    let mut draw = generator.draw();
    let samples = rates.into_iter().map(|r| poisson_one(r, &mut draw));
    let made = Array::from_vec::<f64>(samples.collect(), &rate.shape());
    Ok(Tensor::from_array(made.to_dtype(rate.dtype())?))
}

fn poisson_one(rate: f64, draw: &mut Draw) -> f64 {
    if rate == 0.0 {
        return 0.0;
    }
    if rate < 10.0 {
        let (floor, mut product, mut count) = ((-rate).exp(), 1.0, 0.0);
        loop {
            product *= draw.uniform_f64();
            if product <= floor {
                return count;
            }
            count += 1.0;
        }
    }
    // The transformed rejection of Hoermann (1993), doi:10.1016/0167-6687(93)90997-4.
    let (root, log_rate) = (rate.sqrt(), rate.ln());
    let b = 0.931 + 2.53 * root;
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let bound = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = draw.uniform_f64() - 0.5;
        let v = draw.uniform_f64();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
        if us >= 0.07 && v <= bound {
            return k;
        }
        if k < 0.0 || us < 0.013 && v > us {
            continue;
        }
        let left = v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln();
        if left <= -rate + k * log_rate - ln_factorial(k) {
            return k;
        }
    }
}

/// The logarithm of `k!` for whole `k`.
fn ln_factorial(k: f64) -> f64 {
    if k < 10.0 {
        return (2..=k as i64).map(|i| (i as f64).ln()).sum();
    }
    let half_log_tau = 0.5 * (2.0 * std::f64::consts::PI).ln();
    (k + 0.5) * (k + 1.0).ln() - (k + 1.0) + half_log_tau + stirling_tail(k)
}

/// What Stirling's approximation of `ln(k!)` leaves out.
fn stirling_tail(k: f64) -> f64 {
    const FIRST: [f64; 10] = [
        0.0810614667953272,
        0.0413406959554092,
        0.0276779256849983,
        0.02079067210376509,
        0.0166446911898211,
        0.0138761288230707,
        0.0118967099458917,
        0.0104112652619720,
        0.00925546218271273,
        0.00833056343336287,
    ];
    if k < FIRST.len() as f64 {
        return FIRST[k as usize];
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}

/// One sample of a binomial distribution for each count and probability; both have the shape of the result.
pub fn binomial(count: &Tensor, prob: &Tensor, generator: &Generator) -> Result<Tensor> {
    ensure!(
        count.dtype() == prob.dtype(),
        "Found dtype {} but expected {}",
        prob.dtype().scalar_name(),
        count.dtype().scalar_name()
    );
    let shape = crate::tensor::array::layout::broadcast_shapes(&count.shape(), &prob.shape())?;
    let counts = count.array().broadcast(&shape).to_vec::<f64>()?;
    let probs = prob.array().broadcast(&shape).to_vec::<f64>()?;
    let mut draw = generator.draw();
    let samples = counts
        .into_iter()
        .zip(probs)
        .map(|(n, p)| binomial_one(n, p, &mut draw));
    let made = Array::from_vec::<f64>(samples.collect(), &shape);
    Ok(Tensor::from_array(made.to_dtype(count.dtype())?))
}

fn binomial_one(count: f64, prob: f64, draw: &mut Draw) -> f64 {
    if count <= 0.0 || prob <= 0.0 {
        return 0.0;
    }
    if prob >= 1.0 {
        return count;
    }
    if prob.is_nan() {
        return f64::NAN;
    }
    let (p, mirrored) = if prob <= 0.5 {
        (prob, false)
    } else {
        (1.0 - prob, true)
    };
    let k = if count * p >= 10.0 {
        by_rejection(count, p, draw)
    } else {
        by_inversion(count, p, draw)
    };
    if mirrored { count - k } else { k }
}

/// Counts the successes that geometric waiting times leave room for.
fn by_inversion(count: f64, prob: f64, draw: &mut Draw) -> f64 {
    let log_failure = (-prob).ln_1p();
    let (mut waited, mut successes) = (0.0, 0.0);
    loop {
        waited += (draw.uniform_f64().ln() / log_failure).ceil();
        if waited > count {
            return successes;
        }
        successes += 1.0;
    }
}

/// The transformed rejection of Hoermann (1993), doi:10.1080/00949659308811496.
fn by_rejection(count: f64, prob: f64, draw: &mut Draw) -> f64 {
    let deviation = (count * prob * (1.0 - prob)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * prob;
    let c = count * prob + 0.5;
    let bound = 0.92 - 4.2 / b;
    let odds = prob / (1.0 - prob);
    let alpha = (2.83 + 5.1 / b) * deviation;
    let m = ((count + 1.0) * prob).floor();
    loop {
        let u = draw.uniform_f64() - 0.5;
        let v = draw.uniform_f64();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + c).floor();
        if k < 0.0 || k > count {
            continue;
        }
        if us >= 0.07 && v <= bound {
            return k;
        }
        let left = (v * alpha / (a / (us * us) + b)).ln();
        let right = (m + 0.5) * ((m + 1.0) / (odds * (count - m + 1.0))).ln()
            + (count + 1.0) * ((count - m + 1.0) / (count - k + 1.0)).ln()
            + (k + 0.5) * (odds * (count - k + 1.0) / (k + 1.0)).ln()
            + stirling_tail(m)
            + stirling_tail(count - m)
            - stirling_tail(k)
            - stirling_tail(count - k);
        if left <= right {
            return k;
        }
    }
}
