//! `out=`: results written over given tensors, and PyTorch's words where they do not go with them.

use super::args::{Arg, Out};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::promote::can_cast;
use crate::tensor::array::{DType, Error, ErrorKind, Result};
use crate::tensor::core::warning::warn_user;
use crate::tensor::core::{Tensor, is_grad_enabled};

/// Rules that are not those of all ops, two lines each: what is checked and what is said, and the ops.
///
/// `=` the dtype must be that of the result, `~` it must be one that the result can be cast to, `T` the same with a `TypeError`,
/// `f` it must be floating as well; `>` the name by which the op is called where gradients are refused. In the texts stand
/// `{w}` and `{h}` for the wanted dtype and that of `out`, `{cw}` and `{ch}` for their names in C++, `{o}` for the op, `{l}` and
/// `{n}` for it without `linalg_` and `fft_` (and the number of dimensions).
const RULES: &str = include_str!("out_rules.txt");

/// The rule of an op that starts with one of these letters.
fn rule(name: &str, kinds: &str) -> Option<(char, &'static str)> {
    let mut lines = RULES.lines();
    while let (Some(head), Some(names)) = (lines.next(), lines.next()) {
        let kind = head.chars().next().unwrap_or(' ');
        if kinds.contains(kind) && names.split_whitespace().any(|n| n == name) {
            return Some((kind, &head[2..]));
        }
    }
    None
}

/// The name without what it starts with.
fn without<'a>(name: &'a str, start: &str) -> &'a str {
    name.strip_prefix(start).unwrap_or(name)
}

#[cold]
fn refusal(name: &str, rule: Option<(char, &str)>, wanted: DType, given: DType) -> Error {
    let (kind, text) = rule.unwrap_or((
        '~',
        "result type {w} can't be cast to the desired output type {h}",
    ));
    let short = without(name, "fft_").trim_end_matches(['2', 'n']);
    let message = text
        .replace("{w}", wanted.scalar_name())
        .replace("{h}", given.scalar_name())
        .replace("{cw}", wanted.cpp_name())
        .replace("{ch}", given.cpp_name())
        .replace("{o}", name)
        .replace("{l}", without(name, "linalg_"))
        .replace("{n}", short);
    let class = if kind == 'T' {
        ErrorKind::Type
    } else {
        ErrorKind::Runtime
    };
    Error::new(class, message)
}

/// Refuses an `out` that the result cannot be written to.
fn check(name: &str, target: &Tensor, value: &Tensor) -> Result<()> {
    if is_grad_enabled() && (target.requires_grad() || value.requires_grad()) {
        let called = rule(name, ">").map_or("{o}", |(_, text)| text);
        bail!(
            "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.",
            called.replace("{o}", name)
        );
    }
    let (wanted, given) = (value.dtype(), target.dtype());
    let rule = rule(name, "=~Tf");
    let fits = match rule {
        Some(('=', _)) => wanted == given,
        Some(('f', _)) => given.is_floating_point(),
        _ => can_cast(wanted, given),
    };
    if !fits {
        return Err(refusal(name, rule, wanted, given));
    }
    ensure!(
        !target.array().layout().overlaps(),
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation."
    );
    Ok(())
}

/// Large results take the place of memory that nothing else can see, which saves a copy.
fn taken_over(target: &Tensor, value: &Tensor) -> bool {
    let alone = |t: &Tensor| {
        let array = t.array();
        array.is_contiguous() && array.layout().offset == 0 && array.storage().shares() == 1
    };
    let fits = value.numel() >= 1 << 14
        && target.dtype() == value.dtype()
        && target.base().is_none()
        && alone(target)
        && alone(value);
    if fits {
        let own = value.to_array();
        target.set_array(own);
    }
    fits
}

fn write(target: &Tensor, value: &Tensor) -> Result<()> {
    if target.shape() == value.shape() {
        if !taken_over(target, value) {
            target.array().assign(&value.array())?;
        }
    } else {
        let (old, new) = (show(&target.shape()), show(&value.shape()));
        ensure!(
            target.array().layout().is_dense(),
            "cannot resize a view to {new}"
        );
        if target.numel() > 0 {
            warn_user(&format!(
                "An output with one or more elements was resized since it had shape {old}, which does not match the required output shape {new}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0)."
            ));
        }
        let own = value.array().to_dtype(target.dtype())?.copy()?;
        target.set_array(own);
    }
    target.bump_version();
    Ok(())
}

/// Writes the result of an op over the given tensors, which are resized if they have to be.
pub(super) fn store(name: &str, target: Option<Arg>, result: Out) -> Result<Out> {
    let values = result.tensors();
    let targets: Vec<Tensor> = match target {
        Some(Arg::Tensor(t)) => vec![t],
        Some(Arg::Tuple(items) | Arg::List(items)) => items
            .into_iter()
            .filter_map(|i| match i {
                Arg::Tensor(t) => Some(t),
                _ => None,
            })
            .collect(),
        _ => bail!(Type, "{name}(): argument 'out' must be Tensor"),
    };
    ensure!(
        values.len() == targets.len(),
        "{name}(): expected {} tensors in out=",
        values.len()
    );
    // Of two tensors they are other ops.
    let name = match (name, values.len()) {
        ("max", 1) => "maximum",
        ("min", 1) => "minimum",
        _ => name,
    };
    for (target, value) in targets.iter().zip(&values) {
        check(name, target, value)?;
        write(target, value)?;
    }
    Ok(match result {
        Out::Tensor(_) => Out::Tensor(targets[0].clone()),
        Out::Named { name, fields, .. } => Out::Named {
            name,
            fields,
            values: targets,
        },
        _ => Out::Tensors(targets),
    })
}
