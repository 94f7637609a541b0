//! A value of the language: sixteen bytes, with numbers and singletons unboxed.

use super::heap::{AnyRef, HeapType, Kind, Ref, Visit};
use super::{BigInt, Class, Dict, Instance, List, Str, Tuple, types};

/// A value of the language.
///
/// The tag takes a whole word: a value is written and read in words, and a processor that has just stored the parts of
/// one waits long when they are loaded as something wider.
#[derive(Default)]
#[repr(u64)]
pub enum Value {
    /// No value: an empty register, a deleted local, an argument that was left out. Scripts never see it.
    #[default]
    Unbound,
    /// `None`
    None,
    /// `NotImplemented`
    NotImplemented,
    /// `Ellipsis`
    Ellipsis,
    /// `True` or `False`
    Bool(bool) = Value::BOOL,
    /// An integer that fits into 64 bits; larger ones are [`BigInt`] objects.
    Int(i64),
    /// A float.
    Float(f64),
    /// Anything on the heap.
    Obj(AnyRef),
}

const _: () = assert!(size_of::<Value>() == 16);

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if let Value::Obj(object) = self {
            std::mem::forget(object.clone());
        }
        // SAFETY: the only variant that owns something is counted once more.
        unsafe { self.copied() }
    }
}

/// Half of a value; of the tag only some bytes may be set.
type Word = std::mem::MaybeUninit<u64>;

impl Value {
    /// The tag of truth values.
    pub const BOOL: u64 = 4;

    /// The value's two words, read one by one: see the type.
    ///
    /// # Safety
    /// One of the two values must not be dropped.
    #[inline(always)]
    pub unsafe fn copied(&self) -> Value {
        let words = std::ptr::from_ref(self).cast::<Word>();
        // SAFETY: a value is two words; the caller sees to it that what it owns is owned once.
        unsafe { std::mem::transmute([words.read_volatile(), words.add(1).read_volatile()]) }
    }

    /// Puts a clone in place of another value, which is returned, word by word: see the type.
    #[inline(always)]
    pub fn clone_over(&self, place: &mut Value) -> Value {
        if let Value::Obj(object) = self {
            std::mem::forget(object.clone());
        }
        let from = std::ptr::from_ref(self).cast::<Word>();
        let to = std::ptr::from_mut(place).cast::<Word>();
        // SAFETY: a value is two words; the new one was counted above, and the old one is moved out.
        unsafe {
            let old = place.copied();
            let words = (from.read_volatile(), from.add(1).read_volatile());
            to.write_volatile(words.0);
            to.add(1).write_volatile(words.1);
            old
        }
    }

    /// Whether this is on the heap.
    #[inline(always)]
    pub fn is_heap(&self) -> bool {
        matches!(self, Value::Obj(_))
    }

    /// A new string.
    pub fn str(text: impl Into<String>) -> Value {
        Value::from(Ref::new(Str::new(text.into())))
    }

