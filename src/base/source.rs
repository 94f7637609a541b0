//! A named source text and the lookup of lines and columns in it.

use super::span::Span;

/// A source text: a script, a cell of the prompt, an argument of `eval`.
#[derive(Debug)]
pub struct Source {
    /// The file's name as tracebacks show it, `<stdin>` and the like included.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Offsets at which lines start.
    lines: Vec<u32>,
}

impl Source {
    /// Takes a text and finds its lines.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let mut lines = vec![0];
        let bytes = text.as_bytes();
        for (i, &b) in bytes.iter().enumerate() {
            if b == b'\n' || b == b'\r' && bytes.get(i + 1) != Some(&b'\n') {
                lines.push(i as u32 + 1);
            }
        }
        Source {
            name: name.into(),
            text,
            lines,
        }
    }

    /// How many lines there are; the empty text has one.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The 1-based number of the line that holds the offset.
    pub fn line(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|&start| start as usize <= offset)
    }

    /// The 1-based line and 0-based column, in characters, of an offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.lines[line - 1] as usize;
        let end = offset.min(self.text.len());
        (
            line,
            self.text.get(start..end).map_or(0, |t| t.chars().count()),
        )
    }

    /// The offset at which a 1-based line begins.
    pub fn line_start(&self, line: usize) -> usize {
        let start = line.checked_sub(1).and_then(|i| self.lines.get(i));
        start.map_or(0, |&start| start as usize)
    }

    /// The text of a 1-based line, without its end; empty for a line that is not there.
    pub fn line_text(&self, line: usize) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|i| self.lines.get(i)) else {
            return "";
        };
        let end = self
            .lines
            .get(line)
            .map_or(self.text.len(), |&e| e as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_found() {
        let s = Source::new("a.py", "x = 1\r\né = 'ü' + x\n\nend");
        assert_eq!(s.line_count(), 4);
        assert_eq!(s.line_column(0), (1, 0));
        assert_eq!(s.line_column(7), (2, 0));
        assert_eq!(s.line_column(9), (2, 1));
        assert_eq!(s.line_text(1), "x = 1");
        assert_eq!(s.line_text(2), "é = 'ü' + x");
        assert_eq!(s.line_text(3), "");
        assert_eq!(s.line_text(4), "end");
        assert_eq!(s.line_text(5), "");
        assert_eq!(s.line_column(s.text.len()), (4, 3));
    }
}
