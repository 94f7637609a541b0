//! Questions about a tensor: sizes, strides, properties, values as Python numbers.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Element, Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

fn one(m: &Make) -> Vec<Sample> {
    vec![sample([m.tensor(&[2, 3]).into()]).rough()]
}

macro_rules! questions {
    ($( $STATIC:ident $signature:literal $faces:expr, $aliases:expr, $doc:literal $example:literal $prints:literal |$x:ident| $answer:expr; )*) => {$(
        #[doc = concat!("`", $signature, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            aliases: $aliases,
            faces: $faces,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![sample([m.tensor(&[1]).into()]).rough()],
            call: |a| {
                let $x = a.tensor("input")?;
                Ok(Out::from($answer))
            },
            ..Op::BASE
        };
    )*};
}

questions! {
    DATA_PTR "data_ptr(input) -> int" METHOD, &[], "Where the first element lies in memory."
        "torch.zeros(2).data_ptr() != 0" "True"
        |x| { let a = x.array(); (a.storage().address() + a.layout().offset * a.dtype().size()) as i64 };
    DIM "dim(input) -> int" METHOD, &["ndimension"], "The number of dimensions."
        "torch.zeros(2, 3).dim()" "2" |x| x.ndim() as i64;
    ELEMENT_SIZE "element_size(input) -> int" METHOD, &[], "How many bytes an element takes."
        "torch.zeros(2).element_size()" "4" |x| x.dtype().size() as i64;
    GET_DEVICE "get_device(input) -> int" METHOD | FUNCTION, &[], "-1: the CPU."
        "torch.zeros(2).get_device()" "-1" |x| { let _ = x; -1i64 };
    HAS_NAMES "has_names(input) -> bool" METHOD, &[], "False: dimensions have no names."
        "torch.zeros(2).has_names()" "False" |x| { let _ = x; false };
    IS_COMPLEX "is_complex(input) -> bool" METHOD | FUNCTION, &[], "Whether the dtype is a complex one."
        "torch.zeros(2).is_complex()" "False" |x| x.dtype().is_complex();
    IS_CONJ "is_conj(input) -> bool" METHOD | FUNCTION, &[], "Whether it was made by `conj()`, or is a view of such a tensor."
        "torch.zeros(2).is_conj()" "False" |x| x.is_conj();
    IS_FLOATING_POINT "is_floating_point(input) -> bool" METHOD | FUNCTION, &[], "Whether the dtype is a floating point one."
        "torch.zeros(2).is_floating_point()" "True" |x| x.dtype().is_floating_point();
    IS_INFERENCE "is_inference(input) -> bool" METHOD | FUNCTION, &[], "Whether it was made in inference mode."
        "torch.zeros(2).is_inference()" "False" |x| x.is_inference();
    IS_NEG "is_neg(input) -> bool" METHOD | FUNCTION, &[], "False: nothing is left to be negated."
        "torch.zeros(2).is_neg()" "False" |x| { let _ = x; false };
    IS_NONZERO "is_nonzero(input) -> bool" METHOD | FUNCTION, &[], "Whether the only element is not 0."
        "torch.tensor([1.]).is_nonzero()" "True" |x| truth(x)?;
    IS_PINNED "is_pinned(input) -> bool" METHOD, &["is_shared", "is_distributed"], "False: memory is ordinary."
        "torch.zeros(2).is_pinned()" "False" |x| { let _ = x; false };
    IS_SIGNED "is_signed(input) -> bool" METHOD | FUNCTION, &[], "Whether the dtype has negative numbers."
        "torch.zeros(2).is_signed()" "True" |x| x.dtype().is_signed();
    NUMEL "numel(input) -> int" METHOD | FUNCTION, &["nelement"], "The number of elements."
        "torch.zeros(2, 3).numel()" "6" |x| x.numel() as i64;
    STORAGE_OFFSET "storage_offset(input) -> int" METHOD, &[], "Where the first element lies in the storage, in elements."
        "torch.arange(3)[1:].storage_offset()" "1" |x| x.array().layout().offset as i64;
}

/// `Tensor.is_contiguous`
pub static IS_CONTIGUOUS: Op = Op {
    signature: "is_contiguous(input, memory_format=None) -> bool",
    faces: METHOD,
    doc: "Whether elements lie in row-major order without gaps.",
    examples: &[("torch.zeros(2, 3).t().is_contiguous()", "False")],
    samples: one,
    call: |a| Ok(a.tensor("input")?.array().is_contiguous().into()),
    ..Op::BASE
};

