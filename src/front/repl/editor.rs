//! The line editor: colours, completion and keys put together.

use super::highlight;
use super::keys::{Backspace, Enter, LastEdit, Tab};
use super::pasted::without_prompts;
use crate::front::colours;
use crate::interpreter::{Completeness, Interpreter};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    ColorMode, CompletionType, Config, Context, Editor, EventHandler, Helper, KeyCode, KeyEvent,
    Modifiers,
};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;

const HISTORY_LENGTH: usize = 5000;

/// The editor of the prompt and where its history is kept.
pub(super) struct CellEditor {
    editor: Editor<CellHelper, FileHistory>,
    history: Option<PathBuf>,
    colour: bool,
}

impl CellEditor {
    /// An editor with the history of former sessions.
    pub(super) fn new(interpreter: Rc<RefCell<Interpreter>>) -> Result<CellEditor, ReadlineError> {
        let colour = colours::wanted(&std::io::stdout());
        let config = Config::builder()
            .max_history_size(HISTORY_LENGTH)?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .color_mode(if colour {
                ColorMode::Enabled
            } else {
                ColorMode::Disabled
            })
            .bell_style(rustyline::config::BellStyle::None)
            .tab_stop(4)
            .indent_size(4)
            .build();
        let last_edit = LastEdit::default();
        let mut editor = Editor::with_config(config)?;
        bind_keys(&mut editor, &last_edit);
        editor.set_helper(Some(CellHelper {
            interpreter,
            last_edit,
            submitted: Cell::new(false),
        }));
        let history = history_file();
        if let Some(path) = &history {
            // A first session has none.
            let _ = editor.load_history(path);
        }
        Ok(CellEditor {
            editor,
            history,
            colour,
        })
    }

    /// Lets a cell be written under its head.
    pub(super) fn read(&mut self, number: usize) -> Result<String, ReadlineError> {
        // The head is no prompt of the editor's: a prompt that ends with a line break is repainted a row too low.
        let mut out = std::io::stdout().lock();
        match self.colour {
            true => writeln!(out, "\x1b[32mIn [\x1b[1m{number}\x1b[22m]:\x1b[0m")?,
            false => writeln!(out, "In [{number}]:")?,
        }
        drop(out);
        self.editor.readline("")
    }

    /// Adds a cell to the history, on disk too, so that it outlives whatever the cell does.
    pub(super) fn remember(&mut self, cell: &str) {
        // Losing history is no reason to disturb the session.
        let _ = self.editor.add_history_entry(cell);
        if let Some(path) = &self.history {
            let _ = path.parent().map(std::fs::create_dir_all);
            let _ = self.editor.append_history(path);
        }
    }
}

fn bind_keys(editor: &mut Editor<CellHelper, FileHistory>, last_edit: &LastEdit) {
    let enter = |only_breaks| {
        EventHandler::Conditional(Box::new(Enter {
            last_edit: last_edit.clone(),
            only_breaks,
        }))
    };
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::NONE), enter(false));
    editor.bind_sequence(KeyEvent::ctrl('J'), enter(false));
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), enter(true));
    editor.bind_sequence(
        KeyEvent(KeyCode::Tab, Modifiers::NONE),
        EventHandler::Conditional(Box::new(Tab)),
    );
    let backspace = KeyEvent(KeyCode::Backspace, Modifiers::NONE);
    editor.bind_sequence(backspace, EventHandler::Conditional(Box::new(Backspace)));
}

/// `torchlet/history` in the place where programs keep their state.
fn history_file() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("torchlet/history"))
}

/// What the editor asks while a cell is written.
struct CellHelper {
    interpreter: Rc<RefCell<Interpreter>>,
    last_edit: LastEdit,
    submitted: Cell<bool>,
}

impl Helper for CellHelper {}
impl Hinter for CellHelper {
    type Hint = String;
}
/// Asked where the terminal is too simple for editing, and lines are read one by one.
impl Validator for CellHelper {
    fn validate(&self, ctx: &mut ValidationContext) -> Result<ValidationResult, ReadlineError> {
        Ok(
            match Interpreter::completeness(&without_prompts(ctx.input())) {
                Completeness::Incomplete { .. } => ValidationResult::Incomplete,
                Completeness::Complete | Completeness::Invalid => ValidationResult::Valid(None),
            },
        )
    }
}

impl Completer for CellHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context,
    ) -> Result<(usize, Vec<Pair>), ReadlineError> {
        let Ok(mut interpreter) = self.interpreter.try_borrow_mut() else {
            return Ok((pos, Vec::new()));
        };
        let (start, candidates) = interpreter.complete(line, pos);
        let pair = |name: String, callable: bool| Pair {
            display: if callable {
                format!("{name}()")
            } else {
                name.clone()
            },
            replacement: name,
        };
        Ok((
            start,
            candidates
                .into_iter()
                .map(|c| pair(c.name, c.callable))
                .collect(),
        ))
    }
}

impl Highlighter for CellHelper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        let cursor = (!self.submitted.get()).then_some(pos);
        Cow::Owned(highlight::coloured(line, cursor))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.submitted.set(kind == CmdKind::ForcedRefresh);
        if kind == CmdKind::Other {
            self.last_edit.note();
        }
        true
    }
}
