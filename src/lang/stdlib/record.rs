//! Tuples whose elements have names: the structures of `sys`, `os` and `time`, and the fields of `namedtuple`.

use std::rc::Rc;

use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::native::GetSetSpec;
use crate::lang::object::{
    Args, Caller, Class, GetSet, Instance, Name, Native, Property, Ref, Result, Tuple, Value,
    attribute_error, intern, protocol, type_error, types,
};

fn element<const N: usize>(_: &mut dyn Caller, this: &Value) -> Result<Value> {
    match this.get::<Tuple>().and_then(|tuple| tuple.items.get(N)) {
        Some(item) => Ok(item.clone()),
        None => Err(crate::lang::object::index_error("tuple index out of range")),
    }
}

macro_rules! elements {
    ($($n:literal)*) => {
        /// Attributes that read one element of a tuple.
        static ELEMENTS: &[GetSetSpec] = &[$(GetSetSpec {
            name: concat!("field ", $n),
            doc: concat!("Alias for field number ", $n),
            get: element::<$n>,
            set: Some(|_, _, _| Err(attribute_error("can't set attribute"))),
        },)*];
    };
}

elements! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 }

/// The descriptor that reads one element of a tuple.
pub(super) fn field(place: usize) -> Value {
    if let Some(spec) = ELEMENTS.get(place) {
        return Value::from(Ref::new(GetSet { spec }));
    }
    let read = move |_: &mut dyn Caller, args: Args| {
        let tuple = args.positional.first().and_then(|this| this.get::<Tuple>());
        tuple
            .and_then(|tuple| tuple.items.get(place).cloned())
            .ok_or_else(|| crate::lang::object::index_error("tuple index out of range"))
    };
    let get = Native::raw(intern("field"), "", None, true, Rc::new(read));
    Value::from(Ref::new(Property {
        get: Value::from(get),
        set: Value::None,
        delete: Value::None,
        doc: std::cell::RefCell::new(Value::None),
        name: Default::default(),
    }))
}

/// The names of the fields of a record's class.
fn fields_of(class: &Class) -> Vec<String> {
    let names = class.lookup(&intern("__match_args__"));
    let tuple = names.as_ref().and_then(|names| names.exact::<Tuple>());
    tuple.map_or(Vec::new(), |t| {
        t.items
            .iter()
            .filter_map(|n| n.as_str().map(str::to_string))
            .collect()
    })
}

/// A class of records: a tuple with named elements.
pub(super) fn record_class(module: &str, name: &str, doc: &str, fields: &[&str]) -> Ref<Class> {
    let mut attrs = Table::default();
    for (i, name) in fields.iter().enumerate() {
        attrs.set_name(&intern(name), field(i));
    }
    let names: Vec<Value> = fields
        .iter()
        .map(|name| Value::from(&intern(name)))
        .collect();
    attrs.set_name(&intern("n_fields"), Value::from(names.len()));
    attrs.set_name(&intern("n_sequence_fields"), Value::from(names.len()));
    attrs.set_name(&intern("__match_args__"), Value::tuple(names));
    attrs.set_name(&intern("__module__"), Value::from(&intern(module)));
    attrs.set_name(&intern("__doc__"), Value::str(doc));
    let repr = |caller: &mut dyn Caller, args: Args| repr(caller, &args.positional[0]);
    let repr = Native::raw(
        intern("__repr__"),
        "",
        Some("__repr__(self, /)"),
        true,
        Rc::new(repr),
    );
    attrs.set_name(&intern("__repr__"), Value::from(repr));
    let new = NewClass {
        name: intern(name),
        bases: vec![types().tuple.clone()],
        attrs,
        metaclass: None,
        make: Some(make),
        native: true,
        solid: None,
    };
    Class::create(new).expect("one base always fits")
}

/// `module.name(a=1, b=2)`
fn repr(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    let class = this.class();
    let module = class
        .lookup(&intern("__module__"))
        .and_then(|m| m.as_str().map(str::to_string));
    let items = this
        .get::<Tuple>()
        .map(|tuple| tuple.items.to_vec())
        .unwrap_or_default();
    let mut parts = Vec::new();
    for (name, item) in fields_of(&class).iter().zip(&items) {
        parts.push(format!("{name}={}", protocol::repr(caller, item)?));
    }
    Ok(Value::str(format!(
        "{}.{}({})",
        module.unwrap_or_default(),
        class.name(),
        parts.join(", ")
    )))
}

/// A record of these values.
pub(super) fn record(class: &Ref<Class>, values: impl Into<Box<[Value]>>) -> Ref<Instance> {
    Instance::with_payload(class, Value::tuple(values))
}

/// The call of a record's class with a sequence.
fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let names = fields_of(class);
    let Some(sequence) = args.positional.first() else {
        return Err(type_error(format!(
            "structseq() missing required argument '{}' (pos 1)",
            "sequence"
        )));
    };
    let mut items = protocol::collect(caller, sequence)?;
    if items.len() < names.len() {
        let module = class
            .lookup(&intern("__module__"))
            .and_then(|m| m.as_str().map(str::to_string));
        return Err(type_error(format!(
            "{}.{}() takes an at least {}-sequence ({}-sequence given)",
            module.unwrap_or_default(),
            class.name(),
            names.len(),
            items.len()
        )));
    }
    items.truncate(names.len());
    Ok(Value::from(record(class, items)))
}

/// A record whose class is made for it alone.
pub(super) fn lone_record(module: &str, name: &str, fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let class = record_class(module, name, "", &names);
    let values: Vec<Value> = fields.iter().map(|(_, value)| value.clone()).collect();
    Value::from(record(&class, values))
}

/// Sets an attribute of a record besides its elements.
pub(super) fn extra(record: &Ref<Instance>, name: &str, value: Value) {
    let name: Name = intern(name);
    record.set(&name, value);
}
