//! The interpreter: one session's state, and the ways to run text in it.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::compile::compile;
use super::outcome::{Candidate, CellOutcome, Ending, Options};
use super::tree::tree;
use super::{complete, ending, help, import, source};
use crate::base::diagnostic::Report;
use crate::lang::builtins;
use crate::lang::compile::leave_out_asserts;
use crate::lang::object::caller::Session;
use crate::lang::object::class::any_class_has_end;
use crate::lang::object::heap::{Generation, collect};
use crate::lang::object::output::Output;
use crate::lang::object::{Caller, Dict, List, Module, Ref, Result, Value, intern, protocol};
use crate::lang::stdlib;
use crate::lang::syntax::{self, Completeness};
use crate::lang::vm::Vm;

/// A session: its variables, its random streams, its output.
pub struct Interpreter {
    options: Options,
    session: Rc<Session>,
    vm: Vm,
    main: Ref<Module>,
}

impl Interpreter {
    /// A session with nothing in it.
    pub fn new(options: Options) -> Interpreter {
        let session = Rc::new(Session {
            modules: Dict::new(),
            builtins: Dict::new(),
            natives: RefCell::default(),
            path: Value::list(search_path()),
            output: RefCell::new(Output::new(options.terminal)),
            interrupt: Arc::default(),
            recursion_limit: Cell::new(1000),
            argv: Value::list(vec![Value::from("")]),
            warnings: Value::list(
                options
                    .warnings
                    .iter()
                    .map(|text| Value::from(text.as_str()))
                    .collect(),
            ),
            optimize: options.optimize,
            importer: Cell::new(Some(import::import)),
            compiler: Cell::new(Some(compile)),
            trees: Cell::new(Some(tree)),
        });
        leave_out_asserts(options.optimize > 0);
        builtins::install(&session);
        crate::bridge::install(&session);
        let main = Module::new("__main__", "");
        for name in ["__package__", "__spec__", "__loader__"] {
            main.set(name, Value::None);
        }
        main.set("__annotations__", Value::from(Dict::new()));
        session.modules.set_str("__main__", Value::from(&main));
        if let Some(seed) = options.seed {
            stdlib::random::seed(seed as i64);
            crate::bridge::seed(seed);
        }
        if let Some(threads) = options.threads {
            crate::bridge::set_threads(threads);
        }
        crate::bridge::set_level(options.torch_level);
        let mut vm = Vm::new(session.clone());
        if let Ok(builtins) = import::import(&mut vm, "builtins") {
            main.set("__builtins__", Value::from(builtins));
        }
        if !options.warnings.is_empty() {
            // The module takes the options as its first filters.
            let _ = import::import(&mut vm, "warnings");
        }
        Interpreter {
            options,
            session,
            vm,
            main,
        }
    }

    /// Runs a script as `__main__`; `args` become `sys.argv[1:]`. Its variables stay for a prompt to follow. Fails
    /// where the file cannot be read.
    pub fn run_file(&mut self, path: &Path, args: &[String]) -> std::io::Result<Ending> {
        let bytes = std::fs::read(path)?;
        let name = path.display().to_string();
        let folder = path
            .canonicalize()
            .ok()
            .and_then(|p| p.parent().map(|p| p.display().to_string()));
        self.put_first_on_path(folder.unwrap_or_default());
        let full = std::path::absolute(path).unwrap_or(path.to_path_buf());
        let full = full.display().to_string();
        self.main.set("__file__", full.as_str());
        let argv: Vec<String> = std::iter::once(name).chain(args.iter().cloned()).collect();
        Ok(self.run_bytes(&bytes, &full, &argv))
    }

    fn put_first_on_path(&self, folder: String) {
        if let Some(path) = self.session.path.exact::<List>() {
            path.items.borrow_mut()[0] = Value::from(folder);
        }
    }

    /// Runs a program as it was read from a file or a pipe.
    pub fn run_bytes(&mut self, bytes: &[u8], name: &str, argv: &[String]) -> Ending {
        match source::decode(bytes, name) {
            Ok(text) => {
                if let Some(level) = source::torch_level(&text) {
                    self.set_torch_level(level);
                }
                self.run_code(&text, name, argv)
            }
            Err(message) => {
                Ending::Raised(Box::new(Report::new(format!("SyntaxError: {message}"))))
            }
        }
    }

    /// Runs a module of the search path as `__main__`.
    pub fn run_module(&mut self, name: &str, args: &[String]) -> Ending {
        match import::file_of(&mut self.vm, name) {
            Ok((file, package)) => {
                self.main.set("__package__", package);
                match self.run_file(&file, args) {
                    Ok(ending) => ending,
                    Err(error) => Ending::Raised(Box::new(Report::new(format!(
                        "ImportError: {name}: {error}"
                    )))),
                }
            }
            Err(raised) => self.conclude(Err(raised)),
        }
    }

