//! The instructions of the register machine. Each takes eight bytes.
//!
//! A frame has `Code::registers` registers: first the parameters (positional ones, keyword-only ones, `*args`,
//! `**kwargs`), then the other locals, then temporaries. A register is read only when it is bound: for locals that
//! may be unbound the compiler emits [`Op::CheckBound`] first. Temporaries are left as they are after use; calls
//! *move* their callee and arguments out of the registers, which are unbound afterwards.

/// The number of a register.
pub type Reg = u16;

/// Stands for "no register" where an operand may be left out.
pub const NO_REG: Reg = Reg::MAX;

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are Python's.
pub enum BinOp {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    LShift,
    RShift,
    And,
    Or,
    Xor,
}

/// A comparison. The lower four bits of its number tell for which order of the operands it holds: 1 if the left one is
/// less, 2 if they are equal, 4 if it is greater, 8 if they have no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // The names are Python's.
pub enum CmpOp {
    Lt = 1,
    Eq = 2,
    Le = 3,
    Gt = 4,
    Ge = 6,
    Ne = 13,
    Is = 18,
    IsNot = 29,
    In = 32,
    NotIn = 33,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are Python's.
pub enum UnaryOp {
    Not,
    Neg,
    Pos,
    Invert,
}

/// How an f-string field turns its value into text before formatting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Not at all: `format(value, spec)`.
    None,
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

#[allow(missing_docs)] // The operands are explained here.
/// An instruction. `dst` is the register that receives the result; `site` is an index into `Code::sites`, which
/// holds the name and the cache of the place; a `target` is an index into `Code::ops`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Does nothing.
    Nop,

    // --- registers, constants, variables ---
    /// `dst = src`
    Move { dst: Reg, src: Reg },
    /// `dst = consts[index]`
    Const { dst: Reg, index: u32 },
    /// `dst = value`
    Int { dst: Reg, value: i32 },
    /// `dst = None`
    None { dst: Reg },
    /// `dst = value`
    Bool { dst: Reg, value: bool },
    /// Raises UnboundLocalError if the local is unbound.
    CheckBound { reg: Reg },
    /// Unbinds a register.
    Unbind { reg: Reg },
    /// Unbinds `count` registers from `base` on: the temporaries of a statement.
    Clear { base: Reg, count: u16 },
    /// Wraps the register's content, bound or not, in a new cell. Emitted at the start of a code object for each
    /// local that an inner scope captures; from then on the register holds the cell.
    MakeCell { reg: Reg },
    /// `dst = ` content of the cell in a register; raises UnboundLocalError if it is empty.
    LoadCell { dst: Reg, cell: Reg },
    /// Sets the content of the cell in a register.
    StoreCell { cell: Reg, src: Reg },
    /// Empties the cell in a register; raises UnboundLocalError if it is empty already.
    DeleteCell { cell: Reg },
    /// `dst = ` content of the function's free variable; raises NameError if it is empty.
    LoadFree { dst: Reg, index: u16 },
    /// Sets the content of a free variable.
    StoreFree { index: u16, src: Reg },
    /// Empties a free variable.
    DeleteFree { index: u16 },
    /// A global or builtin by name.
    LoadGlobal { dst: Reg, site: u16 },
    /// Sets a global.
    StoreGlobal { src: Reg, site: u16 },
    /// Deletes a global.
    DeleteGlobal { site: u16 },
    /// A name in a class body (or code with separate locals): the namespace, then globals, then builtins.
    LoadName { dst: Reg, site: u16 },
    /// Sets a name in the namespace.
    StoreName { src: Reg, site: u16 },
    /// Deletes a name from the namespace.
    DeleteName { site: u16 },
    /// A free variable read in a class body: the namespace first, then free variable `index`.
    LoadClassFree { dst: Reg, site: u16, index: u16 },

    // --- attributes and items ---
    /// `dst = obj.name`
    LoadAttr { dst: Reg, obj: Reg, site: u16 },
    /// `obj.name = src`
    StoreAttr { obj: Reg, src: Reg, site: u16 },
    /// `del obj.name`
    DeleteAttr { obj: Reg, site: u16 },
    /// `dst = obj[key]`
    GetItem { dst: Reg, obj: Reg, key: Reg },
    /// `dst = obj[index]`, with a small integer constant.
    GetItemInt { dst: Reg, obj: Reg, index: i16 },
    /// `obj[key] = src`
    SetItem { obj: Reg, key: Reg, src: Reg },
    /// `del obj[key]`
    DeleteItem { obj: Reg, key: Reg },

