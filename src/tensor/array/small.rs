//! Floats of 16 bits: IEEE half precision and bfloat16. They are stored and converted; kernels compute in `f32` and round.

use super::{DType, Element, Scalar};

/// `torch.float16`: 5 bits of exponent, 10 of mantissa.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct F16(u16);

/// `torch.bfloat16`: the upper half of an `f32`.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct BF16(u16);

impl F16 {
    /// The nearest value, ties to even.
    #[inline]
    pub fn from_f32(x: f32) -> F16 {
        let bits = x.to_bits();
        let (sign, size) = (bits >> 16 & 0x8000, bits & 0x7fff_ffff);
        // All cases are computed and one is chosen, so that loops need no branches.
        let normal = (size.wrapping_add(0xfff + (size >> 13 & 1))).wrapping_sub(0x3800_0000) >> 13;
        // Below the smallest normal value: adding 0.5 rounds at the right place.
        let tiny = (f32::from_bits(size) + 0.5)
            .to_bits()
            .wrapping_sub(0x3f00_0000);
        let finite = if size >= 0x3880_0000 { normal } else { tiny };
        // From halfway between the largest value and the next power of two on.
        let number = if size >= 0x477f_f000 { 0x7c00 } else { finite };
        let out = if size > 0x7f80_0000 { 0x7e00 } else { number };
        F16((sign | out) as u16)
    }

    /// The same value.
    pub fn to_f32(self) -> f32 {
        let (sign, size) = (u32::from(self.0 & 0x8000) << 16, u32::from(self.0 & 0x7fff));
        if size >= 0x7c00 {
            return f32::from_bits(sign | 0x7f80_0000 | (size & 0x3ff) << 13);
        }
        // 2^112 puts the exponent right, for values below the normal ones too.
        let scaled = f32::from_bits(size << 13) * f32::from_bits(0x7780_0000);
        f32::from_bits(sign | scaled.to_bits())
    }
}

impl BF16 {
    /// The nearest value, ties to even.
    #[inline]
    pub fn from_f32(x: f32) -> BF16 {
        let bits = x.to_bits();
        let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        BF16(if x.is_nan() { 0x7fc0 } else { rounded as u16 })
    }

    /// The same value.
    pub fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

macro_rules! small_float {
    ($T:ident, $dtype:ident, $one:literal) => {
        impl PartialEq for $T {
            fn eq(&self, other: &$T) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl PartialOrd for $T {
            fn partial_cmp(&self, other: &$T) -> Option<std::cmp::Ordering> {
                self.to_f32().partial_cmp(&other.to_f32())
            }
        }

        impl std::fmt::Debug for $T {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.to_f32().fmt(f)
            }
        }

        impl Element for $T {
            const DTYPE: DType = DType::$dtype;
            const ZERO: $T = $T(0);
            const ONE: $T = $T($one);
            const FLOATING: bool = true;
            fn from_f64(x: f64) -> $T {
                $T::from_f32(x as f32)
            }
            fn from_i64(i: i64) -> $T {
                $T::from_f32(i as f32)
            }
            fn to_f64(self) -> f64 {
                f64::from(self.to_f32())
            }
            fn to_i64(self) -> i64 {
                self.to_f32() as i64
            }
            fn to_bool(self) -> bool {
                self.to_f32() != 0.0
            }
            fn is_nan(self) -> bool {
                self.to_f32().is_nan()
            }
            fn to_scalar(self) -> Scalar {
                Scalar::Float(self.to_f64())
            }
        }
    };
}

small_float!(F16, Float16, 0x3c00);
small_float!(BF16, BFloat16, 0x3f80);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_even_and_keep_their_ends() {
        for bits in 0..=u16::MAX {
            let x = F16(bits).to_f32();
            assert!(x.is_nan() || F16::from_f32(x).0 == bits, "{bits:#x}");
            let y = BF16(bits).to_f32();
            assert!(y.is_nan() || BF16::from_f32(y).0 == bits, "{bits:#x}");
        }
        let cases = [
            (65504.0, 65504.0),
            (65519.0, 65504.0),
            (65520.0, f32::INFINITY),
            (1.0 + 1.0 / 2048.0, 1.0),
            (1.0 + 3.0 / 2048.0, 1.0 + 1.0 / 512.0),
            (2f32.powi(-25), 0.0),
            (3.0 * 2f32.powi(-26), 2f32.powi(-24)),
        ];
        for (x, rounded) in cases {
            assert_eq!(F16::from_f32(x).to_f32(), rounded, "{x}");
        }
        assert_eq!(BF16::from_f32(1.0 + 1.0 / 256.0).to_f32(), 1.0);
        assert_eq!(BF16::from_f32(f32::MAX).to_f32(), f32::INFINITY);
    }
}
