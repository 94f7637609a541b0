//! Copying, filling and converting, over ndarray views where strides are in the way.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder};

use smallvec::SmallVec;

use super::stream::prefetch;
use super::vectorize;
use crate::tensor::array::error::bail;
use crate::tensor::array::layout::Layout;
use crate::tensor::array::{Array, BF16, DType, Dims, Element, F16, Result, threads};

/// An ndarray view of a layout over a storage's elements.
pub fn view<'a, T: Element>(all: &'a [T], layout: &Layout) -> ArrayViewD<'a, T> {
    let shape = IxDyn(&layout.shape).strides(IxDyn(&layout.strides));
    let all = if layout.numel() == 0 {
        &[]
    } else {
        &all[layout.offset..]
    };
    ArrayViewD::from_shape(shape, all).expect("a layout lies inside its storage")
}

/// [`view`] to write through; the layout must not overlap itself.
pub fn view_mut<'a, T: Element>(all: &'a mut [T], layout: &Layout) -> ArrayViewMutD<'a, T> {
    let shape = IxDyn(&layout.shape).strides(IxDyn(&layout.strides));
    let all = if layout.numel() == 0 {
        &mut []
    } else {
        &mut all[layout.offset..]
    };
    ArrayViewMutD::from_shape(shape, all)
        .expect("a layout that is written to does not overlap itself")
}

/// A contiguous copy.
pub fn contiguous<T: Element>(x: &Array) -> Result<Array> {
    if x.is_contiguous() {
        let from: &[T] = &x.slice::<T>();
        return Array::build::<T>(x.shape(), |out| {
            threads::fill(out, threads::GRAIN, &|start, part| {
                part.copy_from_slice(&from[start..start + part.len()])
            });
        });
    }
    let from: &[T] = &x.read::<T>();
    Array::build::<T>(x.shape(), |out| {
        let layout = x.layout();
        let Some(&n) = layout.shape.first() else {
            return copy_out(from, layout, out);
        };
        let row = out.len() / n.max(1);
        threads::fill_rows(out, row, out.len(), &|first, part| {
            let mut piece = layout.clone();
            piece.shape[0] = part.len() / row.max(1);
            piece.offset += first * layout.strides[0];
            copy_out(from, &piece, part);
        });
    })
}

/// Writes a layout's elements to a slice in row-major order.
#[inline(never)] // Large, and called from kernels that are compiled for many dtypes.
pub fn copy_out<T: Element>(all: &[T], layout: &Layout, out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    let walk = Walk::new(layout);
    match walk.dims[..] {
        [] => out[0] = all[layout.offset],
        [.., (n, 1)] => walk.each(layout.offset, 1, &mut |from, to| {
            out[to..to + n].copy_from_slice(&all[from..from + n]);
        }),
        [.., (n, stride)] => match walk.dims.iter().position(|(_, s)| *s == 1) {
            // What lies side by side goes to different rows of the output: matrices to be transposed.
            Some(d) => {
                let (rows, pitch) = (walk.dims[d].0, walk.size_after(d));
                walk.without(d).each(layout.offset, 1, &mut |from, to| {
                    transpose(&all[from..], (rows, n), stride, &mut out[to..], pitch);
                });
            }
            None => walk.each(layout.offset, 1, &mut |from, to| {
                let values = all[from..].iter().step_by(stride.max(1));
                if stride == 0 {
                    return out[to..to + n].fill(all[from]);
                }
                out[to..to + n]
                    .iter_mut()
                    .zip(values)
                    .for_each(|(o, v)| *o = *v);
            }),
        },
    }
}

/// A layout without the dimensions of size 1, and with those joined that are walked as one: sizes and strides, and the
/// strides of the row-major output.
struct Walk {
    dims: SmallVec<[(usize, usize); 6]>,
    steps: Dims,
}

impl Walk {
    fn new(layout: &Layout) -> Walk {
        let mut dims: SmallVec<[(usize, usize); 6]> = SmallVec::new();
        let sizes = layout.shape.iter().zip(&layout.strides);
        for (&size, &stride) in sizes.filter(|(n, _)| **n != 1) {
            match dims.last_mut() {
                Some(last) if last.1 == stride * size => *last = (last.0 * size, stride),
                _ => dims.push((size, stride)),
            }
        }
        let mut steps = Dims::from_elem(1, dims.len());
        for d in (1..dims.len()).rev() {
            steps[d - 1] = steps[d] * dims[d].0;
        }
        Walk { dims, steps }
    }

    fn size_after(&self, d: usize) -> usize {
        self.steps[d]
    }

    fn without(&self, d: usize) -> Walk {
        let (mut dims, mut steps) = (self.dims.clone(), self.steps.clone());
        dims.remove(d);
        steps.remove(d);
        Walk { dims, steps }
    }

