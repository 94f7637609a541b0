//! Stable sorting with the script's `key` and `__lt__`.

use std::cmp::Ordering;

use crate::lang::object::protocol::less;
use crate::lang::object::{Args, Caller, Result, Str, Value};

/// Runs this short are sorted by insertion.
const SHORT: usize = 8;

/// Sorts values by `<`, or by that of their keys (`key` may be None). If the script raises, the values keep their order.
pub fn sort(
    caller: &mut dyn Caller,
    items: &mut Vec<Value>,
    key: &Value,
    reverse: bool,
) -> Result<()> {
    if key.is_none() {
        let order = sorted_places(caller, items, reverse)?;
        apply(items, &order);
        return Ok(());
    }
    let mut keys = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        keys.push(caller.call(key, Args::positional(std::slice::from_ref(item)))?);
        if i % 4096 == 4095 {
            caller.poll()?;
        }
    }
    let order = sorted_places(caller, &keys, reverse)?;
    apply(items, &order);
    Ok(())
}

fn apply(items: &mut Vec<Value>, order: &[u32]) {
    let sorted = order
        .iter()
        .map(|&place| std::mem::take(&mut items[place as usize]))
        .collect();
    *items = sorted;
}

/// The places of the keys in sorted order; equal keys keep their order, also in reverse.
fn sorted_places(caller: &mut dyn Caller, keys: &[Value], reverse: bool) -> Result<Vec<u32>> {
    let mut places: Vec<u32> = (0..keys.len() as u32).collect();
    if reverse {
        places.reverse();
    }
    match native_order(keys) {
        Some(compare) => places.sort_by(|&a, &b| compare(&keys[a as usize], &keys[b as usize])),
        None => {
            let mut room = places.clone();
            merge_sort(caller, keys, &mut places, &mut room)?;
        }
    }
    if reverse {
        places.reverse();
    }
    Ok(places)
}

/// A total order for keys that are all of one plain type.
fn native_order(keys: &[Value]) -> Option<fn(&Value, &Value) -> Ordering> {
    let first = keys.first()?;
    if matches!(first, Value::Int(_)) {
        let all = keys.iter().all(|key| matches!(key, Value::Int(_)));
        return all.then_some(|a, b| a.as_int().cmp(&b.as_int()));
    }
    if matches!(first, Value::Float(_)) {
        let all = keys
            .iter()
            .all(|key| matches!(key, Value::Float(x) if !x.is_nan()));
        return all.then_some(|a, b| {
            a.as_float()
                .partial_cmp(&b.as_float())
                .unwrap_or(Ordering::Equal)
        });
    }
    first.exact::<Str>()?;
    let all = keys.iter().all(|key| key.exact::<Str>().is_some());
    all.then_some(|a, b| a.as_str().cmp(&b.as_str()))
}

fn merge_sort(
    caller: &mut dyn Caller,
    keys: &[Value],
    places: &mut [u32],
    room: &mut [u32],
) -> Result<()> {
    if places.len() <= SHORT {
        return insertion_sort(caller, keys, places);
    }
    let middle = places.len() / 2;
    merge_sort(caller, keys, &mut places[..middle], room)?;
    merge_sort(caller, keys, &mut places[middle..], room)?;
    caller.poll()?;
    let key = |place: u32| &keys[place as usize];
    if !less(caller, key(places[middle]), key(places[middle - 1]))? {
        return Ok(());
    }
    room[..middle].copy_from_slice(&places[..middle]);
    let (mut left, mut right, mut out) = (0, middle, 0);
    while left < middle && right < places.len() {
        if less(caller, key(places[right]), key(room[left]))? {
            places[out] = places[right];
            right += 1;
        } else {
            places[out] = room[left];
            left += 1;
        }
        out += 1;
    }
    places[out..out + middle - left].copy_from_slice(&room[left..middle]);
    Ok(())
}

fn insertion_sort(caller: &mut dyn Caller, keys: &[Value], places: &mut [u32]) -> Result<()> {
    for i in 1..places.len() {
        let place = places[i];
        let mut at = i;
        while at > 0
            && less(
                caller,
                &keys[place as usize],
                &keys[places[at - 1] as usize],
            )?
        {
            places[at] = places[at - 1];
            at -= 1;
        }
        places[at] = place;
    }
    Ok(())
}