    /// A new list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::from(Ref::new(List::new(items)))
    }

    /// A new tuple.
    pub fn tuple(items: impl Into<Box<[Value]>>) -> Value {
        Value::from(Ref::new(Tuple::new(items)))
    }

    /// Whether this is the very object behind a pointer.
    #[inline(always)]
    pub fn is_object(&self, object: &AnyRef) -> bool {
        matches!(self, Value::Obj(own) if own.address() == object.address())
    }

    /// Whether this is no value.
    #[inline(always)]
    pub fn is_unbound(&self) -> bool {
        matches!(self, Value::Unbound)
    }

    /// Whether this is `None`.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The kind of a heap object.
    #[inline(always)]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Value::Obj(object) => Some(object.kind()),
            _ => None,
        }
    }

    /// The value as an exact `T`: an instance of a script class that derives from `T` does not count.
    #[inline(always)]
    pub fn exact<T: HeapType>(&self) -> Option<&Ref<T>> {
        match self {
            Value::Obj(object) => object.downcast_ref::<T>(),
            _ => None,
        }
    }

    /// The value as an exact `T`, moved, or the value back.
    #[inline(always)]
    pub fn into_exact<T: HeapType>(self) -> Result<Ref<T>, Value> {
        match self {
            Value::Obj(object) => object.downcast_into::<T>().map_err(Value::Obj),
            other => Err(other),
        }
    }

    /// The value as a `T`; for an instance of a script class that derives from `T`, the `T` inside.
    #[inline(always)]
    pub fn get<T: HeapType>(&self) -> Option<&Ref<T>> {
        match self {
            Value::Obj(object) => match object.downcast_ref::<T>() {
                Some(found) => Some(found),
                None => object.downcast::<Instance>()?.payload.exact::<T>(),
            },
            _ => None,
        }
    }

    /// The value with the wrapping of a script class that derives from a built-in one taken off.
    pub fn unwrapped(&self) -> &Value {
        match self.exact::<Instance>() {
            Some(instance) if !instance.payload.is_unbound() => &instance.payload,
            _ => self,
        }
    }

    /// The text, if this is a string.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        self.get::<Str>().map(|s| s.as_str())
    }

    /// The integer, if this is an `int` (or `bool`) that fits into 64 bits.
    #[inline]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            Value::Bool(b) => Some(i64::from(*b)),
            Value::Obj(_) => match self.exact::<Instance>()?.payload {
                Value::Int(i) => Some(i),
                Value::Bool(b) => Some(i64::from(b)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The float, if this is a `float`.
    #[inline]
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(x) => Some(*x),
            Value::Obj(_) => match self.exact::<Instance>()?.payload {
                Value::Float(x) => Some(x),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number as a float, if this is an `int`, `bool` or `float`; large integers round, or become infinite.
    pub fn as_number(&self) -> Option<f64> {
        use num_traits::ToPrimitive;
        if let Some(i) = self.as_int() {
            return Some(i as f64);
        }
        self.as_float()
            .or_else(|| self.get::<BigInt>().and_then(|big| big.0.to_f64()))
    }

    /// The script class of the value.
    pub fn class(&self) -> Ref<Class> {
        match self {
            Value::Obj(object) => object.class(),
            _ => types().of_immediate(self).clone(),
        }
    }

    /// Calls `f` with the class, without a new reference to it for immediates and instances.
    #[inline(always)]
    pub fn with_class<R>(&self, f: impl FnOnce(&Ref<Class>) -> R) -> R {
        match self {
            Value::Obj(object) => match object.downcast::<Instance>() {
                Some(instance) => f(&instance.class()),
                None => f(&object.class()),
            },
            _ => f(types().of_immediate(self)),
        }
    }

    /// `type(self).__name__`
    pub fn class_name(&self) -> String {
        self.with_class(|class| class.name().to_string())
    }

    /// The name of the class as messages about unfit operands have it.
    pub fn type_name(&self) -> String {
        self.with_class(|class| class.type_name())
    }

    /// `self is other`
    #[inline]
    pub fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Obj(a), Value::Obj(b)) => {
                a.address() == b.address() || super::foreign::same(a, b) || both_empty_tuples(a, b)
            }
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Shows a reference inside the value to the collector.
    #[inline]
    pub fn trace(&self, visit: &mut Visit) {
        if let Value::Obj(object) = self {
            visit(object);
        }
    }

    /// A truth value without calling the script: `None` where only the script's `__bool__` or `__len__` can tell.
    #[inline]
    pub fn native_truth(&self) -> Option<bool> {
        Some(match self {
            Value::Bool(b) => *b,
            Value::None | Value::Unbound => false,
            Value::Int(i) => *i != 0,
            Value::Float(x) => *x != 0.0,
            Value::Ellipsis => true,
            // That is asked by mistake.
            Value::NotImplemented => return None,
            Value::Obj(object) => match object.kind() {
                Kind::Str => !self.exact::<Str>()?.as_str().is_empty(),
                Kind::List => !self.exact::<List>()?.items.borrow().is_empty(),
                Kind::Tuple => !self.exact::<Tuple>()?.items.is_empty(),
                Kind::Dict => !self.exact::<Dict>()?.is_empty(),
                Kind::BigInt | Kind::Function | Kind::Native | Kind::Module => true,
                Kind::Class if self.exact::<Class>()?.metaclass.is_none() => true,
                _ => return None,
            },
        })
    }
}

/// There is one empty tuple.
fn both_empty_tuples(a: &AnyRef, b: &AnyRef) -> bool {
    let is_empty = |object: &AnyRef| {
        object
            .downcast::<Tuple>()
            .is_some_and(|t| t.items.is_empty())
    };
    is_empty(a) && is_empty(b)
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x:?}"),
            Value::Obj(object) => match self.exact::<Str>() {
                Some(s) => write!(f, "{:?}", s.as_str()),
                None => write!(f, "<{:?} at {:#x}>", object.kind(), object.address()),
            },
            Value::Unbound => f.write_str("<unbound>"),
            Value::None => f.write_str("None"),
            Value::NotImplemented => f.write_str("NotImplemented"),
            Value::Ellipsis => f.write_str("Ellipsis"),
        }
    }
}

impl<T> From<Ref<T>> for Value {
    #[inline(always)]
    fn from(object: Ref<T>) -> Value {
        Value::Obj(object.into_any())
    }
}

impl<T> From<&Ref<T>> for Value {
    #[inline(always)]
    fn from(object: &Ref<T>) -> Value {
        Value::Obj(object.as_any().clone())
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Value {
        Value::Int(i)
    }
}

impl From<usize> for Value {
    fn from(i: usize) -> Value {
        match i64::try_from(i) {
            Ok(i) => Value::Int(i),
            Err(_) => BigInt::value(i.into()),
        }
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Value {
        Value::Float(x)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::from(Ref::new(Str::copied(text)))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::str(text)
    }
}
