//! What the prompt understands beside the language: `%torch`, `%time`, `?name`, `exit`.

/// A cell as the prompt reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// Nothing to do.
    Blank,
    /// A program.
    Code(&'a str),
    /// `%time`: a program whose running time is told.
    Timed(&'a str),
    /// `?name`, `name?`: an explanation of an expression.
    Help(&'a str),
    /// `%torch` alone: tells the level.
    TellTorch,
    /// `%torch 1`: chooses the level.
    SetTorch(u8),
    /// `exit` and `quit`, without being called.
    Leave,
    /// Something that cannot be done, and why.
    Refused(String),
}

/// Tells what a cell asks for.
pub(super) fn read(text: &str) -> Cell<'_> {
    let cell = text.trim();
    if cell.is_empty() {
        return Cell::Blank;
    }
    if matches!(cell, "exit" | "quit" | "exit()" | "quit()") {
        return Cell::Leave;
    }
    if let Some(line) = cell.strip_prefix('%') {
        return magic(line.trim_start_matches('%'));
    }
    let single = !cell.contains('\n');
    let asked = cell
        .strip_prefix('?')
        .or_else(|| cell.strip_suffix('?').filter(|_| !cell.contains('#')));
    match asked
        .filter(|_| single)
        .map(|name| name.trim_matches(['?', ' ']))
    {
        Some(name) if !name.is_empty() => Cell::Help(name),
        _ => Cell::Code(text),
    }
}

fn magic(line: &str) -> Cell<'_> {
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let (name, rest) = (&line[..end], line[end..].trim());
    match (name, rest) {
        ("time", "") => Cell::Blank,
        ("time", code) => Cell::Timed(code),
        ("torch", "") => Cell::TellTorch,
        ("torch", "1") => Cell::SetTorch(1),
        ("torch", "2") => Cell::SetTorch(2),
        ("torch", _) => Cell::Refused("UsageError: %torch takes 1 or 2".to_string()),
        // A line that notebooks begin with; plots have no front of their own here.
        ("matplotlib", _) => Cell::Blank,
        _ => Cell::Refused(format!(
            "UsageError: Line magic function `%{name}` not found."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        assert_eq!(read(" \n"), Cell::Blank);
        assert_eq!(read("x = 1\n"), Cell::Code("x = 1\n"));
        assert_eq!(read("%time f(x)"), Cell::Timed("f(x)"));
        assert_eq!(read("%torch 1"), Cell::SetTorch(1));
        assert_eq!(read("%torch"), Cell::TellTorch);
        assert_eq!(read("?torch.relu"), Cell::Help("torch.relu"));
        assert_eq!(read("torch.relu?"), Cell::Help("torch.relu"));
        assert_eq!(read("x = 1 # why?"), Cell::Code("x = 1 # why?"));
        assert_eq!(read("exit"), Cell::Leave);
        assert!(matches!(read("%nothing"), Cell::Refused(_)));
    }
}
