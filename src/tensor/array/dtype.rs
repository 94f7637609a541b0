//! Element types and their names. The macros in `dispatch.rs` pick a Rust type at run time.
//!
//! To add a dtype: a variant, a line in [`DType::ALL`] and in each name table, an `element!` line in `element.rs`, and an arm in
//! the macros of `dispatch.rs`. Nothing else in the library matches on dtypes.

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DType {
    /// `torch.bool`
    Bool,
    /// `torch.uint8`
    UInt8,
    /// `torch.int8`
    Int8,
    /// `torch.int16`
    Int16,
    /// `torch.int32`
    Int32,
    /// `torch.int64`
    Int64,
    /// `torch.uint16`: stored, moved, converted and multiplied; it does not mix with other integers.
    UInt16,
    /// `torch.uint32`, as `uint16`.
    UInt32,
    /// `torch.uint64`, as `uint16`.
    UInt64,
    /// `torch.float16`
    Float16,
    /// `torch.bfloat16`
    BFloat16,
    /// `torch.float32`
    Float32,
    /// `torch.float64`
    Float64,
    /// `torch.complex32`: two of `float16`.
    Complex32,
    /// `torch.complex64`
    Complex64,
    /// `torch.complex128`
    Complex128,
}

impl DType {
    /// Every dtype there is.
    pub const ALL: &'static [DType] = &[
        DType::Bool,
        DType::UInt8,
        DType::Int8,
        DType::Int16,
        DType::Int32,
        DType::Int64,
        DType::UInt16,
        DType::UInt32,
        DType::UInt64,
        DType::Float16,
        DType::BFloat16,
        DType::Float32,
        DType::Float64,
        DType::Complex32,
        DType::Complex64,
        DType::Complex128,
    ];

    /// The name after `torch.`, as in `torch.float32`.
    pub fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::UInt8 => "uint8",
            DType::Int8 => "int8",
            DType::Int16 => "int16",
            DType::Int32 => "int32",
            DType::Int64 => "int64",
            DType::UInt16 => "uint16",
            DType::UInt32 => "uint32",
            DType::UInt64 => "uint64",
            DType::Float16 => "float16",
            DType::BFloat16 => "bfloat16",
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Complex32 => "complex32",
            DType::Complex64 => "complex64",
            DType::Complex128 => "complex128",
        }
    }

    /// Other names after `torch.`, as in `torch.float`.
    pub fn short_name(self) -> Option<&'static str> {
        match self {
            DType::Bool
            | DType::UInt8
            | DType::Int8
            | DType::UInt16
            | DType::UInt32
            | DType::UInt64 => None,
            DType::Int16 => Some("short"),
            DType::Int32 => Some("int"),
            DType::Int64 => Some("long"),
            DType::Float16 => Some("half"),
            DType::BFloat16 => None,
            DType::Float32 => Some("float"),
            DType::Float64 => Some("double"),
            DType::Complex32 => Some("chalf"),
            DType::Complex64 => Some("cfloat"),
            DType::Complex128 => Some("cdouble"),
        }
    }

    /// PyTorch's inner name, as in `"exp" not implemented for 'Long'`.
    pub fn scalar_name(self) -> &'static str {
        match self {
            DType::Bool => "Bool",
            DType::UInt8 => "Byte",
            DType::Int8 => "Char",
            DType::Int16 => "Short",
            DType::Int32 => "Int",
            DType::Int64 => "Long",
            DType::UInt16 => "UInt16",
            DType::UInt32 => "UInt32",
            DType::UInt64 => "UInt64",
            DType::Float16 => "Half",
            DType::BFloat16 => "BFloat16",
            DType::Float32 => "Float",
            DType::Float64 => "Double",
            DType::Complex32 => "ComplexHalf",
            DType::Complex64 => "ComplexFloat",
            DType::Complex128 => "ComplexDouble",
        }
    }

    /// The C++ type's name, as in `expected m1 and m2 to have the same dtype, but got: float != long int`.
    pub fn cpp_name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::UInt8 => "unsigned char",
            DType::Int8 => "signed char",
            DType::Int16 => "short int",
            DType::Int32 => "int",
            DType::Int64 => "long int",
            DType::UInt16 => "short unsigned int",
            DType::UInt32 => "unsigned int",
            DType::UInt64 => "long unsigned int",
            DType::Float16 => "c10::Half",
            DType::BFloat16 => "c10::BFloat16",
            DType::Float32 => "float",
            DType::Float64 => "double",
            DType::Complex32 => "c10::complex<c10::Half>",
            DType::Complex64 => "c10::complex<float>",
            DType::Complex128 => "c10::complex<double>",
        }
    }

    /// The dtype with this name or short name.
    pub fn by_name(name: &str) -> Option<DType> {
        DType::ALL
            .iter()
            .copied()
            .find(|d| d.name() == name || d.short_name() == Some(name))
    }

    /// How many bytes an element takes.
    pub fn size(self) -> usize {
        dispatch!(self, T => size_of::<T>())
    }

    /// Whether it is a real floating point type.
    pub fn is_floating_point(self) -> bool {
        matches!(
            self,
            DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64
        )
    }

    /// Whether it is a complex type.
    pub fn is_complex(self) -> bool {
        matches!(
            self,
            DType::Complex32 | DType::Complex64 | DType::Complex128
        )
    }

    /// Whether it is a floating point type of 16 bits, which is computed with as `float32`.
    pub fn is_small(self) -> bool {
        matches!(self, DType::Float16 | DType::BFloat16)
    }

    /// The type of the parts of a complex type; else itself.
    pub fn to_real(self) -> DType {
        match self {
            DType::Complex32 => DType::Float16,
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The complex type whose parts are of this type.
    pub fn to_complex(self) -> DType {
        match self {
            DType::Float16 | DType::Complex32 => DType::Complex32,
            DType::Float64 | DType::Complex128 => DType::Complex128,
            _ => DType::Complex64,
        }
    }

    /// Whether tensors of this type can have gradients.
    pub fn is_differentiable(self) -> bool {
        self.is_floating_point() || self.is_complex()
    }

    /// Whether it is an integer type; `bool` is not.
    pub fn is_integer(self) -> bool {
        !self.is_differentiable() && self != DType::Bool
    }

    /// Whether it has negative numbers.
    pub fn is_signed(self) -> bool {
        self != DType::Bool && self != DType::UInt8 && !self.is_unsigned()
    }

    /// Whether it is one of the integer types that PyTorch hardly computes with: `uint16`, `uint32`, `uint64`.
    #[inline]
    pub fn is_unsigned(self) -> bool {
        (DType::UInt16..=DType::UInt64).contains(&self)
    }
}
