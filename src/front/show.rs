//! Reports on standard error.

use super::colours;
use crate::base::diagnostic::Report;
use crate::base::render;
use std::io::Write;

/// Shows a traceback and, where `hints` are wanted, the help that goes with it.
pub(super) fn report(report: &Report, hints: bool) {
    let stderr = std::io::stderr();
    let paint = if colours::wanted(&stderr) {
        colours::traceback
    } else {
        render::plain
    };
    let mut text = render::traceback(report, &paint);
    if hints {
        text.push_str(&render::help(report, &paint));
    }
    error(&text);
}

/// Writes to standard error. Where nobody reads it, there is nobody left to tell.
pub(super) fn error(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
