//! What the implementations of natives ask of their arguments.

use crate::lang::object::heap::{HeapType, Ref};
use crate::lang::object::protocol::as_index;
use crate::lang::object::{
    Args, Caller, Dict, Name, Raised, Result, Str, Tuple, Value, overflow_error, type_error,
};

/// The receiver of a method. The call of the native puts the error into words.
#[inline]
pub fn receiver<T: HeapType>(value: &Value) -> Result<&Ref<T>> {
    match value.get::<T>() {
        Some(found) => Ok(found),
        None => Err(not_received(value)),
    }
}

#[cold]
fn not_received(value: &Value) -> Raised {
    type_error(format!("unexpected '{}' object", value.class_name()))
}

/// An index or count that must fit into 64 bits.
pub fn size_arg(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    if let Value::Int(i) = value {
        return Ok(*i);
    }
    as_index(caller, value)?
        .as_int()
        .ok_or_else(|| overflow_error("Python int too large to convert to C ssize_t"))
}

/// An index that is cut off at the ends of 64 bits, as slices do it.
pub fn clamped_arg(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    let index = as_index(caller, value)?;
    Ok(index.as_int().unwrap_or_else(|| {
        let negative = index
            .as_bigint()
            .is_some_and(|big| big.sign() == num_bigint::Sign::Minus);
        if negative { i64::MIN } else { i64::MAX }
    }))
}

/// Refuses named arguments.
pub fn no_keywords(name: &str, args: Args) -> Result<()> {
    if args.keywords.is_empty() {
        return Ok(());
    }
    Err(type_error(format!("{name}() takes no keyword arguments")))
}

/// Named arguments as a dict.
pub fn dict_of_names(keywords: &[(Name, Value)]) -> Ref<Dict> {
    let dict = Dict::new();
    for (name, value) in keywords {
        dict.set_name(name, value.clone());
    }
    dict
}

/// The range that optional bounds, which may count from the end, select of so many elements; nothing where it would begin
/// behind its end.
pub fn bounds(
    caller: &mut dyn Caller,
    len: usize,
    start: &Value,
    end: &Value,
) -> Result<Option<(usize, usize)>> {
    let len = len as i64;
    let mut place = |value: &Value, default: i64| -> Result<i64> {
        if value.is_none() {
            return Ok(default);
        }
        let i = clamped_arg(caller, value)?;
        Ok(if i < 0 {
            i.saturating_add(len).max(0)
        } else {
            i
        })
    };
    let (start, end) = (place(start, 0)?, place(end, len)?.min(len));
    Ok((start <= end).then_some((start as usize, end as usize)))
}

/// Calls what takes arguments with the tuple and the dict that a native got for its `*args` and `**kwargs`.
pub fn pass_on(given: &[Value], call: impl FnOnce(Args) -> Result<Value>) -> Result<Value> {
    let positional = given[0]
        .exact::<Tuple>()
        .map_or(&[][..], |tuple| &tuple.items[..]);
    let named = given[1].exact::<Dict>();
    let keywords: Vec<_> = named
        .map(|dict| dict.entries())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, value)| Some((name.exact::<Str>()?.interned(), value)))
        .collect();
    call(Args {
        positional,
        keywords: &keywords,
    })
}

/// Binds the arguments of a constructor to parameters that may be given by position or name. The first `required`
/// must be given; what is left out is unbound.
pub fn bind_arguments<const N: usize>(
    function: &str,
    names: [&str; N],
    required: usize,
    args: Args,
) -> Result<[Value; N]> {
    let given = args.positional.len() + args.keywords.len();
    if given > N {
        let (least, plural) = (
            if required == N { "exactly" } else { "at most" },
            if N == 1 { "" } else { "s" },
        );
        return Err(type_error(format!(
            "{function}() takes {least} {N} argument{plural} ({given} given)"
        )));
    }
    let mut slots = [const { Value::Unbound }; N];
    for (slot, value) in slots.iter_mut().zip(args.positional) {
        *slot = value.clone();
    }
    for (name, value) in args.keywords {
        let Some(place) = names.iter().position(|n| *n == name.as_str()) else {
            return Err(type_error(format!(
                "'{}' is an invalid keyword argument for {function}()",
                name.as_str()
            )));
        };
        if !slots[place].is_unbound() {
            return Err(type_error(format!(
                "argument for {function}() given by name ('{}') and position ({})",
                name.as_str(),
                place + 1
            )));
        }
        slots[place] = value.clone();
    }
    match slots[..required].iter().position(Value::is_unbound) {
        Some(place) => Err(type_error(format!(
            "{function}() missing required argument '{}' (pos {})",
            names[place],
            place + 1
        ))),
        None => Ok(slots),
    }
}
