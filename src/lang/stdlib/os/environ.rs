//! `os.environ`: a dict of the environment's variables; changes are seen by this program alone.

use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Caller, Dict, Instance, NativeSpec, Raised, Result, Value, key_error, protocol, type_error,
    types,
};
use crate::lang::stdlib::define::{class_of, def};

class_of! {
    /// The class of `os.environ`.
    environ_class ENVIRON, base types().dict.clone();
}

static ENVIRON: ClassSpec = ClassSpec {
    name: "_Environ",
    open: true,
    module: "os",
    doc: "The environment's variables.",
    methods: METHODS,
    ..ClassSpec::EMPTY
};

fn text_or_error(value: &Value) -> Result<()> {
    match value.as_str() {
        Some(_) => Ok(()),
        None => Err(type_error(format!(
            "str expected, not {}",
            value.class_name()
        ))),
    }
}

fn dict(this: &Value) -> Result<crate::lang::object::Ref<Dict>> {
    this.get::<Dict>()
        .cloned()
        .ok_or_else(|| type_error("an environment is required"))
}

static METHODS: &[NativeSpec] = &[
    def(
        "__getitem__(self, key, /)",
        "The value of a variable.",
        |caller, args| {
            text_or_error(&args[1])?;
            let found = protocol::dict_get(caller, &*dict(&args[0])?, &args[1])?;
            found.ok_or_else(|| -> Raised { key_error(&args[1]) })
        },
    ),
    def(
        "__setitem__(self, key, value, /)",
        "Sets a variable.",
        |caller, args| {
            text_or_error(&args[1])?;
            text_or_error(&args[2])?;
            protocol::dict_set(caller, &*dict(&args[0])?, args[1].clone(), args[2].clone())?;
            Ok(Value::None)
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for the environment.",
        |caller, args| {
            let shown = protocol::repr(caller, &Value::from(dict(&args[0])?))?;
            Ok(Value::str(format!("environ({shown})")))
        },
    ),
    def("copy(self)", "A dict of the variables.", |_, args| {
        let copy = Dict::new();
        for (key, value) in dict(&args[0])?.entries() {
            copy.set_str(key.as_str().unwrap_or_default(), value);
        }
        Ok(Value::from(copy))
    }),
];

/// The environment as it is at the start.
pub(super) fn environ(_: &mut dyn Caller) -> Value {
    let dict = Dict::new();
    for (name, value) in std::env::vars_os() {
        dict.set_str(
            &name.to_string_lossy(),
            Value::str(value.to_string_lossy().into_owned()),
        );
    }
    Value::from(Instance::with_payload(&environ_class(), Value::from(dict)))
}
