//! `generator`: a suspended frame.

pub mod asynchronous;
pub mod awaitable;
pub mod methods;

use std::cell::{Cell, RefCell};

use super::code::{Flags, Frame};
use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Name, Value, types};

/// A generator.
pub struct Generator {
    /// Its frame while it is suspended; while it runs, an empty one that has made room for it on the stack, if there
    /// was one; `None` after its end.
    pub frame: Cell<Option<Box<Frame>>>,
    /// Whether it is running at the moment.
    pub running: Cell<bool>,
    /// Whether its first instruction has run.
    pub started: Cell<bool>,
    /// `__name__`
    pub name: RefCell<Name>,
    /// `__qualname__`
    pub qualname: RefCell<Name>,
    /// What the function that made it is.
    pub kind: GeneratorKind,
}

/// What the function that made a generator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratorKind {
    /// `def` with `yield`
    Generator,
    /// `async def`
    Coroutine,
    /// `async def` with `yield`
    AsyncGenerator,
}

impl Generator {
    /// Calls `f` with its frame while it is suspended, else with nothing.
    pub fn with_frame<R>(&self, f: impl FnOnce(Option<&Frame>) -> R) -> R {
        if self.running.get() {
            return f(None);
        }
        let frame = self.frame.take();
        let result = f(frame.as_deref());
        self.put(frame);
        result
    }

    /// Whether it is suspended, or has not begun.
    pub fn is_suspended(&self) -> bool {
        self.with_frame(|frame| frame.is_some())
    }

    /// Takes its frame to run it; nothing after its end.
    #[inline(always)]
    pub fn take(&self) -> Option<Box<Frame>> {
        self.frame.take()
    }

    /// Gives it a frame where it has none.
    #[inline(always)]
    pub fn put(&self, frame: Option<Box<Frame>>) {
        let none = self.frame.replace(frame);
        debug_assert!(none.is_none());
        // Nothing is to be dropped.
        std::mem::forget(none);
    }
}

impl GeneratorKind {
    /// The kind that the flags of code tell.
    pub fn of(flags: &Flags) -> GeneratorKind {
        match (flags.coroutine, flags.async_generator) {
            (true, _) => GeneratorKind::Coroutine,
            (_, true) => GeneratorKind::AsyncGenerator,
            _ => GeneratorKind::Generator,
        }
    }

    /// How messages call it.
    pub fn name(self) -> &'static str {
        match self {
            GeneratorKind::Generator => "generator",
            GeneratorKind::Coroutine => "coroutine",
            GeneratorKind::AsyncGenerator => "async generator",
        }
    }
}

/// How a generator is resumed.
#[derive(Clone)]
pub enum Resume {
    /// `send(value)`; `next` sends None.
    Send(Value),
    /// `throw(exception)`
    Throw(super::Raised),
}

/// What a generator came to when it was resumed.
pub enum Outcome {
    /// It yielded a value.
    Yielded(Value),
    /// It returned a value.
    Returned(Value),
}

impl HeapType for Generator {
    const KIND: Kind = Kind::Generator;
    const TRACED: bool = true;
    const ENDS: bool = true;

    fn wants_end(&self) -> bool {
        self.with_frame(|frame| {
            frame.is_some_and(|frame| {
                let at = frame.pc.saturating_sub(1) as u32;
                let inside =
                    |handler: &super::code::Handler| (handler.start..handler.end).contains(&at);
                self.started.get() && frame.code.handlers.iter().any(inside)
            })
        })
    }

    fn trace(&self, visit: &mut Visit) {
        self.with_frame(|frame| {
            if let Some(frame) = frame {
                frame.trace(visit);
            }
        });
    }

    fn clear(&self) {
        let frame = self.frame.take();
        drop(frame);
    }

    fn class(&self) -> Ref<Class> {
        match self.kind {
            GeneratorKind::Generator => types().generator.clone(),
            GeneratorKind::Coroutine => types().coroutine.clone(),
            GeneratorKind::AsyncGenerator => types().async_generator.clone(),
        }
    }
}
