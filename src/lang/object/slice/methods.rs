//! The methods of `slice`.

use super::Slice;
use crate::lang::object::BigInt;
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GetSetSpec, NativeSpec, no_keywords, receiver,
};
use crate::lang::object::protocol::{as_index, repr};
use crate::lang::object::range::big::indices;
use crate::lang::object::{Args, Caller, Class, Ref, Result, Value, type_error, value_error};

/// `slice`
pub static SLICE: ClassSpec = ClassSpec {
    name: "slice",
    doc: "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    methods: METHODS,
    groups: &[&EQUALITY],
    attributes: &[
        GetSetSpec::new("start", "Where it begins.", |_, v| {
            Ok(receiver::<Slice>(v)?.start.clone())
        }),
        GetSetSpec::new("stop", "Before which it ends.", |_, v| {
            Ok(receiver::<Slice>(v)?.stop.clone())
        }),
        GetSetSpec::new("step", "The distance of neighbours.", |_, v| {
            Ok(receiver::<Slice>(v)?.step.clone())
        }),
    ],
    make: Some(make),
    unhashable: true,
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "indices(self, len, /)",
        "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the start and stop indices, and the stride length of the extended slice described by S.",
        |c, a| {
            let slice = receiver::<Slice>(&a[0])?.clone();
            let len = as_index(c, &a[1])?.as_bigint().unwrap_or_default();
            if len.sign() == num_bigint::Sign::Minus {
                return Err(value_error("length should not be negative"));
            }
            Ok(Value::tuple(indices(c, &slice, &len)?.map(BigInt::value)))
        },
    ),
    NativeSpec::new(
        "__reduce__(self, /)",
        "The arguments that make a copy.",
        |_, a| {
            let slice = receiver::<Slice>(&a[0])?;
            let parts = [&slice.start, &slice.stop, &slice.step].map(Clone::clone);
            Ok(Value::tuple([
                Value::from(&crate::lang::object::types().slice),
                Value::tuple(parts),
            ]))
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let slice = receiver::<Slice>(&a[0])?.clone();
        let (start, stop) = (repr(c, &slice.start)?, repr(c, &slice.stop)?);
        Ok(Value::from(format!(
            "slice({start}, {stop}, {})",
            repr(c, &slice.step)?
        )))
    }),
];

fn make(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("slice", args)?;
    let none = Value::None;
    let (start, stop, step) = match args.positional {
        [] => return Err(type_error("slice expected at least 1 argument, got 0")),
        [stop] => (&none, stop, &none),
        [start, stop] => (start, stop, &none),
        [start, stop, step] => (start, stop, step),
        more => {
            return Err(type_error(format!(
                "slice expected at most 3 arguments, got {}",
                more.len()
            )));
        }
    };
    let (start, stop, step) = (start.clone(), stop.clone(), step.clone());
    Ok(Value::from(Ref::new(Slice { start, stop, step })))
}
