//! The methods of `module`.

use super::Module;
use crate::lang::object::native::{ClassSpec, NativeSpec, bind_arguments, receiver};
use crate::lang::object::protocol::repr;
use crate::lang::object::{Value, type_error};

/// `module`
pub static MODULE: ClassSpec = ClassSpec {
    name: "module",
    doc: "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |c, a| {
            let module = receiver::<Module>(&a[0])?.clone();
            let plain = module.name();
            let name = repr(c, &Value::from(plain.as_str()))?;
            let natives = &c.session().natives;
            let built_in = plain == "builtins" || natives.borrow().iter().any(|s| s.name == plain);
            Ok(Value::from(match module.dict.get_str("__file__") {
                Some(file) => format!("<module {name} from {}>", repr(c, &file)?),
                None if built_in => format!("<module {name} (built-in)>"),
                None => format!("<module {name}>"),
            }))
        },
    )],
    make: Some(|_, _, args| {
        let [name, doc] = bind_arguments("module", ["name", "doc"], 1, args)?;
        let Some(name) = name.as_str() else {
            return Err(type_error(format!(
                "module() argument 'name' must be str, not {}",
                name.class_name()
            )));
        };
        let module = Module::new(name, "");
        if !doc.is_unbound() {
            module.set("__doc__", doc);
        }
        Ok(Value::from(module))
    }),
    ..ClassSpec::EMPTY
};
