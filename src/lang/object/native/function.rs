//! A native function: its specification, and the object that scripts hold.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::base::spec::{Default, Signature};
use crate::lang::object::heap::{HeapType, Kind, Ref, Visit};
use crate::lang::object::{Args, Caller, Class, Name, Result, Value, types};

/// The specification of a native function or method.
///
/// `call` gets one value for each parameter of the signature, in its order: defaults are filled in (`Value::Unbound`
/// for `...`), `*args` is a tuple, `**kwargs` a dict. The first parameter of a method is `self`.
pub struct NativeSpec {
    /// In Python's notation: `"append(self, object, /)"`.
    pub signature: &'static str,
    /// The documentation that `help` shows.
    pub doc: &'static str,
    /// Expressions with the text that the prompt shows for them.
    pub examples: &'static [(&'static str, &'static str)],
    /// The implementation.
    pub call: fn(&mut dyn Caller, &[Value]) -> Result<Value>,
}

impl NativeSpec {
    /// A specification without examples.
    pub const fn new(
        signature: &'static str,
        doc: &'static str,
        call: fn(&mut dyn Caller, &[Value]) -> Result<Value>,
    ) -> NativeSpec {
        NativeSpec {
            signature,
            doc,
            examples: &[],
            call,
        }
    }

    /// The same with examples.
    pub const fn examples(
        mut self,
        examples: &'static [(&'static str, &'static str)],
    ) -> NativeSpec {
        self.examples = examples;
        self
    }
}

/// An implementation that binds its arguments by itself.
pub type RawCall = Rc<dyn Fn(&mut dyn Caller, Args) -> Result<Value>>;

/// The implementation of a native.
pub enum Body {
    /// By specification.
    Spec(&'static NativeSpec),
    /// Arguments as they come.
    Raw {
        /// `__doc__`
        doc: Rc<str>,
        /// The signature that `help` shows, if there is one.
        signature: Option<Rc<str>>,
        /// The implementation.
        call: RawCall,
    },
}

/// A native function or method.
pub struct Native {
    /// `__name__`
    pub name: Name,
    /// The implementation.
    pub body: Body,
    /// The class it is a method of.
    pub owner: OnceCell<Ref<Class>>,
    /// The module it belongs to.
    pub module: OnceCell<Name>,
    /// Whether it becomes a bound method when it is looked up on an instance.
    pub is_method: bool,
    parsed: OnceCell<(Signature, Vec<Value>)>,
    /// So many positional arguments are just handed on; `usize::MAX` as long as that is not known, or if there is none.
    pub(super) takes: Cell<usize>,
}

impl Native {
    /// A native function.
    pub fn function(spec: &'static NativeSpec) -> Ref<Native> {
        Native::make(name_of(spec), Body::Spec(spec), false)
    }

    /// A native method.
    pub fn method(spec: &'static NativeSpec) -> Ref<Native> {
        Native::make(name_of(spec), Body::Spec(spec), true)
    }

    /// A native that binds its arguments by itself.
    pub fn raw(
        name: Name,
        doc: &str,
        signature: Option<&str>,
        is_method: bool,
        call: RawCall,
    ) -> Ref<Native> {
        Native::make(
            name,
            Body::Raw {
                doc: doc.into(),
                signature: signature.map(Rc::from),
                call,
            },
            is_method,
        )
    }

    fn make(name: Name, body: Body, is_method: bool) -> Ref<Native> {
        let (owner, module, parsed) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Ref::new(Native {
            name,
            body,
            owner,
            module,
            is_method,
            parsed,
            takes: Cell::new(usize::MAX),
        })
    }

    /// `__qualname__`
    pub fn qualname(&self) -> String {
        match self.owner.get() {
            Some(class) => format!("{}.{}", class.name().as_str(), self.name.as_str()),
            None => self.name.as_str().to_string(),
        }
    }

    /// `__doc__`
    pub fn doc(&self) -> &str {
        match &self.body {
            Body::Spec(spec) => spec.doc,
            Body::Raw { doc, .. } => doc,
        }
    }

    /// The signature as text.
    pub fn signature_text(&self) -> Option<&str> {
        match &self.body {
            Body::Spec(spec) => Some(spec.signature),
            Body::Raw { signature, .. } => signature.as_deref(),
        }
    }

    /// The parameters as text, without `self`: what stands behind the name of a class whose `__init__` this is.
    pub fn parameters_text(&self) -> Option<String> {
        // That of `object` says nothing.
        if self.owner.get()?.same(&types().object) {
            return None;
        }
        let text = self.signature_text()?;
        let parameters = &text[text.find('(')?..=text.rfind(')')?];
        let rest = parameters.strip_prefix("(self").unwrap_or(parameters);
        let rest = rest.trim_start_matches(['(', ',', '/', ' ']);
        Some(format!("({rest}"))
    }

    /// The parsed signature of a specification, with the values of its defaults.
    #[inline]
    pub(super) fn parsed(&self, spec: &'static NativeSpec) -> &(Signature, Vec<Value>) {
        self.parsed.get_or_init(|| {
            let signature = Signature::parse(spec.signature);
            if signature.simple {
                self.takes.set(signature.positional);
            }
            let defaults = signature
                .params
                .iter()
                .map(|p| default_value(p.default))
                .collect();
            (signature, defaults)
        })
    }
}

fn name_of(spec: &NativeSpec) -> Name {
    let end = spec.signature.find('(').unwrap_or(spec.signature.len());
    crate::lang::object::intern(&spec.signature[..end])
}

fn default_value(default: Option<Default>) -> Value {
    match default {
        None | Some(Default::Absent) => Value::Unbound,
        Some(Default::None) => Value::None,
        Some(Default::Bool(b)) => Value::Bool(b),
        Some(Default::Int(i)) => Value::Int(i),
        Some(Default::Float(x)) => Value::Float(x),
        Some(Default::Str(text)) => Value::str(text),
        // Only the tensor wing's signatures have tuples; they are bound over there.
        Some(Default::Tuple(_)) => Value::Unbound,
    }
}

impl HeapType for Native {
    const KIND: Kind = Kind::Native;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Some(owner) = self.owner.get() {
            visit(owner.as_any());
        }
    }

    fn class(&self) -> Ref<Class> {
        if self.is_method {
            types().method_descriptor.clone()
        } else {
            types().builtin_function.clone()
        }
    }
}
