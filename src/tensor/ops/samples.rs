//! Arguments that every op is tested with.
//!
//! The tests run each sample with several dtypes, with strided and stretched copies of its tensors, and check first and
//! second derivatives numerically where the dtype is float64.

use std::cell::Cell;

use super::args::Arg;
use crate::tensor::array::{Array, DType, Element};
use crate::tensor::core::Tensor;

/// One call of an op.
#[derive(Clone)]
pub struct Sample {
    /// Arguments by position.
    pub args: Vec<Arg>,
    /// Arguments by name.
    pub named: Vec<(&'static str, Arg)>,
    /// Whether derivatives are compared with finite differences.
    pub smooth: bool,
}

/// A sample from arguments by position.
pub fn sample(args: impl IntoIterator<Item = Arg>) -> Sample {
    Sample {
        args: args.into_iter().collect(),
        named: Vec::new(),
        smooth: true,
    }
}

impl Sample {
    /// With an argument by name.
    pub fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Sample {
        self.named.push((name, arg.into()));
        self
    }

    /// Not to be differentiated numerically: it has kinks or jumps, or draws random numbers.
    pub fn rough(mut self) -> Sample {
        self.smooth = false;
        self
    }
}

/// Makes the tensors of samples: deterministic, of one dtype, far from each other and from kinks.
pub struct Make {
    /// The dtype of [`Make::tensor`].
    pub dtype: DType,
    seed: Cell<u64>,
}

impl Make {
    /// For a dtype.
    pub fn new(dtype: DType) -> Make {
        Make {
            dtype,
            seed: Cell::new(0x9e37_79b9_7f4a_7c15),
        }
    }

    fn next(&self) -> f64 {
        let mut s = self.seed.get();
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        self.seed.set(s);
        (s >> 11) as f64 / (1u64 << 53) as f64
    }

    fn values(&self, shape: &[usize], low: f64, high: f64) -> Tensor {
        let n = shape.iter().product();
        let values: Vec<f64> = (0..n).map(|_| low + (high - low) * self.next()).collect();
        let array = dispatch!(self.dtype, T => {
            let scale = if T::FLOATING { 1.0 } else { 4.0 };
            Array::from_vec(values.iter().map(|v| T::from_f64(v * scale)).collect(), shape)
        });
        Tensor::from_array(array)
    }

    /// Values between -2 and 2, none near 0; small integers.
    pub fn tensor(&self, shape: &[usize]) -> Tensor {
        let t = self.values(shape, 0.3, 2.0);
        if !self.dtype.is_signed() {
            return t;
        }
        let signs: Vec<i8> = (0..t.numel())
            .map(|_| if self.next() < 0.5 { -1 } else { 1 })
            .collect();
        let array = t.to_array();
        dispatch!(self.dtype, T => {
            let mut all = array.slice_mut::<T>();
            for (v, s) in all.iter_mut().zip(&signs) {
                *v = T::from_f64(v.to_f64() * f64::from(*s));
            }
        });
        t
    }

    /// Positive values between 0.3 and 2; integers from 1 to 7.
    pub fn positive(&self, shape: &[usize]) -> Tensor {
        self.values(shape, 0.3, 2.0)
    }

    /// Values strictly between two bounds.
    pub fn between(&self, shape: &[usize], low: f64, high: f64) -> Tensor {
        self.values(shape, low, high)
    }

    /// Distinct values in mixed order, apart by at least 0.2: for maxima and sorting.
    pub fn distinct(&self, shape: &[usize]) -> Tensor {
        let n: usize = shape.iter().product();
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, (self.next() * (i + 1) as f64) as usize);
        }
        let array = dispatch!(self.dtype, T => {
            let scale = if T::FLOATING { 0.25 } else { 1.0 };
            Array::from_vec(order.iter().map(|v| T::from_f64((*v as f64 - 2.0) * scale)).collect(), shape)
        });
        Tensor::from_array(array)
    }

    /// Integers of dtype int64 in `[0, bound)`.
    pub fn index(&self, shape: &[usize], bound: usize) -> Tensor {
        let n = shape.iter().product();
        let values: Vec<i64> = (0..n)
            .map(|_| (self.next() * bound as f64) as i64)
            .collect();
        Tensor::from_array(Array::from_vec(values, shape))
    }

    /// Booleans.
    pub fn mask(&self, shape: &[usize]) -> Tensor {
        let n = shape.iter().product();
        let values: Vec<bool> = (0..n).map(|_| self.next() < 0.5).collect();
        Tensor::from_array(Array::from_vec(values, shape))
    }

    /// Whether the dtype is a floating point type.
    pub fn floating(&self) -> bool {
        self.dtype.is_floating_point()
    }
}

/// One tensor of each usual shape, any values.
pub fn pointwise(m: &Make) -> Vec<Sample> {
    [&[3, 4][..], &[], &[0, 2], &[2, 1, 3]]
        .iter()
        .map(|s| sample([m.tensor(s).into()]))
        .collect()
}

/// Like [`pointwise`], with positive values.
pub fn pointwise_positive(m: &Make) -> Vec<Sample> {
    [&[3, 4][..], &[], &[0, 2]]
        .iter()
        .map(|s| sample([m.positive(s).into()]))
        .collect()
}

/// Like [`pointwise`], with values inside (-1, 1).
pub fn pointwise_unit(m: &Make) -> Vec<Sample> {
    [&[3, 4][..], &[], &[0, 2]]
        .iter()
        .map(|s| sample([m.between(s, -0.9, 0.9).into()]))
        .collect()
}

/// Like [`pointwise`], for functions with jumps.
pub fn pointwise_rough(m: &Make) -> Vec<Sample> {
    pointwise(m).into_iter().map(Sample::rough).collect()
}

/// Two tensors in the usual combinations of shapes, and a tensor with a number.
pub fn binary(m: &Make) -> Vec<Sample> {
    let shapes: [(&[usize], &[usize]); 5] = [
        (&[3, 4], &[3, 4]),
        (&[3, 4], &[4]),
        (&[3, 1], &[1, 2]),
        (&[2, 3], &[]),
        (&[0, 2], &[2]),
    ];
    let mut out: Vec<Sample> = shapes
        .iter()
        .map(|(a, b)| sample([m.tensor(a).into(), m.positive(b).into()]))
        .collect();
    if m.dtype != DType::Bool {
        out.push(sample([m.tensor(&[2, 3]).into(), Arg::Int(2)]));
    }
    out
}

/// Like [`binary`], for functions with jumps.
pub fn binary_rough(m: &Make) -> Vec<Sample> {
    binary(m).into_iter().map(Sample::rough).collect()
}

/// Like [`pointwise`], with values above 1.
pub fn pointwise_above_one(m: &Make) -> Vec<Sample> {
    [&[3, 4][..], &[], &[0, 2]]
        .iter()
        .map(|s| sample([m.between(s, 1.2, 3.0).into()]))
        .collect()
}
