//! `time`

pub(super) mod calendar;
pub(super) mod dates;
pub(super) mod parse;
pub(super) mod zone;

use std::time::{Duration, Instant};

use calendar::Moment;

use super::arguments::{self, number};
use super::define::def;
use super::record;
use crate::lang::object::{
    BigInt, Caller, Class, ModuleSpec, NativeSpec, Ref, Result, Tuple, Value, overflow_error,
    protocol, type_error, value_error,
};

/// `time`
pub(super) static TIME: ModuleSpec = ModuleSpec {
    name: "time",
    doc: "Clocks, and dates and times as text.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("struct_time", Value::from(&struct_time()));
        let (winter, summer) = (at_month(1), at_month(7));
        let (standard, saving) = if winter.dst > 0 {
            (summer, winter)
        } else {
            (winter, summer)
        };
        let west = |m: &Moment| Value::Int(-m.offset.unwrap_or(0));
        let name = |m: &Moment| Value::str(m.zone.clone().unwrap_or_default());
        module.set("timezone", west(&standard));
        module.set("altzone", west(&saving));
        module.set(
            "daylight",
            Value::Int(i64::from(standard.offset != saving.offset)),
        );
        module.set("tzname", Value::tuple([name(&standard), name(&saving)]));
        module.set("CLOCK_REALTIME", Value::Int(libc::CLOCK_REALTIME.into()));
        module.set("CLOCK_MONOTONIC", Value::Int(libc::CLOCK_MONOTONIC.into()));
        Ok(())
    },
};

/// A moment of local time in a month of this year.
fn at_month(month: i64) -> Moment {
    let now = Moment::utc(zone::clock(libc::CLOCK_REALTIME).as_secs() as i64);
    zone::local(calendar::days_from_date(now.year, month, 1) * 86_400).unwrap_or_default()
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "asctime(t=None, /)",
        "A time as text such as 'Sat Jun  6 16:26:11 1998'.",
        |caller, args| {
            moment_or_now(caller, &args[0], "asctime").map(|m| Value::str(m.format("%c")))
        },
    ),
    def(
        "clock_gettime(clk_id, /)",
        "The time of a clock.",
        |caller, args| {
            let id = arguments::int(caller, &args[0])?;
            Ok(Value::Float(
                zone::clock(id as libc::clockid_t).as_secs_f64(),
            ))
        },
    ),
    def(
        "ctime(seconds=None, /)",
        "Seconds since 1970 as text of local time.",
        |caller, args| local_moment(caller, &args[0]).map(|m| Value::str(m.format("%c"))),
    ),
    def(
        "gmtime(seconds=None, /)",
        "Seconds since 1970 as a time of UTC.",
        |caller, args| {
            let mut moment = Moment::utc(seconds_or_now(caller, &args[0])?);
            moment.zone = Some("GMT".to_string());
            Ok(to_struct(&moment))
        },
    ),
    def(
        "localtime(seconds=None, /)",
        "Seconds since 1970 as a local time.",
        |caller, args| local_moment(caller, &args[0]).map(|m| to_struct(&m)),
    ),
    def(
        "mktime(t, /)",
        "A local time as seconds since 1970.",
        |caller, args| {
            from_struct(caller, &args[0], "mktime").map(|m| Value::Float(zone::seconds(&m) as f64))
        },
    ),
    def(
        "monotonic()",
        "Seconds of a clock that never goes back.",
        |_, _| Ok(seconds(zone::clock(libc::CLOCK_MONOTONIC))),
    ),
    def(
        "monotonic_ns()",
        "Nanoseconds of a clock that never goes back.",
        |_, _| Ok(nanoseconds(zone::clock(libc::CLOCK_MONOTONIC))),
    ),
    def(
        "perf_counter()",
        "Seconds of the finest clock, to measure how long things take.",
        |_, _| Ok(seconds(zone::clock(libc::CLOCK_MONOTONIC))),
    ),
    def(
        "perf_counter_ns()",
        "Nanoseconds of the finest clock.",
        |_, _| Ok(nanoseconds(zone::clock(libc::CLOCK_MONOTONIC))),
    ),
    def(
        "process_time()",
        "Seconds that the processors have spent on this program.",
        |_, _| Ok(seconds(zone::clock(libc::CLOCK_PROCESS_CPUTIME_ID))),
    ),
    def(
        "process_time_ns()",
        "Nanoseconds that the processors have spent on this program.",
        |_, _| Ok(nanoseconds(zone::clock(libc::CLOCK_PROCESS_CPUTIME_ID))),
    ),
    def("sleep(seconds, /)", "Waits.", sleep),
    def(
        "strftime(format, t=None, /)",
        "A time as text by a format.",
        |caller, args| {
            let format = arguments::text(&args[0], "strftime", "argument 1")?;
            moment_or_now(caller, &args[1], "strftime").map(|m| Value::str(m.format(format)))
        },
    ),
    def(
        "strptime(string, format='%a %b %d %H:%M:%S %Y', /)",
        "A time read from text by a format.",
        |_, args| {
            let text = arguments::text(&args[0], "strptime", "argument 0")?;
            let format = arguments::text(&args[1], "strptime", "argument 1")?;
            Ok(to_struct(&parse::parse(text, format)?))
        },
    ),
    def(
        "thread_time()",
        "Seconds that a processor has spent on this thread.",
        |_, _| Ok(seconds(zone::clock(libc::CLOCK_THREAD_CPUTIME_ID))),
    ),
    def("time()", "Seconds since 1970-01-01 00:00 UTC.", |_, _| {
        Ok(seconds(zone::clock(libc::CLOCK_REALTIME)))
    }),
    def(
        "time_ns()",
        "Nanoseconds since 1970-01-01 00:00 UTC.",
        |_, _| Ok(nanoseconds(zone::clock(libc::CLOCK_REALTIME))),
    ),
    def(
        "tzset()",
        "Has no effect: the time zone is read where it is needed.",
        |_, _| Ok(Value::None),
    ),
];

