//! `max_pool`: the largest element of each window.

use std::rc::Rc;

use super::check::{check, check_1d, check_sequence};
use super::kernel;
use super::places::{Planes, widen};
use super::window::{Step, Window, Windows, adaptive, each};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record, requires_recording};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, spatial_ops};
use crate::tensor::ops::{squeeze_dim, unsqueeze};

/// A batch with two channels.
pub(super) fn shape(m: &Make, dims: usize, size: usize) -> Arg {
    let mut s = vec![1, 2];
    s.extend(vec![size; dims]);
    m.distinct(&s).into()
}

fn samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let size = if dims == 3 { 3 } else { 5 };
    vec![
        sample([shape(m, dims, 4), Arg::Int(2)]),
        sample([shape(m, dims, size), Arg::Int(3)])
            .with("stride", 2i64)
            .with("padding", 1i64)
            .with("ceil_mode", true),
        sample([shape(m, dims, size), Arg::Int(2)])
            .with("stride", 1i64)
            .with("dilation", 2i64),
    ]
}

spatial_ops! {
    samples, call;
    MAX_POOL1D 1 FUNCTION | FUNCTIONAL, "max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False) -> Tensor"
        "The largest element of each window of sequences."
        "F.max_pool1d(torch.tensor([[1., 3., 2., 0.]]), 2)" "tensor([[3., 2.]])";
    MAX_POOL2D 2 FUNCTION | FUNCTIONAL, "max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False) -> Tensor"
        "The largest element of each window of images. The stride is the size of the window unless given."
        "F.max_pool2d(torch.arange(16.).view(1, 4, 4), 2)" "tensor([[[ 5.,  7.],\n         [13., 15.]]])";
    MAX_POOL3D 3 FUNCTION | FUNCTIONAL, "max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False) -> Tensor"
        "The largest element of each window of volumes."
        "F.max_pool3d(torch.arange(8.).view(1, 2, 2, 2), 2)" "tensor([[[[7.]]]])";
}

/// The numbers of a max pooling; `stride` is that of the kernel if left out.
pub struct MaxPool<'a> {
    /// Size of the window: one number, or one a dimension.
    pub kernel: &'a [i64],
    /// Steps between windows.
    pub stride: Option<&'a [i64]>,
    /// Positions on both sides that never win.
    pub padding: &'a [i64],
    /// Steps inside a window.
    pub dilation: &'a [i64],
    /// Whether windows may reach past the end.
    pub ceil: bool,
    /// Whether the places of the largest elements are returned as well.
    pub indices: bool,
}

fn call(a: &Args, dims: usize) -> Result<Out> {
    let stride = a.opt_ints("stride")?;
    let stride = stride.as_deref().filter(|s| !s.is_empty());
    let (kernel, padding, dilation) = (
        a.ints("kernel_size")?,
        a.ints("padding")?,
        a.ints("dilation")?,
    );
    let options = MaxPool {
        kernel: &kernel,
        stride,
        padding: &padding,
        dilation: &dilation,
        ceil: a.bool("ceil_mode")?,
        indices: a.bool("return_indices")?,
    };
    max_pool(a.tensor("input")?, dims, &options)
}

/// Numbers of dimensions as PyTorch spells them.
pub(super) const WORDS: [&str; 4] = ["", "one", "two", "three"];

/// Max pooling over the last `dims` dimensions.
pub fn max_pool(x: &Tensor, dims: usize, o: &MaxPool) -> Result<Out> {
    let op = format!("max_pool{dims}d");
    let word = WORDS[dims];
    let kernel = each(&op, "kernel_size", o.kernel, dims, word)?;
    let stride = match o.stride {
        Some(s) => each(&op, "stride", s, dims, word)?,
        None => kernel.clone(),
    };
    let padding = each(&op, "padding", o.padding, dims, word)?;
    let dilation = each(&op, "dilation", o.dilation, dims, word)?;
    let steps: Vec<Step> = (0..dims)
        .map(|d| Step {
            kernel: kernel[d],
            stride: stride[d],
            padding: padding[d],
            dilation: dilation[d],
        })
        .collect();
    let shape = x.shape();
    if dims == 1 && o.indices {
        check_sequence(&shape)?;
        let mut image = shape.clone();
        image.insert(shape.len() - 1, 1);
        check(&image, &[Step::WHOLE, steps[0]], o.ceil)?;
    } else if dims == 1 {
        check_1d(&shape, &steps[0], o.ceil)?;
    } else {
        check(&shape, &steps, o.ceil)?;
    }
    ensure!(
        x.dtype() != DType::Bool,
        NotImplemented,
        "\"{op}\" not implemented for 'Bool'"
    );
    let lead = shape.len() - dims;
    let last = steps
        .iter()
        .zip(&shape[lead..])
        .map(|(s, n)| s.windows(*n, s.outputs(*n, o.ceil).max(0) as usize, false))
        .collect();
    let name = if dims == 3 {
        "MaxPool3DWithIndicesBackward0"
    } else {
        "MaxPool2DWithIndicesBackward0"
    };
    finish(x, dims, last, name, o.indices)
}

/// A pooling of sequences goes through images of height 1, as the history shows.
pub(super) fn finish(
    x: &Tensor,
    dims: usize,
    mut last: Vec<Vec<Window>>,
    name: &'static str,
    indices: bool,
) -> Result<Out> {
    if dims != 1 {
        let (y, at) = pool(x, Windows::new(&x.shape(), last), name, indices)?;
        return Ok(pair(y, at));
    }
    let x = unsqueeze(x, -2)?;
    last.insert(0, adaptive(1, 1));
    let (y, at) = pool(&x, Windows::new(&x.shape(), last), name, indices)?;
    let at = at.map(|at| squeeze_dim(&at, -2)).transpose()?;
    Ok(pair(squeeze_dim(&y, -2)?, at))
}

fn pair(y: Tensor, at: Option<Tensor>) -> Out {
    match at {
        Some(at) => Out::Tensors(vec![y, at]),
        None => y.into(),
    }
}

fn pool(
    x: &Tensor,
    windows: Windows,
    name: &'static str,
    indices: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    let recording = requires_recording(&[x]);
    let (y, at) = kernel::largest(&x.array(), &windows, indices || recording)?;
    let Some(at) = at.map(Tensor::from_array) else {
        return Ok((Tensor::from_array(y), None));
    };
    let planes = Rc::new(Planes {
        wide: windows.from.clone(),
        narrow: windows.to.clone(),
        wide_plane: windows.input_plane(),
        narrow_plane: windows.output_plane(),
    });
    let kept = [Saved::input(&at), Saved::input(x)];
    let y = record(name, [x], y, kept, move |g, [at, x], c| {
        Ok([Some(flat_in(widen(g, &c.get(at)?, &planes)?, &c.get(x)?))])
    });
    Ok((y, indices.then_some(at)))
}
