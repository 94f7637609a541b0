//! Where names live: scopes and their symbols, found before any code is made.

mod expression;
mod finder;
mod resolve;

use hashbrown::{HashMap, HashSet};

use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::*;
use finder::Finder;

// Scopes are known by the addresses of their nodes; a comprehension that is a lambda's body must not share the lambda's.
const _: () = assert!(std::mem::offset_of!(Lambda, body) != 0);

/// What a scope is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// A module, cell or expression.
    Module,
    /// A function, lambda or generator expression.
    Function,
    /// A class.
    Class,
    /// A comprehension whose code becomes part of the code around it.
    Inline,
}

/// Where a name of a scope lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// In a register.
    Local,
    /// In a cell that this scope makes.
    Cell,
    /// In a cell of a scope around it.
    Free,
    /// Among the globals, or the builtins.
    Global,
}

/// The symbols of a scope.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) kind: Option<ScopeKind>,
    /// Names in the order in which they turned up.
    pub(super) names: Vec<Name>,
    uses: HashMap<Name, Use>,
    /// Where the names of this scope live.
    pub(super) homes: HashMap<Name, Home>,
    /// Free variables, in order.
    pub(super) free: Vec<Name>,
    /// Whether it has `yield`.
    pub(super) generator: bool,
    /// Whether an assignment expression may change a local while an expression is evaluated.
    pub(super) walrus: bool,
    /// For comprehensions: the targets of assignment expressions so far.
    named: Vec<Name>,
    /// Names that are deleted somewhere, and so may be unbound after having been bound.
    pub(super) deleted: HashSet<Name>,
    /// For classes: whether a method asks for `__class__`.
    pub(super) class_cell: bool,
    /// What a comprehension is called.
    what: &'static str,
    /// At the top: the names that functions in it declare global, which makes them global there too.
    global_elsewhere: HashSet<Name>,
    children: Vec<Key>,
    /// The class whose private names are mangled.
    class: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    bound: bool,
    parameter: bool,
    global: bool,
    nonlocal: bool,
    used: bool,
    annotated: bool,
}

/// A scope's key: the address of its node in the tree.
pub(super) type Key = usize;

/// The key of a node.
pub(super) fn key<T>(node: &T) -> Key {
    std::ptr::from_ref(node) as Key
}

/// All scopes of a tree.
pub(super) struct Scopes {
    all: HashMap<Key, Scope>,
}

/// The key of the outermost scope.
pub(super) const TOP: Key = 0;

impl Scopes {
    /// Finds the scopes of a module. With `separate`, the names at the top live in a namespace of their own.
    pub(super) fn of_module(body: &[Stmt], separate: bool) -> Result<Scopes, SyntaxError> {
        let mut finder = Finder::new(separate);
        finder.stmts(body)?;
        finder.finish()
    }

    /// Finds the scopes of an expression.
    pub(super) fn of_expression(expr: &Expr, separate: bool) -> Result<Scopes, SyntaxError> {
        let mut finder = Finder::new(separate);
        finder.expr(expr)?;
        finder.finish()
    }

    /// The scope of a node.
    pub(super) fn get(&self, key: Key) -> &Scope {
        &self.all[&key]
    }
}

/// `__name` inside class `C` means `_C__name`.
pub(super) fn mangle(class: Option<&Name>, name: &Name) -> Name {
    let Some(class) = class else {
        return name.clone();
    };
    let class = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') || class.is_empty() {
        return name.clone();
    }
    format!("_{class}{name}").into()
}

/// All parameters in the order of their registers.
pub(super) fn all_args(args: &Arguments) -> impl Iterator<Item = &Arg> {
    args.posonly
        .iter()
        .chain(&args.args)
        .chain(&args.kwonly)
        .chain(&args.vararg)
        .chain(&args.kwarg)
}

/// `a` of `a.b.c`.
pub(super) fn top_package(name: &Name) -> Name {
    name.split('.').next().unwrap_or(name).into()
}

impl Scope {
    fn is_comprehension(&self) -> bool {
        !self.what.is_empty()
    }

    /// Whether the scope declares the name `nonlocal`.
    pub(super) fn is_explicit_nonlocal(&self, name: &Name) -> bool {
        self.uses.get(name).is_some_and(|u| u.nonlocal)
    }

    /// Whether the scope declares the name `global`.
    pub(super) fn is_explicit_global(&self, name: &Name) -> bool {
        self.uses.get(name).is_some_and(|u| u.global) || self.global_elsewhere.contains(name)
    }
}
