//! Activations that look at one element at a time: a function with its first and second derivative.

use crate::tensor::array::kernels::pointwise::{self as kernels, Side};
use crate::tensor::array::kernels::vectorize_wide;
use crate::tensor::array::{Array, DType, Error, Real, Result, threads};
use crate::tensor::core::record::underivable;
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::in_place;
use crate::tensor::ops::pointwise::unsupported;

/// A function of one number and its derivatives.
pub(super) trait Curve: Copy + Send + Sync + 'static {
    /// What PyTorch calls the kernel when it refuses a dtype.
    const KERNEL: &'static str;
    /// PyTorch's name of its slope, where that has no derivative there.
    const STRAIGHT: Option<&'static str> = None;
    /// Whether integers have it too.
    const WHOLE: bool = false;
    /// Whether its arithmetic outweighs reading and writing, so that the widest registers pay.
    const HEAVY: bool = false;
    /// The function.
    fn value<T: Real>(&self, x: T) -> T;
    /// Its slope.
    fn slope<T: Real>(&self, x: T) -> T;
    /// The slope of its slope; 0 for functions made of straight lines.
    fn bend<T: Real>(&self, _: T) -> T {
        T::ZERO
    }
    /// `g` times the slope, with the products in PyTorch's order.
    #[inline(always)]
    fn pull<T: Real>(&self, g: T, x: T) -> T {
        g * self.slope(x)
    }
    /// The function of each element.
    fn values<T: Real>(self, x: &Array) -> Result<Array> {
        if Self::HEAVY && T::DTYPE == DType::Float32 {
            return kernels::unary_loop(x, threads::GRAIN, &|out: &mut [T], x: &[T]| {
                vectorize_wide(
                    #[inline(always)]
                    || {
                        // No closure for each element: it might stay outside of what has the instructions.
                        let own = self;
                        for (o, x) in out.iter_mut().zip(x) {
                            *o = own.value(*x);
                        }
                    },
                );
            });
        }
        kernels::unary::<T, T>(
            x,
            #[inline(always)]
            move |v| self.value(v),
        )
    }
    /// `g` times a derivative at `x`.
    fn scaled<T: Real>(self, g: &Array, x: &Array, order: Order) -> Result<Array> {
        let (g, x) = (Side::<T>::Array(g), Side::Array(x));
        match order {
            Order::First if Self::HEAVY && T::DTYPE == DType::Float32 => {
                kernels::binary_loop(g, x, &|out: &mut [T], g: &[T], x: &[T]| {
                    vectorize_wide(
                        #[inline(always)]
                        || {
                            let own = self;
                            for ((o, g), x) in out.iter_mut().zip(g).zip(x) {
                                *o = own.pull(*g, *x);
                            }
                        },
                    );
                })
            }
            Order::First => kernels::binary::<T, T>(
                g,
                x,
                #[inline(always)]
                move |g, x| self.pull(g, x),
            ),
            Order::Second => kernels::binary::<T, T>(g, x, move |g, x| g * self.bend(x)),
        }
    }
}

/// The function of each element, under the node's name.
pub(super) fn apply<C: Curve>(name: &'static str, x: &Tensor, curve: C) -> Result<Tensor> {
    let out = {
        let array = x.array();
        dispatch_float!(array.dtype(), T => curve.values::<T>(&array),
        other => match array.dtype() {
            dtype if C::WHOLE && dtype.is_integer() => {
                let wide = array.to_dtype(DType::Float64)?;
                curve.values::<f64>(&wide)?.to_dtype(dtype)
            }
            dtype => Err(unsupported(C::KERNEL, dtype)),
        })?
    };
    Ok(record(name, [x], out, Saved::input(x), move |g, x, c| {
        let x = c.get(x)?;
        let Some(of) = C::STRAIGHT else {
            return Ok([Some(times_slope(g, &x, curve)?)]);
        };
        let slope = no_grad(|| times_slope(g, &x, curve))?;
        Ok([Some(underivable(slope, [g, &x], of))])
    }))
}

/// [`apply`], over the input if wanted.
pub(super) fn apply_or_replace<C: Curve>(
    names: [&'static str; 2],
    x: &Tensor,
    replace: bool,
    curve: C,
) -> Result<Tensor> {
    if replace {
        in_place::apply_alone(x, |x| apply(names[1], x, curve))
    } else {
        apply(names[0], x, curve)
    }
}

/// `g * f'(x)`
fn times_slope<C: Curve>(g: &Tensor, x: &Tensor, curve: C) -> Result<Tensor> {
    let out = scaled(g, x, curve, Order::First)?;
    let kept = [Saved::input(g), Saved::input(x)];
    Ok(record(
        "ActivationBackwardBackward0",
        [g, x],
        out,
        kept,
        move |gg, [g, x], c| {
            let x = c.get(x)?;
            let bent = || times_bend(&crate::tensor::ops::mul(gg, &c.get(g)?)?, &x, curve);
            Ok([c.when(0, || times_slope(gg, &x, curve))?, c.when(1, bent)?])
        },
    ))
}

/// `g * f''(x)`
fn times_bend<C: Curve>(g: &Tensor, x: &Tensor, curve: C) -> Result<Tensor> {
    let out = scaled(g, x, curve, Order::Second)?;
    Ok(record(
        "ActivationBackwardBackwardBackward0",
        [g, x],
        out,
        Saved::input(x),
        move |gg, x, c| {
            let third = || Err(Error::not_implemented("third derivatives of activations"));
            Ok([
                c.when(0, || times_bend(gg, &c.get(x)?, curve))?,
                c.when(1, third)?,
            ])
        },
    ))
}

/// Which derivative.
#[derive(Clone, Copy)]
pub(super) enum Order {
    First,
    Second,
}

/// `g` times a derivative at `x`.
fn scaled<C: Curve>(g: &Tensor, x: &Tensor, curve: C, order: Order) -> Result<Array> {
    let (g, x) = (g.array(), x.array());
    dispatch_float!(x.dtype(), T => {
        curve.scaled::<T>(&g, &x, order)
    }, other => Err(unsupported(C::KERNEL, x.dtype())))
}
