//! Products with rows that overlap in memory: row `i` of the right side starts at `offsets[i]`.

use crate::tensor::array::kernels::tile::{self, singles, singles_mut};
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{DType, Number};

/// Columns that are computed at once.
const WIDE: usize = 16;

/// `a * b + c`
#[inline(always)]
fn add_product<T: Number>(a: T, b: T, c: T) -> T {
    c.plus(a.times(b))
}

/// The heights of blocks of rows that [`gathered`] takes at a time.
pub(super) fn blocks<T: Number>(rows: usize) -> Vec<usize> {
    let most = tile::rows_at_once();
    if T::DTYPE == DType::Float32 && most > 0 {
        // Of nearly the same height.
        let blocks = rows.div_ceil(most);
        let start = |b: usize| b * rows / blocks;
        return (0..blocks).map(|b| start(b + 1) - start(b)).collect();
    }
    let mut all = Vec::new();
    let mut left = rows;
    while left > 0 {
        let many = match left {
            6.. => 6,
            4.. => 4,
            n => n,
        };
        all.push(many);
        left -= many;
    }
    all
}

/// `out[o][p] = start[o] + sum over i of weight(o, i) * source[offsets[i] + p]`, for blocks of rows that lie `pitch` apart, of `span`
/// columns each. The source has some elements more than the last row reaches. A block of `n` rows has the weights of the
/// first offset for each row, then those of the next one.
pub(super) fn gathered<T: Number>(
    out: &mut [T],
    (pitch, span): (usize, usize),
    blocks: &[usize],
    source: &[T],
    offsets: &[usize],
    packed: &[T],
    start: &[T],
) {
    let reach = offsets.iter().max().copied().unwrap_or(0) + span.next_multiple_of(tile::SLACK);
    assert!(
        reach <= source.len() || span == 0,
        "the source has some slack"
    );
    let mut first = 0;
    for &many in blocks {
        let weights = &packed[first * offsets.len()..(first + many) * offsets.len()];
        let out = &mut out[first * pitch..];
        let start = &start[first..first + many];
        first += many;
        if let (Some(out), Some(source), Some(weights), Some(start)) = (
            singles_mut(out),
            singles(source),
            singles(weights),
            singles(start),
        ) && tile::gathered(out, (many, pitch, span), source, offsets, weights, start)
        {
            continue;
        }
        vectorize(
            #[inline(always)]
            || match many {
                6 => block::<T, 6>(out, (pitch, span), source, offsets, weights, start),
                4 => block::<T, 4>(out, (pitch, span), source, offsets, weights, start),
                3 => block::<T, 3>(out, (pitch, span), source, offsets, weights, start),
                2 => block::<T, 2>(out, (pitch, span), source, offsets, weights, start),
                _ => block::<T, 1>(out, (pitch, span), source, offsets, weights, start),
            },
        );
    }
}

#[inline(always)]
fn block<T: Number, const ROWS: usize>(
    out: &mut [T],
    (pitch, span): (usize, usize),
    source: &[T],
    offsets: &[usize],
    packed: &[T],
    start: &[T],
) {
    let mut at = 0;
    while at < span {
        let mut sums: [[T; WIDE]; ROWS] = std::array::from_fn(|r| [start[r]; WIDE]);
        for (weights, offset) in packed.chunks_exact(ROWS).zip(offsets) {
            let from = &source[offset + at..offset + at + WIDE];
            for (sums, w) in sums.iter_mut().zip(weights) {
                for (s, x) in sums.iter_mut().zip(from) {
                    *s = add_product(*w, *x, *s);
                }
            }
        }
        let width = WIDE.min(span - at);
        for (r, sums) in sums.iter().enumerate() {
            let to = r * pitch + at;
            out[to..to + width].copy_from_slice(&sums[..width]);
        }
        at += WIDE;
    }
}

/// `out[o][i] += sum over p of grads[o][p] * source[offsets[i] + p]`, for so many rows and columns of `grads`, whose rows
/// lie `plane` apart.
pub(super) fn dots<T: Number>(
    out: &mut [T],
    (rows, end): (usize, usize),
    grads: &[T],
    plane: usize,
    source: &[T],
    offsets: &[usize],
) {
    let k = offsets.len();
    if end == 0 || k == 0 || rows == 0 {
        return;
    }
    let (most, taps) = tile::dots_at_once();
    if let (Some(out), Some(grads), Some(source), true) =
        (singles_mut(out), singles(grads), singles(source), most > 0)
    {
        return dots_in_tiles(
            out,
            (rows, end),
            grads,
            plane,
            source,
            offsets,
            (most, taps),
        );
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
                    let g = &grads[o * plane..(o + many - 1) * plane + end];
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
    (rows, end): (usize, usize),
    grads: &[f32],
    plane: usize,
    source: &[f32],
    offsets: &[usize],
    (most, taps): (usize, usize),
) {
    let (k, whole) = (offsets.len(), end / 16 * 16);
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
            let g = &grads[o * plane..(o + many - 1) * plane + end];
            let out = &mut out[o * k + i..];
            tile::dots(out, k, g, plane, many, whole, source, at);
            for (r, g) in g.chunks(plane).enumerate() {
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
