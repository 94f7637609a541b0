//! Real and imaginary parts, apart and together.

use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::broadcast_shapes;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::record::node_for;
use crate::tensor::core::{Tensor, record, requires_recording};
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op, PROPERTY};
use crate::tensor::ops::view::regenerate;
use crate::tensor::ops::{to_dtype, zeros_like};

/// A tensor over the memory of another one in another dtype.
fn reinterpreted(
    name: &'static str,
    x: &Tensor,
    array: Array,
    rule: impl Fn(&Tensor) -> Result<Tensor> + 'static,
) -> Tensor {
    let layout = x.array().layout().clone();
    let y = x.make_view(layout, regenerate, false);
    y.set_array(array);
    if requires_recording(&[x]) {
        let node = node_for(name, &[x], &y.array(), (), move |g, (), _| {
            Ok([Some(rule(g)?)])
        });
        y.set_history(node, 0);
    }
    y
}

/// The real part, in the same memory; a real tensor is its own.
pub fn real(z: &Tensor) -> Result<Tensor> {
    if !z.dtype().is_complex() {
        return Ok(z.clone());
    }
    let part = z.array().part(0);
    Ok(reinterpreted("RealBackward0", z, part, |g| {
        join(g, &zeros_like(g)?)
    }))
}

/// The imaginary part, in the same memory.
pub fn imag(z: &Tensor) -> Result<Tensor> {
    ensure!(
        z.dtype().is_complex(),
        Type,
        "imag is not implemented for tensors with non-complex dtypes."
    );
    let part = z.array().part(1);
    Ok(reinterpreted("ImagBackward0", z, part, |g| {
        join(&zeros_like(g)?, g)
    }))
}

/// `torch.complex`: complex numbers from their parts, which are broadcast.
pub fn join(re: &Tensor, im: &Tensor) -> Result<Tensor> {
    let shape = broadcast_shapes(&re.shape(), &im.shape())?;
    let out = Array::zeros(&shape, re.dtype().to_complex())?;
    out.part(0).assign(&re.array().broadcast(&shape))?;
    out.part(1).assign(&im.array().broadcast(&shape))?;
    Ok(record("ComplexBackward0", [re, im], out, (), |g, (), c| {
        Ok([c.when(0, || real(g))?, c.when(1, || imag(g))?])
    }))
}

/// The conjugate; of real numbers the tensor itself.
pub fn conj(z: &Tensor) -> Result<Tensor> {
    if !z.dtype().is_complex() {
        return Ok(z.clone());
    }
    let out = super::complex_map("conj", &z.array())?;
    Ok(record("ConjBackward0", [z], out, (), |g, (), _| {
        Ok([Some(conj(g)?)])
    }))
}

/// `torch.view_as_real`
pub fn view_as_real(z: &Tensor) -> Result<Tensor> {
    ensure!(
        z.dtype().is_complex(),
        Type,
        "view_as_real is only supported for complex tensors"
    );
    let pairs = z.array().view_as_real();
    Ok(reinterpreted("ViewAsRealBackward0", z, pairs, |g| {
        view_as_complex(&super::super::contiguous(g)?)
    }))
}

/// `torch.view_as_complex`
pub fn view_as_complex(x: &Tensor) -> Result<Tensor> {
    ensure!(
        matches!(x.dtype(), DType::Float16 | DType::Float32 | DType::Float64),
        "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {}",
        x.dtype().scalar_name()
    );
    ensure!(
        x.ndim() > 0,
        "Input tensor must have one or more dimensions"
    );
    let numbers = x.array().view_as_complex()?;
    Ok(reinterpreted(
        "ViewAsComplexBackward0",
        x,
        numbers,
        view_as_real,
    ))
}

fn pairs(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![sample([m.tensor(&[3, 2]).into(), m.tensor(&[2]).into()]).rough()]
}

/// `torch.complex`
pub static COMPLEX: Op = Op {
    signature: "complex(real, imag, *, out=None) -> Tensor",
    doc: "Complex numbers from their real and imaginary parts.",
    examples: &[(
        "torch.complex(torch.tensor([1.]), torch.tensor([2.]))",
        "tensor([1.+2.j])",
    )],
    samples: pairs,
    call: |a| {
        let (re, im) = (a.tensor("real")?, a.tensor("imag")?);
        check_parts(re, im)?;
        Ok(join(re, im)?.into())
    },
    ..Op::BASE
};

pub(super) fn check_parts(re: &Tensor, im: &Tensor) -> Result<()> {
    ensure!(
        [re, im]
            .iter()
            .all(|x| matches!(x.dtype(), DType::Float16 | DType::Float32 | DType::Float64)),
        NotImplemented,
        "Expected both inputs to be Half, Float or Double tensors but got {} and {}",
        re.dtype().scalar_name(),
        im.dtype().scalar_name()
    );
    ensure!(
        re.dtype() == im.dtype() || !re.dtype().is_floating_point(),
        "Expected object of scalar type {} but got scalar type {} for second argument",
        re.dtype().scalar_name(),
        im.dtype().scalar_name()
    );
    Ok(())
}

