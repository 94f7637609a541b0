//! Programs that nobody wrote: grown from the grammar, and the same with pieces of text cut, doubled, moved and put in.
//! Whatever they are, they end: no panic, no hang, no abort; what was grown from the grammar is never a SyntaxError.
//!
//! `ROBUSTNESS=20000 cargo test --test robustness` runs more of them.

use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use torchlet::interpreter::{Ending, Interpreter, Options};

/// After this long a program is interrupted.
const PATIENCE: Duration = Duration::from_secs(3);
/// After this long without an answer to the interrupt, it hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// What all programs begin with: nothing is printed, and no value grows without end.
const PRELUDE: &str = "\
said = []
def print(*values, **options):
    said[:] = [len(values), len(options)]
def cap(value):
    if isinstance(value, int):
        return value if -10**40 < value < 10**40 else 7
    try:
        return value[:6] if len(value) > 40 else value
    except Exception:
        return value
class Thing:
    def __init__(self, *parts): self.parts = parts
    def __eq__(self, other): return self.parts == getattr(other, 'parts', None)
    def __hash__(self): return hash(self.parts)
    def __getitem__(self, key): return self.parts[key]
    def __enter__(self): return self
    def __exit__(self, *exception): return bool(self.parts)
    def __add__(self, other): return Thing(*self.parts[:5], other)
    def __call__(self, *args, **kwargs): return args
a, b, c, d, e = 1, 'two', [3, 4], {'five': 6}, Thing(7)
";

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Grows a program; each choice takes a byte, so that fewer and smaller bytes make a smaller program.
struct Grower<'a> {
    bytes: std::slice::Iter<'a, u8>,
    text: String,
    indent: usize,
    /// How many expressions stand around this one.
    depth: usize,
    in_function: bool,
    in_async: bool,
    in_loop: bool,
    /// Assignment expressions have rules of their own in comprehensions.
    in_comprehension: bool,
}

