//! `avg_pool` and `adaptive_avg_pool`.

use std::rc::Rc;

use super::adaptive::output_sizes;
use super::check::check;
use super::kernel;
use super::window::{Step, Windows, adaptive, each};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, spatial_ops};
use crate::tensor::ops::{abs, mean_dims, mul, pow, relu, sign, squeeze_dim, unsqueeze};

fn input(m: &Make, dims: usize, size: usize) -> Arg {
    let mut s = vec![1, 2];
    s.extend(vec![size; dims]);
    m.tensor(&s).into()
}

fn samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![
        sample([input(m, dims, 4), Arg::Int(2)]),
        sample([input(m, dims, if dims == 3 { 3 } else { 5 }), Arg::Int(3)])
            .with("stride", 2i64)
            .with("padding", 1i64)
            .with("ceil_mode", true)
            .with("count_include_pad", false),
    ]
}

fn adaptive_samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![
        sample([input(m, dims, 5), Arg::Int(3)]),
        sample([input(m, dims, 3), Arg::Int(1)]),
    ]
}

spatial_ops! {
    samples, call;
    AVG_POOL1D 1 FUNCTION | FUNCTIONAL, "avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True) -> Tensor"
        "The mean of each window of sequences."
        "F.avg_pool1d(torch.tensor([[1., 3., 2., 0.]]), 2)" "tensor([[2., 1.]])";
    AVG_POOL2D 2 FUNCTION | FUNCTIONAL, "avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, *, out=None) -> Tensor"
        "The mean of each window of images. The stride is the size of the window unless given."
        "F.avg_pool2d(torch.arange(16.).view(1, 4, 4), 2)" "tensor([[[ 2.5000,  4.5000],\n         [10.5000, 12.5000]]])";
    AVG_POOL3D 3 FUNCTION | FUNCTIONAL, "avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, *, out=None) -> Tensor"
        "The mean of each window of volumes."
        "F.avg_pool3d(torch.arange(8.).view(1, 2, 2, 2), 2)" "tensor([[[[3.5000]]]])";
}

spatial_ops! {
    adaptive_samples, call_adaptive;
    ADAPTIVE_AVG_POOL1D 1 FUNCTION | FUNCTIONAL, "adaptive_avg_pool1d(input, output_size) -> Tensor"
        "The means of as many windows as the output is to have."
        "F.adaptive_avg_pool1d(torch.tensor([[1., 3., 2., 0.]]), 2)" "tensor([[2., 1.]])";
    ADAPTIVE_AVG_POOL2D 2 FUNCTIONAL, "adaptive_avg_pool2d(input, output_size) -> Tensor"
        "The means of as many windows as the output is to have."
        "F.adaptive_avg_pool2d(torch.arange(9.).view(1, 3, 3), 1)" "tensor([[[4.]]])";
    ADAPTIVE_AVG_POOL3D 3 FUNCTIONAL, "adaptive_avg_pool3d(input, output_size) -> Tensor"
        "The means of as many windows as the output is to have."
        "F.adaptive_avg_pool3d(torch.arange(8.).view(1, 2, 2, 2), 1)" "tensor([[[[3.5000]]]])";
}

fn call(a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let op = format!("avg_pool{dims}d");
    let word = ["", "one", "two", "three"][dims];
    let kernel = each(&op, "kernel_size", &a.ints("kernel_size")?, dims, word)?;
    let stride = match a.opt_ints("stride")? {
        Some(s) if !s.is_empty() => each(&op, "stride", &s, dims, word)?,
        _ => kernel.clone(),
    };
    let padding = each(&op, "padding", &a.ints("padding")?, dims, word)?;
    let divisor = if dims == 1 {
        None
    } else {
        a.opt_int("divisor_override")?
    };
    ensure!(divisor != Some(0), "divisor must be not zero");
    let (ceil, borders) = (a.bool("ceil_mode")?, a.bool("count_include_pad")?);
    let shape = x.shape();
    ensure!(
        x.dtype() != DType::Bool,
        NotImplemented,
        "\"{op}\" not implemented for 'Bool'"
    );
    let mut steps: Vec<Step> = (0..dims)
        .map(|d| Step {
            kernel: kernel[d],
            stride: stride[d],
            padding: padding[d],
            dilation: 1,
        })
        .collect();
    if dims == 1 {
        ensure!(
            matches!(shape.len(), 2 | 3),
            "Expected 2 to 3 dimensions, but got {}-dimensional tensor for argument #1 'self' (while checking arguments for avg_pool1d)",
            shape.len()
        );
        steps.insert(0, Step::WHOLE);
        let y = pool(&unsqueeze(x, -2)?, &steps, ceil, borders, None)?;
        return Ok(squeeze_dim(&y, -2)?.into());
    }
    let need = dims + 1;
    ensure!(
        dims == 3 || shape.len() >= need,
        Index,
        "Dimension out of range (expected to be in range of [-{n}, {}], but got -{need})",
        shape.len() as i64 - 1,
        n = shape.len()
    );
    Ok(pool(x, &steps, ceil, borders, divisor)?.into())
}

