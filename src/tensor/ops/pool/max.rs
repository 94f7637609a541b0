//! `max_pool`, `adaptive_max_pool` and `max_unpool`.

use std::rc::Rc;

use super::kernel;
use super::window::{Step, Windows, adaptive, each};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Error, Result};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record, requires_recording};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, spatial_ops};
use crate::tensor::ops::{squeeze_dim, unsqueeze};

fn shape(m: &Make, dims: usize, size: usize) -> Arg {
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

fn adaptive_samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![sample([shape(m, dims, 5), Arg::Int(3)])]
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

spatial_ops! {
    adaptive_samples, call_adaptive;
    ADAPTIVE_MAX_POOL1D 1 FUNCTION | FUNCTIONAL, "adaptive_max_pool1d(input, output_size, return_indices=False) -> Tensor"
        "The largest elements of as many windows as the output is to have."
        "F.adaptive_max_pool1d(torch.tensor([[1., 3., 2., 0.]]), 2)" "tensor([[3., 2.]])";
    ADAPTIVE_MAX_POOL2D 2 FUNCTION | FUNCTIONAL, "adaptive_max_pool2d(input, output_size, return_indices=False) -> Tensor"
        "The largest elements of as many windows as the output is to have."
        "F.adaptive_max_pool2d(torch.arange(9.).view(1, 3, 3), 1)" "tensor([[[8.]]])";
    ADAPTIVE_MAX_POOL3D 3 FUNCTION | FUNCTIONAL, "adaptive_max_pool3d(input, output_size, return_indices=False) -> Tensor"
        "The largest elements of as many windows as the output is to have."
        "F.adaptive_max_pool3d(torch.arange(8.).view(1, 2, 2, 2), 1)" "tensor([[[[7.]]]])";
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

const WORDS: [&str; 4] = ["", "one", "two", "three"];

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
fn finish(
    x: &Tensor,
    dims: usize,
    mut last: Vec<Vec<super::window::Window>>,
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

fn check_sequence(shape: &[usize]) -> Result<()> {
    ensure!(
        matches!(shape.len(), 2 | 3) && shape[shape.len() - 2..].iter().all(|n| *n > 0),
        "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{}",
        show(shape)
    );
    Ok(())
}

fn check_1d(shape: &[usize], s: &Step, ceil: bool) -> Result<()> {
    check_sequence(shape)?;
    ensure!(
        s.kernel > 0,
        "max_pool1d() kernel_size must be greater than zero, but got {}",
        s.kernel
    );
    ensure!(
        s.stride > 0,
        "max_pool1d() stride must be greater than zero, but got {}",
        s.stride
    );
    ensure!(
        s.padding >= 0,
        "max_pool1d() padding must be non-negative, but got {}",
        s.padding
    );
    ensure!(
        s.padding <= s.kernel / 2,
        "max_pool1d() padding should be at most half of kernel size, but got padding={} and kernel_size={}",
        s.padding,
        s.kernel
    );
    ensure!(
        s.dilation > 0,
        "max_pool1d() dilation must be greater than zero, but got {}",
        s.dilation
    );
    check_reach(std::slice::from_ref(s))?;
    let outputs = s.outputs(shape[shape.len() - 1], ceil);
    ensure!(
        outputs > 0,
        "max_pool1d() Invalid computed output size: {outputs}"
    );
    Ok(())
}

fn check_reach(steps: &[Step]) -> Result<()> {
    if let Some(s) = steps.iter().find(|s| s.reach().is_none()) {
        ensure!(
            false,
            "effective kernel size overflows, but got kernel_size={} and dilation={}",
            s.kernel,
            s.dilation
        );
    }
    Ok(())
}

fn check_padding(steps: &[Step]) -> Result<()> {
    ensure!(
        steps.iter().all(|s| s.padding >= 0),
        "pad must be non-negative, but got pad: {}",
        steps.iter().map(|s| s.padding).min().unwrap_or(0)
    );
    check_reach(steps)?;
    if let Some(s) = steps
        .iter()
        .find(|s| s.padding > s.reach().unwrap_or(0).saturating_add(1) / 2)
    {
        ensure!(
            false,
            "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}",
            s.padding,
            s.kernel,
            s.dilation
        );
    }
    Ok(())
}

/// `pool2d_shape_check` and `pool3d_shape_check` in ATen.
pub(super) fn check(shape: &[usize], steps: &[Step], ceil: bool) -> Result<()> {
    let dims = steps.len();
    ensure!(
        shape.len() == dims + 1 || shape.len() == dims + 2,
        "non-empty {}D or {}D (batch mode) tensor expected for input",
        dims + 1,
        dims + 2
    );
    ensure!(
        steps.iter().all(|s| s.stride != 0),
        "stride should not be zero"
    );
    check_padding(steps)?;
    let numbers = |f: &dyn Fn(&Step) -> i64, name: &str| -> String {
        let letters = if dims == 3 { "THW" } else { "HW" };
        let each = letters.chars().zip(steps);
        let parts: Vec<String> = each.map(|(c, s)| format!("{name}{c}: {}", f(s))).collect();
        parts.join(" ")
    };
    ensure!(
        steps.iter().all(|s| s.kernel > 0),
        "kernel size should be greater than zero, but got {}",
        numbers(&|s| s.kernel, "k")
    );
    ensure!(
        steps.iter().all(|s| s.stride > 0),
        "stride should be greater than zero, but got {}",
        numbers(&|s| s.stride, "d")
    );
    ensure!(
        steps.iter().all(|s| s.dilation > 0),
        "dilation should be greater than zero, but got {}",
        numbers(&|s| s.dilation, "dilation")
    );
    if dims == 3
        && let Some(empty) =
            (0..shape.len()).find(|d| shape[*d] == 0 && (*d > 0 || shape.len() == dims + 1))
    {
        ensure!(
            false,
            "max_pool3d_with_indices_out_cpu_template(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension {empty} being empty",
            show(shape)
        );
    }
    ensure!(
        shape[shape.len() - dims - 1..].iter().all(|n| *n > 0),
        "Expected {}D or {}D (batch mode) tensor with optional 0 dim batch size for input, but got:{}",
        dims + 1,
        dims + 2,
        show(shape)
    );
    let sizes = &shape[shape.len() - dims..];
    let outputs: Vec<i64> = steps
        .iter()
        .zip(sizes)
        .map(|(s, n)| s.outputs(*n, ceil))
        .collect();
    let text = |sizes: &[i64]| -> String {
        let mut all = vec![shape[shape.len() - dims - 1].to_string()];
        all.extend(sizes.iter().map(i64::to_string));
        all.join("x")
    };
    let before: Vec<i64> = sizes.iter().map(|n| *n as i64).collect();
    ensure!(
        outputs.iter().all(|n| *n > 0),
        "Given input size: ({}). Calculated output size: ({}). Output size is too small",
        text(&before),
        text(&outputs)
    );
    Ok(())
}

/// Sizes of an adaptive pooling's output; `None` keeps a size.
pub(super) fn output_sizes(a: &Args, op: &str, shape: &[usize], dims: usize) -> Result<Vec<usize>> {
    let items: Vec<Arg> = match a.arg("output_size") {
        Arg::List(items) | Arg::Tuple(items) => items,
        one => vec![one; dims],
    };
    ensure!(
        dims > 1 || items.len() == 1,
        "{op}() argument 'output_size' should contain one int (got {})",
        items.len()
    );
    ensure!(
        dims == 1 || a.arg("output_size").items().is_none() || shape.len() > items.len(),
        Value,
        "Input dimension should be at least {}",
        items.len() + 1
    );
    let largest = op.starts_with("adaptive_max");
    let inner = if largest {
        "(): internal error: output_size.size()"
    } else {
        ": output_size"
    };
    ensure!(items.len() == dims, "{op}{inner} must be {dims}");
    let lead = shape.len().saturating_sub(dims);
    let mut out = Vec::with_capacity(dims);
    for (i, item) in items.iter().enumerate() {
        out.push(match item {
            Arg::None => shape.get(lead + i).copied().unwrap_or(1) as i64,
            other => match other.as_int() {
                Some(n) => n,
                None => {
                    crate::tensor::array::error::bail!(
                        Type,
                        "{op}(): argument 'output_size' (position 2) must be tuple of ints, not {}",
                        other.type_name()
                    )
                }
            },
        });
    }
    if out.iter().any(|n| *n < 0) {
        return Err(negative_sizes(op, shape, &out));
    }
    Ok(out.iter().map(|n| *n as usize).collect())
}

/// Sequences go through images of height 1, as the words show.
#[cold]
fn negative_sizes(op: &str, shape: &[usize], sizes: &[i64]) -> Error {
    let mut all: Vec<i64> = sizes.to_vec();
    if sizes.len() == 1 {
        all.insert(0, 1);
    }
    if op.starts_with("adaptive_max") {
        let lead = shape[..shape.len() - sizes.len()].iter().map(|n| *n as i64);
        let whole: Vec<String> = lead
            .chain(all.iter().copied())
            .map(|n| n.to_string())
            .collect();
        let first = sizes.iter().find(|n| **n < 0).copied().unwrap_or(0);
        return Error::runtime(format!(
            "Trying to create tensor with negative dimension {first}: [{}]",
            whole.join(", ")
        ));
    }
    let text = match all.as_slice() {
        [a, b, c] => format!("{a}, {b},{c}"),
        [a, b] => format!("{a}, {b}"),
        _ => String::new(),
    };
    Error::runtime(format!(
        "adaptive_avg_pool{}d: elements of output_size must be greater than or equal to 0 but received {{{text}}}",
        all.len()
    ))
}

fn call_adaptive(a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let op = format!("adaptive_max_pool{dims}d");
    let shape = x.shape();
    let sizes = output_sizes(a, &op, &shape, dims)?;
    ensure!(
        shape.len() == dims + 1 || shape.len() == dims + 2,
        "{op}(): Expected {}D or {}D tensor, but got: {}",
        dims + 1,
        dims + 2,
        show(&shape)
    );
    ensure!(
        x.dtype() != DType::Bool,
        NotImplemented,
        "\"{op}\" not implemented for 'Bool'"
    );
    ensure!(
        shape[shape.len() - dims..].iter().all(|n| *n > 0),
        "{op}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension {} being empty",
        show(&shape),
        shape.iter().position(|n| *n == 0).unwrap_or(0)
    );
    let last = sizes
        .iter()
        .zip(&shape[shape.len() - dims..])
        .map(|(o, n)| adaptive(*n, *o))
        .collect();
    let name = if dims == 3 {
        "AdaptiveMaxPool3DBackward0"
    } else {
        "AdaptiveMaxPool2DBackward0"
    };
    finish(x, dims, last, name, a.bool("return_indices")?)
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
fn narrow(h: &Tensor, at: &Tensor, p: &Rc<Planes>) -> Result<Tensor> {
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
    let lead = shape.len() - dims;
    let mut wide = shape.clone();
    let given = a.opt_ints("output_size")?;
    for d in 0..dims {
        let natural = (shape[lead + d] as i64 - 1) * stride[d] - 2 * padding[d] + kernel[d];
        let size = match &given {
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
        crate::tensor::array::error::bail!(
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
