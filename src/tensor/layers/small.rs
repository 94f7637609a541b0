//! Layers on floats of 16 bits: computed in `float32` and rounded.

use super::spec::{Layer, State};
use crate::tensor::array::{DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::complex::call::{narrow, widen};
use crate::tensor::ops::{Arg, Args, Out, to_dtype};

/// A layer whose parameters of 16 bits are shown as `float32`.
struct Widened<'a>(&'a dyn State);

impl State for Widened<'_> {
    fn get(&self, name: &str) -> Result<Arg> {
        self.0.get(name)
    }

    fn tensor(&self, name: &str) -> Result<Option<Tensor>> {
        match self.0.tensor(name)? {
            Some(t) if t.dtype().is_small() => to_dtype(&t, DType::Float32).map(Some),
            other => Ok(other),
        }
    }

    fn set_tensor(&self, name: &str, value: Tensor) -> Result<()> {
        let dtype = self.0.tensor(name)?.map_or(value.dtype(), |t| t.dtype());
        self.0.set_tensor(name, to_dtype(&value, dtype)?)
    }

    fn training(&self) -> bool {
        self.0.training()
    }
}

/// The layer's `forward`; an input of 16 bits is computed with in `float32`.
pub(super) fn forward(layer: &Layer, state: &dyn State, args: &Args) -> Result<Out> {
    if !args.has_small() {
        return (layer.forward)(state, args);
    }
    let mut args = args.copy();
    let target = widen(&mut args)?;
    narrow((layer.forward)(&Widened(state), &args)?, target)
}
