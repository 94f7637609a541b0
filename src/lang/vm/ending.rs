//! The ends of objects: `__del__`, and the `finally` blocks of generators that nobody will resume.

use crate::lang::object::class::{Special, forget_lookups};
use crate::lang::object::generator::{Outcome, Resume};
use crate::lang::object::heap::{ends_due, take_ends};
use crate::lang::object::protocol;
use crate::lang::object::{Exc, Generator, Raised, Result, Value, runtime_error};

use super::machine::Vm;

impl Vm {
    /// Runs the ends of the objects that were let go of, if there are any; looked for before each call, so that what
    /// the script prints comes in CPython's order.
    #[inline(always)]
    pub(super) fn run_ends_if_due(&mut self) {
        if ends_due() {
            self.run_ends();
        }
    }

    /// Runs the ends of all objects that wait for it.
    #[cold]
    pub fn run_ends(&mut self) {
        for object in take_ends() {
            let value = Value::Obj(object);
            if let Err(raised) = self.end(&value) {
                self.ignore(&value, &raised);
            }
        }
    }

    fn end(&mut self, value: &Value) -> Result<()> {
        let Some(generator) = value.exact::<Generator>().cloned() else {
            return protocol::call_special(self, value, Special::Del, &[]).map(drop);
        };
        let exit = Raised::with_args(Exc::GeneratorExit, []);
        match self.resume_generator(&generator, Resume::Throw(exit)) {
            Ok(Outcome::Yielded(_)) => Err(runtime_error("generator ignored GeneratorExit")),
            Ok(Outcome::Returned(_)) => Ok(()),
            Err(raised) if raised.is(Exc::GeneratorExit) || raised.is(Exc::StopIteration) => Ok(()),
            Err(raised) => Err(raised),
        }
    }

    /// Tells of an exception that nobody can catch.
    fn ignore(&mut self, value: &Value, raised: &Raised) {
        let method = protocol::special(value, Special::Del).unwrap_or_else(|| value.clone());
        let shown = protocol::repr(self, &method).unwrap_or_default();
        let text = protocol::str(self, &raised.value()).unwrap_or_default();
        self.session.output.borrow_mut().flush();
        eprintln!(
            "Exception ignored in: {shown}\n{}: {text}",
            raised.value().class_name()
        );
    }

    /// Lets go of what is only kept to be used again, so that the collector sees what is garbage.
    pub fn forget(&mut self) {
        self.frames.forget();
        forget_lookups();
    }
}
