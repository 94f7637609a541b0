//! `torch.return_types`: tuples with named fields, as ops with several results return them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::lang::object::class::NewClass;
use crate::lang::object::{
    Args, Caller, Class, Instance, Native, Property, Ref, Result, Tuple, Value, attribute_error,
    intern, protocol, types,
};

thread_local! {
    static CLASSES: RefCell<Vec<Ref<Class>>> = const { RefCell::new(Vec::new()) };
}

/// A named tuple of these values.
pub(in crate::bridge) fn named(
    name: &'static str,
    fields: &'static [&'static str],
    values: Vec<Value>,
) -> Value {
    let class = class(name, fields);
    Value::from(Instance::with_payload(&class, Value::tuple(values)))
}

/// `torch.return_types.<name>`
fn class(name: &'static str, fields: &'static [&'static str]) -> Ref<Class> {
    let interned = intern(name);
    CLASSES.with_borrow_mut(|classes| {
        if let Some(class) = classes.iter().find(|class| class.name().same(&interned)) {
            return class.clone();
        }
        let class = new_class(name, fields);
        classes.push(class.clone());
        class
    })
}

/// What functions of the library return.
const OF_THE_LIBRARY: &[(&str, &[&str])] = &[
    ("histogram", &["hist", "bin_edges"]),
    ("histogramdd", &["hist", "bin_edges"]),
    ("nanmedian", &["values", "indices"]),
];

/// A class that some op has used already, or that the library returns.
pub(in crate::bridge) fn known(name: &str) -> Option<Value> {
    if let Some((name, fields)) = OF_THE_LIBRARY.iter().find(|(own, _)| *own == name) {
        return Some(Value::from(&class(name, fields)));
    }
    CLASSES.with_borrow(|classes| {
        let found = classes.iter().find(|class| class.name().as_str() == name);
        found.map(Value::from)
    })
}

fn new_class(name: &'static str, fields: &'static [&'static str]) -> Ref<Class> {
    let mut attrs = crate::lang::object::dict::Table::default();
    for (i, field) in fields.iter().enumerate() {
        let read = move |_: &mut dyn Caller, args: Args| {
            let tuple = args.positional.first().and_then(|this| this.get::<Tuple>());
            tuple
                .and_then(|tuple| tuple.items.get(i).cloned())
                .ok_or_else(|| attribute_error(fields[i]))
        };
        let get = Native::raw(intern(field), "", None, true, Rc::new(read));
        let property = Property {
            get: Value::from(get),
            set: Value::None,
            delete: Value::None,
            doc: RefCell::new(Value::None),
            name: Default::default(),
        };
        attrs.set_name(&intern(field), Value::from(Ref::new(property)));
    }
    let repr = move |caller: &mut dyn Caller, args: Args| {
        let items = args.positional.first().and_then(|this| this.get::<Tuple>());
        let mut parts = Vec::new();
        for (field, item) in fields.iter().zip(items.iter().flat_map(|t| &t.items)) {
            parts.push(format!("{field}={}", protocol::repr(caller, item)?));
        }
        Ok(Value::str(format!(
            "torch.return_types.{name}(\n{})",
            parts.join(",\n")
        )))
    };
    let repr = Native::raw(intern("__repr__"), "", None, true, Rc::new(repr));
    attrs.set_name(&intern("__repr__"), Value::from(repr));
    attrs.set_name(
        &intern("__module__"),
        Value::from(&intern("torch.return_types")),
    );
    let make = |caller: &mut dyn Caller, class: &Ref<Class>, args: Args| -> Result<Value> {
        let items = match args.positional.first() {
            Some(items) => protocol::collect(caller, items)?,
            None => Vec::new(),
        };
        Ok(Value::from(Instance::with_payload(
            class,
            Value::tuple(items),
        )))
    };
    Class::create(NewClass {
        name: intern(name),
        bases: vec![types().tuple.clone()],
        attrs,
        metaclass: None,
        make: Some(make),
        native: true,
        solid: None,
    })
    .expect("one base always fits")
}
