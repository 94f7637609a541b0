//! The methods of `range`.

use super::Range;
use super::big::{self, BigRange};
use crate::lang::object::iter::{Iter, IterState, RangeIter};
use crate::lang::object::list::items::index_of;
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GetSetSpec, HASH, NativeSpec, no_keywords, receiver,
};
use crate::lang::object::protocol::{as_index, contains, eq, repr, slice_bounds};
use crate::lang::object::{
    Args, BigInt, Caller, Class, Ref, Result, Slice, Value, index_error, overflow_error,
    type_error, value_error,
};

/// `range`
pub static RANGE: ClassSpec = ClassSpec {
    name: "range",
    doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive) to stop (exclusive) by step.",
    methods: METHODS,
    groups: &[&EQUALITY, &HASH],
    attributes: &[
        GetSetSpec::new("start", "The first number.", |_, v| {
            if let Some(big) = v.exact::<BigRange>() {
                return Ok(BigInt::value(big.start.clone()));
            }
            Ok(Value::Int(receiver::<Range>(v)?.start))
        }),
        GetSetSpec::new("stop", "The number before which it ends.", |_, v| {
            if let Some(big) = v.exact::<BigRange>() {
                return Ok(BigInt::value(big.stop.clone()));
            }
            Ok(Value::Int(receiver::<Range>(v)?.stop))
        }),
        GetSetSpec::new("step", "The distance of neighbours.", |_, v| {
            if let Some(big) = v.exact::<BigRange>() {
                return Ok(BigInt::value(big.step.clone()));
            }
            Ok(Value::Int(receiver::<Range>(v)?.step))
        }),
    ],
    make: Some(make),
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "count(self, value, /)",
        "Return number of occurrences of value.",
        |c, a| {
            if let Some(big) = a[0].exact::<BigRange>().cloned() {
                let found = big.find(c, &a[1])?.is_some();
                return Ok(Value::Int(i64::from(found)));
            }
            let range = receiver::<Range>(&a[0])?;
            if a[1].is_int() {
                return contains(c, &Value::from(range), &a[1])
                    .map(|found| Value::Int(i64::from(found)));
            }
            Ok(Value::Int(search(c, range, &a[1])?.len() as i64))
        },
    ),
    NativeSpec::new(
        "index(self, value, /)",
        "Return index of value.\n\nRaises ValueError if the value is not present.",
        |c, a| {
            if let Some(big) = a[0].exact::<BigRange>().cloned() {
                return match big.find(c, &a[1])? {
                    Some(place) => Ok(place),
                    None => Err(value_error(format!("{} is not in range", repr(c, &a[1])?))),
                };
            }
            let range = receiver::<Range>(&a[0])?;
            match (a[1].as_int(), search(c, range, &a[1])?.first()) {
                (_, Some(place)) => Ok(Value::Int(*place)),
                (Some(_), None) => Err(value_error(format!("{} is not in range", repr(c, &a[1])?))),
                (None, None) => Err(value_error("sequence.index(x): x not in sequence")),
            }
        },
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        if a[0].exact::<BigRange>().is_some() {
            return big::len(&a[0]);
        }
        let len = receiver::<Range>(&a[0])?.len();
        match i64::try_from(len) {
            Ok(len) => Ok(Value::Int(len)),
            Err(_) => Err(overflow_error(
                "Python int too large to convert to C ssize_t",
            )),
        }
    }),
    NativeSpec::new("__bool__(self, /)", "True if self else False", |_, a| {
        if let Some(big) = a[0].exact::<BigRange>() {
            return Ok(Value::Bool(big.len() > 0.into()));
        }
        Ok(Value::Bool(!receiver::<Range>(&a[0])?.is_empty()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            if let Some(big) = a[0].exact::<BigRange>().cloned() {
                return Ok(Value::Bool(big.find(c, &a[1])?.is_some()));
            }
            let range = receiver::<Range>(&a[0])?;
            if a[1].is_int() {
                return contains(c, &Value::from(range), &a[1]).map(Value::Bool);
            }
            Ok(Value::Bool(!search(c, range, &a[1])?.is_empty()))
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        if let Some(big) = a[0].exact::<BigRange>() {
            return Ok(big.iter());
        }
        let range = **receiver::<Range>(&a[0])?;
        Ok(Value::from(Iter::new(IterState::Range(RangeIter::new(
            range,
        )))))
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator.",
        |_, a| {
            if let Some(big) = a[0].exact::<BigRange>() {
                return Ok(big.reversed());
            }
            let range = **receiver::<Range>(&a[0])?;
            let left = range.len();
            let next = if left == 0 {
                range.start
            } else {
                range.at(left - 1)
            };
            let step = range.step.wrapping_neg();
            Ok(Value::from(Iter::new(IterState::Range(RangeIter {
                next,
                step,
                left,
            }))))
        },
    ),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        let Some(BigRange { start, stop, step }) = BigRange::of(&a[0]) else {
            return Err(type_error("a range is wanted"));
        };
        Ok(Value::from(match step == 1.into() {
            true => format!("range({start}, {stop})"),
            false => format!("range({start}, {stop}, {step})"),
        }))
    }),
];