/// `Tensor.size`
pub static SIZE: Op = Op {
    signature: "size(input, dim=None) -> torch.Size or int",
    faces: METHOD,
    doc: "The size of all dimensions, or of one.",
    examples: &[
        ("torch.zeros(2, 3).size()", "torch.Size([2, 3])"),
        ("torch.zeros(2, 3).size(-1)", "3"),
    ],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]).rough(),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(0)]).rough(),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        Ok(match a.opt_int("dim")? {
            None => Out::Size(x.shape()),
            Some(dim) => (x.size(dim)? as i64).into(),
        })
    },
    ..Op::BASE
};

/// `Tensor.stride`
pub static STRIDE: Op = Op {
    signature: "stride(input, dim=None) -> tuple or int",
    faces: METHOD,
    doc: "The distance in memory between neighbours along each dimension, or along one.",
    examples: &[("torch.zeros(2, 3).stride()", "(3, 1)")],
    samples: one,
    call: |a| {
        let x = a.tensor("input")?;
        let array = x.array();
        let strides = &array.layout().strides;
        Ok(match a.opt_int("dim")? {
            None => Out::Tuple(strides.iter().map(|s| Out::from(*s as i64)).collect()),
            Some(dim) => {
                (strides[crate::tensor::array::layout::wrap_dim(dim, strides.len())?] as i64).into()
            }
        })
    },
    ..Op::BASE
};

/// `Tensor.item`
pub static ITEM: Op = Op {
    signature: "item(input) -> number",
    faces: METHOD,
    doc: "The only element as a Python number.",
    examples: &[("torch.tensor([2.5]).item()", "2.5")],
    samples: |m| vec![sample([m.tensor(&[]).into()]).rough()],
    call: |a| Ok(a.tensor("input")?.item()?.into()),
    ..Op::BASE
};

/// `Tensor.tolist`
pub static TOLIST: Op = Op {
    signature: "tolist(input) -> list or number",
    faces: METHOD,
    doc: "The elements as nested lists of Python numbers.",
    examples: &[(
        "torch.tensor([[1, 2], [3, 4]]).tolist()",
        "[[1, 2], [3, 4]]",
    )],
    samples: one,
    call: |a| tolist(&a.tensor("input")?.array()),
    ..Op::BASE
};

fn tolist(x: &Array) -> Result<Out> {
    let values: Vec<Scalar> =
        dispatch!(x.dtype(), T => x.to_vec::<T>()?.iter().map(|v| v.to_scalar()).collect());
    fn nest(shape: &[usize], values: &[Scalar]) -> Out {
        match shape {
            [] => Out::Scalar(values[0]),
            [n, rest @ ..] => {
                let step = rest.iter().product::<usize>();
                Out::List(
                    (0..*n)
                        .map(|i| nest(rest, &values[i * step..(i + 1) * step]))
                        .collect(),
                )
            }
        }
    }
    Ok(nest(x.shape(), &values))
}

/// `bool(x)`
pub fn truth(x: &Tensor) -> Result<bool> {
    let array = x.array();
    match array.numel() {
        1 => Ok(array.first().to_bool()),
        0 => Err(crate::tensor::array::Error::runtime(
            "Boolean value of Tensor with no values is ambiguous",
        )),
        _ => Err(crate::tensor::array::Error::runtime(
            "Boolean value of Tensor with more than one value is ambiguous",
        )),
    }
}

/// `torch.is_tensor`
pub static IS_TENSOR: Op = Op {
    signature: "is_tensor(obj) -> bool",
    doc: "Whether the object is a tensor.",
    examples: &[("torch.is_tensor(3)", "False")],
    samples: |m| vec![sample([m.tensor(&[2]).into()]).rough()],
    call: |a| Ok(matches!(a.get("obj"), Some(Arg::Tensor(_))).into()),
    ..Op::BASE
};

/// `torch.is_same_size`
pub static IS_SAME_SIZE: Op = Op {
    signature: "is_same_size(input, other) -> bool",
    faces: FUNCTION | METHOD,
    doc: "Whether both tensors have the same shape.",
    examples: &[("torch.is_same_size(torch.zeros(2), torch.ones(2))", "True")],
    samples: |m| vec![sample([m.tensor(&[2]).into(), m.tensor(&[2]).into()]).rough()],
    call: |a| Ok((a.tensor("input")?.shape() == a.tensor("other")?.shape()).into()),
    ..Op::BASE
};

