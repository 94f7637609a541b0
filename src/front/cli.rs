//! The command line: what to run, and the exit status that comes of it.

use super::arguments::{self, Command, HELP, Program, Request, hints_wanted};
use super::{repl, show};
use crate::interpreter::{Ending, Interpreter};
use std::io::{IsTerminal, Read, Write};
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
    let command = match arguments::read(std::env::args_os().skip(1)) {
        Ok(Request::Run(command)) => *command,
        Ok(Request::Help) => return tell(HELP),
        Ok(Request::Version) => return tell(concat!("nn ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(error) => {
            show::error(&format!(
                "nn: {error}\nusage: nn [OPTIONS] [FILE | -c CODE | -m MODULE | -] [ARGS]...\n\
                 Try 'nn --help' for more information.\n"
            ));
            return USAGE;
        }
    };
    let interpreter = Interpreter::new(command.options.clone());
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, interpreter.interrupt_flag());
    run(interpreter, command)
}

/// Writes a text that was asked for.
fn tell(text: &str) -> u8 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => 0,
        Err(_) => UNREAD,
    }
}

/// Runs what the command line names.
fn run(mut interpreter: Interpreter, command: Command) -> u8 {
    let args = command.args;
    let ending = match &command.program {
        Program::Code(code) => interpreter.run_code(code, "<string>", &argv("-c", &args)),
        Program::Module(module) => interpreter.run_module(module, &args),
        Program::File(file) if file != "-" => match interpreter.run_file(Path::new(file), &args) {
            Ok(ending) => ending,
            Err(error) => return cannot_open(file, &error),
        },
        Program::None if std::io::stdin().is_terminal() => {
            return repl::run(interpreter, command.greeting);
        }
        from => {
            let mut bytes = Vec::new();
            if let Err(error) = std::io::stdin().read_to_end(&mut bytes) {
                show::error(&format!("nn: can't read standard input: {error}\n"));
                return FAILED;
            }
            let dash = if matches!(from, Program::None) {
                ""
            } else {
                "-"
            };
            interpreter.run_bytes(&bytes, "<stdin>", &argv(dash, &args))
        }
    };
    let status = conclude(&mut interpreter, ending);
    if command.interactive && std::io::stdin().is_terminal() {
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
