//! `linear`: rows times weights, plus a bias.

use super::kernel;
use crate::tensor::array::error::ensure;
use crate::tensor::array::{DType, Dims, Layout, Result};
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record, requires_recording};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::view::record_view;
use crate::tensor::ops::{add, matmul, mm, reshape_to, t, unsqueeze, view_as_shape};

/// `torch.nn.functional.linear`
pub static LINEAR: Op = Op {
    signature: "linear(input, weight, bias=None, *, out=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Multiplies rows by a matrix of weights and adds a bias: `input @ weight.T + bias`.",
    examples: &[(
        "F.linear(torch.tensor([[1., 2.]]), torch.tensor([[3., 4.]]), torch.tensor([5.]))",
        "tensor([[16.]])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        let (w, b) = (m.tensor(&[2, 3]), m.tensor(&[2]));
        vec![
            sample([m.tensor(&[4, 3]).into(), w.clone().into(), b.clone().into()]),
            sample([m.tensor(&[1, 3]).into(), w.clone().into(), b.clone().into()]),
            sample([m.tensor(&[3]).into(), w.clone().into(), b.clone().into()]),
            sample([m.tensor(&[2, 2, 3]).into(), w.clone().into(), b.into()]),
            sample([m.tensor(&[4, 3]).into(), w.into()]),
        ]
    },
    call: |a| {
        let (x, w) = (a.tensor("input")?, a.tensor("weight")?);
        Ok(linear(x, w, a.opt_tensor("bias")?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.linear`
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (n, shape) = (weight.ndim(), x.shape());
    ensure!(
        !shape.is_empty() && n > 0,
        "both arguments to linear need to be at least 1D, but they are {}D and {n}D",
        shape.len()
    );
    if n != 2 || x.dtype().is_complex() && x.dtype() == weight.dtype() {
        let product = matmul(x, &t(weight)?)?;
        return bias.map_or(Ok(product.clone()), |b| add(&product, b));
    }
    if shape.len() == 2 {
        return rows(x, weight, bias);
    }
    if shape.len() == 1 && bias.is_none() {
        let y = rows(&unsqueeze(x, 0)?, weight, None)?;
        let n = y.shape()[1];
        let out = y.array().with_layout(Layout::contiguous(&[n]));
        return Ok(record("SqueezeBackward4", [&y], out, (), |g, (), _| {
            Ok([Some(unsqueeze(g, 0)?)])
        }));
    }
    let k = shape[shape.len() - 1];
    let count: usize = shape[..shape.len() - 1].iter().product();
    if !x.array().is_contiguous() {
        // As in PyTorch, whose fused form wants the rows in one piece.
        let product = unfold_rows(&rows(&reshape_to(x, &[count, k])?, weight, None)?, &shape)?;
        return bias.map_or(Ok(product.clone()), |b| add(&product, b));
    }
    unfold_rows(
        &rows(&view_as_shape(x, &[count, k])?, weight, bias)?,
        &shape,
    )
}

/// Gives rows the leading dimensions that they came from.
fn unfold_rows(y: &Tensor, from: &[usize]) -> Result<Tensor> {
    let mut shape = Dims::from_slice(&from[..from.len() - 1]);
    shape.push(y.shape()[1]);
    let out = y.array().with_layout(Layout::contiguous(&shape));
    let rows = y.shape();
    Ok(record(
        "UnsafeViewBackward0",
        [y],
        out,
        (),
        move |g, (), _| Ok([Some(reshape_to(g, &rows)?)]),
    ))
}

fn check(x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    let (sx, sw) = (x.shape(), w.shape());
    let (dx, dw) = (x.dtype(), w.dtype());
    let fits = |op: &str| {
        ensure!(
            sx[1] == sw[1],
            "{op}: mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
            sx[0],
            sx[1],
            sw[1],
            sw[0]
        );
        Ok(())
    };
    if let Some(b) = bias {
        ensure!(
            dx == dw,
            "mat1 and mat2 must have the same dtype, but got {} and {}",
            dx.scalar_name(),
            dw.scalar_name()
        );
        fits("addmm")?;
        ensure!(
            b.dtype() == dw,
            "self and mat2 must have the same dtype, but got {} and {}",
            b.dtype().scalar_name(),
            dw.scalar_name()
        );
        let sb = b.shape();
        ensure!(
            sb.iter().product::<usize>() == sw[0] && sb.last().is_none_or(|n| *n == sw[0]),
            "The expanded size of the tensor ({}) must match the existing size ({}) at non-singleton dimension 1.  Target sizes: [{}, {}].  Tensor sizes: {}",
            sw[0],
            sb.last().copied().unwrap_or(1),
            sx[0],
            sw[0],
            crate::tensor::array::layout::show(&sb)
        );
    } else {
        fits("mm")?;
        ensure!(
            dx == dw,
            "expected m1 and m2 to have the same dtype, but got: {} != {}",
            dx.cpp_name(),
            dw.cpp_name()
        );
    }
    ensure!(
        dx != DType::Bool,
        NotImplemented,
        "\"addmm_impl_cpu_\" not implemented for 'Bool'"
    );
    Ok(())
}

/// The weights the other way round, with PyTorch's node; outside of recording its rule makes no view, so that the
/// gradient can be taken over without a copy.
fn turned(w: &Tensor) -> Tensor {
    let layout = w.array().layout().transpose(0, 1);
    record_view("TBackward0", w, layout, |g, _| {
        if is_grad_enabled() {
            return t(g);
        }
        let a = g.to_array();
        Ok(Tensor::from_array(
            a.with_layout(a.layout().transpose(0, 1)),
        ))
    })
}

/// Two-dimensional `x @ w.T + b`.
fn rows(x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    check(x, w, bias)?;
    let out = match bias {
        Some(b) => {
            let b = b.array();
            kernel::affine(&x.array(), &w.array(), Some(&b.reshape(&[b.numel()])?))?
        }
        None => kernel::affine(&x.array(), &w.array(), None)?,
    };
    let wanted = [Some(x), Some(w), bias];
    if !(requires_recording(&wanted) && out.dtype().is_differentiable()) {
        return Ok(Tensor::from_array(out));
    }
    let wt = turned(w);
    let kept = (
        requires_recording(&[x]).then(|| Saved::input(&wt)),
        requires_recording(&[w]).then(|| Saved::input(x)),
    );
    let to_input = |g: &Tensor, wt: &Tensor| -> Result<Tensor> {
        if is_grad_enabled() {
            return mm(g, &t(wt)?);
        }
        let a = wt.array();
        let w = a.with_layout(a.layout().transpose(0, 1));
        Ok(Tensor::from_array(kernel::back_to_input(&g.array(), &w)?))
    };
    let to_weight = |g: &Tensor, x: &Tensor| -> Result<Tensor> {
        if is_grad_enabled() {
            return t(&mm(&t(g)?, x)?);
        }
        let a = kernel::back_to_weight(&g.array(), &x.array())?;
        Ok(Tensor::from_array(
            a.with_layout(a.layout().transpose(0, 1)),
        ))
    };
    Ok(match bias {
        Some(b) => record(
            "AddmmBackward0",
            [b, x, &wt],
            out,
            kept,
            move |g, (wt, x), c| {
                Ok([
                    Some(g.clone()),
                    c.when(1, || to_input(g, &c.get(wt.as_ref().expect("kept"))?))?,
                    c.when(2, || to_weight(g, &c.get(x.as_ref().expect("kept"))?))?,
                ])
            },
        ),
        None => record("MmBackward0", [x, &wt], out, kept, move |g, (wt, x), c| {
            Ok([
                c.when(0, || to_input(g, &c.get(wt.as_ref().expect("kept"))?))?,
                c.when(1, || to_weight(g, &c.get(x.as_ref().expect("kept"))?))?,
            ])
        }),
    })
}
