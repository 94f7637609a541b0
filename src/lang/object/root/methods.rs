//! The classes of this folder, those of the singletons among them.

use crate::lang::object::native::{ClassSpec, NativeSpec};
use crate::lang::object::{Args, Caller, Class, Ref, Result, Value, type_error};

pub use super::alias::{GENERIC_ALIAS, UNION_TYPE};
pub use super::object::OBJECT;
pub use super::proxy::MAPPING_PROXY;
pub use super::type_::TYPE;

/// The constructor of classes that scripts cannot make instances of.
pub fn no_instances(_: &mut dyn Caller, class: &Ref<Class>, _: Args) -> Result<Value> {
    Err(type_error(format!(
        "cannot create '{}' instances",
        class.name()
    )))
}

macro_rules! singleton {
    ($name:literal, $value:expr, $text:literal, $truth:literal) => {
        ClassSpec {
            name: $name,
            methods: &[
                NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, _| {
                    Ok(Value::from($text))
                }),
                NativeSpec::new("__bool__(self, /)", "True if self else False", |_, _| {
                    Ok(Value::Bool($truth))
                }),
                NativeSpec::new("__hash__(self, /)", "Return hash(self).", |c, a| {
                    crate::lang::object::protocol::hash(c, &a[0]).map(Value::Int)
                }),
            ],
            make: Some(|_, class, args| {
                if args.positional.is_empty() && args.keywords.is_empty() {
                    return Ok($value);
                }
                Err(type_error(format!("{} takes no arguments", class.name())))
            }),
            ..ClassSpec::EMPTY
        }
    };
}

/// `NoneType`
pub static NONE_TYPE: ClassSpec = singleton!("NoneType", Value::None, "None", false);

/// `NotImplementedType`
pub static NOT_IMPLEMENTED_TYPE: ClassSpec = singleton!(
    "NotImplementedType",
    Value::NotImplemented,
    "NotImplemented",
    true
);

/// `ellipsis`
pub static ELLIPSIS_TYPE: ClassSpec = singleton!("ellipsis", Value::Ellipsis, "Ellipsis", true);
