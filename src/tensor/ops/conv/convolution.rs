//! `conv1d`, `conv2d`, `conv3d` and their transposed forms.

use super::geometry::{self, Geometry, Options, each};
use super::kernel;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::warning::warn_user_once;
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record, requires_recording};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::complex::complex_product;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, spatial_ops};
use crate::tensor::ops::{add, constant_pad, reshape_to, squeeze_dim, sum_dims, unsqueeze};

/// Where the zeros around an input go.
pub enum Padding {
    /// This many on both sides: one number, or one a dimension.
    Sizes(Vec<i64>),
    /// None.
    Valid,
    /// So that a stride of 1 keeps the size.
    Same,
}

impl Padding {
    /// From an argument: integers, `'valid'` or `'same'`.
    pub fn from_arg(arg: &Arg) -> Result<Padding> {
        match arg {
            Arg::Str(s) if s == "valid" => Ok(Padding::Valid),
            Arg::Str(s) if s == "same" => Ok(Padding::Same),
            Arg::Str(s) => bail!("Invalid padding string: '{s}'"),
            other => {
                let ints = match other.items() {
                    Some(items) => items.iter().map(Arg::as_int).collect(),
                    None => other.as_int().map(|i| vec![i]),
                };
                match ints {
                    Some(ints) => Ok(Padding::Sizes(ints)),
                    None => bail!(
                        Type,
                        "conv(): argument 'padding' must be tuple of ints, not {}",
                        other.type_name()
                    ),
                }
            }
        }
    }
}

/// The numbers of a convolution.
pub struct ConvOptions<'a> {
    /// Steps between places of the kernel: one number, or one a dimension.
    pub stride: &'a [i64],
    /// Zeros around the input.
    pub padding: Padding,
    /// Steps inside the kernel.
    pub dilation: &'a [i64],
    /// Groups of channels that do not mix.
    pub groups: i64,
}

fn samples(m: &Make, dims: usize, transposed: bool) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let size = |n: usize| vec![n; dims];
    let shape = |a: usize, b: usize, n: usize| {
        let mut s = vec![a, b];
        s.extend(size(n));
        s
    };
    let (input, kernel) = (if dims == 3 { 3 } else { 5 }, if dims == 3 { 2 } else { 3 });
    let (x, w) = (
        m.tensor(&shape(2, 2, input)),
        m.tensor(&shape(2, 2, kernel)),
    );
    let grouped = m.tensor(&shape(2, 1, kernel));
    let strided = |s: Sample| s.with("stride", 2i64).with("padding", 1i64);
    let mut all = vec![
        sample([x.clone().into(), w.clone().into(), m.tensor(&[2]).into()]),
        strided(sample([x.clone().into(), w.clone().into()])),
        sample([x.clone().into(), grouped.into()])
            .with("groups", 2i64)
            .with("padding", 1i64),
    ];
    if !transposed {
        all.push(sample([x.into(), w.into()]).with("padding", "same"));
    }
    all
}

spatial_ops! {
    (|m, dims| samples(m, dims, false)), call;
    CONV1D 1 FUNCTION | FUNCTIONAL, "conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> Tensor"
        "Slides each kernel of `weight` over sequences of shape (batch, channels, length)."
        "F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 3))" "tensor([[[3., 3.]]])";
    CONV2D 2 FUNCTION | FUNCTIONAL, "conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> Tensor"
        "Slides each kernel of `weight` over images of shape (batch, channels, height, width)."
        "F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))" "tensor([[[[4., 4.],\n          [4., 4.]]]])";
    CONV3D 3 FUNCTION | FUNCTIONAL, "conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> Tensor"
        "Slides each kernel of `weight` over volumes of shape (batch, channels, depth, height, width)."
        "F.conv3d(torch.ones(1, 1, 2, 2, 2), torch.ones(1, 1, 2, 2, 2))" "tensor([[[[[8.]]]]])";
}

