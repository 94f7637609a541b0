//! The command line: what to run, and the exit status that comes of it.

use super::{repl, show};
use crate::interpreter::{Ending, Interpreter, Options};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::Path;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;
/// Standard output was closed before everything had been written, as CPython counts it.
const UNREAD: u8 = 120;

/// Scripts recurse on the heap, but native code that calls back into them, and the compiler, on the host's stack.
const STACK: usize = 1 << 28;

/// Runs the command with the process's arguments and answers with its exit status.
pub fn main() -> u8 {
    std::panic::set_hook(Box::new(|bug| {
        show::error(&format!("nn: internal error: {bug}\n"));
        std::process::exit(i32::from(FAILED));
    }));
    let run = std::thread::Builder::new()
        .name("main".to_string())
        .stack_size(STACK)
        .spawn(command_line);
    match run.map(std::thread::JoinHandle::join) {
        Ok(Ok(status)) => status,
        Ok(Err(_)) => FAILED,
        Err(error) => {
            show::error(&format!("nn: can't start: {error}\n"));
            FAILED
        }
    }
}

fn command_line() -> u8 {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (ours, program) = split(&words);
    let matches =
        match command().try_get_matches_from(std::iter::once(OsString::from("nn")).chain(ours)) {
            Ok(matches) => matches,
            Err(error) => {
                let _ = error.print();
                return if error.use_stderr() { USAGE } else { 0 };
            }
        };
    let interpreter = Interpreter::new(options(&matches));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, interpreter.interrupt_flag());
    run(interpreter, &matches, &program)
}

fn command() -> Command {
    let number = |name: &'static str, of: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(of).help(help)
    };
    Command::new("nn")
        .about("PyTorch scripts in one small binary. Without a program, a prompt.")
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage("nn [OPTIONS] [FILE | -c CODE | -m MODULE | -] [ARGS]...")
        .disable_version_flag(true)
        .arg(
            Arg::new("code")
                .short('c')
                .value_name("CODE")
                .allow_hyphen_values(true)
                .help("Run the program given as text"),
        )
        .arg(
            Arg::new("module")
                .short('m')
                .value_name("MODULE")
                .help("Run a module by its name"),
        )
        .arg(
            Arg::new("interactive")
                .short('i')
                .action(ArgAction::SetTrue)
                .help("Go on with a prompt when the program has ended"),
        )
        .arg(
            Arg::new("unbuffered")
                .short('u')
                .action(ArgAction::SetTrue)
                .help("Write every line of output at once"),
        )
        .arg(
            Arg::new("quiet")
                .short('q')
                .action(ArgAction::SetTrue)
                .help("Begin the prompt without a greeting"),
        )
        .arg(
            Arg::new("optimize")
                .short('O')
                .action(ArgAction::Count)
                .help("Leave out assert statements"),
        )
        .arg(
            Arg::new("warnings")
                .short('W')
                .value_name("FILTER")
                .action(ArgAction::Append)
                .help("What becomes of warnings: action:message:category:module:line"),
        )
        // What these ask CPython for is done here anyway, or has nothing to act on.
        .args(["B", "E", "I", "P", "S", "b", "d", "s", "v"].map(|letter| {
            Arg::new(letter)
                .short(letter.chars().next())
                .action(ArgAction::Count)
                .hide(true)
        }))
        .arg(
            Arg::new("X")
                .short('X')
                .action(ArgAction::Append)
                .hide(true),
        )
        .arg(
            number("seed", "N", "Seed the random numbers of torch and random")
                .value_parser(value_parser!(u64)),
        )
        .arg(
            number("threads", "N", "Use so many threads")
                .value_parser(value_parser!(u16).range(1..)),
        )
        .arg(
            number("torch", "LEVEL", "Speak as PyTorch 1 or as PyTorch 2 does")
                .default_value("2")
                .value_parser(PossibleValuesParser::new(["1", "2"])),
        )
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version"),
        )
        .after_help(
            "Environment: NO_COLOR turns colours off, NN_HINTS=0 the help lines after errors.\n\
             A comment `# torch: 1` at a script's head chooses the level for it.",
        )
}

/// Splits the words into our own options and the program with its arguments, to which every word after a file
/// name, `-`, or the value of `-c` and `-m` belongs, as with `python`.
fn split(words: &[OsString]) -> (Vec<OsString>, Vec<OsString>) {
    let mut end = 0;
    while let Some(word) = words.get(end) {
        let word = word.to_string_lossy();
        if word == "--" {
            return (words[..end].to_vec(), words[end + 1..].to_vec());
        }
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            break;
        };
        end += 1;
        if let Some(long) = letters.strip_prefix('-') {
            let takes_value = matches!(long, "seed" | "threads" | "torch");
            end += usize::from(takes_value);
        } else if let Some(at) = letters.find(['c', 'm', 'W', 'X']) {
            let attached = at + 1 < letters.len();
            end += usize::from(!attached);
            if letters[at..].starts_with(['c', 'm']) {
                break;
            }
        }
    }
    let end = end.min(words.len());
    (words[..end].to_vec(), words[end..].to_vec())
}

