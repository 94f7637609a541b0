//! Register tiles in single precision with fused multiply-add, for the two shapes of product that convolutions are made
//! of. The compiler keeps no two-dimensional array of sums in registers by itself, so the vectors are named explicitly.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::tensor::array::{DType, Number};

/// A slice as what it is, if it is one of single precision.
pub fn singles<T: Number>(x: &[T]) -> Option<&[f32]> {
    let (at, len) = (x.as_ptr().cast(), x.len());
    // SAFETY: the dtype says that T is f32.
    (T::DTYPE == DType::Float32).then(|| unsafe { std::slice::from_raw_parts(at, len) })
}

/// [`singles`] to write to.
pub fn singles_mut<T: Number>(x: &mut [T]) -> Option<&mut [f32]> {
    let (at, len) = (x.as_mut_ptr().cast(), x.len());
    // SAFETY: the dtype says that T is f32.
    (T::DTYPE == DType::Float32).then(|| unsafe { std::slice::from_raw_parts_mut(at, len) })
}

/// Elements past the last row's end that the widest tile reads.
pub const SLACK: usize = 32;

/// `out[r][p] = start[r] + sum over i of packed[i * rows + r] * source[offsets[i] + p]` for `rows` rows of `span` columns
/// that lie `pitch` apart, added up from the start on.
///
/// Gives back whether the machine has the instructions; if not, nothing was done. `source` must reach [`SLACK`] elements
/// past the last column of each offset, and `rows` must not exceed [`rows_at_once`].
pub fn gathered(
    out: &mut [f32],
    (rows, pitch, span): (usize, usize, usize),
    source: &[f32],
    offsets: &[usize],
    packed: &[f32],
    start: &[f32],
) -> bool {
    let furthest = offsets.iter().max().copied().unwrap_or(0);
    assert!(span == 0 || furthest + span.next_multiple_of(SLACK) <= source.len());
    assert!(rows > 0 && out.len() >= (rows - 1) * pitch + span);
    assert!(pitch >= span && packed.len() >= rows * offsets.len() && start.len() == rows);
    #[cfg(target_arch = "x86_64")]
    {
        let (out, source) = (out.as_mut_ptr(), source.as_ptr());
        macro_rules! by_rows {
            ($rows:expr, $tile:ident, $($n:literal)*) => {
                match $rows {
                    // SAFETY: the machine has the instructions, and the sizes were asserted above.
                    $($n => unsafe { $tile::<$n>(out, (pitch, span), source, offsets, packed, start) },)*
                    _ => return false,
                }
            };
        }
        if wide() {
            by_rows!(rows, gathered_wide, 1 2 3 4 5 6 7 8 9 10 11 12);
            return true;
        }
        if narrow() {
            by_rows!(rows, gathered_narrow, 1 2 3 4 5 6);
            return true;
        }
    }
    false
}

