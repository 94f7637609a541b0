//! `re.RegexFlag`: integers that show the names of the flags.

use super::translate::flag;
use crate::lang::object::code::BinOp;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Instance, NativeSpec, Result, Value, protocol, type_error, types,
};
use crate::lang::stdlib::define::{class_of, def};

/// Long and short names with their numbers.
pub(super) static FLAGS: &[(&str, &str, i64)] = &[
    ("ASCII", "A", flag::ASCII),
    ("DEBUG", "DEBUG", flag::DEBUG),
    ("DOTALL", "S", flag::DOTALL),
    ("IGNORECASE", "I", flag::IGNORECASE),
    ("LOCALE", "L", flag::LOCALE),
    ("MULTILINE", "M", flag::MULTILINE),
    ("UNICODE", "U", flag::UNICODE),
    ("VERBOSE", "X", flag::VERBOSE),
];

class_of! {
    /// `re.RegexFlag`
    flag_class FLAG, base types().int.clone();
}

static FLAG: ClassSpec = ClassSpec {
    name: "RegexFlag",
    open: true,
    module: "re",
    doc: "Flags of regular expressions.",
    methods: METHODS,
    make: Some(|caller, _, args: Args| match args.positional {
        [number] if number.is_int() => flag_value(caller, number.as_int().unwrap_or(0)),
        _ => Err(type_error("a number of flags is required")),
    }),
    ..ClassSpec::EMPTY
};

/// Flags as a value.
pub(in crate::lang::stdlib) fn flag_value(_: &mut dyn Caller, flags: i64) -> Result<Value> {
    Ok(Value::from(Instance::with_payload(
        &flag_class(),
        Value::Int(flags),
    )))
}

/// The names of the flags, by number.
pub(in crate::lang::stdlib) fn flag_names(flags: i64) -> Vec<String> {
    let mut known: Vec<&(&str, &str, i64)> = FLAGS
        .iter()
        .filter(|(_, _, bit)| flags & bit != 0)
        .collect();
    known.sort_by_key(|(_, _, bit)| *bit);
    known
        .iter()
        .map(|(name, _, _)| format!("re.{name}"))
        .collect()
}

macro_rules! operator {
    ($signature:literal, $op:ident) => {
        def($signature, "The flags combined.", |caller, args| {
            let (a, b) = (args[0].unwrapped().clone(), args[1].unwrapped().clone());
            if !b.is_int() {
                return Ok(Value::NotImplemented);
            }
            let combined = protocol::binary(caller, BinOp::$op, &a, &b)?;
            flag_value(caller, combined.as_int().unwrap_or(0))
        })
    };
}

static METHODS: &[NativeSpec] = &[
    operator!("__and__(self, value, /)", And),
    operator!("__or__(self, value, /)", Or),
    operator!("__rand__(self, value, /)", And),
    operator!("__ror__(self, value, /)", Or),
    operator!("__rxor__(self, value, /)", Xor),
    operator!("__xor__(self, value, /)", Xor),
    def("__invert__(self, /)", "All other flags.", |caller, args| {
        let all = FLAGS.iter().fold(0, |all, (_, _, bit)| all | bit);
        flag_value(caller, all & !args[0].as_int().unwrap_or(0))
    }),
    def("__repr__(self, /)", "The names of the flags.", |_, args| {
        let names = flag_names(args[0].as_int().unwrap_or(0));
        Ok(Value::str(if names.is_empty() {
            "re.NOFLAG".to_string()
        } else {
            names.join("|")
        }))
    }),
    def("__str__(self, /)", "The names of the flags.", |_, args| {
        let names = flag_names(args[0].as_int().unwrap_or(0));
        Ok(Value::str(if names.is_empty() {
            "re.NOFLAG".to_string()
        } else {
            names.join("|")
        }))
    }),
];
