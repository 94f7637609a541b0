//! `torch.dtype`: one object for each element type.

use std::cell::RefCell;

use crate::bridge::define::{class_of, def, getter};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, HeapType, Kind, NativeSpec, Ref, Result, Value, not_implemented_error,
    runtime_error, type_error,
};
use crate::tensor::array::DType;

/// An element type as a value.
pub(in crate::bridge) struct DTypeObject(pub(in crate::bridge) DType);

impl HeapType for DTypeObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        dtype_class()
    }
}

class_of! {
    /// `torch.dtype`
    dtype_class DTYPE;
}

static DTYPE: ClassSpec = ClassSpec {
    name: "dtype",
    module: "torch",
    doc: "The type of a tensor's elements.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

fn make(_: &mut dyn Caller, _: &Ref<Class>, _: Args) -> Result<Value> {
    Err(type_error("cannot create 'torch.dtype' instances"))
}

thread_local! {
    static OBJECTS: RefCell<Vec<(DType, Value)>> = const { RefCell::new(Vec::new()) };
}

/// The one object of an element type.
pub(in crate::bridge) fn dtype_value(dtype: DType) -> Value {
    OBJECTS.with_borrow_mut(|objects| {
        if let Some((_, value)) = objects.iter().find(|(d, _)| *d == dtype) {
            return value.clone();
        }
        let value = Value::from(Ref::new(DTypeObject(dtype)));
        objects.push((dtype, value.clone()));
        value
    })
}

fn of(value: &Value) -> Result<DType> {
    value
        .exact::<DTypeObject>()
        .map(|object| object.0)
        .ok_or_else(|| type_error("descriptor requires a 'torch.dtype' object"))
}

static METHODS: &[NativeSpec] = &[
    def("__repr__(self, /)", "Its text.", |_, args| {
        Ok(Value::str(format!("torch.{}", of(&args[0])?.name())))
    }),
    def("__reduce__(self, /)", "Its name.", |_, args| {
        Ok(Value::str(of(&args[0])?.name()))
    }),
    def("__deepcopy__(self, memo, /)", "Itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "to_real(self, /)",
        "The real type of the same precision.",
        |_, args| Ok(dtype_value(of(&args[0])?.to_real())),
    ),
    def(
        "to_complex(self, /)",
        "The complex type whose parts are of this type.",
        |_, args| {
            let dtype = of(&args[0])?;
            if dtype == DType::BFloat16 {
                return Err(not_implemented_error(format!(
                    "torch.{}.to_complex()",
                    dtype.name()
                )));
            }
            if !dtype.is_differentiable() {
                return Err(runtime_error(format!(
                    "Unknown Complex ScalarType for {}",
                    dtype.scalar_name()
                )));
            }
            Ok(dtype_value(dtype.to_complex()))
        },
    ),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    getter(
        "is_floating_point",
        "Whether it is a floating point type.",
        |_, this| Ok(Value::Bool(of(this)?.is_floating_point())),
    ),
    getter("is_complex", "Whether it is a complex type.", |_, this| {
        Ok(Value::Bool(of(this)?.is_complex()))
    }),
    getter(
        "is_signed",
        "Whether it has negative numbers.",
        |_, this| Ok(Value::Bool(of(this)?.is_signed())),
    ),
    getter("itemsize", "How many bytes an element takes.", |_, this| {
        Ok(Value::from(of(this)?.size()))
    }),
];
