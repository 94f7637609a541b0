//! Short forms for what every module of the library declares.

use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
pub(super) use crate::lang::object::native::class_of;
use crate::lang::object::root::default_repr;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol};

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
    def("__repr__(self, /)", "Return repr(self).", |caller, args| {
        let iter = args[0].exact::<Iter>();
        let Some(shown) = iter.and_then(|iter| iter.shown()) else {
            return Ok(Value::from(default_repr(&args[0])));
        };
        let shown: Result<Vec<String>> = shown.iter().map(|v| protocol::repr(caller, v)).collect();
        let shown = shown?.join(", ");
        Ok(Value::from(format!("{}({shown})", args[0].class_name())))
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

/// Calls a specification with arguments as they come: for constructors.
pub(super) fn call_spec(
    caller: &mut dyn Caller,
    spec: &'static NativeSpec,
    args: crate::lang::object::Args,
) -> Result<Value> {
    use crate::lang::object::{Native, Ref, call_native};
    thread_local! {
        static NATIVES: std::cell::RefCell<std::collections::HashMap<usize, Ref<Native>>> =
            std::cell::RefCell::default();
    }
    let place = std::ptr::from_ref(spec) as usize;
    let native = NATIVES.with_borrow_mut(|natives| {
        natives
            .entry(place)
            .or_insert_with(|| Native::function(spec))
            .clone()
    });
    call_native(caller, &native, args)
}

/// Implements `NativeIter` for a type with a method `step`, whose class is `$class()` and which holds `$held`.
macro_rules! native_iter {
    ($type:ty, $class:ident, $this:ident => [$($held:expr),*] $(; $($more:tt)*)?) => {
        impl $crate::lang::object::iter::NativeIter for $type {
            fn next(
                &mut self,
                caller: &mut dyn $crate::lang::object::Caller,
            ) -> $crate::lang::object::Result<Option<$crate::lang::object::Value>> {
                self.step(caller)
            }

            #[allow(unused_variables)] // Some iterators hold nothing.
            fn trace(&self, visit: &mut $crate::lang::object::heap::Visit) {
                let $this = self;
                $($crate::lang::stdlib::define::Held::trace_into(&$held, visit);)*
            }

            fn class(&self) -> $crate::lang::object::Ref<$crate::lang::object::Class> {
                $class()
            }

            $($($more)*)?
        }
    };
}
pub(super) use native_iter;

/// What an iterator may hold references in.
pub(super) trait Held {
    /// Shows the references to the collector.
    fn trace_into(&self, visit: &mut crate::lang::object::heap::Visit);
}

impl Held for Value {
    fn trace_into(&self, visit: &mut crate::lang::object::heap::Visit) {
        self.trace(visit);
    }
}

impl<T: Held> Held for Vec<T> {
    fn trace_into(&self, visit: &mut crate::lang::object::heap::Visit) {
        self.iter().for_each(|held| held.trace_into(visit));
    }
}

impl<T: Held> Held for Option<T> {
    fn trace_into(&self, visit: &mut crate::lang::object::heap::Visit) {
        self.iter().for_each(|held| held.trace_into(visit));
    }
}
