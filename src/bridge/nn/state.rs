//! What every module holds besides its plain attributes.

use std::cell::{Cell, RefCell};

use super::module::module_class;
use crate::lang::object::{
    Class, Dict, HeapType, Instance, Kind, Name, Ref, Result, Value, Visit, type_error,
};

/// The state of a module; the payload of its instance.
pub(super) struct ModuleState {
    /// Whether `Module.__init__` has run.
    pub(super) ready: Cell<bool>,
    /// `training`
    pub(super) training: Cell<bool>,
    /// `_parameters`
    pub(super) parameters: RefCell<Ref<Dict>>,
    /// `_buffers`
    pub(super) buffers: RefCell<Ref<Dict>>,
    /// `_modules`
    pub(super) modules: RefCell<Ref<Dict>>,
    /// Buffers that are not part of the state dict.
    pub(super) transient: RefCell<Vec<Name>>,
    /// Whether there are hooks on calls.
    pub(super) hooked: Cell<bool>,
    /// The hooks, in the order in which they run.
    pub(super) hooks: RefCell<Vec<Hook>>,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before `forward`.
    ForwardPre,
    /// After `forward`.
    Forward,
    /// When the gradients of the outputs are known.
    BackwardPre,
    /// When the gradients of the inputs are known.
    Backward,
    /// The same, in the way of old.
    OldBackward,
    /// Before `state_dict`.
    StateDictPre,
    /// After `state_dict`.
    StateDict,
    /// Before `load_state_dict`.
    LoadPre,
    /// After `load_state_dict`.
    Load,
    /// When a parameter is registered.
    Parameter,
    /// When a buffer is registered.
    Buffer,
    /// When a child is registered.
    Module,
}

impl When {
    /// Whether it belongs to a call of the module.
    fn is_of_call(self) -> bool {
        match self {
            When::ForwardPre
            | When::Forward
            | When::BackwardPre
            | When::Backward
            | When::OldBackward => true,
            When::StateDictPre
            | When::StateDict
            | When::LoadPre
            | When::Load
            | When::Parameter
            | When::Buffer
            | When::Module => false,
        }
    }
}

/// A hook on a module.
#[derive(Clone)]
pub(super) struct Hook {
    /// By which it is removed.
    pub(super) id: i64,
    /// When it runs.
    pub(super) when: When,
    /// What is called.
    pub(super) function: Value,
    /// Whether it gets the named arguments as well; of hooks on loading, the module; of those after `state_dict`, whether
    /// they are to return nothing.
    pub(super) with_kwargs: bool,
    /// Whether it runs after an exception, too.
    pub(super) always: bool,
}

