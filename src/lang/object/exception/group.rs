//! `BaseExceptionGroup`, `ExceptionGroup`, and what `except*` does with them (PEP 654).

use super::methods::{args_of, data, receiver_instance};
use super::{Exc, Exception, Raised, Traceback};
use crate::lang::object::native::{ClassSpec, GENERIC, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::{self, call_method, is_callable, truth};
use crate::lang::object::{
    Args, Caller, Class, List, Ref, Result, Str, Tuple, Value, intern, type_error, types,
    value_error,
};

/// `BaseExceptionGroup`
pub(super) static BASE_EXCEPTION_GROUP: ClassSpec = ClassSpec {
    name: "BaseExceptionGroup",
    doc: "A combination of multiple unrelated exceptions.",
    methods: &[
        NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
            let message = protocol::str(c, &message(&a[0])?)?;
            let count = exceptions(c, &a[0])?.len();
            let plural = if count == 1 { "" } else { "s" };
            Ok(Value::from(format!(
                "{message} ({count} sub-exception{plural})"
            )))
        }),
        NativeSpec::new(
            "derive(self, excs, /)",
            "A group with the same message and other exceptions.",
            |c, a| {
                let class = Value::from(types().exception(Exc::BaseExceptionGroup));
                c.call_positional(&class, &[message(&a[0])?, a[1].clone()])
            },
        ),
        NativeSpec::new(
            "subgroup(self, condition, /)",
            "The part of the group that matches, or None.",
            |c, a| {
                check(&a[1])?;
                Ok(split(c, &a[0], &a[1])?.0.unwrap_or(Value::None))
            },
        ),
        NativeSpec::new(
            "split(self, condition, /)",
            "The part of the group that matches and the rest; None for what is empty.",
            |c, a| {
                check(&a[1])?;
                let (matching, rest) = split(c, &a[0], &a[1])?;
                let parts = [matching, rest].map(|part| part.unwrap_or(Value::None));
                Ok(Value::tuple(parts))
            },
        ),
    ],
    attributes: &[
        GetSetSpec::new("message", "The message.", |_, v| message(v)),
        GetSetSpec::new("exceptions", "The exceptions.", |c, v| {
            Ok(Value::tuple(exceptions(c, v)?))
        }),
    ],
    make: Some(make),
    class_methods: &GENERIC,
    ..ClassSpec::EMPTY
};

fn message(group: &Value) -> Result<Value> {
    Ok(args_of(group)?.first().cloned().unwrap_or_default())
}

/// The exceptions of a group.
pub(super) fn exceptions(caller: &mut dyn Caller, group: &Value) -> Result<Vec<Value>> {
    match args_of(group)?.get(1) {
        Some(all) => protocol::collect(caller, all),
        None => Ok(Vec::new()),
    }
}

fn is_group(value: &Value) -> bool {
    Raised::from_value(value).is_some_and(|raised| raised.is(Exc::BaseExceptionGroup))
}

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let [message, all] = args.positional else {
        return Err(type_error(format!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            args.positional.len()
        )));
    };
    if message.get::<Str>().is_none() {
        return Err(type_error(format!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            message.class_name()
        )));
    }
    if all.get::<List>().is_none() && all.get::<Tuple>().is_none() {
        return Err(type_error(
            "second argument (exceptions) must be a sequence",
        ));
    }
    let items = protocol::collect(caller, all)?;
    if items.is_empty() {
        return Err(value_error(
            "second argument (exceptions) must be a non-empty sequence",
        ));
    }
    let mut ordinary = true;
    for (i, item) in items.iter().enumerate() {
        match Raised::from_value(item) {
            Some(raised) => ordinary &= raised.is(Exc::Exception),
            None => {
                return Err(value_error(format!(
                    "Item {i} of second argument (exceptions) is not an exception"
                )));
            }
        }
    }
    let exception = types().exception(Exc::Exception);
    if !ordinary && class.is_subclass(exception) {
        return Err(type_error(match class.native {
            true => "Cannot nest BaseExceptions in an ExceptionGroup".to_string(),
            false => format!("Cannot nest BaseExceptions in '{}'", class.name()),
        }));
    }
    let base = types().exception(Exc::BaseExceptionGroup);
    let class = match ordinary && class.same(base) {
        true => types().exception(Exc::ExceptionGroup),
        false => class,
    };
    Ok(Raised::of_class(class, args.positional).value())
}

