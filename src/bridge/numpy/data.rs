//! Arrays and NumPy's numbers as data for tensors: what `torch.tensor`, `torch.as_tensor`, the constructors of old and
//! subscripts take.

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::bridge::library::alias;
use crate::lang::object::{Args, Caller, Kind, Name, Result, Value};

thread_local! {
    /// The function that makes tensors of what NumPy's types are part of; there once `numpy` was imported.
    static TO_TENSOR: RefCell<Option<Value>> = const { RefCell::new(None) };
}

/// Has a function make tensors of data with NumPy's types in it; it answers None for any other.
pub(super) fn install(function: Value) {
    TO_TENSOR.with_borrow_mut(|place| *place = Some(function));
}

/// The ops that take data.
pub(in crate::bridge) fn is_data(op: &str) -> bool {
    matches!(op, "tensor" | "as_tensor" | "new_tensor")
}

/// A tensor of data with NumPy's types in it: one that shares an array's memory. Nothing for any other value.
#[inline]
pub(in crate::bridge) fn as_data(caller: &mut dyn Caller, value: &Value) -> Result<Option<Value>> {
    match value.kind() {
        Some(Kind::Instance | Kind::List | Kind::Tuple) => ask(caller, value),
        _ => Ok(None),
    }
}

fn ask(caller: &mut dyn Caller, value: &Value) -> Result<Option<Value>> {
    let Some(function) = TO_TENSOR.with_borrow(Clone::clone) else {
        return Ok(None);
    };
    let answer = caller.call_positional(&function, std::slice::from_ref(value))?;
    Ok((!answer.is_none()).then_some(answer))
}

/// Arguments by position and by name.
type Given = (SmallVec<[Value; 4]>, SmallVec<[(Name, Value); 4]>);

/// The arguments of an op that takes data, with a tensor in place of NumPy's data.
pub(in crate::bridge) fn as_data_arguments(
    caller: &mut dyn Caller,
    args: Args,
    at: usize,
) -> Result<Option<Given>> {
    if TO_TENSOR.with_borrow(Option::is_none) {
        return Ok(None);
    }
    let mut positional: SmallVec<[Value; 4]> = args.positional.iter().cloned().collect();
    let mut named: SmallVec<[(Name, Value); 4]> = args.keywords.iter().cloned().collect();
    let by_name = named
        .iter_mut()
        .find(|(name, _)| matches!(name.as_str(), "data" | "obj"))
        .map(|(_, value)| value);
    let Some(place) = positional.get_mut(at).or(by_name) else {
        return Ok(None);
    };
    let Some(tensor) = as_data(caller, place)? else {
        return Ok(None);
    };
    *place = tensor;
    Ok(Some((positional, named)))
}

/// A function of `numpy._array` on one value.
pub(in crate::bridge) fn to_numpy(
    caller: &mut dyn Caller,
    function: &str,
    value: &Value,
) -> Result<Value> {
    match alias(caller, "numpy._array", function)? {
        Some(function) => caller.call_positional(&function, std::slice::from_ref(value)),
        None => Ok(Value::None),
    }
}
