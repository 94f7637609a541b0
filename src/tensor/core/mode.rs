//! Settings of the thread: grad mode, inference mode, the default dtype.

use std::cell::Cell;

use crate::tensor::array::DType;

thread_local! {
    static GRAD: Cell<bool> = const { Cell::new(true) };
    static INFERENCE: Cell<bool> = const { Cell::new(false) };
    static AUTOCAST: Cell<Option<DType>> = const { Cell::new(None) };
    static DEFAULT_DTYPE: Cell<DType> = const { Cell::new(DType::Float32) };
}

/// `torch.is_grad_enabled()`
#[inline]
pub fn is_grad_enabled() -> bool {
    GRAD.get()
}

/// Switches grad mode and returns what it was.
#[inline]
pub fn set_grad_enabled(on: bool) -> bool {
    GRAD.replace(on)
}

/// `torch.is_inference_mode_enabled()`
pub fn is_inference() -> bool {
    INFERENCE.get()
}

/// Switches inference mode and returns what it was. The caller switches grad mode off with it.
pub fn set_inference(on: bool) -> bool {
    INFERENCE.replace(on)
}

/// The lower precision that products run in: `torch.autocast`.
#[inline]
pub fn autocast() -> Option<DType> {
    AUTOCAST.get()
}

/// Sets the lower precision.
pub fn set_autocast(dtype: Option<DType>) {
    AUTOCAST.set(dtype);
}

/// Grad mode of a scope; the former mode comes back when the guard goes.
pub struct GradGuard(bool);

impl GradGuard {
    /// Sets the mode.
    #[inline]
    pub fn new(on: bool) -> GradGuard {
        GradGuard(set_grad_enabled(on))
    }
}

impl Drop for GradGuard {
    #[inline]
    fn drop(&mut self) {
        set_grad_enabled(self.0);
    }
}

/// Runs the function without recording history.
#[inline]
pub fn no_grad<R>(f: impl FnOnce() -> R) -> R {
    let _guard = GradGuard::new(false);
    f()
}

/// `torch.get_default_dtype()`
#[inline]
pub fn default_dtype() -> DType {
    DEFAULT_DTYPE.get()
}

/// `torch.set_default_dtype(dtype)`; only floating point types are let through by the op.
pub fn set_default_dtype(dtype: DType) {
    DEFAULT_DTYPE.set(dtype);
}
