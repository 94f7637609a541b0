//! Fourier transforms.

mod kernel;
mod lanes;
mod roots;
mod rows;
pub mod short_time;
pub mod transform;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &transform::FFT_FFT,
    &transform::FFT_FFT2,
    &transform::FFT_FFTFREQ,
    &transform::FFT_FFTN,
    &transform::FFT_FFTSHIFT,
    &transform::FFT_HFFT,
    &transform::FFT_HFFT2,
    &transform::FFT_HFFTN,
    &transform::FFT_IFFT,
    &transform::FFT_IFFT2,
    &transform::FFT_IFFTN,
    &transform::FFT_IFFTSHIFT,
    &transform::FFT_IHFFT,
    &transform::FFT_IHFFT2,
    &transform::FFT_IHFFTN,
    &transform::FFT_IRFFT,
    &transform::FFT_IRFFT2,
    &transform::FFT_IRFFTN,
    &transform::FFT_RFFT,
    &transform::FFT_RFFT2,
    &transform::FFT_RFFTFREQ,
    &transform::FFT_RFFTN,
    &short_time::ISTFT,
    &short_time::STFT,
];