    /// Calls the function for each place in all dimensions but the last `inner`: where it starts in the layout, which
    /// itself starts at `from`, and in the output.
    fn each(&self, mut from: usize, inner: usize, f: &mut dyn FnMut(usize, usize)) {
        let outer = self.dims.len() - inner;
        let mut index = Dims::from_elem(0, outer);
        let mut to = 0;
        loop {
            f(from, to);
            let mut d = outer;
            loop {
                let Some(next) = d.checked_sub(1) else {
                    return;
                };
                d = next;
                let (size, stride) = self.dims[d];
                index[d] += 1;
                from += stride;
                to += self.steps[d];
                if index[d] < size {
                    break;
                }
                index[d] = 0;
                from -= size * stride;
                to -= size * self.steps[d];
            }
        }
    }
}

/// Copies a matrix that lies column by column, `stride` apart, to rows that lie `pitch` apart, in tiles that stay in
/// registers.
fn transpose<T: Element>(
    all: &[T],
    (rows, columns): (usize, usize),
    stride: usize,
    out: &mut [T],
    pitch: usize,
) {
    const TILE: usize = 8;
    /// Columns that are fetched ahead: each starts a new line of memory, for which the tile would wait.
    const AHEAD: usize = 16;
    let whole = |n: usize| n / TILE * TILE;
    for c0 in (0..whole(columns)).step_by(TILE) {
        for r0 in (0..whole(rows)).step_by(TILE) {
            let mut tile = [[T::ZERO; TILE]; TILE];
            for (c, column) in tile.iter_mut().enumerate() {
                let start = (c0 + c) * stride + r0;
                prefetch(all, start + AHEAD * stride);
                column.copy_from_slice(&all[start..start + TILE]);
            }
            for r in 0..TILE {
                let start = (r0 + r) * pitch + c0;
                let row = &mut out[start..start + TILE];
                row.iter_mut()
                    .zip(&tile)
                    .for_each(|(o, column)| *o = column[r]);
            }
        }
    }
    let mut rest = |rs: std::ops::Range<usize>, cs: std::ops::Range<usize>| {
        for r in rs {
            for c in cs.clone() {
                out[r * pitch + c] = all[c * stride + r];
            }
        }
    };
    rest(whole(rows)..rows, 0..columns);
    rest(0..whole(rows), whole(columns)..columns);
}

/// The elements at these places of the storage.
pub fn at_places(x: &Array, places: &[usize], shape: &[usize]) -> Result<Array> {
    let bits = dispatch_bits!(x.dtype(), T => {
        let x = x.as_bits();
        let all: &[T] = &x.read::<T>();
        Array::build::<T>(shape, |out| out.iter_mut().zip(places).for_each(|(o, p)| *o = all[*p]))
    });
    Ok(bits?.of_dtype(x.dtype()))
}

/// A converted copy that keeps a dense layout.
pub fn cast(x: &Array, dtype: DType) -> Result<Array> {
    let x = if x.layout().is_dense() {
        x.clone()
    } else {
        x.copy()?
    };
    let bytes = |d: DType| if d == DType::Bool { DType::UInt8 } else { d };
    let from = bytes(x.dtype());
    let x = x.of_dtype(from);
    // Types without a sign are met by `int64` only, which has the bits of the widest.
    if dtype.is_unsigned() && dtype != from {
        let signed = [DType::Int16, DType::Int32, DType::Int64][dtype.size().ilog2() as usize - 1];
        return Ok(cast(&cast(&x, DType::Int64)?, signed)?.of_dtype(dtype));
    }
    if from.is_unsigned() && dtype != from {
        let wide = match from {
            DType::UInt16 => converted::<u16, i64>(&x)?,
            DType::UInt32 => converted::<u32, i64>(&x)?,
            _ if dtype.is_floating_point() => converted::<u64, f64>(&x)?,
            _ => x.of_dtype(DType::Int64),
        };
        return cast(&wide, dtype);
    }
    if dtype == DType::Bool {
        return match from {
            DType::Float16 | DType::BFloat16 => cast(&cast(&x, DType::Float32)?, dtype),
            DType::Float32 => converted::<f32, bool>(&x),
            DType::Float64 => converted::<f64, bool>(&x),
            _ => dispatch_bits!(from, T => converted::<T, bool>(&x.as_bits())),
        };
    }
    match (from, dtype) {
        // The floats of 16 bits are met only by `f32`, through which they become other types.
        (DType::Float16, DType::Float32) => converted::<F16, f32>(&x),
        (DType::BFloat16, DType::Float32) => converted::<BF16, f32>(&x),
        (DType::Float32, DType::Float16) => converted::<f32, F16>(&x),
        (DType::Float32, DType::BFloat16) => converted::<f32, BF16>(&x),
        (a, b) if a.is_small() || b.is_small() => cast(&cast(&x, DType::Float32)?, dtype),
        (a, b) if a == b => x.copy_dense(),
        // What programs convert most.
        (DType::UInt8, DType::Float32) => converted::<u8, f32>(&x),
        (DType::Int32, DType::Float32) => converted::<i32, f32>(&x),
        (DType::Float32, DType::Int32) => converted::<f32, i32>(&x),
        (DType::Float32, DType::Int64) => converted::<f32, i64>(&x),
        _ => cast_widely(&x, dtype),
    }
}