    /// Runs text as `__main__` under a shown name such as `<string>` or `<stdin>`; `argv` becomes `sys.argv`.
    pub fn run_code(&mut self, text: &str, name: &str, argv: &[String]) -> Ending {
        if let Some(list) = self.session.argv.exact::<List>() {
            *list.items.borrow_mut() = argv.iter().map(|arg| Value::from(arg.as_str())).collect();
        }
        let result = self.execute(text, name, "exec");
        self.conclude(result)
    }

    fn execute(&mut self, text: &str, name: &str, mode: &str) -> Result<Value> {
        let code = compile(&mut self.vm, text, name, mode, false)?;
        let globals = self.main.dict.clone();
        self.vm.run_code(&code, &globals, None)
    }

    /// Runs a cell of the prompt. Whatever happens, the session's variables stay.
    pub fn run_cell(&mut self, text: &str, number: usize) -> CellOutcome {
        let shown = self
            .execute(text, &format!("In [{number}]"), "single")
            .and_then(|value| self.display(value));
        match shown {
            Ok(value) => CellOutcome {
                value,
                ending: Ending::Finished,
            },
            Err(raised) => CellOutcome {
                value: None,
                ending: self.conclude(Err(raised)),
            },
        }
    }

    /// The text that a notebook shows for a cell's value; it is kept as `_`.
    fn display(&mut self, value: Value) -> Result<Option<String>> {
        if value.is_none() || value.is_unbound() {
            return Ok(None);
        }
        let text = protocol::repr(&mut self.vm, &value)?;
        self.main.dict.set_name(&intern("_"), value);
        Ok(Some(text))
    }

    fn conclude(&mut self, result: Result<Value>) -> Ending {
        match result {
            Ok(_) => Ending::Finished,
            Err(raised) => ending::of(&mut self.vm, &raised),
        }
    }

    /// Whether a cell can be run as it stands or goes on.
    pub fn completeness(text: &str) -> Completeness {
        syntax::completeness(text)
    }

    /// Names that may stand where the text is being typed at byte `at`, and the byte at which they begin.
    pub fn complete(&mut self, text: &str, at: usize) -> (usize, Vec<Candidate>) {
        complete::complete(&mut self.vm, &self.main.dict, text, at)
    }

    /// Signature and documentation of what an expression such as `torch.relu` names.
    pub fn help(&mut self, expression: &str) -> Option<String> {
        let value = complete::resolve(&mut self.vm, &self.main.dict, expression)?;
        Some(help::explain(&mut self.vm, expression, &value))
    }

    /// Whether a help line is shown after an error.
    pub fn hints(&self) -> bool {
        self.options.hints
    }

    /// Whose words are spoken: 1 for the PyTorch of old tutorials, 2 for today's.
    pub fn torch_level(&self) -> u8 {
        self.options.torch_level
    }

    /// Chooses whose words are spoken from now on.
    pub fn set_torch_level(&mut self, level: u8) {
        self.options.torch_level = level;
        crate::bridge::set_level(level);
    }

    /// Set from a signal handler, it makes the running program raise KeyboardInterrupt.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.session.interrupt)
    }

    /// Writes out what is held back of standard output; false where nobody reads it any more.
    pub fn flush(&mut self) -> bool {
        builtins::file::flush_all();
        self.session.output.borrow_mut().flush()
    }
}

impl Interpreter {
    /// Calls what the program has registered with `atexit`, which shows the errors of its functions itself.
    fn run_exit_functions(&mut self) {
        if let Some(atexit) = self.session.modules.get_str("atexit") {
            let ran = protocol::call_method(&mut self.vm, &atexit, "_run_exitfuncs", &[]);
            drop(ran);
        }
    }
}

impl Drop for Interpreter {
    /// Where objects have a `__del__`, the end of a program can be seen: its variables, which hold each other, are
    /// garbage then, and their ends run in the order in which they were made.
    fn drop(&mut self) {
        self.run_exit_functions();
        if any_class_has_end() {
            self.main = Module::new("__main__", "");
            let main = self.session.modules.remove_name(&intern("__main__"));
            drop(main);
            self.vm.run_ends();
            self.vm.forget();
            collect(Generation::All);
            self.vm.run_ends();
        }
        self.flush();
    }
}

/// `sys.path`: the script's folder (for now, where the program was started), then `NNPATH`.
fn search_path() -> Vec<Value> {
    let extra = std::env::var("NNPATH").unwrap_or_default();
    let extra = std::env::split_paths(&extra)
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>();
    std::iter::once(String::new())
        .chain(extra.into_iter().filter(|p| !p.is_empty()))
        .map(Value::from)
        .collect()
}
