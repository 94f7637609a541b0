//! `memoryview`: views that share the memory of a `bytes`, a `bytearray` or what derives from them.

mod cast;
mod item;

use std::cell::{Cell, OnceCell, RefCell};

use super::element::Format;
use super::{ByteArray, Bytes, bytes_of, new_bytes};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::iter::{Iter, ReverseIter};
use crate::lang::object::native::{
    ClassSpec, GetSetSpec, NativeSpec, bind_arguments, define_class, receiver,
};
use crate::lang::object::protocol::{self};
use crate::lang::object::{
    Caller, Class, Kind, Ref, Result, Value, intern, type_error, types, value_error,
};
use cast::cast;
use item::{assign, one_dimension, subscript};

/// Keeps a `bytearray` from being resized.
struct Export(Ref<ByteArray>);

impl Export {
    fn of(array: &Ref<ByteArray>) -> Export {
        array.1.set(array.1.get() + 1);
        Export(array.clone())
    }
}

impl Clone for Export {
    fn clone(&self) -> Export {
        Export::of(&self.0)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        self.0.1.set(self.0.1.get() - 1);
    }
}

/// A view of elements in memory, one every stride along each dimension.
#[derive(Clone)]
pub struct MemoryView {
    /// What the memory belongs to.
    of: Value,
    format: Format,
    /// The place of the first byte.
    start: i64,
    shape: Vec<usize>,
    /// The distances of neighbours in bytes.
    strides: Vec<i64>,
    readonly: bool,
    released: Cell<bool>,
    export: RefCell<Option<Export>>,
}

thread_local! {
    static CLASS: OnceCell<Ref<Class>> = const { OnceCell::new() };
}

/// The class of memory views.
pub fn memoryview_class() -> Ref<Class> {
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
        memoryview_class()
    }
}

impl MemoryView {
    /// The places of the first bytes of all elements, the last dimension changing fastest.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![self.start];
        for (&count, &stride) in self.shape.iter().zip(&self.strides) {
            places = places
                .iter()
                .flat_map(|place| (0..count as i64).map(move |i| place + i * stride))
                .collect();
        }
        places.into_iter().map(|place| place as usize).collect()
    }

    /// The bytes of all elements, one after the other.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let all = bytes_of(&self.of).unwrap_or_default();
        let size = self.format.size();
        self.places()
            .into_iter()
            .filter_map(|place| all.get(place..place + size))
            .flatten()
            .copied()
            .collect()
    }

    /// The array behind a view that may be written to and has no gaps, and the part of it.
    pub(super) fn writable(&self) -> Option<(&Ref<ByteArray>, std::ops::Range<usize>)> {
        let array = self.of.get::<ByteArray>().filter(|_| !self.readonly)?;
        let (start, len) = (self.start as usize, self.count() * self.format.size());
        self.is_contiguous().then_some((array, start..start + len))
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    fn item(&self, place: i64) -> Value {
        let all = bytes_of(&self.of).unwrap_or_default();
        let (place, size) = (place as usize, self.format.size());
        all.get(place..place + size)
            .map_or(Value::None, |bytes| self.format.unpack(bytes))
    }

    /// The elements as nested lists from a dimension on.
    fn nested(&self, dimension: usize, place: i64) -> Value {
        let (Some(&count), Some(&stride)) =
            (self.shape.get(dimension), self.strides.get(dimension))
        else {
            return self.item(place);
        };
        let items = (0..count as i64).map(|i| self.nested(dimension + 1, place + i * stride));
        Value::list(items.collect())
    }

    fn is_contiguous(&self) -> bool {
        self.strides == packed_strides(&self.shape, self.format)
    }
}

/// The strides of elements without gaps.
fn packed_strides(shape: &[usize], format: Format) -> Vec<i64> {
    let mut strides = vec![format.size() as i64; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i] as i64;
    }
    strides
}

/// The receiver, unless it was released.
fn view(value: &Value) -> Result<&Ref<MemoryView>> {
    let view = receiver::<MemoryView>(value)?;
    match view.released.get() {
        true => Err(value_error(
            "operation forbidden on released memoryview object",
        )),
        false => Ok(view),
    }
}

