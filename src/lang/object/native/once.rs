//! Native classes that are made when they are first asked for, once a thread.

use std::cell::OnceCell;
use std::thread::LocalKey;

use super::define::{ClassSpec, define_class};
use crate::lang::object::heap::Ref;
use crate::lang::object::{Class, types};

/// What a class is made from, beside its specification.
#[derive(Clone, Copy, Default)]
pub struct Family {
    /// Its base, where that is not `object`.
    pub base: Option<fn() -> Ref<Class>>,
    /// Its class, where that is not `type`.
    pub meta: Option<fn() -> Ref<Class>>,
    /// What is done to the new class.
    pub then: Option<fn(&Ref<Class>)>,
}

/// The class in the cell; made if it is not there yet.
pub fn class_once(
    cell: &'static LocalKey<OnceCell<Ref<Class>>>,
    spec: &'static ClassSpec,
    family: Family,
) -> Ref<Class> {
    let make = || {
        let base = family
            .base
            .map_or_else(|| types().object.clone(), |base| base());
        let class = define_class(spec, &[base], family.meta.map(|meta| meta()));
        if let Some(then) = family.then {
            then(&class);
        }
        class
    };
    cell.with(|class| class.get_or_init(make).clone())
}

/// Declares functions that return the one class of a specification in this thread:
/// `class_of! { bytes_io_class BYTES_IO, base raw_io_class(); }`.
macro_rules! class_of {
    ($($(#[$note:meta])* $function:ident $spec:expr
        $(, base $base:expr)? $(, meta $meta:expr)? $(, then $then:expr)?;)*) => {$(
        $(#[$note])*
        pub(crate) fn $function() -> $crate::lang::object::Ref<$crate::lang::object::Class> {
            thread_local! {
                static CLASS: std::cell::OnceCell<$crate::lang::object::Ref<$crate::lang::object::Class>> =
                    const { std::cell::OnceCell::new() };
            }
            let family = $crate::lang::object::native::Family {
                $(base: Some(|| $base),)?
                $(meta: Some(|| $meta),)?
                $(then: Some($then),)?
                ..Default::default()
            };
            $crate::lang::object::native::class_once(&CLASS, &$spec, family)
        }
    )*};
}
pub(crate) use class_of;
