//! `_hashlib`: digests.

use std::cell::RefCell;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, Class, Kind, ModuleSpec, NativeSpec, Ref, Result, Value, type_error, value_error,
};
use crate::lang::stdlib::arguments::{self, new_bytes};
use crate::lang::stdlib::define::{class_of, def};

/// `_hashlib`
pub(in crate::lang::stdlib) static HASHLIB: ModuleSpec = ModuleSpec {
    name: "_hashlib",
    doc: "Digests of bytes.",
    functions: FUNCTIONS,
    setup: |_, _| Ok(()),
};

/// A digest that is being computed.
#[derive(Clone)]
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

macro_rules! each {
    ($state:expr, $inner:ident => $use:expr) => {
        match $state {
            State::Md5($inner) => $use,
            State::Sha1($inner) => $use,
            State::Sha224($inner) => $use,
            State::Sha256($inner) => $use,
            State::Sha384($inner) => $use,
            State::Sha512($inner) => $use,
        }
    };
}

impl State {
    fn named(name: &str) -> Option<State> {
        Some(match name.to_ascii_lowercase().as_str() {
            "md5" => State::Md5(Md5::new()),
            "sha1" => State::Sha1(Sha1::new()),
            "sha224" => State::Sha224(Sha224::new()),
            "sha256" => State::Sha256(Sha256::new()),
            "sha384" => State::Sha384(Sha384::new()),
            "sha512" => State::Sha512(Sha512::new()),
            _ => return None,
        })
    }

    fn name(&self) -> &'static str {
        match self {
            State::Md5(_) => "md5",
            State::Sha1(_) => "sha1",
            State::Sha224(_) => "sha224",
            State::Sha256(_) => "sha256",
            State::Sha384(_) => "sha384",
            State::Sha512(_) => "sha512",
        }
    }

    fn block(&self) -> i64 {
        if matches!(self, State::Sha384(_) | State::Sha512(_)) {
            128
        } else {
            64
        }
    }

    fn digest(&self) -> Vec<u8> {
        each!(self, inner => inner.clone().finalize().to_vec())
    }
}

struct Hash {
    state: RefCell<State>,
}

class_of! {
    hash_class HASH;
}

impl HeapType for Hash {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        hash_class()
    }
}

fn of(value: &Value) -> Result<&Ref<Hash>> {
    value
        .get::<Hash>()
        .ok_or_else(|| type_error("a hash is required"))
}

fn update(state: &mut State, data: &Value) -> Result<()> {
    if data.as_str().is_some() {
        return Err(type_error("Strings must be encoded before hashing"));
    }
    let data = arguments::bytes(data)
        .map_err(|_| type_error("object supporting the buffer API required"))?;
    each!(state, inner => inner.update(&data));
    Ok(())
}

static FUNCTIONS: &[NativeSpec] = &[def("new(name, data=..., /)", "A digest by its name.", new)];

fn new(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let name = arguments::text(&args[0], "new", "argument 'name'")?;
    let mut state =
        State::named(name).ok_or_else(|| value_error(format!("unsupported hash type {name}")))?;
    if !args[1].is_unbound() {
        update(&mut state, &args[1])?;
    }
    Ok(Value::from(Ref::new(Hash {
        state: RefCell::new(state),
    })))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

static HASH: ClassSpec = ClassSpec {
    name: "HASH",
    module: "_hashlib",
    doc: "A digest that is being computed.",
    methods: &[
        def(
            "__repr__(self, /)",
            "The text that stands for it.",
            |_, args| {
                let hash = of(&args[0])?;
                let name = hash.state.borrow().name();
                Ok(Value::str(format!(
                    "<{name} _hashlib.HASH object @ {:#x}>",
                    hash.address()
                )))
            },
        ),
        def(
            "copy(self)",
            "A digest that goes on from here.",
            |_, args| {
                let state = of(&args[0])?.state.borrow().clone();
                Ok(Value::from(Ref::new(Hash {
                    state: RefCell::new(state),
                })))
            },
        ),
        def(
            "digest(self)",
            "The digest of all bytes so far.",
            |_, args| Ok(new_bytes(of(&args[0])?.state.borrow().digest())),
        ),
        def(
            "hexdigest(self)",
            "The digest as hexadecimal digits.",
            |_, args| Ok(Value::str(hex(&of(&args[0])?.state.borrow().digest()))),
        ),
        def("update(self, obj, /)", "Adds bytes.", |_, args| {
            update(&mut of(&args[0])?.state.borrow_mut(), &args[1]).map(|()| Value::None)
        }),
    ],
    attributes: &[
        GetSetSpec {
            name: "block_size",
            doc: "How many bytes it takes at a time.",
            get: |_, this| Ok(Value::Int(of(this)?.state.borrow().block())),
            set: None,
        },
        GetSetSpec {
            name: "digest_size",
            doc: "How many bytes the digest has.",
            get: |_, this| Ok(Value::from(of(this)?.state.borrow().digest().len())),
            set: None,
        },
        GetSetSpec {
            name: "name",
            doc: "Its name.",
            get: |_, this| Ok(Value::str(of(this)?.state.borrow().name())),
            set: None,
        },
    ],
    ..ClassSpec::EMPTY
};
