//! Program files: their bytes into text, and what their first lines ask for.

/// The text of a program file, in UTF-8 with or without a byte order mark, or the message of the SyntaxError that says
/// where it is none.
pub(super) fn decode(bytes: &[u8], name: &str) -> Result<String, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err("source code cannot contain null bytes".to_string());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_string()),
        Err(error) => {
            let at = error.valid_up_to();
            let (byte, line) = (bytes[at], line_of(bytes, at));
            Err(format!(
                "Non-UTF-8 code starting with '\\x{byte:02x}' in file {name} on line {line}, \
                 but no encoding declared; see https://peps.python.org/pep-0263/ for details"
            ))
        }
    }
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|&&b| b == b'\n').count()
}

/// The level that a comment `# torch: 1` among the first lines asks for.
pub(super) fn torch_level(text: &str) -> Option<u8> {
    let comments = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    comments
        .map(|c| c.trim_start_matches(['#', ' ', '!']))
        .find_map(|comment| match comment.strip_prefix("torch:")?.trim() {
            "1" => Some(1),
            "2" => Some(2),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(
            decode(b"\xef\xbb\xbfx = 1\n", "a.nn"),
            Ok("x = 1\n".to_string())
        );
        let message = decode(b"x = 1\nprint('caf\xe9')\n", "a.nn").unwrap_err();
        let expected =
            "Non-UTF-8 code starting with '\\xe9' in file a.nn on line 2, but no encoding";
        assert!(message.starts_with(expected), "{message}");
    }

    #[test]
    fn the_first_lines_choose_the_level() {
        assert_eq!(torch_level("#!/usr/bin/env nn\n# torch: 1\nx\n"), Some(1));
        assert_eq!(torch_level("x\n# torch: 1\n"), None);
        assert_eq!(torch_level("# torchlet\n"), None);
    }
}
