//! Copies of what views show, and pieces that do not count as views.

use super::{convert, join, part, rearrange, transpose};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{infer_size, wrap_dim};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::create::AS_STRIDED;
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// The result of an op with every tensor in memory of its own.
fn copied(out: Out) -> Result<Out> {
    let copy = |t: &Tensor| {
        if t.array().is_contiguous() {
            convert::clone(t)
        } else {
            convert::contiguous(t)
        }
    };
    Ok(match out {
        Out::Tensor(t) => copy(&t)?.into(),
        Out::Tensors(ts) => Out::Tensors(ts.iter().map(copy).collect::<Result<_>>()?),
        other => other,
    })
}

macro_rules! copies {
    ($( $STATIC:ident $signature:literal $node:literal $doc:literal $of:expr; )*) => {$(
        #[doc = concat!("`", $signature, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            node: $node,
            doc: $doc,
            samples: |m| ($of.samples)(m),
            call: |a| copied(($of.call)(a)?),
            ..Op::BASE
        };
    )*};
}

copies! {
    AS_STRIDED_COPY "as_strided_copy(input, size, stride, storage_offset=None, *, out=None) -> Tensor" "AsStridedBackward0_copy"
        "A copy of what `as_strided` shows." AS_STRIDED;
    DIAGONAL_COPY "diagonal_copy(input, offset=0, dim1=0, dim2=1, *, out=None) -> Tensor" "DiagonalBackward0_copy"
        "A copy of what `diagonal` shows." part::DIAGONAL;
    EXPAND_COPY "expand_copy(input, size, *, implicit=False, out=None) -> Tensor" "ExpandBackward0_copy"
        "A copy of what `expand` shows." rearrange::EXPAND;
    PERMUTE_COPY "permute_copy(input, dims, *, out=None) -> Tensor" "PermuteBackward0_copy"
        "A copy of what `permute` shows." rearrange::PERMUTE;
    SELECT_COPY "select_copy(input, dim, index, *, out=None) -> Tensor" "SelectBackward0_copy"
        "A copy of what `select` shows." part::SELECT;
    SLICE_COPY "slice_copy(input, dim=0, start=None, end=None, step=1, *, out=None) -> Tensor" "SliceBackward0_copy"
        "A copy of every `step`-th index of a dimension." super::strided::SLICE;
    SQUEEZE_COPY "squeeze_copy(input, dim=None, *, out=None) -> Tensor" "SqueezeBackward0_copy"
        "A copy of what `squeeze` shows." rearrange::SQUEEZE;
    TRANSPOSE_COPY "transpose_copy(input, dim0, dim1, *, out=None) -> Tensor" "TransposeBackward0_copy"
        "A copy of what `transpose` shows." transpose::TRANSPOSE;
    T_COPY "t_copy(input, *, out=None) -> Tensor" "TBackward0_copy"
        "A copy of what `t` shows." transpose::T;
    UNBIND_COPY "unbind_copy(input, dim=0, *, out=None) -> tuple of Tensors" "UnbindBackward0_copy"
        "Copies of what `unbind` shows." join::UNBIND;
    UNFOLD_COPY "unfold_copy(input, dimension, size, step, *, out=None) -> Tensor" "UnfoldBackward0_copy"
        "A copy of what `Tensor.unfold` shows." part::UNFOLD;
    UNSQUEEZE_COPY "unsqueeze_copy(input, dim, *, out=None) -> Tensor" "UnsqueezeBackward0_copy"
        "A copy of what `unsqueeze` shows." rearrange::UNSQUEEZE;
}

/// `torch.view_copy`
pub static VIEW_COPY: Op = Op {
    signature: "view_copy(input, size, *, dtype=None, out=None) -> Tensor",
    node: "ViewBackward0_copy",
    doc: "A copy in another shape.",
    samples: |m| vec![sample([m.tensor(&[2, 6]).into(), vec![3i64, -1].into()])],
    call: |a| {
        if a.get("dtype").is_some() || a.get("size").is_some_and(|s| matches!(s, Arg::DType(_))) {
            return copied((rearrange::VIEW.call)(a)?);
        }
        let x = a.tensor("input")?;
        let shape = infer_size(&a.ints("size")?, x.numel())?;
        Ok(convert::clone(&rearrange::reshape_to(x, &shape)?)?.into())
    },
    ..Op::BASE
};

/// `torch.alias_copy`
pub static ALIAS_COPY: Op = Op {
    signature: "alias_copy(input, *, out=None) -> Tensor",
    aliases: &["detach_copy"],
    node: "AliasBackward0_copy",
    doc: "A copy.",
    samples: samples::pointwise,
    call: |a| Ok(convert::clone(&convert::contiguous(a.tensor("input")?)?)?.into()),
    ..Op::BASE
};