/// `out[r * step + t] += sum over p of grads[r * plane + p] * source[offsets[t] + p]` for `rows` rows and all offsets.
///
/// Gives back whether the machine has the instructions. `rows` must be at most 4, there may be at most 6 offsets, and
/// `length` must be a multiple of 16.
#[allow(clippy::too_many_arguments)] // Two matrices and how far to go.
pub fn dots(
    out: &mut [f32],
    step: usize,
    grads: &[f32],
    plane: usize,
    rows: usize,
    length: usize,
    source: &[f32],
    offsets: &[usize],
) -> bool {
    let furthest = offsets.iter().max().copied().unwrap_or(0);
    assert!(length.is_multiple_of(16) && furthest + length <= source.len());
    assert!(rows > 0 && !offsets.is_empty() && (rows - 1) * plane + length <= grads.len());
    assert!((rows - 1) * step + offsets.len() <= out.len());
    #[cfg(target_arch = "x86_64")]
    {
        let (out, grads, source) = (out.as_mut_ptr(), grads.as_ptr(), source.as_ptr());
        if wide() {
            // SAFETY: the machine has AVX-512, and the sizes were asserted above.
            unsafe {
                match (rows, offsets.len()) {
                    (4, 6) => dots_wide::<4, 6>(out, step, grads, plane, length, source, offsets),
                    (4, 4) => dots_wide::<4, 4>(out, step, grads, plane, length, source, offsets),
                    (4, 1) => dots_wide::<4, 1>(out, step, grads, plane, length, source, offsets),
                    (2, 4) => dots_wide::<2, 4>(out, step, grads, plane, length, source, offsets),
                    (2, 1) => dots_wide::<2, 1>(out, step, grads, plane, length, source, offsets),
                    (1, 4) => dots_wide::<1, 4>(out, step, grads, plane, length, source, offsets),
                    (1, 1) => dots_wide::<1, 1>(out, step, grads, plane, length, source, offsets),
                    _ => return false,
                }
            }
            return true;
        }
        if narrow() {
            // SAFETY: the machine has AVX2 and FMA, and the sizes were asserted above.
            unsafe {
                match (rows, offsets.len()) {
                    (2, 4) => dots_narrow::<2, 4>(out, step, grads, plane, length, source, offsets),
                    (2, 1) => dots_narrow::<2, 1>(out, step, grads, plane, length, source, offsets),
                    (1, 4) => dots_narrow::<1, 4>(out, step, grads, plane, length, source, offsets),
                    (1, 1) => dots_narrow::<1, 1>(out, step, grads, plane, length, source, offsets),
                    _ => return false,
                }
            }
            return true;
        }
    }
    false
}

/// Rows that [`gathered`] computes at once; 0 without the instructions.
pub fn rows_at_once() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        if wide() {
            return 12;
        }
        if narrow() {
            return 6;
        }
    }
    0
}

/// Rows and offsets of the largest tile of [`dots`]; zeros without the instructions.
pub fn dots_at_once() -> (usize, usize) {
    #[cfg(target_arch = "x86_64")]
    {
        if wide() {
            return (4, 6);
        }
        if narrow() {
            return (2, 4);
        }
    }
    (0, 0)
}

#[cfg(target_arch = "x86_64")]
fn wide() -> bool {
    is_x86_feature_detected!("avx512f")
}

