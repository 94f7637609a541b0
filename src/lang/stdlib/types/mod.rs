//! `types`: names for the classes that syntax makes, and the simple namespace.

use super::arguments::double_star;
use super::define::{class_of, def};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, ModuleSpec, NativeSpec, Ref, Result, Value, protocol,
    type_error, types,
};

class_of! {
    /// `types.SimpleNamespace`
    namespace_class NAMESPACE;
}

static NAMESPACE: ClassSpec = ClassSpec {
    name: "SimpleNamespace",
    module: "types",
    doc: "An object whose attributes are given as keywords.",
    methods: NAMESPACE_METHODS,
    make: Some(make_namespace),
    ..ClassSpec::EMPTY
};

/// The instance with the keywords as attributes; for script classes `__init__` sets them.
fn make_namespace(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let instance = Instance::new(class);
    if class.native {
        if !args.positional.is_empty() {
            return Err(type_error("no positional arguments expected"));
        }
        args.keywords
            .iter()
            .for_each(|(name, value)| instance.set(name, value.clone()));
    }
    Ok(Value::from(instance))
}

static NAMESPACE_METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, **kwargs)",
        "Sets the attributes.",
        |_, args| {
            if let Some(instance) = args[0].exact::<Instance>() {
                for (name, value) in double_star(&args[1]) {
                    if let Some(name) = name.exact::<crate::lang::object::Str>() {
                        instance.set(&name.interned(), value);
                    }
                }
            }
            Ok(Value::None)
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for the namespace.",
        |caller, args| {
            let Some(instance) = args[0].exact::<Instance>().cloned() else {
                return Ok(Value::str("namespace()"));
            };
            let mut parts = Vec::new();
            for (name, value) in instance.entries() {
                parts.push(format!(
                    "{}={}",
                    name.as_str().unwrap_or_default(),
                    protocol::repr(caller, &value)?
                ));
            }
            let name = if instance.class().native {
                "namespace".to_string()
            } else {
                instance.class().name().to_string()
            };
            Ok(Value::str(format!("{name}({})", parts.join(", "))))
        },
    ),
    def(
        "__eq__(self, value, /)",
        "Whether the attributes are equal.",
        |caller, args| {
            let (Some(a), Some(b)) = (args[0].exact::<Instance>(), args[1].exact::<Instance>())
            else {
                return Ok(Value::NotImplemented);
            };
            if !b.class().is_subclass(&namespace_class()) {
                return Ok(Value::NotImplemented);
            }
            let (a, b): (Ref<Dict>, Ref<Dict>) = (a.dict(), b.dict());
            protocol::eq(caller, &Value::from(a), &Value::from(b)).map(Value::Bool)
        },
    ),
];

/// `types`
pub(super) static TYPES: ModuleSpec = ModuleSpec {
    name: "_types",
    doc: "The classes that syntax makes.",
    functions: &[],
    setup: |_, module| {
        let t = types();
        let all = [
            ("FunctionType", &t.function),
            ("LambdaType", &t.function),
            ("GeneratorType", &t.generator),
            ("MethodType", &t.method),
            ("BuiltinFunctionType", &t.builtin_function),
            ("BuiltinMethodType", &t.builtin_function),
            ("MethodDescriptorType", &t.method_descriptor),
            ("WrapperDescriptorType", &t.method_descriptor),
            ("MethodWrapperType", &t.method),
            ("ClassMethodDescriptorType", &t.method_descriptor),
            ("GetSetDescriptorType", &t.getset_descriptor),
            ("MemberDescriptorType", &t.getset_descriptor),
            ("ModuleType", &t.module),
            ("CodeType", &t.code),
            ("CellType", &t.cell),
            ("TracebackType", &t.traceback),
            ("NoneType", &t.none_type),
            ("NotImplementedType", &t.not_implemented_type),
            ("EllipsisType", &t.ellipsis_type),
        ];
        for (name, class) in all {
            module.set(name, Value::from(class));
        }
        module.set("SimpleNamespace", Value::from(&namespace_class()));
        Ok(())
    },
};
