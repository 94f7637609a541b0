//! Sequences of different lengths, packed without their padding and padded again.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::core::record::named;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, Op};
use crate::tensor::ops::{cat, full, index_select, reshape_to};

/// `torch._pack_padded_sequence`
pub static PACK_PADDED_SEQUENCE: Op = Op {
    signature: "_pack_padded_sequence(input, lengths, batch_first) -> (Tensor, Tensor)",
    faces: FUNCTION,
    doc: "The steps of padded sequences without the padding, and how many sequences each step has.",
    examples: &[(
        "torch._pack_padded_sequence(torch.tensor([[1., 2.], [3., 0.]]), torch.tensor([2, 1]), False)",
        "(tensor([1., 2., 3.]), tensor([2, 1]))",
    )],
    samples: |m| {
        let lengths = Tensor::from_array(Array::from_vec(vec![3i64, 1], &[2]));
        vec![
            sample([
                m.tensor(&[3, 2, 2]).into(),
                lengths.clone().into(),
                Arg::Bool(false),
            ]),
            sample([m.tensor(&[2, 4]).into(), lengths.into(), Arg::Bool(true)]),
        ]
    },
    call: pack,
    ..Op::BASE
};

/// `torch._pad_packed_sequence`
pub static PAD_PACKED_SEQUENCE: Op = Op {
    signature: "_pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length) -> (Tensor, Tensor)",
    faces: FUNCTION,
    doc: "Packed sequences with padding up to a common length, and their lengths.",
    examples: &[(
        "torch._pad_packed_sequence(torch.tensor([1., 2., 3.]), torch.tensor([2, 1]), False, 0.0, 2)",
        "(tensor([[1., 2.],\n        [3., 0.]]), tensor([2, 1]))",
    )],
    samples: |m| {
        let sizes = Tensor::from_array(Array::from_vec(vec![2i64, 1], &[2]));
        let args = |first: bool, length: i64| -> Vec<Arg> {
            vec![first.into(), Arg::Float(0.0), length.into()]
        };
        let start = [Arg::from(m.tensor(&[3, 2])), sizes.into()];
        vec![
            sample(start.clone().into_iter().chain(args(false, 2))),
            sample(start.into_iter().chain(args(true, 3))),
        ]
    },
    call: pad,
    ..Op::BASE
};

fn integers(t: &Tensor) -> Result<Vec<i64>> {
    t.array().to_dtype(DType::Int64)?.to_vec()
}

fn vector(values: Vec<i64>) -> Tensor {
    let n = values.len();
    Tensor::from_array(Array::from_vec(values, &[n]))
}

/// Rows of a tensor whose first two dimensions are taken as one.
fn rows(x: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let mut flat = vec![shape[0] * shape[1]];
    flat.extend_from_slice(&shape[2..]);
    reshape_to(x, &flat)
}

fn pack(a: &Args) -> Result<Out> {
    let (x, lengths) = (a.tensor("input")?, integers(a.tensor("lengths")?)?);
    ensure!(x.ndim() >= 2, "packing needs a time and a batch dimension");
    let first = a.bool("batch_first")?;
    let shape = x.shape();
    let (batch, time) = if first {
        (shape[0], shape[1])
    } else {
        (shape[1], shape[0])
    };
    ensure!(
        lengths.len() == batch,
        "Expected `len(lengths)` to be equal to batch_size, but got {} (batch_size={batch})",
        lengths.len()
    );
    ensure!(
        lengths.last().is_none_or(|n| *n > 0),
        "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
    );
    ensure!(
        lengths.is_sorted_by(|x, y| x >= y),
        "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability."
    );
    let longest = lengths.first().copied().unwrap_or(0) as usize;
    ensure!(
        longest <= time,
        "Expected lengths of at most {time}, but got {longest}"
    );
    let (mut places, mut sizes) = (Vec::new(), Vec::with_capacity(longest));
    for t in 0..longest {
        let n = lengths.iter().take_while(|n| **n as usize > t).count();
        let place = |b: usize| if first { b * time + t } else { t * batch + b };
        places.extend((0..n).map(|b| place(b) as i64));
        sizes.push(n as i64);
    }
    let data = index_select(&rows(x)?, 0, &vector(places))?;
    let data = named("PackPaddedSequenceBackward0", data);
    Ok(Out::Tensors(vec![data, vector(sizes)]))
}

fn pad(a: &Args) -> Result<Out> {
    let (data, sizes) = (a.tensor("data")?, integers(a.tensor("batch_sizes")?)?);
    let shape = data.shape();
    ensure!(
        !shape.is_empty()
            && shape[0] as i64 == sizes.iter().sum::<i64>()
            && sizes.iter().all(|n| *n >= 0),
        "Expected as many rows of data as the batch sizes say"
    );
    let batch = sizes.first().copied().unwrap_or(0) as usize;
    let time = match a.int("total_length")? {
        n if n > 0 => {
            ensure!(
                n as usize >= sizes.len(),
                "Expected total_length to be at least the length of the longest sequence in input, but got total_length={n} and max sequence length being {}",
                sizes.len()
            );
            n as usize
        }
        _ => sizes.len(),
    };
    let first = a.bool("batch_first")?;
    let padding = shape[0] as i64; // the row after the data
    let mut places = vec![padding; time * batch];
    let (mut lengths, mut at) = (vec![0; batch], 0);
    for (t, n) in sizes.iter().enumerate() {
        for (b, length) in lengths.iter_mut().enumerate().take(*n as usize) {
            places[if first { b * time + t } else { t * batch + b }] = at;
            *length += 1;
            at += 1;
        }
    }
    let mut one = shape.to_vec();
    one[0] = 1;
    let value = full(&one, a.scalar("padding_value")?, data.dtype())?;
    let padded = index_select(&cat(&[data.clone(), value], 0)?, 0, &vector(places))?;
    let mut whole = if first {
        vec![batch, time]
    } else {
        vec![time, batch]
    };
    whole.extend_from_slice(&shape[1..]);
    Ok(Out::Tensors(vec![
        reshape_to(&padded, &whole)?,
        vector(lengths),
    ]))
}
