//! Where elements lie: shape, strides and offset, and the calculus of views.

use smallvec::SmallVec;

use super::error::{bail, ensure};
use super::{Error, Result};

/// Sizes or strides, one a dimension.
pub type Dims = SmallVec<[usize; 4]>;

/// The placement of an array's elements in its storage, in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The size of each dimension.
    pub shape: Dims,
    /// The distance between neighbours along each dimension; never negative.
    pub strides: Dims,
    /// Where the first element lies.
    pub offset: usize,
}

/// `[2, 3]`, as PyTorch writes shapes in messages.
pub fn show<T: std::fmt::Display>(dims: &[T]) -> String {
    let parts: Vec<String> = dims.iter().map(T::to_string).collect();
    format!("[{}]", parts.join(", "))
}

/// The strides of a contiguous array.
pub fn contiguous_strides(shape: &[usize]) -> Dims {
    let mut strides = Dims::from_elem(1, shape.len());
    let mut step = 1;
    for i in (0..shape.len()).rev() {
        strides[i] = step;
        step *= shape[i].max(1);
    }
    strides
}

/// [`wrap_dim`] where a tensor without dimensions has none to name.
pub fn wrap_own_dim(dim: i64, ndim: usize) -> Result<usize> {
    ensure!(
        ndim > 0,
        Index,
        "Dimension specified as {dim} but tensor has no dimensions"
    );
    wrap_dim(dim, ndim)
}

/// Puts a dimension given as -1, -2 ... into range; the message is PyTorch's.
#[inline]
pub fn wrap_dim(dim: i64, ndim: usize) -> Result<usize> {
    let n = ndim.max(1) as i64;
    if dim < -n || dim >= n {
        return Err(dim_error(dim, n));
    }
    Ok(if dim < 0 { dim + n } else { dim } as usize)
}

#[cold]
fn dim_error(dim: i64, n: i64) -> Error {
    Error::index(format!(
        "Dimension out of range (expected to be in range of [{}, {}], but got {dim})",
        -n,
        n - 1
    ))
}

/// Puts several dimensions into range and refuses repetition.
pub fn wrap_dims(dims: &[i64], ndim: usize) -> Result<Dims> {
    let mut out = Dims::new();
    for &d in dims {
        let d = wrap_dim(d, ndim)?;
        ensure!(
            !out.contains(&d),
            "dim {d} appears multiple times in the list of dims"
        );
        out.push(d);
    }
    Ok(out)
}

/// The shape that two shapes broadcast to.
pub fn broadcast_shapes(a: &[usize], b: &[usize]) -> Result<Dims> {
    let n = a.len().max(b.len());
    let mut out = Dims::from_elem(1, n);
    for i in 0..n {
        let x = if i + a.len() >= n {
            a[i + a.len() - n]
        } else {
            1
        };
        let y = if i + b.len() >= n {
            b[i + b.len() - n]
        } else {
            1
        };
        out[i] = match (x, y) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => bail!(
                "The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {i}"
            ),
        };
    }
    Ok(out)
}

/// Sorts the few dimensions by their strides, smallest first; equal ones keep their order.
pub fn by_stride(dims: &mut [usize], strides: &[usize]) {
    for i in 1..dims.len() {
        let mut j = i;
        while j > 0 && strides[dims[j - 1]] > strides[dims[j]] {
            dims.swap(j - 1, j);
            j -= 1;
        }
    }
}

impl Layout {
    /// A contiguous layout at offset 0.
    #[inline]
    pub fn contiguous(shape: &[usize]) -> Layout {
        Layout {
            shape: Dims::from_slice(shape),
            strides: contiguous_strides(shape),
            offset: 0,
        }
    }

    /// How many elements it places.
    #[inline]
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many dimensions it has.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Dense strides for a shape, in the order of these strides: what `empty_like` takes.
    pub fn dense_like(&self, shape: &[usize]) -> Layout {
        let mut dims: Dims = (0..shape.len()).rev().collect();
        by_stride(&mut dims, &self.strides);
        let mut layout = Layout::contiguous(shape);
        let mut step = 1;
        for d in dims {
            layout.strides[d] = step;
            step *= shape[d].max(1);
        }
        layout
    }