fn pool(
    x: &Tensor,
    steps: &[Step],
    ceil: bool,
    borders: bool,
    divisor: Option<i64>,
) -> Result<Tensor> {
    let shape = x.shape();
    check(&shape, steps, ceil)?;
    let last = steps
        .iter()
        .zip(&shape[shape.len() - steps.len()..])
        .map(|(s, n)| s.windows(*n, s.outputs(*n, ceil).max(0) as usize, borders))
        .collect();
    let mut windows = Windows::new(&shape, last);
    windows.divisor = divisor;
    let name = if steps.len() == 3 {
        "AvgPool3DBackward0"
    } else {
        "AvgPool2DBackward0"
    };
    mean(name, x, &Rc::new(windows))
}

fn call_adaptive(a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let op = format!("adaptive_avg_pool{dims}d");
    let shape = x.shape();
    let sizes = output_sizes(a, &op, &shape, dims)?;
    ensure!(
        shape.len() == dims + 1 || shape.len() == dims + 2,
        "{op}(): Expected {}D or {}D tensor, but got {}",
        dims + 1,
        dims + 2,
        show(&shape)
    );
    ensure!(
        x.dtype().is_differentiable(),
        NotImplemented,
        "\"{op}\" not implemented for '{}'",
        x.dtype().scalar_name()
    );
    ensure!(
        shape[shape.len() - dims..].iter().all(|n| *n > 0),
        "{op}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension {} being empty",
        show(&shape),
        shape.iter().position(|n| *n == 0).unwrap_or(0)
    );
    if dims == 1 {
        let y = adaptive_mean(&unsqueeze(x, -2)?, &[1, sizes[0]])?;
        return Ok(squeeze_dim(&y, -2)?.into());
    }
    Ok(adaptive_mean(x, &sizes)?.into())
}

/// Adaptive average pooling of the last dimensions to these sizes.
pub fn adaptive_mean(x: &Tensor, sizes: &[usize]) -> Result<Tensor> {
    let shape = x.shape();
    if x.dtype().is_floating_point() && sizes.iter().all(|n| *n == 1) {
        // PyTorch takes the plain mean here.
        let dims: Vec<i64> = (1..=sizes.len() as i64).map(|d| -d).rev().collect();
        return mean_dims(x, Some(&dims), true, None);
    }
    let last = sizes
        .iter()
        .zip(&shape[shape.len() - sizes.len()..])
        .map(|(o, n)| adaptive(*n, *o))
        .collect();
    let name = match sizes.len() {
        3 => "AdaptiveAvgPool3DBackward0",
        _ => "AdaptiveAvgPool2DBackward0",
    };
    mean(name, x, &Rc::new(Windows::new(&shape, last)))
}

fn mean(name: &'static str, x: &Tensor, w: &Rc<Windows>) -> Result<Tensor> {
    let out = kernel::mean(&x.array(), w)?;
    let w = w.clone();
    Ok(record(name, [x], out, Saved::input(x), move |g, x, c| {
        Ok([Some(flat_in(spread(g, &w)?, &c.get(x)?))])
    }))
}

fn spread(g: &Tensor, w: &Rc<Windows>) -> Result<Tensor> {
    let out = kernel::spread(&g.array(), w)?;
    let w = w.clone();
    Ok(record(
        "AvgPoolBackwardBackward0",
        [g],
        out,
        (),
        move |h, (), _| Ok([Some(mean("AvgPoolBackward0", h, &w)?)]),
    ))
}

const POWER: &str = "The p-norm of each window.";

fn power_samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let mut shape = vec![1, 2];
    shape.extend(vec![4; dims]);
    vec![sample([
        m.positive(&shape).into(),
        Arg::Int(2),
        Arg::Int(2),
    ])]
}

spatial_ops! {
    power_samples, power_pool;
    LP_POOL1D 1 FUNCTIONAL, "lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False) -> Tensor"
        POWER "F.lp_pool1d(torch.tensor([[3., 4.]]), 2, 2)" "tensor([[5.]])";
    LP_POOL2D 2 FUNCTIONAL, "lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False) -> Tensor"
        POWER "F.lp_pool2d(torch.ones(1, 2, 2), 2, 2)" "tensor([[[2.]]])";
    LP_POOL3D 3 FUNCTIONAL, "lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False) -> Tensor"
        POWER "F.lp_pool3d(torch.ones(1, 2, 2, 2), 3, 2)" "tensor([[[[2.0000]]]])";
}

/// After `lp_pool2d` in `torch/nn/functional.py`.
fn power_pool(a: &Args, dims: usize) -> Result<Out> {
    let (x, p) = (a.tensor("input")?, a.float("norm_type")?);
    let kernel = a.ints("kernel_size")?;
    let count: i64 = if kernel.len() == 1 {
        kernel[0].pow(dims as u32)
    } else {
        kernel.iter().product()
    };
    let name = ["avg_pool1d", "avg_pool2d", "avg_pool3d"][dims - 1];
    let Some(pool) = crate::tensor::ops::registry::functional(name) else {
        crate::tensor::array::error::bail!(NotImplemented, "torch.nn.functional.{name}")
    };
    let args = [
        Arg::from(&pow(x, p)?),
        a.arg("kernel_size"),
        a.arg("stride"),
        Arg::Int(0),
        a.arg("ceil_mode"),
    ];
    let out = pool.call(args, [])?;
    let Some(mean) = out.tensor() else {
        crate::tensor::array::error::bail!("{name} returned no tensor")
    };
    let sized = mul(&sign(mean)?, &relu(&abs(mean)?)?)?;
    Ok(pow(&mul(&sized, count)?, 1.0 / p)?.into())
}
