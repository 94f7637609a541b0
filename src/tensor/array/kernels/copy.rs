//! Copying, filling and converting, over ndarray views where strides are in the way.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder};

use crate::tensor::array::error::bail;
use crate::tensor::array::layout::Layout;
use crate::tensor::array::{Array, BF16, DType, Element, F16, Result, threads};

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
    Array::build::<T>(x.shape(), |out| copy_out(from, x.layout(), out))
}

/// Writes a layout's elements to a slice in row-major order.
pub fn copy_out<T: Element>(all: &[T], layout: &Layout, out: &mut [T]) {
    if let ([rows, columns], [s, 1]) = (layout.shape.as_slice(), layout.strides.as_slice()) {
        for r in 0..*rows {
            let start = layout.offset + r * s;
            out[r * columns..(r + 1) * columns].copy_from_slice(&all[start..start + columns]);
        }
        return;
    }
    if let ([rows, columns], [1, s]) = (layout.shape.as_slice(), layout.strides.as_slice()) {
        return transpose(&all[layout.offset..], (*rows, *columns), *s, out);
    }
    view_mut(out, &Layout::contiguous(&layout.shape)).assign(&view(all, layout));
}

/// Copies a matrix that lies column by column, `stride` apart, in tiles that stay in registers.
fn transpose<T: Element>(all: &[T], (rows, columns): (usize, usize), stride: usize, out: &mut [T]) {
    const TILE: usize = 8;
    let whole = |n: usize| n / TILE * TILE;
    for c0 in (0..whole(columns)).step_by(TILE) {
        for r0 in (0..whole(rows)).step_by(TILE) {
            let mut tile = [[T::ZERO; TILE]; TILE];
            for (c, column) in tile.iter_mut().enumerate() {
                let start = (c0 + c) * stride + r0;
                column.copy_from_slice(&all[start..start + TILE]);
            }
            for r in 0..TILE {
                let start = (r0 + r) * columns + c0;
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
                out[r * columns + c] = all[c * stride + r];
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
    Array::build_like::<U>(x.layout(), |out| convert::<T, U>(from, out))
}

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
}
