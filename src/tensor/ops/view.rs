//! Views and their history.

use crate::tensor::array::{Array, Dims, Layout, Result};
use crate::tensor::core::record::{Context, node_for};
use crate::tensor::core::{Tensor, record, requires_recording};
use crate::tensor::ops::{view_as_complex, view_as_real};

/// A view of `x` with this layout. The rule gives the gradient for `x`.
pub fn record_view(
    name: &'static str,
    x: &Tensor,
    layout: Layout,
    rule: impl Fn(&Tensor, &Context) -> Result<Tensor> + 'static,
) -> Tensor {
    let y = x.make_view(layout, regenerate, false);
    if requires_recording(&[x]) && y.dtype().is_differentiable() {
        let node = node_for(name, &[x], &y.array(), (), move |g, (), c| {
            Ok([Some(rule(g, c)?)])
        });
        y.set_history(node, 0);
    }
    y
}

/// Several views of `x` from one op. The rule gets one gradient a view and gives the one for `x`.
pub fn record_views(
    name: &'static str,
    x: &Tensor,
    layouts: Vec<Layout>,
    rule: impl Fn(&[Option<Tensor>]) -> Result<Tensor> + 'static,
) -> Vec<Tensor> {
    let views: Vec<Tensor> = layouts
        .into_iter()
        .map(|l| x.make_view(l, regenerate, true))
        .collect();
    if requires_recording(&[x]) && x.dtype().is_differentiable() {
        crate::tensor::core::record::record_rule(name, &[x], &views, Box::new(Views(rule)));
    }
    views
}

struct Views<F>(F);

impl<F: Fn(&[Option<Tensor>]) -> Result<Tensor>> crate::tensor::core::Backward for Views<F> {
    fn apply(
        &self,
        _: &std::rc::Rc<crate::tensor::core::Node>,
        grads: &[Option<Tensor>],
        _: crate::tensor::core::Needs,
    ) -> Result<crate::tensor::core::Grads> {
        Ok(crate::tensor::core::Grads::from_elem(
            Some((self.0)(grads)?),
            1,
        ))
    }
}

/// The shape, strides and offset of a tensor that views are made of.
#[derive(Clone)]
pub struct Geometry {
    layout: Layout,
}

impl Geometry {
    /// Of this tensor.
    pub fn of(x: &Tensor) -> Geometry {
        Geometry {
            layout: x.array().layout().clone(),
        }
    }
}

/// Where a view lies in its base, both in elements of one kind: where only one of the two has complex numbers, these
/// count as pairs of real ones.
#[derive(Clone)]
pub(super) struct Overlay {
    pub(super) base: Layout,
    pub(super) view: Layout,
    base_pairs: bool,
    view_pairs: bool,
}

impl Overlay {
    /// Of these tensors.
    pub(super) fn of(view: &Tensor, base: &Tensor) -> Overlay {
        let differ = view.dtype().is_complex() != base.dtype().is_complex();
        let elements = |x: &Tensor| match differ && x.dtype().is_complex() {
            true => (x.array().view_as_real().layout().clone(), true),
            false => (x.array().layout().clone(), false),
        };
        let ((base, base_pairs), (view, view_pairs)) = (elements(base), elements(view));
        Overlay {
            base,
            view,
            base_pairs,
            view_pairs,
        }
    }

    /// What is shaped like the base, by elements.
    pub(super) fn open_base(&self, x: &Tensor) -> Result<Tensor> {
        open(x, self.base_pairs)
    }

    /// Elements as numbers shaped like the base.
    pub(super) fn close_base(&self, x: &Tensor) -> Result<Tensor> {
        close(x, self.base_pairs)
    }

    /// Elements as numbers shaped like the view.
    pub(super) fn close_view(&self, x: &Tensor) -> Result<Tensor> {
        close(x, self.view_pairs)
    }
}

fn open(x: &Tensor, pairs: bool) -> Result<Tensor> {
    match pairs {
        true => view_as_real(x),
        false => Ok(x.clone()),
    }
}

fn close(x: &Tensor, pairs: bool) -> Result<Tensor> {
    match pairs {
        true => view_as_complex(x),
        false => Ok(x.clone()),
    }
}

