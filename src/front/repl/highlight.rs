//! Colours for code that is being typed. The text may stop anywhere, so nothing here can fail.

use colored::{Color, Colorize};

/// What a piece of code is, as far as its colour goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keyword,
    Constant,
    Builtin,
    Definition,
    Decorator,
    Text,
    Number,
    Comment,
    Plain,
}

const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

const BUILTINS: [&str; 42] = [
    "abs",
    "all",
    "any",
    "bool",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "exec",
    "filter",
    "float",
    "format",
    "getattr",
    "hasattr",
    "help",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "open",
    "ord",
    "print",
    "range",
    "repr",
    "reversed",
    "set",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "zip",
];

/// The code with colours; the bracket at or before the cursor and its partner stand out.
pub(super) fn coloured(code: &str, cursor: Option<usize>) -> String {
    colored::control::set_override(true);
    let pair = cursor.and_then(|at| bracket_pair(code, at));
    let mut out = String::with_capacity(code.len() * 2);
    for (kind, start, end) in pieces(code) {
        let text = &code[start..end];
        let marked = pair.is_some_and(|(a, b)| start == a || start == b);
        match colour(kind) {
            // A bracket is a piece of its own.
            _ if marked => out.push_str(&text.cyan().bold().to_string()),
            Some(colour) => out.push_str(&text.color(colour).to_string()),
            None => out.push_str(text),
        }
    }
    colored::control::unset_override();
    out
}

fn colour(kind: Kind) -> Option<Color> {
    match kind {
        Kind::Keyword => Some(Color::Magenta),
        Kind::Constant | Kind::Number => Some(Color::Yellow),
        Kind::Builtin => Some(Color::Cyan),
        Kind::Definition => Some(Color::Blue),
        Kind::Decorator => Some(Color::Yellow),
        Kind::Text => Some(Color::Green),
        Kind::Comment => Some(Color::BrightBlack),
        Kind::Plain => None,
    }
}

/// The code cut into pieces; together they are the whole of it.
fn pieces(code: &str) -> Vec<(Kind, usize, usize)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut before = ""; // the word before, to tell definitions and attributes
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let (kind, length) = if c == '#' {
            (Kind::Comment, line_length(rest))
        } else if let Some(length) = string(rest) {
            (Kind::Text, length)
        } else if c.is_ascii_digit() {
            (Kind::Number, number_length(rest))
        } else if is_word(c) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (word_kind(&rest[..length], before), length)
        } else if c == '@'
            && code[..at]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.trim().is_empty())
        {
            let word = rest[1..]
                .find(|c| !(is_word(c) || c == '.'))
                .unwrap_or(rest.len() - 1);
            (Kind::Decorator, 1 + word)
        } else {
            (Kind::Plain, c.len_utf8())
        };
        if c != ' ' {
            before = &rest[..length];
        }
        pieces.push((kind, at, at + length));
        at += length;
    }
    pieces
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn word_kind(word: &str, before: &str) -> Kind {
    match word {
        _ if before == "." => Kind::Plain,
        _ if matches!(before, "def" | "class") => Kind::Definition,
        "True" | "False" | "None" | "Ellipsis" | "NotImplemented" => Kind::Constant,
        "self" | "cls" => Kind::Constant,
        _ if KEYWORDS.binary_search(&word).is_ok() => Kind::Keyword,
        _ if BUILTINS.binary_search(&word).is_ok() => Kind::Builtin,
        _ => Kind::Plain,
    }
}

fn number_length(rest: &str) -> usize {
    let mut length = 0;
    let mut previous = ' ';
    for c in rest.chars() {
        let signed_exponent =
            matches!(c, '+' | '-') && matches!(previous, 'e' | 'E') && !rest.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || signed_exponent) {
            break;
        }
        length += c.len_utf8();
        previous = c;
    }
    length
}

/// The length of the string that begins here with its prefix, closed or not.
fn string(rest: &str) -> Option<usize> {
    let quote_at = rest.find(['"', '\''])?;
    let prefix = &rest[..quote_at];
    let is_prefix = prefix.len() <= 2 && prefix.bytes().all(|b| b"rRbBuUfF".contains(&b));
    if !is_prefix {
        return None;
    }
    let raw = &rest[quote_at..];
    let quote = &raw[..1];
    let triple = quote.repeat(3);
    let ending = if raw.starts_with(&triple) {
        triple.as_str()
    } else {
        quote
    };
    let mut at = ending.len();
    while at < raw.len() {
        let tail = &raw[at..];
        if tail.starts_with(ending) {
            return Some(quote_at + at + ending.len());
        }
        if ending.len() == 1 && tail.starts_with('\n') {
            return Some(quote_at + at);
        }
        let mut letters = tail.chars();
        let skipped = match letters.next() {
            Some('\\') => 1 + letters.next().map_or(0, char::len_utf8),
            Some(c) => c.len_utf8(),
            None => 0,
        };
        at += skipped;
    }
    Some(rest.len())
}

/// The bracket under the cursor or before it, and its partner.
fn bracket_pair(code: &str, cursor: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut pairs = Vec::new();
    for (kind, start, end) in pieces(code) {
        let (Kind::Plain, Some(c)) = (kind, code[start..end].chars().next()) else {
            continue;
        };
        let partner = match c {
            '(' | '[' | '{' => {
                open.push((c, start));
                continue;
            }
            ')' => '(',
            ']' => '[',
            '}' => '{',
            _ => continue,
        };
        if let Some((bracket, at)) = open.pop().filter(|(bracket, _)| *bracket == partner) {
            let _ = bracket;
            pairs.push((at, start));
        }
    }
    let touching = |at: usize| pairs.iter().find(|&&(a, b)| a == at || b == at).copied();
    touching(cursor).or_else(|| touching(cursor.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(code: &str) -> Vec<(Kind, &str)> {
        let told = |&(kind, start, end): &(Kind, usize, usize)| {
            (kind != Kind::Plain).then(|| (kind, &code[start..end]))
        };
        pieces(code).iter().filter_map(told).collect()
    }

    #[test]
    fn lists_are_sorted() {
        assert!(KEYWORDS.is_sorted() && BUILTINS.is_sorted());
    }

    #[test]
    fn code_is_told_apart() {
        use Kind::*;
        assert_eq!(
            kinds("@torch.no_grad()\ndef f(x): return x.sum() + 1e-3 # 和\n"),
            [
                (Decorator, "@torch.no_grad"),
                (Keyword, "def"),
                (Definition, "f"),
                (Keyword, "return"),
                (Number, "1e-3"),
                (Comment, "# 和")
            ]
        );
        assert_eq!(
            kinds("print(f'a{b}', r\"\\\")"),
            [(Builtin, "print"), (Text, "f'a{b}'"), (Text, "r\"\\\")")]
        );
        assert_eq!(kinds("a @ b"), []);
    }

    #[test]
    fn half_typed_code_does_no_harm() {
        let code = "class Net(nn.Module):\n    '''网络\n\\";
        for (at, _) in code.char_indices() {
            let cut = &code[..at];
            let end = pieces(cut).last().map_or(0, |p| p.2);
            assert_eq!(end, cut.len());
            coloured(cut, Some(at));
        }
    }

    #[test]
    fn brackets_find_their_partners() {
        assert_eq!(bracket_pair("f(a[1], ')')", 1), Some((1, 11)));
        assert_eq!(bracket_pair("f(a[1], ')')", 12), Some((1, 11)));
        assert_eq!(bracket_pair("f(a[1]", 6), Some((3, 5)));
        assert_eq!(bracket_pair("f(a]", 4), None);
    }
}
