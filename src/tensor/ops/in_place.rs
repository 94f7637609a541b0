//! Writing to a tensor: the rules, the counting of writes, and the rewriting of history.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::promote::can_cast;
use crate::tensor::array::{Array, DType, Layout, Result};
use crate::tensor::core::mode::is_inference;
use crate::tensor::core::record::record_rule;
use crate::tensor::core::tensor::Creation;
use crate::tensor::core::{Backward, Grads, Needs, Node, Tensor, is_grad_enabled, record, watch};
use crate::tensor::ops::view::Overlay;

/// Refuses a write that would make gradients wrong (`check_inplace` and `handle_view_on_rebase` in PyTorch).
pub fn check_writable(x: &Tensor, recording: bool) -> Result<()> {
    ensure!(
        !x.is_inference() || is_inference(),
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
    );
    if !(recording && is_grad_enabled()) {
        if x.requires_grad() {
            watch::note_write(x.array().storage());
        }
        return Ok(());
    }
    if let (Some(creation), Some(base)) = (x.creation(), x.base()) {
        match creation {
            Creation::Default => {}
            Creation::Multiple => {
                let name = x.grad_fn().map_or("Unbind", |n| n.name());
                bail!(
                    "Output {} of {} is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
                    x.output_nr(),
                    name.split("Backward").next().unwrap_or(name)
                );
            }
            Creation::Function => {
                let name = x.grad_fn().map_or("Function", |n| n.name());
                bail!(
                    "Output {} of {} is a view and is being modified inplace. This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function.",
                    x.output_nr(),
                    name.strip_suffix("Backward").unwrap_or(name)
                );
            }
            Creation::NoGrad => bail!(
                "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
            ),
        }
        ensure!(
            !((base.requires_grad() || x.requires_grad()) && base.is_leaf()),
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        );
    }
    ensure!(
        !(x.requires_grad() && x.is_leaf()),
        "a leaf Variable that requires grad is being used in an in-place operation."
    );
    watch::note_write(x.array().storage());
    Ok(())
}

/// Refuses a result of another shape, or of a dtype that does not fit.
pub fn check_result(x: &Tensor, shape: &[usize], dtype: DType) -> Result<()> {
    let a = x.array();
    ensure!(
        a.shape() == shape,
        "output with shape {} doesn't match the broadcast shape {}",
        show(a.shape()),
        show(shape)
    );
    ensure!(
        can_cast(dtype, a.dtype()),
        "result type {} can't be cast to the desired output type {}",
        dtype.scalar_name(),
        a.dtype().scalar_name()
    );
    ensure!(
        !a.layout().overlaps(),
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation."
    );
    Ok(())
}

/// `x.op_()` from the out-of-place op: writes the result over `x` and takes over its history. While recording, the op
/// sees a copy, so that what it saves is not overwritten.
pub fn apply(x: &Tensor, op: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if !is_grad_enabled() {
        return overwrite(x, op);
    }
    check_writable(x, x.requires_grad())?;
    let out = op(&snapshot(x)?)?;
    check_writable(x, out.requires_grad())?;
    write(x, &out)?;
    rebase(x, &out)?;
    Ok(x.clone())
}

/// [`apply`] for an op that gets no other tensors.
pub fn apply_alone(x: &Tensor, op: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    match x.requires_grad() {
        true => apply(x, op),
        false => overwrite(x, op),
    }
}

/// [`apply`] where nothing is recorded: neither `x` nor what the op gets besides requires a gradient.
pub fn overwrite(x: &Tensor, op: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    check_writable(x, false)?;
    let out = op(x)?;
    write(x, &out)?;
    Ok(x.clone())
}

/// A tensor with the same history but its own copy of the values.
pub fn snapshot(x: &Tensor) -> Result<Tensor> {
    let copy = Tensor::from_array(x.array().copy_dense()?);
    if let Some(node) = x.grad_fn() {
        copy.set_history(node, x.output_nr());
    }
    Ok(copy)
}

fn write(x: &Tensor, out: &Tensor) -> Result<()> {
    check_result(x, &out.shape(), out.dtype())?;
    x.array().assign(&out.array())?;
    x.bump_version();
    Ok(())
}

/// `x` was overwritten with the values of `out`: its history becomes that of `out`; if `x` is a view, its base remembers
/// that a part was replaced.
pub fn rebase(x: &Tensor, out: &Tensor) -> Result<()> {
    if !is_grad_enabled()
        || !(out.requires_grad() || x.requires_grad())
        || !x.dtype().is_differentiable()
    {
        return Ok(());
    }
    let out = if out.dtype() == x.dtype() {
        out.clone()
    } else {
        super::to_dtype(out, x.dtype())?
    };
    match x.base() {
        Some(base) => {
            let rule = CopySlices(Overlay::of(x, &base));
            let marker = Tensor::from_array(base.to_array());
            let node = record_rule("CopySlices", &[&base, &out], &[marker], Box::new(rule));
            base.set_history(node, 0);
            if x.retains_grad() {
                // Its gradient is from now on that of the new values.
                x.grad_fn();
            }
        }
        None => match out.grad_fn() {
            Some(node) => x.set_history(node, out.output_nr()),
            None if out.requires_grad() => {
                let copy = super::clone(&out)?;
                if let Some(node) = copy.grad_fn() {
                    x.set_history(node, 0);
                }
            }
            None => {
                let old = Tensor::from_array(x.to_array());
                if let Some(node) = x.grad_fn() {
                    old.set_history(node, x.output_nr());
                }
                let blank = record("FillBackward0", [&old], x.to_array(), (), |g, (), _| {
                    Ok([Some(super::zeros_like(g)?)])
                });
                if let Some(node) = blank.grad_fn() {
                    x.set_history(node, 0);
                }
            }
        },
    }
    Ok(())
}

