//! What goes into an interpreter and what comes out of it.

use crate::base::diagnostic::Report;

/// How an interpreter is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seeds the random streams of `torch` and `random`.
    pub seed: Option<u64>,
    /// How many threads tensor kernels use.
    pub threads: Option<usize>,
    /// Whose words are spoken: 1 for the PyTorch of old tutorials, 2 for today's.
    pub torch_level: u8,
    /// Whether a help line is looked for where an error is reported.
    pub hints: bool,
    /// Whether standard output goes to a terminal, and is written line by line.
    pub terminal: bool,
    /// What becomes of warnings: `sys.warnoptions`.
    pub warnings: Vec<String>,
    /// Whether `assert` is left out.
    pub optimize: u8,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: None,
            threads: None,
            torch_level: 2,
            hints: true,
            terminal: false,
            warnings: Vec::new(),
            optimize: 0,
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub enum Ending {
    /// At the end of the program.
    Finished,
    /// By `sys.exit`, with what goes to standard error before leaving.
    Exit {
        /// The exit status.
        status: i32,
        /// The message given to `sys.exit` in place of a status.
        message: Option<String>,
    },
    /// By an exception that nothing caught.
    Raised(Box<Report>),
    /// By a KeyboardInterrupt that nothing caught.
    Interrupted(Box<Report>),
}

/// What a cell of the prompt came to.
#[derive(Debug)]
pub struct CellOutcome {
    /// The value of the cell's last expression as a notebook shows it; nothing for `None`.
    pub value: Option<String>,
    /// How it ended.
    pub ending: Ending,
}

/// A way to go on from a half-typed name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole name.
    pub name: String,
    /// Whether it can be called.
    pub callable: bool,
}
