//! The traits that kernels compute through, and the Rust types behind the dtypes.

use super::{DType, Scalar};

/// A type that tensors are made of.
pub trait Element:
    Copy + Default + PartialEq + PartialOrd + Send + Sync + std::fmt::Debug + 'static
{
    /// Its dtype.
    const DTYPE: DType;
    /// Zero, or false.
    const ZERO: Self;
    /// One, or true.
    const ONE: Self;
    /// The value nearest to a float, converted as C does.
    fn from_f64(x: f64) -> Self;
    /// The value of an integer, wrapped round as C does.
    fn from_i64(i: i64) -> Self;
    /// The value as a float.
    fn to_f64(self) -> f64;
    /// The value as an integer, cut towards zero.
    fn to_i64(self) -> i64;
    /// Whether the value is not zero.
    fn to_bool(self) -> bool;
    /// Whether the value is a NaN.
    fn is_nan(self) -> bool;
    /// The value as a Python number.
    fn to_scalar(self) -> Scalar;
    /// Whether the conversion from any other type goes through `from_f64` (floats) or `from_i64`.
    const FLOATING: bool;

    /// The value of a Python number.
    #[inline]
    fn from_scalar(s: Scalar) -> Self {
        match s {
            Scalar::Bool(b) => Self::from_i64(i64::from(b)),
            Scalar::Int(i) => Self::from_i64(i),
            Scalar::UInt(i) => Self::from_i64(i as i64),
            Scalar::Float(x) => Self::from_f64(x),
            Scalar::Complex(re, _) => Self::from_f64(re),
        }
    }

    /// Conversion between element types, as `.to(dtype)` does it.
    #[inline]
    fn cast<U: Element>(self) -> U {
        if Self::FLOATING || U::FLOATING && Self::DTYPE as u8 != DType::Int64 as u8 {
            U::from_f64(self.to_f64())
        } else {
            U::from_i64(self.to_i64())
        }
    }
}

/// An element type with arithmetic: all but `bool`. Integers wrap round.
pub trait Number: Element {
    /// The smallest value; negative infinity for floats.
    const LOWEST: Self;
    /// The largest value; infinity for floats.
    const HIGHEST: Self;
    /// `self + y`
    fn plus(self, y: Self) -> Self;
    /// `self - y`
    fn minus(self, y: Self) -> Self;
    /// `self * y`
    fn times(self, y: Self) -> Self;
    /// `self * y + z`; the product of floats is not rounded, as in PyTorch's vectors.
    #[inline]
    fn fused(self, y: Self, z: Self) -> Self {
        self.times(y).plus(z)
    }
    /// `-self`
    fn negative(self) -> Self;
    /// The absolute value.
    fn absolute(self) -> Self;
    /// Python's `//`. Integer division by zero is refused before the kernel runs.
    fn floor_divide(self, y: Self) -> Self;
    /// Division cut towards zero.
    fn trunc_divide(self, y: Self) -> Self;
    /// Python's `%`.
    fn remainder(self, y: Self) -> Self;
    /// C's `fmod`.
    fn fmod(self, y: Self) -> Self;
    /// `self ** y`; negative integer powers are refused before the kernel runs.
    fn power(self, y: Self) -> Self;
    /// The larger one, or a NaN if there is one.
    #[inline]
    fn larger(self, y: Self) -> Self {
        // Without a branch, which would become a store under a mask.
        if self.is_nan() | (self > y) { self } else { y }
    }
    /// The smaller one, or a NaN if there is one.
    #[inline]
    fn smaller(self, y: Self) -> Self {
        if self.is_nan() | (self < y) { self } else { y }
    }
}

/// A floating point element type.
pub trait Real: Number + num_traits::Float + super::kernels::math::Math {
    /// A literal in a formula.
    #[inline]
    fn lit(x: f64) -> Self {
        <Self as Element>::from_f64(x)
    }
}

/// An integer element type; `bool` is not one.
pub trait Integer: Number + num_traits::PrimInt {}

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    const ZERO: bool = false;
    const ONE: bool = true;
    const FLOATING: bool = false;
    #[inline]
    fn from_f64(x: f64) -> bool {
        x != 0.0
    }
    #[inline]
    fn from_i64(i: i64) -> bool {
        i != 0
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    #[inline]
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
    #[inline]
    fn to_bool(self) -> bool {
        self
    }
    #[inline]
    fn is_nan(self) -> bool {
        false
    }
    #[inline]
    fn to_scalar(self) -> Scalar {
        Scalar::Bool(self)
    }
}