fn seconds(time: Duration) -> Value {
    Value::Float(time.as_secs_f64())
}

fn nanoseconds(time: Duration) -> Value {
    BigInt::value(num_bigint::BigInt::from(time.as_nanos()))
}

/// Waits in short steps, so that Ctrl-C is seen.
fn sleep(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    const STEP: Duration = Duration::from_millis(20);
    let wanted = if args[0].as_number().is_some() {
        number(caller, &args[0])?
    } else {
        return Err(type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            args[0].class_name()
        )));
    };
    if wanted.is_nan() {
        return Err(value_error("Invalid value NaN (not a number)"));
    }
    if wanted < 0.0 {
        return Err(value_error("sleep length must be non-negative"));
    }
    let wanted = Duration::try_from_secs_f64(wanted)
        .map_err(|_| overflow_error("timestamp too large to convert to C _PyTime_t"))?;
    let begin = Instant::now();
    loop {
        caller.poll()?;
        match wanted.checked_sub(begin.elapsed()) {
            Some(left) if !left.is_zero() => std::thread::sleep(left.min(STEP)),
            _ => return Ok(Value::None),
        }
    }
}

const FIELDS: [&str; 9] = [
    "tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst",
];

/// `time.struct_time`
pub(super) fn struct_time() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        record::record_class(
            "time",
            "struct_time",
            "A time broken down into its parts.",
            &FIELDS,
        )
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// A moment as `struct_time`.
pub(super) fn to_struct(m: &Moment) -> Value {
    let parts = [
        m.year, m.month, m.day, m.hour, m.minute, m.second, m.weekday, m.yearday, m.dst,
    ];
    let made = record::record(&struct_time(), parts.map(Value::Int));
    record::extra(
        &made,
        "tm_zone",
        m.zone.clone().map_or(Value::None, Value::str),
    );
    record::extra(&made, "tm_gmtoff", m.offset.map_or(Value::None, Value::Int));
    Value::from(made)
}

/// The moment in a `struct_time` or a tuple of nine.
pub(super) fn from_struct(
    caller: &mut dyn Caller,
    value: &Value,
    function: &str,
) -> Result<Moment> {
    let Some(tuple) = value.get::<Tuple>().cloned() else {
        return Err(type_error("Tuple or struct_time argument required"));
    };
    if tuple.items.len() != 9 {
        return Err(type_error(format!(
            "{function}(): illegal time tuple argument"
        )));
    }
    let mut parts = [0; 9];
    for (part, item) in parts.iter_mut().zip(&tuple.items) {
        *part = arguments::int(caller, item)?;
    }
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        weekday,
        yearday,
        dst,
    ] = parts;
    let checks = [
        (month, 0, 12, "month"),
        (day, 0, 31, "day of month"),
        (hour, 0, 23, "hour"),
        (minute, 0, 59, "minute"),
        (second, 0, 61, "seconds"),
        (yearday, 0, 366, "day of year"),
    ];
    for (value, low, high, what) in checks {
        if value < low || value > high {
            return Err(value_error(format!("{what} out of range")));
        }
    }
    let extra = |caller: &mut dyn Caller, name| {
        protocol::find_attr(caller, value, &crate::lang::object::intern(name))
    };
    let zone = extra(caller, "tm_zone")?.and_then(|zone| zone.as_str().map(str::to_string));
    let offset = extra(caller, "tm_gmtoff")?.and_then(|offset| offset.as_int());
    let (month, day) = (month.max(1), day.max(1));
    let weekday = weekday.rem_euclid(7);
    let mut moment = Moment {
        year,
        month,
        day,
        hour,
        minute,
        second,
        micro: 0,
        weekday,
        yearday: yearday.max(1),
        dst,
        zone,
        offset,
    };
    if moment.offset.is_none()
        && let Some(here) = zone::local(zone::seconds(&moment))
    {
        (moment.zone, moment.offset) = (here.zone, here.offset);
    }
    Ok(moment)
}

fn seconds_or_now(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    if value.is_none() {
        return Ok(zone::clock(libc::CLOCK_REALTIME).as_secs() as i64);
    }
    let seconds = number(caller, value)?.floor();
    if seconds.is_nan() {
        return Err(value_error("Invalid value NaN (not a number)"));
    }
    if seconds.abs() > 6e16 {
        return Err(overflow_error("timestamp out of range for platform time_t"));
    }
    Ok(seconds as i64)
}

fn local_moment(caller: &mut dyn Caller, value: &Value) -> Result<Moment> {
    let seconds = seconds_or_now(caller, value)?;
    zone::local(seconds).ok_or_else(|| overflow_error("timestamp out of range for platform time_t"))
}

fn moment_or_now(caller: &mut dyn Caller, value: &Value, function: &str) -> Result<Moment> {
    if value.is_none() {
        local_moment(caller, &Value::None)
    } else {
        from_struct(caller, value, function)
    }
}
