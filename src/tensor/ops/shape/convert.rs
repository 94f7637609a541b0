//! Copies and conversions.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{DType, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::{Arg, Args, check_device};
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// `torch.clone`
pub static CLONE: Op = Op {
    signature: "clone(input, *, memory_format=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A copy with its own memory. Gradients flow back to `input`.",
    examples: &[("torch.tensor([1, 2]).clone()", "tensor([1, 2])")],
    samples: samples::pointwise,
    call: |a| Ok(clone(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `Tensor.contiguous`
pub static CONTIGUOUS: Op = Op {
    signature: "contiguous(input, memory_format=None) -> Tensor",
    faces: METHOD,
    doc: "The tensor itself if its elements lie in row-major order, else a copy where they do.",
    examples: &[("torch.ones(2, 3).t().contiguous().is_contiguous()", "True")],
    samples: samples::pointwise,
    call: |a| Ok(contiguous(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.clone`
pub fn clone(x: &Tensor) -> Result<Tensor> {
    let out = x.array().copy_dense()?;
    Ok(record("CloneBackward0", [x], out, (), |g, (), _| {
        Ok([Some(g.clone())])
    }))
}

/// `Tensor.contiguous`
pub fn contiguous(x: &Tensor) -> Result<Tensor> {
    if x.array().is_contiguous() {
        return Ok(x.clone());
    }
    let out = x.array().copy()?;
    Ok(record("CloneBackward0", [x], out, (), |g, (), _| {
        Ok([Some(g.clone())])
    }))
}

/// `Tensor.to(dtype)`
pub fn to_dtype(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = x.dtype();
    if from == dtype {
        return Ok(x.clone());
    }
    let out = x.array().to_dtype(dtype)?;
    Ok(record("ToCopyBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(to_dtype(g, from)?)])
    }))
}

macro_rules! casts {
    ($( $STATIC:ident $name:literal $dtype:ident $signature:literal $samples:ident; )*) => {$(
        #[doc = concat!("`Tensor.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: METHOD,
            doc: concat!("The tensor converted to `torch.", $name, "`."),
            examples: &[],
            samples: samples::$samples,
            call: |a| Ok(to_dtype(a.tensor("input")?, DType::$dtype)?.into()),
            ..Op::BASE
        };
    )*};
}

casts! {
    BFLOAT16 "bfloat16" BFloat16 "bfloat16(input, memory_format=None) -> Tensor" pointwise_rough;
    BOOL "bool" Bool "bool(input, memory_format=None) -> Tensor" pointwise;
    BYTE "byte" UInt8 "byte(input, memory_format=None) -> Tensor" pointwise;
    CDOUBLE "cdouble" Complex128 "cdouble(input, memory_format=None) -> Tensor" pointwise;
    CFLOAT "cfloat" Complex64 "cfloat(input, memory_format=None) -> Tensor" pointwise_rough;
    CHALF "chalf" Complex32 "chalf(input, *, memory_format=None) -> Tensor" pointwise_rough;
    CHAR "char" Int8 "char(input, memory_format=None) -> Tensor" pointwise;
    DOUBLE "double" Float64 "double(input, memory_format=None) -> Tensor" pointwise;
    FLOAT "float" Float32 "float(input, memory_format=None) -> Tensor" pointwise;
    HALF "half" Float16 "half(input, memory_format=None) -> Tensor" pointwise_rough;
    INT "int" Int32 "int(input, memory_format=None) -> Tensor" pointwise;
    LONG "long" Int64 "long(input, memory_format=None) -> Tensor" pointwise;
    SHORT "short" Int16 "short(input, memory_format=None) -> Tensor" pointwise;
}

/// `Tensor.to`
pub static TO: Op = Op {
    signature: "to(input, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None, other=None) -> Tensor",
    faces: METHOD,
    doc: "The tensor in another dtype, on another device, or in those of another tensor.",
    examples: &[("torch.tensor([1, 2]).to(torch.float32)", "tensor([1., 2.])")],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            Arg::DType(DType::Float64),
        ])]
    },
    call: |a| Ok(to(a)?.into()),
    ..Op::BASE
};