/// The integer part; out of range the least integer of 64 bits, or of 32.
#[inline(always)]
fn truncate(x: f64, wide: bool) -> i64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this kind has the instructions.
    unsafe {
        use std::arch::x86_64::{_mm_cvttsd_si32, _mm_cvttsd_si64, _mm_set_sd};
        if wide {
            _mm_cvttsd_si64(_mm_set_sd(x))
        } else {
            i64::from(_mm_cvttsd_si32(_mm_set_sd(x)))
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let (limit, least) = if wide {
            (9.223_372_036_854_776e18, i64::MIN)
        } else {
            (2_147_483_648.0, i64::from(i32::MIN))
        };
        if (-limit..limit).contains(&x) {
            x as i64
        } else {
            least
        }
    }
}

macro_rules! integer_element {
    ($T:ty, $dtype:ident) => {
        impl Element for $T {
            const DTYPE: DType = DType::$dtype;
            const ZERO: $T = 0;
            const ONE: $T = 1;
            const FLOATING: bool = false;
            // Out of range: the least integer of 64 bits, or of 32 for all that are no wider, as the processor gives it.
            #[inline]
            fn from_f64(x: f64) -> $T {
                truncate(x, size_of::<$T>() == 8) as $T
            }
            #[inline]
            fn from_i64(i: i64) -> $T {
                i as $T
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline]
            fn to_bool(self) -> bool {
                self != 0
            }
            #[inline]
            fn is_nan(self) -> bool {
                false
            }
            #[inline]
            fn to_scalar(self) -> Scalar {
                // Only a `u64` may not fit.
                i64::try_from(self).map_or(Scalar::UInt(self as u64), Scalar::Int)
            }
        }
        impl Number for $T {
            const LOWEST: $T = <$T>::MIN;
            const HIGHEST: $T = <$T>::MAX;
            #[inline]
            fn plus(self, y: $T) -> $T {
                self.wrapping_add(y)
            }
            #[inline]
            fn minus(self, y: $T) -> $T {
                self.wrapping_sub(y)
            }
            #[inline]
            fn times(self, y: $T) -> $T {
                self.wrapping_mul(y)
            }
            #[inline]
            fn negative(self) -> $T {
                (0 as $T).wrapping_sub(self)
            }
            #[inline]
            #[allow(unused_comparisons)] // Some element types have no sign.
            fn absolute(self) -> $T {
                if self < 0 { self.negative() } else { self }
            }
            #[inline]
            #[allow(unused_comparisons)] // Some element types have no sign.
            fn floor_divide(self, y: $T) -> $T {
                let q = self.wrapping_div(y);
                if self.wrapping_rem(y) != 0 && ((self < 0) != (y < 0)) {
                    q.wrapping_sub(1)
                } else {
                    q
                }
            }
            #[inline]
            fn trunc_divide(self, y: $T) -> $T {
                self.wrapping_div(y)
            }
            #[inline]
            #[allow(unused_comparisons)] // Some element types have no sign.
            fn remainder(self, y: $T) -> $T {
                let r = self.wrapping_rem(y);
                if r != 0 && ((r < 0) != (y < 0)) {
                    r.wrapping_add(y)
                } else {
                    r
                }
            }
            #[inline]
            fn fmod(self, y: $T) -> $T {
                self.wrapping_rem(y)
            }
            // A negative exponent arrives here only through tensors of exponents: 1 and -1 have powers, others give 0.
            #[inline]
            #[allow(unused_comparisons)] // Some element types have no sign.
            fn power(self, y: $T) -> $T {
                if y < 0 {
                    let odd = y & 1 != 0;
                    return match self.to_i64() {
                        1 => 1,
                        -1 if odd => self,
                        -1 => 1,
                        _ => 0,
                    };
                }
                let (mut base, mut exponent, mut result) = (self, y, 1 as $T);
                while exponent > 0 {
                    if exponent & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    exponent >>= 1;
                }
                result
            }
        }
        impl Integer for $T {}
    };
}

