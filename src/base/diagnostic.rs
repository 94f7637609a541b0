//! What is known about an uncaught exception: plain data that the language fills in and `render` puts into words.

/// Where in a source file something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's name as it is shown, `<stdin>` and the like included.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The whole line's text, if the source is at hand.
    pub text: Option<String>,
    /// Which characters of the line are meant.
    pub columns: Option<Columns>,
}

/// A range of characters in a line, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The first character.
    pub start: usize,
    /// The character after the last one; `usize::MAX` where the range goes on into the next line.
    pub end: usize,
}

/// One line of a traceback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Where the frame stood.
    pub place: Place,
    /// The function's name, `<module>` at the top.
    pub function: String,
}

/// How an exception follows from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `raise ... from earlier`
    Cause,
    /// Raised while the earlier one was handled.
    Context,
}

/// An exception, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The exception that led to this one, shown first.
    pub earlier: Option<(Link, Box<Report>)>,
    /// The calls that led to it, outermost first.
    pub frames: Vec<Frame>,
    /// For a SyntaxError: the place in the text that could not be read.
    pub syntax: Option<Place>,
    /// Type and message, such as `ValueError: too many`; the message may span lines.
    pub headline: String,
    /// Lines added with `add_note`.
    pub notes: Vec<String>,
    /// The exceptions of a group that are shown.
    pub group: Vec<Report>,
    /// How many more exceptions the group has.
    pub more: usize,
    /// What may help, in our own words.
    pub help: Option<String>,
}

impl Report {
    /// A report without frames.
    pub fn new(headline: impl Into<String>) -> Report {
        Report {
            headline: headline.into(),
            ..Report::default()
        }
    }

    /// The help of the last exception of the chain that has one.
    pub fn help(&self) -> Option<&str> {
        let earlier = || self.earlier.as_ref().and_then(|(_, report)| report.help());
        self.help.as_deref().or_else(earlier)
    }
}