#[cfg(target_arch = "x86_64")]
fn narrow() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Both tiles for one width of registers.
#[cfg(target_arch = "x86_64")]
macro_rules! tiles {
    ($feature:literal $lanes:literal $gathered:ident $dots:ident
     $zero:ident $load:ident $spread:ident $product:ident $store:ident) => {
        /// # Safety
        /// The machine has the instructions, and the sizes fit as [`gathered`] asserts.
        #[target_feature(enable = $feature)]
        unsafe fn $gathered<const ROWS: usize>(
            out: *mut f32,
            (pitch, span): (usize, usize),
            source: *const f32,
            offsets: &[usize],
            packed: &[f32],
            start: &[f32],
        ) {
            const LANES: usize = $lanes;
            let mut at = 0;
            while at < span {
                let mut sums = [[$zero(); 2]; ROWS];
                for (s, start) in sums.iter_mut().zip(start) {
                    *s = [$spread(*start); 2];
                }
                let mut weights = packed.as_ptr();
                for offset in offsets {
                    // SAFETY: the caller's promise: the source reaches past the last column, and there are ROWS weights
                    // for each offset.
                    unsafe {
                        let from = source.add(offset + at);
                        let (a, b) = ($load(from), $load(from.add(LANES)));
                        for (r, s) in sums.iter_mut().enumerate() {
                            let w = $spread(*weights.add(r));
                            s[0] = $product(w, a, s[0]);
                            s[1] = $product(w, b, s[1]);
                        }
                        weights = weights.add(ROWS);
                    }
                }
                let left = span - at;
                for (r, s) in sums.iter().enumerate() {
                    // SAFETY: the row has `span` columns; what does not fit goes through a buffer.
                    unsafe {
                        let to = out.add(r * pitch + at);
                        if left >= 2 * LANES {
                            $store(to, s[0]);
                            $store(to.add(LANES), s[1]);
                        } else {
                            let mut rest = [0f32; 2 * LANES];
                            $store(rest.as_mut_ptr(), s[0]);
                            $store(rest.as_mut_ptr().add(LANES), s[1]);
                            std::ptr::copy_nonoverlapping(rest.as_ptr(), to, left);
                        }
                    }
                }
                at += 2 * LANES;
            }
        }

        /// # Safety
        /// The machine has the instructions, and the sizes fit as [`dots`] asserts.
        #[target_feature(enable = $feature)]
        unsafe fn $dots<const ROWS: usize, const TAPS: usize>(
            out: *mut f32,
            step: usize,
            grads: *const f32,
            plane: usize,
            length: usize,
            source: *const f32,
            offsets: &[usize],
        ) {
            const LANES: usize = $lanes;
            let mut sums = [[$zero(); TAPS]; ROWS];
            let mut p = 0;
            while p < length {
                let mut x = [$zero(); TAPS];
                for (x, offset) in x.iter_mut().zip(offsets) {
                    // SAFETY: the caller's promise: `length` elements from each offset.
                    *x = unsafe { $load(source.add(offset + p)) };
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: the caller's promise: `length` elements in each row.
                    let g = unsafe { $load(grads.add(r * plane + p)) };
                    for (s, x) in sums.iter_mut().zip(&x) {
                        *s = $product(g, *x, *s);
                    }
                }
                p += LANES;
            }
            for (r, sums) in sums.iter().enumerate() {
                for (t, sum) in sums.iter().enumerate() {
                    let mut lanes = [0f32; LANES];
                    // SAFETY: the buffer has as many lanes as the register; `out` has TAPS elements in each row.
                    unsafe {
                        $store(lanes.as_mut_ptr(), *sum);
                        *out.add(r * step + t) += lanes.iter().sum::<f32>();
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
tiles!("avx512f" 16 gathered_wide dots_wide
    _mm512_setzero_ps _mm512_loadu_ps _mm512_set1_ps _mm512_fmadd_ps _mm512_storeu_ps);
#[cfg(target_arch = "x86_64")]
tiles!("avx2,fma" 8 gathered_narrow dots_narrow
    _mm256_setzero_ps _mm256_loadu_ps _mm256_set1_ps _mm256_fmadd_ps _mm256_storeu_ps);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_agree_with_plain_loops() {
        let number = |i: usize| ((i * 7 + 3) % 11) as f32 - 5.0;
        let source: Vec<f32> = (0..400).map(number).collect();
        let offsets = [0usize, 5, 31, 77, 100, 120];
        for rows in 1..=rows_at_once() {
            for span in [1usize, 16, 33, 100] {
                let packed: Vec<f32> = (0..rows * 6).map(|i| number(i + 1)).collect();
                let start: Vec<f32> = (0..rows).map(number).collect();
                let mut out = vec![0f32; rows * span];
                assert!(gathered(
                    &mut out,
                    (rows, span, span),
                    &source,
                    &offsets,
                    &packed,
                    &start
                ));
                for r in 0..rows {
                    for p in 0..span {
                        let each = offsets.iter().enumerate();
                        let sum: f32 = each
                            .map(|(i, o)| packed[i * rows + r] * source[o + p])
                            .sum();
                        assert_eq!(out[r * span + p], start[r] + sum);
                    }
                }
            }
        }
        let (rows, taps) = dots_at_once();
        for (rows, taps) in [(rows, taps), (1, 1)].into_iter().filter(|(r, _)| *r > 0) {
            let grads: Vec<f32> = (0..rows * 50).map(|i| number(i + 2)).collect();
            let mut out = vec![1f32; rows * 7];
            assert!(dots(
                &mut out,
                7,
                &grads,
                50,
                rows,
                48,
                &source,
                &offsets[..taps]
            ));
            for r in 0..rows {
                for (t, o) in offsets[..taps].iter().enumerate() {
                    let sum: f32 = (0..48).map(|p| grads[r * 50 + p] * source[o + p]).sum();
                    assert_eq!(out[r * 7 + t], 1.0 + sum);
                }
            }
        }
    }
}
