//! Script functions, the cells they capture, and methods bound to their receiver.

use std::cell::RefCell;

use super::Code;
use crate::lang::object::heap::{HeapType, Kind, Ref, Visit};
use crate::lang::object::{Class, Dict, Name, Value, types};

/// A variable shared between scopes.
#[derive(Default)]
pub struct Cell(pub RefCell<Value>);

/// A function defined by a script.
pub struct Function {
    /// Its body.
    pub code: Ref<Code>,
    /// The globals of its module.
    pub globals: Ref<Dict>,
    /// The cells of its free variables.
    pub closure: Box<[Ref<Cell>]>,
    /// Defaults of the last positional parameters.
    pub defaults: RefCell<Vec<Value>>,
    /// Defaults of keyword-only parameters, by name.
    pub keyword_defaults: RefCell<Option<Ref<Dict>>>,
    /// `__name__`
    pub name: RefCell<Name>,
    /// `__qualname__`
    pub qualname: RefCell<Name>,
    /// `__doc__`
    pub doc: RefCell<Value>,
    /// `__annotations__`
    pub annotations: RefCell<Option<Ref<Dict>>>,
    /// Other attributes (`__dict__`).
    pub attrs: RefCell<Option<Ref<Dict>>>,
}

/// A function or native bound to its first argument.
pub struct Method {
    /// What is called.
    pub function: Value,
    /// The first argument.
    pub receiver: Value,
}

impl Function {
    /// A function without defaults of code.
    pub fn of_code(
        code: &Ref<Code>,
        globals: &Ref<Dict>,
        closure: impl Into<Box<[Ref<Cell>]>>,
    ) -> Function {
        Function {
            name: code.name.clone().into(),
            qualname: code.qualname.clone().into(),
            code: code.clone(),
            globals: globals.clone(),
            closure: closure.into(),
            defaults: RefCell::default(),
            keyword_defaults: RefCell::default(),
            doc: Value::None.into(),
            annotations: RefCell::default(),
            attrs: RefCell::default(),
        }
    }
}

impl HeapType for Cell {
    const KIND: Kind = Kind::Cell;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(value) = self.0.try_borrow() {
            value.trace(visit);
        }
    }

    fn clear(&self) {
        let old = self.0.take();
        drop(old);
    }

    fn class(&self) -> Ref<Class> {
        types().cell.clone()
    }
}

impl HeapType for Function {
    const KIND: Kind = Kind::Function;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.code.as_any());
        visit(self.globals.as_any());
        self.closure.iter().for_each(|cell| visit(cell.as_any()));
        if let Ok(defaults) = self.defaults.try_borrow() {
            defaults.iter().for_each(|value| value.trace(visit));
        }
        for dict in [&self.keyword_defaults, &self.annotations, &self.attrs] {
            if let Ok(dict) = dict.try_borrow()
                && let Some(dict) = &*dict
            {
                visit(dict.as_any());
            }
        }
        if let Ok(doc) = self.doc.try_borrow() {
            doc.trace(visit);
        }
    }

    fn clear(&self) {
        let defaults = self.defaults.take();
        let dicts = (
            self.keyword_defaults.take(),
            self.annotations.take(),
            self.attrs.take(),
        );
        drop((defaults, dicts));
    }

    fn class(&self) -> Ref<Class> {
        types().function.clone()
    }
}

impl HeapType for Method {
    const KIND: Kind = Kind::Method;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
        self.receiver.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        let native = self.function.kind() == Some(Kind::Native);
        if native {
            types().builtin_function.clone()
        } else {
            types().method.clone()
        }
    }
}