/// `x % y`, without the loop over the quotient's bits that it takes in single precision: in double the quotient and its
/// product with `y` are exact, up to a size.
#[inline]
fn single_remainder(x: f32, y: f32) -> f32 {
    let (a, b) = (f64::from(x), f64::from(y));
    let q = (a / b).trunc();
    let fits = q.abs() < f64::from(1 << 29) && b.is_finite();
    if !fits {
        return x % y;
    }
    let r = a - q * b;
    // A quotient just below an integer may have been rounded up to it.
    let r = if r * a < 0.0 { r + b.copysign(a) } else { r };
    (r as f32).copysign(x)
}

macro_rules! real_element {
    ($T:ty, $dtype:ident, $remainder:expr) => {
        impl Element for $T {
            const DTYPE: DType = DType::$dtype;
            const ZERO: $T = 0.0;
            const ONE: $T = 1.0;
            const FLOATING: bool = true;
            #[inline]
            fn from_f64(x: f64) -> $T {
                x as $T
            }
            #[inline]
            fn from_i64(i: i64) -> $T {
                i as $T
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline]
            fn to_bool(self) -> bool {
                self != 0.0
            }
            #[inline]
            fn is_nan(self) -> bool {
                self != self
            }
            #[inline]
            fn to_scalar(self) -> Scalar {
                Scalar::Float(self as f64)
            }
        }
        impl Number for $T {
            const LOWEST: $T = <$T>::NEG_INFINITY;
            const HIGHEST: $T = <$T>::INFINITY;
            #[inline]
            fn fused(self, y: $T, z: $T) -> $T {
                self.mul_add(y, z)
            }
            #[inline]
            fn plus(self, y: $T) -> $T {
                self + y
            }
            #[inline]
            fn minus(self, y: $T) -> $T {
                self - y
            }
            #[inline]
            fn times(self, y: $T) -> $T {
                self * y
            }
            #[inline]
            fn negative(self) -> $T {
                -self
            }
            #[inline]
            fn absolute(self) -> $T {
                self.abs()
            }
            // As c10/util/generic_math.h: follows Python's floor division of floats.
            #[inline]
            fn floor_divide(self, y: $T) -> $T {
                if y == 0.0 {
                    return self / y;
                }
                let rem = $remainder(self, y);
                let mut div = (self - rem) / y;
                if rem != 0.0 && ((y < 0.0) != (rem < 0.0)) {
                    div -= 1.0;
                }
                if div == 0.0 {
                    return (0.0 as $T).copysign(self / y);
                }
                let floor = div.floor();
                if div - floor > 0.5 {
                    floor + 1.0
                } else {
                    floor
                }
            }
            #[inline]
            fn trunc_divide(self, y: $T) -> $T {
                (self / y).trunc()
            }
            #[inline]
            fn remainder(self, y: $T) -> $T {
                let r = $remainder(self, y);
                if r != 0.0 && ((r < 0.0) != (y < 0.0)) {
                    r + y
                } else {
                    r
                }
            }
            #[inline]
            fn fmod(self, y: $T) -> $T {
                $remainder(self, y)
            }
            #[inline]
            fn power(self, y: $T) -> $T {
                self.powf(y)
            }
        }
        impl Real for $T {}
    };
}

integer_element!(u8, UInt8);
integer_element!(i8, Int8);
integer_element!(i16, Int16);
integer_element!(i32, Int32);
integer_element!(i64, Int64);
integer_element!(u16, UInt16);
integer_element!(u32, UInt32);
integer_element!(u64, UInt64);
real_element!(f32, Float32, single_remainder);
real_element!(f64, Float64, std::ops::Rem::rem);

#[cfg(test)]
mod tests {
    use super::single_remainder;

    #[test]
    fn remainders_are_exact() {
        let numbers = [
            0.0f32,
            0.1,
            0.3,
            1.0,
            3.0,
            7.7,
            1e-40,
            1e-5,
            1e5,
            16_777_216.0,
            3e38,
            f32::INFINITY,
            f32::NAN,
        ];
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from_bits(state >> 8 | (state & 1) << 31 | 0x3000_0000)
        };
        let pairs = numbers.iter().flat_map(|x| numbers.map(|y| (*x, y)));
        let mut pairs: Vec<(f32, f32)> = pairs.collect();
        pairs.extend((0..100_000).map(|_| (random(), random())));
        for (x, y) in pairs
            .into_iter()
            .flat_map(|(x, y)| [(x, y), (-x, y), (x, -y)])
        {
            let (got, want) = (single_remainder(x, y), x % y);
            let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
            assert!(same, "{x} {y}: {got} {want}");
        }
    }
}
