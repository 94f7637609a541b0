//! Dates of the proleptic Gregorian calendar, and their text forms by `strftime`.

/// Days of the week, Monday first.
pub(in crate::lang::stdlib) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Months of the year.
pub(in crate::lang::stdlib) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment broken down into its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::lang::stdlib) struct Moment {
    pub(in crate::lang::stdlib) year: i64,
    /// 1 to 12.
    pub(in crate::lang::stdlib) month: i64,
    /// 1 to 31.
    pub(in crate::lang::stdlib) day: i64,
    pub(in crate::lang::stdlib) hour: i64,
    pub(in crate::lang::stdlib) minute: i64,
    pub(in crate::lang::stdlib) second: i64,
    pub(in crate::lang::stdlib) micro: i64,
    /// 0 is Monday.
    pub(in crate::lang::stdlib) weekday: i64,
    /// 1 to 366.
    pub(in crate::lang::stdlib) yearday: i64,
    /// Whether daylight saving time is on; -1 where nothing is known.
    pub(in crate::lang::stdlib) dst: i64,
    /// The name of the time zone.
    pub(in crate::lang::stdlib) zone: Option<String>,
    /// Seconds east of Greenwich.
    pub(in crate::lang::stdlib) offset: Option<i64>,
}

/// Whether a year has 366 days.
pub(in crate::lang::stdlib) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to a date, by eras of 400 years (<https://howardhinnant.github.io/date_algorithms.html>).
pub(in crate::lang::stdlib) fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days after 1970-01-01.
pub(in crate::lang::stdlib) fn date_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl Moment {
    /// A moment of UTC.
    pub(in crate::lang::stdlib) fn utc(seconds: i64) -> Moment {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date_from_days(days);
        let mut moment = Moment {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            zone: Some("UTC".to_string()),
            offset: Some(0),
            ..Moment::default()
        };
        moment.fill_days();
        moment
    }

    /// Computes weekday and day of the year from the date.
    pub(in crate::lang::stdlib) fn fill_days(&mut self) {
        let days = days_from_date(self.year, self.month, self.day);
        self.weekday = (days + 3).rem_euclid(7);
        self.yearday = days - days_from_date(self.year, 1, 1) + 1;
    }

    /// Year and week of ISO 8601.
    fn iso(&self) -> (i64, i64) {
        let week = (self.yearday - self.weekday + 9) / 7;
        let weeks = |year: i64| {
            let first = (days_from_date(year, 1, 1) + 3).rem_euclid(7);
            if first == 3 || (first == 2 && is_leap(year)) {
                53
            } else {
                52
            }
        };
        match week {
            0 => (self.year - 1, weeks(self.year - 1)),
            week if week > weeks(self.year) => (self.year + 1, 1),
            week => (self.year, week),
        }
    }

    fn twelve(&self) -> i64 {
        if self.hour % 12 == 0 {
            12
        } else {
            self.hour % 12
        }
    }

    /// The offset as `+hhmm`, with seconds where it has some.
    fn offset_text(&self) -> String {
        let Some(offset) = self.offset else {
            return String::new();
        };
        let (sign, size) = if offset < 0 {
            ('-', -offset)
        } else {
            ('+', offset)
        };
        let seconds = if size % 60 == 0 {
            String::new()
        } else {
            format!("{:02}", size % 60)
        };
        format!("{sign}{:02}{:02}{seconds}", size / 3600, size / 60 % 60)
    }

    /// The text of a format.
    pub(in crate::lang::stdlib) fn format(&self, format: &str) -> String {
        let mut out = String::with_capacity(format.len() + 8);
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let directive = &rest[at..];
            let length = self.directive(directive, &mut out);
            rest = &directive[length..];
        }
        out.push_str(rest);
        out
    }

    /// Writes what the directive at the beginning of a text stands for; returns its length.
    fn directive(&self, text: &str, out: &mut String) -> usize {
        let flags = text[1..]
            .find(|c| !"-_0^#".contains(c))
            .map_or(text.len(), |i| i + 1);
        let digits = text[flags..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(text.len(), |i| i + flags);
        let width: Option<usize> = text[flags..digits]
            .parse()
            .ok()
            .filter(|&w: &usize| w < 1024);
        let Some(letter) = text[digits..].chars().next() else {
            out.push_str(text);
            return text.len();
        };
        let length = digits + letter.len_utf8();
        let Some((value, own_width, own_pad)) = self.part(letter) else {
            out.push_str(&text[..length]);
            return length;
        };
        let mut value = value;
        let mut pad = own_pad;
        for flag in text[1..flags].chars() {
            match flag {
                '-' => pad = '\0',
                '_' => pad = ' ',
                '0' => pad = '0',
                '^' => value = value.to_uppercase(),
                _ => {}
            }
        }
        let wanted = if pad == '\0' {
            0
        } else {
            width.unwrap_or(own_width)
        };
        let pad = if own_width == 0 && pad == '\0' {
            ' '
        } else {
            pad
        };
        let fill = wanted.saturating_sub(value.chars().count());
        out.extend(std::iter::repeat_n(
            if pad == '\0' { ' ' } else { pad },
            fill,
        ));
        out.push_str(&value);
        length
    }

    /// The value of a directive, its usual width, and what it is filled up with.
    fn part(&self, letter: char) -> Option<(String, usize, char)> {
        let number = |n: i64, width: usize| Some((n.to_string(), width, '0'));
        let blank = |n: i64, width: usize| Some((n.to_string(), width, ' '));
        let text = |s: String| Some((s, 0, ' '));
        let weekday = WEEKDAYS[self.weekday.rem_euclid(7) as usize];
        let month = MONTHS[(self.month - 1).rem_euclid(12) as usize];
        match letter {
            'a' => text(weekday[..3].to_string()),
            'A' => text(weekday.to_string()),
            'b' | 'h' => text(month[..3].to_string()),
            'B' => text(month.to_string()),
            'c' => text(self.format("%a %b %e %H:%M:%S %Y")),
            'C' => number(self.year.div_euclid(100), 2),
            'd' => number(self.day, 2),
            'D' | 'x' => text(self.format("%m/%d/%y")),
            'e' => blank(self.day, 2),
            'f' => number(self.micro, 6),
            'F' => text(self.format("%Y-%m-%d")),
            'G' => number(self.iso().0, 1),
            'g' => number(self.iso().0.rem_euclid(100), 2),
            'H' => number(self.hour, 2),
            'I' => number(self.twelve(), 2),
            'j' => number(self.yearday, 3),
            'k' => blank(self.hour, 2),
            'l' => blank(self.twelve(), 2),
            'm' => number(self.month, 2),
            'M' => number(self.minute, 2),
            'n' => text("\n".to_string()),
            'p' => text(if self.hour < 12 { "AM" } else { "PM" }.to_string()),
            'P' => text(if self.hour < 12 { "am" } else { "pm" }.to_string()),
            'R' => text(self.format("%H:%M")),
            's' => number(super::zone::seconds(self), 1),
            'S' => number(self.second, 2),
            't' => text("\t".to_string()),
            'T' | 'X' => text(self.format("%H:%M:%S")),
            'u' => number(self.weekday + 1, 1),
            'U' => number((self.yearday + 6 - (self.weekday + 1) % 7) / 7, 2),
            'V' => number(self.iso().1, 2),
            'w' => number((self.weekday + 1) % 7, 1),
            'W' => number((self.yearday + 6 - self.weekday) / 7, 2),
            'y' => number(self.year.rem_euclid(100), 2),
            'Y' => number(self.year, 1),
            'z' => text(self.offset_text()),
            'Z' => text(self.zone.clone().unwrap_or_default()),
            '%' => text("%".to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_agree() {
        for days in [-719_162, -1, 0, 59, 11_016, 20_000, 2_932_896] {
            let (y, m, d) = date_from_days(days);
            assert_eq!(days_from_date(y, m, d), days);
        }
        assert_eq!(date_from_days(0), (1970, 1, 1));
    }

    #[test]
    fn directives_are_written_as_c_writes_them() {
        let moment = Moment::utc(0);
        let text = moment.format("%Y-%m-%d %a %j %U %W %p %I %G-%V %e|%-d|%5Y %c %Q");
        assert_eq!(
            text,
            "1970-01-01 Thu 001 00 00 AM 12 1970-01  1|1|01970 Thu Jan  1 00:00:00 1970 %Q"
        );
    }
}
