//! Products with rows that overlap in memory: row `i` of the right side starts at `offsets[i]`.

use crate::tensor::array::kernels::{tile, vectorize};
use crate::tensor::array::{DType, Number};

/// A slice as what it is, if it is one of single precision.
fn singles<T: Number>(x: &[T]) -> Option<&[f32]> {
    let (at, len) = (x.as_ptr().cast(), x.len());
    // SAFETY: the dtype says that T is f32.
    (T::DTYPE == DType::Float32).then(|| unsafe { std::slice::from_raw_parts(at, len) })
}

/// [`singles`] to write to.
fn singles_mut<T: Number>(x: &mut [T]) -> Option<&mut [f32]> {
    let (at, len) = (x.as_mut_ptr().cast(), x.len());
    // SAFETY: the dtype says that T is f32.
    (T::DTYPE == DType::Float32).then(|| unsafe { std::slice::from_raw_parts_mut(at, len) })
}

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
    let reach = offsets.iter().max().copied().unwrap_or(0) + span.next_multiple_of(tile::SLACK);
    assert!(
        reach <= source.len() || span == 0,
        "the source has some slack"
    );
    let mut packed = Vec::with_capacity(12 * offsets.len());
    let mut first = 0;
    let most = tile::rows_at_once();
    if let (Some(out), Some(source), true) = (singles_mut(out), singles(source), most > 0) {
        // Blocks of nearly the same height.
        let blocks = rows.div_ceil(most);
        for block in 0..blocks {
            let many = (rows - first).div_ceil(blocks - block);
            packed.clear();
            for i in 0..offsets.len() {
                packed.extend((0..many).map(|o| weight(first + o, i)));
            }
            let weights = singles(&packed).unwrap_or_default();
            let out = &mut out[first * span..(first + many) * span];
            tile::gathered(out, many, span, source, offsets, weights);
            first += many;
        }
        return;
    }
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
    let (most, taps) = tile::dots_at_once();
    if let (Some(out), Some(grads), Some(source), true) =
        (singles_mut(out), singles(grads), singles(source), most > 0)
    {
        return dots_in_tiles(out, grads, plane, end, source, offsets, (most, taps));
    }
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

/// [`dots`] in single precision.
fn dots_in_tiles(
    out: &mut [f32],
    grads: &[f32],
    plane: usize,
    end: usize,
    source: &[f32],
    offsets: &[usize],
    (most, taps): (usize, usize),
) {
    let (k, rows, whole) = (offsets.len(), grads.len() / plane, end / 16 * 16);
    let mut o = 0;
    while o < rows {
        let many = [most, 2, 1]
            .into_iter()
            .find(|n| *n <= rows - o)
            .unwrap_or(1);
        let mut i = 0;
        while i < k {
            let sizes = [if many == most { taps } else { 4 }, 4, 1];
            let few = sizes.into_iter().find(|n| *n <= k - i).unwrap_or(1);
            let at = &offsets[i..i + few];
            let g = &grads[o * plane..(o + many) * plane];
            let out = &mut out[o * k + i..];
            tile::dots(out, k, g, plane, many, whole, source, at);
            for (r, g) in g.chunks_exact(plane).enumerate() {
                for (t, offset) in at.iter().enumerate() {
                    let rest = g[whole..end].iter().zip(&source[offset + whole..]);
                    out[r * k + t] += rest.fold(0.0, |s, (g, x)| s + g * x);
                }
            }
            i += few;
        }
        o += many;
    }
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
