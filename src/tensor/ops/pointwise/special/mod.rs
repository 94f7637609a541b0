//! Special functions. They are rare, so all of them are computed in double precision by one loop over a function pointer.

mod bessel;
mod erf;
mod gamma;
mod one;
mod orthogonal;
mod polygamma;
mod two;

use super::{as_float, map2, unsupported};
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::{Operand, Tensor};

pub use erf::Erf;
pub use one::*;
pub use orthogonal::*;
pub use polygamma::*;
pub use two::*;

/// `f` of each element, computed as double; integers become the default float dtype.
fn by_f64(name: &str, x: &Tensor, f: fn(f64) -> f64) -> Result<Array> {
    let array = as_float(x)?;
    let dtype = array.dtype();
    if dtype.is_complex() {
        let stem = name.strip_suffix("_cpu").unwrap_or(name);
        return crate::tensor::ops::complex::complex_map(stem, &array);
    }
    kernels::unary::<f64, f64>(&array.to_dtype(DType::Float64)?, f)?.to_dtype(dtype)
}

/// `f` of each pair, computed as double, as the dtype.
fn pairs_by_f64(
    name: &str,
    dtype: DType,
    x: &Operand,
    y: &Operand,
    f: fn(f64, f64) -> f64,
) -> Result<Array> {
    if !dtype.is_floating_point() {
        return Err(unsupported(name, dtype));
    }
    map2::<f64, f64>(x, y, f)?.to_dtype(dtype)
}