    // --- operators ---
    /// `dst = a + b`
    Add { dst: Reg, a: Reg, b: Reg },
    /// `dst = a - b`
    Sub { dst: Reg, a: Reg, b: Reg },
    /// `dst = a * b`
    Mul { dst: Reg, a: Reg, b: Reg },
    /// `dst = a op b`; for any operator, also the three above.
    Binary { op: BinOp, dst: Reg, a: Reg, b: Reg },
    /// `dst = a + value`, with a small integer constant.
    AddInt { dst: Reg, a: Reg, value: i16 },
    /// `dst = a - value`, with a small integer constant.
    SubInt { dst: Reg, a: Reg, value: i16 },
    /// `dst = a op value`, with a small integer constant on the right; for any operator, also the two above.
    BinaryInt {
        op: BinOp,
        dst: Reg,
        a: Reg,
        value: i16,
    },
    /// `dst = a op= b`: in place where the value can. (`dst` is usually `a`.)
    InPlace { op: BinOp, dst: Reg, a: Reg, b: Reg },
    /// `dst = a op= value`, with a small integer constant on the right.
    InPlaceInt {
        op: BinOp,
        dst: Reg,
        a: Reg,
        value: i16,
    },
    /// `dst = op a`
    Unary { op: UnaryOp, dst: Reg, a: Reg },
    /// `dst = a op b`
    Compare { op: CmpOp, dst: Reg, a: Reg, b: Reg },

    // --- jumps ---
    /// Goes on at `target`, which lies ahead.
    Jump { target: u32 },
    /// Goes on at `target`, which lies behind: the end of a loop body. Interrupts are looked for here.
    Loop { target: u32 },
    /// Jumps if the value is true.
    JumpIf { cond: Reg, target: u32 },
    /// Jumps if the value is false.
    JumpIfNot { cond: Reg, target: u32 },
    /// Skips the next instruction (a `Jump` or `Loop`) if `a op b` is true.
    SkipIf { op: CmpOp, a: Reg, b: Reg },
    /// Skips the next instruction (a `Jump` or `Loop`) if `a op value` is true, with a small integer constant.
    SkipIfInt { op: CmpOp, a: Reg, value: i16 },

    // --- calls ---
    /// Calls `regs[base]` with the `argc` registers behind it.
    Call { argc: u8, dst: Reg, base: Reg },
    /// The same; the last arguments are named by `sites[site].keywords`. `argc` counts all.
    CallKw {
        argc: u8,
        dst: Reg,
        base: Reg,
        site: u16,
    },
    /// Calls the method `sites[site].name` of `regs[base]` with the `argc` registers behind it.
    CallMethod {
        argc: u8,
        dst: Reg,
        base: Reg,
        site: u16,
    },
    /// The same with named arguments.
    CallMethodKw {
        argc: u8,
        dst: Reg,
        base: Reg,
        site: u16,
    },
    /// Calls `regs[base]` with the list or tuple in `base + 1` and the dict (or None) in `base + 2`.
    CallSpread { dst: Reg, base: Reg },
    /// Returns a value.
    Return { src: Reg },
    /// Returns None.
    ReturnNone,
    /// Makes a function of the code in `consts[code]`. From `base` on stand, each only if the code's flags say so:
    /// the tuple of defaults, the dict of keyword-only defaults, the dict of annotations.
    MakeFunction { dst: Reg, code: u16, base: Reg },
    /// `dst = __build_class__`, to be called with body function, name, bases and keywords. The code of a class body
    /// returns the cell register of `__class__` itself if a method captures it, else None.
    LoadBuildClass { dst: Reg },

