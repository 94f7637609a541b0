//! The built-in classes, made once a thread.

use std::cell::Cell;

use super::exception::Exc;
use super::heap::Ref;
use super::native::{ClassSpec, define_class};
use super::{Class, Value};
use super::{
    bytes, code, descriptor, dict, exception, generator, iter, list, module, number, range, root,
    set, slice,
};
use super::{str, tuple};

macro_rules! types {
    (root $root:ident $root_spec:path; $($field:ident $spec:path $(, base $base:ident)?;)*) => {
        /// The built-in classes.
        #[allow(missing_docs)] // The fields are named after the classes.
        pub struct Types {
            pub $root: Ref<Class>,
            $(pub $field: Ref<Class>,)*
            exceptions: Vec<Ref<Class>>,
        }

        impl Types {
            fn make() -> Types {
                let $root = define_class(&$root_spec, &[], None);
                $(types!(@define $field $spec, $root $(, $base)?);)*
                let exceptions = exception::methods::define(&$root);
                Types { $root, $($field,)* exceptions }
            }

            /// All of them but the exceptions.
            pub fn all(&self) -> Vec<&Ref<Class>> {
                vec![&self.$root, $(&self.$field,)*]
            }
        }
    };
    (@define $field:ident $spec:path, $object:ident) => { let $field = define_class(&$spec, std::slice::from_ref(&$object), None); };
    (@define $field:ident $spec:path, $object:ident, $base:ident) => {
        let $field = define_class(&$spec, std::slice::from_ref(&$base), None);
    };
}

types! {
    root object root::methods::OBJECT;
    type_ root::methods::TYPE;
    none_type root::methods::NONE_TYPE;
    not_implemented_type root::methods::NOT_IMPLEMENTED_TYPE;
    ellipsis_type root::methods::ELLIPSIS_TYPE;
    int number::methods::INT;
    bool number::methods::BOOL, base int;
    float number::methods::FLOAT;
    complex number::methods::COMPLEX;
    str str::methods::STR;
    bytes bytes::methods::BYTES;
    bytearray bytes::methods::BYTEARRAY;
    list list::methods::LIST;
    tuple tuple::methods::TUPLE;
    dict dict::methods::DICT;
    dict_keys dict::methods::DICT_KEYS;
    dict_values dict::methods::DICT_VALUES;
    dict_items dict::methods::DICT_ITEMS;
    set set::methods::SET;
    frozenset set::methods::FROZENSET;
    range range::methods::RANGE;
    slice slice::methods::SLICE;
    cell code::methods::CELL;
    code code::methods::CODE;
    function code::methods::FUNCTION;
    builtin_function code::methods::BUILTIN_FUNCTION;
    method_descriptor code::methods::METHOD_DESCRIPTOR;
    method code::methods::METHOD;
    module module::methods::MODULE;
    generator generator::methods::GENERATOR;
    coroutine generator::asynchronous::COROUTINE;
    async_generator generator::asynchronous::ASYNC_GENERATOR;
    property descriptor::methods::PROPERTY;
    staticmethod descriptor::methods::STATICMETHOD;
    classmethod descriptor::methods::CLASSMETHOD;
    getset_descriptor descriptor::methods::GETSET_DESCRIPTOR;
    super_ descriptor::methods::SUPER;
    traceback exception::methods::TRACEBACK;
    frame exception::methods::FRAME;
    code_place exception::methods::CODE_PLACE;
    mapping_proxy root::methods::MAPPING_PROXY;
    generic_alias root::methods::GENERIC_ALIAS;
    union_type root::methods::UNION_TYPE;
    list_iterator iter::methods::LIST_ITERATOR;
    tuple_iterator iter::methods::TUPLE_ITERATOR;
    longrange_iterator iter::methods::LONGRANGE_ITERATOR;
    range_iterator iter::methods::RANGE_ITERATOR;
    str_iterator iter::methods::STR_ITERATOR;
    bytes_iterator iter::methods::BYTES_ITERATOR;
    set_iterator iter::methods::SET_ITERATOR;
    dict_keyiterator iter::methods::DICT_KEYITERATOR;
    dict_valueiterator iter::methods::DICT_VALUEITERATOR;
    dict_itemiterator iter::methods::DICT_ITEMITERATOR;
    callable_iterator iter::methods::CALLABLE_ITERATOR;
    iterator iter::methods::SEQUENCE_ITERATOR;
    enumerate iter::methods::ENUMERATE;
    zip iter::methods::ZIP;
    map iter::methods::MAP;
    filter iter::methods::FILTER;
    reversed iter::methods::REVERSED;
}

impl Types {
    /// A built-in exception class.
    #[inline]
    pub fn exception(&self, kind: Exc) -> &Ref<Class> {
        &self.exceptions[kind as usize]
    }

    /// The class of a value that is not on the heap.
    #[inline]
    pub fn of_immediate(&self, value: &Value) -> &Ref<Class> {
        match value {
            Value::Unbound | Value::None => &self.none_type,
            Value::NotImplemented => &self.not_implemented_type,
            Value::Ellipsis => &self.ellipsis_type,
            Value::Bool(_) => &self.bool,
            Value::Int(_) => &self.int,
            Value::Float(_) => &self.float,
            Value::Obj(_) => &self.object,
        }
    }
}

/// The specification of a class without anything of its own.
pub const fn plain(name: &'static str) -> ClassSpec {
    ClassSpec {
        name,
        ..ClassSpec::EMPTY
    }
}

thread_local! {
    static TYPES: Cell<Option<&'static Types>> = const { Cell::new(None) };
}

/// The built-in classes of this thread.
#[inline(always)]
pub fn types() -> &'static Types {
    match TYPES.get() {
        Some(types) => types,
        None => make_types(),
    }
}

#[cold]
fn make_types() -> &'static Types {
    // They live as long as the thread, which is as long as the program.
    let types: &'static Types = Box::leak(Box::new(Types::make()));
    TYPES.set(Some(types));
    types
}