impl Grower<'_> {
    /// A number below `n`; 0 when nothing is left to choose by.
    fn pick(&mut self, n: usize) -> usize {
        self.bytes.next().map_or(0, |&byte| usize::from(byte) % n)
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.pick(NAMES.len())]
    }

    fn program(mut self) -> String {
        self.text.push_str(PRELUDE);
        while self.bytes.len() > 0 {
            self.statement();
        }
        self.text
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.text.push_str("    ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn block(&mut self) {
        self.indent += 1;
        for _ in 0..1 + self.pick(3) {
            self.statement();
        }
        self.indent -= 1;
    }

    /// A block whose jumps belong to a loop.
    fn looped(&mut self) {
        let outer = std::mem::replace(&mut self.in_loop, true);
        self.block();
        self.in_loop = outer;
    }

    fn statement(&mut self) {
        let simple = self.indent > 3;
        match self.pick(if simple { 8 } else { 20 }) {
            0 => self.line("pass"),
            1 | 2 => {
                let text = format!("{} = cap({})", self.target(), self.expression());
                self.line(&text);
            }
            3 => {
                let (name, value) = (self.name(), self.expression());
                let op = ["+", "-", "*", "/", "//", "%", "|", "&", "^", "@"][self.pick(10)];
                self.line(&format!("{name} {op}= {value}; {name} = cap({name})"));
            }
            4 => {
                let text = self.expression();
                self.line(&text);
            }
            5 => {
                let text = match self.pick(6) {
                    0 => format!("assert {}, {}", self.expression(), self.expression()),
                    1 => format!("raise ValueError({})", self.expression()),
                    2 => format!("del {}", self.name()),
                    3 if self.in_loop => ["break", "continue"][self.pick(2)].to_string(),
                    4 if self.in_function && !self.in_async => {
                        format!("yield {}", self.expression())
                    }
                    5 if self.in_async => format!("await ({})", self.expression()),
                    _ => format!(
                        "{}: {} = {}",
                        self.name(),
                        self.expression(),
                        self.expression()
                    ),
                };
                self.line(&text);
            }
            6 if self.in_function => {
                let text = format!("return {}", self.expression());
                self.line(&text);
            }
            7 => {
                let text = format!("print({}, sep={})", self.expression(), self.expression());
                self.line(&text);
            }
            8 | 9 => self.condition(),
            10 => {
                let text = format!("for {} in {}:", self.target(), self.iterable());
                self.line(&text);
                self.looped();
                self.otherwise();
            }
            11 => {
                self.line("left = 3");
                let text = format!("while (left := left - 1) > 0 and {}:", self.expression());
                self.line(&text);
                self.looped();
            }
            12 | 13 => self.attempt(),
            14 | 15 => self.function(),
            16 => self.class(),
            17 => {
                let text = format!("with Thing({}) as {}:", self.expression(), self.name());
                self.line(&text);
                self.block();
            }
            18 => self.choice(),
            _ => {
                let text = format!("({}, *{}) = {}", self.name(), self.name(), self.iterable());
                self.line(&text);
            }
        }
    }

    fn otherwise(&mut self) {
        if self.pick(3) == 1 {
            self.line("else:");
            self.block();
        }
    }

    fn condition(&mut self) {
        let text = format!("if {}:", self.expression());
        self.line(&text);
        self.block();
        if self.pick(3) == 1 {
            let text = format!("elif {}:", self.expression());
            self.line(&text);
            self.block();
        }
        self.otherwise();
    }

    fn attempt(&mut self) {
        self.line("try:");
        self.block();
        let handled = self.pick(3) != 2;
        if handled {
            let kinds = [
                "Exception",
                "(TypeError, ValueError)",
                "KeyError",
                "ZeroDivisionError",
            ];
            let text = format!(
                "except {} as {}:",
                kinds[self.pick(kinds.len())],
                self.name()
            );
            self.line(&text);
            self.block();
            self.otherwise();
        }
        if !handled || self.pick(3) == 1 {
            self.line("finally:");
            self.block();
        }
    }

    fn function(&mut self) {
        let is_async = self.pick(4) == 1;
        for _ in 0..self.pick(2) {
            self.line("@(lambda made: made)");
        }
        let text = format!(
            "{}def {}({}, *args, {}={}, **named):",
            if is_async { "async " } else { "" },
            self.name(),
            ["p", "p, q=1", "p, /, q=2", "p=3"][self.pick(4)],
            ["k", "l"][self.pick(2)],
            self.expression()
        );
        self.line(&text);
        let outer = (self.in_function, self.in_async, self.in_loop);
        (self.in_function, self.in_async, self.in_loop) = (true, is_async, false);
        self.block();
        (self.in_function, self.in_async, self.in_loop) = outer;
    }

    fn class(&mut self) {
        let bases = ["", "(Thing)", "(list)", "(dict, object)", "(Exception)"][self.pick(5)];
        let text = format!("class {}{bases}:", self.name());
        self.line(&text);
        let outer = (self.in_function, self.in_async, self.in_loop);
        (self.in_function, self.in_async, self.in_loop) = (false, false, false);
        self.block();
        (self.in_function, self.in_async, self.in_loop) = outer;
    }

    fn choice(&mut self) {
        let text = format!("match {}:", self.expression());
        self.line(&text);
        self.indent += 1;
        let patterns = [
            "0 | 1",
            "[x, *_]",
            "{'five': y, **rest}",
            "str() as z",
            "Thing(parts=())",
            "(1, (x, y))",
            "None",
        ];
        for _ in 0..1 + self.pick(2) {
            let text = format!(
                "case {} if {}:",
                patterns[self.pick(patterns.len())],
                self.expression()
            );
            self.line(&text);
            self.block();
        }
        self.line("case _:");
        self.block();
        self.indent -= 1;
    }

    fn target(&mut self) -> String {
        match self.pick(6) {
            0 => format!("{}[{}]", self.name(), self.expression()),
            1 => format!("{}.field", self.name()),
            2 => format!("{}, {}", self.name(), self.name()),
            3 => format!("{}[{}:{}]", self.name(), self.pick(4), self.pick(9)),
            _ => self.name().to_string(),
        }
    }

    fn iterable(&mut self) -> String {
        match self.pick(5) {
            0 => format!("range({})", self.pick(4)),
            1 => format!("[{}, {}]", self.expression(), self.expression()),
            2 => format!("zip({}, 'xy')", self.expression()),
            3 => format!("list({})[:3]", self.expression()),
            _ => self.name().to_string(),
        }
    }

    fn expression(&mut self) -> String {
        if self.depth > 4 {
            return self.atom();
        }
        self.depth += 1;
        let kind = self.pick(24);
        let outer = self.in_comprehension;
        self.in_comprehension |= matches!(kind, 13 | 14 | 21);
        let text = self.compound(kind);
        self.in_comprehension = outer;
        self.depth -= 1;
        text
    }

    fn compound(&mut self, kind: usize) -> String {
        const BINARY: [&str; 19] = [
            "+", "-", "*", "/", "//", "%", "@", "|", "&", "^", "==", "!=", "<", ">=", "is",
            "is not", "in", "and", "or",
        ];
        match kind {
            0..=6 => self.atom(),
            7..=9 => {
                let op = BINARY[self.pick(BINARY.len())];
                format!("({} {op} {})", self.expression(), self.expression())
            }
            10 => format!(
                "({}{})",
                ["-", "~", "not ", "+"][self.pick(4)],
                self.expression()
            ),
            11 => format!("{}[{}]", self.name(), self.expression()),
            12 => format!(
                "{}[{}:{}:{}]",
                self.name(),
                self.atom(),
                self.atom(),
                1 + self.pick(3)
            ),
            13 => format!(
                "[{} for {} in {} if {}]",
                self.expression(),
                self.name(),
                self.iterable(),
                self.expression()
            ),
            14 => format!(
                "{{{}: {} for {} in {}}}",
                self.expression(),
                self.expression(),
                self.name(),
                self.iterable()
            ),
            15 => format!("(lambda {}, *r, **k: {})", self.name(), self.lambda_body()),
            16 => format!(
                "({} if {} else {})",
                self.expression(),
                self.expression(),
                self.expression()
            ),
            17 => format!("[{}, *{}]", self.expression(), self.iterable()),
            18 => format!(
                "{{{}: {}, **{}}}",
                self.expression(),
                self.expression(),
                self.name()
            ),
            19 => {
                let spec = ["", "!r", ":>8", ":.2f", "!s:^{4}", "="][self.pick(6)];
                format!("f'<{{{}{spec}}}>'", self.name())
            }
            20 => self.call(),
            21 => format!("sum(1 for {} in {})", self.name(), self.iterable()),
            22 if !self.in_comprehension => format!("({} := {})", self.name(), self.expression()),
            _ => {
                let methods = [
                    "upper()",
                    "split()",
                    "keys()",
                    "append(1)",
                    "copy()",
                    "pop()",
                    "real",
                    "parts",
                    "count(1)",
                    "__class__",
                    "items()",
                    "join('ab')",
                    "update({1: 2})",
                    "index(4)",
                    "bit_length()",
                    "nothing",
                ];
                format!("{}.{}", self.name(), methods[self.pick(methods.len())])
            }
        }
    }

    /// What stands in a lambda neither awaits nor yields.
    fn lambda_body(&mut self) -> String {
        let outer = (self.in_function, self.in_async);
        (self.in_function, self.in_async) = (true, false);
        let body = self.expression();
        (self.in_function, self.in_async) = outer;
        body
    }

    fn call(&mut self) -> String {
        const FUNCTIONS: [&str; 24] = [
            "len",
            "repr",
            "str",
            "sorted",
            "type",
            "iter",
            "next",
            "list",
            "tuple",
            "set",
            "dict",
            "int",
            "float",
            "abs",
            "max",
            "sum",
            "bool",
            "hash",
            "id",
            "callable",
            "enumerate",
            "reversed",
            "bytes",
            "complex",
        ];
        match self.pick(3) {
            0 => format!(
                "{}({}, {})",
                self.name(),
                self.expression(),
                self.expression()
            ),
            1 => format!("{}(*{}, **{})", self.name(), self.name(), self.name()),
            _ => {
                let function = FUNCTIONS[self.pick(FUNCTIONS.len())];
                // `bytes(10 ** 12)` would be no error, only large.
                let argument = self.expression();
                match function {
                    "bytes" => format!("bytes([{argument}])"),
                    _ => format!("{function}({argument})"),
                }
            }
        }
    }

    fn atom(&mut self) -> String {
        const LITERALS: [&str; 24] = [
            "0",
            "1",
            "-1",
            "2.5",
            "1e308",
            "0x7f",
            "10**30",
            "3j",
            "''",
            "'text'",
            "'ünï'",
            "b'\\x00z'",
            "None",
            "True",
            "...",
            "()",
            "[]",
            "{}",
            "{1, 2}",
            "(1, 'b')",
            "r'\\d'",
            "-0.0",
            "'{}'.format",
            "range(3)",
        ];
        match self.pick(3) {
            0 => self.name().to_string(),
            _ => LITERALS[self.pick(LITERALS.len())].to_string(),
        }
    }
}

