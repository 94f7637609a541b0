//! `sys.getsizeof`: what the object takes in CPython, which is what programs expect to see.

use crate::lang::object::{
    ByteArray, Bytes, Caller, Dict, FrozenSet, Kind, List, Result, Set, Str, Tuple, Value, protocol,
};

pub(super) fn size_of(caller: &mut dyn Caller, value: &Value) -> Result<usize> {
    let own = protocol::find_attr(caller, value, &crate::lang::object::intern("__sizeof__"))?;
    if let Some(own) = own.filter(|_| value.kind() == Some(Kind::Instance))
        && own
            .exact::<crate::lang::object::Method>()
            .is_some_and(|m| m.function.kind() == Some(Kind::Function))
    {
        let answer = caller.call_positional(&own, &[])?;
        return Ok(usize::try_from(answer.as_int().unwrap_or(0)).unwrap_or(0) + 16);
    }
    if let Some(big) = value.as_bigint() {
        let digits = big.bits().div_ceil(30).max(1) as usize;
        return Ok(24 + 4 * digits);
    }
    Ok(match value {
        Value::Float(_) => 24,
        Value::Obj(_) => size_of_object(value),
        _ => 16,
    })
}

fn size_of_object(value: &Value) -> usize {
    if let Some(text) = value.exact::<Str>() {
        let widest = text.as_str().chars().map(u32::from).max().unwrap_or(0);
        return match widest {
            0..0x80 => 49 + text.len(),
            0x80..0x100 => 73 + text.len(),
            0x100..0x1_0000 => 74 + 2 * text.len(),
            _ => 76 + 4 * text.len(),
        };
    }
    if let Some(list) = value.exact::<List>() {
        return 56 + 8 * list.items.borrow().len();
    }
    if let Some(tuple) = value.exact::<Tuple>() {
        return 40 + 8 * tuple.items.len();
    }
    if let Some(bytes) = value.exact::<Bytes>() {
        return 33 + bytes.0.len();
    }
    if let Some(bytes) = value.exact::<ByteArray>() {
        return 57 + bytes.0.borrow().len();
    }
    if let Some(dict) = value.exact::<Dict>() {
        return if dict.is_empty() {
            64
        } else {
            table_size(dict.len(), 224)
        };
    }
    if let Some(set) = value.exact::<Set>() {
        return set_size(set.table.borrow().len());
    }
    if let Some(set) = value.exact::<FrozenSet>() {
        return set_size(set.table.borrow().len());
    }
    match value.kind() {
        Some(Kind::Range | Kind::Iter | Kind::Instance) => 48,
        Some(Kind::Function) => 152,
        Some(Kind::Class) => 1072,
        Some(Kind::Module | Kind::Native | Kind::Property) => 72,
        Some(Kind::Generator) => 104,
        Some(Kind::Method) => 64,
        Some(Kind::Complex) => 32,
        Some(Kind::Slice) => 56,
        _ => 48,
    }
}

fn table_size(len: usize, smallest: usize) -> usize {
    let mut places = 8;
    let mut size = smallest;
    while len > places * 2 / 3 {
        places *= 2;
        size = 64 + 40 + places * if places > 128 { 2 } else { 1 } + places * 2 / 3 * 24;
    }
    size
}

fn set_size(len: usize) -> usize {
    let mut places = 8_usize;
    while len * 5 >= places * 3 {
        places *= 4;
    }
    if places == 8 { 216 } else { 200 + 16 * places }
}
