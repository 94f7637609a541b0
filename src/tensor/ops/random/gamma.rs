//! Samples of the standard gamma distribution, in PyTorch's order of draws.

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