    // --- building values ---
    /// A tuple of `count` registers from `base` on.
    BuildTuple { dst: Reg, base: Reg, count: u16 },
    /// A list of `count` registers from `base` on.
    BuildList { dst: Reg, base: Reg, count: u16 },
    /// A set of `count` registers from `base` on.
    BuildSet { dst: Reg, base: Reg, count: u16 },
    /// A dict of `count` pairs of registers from `base` on.
    BuildDict { dst: Reg, base: Reg, count: u16 },
    /// The `count` strings from `base` on, joined.
    BuildString { dst: Reg, base: Reg, count: u16 },
    /// A slice of the three registers from `base` on.
    BuildSlice { dst: Reg, base: Reg },
    /// Appends to the list of a comprehension or display.
    ListAppend { list: Reg, item: Reg },
    /// Adds to the set of a comprehension or display.
    SetAdd { set: Reg, item: Reg },
    /// Sets an entry of the dict of a comprehension or display.
    DictSet { dict: Reg, key: Reg, value: Reg },
    /// Appends all elements of an iterable.
    ListExtend { list: Reg, iterable: Reg },
    /// The same for the arguments of a call, whose callee stands in the register before the list.
    ArgsExtend { list: Reg, iterable: Reg },
    /// Adds all elements of an iterable.
    SetUpdate { set: Reg, iterable: Reg },
    /// Takes over all entries of a mapping (`{**mapping}`).
    DictUpdate { dict: Reg, mapping: Reg },
    /// The same for the keywords of a call: a repeated key raises TypeError. `callee` is for its message.
    DictMerge {
        dict: Reg,
        mapping: Reg,
        callee: Reg,
    },
    /// `dst = tuple(list)`
    ListToTuple { dst: Reg, list: Reg },
    /// One field of an f-string; `spec` is a string register or `NO_REG`.
    Format {
        conversion: Conversion,
        dst: Reg,
        src: Reg,
        spec: Reg,
    },

    // --- iteration ---
    /// `dst = iter(src)`
    GetIter { dst: Reg, src: Reg },
    /// Puts the next element into `dst` and skips the next instruction (a `Jump` to the end of the loop), which is
    /// taken when there is none.
    ForIter { dst: Reg, iter: Reg },
    /// Unpacks exactly `count` elements into the registers from `base` on.
    Unpack { src: Reg, base: Reg, count: u16 },
    /// Unpacks with a starred target: `before` elements, a list of the middle, `after` elements, from `base` on.
    UnpackStar {
        before: u8,
        after: u8,
        src: Reg,
        base: Reg,
    },

    // --- exceptions ---
    /// `raise exc`
    Raise { exc: Reg },
    /// `raise exc from cause`
    RaiseFrom { exc: Reg, cause: Reg },
    /// `raise` alone: the exception that is being handled.
    RaiseCurrent,
    /// Goes on raising an exception that a handler caught, as if it had not been caught.
    Reraise { exc: Reg },
    /// The exception in `exc` is being handled from here on.
    EnterHandler { exc: Reg },
    /// Handling of the innermost exception has ended.
    LeaveHandler,
    /// `dst = ` whether the exception in `exc` matches the class or tuple of classes.
    MatchException { dst: Reg, exc: Reg, class: Reg },
    /// `dst = AssertionError`
    LoadAssertionError { dst: Reg },
    /// The context manager in `base` is replaced by its bound `__exit__`, and `base + 1` becomes its bound `__enter__`.
    BeforeWith { base: Reg },
    /// `base, base + 1, base + 2 = type(exc), exc, exc.__traceback__`
    ExceptionParts { base: Reg, exc: Reg },

    // --- imports ---
    /// `dst = __import__(consts[name], fromlist=consts[from], level=level)`: the top package if `from` is None.
    Import {
        level: u8,
        dst: Reg,
        name: u16,
        from: u16,
    },
    /// `from module import name`
    ImportFrom { dst: Reg, module: Reg, site: u16 },
    /// `from module import *` into the namespace
    ImportStar { module: Reg },

    // --- annotations and patterns ---
    /// Makes `__annotations__` in the namespace if there is none.
    SetupAnnotations,
    /// `dst = ` whether a sequence pattern can match the value (a sequence, but no str, bytes or bytearray).
    IsSequence { dst: Reg, src: Reg },
    /// `dst = ` whether a mapping pattern can match the value.
    IsMapping { dst: Reg, src: Reg },
    /// `dst = len(src)`
    Len { dst: Reg, src: Reg },
    /// `dst = ` tuple of the values of a tuple of keys, or None if one is missing.
    MatchKeys { dst: Reg, src: Reg, keys: Reg },
    /// `dst = ` a dict of the mapping without a tuple of keys.
    DictWithout { dst: Reg, src: Reg, keys: Reg },
    /// A class pattern: subject in `base`, class in `base + 1`, `count` positional patterns, the others named by
    /// `sites[site].keywords`. `dst = ` tuple of the attributes, or None if it does not match.
    MatchClass {
        count: u8,
        dst: Reg,
        base: Reg,
        site: u16,
    },

    // --- generators ---
    /// Suspends the generator with a value, which is moved out of its register unless that is a local's; `dst`, unless it is `NO_REG`, receives what is sent when it goes on.
    Yield { dst: Reg, value: Reg },
    /// `dst = yield from` the iterable in `iter` (which becomes its iterator).
    YieldFrom { dst: Reg, iter: Reg },
}

const _: () = assert!(size_of::<Op>() == 8);