    /// Whether elements lie one after the other in row-major order.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1;
        for i in (0..self.shape.len()).rev() {
            if self.shape[i] != 1 {
                if self.strides[i] != step {
                    return self.numel() == 0;
                }
                step *= self.shape[i];
            }
        }
        true
    }

    /// Whether elements fill a stretch of memory without gaps or overlap, in whatever order.
    pub fn is_dense(&self) -> bool {
        if self.is_contiguous() {
            return true;
        }
        let mut order: SmallVec<[usize; 6]> =
            (0..self.ndim()).filter(|&i| self.shape[i] != 1).collect();
        by_stride(&mut order, &self.strides);
        let mut step = 1;
        for i in order {
            if self.strides[i] != step {
                return self.numel() == 0;
            }
            step *= self.shape[i];
        }
        true
    }

    /// Whether two indices may name the same element, as after `expand`.
    pub fn overlaps(&self) -> bool {
        if self.shape.contains(&0) {
            return false;
        }
        let mut order: SmallVec<[usize; 6]> =
            (0..self.ndim()).filter(|&i| self.shape[i] > 1).collect();
        by_stride(&mut order, &self.strides);
        let mut reach = 0;
        for i in order {
            if self.strides[i] <= reach {
                return true;
            }
            reach += (self.shape[i] - 1) * self.strides[i];
        }
        false
    }

    /// One past the last element used, counted from the start of the storage; 0 if there are no elements.
    pub fn end(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        let reach: usize = self
            .shape
            .iter()
            .zip(&self.strides)
            .map(|(n, s)| (n - 1) * s)
            .sum();
        self.offset + reach + 1
    }

    /// The strides with which a reshape is a view, if there are any (`computeStride` in ATen).
    pub fn reshaped_strides(&self, shape: &[usize]) -> Option<Dims> {
        if self.numel() == 0 {
            let same = self.shape.as_slice() == shape;
            return Some(if same {
                self.strides.clone()
            } else {
                contiguous_strides(shape)
            });
        }
        let mut strides = Dims::from_elem(1, shape.len());
        let mut view = shape.len();
        if self.shape.is_empty() {
            return Some(strides);
        }
        let (mut chunk, mut taken) = (1, 1);
        let mut base = *self.strides.last().expect("not 0-dim");
        for d in (0..self.ndim()).rev() {
            chunk *= self.shape[d];
            if d == 0 || (self.shape[d - 1] != 1 && self.strides[d - 1] != chunk * base) {
                while view > 0 && (taken < chunk || shape[view - 1] == 1) {
                    view -= 1;
                    strides[view] = taken * base;
                    taken *= shape[view];
                }
                if taken != chunk {
                    return None;
                }
                if d > 0 {
                    base = self.strides[d - 1];
                    (chunk, taken) = (1, 1);
                }
            }
        }
        (view == 0).then_some(strides)
    }

    /// The same elements in another shape, where no copy is needed for that.
    pub fn view(&self, shape: &[usize]) -> Option<Layout> {
        let strides = self.reshaped_strides(shape)?;
        Some(Layout {
            shape: Dims::from_slice(shape),
            strides,
            offset: self.offset,
        })
    }

    /// Dimensions in another order.
    pub fn permute(&self, order: &[usize]) -> Layout {
        Layout {
            shape: order.iter().map(|&d| self.shape[d]).collect(),
            strides: order.iter().map(|&d| self.strides[d]).collect(),
            offset: self.offset,
        }
    }

    /// Two dimensions exchanged.
    pub fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut out = self.clone();
        if out.ndim() > 0 {
            out.shape.swap(a, b);
            out.strides.swap(a, b);
        }
        out
    }

    /// One index of a dimension, which goes away.
    pub fn select(&self, dim: usize, index: usize) -> Layout {
        let mut out = self.clone();
        out.offset += index * out.strides[dim];
        out.shape.remove(dim);
        out.strides.remove(dim);
        out
    }

    /// Every `step`-th index of a dimension from `start`, `len` of them.
    pub fn slice(&self, dim: usize, start: usize, len: usize, step: usize) -> Layout {
        let mut out = self.clone();
        out.offset += start * out.strides[dim];
        out.shape[dim] = len;
        out.strides[dim] *= step;
        out
    }

    /// A new dimension of size 1.
    pub fn unsqueeze(&self, dim: usize) -> Layout {
        let mut out = self.clone();
        let stride = if dim < out.ndim() {
            out.shape[dim] * out.strides[dim]
        } else {
            1
        };
        out.shape.insert(dim, 1);
        out.strides.insert(dim, stride);
        out
    }

    /// Without the given dimensions, where they are of size 1.
    pub fn squeeze(&self, dims: &[usize]) -> Layout {
        let keep = |d: &usize| !(self.shape[*d] == 1 && dims.contains(d));
        let order: Dims = (0..self.ndim()).filter(keep).collect();
        self.permute(&order)
    }

    /// Stretched to a larger shape with strides of zero; `None` if it does not fit.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Layout> {
        let extra = shape.len().checked_sub(self.ndim())?;
        let mut strides = Dims::from_elem(0, shape.len());
        for d in 0..self.ndim() {
            let stretched = match (self.shape[d], shape[d + extra]) {
                (a, b) if a == b => false,
                (1, _) => true,
                _ => return None,
            };
            strides[d + extra] = if stretched { 0 } else { self.strides[d] };
        }
        Some(Layout {
            shape: Dims::from_slice(shape),
            strides,
            offset: self.offset,
        })
    }

    /// `expand`: like [`Layout::broadcast`], with -1 for "as it is" and PyTorch's messages.
    pub fn expand(&self, sizes: &[i64]) -> Result<Layout> {
        ensure!(
            sizes.len() >= self.ndim(),
            "expand(torch.FloatTensor{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
            show(&self.shape),
            show(sizes),
            sizes.len(),
            self.ndim()
        );
        let extra = sizes.len() - self.ndim();
        let mut shape = Dims::from_elem(0, sizes.len());
        let mut strides = shape.clone();
        // From the last: a stretched new dimension takes the stride it would have had (`inferExpandGeometry`).
        for i in (0..sizes.len()).rev() {
            let old = i.checked_sub(extra);
            let size = old.map_or(1, |d| self.shape[d]);
            let stride = match old {
                Some(d) => self.strides[d],
                None if i + 1 < sizes.len() => shape[i + 1] * strides[i + 1],
                None => 1,
            };
            let mut wanted = sizes[i];
            if wanted == -1 {
                ensure!(
                    old.is_some(),
                    "The expanded size of the tensor ({wanted}) isn't allowed in a leading, non-existing dimension {i}"
                );
                wanted = size as i64;
            }
            ensure!(
                wanted >= 0 && (size as i64 == wanted || size == 1),
                "The expanded size of the tensor ({wanted}) must match the existing size ({size}) at non-singleton dimension {i}.  Target sizes: {}.  Tensor sizes: {}",
                show(sizes),
                show(&self.shape)
            );
            shape[i] = wanted as usize;
            strides[i] = if size as i64 == wanted { stride } else { 0 };
        }
        Ok(Layout {
            shape,
            strides,
            offset: self.offset,
        })
    }
}

