//! `cmp_to_key`

use std::rc::Rc;

use crate::lang::object::code::CmpOp;
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, Kind, Native, NativeSpec, Ref, Result, Value, intern, protocol, type_error,
};
use crate::lang::stdlib::define::{class_of, def};

class_of! {
    key_class KEY;
}

/// A value that is compared by a function.
struct Key {
    compare: Value,
    object: Value,
}

impl HeapType for Key {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.compare.trace(visit);
        self.object.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        key_class()
    }
}

static KEY: ClassSpec = ClassSpec {
    name: "KeyWrapper",
    module: "functools",
    doc: "A value that is compared by a function.",
    methods: METHODS,
    unhashable: true,
    attributes: &[GetSetSpec {
        name: "obj",
        doc: "The value.",
        get: |_, this| {
            Ok(this
                .get::<Key>()
                .map(|key| key.object.clone())
                .unwrap_or_default())
        },
        set: None,
    }],
    ..ClassSpec::EMPTY
};

macro_rules! comparison {
    ($signature:literal, $op:ident) => {
        def($signature, "Compares by the function.", |caller, args| {
            compare(caller, CmpOp::$op, args)
        })
    };
}

static METHODS: &[NativeSpec] = &[
    comparison!("__lt__(self, other, /)", Lt),
    comparison!("__le__(self, other, /)", Le),
    comparison!("__gt__(self, other, /)", Gt),
    comparison!("__ge__(self, other, /)", Ge),
    comparison!("__eq__(self, other, /)", Eq),
];

fn compare(caller: &mut dyn Caller, op: CmpOp, args: &[Value]) -> Result<Value> {
    let (Some(a), Some(b)) = (args[0].get::<Key>().cloned(), args[1].get::<Key>().cloned()) else {
        return Err(type_error("other argument must be K instance"));
    };
    let answer = caller.call_positional(&a.compare, &[a.object.clone(), b.object.clone()])?;
    protocol::rich_compare(caller, op, &answer, &Value::Int(0))
}

/// `cmp_to_key(mycmp)`
pub(super) fn cmp_to_key(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let compare = args[0].clone();
    let call = move |_: &mut dyn Caller, args: Args| {
        let object = args.positional.first().or_else(|| args.keyword("obj"));
        match object {
            Some(object) => Ok(Value::from(Ref::new(Key {
                compare: compare.clone(),
                object: object.clone(),
            }))),
            None => Err(type_error("K() missing required argument 'obj' (pos 1)")),
        }
    };
    Ok(Value::from(Native::raw(
        intern("K"),
        "",
        None,
        false,
        Rc::new(call),
    )))
}