spatial_ops! {
    (|m, dims| samples(m, dims, true)), call_transposed;
    CONV_TRANSPOSE1D 1 FUNCTION | FUNCTIONAL, "conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1) -> Tensor"
        "The gradient of `conv1d` with respect to its input, used as a layer: it makes sequences longer."
        "F.conv_transpose1d(torch.ones(1, 1, 2), torch.ones(1, 1, 2))" "tensor([[[1., 2., 1.]]])";
    CONV_TRANSPOSE2D 2 FUNCTION | FUNCTIONAL, "conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1) -> Tensor"
        "The gradient of `conv2d` with respect to its input, used as a layer: it makes images larger."
        "F.conv_transpose2d(torch.ones(1, 1, 1, 1), torch.ones(1, 1, 2, 2))" "tensor([[[[1., 1.],\n          [1., 1.]]]])";
    CONV_TRANSPOSE3D 3 FUNCTION | FUNCTIONAL, "conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1) -> Tensor"
        "The gradient of `conv3d` with respect to its input, used as a layer: it makes volumes larger."
        "F.conv_transpose3d(torch.ones(1, 1, 1, 1, 1), torch.ones(1, 1, 1, 1, 2))" "tensor([[[[[1., 1.]]]]])";
}

fn call(a: &Args, dims: usize) -> Result<Out> {
    let (stride, dilation) = (a.ints("stride")?, a.ints("dilation")?);
    let options = ConvOptions {
        stride: &stride,
        padding: Padding::from_arg(&a.arg("padding"))?,
        dilation: &dilation,
        groups: a.int("groups")?,
    };
    let (x, w) = (a.tensor("input")?, a.tensor("weight")?);
    Ok(conv(x, w, a.opt_tensor("bias")?, dims, &options)?.into())
}

fn call_transposed(a: &Args, dims: usize) -> Result<Out> {
    let options = Options {
        dims,
        stride: each("stride", &a.ints("stride")?, dims, 1)?,
        padding: each("padding", &a.ints("padding")?, dims, 0)?,
        dilation: each("dilation", &a.ints("dilation")?, dims, 1)?,
        output_padding: each("output_padding", &a.ints("output_padding")?, dims, 0)?,
        groups: a.int("groups")?,
    };
    let (x, w) = (a.tensor("input")?, a.tensor("weight")?);
    Ok(run_transposed(x, w, a.opt_tensor("bias")?, &options)?.into())
}

/// A convolution over the last `dims` dimensions.
pub fn conv(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    dims: usize,
    options: &ConvOptions,
) -> Result<Tensor> {
    if is_complex(x, weight, bias) {
        let plain = |x: &Tensor, w: &Tensor| conv(x, w, None, dims, options);
        return on_complex(x, weight, bias, &plain);
    }
    let name = format!("conv{dims}d");
    batched(x, dims, &name, |x| {
        // The number of dimensions that the options must fit comes from the weight.
        let found = weight.ndim().saturating_sub(2);
        ensure!(
            (1..=3).contains(&found),
            "weight should have at least three dimensions"
        );
        let mut o = Options {
            dims: found,
            stride: each("stride", options.stride, found, 1)?,
            padding: [0; 3],
            dilation: each("dilation", options.dilation, found, 1)?,
            output_padding: [0; 3],
            groups: options.groups,
        };
        if found != dims {
            each("stride", &vec![1; dims], found, 1)?;
        }
        match &options.padding {
            Padding::Valid => {}
            Padding::Sizes(p) => o.padding = each("padding", p, dims, 0)?,
            Padding::Same => return same(x, weight, bias, o),
        }
        run(x, weight, bias, &o)
    })
}

/// Adds a batch dimension where it is missing, and takes it away again.
fn batched(
    x: &Tensor,
    dims: usize,
    name: &str,
    f: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let n = x.ndim();
    ensure!(
        n == dims + 1 || n == dims + 2,
        "Expected {}D (unbatched) or {}D (batched) input to {name}, but got input of size: {}",
        dims + 1,
        dims + 2,
        show(&x.shape())
    );
    if n == dims + 2 {
        return f(x);
    }
    squeeze_dim(&f(&unsqueeze(x, 0)?)?, 0)
}

/// After `_convolution_same` in `ATen/native/Convolution.cpp`.
fn same(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, mut o: Options) -> Result<Tensor> {
    ensure!(
        o.stride == [1; 3],
        "padding='same' is not supported for strided convolutions"
    );
    let kernel = geometry::spatial(&w.shape(), o.dims);
    let total: Vec<i64> = (0..3)
        .map(|d| o.dilation[d] * (kernel[d] as i64 - 1).max(0))
        .collect();
    o.padding = [total[0] / 2, total[1] / 2, total[2] / 2];
    if total.iter().all(|t| t % 2 == 0) {
        return run(x, w, bias, &o);
    }
    warn_user_once(
        "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input be created (Triggered internally at /__w/pytorch/pytorch/aten/src/ATen/native/Convolution.cpp:1135.)",
    );
    // What is missing on the right side of each dimension, last dimension first.
    let uneven = |d: usize| total[d] % 2;
    let pad: Vec<i64> = (3 - o.dims..3).rev().flat_map(|d| [0, uneven(d)]).collect();
    run(&constant_pad(x, &pad, 0i64.into())?, w, bias, &o)
}