/// Refuses a condition that is no class, tuple of classes or function.
fn check(condition: &Value) -> Result<()> {
    let is_exception = |value: &Value| {
        value
            .exact::<Class>()
            .is_some_and(|class| class.is_subclass(types().exception(Exc::BaseException)))
    };
    let fits = is_exception(condition)
        || condition
            .get::<Tuple>()
            .is_some_and(|classes| classes.items.iter().all(is_exception))
        || condition.exact::<Class>().is_none() && is_callable(condition);
    match fits {
        true => Ok(()),
        false => Err(type_error(
            "expected a function, exception type or tuple of exception types",
        )),
    }
}

fn matches(caller: &mut dyn Caller, exception: &Value, condition: &Value) -> Result<bool> {
    if condition.exact::<Class>().is_some() || condition.get::<Tuple>().is_some() {
        return protocol::is_instance(caller, exception, condition);
    }
    let answer = caller.call_positional(condition, std::slice::from_ref(exception))?;
    truth(caller, &answer)
}

/// What matches and what does not.
fn split(
    caller: &mut dyn Caller,
    exception: &Value,
    condition: &Value,
) -> Result<(Option<Value>, Option<Value>)> {
    if matches(caller, exception, condition)? {
        return Ok((Some(exception.clone()), None));
    }
    if !is_group(exception) {
        return Ok((None, Some(exception.clone())));
    }
    let (mut matching, mut rest) = (Vec::new(), Vec::new());
    caller.enter_native()?;
    for inner in exceptions(caller, exception)? {
        let parts = split(caller, &inner, condition).inspect_err(|_| caller.leave_native())?;
        matching.extend(parts.0);
        rest.extend(parts.1);
    }
    caller.leave_native();
    let mut part = |of: Vec<Value>| match of.is_empty() {
        true => Ok(None),
        false => derived(caller, exception, of).map(Some),
    };
    Ok((part(matching)?, part(rest)?))
}

/// A group like another, with other exceptions; it keeps traceback, cause, context and notes.
fn derived(caller: &mut dyn Caller, group: &Value, of: Vec<Value>) -> Result<Value> {
    let new = call_method(caller, group, "derive", &[Value::list(of)])?;
    if !is_group(&new) {
        return Err(type_error(
            "derive must return an instance of BaseExceptionGroup",
        ));
    }
    let (from, to): (&Exception, &Exception) = (data(group)?, data(&new)?);
    Traceback::share(from, to);
    to.cause.replace(from.cause.borrow().clone());
    to.context.replace(from.context.borrow().clone());
    // CPython sets the cause, be it None.
    to.suppress_context.set(true);
    let notes = intern("__notes__");
    let kept = receiver_instance(group)?.get(&notes);
    let is_sequence = |kept: &Value| kept.get::<List>().is_some() || kept.get::<Tuple>().is_some();
    if let Some(kept) = kept.filter(is_sequence) {
        let kept = protocol::collect(caller, &kept)?;
        receiver_instance(&new)?.set(&notes, Value::list(kept));
    }
    Ok(new)
}

/// The state of an `except*` statement: the exception, what is left of it, and what the clauses raised.
pub fn begin(raised: &Value) -> Result<Value> {
    let rest = match is_group(raised) {
        true => raised.clone(),
        false => Raised::of_class(
            types().exception(Exc::BaseExceptionGroup),
            [Value::from(""), Value::tuple([raised.clone()])],
        )
        .value(),
    };
    let none = || Value::list(Vec::new());
    let state = vec![raised.clone(), rest, none(), none(), Value::Int(0)];
    Ok(Value::list(state))
}

/// How often an exception has been raised so far.
fn raises(exception: &Value) -> Value {
    let raised = Raised::from_value(exception);
    Value::from(raised.map_or(0, |raised| raised.data().trace.borrow().len()))
}

fn part(state: &Value, place: usize) -> Result<Value> {
    state
        .exact::<List>()
        .and_then(|list| list.items.borrow().get(place).cloned())
        .ok_or_else(|| type_error("the state of an except* statement is wanted"))
}

