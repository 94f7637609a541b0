//! Tensors of one value.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Layout, Result, Scalar};
use crate::tensor::core::{Tensor, default_dtype};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{METHOD, Op};

fn sizes(_: &Make) -> Vec<Sample> {
    vec![
        sample([Arg::Int(2), Arg::Int(3)]),
        sample([vec![0i64, 2].into()]),
    ]
}

fn likes(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[2, 3]).into()]).rough(),
        sample([m.tensor(&[]).into()]).rough(),
    ]
}

fn news(m: &Make) -> Vec<Sample> {
    vec![sample([m.tensor(&[2]).into(), vec![2i64, 3].into()]).rough()]
}

fn filled(a: &Args, value: i64) -> Result<Out> {
    let t = Array::full(&a.sizes("size")?, value.into(), a.dtype_or_default()?)?;
    a.created(Tensor::from_array(t))
}

fn filled_like(a: &Args, value: i64) -> Result<Out> {
    let x = a.tensor("input")?;
    let dtype = a.dtype("dtype")?.unwrap_or(x.dtype());
    a.created(full_like_dtype(x, value.into(), dtype)?)
}

fn filled_new(a: &Args, value: Scalar) -> Result<Out> {
    let dtype = a.dtype("dtype")?.unwrap_or(a.tensor("input")?.dtype());
    a.created(Tensor::from_array(Array::full(
        &a.sizes("size")?,
        value,
        dtype,
    )?))
}

/// `torch.zeros`
pub static ZEROS: Op = Op {
    signature: "zeros(*size, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None) -> Tensor",
    doc: "A tensor filled with 0.",
    examples: &[(
        "torch.zeros(2, 3)",
        "tensor([[0., 0., 0.],\n        [0., 0., 0.]])",
    )],
    samples: sizes,
    call: |a| filled(a, 0),
    ..Op::BASE
};

/// `torch.ones`
pub static ONES: Op = Op {
    signature: "ones(*size, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None) -> Tensor",
    doc: "A tensor filled with 1.",
    examples: &[("torch.ones(2, dtype=torch.int64)", "tensor([1, 1])")],
    samples: sizes,
    call: |a| filled(a, 1),
    ..Op::BASE
};

/// `torch.empty`
pub static EMPTY: Op = Op {
    signature: "empty(*size, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None, names=None) -> Tensor",
    doc: "A tensor whose values are to be overwritten; here they are 0.",
    examples: &[("torch.empty(2, 3).shape", "torch.Size([2, 3])")],
    samples: sizes,
    call: |a| filled(a, 0),
    ..Op::BASE
};

/// `torch.full`
pub static FULL: Op = Op {
    signature: "full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None) -> Tensor",
    doc: "A tensor filled with `fill_value`.",
    examples: &[("torch.full((2, 2), 7)", "tensor([[7, 7],\n        [7, 7]])")],
    samples: |_| {
        vec![
            sample([vec![2i64, 3].into(), Arg::Float(1.5)]),
            sample([vec![2i64].into(), Arg::Bool(true)]),
        ]
    },
    call: |a| {
        let value = a.scalar("fill_value")?;
        let dtype = a
            .dtype("dtype")?
            .unwrap_or_else(|| value.dtype(default_dtype()));
        let shape = a.sizes("size")?;
        a.created(Tensor::from_array(Array::full(&shape, value, dtype)?))
    },
    ..Op::BASE
};

/// `torch.zeros_like`
pub static ZEROS_LIKE: Op = Op {
    signature: "zeros_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "Zeros in the shape and dtype of `input`.",
    examples: &[("torch.zeros_like(torch.tensor([1, 2]))", "tensor([0, 0])")],
    samples: likes,
    call: |a| filled_like(a, 0),
    ..Op::BASE
};