/// Resolves a -1 in the sizes given to `view` or `reshape`.
pub fn infer_size(sizes: &[i64], numel: usize) -> Result<Dims> {
    let mut known = 1usize;
    let mut unknown = None;
    for (i, &s) in sizes.iter().enumerate() {
        match s {
            -1 if unknown.is_some() => bail!("only one dimension can be inferred"),
            -1 => unknown = Some(i),
            s if s < 0 => bail!("invalid shape dimension {s}"),
            s => known = known.saturating_mul(s as usize),
        }
    }
    let mut shape: Dims = sizes.iter().map(|&s| s.max(0) as usize).collect();
    match unknown {
        Some(i) if known > 0 && numel.is_multiple_of(known) => shape[i] = numel / known,
        Some(_) if known == 0 && numel == 0 => bail!(
            "cannot reshape tensor of 0 elements into shape {} because the unspecified dimension size -1 can be any value and is ambiguous",
            show(sizes)
        ),
        None if known == numel => {}
        _ => bail!(
            "shape '{}' is invalid for input of size {numel}",
            show(sizes)
        ),
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_keep_strides_where_they_can() {
        let l = Layout::contiguous(&[2, 3, 4]);
        assert_eq!(l.view(&[6, 4]).unwrap().strides.as_slice(), [4, 1]);
        assert!(l.transpose(0, 2).view(&[24]).is_none());
        assert_eq!(
            l.transpose(0, 1)
                .view(&[3, 2, 2, 2])
                .unwrap()
                .strides
                .as_slice(),
            [4, 12, 2, 1]
        );
        assert!(l.permute(&[2, 0, 1]).is_dense());
        assert!(!l.slice(1, 0, 2, 1).is_dense());
        assert!(l.expand(&[5, 2, 3, 4]).unwrap().overlaps());
        assert!(!l.slice(2, 0, 2, 2).overlaps());
    }

    #[test]
    fn shapes_broadcast() {
        assert_eq!(broadcast_shapes(&[3, 1], &[4]).unwrap().as_slice(), [3, 4]);
        assert!(broadcast_shapes(&[3], &[4]).is_err());
        assert_eq!(infer_size(&[-1, 2], 6).unwrap().as_slice(), [3, 2]);
    }
}
