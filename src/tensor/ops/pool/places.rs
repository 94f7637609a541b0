//! Elements put to places in the planes of a pooling's input, and taken from there: each is the gradient of the other.

use std::rc::Rc;

use super::kernel;
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::{Saved, Tensor, record};

/// Shapes before and after a pooling, and the elements of their channels.
pub(super) struct Planes {
    pub(super) wide: Dims,
    pub(super) narrow: Dims,
    pub(super) wide_plane: usize,
    pub(super) narrow_plane: usize,
}

/// Puts elements at their places among zeros.
pub(super) fn widen(g: &Tensor, at: &Tensor, p: &Rc<Planes>) -> Result<Tensor> {
    let out = kernel::scatter(
        &g.array(),
        &at.array(),
        &p.wide,
        p.narrow_plane,
        p.wide_plane,
    )?;
    let p = p.clone();
    Ok(record(
        "MaxPoolBackwardBackward0",
        [g],
        out,
        Saved::input(at),
        move |h, at, c| Ok([Some(narrow(h, &c.get(at)?, &p)?)]),
    ))
}

/// Takes the elements at their places.
pub(super) fn narrow(h: &Tensor, at: &Tensor, p: &Rc<Planes>) -> Result<Tensor> {
    let out = kernel::gather(
        &h.array(),
        &at.array(),
        &p.narrow,
        p.wide_plane,
        p.narrow_plane,
    )?;
    let p = p.clone();
    Ok(record(
        "MaxPoolBackwardBackwardBackward0",
        [h],
        out,
        Saved::input(at),
        move |g, at, c| Ok([Some(widen(g, &c.get(at)?, &p)?)]),
    ))
}
