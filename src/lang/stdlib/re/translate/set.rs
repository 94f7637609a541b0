//! Sets of characters in brackets.

use super::{Step, Translator, literal};

/// One member of a character class.
enum Member {
    Char(char),
    Set(String),
}

impl Translator {
    /// A character class behind its opening bracket.
    pub(super) fn class(&mut self) -> Step {
        let begin = self.at - 1;
        self.out.text.push('[');
        if self.eat('^') {
            self.out.text.push('^');
        }
        let first = self.at;
        loop {
            let Some(c) = self.peek() else {
                return Err(self.fault("unterminated character set", begin));
            };
            if c == ']' && self.at > first {
                self.at += 1;
                break;
            }
            let place = self.at;
            let member = self.member(begin)?;
            if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']') {
                self.at += 1;
                let last = self.member(begin)?;
                self.range(place, &member, &last)?;
                continue;
            }
            match member {
                Member::Char(c) => literal(&mut self.out.text, c),
                Member::Set(set) => self.out.text.push_str(&set),
            }
        }
        self.out.text.push(']');
        Ok(())
    }

    fn range(&mut self, place: usize, first: &Member, last: &Member) -> Step {
        let shown: String = self.chars[place..self.at].iter().collect();
        let bad = self.fault(format!("bad character range {shown}"), place);
        let (Member::Char(a), Member::Char(b)) = (first, last) else {
            return Err(bad);
        };
        if a > b {
            return Err(bad);
        }
        literal(&mut self.out.text, *a);
        self.out.text.push('-');
        literal(&mut self.out.text, *b);
        Ok(())
    }

    fn member(&mut self, class: usize) -> Step<Member> {
        let begin = self.at;
        let Some(c) = self.peek() else {
            return Err(self.fault("unterminated character set", class));
        };
        self.at += 1;
        if c != '\\' {
            return Ok(Member::Char(c));
        }
        let Some(c) = self.peek() else {
            return Err(self.fault("bad escape (end of pattern)", begin));
        };
        self.at += 1;
        Ok(match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Member::Set(self.shorthand(c, true)),
            'b' => Member::Char('\u{8}'),
            '1'..='7' => {
                self.at -= 1;
                let from = self.at;
                while self.at < from + 3 && self.peek().is_some_and(|c| ('0'..='7').contains(&c)) {
                    self.at += 1;
                }
                let digits: String = self.chars[from..self.at].iter().collect();
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                if code > 0o377 {
                    let message = format!("octal escape value \\{digits} outside of range 0-0o377");
                    return Err(self.fault(message, begin));
                }
                Member::Char(char::from_u32(code).unwrap_or('\0'))
            }
            '8' | '9' => return Err(self.fault(format!("bad escape \\{c}"), begin)),
            c => Member::Char(self.char_escape(begin, c)?),
        })
    }
}
