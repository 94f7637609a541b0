//! What Enter, Tab and Backspace do in a cell.

use super::pasted::without_prompts;
use crate::interpreter::{Completeness, Interpreter};
use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, Movement, RepeatCount};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

const INDENT: usize = 4;

/// Keys that follow each other faster than this are pasted ones.
const PASTED: Duration = Duration::from_millis(4);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// When the last edit was made. Text pasted by a terminal that does not mark it as such arrives key by key, already
/// indented, and must not be indented a second time.
#[derive(Clone, Default)]
pub(super) struct LastEdit(Arc<Edit>);

#[derive(Default)]
struct Edit {
    /// In microseconds after the start.
    time: AtomicU64,
    /// The next edit is the prompt's own.
    ours: AtomicBool,
}

impl LastEdit {
    /// Notes an edit.
    pub(super) fn note(&self) {
        if !self.0.ours.swap(false, Ordering::Relaxed) {
            self.0.time.store(Self::now(), Ordering::Relaxed);
        }
    }

    /// Announces an edit that nobody types.
    fn expect_ours(&self) {
        self.0.time.store(0, Ordering::Relaxed);
        self.0.ours.store(true, Ordering::Relaxed);
    }

    fn is_fresh(&self) -> bool {
        let age = Self::now().saturating_sub(self.0.time.load(Ordering::Relaxed));
        Duration::from_micros(age) < PASTED
    }

    fn now() -> u64 {
        u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Enter: runs a complete cell, otherwise goes on in the next line with the right indent.
pub(super) struct Enter {
    /// To tell typed from pasted text.
    pub(super) last_edit: LastEdit,
    /// Whether it only ever goes on, as Alt-Enter does.
    pub(super) only_breaks: bool,
}

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext) -> Option<Cmd> {
        let (before, after) = ctx.line().split_at(ctx.pos());
        let fast = self.last_edit.is_fresh();
        let goes_on = if self.only_breaks || after.contains('\n') {
            Some(indent_after(before))
        } else {
            continuation(ctx.line(), fast)
        };
        Some(match goes_on {
            None => Cmd::AcceptLine,
            Some(_) if fast => Cmd::Insert(1, "\n".to_string()),
            Some(indent) => {
                self.last_edit.expect_ours();
                Cmd::Insert(1, format!("\n{}", " ".repeat(indent)))
            }
        })
    }
}

/// The indent of the line that has to follow, if the cell is not complete. A blank line ends a block; in pasted text
/// an empty one does, as at CPython's prompt.
fn continuation(text: &str, pasted: bool) -> Option<usize> {
    let code = without_prompts(text);
    let last = code.rsplit('\n').next().unwrap_or_default();
    if pasted && !last.is_empty() && last.trim().is_empty() && code.contains('\n') {
        return Some(0);
    }
    match Interpreter::completeness(&code) {
        Completeness::Incomplete { indent } => Some(indent),
        Completeness::Complete | Completeness::Invalid => None,
    }
}

/// The indent of a line broken off in the middle of a cell.
fn indent_after(before: &str) -> usize {
    let last = before.rsplit('\n').next().unwrap_or_default();
    let indent = last.len() - last.trim_start_matches(' ').len();
    if last.trim_end().ends_with(':') {
        indent + INDENT
    } else {
        indent
    }
}

/// Tab: indents where the line has no code yet, completes elsewhere.
pub(super) struct Tab;

impl ConditionalEventHandler for Tab {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, ctx: &EventContext) -> Option<Cmd> {
        let blanks = leading_blanks(ctx)?;
        Some(Cmd::Insert(1, " ".repeat(INDENT - blanks % INDENT)))
    }
}

/// Backspace: takes back a whole indent.
pub(super) struct Backspace;

impl ConditionalEventHandler for Backspace {
    fn handle(&self, _: &Event, n: RepeatCount, _: bool, ctx: &EventContext) -> Option<Cmd> {
        let blanks = leading_blanks(ctx)?;
        // A count given to another command than this one would be changed to `n`.
        (n == 1 && blanks > 1).then_some(Cmd::Dedent(Movement::WholeLine))
    }
}

/// How many blanks stand before the cursor, if nothing else does.
fn leading_blanks(ctx: &EventContext) -> Option<usize> {
    let line = ctx.line()[..ctx.pos()].rsplit('\n').next()?;
    line.bytes().all(|b| b == b' ').then_some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_keeps_its_indent() {
        assert_eq!(indent_after("if x:"), 4);
        assert_eq!(indent_after("if x:\n    y = 1"), 4);
        assert_eq!(indent_after("x = 1"), 0);
    }
}
