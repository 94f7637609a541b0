//! What the words of the command line ask for.

use crate::base::nearest::nearest;
use crate::interpreter::Options;
use lexopt::{Arg, Error, Parser, ValueExt};
use std::ffi::OsString;
use std::io::IsTerminal;

/// The text of `--help`.
pub(super) const HELP: &str = "\
PyTorch scripts in one small binary. Without a program, a prompt.

Usage: nn [OPTIONS] [FILE | -c CODE | -m MODULE | -] [ARGS]...

Options:
  -c <CODE>            Run the program given as text
  -m <MODULE>          Run a module by its name
  -i                   Go on with a prompt when the program has ended
  -u                   Write every line of output at once
  -q                   Begin the prompt without a greeting
  -O                   Leave out assert statements
  -W <FILTER>          What becomes of warnings: action:message:category:module:line
      --seed <N>       Seed the random numbers of torch and random
      --threads <N>    Use so many threads
      --torch <LEVEL>  Speak as PyTorch 1 or as PyTorch 2 does [default: 2] [possible values: 1, 2]
  -V, --version        Print the version
  -h, --help           Print help

Environment: NO_COLOR turns colours off, NN_HINTS=0 the help lines after errors.
A comment `# torch: 1` at a script's head chooses the level for it.
";

const LONG: [&str; 5] = ["seed", "threads", "torch", "version", "help"];

/// Where the program comes from.
pub(super) enum Program {
    /// `-c`, with the text.
    Code(String),
    /// `-m`, with the name.
    Module(String),
    /// A file's name, or `-` for standard input.
    File(String),
    /// None was named: the prompt, or what standard input holds.
    None,
}

/// What is to be done.
pub(super) enum Request {
    Help,
    Version,
    Run(Box<Command>),
}

/// A program with its arguments and how to run it.
pub(super) struct Command {
    pub(super) options: Options,
    /// Whether the prompt greets.
    pub(super) greeting: bool,
    /// Whether a prompt follows the program.
    pub(super) interactive: bool,
    pub(super) program: Program,
    pub(super) args: Vec<String>,
}

/// Reads the words after the command's name. As with `python`, all words after a file's name, `-`, or the value of `-c`
/// and `-m` belong to the program.
pub(super) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Request, Error> {
    let mut parser = Parser::from_args(words);
    let mut command = Command {
        options: Options {
            hints: hints_wanted(),
            terminal: std::io::stdout().is_terminal(),
            ..Options::default()
        },
        greeting: true,
        interactive: false,
        program: Program::None,
        args: Vec::new(),
    };
    while let Some(word) = parser.next()? {
        let options = &mut command.options;
        match word {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Request::Version),
            Arg::Short('c') => command.program = Program::Code(text(parser.value()?)),
            Arg::Short('m') => command.program = Program::Module(text(parser.value()?)),
            Arg::Value(file) => command.program = Program::File(text(file)),
            Arg::Short('i') => command.interactive = true,
            Arg::Short('u') => options.terminal = true,
            Arg::Short('q') => command.greeting = false,
            Arg::Short('O') => options.optimize = options.optimize.saturating_add(1),
            Arg::Short('W') => options.warnings.push(text(parser.value()?)),
            // What these ask CPython for is done here anyway, or has nothing to act on.
            Arg::Short('B' | 'E' | 'I' | 'P' | 'S' | 'b' | 'd' | 's' | 'v') => {}
            Arg::Short('X') => drop(parser.value()?),
            Arg::Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Arg::Long("threads") => options.threads = Some(threads(parser.value()?)?),
            Arg::Long("torch") => options.torch_level = level(parser.value()?)?,
            other => return Err(unknown(other)),
        }
        if !matches!(command.program, Program::None) {
            let rest = parser.raw_args()?;
            command.args = rest.map(text).collect();
            break;
        }
    }
    Ok(Request::Run(Box::new(command)))
}

fn text(word: OsString) -> String {
    word.to_string_lossy().into_owned()
}

fn threads(value: OsString) -> Result<usize, Error> {
    let parse = |text: &str| match text.parse::<u16>() {
        Ok(0) => Err("not a number of threads".to_string()),
        Ok(n) => Ok(usize::from(n)),
        Err(error) => Err(error.to_string()),
    };
    value.parse_with(parse)
}

fn level(value: OsString) -> Result<u8, Error> {
    value.parse_with(|text| match text {
        "1" => Ok(1),
        "2" => Ok(2),
        _ => Err("the possible values are 1 and 2"),
    })
}

/// An option that there is not, and the one that may be meant.
fn unknown(word: Arg) -> Error {
    match word {
        Arg::Long(name) => match nearest(name, LONG) {
            Some(meant) => format!("invalid option '--{name}'; did you mean '--{meant}'?").into(),
            None => word.unexpected(),
        },
        other => other.unexpected(),
    }
}

/// Whether a help line may follow an error.
pub(super) fn hints_wanted() -> bool {
    std::env::var_os("NN_HINTS").is_none_or(|value| value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Option<Command> {
        match read(line.split_whitespace().map(OsString::from)) {
            Ok(Request::Run(command)) => Some(*command),
            _ => None,
        }
    }

    /// The program as `python` shows it in `sys.argv`, with its arguments.
    fn program(line: &str) -> Vec<String> {
        let command = command(line).expect("a program to run");
        let named = match command.program {
            Program::Code(code) => vec!["-c".to_string(), code],
            Program::Module(name) => vec!["-m".to_string(), name],
            Program::File(name) => vec![name],
            Program::None => Vec::new(),
        };
        named.into_iter().chain(command.args).collect()
    }

    #[test]
    fn words_after_the_program_belong_to_it() {
        assert_eq!(
            program("--seed 3 a.nn --seed 4 -i"),
            ["a.nn", "--seed", "4", "-i"]
        );
        assert_eq!(program("--seed=3 -i a.nn"), ["a.nn"]);
        assert_eq!(
            program("-c print(1) --lr 2"),
            ["-c", "print(1)", "--lr", "2"]
        );
        assert_eq!(program("-ic -1 -x"), ["-c", "-1", "-x"]);
        assert_eq!(program("- -x"), ["-", "-x"]);
        assert_eq!(program("-Wonce -c x -W y"), ["-c", "x", "-W", "y"]);
        assert_eq!(program("-W m -OB a.nn -- b"), ["a.nn", "--", "b"]);
        assert_eq!(program("-i -- -odd.nn -x"), ["-odd.nn", "-x"]);
        assert!(program("-i").is_empty());
    }

    #[test]
    fn options_are_read_or_refused() {
        let all = command("--seed=3 --threads 2 --torch 1 -OOqiu -Wa -W b").expect("options");
        let options = all.options;
        assert_eq!(
            (options.seed, options.threads, options.torch_level),
            (Some(3), Some(2), 1)
        );
        assert_eq!(
            (options.optimize, options.warnings),
            (2, vec!["a".into(), "b".into()])
        );
        assert!(all.interactive && !all.greeting && options.terminal);
        for wrong in [
            "--seed",
            "--seed x",
            "--threads 0",
            "--torch 3",
            "--sed 1",
            "-z",
            "-c",
        ] {
            assert!(command(wrong).is_none(), "{wrong}");
        }
        let error = read([OsString::from("--sed")])
            .err()
            .expect("no such option");
        assert_eq!(
            error.to_string(),
            "invalid option '--sed'; did you mean '--seed'?"
        );
    }
}
