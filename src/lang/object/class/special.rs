//! The special methods that the language looks up on classes.

use crate::lang::object::{Name, intern};

macro_rules! special {
    ($($variant:ident $text:literal,)*) => {
        /// A special method.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // The variants are Python's names without underscores.
        pub enum Special { $($variant,)* }

        const TEXTS: &[&str] = &[$($text,)*];
    };
}

special! {
    New "__new__",
    Init "__init__",
    Del "__del__",
    Repr "__repr__",
    Str "__str__",
    Bytes "__bytes__",
    Format "__format__",
    Hash "__hash__",
    Bool "__bool__",
    Len "__len__",
    LengthHint "__length_hint__",
    Iter "__iter__",
    Next "__next__",
    Reversed "__reversed__",
    Contains "__contains__",
    Getitem "__getitem__",
    Setitem "__setitem__",
    Delitem "__delitem__",
    Missing "__missing__",
    Call "__call__",
    Enter "__enter__",
    Exit "__exit__",
    Getattr "__getattr__",
    Getattribute "__getattribute__",
    Setattr "__setattr__",
    Delattr "__delattr__",
    Dir "__dir__",
    Get "__get__",
    Set "__set__",
    Delete "__delete__",
    SetName "__set_name__",
    Eq "__eq__",
    Ne "__ne__",
    Lt "__lt__",
    Le "__le__",
    Gt "__gt__",
    Ge "__ge__",
    Add "__add__",
    Sub "__sub__",
    Mul "__mul__",
    Truediv "__truediv__",
    Floordiv "__floordiv__",
    Mod "__mod__",
    Divmod "__divmod__",
    Pow "__pow__",
    Matmul "__matmul__",
    Lshift "__lshift__",
    Rshift "__rshift__",
    And "__and__",
    Or "__or__",
    Xor "__xor__",
    Radd "__radd__",
    Rsub "__rsub__",
    Rmul "__rmul__",
    Rtruediv "__rtruediv__",
    Rfloordiv "__rfloordiv__",
    Rmod "__rmod__",
    Rdivmod "__rdivmod__",
    Rpow "__rpow__",
    Rmatmul "__rmatmul__",
    Rlshift "__rlshift__",
    Rrshift "__rrshift__",
    Rand "__rand__",
    Ror "__ror__",
    Rxor "__rxor__",
    Iadd "__iadd__",
    Isub "__isub__",
    Imul "__imul__",
    Itruediv "__itruediv__",
    Ifloordiv "__ifloordiv__",
    Imod "__imod__",
    Ipow "__ipow__",
    Imatmul "__imatmul__",
    Ilshift "__ilshift__",
    Irshift "__irshift__",
    Iand "__iand__",
    Ior "__ior__",
    Ixor "__ixor__",
    Neg "__neg__",
    Pos "__pos__",
    Invert "__invert__",
    Abs "__abs__",
    Index "__index__",
    Int "__int__",
    Float "__float__",
    Complex "__complex__",
    Round "__round__",
    Trunc "__trunc__",
    Floor "__floor__",
    Ceil "__ceil__",
    InitSubclass "__init_subclass__",
    ClassGetitem "__class_getitem__",
    Instancecheck "__instancecheck__",
    Subclasscheck "__subclasscheck__",
    Copy "__copy__",
    Deepcopy "__deepcopy__",
    Reduce "__reduce__",
    Getstate "__getstate__",
    Setstate "__setstate__",
    Fspath "__fspath__",
    Prepare "__prepare__",
    MroEntries "__mro_entries__",
}

thread_local! {
    static NAMES: Vec<Name> = TEXTS.iter().map(|text| intern(text)).collect();
}

impl Special {
    /// How many there are.
    pub const COUNT: usize = TEXTS.len();

    /// The method's name, such as `__add__`.
    pub fn name(self) -> Name {
        NAMES.with(|names| names[self as usize].clone())
    }

    /// The method's name as text.
    pub fn text(self) -> &'static str {
        TEXTS[self as usize]
    }
}
