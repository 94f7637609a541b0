//! What begins with a backslash.

use super::{Step, Translator, literal};

impl Translator {
    /// What a class letter such as `d` stands for.
    pub(super) fn shorthand(&self, letter: char, in_class: bool) -> String {
        let ascii = self.ascii();
        let set = match letter.to_ascii_lowercase() {
            'd' if ascii => "0-9",
            's' if ascii => " \\t\\n\\r\\x0b\\x0c",
            'w' if ascii => "a-zA-Z0-9_",
            'd' => "\\d",
            's' => "\\s\\x1c-\\x1f",
            _ => "\\w",
        };
        match (letter.is_ascii_uppercase(), in_class) {
            (true, _) => format!("[^{set}]"),
            (false, true) => set.to_string(),
            (false, false) => format!("[{set}]"),
        }
    }

    /// An escape outside a class; false for boundaries.
    pub(super) fn escape(&mut self) -> Step<bool> {
        let begin = self.at - 1;
        let Some(c) = self.peek() else {
            return Err(self.fault("bad escape (end of pattern)", begin));
        };
        self.at += 1;
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let set = self.shorthand(c, false);
                self.out.text.push_str(&set);
                Ok(true)
            }
            'A' | 'b' | 'B' => {
                self.out.text.push('\\');
                self.out.text.push(c);
                Ok(false)
            }
            'Z' => {
                self.out.text.push_str("\\z");
                Ok(false)
            }
            '1'..='9' => self.numbered(begin, c).map(|()| true),
            c => {
                let found = self.char_escape(begin, c)?;
                literal(&mut self.out.text, found);
                Ok(true)
            }
        }
    }

    /// `\1` to `\99`, or three octal digits.
    fn numbered(&mut self, begin: usize, first: char) -> Step {
        let mut digits = first.to_string();
        if let Some(second) = self.peek().filter(char::is_ascii_digit) {
            digits.push(second);
            let third = self.chars.get(self.at + 1).copied();
            let octal = |c: char| ('0'..='7').contains(&c);
            if octal(first) && octal(second) && third.is_some_and(octal) {
                digits.extend(third);
                self.at += 2;
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                if code > 0o377 {
                    return Err(self.fault(
                        format!("octal escape value \\{digits} outside of range 0-0o377"),
                        begin,
                    ));
                }
                literal(&mut self.out.text, char::from_u32(code).unwrap_or('\0'));
                return Ok(());
            }
            self.at += 1;
        }
        let number: usize = digits.parse().unwrap_or(0);
        if number > self.out.groups {
            return Err(self.fault(format!("invalid group reference {number}"), begin + 1));
        }
        self.reference(number, begin)
    }

    /// The character that an escape stands for, inside a class and outside.
    pub(super) fn char_escape(&mut self, begin: usize, c: char) -> Step<char> {
        let digits = match c {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            'f' => return Ok('\u{c}'),
            'v' => return Ok('\u{b}'),
            'a' => return Ok('\u{7}'),
            '0' => {
                let from = self.at - 1;
                while self.at < from + 3 && self.peek().is_some_and(|c| ('0'..='7').contains(&c)) {
                    self.at += 1;
                }
                let digits: String = self.chars[from..self.at].iter().collect();
                return Ok(
                    char::from_u32(u32::from_str_radix(&digits, 8).unwrap_or(0)).unwrap_or('\0')
                );
            }
            'x' => 2,
            'u' if !self.bytes => 4,
            'U' if !self.bytes => 8,
            c if c.is_ascii_alphabetic() => {
                return Err(self.fault(format!("bad escape \\{c}"), begin));
            }
            c => return Ok(c),
        };
        let from = self.at;
        while self.at < from + digits && self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            self.at += 1;
        }
        let text: String = self.chars[from..self.at].iter().collect();
        if text.len() != digits {
            return Err(self.fault(format!("incomplete escape \\{c}{text}"), begin));
        }
        let code = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.fault(format!("bad escape \\{c}{text}"), begin))
    }
}
