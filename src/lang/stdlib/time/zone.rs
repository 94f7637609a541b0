//! What the C library knows: local time and clocks.

use std::mem::MaybeUninit;
use std::time::Duration;

use super::calendar::{Moment, days_from_date};

/// A moment of local time.
pub(in crate::lang::stdlib) fn local(seconds: i64) -> Option<Moment> {
    let time: libc::time_t = seconds;
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are valid for the call; a `tm` of zeros is a valid value.
    let parts = unsafe {
        if libc::localtime_r(&time, parts.as_mut_ptr()).is_null() {
            return None;
        }
        parts.assume_init()
    };
    let zone = if parts.tm_zone.is_null() {
        None
    } else {
        // SAFETY: `tm_zone` points to a C string that the library keeps.
        Some(
            unsafe { std::ffi::CStr::from_ptr(parts.tm_zone) }
                .to_string_lossy()
                .into_owned(),
        )
    };
    Some(Moment {
        year: i64::from(parts.tm_year) + 1900,
        month: i64::from(parts.tm_mon) + 1,
        day: parts.tm_mday.into(),
        hour: parts.tm_hour.into(),
        minute: parts.tm_min.into(),
        second: parts.tm_sec.into(),
        micro: 0,
        weekday: (i64::from(parts.tm_wday) + 6) % 7,
        yearday: i64::from(parts.tm_yday) + 1,
        dst: parts.tm_isdst.into(),
        zone,
        offset: Some(parts.tm_gmtoff),
    })
}

/// Seconds since 1970 of a moment of local time.
pub(in crate::lang::stdlib) fn seconds(moment: &Moment) -> i64 {
    let days = days_from_date(moment.year, moment.month, 1) + moment.day - 1;
    let as_utc = days * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second;
    // Two rounds find the offset that holds at the moment itself.
    let mut guess = as_utc;
    for _ in 0..2 {
        let offset = local(guess).and_then(|m| m.offset).unwrap_or(0);
        guess = as_utc - offset;
    }
    guess
}

/// A clock of the system.
pub(in crate::lang::stdlib) fn clock(id: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is valid for the call.
    if unsafe { libc::clock_gettime(id, &mut time) } != 0 {
        return Duration::ZERO;
    }
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
