//! `strptime`: a text read by a format.

use super::calendar::{MONTHS, Moment, WEEKDAYS, date_from_days, days_from_date};
use crate::lang::object::{Raised, value_error};

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    half: Option<bool>,
    minute: i64,
    second: i64,
    micro: i64,
    weekday: Option<i64>,
    yearday: Option<i64>,
    /// Week of the year, and whether weeks begin on Monday.
    week: Option<(i64, bool)>,
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    zone: Option<String>,
    offset: Option<i64>,
}

/// The moment that a text stands for.
pub(in crate::lang::stdlib) fn parse(text: &str, format: &str) -> Result<Moment, Raised> {
    let mut parts = Parts::default();
    check_directives(format)?;
    let expanded = format
        .replace("%c", "%a %b %d %H:%M:%S %Y")
        .replace("%x", "%m/%d/%y");
    let expanded = expanded
        .replace("%X", "%H:%M:%S")
        .replace("%T", "%H:%M:%S")
        .replace("%R", "%H:%M");
    match read(&mut parts, text, &expanded, format)? {
        Some("") => finish(parts),
        Some(rest) => Err(value_error(format!("unconverted data remains: {rest}"))),
        None => Err(value_error(format!(
            "time data {} does not match format {}",
            crate::lang::object::protocol::repr_str(text),
            crate::lang::object::protocol::repr_str(format)
        ))),
    }
}

/// Refuses directives that there are not, before anything is read.
fn check_directives(format: &str) -> Result<(), Raised> {
    let shown = || crate::lang::object::protocol::repr_str(format);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next() {
            Some(d) if "aAbBcdefGhHIjmMpRSTuUVwWxXyYzZ%".contains(d) => {}
            Some(d) => {
                return Err(value_error(format!(
                    "'{d}' is a bad directive in format {}",
                    shown()
                )));
            }
            None => return Err(value_error(format!("stray % in format {}", shown()))),
        }
    }
    Ok(())
}

/// Reads by the format; returns what is left of the text, or nothing where it does not match.
fn read<'t>(
    parts: &mut Parts,
    text: &'t str,
    format: &str,
    whole: &str,
) -> Result<Option<&'t str>, Raised> {
    let mut rest = text;
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return Ok(None);
            }
            rest = trimmed;
            continue;
        }
        if c != '%' {
            match rest
                .chars()
                .next()
                .filter(|r| r.to_lowercase().eq(c.to_lowercase()))
            {
                Some(found) => rest = &rest[found.len_utf8()..],
                None => return Ok(None),
            }
            continue;
        }
        let shown = crate::lang::object::protocol::repr_str(whole);
        let Some(directive) = chars.next() else {
            return Err(value_error(format!("stray % in format {shown}")));
        };
        match parts.take(directive, rest) {
            Some(Some(after)) => rest = after,
            Some(None) => return Ok(None),
            None => {
                return Err(value_error(format!(
                    "'{directive}' is a bad directive in format {shown}"
                )));
            }
        }
    }
    Ok(Some(rest))
}

/// Up to so many digits with a value in range: as many as fit.
fn digits(text: &str, most: usize, range: std::ops::RangeInclusive<i64>) -> Option<(i64, &str)> {
    let len = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    (1..=len).rev().find_map(|len| {
        let value = text[..len]
            .parse()
            .ok()
            .filter(|value| range.contains(value))?;
        Some((value, &text[len..]))
    })
}

/// One of these names, in full or by its first three letters.
fn name<'t>(text: &'t str, names: &[&str], short: bool) -> Option<(i64, &'t str)> {
    names.iter().enumerate().find_map(|(i, name)| {
        let name = if short { &name[..3] } else { name };
        let found = text
            .get(..name.len())
            .filter(|head| head.eq_ignore_ascii_case(name))?;
        Some((i as i64, &text[found.len()..]))
    })
}

