//! `view(dtype)`: the same bytes as elements of another type.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Layout, Result};
use crate::tensor::core::Tensor;

/// The layout in elements of another size, as `computeStrideForViewDtype` in ATen gives it.
fn resized(layout: &Layout, from: DType, to: DType) -> Result<Layout> {
    let words = format!(
        "to view {} as {} (different element sizes)",
        from.scalar_name(),
        to.scalar_name()
    );
    let mut out = layout.clone();
    let (Some(size), Some(stride)) = (out.shape.last_mut(), out.strides.pop()) else {
        return Err(crate::tensor::array::Error::runtime(format!(
            "self.dim() cannot be 0 {words}"
        )));
    };
    ensure!(
        stride == 1,
        "self.stride(-1) must be 1 {words}, but got {stride}"
    );
    if from.size() > to.size() {
        let ratio = from.size() / to.size();
        *size *= ratio;
        out.offset *= ratio;
        out.strides.iter_mut().for_each(|s| *s *= ratio);
    } else {
        let ratio = to.size() / from.size();
        ensure!(
            size.is_multiple_of(ratio),
            "self.size(-1) must be divisible by {ratio} {words}, but got {size}"
        );
        ensure!(
            out.offset.is_multiple_of(ratio),
            "self.storage_offset() must be divisible by {ratio} {words}, but got {}",
            out.offset
        );
        if let Some((d, s)) = (out.strides.iter().enumerate()).find(|(_, s)| *s % ratio != 0) {
            ensure!(
                false,
                "self.stride({d}) must be divisible by {ratio} {words}, but got {s}"
            );
        }
        *size /= ratio;
        out.offset /= ratio;
        out.strides.iter_mut().for_each(|s| *s /= ratio);
    }
    out.strides.push(1);
    Ok(out)
}

/// The same bytes, without history. Those of bools are kept apart from others, which may be neither 0 nor 1.
pub(super) fn view_dtype(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let array = x.array();
    let from = array.dtype();
    ensure!(
        from == dtype || from != DType::Bool && dtype != DType::Bool,
        NotImplemented,
        "torch.Tensor.view(dtype) from or to bool"
    );
    let layout = if from.size() == dtype.size() {
        array.layout().clone()
    } else {
        resized(array.layout(), from, dtype)?
    };
    let aligned = dispatch_bits!(dtype, T => array.storage().borrow().is_aligned::<T>());
    ensure!(
        aligned,
        NotImplemented,
        "torch.Tensor.view(dtype) of memory that is not aligned for {}",
        dtype.scalar_name()
    );
    let out = Tensor::from_array(Array::from_parts(dtype, layout, array.storage().clone()));
    out.share_version(x);
    Ok(out)
}
