//! The classes of native functions and methods.

use super::Method;
use super::methods::CALLABLE;
use crate::lang::object::native::{ClassSpec, EQUALITY, GetSetSpec, NativeSpec, receiver};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{Native, Ref, Result, Value, attribute_error};

/// A native, bound or not.
struct Builtin {
    native: Ref<Native>,
    receiver: Option<Value>,
}

fn builtin(value: &Value) -> Result<Builtin> {
    if let Some(native) = value.exact::<Native>() {
        return Ok(Builtin {
            native: native.clone(),
            receiver: None,
        });
    }
    let method = receiver::<Method>(value)?;
    let native = receiver::<Native>(&method.function)?.clone();
    Ok(Builtin {
        native,
        receiver: Some(method.receiver.clone()),
    })
}

static BUILTIN_ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("__name__", "The name.", |_, v| {
        Ok(Value::from(&builtin(v)?.native.name))
    }),
    GetSetSpec::new("__qualname__", "The qualified name.", |_, v| {
        Ok(Value::from(builtin(v)?.native.qualname()))
    }),
    GetSetSpec::new("__doc__", "The documentation.", |_, v| {
        let builtin = builtin(v)?;
        let doc = builtin.native.doc();
        Ok(if doc.is_empty() {
            Value::None
        } else {
            Value::from(doc)
        })
    }),
    GetSetSpec::new("__module__", "The name of the module.", |_, v| {
        let builtin = builtin(v)?;
        if builtin.native.owner.get().is_some() {
            return Ok(Value::None);
        }
        Ok(builtin
            .native
            .module
            .get()
            .map_or(Value::from("builtins"), Value::from))
    }),
    GetSetSpec::new("__self__", "The receiver.", |_, v| {
        Ok(builtin(v)?.receiver.unwrap_or(Value::None))
    }),
    GetSetSpec::new("__objclass__", "The class it is a method of.", |_, v| {
        builtin(v)?
            .native
            .owner
            .get()
            .map(Value::from)
            .ok_or_else(|| attribute_error("__objclass__"))
    }),
    GetSetSpec::new("__text_signature__", "The parameters.", |_, v| {
        let builtin = builtin(v)?;
        let text = builtin.native.signature_text();
        let open = |text: &str| text.find('(').map(|open| text[open..].to_string());
        Ok(text.and_then(open).map_or(Value::None, Value::from))
    }),
];

fn show_builtin(value: &Value) -> Result<String> {
    let Builtin { native, receiver } = builtin(value)?;
    let name = &native.name;
    let owner = native.owner.get();
    Ok(match (receiver, owner) {
        (Some(receiver), _) => {
            let address = match &receiver {
                Value::Obj(object) => object.address(),
                _ => 0,
            };
            let class = receiver.class_name();
            format!("<built-in method {name} of {class} object at {address:#x}>")
        }
        (None, Some(owner)) if name.as_str().starts_with("__") => {
            format!("<slot wrapper '{name}' of '{}' objects>", owner.name())
        }
        (None, Some(owner)) => format!("<method '{name}' of '{}' objects>", owner.name()),
        (None, None) => format!("<built-in function {name}>"),
    })
}

static BUILTIN_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "__repr__(self, /)",
    "Return repr(self).",
    |_, a| show_builtin(&a[0]).map(Value::from),
)];

/// `builtin_function_or_method`
pub static BUILTIN_FUNCTION: ClassSpec = ClassSpec {
    name: "builtin_function_or_method",
    methods: BUILTIN_METHODS,
    groups: &[CALLABLE, &EQUALITY],
    attributes: BUILTIN_ATTRIBUTES,
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// `method_descriptor`
pub static METHOD_DESCRIPTOR: ClassSpec = ClassSpec {
    name: "method_descriptor",
    methods: BUILTIN_METHODS,
    groups: &[CALLABLE],
    attributes: BUILTIN_ATTRIBUTES,
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};
