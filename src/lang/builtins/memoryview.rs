//! `memoryview` of bytes: views that share the memory of a `bytes` or `bytearray`.

use std::cell::OnceCell;

use crate::lang::object::bytes::{ByteArray, Bytes, bytes_of, new_bytes};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::iter::{Iter, ReverseIter};
use crate::lang::object::list::items::index_of;
use crate::lang::object::native::{
    ClassSpec, GetSetSpec, NativeSpec, bind_arguments, define_class, receiver,
};
use crate::lang::object::protocol::{SliceBounds, clamp_index, slice_bounds};
use crate::lang::object::{
    Caller, Class, Kind, Ref, Result, Slice, Value, index_error, type_error, types, value_error,
};

/// A view of some places of a `bytes` or `bytearray`.
pub(super) struct MemoryView {
    of: Value,
    places: SliceBounds,
}

thread_local! {
    static CLASS: OnceCell<Ref<Class>> = const { OnceCell::new() };
}

/// The class of memory views.
pub(super) fn class() -> Ref<Class> {
    let define = || define_class(&MEMORY_VIEW, std::slice::from_ref(&types().object), None);
    CLASS.with(|class| class.get_or_init(define).clone())
}

impl HeapType for MemoryView {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.of.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        class()
    }
}

impl MemoryView {
    fn bytes(&self) -> Vec<u8> {
        let all = bytes_of(&self.of).unwrap_or_default();
        self.places
            .places()
            .filter_map(|place| all.get(place).copied())
            .collect()
    }
}

fn any_bytes(value: &Value) -> Option<Vec<u8>> {
    match value.get::<MemoryView>() {
        Some(view) => Some(view.bytes()),
        None => bytes_of(value).map(|bytes| bytes.into_owned()),
    }
}

static MEMORY_VIEW: ClassSpec = ClassSpec {
    name: "memoryview",
    doc: "Create a new memoryview object which references the given object.",
    methods: METHODS,
    attributes: &[
        GetSetSpec::new("nbytes", "How many bytes there are.", |_, v| {
            Ok(Value::from(receiver::<MemoryView>(v)?.places.count))
        }),
        GetSetSpec::new("itemsize", "The size of an element in bytes.", |_, _| {
            Ok(Value::Int(1))
        }),
        GetSetSpec::new("format", "The type of the elements.", |_, _| {
            Ok(Value::from("B"))
        }),
        GetSetSpec::new("ndim", "How many dimensions there are.", |_, _| {
            Ok(Value::Int(1))
        }),
        GetSetSpec::new("shape", "The sizes of the dimensions.", |_, v| {
            Ok(Value::tuple([Value::from(
                receiver::<MemoryView>(v)?.places.count,
            )]))
        }),
        GetSetSpec::new("readonly", "Whether it cannot be written to.", |_, v| {
            Ok(Value::Bool(
                receiver::<MemoryView>(v)?.of.get::<Bytes>().is_some(),
            ))
        }),
        GetSetSpec::new("obj", "What it is a view of.", |_, v| {
            Ok(receiver::<MemoryView>(v)?.of.clone())
        }),
    ],
    make: Some(|_, _, args| {
        let [of] = bind_arguments("memoryview", ["object"], 1, args)?;
        if let Some(view) = of.get::<MemoryView>() {
            let (of, places) = (view.of.clone(), view.places);
            return Ok(Value::from(Ref::new(MemoryView { of, places })));
        }
        let Some(count) = bytes_of(&of).map(|bytes| bytes.len()) else {
            return Err(type_error(format!(
                "memoryview: a bytes-like object is required, not '{}'",
                of.class_name()
            )));
        };
        let places = SliceBounds {
            start: 0,
            stop: count as i64,
            step: 1,
            count,
        };
        Ok(Value::from(Ref::new(MemoryView { of, places })))
    }),
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "tobytes(self, order=None)",
        "Return the data in the buffer as a byte string.",
        |_, a| Ok(new_bytes(receiver::<MemoryView>(&a[0])?.bytes())),
    ),
    NativeSpec::new(
        "tolist(self, /)",
        "Return the data in the buffer as a list of elements.",
        |_, a| {
            let bytes = receiver::<MemoryView>(&a[0])?.bytes();
            Ok(Value::list(
                bytes.iter().map(|&b| Value::Int(b.into())).collect(),
            ))
        },
    ),
    NativeSpec::new(
        "hex(self, /)",
        "Return the data in the buffer as a str of hexadecimal numbers.",
        |_, a| {
            let bytes = receiver::<MemoryView>(&a[0])?.bytes();
            Ok(Value::from(
                bytes.iter().map(|b| format!("{b:02x}")).collect::<String>(),
            ))
        },
    ),
    NativeSpec::new(
        "release(self, /)",
        "Release the underlying buffer exposed by the memoryview object.",
        |_, _| Ok(Value::None),
    ),
    NativeSpec::new("__enter__(self, /)", "The view itself.", |_, a| {
        Ok(a[0].clone())
    }),
    NativeSpec::new(
        "__exit__(self, /, *args)",
        "Release the underlying buffer.",
        |_, _| Ok(Value::None),
    ),
    NativeSpec::new("__bytes__(self, /)", "The data as bytes.", |_, a| {
        Ok(new_bytes(receiver::<MemoryView>(&a[0])?.bytes()))
    }),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<MemoryView>(&a[0])?.places.count))
    }),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |c, a| {
        let bytes = new_bytes(receiver::<MemoryView>(&a[0])?.bytes());
        crate::lang::object::protocol::iter(c, &bytes)
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator.",
        |_, a| {
            let count = receiver::<MemoryView>(&a[0])?.places.count;
            Ok(Iter::native(ReverseIter::new(a[0].clone(), count)))
        },
    ),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new(
        "__setitem__(self, key, value, /)",
        "Set self[key] to value.",
        assign,
    ),
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |_, a| {
        let bytes = receiver::<MemoryView>(&a[0])?.bytes();
        Ok(any_bytes(&a[1]).map_or(Value::NotImplemented, |other| Value::Bool(bytes == other)))
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        Ok(Value::from(format!(
            "<memory at {:#x}>",
            receiver::<MemoryView>(&a[0])?.address()
        )))
    }),
];

