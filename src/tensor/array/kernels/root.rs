//! Square roots of single precision with the bits of PyTorch's mathematical library.

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

#[cfg(target_arch = "x86_64")]
use super::has_wide_vectors;

/// The square root of each number.
///
/// On machines with AVX2 alone that library refines the processor's estimate, and one root in eight is not the nearest
/// number. Its steps on wider registers are not known, so that machines with those get the nearest.
pub fn roots(out: &mut [f32], x: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    if !has_wide_vectors()
        && let Some(simd) = V3::try_new()
    {
        // Pieces that stay in the nearest cache between the two loops.
        for (out, x) in out.chunks_mut(512).zip(x.chunks(512)) {
            simd.vectorize(
                #[inline(always)]
                || {
                    estimate(simd, out, x);
                    refine(out, x);
                },
            );
        }
        return;
    }
    out.iter_mut().zip(x).for_each(|(o, x)| *o = x.sqrt());
}

/// Each number's inverse root to twelve bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn estimate(simd: V3, out: &mut [f32], x: &[f32]) {
    let (whole, rest) = x.as_chunks::<8>();
    let (out_whole, out_rest) = out.as_chunks_mut::<8>();
    for (out, x) in out_whole.iter_mut().zip(whole) {
        *out = pulp::cast(simd.approx_reciprocal_sqrt_f32x8(pulp::cast(*x)));
    }
    let mut last = [1.0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last: [f32; 8] = pulp::cast(simd.approx_reciprocal_sqrt_f32x8(pulp::cast(last)));
    out_rest.copy_from_slice(&last[..rest.len()]);
}

/// Roots in place of the estimates: a step of Goldschmidt's method and one of Newton's, with each product rounded.
/// Numbers near the ends of the range get the nearest root.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn refine(out: &mut [f32], x: &[f32]) {
    const LARGEST: f32 = 3.401_993e38;
    let regular = |x: f32| x == 0.0 || (f32::MIN_POSITIVE..=LARGEST).contains(&x);
    let mut all = true;
    for (o, &x) in out.iter_mut().zip(x) {
        let (root, half) = (x * *o, 0.5 * *o);
        let error = 0.5 - root * half;
        let (root, half) = (root + root * error, half + half * error);
        let root = root + (x - root * root) * half;
        *o = if x == 0.0 { x } else { root };
        all &= regular(x);
    }
    if !all {
        let ends = out.iter_mut().zip(x).filter(|(_, x)| !regular(**x));
        ends.for_each(|(o, x)| *o = x.sqrt());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_within_one_place() {
        let x: Vec<f32> = (0..4001).map(|i| f32::from_bits(i * 532_000)).collect();
        let mut out = vec![0.0; x.len()];
        roots(&mut out, &x);
        for (o, x) in out.iter().zip(&x) {
            assert!(o.to_bits().abs_diff(x.sqrt().to_bits()) <= 1, "{x}: {o}");
        }
    }

    #[test]
    fn ends_are_exact() {
        let x = [0.0, -0.0, f32::INFINITY, 1e-40, f32::MAX];
        let mut out = [1.0; 5];
        roots(&mut out, &x);
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&out), bits(&x.map(f32::sqrt)));
        roots(&mut out[..2], &[-1.0, f32::NAN]);
        assert!(out[0].is_nan() && out[1].is_nan());
    }
}
