//! One code object in the making: instructions, constants, sites, registers, handlers.

use std::cell::Cell;
use std::rc::Rc;

use hashbrown::HashMap;

use super::scope::{Home, Key, Scope, Scopes, mangle};
use super::try_::Block;
use crate::base::source::Source;
use crate::base::span::Span;
use crate::lang::object::code::{
    Capture, Code, Flags, Handler, Inlined, NO_REG, Op, Params, Reg, Site,
};
use crate::lang::object::{Name as Interned, Ref, Value, intern};
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::{Expr, ExprKind, Name};

pub(super) type Result<T = ()> = std::result::Result<T, SyntaxError>;

/// CPython nests no more loops, `try` and `with` statements than this.
const MOST_BLOCKS: usize = 20;
/// More instructions than any real program has; copies of nested `finally` bodies can come to that.
const MOST_OPS: usize = 1 << 21;

/// So many steps of a walk of the tree fit into the room that one look makes sure of.
const STEPS: u32 = 8;
const ROOM: usize = 256 * 1024;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs one step of a walk of the tree, which may be deep, with room on the stack.
pub(super) fn deeply<T>(step: impl FnOnce() -> T) -> T {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let result = if depth.is_multiple_of(STEPS) {
        stacker::maybe_grow(ROOM, 4 * 1024 * 1024, step)
    } else {
        step()
    };
    DEPTH.set(depth);
    result
}

/// Jumps to a place that is not known yet.
#[derive(Debug, Default)]
pub(super) struct Label {
    at: Option<u32>,
    jumps: Vec<usize>,
}

/// What all units of a text share.
pub(super) struct Shared<'a> {
    pub(super) scopes: &'a Scopes,
    pub(super) source: Rc<Source>,
    /// Whether annotations are kept as text (`from __future__ import annotations`).
    pub(super) text_annotations: bool,
    /// Whether names at the top live in a namespace of their own.
    pub(super) separate: bool,
}

/// A code object in the making.
pub(super) struct Unit<'a> {
    pub(super) shared: &'a Shared<'a>,
    /// The scopes that are being compiled into this code: its own, then comprehensions within.
    pub(super) scopes: Vec<(&'a Scope, HashMap<Name, Reg>)>,
    pub(super) class: Option<Name>,
    pub(super) name: Name,
    pub(super) qualname: String,
    pub(super) span: Span,
    pub(super) ops: Vec<Op>,
    pub(super) spans: Vec<Span>,
    consts: Vec<Value>,
    const_index: HashMap<ConstKey, u32>,
    sites: Vec<Site>,
    /// The sites that all uses of a variable outside of registers share.
    name_sites: HashMap<Name, u16>,
    pub(super) params: Params,
    pub(super) locals: Vec<Interned>,
    pub(super) cells: Vec<Reg>,
    pub(super) free: Vec<Name>,
    pub(super) handlers: Vec<Handler>,
    pub(super) inlined: Vec<Inlined>,
    pub(super) flags: Flags,
    pub(super) doc: Option<Value>,
    pub(super) blocks: Vec<Block<'a>>,
    /// Locals that are bound for sure at this point.
    pub(super) bound: Vec<bool>,
    next: usize,
    most: usize,
    /// The instruction after the last `Clear`.
    pub(super) cleared: usize,
    /// Where the code that is being made comes from.
    pub(super) at: Span,
}

#[derive(PartialEq, Eq, Hash)]
enum ConstKey {
    Int(i64),
    Float(u64),
    Str(Rc<str>),
    Bool(bool),
    None,
    Ellipsis,
}