macro_rules! forms {
    ($( $STATIC:ident $PROPERTY:ident $name:literal $f:ident $doc:literal $example:literal $prints:literal; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: concat!($name, "(input) -> Tensor"),
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| samples::pointwise(m).into_iter().filter(|_| $name == "real").map(Sample::rough).chain(
                m.floating().then(|| sample([complex_sample(m)]).rough())
            ).collect(),
            call: |a| Ok($f(a.tensor("input")?)?.into()),
            ..Op::BASE
        };
        #[doc = concat!("`Tensor.", $name, "`")]
        pub static $PROPERTY: Op = Op {
            signature: concat!($name, "(input) -> Tensor"),
            faces: PROPERTY,
            doc: $doc,
            samples: |m| ($STATIC.samples)(m),
            call: |a| Ok($f(a.tensor("input")?)?.into()),
            ..Op::BASE
        };
    )*};
}

forms! {
    REAL REAL_PROPERTY "real" real "The real part, in the same memory."
        "torch.real(torch.tensor([1+2j]))" "tensor([1.])";
    IMAG IMAG_PROPERTY "imag" imag "The imaginary part, in the same memory."
        "torch.imag(torch.tensor([1+2j]))" "tensor([2.])";
}

/// Complex numbers to test with.
pub(super) fn complex_sample(m: &Make) -> crate::tensor::ops::Arg {
    let parts = join(&m.tensor(&[3]), &m.tensor(&[3]));
    parts.expect("two parts of one shape").into()
}

/// `torch.conj`
pub static CONJ: Op = Op {
    signature: "conj(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The conjugate.",
    examples: &[("torch.conj(torch.tensor([1+2j]))", "tensor([1.-2.j])")],
    samples: |m| {
        samples::pointwise(m)
            .into_iter()
            .map(Sample::rough)
            .collect()
    },
    call: |a| Ok(turned(a.tensor("input")?, a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// The conjugate of `x`, a view of `z`, which knows that it is one.
pub(super) fn turned(x: &Tensor, z: &Tensor) -> Result<Tensor> {
    let out = conj(x)?;
    if z.dtype().is_complex() {
        out.set_conj(!z.is_conj());
    }
    Ok(out)
}

/// `torch.conj_physical`
pub static CONJ_PHYSICAL: Op = Op {
    signature: "conj_physical(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "ConjPhysicalBackward0",
    doc: "The conjugate.",
    examples: &[(
        "torch.conj_physical(torch.tensor([1+2j]))",
        "tensor([1.-2.j])",
    )],
    samples: samples::pointwise,
    call: |a| Ok(conj(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.resolve_conj`
pub static RESOLVE_CONJ: Op = Op {
    signature: "resolve_conj(input) -> Tensor",
    aliases: &["resolve_neg"],
    faces: FUNCTION | METHOD,
    doc: "The tensor itself, or a copy of one that was made by `conj()`.",
    samples: |m| {
        samples::pointwise(m)
            .into_iter()
            .map(Sample::rough)
            .collect()
    },
    call: |a| {
        let x = a.tensor("input")?;
        Ok(if x.is_conj() {
            crate::tensor::ops::clone(x)?
        } else {
            x.clone()
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.view_as_real`
pub static VIEW_AS_REAL: Op = Op {
    signature: "view_as_real(input) -> Tensor",
    doc: "The parts as a new last dimension of size 2, in the same memory.",
    examples: &[(
        "torch.view_as_real(torch.tensor([1+2j]))",
        "tensor([[1., 2.]])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([complex_sample(m)]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| Ok(view_as_real(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.view_as_complex`
pub static VIEW_AS_COMPLEX: Op = Op {
    signature: "view_as_complex(input) -> Tensor",
    doc: "Complex numbers from pairs in the last dimension, in the same memory.",
    examples: &[(
        "torch.view_as_complex(torch.tensor([[1., 2.]]))",
        "tensor([1.+2.j])",
    )],
    samples: |_| Vec::new(),
    call: |a| Ok(view_as_complex(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// The parts of an argument, in the real dtype that belongs to a complex one.
pub(in crate::tensor::ops) fn both(z: &Tensor, dtype: DType) -> Result<(Tensor, Tensor)> {
    if !z.dtype().is_complex() {
        let re = to_dtype(z, dtype.to_real())?;
        let im = zeros_like(&re.detach())?;
        return Ok((re, im));
    }
    let z = to_dtype(z, dtype)?;
    Ok((real(&z)?, imag(&z)?))
}
