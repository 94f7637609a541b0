//! Products with rows that overlap in memory: row `i` of the right side starts at `offsets[i]`.

use crate::tensor::array::Number;
use crate::tensor::array::kernels::vectorize;

/// Columns that are computed at once.
const WIDE: usize = 16;

/// `a * b + c`
#[inline(always)]
fn add_product<T: Number>(a: T, b: T, c: T) -> T {
    c.plus(a.times(b))
}

/// `out[o][p] = sum over i of weight(o, i) * source[offsets[i] + p]`, for `rows` rows of `span` columns. The source has
/// some elements more than the last row reaches.
pub(super) fn gathered<T: Number>(
    out: &mut [T],
    span: usize,
    rows: usize,
    source: &[T],
    offsets: &[usize],
    weight: impl Fn(usize, usize) -> T,
) {
    let reach = offsets.iter().max().copied().unwrap_or(0) + span.next_multiple_of(WIDE);
    assert!(
        reach <= source.len() || span == 0,
        "the source has some slack"
    );
    let mut packed = Vec::with_capacity(6 * offsets.len());
    let mut first = 0;
    while first < rows {
        let many = match rows - first {
            6.. => 6,
            4.. => 4,
            n => n,
        };
        packed.clear();
        for i in 0..offsets.len() {
            packed.extend((0..many).map(|o| weight(first + o, i)));
        }
        let out = &mut out[first * span..(first + many) * span];
        vectorize(
            #[inline(always)]
            || match many {
                6 => block::<T, 6>(out, span, source, offsets, &packed),
                4 => block::<T, 4>(out, span, source, offsets, &packed),
                3 => block::<T, 3>(out, span, source, offsets, &packed),
                2 => block::<T, 2>(out, span, source, offsets, &packed),
                _ => block::<T, 1>(out, span, source, offsets, &packed),
            },
        );
        first += many;
    }
}

#[inline(always)]
fn block<T: Number, const ROWS: usize>(
    out: &mut [T],
    span: usize,
    source: &[T],
    offsets: &[usize],
    packed: &[T],
) {
    let mut start = 0;
    while start < span {
        let mut sums = [[T::ZERO; WIDE]; ROWS];
        for (weights, offset) in packed.chunks_exact(ROWS).zip(offsets) {
            let from = &source[offset + start..offset + start + WIDE];
            for (sums, w) in sums.iter_mut().zip(weights) {
                for (s, x) in sums.iter_mut().zip(from) {
                    *s = add_product(*w, *x, *s);
                }
            }
        }
        let width = WIDE.min(span - start);
        for (r, sums) in sums.iter().enumerate() {
            let at = r * span + start;
            out[at..at + width].copy_from_slice(&sums[..width]);
        }
        start += WIDE;
    }
}

/// `out[o][i] += sum over p of grads[o][p] * source[offsets[i] + p]`, where rows of `grads` have `plane` columns.
pub(super) fn dots<T: Number>(
    out: &mut [T],
    grads: &[T],
    plane: usize,
    source: &[T],
    offsets: &[usize],
) {
    let k = offsets.len();
    if plane == 0 || k == 0 {
        return;
    }
    let reach = offsets.iter().max().copied().unwrap_or(0) + plane;
    let rows = grads.len() / plane;
    // The last rows may reach past the end of the source, where the gradients are zeros.
    let end = plane - (reach.saturating_sub(source.len())).min(plane);
    vectorize(
        #[inline(always)]
        || {
            let mut o = 0;
            while o < rows {
                let many = if rows - o >= 4 { 4 } else { 1 };
                let mut i = 0;
                while i < k {
                    let few = if k - i >= 3 { 3 } else { 1 };
                    let at = &offsets[i..i + few];
                    let g = &grads[o * plane..(o + many) * plane];
                    match (many, few) {
                        (4, 3) => dot_block::<T, 4, 3>(
                            &mut out[o * k + i..],
                            k,
                            g,
                            plane,
                            end,
                            source,
                            at,
                        ),
                        (4, _) => dot_block::<T, 4, 1>(
                            &mut out[o * k + i..],
                            k,
                            g,
                            plane,
                            end,
                            source,
                            at,
                        ),
                        (_, 3) => dot_block::<T, 1, 3>(
                            &mut out[o * k + i..],
                            k,
                            g,
                            plane,
                            end,
                            source,
                            at,
                        ),
                        (_, _) => dot_block::<T, 1, 1>(
                            &mut out[o * k + i..],
                            k,
                            g,
                            plane,
                            end,
                            source,
                            at,
                        ),
                    }
                    i += few;
                }
                o += many;
            }
        },
    );
}

#[inline(always)]
fn dot_block<T: Number, const ROWS: usize, const TAPS: usize>(
    out: &mut [T],
    k: usize,
    grads: &[T],
    plane: usize,
    end: usize,
    source: &[T],
    offsets: &[usize],
) {
    const LANES: usize = 8;
    let mut sums = [[[T::ZERO; LANES]; TAPS]; ROWS];
    let whole = end / LANES * LANES;
    let mut p = 0;
    while p < whole {
        for (r, sums) in sums.iter_mut().enumerate() {
            let g = &grads[r * plane + p..r * plane + p + LANES];
            for (sums, offset) in sums.iter_mut().zip(offsets) {
                let x = &source[offset + p..offset + p + LANES];
                for l in 0..LANES {
                    sums[l] = add_product(g[l], x[l], sums[l]);
                }
            }
        }
        p += LANES;
    }
    for (r, sums) in sums.iter().enumerate() {
        for (t, sums) in sums.iter().enumerate() {
            let mut total = sums.iter().fold(T::ZERO, |s, v| s.plus(*v));
            for p in whole..end {
                total = total.plus(grads[r * plane + p].times(source[offsets[t] + p]));
            }
            let o = &mut out[r * k + t];
            *o = o.plus(total);
        }
    }
}
