//! `_calendar`: what `datetime` needs of the calendar.

use super::calendar::{Moment, date_from_days, days_from_date};
use super::{parse, zone};
use crate::lang::object::{Caller, ModuleSpec, NativeSpec, Result, Value, overflow_error};
use crate::lang::stdlib::arguments::{self, int};
use crate::lang::stdlib::define::def;

/// `_calendar`
pub(in crate::lang::stdlib) static CALENDAR: ModuleSpec = ModuleSpec {
    name: "_calendar",
    doc: "Dates as numbers and as text.",
    functions: FUNCTIONS,
    setup: |_, _| Ok(()),
};

/// The day before 0001-01-01, in days since 1970.
const ORDINAL_ZERO: i64 = -719_163;

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "date(ordinal, /)",
        "Year, month and day of a number of days.",
        |caller, args| {
            let (year, month, day) = date_from_days(int(caller, &args[0])? + ORDINAL_ZERO);
            Ok(Value::tuple([year, month, day].map(Value::Int)))
        },
    ),
    def(
        "format(format, year, month, day, hour, minute, second, micro, zone, offset, /)",
        "A time as text by a format.",
        |caller, args| {
            let format = arguments::text(&args[0], "strftime", "argument 1")?;
            let mut parts = [0; 7];
            for (part, value) in parts.iter_mut().zip(&args[1..8]) {
                *part = int(caller, value)?;
            }
            let [year, month, day, hour, minute, second, micro] = parts;
            let zone = args[8].as_str().map(str::to_string);
            let offset = arguments::optional_int(caller, &args[9])?;
            let mut moment = Moment {
                year,
                month,
                day,
                hour,
                minute,
                second,
                micro,
                dst: -1,
                zone,
                offset,
                ..Moment::default()
            };
            moment.fill_days();
            Ok(Value::str(moment.format(format)))
        },
    ),
    def(
        "local(seconds, /)",
        "Offset and name of the local time zone at a moment.",
        |caller, args| {
            let moment = zone::local(int(caller, &args[0])?)
                .ok_or_else(|| overflow_error("timestamp out of range for platform time_t"))?;
            Ok(Value::tuple([
                Value::Int(moment.offset.unwrap_or(0)),
                moment.zone.map_or(Value::None, Value::str),
            ]))
        },
    ),
    def("now()", "Seconds and microseconds since 1970.", |_, _| {
        let now = zone::clock(libc::CLOCK_REALTIME);
        Ok(Value::tuple([
            Value::Int(now.as_secs() as i64),
            Value::Int(i64::from(now.subsec_micros())),
        ]))
    }),
    def(
        "ordinal(year, month, day, /)",
        "The number of days from the year 1 on.",
        |caller, args| {
            let (year, month, day) = (
                int(caller, &args[0])?,
                int(caller, &args[1])?,
                int(caller, &args[2])?,
            );
            Ok(Value::Int(days_from_date(year, month, day) - ORDINAL_ZERO))
        },
    ),
    def(
        "parse(text, format, /)",
        "The parts of a time read from text.",
        read,
    ),
    def(
        "seconds(year, month, day, hour, minute, second, /)",
        "Seconds since 1970 of a local time.",
        |caller, args| {
            let mut parts = [0; 6];
            for (part, value) in parts.iter_mut().zip(args) {
                *part = int(caller, value)?;
            }
            let [year, month, day, hour, minute, second] = parts;
            let moment = Moment {
                year,
                month,
                day,
                hour,
                minute,
                second,
                ..Moment::default()
            };
            Ok(Value::Int(zone::seconds(&moment)))
        },
    ),
];

fn read(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let text = arguments::text(&args[0], "strptime", "argument 1")?;
    let format = arguments::text(&args[1], "strptime", "argument 2")?;
    let m = parse::parse(text, format)?;
    let parts = [m.year, m.month, m.day, m.hour, m.minute, m.second, m.micro];
    let mut all: Vec<Value> = parts.map(Value::Int).to_vec();
    all.push(m.zone.map_or(Value::None, Value::str));
    all.push(m.offset.map_or(Value::None, Value::Int));
    Ok(Value::tuple(all))
}
