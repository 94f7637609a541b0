//! Type promotion: `torch.result_type` and its parts.

use super::{DType, Scalar};

/// `torch.promote_types`: the smallest type that holds both.
pub fn promote_types(a: DType, b: DType) -> DType {
    use DType::*;
    if a == b {
        return a;
    }
    match (a, b) {
        (UInt8, Int8) | (Int8, UInt8) => Int16,
        (Float16, BFloat16) | (BFloat16, Float16) => Float32,
        (Float64, Complex32 | Complex64) | (Complex32 | Complex64, Float64) => Complex128,
        (Complex32, BFloat16 | Float32) | (BFloat16 | Float32, Complex32) => Complex64,
        // Otherwise the order of the declaration is the order of promotion.
        _ => a.max(b),
    }
}

/// Promotion state over operands of three categories: tensors with dimensions, 0-dim tensors, Python numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Promotion {
    dims: Option<DType>,
    zero_dim: Option<DType>,
    number: Option<DType>,
}

fn join(a: Option<DType>, b: DType) -> Option<DType> {
    Some(a.map_or(b, |a| promote_types(a, b)))
}

fn category(d: DType) -> u8 {
    if d == DType::Bool {
        0
    } else if d.is_integer() {
        1
    } else if d.is_complex() {
        3
    } else {
        2
    }
}

impl Promotion {
    /// Takes in a tensor of this dtype and number of dimensions.
    pub fn tensor(&mut self, dtype: DType, ndim: usize) {
        if ndim > 0 {
            self.dims = join(self.dims, dtype);
        } else {
            self.zero_dim = join(self.zero_dim, dtype);
        }
    }

    /// Takes in a Python number.
    pub fn scalar(&mut self, s: Scalar, default_float: DType) {
        self.number = join(self.number, s.dtype(default_float));
    }

    /// The common dtype: a lower category decides only where it is of a higher kind (bool < int < float).
    pub fn result(self) -> DType {
        let combine = |higher: Option<DType>, lower: Option<DType>| match (higher, lower) {
            // Among floats the higher category decides on the precision.
            (Some(h), Some(l)) if h.is_floating_point() && l.is_complex() => Some(h.to_complex()),
            (Some(h), Some(l)) if category(h) < category(l) => Some(promote_types(h, l)),
            (Some(h), _) => Some(h),
            (None, l) => l,
        };
        combine(self.dims, combine(self.zero_dim, self.number)).unwrap_or(DType::Float32)
    }
}

/// Whether a result of the first type may be stored into the second (`torch.can_cast`).
pub fn can_cast(from: DType, to: DType) -> bool {
    category(from) <= category(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_decide() {
        let mut p = Promotion::default();
        p.tensor(DType::Int32, 1);
        p.tensor(DType::Int64, 0);
        assert_eq!(p.result(), DType::Int32);
        p.scalar(Scalar::Float(1.0), DType::Float32);
        assert_eq!(p.result(), DType::Float32);
        assert_eq!(promote_types(DType::UInt8, DType::Int8), DType::Int16);
        assert_eq!(promote_types(DType::Int64, DType::Float32), DType::Float32);
    }
}
