//! Hashes, and the search for keys in tables with the script's `__hash__` and `__eq__`.

use std::cell::RefCell;

use num_traits::ToPrimitive;

use crate::lang::object::class::Special;
use crate::lang::object::dict::{Found, Keys, Table};
use crate::lang::object::foreign;
use crate::lang::object::range::big::BigRange;
use crate::lang::object::set::SetTable;
use crate::lang::object::{
    BigInt, Bytes, Caller, Complex, Dict, FrozenSet, Instance, Kind, Range, Result, Str, Tuple,
    Value, type_error,
};

/// Numbers hash modulo this prime, so that equal numbers of different types have one hash
/// (<https://docs.python.org/3.11/library/stdtypes.html#hashing-of-numeric-types>).
const MODULUS: i64 = (1 << 61) - 1;
const INFINITY_HASH: i64 = 314_159;
const NONE_HASH: i64 = 0x0fca_86a5;

/// The hash of a 64-bit integer.
#[inline]
pub fn hash_integer(i: i64) -> i64 {
    let hash = i % MODULUS;
    if hash == -1 { -2 } else { hash }
}

/// The hash of a float; NaN hashes to 0.
pub fn hash_float(x: f64) -> i64 {
    if x.is_nan() {
        return 0;
    }
    if x.is_infinite() {
        return if x > 0.0 {
            INFINITY_HASH
        } else {
            -INFINITY_HASH
        };
    }
    if x == x.trunc() && x.abs() < 9e18 {
        return hash_integer(x as i64);
    }
    // x = mantissa * 2^exponent with an integer mantissa; 2^61 is 1 modulo the prime.
    let bits = x.abs().to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | (1 << 52), exponent - 1075)
    };
    let turn = exponent.rem_euclid(61) as u32;
    let rotated = ((i128::from(mantissa) << turn) % i128::from(MODULUS)) as i64;
    let hash = if x < 0.0 { -rotated } else { rotated };
    if hash == -1 { -2 } else { hash }
}

/// The hash of a tuple with these element hashes: the xxHash-based mix that CPython documents in `tupleobject.c`.
pub fn hash_tuple(hashes: impl ExactSizeIterator<Item = i64>) -> i64 {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let len = hashes.len() as u64;
    let mut acc = P5;
    for lane in hashes {
        acc = acc
            .wrapping_add((lane as u64).wrapping_mul(P2))
            .rotate_left(31)
            .wrapping_mul(P1);
    }
    acc = acc.wrapping_add(len ^ (P5 ^ 3_527_539));
    if acc == u64::MAX {
        1_546_275_796
    } else {
        acc as i64
    }
}

