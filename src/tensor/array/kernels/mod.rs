//! Loops over elements. The fast paths run on plain slices, which the compiler turns into SIMD code; the rest goes
//! through [`ndarray`] views or copies to a contiguous array first.

pub mod cascade;
pub mod copy;
pub mod few;
pub mod lanes;
pub mod math;
pub mod matmul;
pub mod normal;
pub mod pointwise;
pub mod reduce;
pub mod root;
pub mod rounded;
mod runs;
pub mod stream;
pub mod tile;
pub mod vectors;

/// Runs a loop with AVX2 instructions where the machine has them. Results are the same with and without: Rust never fuses
/// or reorders floating point operations by itself. (Wider registers would double the code for little.)
#[inline(always)]
pub fn vectorize<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(f);
    }
    f()
}

/// [`vectorize`] with the widest registers of the machine, for the few loops in which arithmetic outweighs memory.
#[inline(always)]
pub fn vectorize_wide<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V4::try_new() {
        return simd.vectorize(f);
    }
    vectorize(f)
}

/// Whether the machine has vectors of 64 bytes; some of PyTorch's sums then have twice as many lanes.
pub fn has_wide_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return pulp::x86::V4::try_new().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    false
}
