//! Loops over elements. The fast paths run on plain slices, which the compiler turns into SIMD code; the rest goes
//! through [`ndarray`] views or copies to a contiguous array first.

pub mod copy;
pub mod matmul;
pub mod pointwise;
pub mod reduce;

/// Runs a loop with the widest SIMD instructions that the machine has. Results are the same for all of them: Rust never
/// fuses or reorders floating point operations by itself.
#[inline(always)]
pub fn vectorize<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}
