//! Elements picked and put by tensors of indices: `x[i, j]` and `index_put`.

use super::places::nonzero_tuple;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::stream;
use crate::tensor::array::layout::{broadcast_shapes, show};
use crate::tensor::array::{Array, DType, Dims, Element, Layout, Number, Result, threads};
use crate::tensor::core::{Tensor, record, requires_recording};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::view::positions;

/// Index tensors worked out: where each picked block starts, and how a block lies.
struct Picks {
    /// Offsets of the blocks from the array's start.
    starts: Vec<usize>,
    /// Offsets inside a block, from its start.
    block: Vec<usize>,
    /// The shape of the result before the indexed dimensions are put in their place.
    shape: Dims,
    /// How many dimensions the index tensors broadcast to.
    picked: usize,
    /// Where the picked dimensions go.
    place: usize,
}

fn picks(x: &Layout, tensors: &[Option<Tensor>]) -> Result<Picks> {
    ensure!(
        tensors.len() <= x.ndim(),
        Index,
        "too many indices for tensor of dimension {} (got {})",
        x.ndim(),
        tensors.len()
    );
    let used: Vec<usize> = (0..tensors.len())
        .filter(|d| tensors[*d].is_some())
        .collect();
    let mut shape = Dims::new();
    for d in &used {
        let t = tensors[*d].as_ref().expect("used");
        let joined = broadcast_shapes(&shape, t.array().shape());
        shape = joined.map_err(|_| {
            let shapes: Vec<String> = tensors.iter().flatten().map(|t| show(&t.shape())).collect();
            crate::tensor::array::Error::index(format!(
                "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                shapes.join(", ")
            ))
        })?;
    }
    let n: usize = shape.iter().product();
    let mut starts = vec![0usize; n];
    for d in &used {
        let t = tensors[*d].as_ref().expect("used");
        let values = t.array().broadcast(&shape).to_vec::<i64>()?;
        let size = x.shape[*d] as i64;
        for (start, i) in starts.iter_mut().zip(values) {
            ensure!(
                (-size..size).contains(&i),
                Index,
                "index {i} is out of bounds for dimension {d} with size {size}"
            );
            *start += (if i < 0 { i + size } else { i }) as usize * x.strides[*d];
        }
    }
    let rest: Dims = (0..x.ndim()).filter(|d| !used.contains(d)).collect();
    let block = positions(&Layout {
        offset: 0,
        ..x.permute(&rest)
    });
    let adjacent = used.windows(2).all(|w| w[0] + 1 == w[1]);
    let place = match used.first() {
        Some(first) if adjacent => *first,
        _ => 0,
    };
    let picked = shape.len();
    shape.extend(rest.iter().map(|d| x.shape[*d]));
    Ok(Picks {
        starts,
        block,
        shape,
        picked,
        place,
    })
}

impl Picks {
    /// The order that moves the picked dimensions from the front to their place.
    fn order(&self) -> Vec<usize> {
        let n = self.shape.len();
        let mut order: Vec<usize> = (self.picked..n).collect();
        let at = self.place.min(order.len());
        (0..self.picked).for_each(|i| order.insert(at + i, i));
        order
    }

    fn result_shape(&self) -> Dims {
        self.order().iter().map(|d| self.shape[*d]).collect()
    }
}

/// The values of `x[tensors]`.
pub fn index_array(x: &Array, tensors: &[Option<Tensor>]) -> Result<Array> {
    let picks = picks(x.layout(), tensors)?;
    let base = x.layout().offset;
    let packed = picks.block.iter().enumerate().all(|(i, p)| i == *p);
    let n = picks.block.len();
    let out = dispatch_bits!(x.dtype(), T => {
        let bits = x.clone().of_dtype(<T as Element>::DTYPE);
        let all: &[T] = &bits.read::<T>();
        Array::build::<T>(&picks.shape, |out| {
            if n == 0 {
                return;
            }
            let large = size_of_val(out) >= stream::FROM;
            threads::fill_rows(out, n, picks.starts.len() * n, &|first, out| {
            if n == 1 {
                // No calls that copy a single element.
                out.iter_mut().zip(&picks.starts[first..]).for_each(|(o, start)| *o = all[base + start]);
                return;
            }
            for (o, start) in out.chunks_mut(n).zip(&picks.starts[first..]) {
                let start = base + start;
                if large && packed {
                    stream::copy(&all[start..start + n], o);
                } else if packed {
                    o.copy_from_slice(&all[start..start + n]);
                } else {
                    o.iter_mut().zip(&picks.block).for_each(|(o, p)| *o = all[start + p]);
                }
            }
            stream::fence();
            });
        })
    })?
    .of_dtype(x.dtype());
    if picks.place == 0 {
        Ok(out)
    } else {
        out.permute(&picks.order()).contiguous()
    }
}