fn is_complex(x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> bool {
    let mut all = [Some(x), Some(w), bias].into_iter().flatten();
    all.any(|t| t.dtype().is_complex())
}

/// On complex numbers: `plain`, a convolution without a bias, is linear in the input and in the weight.
fn on_complex(
    x: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    plain: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    check_dtypes(x, w, bias)?;
    let product = complex_product(x, w, plain)?;
    let Some(bias) = bias else {
        return Ok(product);
    };
    let mut shape = vec![bias.numel()];
    shape.resize(w.ndim() - 1, 1);
    add(&product, &reshape_to(bias, &shape)?)
}

fn check_dtypes(x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    let (dx, dw) = (x.dtype(), w.dtype());
    match bias {
        Some(b) => ensure!(
            b.dtype() == dx,
            "Input type ({}) and bias type ({}) should be the same",
            dx.cpp_name(),
            b.dtype().cpp_name()
        ),
        None => ensure!(
            dx == dw,
            "expected scalar type {} but found {}",
            dx.scalar_name(),
            dw.scalar_name()
        ),
    }
    ensure!(
        dx == dw,
        "expected scalar type {} but found {}",
        dx.scalar_name(),
        dw.scalar_name()
    );
    ensure!(
        dx != DType::Bool,
        NotImplemented,
        "\"slow_conv2d_cpu\" not implemented for 'Bool'"
    );
    Ok(())
}

fn bias_array(bias: Option<&Tensor>) -> Option<Array> {
    bias.map(Tensor::to_array)
}

fn run(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, o: &Options) -> Result<Tensor> {
    check_dtypes(x, w, bias)?;
    let b = bias_array(bias);
    let g = geometry::forward(&x.shape(), &w.shape(), b.as_ref().map(Array::shape), o)?;
    let out = kernel::forward(&x.array(), &w.array(), b.as_ref(), &g)?;
    let kept = keep(x, w);
    Ok(record(
        "ConvolutionBackward0",
        [Some(x), Some(w), bias],
        out,
        kept,
        move |d, (x, w), c| {
            Ok([
                c.when(0, || input_gradient(d, &c.get(kept_one(w))?, g))?,
                c.when(1, || weight_gradient(d, &c.get(kept_one(x))?, g))?,
                c.when(2, || {
                    if !is_grad_enabled()
                        && let Some(total) = kernel::to_bias(&d.array(), &g)?
                    {
                        return Ok(Tensor::from_array(total));
                    }
                    bias_gradient(d)
                })?,
            ])
        },
    ))
}

fn run_transposed(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, o: &Options) -> Result<Tensor> {
    if is_complex(x, w, bias) {
        return on_complex(x, w, bias, &|x, w| run_transposed(x, w, None, o));
    }
    let name = format!("conv_transpose{}d", o.dims);
    batched(x, o.dims, &name, |x| {
        ensure!(
            w.ndim() == o.dims + 2,
            "expected {}-dimensional weight for {}-dimensional input {}, but got weight of size {} instead",
            o.dims + 2,
            o.dims + 2,
            show(&x.shape()),
            show(&w.shape())
        );
        check_dtypes(x, w, bias)?;
        let b = bias_array(bias);
        let g = geometry::transposed(&x.shape(), &w.shape(), b.as_ref().map(Array::shape), o)?;
        let out = if x.dtype().is_floating_point() {
            kernel::to_input(&x.array(), &w.array(), &g)?
        } else {
            let wide = |t: &Tensor| t.array().to_dtype(DType::Float64);
            let sums = kernel::to_input(&wide(x)?, &wide(w)?, &g)?;
            sums.to_dtype(DType::Int64)?.to_dtype(x.dtype())?
        };
        if let Some(b) = &b {
            add_bias(&out, b)?;
        }
        let kept = keep(x, w);
        Ok(record(
            "ConvolutionBackward0",
            [Some(x), Some(w), bias],
            out,
            kept,
            move |d, (x, w), c| {
                Ok([
                    c.when(0, || plain(d, &c.get(kept_one(w))?, g))?,
                    c.when(1, || weight_gradient(&c.get(kept_one(x))?, d, g))?,
                    c.when(2, || bias_gradient(d))?,
                ])
            },
        ))
    })
}

fn add_bias(out: &Array, bias: &Array) -> Result<()> {
    let plane: usize = out.shape()[2..].iter().product();
    let bias = bias.contiguous()?;
    dispatch_number!(out.dtype(), T => {
        let bs: &[T] = &bias.slice::<T>();
        let mut all = out.slice_mut::<T>();
        for (plane, b) in all.chunks_exact_mut(plane.max(1)).zip(bs.iter().cycle()) {
            plane.iter_mut().for_each(|o| *o = crate::tensor::array::Number::plus(*o, *b));
        }
    }, bool => {});
    Ok(())
}

/// Input and weight, each kept if the other one wants a gradient.
type Kept = (Option<Saved>, Option<Saved>);

fn keep(x: &Tensor, w: &Tensor) -> Kept {
    (
        requires_recording(&[w]).then(|| Saved::input(x)),
        requires_recording(&[x]).then(|| Saved::input(w)),
    )
}

fn kept_one(saved: &Option<Saved>) -> &Saved {
    saved.as_ref().expect("kept where a gradient is wanted")
}

fn bias_gradient(d: &Tensor) -> Result<Tensor> {
    let dims: Vec<i64> = (0..d.ndim() as i64).filter(|d| *d != 1).collect();
    sum_dims(d, Some(&dims), false, None)
}

const SECOND: &str = "ConvolutionBackwardBackward0";

/// The convolution itself, as it comes up in derivatives.
fn plain(x: &Tensor, w: &Tensor, g: Geometry) -> Result<Tensor> {
    let out = kernel::forward(&x.array(), &w.array(), None, &g)?;
    Ok(record(
        SECOND,
        [x, w],
        out,
        keep(x, w),
        move |d, (x, w), c| {
            Ok([
                c.when(0, || input_gradient(d, &c.get(kept_one(w))?, g))?,
                c.when(1, || weight_gradient(d, &c.get(kept_one(x))?, g))?,
            ])
        },
    ))
}

/// The gradient of the input from that of the output. The three products are linear in both factors, and the
/// derivatives of each are the other two.
fn input_gradient(d: &Tensor, w: &Tensor, g: Geometry) -> Result<Tensor> {
    let out = kernel::to_input(&d.array(), &w.array(), &g)?;
    Ok(record(
        SECOND,
        [d, w],
        out,
        keep(d, w),
        move |h, (d, w), c| {
            Ok([
                c.when(0, || plain(h, &c.get(kept_one(w))?, g))?,
                c.when(1, || weight_gradient(&c.get(kept_one(d))?, h, g))?,
            ])
        },
    ))
}

/// The gradient of the weights from that of the output and the input.
fn weight_gradient(d: &Tensor, x: &Tensor, g: Geometry) -> Result<Tensor> {
    let out = kernel::to_weight(&d.array(), &x.array(), &g)?;
    Ok(record(
        SECOND,
        [d, x],
        out,
        keep(d, x),
        move |h, (d, x), c| {
            Ok([
                c.when(0, || plain(&c.get(kept_one(x))?, h, g))?,
                c.when(1, || input_gradient(&c.get(kept_one(d))?, h, g))?,
            ])
        },
    ))
}

/// `conv2d` with sizes as shapes give them; for tests and Rust users.
pub fn conv2d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let options = ConvOptions {
        stride: &[1],
        padding: Padding::Valid,
        dilation: &[1],
        groups: 1,
    };
    conv(x, weight, bias, 2, &options)
}

/// A transposed convolution over the last spatial dimensions of `weight`.
pub fn conv_transpose(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: &ConvOptions,
    output_padding: &[i64],
) -> Result<Tensor> {
    let dims = weight.ndim().saturating_sub(2);
    ensure!(
        (1..=3).contains(&dims),
        "weight should have at least three dimensions"
    );
    let Padding::Sizes(padding) = &options.padding else {
        bail!(Type, "padding must be a tuple of ints")
    };
    let o = Options {
        dims,
        stride: each("stride", options.stride, dims, 1)?,
        padding: each("padding", padding, dims, 0)?,
        dilation: each("dilation", options.dilation, dims, 1)?,
        output_padding: each("output_padding", output_padding, dims, 0)?,
        groups: options.groups,
    };
    run_transposed(x, weight, bias, &o)
}
