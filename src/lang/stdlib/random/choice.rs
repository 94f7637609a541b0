//! Drawing from sequences: `choice`, `choices`, `sample`, `shuffle`.

use num_bigint::BigInt as Big;
use num_traits::{Signed, Zero};

use super::generator::{below, below_count, unit, whole};
use crate::lang::object::class::Special;
use crate::lang::object::{
    Caller, Dict, FrozenSet, List, Result, Set, Value, index_error, protocol, type_error,
    value_error,
};
use crate::lang::stdlib::arguments::{self, integer, number};

/// `randrange(start, stop, step)`
pub(super) fn range(
    caller: &mut dyn Caller,
    this: &Value,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> Result<Value> {
    let start = range_integer(caller, start, 1)?;
    if stop.is_none() {
        if !matches!(step, Value::Int(1)) {
            return Err(type_error("Missing a non-None stop argument"));
        }
        if !start.is_positive() {
            return Err(value_error("empty range for randrange()"));
        }
        return below(caller, this, &start).map(whole);
    }
    let stop = range_integer(caller, stop, 2)?;
    let step = range_integer(caller, step, 3)?;
    let width = &stop - &start;
    if step == Big::from(1) {
        if width.is_positive() {
            return Ok(whole(start + below(caller, this, &width)?));
        }
        return Err(value_error(format!(
            "empty range for randrange() ({start}, {stop}, {width})"
        )));
    }
    if step.is_zero() {
        return Err(value_error("zero step for randrange()"));
    }
    let toward = if step.is_positive() { -1 } else { 1 };
    let n = num_integer::Integer::div_floor(&(width + &step + toward), &step);
    if !n.is_positive() {
        return Err(value_error(format!(
            "empty range for randrange() ({start}, {stop}, {step})"
        )));
    }
    Ok(whole(start + step * below(caller, this, &n)?))
}

/// An argument of `randrange`: an integer, or (as an old habit allows) a whole float.
fn range_integer(caller: &mut dyn Caller, value: &Value, place: usize) -> Result<Big> {
    if let Some(x) = value.as_float() {
        if x != x.floor() || x.is_infinite() {
            return Err(value_error(match place {
                1 => "non-integer arg 1 for randrange()",
                2 => "non-integer stop for randrange()",
                _ => "non-integer step for randrange()",
            }));
        }
        return Ok(arguments::big_of_float(x)?.as_bigint().unwrap_or_default());
    }
    integer(caller, value)
}

/// `choice(seq)`
pub(super) fn one(caller: &mut dyn Caller, this: &Value, seq: &Value) -> Result<Value> {
    let len = protocol::len(caller, seq)?;
    if len == 0 {
        return Err(index_error("Cannot choose from an empty sequence"));
    }
    let place = below_count(caller, this, len)?;
    protocol::get_item(caller, seq, &Value::from(place))
}

/// `shuffle(x)`
pub(super) fn shuffle(caller: &mut dyn Caller, this: &Value, sequence: &Value) -> Result<()> {
    let len = protocol::len(caller, sequence)?;
    for i in (1..len).rev() {
        let j = below_count(caller, this, i + 1)?;
        if let Some(list) = sequence.exact::<List>() {
            let mut items = list.items.borrow_mut();
            if i < items.len() {
                items.swap(i, j);
            }
            continue;
        }
        let (at_i, at_j) = (Value::from(i), Value::from(j));
        let (a, b) = (
            protocol::get_item(caller, sequence, &at_i)?,
            protocol::get_item(caller, sequence, &at_j)?,
        );
        protocol::set_item(caller, sequence, &at_i, b)?;
        protocol::set_item(caller, sequence, &at_j, a)?;
    }
    Ok(())
}

/// `choices(population, weights, cum_weights=cum_weights, k=k)`
pub(super) fn several(
    caller: &mut dyn Caller,
    this: &Value,
    population: &Value,
    weights: &Value,
    cumulative: &Value,
    k: &Value,
) -> Result<Value> {
    let n = protocol::len(caller, population)?;
    let k = usize::try_from(arguments::int(caller, k)?).unwrap_or(0);
    let sums = match (weights.is_none(), cumulative.is_none()) {
        (true, true) => return unweighted(caller, this, population, n, k),
        (false, false) => {
            return Err(type_error(
                "Cannot specify both weights and cumulative weights",
            ));
        }
        (false, true) => {
            if weights.is_int() {
                return Err(type_error(format!(
                    "The number of choices must be a keyword argument: k={}",
                    protocol::repr(caller, weights)?
                )));
            }
            let mut total = Value::Int(0);
            let mut sums = Vec::new();
            for weight in protocol::collect(caller, weights)? {
                total = protocol::binary(
                    caller,
                    crate::lang::object::code::BinOp::Add,
                    &total,
                    &weight,
                )?;
                sums.push(number(caller, &total)?);
            }
            sums
        }
        (true, false) => {
            let given = protocol::collect(caller, cumulative)?;
            given
                .iter()
                .map(|v| number(caller, v))
                .collect::<Result<Vec<_>>>()?
        }
    };
    if sums.len() != n {
        return Err(value_error(
            "The number of weights does not match the population",
        ));
    }
    let Some(&total) = sums.last() else {
        return Err(index_error("list index out of range"));
    };
    if total <= 0.0 {
        return Err(value_error("Total of weights must be greater than zero"));
    }
    if !total.is_finite() {
        return Err(value_error("Total of weights must be finite"));
    }
    let mut drawn = Vec::with_capacity(k);
    for _ in 0..k {
        let target = unit(caller, this)? * total;
        let place = sums[..n - 1].partition_point(|&sum| sum <= target);
        drawn.push(protocol::get_item(caller, population, &Value::from(place))?);
    }
    Ok(Value::list(drawn))
}

fn unweighted(
    caller: &mut dyn Caller,
    this: &Value,
    population: &Value,
    n: usize,
    k: usize,
) -> Result<Value> {
    let mut drawn = Vec::with_capacity(k);
    for i in 0..k {
        if i % 4096 == 4095 {
            caller.poll()?;
        }
        let place = (unit(caller, this)? * n as f64).floor() as usize;
        drawn.push(protocol::get_item(caller, population, &Value::from(place))?);
    }
    Ok(Value::list(drawn))
}

/// `sample(population, k, counts=counts)`
pub(super) fn sample(
    caller: &mut dyn Caller,
    this: &Value,
    population: &Value,
    k: &Value,
    counts: &Value,
) -> Result<Value> {
    let unordered = population.get::<Set>().is_some()
        || population.get::<FrozenSet>().is_some()
        || population.get::<Dict>().is_some()
        || protocol::special(population, Special::Getitem).is_none();
    if unordered {
        return Err(type_error(
            "Population must be a sequence.  For dicts or sets, use sorted(d).",
        ));
    }
    if !counts.is_none() {
        return sample_counted(caller, this, population, k, counts);
    }
    let n = protocol::len(caller, population)?;
    let k = sample_size(caller, k, n)?;
    let places = sample_places(caller, this, n, k)?;
    let mut drawn = Vec::with_capacity(k);
    for place in places {
        drawn.push(protocol::get_item(caller, population, &Value::from(place))?);
    }
    Ok(Value::list(drawn))
}

fn sample_size(caller: &mut dyn Caller, k: &Value, n: usize) -> Result<usize> {
    if k.as_float().is_some() {
        return Err(type_error(
            "can't multiply sequence by non-int of type 'float'",
        ));
    }
    let k = arguments::int(caller, k)?;
    let fits = usize::try_from(k).ok().filter(|&k| k <= n);
    fits.ok_or_else(|| value_error("Sample larger than population or is negative"))
}

/// The places of a sample: drawn from a shrinking pool, or for small samples of large populations by remembering
/// which were drawn.
fn sample_places(caller: &mut dyn Caller, this: &Value, n: usize, k: usize) -> Result<Vec<usize>> {
    let mut limit = 21.0;
    if k > 5 {
        limit += 4_f64.powf(((k as f64 * 3.0).ln() / 4_f64.ln()).ceil());
    }
    let mut places = Vec::with_capacity(k);
    if n as f64 <= limit {
        let mut pool: Vec<usize> = (0..n).collect();
        for i in 0..k {
            let j = below_count(caller, this, n - i)?;
            places.push(pool[j]);
            pool[j] = pool[n - i - 1];
        }
    } else {
        let mut drawn = std::collections::HashSet::with_capacity(k);
        for _ in 0..k {
            let mut j = below_count(caller, this, n)?;
            while !drawn.insert(j) {
                j = below_count(caller, this, n)?;
            }
            places.push(j);
        }
    }
    Ok(places)
}

/// A sample of a population in which elements occur so many times.
fn sample_counted(
    caller: &mut dyn Caller,
    this: &Value,
    population: &Value,
    k: &Value,
    counts: &Value,
) -> Result<Value> {
    let n = protocol::len(caller, population)?;
    let mut sums: Vec<usize> = Vec::new();
    for count in protocol::collect(caller, counts)? {
        if count.as_float().is_some() {
            return Err(type_error("Counts must be integers"));
        }
        let count = arguments::int(caller, &count)?;
        let count =
            usize::try_from(count).map_err(|_| value_error("Counts must be non-negative"))?;
        sums.push(sums.last().unwrap_or(&0).saturating_add(count));
    }
    if sums.len() != n {
        return Err(value_error(
            "The number of counts does not match the population",
        ));
    }
    let total = sums.last().copied().unwrap_or(0);
    if total == 0 {
        return Err(value_error("Total of counts must be greater than zero"));
    }
    let k = sample_size(caller, k, total)?;
    let mut drawn = Vec::with_capacity(k);
    for selection in sample_places(caller, this, total, k)? {
        let place = sums.partition_point(|&sum| sum <= selection);
        drawn.push(protocol::get_item(caller, population, &Value::from(place))?);
    }
    Ok(Value::list(drawn))
}
