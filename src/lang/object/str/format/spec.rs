//! Format specifications: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use crate::lang::object::{Result, value_error};

/// A parsed format specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What the room is filled with.
    pub fill: char,
    /// `<`, `>`, `=` or `^`.
    pub align: char,
    /// Whether the alignment was given.
    pub aligned: bool,
    /// `+`, `-` or a blank.
    pub sign: Option<char>,
    /// `z`: no negative zero.
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    /// The least width.
    pub width: usize,
    /// `,` or `_`
    pub grouping: Option<char>,
    /// Digits, or most characters of a text.
    pub precision: Option<usize>,
    /// The presentation type.
    pub kind: Option<char>,
}

impl Spec {
    /// Parses a specification. `kind` is the type that stands where none is given, `align` the alignment.
    pub fn parse(text: &str, kind: Option<char>, align: char, class: &str) -> Result<Spec> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = Cursor {
            chars: &chars,
            at: 0,
        };
        let is_align = |c: Option<char>| c.is_some_and(|c| "<>=^".contains(c));
        let mut spec = Spec {
            fill: ' ',
            align,
            aligned: false,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind,
        };
        let mut filled = false;
        if is_align(chars.get(1).copied()) {
            (spec.fill, spec.align) = (chars[0], chars[1]);
            (spec.aligned, filled, at.at) = (true, true, 2);
        } else if is_align(chars.first().copied()) {
            spec.align = chars[0];
            (spec.aligned, at.at) = (true, 1);
        }
        if let Some(sign) = at.peek().filter(|c| " +-".contains(*c)) {
            spec.sign = Some(sign);
            at.at += 1;
        }
        spec.no_negative_zero = at.accept('z');
        spec.alternate = at.accept('#');
        if !filled && at.accept('0') {
            spec.fill = '0';
            if !spec.aligned && align == '>' {
                spec.align = '=';
            }
        }
        spec.width = at.number()?.unwrap_or(0);
        spec.grouping = at.grouping()?;
        if at.accept('.') {
            spec.precision = at.number()?;
            if spec.precision.is_none() {
                return Err(value_error("Format specifier missing precision"));
            }
        }
        match chars[at.at..] {
            [] => {}
            [one] => spec.kind = Some(one),
            _ => {
                return Err(value_error(format!(
                    "Invalid format specifier '{text}' for object of type '{class}'"
                )));
            }
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Result<()> {
        let Some(grouping) = self.grouping else {
            return Ok(());
        };
        match self.kind {
            None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => Ok(()),
            Some('b' | 'o' | 'x' | 'X') if grouping == '_' => Ok(()),
            Some(kind) => Err(value_error(format!(
                "Cannot specify '{grouping}' with '{kind}'."
            ))),
        }
    }

    /// The error for a type that a class does not have.
    pub fn unknown_kind(&self, class: &str) -> crate::lang::object::Raised {
        let kind = self.kind.unwrap_or(' ');
        let shown = match u32::from(kind) {
            33..127 => kind.to_string(),
            code => format!("\\x{code:x}"),
        };
        value_error(format!(
            "Unknown format code '{shown}' for object of type '{class}'"
        ))
    }

    /// Text with the room around it filled up.
    pub fn pad(&self, text: &str, chars: usize) -> String {
        let room = self.width.saturating_sub(chars);
        if room == 0 {
            return text.to_string();
        }
        let left = match self.align {
            '<' => 0,
            '^' => room / 2,
            _ => room,
        };
        let mut out = String::with_capacity(text.len() + room * self.fill.len_utf8());
        out.extend(std::iter::repeat_n(self.fill, left));
        out.push_str(text);
        out.extend(std::iter::repeat_n(self.fill, room - left));
        out
    }

    /// A number with its digits grouped and its room filled up. `rest` is what follows the integer digits.
    pub fn number(&self, negative: bool, prefix: &str, digits: &str, rest: &str) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let other = sign.len() + prefix.len() + rest.len();
        let zeros = self.fill == '0' && self.align == '=';
        let least = if zeros {
            self.width.saturating_sub(other)
        } else {
            0
        };
        let digits = self.grouped(digits, least);
        let total = other + digits.len();
        if self.align == '=' && self.width > total {
            let fill: String = std::iter::repeat_n(self.fill, self.width - total).collect();
            return format!("{sign}{prefix}{fill}{digits}{rest}");
        }
        self.pad(&format!("{sign}{prefix}{digits}{rest}"), total)
    }

    /// Digits in groups, with zeros before them up to a width.
    fn grouped(&self, digits: &str, least: usize) -> String {
        let Some(separator) = self.grouping else {
            let zeros = if digits.is_empty() {
                0
            } else {
                least.saturating_sub(digits.len())
            };
            return "0".repeat(zeros) + digits;
        };
        if digits.is_empty() {
            return String::new();
        }
        let group = match self.kind {
            Some('b' | 'o' | 'x' | 'X') => 4,
            _ => 3,
        };
        let mut left: Vec<char> = digits.chars().collect();
        let mut least = least as i64;
        let mut backwards = String::new();
        loop {
            let wanted = (left.len() as i64).max(least).max(1).min(group);
            for _ in 0..wanted {
                backwards.push(left.pop().unwrap_or('0'));
            }
            least -= wanted;
            if left.is_empty() && least <= 0 {
                return backwards.chars().rev().collect();
            }
            backwards.push(separator);
            least -= 1;
        }
    }
}

struct Cursor<'a> {
    chars: &'a [char],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn accept(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> Result<Option<usize>> {
        let mut number: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let next = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(digit as usize));
            match next.filter(|&n| n <= i64::MAX as usize) {
                Some(next) => number = Some(next),
                None => return Err(value_error("Too many decimal digits in format string")),
            }
            self.at += 1;
        }
        // What no memory could hold is refused before it is tried.
        if number.is_some_and(|n| n > 1 << 36) {
            return Err(crate::lang::object::memory_error(""));
        }
        Ok(number)
    }

    fn grouping(&mut self) -> Result<Option<char>> {
        let both = || value_error("Cannot specify both ',' and '_'.");
        if self.accept(',') {
            return if self.accept('_') {
                Err(both())
            } else {
                Ok(Some(','))
            };
        }
        if self.accept('_') {
            return if self.accept(',') {
                Err(both())
            } else {
                Ok(Some('_'))
            };
        }
        Ok(None)
    }
}
