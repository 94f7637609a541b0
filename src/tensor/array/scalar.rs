//! A number that is not in a tensor: a Python `bool`, `int`, `float` or `complex`.

use super::DType;

/// A Python number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// `True` or `False`
    Bool(bool),
    /// An `int` that fits in 64 bits.
    Int(i64),
    /// An `int` of a `uint64` that does not fit in 63 bits and a sign.
    UInt(u64),
    /// A `float`
    Float(f64),
    /// A `complex`: real and imaginary part.
    Complex(f64, f64),
}

impl Scalar {
    /// The number as a float.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => f64::from(u8::from(b)),
            Scalar::Int(i) => i as f64,
            Scalar::UInt(i) => i as f64,
            Scalar::Float(x) | Scalar::Complex(x, _) => x,
        }
    }

    /// The imaginary part; 0 for real numbers.
    pub fn imaginary(self) -> f64 {
        match self {
            Scalar::Complex(_, im) => im,
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) => 0.0,
        }
    }

    /// The number as an integer, cut towards zero.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(b) => i64::from(b),
            Scalar::Int(i) => i,
            Scalar::UInt(i) => i as i64,
            Scalar::Float(x) | Scalar::Complex(x, _) => x as i64,
        }
    }

    /// Whether it is not zero.
    pub fn to_bool(self) -> bool {
        match self {
            Scalar::Bool(b) => b,
            Scalar::Int(i) => i != 0,
            Scalar::UInt(i) => i != 0,
            Scalar::Float(x) => x != 0.0,
            Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
        }
    }

    /// The conjugate; a real number is its own.
    pub fn conj(self) -> Scalar {
        match self {
            Scalar::Complex(re, im) => Scalar::Complex(re, -im),
            real => real,
        }
    }

    /// Whether it is a `complex`.
    pub fn is_complex(self) -> bool {
        matches!(self, Scalar::Complex(..))
    }

    /// Whether it is a `float`.
    pub fn is_float(self) -> bool {
        matches!(self, Scalar::Float(_))
    }

    /// The dtype of `torch.tensor(self)`, given the default float dtype.
    pub fn dtype(self, default_float: DType) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::Int64,
            Scalar::UInt(_) => DType::UInt64,
            Scalar::Float(_) => default_float,
            Scalar::Complex(..) => default_float.to_complex(),
        }
    }
}

impl From<bool> for Scalar {
    fn from(b: bool) -> Scalar {
        Scalar::Bool(b)
    }
}

impl From<i64> for Scalar {
    fn from(i: i64) -> Scalar {
        Scalar::Int(i)
    }
}

impl From<i32> for Scalar {
    fn from(i: i32) -> Scalar {
        Scalar::Int(i64::from(i))
    }
}

impl From<usize> for Scalar {
    fn from(i: usize) -> Scalar {
        Scalar::Int(i as i64)
    }
}

impl From<f64> for Scalar {
    fn from(x: f64) -> Scalar {
        Scalar::Float(x)
    }
}
