//! Short forms for what the rooms of the bridge declare.

use crate::lang::object::native::GetSetSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value};

/// The implementation of a native.
pub(super) type Call = fn(&mut dyn Caller, &[Value]) -> Result<Value>;

/// A native without examples.
pub(super) const fn def(signature: &'static str, doc: &'static str, call: Call) -> NativeSpec {
    NativeSpec {
        signature,
        doc,
        examples: &[],
        call,
    }
}

/// Reads an attribute.
pub(super) type Get = fn(&mut dyn Caller, &Value) -> Result<Value>;
/// Sets an attribute, or deletes it.
pub(super) type Set = fn(&mut dyn Caller, &Value, Value) -> Result<()>;

/// A read-only attribute.
pub(super) const fn getter(name: &'static str, doc: &'static str, get: Get) -> GetSetSpec {
    GetSetSpec {
        name,
        doc,
        get,
        set: None,
    }
}

/// An attribute that can be set.
pub(super) const fn attribute(
    name: &'static str,
    doc: &'static str,
    get: Get,
    set: Set,
) -> GetSetSpec {
    GetSetSpec {
        name,
        doc,
        get,
        set: Some(set),
    }
}

/// Declares a function that returns the one class of a specification in this thread.
macro_rules! class_of {
    ($($(#[$note:meta])* $function:ident $spec:expr $(, base $base:expr)? $(, meta $meta:expr)?;)*) => {
        $(
            $(#[$note])*
            pub(in crate::bridge) fn $function() -> $crate::lang::object::Ref<$crate::lang::object::Class> {
                thread_local! {
                    static CLASS: std::cell::OnceCell<$crate::lang::object::Ref<$crate::lang::object::Class>> =
                        const { std::cell::OnceCell::new() };
                }
                CLASS.with(|class| {
                    class
                        .get_or_init(|| {
                            #[allow(unused_mut, unused_assignments)] // Only some classes name it.
                            let mut base = $crate::lang::object::types().object.clone();
                            $(base = $base;)?
                            #[allow(unused_mut, unused_assignments)] // Only some classes name it.
                            let mut meta = None;
                            $(meta = Some($meta);)?
                            $crate::lang::object::native::define_class(&$spec, &[base], meta)
                        })
                        .clone()
                })
            }
        )*
    };
}
pub(super) use class_of;