fn make(caller: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("range", args)?;
    let mut part = |value: &Value| as_index(caller, value);
    let (zero, one) = (Value::Int(0), Value::Int(1));
    let parts = match args.positional {
        [] => return Err(type_error("range expected at least 1 argument, got 0")),
        [stop] => [zero, part(stop)?, one],
        [start, stop] => [part(start)?, part(stop)?, one],
        [start, stop, step] => [part(start)?, part(stop)?, part(step)?],
        more => {
            return Err(type_error(format!(
                "range expected at most 3 arguments, got {}",
                more.len()
            )));
        }
    };
    if parts[2].as_int() == Some(0) {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    if let [Some(start), Some(stop), Some(step)] = parts.each_ref().map(Value::as_int) {
        return Ok(Value::from(Ref::new(Range { start, stop, step })));
    }
    let [start, stop, step] = parts.map(|part| part.as_bigint().unwrap_or_default());
    Ok(BigRange { start, stop, step }.value())
}

/// The places of the numbers that equal a value.
fn search(caller: &mut dyn Caller, range: &Range, value: &Value) -> Result<Vec<i64>> {
    if let Some(i) = value.as_int() {
        let distance = i128::from(i) - i128::from(range.start);
        let (place, rest) = (
            distance / i128::from(range.step),
            distance % i128::from(range.step),
        );
        let inside = rest == 0 && place >= 0 && place < i128::from(range.len());
        return Ok(if inside {
            vec![place as i64]
        } else {
            Vec::new()
        });
    }
    if let Some(x) = value.as_float() {
        let whole = x == x.trunc() && x.abs() < 9e18;
        return if whole {
            search(caller, range, &Value::Int(x as i64))
        } else {
            Ok(Vec::new())
        };
    }
    let mut places = Vec::new();
    for place in 0..range.len() {
        if eq(caller, &Value::Int(range.at(place)), value)? {
            places.push(place as i64);
        }
        if place % 4096 == 0 {
            caller.poll()?;
        }
    }
    Ok(places)
}

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    if let Some(big) = args[0].exact::<BigRange>().cloned() {
        return big.subscript(caller, &args[1]);
    }
    let range = **receiver::<Range>(&args[0])?;
    if i64::try_from(range.len()).is_err() {
        return BigRange::from(range).subscript(caller, &args[1]);
    }
    let len = i64::try_from(range.len()).unwrap_or(i64::MAX);
    if let Some(slice) = args[1].exact::<Slice>() {
        let bounds = slice_bounds(caller, slice, len as usize)?;
        let at = |place: i64| range.start.wrapping_add(place.wrapping_mul(range.step));
        let part = Range {
            start: at(bounds.start),
            stop: at(bounds.stop),
            step: range.step.wrapping_mul(bounds.step),
        };
        return Ok(Value::from(Ref::new(part)));
    }
    let index = index_of(caller, &args[1], "range")?;
    let place = if index < 0 { index + len } else { index };
    if (0..len).contains(&place) {
        Ok(Value::Int(range.at(place as u64)))
    } else {
        Err(index_error("range object index out of range"))
    }
}
