//! Standard output: buffered, so that a loop of `print` costs no system call a line; line by line on a terminal.

use std::io::{self, Write};

use super::{Exc, Raised, Result, Value};

/// Where `print` writes to.
pub struct Output {
    buffer: Vec<u8>,
    line_by_line: bool,
    broken: bool,
}

/// So much is held back at most.
const LIMIT: usize = 1 << 16;

impl Output {
    /// Standard output; `line_by_line` for terminals.
    pub fn new(line_by_line: bool) -> Output {
        Output {
            buffer: Vec::new(),
            line_by_line,
            broken: false,
        }
    }

    /// Writes text; raises BrokenPipeError once nobody reads it any more, so that an endless program ends.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.buffer.extend_from_slice(text.as_bytes());
        if self.buffer.len() > LIMIT || (self.line_by_line && text.contains('\n')) {
            self.flush();
        }
        if self.broken {
            let args = [Value::Int(32), Value::str("Broken pipe")];
            return Err(Raised::with_args(Exc::BrokenPipeError, args));
        }
        Ok(())
    }

    /// Hands everything to the system; false once nobody reads it any more.
    pub fn flush(&mut self) -> bool {
        if !self.broken && !self.buffer.is_empty() {
            let mut out = io::stdout().lock();
            self.broken = out
                .write_all(&self.buffer)
                .and_then(|()| out.flush())
                .is_err();
        }
        self.buffer.clear();
        !self.broken
    }
}
