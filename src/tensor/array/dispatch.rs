//! Macros that turn a dtype known at run time into a type.

/// Runs the expression with `T` bound to the type of a dtype: `dispatch!(dtype, T => size_of::<T>())`.
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr) => {
        dispatch_number!($dtype, $T => $body, bool => {
            type $T = bool;
            $body
        })
    };
}

/// [`dispatch!`] over all dtypes but `bool`, which takes the second expression.
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
        }
    };
}

/// [`dispatch!`] over the floating point dtypes; all others take the second expression.
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
            $crate::tensor::array::DType::Bool
            | $crate::tensor::array::DType::UInt8
            | $crate::tensor::array::DType::Int8
            | $crate::tensor::array::DType::Int16
            | $crate::tensor::array::DType::Int32
            | $crate::tensor::array::DType::Int64 => $other,
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
            | $crate::tensor::array::DType::Float32
            | $crate::tensor::array::DType::Float64 => $other,
        }
    };
}

/// [`dispatch!`] for computing: floats as they are, all others as `i64`. The operands are converted to `T`, and the result
/// back; integers wrap round as they would in their own type. Half as much code for types that are rarely computed in.
macro_rules! dispatch_wide {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::tensor::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::tensor::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::tensor::array::DType::Bool
            | $crate::tensor::array::DType::UInt8
            | $crate::tensor::array::DType::Int8
            | $crate::tensor::array::DType::Int16
            | $crate::tensor::array::DType::Int32
            | $crate::tensor::array::DType::Int64 => {
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
