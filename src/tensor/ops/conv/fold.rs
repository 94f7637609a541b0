//! `unfold` and `fold`: an image as a matrix of patches, and back.

use super::geometry::{Geometry, each, spatial};
use super::kernel::{roll, unroll};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{squeeze_dim, unsqueeze};

/// `torch.nn.functional.unfold`
pub static UNFOLD: Op = Op {
    signature: "unfold(input, kernel_size, dilation=1, padding=0, stride=1) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The patches of images as columns: shape (batch, channels * patch size, patches).",
    examples: &[(
        "F.unfold(torch.arange(9.).view(1, 1, 3, 3), 2)",
        "tensor([[[0., 1., 3., 4.],\n         [1., 2., 4., 5.],\n         [3., 4., 6., 7.],\n         [4., 5., 7., 8.]]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[1, 2, 4, 4]).into(), Arg::Int(2)]),
            sample([m.tensor(&[2, 5, 5]).into(), vec![2i64, 3].into()])
                .with("stride", 2i64)
                .with("padding", 1i64),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            matches!(x.ndim(), 3 | 4),
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: {}",
            show(&x.shape())
        );
        let (lacks, whole) = with_batch(x, 3)?;
        let g = geometry(a, &whole.shape(), None)?;
        let out = unfold(&whole, g)?;
        Ok(if lacks { squeeze_dim(&out, 0)? } else { out }.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.fold`
pub static FOLD: Op = Op {
    signature: "fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Adds patches, given as columns, up to images.",
    examples: &[(
        "F.fold(torch.ones(1, 4, 4), (3, 3), 2)",
        "tensor([[[[1., 2., 1.],\n          [2., 4., 2.],\n          [1., 2., 1.]]]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[1, 8, 9]).into(),
            vec![4i64, 4].into(),
            Arg::Int(2),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            matches!(x.ndim(), 2 | 3),
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: {}",
            show(&x.shape())
        );
        let (lacks, whole) = with_batch(x, 2)?;
        let sizes = each("output_size", &a.ints("output_size")?, 2, 1)?;
        let kernel = each("kernel_size", &a.ints("kernel_size")?, 2, 1)?;
        let shape = whole.shape();
        let taps = (kernel[1] * kernel[2]).max(1) as usize;
        ensure!(
            shape[1] % taps == 0,
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)={} and kernel_size=({}, {}).",
            shape[1],
            kernel[1],
            kernel[2]
        );
        let full = [
            shape[0],
            shape[1] / taps,
            sizes[1] as usize,
            sizes[2] as usize,
        ];
        let g = geometry(a, &full, Some(shape[2]))?;
        let out = fold(&whole, g)?;
        Ok(if lacks { squeeze_dim(&out, 0)? } else { out }.into())
    },
    ..Op::BASE
};

fn with_batch(x: &Tensor, lacking: usize) -> Result<(bool, Tensor)> {
    let lacks = x.ndim() == lacking;
    Ok((lacks, if lacks { unsqueeze(x, 0)? } else { x.clone() }))
}

fn geometry(a: &Args, shape: &[usize], blocks: Option<usize>) -> Result<Geometry> {
    let number = |name: &str, fill| -> Result<[usize; 3]> {
        let given = each(name, &a.ints(name)?, 2, fill)?;
        ensure!(
            given.iter().all(|v| *v >= i64::from(name != "padding")),
            "{name} should be {}, but got {name}: {} {name}_width: {}",
            if name == "padding" {
                "non-negative"
            } else {
                "greater than zero"
            },
            given[1],
            given[2]
        );
        Ok(given.map(|v| v as usize))
    };
    let (kernel, dilation) = (number("kernel_size", 1)?, number("dilation", 1)?);
    let (padding, stride) = (number("padding", 0)?, number("stride", 1)?);
    let input = spatial(shape, 2);
    let mut output = [1; 3];
    for d in 1..3 {
        let padded = (input[d] + 2 * padding[d]) as i64;
        let reach = (dilation[d] * (kernel[d] - 1) + 1) as i64;
        ensure!(
            padded >= reach,
            "Given input with spatial size ({}, {}), kernel_size=({}, {}), dilation=({}, {}), padding=({}, {}), calculated shape of the array of sliding blocks as ({}, {}), but its components must be at least one.",
            input[1],
            input[2],
            kernel[1],
            kernel[2],
            dilation[1],
            dilation[2],
            padding[1],
            padding[2],
            (padded - reach) / stride[d] as i64 + 1,
            (padded - reach) / stride[d] as i64 + 1
        );
        output[d] = (padded - reach) as usize / stride[d] + 1;
    }
    let count = output[1] * output[2];
    ensure!(
        blocks.is_none_or(|b| b == count),
        "Given output_size=({}, {}), kernel_size=({}, {}), dilation=({}, {}), padding=({}, {}), stride=({}, {}), expected size of input's dimension 2 to match the calculated number of sliding blocks {} * {} = {count}, but got input.size(2)={}.",
        input[1],
        input[2],
        kernel[1],
        kernel[2],
        dilation[1],
        dilation[2],
        padding[1],
        padding[2],
        stride[1],
        stride[2],
        output[1],
        output[2],
        blocks.unwrap_or(0)
    );
    Ok(Geometry {
        dims: 2,
        batch: shape[0],
        groups: 1,
        channels_in: shape[1],
        channels_out: shape[1] * kernel[1] * kernel[2],
        input,
        output,
        kernel,
        stride,
        padding,
        dilation,
    })
}

/// The values, `bool` as integers, and the dtype of the result.
fn summable(x: &Tensor) -> Result<(Array, DType)> {
    let (array, dtype) = (x.array().contiguous()?, x.dtype());
    let array = match dtype {
        DType::Bool => array.to_dtype(DType::UInt8)?,
        _ => array,
    };
    Ok((array, dtype))
}

fn unfold(x: &Tensor, g: Geometry) -> Result<Tensor> {
    let (array, dtype) = summable(x)?;
    let shape = [g.batch, g.channels_out, g.output_plane()];
    let out = dispatch_number!(array.dtype(), T => {
        let xs: &[T] = &array.slice::<T>();
        let (from, to) = (g.channels_in * g.input_plane(), shape[1] * shape[2]);
        Array::build::<T>(&shape, |out| {
            for (n, out) in out.chunks_exact_mut(to.max(1)).enumerate() {
                unroll(&xs[n * from..(n + 1) * from], out, &g);
            }
        })
    }, bool => Ok(array))?
    .to_dtype(dtype)?;
    Ok(record("Im2ColBackward0", [x], out, (), move |d, (), _| {
        Ok([Some(fold(d, g)?)])
    }))
}

fn fold(x: &Tensor, g: Geometry) -> Result<Tensor> {
    let (array, dtype) = summable(x)?;
    let out = dispatch_number!(array.dtype(), T => {
        let xs: &[T] = &array.slice::<T>();
        let (from, to) = (g.channels_out * g.output_plane(), g.channels_in * g.input_plane());
        Array::build::<T>(&g.input_shape(), |out| {
            out.fill(<T as crate::tensor::array::Element>::ZERO);
            for (n, out) in out.chunks_exact_mut(to.max(1)).enumerate() {
                roll(&xs[n * from..(n + 1) * from], out, &g);
            }
        })
    }, bool => Ok(array))?
    .to_dtype(dtype)?;
    Ok(record("Col2ImBackward0", [x], out, (), move |d, (), _| {
        Ok([Some(unfold(d, g)?)])
    }))
}