/// The history of a view whose memory was written to: `AsStridedBackward0` on the base.
pub fn regenerate(view: &Tensor, base: &Tensor) -> Result<()> {
    let at = Overlay::of(view, base);
    let node = node_for(
        "AsStridedBackward0",
        &[base],
        &view.array(),
        (),
        move |g, (), _| {
            let geometry = Geometry {
                layout: at.base.clone(),
            };
            let g = open(g, at.view_pairs)?;
            let whole = scatter_strided(&g, &geometry, &at.view)?;
            Ok([Some(at.close_base(&whole)?)])
        },
    );
    view.set_history(node, 0);
    Ok(())
}

/// `torch.as_strided`
pub fn as_strided(name: &'static str, x: &Tensor, layout: Layout) -> Tensor {
    let geometry = Geometry::of(x);
    let inner = layout.clone();
    record_view(name, x, layout, move |g, _| {
        scatter_strided(g, &geometry, &inner)
    })
}

/// The gradient of a strided view: zeros in the base's geometry with `g` added where the view lies.
fn scatter_strided(g: &Tensor, base: &Geometry, view: &Layout) -> Result<Tensor> {
    let out = scatter_array(&g.array(), &base.layout, view)?;
    let (base, view) = (base.clone(), view.clone());
    Ok(record(
        "AsStridedScatterBackward0",
        [g],
        out,
        (),
        move |gg, (), _| Ok([Some(gather_strided(gg, &base, &view)?)]),
    ))
}

/// The other way round: the elements of `x`, laid out as the base is, that the view shows.
fn gather_strided(x: &Tensor, base: &Geometry, view: &Layout) -> Result<Tensor> {
    let out = gather_array(&x.array(), &base.layout, view)?;
    let (base, view) = (base.clone(), view.clone());
    Ok(record(
        "AsStridedBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(scatter_strided(g, &base, &view)?)]),
    ))
}

/// The storage that a layout reaches, from offset 0.
fn extent(base: &Layout, view: &Layout) -> Dims {
    Dims::from_slice(&[base.end().max(view.end())])
}

fn scatter_array(g: &Array, base: &Layout, view: &Layout) -> Result<Array> {
    if g.dtype().is_complex() {
        let out = Array::zeros(&base.shape, g.dtype())?;
        for which in [0, 1] {
            out.part(which)
                .assign(&scatter_array(&g.part(which), base, view)?)?;
        }
        return Ok(out);
    }
    let memory = Array::zeros(&extent(base, view), g.dtype())?;
    if view.overlaps() {
        let positions = positions(view);
        let g = g.contiguous()?;
        dispatch_number!(g.dtype(), T => {
            let mut out = memory.slice_mut::<T>();
            for (at, v) in positions.iter().zip(g.slice::<T>().iter()) {
                out[*at] = crate::tensor::array::Number::plus(out[*at], *v);
            }
        }, bool => {});
    } else {
        memory.with_layout(view.clone()).assign(g)?;
    }
    memory.with_layout(base.clone()).copy()
}

fn gather_array(x: &Array, base: &Layout, view: &Layout) -> Result<Array> {
    let memory = Array::zeros(&extent(base, view), x.dtype())?;
    if base.overlaps() {
        let (x, memory) = (x.contiguous()?.as_bits(), memory.as_bits());
        dispatch_bits!(x.dtype(), T => {
            let mut out = memory.slice_mut::<T>();
            positions(base).iter().zip(x.slice::<T>().iter()).for_each(|(at, v)| out[*at] = *v);
        });
    } else {
        memory.with_layout(base.clone()).assign(x)?;
    }
    memory.with_layout(view.clone()).copy()
}

/// Where each element lies, in row-major order.
pub fn positions(layout: &Layout) -> Vec<usize> {
    let mut out = vec![layout.offset];
    for (n, s) in layout.shape.iter().zip(&layout.strides) {
        let mut all = Vec::with_capacity(out.len() * n);
        for start in out {
            all.extend((0..*n).map(|i| start + i * s));
        }
        out = all;
    }
    out
}