/// Writes `values` to `x[tensors]`, or adds them there.
pub fn index_put_array(
    x: &Array,
    tensors: &[Option<Tensor>],
    values: &Array,
    accumulate: bool,
) -> Result<()> {
    if x.dtype().is_complex() && accumulate {
        // The parts are added up on their own, in a dimension more.
        let values = values.to_dtype(x.dtype())?.view_as_real();
        return index_put_array(&x.view_as_real(), tensors, &values, true);
    }
    let picks = picks(x.layout(), tensors)?;
    let result = picks.result_shape();
    let values = values.to_dtype(x.dtype())?;
    let fits = values.layout().broadcast(&result).is_some();
    ensure!(
        fits,
        "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
        show(values.shape()),
        show(&result)
    );
    // Back to the order in which blocks are counted.
    let mut back = vec![0; result.len()];
    picks
        .order()
        .iter()
        .enumerate()
        .for_each(|(i, d)| back[*d] = i);
    let values = values.broadcast(&result).permute(&back).copy()?;
    let base = x.layout().offset;
    let n = picks.block.len();
    if n == 0 {
        return Ok(());
    }
    dispatch!(x.dtype(), T => {
        let from: &[T] = &values.slice::<T>();
        let mut all = x.write::<T>();
        let packed = picks.block.iter().enumerate().all(|(i, p)| i == *p);
        for (v, start) in from.chunks(n).zip(&picks.starts) {
            if packed {
                let all = &mut all[base + start..base + start + n];
                if accumulate {
                    all.iter_mut().zip(v).for_each(|(a, v)| *a = join(*a, *v));
                } else {
                    all.copy_from_slice(v);
                }
                continue;
            }
            for (v, p) in v.iter().zip(&picks.block) {
                let at = base + start + p;
                all[at] = if accumulate { join(all[at], *v) } else { *v };
            }
        }
    });
    Ok(())
}

/// `a + b`, for bools `a or b`.
fn join<T: Element>(a: T, b: T) -> T {
    if T::DTYPE == DType::Bool {
        return T::from_i64(i64::from(a.to_bool() || b.to_bool()));
    }
    if T::FLOATING {
        // f32 sums of two values are exact enough through f64: both round once.
        return T::from_f64(a.to_f64() + b.to_f64());
    }
    T::from_i64(a.to_i64().plus(b.to_i64()))
}

/// `x[tensors]`, with history.
pub fn index(x: &Tensor, tensors: &[Option<Tensor>]) -> Result<Tensor> {
    let out = index_array(&x.array(), tensors)?;
    let shape = x.shape();
    let tensors = tensors.to_vec();
    Ok(record("IndexBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(index_backward(g, &shape, &tensors)?)])
    }))
}

/// Zeros of a shape with `g` added at the indices.
pub fn index_backward(g: &Tensor, shape: &[usize], tensors: &[Option<Tensor>]) -> Result<Tensor> {
    let out = Array::zeros(shape, g.dtype())?;
    index_put_array(&out, tensors, &g.array(), true)?;
    let tensors = tensors.to_vec();
    Ok(record(
        "IndexPutBackward0",
        [g],
        out,
        (),
        move |g, (), _| Ok([Some(index(g, &tensors)?)]),
    ))
}

/// `torch.index_put`
pub fn index_put(
    x: &Tensor,
    tensors: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<Tensor> {
    ensure!(
        x.dtype() == values.dtype(),
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        x.dtype().scalar_name(),
        values.dtype().scalar_name()
    );
    let out = x.array().copy_dense()?;
    index_put_array(&out, tensors, &values.array(), accumulate)?;
    let tensors = tensors.to_vec();
    Ok(record(
        "IndexPutBackward0",
        [x, values],
        out,
        (),
        move |g, (), c| {
            let for_x = || {
                if accumulate {
                    return Ok(g.clone());
                }
                let zero = Tensor::from_array(Array::zeros(&[], g.dtype())?);
                index_put(g, &tensors, &zero, false)
            };
            Ok([c.when(0, for_x)?, c.when(1, || index(g, &tensors))?])
        },
    ))
}

/// `x.index_put_(...)`
pub fn index_put_(
    x: &Tensor,
    tensors: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<()> {
    if requires_recording(&[x, values]) {
        return in_place::apply(x, |x| index_put(x, tensors, values, accumulate)).map(drop);
    }
    ensure!(
        x.dtype() == values.dtype(),
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        x.dtype().scalar_name(),
        values.dtype().scalar_name()
    );
    let own = values.array().storage().same(x.array().storage());
    let values = if own {
        values.array().copy()?
    } else {
        values.to_array()
    };
    index_put_array(&x.array(), tensors, &values, accumulate)?;
    x.bump_version();
    Ok(())
}

fn index_list(a: &Args) -> Result<Vec<Option<Tensor>>> {
    let Some(items) = a.get("indices").and_then(Arg::items) else {
        bail!(
            Type,
            "index_put_(): argument 'indices' (position 1) must be tuple of Tensors"
        )
    };
    let mut out = Vec::new();
    for item in items {
        match item {
            Arg::Tensor(t) if matches!(t.dtype(), DType::Bool | DType::UInt8) => {
                out.extend(nonzero_tuple(t)?.into_iter().map(Some));
            }
            Arg::Tensor(t) => out.push(Some(t.clone())),
            Arg::None => out.push(None),
            other => bail!(
                Type,
                "index_put_(): indices must be tensors, not {}",
                other.type_name()
            ),
        }
    }
    Ok(out)
}

/// `torch.index_put`
pub static INDEX_PUT: Op = Op {
    signature: "index_put(input, indices, values, accumulate=False) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The tensor with `values` written (or added) at the places that index tensors give.",
    examples: &[(
        "torch.zeros(3).index_put((torch.tensor([0, 2]),), torch.tensor([1., 2.]))",
        "tensor([1., 0., 2.])",
    )],
    samples: |m| {
        let places = Arg::Tuple(vec![m.index(&[1], 3).into()]);
        vec![sample([
            m.tensor(&[3, 2]).into(),
            places,
            m.tensor(&[2]).into(),
        ])]
    },
    call: |a| {
        Ok(index_put(
            a.tensor("input")?,
            &index_list(a)?,
            a.tensor("values")?,
            a.bool("accumulate")?,
        )?
        .into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        index_put_(
            x,
            &index_list(a)?,
            a.tensor("values")?,
            a.bool("accumulate")?,
        )?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};