fn options(matches: &ArgMatches) -> Options {
    let threads = matches.get_one::<u16>("threads").map(|&n| usize::from(n));
    let level = matches
        .get_one::<String>("torch")
        .map_or(2, |level| if level == "1" { 1 } else { 2 });
    Options {
        seed: matches.get_one::<u64>("seed").copied(),
        threads,
        torch_level: level,
        hints: hints_wanted(),
        terminal: matches.get_flag("unbuffered") || std::io::stdout().is_terminal(),
        warnings: matches
            .get_many("warnings")
            .map_or_else(Vec::new, |all| all.cloned().collect()),
        optimize: matches.get_count("optimize"),
    }
}

fn hints_wanted() -> bool {
    std::env::var_os("NN_HINTS").is_none_or(|value| value != "0")
}

/// Runs what the command line names.
fn run(mut interpreter: Interpreter, matches: &ArgMatches, program: &[OsString]) -> u8 {
    let args: Vec<String> = program
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let ending = if let Some(code) = matches.get_one::<String>("code") {
        interpreter.run_code(code, "<string>", &argv("-c", &args))
    } else if let Some(module) = matches.get_one::<String>("module") {
        interpreter.run_module(module, &args)
    } else if let Some((file, rest)) = args.split_first().filter(|(file, _)| *file != "-") {
        match interpreter.run_file(Path::new(file), rest) {
            Ok(ending) => ending,
            Err(error) => return cannot_open(file, &error),
        }
    } else if std::io::stdin().is_terminal() && args.is_empty() {
        return repl::run(interpreter, !matches.get_flag("quiet"));
    } else {
        let mut bytes = Vec::new();
        if let Err(error) = std::io::stdin().read_to_end(&mut bytes) {
            show::error(&format!("nn: can't read standard input: {error}\n"));
            return FAILED;
        }
        let (dash, rest) = args
            .split_first()
            .map_or(("", &[][..]), |(dash, rest)| (dash.as_str(), rest));
        interpreter.run_bytes(&bytes, "<stdin>", &argv(dash, rest))
    };
    let status = conclude(&mut interpreter, ending);
    if matches.get_flag("interactive") && std::io::stdin().is_terminal() {
        return repl::run(interpreter, false);
    }
    status
}

fn argv(zeroth: &str, rest: &[String]) -> Vec<String> {
    std::iter::once(zeroth.to_string())
        .chain(rest.iter().cloned())
        .collect()
}

/// Writes out what is left to say and answers with the exit status.
fn conclude(interpreter: &mut Interpreter, ending: Ending) -> u8 {
    let read = interpreter.flush();
    match ending {
        Ending::Finished if !read => UNREAD,
        Ending::Finished => 0,
        Ending::Exit { status, message } => {
            if let Some(message) = message {
                show::error(&format!("{message}\n"));
            }
            // As the system does, the lowest eight bits are kept.
            status as u8
        }
        Ending::Raised(report) => {
            show::report(&report, hints_wanted());
            FAILED
        }
        Ending::Interrupted(report) => {
            show::report(&report, hints_wanted());
            INTERRUPTED
        }
    }
}

/// In CPython's words and with its exit status.
fn cannot_open(file: &str, error: &std::io::Error) -> u8 {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
    let path = path.display();
    if error.kind() == std::io::ErrorKind::IsADirectory {
        show::error(&format!("nn: can't find '__main__' module in '{path}'\n"));
        return FAILED;
    }
    let number = error.raw_os_error().unwrap_or_default();
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    show::error(&format!(
        "nn: can't open file '{path}': [Errno {number}] {text}\n"
    ));
    USAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(line: &str) -> (String, String) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let (ours, program) = split(&words);
        let join = |words: Vec<OsString>| words.join(" ".as_ref()).to_string_lossy().into_owned();
        (join(ours), join(program))
    }

    #[test]
    fn options_after_the_program_belong_to_it() {
        let both = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(
            parted("--seed 3 a.nn --seed 4 -i"),
            both("--seed 3", "a.nn --seed 4 -i")
        );
        assert_eq!(parted("--seed=3 -i a.nn"), both("--seed=3 -i", "a.nn"));
        assert_eq!(parted("-c print(1) --lr 2"), both("-c print(1)", "--lr 2"));
        assert_eq!(parted("-ic print(1) -x"), both("-ic print(1)", "-x"));
        assert_eq!(parted("- -x"), both("", "- -x"));
        assert_eq!(parted("-Wonce -c x -W y"), both("-Wonce -c x", "-W y"));
        assert_eq!(parted("-W m -OB a.nn"), both("-W m -OB", "a.nn"));
        assert_eq!(parted("--seed"), both("--seed", ""));
        assert_eq!(parted("-i -- -odd.nn"), both("-i", "-odd.nn"));
    }

    #[test]
    fn the_command_is_well_formed() {
        command().debug_assert();
        assert!(
            command()
                .try_get_matches_from(["nn", "--torch", "3"])
                .is_err()
        );
    }
}