/// The hash of a plain value: a number, text, a singleton, or a tuple of such.
pub fn native_hash(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Int(i) => hash_integer(*i),
        Value::Bool(b) => i64::from(*b),
        Value::Float(x) => hash_float(*x),
        Value::None => NONE_HASH,
        Value::Obj(_) => match (value.exact::<Str>(), value.exact::<Tuple>()) {
            (Some(text), _) => text.hash() as i64,
            (_, Some(tuple)) => {
                let hashes: Option<Vec<i64>> = tuple.items.iter().map(native_hash).collect();
                hash_tuple(hashes?.into_iter())
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// `hash(value)`
pub fn hash(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    match value {
        Value::Int(i) => return Ok(hash_integer(*i)),
        Value::Bool(b) => return Ok(i64::from(*b)),
        Value::Float(x) => return Ok(hash_float(*x)),
        Value::Obj(object) => {
            if let Some(text) = object.downcast::<Str>() {
                return Ok(text.hash() as i64);
            }
        }
        Value::None => return Ok(NONE_HASH),
        Value::NotImplemented => return Ok(0x0fca_86b7),
        Value::Ellipsis | Value::Unbound => return Ok(0x0fca_86c1),
    }
    hash_object(caller, value)
}

fn hash_object(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    let Value::Obj(object) = value else {
        return Ok(0);
    };
    match object.kind() {
        Kind::Tuple => {
            let tuple = value.exact::<Tuple>().expect("the kind says so").clone();
            let mut hashes = Vec::with_capacity(tuple.items.len());
            caller.enter_native()?;
            for item in &tuple.items {
                match hash(caller, item) {
                    Ok(hash) => hashes.push(hash),
                    Err(raised) => {
                        caller.leave_native();
                        return Err(raised);
                    }
                }
            }
            caller.leave_native();
            Ok(hash_tuple(hashes.into_iter()))
        }
        Kind::BigInt => {
            let big = value.exact::<BigInt>().expect("the kind says so");
            Ok(hash_big(&big.0))
        }
        Kind::Complex => {
            let c = value.exact::<Complex>().expect("the kind says so");
            let hash = hash_float(c.re).wrapping_add(hash_float(c.im).wrapping_mul(1_000_003));
            Ok(if hash == -1 { -2 } else { hash })
        }
        Kind::Bytes => {
            let bytes = value.exact::<Bytes>().expect("the kind says so");
            Ok(crate::lang::object::str::hash_bytes(&bytes.0) as i64)
        }
        Kind::FrozenSet => {
            let set = value.exact::<FrozenSet>().expect("the kind says so");
            Ok(hash_elements(&set.table.borrow()))
        }
        Kind::Range => {
            let range = value.exact::<Range>().expect("the kind says so");
            Ok(hash_range(&(**range).into()))
        }
        Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray | Kind::Slice | Kind::DictView => {
            Err(unhashable(value))
        }
        Kind::Method => {
            let method = value
                .exact::<crate::lang::object::Method>()
                .expect("the kind says so")
                .clone();
            Ok(hash(caller, &method.function)? ^ hash_identity(&method.receiver))
        }
        Kind::Instance => hash_instance(caller, value),
        Kind::Foreign => hash_foreign(caller, value),
        _ => Ok(hash_identity(value)),
    }
}

/// As `frozenset_hash` in CPython: the order of the elements makes no difference.
fn hash_elements(table: &SetTable) -> i64 {
    let shuffle = |h: u64| ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
    let mut hash = table.iter().fold(0, |acc, e| acc ^ shuffle(e.hash));
    hash ^= (table.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        590_923_713
    } else {
        hash as i64
    }
}

fn hash_big(big: &num_bigint::BigInt) -> i64 {
    let hash = (big % MODULUS).to_i64().unwrap_or(0);
    if hash == -1 { -2 } else { hash }
}

/// The hash of length, first number and step, as far as they make a difference.
fn hash_range(range: &BigRange) -> i64 {
    let len = range.len();
    let one = num_bigint::BigInt::from(1);
    let mut parts = [hash_big(&len), NONE_HASH, NONE_HASH];
    if len >= one {
        parts[1] = hash_big(&range.start);
    }
    if len > one {
        parts[2] = hash_big(&range.step);
    }
    hash_tuple(parts.into_iter())
}

fn hash_instance(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    if let Some(instance) = value.exact::<Instance>()
        && instance.payload.is_unbound()
        && instance.class().hashes_by_identity(|| {
            super::special(value, Special::Hash)
                .is_some_and(|method| super::is_object_method(&method))
        })
    {
        return Ok(hash_identity(value));
    }
    let method = super::special(value, Special::Hash);
    match method {
        Some(Value::None) => Err(unhashable(value)),
        Some(method) if method.exact::<crate::lang::object::Native>().is_none() => {
            let answer =
                super::call_special(caller, value, Special::Hash, &[])?.unwrap_or_default();
            match answer.as_bigint() {
                Some(big) => Ok(match big.to_i64() {
                    Some(-1) => -2,
                    Some(hash) => hash,
                    None => hash_big(&big),
                }),
                None => Err(type_error("__hash__ method should return an integer")),
            }
        }
        _ => {
            let payload = value.unwrapped();
            let inherits = !std::ptr::eq(payload, value) && payload.kind() != Some(Kind::Exception);
            let mutable = matches!(
                payload.kind(),
                Some(Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray)
            );
            if mutable {
                Err(unhashable(value))
            } else if inherits {
                hash(caller, &payload.clone())
            } else {
                Ok(hash_identity(value))
            }
        }
    }
}

/// By the class's own `__hash__`, if it has one besides that of `object`.
fn hash_foreign(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    if let Some(range) = value.exact::<BigRange>() {
        return Ok(hash_range(range));
    }
    match super::special(value, Special::Hash) {
        Some(Value::None) => Err(unhashable(value)),
        Some(method) if !super::is_object_method(&method) => {
            let answer = super::call_special(caller, value, Special::Hash, &[])?;
            Ok(answer.and_then(|hash| hash.as_int()).unwrap_or_default())
        }
        _ => Ok(hash_identity(value)),
    }
}

fn hash_identity(value: &Value) -> i64 {
    match value {
        Value::Obj(object) => (foreign::identity(object) as u64).rotate_right(4) as i64,
        _ => 0,
    }
}

fn unhashable(value: &Value) -> crate::lang::object::Raised {
    type_error(format!("unhashable type: '{}'", value.type_name()))
}

/// The hash of a key and its place in a table, if it is there.
#[inline]
pub fn table_find(
    caller: &mut dyn Caller,
    table: &RefCell<Table>,
    key: &Value,
) -> Result<(u64, Option<usize>)> {
    let hash = hash(caller, key)? as u64;
    let found = table.borrow().find(hash, key);
    match found {
        Found::At(place) => Ok((hash, Some(place))),
        Found::Nowhere => Ok((hash, None)),
        Found::Ask => ask(caller, table, hash, key).map(|place| (hash, place)),
    }
}

/// Compares the key with all of the same hash by `==`, which may run the script and change the table.
pub(super) fn ask(
    caller: &mut dyn Caller,
    table: &RefCell<dyn Keys>,
    hash: u64,
    key: &Value,
) -> Result<Option<usize>> {
    let candidates = table.borrow().candidates(hash);
    for place in candidates {
        let Some(candidate) = table.borrow().key(place).cloned() else {
            continue;
        };
        if super::identical_or_equal(caller, &candidate, key)? {
            let still_there = table
                .borrow()
                .key(place)
                .is_some_and(|key| key.is(&candidate));
            if still_there {
                return Ok(Some(place));
            }
        }
    }
    Ok(None)
}

/// `dict[key]`, if it is there.
#[inline]
pub fn dict_get(caller: &mut dyn Caller, dict: &Dict, key: &Value) -> Result<Option<Value>> {
    if let Some(value) = dict.table.borrow().get_plain(key) {
        return Ok(Some(value.clone()));
    }
    let (_, place) = table_find(caller, &dict.table, key)?;
    Ok(place.and_then(|place| {
        dict.table
            .borrow()
            .entry(place)
            .map(|entry| entry.value.clone())
    }))
}

/// `dict[key] = value`
#[inline]
pub fn dict_set(caller: &mut dyn Caller, dict: &Dict, key: Value, value: Value) -> Result<()> {
    table_set(caller, &dict.table, key, value)
}

/// Sets the value of a key in a table.
pub fn table_set(
    caller: &mut dyn Caller,
    table: &RefCell<Table>,
    key: Value,
    value: Value,
) -> Result<()> {
    let (hash, place) = table_find(caller, table, &key)?;
    let old = match place {
        Some(place) => std::mem::replace(table.borrow_mut().value_mut(place), value),
        None => {
            table.borrow_mut().push(hash, key, value);
            Value::Unbound
        }
    };
    drop(old);
    Ok(())
}

/// Takes a key out of a dict.
pub fn dict_remove(caller: &mut dyn Caller, dict: &Dict, key: &Value) -> Result<Option<Value>> {
    let (_, place) = table_find(caller, &dict.table, key)?;
    let entry = place.map(|place| dict.table.borrow_mut().remove(place));
    Ok(entry.map(|entry| entry.value))
}
