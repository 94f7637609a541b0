//! Script functions, the cells they capture, and methods bound to their receiver.

use std::cell::{OnceCell, RefCell};

use smallvec::SmallVec;

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
    pub closure: Closure,
    own: OnceCell<Box<Own>>,
}

/// The cells of a function's free variables.
pub type Closure = SmallVec<[Ref<Cell>; 3]>;

/// What a function has besides its code, made when it is first asked for: many functions live for one call.
#[derive(Default)]
pub struct Own {
    /// Defaults of keyword-only parameters, by name.
    pub keyword_defaults: RefCell<Option<Ref<Dict>>>,
    /// `__annotations__`
    pub annotations: RefCell<Option<Ref<Dict>>>,
    /// Other attributes (`__dict__`).
    pub attrs: RefCell<Option<Ref<Dict>>>,
    /// Defaults of the last positional parameters.
    defaults: RefCell<Vec<Value>>,
    /// `__name__`, if it was changed.
    name: RefCell<Option<Name>>,
    /// `__qualname__`, if it was changed.
    qualname: RefCell<Option<Name>>,
    /// `__doc__`, if it was changed.
    doc: RefCell<Option<Value>>,
}

/// A function or native bound to its first argument.
pub struct Method {
    /// What is called.
    pub function: Value,
    /// The first argument.
    pub receiver: Value,
}

impl Function {
    /// A function without defaults.
    #[inline]
    pub fn new(code: Ref<Code>, globals: Ref<Dict>, closure: Closure) -> Function {
        Function {
            code,
            globals,
            closure,
            own: OnceCell::new(),
        }
    }

    /// What it has besides its code.
    pub fn own(&self) -> &Own {
        self.own.get_or_init(Box::default)
    }

    /// The same, if there is any.
    #[inline]
    pub fn known(&self) -> Option<&Own> {
        self.own.get().map(|own| &**own)
    }

    /// Calls `f` with the defaults of the last positional parameters.
    #[inline]
    pub fn with_defaults<R>(&self, f: impl FnOnce(&[Value]) -> R) -> R {
        match self.known() {
            Some(own) => f(&own.defaults.borrow()),
            None => f(&[]),
        }
    }

    /// Defaults of the last positional parameters.
    pub fn defaults(&self) -> Vec<Value> {
        self.with_defaults(<[Value]>::to_vec)
    }

    /// Sets the defaults of the last positional parameters.
    pub fn set_defaults(&self, defaults: Vec<Value>) {
        let old = self.own().defaults.replace(defaults);
        drop(old);
    }

    /// `__name__`
    pub fn name(&self) -> Name {
        let changed = self.known().and_then(|own| own.name.borrow().clone());
        changed.unwrap_or_else(|| self.code.name.clone())
    }

    /// Sets `__name__`.
    pub fn set_name(&self, name: Name) {
        self.own().name.replace(Some(name));
    }

    /// `__qualname__`
    pub fn qualname(&self) -> Name {
        let changed = self.known().and_then(|own| own.qualname.borrow().clone());
        changed.unwrap_or_else(|| self.code.qualname.clone())
    }

    /// Sets `__qualname__`.
    pub fn set_qualname(&self, name: Name) {
        self.own().qualname.replace(Some(name));
    }

    /// `__doc__`
    pub fn doc(&self) -> Value {
        let changed = self.known().and_then(|own| own.doc.borrow().clone());
        changed.unwrap_or_else(|| self.code.doc.clone().unwrap_or(Value::None))
    }

    /// Sets `__doc__`.
    pub fn set_doc(&self, doc: Value) {
        let old = self.own().doc.replace(Some(doc));
        drop(old);
    }

    /// The value of an attribute of its own.
    pub fn attr(&self, name: &Name) -> Option<Value> {
        self.known()?.attrs.borrow().as_ref()?.get_name(name)
    }

    /// `__dict__`
    pub fn dict(&self) -> Ref<Dict> {
        let mut attrs = self.own().attrs.borrow_mut();
        attrs.get_or_insert_with(Dict::new).clone()
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
        let Some(own) = self.known() else { return };
        if let Ok(defaults) = own.defaults.try_borrow() {
            defaults.iter().for_each(|value| value.trace(visit));
        }
        for dict in [&own.keyword_defaults, &own.annotations, &own.attrs] {
            if let Ok(dict) = dict.try_borrow()
                && let Some(dict) = &*dict
            {
                visit(dict.as_any());
            }
        }
        if let Ok(doc) = own.doc.try_borrow()
            && let Some(doc) = &*doc
        {
            doc.trace(visit);
        }
    }

    fn clear(&self) {
        let Some(own) = self.known() else { return };
        let dicts = [&own.keyword_defaults, &own.annotations, &own.attrs].map(RefCell::take);
        drop((own.defaults.take(), own.doc.take(), dicts));
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