/// An offset: `Z`, `+hhmm`, `+hh:mm`, each with seconds or not.
fn offset(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let two = |text: &str| -> Option<i64> {
        text.get(..2)
            .filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let hours = two(&text[1..])?;
    let rest = &text[3..];
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = two(rest)?;
    let rest = &rest[2..];
    let (seconds, rest) = match two(rest.strip_prefix(':').unwrap_or(rest)) {
        Some(seconds) => (seconds, &rest.strip_prefix(':').unwrap_or(rest)[2..]),
        None => (0, rest),
    };
    Some((sign * (hours * 3600 + minutes * 60 + seconds), rest))
}

impl Parts {
    /// Reads one directive: nothing if there is no such directive, else the rest of the text if it matches.
    fn take<'t>(&mut self, directive: char, text: &'t str) -> Option<Option<&'t str>> {
        let number =
            |place: &mut Option<i64>, most: usize, range: std::ops::RangeInclusive<i64>| {
                let (value, rest) = digits(text, most, range)?;
                *place = Some(value);
                Some(rest)
            };
        let mut value = None;
        let rest = match directive {
            'Y' => {
                let whole = text
                    .get(..4)
                    .filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
                whole.and_then(|_| number(&mut self.year, 4, 0..=9999))
            }
            'y' => {
                let rest = number(&mut value, 2, 0..=99);
                self.year = value.map(|y| if y < 69 { 2000 + y } else { 1900 + y });
                rest
            }
            'm' => number(&mut self.month, 2, 1..=12),
            'd' | 'e' => number(&mut self.day, 2, 1..=31),
            'H' => self.number_into(text, 23, |p| &mut p.hour),
            'I' => digits(text, 2, 1..=12).map(|(hour, rest)| {
                self.hour = hour;
                self.half.get_or_insert(false);
                rest
            }),
            'M' => self.number_into(text, 59, |p| &mut p.minute),
            'S' => self.number_into(text, 61, |p| &mut p.second),
            'f' => {
                let len = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
                let shown = format!("{:0<6}", &text[..len]);
                self.micro = shown.parse().unwrap_or(0);
                (len > 0).then(|| &text[len..])
            }
            'j' => number(&mut self.yearday, 3, 1..=366),
            'U' | 'W' => {
                let rest = number(&mut value, 2, 0..=53);
                self.week = value.map(|week| (week, directive == 'W'));
                rest
            }
            'w' => {
                let rest = number(&mut value, 1, 0..=6);
                self.weekday = value.map(|day| (day + 6) % 7);
                rest
            }
            'u' => {
                let rest = number(&mut value, 1, 1..=7);
                self.weekday = value.map(|day| day - 1);
                rest
            }
            'G' => number(&mut self.iso_year, 4, 0..=9999),
            'V' => number(&mut self.iso_week, 2, 1..=53),
            'a' | 'A' => name(text, &WEEKDAYS, directive == 'a').map(|(day, rest)| {
                self.weekday = Some(day);
                rest
            }),
            'b' | 'B' | 'h' => name(text, &MONTHS, directive != 'B').map(|(month, rest)| {
                self.month = Some(month + 1);
                rest
            }),
            'p' => {
                let half = text.get(..2).map(str::to_ascii_lowercase);
                self.half = match half.as_deref() {
                    Some("am") => Some(false),
                    Some("pm") => Some(true),
                    _ => return Some(None),
                };
                Some(&text[2..])
            }
            'z' => offset(text).map(|(offset, rest)| {
                self.offset = Some(offset);
                rest
            }),
            'Z' => {
                let len = text.bytes().take_while(u8::is_ascii_alphabetic).count();
                self.zone = Some(text[..len].to_uppercase());
                (len > 0).then(|| &text[len..])
            }
            '%' => text.strip_prefix('%'),
            _ => return None,
        };
        Some(rest)
    }

    fn number_into<'t>(
        &mut self,
        text: &'t str,
        most: i64,
        place: fn(&mut Parts) -> &mut i64,
    ) -> Option<&'t str> {
        let (value, rest) = digits(text, 2, 0..=most)?;
        *place(self) = value;
        Some(rest)
    }
}

/// Puts the parts together; what was not given is that of 1900-01-01 00:00:00.
fn finish(parts: Parts) -> Result<Moment, Raised> {
    let hour = match parts.half {
        Some(afternoon) if parts.hour <= 12 => parts.hour % 12 + if afternoon { 12 } else { 0 },
        _ => parts.hour,
    };
    let year = parts.year.unwrap_or(1900);
    let mut days = days_from_date(year, parts.month.unwrap_or(1), parts.day.unwrap_or(1));
    if let (Some(iso_year), Some(week), Some(weekday)) =
        (parts.iso_year, parts.iso_week, parts.weekday)
    {
        let fourth = days_from_date(iso_year, 1, 4);
        days = fourth - (fourth + 3).rem_euclid(7) + (week - 1) * 7 + weekday;
    } else if let (Some(yearday), None) = (parts.yearday, parts.month) {
        days = days_from_date(year, 1, 1) + yearday - 1;
    } else if let (Some((week, monday)), Some(weekday), None) =
        (parts.week, parts.weekday, parts.month)
    {
        let first = days_from_date(year, 1, 1);
        let first_weekday = (first + 3).rem_euclid(7);
        let (day, offset) = if monday {
            (weekday, (7 - first_weekday) % 7)
        } else {
            ((weekday + 1) % 7, (6 - first_weekday).rem_euclid(7))
        };
        days = if week == 0 {
            let start = if monday {
                first_weekday
            } else {
                (first_weekday + 1) % 7
            };
            first + day - start
        } else {
            first + offset + (week - 1) * 7 + day
        };
    }
    let (y, month, day) = date_from_days(days);
    if parts
        .day
        .is_some_and(|given| given != day && parts.yearday.is_none())
    {
        return Err(value_error("day is out of range for month"));
    }
    let mut moment = Moment {
        year: y,
        month,
        day,
        hour,
        minute: parts.minute,
        second: parts.second,
        micro: parts.micro,
        dst: -1,
        zone: parts.zone,
        offset: parts.offset,
        ..Moment::default()
    };
    moment.fill_days();
    if matches!(moment.zone.as_deref(), Some("UTC" | "GMT")) {
        moment.dst = 0;
    }
    Ok(moment)
}
