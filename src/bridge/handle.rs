//! `RemovableHandle`: what the registration of a hook returns.

use std::cell::{Cell, RefCell};

use super::define::{class_of, def, getter};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{Class, HeapType, Kind, NativeSpec, Ref, Value};

/// Removes a hook once.
pub(super) struct Handle {
    id: i64,
    remove: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl HeapType for Handle {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        handle_class()
    }
}

class_of! {
    /// `torch.utils.hooks.RemovableHandle`
    handle_class HANDLE;
}

static HANDLE: ClassSpec = ClassSpec {
    name: "RemovableHandle",
    open: true,
    module: "torch.utils.hooks",
    doc: "Removes a hook.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    solid: true,
    ..ClassSpec::EMPTY
};

thread_local! {
    static NEXT: Cell<i64> = const { Cell::new(0) };
}

/// A number for the next hook.
pub(super) fn next_id() -> i64 {
    NEXT.replace(NEXT.get() + 1)
}

/// A handle that removes a hook in this way.
pub(super) fn handle(id: i64, remove: impl FnOnce() + 'static) -> Value {
    Value::from(Ref::new(Handle {
        id,
        remove: RefCell::new(Some(Box::new(remove))),
    }))
}

fn remove(value: &Value) {
    let remove = value.get::<Handle>().and_then(|h| h.remove.take());
    if let Some(remove) = remove {
        remove();
    }
}

static METHODS: &[NativeSpec] = &[
    def("remove(self)", "Removes the hook.", |_, args| {
        remove(&args[0]);
        Ok(Value::None)
    }),
    def("__enter__(self)", "The handle itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "__exit__(self, type, value, tb)",
        "Removes the hook.",
        |_, args| {
            remove(&args[0]);
            Ok(Value::None)
        },
    ),
];

static ATTRIBUTES: &[GetSetSpec] = &[getter("id", "Its number.", |_, this| {
    Ok(this
        .get::<Handle>()
        .map_or(Value::None, |h| Value::Int(h.id)))
})];