fn sizes<T: Copy>(sizes: &[T], number: impl Fn(T) -> i64) -> Value {
    Value::tuple(
        sizes
            .iter()
            .map(|&size| Value::Int(number(size)))
            .collect::<Vec<_>>(),
    )
}

static MEMORY_VIEW: ClassSpec = ClassSpec {
    name: "memoryview",
    doc: "Create a new memoryview object which references the given object.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(|caller, _, args| {
        let [of] = bind_arguments("memoryview", ["object"], 1, args)?;
        new_view(caller, &of)
    }),
    ..ClassSpec::EMPTY
};

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("nbytes", "How many bytes there are.", |_, v| {
        let view = view(v)?;
        Ok(Value::from(view.count() * view.format.size()))
    }),
    GetSetSpec::new("itemsize", "The size of an element in bytes.", |_, v| {
        Ok(Value::from(view(v)?.format.size()))
    }),
    GetSetSpec::new("format", "The type of the elements.", |_, v| {
        Ok(Value::from(view(v)?.format.code().to_string()))
    }),
    GetSetSpec::new("ndim", "How many dimensions there are.", |_, v| {
        Ok(Value::from(view(v)?.shape.len()))
    }),
    GetSetSpec::new("shape", "The sizes of the dimensions.", |_, v| {
        Ok(sizes(&view(v)?.shape, |size| size as i64))
    }),
    GetSetSpec::new(
        "strides",
        "The distances of neighbours in bytes.",
        |_, v| Ok(sizes(&view(v)?.strides, |stride| stride)),
    ),
    GetSetSpec::new("suboffsets", "Nothing: no view is indirect.", |_, v| {
        view(v).map(|_| Value::tuple([]))
    }),
    GetSetSpec::new("readonly", "Whether it cannot be written to.", |_, v| {
        Ok(Value::Bool(view(v)?.readonly))
    }),
    GetSetSpec::new("obj", "What it is a view of.", |_, v| {
        Ok(view(v)?.of.clone())
    }),
    GetSetSpec::new("contiguous", "Whether there are no gaps.", |_, v| {
        Ok(Value::Bool(view(v)?.is_contiguous()))
    }),
    GetSetSpec::new("c_contiguous", "Whether there are no gaps.", |_, v| {
        Ok(Value::Bool(view(v)?.is_contiguous()))
    }),
    GetSetSpec::new(
        "f_contiguous",
        "Whether there are no gaps, the first dimension changing fastest.",
        |_, v| {
            let view = view(v)?;
            Ok(Value::Bool(view.shape.len() < 2 && view.is_contiguous()))
        },
    ),
];

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "tobytes(self, order=None)",
        "Return the data in the buffer as a byte string.",
        |_, a| Ok(new_bytes(view(&a[0])?.bytes())),
    ),
    NativeSpec::new(
        "tolist(self, /)",
        "Return the data in the buffer as a list of elements.",
        |_, a| {
            let view = view(&a[0])?;
            Ok(view.nested(0, view.start))
        },
    ),
    NativeSpec::new(
        "hex(self, sep=..., bytes_per_sep=1)",
        "Return the data in the buffer as a str of hexadecimal numbers.",
        |c, a| {
            let bytes = new_bytes(view(&a[0])?.bytes());
            let given: Vec<Value> = a[1..].iter().filter(|v| !v.is_unbound()).cloned().collect();
            let given = if a[1].is_unbound() { &[][..] } else { &given };
            protocol::call_method(c, &bytes, "hex", given)
        },
    ),
    NativeSpec::new(
        "cast(self, format, shape=None)",
        "Cast a memoryview to a new format or shape.",
        cast,
    ),
    NativeSpec::new(
        "toreadonly(self, /)",
        "Return a readonly version of the memoryview.",
        |_, a| {
            let mut new = (**view(&a[0])?).clone();
            new.readonly = true;
            Ok(Value::from(Ref::new(new)))
        },
    ),
    NativeSpec::new(
        "release(self, /)",
        "Release the underlying buffer exposed by the memoryview object.",
        release,
    ),
    NativeSpec::new("__enter__(self, /)", "The view itself.", |_, a| {
        view(&a[0])?;
        Ok(a[0].clone())
    }),
    NativeSpec::new(
        "__exit__(self, /, *args)",
        "Release the underlying buffer.",
        release,
    ),
    NativeSpec::new("__bytes__(self, /)", "The data as bytes.", |_, a| {
        Ok(new_bytes(view(&a[0])?.bytes()))
    }),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(
            view(&a[0])?.shape.first().copied().unwrap_or(1),
        ))
    }),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |c, a| {
        let view = view(&a[0])?;
        one_dimension(view)?;
        let items = view.nested(0, view.start);
        protocol::iter(c, &items)
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator.",
        |_, a| {
            let count = view(&a[0])?.shape.first().copied().unwrap_or(0);
            Ok(Iter::native(ReverseIter::new(a[0].clone(), count)))
        },
    ),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new(
        "__setitem__(self, key, value, /)",
        "Set self[key] to value.",
        assign,
    ),
    NativeSpec::new("__delitem__(self, key, /)", "Refused.", |_, _| {
        Err(type_error("cannot delete memory"))
    }),
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", equal),
    NativeSpec::new("__hash__(self, /)", "Return hash(self).", |c, a| {
        let view = view(&a[0])?;
        if !view.readonly {
            return Err(value_error("cannot hash writable memoryview object"));
        }
        if !matches!(view.format.code(), 'B' | 'b' | 'c') {
            return Err(value_error(
                "memoryview: hashing is restricted to formats 'B', 'b' or 'c'",
            ));
        }
        protocol::hash(c, &new_bytes(view.bytes())).map(Value::Int)
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        let view = receiver::<MemoryView>(&a[0])?;
        let kind = if view.released.get() {
            "released memory"
        } else {
            "memory"
        };
        Ok(Value::from(format!("<{kind} at {:#x}>", view.address())))
    }),
];

