//! When colours are used, and which.

use crate::base::render::Role;
use colored::Colorize;
use std::io::IsTerminal;

/// Whether text written to `stream` is coloured: on a terminal, unless `NO_COLOR` is set or the terminal is a dumb one.
pub(super) fn wanted(stream: &impl IsTerminal) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !set("NO_COLOR") && !dumb
}

/// The colours of a traceback.
pub(super) fn traceback(role: Role, text: &str) -> String {
    let styled = match role {
        Role::Place => text.cyan(),
        Role::Caret => text.red().bold(),
        Role::Kind => text.red().bold(),
        Role::Help => text.green().bold(),
    };
    // Whether colours are wanted has been decided here, not by what the library finds out about stdout.
    colored::control::set_override(true);
    let text = styled.to_string();
    colored::control::unset_override();
    text
}