fn to(a: &Args) -> Result<Tensor> {
    let x = a.tensor("input")?;
    let mut dtype = a.dtype("dtype")?;
    let mut copy = a.bool("copy")?;
    a.check_device()?;
    if let Some(t) = a.opt_tensor("other")? {
        dtype = Some(t.dtype());
    }
    let mut flags = 0;
    for arg in a.star() {
        match arg {
            Arg::DType(d) => dtype = Some(*d),
            Arg::Device(d) | Arg::Str(d) => check_device(d)?,
            Arg::Tensor(t) => dtype = Some(t.dtype()),
            Arg::Bool(b) => {
                // The first flag is `non_blocking`.
                copy |= flags == 1 && *b;
                flags += 1;
            }
            Arg::None => {}
            other => bail!(
                Type,
                "to() received an invalid combination of arguments - got ({}), but expected one of:",
                other.type_name()
            ),
        }
    }
    let out = to_dtype(x, dtype.unwrap_or(x.dtype()))?;
    if copy && out.same(x) {
        clone(x)
    } else {
        Ok(out)
    }
}

/// `Tensor.type`
pub static TYPE: Op = Op {
    signature: "type(input, dtype=None, non_blocking=False) -> str or Tensor",
    faces: METHOD,
    doc: "The name of the tensor's type, or the tensor converted to a type.",
    examples: &[("torch.tensor([1.]).type()", "'torch.FloatTensor'")],
    samples: |m| vec![sample([m.tensor(&[2]).into(), Arg::DType(DType::Float64)])],
    call: |a| {
        let x = a.tensor("input")?;
        Ok(match a.get("dtype") {
            None => {
                crate::tensor::ops::Out::Str(format!("torch.{}Tensor", x.dtype().scalar_name()))
            }
            Some(Arg::DType(d)) => to_dtype(x, *d)?.into(),
            Some(Arg::Str(s)) => {
                let name = s
                    .strip_prefix("torch.")
                    .and_then(|s| s.strip_suffix("Tensor"));
                let dtype = DType::ALL.iter().find(|d| Some(d.scalar_name()) == name);
                let Some(dtype) = dtype else {
                    bail!(Value, "invalid type: '{s}'")
                };
                to_dtype(x, *dtype)?.into()
            }
            Some(other) => bail!(
                Type,
                "type(): argument 'dtype' (position 1) must be torch.dtype, not {}",
                other.type_name()
            ),
        })
    },
    ..Op::BASE
};

/// `Tensor.type_as`
pub static TYPE_AS: Op = Op {
    signature: "type_as(input, other) -> Tensor",
    faces: METHOD,
    doc: "The tensor in the dtype of another one.",
    examples: &[(
        "torch.tensor([1]).type_as(torch.tensor([1.]))",
        "tensor([1.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2]).into(),
            m.tensor(&[1]).detach().into(),
        ])]
    },
    call: |a| Ok(to_dtype(a.tensor("input")?, a.tensor("other")?.dtype())?.into()),
    ..Op::BASE
};

fn same(m: &Make) -> Vec<Sample> {
    vec![sample([m.tensor(&[2, 3]).into()])]
}

/// `Tensor.cpu`
pub static CPU: Op = Op {
    signature: "cpu(input, memory_format=None) -> Tensor",
    faces: METHOD,
    doc: "The tensor itself: it is on the CPU.",
    examples: &[("torch.tensor([1]).cpu()", "tensor([1])")],
    samples: same,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    ..Op::BASE
};

/// `Tensor.cuda`
pub static CUDA: Op = Op {
    signature: "cuda(input, device=None, non_blocking=False, memory_format=None) -> Tensor",
    faces: METHOD,
    doc: "Refused: there is no CUDA device.",
    samples: |_| Vec::new(),
    call: |_| bail!(Assertion, "Torch not compiled with CUDA enabled"),
    ..Op::BASE
};

/// `Tensor.detach`
pub static DETACH: Op = Op {
    signature: "detach(input) -> Tensor",
    faces: FUNCTION | METHOD | crate::tensor::ops::spec::IN_PLACE,
    doc: "The same memory without history.",
    examples: &[(
        "torch.tensor([1.], requires_grad=True).detach()",
        "tensor([1.])",
    )],
    samples: |m| same(m).into_iter().map(Sample::rough).collect(),
    call: |a| Ok(a.tensor("input")?.detach().into()),
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        ensure!(
            x.creation().is_none(),
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as a solution."
        );
        x.clear_history();
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.requires_grad_`
pub static REQUIRES_GRAD: Op = Op {
    signature: "requires_grad(input, requires_grad=True) -> Tensor",
    faces: crate::tensor::ops::spec::IN_PLACE,
    doc: "Makes operations on the tensor be recorded, or not.",
    examples: &[(
        "torch.tensor([1.]).requires_grad_()",
        "tensor([1.], requires_grad=True)",
    )],
    samples: |_| Vec::new(),
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        x.set_requires_grad(a.bool("requires_grad")?)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};
