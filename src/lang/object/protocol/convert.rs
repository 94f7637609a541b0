//! Truth, length, index, class tests, and the call of special methods.

use crate::lang::object::class::Special;
use crate::lang::object::{
    Args, BigInt, Caller, Class, Dict, Exc, FrozenSet, Kind, List, Native, Range, Ref, Result, Set,
    Str, Tuple, Value, intern, type_error, types, value_error,
};

/// The special method of a value's class, if it has one.
pub fn special(obj: &Value, which: Special) -> Option<Value> {
    obj.with_class(|class| class.special(which))
}

/// What a value's class has under a name.
pub fn special_by_name(obj: &Value, name: &str) -> Option<Value> {
    obj.with_class(|class| class.lookup(&intern(name)))
}

/// Calls a special method of a value's class; nothing if the class does not have it.
pub fn call_special(
    caller: &mut dyn Caller,
    obj: &Value,
    which: Special,
    args: &[Value],
) -> Result<Option<Value>> {
    let Some(found) = special(obj, which) else {
        return Ok(None);
    };
    let mut all = Vec::with_capacity(args.len() + 1);
    match found.kind() {
        Some(Kind::Function) => all.push(obj.clone()),
        Some(Kind::Native) if found.exact::<Native>().is_some_and(|n| n.is_method) => {
            all.push(obj.clone())
        }
        _ => {
            let class = obj.class();
            let bound = super::bind(caller, &found, obj, &class)?;
            return caller.call(&bound, Args::positional(args)).map(Some);
        }
    }
    all.extend_from_slice(args);
    caller.call(&found, Args::positional(&all)).map(Some)
}

/// `bool(value)`
#[inline]
pub fn truth(caller: &mut dyn Caller, value: &Value) -> Result<bool> {
    match value.native_truth() {
        Some(truth) => Ok(truth),
        None => asked_truth(caller, value),
    }
}

fn asked_truth(caller: &mut dyn Caller, value: &Value) -> Result<bool> {
    if let Value::NotImplemented = value {
        let message = "NotImplemented should not be used in a boolean context";
        super::deprecated(caller, message)?;
    }
    if let Some(answer) = call_special(caller, value, Special::Bool, &[])? {
        return match answer {
            Value::Bool(truth) => Ok(truth),
            other => Err(type_error(format!(
                "__bool__ should return bool, returned {}",
                other.class_name()
            ))),
        };
    }
    match special(value, Special::Len) {
        Some(_) => Ok(len(caller, value)? != 0),
        None => Ok(true),
    }
}

/// `len(value)`
pub fn len(caller: &mut dyn Caller, value: &Value) -> Result<usize> {
    match native_len(value) {
        Some(len) => Ok(len),
        None => match call_special(caller, value, Special::Len, &[])? {
            Some(answer) => match as_index(caller, &answer)?.as_int() {
                Some(len) if len < 0 => Err(value_error("__len__() should return >= 0")),
                Some(len) => Ok(usize::try_from(len).unwrap_or(usize::MAX)),
                None => Err(crate::lang::object::overflow_error(
                    "cannot fit 'int' into an index-sized integer",
                )),
            },
            None => Err(type_error(format!(
                "object of type '{}' has no len()",
                value.class_name()
            ))),
        },
    }
}

/// The length of exact built-in containers.
fn native_len(value: &Value) -> Option<usize> {
    Some(match value.kind()? {
        Kind::Str => value.exact::<Str>()?.len(),
        Kind::List => value.exact::<List>()?.items.borrow().len(),
        Kind::Tuple => value.exact::<Tuple>()?.items.len(),
        Kind::Dict => value.exact::<Dict>()?.len(),
        Kind::Set => value.exact::<Set>()?.table.borrow().len(),
        Kind::FrozenSet => value.exact::<FrozenSet>()?.table.borrow().len(),
        // A longer one has an error for its length.
        Kind::Range => {
            let len = value.exact::<Range>()?.len();
            usize::try_from(i64::try_from(len).ok()?).ok()?
        }
        _ => return None,
    })
}

/// An estimate of how many elements an iterable has; 0 where nothing is known.
pub fn len_hint(value: &Value) -> usize {
    let known = native_len(value);
    known
        .or_else(|| value.exact::<crate::lang::object::Iter>()?.len_hint())
        .unwrap_or(0)
}

/// `operator.index(value)`: an integer of any size.
pub fn as_index(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    if let Some(small) = value.as_int() {
        return Ok(Value::Int(small));
    }
    if value.get::<BigInt>().is_some() {
        return Ok(value.unwrapped().clone());
    }
    match call_special(caller, value, Special::Index, &[])? {
        Some(answer) if answer.is_int() => {
            super::check_exact(caller, &answer, "__index__", "int")?;
            Ok(answer.as_int().map_or(answer, Value::Int))
        }
        Some(answer) => Err(type_error(format!(
            "__index__ returned non-int (type {})",
            answer.class_name()
        ))),
        None => Err(type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            value.class_name()
        ))),
    }
}

/// `callable(value)`
pub fn is_callable(value: &Value) -> bool {
    match value.kind() {
        Some(Kind::Function | Kind::Native | Kind::Method | Kind::Class) => true,
        _ => special(value, Special::Call).is_some(),
    }
}

