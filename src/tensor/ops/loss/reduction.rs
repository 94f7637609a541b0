//! What becomes of the losses of single elements, and the checks that losses share.

use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{broadcast_shapes, show};
use crate::tensor::core::Tensor;
use crate::tensor::core::warning::warn_user;
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::complex::call::rounded;
use crate::tensor::ops::{expand_to, mean, sum};

/// What becomes of the losses of single elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// They stay as they are.
    None,
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
}

impl Reduction {
    /// By its name.
    pub fn from_name(name: &str) -> Result<Reduction> {
        Ok(match name {
            "none" => Reduction::None,
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            "elementwise_mean" => {
                warn_user(
                    "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
                );
                Reduction::Mean
            }
            other => bail!(Value, "{other} is not a valid value for reduction"),
        })
    }

    /// From the arguments of a call, with the old `size_average` and `reduce`.
    pub fn of(a: &Args) -> Result<Reduction> {
        Reduction::from_name(&reduction_name(a)?)
    }

    /// Applies it.
    pub fn apply(self, losses: &Tensor) -> Result<Tensor> {
        match self {
            Reduction::None => Ok(losses.clone()),
            Reduction::Mean => rounded(losses, mean),
            Reduction::Sum => rounded(losses, sum),
        }
    }
}

/// The name of the reduction that a call asks for, with the warning for the old arguments.
pub fn reduction_name(a: &Args) -> Result<String> {
    let given = |name: &str| match a.arg(name) {
        Arg::None => None,
        other => Some(other.as_scalar().is_some_and(|s| s.to_bool())),
    };
    let old = (given("size_average"), given("reduce"));
    if old == (None, None) {
        return Ok(a.str("reduction")?.to_string());
    }
    let name = match old {
        (_, Some(false)) => "none",
        (Some(false), _) => "sum",
        _ => "mean",
    };
    warn_user(&format!(
        "size_average and reduce args will be deprecated, please use reduction='{name}' instead."
    ));
    Ok(name.to_string())
}

/// `torch.Size([2, 3])`
pub fn size_text(x: &Tensor) -> String {
    format!("torch.Size({})", show(&x.shape()))
}

/// Warns of a target of another size, and stretches both to one.
pub(super) fn same_size(x: &Tensor, y: &Tensor) -> Result<(Tensor, Tensor)> {
    let (sx, sy) = (x.shape(), y.shape());
    if sx == sy {
        return Ok((x.clone(), y.clone()));
    }
    warn_user(&format!(
        "Using a target size ({}) that is different to the input size ({}). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        size_text(y),
        size_text(x)
    ));
    let shape = broadcast_shapes(&sx, &sy)?;
    Ok((expand_to(x, &shape)?, expand_to(y, &shape)?))
}

/// A tensor whose size is asked for first, in Python: anything else lacks that attribute.
pub fn sized<'a>(a: &'a Args, name: &str) -> Result<&'a Tensor> {
    match a.get(name) {
        Some(Arg::Tensor(t)) => Ok(t),
        other => bail!(
            Attribute,
            "'{}' object has no attribute 'size'",
            other.map_or("NoneType", Arg::type_name)
        ),
    }
}

/// Refuses dtypes that are no floats.
pub(super) fn refuse_integers(x: &Tensor, kernel: &str) -> Result<()> {
    ensure!(
        x.dtype().is_differentiable(),
        NotImplemented,
        "\"{kernel}\" not implemented for '{}'",
        x.dtype().scalar_name()
    );
    Ok(())
}