/// The bounds of a slice of a view, in places of what it is a view of.
fn narrowed(caller: &mut dyn Caller, view: &MemoryView, slice: &Slice) -> Result<SliceBounds> {
    let inner = slice_bounds(caller, slice, view.places.count)?;
    let outer = view.places;
    Ok(SliceBounds {
        start: outer.start + inner.start * outer.step,
        stop: outer.start + inner.stop * outer.step,
        step: outer.step * inner.step,
        count: inner.count,
    })
}

fn place_of(caller: &mut dyn Caller, view: &MemoryView, key: &Value) -> Result<usize> {
    let index = index_of(caller, key, "memoryview")
        .map_err(|_| type_error("memoryview: invalid slice key"))?;
    match clamp_index(index, view.places.count) {
        Some(place) => Ok((view.places.start + place as i64 * view.places.step) as usize),
        None => Err(index_error("index out of bounds on dimension 1")),
    }
}

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = receiver::<MemoryView>(&args[0])?.clone();
    if let Some(slice) = args[1].exact::<Slice>() {
        let places = narrowed(caller, &view, slice)?;
        let of = view.of.clone();
        return Ok(Value::from(Ref::new(MemoryView { of, places })));
    }
    let place = place_of(caller, &view, &args[1])?;
    let bytes = bytes_of(&view.of).unwrap_or_default();
    let byte = bytes.get(place).copied().unwrap_or(0);
    Ok(Value::Int(byte.into()))
}

fn assign(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = receiver::<MemoryView>(&args[0])?.clone();
    let Some(array) = view.of.get::<ByteArray>().cloned() else {
        return Err(type_error("cannot modify read-only memory"));
    };
    let (places, new): (Vec<usize>, Vec<u8>) = match args[1].exact::<Slice>() {
        Some(slice) => {
            let places: Vec<usize> = narrowed(caller, &view, slice)?.places().collect();
            let Some(new) = any_bytes(&args[2]) else {
                return Err(type_error("a bytes-like object is required"));
            };
            (places, new)
        }
        None => {
            let byte = args[2].as_int().and_then(|i| u8::try_from(i).ok());
            let Some(byte) = byte else {
                return Err(value_error("memoryview: invalid value for format 'B'"));
            };
            (vec![place_of(caller, &view, &args[1])?], vec![byte])
        }
    };
    if places.len() != new.len() {
        return Err(value_error(
            "memoryview assignment: lvalue and rvalue have different structures",
        ));
    }
    let mut bytes = array.0.borrow_mut();
    for (place, byte) in places.into_iter().zip(new) {
        if let Some(target) = bytes.get_mut(place) {
            *target = byte;
        }
    }
    Ok(Value::None)
}
