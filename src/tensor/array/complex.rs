//! Complex numbers as elements. They are stored, moved and converted in both precisions; their arithmetic is compiled once,
//! in double. Their real and imaginary parts are real arrays over the same memory.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, Neg, Sub, SubAssign};

use super::error::ensure;
use super::{Array, DType, Element, F16, Layout, Result, Scalar};

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

/// Two halves are stored, moved and converted; all that computes sees them as `f64`.
impl Element for Complex<F16> {
    const DTYPE: DType = DType::Complex32;
    const ZERO: Self = Complex {
        re: F16::ZERO,
        im: F16::ZERO,
    };
    const ONE: Self = Complex {
        re: F16::ONE,
        im: F16::ZERO,
    };
    const FLOATING: bool = true;
    fn from_f64(x: f64) -> Self {
        Complex {
            re: F16::from_f64(x),
            im: F16::ZERO,
        }
    }
    fn from_i64(i: i64) -> Self {
        Self::from_f64(i as f64)
    }
    fn to_f64(self) -> f64 {
        self.re.to_f64()
    }
    fn to_i64(self) -> i64 {
        self.re.to_i64()
    }
    fn to_bool(self) -> bool {
        self.re.to_bool() || self.im.to_bool()
    }
    fn is_nan(self) -> bool {
        self.re.is_nan() || self.im.is_nan()
    }
    fn to_scalar(self) -> Scalar {
        Scalar::Complex(self.re.to_f64(), self.im.to_f64())
    }
    fn from_scalar(s: Scalar) -> Self {
        Complex {
            re: F16::from_f64(s.to_f64()),
            im: F16::from_f64(s.imaginary()),
        }
    }
}

complex_element!(f32, Complex64);
complex_element!(f64, Complex128);

impl Complex<f64> {
    /// The number with these parts.
    pub const fn new(re: f64, im: f64) -> Self {
        Complex { re, im }
    }

    /// The conjugate.
    pub fn conj(self) -> Self {
        Complex::new(self.re, -self.im)
    }

    /// Times a real number.
    pub fn scale(self, by: f64) -> Self {
        Complex::new(self.re * by, self.im * by)
    }

    /// The absolute value.
    pub fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }
}

impl Neg for Complex<f64> {
    type Output = Self;
    fn neg(self) -> Self {
        Complex::new(-self.re, -self.im)
    }
}

impl Add for Complex<f64> {
    type Output = Self;
    fn add(self, y: Self) -> Self {
        Complex::new(self.re + y.re, self.im + y.im)
    }
}

impl Sub for Complex<f64> {
    type Output = Self;
    fn sub(self, y: Self) -> Self {
        Complex::new(self.re - y.re, self.im - y.im)
    }
}

impl Mul for Complex<f64> {
    type Output = Self;
    fn mul(self, y: Self) -> Self {
        Complex::new(
            self.re * y.re - self.im * y.im,
            self.re * y.im + self.im * y.re,
        )
    }
}

/// Scaled by the larger part of the divisor, so that nothing overflows on the way (Smith, 1962).
impl Div for Complex<f64> {
    type Output = Self;
    fn div(self, y: Self) -> Self {
        let (c, d) = (y.re, y.im);
        if c.abs() >= d.abs() {
            if c == 0.0 && d == 0.0 {
                return Complex::new(self.re / c.abs(), self.im / c.abs());
            }
            let ratio = d / c;
            let size = c + d * ratio;
            Complex::new(
                (self.re + self.im * ratio) / size,
                (self.im - self.re * ratio) / size,
            )
        } else {
            let ratio = c / d;
            let size = c * ratio + d;
            Complex::new(
                (self.re * ratio + self.im) / size,
                (self.im * ratio - self.re) / size,
            )
        }
    }
}

macro_rules! assigning {
    ($($Trait:ident $name:ident $op:tt),*) => {$(
        impl $Trait for Complex<f64> {
            fn $name(&mut self, y: Self) {
                *self = *self $op y;
            }
        }
    )*};
}

assigning!(AddAssign add_assign +, SubAssign sub_assign -, DivAssign div_assign /);

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
            layout.strides.pop() == Some(1) || self.numel() == 0,
            "Tensor must have a last dimension with stride 1"
        );
        ensure!(
            layout.strides.iter().all(|s| s % 2 == 0) || self.numel() == 0,
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
