//! `adaptive_max_pool`: windows of the sizes that an output asks for.

use super::max::{finish, shape};
use super::window::adaptive;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Error, Result};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, spatial_ops};

fn adaptive_samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![sample([shape(m, dims, 5), Arg::Int(3)])]
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
                None => bail!(
                    Type,
                    "{op}(): argument 'output_size' (position 2) must be tuple of ints, not {}",
                    other.type_name()
                ),
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
