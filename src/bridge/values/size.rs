//! `torch.Size`: a tuple of integers.

use crate::bridge::define::{class_of, def};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Instance, NativeSpec, Ref, Result, Slice, Tuple, Value, protocol,
    type_error, types,
};

class_of! {
    /// `torch.Size`
    size_class SIZE, base types().tuple.clone();
}

static SIZE: ClassSpec = ClassSpec {
    name: "Size",
    module: "torch",
    doc: "The sizes of a tensor's dimensions.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

/// A `torch.Size` of these numbers.
pub(in crate::bridge) fn size_value(dims: impl IntoIterator<Item = usize>) -> Value {
    of_items(dims.into_iter().map(|d| Value::Int(d as i64)).collect())
}

fn of_items(items: Vec<Value>) -> Value {
    Value::from(Instance::with_payload(&size_class(), Value::tuple(items)))
}

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let items = match args.positional {
        [] => Vec::new(),
        [only] => protocol::collect(caller, only)?,
        more => {
            return Err(type_error(format!(
                "Size expected at most 1 argument, got {}",
                more.len()
            )));
        }
    };
    let mut out = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let number = match item.as_int() {
            Some(number) => Some(number),
            None if crate::bridge::tensor::tensor_of(item).is_some() => {
                protocol::as_index(caller, item)?.as_int()
            }
            None => None,
        };
        let Some(number) = number else {
            return Err(type_error(format!(
                "torch.Size() takes an iterable of 'int' (item {i} is '{}')",
                item.class_name()
            )));
        };
        out.push(Value::Int(number));
    }
    Ok(Value::from(Instance::with_payload(
        class,
        Value::tuple(out),
    )))
}

fn items(value: &Value) -> Option<&[Value]> {
    value.get::<Tuple>().map(|tuple| &*tuple.items)
}

fn joined(first: &Value, second: &Value) -> Value {
    match (items(first), items(second)) {
        (Some(a), Some(b)) => of_items(a.iter().chain(b).cloned().collect()),
        _ => Value::NotImplemented,
    }
}

fn repeated(this: &Value, times: &Value) -> Value {
    match (items(this), times.as_int()) {
        (Some(items), Some(n)) => {
            let n = usize::try_from(n).unwrap_or(0);
            of_items(std::iter::repeat_n(items, n).flatten().cloned().collect())
        }
        _ => Value::NotImplemented,
    }
}

static METHODS: &[NativeSpec] = &[
    def("numel(self, /)", "The number of elements.", |_, args| {
        let items = items(&args[0]).unwrap_or_default();
        Ok(Value::Int(items.iter().filter_map(Value::as_int).product()))
    }),
    def("__reduce__(self, /)", "How it is made anew.", |_, args| {
        let plain = Value::tuple(items(&args[0]).unwrap_or_default().to_vec());
        Ok(Value::tuple([
            Value::from(&size_class()),
            Value::tuple([plain]),
        ]))
    }),
    def("__repr__(self, /)", "Its text.", |caller, args| {
        let mut parts = Vec::new();
        for item in items(&args[0]).unwrap_or_default() {
            parts.push(protocol::repr(caller, item)?);
        }
        Ok(Value::str(format!("torch.Size([{}])", parts.join(", "))))
    }),
    def(
        "__getitem__(self, key, /)",
        "A size, or a part of them.",
        |caller, args| {
            let items = items(&args[0]).unwrap_or_default();
            if let Some(slice) = args[1].exact::<Slice>() {
                let bounds = protocol::slice_bounds(caller, slice, items.len())?;
                return Ok(of_items(
                    bounds.places().map(|i| items[i].clone()).collect(),
                ));
            }
            let plain = args[0].unwrapped().clone();
            protocol::get_item(caller, &plain, &args[1])
        },
    ),
    def("__add__(self, other, /)", "Both in a row.", |_, args| {
        Ok(joined(&args[0], &args[1]))
    }),
    def("__radd__(self, other, /)", "Both in a row.", |_, args| {
        Ok(joined(&args[1], &args[0]))
    }),
    def("__mul__(self, n, /)", "Repeated.", |_, args| {
        Ok(repeated(&args[0], &args[1]))
    }),
    def("__rmul__(self, n, /)", "Repeated.", |_, args| {
        Ok(repeated(&args[0], &args[1]))
    }),
];