/// The rule for a base, a part of which was replaced: the part's gradient goes to the new values, the rest to the old.
#[derive(Clone)]
struct CopySlices(Overlay);

impl Backward for CopySlices {
    fn apply(
        &self,
        _: &std::rc::Rc<Node>,
        grads: &[Option<Tensor>],
        needs: Needs,
    ) -> Result<Grads> {
        let Some(g) = &grads[0] else {
            return Ok(Grads::from_elem(None, 2));
        };
        let g = &self.0.open_base(g)?;
        let mut out = Grads::new();
        out.push(needs.when(0, || self.0.close_base(&self.outside(g)?))?);
        out.push(needs.when(1, || self.0.close_view(&self.inside(g)?))?);
        Ok(out)
    }
}

impl CopySlices {
    fn relative(&self) -> Result<Layout> {
        // The gradient lies contiguously, in the order of the base's strides if those are dense.
        let mut view = self.0.view.clone();
        let Some(offset) = view.offset.checked_sub(self.0.base.offset) else {
            bail!(
                NotImplemented,
                "an in-place write through a view that starts before its base"
            )
        };
        view.offset = offset;
        Ok(view)
    }

    fn inside(&self, g: &Tensor) -> Result<Tensor> {
        let out = slice_of(&g.array(), &self.0.base, &self.relative()?)?;
        let this = self.clone();
        Ok(record(
            "AsStridedBackward0",
            [g],
            out,
            (),
            move |gg, (), _| Ok([Some(this.spread(gg)?)]),
        ))
    }

    fn outside(&self, g: &Tensor) -> Result<Tensor> {
        let memory = in_geometry(&g.array(), &self.0.base)?;
        memory.with_layout(self.relative()?).fill(0i64.into())?;
        let out = base_view(&memory, &self.0.base).copy_dense()?;
        let this = self.clone();
        Ok(record("CopySlices", [g], out, (), move |gg, (), _| {
            Ok([Some(this.outside(gg)?)])
        }))
    }

    fn spread(&self, g: &Tensor) -> Result<Tensor> {
        let zeros = Array::zeros(&self.0.base.shape, g.dtype())?;
        let memory = in_geometry(&zeros, &self.0.base)?;
        memory.with_layout(self.relative()?).assign(&g.array())?;
        let out = base_view(&memory, &self.0.base).copy_dense()?;
        let this = self.clone();
        Ok(record(
            "AsStridedScatterBackward0",
            [g],
            out,
            (),
            move |gg, (), _| Ok([Some(this.inside(gg)?)]),
        ))
    }
}

/// A copy of `g` in memory laid out as the base is, from offset 0.
fn in_geometry(g: &Array, geometry: &Layout) -> Result<Array> {
    ensure!(
        !geometry.overlaps(),
        NotImplemented,
        "an in-place write to a view of a tensor whose elements share memory"
    );
    let mut at_zero = geometry.clone();
    at_zero.offset = 0;
    let memory = Array::zeros(&[at_zero.end()], g.dtype())?;
    memory.with_layout(at_zero).assign(g)?;
    Ok(memory)
}

fn base_view(memory: &Array, geometry: &Layout) -> Array {
    let mut at_zero = geometry.clone();
    at_zero.offset = 0;
    memory.with_layout(at_zero)
}

fn slice_of(g: &Array, geometry: &Layout, view: &Layout) -> Result<Array> {
    in_geometry(g, geometry)?.with_layout(view.clone()).copy()
}

/// A handle with the same history and the same memory, for the record of what was there before a write.
pub fn alias(x: &Tensor) -> Tensor {
    let old = Tensor::from_array(x.to_array());
    if let Some(node) = x.grad_fn() {
        old.set_history(node, x.output_nr());
    }
    old
}

/// `x.t_()` and the like: another layout under the same handle. The op makes a view, whose layout and history `x` takes.
pub fn relayout(x: &Tensor, op: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    check_writable(x, x.requires_grad())?;
    let out = op(&alias(x))?;
    let history = out.grad_fn();
    let layout = out.array().layout().clone();
    let moved = x.array().with_layout(layout);
    x.set_array(moved);
    x.bump_version();
    if let Some(node) = history {
        x.set_history(node, out.output_nr());
    }
    Ok(x.clone())
}
