//! The classes of numbers.

use super::operators::{COMPLEX_OPERATORS, FLOAT_OPERATORS, INT_OPERATORS};
use super::{complex, float, int};
use crate::lang::object::native::{ClassSpec, EQUALITY, HASH, NativeSpec, ORDER};
use crate::lang::object::protocol::truth;
use crate::lang::object::{Value, type_error};

/// `int`
pub static INT: ClassSpec = ClassSpec {
    name: "int",
    doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments are given.",
    methods: int::METHODS,
    groups: &[INT_OPERATORS, &EQUALITY, &ORDER, &HASH],
    class_methods: int::CLASS_METHODS,
    attributes: int::ATTRIBUTES,
    make: Some(int::make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// `bool`
pub static BOOL: ClassSpec = ClassSpec {
    name: "bool",
    doc: "bool(x) -> bool\n\nReturns True when the argument x is true, False otherwise.",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let truth = a[0].native_truth().unwrap_or(false);
            Ok(Value::from(if truth { "True" } else { "False" }))
        },
    )],
    make: Some(|c, _, args| {
        if !args.keywords.is_empty() {
            return Err(type_error("bool() takes no keyword arguments"));
        }
        match args.positional {
            [] => Ok(Value::Bool(false)),
            [value] => truth(c, value).map(Value::Bool),
            more => Err(type_error(format!(
                "bool expected at most 1 argument, got {}",
                more.len()
            ))),
        }
    }),
    ..ClassSpec::EMPTY
};

/// `float`
pub static FLOAT: ClassSpec = ClassSpec {
    name: "float",
    doc: "Convert a string or number to a floating point number, if possible.",
    methods: float::METHODS,
    groups: &[FLOAT_OPERATORS, &EQUALITY, &ORDER, &HASH],
    class_methods: float::CLASS_METHODS,
    attributes: float::ATTRIBUTES,
    make: Some(float::make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// `complex`
pub static COMPLEX: ClassSpec = ClassSpec {
    name: "complex",
    doc: "Create a complex number from a real part and an optional imaginary part.\n\nThis is equivalent to (real + imag*1j) where imag defaults to 0.",
    methods: complex::METHODS,
    groups: &[COMPLEX_OPERATORS, &EQUALITY, &HASH],
    attributes: complex::ATTRIBUTES,
    make: Some(complex::make),
    solid: true,
    ..ClassSpec::EMPTY
};
