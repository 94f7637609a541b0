//! `super`.

use super::Super;
use super::property::part;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, no_keywords, receiver};
use crate::lang::object::protocol::find_attr;
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Value, intern, runtime_error, type_error,
};

/// `super`
pub static SUPER: ClassSpec = ClassSpec {
    name: "super",
    doc: "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let found = receiver::<Super>(&a[0])?;
            let class = found.class.name();
            Ok(Value::from(if found.receiver.is_unbound() {
                format!("<super: <class '{class}'>, NULL>")
            } else {
                format!(
                    "<super: <class '{class}'>, <{} object>>",
                    found.order.name()
                )
            }))
        },
    )],
    attributes: &[
        GetSetSpec::new("__thisclass__", "The class invoking super().", |_, v| {
            Ok(Value::from(&receiver::<Super>(v)?.class))
        }),
        GetSetSpec::new("__self__", "The instance invoking super().", |_, v| {
            Ok(part(&receiver::<Super>(v)?.receiver))
        }),
        GetSetSpec::new(
            "__self_class__",
            "The type of the instance invoking super().",
            |_, v| Ok(Value::from(&receiver::<Super>(v)?.order)),
        ),
    ],
    make: Some(make_super),
    ..ClassSpec::EMPTY
};

fn make_super(caller: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("super", args)?;
    let (class, receiver) = match args.positional {
        [] => of_frame(caller)?,
        [class] => (class.clone(), Value::Unbound),
        [class, receiver] => (class.clone(), receiver.clone()),
        more => {
            return Err(type_error(format!(
                "super() expected at most 2 arguments, got {}",
                more.len()
            )));
        }
    };
    let Some(class) = class.exact::<Class>().cloned() else {
        return Err(type_error(format!(
            "super() argument 1 must be a type, not {}",
            class.class_name()
        )));
    };
    let order = match order_of(&class, &receiver) {
        Some(order) => order,
        None => claimed_class(caller, &class, &receiver)?,
    };
    Ok(Value::from(Ref::new(Super {
        class,
        receiver,
        order,
    })))
}

/// What `super()` without arguments finds in the calling frame.
fn of_frame(caller: &mut dyn Caller) -> Result<(Value, Value)> {
    let Some(frame) = caller.frame(0) else {
        return Err(runtime_error("super(): no current frame"));
    };
    let Some(receiver) = frame.first_argument else {
        return Err(runtime_error("super(): no arguments"));
    };
    let Some(class) = frame.class_cell else {
        return Err(runtime_error("super(): __class__ cell not found"));
    };
    if class.is_unbound() {
        return Err(runtime_error("super(): empty __class__ cell"));
    }
    Ok((class, receiver))
}

/// The class whose order is followed.
fn order_of(class: &Ref<Class>, receiver: &Value) -> Option<Ref<Class>> {
    if receiver.is_unbound() {
        return Some(class.clone());
    }
    if let Some(own) = receiver.exact::<Class>()
        && own.is_subclass(class)
    {
        return Some(own.clone());
    }
    Some(receiver.class()).filter(|own| own.is_subclass(class))
}

/// The class that a stand-in says to be of.
fn claimed_class(
    caller: &mut dyn Caller,
    class: &Ref<Class>,
    receiver: &Value,
) -> Result<Ref<Class>> {
    let claimed = find_attr(caller, receiver, &intern("__class__"))?;
    let claimed = claimed.as_ref().and_then(|own| own.exact::<Class>());
    claimed
        .filter(|own| own.is_subclass(class))
        .cloned()
        .ok_or_else(|| type_error("super(type, obj): obj must be an instance or subtype of type"))
}
