//! Short forms for what every module of the library declares.

use crate::lang::object::native::ClassSpec;
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

/// A native with examples.
pub(super) const fn def_with(
    signature: &'static str,
    doc: &'static str,
    examples: &'static [(&'static str, &'static str)],
    call: Call,
) -> NativeSpec {
    NativeSpec {
        signature,
        doc,
        examples,
        call,
    }
}

/// The methods of all native iterators.
pub(super) static ITERATOR_METHODS: &[NativeSpec] = &[
    def("__iter__(self, /)", "The iterator itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def("__next__(self, /)", "The next element.", |caller, args| {
        match crate::lang::object::protocol::next(caller, &args[0])? {
            Some(item) => Ok(item),
            None => Err(crate::lang::object::stop_iteration(Value::None)),
        }
    }),
];

/// A class of native iterators.
pub(super) const fn iterator_class(
    module: &'static str,
    name: &'static str,
    doc: &'static str,
    make: Option<crate::lang::object::class::Make>,
) -> ClassSpec {
    ClassSpec {
        name,
        module,
        doc,
        methods: ITERATOR_METHODS,
        make,
        ..ClassSpec::EMPTY
    }
}

/// Declares a function that returns the one class of a specification in this thread.
macro_rules! class_of {
    ($($(#[$note:meta])* $function:ident $spec:expr $(, base $base:expr)?;)*) => {
        $(
            $(#[$note])*
            pub(super) fn $function() -> $crate::lang::object::Ref<$crate::lang::object::Class> {
                thread_local! {
                    static CLASS: std::cell::OnceCell<$crate::lang::object::Ref<$crate::lang::object::Class>> =
                        const { std::cell::OnceCell::new() };
                }
                CLASS.with(|class| {
                    class
                        .get_or_init(|| {
                            #[allow(unused_mut, unused_assignments)]
                            let mut base = $crate::lang::object::types().object.clone();
                            $(base = $base;)?
                            $crate::lang::object::native::define_class(&$spec, &[base], None)
                        })
                        .clone()
                })
            }
        )*
    };
}
pub(super) use class_of;
