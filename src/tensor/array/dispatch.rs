//! Macros that turn a dtype known at run time into a type.
//!
//! Each type that a macro knows is compiled on its own, so kernels use the macro with the fewest types: [`dispatch_bits!`]
//! for what only moves elements, [`compute!`] for arithmetic. Where a macro does not know a dtype, the function it stands in
//! returns the error of [`super::error::refused`].

/// Runs the expression with `T` bound to the type of a dtype: `dispatch!(dtype, T => size_of::<T>())`.
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::tensor::array::DType::Bool => {
                type $T = bool;
                $body
            }
            $crate::tensor::array::DType::UInt8 => {
                type $T = u8;
                $body
            }
            $crate::tensor::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::tensor::array::DType::Int16 => {
                type $T = i16;
                $body
            }
            $crate::tensor::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::tensor::array::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::tensor::array::DType::UInt16 => {
                type $T = u16;
                $body
            }
            $crate::tensor::array::DType::UInt32 => {
                type $T = u32;
                $body
            }
            $crate::tensor::array::DType::UInt64 => {
                type $T = u64;
                $body
            }
            $crate::tensor::array::DType::Float16 => {
                type $T = $crate::tensor::array::F16;
                $body
            }
            $crate::tensor::array::DType::BFloat16 => {
                type $T = $crate::tensor::array::BF16;
                $body
            }
            $crate::tensor::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::tensor::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::tensor::array::DType::Complex32 => {
                type $T = $crate::tensor::array::Complex<$crate::tensor::array::F16>;
                $body
            }
            $crate::tensor::array::DType::Complex64 => {
                type $T = $crate::tensor::array::Complex<f32>;
                $body
            }
            $crate::tensor::array::DType::Complex128 => {
                type $T = $crate::tensor::array::Complex<f64>;
                $body
            }
        }
    };
}

/// [`dispatch!`] with an integer type (or pair) of the same size, for what moves elements and looks at none. Results must be
/// given their dtype again with [`Array::of_dtype`](super::Array::of_dtype).
macro_rules! dispatch_bits {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype.size() {
            1 => {
                type $T = u8;
                $body
            }
            2 => {
                type $T = i16;
                $body
            }
            4 => {
                type $T = i32;
                $body
            }
            8 => {
                type $T = i64;
                $body
            }
            _ => {
                type $T = $crate::tensor::array::Complex<f64>;
                $body
            }
        }
    };
}

/// [`dispatch!`] over the real dtypes that are computed with as they are, without `bool`, which takes the second expression.
macro_rules! dispatch_number {
    ($dtype:expr, $T:ident => $body:expr, bool => $other:expr) => {
        match $dtype {
            $crate::tensor::array::DType::Bool => $other,
            $crate::tensor::array::DType::UInt8 => {
                type $T = u8;
                $body
            }
            $crate::tensor::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::tensor::array::DType::Int16 => {
                type $T = i16;
                $body
            }
            $crate::tensor::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::tensor::array::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::tensor::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::tensor::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::tensor::array::DType::UInt16
            | $crate::tensor::array::DType::UInt32
            | $crate::tensor::array::DType::UInt64
            | $crate::tensor::array::DType::Float16
            | $crate::tensor::array::DType::BFloat16
            | $crate::tensor::array::DType::Complex32
            | $crate::tensor::array::DType::Complex64
            | $crate::tensor::array::DType::Complex128 => {
                return Err($crate::tensor::array::error::refused($dtype))
            }
        }
    };
}