fn grow(bytes: &[u8]) -> String {
    let grower = Grower {
        bytes: bytes.iter(),
        text: String::new(),
        indent: 0,
        depth: 0,
        in_function: false,
        in_async: false,
        in_loop: false,
        in_comprehension: false,
    };
    grower.program()
}

/// Cuts, doubles, moves and puts in pieces of a program, three bytes a change.
fn mutate(text: &str, changes: &[(u16, u8, u8)]) -> String {
    const PIECES: [&str; 30] = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ";",
        "\n",
        "    ",
        "\t",
        "'",
        "\"\"\"",
        "\\",
        "#",
        "f'{",
        "lambda",
        "await ",
        "yield ",
        "*",
        "**",
        ":=",
        "=",
        "->",
        "@",
        "0x",
        "\u{0}",
        "é",
        "\u{10FFFF}",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    let start = PRELUDE.chars().count();
    for &(place, kind, length) in changes {
        let room = chars.len() - start;
        let at = start + usize::from(place) % (room + 1);
        let end = (at + usize::from(length % 12)).min(chars.len());
        match kind % 5 {
            0 => drop(chars.drain(at..end)),
            1 => {
                let piece = chars[at..end].to_vec();
                chars.splice(at..at, piece);
            }
            2 => {
                let piece: Vec<char> = chars.drain(at..end).collect();
                let to = start + usize::from(length) * 7 % (chars.len() - start + 1);
                chars.splice(to..to, piece);
            }
            _ => {
                let piece = PIECES[usize::from(length) % PIECES.len()].chars();
                chars.splice(at..at, piece);
            }
        }
    }
    chars.into_iter().collect()
}

