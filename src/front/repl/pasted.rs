//! Examples pasted with the prompts of a terminal or a notebook: the prompts are taken off.

/// The code of a pasted example. Where the text has prompts, lines that are output are left out.
pub(super) fn without_prompts(text: &str) -> String {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim_start();
    if is_classic(first) {
        text.lines()
            .filter_map(classic)
            .collect::<Vec<_>>()
            .join("\n")
    } else if notebook(first).is_some() {
        notebook_cells(text)
    } else {
        text.to_string()
    }
}

fn is_classic(line: &str) -> bool {
    line == ">>>" || line.starts_with(">>> ")
}

/// A line of a session with `>>> ` and `... ` prompts.
fn classic(line: &str) -> Option<&str> {
    let line = line.trim_start();
    match line {
        ">>>" | "..." => Some(""),
        _ => line
            .strip_prefix(">>> ")
            .or_else(|| line.strip_prefix("... ")),
    }
}

/// What follows `In [3]:` on its line.
fn notebook(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("In [")?;
    let (number, code) = rest.split_once("]:")?;
    let numbered = number
        .chars()
        .all(|c| c.is_ascii_digit() || c == ' ' || c == '*');
    numbered.then(|| code.strip_prefix(' ').unwrap_or(code))
}

/// What follows `   ...: ` on a continuation line.
fn continuation(line: &str) -> Option<&str> {
    let code = line.trim_start().strip_prefix("...:")?;
    Some(code.strip_prefix(' ').unwrap_or(code))
}

/// Cells headed by `In [3]:`. With the code on the head's own line, as in a terminal, the lines without a prompt are
/// output; with the head on a line of its own, they are the code.
fn notebook_cells(text: &str) -> String {
    let mut code = Vec::new();
    let mut in_terminal = false;
    for line in text.lines() {
        if let Some(rest) = notebook(line) {
            in_terminal = !rest.trim().is_empty();
            code.extend(in_terminal.then_some(rest));
        } else if let Some(rest) = continuation(line) {
            code.push(rest);
        } else if !in_terminal && !line.starts_with("Out[") {
            code.push(line);
        }
    }
    code.join("\n")
}

#[cfg(test)]
mod tests {
    use super::without_prompts;

    #[test]
    fn prompts_are_taken_off() {
        assert_eq!(without_prompts("x = 1\ny"), "x = 1\ny");
        let classic = ">>> for i in x:\n...     print(i)\n...\n1\n2\n>>> x[1]\n";
        assert_eq!(
            without_prompts(classic),
            "for i in x:\n    print(i)\n\nx[1]"
        );
        let terminal =
            "In [1]: def f():\n   ...:     return 1\n   ...: \n\nIn [2]: f()\nOut[2]: 1\n";
        assert_eq!(without_prompts(terminal), "def f():\n    return 1\n\nf()");
        assert_eq!(without_prompts("In [17]:\nprint(1)\nx\n"), "print(1)\nx");
        assert_eq!(without_prompts("    >>> 1 + 1\n    2"), "1 + 1");
    }
}
