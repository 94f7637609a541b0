//! Complex numbers as elements. They are stored, moved and converted; arithmetic works on their real and imaginary parts,
//! which are real arrays over the same memory.

use super::error::ensure;
use super::{Array, DType, Element, Layout, Result, Scalar};

/// A complex number: the real part lies before the imaginary one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

/// Complex numbers have no order.
impl<T: PartialEq> PartialOrd for Complex<T> {
    fn partial_cmp(&self, _: &Complex<T>) -> Option<std::cmp::Ordering> {
        None
    }
}

macro_rules! complex_element {
    ($T:ty, $dtype:ident) => {
        impl Element for Complex<$T> {
            const DTYPE: DType = DType::$dtype;
            const ZERO: Self = Complex { re: 0.0, im: 0.0 };
            const ONE: Self = Complex { re: 1.0, im: 0.0 };
            const FLOATING: bool = true;
            fn from_f64(x: f64) -> Self {
                Complex {
                    re: x as $T,
                    im: 0.0,
                }
            }
            fn from_i64(i: i64) -> Self {
                Complex {
                    re: i as $T,
                    im: 0.0,
                }
            }
            fn to_f64(self) -> f64 {
                f64::from(self.re)
            }
            fn to_i64(self) -> i64 {
                self.re as i64
            }
            fn to_bool(self) -> bool {
                self.re != 0.0 || self.im != 0.0
            }
            fn is_nan(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
            fn to_scalar(self) -> Scalar {
                Scalar::Complex(f64::from(self.re), f64::from(self.im))
            }
            fn from_scalar(s: Scalar) -> Self {
                Complex {
                    re: s.to_f64() as $T,
                    im: s.imaginary() as $T,
                }
            }
        }
    };
}

complex_element!(f32, Complex64);
complex_element!(f64, Complex128);

/// Complex arrays and their parts share their memory.
impl Array {
    /// The parts of complex numbers as real ones, in a new last dimension of size 2.
    pub fn view_as_real(&self) -> Array {
        let mut layout = self.layout().clone();
        layout.offset *= 2;
        layout.strides.iter_mut().for_each(|s| *s *= 2);
        layout.shape.push(2);
        layout.strides.push(1);
        Array::from_parts(self.dtype().to_real(), layout, self.storage().clone())
    }

    /// The other way round. The last dimension must hold pairs that lie side by side.
    pub fn view_as_complex(&self) -> Result<Array> {
        let mut layout = self.layout().clone();
        ensure!(
            layout.shape.last() == Some(&2),
            "Tensor must have a last dimension of size 2"
        );
        layout.shape.pop();
        ensure!(
            layout.strides.pop() == Some(1),
            "Tensor must have a last dimension with stride 1"
        );
        ensure!(
            layout.strides.iter().all(|s| s % 2 == 0),
            "Tensor must have a stride divisible by 2 for all but last dimension"
        );
        ensure!(
            layout.offset.is_multiple_of(2),
            "Tensor must have a storage_offset divisible by 2"
        );
        layout.strides.iter_mut().for_each(|s| *s /= 2);
        layout.offset /= 2;
        let dtype = self.dtype().to_complex();
        Ok(Array::from_parts(dtype, layout, self.storage().clone()))
    }

    /// The real (0) or imaginary (1) part of complex numbers.
    pub fn part(&self, which: usize) -> Array {
        let pairs = self.view_as_real();
        let last = pairs.ndim() - 1;
        pairs.with_layout(pairs.layout().select(last, which))
    }

    /// A conversion where one dtype at least is complex; imaginary parts are dropped or zero.
    pub(super) fn to_other_complex(&self, dtype: DType) -> Result<Array> {
        if self.dtype().is_complex() && !dtype.is_complex() {
            if dtype == DType::Bool {
                let parts = [self.part(0).to_dtype(dtype)?, self.part(1).to_dtype(dtype)?];
                let both: Vec<bool> = parts[0]
                    .to_vec::<bool>()?
                    .into_iter()
                    .zip(parts[1].to_vec::<bool>()?)
                    .map(|(a, b)| a || b)
                    .collect();
                return Ok(Array::from_vec(both, self.shape()));
            }
            // A copy even where the part has the dtype already.
            return self.part(0).copy()?.to_dtype(dtype);
        }
        let mut layout = Layout::contiguous(self.shape());
        if self.layout().is_dense() {
            layout.strides = self.layout().strides.clone();
        }
        let out = Array::zeros(self.shape(), dtype)?.with_layout(layout);
        if self.dtype().is_complex() {
            out.view_as_real().assign(&self.view_as_real())?;
        } else {
            out.part(0).assign(self)?;
        }
        Ok(out)
    }
}
