//! Uniform numbers made into normal ones, with the bits that PyTorch gives.
//!
//! `normal_fill_AVX2` in ATen works on blocks of 16 with the logarithm, sine and cosine of `avx_mathfun.h`. The compiler
//! fuses some of its products and sums; the same ones are fused here.

use super::vectorize;

const FOUR_BY_PI: f32 = 1.273_239_5;

/// Horner's rule with fused steps.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = sum.mul_add(x, *c);
    }
    sum
}

/// `log256_ps`, for positive normal numbers.
#[inline(always)]
fn log(x: f32) -> f32 {
    let bits = x.to_bits();
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000);
    let e = ((bits >> 23) as i32 - 127) as f32 + 1.0;
    let low = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let e = if low { e - 1.0 } else { e };
    let x = (mantissa - 1.0) + if low { mantissa } else { 0.0 };
    let z = x * x;
    let p = polynomial(
        x,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_84e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_4e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    ) * x;
    let y = p.mul_add(z, e * -2.121_944_4e-4);
    let y = (-z).mul_add(0.5, y);
    e.mul_add(0.693_359_4, x + y)
}

/// `sincos256_ps`, for numbers below 8192.
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    let octant = ((x * FOUR_BY_PI) as i32 + 1) & !1;
    let n = octant as f32;
    let x = n.mul_add(-0.785_156_25, x);
    let x = n.mul_add(-2.418_756_5e-4, x);
    let x = n.mul_add(-3.774_895e-8, x);
    let z = x * x;
    let c = polynomial(z, [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2]) * z;
    let c = c.mul_add(z, -(z * 0.5)) + 1.0;
    let s = polynomial(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]) * z;
    let s = s.mul_add(x, x);
    let swapped = octant & 2 != 0;
    let (sine, cosine) = if swapped { (c, s) } else { (s, c) };
    let flip = |v: f32, odd: bool| f32::from_bits(v.to_bits() ^ if odd { 0x8000_0000 } else { 0 });
    (
        flip(sine, octant & 4 != 0),
        flip(cosine, (octant - 2) & 4 == 0),
    )
}

/// Transforms blocks of 16 uniform numbers: eight radii, then eight angles.
pub fn transform(blocks: &mut [f32], mean: f32, std: f32) {
    vectorize(
        #[inline(always)]
        || each(blocks, mean, std),
    );
}

// Always inlined, so that the fused steps are single instructions.
#[inline(always)]
fn each(blocks: &mut [f32], mean: f32, std: f32) {
    for block in blocks.chunks_exact_mut(16) {
        let (first, second) = block.split_at_mut(8);
        for (a, b) in first.iter_mut().zip(second) {
            let radius = (-2.0 * log(1.0 - *a)).sqrt();
            let (s, c) = sin_cos(2.0 * std::f32::consts::PI * *b);
            *a = (radius * c).mul_add(std, mean);
            *b = (radius * s).mul_add(std, mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `torch.manual_seed(0); torch.rand(16)` and `torch.randn(16)` give, as bits.
    #[test]
    fn bits_are_those_of_pytorch() {
        let uniform: [u32; 16] = [
            0x3efe_1558,
            0x3f44_aa2f,
            0x3db5_33a8,
            0x3e07_3300,
            0x3e9d_6686,
            0x3f22_52fb,
            0x3efa_ed86,
            0x3f65_7d67,
            0x3ee9_4812,
            0x3f21_ded3,
            0x3eb2_a22a,
            0x3ecd_ade4,
            0x3cb6_e480,
            0x3e2c_e95c,
            0x3e96_788c,
            0x3f04_bdd8,
        ];
        let normal: [u32; 16] = [
            0xbf90_1b85,
            0xbf93_808a,
            0xbe80_4bd6,
            0xbede_255d,
            0x3f59_4515,
            0x3f31_2783,
            0xbea1_cc6d,
            0xc007_5fc1,
            0x3ea5_0138,
            0xbfa1_b4f4,
            0x3eb3_30ff,
            0x3e9d_c3bb,
            0x3df5_6f77,
            0x3f9e_6b93,
            0x3f8e_f28e,
            0xbe7d_367c,
        ];
        let mut block = uniform.map(f32::from_bits);
        transform(&mut block, 0.0, 1.0);
        assert_eq!(block.map(f32::to_bits), normal);
    }
}