/// Converts floats as `f64` and integers as `i64`, from which conversions are the same as from the type itself.
fn cast_widely(x: &Array, dtype: DType) -> Result<Array> {
    let bool = || unreachable!("bools are cast as bytes");
    match x.dtype() {
        DType::Float64 => dispatch_number!(dtype, U => converted::<f64, U>(x), bool => bool()),
        DType::Int64 => dispatch_number!(dtype, U => converted::<i64, U>(x), bool => bool()),
        DType::Float32 => {
            let wide = converted::<f32, f64>(x)?;
            if dtype == DType::Float64 {
                Ok(wide)
            } else {
                cast_widely(&wide, dtype)
            }
        }
        from => {
            let wide = dispatch_integer!(from, T => converted::<T, i64>(x), other => bool())?;
            if dtype == DType::Int64 {
                Ok(wide)
            } else {
                cast_widely(&wide, dtype)
            }
        }
    }
}

fn converted<T: Element, U: Element>(x: &Array) -> Result<Array> {
    let from: &[T] = &x.slice::<T>();
    Array::build_like::<U>(x.layout(), |out| {
        threads::fill(out, threads::GRAIN, &|start, part| {
            let from = &from[start..start + part.len()];
            // Floats of 16 bits are taken apart, which pays in SIMD.
            if T::DTYPE.is_small() || U::DTYPE.is_small() {
                vectorize(
                    #[inline(always)]
                    || convert::<T, U>(from, part),
                );
            } else {
                convert::<T, U>(from, part);
            }
        });
    })
}

#[inline(always)]
fn convert<T: Element, U: Element>(from: &[T], to: &mut [U]) {
    for (u, t) in to.iter_mut().zip(from) {
        *u = t.cast();
    }
}

/// Writes `source` over `target`; shapes must broadcast.
pub fn assign(target: &Array, source: &Array) -> Result<()> {
    if target.numel() == 0 {
        return Ok(());
    }
    if target.layout().overlaps() {
        bail!(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation."
        );
    }
    let source = source.to_dtype(target.dtype())?;
    let source = if source.shape() == target.shape() {
        source
    } else {
        source.broadcast(target.shape())
    };
    if target.storage().same(source.storage()) {
        if target.layout() == source.layout() {
            return Ok(());
        }
        return assign(target, &source.copy()?);
    }
    let order = |x: &Array| x.layout().strides.clone();
    let aligned =
        target.layout().is_dense() && source.layout().is_dense() && order(target) == order(&source);
    let (target, source) = (target.as_bits(), source.as_bits());
    dispatch_bits!(target.dtype(), T => {
        if aligned || target.is_contiguous() && source.is_contiguous() {
            target.slice_mut::<T>().copy_from_slice(&source.slice::<T>());
        } else {
            let from = source.read::<T>();
            view_mut(&mut target.write::<T>(), target.layout()).assign(&view(&from, source.layout()));
        }
    });
    Ok(())
}

/// Writes one value everywhere.
pub fn fill<T: Element>(x: &Array, value: T) {
    if x.layout().is_dense() {
        x.slice_mut::<T>().fill(value);
    } else {
        view_mut(&mut x.write::<T>(), x.layout()).fill(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_views_are_copied_and_written() {
        let x = Array::from_vec(vec![1i64, 2, 3, 4, 5, 6], &[2, 3]);
        let t = x.permute(&[1, 0]);
        assert_eq!(t.to_vec::<i64>().unwrap(), [1, 4, 2, 5, 3, 6]);
        t.assign(&Array::from_vec(vec![0.5f32, 7.9], &[2])).unwrap();
        assert_eq!(x.to_vec::<i64>().unwrap(), [0, 0, 0, 7, 7, 7]);
        t.assign(&x.permute(&[1, 0])).unwrap();
        assert_eq!(x.broadcast(&[2, 2, 3]).to_vec::<f32>().unwrap().len(), 12);
    }

    #[test]
    fn every_order_of_dimensions_is_copied() {
        let shape = [3usize, 9, 1, 17];
        let x = Array::from_vec((0..3 * 9 * 17i64).collect(), &shape);
        let orders = [
            [0, 1, 2, 3],
            [3, 1, 0, 2],
            [1, 0, 3, 2],
            [2, 3, 1, 0],
            [0, 3, 2, 1],
            [1, 3, 0, 2],
        ];
        for order in orders {
            let turned = x.permute(&order);
            for step in [1, 2] {
                // Every second row, too: nothing lies side by side any more.
                let mut layout = turned.layout().clone();
                layout.shape[0] = layout.shape[0].div_ceil(step);
                layout.strides[0] *= step;
                let part = turned.with_layout(layout.clone());
                let expected: Vec<i64> = view(&x.read::<i64>(), &layout).iter().copied().collect();
                assert_eq!(part.to_vec::<i64>().unwrap(), expected, "{order:?} {step}");
            }
        }
    }
}