/// `torch.ones_like`
pub static ONES_LIKE: Op = Op {
    signature: "ones_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "Ones in the shape and dtype of `input`.",
    examples: &[("torch.ones_like(torch.tensor([1, 2]))", "tensor([1, 1])")],
    samples: likes,
    call: |a| filled_like(a, 1),
    ..Op::BASE
};

/// `torch.empty_like`
pub static EMPTY_LIKE: Op = Op {
    signature: "empty_like(input, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "A tensor in the shape and dtype of `input`, to be overwritten.",
    examples: &[(
        "torch.empty_like(torch.tensor([1, 2])).shape",
        "torch.Size([2])",
    )],
    samples: likes,
    call: |a| filled_like(a, 0),
    ..Op::BASE
};

/// `torch.full_like`
pub static FULL_LIKE: Op = Op {
    signature: "full_like(input, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "`fill_value` in the shape and dtype of `input`.",
    examples: &[(
        "torch.full_like(torch.tensor([1., 2.]), 5)",
        "tensor([5., 5.])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), Arg::Int(3)]).rough()],
    call: |a| {
        let x = a.tensor("input")?;
        let dtype = a.dtype("dtype")?.unwrap_or(x.dtype());
        a.created(full_like_dtype(x, a.scalar("fill_value")?, dtype)?)
    },
    ..Op::BASE
};

/// `Tensor.new_zeros`
pub static NEW_ZEROS: Op = Op {
    signature: "new_zeros(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    faces: METHOD,
    doc: "Zeros of the given size in the dtype of `input`.",
    examples: &[("torch.tensor([1]).new_zeros(2)", "tensor([0, 0])")],
    samples: news,
    call: |a| filled_new(a, 0i64.into()),
    ..Op::BASE
};

/// `Tensor.new_ones`
pub static NEW_ONES: Op = Op {
    signature: "new_ones(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    faces: METHOD,
    doc: "Ones of the given size in the dtype of `input`.",
    examples: &[("torch.tensor([1]).new_ones(2)", "tensor([1, 1])")],
    samples: news,
    call: |a| filled_new(a, 1i64.into()),
    ..Op::BASE
};

/// `Tensor.new_empty`
pub static NEW_EMPTY: Op = Op {
    signature: "new_empty(input, *size, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    faces: METHOD,
    doc: "A tensor of the given size in the dtype of `input`, to be overwritten.",
    examples: &[("torch.tensor([1]).new_empty(2).shape", "torch.Size([2])")],
    samples: news,
    call: |a| filled_new(a, 0i64.into()),
    ..Op::BASE
};

/// `Tensor.new_full`
pub static NEW_FULL: Op = Op {
    signature: "new_full(input, size, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    faces: METHOD,
    doc: "`fill_value` in the given size and the dtype of `input`.",
    examples: &[("torch.tensor([1.]).new_full((2,), 3)", "tensor([3., 3.])")],
    samples: |m| vec![sample([m.tensor(&[2]).into(), vec![2i64, 3].into(), Arg::Int(3)]).rough()],
    call: |a| filled_new(a, a.scalar("fill_value")?),
    ..Op::BASE
};

/// One value in the shape of `x`; dense strides are kept.
pub fn full_like_dtype(x: &Tensor, value: Scalar, dtype: DType) -> Result<Tensor> {
    let a = x.array();
    if a.is_contiguous() || !a.layout().is_dense() {
        return Ok(Tensor::from_array(Array::full(a.shape(), value, dtype)?));
    }
    let strides = a.layout().strides.clone();
    let mut layout = Layout::contiguous(a.shape());
    layout.strides = strides;
    Ok(Tensor::from_array(
        Array::full(a.shape(), value, dtype)?.with_layout(layout),
    ))
}

/// `torch.zeros_like`
pub fn zeros_like(x: &Tensor) -> Result<Tensor> {
    full_like_dtype(x, Scalar::Int(0), x.dtype())
}

/// `torch.ones_like`
pub fn ones_like(x: &Tensor) -> Result<Tensor> {
    full_like_dtype(x, Scalar::Int(1), x.dtype())
}

/// `torch.full`
pub fn full(shape: &[usize], value: impl Into<Scalar>, dtype: DType) -> Result<Tensor> {
    Ok(Tensor::from_array(Array::full(shape, value.into(), dtype)?))
}

/// `torch.zeros` in the default dtype.
pub fn zeros(shape: &[usize]) -> Result<Tensor> {
    full(shape, 0i64, default_dtype())
}

/// `torch.ones` in the default dtype.
pub fn ones(shape: &[usize]) -> Result<Tensor> {
    full(shape, 1i64, default_dtype())
}

/// Nested numbers and tensors, as `torch.tensor` takes them, flattened.
struct Nest {
    shape: Vec<usize>,
    values: Vec<Scalar>,
    dtype: Option<DType>,
}

impl Nest {
    fn add(&mut self, arg: &Arg, depth: usize) -> Result<()> {
        if let Some(items) = arg.items() {
            if depth == self.shape.len() {
                self.shape.push(items.len());
            }
            ensure!(
                self.shape[depth] == items.len(),
                Value,
                "expected sequence of length {} at dim {depth} (got {})",
                self.shape[depth],
                items.len()
            );
            return items.iter().try_for_each(|item| self.add(item, depth + 1));
        }
        if let Arg::Tensor(t) = arg {
            return self.add_tensor(t, depth);
        }
        ensure!(
            depth == self.shape.len(),
            Type,
            "must be real number, not {}",
            arg.type_name()
        );
        let Some(value) = arg.as_scalar() else {
            return Err(match arg {
                Arg::Str(_) if depth == 0 => {
                    crate::tensor::array::Error::type_("new(): invalid data type 'str'")
                }
                Arg::Str(_) => crate::tensor::array::Error::value("too many dimensions 'str'"),
                Arg::None => {
                    crate::tensor::array::Error::runtime("Could not infer dtype of NoneType")
                }
                other => crate::tensor::array::Error::runtime(format!(
                    "Could not infer dtype of {}",
                    other.type_name()
                )),
            });
        };
        self.join(value.dtype(default_dtype()));
        self.values.push(value);
        Ok(())
    }

    fn add_tensor(&mut self, t: &Tensor, depth: usize) -> Result<()> {
        let shape = t.shape();
        if self.shape.len() == depth {
            self.shape.extend(shape.iter());
        }
        ensure!(
            self.shape[depth..] == shape[..],
            Value,
            "only one element tensors can be converted to Python scalars"
        );
        self.join(t.dtype());
        let array = t.array().contiguous()?;
        dispatch!(array.dtype(), T => {
            self.values.extend(array.slice::<T>().iter().map(|v| crate::tensor::array::Element::to_scalar(*v)));
        });
        Ok(())
    }

    fn join(&mut self, dtype: DType) {
        let joined = self.dtype.map_or(dtype, |d| {
            crate::tensor::array::promote::promote_types(d, dtype)
        });
        self.dtype = Some(joined);
    }
}

/// The values of `torch.tensor(data)`: a copy without history.
pub fn from_data(data: &Arg, dtype: Option<DType>) -> Result<Tensor> {
    if let Arg::Tensor(t) = data {
        let array = t.array().to_dtype(dtype.unwrap_or(t.dtype()))?;
        return Ok(Tensor::from_array(
            if array.storage().same(t.array().storage()) {
                array.copy_dense()?
            } else {
                array
            },
        ));
    }
    let mut nest = Nest {
        shape: Vec::new(),
        values: Vec::new(),
        dtype: None,
    };
    nest.add(data, 0)?;
    let dtype = dtype.or(nest.dtype).unwrap_or_else(default_dtype);
    let array = dispatch!(dtype, T => {
        Array::from_vec(nest.values.iter().map(|s| <T as crate::tensor::array::Element>::from_scalar(*s)).collect(), &nest.shape)
    });
    Ok(Tensor::from_array(array))
}
