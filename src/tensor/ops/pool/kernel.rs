//! Loops over windows.

use super::window::Windows;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Number, Result, threads};

/// The largest element of each window, and its place in the channel if wanted.
pub(super) fn largest(x: &Array, w: &Windows, places: bool) -> Result<(Array, Option<Array>)> {
    let x = x.contiguous()?;
    let (from, to) = (w.input_plane(), w.output_plane());
    let quads = w.is_tiled([1, 2, 2]);
    let pairs = w.is_tiled([1, 1, 2]);
    dispatch_number!(x.dtype(), T => {
        let xs: &[T] = &x.slice::<T>();
        let mut values = None;
        let indices = |part: &mut dyn FnMut(&mut [i64])| -> Result<Option<Array>> {
            if !places {
                part(&mut []);
                return Ok(None);
            }
            Array::build::<i64>(&w.to, part).map(Some)
        };
        let indices = indices(&mut |at: &mut [i64]| {
            values = Some(Array::build::<T>(&w.to, |out| {
                if places {
                    // Both outputs are cut in the same way: the places are written through a second slice.
                    for (c, (out, at)) in out.chunks_exact_mut(to.max(1)).zip(at.chunks_exact_mut(to.max(1))).enumerate() {
                        let x = &xs[c * from..(c + 1) * from];
                        if quads {
                            vectorize(#[inline(always)] || quads_with_places(x, w, out, at));
                        } else {
                            windows(x, w, |i, v, place| { out[i] = v; at[i] = place as i64; });
                        }
                    }
                } else {
                    threads::fill_rows(out, to, xs.len(), &|first, part: &mut [T]| {
                        for (c, out) in part.chunks_exact_mut(to.max(1)).enumerate() {
                            let x = &xs[(first + c) * from..(first + c + 1) * from];
                            if quads {
                                vectorize(#[inline(always)] || quads_alone(x, w, out));
                            } else if pairs {
                                vectorize(#[inline(always)] || pairs_alone(x, w, out));
                            } else {
                                windows(x, w, |i, v, _| out[i] = v);
                            }
                        }
                    });
                }
            }));
        })?;
        let values = values.expect("the closure has run")?;
        Ok((values, indices))
    }, bool => unreachable!("pooling of bools is refused before"))
}

#[inline(always)]
fn windows<T: Number>(x: &[T], w: &Windows, mut put: impl FnMut(usize, T, usize)) {
    let [_, height, width] = w.input;
    w.each(|i, wd, wh, ww| {
        let mut place = (wd.start * height + wh.start) * width + ww.start;
        let mut best = T::LOWEST;
        for d in (wd.start..wd.end).step_by(wd.step) {
            for h in (wh.start..wh.end).step_by(wh.step) {
                let row = (d * height + h) * width;
                for at in (row + ww.start..row + ww.end).step_by(ww.step) {
                    let v = x[at];
                    if v > best || v.is_nan() {
                        best = v;
                        place = at;
                    }
                }
            }
        }
        put(i, best, place);
    });
}

/// Windows of 2 by 2 that tile the input: the two rows of each row of outputs.
#[inline(always)]
fn quad_rows<'a, T: Number>(
    x: &'a [T],
    w: &Windows,
) -> impl Iterator<Item = (usize, &'a [T], &'a [T])> + use<'a, T> {
    let width = w.input[2];
    let (rows, columns) = (w.along[1].len(), w.along[2].len());
    (0..rows).map(move |r| {
        let start = 2 * r * width;
        let (a, b) = (&x[start..], &x[start + width..]);
        (start, &a[..2 * columns], &b[..2 * columns])
    })
}

#[inline(always)]
fn greater<T: Number>(a: T, b: T) -> T {
    if b > a || b.is_nan() { b } else { a }
}

#[inline(always)]
fn quads_alone<T: Number>(x: &[T], w: &Windows, out: &mut [T]) {
    let columns = w.along[2].len().max(1);
    for ((_, a, b), out) in quad_rows(x, w).zip(out.chunks_exact_mut(columns)) {
        for ((o, a), b) in out.iter_mut().zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
            *o = greater(greater(a[0], a[1]), greater(b[0], b[1]));
        }
    }
}

/// Windows of 2 that tile each row.
#[inline(always)]
fn pairs_alone<T: Number>(x: &[T], w: &Windows, out: &mut [T]) {
    let columns = w.along[2].len().max(1);
    for (x, out) in x
        .chunks(w.input[2].max(1))
        .zip(out.chunks_exact_mut(columns))
    {
        for (o, x) in out.iter_mut().zip(x.chunks_exact(2)) {
            *o = greater(x[0], x[1]);
        }
    }
}

#[inline(always)]
fn quads_with_places<T: Number>(x: &[T], w: &Windows, out: &mut [T], at: &mut [i64]) {
    let (columns, width) = (w.along[2].len().max(1), w.input[2]);
    let rows = quad_rows(x, w).zip(out.chunks_exact_mut(columns));
    for (((start, a, b), out), at) in rows.zip(at.chunks_exact_mut(columns)) {
        let pairs = a.chunks_exact(2).zip(b.chunks_exact(2));
        for (j, ((o, at), (a, b))) in out.iter_mut().zip(at).zip(pairs).enumerate() {
            let (mut best, mut step) = (a[0], 0);
            for (v, s) in [(a[1], 1), (b[0], width), (b[1], width + 1)] {
                let better = v > best || v.is_nan();
                best = if better { v } else { best };
                step = if better { s } else { step };
            }
            *o = best;
            *at = (start + 2 * j + step) as i64;
        }
    }
}