fn dtypes(a: &crate::tensor::ops::Args, first: &str, second: &str) -> Result<(DType, DType)> {
    let get = |name: &str| {
        a.dtype(name)?.ok_or_else(|| {
            crate::tensor::array::Error::type_(format!("{name} must be torch.dtype"))
        })
    };
    Ok((get(first)?, get(second)?))
}

/// `torch.promote_types`
pub static PROMOTE_TYPES: Op = Op {
    signature: "promote_types(type1, type2) -> dtype",
    doc: "The smallest dtype that holds both.",
    examples: &[(
        "torch.promote_types(torch.int64, torch.float32)",
        "torch.float32",
    )],
    samples: |_| vec![sample([Arg::DType(DType::Int8), Arg::DType(DType::UInt8)])],
    call: |a| {
        let (x, y) = dtypes(a, "type1", "type2")?;
        Ok(Out::DType(crate::tensor::array::promote::promote_types(
            x, y,
        )))
    },
    ..Op::BASE
};

/// `torch.can_cast`
pub static CAN_CAST: Op = Op {
    signature: "can_cast(from_, to) -> bool",
    doc: "Whether a result of one dtype may be stored in another.",
    examples: &[("torch.can_cast(torch.float64, torch.float32)", "True")],
    samples: |_| vec![sample([Arg::DType(DType::Int8), Arg::DType(DType::UInt8)])],
    call: |a| {
        let (x, y) = dtypes(a, "from_", "to")?;
        Ok(crate::tensor::array::promote::can_cast(x, y).into())
    },
    ..Op::BASE
};

/// `torch.result_type`
pub static RESULT_TYPE: Op = Op {
    signature: "result_type(tensor1, tensor2) -> dtype",
    doc: "The dtype in which two operands meet.",
    examples: &[("torch.result_type(torch.tensor([1]), 1.5)", "torch.float32")],
    samples: |m| vec![sample([m.tensor(&[2]).into(), Arg::Float(1.0)]).rough()],
    call: |a| {
        Ok(Out::DType(crate::tensor::ops::result_type(
            &a.operand("tensor1")?,
            &a.operand("tensor2")?,
        )))
    },
    ..Op::BASE
};

/// `torch.broadcast_shapes`
pub static BROADCAST_SHAPES: Op = Op {
    signature: "broadcast_shapes(*shapes) -> torch.Size",
    doc: "The shape that several shapes broadcast to.",
    examples: &[("torch.broadcast_shapes((2, 1), (3,))", "torch.Size([2, 3])")],
    samples: |_| vec![sample([vec![2i64, 1].into(), vec![3i64].into()])],
    call: |a| {
        let mut shape = crate::tensor::array::Dims::new();
        for arg in &a.star {
            let one = [arg.clone()];
            let items = arg.items().unwrap_or(&one);
            let dims: Option<Vec<usize>> = items
                .iter()
                .map(|i| i.as_int().map(|i| i.max(0) as usize))
                .collect();
            let Some(dims) = dims else {
                return Err(crate::tensor::array::Error::type_(
                    "broadcast_shapes(): shapes must be tuples of ints",
                ));
            };
            shape =
                crate::tensor::array::layout::broadcast_shapes(&shape, &dims).map_err(|_| {
                    crate::tensor::array::Error::runtime(
                        "Shape mismatch: objects cannot be broadcast to a single shape",
                    )
                })?;
        }
        ensure!(
            !a.star.is_empty(),
            Type,
            "broadcast_shapes() missing shapes"
        );
        Ok(Out::Size(shape))
    },
    ..Op::BASE
};

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &BROADCAST_SHAPES,
    &CAN_CAST,
    &DATA_PTR,
    &DIM,
    &ELEMENT_SIZE,
    &GET_DEVICE,
    &HAS_NAMES,
    &IS_COMPLEX,
    &IS_CONJ,
    &IS_CONTIGUOUS,
    &IS_FLOATING_POINT,
    &IS_INFERENCE,
    &IS_NEG,
    &IS_NONZERO,
    &IS_PINNED,
    &IS_SAME_SIZE,
    &IS_SIGNED,
    &IS_TENSOR,
    &ITEM,
    &NUMEL,
    &PROMOTE_TYPES,
    &RESULT_TYPE,
    &SIZE,
    &STORAGE_OFFSET,
    &STRIDE,
    &TOLIST,
];
