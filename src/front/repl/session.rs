//! The loop: read a cell, run it, show its value.

use super::editor::CellEditor;
use super::magic::{self, Cell};
use super::pasted::without_prompts;
use crate::front::show;
use crate::interpreter::{CellOutcome, Ending, Interpreter};
use rustyline::error::ReadlineError;
use std::cell::RefCell;
use std::io::Write;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Runs the prompt until it is left, and answers with the exit status.
pub(in crate::front) fn run(interpreter: Interpreter, banner: bool) -> u8 {
    let interrupt = interpreter.interrupt_flag();
    let hints = interpreter.hints();
    let interpreter = Rc::new(RefCell::new(interpreter));
    let mut editor = match CellEditor::new(Rc::clone(&interpreter)) {
        Ok(editor) => editor,
        Err(error) => {
            show::error(&format!("nn: no prompt on this terminal: {error}\n"));
            return 1;
        }
    };
    if banner {
        let version = env!("CARGO_PKG_VERSION");
        say(&format!(
            "Torchlet {version}, PyTorch in one small binary. ?name explains, Ctrl-D leaves.\n"
        ));
    }
    let mut number = 1;
    loop {
        say("\n");
        let text = match editor.read(number) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return 0,
            Err(error) => {
                show::error(&format!("nn: {error}\n"));
                return 1;
            }
        };
        let text = without_prompts(&text);
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        editor.remember(text);
        // A Ctrl-C that came after the last cell had ended is not meant for this one.
        interrupt.store(false, Ordering::SeqCst);
        if let ControlFlow::Break(status) =
            run_cell(&mut interpreter.borrow_mut(), text, number, hints)
        {
            return status;
        }
        number += 1;
    }
}

fn run_cell(
    interpreter: &mut Interpreter,
    text: &str,
    number: usize,
    hints: bool,
) -> ControlFlow<u8> {
    match magic::read(text) {
        Cell::Blank => {}
        Cell::Leave => return ControlFlow::Break(0),
        Cell::Code(code) => {
            let outcome = interpreter.run_cell(code, number);
            return show_outcome(interpreter, outcome, hints);
        }
        Cell::Timed(code) => {
            let start = Instant::now();
            let outcome = interpreter.run_cell(code, number);
            let elapsed = start.elapsed();
            let flow = show_outcome(interpreter, outcome, hints);
            say(&format!("Wall time: {}\n", told(elapsed)));
            return flow;
        }
        Cell::Help(expression) => match interpreter.help(expression) {
            Some(text) => say(&format!("{}\n", text.trim_end())),
            None => say(&format!("Object `{expression}` not found.\n")),
        },
        Cell::TellTorch => say(&format!("torch level {}\n", interpreter.torch_level())),
        Cell::SetTorch(level) => interpreter.set_torch_level(level),
        Cell::Refused(why) => show::error(&format!("{why}\n")),
    }
    ControlFlow::Continue(())
}

fn show_outcome(
    interpreter: &mut Interpreter,
    outcome: CellOutcome,
    hints: bool,
) -> ControlFlow<u8> {
    interpreter.flush();
    match outcome.ending {
        Ending::Finished => {
            if let Some(value) = outcome.value {
                say(&format!("{value}\n"));
            }
        }
        Ending::Exit { status, message } => {
            if let Some(message) = message {
                show::error(&format!("{message}\n"));
            }
            // As the system does, the lowest eight bits are kept.
            return ControlFlow::Break(status as u8);
        }
        Ending::Raised(report) | Ending::Interrupted(report) => show::report(&report, hints),
    }
    ControlFlow::Continue(())
}

/// A time as IPython tells it.
fn told(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s >= 60.0 => format!("{}min {:.0}s", (s / 60.0) as u64, s % 60.0),
        s if s >= 1.0 => format!("{s:.3} s"),
        s if s >= 1e-3 => format!("{:.3} ms", s * 1e3),
        s => format!("{:.3} µs", s * 1e6),
    }
}

/// Writes to the terminal. When it has gone away the next read says so.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