/// What a clause is for: the part of the exception that matches, or None.
pub fn clause(caller: &mut dyn Caller, state: &Value, classes: &Value) -> Result<Value> {
    let listed: Vec<Value> = match classes.get::<Tuple>() {
        Some(tuple) => tuple.items.to_vec(),
        None => vec![classes.clone()],
    };
    for class in &listed {
        let Some(class) = class.exact::<Class>() else {
            return Err(type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        };
        if !class.is_subclass(types().exception(Exc::BaseException)) {
            return Err(type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        }
        if class.is_subclass(types().exception(Exc::BaseExceptionGroup)) {
            return Err(type_error(
                "catching ExceptionGroup with except* is not allowed. Use except instead.",
            ));
        }
    }
    let (original, rest) = (part(state, 0)?, part(state, 1)?);
    if rest.is_none() || !is_group(&original) && !matches(caller, &original, classes)? {
        return Ok(Value::None);
    }
    let (matching, rest) = split(caller, &rest, classes)?;
    if let Some(list) = state.exact::<List>() {
        list.items.borrow_mut()[1] = rest.unwrap_or(Value::None);
    }
    let Some(matching) = matching else {
        return Ok(Value::None);
    };
    let matching = match is_group(&original) {
        true => matching,
        false => part(&begin(&original)?, 1)?,
    };
    // An exception alone is handed to its clause in a group, an ordinary one in an ordinary group.
    let ordinary = exceptions(caller, &matching)?
        .iter()
        .all(|one| Raised::from_value(one).is_some_and(|one| one.is(Exc::Exception)));
    if ordinary
        && matching
            .class()
            .same(types().exception(Exc::BaseExceptionGroup))
    {
        let group = types().exception(Exc::ExceptionGroup);
        return Ok(Raised::of_class(group, args_of(&matching)?).value());
    }
    if let Some(list) = state.exact::<List>() {
        list.items.borrow_mut()[4] = raises(&matching);
    }
    Ok(matching)
}

/// Keeps what a clause raised; the part that it was for, raised again by a bare `raise`, apart.
pub fn note(state: &Value, matching: &Value, raised: &Value) -> Result<()> {
    let again = raised.is(matching) && raises(raised).is(&part(state, 4)?);
    let place = if again { 3 } else { 2 };
    if let Some(list) = part(state, place)?.exact::<List>() {
        list.items.borrow_mut().push(raised.clone());
    }
    Ok(())
}

fn leaves(caller: &mut dyn Caller, exception: &Value, found: &mut Vec<Value>) -> Result<()> {
    if !is_group(exception) {
        found.push(exception.clone());
        return Ok(());
    }
    for inner in exceptions(caller, exception)? {
        leaves(caller, &inner, found)?;
    }
    Ok(())
}

/// The part of an exception whose leaves are among those given.
fn projected(caller: &mut dyn Caller, exception: &Value, kept: &[Value]) -> Result<Option<Value>> {
    if !is_group(exception) {
        let keep = kept.iter().any(|leaf| leaf.is(exception));
        return Ok(keep.then(|| exception.clone()));
    }
    let mut parts = Vec::new();
    for inner in &exceptions(caller, exception)? {
        parts.extend(projected(caller, inner, kept)?);
    }
    match parts.is_empty() {
        true => Ok(None),
        false => derived(caller, exception, parts).map(Some),
    }
}

/// The end of an `except*` statement: what is raised, if anything is.
pub fn finish(caller: &mut dyn Caller, state: &Value) -> Result<Value> {
    let (original, rest) = (part(state, 0)?, part(state, 1)?);
    let raised = protocol::collect(caller, &part(state, 2)?)?;
    if rest.is(&original) && raised.is_empty() {
        return Ok(original);
    }
    let mut kept = Vec::new();
    if !is_group(&original)
        && let [again] = &protocol::collect(caller, &part(state, 3)?)?[..]
    {
        return Ok(again.clone());
    }
    if !rest.is_none() {
        leaves(caller, &rest, &mut kept)?;
    }
    for again in protocol::collect(caller, &part(state, 3)?)? {
        leaves(caller, &again, &mut kept)?;
    }
    let left = match kept.is_empty() {
        true => None,
        false => projected(caller, &original, &kept)?,
    };
    let mut all = raised;
    if all.is_empty() {
        return Ok(left.unwrap_or(Value::None));
    }
    all.extend(left);
    if let [one] = &all[..] {
        return Ok(one.clone());
    }
    let class = Value::from(types().exception(Exc::BaseExceptionGroup));
    caller.call_positional(&class, &[Value::from(""), Value::list(all)])
}
