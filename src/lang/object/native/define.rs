//! Registration of native classes and modules.

use super::function::{Native, NativeSpec, RawCall};
use crate::lang::object::class::{Make, NewClass};
use crate::lang::object::descriptor::{ClassMethod, GetSet, StaticMethod};
use crate::lang::object::dict::Table;
use crate::lang::object::heap::Ref;
use crate::lang::object::module::Module;
use crate::lang::object::{Caller, Class, Result, Value, intern};

/// Sets an attribute of the second argument to the third.
pub type SetFn = fn(&mut dyn Caller, &Value, Value) -> Result<()>;

/// A native attribute of the instances of a class.
pub struct GetSetSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Reads it.
    pub get: fn(&mut dyn Caller, &Value) -> Result<Value>,
    /// Sets it (`Value::Unbound`: deletes it).
    pub set: Option<SetFn>,
}

impl GetSetSpec {
    /// An attribute that can only be read.
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        get: fn(&mut dyn Caller, &Value) -> Result<Value>,
    ) -> GetSetSpec {
        GetSetSpec {
            name,
            doc,
            get,
            set: None,
        }
    }

    /// The same attribute, with what sets it.
    pub const fn set(mut self, set: SetFn) -> GetSetSpec {
        self.set = Some(set);
        self
    }
}

/// A native class.
pub struct ClassSpec {
    /// Its name.
    pub name: &'static str,
    /// `__module__`
    pub module: &'static str,
    /// `__doc__`
    pub doc: &'static str,
    /// Its methods.
    pub methods: &'static [NativeSpec],
    /// More of its methods, in groups that classes may share.
    pub groups: &'static [&'static [NativeSpec]],
    /// Its class methods: the first parameter is the class.
    pub class_methods: &'static [NativeSpec],
    /// Its static methods.
    pub static_methods: &'static [NativeSpec],
    /// Its attributes.
    pub attributes: &'static [GetSetSpec],
    /// Its constructor, if not its base's.
    pub make: Option<Make>,
    /// Whether its instances have no hash (`__hash__` is None).
    pub unhashable: bool,
    /// Whether its instances hold a built-in value (so that two such classes cannot be bases of one).
    pub solid: bool,
    /// Whether scripts may change it: in CPython it is a class of the language, while those of C are fixed.
    pub open: bool,
}

impl ClassSpec {
    /// A class of nothing, to fill in from.
    pub const EMPTY: ClassSpec = ClassSpec {
        name: "",
        module: "builtins",
        doc: "",
        methods: &[],
        groups: &[],
        class_methods: &[],
        static_methods: &[],
        attributes: &[],
        make: None,
        unhashable: false,
        solid: false,
        open: false,
    };
}

/// Gives a class a method that takes its arguments as they come.
pub fn add_method(
    class: &Ref<Class>,
    name: &str,
    signature: Option<&str>,
    doc: &str,
    call: RawCall,
) {
    let name = intern(name);
    let native = Native::raw(name.clone(), doc, signature, true, call);
    let _ = native.owner.set(class.clone());
    class.set(&name, Value::from(native));
}

/// Makes a class of its specification.
pub fn define_class(
    spec: &'static ClassSpec,
    bases: &[Ref<Class>],
    metaclass: Option<Ref<Class>>,
) -> Ref<Class> {
    let mut attrs = Table::default();
    let mut natives = Vec::new();
    let mut method = |spec: &'static NativeSpec| {
        let native = Native::method(spec);
        natives.push(native.clone());
        native
    };
    let own = spec
        .methods
        .iter()
        .chain(spec.groups.iter().copied().flatten());
    for native in own.map(&mut method) {
        attrs.set_name(&native.name.clone(), Value::from(native));
    }
    for native in spec.class_methods.iter().map(&mut method) {
        let name = native.name.clone();
        attrs.set_name(
            &name,
            Value::from(Ref::new(ClassMethod {
                function: Value::from(native),
            })),
        );
    }
    for native in spec.static_methods.iter().map(Native::function) {
        let name = native.name.clone();
        attrs.set_name(
            &name,
            Value::from(Ref::new(StaticMethod {
                function: Value::from(native),
            })),
        );
    }
    for attribute in spec.attributes {
        attrs.set_name(
            &intern(attribute.name),
            Value::from(Ref::new(GetSet { spec: attribute })),
        );
    }
    if spec.unhashable {
        attrs.set_name(&intern("__hash__"), Value::None);
    }
    let doc = if spec.doc.is_empty() {
        Value::None
    } else {
        Value::str(spec.doc)
    };
    let module = Value::from(&intern(spec.module));
    for (name, value) in [("__doc__", doc), ("__module__", module)] {
        let name = intern(name);
        if attrs.get_name(&name).is_none() {
            attrs.set_name(&name, value);
        }
    }
    let new = NewClass {
        name: intern(spec.name),
        bases: bases.to_vec(),
        attrs,
        metaclass,
        make: spec.make,
        native: true,
        solid: spec.solid.then_some(spec.name),
    };
    let class = Class::create(new).expect("the bases of native classes fit together");
    if spec.open {
        class.open();
    }
    for native in natives {
        let _ = native.owner.set(class.clone());
    }
    class
}

/// A native module.
pub struct ModuleSpec {
    /// Its dotted name.
    pub name: &'static str,
    /// `__doc__`
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [NativeSpec],
    /// Adds constants, classes and whatever else it has.
    pub setup: fn(&mut dyn Caller, &Ref<Module>) -> Result<()>,
}

/// Makes a module of its specification.
pub fn define_module(caller: &mut dyn Caller, spec: &'static ModuleSpec) -> Result<Ref<Module>> {
    let module = Module::new(spec.name, spec.doc);
    for function in spec.functions {
        let native = Native::function(function);
        let _ = native.module.set(intern(spec.name));
        module.set(native.name.clone().as_str(), Value::from(native));
    }
    (spec.setup)(caller, &module)?;
    Ok(module)
}