fn release(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = receiver::<MemoryView>(&args[0])?;
    view.released.set(true);
    view.export.take();
    Ok(Value::None)
}

/// A view of all the memory of an object; an `array` tells the format of its elements.
fn new_view(caller: &mut dyn Caller, of: &Value) -> Result<Value> {
    if of.get::<MemoryView>().is_some() {
        return Ok(Value::from(Ref::new((**view(of)?).clone())));
    }
    let Some(count) = bytes_of(of).map(|bytes| bytes.len()) else {
        return Err(type_error(format!(
            "memoryview: a bytes-like object is required, not '{}'",
            of.class_name()
        )));
    };
    let own_format = match of.exact::<Bytes>().is_some() || of.exact::<ByteArray>().is_some() {
        true => None,
        false => protocol::find_attr(caller, of, &intern("typecode"))?,
    };
    let format = own_format
        .as_ref()
        .and_then(Value::as_str)
        .and_then(Format::of)
        .unwrap_or(Format::BYTE);
    Ok(Value::from(Ref::new(MemoryView {
        of: of.clone(),
        format,
        start: 0,
        shape: vec![count / format.size()],
        strides: vec![format.size() as i64],
        readonly: of.get::<Bytes>().is_some(),
        released: Cell::new(false),
        export: RefCell::new(of.get::<ByteArray>().map(Export::of)),
    })))
}

/// Equal are views of the same shape with equal elements, whatever their format.
fn equal(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = receiver::<MemoryView>(&args[0])?.clone();
    if view.released.get() {
        return Ok(Value::Bool(args[0].is(&args[1])));
    }
    let Ok(other) = new_view(caller, &args[1]) else {
        return Ok(Value::NotImplemented);
    };
    let other = receiver::<MemoryView>(&other)?.clone();
    if view.shape != other.shape {
        return Ok(Value::Bool(false));
    }
    let (a, b) = (view.nested(0, view.start), other.nested(0, other.start));
    protocol::eq(caller, &a, &b).map(Value::Bool)
}