/// Adds each gradient to the place that it is for; planes of the given sizes.
pub(super) fn scatter(
    g: &Array,
    places: &Array,
    shape: &[usize],
    from: usize,
    to: usize,
) -> Result<Array> {
    let (g, places) = (g.contiguous()?, places.contiguous()?);
    let at: &[i64] = &places.slice::<i64>();
    dispatch_float!(g.dtype(), T => {
        let gs: &[T] = &g.slice::<T>();
        Array::build::<T>(shape, |out| {
            threads::fill_rows(out, to, gs.len().max(out.len()), &|first, part: &mut [T]| {
                for (c, out) in part.chunks_exact_mut(to.max(1)).enumerate() {
                    let plane = (first + c) * from..(first + c + 1) * from;
                    out.fill(crate::tensor::array::Element::ZERO);
                    for (g, at) in gs[plane.clone()].iter().zip(&at[plane]) {
                        let o = &mut out[*at as usize];
                        *o = o.plus(*g);
                    }
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("max_pool2d_backward", g.dtype())))
}

/// The element of each plane at the given places.
pub(super) fn gather(
    x: &Array,
    places: &Array,
    shape: &[usize],
    from: usize,
    to: usize,
) -> Result<Array> {
    let (x, places) = (x.contiguous()?, places.contiguous()?);
    let at: &[i64] = &places.slice::<i64>();
    let bits = x.as_bits();
    let out = dispatch_bits!(x.dtype(), T => {
        let xs: &[T] = &bits.slice::<T>();
        Array::build::<T>(shape, |out| {
            for (c, out) in out.chunks_exact_mut(to.max(1)).enumerate() {
                let plane = &xs[c * from..(c + 1) * from];
                let at = &at[c * to..(c + 1) * to];
                out.iter_mut().zip(at).for_each(|(o, at)| *o = plane[*at as usize]);
            }
        })
    })?;
    Ok(out.of_dtype(x.dtype()))
}

fn divisor(w: &Windows, counts: [usize; 3]) -> i64 {
    let count = || counts.iter().product::<usize>().max(1) as i64;
    w.divisor.unwrap_or_else(count)
}

/// The mean of each window.
pub(super) fn mean(x: &Array, w: &Windows) -> Result<Array> {
    let x = x.contiguous()?;
    let (from, to) = (w.input_plane(), w.output_plane());
    let [_, height, width] = w.input;
    dispatch_number!(x.dtype(), T => {
        let xs: &[T] = &x.slice::<T>();
        Array::build::<T>(&w.to, |out| {
            threads::fill_rows(out, to, xs.len(), &|first, part: &mut [T]| {
                for (c, out) in part.chunks_exact_mut(to.max(1)).enumerate() {
                    let x = &xs[(first + c) * from..(first + c + 1) * from];
                    w.each(|i, wd, wh, ww| {
                        let mut sum = <T as crate::tensor::array::Element>::ZERO;
                        for d in wd.start..wd.end {
                            for h in wh.start..wh.end {
                                let row = (d * height + h) * width;
                                for v in &x[row + ww.start..row + ww.end] {
                                    sum = sum.plus(*v);
                                }
                            }
                        }
                        let n = divisor(w, [wd.count, wh.count, ww.count]);
                        out[i] = divide(sum, n);
                    });
                }
            });
        })
    }, bool => unreachable!("pooling of bools is refused before"))
}

#[inline(always)]
fn divide<T: Number>(sum: T, n: i64) -> T {
    let n = T::from_i64(n);
    if T::FLOATING {
        // For floats this cuts nothing: the quotient is taken below.
        return T::from_f64(sum.to_f64() / n.to_f64());
    }
    sum.trunc_divide(n)
}

/// Spreads each gradient evenly over its window.
pub(super) fn spread(g: &Array, w: &Windows) -> Result<Array> {
    let g = g.contiguous()?;
    let (from, to) = (w.output_plane(), w.input_plane());
    let [_, height, width] = w.input;
    dispatch_float!(g.dtype(), T => {
        let gs: &[T] = &g.slice::<T>();
        Array::build::<T>(&w.from, |out| {
            threads::fill_rows(out, to, gs.len() * 4, &|first, part: &mut [T]| {
                for (c, out) in part.chunks_exact_mut(to.max(1)).enumerate() {
                    let g = &gs[(first + c) * from..(first + c + 1) * from];
                    out.fill(crate::tensor::array::Element::ZERO);
                    w.each(|i, wd, wh, ww| {
                        let share = divide(g[i], divisor(w, [wd.count, wh.count, ww.count]));
                        for d in wd.start..wd.end {
                            for h in wh.start..wh.end {
                                let row = (d * height + h) * width;
                                for o in &mut out[row + ww.start..row + ww.end] {
                                    *o = o.plus(share);
                                }
                            }
                        }
                    });
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("max_pool2d_backward", g.dtype())))
}
