//! `max_unpool`, which a max pooling's places guide.

use std::rc::Rc;

use super::max::WORDS;
use super::places::{Planes, narrow};
use super::window::each;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, spatial_ops};

/// Two channels of a row of two elements, and places in planes of twice their size.
fn unpool_samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let mut shape = vec![1, 2];
    shape.extend(vec![1; dims - 1]);
    shape.push(2);
    let places = Array::from_vec(vec![1i64, 3, 0, 2], &shape);
    vec![sample([
        m.tensor(&shape).into(),
        Tensor::from_array(places).into(),
        Arg::Int(2),
    ])]
}

const UNPOOL: &str =
    "Puts the results of a max pooling back to the places that `indices` names, among zeros.";

spatial_ops! {
    unpool_samples, unpool;
    MAX_UNPOOL1D 1 FUNCTIONAL, "max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None) -> Tensor"
        UNPOOL "F.max_unpool1d(torch.tensor([[3.]]), torch.tensor([[1]]), 2)" "tensor([[0., 3.]])";
    MAX_UNPOOL2D 2 FUNCTIONAL, "max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None) -> Tensor"
        UNPOOL "F.max_unpool2d(torch.tensor([[[3.]]]), torch.tensor([[[1]]]), 2)" "tensor([[[0., 3.],\n         [0., 0.]]])";
    MAX_UNPOOL3D 3 FUNCTIONAL, "max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None) -> Tensor"
        UNPOOL "F.max_unpool3d(torch.tensor([[[[3.]]]]), torch.tensor([[[[1]]]]), 2).shape" "torch.Size([1, 2, 2, 2])";
}

fn unpool(a: &Args, dims: usize) -> Result<Out> {
    let node = match dims {
        3 => "MaxUnpool3DBackward0",
        _ => "MaxUnpool2DBackward0",
    };
    let (x, at) = (a.tensor("input")?, a.tensor("indices")?);
    let op = format!("max_unpool{dims}d");
    let word = WORDS[dims];
    let kernel = each(&op, "kernel_size", &a.ints("kernel_size")?, dims, word)?;
    let stride = match a.opt_ints("stride")? {
        Some(s) if !s.is_empty() => each(&op, "stride", &s, dims, word)?,
        _ => kernel.clone(),
    };
    let padding = each(&op, "padding", &a.ints("padding")?, dims, word)?;
    let shape = x.shape();
    check(x, at, dims, &stride)?;
    let given = a.opt_ints("output_size")?;
    let wide = wide_shape(&shape, dims, given.as_deref(), [&kernel, &stride, &padding])?;
    let lead = shape.len() - dims;
    let planes = Rc::new(Planes {
        wide_plane: wide[lead..].iter().product(),
        narrow_plane: shape[lead..].iter().product(),
        wide,
        narrow: shape,
    });
    let places = at.to_vec::<i64>()?;
    if let Some(bad) = places
        .iter()
        .find(|p| **p < 0 || **p >= planes.wide_plane as i64)
    {
        bail!(
            "Found an invalid max index: {bad} (output volumes are of size {})",
            planes.wide_plane
        );
    }
    let out = place(&x.array(), &at.array(), &planes)?;
    let kept = Saved::input(at);
    Ok(record(node, [x], out, kept, move |g, at, c| {
        Ok([Some(narrow(g, &c.get(at)?, &planes)?)])
    })
    .into())
}

fn check(x: &Tensor, at: &Tensor, dims: usize, stride: &[i64]) -> Result<()> {
    let shape = x.shape();
    ensure!(
        at.dtype() == DType::Int64,
        "elements in indices should be type int64 but got: {}",
        at.dtype().scalar_name()
    );
    let flat = dims.max(2);
    // Sequences go through images of width 1.
    let as_image = |shape: &[usize]| {
        let mut shape = Dims::from_slice(shape);
        if dims == 1 {
            shape.push(1);
        }
        shape
    };
    ensure!(
        shape.len() > dims,
        "Input to max_unpooling{flat}d should be a {}d or {}d Tensor, but got a tensor with {} dimensions.",
        flat + 1,
        flat + 2,
        as_image(&shape).len()
    );
    ensure!(
        at.shape() == shape,
        "Expected shape of indices to be same as that of the input tensor ({}) but got indices tensor with shape: {}",
        show(&as_image(&shape)),
        show(&as_image(&at.shape()))
    );
    ensure!(
        dims < 3 || stride.iter().all(|s| *s > 0),
        "strides should be greater than zero, but got stride: [{}, {}, {}]",
        stride[0],
        stride[dims - 2],
        stride[dims - 1]
    );
    Ok(())
}

/// The shape before the pooling: as asked for, or what the windows cover.
fn wide_shape(
    shape: &[usize],
    dims: usize,
    given: Option<&[i64]>,
    [kernel, stride, padding]: [&[i64]; 3],
) -> Result<Dims> {
    let lead = shape.len() - dims;
    let mut wide = Dims::from_slice(shape);
    for d in 0..dims {
        let natural = (shape[lead + d] as i64 - 1) * stride[d] - 2 * padding[d] + kernel[d];
        let size = match given {
            Some(sizes) if sizes.len() >= dims => sizes[sizes.len() - dims + d],
            _ => natural,
        };
        ensure!(
            size > 0 && (size - natural).abs() < stride[d].max(1),
            Value,
            "invalid output_size (dim {d} must be between {} and {})",
            natural - stride[d],
            natural + stride[d]
        );
        wide[lead + d] = size as usize;
    }
    Ok(wide)
}

/// Writes elements to their places; the last one stays where several meet.
fn place(x: &Array, at: &Array, p: &Planes) -> Result<Array> {
    let (x, at) = (x.contiguous()?, at.contiguous()?);
    let out = Array::zeros(&p.wide, x.dtype())?;
    let (x, all) = (x.as_bits(), out.as_bits());
    dispatch_bits!(x.dtype(), T => {
        let (xs, at, mut all) = (x.slice::<T>(), at.slice::<i64>(), all.slice_mut::<T>());
        for (i, (v, at)) in xs.iter().zip(at.iter()).enumerate() {
            all[i / p.narrow_plane.max(1) * p.wide_plane + *at as usize] = *v;
        }
    });
    Ok(out)
}
