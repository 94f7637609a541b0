//! `member_descriptor`: what a name of `__slots__` is when it is read from the class.

use std::cell::OnceCell;

use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, define_class, receiver};
use crate::lang::object::protocol::{attribute_missing, generic_delete_attr, generic_set_attr};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Class, Instance, Kind, List, Name, Ref, Result, Tuple, Value, intern, type_error, types,
};

/// A slot of a class.
pub(super) struct Member {
    class: Ref<Class>,
    name: Name,
}

thread_local! {
    static CLASS: OnceCell<Ref<Class>> = const { OnceCell::new() };
}

impl HeapType for Member {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.class.as_any());
    }

    fn class(&self) -> Ref<Class> {
        let define = || define_class(&MEMBER, std::slice::from_ref(&types().object), None);
        CLASS.with(|class| class.get_or_init(define).clone())
    }
}

/// The slot that a name stands for in a class or one of its bases.
pub fn slot_member(class: &Ref<Class>, name: &Name) -> Option<Value> {
    class.lookup(&intern("__slots__"))?;
    let has = |class: &Ref<Class>| {
        slot_names(class).is_some_and(|all| all.iter().any(|slot| slot.same(name)))
    };
    let class = class
        .mro()
        .into_iter()
        .find(|class| !class.native && has(class))?;
    let name = name.clone();
    Some(Value::from(Ref::new(Member { class, name })))
}

/// The names in the `__slots__` of a class itself, private ones mangled; nothing where it has no `__slots__`.
pub fn slot_names(class: &Class) -> Option<Vec<Name>> {
    let slots = class.own(&intern("__slots__"))?;
    let owner = class.name();
    let mangled = |value: &Value| {
        let name = value.as_str()?;
        let private = name.starts_with("__") && !name.ends_with("__");
        Some(match owner.as_str().trim_start_matches('_') {
            owner if private && !owner.is_empty() => intern(&format!("_{owner}{name}")),
            _ => intern(name),
        })
    };
    if let Some(one) = mangled(&slots) {
        return Some(vec![one]);
    }
    if let Some(tuple) = slots.get::<Tuple>() {
        return Some(tuple.items.iter().filter_map(mangled).collect());
    }
    if let Some(dict) = slots.get::<crate::lang::object::Dict>() {
        return Some(
            dict.entries()
                .iter()
                .filter_map(|(key, _)| mangled(key))
                .collect(),
        );
    }
    let list = slots.get::<List>();
    Some(list.map_or(Vec::new(), |l| {
        l.items.borrow().iter().filter_map(mangled).collect()
    }))
}

static MEMBER: ClassSpec = ClassSpec {
    name: "member_descriptor",
    methods: &[
        NativeSpec::new(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            |c, a| match instance(&a[0], &a[1])? {
                None => Ok(a[0].clone()),
                Some(instance) => {
                    let name = &receiver::<Member>(&a[0])?.name;
                    match instance.get(name) {
                        Some(value) => Ok(value),
                        None => Err(attribute_missing(c, &a[1], name)),
                    }
                }
            },
        ),
        NativeSpec::new(
            "__set__(self, instance, value, /)",
            "Set an attribute of instance to value.",
            |c, a| {
                instance(&a[0], &a[1])?;
                let name = receiver::<Member>(&a[0])?.name.clone();
                generic_set_attr(c, &a[1], &name, a[2].clone()).map(|()| Value::None)
            },
        ),
        NativeSpec::new(
            "__delete__(self, instance, /)",
            "Delete an attribute of instance.",
            |c, a| {
                instance(&a[0], &a[1])?;
                let name = receiver::<Member>(&a[0])?.name.clone();
                generic_delete_attr(c, &a[1], &name).map(|()| Value::None)
            },
        ),
        NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
            let member = receiver::<Member>(&a[0])?;
            Ok(Value::from(format!(
                "<member '{}' of '{}' objects>",
                member.name,
                member.class.name()
            )))
        }),
    ],
    attributes: &[
        GetSetSpec::new("__name__", "The name of the slot.", |_, v| {
            Ok(Value::from(&receiver::<Member>(v)?.name))
        }),
        GetSetSpec::new("__objclass__", "The class it is a slot of.", |_, v| {
            Ok(Value::from(&receiver::<Member>(v)?.class))
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// The instance that a slot is read from or written to; nothing for None.
fn instance<'a>(member: &Value, value: &'a Value) -> Result<Option<&'a Ref<Instance>>> {
    let member = receiver::<Member>(member)?;
    if value.is_none() {
        return Ok(None);
    }
    match value.exact::<Instance>() {
        Some(instance) if instance.class().is_subclass(&member.class) => Ok(Some(instance)),
        _ => Err(type_error(format!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            member.name,
            member.class.name(),
            value.class_name()
        ))),
    }
}
