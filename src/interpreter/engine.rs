//! The interpreter: one session's state, and the ways to run text in it.

use super::outcome::{Candidate, CellOutcome, Ending, Options};
use super::source;
use crate::base::diagnostic::Report;
use crate::lang::syntax::{self, Completeness};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A session: its variables, its random streams, its output.
pub struct Interpreter {
    options: Options,
    interrupt: Arc<AtomicBool>,
}

impl Interpreter {
    /// A session with nothing in it.
    pub fn new(options: Options) -> Interpreter {
        Interpreter {
            options,
            interrupt: Arc::default(),
        }
    }

    /// Runs a script as `__main__`; `args` become `sys.argv[1:]`. Its variables stay for a prompt to follow. Fails
    /// where the file cannot be read.
    pub fn run_file(&mut self, path: &Path, args: &[String]) -> std::io::Result<Ending> {
        let bytes = std::fs::read(path)?;
        let name = path.display().to_string();
        let argv: Vec<String> = std::iter::once(name.clone())
            .chain(args.iter().cloned())
            .collect();
        Ok(self.run_bytes(&bytes, &name, &argv))
    }

    /// Runs a program as it was read from a file or a pipe.
    pub fn run_bytes(&mut self, bytes: &[u8], name: &str, argv: &[String]) -> Ending {
        match source::decode(bytes, name) {
            Ok(text) => {
                if let Some(level) = source::torch_level(&text) {
                    self.set_torch_level(level);
                }
                self.run_code(&text, name, argv)
            }
            Err(report) => Ending::Raised(Box::new(report)),
        }
    }

    /// Runs a module of the search path as `__main__`.
    pub fn run_module(&mut self, name: &str, args: &[String]) -> Ending {
        let _ = args;
        missing(&format!("running module {name}"))
    }

    /// Runs text as `__main__` under a shown name such as `<string>` or `<stdin>`; `argv` becomes `sys.argv`.
    pub fn run_code(&mut self, text: &str, name: &str, argv: &[String]) -> Ending {
        let _ = (text, argv);
        missing(&format!("running {name}"))
    }

    /// Runs a cell of the prompt. Whatever happens, the session's variables stay.
    pub fn run_cell(&mut self, text: &str, number: usize) -> CellOutcome {
        let _ = text;
        CellOutcome {
            value: None,
            ending: missing(&format!("cell {number}")),
        }
    }

    /// Whether a cell can be run as it stands or goes on.
    pub fn completeness(text: &str) -> Completeness {
        syntax::completeness(text)
    }

    /// Names that may stand where the text is being typed at byte `at`, and the byte at which they begin.
    pub fn complete(&self, text: &str, at: usize) -> (usize, Vec<Candidate>) {
        let _ = text;
        (at, Vec::new())
    }

    /// Signature and documentation of what an expression such as `torch.relu` names.
    pub fn help(&mut self, expression: &str) -> Option<String> {
        let _ = expression;
        None
    }

    /// Whether a help line is shown after an error.
    pub fn hints(&self) -> bool {
        self.options.hints
    }

    /// Whose words are spoken: 1 for the PyTorch of old tutorials, 2 for today's.
    pub fn torch_level(&self) -> u8 {
        self.options.torch_level
    }

    /// Chooses whose words are spoken from now on.
    pub fn set_torch_level(&mut self, level: u8) {
        self.options.torch_level = level;
    }

    /// Set from a signal handler, it makes the running program raise KeyboardInterrupt.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    /// Writes out what is held back of standard output; false where nobody reads it any more.
    pub fn flush(&mut self) -> bool {
        true
    }
}

fn missing(what: &str) -> Ending {
    Ending::Raised(Box::new(Report::new(format!(
        "NotImplementedError: {what}"
    ))))
}
