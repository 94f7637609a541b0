//! The operations.
//!
//! # How to add an op
//!
//! 1. In `ops/<family>/<op>.rs`, a block: a static [`Op`] (signature, faces, doc, examples, samples, `call`) and a Rust
//!    function of the same name that does the work and can be used from Rust directly:
//!
//!    ```ignore
//!    pub static EXP: Op = Op {
//!        signature: "exp(input, *, out=None) -> Tensor",
//!        faces: FUNCTION | METHOD | IN_PLACE,
//!        doc: "Raises e to each element of `input`.",
//!        examples: &[("torch.exp(torch.tensor([0., 1.]))", "tensor([1.0000, 2.7183])")],
//!        samples: samples::pointwise_float,
//!        call: |a| Ok(exp(a.tensor("input")?)?.into()),
//!        ..Op::BASE
//!    };
//!
//!    pub fn exp(x: &Tensor) -> Result<Tensor> {
//!        let y = unary_float!("exp", x, |v| v.exp())?;              // an Array: values only
//!        let kept = Saved::result(&y);
//!        Ok(record("ExpBackward0", [x], y, kept, |g, y, c| Ok([Some(mul(g, &c.get(y)?)?)])))
//!    }
//!    ```
//! 2. Its name in the family's sorted list (`pub static OPS: &[&Op]` in `ops/<family>/mod.rs`).
//!
//! `record(name, [inputs], array, saved, rule)` ties the result to its history. The rule gets the gradient, the saved
//! values and a context: `c.get(&saved)` reads a saved value (with the version check), `c.when(i, || ...)` computes a
//! gradient only if input `i` wants one. Everything that must be let go after the pass goes into `saved` (`()` if there is
//! nothing); plain numbers and shapes may be captured. Rules compute with ops, so second derivatives come for free; the
//! engine sums gradients down to broadcast shapes and converts dtypes. Several outputs: [`record_many`]. Views:
//! [`view::record_view`]. An `IN_PLACE` face follows from `call`; give `in_place` where a direct loop pays.
//!
//! Kernels: [`crate::tensor::array::kernels`] and the macros in [`pointwise`].
//!
//! [`record_many`]: crate::tensor::core::record_many

#[macro_use]
pub mod pointwise;
pub mod activation;
pub mod arg;
pub mod args;
pub mod attention;
pub mod autocast;
pub mod complex;
pub mod conv;
pub mod create;
pub mod dense;
pub mod embedding;
pub mod fft;
pub mod in_place;
pub mod index;
pub mod info;
pub mod linalg;
pub mod loss;
pub mod norm;
mod out;
pub mod pool;
pub mod random;
mod reading;
pub mod recurrent;
pub mod reduce;
pub mod registry;
pub mod result;
pub mod samples;
pub mod shape;
pub mod spec;
mod unsigned;
pub mod view;
pub mod vision;

pub use args::{Arg, Args, Out};
pub use registry::Callable;
pub use spec::{
    FFT, FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, FUNCTIONAL_IN_PLACE, IN_PLACE, LINALG, METHOD,
    Op, PROPERTY, SPECIAL,
};

pub use activation::*;
pub use attention::scaled_dot_product_attention;
pub use complex::{conj, imag, real, view_as_complex, view_as_real};
pub use conv::*;
pub use create::*;
pub use dense::*;
pub use index::*;
pub use linalg::*;
pub use loss::*;
pub use norm::{BatchNorm, batch_norm, group_norm, instance_norm, layer_norm, rms_norm};
pub use pointwise::*;
pub use pool::*;
pub use random::*;
pub use reduce::*;
pub use shape::*;
pub use vision::*;
