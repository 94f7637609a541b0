//! Ops as functions and methods of the language.

use std::rc::Rc;

use smallvec::SmallVec;

use super::autograd::note_write;
use super::callback::watched;
use super::convert::{out_value, to_arg, to_args};
use super::error::raised;
use super::tensor::{Direct, TensorObject, direct, keep_class, tensor_of, tensor_value};
use super::{numpy, overloads, overrides, warning};
use crate::lang::object::{
    Args, Caller, Native, Raised, Ref, Result, Value, intern, runtime_error,
};
use crate::tensor::array::{Error, ErrorKind};
use crate::tensor::core::watch::take_misuse;
use crate::tensor::ops::{Arg, Callable, FUNCTION, METHOD, Out, SPECIAL};

/// A face of an op as a function or method.
pub(super) fn native(name: &str, callable: Callable) -> Ref<Native> {
    let op = callable.entry.op;
    let straight = direct(callable);
    let takes_data = numpy::is_data(op.name());
    Native::raw(
        intern(name),
        op.doc,
        Some(op.signature),
        callable.method,
        Rc::new(move |caller: &mut dyn Caller, args: Args| {
            if overrides::active() {
                let op = callable.entry.op;
                if let Some(answer) = overrides::ask(caller, op.name(), callable.method, args)? {
                    return Ok(answer);
                }
            } else if let Some(straight) = straight
                && let Some(value) = straightway(straight, args)
            {
                return Ok(value);
            }
            if takes_data
                && let Some((positional, keywords)) =
                    numpy::as_data_arguments(caller, args, usize::from(callable.method))?
            {
                let args = Args {
                    positional: &positional,
                    keywords: &keywords,
                };
                return call(caller, callable, args);
            }
            call(caller, callable, args)
        }),
    )
}

#[inline]
fn straightway(straight: Direct, args: Args) -> Option<Value> {
    let (receiver, rest) = args.positional.split_first()?;
    let tensor = &receiver.exact::<TensorObject>()?.0;
    if args.keywords.is_empty() {
        straight(tensor, rest)
    } else {
        None
    }
}

/// Calls an op with values.
pub(super) fn call(caller: &mut dyn Caller, callable: Callable, args: Args) -> Result<Value> {
    let positional = to_args(caller, args.positional)?;
    let out = if args.keywords.is_empty() {
        watched(caller, || callable.call(positional, []))
    } else {
        let mut named: SmallVec<[(String, Arg); 4]> = SmallVec::new();
        for (name, value) in args.keywords {
            named.push((name.as_str().to_string(), to_arg(caller, value)?));
        }
        watched(caller, || callable.call(positional, named))
    };
    let value = match out {
        Ok(Out::Tensor(t)) => same_or_new(args.positional.first(), t),
        Ok(out) => out_value(out),
        Err(error) => {
            warning::show_pending(caller)?;
            return match overrides::ask_others(caller, callable, args)? {
                Some(answer) => Ok(answer),
                None => Err(refused(callable, args, error)),
            };
        }
    };
    warning::show_pending(caller)?;
    if callable.in_place {
        note_write(caller);
    }
    if take_misuse() && recorded(&value) {
        return Err(misused(&value));
    }
    Ok(keep_class(args.positional, value))
}

/// Whether the result has a history, so that what it kept is for a backward pass.
pub(super) fn recorded(result: &Value) -> bool {
    tensor_of(result).is_none_or(|t| t.requires_grad())
}

/// The end of an operation that keeps a tensor of inference mode for a backward pass.
#[cold]
pub(super) fn misused(result: &Value) -> Raised {
    if let Some(result) = tensor_of(result) {
        result.clear_history();
    }
    runtime_error(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.",
    )
}

/// The exception of an op; where its arguments fit no form of it, in the words that list the forms.
#[cold]
fn refused(callable: Callable, args: Args, error: Error) -> Raised {
    let op = callable.entry.op;
    let name = match callable.in_place {
        true => format!("{}_", op.name()),
        false => op.name().to_string(),
    };
    let rest = error.message().strip_prefix(&name);
    let Some(rest) = rest.filter(|rest| error.kind() == ErrorKind::Type && rest.starts_with("()"))
    else {
        return raised(error);
    };
    if op.faces & (FUNCTION | METHOD | SPECIAL) != SPECIAL {
        return overloads::explain(&name, callable.method, args, raised(error));
    }
    // What only `torch.special` has is called so in messages.
    let name = format!("special_{name}");
    let error = Error::type_(format!("{name}{rest}"));
    overloads::explain(&name, false, args, raised(error))
}

/// The tensor as a value: the receiver itself where an op returns that.
#[inline]
fn same_or_new(receiver: Option<&Value>, t: crate::tensor::core::Tensor) -> Value {
    match receiver.filter(|r| r.get::<TensorObject>().is_some_and(|o| o.0.same(&t))) {
        Some(receiver) => receiver.clone(),
        None => tensor_value(t),
    }
}
