//! `_weakref`: references that do not keep their object alive.

use std::cell::Cell;
use std::rc::Rc;

use super::define::def;
use crate::lang::object::heap::{HeapType, Visit, Weak, downgrade};
use crate::lang::object::native::{ClassSpec, GetSetSpec, add_method, class_of};
use crate::lang::object::{
    Args, Caller, Class, Kind, ModuleSpec, NativeSpec, Ref, Result, Value, protocol, type_error,
};

/// `_weakref`
pub(super) static WEAKREF: ModuleSpec = ModuleSpec {
    name: "_weakref",
    doc: "References that do not keep their object alive.",
    functions: &[def(
        "getweakrefcount(object, /)",
        "How many weak references with a callback an object has.",
        |_, args| match &args[0] {
            Value::Obj(object) => Ok(Value::from(downgrade(object).watchers())),
            _ => Ok(Value::Int(0)),
        },
    )],
    setup: |_, module| {
        module.set("ref", Value::from(&ref_class()));
        Ok(())
    },
};

/// A weak reference.
struct WeakRef {
    weak: Weak,
    callback: Value,
    /// The hash of the object, once it has been asked for.
    hash: Cell<Option<i64>>,
    /// The address of this reference while it waits for the end of the object.
    watching: Cell<usize>,
}

impl HeapType for WeakRef {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.callback.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        ref_class()
    }
}

impl Drop for WeakRef {
    fn drop(&mut self) {
        if self.watching.get() != 0 {
            self.weak.unwatch(self.watching.get());
        }
    }
}

impl WeakRef {
    fn object(&self) -> Option<Value> {
        self.weak.upgrade().map(Value::Obj)
    }
}

fn of(value: &Value) -> Result<&Ref<WeakRef>> {
    value
        .get::<WeakRef>()
        .ok_or_else(|| type_error("a weak reference is required"))
}

class_of! {
    ref_class REF, then |class| {
        let call = |_: &mut dyn Caller, args: Args| {
            let object = args.positional.first().map(of).transpose()?;
            Ok(object.and_then(|weak| weak.object()).unwrap_or(Value::None))
        };
        add_method(class, "__call__", None, "The object.", Rc::new(call));
    };
}

static REF: ClassSpec = ClassSpec {
    name: "ReferenceType",
    module: "weakref",
    doc: "A reference that does not keep its object alive.",
    methods: METHODS,
    attributes: &[GetSetSpec {
        name: "__callback__",
        doc: "What is called when the object is gone.",
        get: |_, this| Ok(of(this)?.callback.clone()),
        set: None,
    }],
    make: Some(make),
    ..ClassSpec::EMPTY
};

fn make(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let Some(object) = args.positional.first() else {
        return Err(type_error("ref expected at least 1 argument, got 0"));
    };
    let callback = args.positional.get(1).or_else(|| args.keyword("callback"));
    let callback = callback.cloned().unwrap_or(Value::None);
    let Some(target) = target(object) else {
        return Err(type_error(format!(
            "cannot create weak reference to '{}' object",
            object.class_name()
        )));
    };
    let made = Ref::new(WeakRef {
        weak: downgrade(target),
        callback,
        hash: Cell::new(None),
        watching: Cell::new(0),
    });
    if !made.callback.is_none() {
        made.watching.set(made.address());
        made.weak.watch(made.as_any());
    }
    Ok(protocol::wrap(class, Value::from(made)))
}

/// The heap object of a value that can be referred to weakly.
fn target(value: &Value) -> Option<&crate::lang::object::AnyRef> {
    let Value::Obj(object) = value else {
        return None;
    };
    let fits = matches!(
        object.kind(),
        Kind::Instance
            | Kind::Function
            | Kind::Class
            | Kind::Set
            | Kind::FrozenSet
            | Kind::Generator
            | Kind::Module
            | Kind::Method
            | Kind::Native
            | Kind::Foreign
    );
    fits.then_some(object)
}

static METHODS: &[NativeSpec] = &[
    def("__init__(self, *args)", "Has no effect.", |_, _| {
        Ok(Value::None)
    }),
    def(
        "__del__(self, /)",
        "Tells the callback that the object is gone.",
        |caller, args| {
            let this = of(&args[0])?;
            this.watching.set(0);
            if this.callback.is_none() || this.weak.upgrade().is_some() {
                return Ok(Value::None);
            }
            caller.call_positional(&this.callback.clone(), &args[..1])?;
            Ok(Value::None)
        },
    ),
    def(
        "__eq__(self, value, /)",
        "Whether the objects are equal; once they are gone, whether it is the same reference.",
        |caller, args| {
            let Some(other) = args[1].get::<WeakRef>() else {
                return Ok(Value::NotImplemented);
            };
            match (of(&args[0])?.object(), other.object()) {
                (Some(a), Some(b)) => protocol::eq(caller, &a, &b).map(Value::Bool),
                _ => Ok(Value::Bool(args[0].is(&args[1]))),
            }
        },
    ),
    def(
        "__hash__(self, /)",
        "The hash of the object.",
        |caller, args| {
            let this = of(&args[0])?.clone();
            if let Some(hash) = this.hash.get() {
                return Ok(Value::Int(hash));
            }
            let Some(object) = this.object() else {
                return Err(type_error("weak object has gone away"));
            };
            let hash = protocol::hash(caller, &object)?;
            this.hash.set(Some(hash));
            Ok(Value::Int(hash))
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |_, args| {
            let this = of(&args[0])?;
            let address = this.address();
            Ok(Value::str(match this.object() {
                Some(object) => format!(
                    "<weakref at {address:#x}; to '{}' at {:#x}>",
                    object.class_name(),
                    this.weak.address()
                ),
                None => format!("<weakref at {address:#x}; dead>"),
            }))
        },
    ),
];
