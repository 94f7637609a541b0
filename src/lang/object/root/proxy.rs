//! `mappingproxy`: a mapping that can only be read, such as the `__dict__` of a class.

use crate::lang::object::heap::{HeapType, Kind, Visit};
use crate::lang::object::native::{ClassSpec, NativeSpec, bind_arguments, receiver};
use crate::lang::object::protocol::{
    self, binary, call_method, contains, eq, get_item, iter, len, repr,
};
use crate::lang::object::{Class, Dict, Ref, Result, Special, Value, type_error, types};

/// A view of a mapping that cannot be written to.
pub struct MappingProxy {
    mapping: Value,
}

impl MappingProxy {
    /// A proxy of a mapping.
    pub fn over(mapping: Value) -> Value {
        Value::from(Ref::new(MappingProxy { mapping }))
    }
}

impl HeapType for MappingProxy {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.mapping.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().mapping_proxy.clone()
    }
}

fn mapping(value: &Value) -> Result<Value> {
    Ok(receiver::<MappingProxy>(value)?.mapping.clone())
}

/// `mappingproxy`
pub static MAPPING_PROXY: ClassSpec = ClassSpec {
    name: "mappingproxy",
    doc: "Read-only proxy of a mapping.",
    methods: METHODS,
    unhashable: true,
    make: Some(|_, _, args| {
        let [mapping] = bind_arguments("mappingproxy", ["mapping"], 1, args)?;
        let is_sequence = matches!(mapping.unwrapped().kind(), Some(Kind::List | Kind::Tuple));
        if is_sequence || protocol::special(&mapping, Special::Getitem).is_none() {
            return Err(type_error(format!(
                "mappingproxy() argument must be a mapping, not {}",
                mapping.class_name()
            )));
        }
        Ok(MappingProxy::over(mapping))
    }),
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "get(self, key, default=None, /)",
        "Return the value for key if it is there, else default.",
        |c, a| {
            let mapping = mapping(&a[0])?;
            match mapping.get::<Dict>() {
                Some(dict) => Ok(
                    protocol::dict_get(c, &dict.clone(), &a[1])?.unwrap_or_else(|| a[2].clone())
                ),
                None => call_method(c, &mapping, "get", &a[1..]),
            }
        },
    ),
    NativeSpec::new("keys(self, /)", "A view of the keys.", |c, a| {
        call_method(c, &mapping(&a[0])?, "keys", &[])
    }),
    NativeSpec::new("values(self, /)", "A view of the values.", |c, a| {
        call_method(c, &mapping(&a[0])?, "values", &[])
    }),
    NativeSpec::new("items(self, /)", "A view of the items.", |c, a| {
        call_method(c, &mapping(&a[0])?, "items", &[])
    }),
    NativeSpec::new("copy(self, /)", "A copy of the mapping.", |c, a| {
        call_method(c, &mapping(&a[0])?, "copy", &[])
    }),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", |c, a| {
        get_item(c, &mapping(&a[0])?, &a[1])
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| contains(c, &mapping(&a[0])?, &a[1]).map(Value::Bool),
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |c, a| {
        len(c, &mapping(&a[0])?).map(Value::from)
    }),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |c, a| {
        iter(c, &mapping(&a[0])?)
    }),
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |c, a| {
        let other = mapping(&a[1]).unwrap_or_else(|_| a[1].clone());
        eq(c, &mapping(&a[0])?, &other).map(Value::Bool)
    }),
    NativeSpec::new("__or__(self, value, /)", "Return self|value.", |c, a| {
        let other = mapping(&a[1]).unwrap_or_else(|_| a[1].clone());
        binary(
            c,
            crate::lang::object::code::BinOp::Or,
            &mapping(&a[0])?,
            &other,
        )
    }),
    NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
        protocol::str(c, &mapping(&a[0])?).map(Value::from)
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        Ok(Value::from(format!(
            "mappingproxy({})",
            repr(c, &mapping(&a[0])?)?
        )))
    }),
];