/// Runs a program in an interpreter of its own; the first line of what it ended with, if that is an error.
fn outcome(program: &str) -> Option<String> {
    let mut interpreter = Interpreter::new(Options::default());
    let interrupt = interpreter.interrupt_flag();
    let (done, waiting) = channel::<()>();
    let shown = program.to_string();
    let watch = std::thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            interrupt.store(true, Ordering::SeqCst);
            if waiting.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                eprintln!("this program hangs:\n{shown}");
                std::process::abort();
            }
        }
    });
    let ending = interpreter.run_code(program, "<grown>", &["grown".to_string()]);
    drop(interpreter);
    drop(done);
    watch.join().expect("the watch ends with the program");
    match ending {
        Ending::Raised(report) => Some(report.headline.clone()),
        Ending::Finished | Ending::Interrupted(_) | Ending::Exit { .. } => None,
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("ROBUSTNESS")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(120),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// What the grammar allows is read, compiled and run.
    #[test]
    fn grown_programs_end(bytes in vec(any::<u8>(), 0..400)) {
        let program = grow(&bytes);
        if let Some(headline) = outcome(&program) {
            let mut shown = String::new();
            let _ = write!(shown, "{headline}\n{program}");
            prop_assert!(!headline.starts_with("SyntaxError"), "{}", shown);
        }
    }

    /// What no grammar allows ends with an error, or runs.
    #[test]
    fn mutated_programs_end(
        bytes in vec(any::<u8>(), 0..160),
        changes in vec(any::<(u16, u8, u8)>(), 1..12),
    ) {
        outcome(&mutate(&grow(&bytes), &changes));
    }

    /// Any text ends.
    #[test]
    fn any_text_ends(text in ".{0,80}", places in vec(any::<u8>(), 0..40)) {
        outcome(&text);
        let tokens = ["if", "def", "(", ")", ":", "\n", "  ", "x", "1", "'", "f'{x", "}", "=", "lambda", "[", "]", "match", "case", "@", "async", "#", "\\\n", "*", "import", "class", "not", "for", "in", "0b", "e"];
        let text: String = places.iter().map(|&place| tokens[usize::from(place) % tokens.len()]).collect();
        outcome(&text);
    }
}