impl<'a> Unit<'a> {
    pub(super) fn new(
        shared: &'a Shared<'a>,
        key: Key,
        name: Name,
        qualname: String,
        span: Span,
    ) -> Unit<'a> {
        let scope = shared.scopes.get(key);
        Unit {
            shared,
            scopes: vec![(scope, HashMap::new())],
            class: None,
            name,
            qualname,
            span,
            ops: Vec::new(),
            spans: Vec::new(),
            consts: Vec::new(),
            const_index: HashMap::new(),
            sites: Vec::new(),
            name_sites: HashMap::new(),
            params: Params::default(),
            locals: Vec::new(),
            cells: Vec::new(),
            free: scope.free.clone(),
            handlers: Vec::new(),
            inlined: Vec::new(),
            flags: Flags::default(),
            doc: None,
            blocks: Vec::new(),
            bound: Vec::new(),
            next: 0,
            most: 0,
            cleared: 0,
            at: span,
        }
    }

    /// The scope of the code object itself.
    pub(super) fn own_scope(&self) -> &'a Scope {
        self.scopes[0].0
    }

    /// Gives registers to the locals of the code object's scope: parameters first (already declared), then the rest.
    pub(super) fn declare_locals(&mut self) {
        let scope = self.own_scope();
        for name in &scope.names {
            let home = scope.homes[name];
            if matches!(home, Home::Local | Home::Cell) && !self.scopes[0].1.contains_key(name) {
                self.declare(name);
            }
        }
        for (name, home) in scope.names.iter().map(|name| (name, scope.homes[name])) {
            if home == Home::Cell {
                let reg = self.scopes[0].1[name];
                self.cells.push(reg);
                self.emit(Op::MakeCell { reg });
            }
        }
    }

    /// Gives a register to a local of the code object's scope.
    pub(super) fn declare(&mut self, name: &Name) -> Reg {
        let reg = self.locals.len() as Reg;
        self.locals.push(intern(name));
        self.bound.push(false);
        self.scopes[0].1.insert(name.clone(), reg);
        self.next = self.locals.len();
        self.most = self.most.max(self.next);
        reg
    }

    pub(super) fn mangled(&self, name: &Name) -> Name {
        mangle(self.class.as_ref(), name)
    }

    // --- instructions ---

    pub(super) fn emit(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.spans.push(self.at);
        self.ops.len() - 1
    }

    /// Emits with another place in the source.
    pub(super) fn emit_at(&mut self, span: Span, op: Op) -> usize {
        let before = std::mem::replace(&mut self.at, span);
        let index = self.emit(op);
        self.at = before;
        index
    }

    pub(super) fn here(&self) -> u32 {
        self.ops.len() as u32
    }

    /// A jump to a label that may be placed later.
    pub(super) fn jump(&mut self, op: impl Fn(u32) -> Op, label: &mut Label) {
        let index = self.emit(op(label.at.unwrap_or(0)));
        if label.at.is_none() {
            label.jumps.push(index);
        }
    }

    pub(super) fn jump_to(&mut self, label: &mut Label) {
        self.jump(|target| Op::Jump { target }, label);
    }

    /// Places a label here.
    pub(super) fn place(&mut self, label: &mut Label) {
        let here = self.here();
        label.at = Some(here);
        for index in std::mem::take(&mut label.jumps) {
            match &mut self.ops[index] {
                Op::Jump { target } | Op::JumpIf { target, .. } | Op::JumpIfNot { target, .. } => {
                    *target = here
                }
                _ => unreachable!("labels are for jumps"),
            }
        }
    }

    // --- registers ---

    pub(super) fn is_local(&self, reg: Reg) -> bool {
        usize::from(reg) < self.locals.len()
    }

    /// A new temporary.
    pub(super) fn temp(&mut self) -> Reg {
        self.temps(1)
    }

    /// `count` new temporaries in a row.
    pub(super) fn temps(&mut self, count: usize) -> Reg {
        let first = self.next;
        self.next += count;
        self.most = self.most.max(self.next);
        // Where there are too many, any will do until `finish` refuses the code.
        first.min(usize::from(NO_REG).saturating_sub(count)) as Reg
    }

    pub(super) fn mark(&self) -> usize {
        self.next
    }

    /// Gives back all temporaries above a mark.
    pub(super) fn release(&mut self, mark: usize) {
        self.next = mark;
    }

    // --- constants and sites ---

    pub(super) fn add_const(&mut self, value: Value) -> u32 {
        let key = match &value {
            Value::Int(i) => Some(ConstKey::Int(*i)),
            Value::Float(x) => Some(ConstKey::Float(x.to_bits())),
            Value::Bool(b) => Some(ConstKey::Bool(*b)),
            Value::None => Some(ConstKey::None),
            Value::Ellipsis => Some(ConstKey::Ellipsis),
            value => value.as_str().map(|text| ConstKey::Str(text.into())),
        };
        let index = self.consts.len() as u32;
        if let Some(key) = key {
            if let Some(&known) = self.const_index.get(&key) {
                return known;
            }
            self.const_index.insert(key, index);
        }
        self.consts.push(value);
        index
    }

    pub(super) fn const_str(&mut self, text: &str) -> u32 {
        self.add_const(Value::from(&intern(text)))
    }

    pub(super) fn site(&mut self, name: &Name) -> u16 {
        self.add_site(Site::named(intern(name)))
    }

    /// The site of a global or of a name of a class body.
    pub(super) fn name_site(&mut self, name: &Name) -> u16 {
        if let Some(&site) = self.name_sites.get(name) {
            return site;
        }
        let site = self.site(name);
        self.name_sites.insert(name.clone(), site);
        site
    }

    pub(super) fn add_site(&mut self, site: Site) -> u16 {
        self.sites.push(site);
        (self.sites.len() - 1).min(usize::from(u16::MAX)) as u16
    }

    // --- the end ---

    /// The finished code; where the frame that makes the function has its cells is found by `around`.
    pub(super) fn finish(self, around: Option<&Unit>) -> Result<Ref<Code>> {
        let too_large =
            self.most >= usize::from(NO_REG) || self.sites.len() > usize::from(u16::MAX);
        if too_large || self.consts.len() > usize::from(u16::MAX) {
            return self.too_large();
        }
        let captures = match around {
            Some(around) => self.free.iter().map(|name| around.capture(name)).collect(),
            None => Vec::new(),
        };
        Ok(Ref::new(Code {
            name: intern(&self.name),
            qualname: intern(&self.qualname),
            source: self.shared.source.clone(),
            span: self.span,
            ops: self.ops,
            spans: self.spans,
            consts: self.consts,
            sites: self.sites,
            registers: self.most.next_multiple_of(2) as u16,
            plain: match self.params.are_plain(self.params.count()) && !self.flags.generator {
                true => self.params.positional,
                false => u16::MAX,
            },
            params: self.params,
            locals: self.locals,
            free: self.free.iter().map(|name| intern(name)).collect(),
            captures,
            cells: self.cells,
            handlers: self.handlers,
            inlined: self.inlined,
            flags: self.flags,
            doc: self.doc,
        }))
    }

    /// Where this code has the cell that an inner function captures.
    fn capture(&self, name: &Name) -> Capture {
        for (scope, registers) in self.scopes.iter().rev() {
            if scope.homes.get(name) == Some(&Home::Cell)
                && let Some(&reg) = registers.get(name)
            {
                return Capture::Cell(reg);
            }
        }
        if &**name == "__class__" && self.flags.class_body {
            return Capture::Cell(self.scopes[0].1[name]);
        }
        let index = self.free.iter().position(|free| free == name);
        Capture::Free(index.expect("a captured variable is a cell or passes through") as u16)
    }

    /// Opens a block, unless too many are open. (Copies of `finally` bodies double with each level.)
    pub(super) fn push_block(&mut self, block: Block<'a>) -> Result {
        if self.blocks.len() >= MOST_BLOCKS {
            return self.error("too many statically nested blocks", self.at);
        }
        if self.ops.len() > MOST_OPS {
            return self.too_large();
        }
        self.blocks.push(block);
        Ok(())
    }

    /// Refuses what does not fit into one code object.
    pub(super) fn too_large<T>(&self) -> Result<T> {
        self.error(
            format!("'{}' is too large to be compiled", self.name),
            self.span,
        )
    }

    pub(super) fn error<T>(&self, message: impl Into<String>, span: Span) -> Result<T> {
        Err(SyntaxError::new(message, span))
    }

    /// The whole number of a small constant, to be an operand itself.
    pub(super) fn small_int(expr: &Expr) -> Option<i16> {
        use crate::lang::syntax::ast::{Constant, UnaryOp};
        match &expr.kind {
            ExprKind::Constant(Constant::Int(i)) => i16::try_from(*i).ok(),
            ExprKind::UnaryOp {
                op: UnaryOp::USub,
                operand,
            } => match &operand.kind {
                ExprKind::Constant(Constant::Int(i)) => i16::try_from(-*i).ok(),
                _ => None,
            },
            _ => None,
        }
    }
}
