//! Loops over a parameter, its gradient and its states.
//!
//! The rule is given once for each float type, as a closure is not generic.

use super::spec::Options;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, DType, Element, Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::Args;

/// A floating point element type.
pub(super) trait Float: Real {}
impl Float for f32 {}
impl Float for f64 {}

/// `Invalid learning rate: -1`
pub(super) fn not_negative(a: &Args, name: &str, words: &str) -> Result<()> {
    let x = Options::float(a, name)?;
    ensure!(x >= 0.0, Value, "Invalid {words}: {}", number(a, name)?);
    Ok(())
}

/// A number as Python writes it.
pub(super) fn number(a: &Args, name: &str) -> Result<String> {
    Ok(match a.arg(name).as_scalar() {
        Some(s) => crate::tensor::core::number::repr(s),
        None => String::new(),
    })
}

/// Zeros for a state, laid out as the parameter is.
pub(super) fn zeros_like(p: &Tensor) -> Result<Tensor> {
    crate::tensor::ops::zeros_like(p)
}

/// A gradient with its elements in the order in which the parameter's lie.
fn aligned(g: &Array, p: &Array) -> Result<Array> {
    ensure!(
        g.shape() == p.shape(),
        "The size of tensor a must match the size of tensor b"
    );
    if g.layout().strides == p.layout().strides || g.is_contiguous() && p.is_contiguous() {
        return Ok(g.clone());
    }
    let target = Array::zeros(&[p.layout().numel()], p.dtype())?;
    let mut layout = p.layout().clone();
    layout.offset = 0;
    let target = target.with_layout(layout);
    target.assign(g)?;
    Ok(target)
}

fn finish(tensors: &[&Tensor]) {
    tensors.iter().for_each(|t| t.bump_version());
}

macro_rules! loops {
    ($($name:ident($($state:ident),*) $doc:literal;)*) => {$(
        #[doc = $doc]
        pub(super) fn $name(
            p: &Tensor,
            g: &Tensor,
            $($state: &Tensor,)*
            single: impl Fn(&mut f32, f32, $(loops!(@ref f32 $state)),*) + Copy + Send + Sync,
            double: impl Fn(&mut f64, f64, $(loops!(@ref f64 $state)),*) + Copy + Send + Sync,
        ) -> Result<()> {
            fn run<T: Element>(
                p: &Array,
                g: &Array,
                $($state: &Array,)*
                f: impl Fn(&mut T, T, $(loops!(@ref T $state)),*) + Copy + Send + Sync,
            ) {
                let (mut ps, gs) = (p.slice_mut::<T>(), g.slice::<T>());
                $(let mut $state = $state.slice_mut::<T>();)*
                let (ps, gs): (&mut [T], &[T]) = (&mut ps, &gs);
                $(let $state: &mut [T] = &mut $state;)*
                vectorize(|| {
                    let n = ps.len();
                    let gs = &gs[..n];
                    $(let $state = &mut $state[..n];)*
                    for i in 0..n {
                        f(&mut ps[i], gs[i], $(&mut $state[i]),*);
                    }
                });
            }
            let whole = p.to_array();
            let dense = whole.layout().is_dense();
            let a = if dense { whole.clone() } else { whole.copy()? };
            let grad = aligned(&g.array(), &a)?;
            let grad = if grad.storage().same(a.storage()) { grad.copy_dense()? } else { grad };
            $(let held = aligned(&$state.array(), &a)?;
            let written = held.clone();
            let $state = ($state, written);)*
            match a.dtype() {
                DType::Float32 => run::<f32>(&a, &grad.to_dtype(DType::Float32)?, $(&$state.1,)* single),
                DType::Float64 => run::<f64>(&a, &grad.to_dtype(DType::Float64)?, $(&$state.1,)* double),
                other => bail!("result type Float can't be cast to the desired output type {}", other.scalar_name()),
            }
            if !dense {
                whole.assign(&a)?;
            }
            $(if !$state.1.storage().same($state.0.array().storage()) {
                $state.0.array().assign(&$state.1)?;
            })*
            finish(&[p, $($state.0),*]);
            Ok(())
        }
    )*};
    (@ref $T:ident $state:ident) => { &mut $T };
}

loops! {
    each1() "`f(parameter, gradient)` for each element.";
    each2(s) "`f(parameter, gradient, state)` for each element.";
    each3(s, t) "`f(parameter, gradient, states ...)` for each element.";
    each4(s, t, u) "`f(parameter, gradient, states ...)` for each element.";
    each5(s, t, u, v) "`f(parameter, gradient, states ...)` for each element.";
}