/// Whether a class test holds for one of several classes.
fn any_of(
    caller: &mut dyn Caller,
    classes: &Ref<Tuple>,
    value: &Value,
    test: fn(&mut dyn Caller, &Value, &Value) -> Result<bool>,
) -> Result<bool> {
    for class in &classes.items {
        if test(caller, value, class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `isinstance(value, classinfo)`
pub fn is_instance(caller: &mut dyn Caller, value: &Value, classinfo: &Value) -> Result<bool> {
    if let Some(class) = classinfo.exact::<Class>() {
        if value.with_class(|own| own.same(class)) {
            return Ok(true);
        }
        if has_hook(classinfo, Special::Instancecheck) {
            let answer = call_special(
                caller,
                classinfo,
                Special::Instancecheck,
                std::slice::from_ref(value),
            )?;
            return answer.map_or(Ok(false), |answer| truth(caller, &answer));
        }
        return is_direct_instance(caller, value, class);
    }
    if let Some(tuple) = classinfo.get::<Tuple>() {
        caller.enter_native()?;
        let answer = any_of(caller, tuple, value, is_instance);
        caller.leave_native();
        return answer;
    }
    match call_special(
        caller,
        classinfo,
        Special::Instancecheck,
        std::slice::from_ref(value),
    )? {
        Some(answer) => truth(caller, &answer),
        None if bases_of(caller, classinfo)?.is_none() => Err(type_error(
            "isinstance() arg 2 must be a type, a tuple of types, or a union",
        )),
        None => match super::find_attr(caller, value, &intern("__class__"))? {
            Some(class) => derives(caller, &class, classinfo),
            None => Ok(false),
        },
    }
}

/// `__bases__` of anything, if it is a tuple: what has one counts as a class in class tests.
fn bases_of(caller: &mut dyn Caller, value: &Value) -> Result<Option<Vec<Value>>> {
    let bases = super::find_attr(caller, value, &intern("__bases__"));
    let bases = match bases {
        Err(raised) if raised.is(Exc::AttributeError) => return Ok(None),
        bases => bases?,
    };
    Ok(bases.and_then(|bases| bases.get::<Tuple>().map(|bases| bases.items.to_vec())))
}

/// Whether something with `__bases__` derives from something else.
fn derives(caller: &mut dyn Caller, class: &Value, other: &Value) -> Result<bool> {
    if class.is(other) {
        return Ok(true);
    }
    caller.enter_native()?;
    let mut found = Ok(false);
    match bases_of(caller, class) {
        Ok(bases) => {
            for base in bases.iter().flatten() {
                found = derives(caller, base, other);
                if !matches!(found, Ok(false)) {
                    break;
                }
            }
        }
        Err(raised) => found = Err(raised),
    }
    caller.leave_native();
    found
}

/// `issubclass` where one of both is no class: by `__bases__`.
pub fn is_abstract_subclass(
    caller: &mut dyn Caller,
    class: &Value,
    classinfo: &Value,
) -> Result<bool> {
    let messages = [
        "issubclass() arg 1 must be a class",
        "issubclass() arg 2 must be a class, a tuple of classes, or a union",
    ];
    for (value, message) in [class, classinfo].into_iter().zip(messages) {
        if bases_of(caller, value)?.is_none() {
            return Err(type_error(message));
        }
    }
    derives(caller, class, classinfo)
}

/// What `type.__instancecheck__` answers: by the object's class, or the one that it says to be of.
pub fn is_direct_instance(
    caller: &mut dyn Caller,
    value: &Value,
    class: &Ref<Class>,
) -> Result<bool> {
    let own = value.class();
    if own.is_subclass(class) {
        return Ok(true);
    }
    let name = intern("__class__");
    let speaks = !own.native
        && value.kind() == Some(Kind::Instance)
        && (own
            .lookup(&name)
            .is_some_and(|found| found.kind() != Some(Kind::GetSet))
            || own
                .special(Special::Getattribute)
                .is_some_and(|hook| hook.kind() == Some(Kind::Function)));
    if !speaks {
        return Ok(false);
    }
    let claimed = super::find_attr(caller, value, &name)?;
    let claimed = claimed.as_ref().and_then(|own| own.exact::<Class>());
    Ok(claimed.is_some_and(|own| own.is_subclass(class)))
}

/// `issubclass(class, classinfo)`
pub fn is_subclass(caller: &mut dyn Caller, class: &Value, classinfo: &Value) -> Result<bool> {
    if let Some(other) = classinfo.exact::<Class>() {
        if has_hook(classinfo, Special::Subclasscheck) {
            let answer = call_special(
                caller,
                classinfo,
                Special::Subclasscheck,
                std::slice::from_ref(class),
            )?;
            return answer.map_or(Ok(false), |answer| truth(caller, &answer));
        }
        return match class.exact::<Class>() {
            Some(own) => Ok(own.is_subclass(other)),
            None => is_abstract_subclass(caller, class, classinfo),
        };
    }
    if let Some(tuple) = classinfo.get::<Tuple>() {
        caller.enter_native()?;
        let answer = any_of(caller, tuple, class, is_subclass);
        caller.leave_native();
        return answer;
    }
    match call_special(
        caller,
        classinfo,
        Special::Subclasscheck,
        std::slice::from_ref(class),
    )? {
        Some(answer) => truth(caller, &answer),
        None => is_abstract_subclass(caller, class, classinfo),
    }
}

/// Whether the metaclass of a class answers class tests itself.
fn has_hook(class: &Value, which: Special) -> bool {
    let meta = class.class();
    !meta.same(&types().type_) && meta.special(which).is_some()
}
