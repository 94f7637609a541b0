//! The [`Array`]: a dtype and a layout over shared storage.

use std::cell::{Ref, RefMut};

use super::error::bail;
use super::kernels;
use super::layout::show;
use super::storage::Buffer;
use super::{DType, Dims, Element, Layout, Result, Scalar, Storage};

/// Elements of one dtype in a shared storage. Cloning shares the elements.
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    layout: Layout,
    storage: Storage,
}

/// The number of elements of a shape and their bytes, checked for overflow.
fn byte_size(shape: &[usize], dtype: DType) -> Result<usize> {
    let bytes = shape
        .iter()
        .try_fold(dtype.size(), |n, &s| n.checked_mul(s));
    match bytes {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(bytes),
        _ if shape.contains(&0) => Ok(0),
        _ => bail!(
            "Storage size calculation overflowed with sizes={}",
            show(shape)
        ),
    }
}

impl Array {
    /// Puts the parts together; the layout must lie inside the storage.
    #[inline]
    pub fn from_parts(dtype: DType, layout: Layout, storage: Storage) -> Array {
        Array {
            dtype,
            layout,
            storage,
        }
    }

    /// A contiguous array of these values.
    pub fn from_vec<T: Element>(values: Vec<T>, shape: &[usize]) -> Array {
        debug_assert_eq!(values.len(), shape.iter().product::<usize>());
        let storage = Storage::new(Buffer::from_vec(values));
        Array {
            dtype: T::DTYPE,
            layout: Layout::contiguous(shape),
            storage,
        }
    }

    /// A 0-dim array.
    pub fn scalar<T: Element>(value: T) -> Array {
        Array::from_vec(vec![value], &[])
    }

    /// A 0-dim array of a Python number, as the dtype.
    pub fn from_scalar(s: Scalar, dtype: DType) -> Array {
        dispatch!(dtype, T => Array::scalar(T::from_scalar(s)))
    }

    /// A contiguous array that the function fills. What is in the slice before is arbitrary.
    #[inline]
    pub fn build<T: Element>(shape: &[usize], f: impl FnOnce(&mut [T])) -> Result<Array> {
        let bytes = byte_size(shape, T::DTYPE)?;
        let mut buffer = if T::DTYPE == DType::Bool {
            Buffer::zeroed(bytes)?
        } else {
            Buffer::scratch(bytes)?
        };
        f(buffer.slice_mut());
        Ok(Array {
            dtype: T::DTYPE,
            layout: Layout::contiguous(shape),
            storage: Storage::new(buffer),
        })
    }

    /// [`Array::build`] with the strides of a dense layout; the slice is in memory order.
    #[inline]
    pub fn build_like<T: Element>(layout: &Layout, f: impl FnOnce(&mut [T])) -> Result<Array> {
        let mut out = Array::build(&layout.shape, f)?;
        out.layout.strides = layout.strides.clone();
        Ok(out)
    }

    /// Memory to be filled: its contents are arbitrary, but for bools, which are false.
    pub fn scratch(shape: &[usize], dtype: DType) -> Result<Array> {
        if dtype == DType::Bool {
            return Array::zeros(shape, dtype);
        }
        let buffer = Buffer::scratch(byte_size(shape, dtype)?)?;
        let layout = Layout::contiguous(shape);
        Ok(Array::from_parts(dtype, layout, Storage::new(buffer)))
    }

    /// Zeros.
    pub fn zeros(shape: &[usize], dtype: DType) -> Result<Array> {
        let buffer = Buffer::zeroed(byte_size(shape, dtype)?)?;
        Ok(Array {
            dtype,
            layout: Layout::contiguous(shape),
            storage: Storage::new(buffer),
        })
    }

    /// One value everywhere.
    pub fn full(shape: &[usize], value: Scalar, dtype: DType) -> Result<Array> {
        let value = Array::from_scalar(value, dtype).as_bits();
        let bits = dispatch_bits!(dtype, T => {
            let value = value.read::<T>()[0];
            Array::build::<T>(shape, |out| out.fill(value))
        });
        Ok(bits?.of_dtype(dtype))
    }