thread_local! {
    /// Holds the hooks that all modules have.
    static COMMON: Ref<ModuleState> = Ref::new(ModuleState::new());
    /// Whether there are such hooks on calls.
    static COMMON_HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Where the hooks of all modules are kept.
pub(super) fn common() -> Ref<ModuleState> {
    COMMON.with(Clone::clone)
}

impl ModuleState {
    /// Whether there are hooks on calls, of this module or of all.
    #[inline]
    pub(super) fn is_hooked(&self) -> bool {
        self.hooked.get() || COMMON_HOOKED.get()
    }

    /// The hooks of all modules that run at a time, then the module's own.
    pub(super) fn hooks_of_call(&self, when: When) -> Vec<Hook> {
        let mut all = match COMMON_HOOKED.get() {
            true => common().hooks_at(when),
            false => Vec::new(),
        };
        all.extend(self.hooks_at(when));
        all
    }

    fn set_hooked(&self, on: bool) {
        self.hooked.set(on);
        if std::ptr::eq(self, &raw const *common()) {
            COMMON_HOOKED.set(on);
        }
    }

    /// A state with nothing in it.
    pub(super) fn new() -> ModuleState {
        ModuleState {
            ready: Cell::new(false),
            training: Cell::new(true),
            parameters: RefCell::new(Dict::new()),
            buffers: RefCell::new(Dict::new()),
            modules: RefCell::new(Dict::new()),
            transient: RefCell::default(),
            hooked: Cell::new(false),
            hooks: RefCell::default(),
        }
    }

    /// `_parameters`
    #[inline]
    pub(super) fn parameters(&self) -> Ref<Dict> {
        self.parameters.borrow().clone()
    }

    /// `_buffers`
    #[inline]
    pub(super) fn buffers(&self) -> Ref<Dict> {
        self.buffers.borrow().clone()
    }

    /// `_modules`
    #[inline]
    pub(super) fn modules(&self) -> Ref<Dict> {
        self.modules.borrow().clone()
    }

    /// A parameter, buffer or module by its name.
    #[inline]
    pub(super) fn find(&self, name: &Name) -> Option<Value> {
        let modules = self.modules.borrow();
        let found = modules.get_name(name);
        found
            .or_else(|| self.parameters.borrow().get_name(name))
            .or_else(|| self.buffers.borrow().get_name(name))
    }

    /// The hooks that run at a time.
    pub(super) fn hooks_at(&self, when: When) -> Vec<Hook> {
        let hooks = self.hooks.borrow();
        hooks.iter().filter(|h| h.when == when).cloned().collect()
    }

    /// Adds a hook.
    pub(super) fn add_hook(&self, hook: Hook, prepend: bool) {
        if hook.when.is_of_call() {
            self.set_hooked(true);
        }
        let mut hooks = self.hooks.borrow_mut();
        if prepend {
            hooks.insert(0, hook);
        } else {
            hooks.push(hook);
        }
    }

    /// Removes a hook.
    pub(super) fn remove_hook(&self, id: i64) {
        let removed: Vec<Hook> = {
            let mut hooks = self.hooks.borrow_mut();
            let (out, kept) = hooks.drain(..).partition(|h| h.id == id);
            *hooks = kept;
            out
        };
        drop(removed);
        let left = self.hooks.borrow().iter().any(|h| h.when.is_of_call());
        self.set_hooked(left);
    }
}

impl HeapType for ModuleState {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        for dict in [&self.parameters, &self.buffers, &self.modules] {
            if let Ok(dict) = dict.try_borrow() {
                visit(dict.as_any());
            }
        }
        if let Ok(hooks) = self.hooks.try_borrow() {
            hooks.iter().for_each(|hook| hook.function.trace(visit));
        }
    }

    fn clear(&self) {
        let old = (
            self.parameters.replace(Dict::new()),
            self.buffers.replace(Dict::new()),
            self.modules.replace(Dict::new()),
            self.hooks.take(),
        );
        drop(old);
    }

    fn class(&self) -> Ref<Class> {
        module_class()
    }
}

/// The state of a module.
#[inline]
pub(super) fn state_of(value: &Value) -> Option<&Ref<ModuleState>> {
    value.exact::<Instance>()?.payload.exact::<ModuleState>()
}

/// The state of a module that a method was called on.
#[inline]
pub(super) fn expect_state(value: &Value) -> Result<&Ref<ModuleState>> {
    match state_of(value) {
        Some(state) => Ok(state),
        None => Err(type_error(format!(
            "descriptor of 'Module' objects doesn't apply to a '{}' object",
            value.class_name()
        ))),
    }
}

/// The instance behind a module.
pub(super) fn instance_of(value: &Value) -> Result<&Ref<Instance>> {
    match value.exact::<Instance>() {
        Some(instance) => Ok(instance),
        None => Err(type_error("a Module is expected")),
    }
}

/// Name and value of all entries of a dict of names.
pub(super) fn entries(dict: &Dict) -> Vec<(Name, Value)> {
    let table = dict.table.borrow();
    let entry = |e: &crate::lang::object::dict::Entry| {
        let name = e.key.get::<crate::lang::object::Str>()?.interned();
        Some((name, e.value.clone()))
    };
    table.iter().filter_map(entry).collect()
}
