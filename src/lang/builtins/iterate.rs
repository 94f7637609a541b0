//! Iteration and length.

use crate::lang::object::generator::{Outcome, Resume};
use crate::lang::object::iter::{CallIter, Iter};
use crate::lang::object::protocol::{self, call_special, for_each, is_callable, truth};
use crate::lang::object::{
    Caller, Exc, Generator, Kind, NativeSpec, Result, Special, Value, stop_iteration, type_error,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("len(obj, /)", "Return the number of items in a container.", |c, a| protocol::len(c, &a[0]).map(Value::from))
        .examples(&[("len('abc')", "3")]),
    NativeSpec::new("iter(object, sentinel=..., /)", "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\nGet an iterator from an object.  In the first form, the argument must supply its own iterator, or be a sequence.\nIn the second form, the callable is called until it returns the sentinel.", |c, a| {
        if a[1].is_unbound() {
            return protocol::iter(c, &a[0]);
        }
        if !is_callable(&a[0]) {
            return Err(type_error("iter(v, w): v must be callable"));
        }
        let (function, sentinel) = (a[0].clone(), a[1].clone());
        Ok(Iter::native(CallIter { function, sentinel }))
    }),
    NativeSpec::new("next(iterator, default=..., /)", "next(iterator[, default])\n\nReturn the next item from the iterator. If default is given and the iterator is exhausted, it is returned instead of raising StopIteration.", next)
        .examples(&[("next(iter([7]))", "7")]),
    NativeSpec::new("all(iterable, /)", "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True.", |c, a| {
        let mut answer = true;
        for_each(c, &a[0], |c, item| {
            answer = truth(c, &item)?;
            Ok(answer)
        })?;
        Ok(Value::Bool(answer))
    })
    .examples(&[("all([1, 0])", "False")]),
    NativeSpec::new("any(iterable, /)", "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False.", |c, a| {
        let mut answer = false;
        for_each(c, &a[0], |c, item| {
            answer = truth(c, &item)?;
            Ok(!answer)
        })?;
        Ok(Value::Bool(answer))
    })
    .examples(&[("any([1, 0])", "True")]),
];

fn next(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let iterator = &args[0];
    let found = match iterator.kind() {
        Some(Kind::Generator) if protocol::iter(caller, iterator).is_ok() => {
            let generator = iterator
                .exact::<Generator>()
                .expect("the kind says so")
                .clone();
            match caller.resume(&generator, Resume::Send(Value::None))? {
                Outcome::Yielded(value) => Ok(value),
                Outcome::Returned(value) => Err(stop_iteration(value)),
            }
        }
        Some(Kind::Iter) => match protocol::next(caller, iterator)? {
            Some(value) => Ok(value),
            None => Err(stop_iteration(Value::None)),
        },
        _ => match call_special(caller, iterator, Special::Next, &[]) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                return Err(type_error(format!(
                    "'{}' object is not an iterator",
                    iterator.class_name()
                )));
            }
            Err(raised) => Err(raised),
        },
    };
    match found {
        Err(raised) if raised.is(Exc::StopIteration) && !args[1].is_unbound() => {
            Ok(args[1].clone())
        }
        found => found,
    }
}
