//! How parameters start (`torch.nn.init`).

use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::core::Tensor;
use crate::tensor::core::generator::default_generator;
use crate::tensor::ops::Args;
use crate::tensor::ops::random::fill_uniform;

/// `True` or `False`
pub fn truth(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

/// A size given to a layer; what PyTorch says of a negative one comes from the allocation.
pub fn size(a: &Args, name: &str) -> Result<usize> {
    let n = a.int(name)?;
    ensure!(
        n >= 0,
        "Trying to create tensor with negative dimension {n}: [{n}]"
    );
    Ok(n as usize)
}

/// Fan-in and fan-out of a weight.
pub fn fans(weight: &Tensor) -> Result<(usize, usize)> {
    let shape = weight.shape();
    ensure!(
        shape.len() >= 2,
        Value,
        "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
    );
    let field: usize = shape[2..].iter().product();
    Ok((shape[1] * field, shape[0] * field))
}

/// Fills with numbers drawn evenly from `[low, high)`.
pub fn uniform(t: &Tensor, low: f64, high: f64) -> Result<()> {
    let array = t.to_array();
    ensure!(
        low <= high,
        "uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
    );
    fill_uniform(&array, low, high, &default_generator())?;
    t.bump_version();
    Ok(())
}

/// `kaiming_uniform_` for a leaky ReLU of this slope, by fan-in.
pub fn kaiming_uniform(t: &Tensor, a: f64) -> Result<()> {
    if t.shape().contains(&0) {
        crate::tensor::core::warning::warn_user("Initializing zero-element tensors is a no-op");
        return Ok(());
    }
    let (fan_in, _) = fans(t)?;
    let gain = (2.0 / (1.0 + a * a)).sqrt();
    let bound = 3f64.sqrt() * (gain / (fan_in as f64).sqrt());
    uniform(t, -bound, bound)
}