/// [`dispatch!`] over the floating point dtypes of 32 and 64 bits; integers take the second expression.
macro_rules! dispatch_float {
    ($dtype:expr, $T:ident => $body:expr, other => $other:expr) => {
        match $dtype {
            $crate::tensor::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::tensor::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::tensor::array::DType::Float16
            | $crate::tensor::array::DType::BFloat16
            | $crate::tensor::array::DType::Complex32
            | $crate::tensor::array::DType::Complex64
            | $crate::tensor::array::DType::Complex128 => {
                return Err($crate::tensor::array::error::refused($dtype))
            }
            $crate::tensor::array::DType::Bool
            | $crate::tensor::array::DType::UInt8
            | $crate::tensor::array::DType::Int8
            | $crate::tensor::array::DType::Int16
            | $crate::tensor::array::DType::Int32
            | $crate::tensor::array::DType::Int64
            | $crate::tensor::array::DType::UInt16
            | $crate::tensor::array::DType::UInt32
            | $crate::tensor::array::DType::UInt64 => $other,
        }
    };
}

/// [`dispatch!`] over the integer dtypes; all others take the second expression.
macro_rules! dispatch_integer {
    ($dtype:expr, $T:ident => $body:expr, other => $other:expr) => {
        match $dtype {
            $crate::tensor::array::DType::UInt8 => {
                type $T = u8;
                $body
            }
            $crate::tensor::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::tensor::array::DType::Int16 => {
                type $T = i16;
                $body
            }
            $crate::tensor::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::tensor::array::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::tensor::array::DType::Bool
            | $crate::tensor::array::DType::Float16
            | $crate::tensor::array::DType::BFloat16
            | $crate::tensor::array::DType::Float32
            | $crate::tensor::array::DType::Float64
            | $crate::tensor::array::DType::Complex32
            | $crate::tensor::array::DType::Complex64
            | $crate::tensor::array::DType::Complex128 => $other,
            $crate::tensor::array::DType::UInt16
            | $crate::tensor::array::DType::UInt32
            | $crate::tensor::array::DType::UInt64 => {
                return Err($crate::tensor::array::error::refused($dtype))
            }
        }
    };
}

/// [`dispatch!`] for computing: floats as they are or as `f32`, all others as `i64`. The operands are converted to `T`, and
/// the result back; integers wrap round as they would in their own type. Less than half as much code for types that are rarely
/// computed in.
macro_rules! dispatch_wide {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::tensor::array::DType::Float16
            | $crate::tensor::array::DType::BFloat16
            | $crate::tensor::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::tensor::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::tensor::array::DType::Complex32
            | $crate::tensor::array::DType::Complex64
            | $crate::tensor::array::DType::Complex128 => {
                return Err($crate::tensor::array::error::refused($dtype))
            }
            $crate::tensor::array::DType::Bool
            | $crate::tensor::array::DType::UInt8
            | $crate::tensor::array::DType::Int8
            | $crate::tensor::array::DType::Int16
            | $crate::tensor::array::DType::Int32
            | $crate::tensor::array::DType::Int64
            | $crate::tensor::array::DType::UInt16
            | $crate::tensor::array::DType::UInt32
            | $crate::tensor::array::DType::UInt64 => {
                type $T = i64;
                $body
            }
        }
    };
}

/// [`dispatch_wide!`] for an array of the dtype: computed in `T`, converted back to the dtype; `bool` apart.
macro_rules! compute {
    ($dtype:expr, $T:ident => $body:expr, bool => $other:expr) => {{
        let dtype = $dtype;
        if dtype == $crate::tensor::array::DType::Bool {
            $other
        } else {
            let out: $crate::tensor::array::Result<$crate::tensor::array::Array> =
                dispatch_wide!(dtype, $T => $body);
            out.and_then(|out| out.to_dtype(dtype))
        }
    }};
}

/// [`compute!`] over the floating point dtypes; integers take the second expression.
macro_rules! compute_float {
    ($dtype:expr, $T:ident => $body:expr, other => $other:expr) => {{
        let dtype = $dtype;
        let wide = if dtype.is_small() { $crate::tensor::array::DType::Float32 } else { dtype };
        let out: $crate::tensor::array::Result<$crate::tensor::array::Array> = dispatch_float!(wide, $T => $body, other => $other);
        out.and_then(|out| out.to_dtype(dtype))
    }};
}
