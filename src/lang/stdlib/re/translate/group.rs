//! Groups: those that capture, flags of a part, what looks ahead or behind, conditions.

use super::{DEEPEST, Step, Translator, flag};
use std::fmt::Write;

impl Translator {
    pub(super) fn group(&mut self) -> Step<bool> {
        let begin = self.at - 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault("too many nested groups", begin));
        }
        let flags = self.flags;
        let repeatable = if self.eat('?') {
            self.extension(begin)?
        } else {
            self.capture(begin, None).map(|()| true)?
        };
        self.flags = flags;
        self.depth -= 1;
        Ok(repeatable)
    }

    fn close(&mut self, begin: usize) -> Step {
        if self.eat(')') {
            Ok(())
        } else {
            Err(self.fault("missing ), unterminated subpattern", begin))
        }
    }

    /// The inside of a capturing group.
    fn capture(&mut self, begin: usize, name: Option<(String, usize)>) -> Step {
        self.out.groups += 1;
        let number = self.out.groups;
        if let Some((name, place)) = name {
            if let Some((_, known)) = self.out.names.iter().find(|(known, _)| *known == name) {
                let message = format!(
                    "redefinition of group name {} as group {number}; was group {known}",
                    crate::lang::object::protocol::repr_str(&name)
                );
                return Err(self.fault(message, place));
            }
            self.out.names.push((name, number));
        }
        self.open.push(number);
        self.out.text.push('(');
        self.alternatives()?;
        self.close(begin)?;
        self.out.text.push(')');
        self.open.pop();
        self.out.closing.push(number);
        Ok(())
    }

    /// The inside of a group that is none for the script.
    fn plain(&mut self, begin: usize, head: &str) -> Step {
        self.out.text.push_str(head);
        self.alternatives()?;
        self.close(begin)?;
        self.out.text.push(')');
        Ok(())
    }

    fn extension(&mut self, begin: usize) -> Step<bool> {
        let Some(c) = self.peek() else {
            return Err(self.fault("unexpected end of pattern", self.at));
        };
        self.at += 1;
        match c {
            ':' => self.plain(begin, "(?:").map(|()| true),
            '=' => self.plain(begin, "(?=").map(|()| true),
            '!' => self.plain(begin, "(?!").map(|()| true),
            '>' => self.plain(begin, "(?>").map(|()| true),
            '#' => {
                while let Some(c) = self.peek() {
                    self.at += 1;
                    if c == ')' {
                        return Ok(false);
                    }
                }
                Err(self.fault("missing ), unterminated comment", begin))
            }
            '<' => match self.peek() {
                Some('=') => (self.at += 1, self.plain(begin, "(?<=").map(|()| true)).1,
                Some('!') => (self.at += 1, self.plain(begin, "(?<!").map(|()| true)).1,
                Some(c) => Err(self.fault(format!("unknown extension ?<{c}"), begin + 1)),
                None => Err(self.fault("unexpected end of pattern", self.at)),
            },
            'P' => self.named(begin),
            '(' => self.conditional(begin).map(|()| true),
            c if "aiLmsux-".contains(c) => self.scoped(begin, c),
            c => Err(self.fault(format!("unknown extension ?{c}"), begin + 1)),
        }
    }

    /// `(?P<name>...)` and `(?P=name)`
    fn named(&mut self, begin: usize) -> Step<bool> {
        if self.eat('<') {
            let place = self.at;
            let name = self.name('>')?;
            self.check_name(&name, place)?;
            return self.capture(begin, Some((name, place))).map(|()| true);
        }
        if self.eat('=') {
            let place = self.at;
            let name = self.name(')')?;
            self.check_name(&name, place)?;
            let number = self.number_of(&name, place)?;
            self.reference(number, place)?;
            return Ok(true);
        }
        match self.peek() {
            Some(c) => Err(self.fault(format!("unknown extension ?P{c}"), begin + 1)),
            None => Err(self.fault("unexpected end of pattern", self.at)),
        }
    }

    /// The text up to a closing character.
    fn name(&mut self, end: char) -> Step<String> {
        let begin = self.at;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == end {
                let name: String = self.chars[begin..self.at - 1].iter().collect();
                if name.is_empty() {
                    return Err(self.fault("missing group name", begin));
                }
                return Ok(name);
            }
        }
        if begin == self.at {
            return Err(self.fault("missing group name", begin));
        }
        Err(self.fault(format!("missing {end}, unterminated name"), begin))
    }

    fn check_name(&self, name: &str, place: usize) -> Step {
        let mut chars = name.chars();
        let good = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric());
        if good {
            return Ok(());
        }
        let shown = crate::lang::object::protocol::repr_str(name);
        Err(self.fault(format!("bad character in group name {shown}"), place))
    }

    fn number_of(&self, name: &str, place: usize) -> Step<usize> {
        match self.out.names.iter().find(|(known, _)| known == name) {
            Some((_, number)) => Ok(*number),
            None => {
                let shown = crate::lang::object::protocol::repr_str(name);
                Err(self.fault(format!("unknown group name {shown}"), place))
            }
        }
    }

    /// Writes a reference to what a group matched.
    pub(super) fn reference(&mut self, number: usize, place: usize) -> Step {
        if self.open.contains(&number) {
            return Err(self.fault("cannot refer to an open group", place));
        }
        let _ = write!(self.out.text, "(?:\\{number})");
        Ok(())
    }

    /// `(?(1)yes|no)`
    fn conditional(&mut self, begin: usize) -> Step {
        let place = self.at;
        let name = self.name(')')?;
        let number = match name.parse::<usize>() {
            Ok(0) => return Err(self.fault("bad group number", place)),
            Ok(number) if number > self.out.groups => {
                return Err(self.fault(format!("invalid group reference {number}"), place));
            }
            Ok(number) => number,
            Err(_) => {
                self.check_name(&name, place)?;
                self.number_of(&name, place)?
            }
        };
        let _ = write!(self.out.text, "(?({number})");
        self.sequence()?;
        if self.eat('|') {
            self.out.text.push('|');
            self.sequence()?;
            if self.peek() == Some('|') {
                return Err(self.fault("conditional backref with more than two branches", self.at));
            }
        }
        self.close(begin)?;
        self.out.text.push(')');
        Ok(())
    }

    /// `(?i-s:...)`: flags for a part of the pattern.
    fn scoped(&mut self, begin: usize, first: char) -> Step<bool> {
        let (mut on, mut off, mut negative) = (0, 0, false);
        let mut c = first;
        loop {
            match c {
                '-' if negative => return Err(self.fault("missing flag", self.at)),
                '-' => negative = true,
                ':' => break,
                ')' if !negative && on != 0 => {
                    return Err(
                        self.fault("global flags not at the start of the expression", begin)
                    );
                }
                c if "aiLmsux".contains(c) => {
                    let bit = self.flag_of(c)?;
                    if negative { off |= bit } else { on |= bit }
                }
                c if c.is_alphabetic() => return Err(self.fault("unknown flag", self.at - 1)),
                _ => return Err(self.fault("missing -, : or )", self.at - 1)),
            }
            let Some(next) = self.peek() else {
                return Err(self.fault("missing -, : or )", self.at));
            };
            c = next;
            self.at += 1;
        }
        self.flags = (self.flags | on) & !off;
        let head = match (on & flag::IGNORECASE != 0, off & flag::IGNORECASE != 0) {
            (true, _) => "(?i:",
            (_, true) => "(?-i:",
            _ => "(?:",
        };
        self.plain(begin, head).map(|()| true)
    }
}