    /// The element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where the elements lie.
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The size of each dimension.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.layout.shape
    }

    /// The number of dimensions.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.layout.shape.len()
    }

    /// The number of elements.
    #[inline]
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    /// The memory.
    #[inline]
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The same elements as those of another dtype of the same size.
    pub fn of_dtype(mut self, dtype: DType) -> Array {
        debug_assert_eq!(self.dtype.size(), dtype.size());
        self.dtype = dtype;
        self
    }

    /// The same elements as those of the type that `dispatch_bits!` binds for the dtype.
    #[inline]
    pub fn as_bits(&self) -> Array {
        let dtype = dispatch_bits!(self.dtype, T => <T as Element>::DTYPE);
        self.clone().of_dtype(dtype)
    }

    /// Whether elements lie in row-major order without gaps.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// The same storage under another layout.
    #[inline]
    pub fn with_layout(&self, layout: Layout) -> Array {
        debug_assert!(layout.end() * self.dtype.size() <= self.storage.borrow().len());
        Array {
            dtype: self.dtype,
            layout,
            storage: self.storage.clone(),
        }
    }

    /// All of the storage, to read.
    #[inline]
    pub fn read<T: Element>(&self) -> Ref<'_, [T]> {
        assert_eq!(self.dtype, T::DTYPE, "an array is read as what it is");
        Ref::map(self.storage.borrow(), Buffer::slice::<T>)
    }

    /// All of the storage, to write.
    #[inline]
    pub fn write<T: Element>(&self) -> RefMut<'_, [T]> {
        assert_eq!(self.dtype, T::DTYPE, "an array is written as what it is");
        RefMut::map(self.storage.borrow_mut(), Buffer::slice_mut::<T>)
    }

    /// The elements of a dense array in memory order, to read.
    #[inline]
    pub fn slice<T: Element>(&self) -> Ref<'_, [T]> {
        let n = self.numel();
        let start = if n == 0 { 0 } else { self.layout.offset };
        Ref::map(self.read::<T>(), |all| &all[start..start + n])
    }

    /// The elements of a dense array in memory order, to write.
    #[inline]
    pub fn slice_mut<T: Element>(&self) -> RefMut<'_, [T]> {
        let n = self.numel();
        let start = if n == 0 { 0 } else { self.layout.offset };
        RefMut::map(self.write::<T>(), |all| &mut all[start..start + n])
    }

    /// This array if it is contiguous, or a contiguous copy.
    pub fn contiguous(&self) -> Result<Array> {
        if self.is_contiguous() {
            Ok(self.clone())
        } else {
            self.copy()
        }
    }

    /// A contiguous copy.
    pub fn copy(&self) -> Result<Array> {
        let bits = dispatch_bits!(self.dtype, T => kernels::copy::contiguous::<T>(&self.as_bits()));
        Ok(bits?.of_dtype(self.dtype))
    }

    /// A copy that keeps the strides where the layout is dense, as `clone()` does.
    pub fn copy_dense(&self) -> Result<Array> {
        if self.is_contiguous() || !self.layout.is_dense() {
            return self.copy();
        }
        let bits = dispatch_bits!(self.dtype, T => {
            let x = self.as_bits();
            let from = x.slice::<T>();
            Array::build_like::<T>(&self.layout, |out| out.copy_from_slice(&from))
        });
        Ok(bits?.of_dtype(self.dtype))
    }

    /// This array, or a converted copy that keeps a dense layout.
    pub fn to_dtype(&self, dtype: DType) -> Result<Array> {
        if self.dtype == dtype {
            Ok(self.clone())
        } else if self.dtype.is_complex() || dtype.is_complex() {
            self.to_other_complex(dtype)
        } else {
            kernels::copy::cast(self, dtype)
        }
    }

    /// The same elements in a new shape of the same size; copies only where it must.
    pub fn reshape(&self, shape: &[usize]) -> Result<Array> {
        match self.layout.view(shape) {
            Some(layout) => Ok(self.with_layout(layout)),
            None => self.copy()?.reshape(shape),
        }
    }

    /// Stretched with strides of zero; the shape must fit.
    pub fn broadcast(&self, shape: &[usize]) -> Array {
        let layout = self
            .layout
            .broadcast(shape)
            .expect("operands are checked to broadcast");
        self.with_layout(layout)
    }

    /// Dimensions in another order.
    pub fn permute(&self, order: &[usize]) -> Array {
        self.with_layout(self.layout.permute(order))
    }

    /// The element at the front, as a Python number.
    #[inline]
    pub fn first(&self) -> Scalar {
        dispatch!(self.dtype, T => self.read::<T>()[self.layout.offset].to_scalar())
    }

    /// All elements in row-major order.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let same = self.to_dtype(T::DTYPE)?.contiguous()?;
        let out = same.slice::<T>().to_vec();
        Ok(out)
    }

    /// Writes `other`'s elements over this array's; shapes must broadcast, dtypes are converted.
    pub fn assign(&self, other: &Array) -> Result<()> {
        kernels::copy::assign(self, other)
    }

    /// Writes one value everywhere.
    pub fn fill(&self, value: Scalar) -> Result<()> {
        let (x, value) = (
            self.as_bits(),
            Array::from_scalar(value, self.dtype).as_bits(),
        );
        dispatch_bits!(self.dtype, T => kernels::copy::fill::<T>(&x, value.read::<T>()[0]));
        Ok(())
    }

    /// The shape as an owned list.
    pub fn dims(&self) -> Dims {
        self.layout.shape.clone()
    }
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Array({}, {:?})", self.dtype.name(), self.layout)
    }
}