/// `torch.narrow_copy`
pub static NARROW_COPY: Op = Op {
    signature: "narrow_copy(input, dim, start, length, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "NarrowCopyBackward0",
    doc: "A copy of what `narrow` shows.",
    samples: |m| (part::NARROW.samples)(m),
    call: |a| {
        let (x, length) = (a.tensor("input")?, a.int("length")?);
        if let (Ok(d), true) = (
            wrap_dim(a.int("dim")?, x.ndim()),
            length < 0 && x.ndim() > 0,
        ) {
            bail!(
                "start ({}) + length ({length}) exceeds dimension size ({}).",
                a.int("start")?,
                x.shape()[d]
            );
        }
        copied((part::NARROW.call)(a)?)
    },
    ..Op::BASE
};

fn pieces(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[5, 2]).into(), Arg::Int(2)]),
        sample([m.tensor(&[2, 5]).into(), Arg::Int(3), Arg::Int(1)]),
    ]
}

fn sized_pieces(m: &Make) -> Vec<Sample> {
    vec![sample([
        m.tensor(&[2, 5]).into(),
        vec![1i64, 4].into(),
        Arg::Int(1),
    ])]
}

/// `torch.unsafe_chunk`
pub static UNSAFE_CHUNK: Op = Op {
    signature: "unsafe_chunk(input, chunks, dim=0) -> list of Tensors",
    faces: FUNCTION | METHOD,
    node: "UnsafeSplitBackward0",
    doc: "Like `chunk`; the pieces do not count as views.",
    samples: pieces,
    call: |a| copied((join::CHUNK.call)(a)?),
    ..Op::BASE
};

/// `torch.unsafe_split`
pub static UNSAFE_SPLIT: Op = Op {
    signature: "unsafe_split(input, split_size, dim=0) -> list of Tensors",
    aliases: &["split_copy"],
    faces: FUNCTION | METHOD,
    node: "UnsafeSplitBackward0",
    doc: "Like `split`; the pieces do not count as views.",
    samples: pieces,
    call: |a| {
        let parts = join::split(a.tensor("input")?, a.int("split_size")?, a.int("dim")?)?;
        copied(Out::Tensors(parts))
    },
    ..Op::BASE
};

/// `torch.unsafe_split_with_sizes`
pub static UNSAFE_SPLIT_WITH_SIZES: Op = Op {
    signature: "unsafe_split_with_sizes(input, split_sizes, dim=0) -> list of Tensors",
    faces: FUNCTION | METHOD,
    node: "UnsafeSplitWithSizesBackward0",
    doc: "Like `split_with_sizes`; the pieces do not count as views.",
    samples: sized_pieces,
    call: |a| {
        let sizes = a.ints("split_sizes")?;
        copied(Out::Tensors(join::split_sizes(
            a.tensor("input")?,
            &sizes,
            a.int("dim")?,
        )?))
    },
    ..Op::BASE
};

/// `torch.split_with_sizes_copy`
pub static SPLIT_WITH_SIZES_COPY: Op = Op {
    signature: "split_with_sizes_copy(input, split_sizes, dim=0, *, out=None) -> tuple of Tensors",
    node: "SplitWithSizesBackward0_copy",
    doc: "Copies of what `split_with_sizes` shows.",
    samples: sized_pieces,
    call: |a| (UNSAFE_SPLIT_WITH_SIZES.call)(a),
    ..Op::BASE
};

/// Cuts along a dimension into so many equal pieces, or at the given indices.
fn cut(a: &crate::tensor::ops::Args, name: &str, least: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let n = x.ndim();
    ensure!(
        n >= least,
        "torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {n} dimensions!"
    );
    let d = if name == "hsplit" && n == 1 {
        0
    } else {
        ["vsplit", "hsplit", "dsplit"]
            .iter()
            .position(|known| *known == name)
            .unwrap_or(0)
    };
    let places = "indices_or_sections";
    if a.get(places).and_then(Arg::items).is_some() {
        let cuts = a.ints(places)?;
        return Ok(Out::Tensors(join::tensor_split(
            x,
            join::Cuts::At(&cuts),
            d,
        )?));
    }
    let (parts, size) = (a.int(places)?, x.shape()[d] as i64);
    ensure!(
        parts != 0 && size % parts == 0,
        "torch.{name} attempted to split along dimension {d}, but the size of the dimension {size} is not divisible by the split_size {parts}!"
    );
    Ok(Out::Tensors(join::tensor_split(
        x,
        join::Cuts::Parts(parts),
        d,
    )?))
}

macro_rules! cuts {
    ($( $STATIC:ident $name:literal $least:literal $signature:literal $which:literal; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: concat!("Views of equal pieces, or of pieces cut at the given indices, along the ", $which, " dimension."),
            samples: |m| vec![
                sample([m.tensor(&[4, 4, 4]).into(), Arg::Int(2)]),
                sample([m.tensor(&[4, 4, 4]).into(), vec![1i64, 3].into()]),
            ],
            call: |a| cut(a, $name, $least),
            ..Op::BASE
        };
    )*};
}

cuts! {
    DSPLIT "dsplit" 3 "dsplit(input, indices_or_sections) -> list of Tensors" "third";
    HSPLIT "hsplit" 1 "hsplit(input, indices_or_sections) -> list of Tensors" "second (or only)";
    VSPLIT "vsplit" 2 "vsplit(input, indices_or_sections) -> list of Tensors" "first";
}
