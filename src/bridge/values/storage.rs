//! `torch.UntypedStorage`: the memory of tensors, as bytes.

use crate::bridge::define::{class_of, def, getter};
use crate::bridge::error::OrRaise;
use crate::bridge::values::device;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Bytes, Caller, Class, HeapType, Kind, NativeSpec, Ref, Result, Value, index_error,
    protocol, type_error,
};
use crate::tensor::array::Storage;
use crate::tensor::array::storage::Buffer;

/// A storage on the heap: a handle.
pub(in crate::bridge) struct StorageObject(pub(in crate::bridge) Storage);

impl HeapType for StorageObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        storage_class()
    }
}

class_of! {
    /// `torch.UntypedStorage`
    storage_class STORAGE;
}

static STORAGE: ClassSpec = ClassSpec {
    name: "UntypedStorage",
    open: true,
    module: "torch.storage",
    doc: "The memory of tensors, as bytes.",
    methods: METHODS,
    class_methods: CLASS_METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    ..ClassSpec::EMPTY
};

/// A storage as a value.
pub(in crate::bridge) fn storage_value(storage: Storage) -> Value {
    Value::from(Ref::new(StorageObject(storage)))
}

fn of(value: &Value) -> Result<&Storage> {
    match value.get::<StorageObject>() {
        Some(object) => Ok(&object.0),
        None => Err(type_error("an UntypedStorage is expected")),
    }
}

fn from_bytes(bytes: &[u8]) -> Result<Value> {
    let mut buffer = Buffer::zeroed(bytes.len()).or_raise()?;
    buffer.slice_mut::<u8>().copy_from_slice(bytes);
    Ok(storage_value(Storage::new(buffer)))
}

/// `UntypedStorage(size)` or `UntypedStorage(bytes)`
fn make(caller: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let Some(given) = args.positional.first() else {
        return from_bytes(&[]);
    };
    if let Some(size) = given.as_int() {
        let size = usize::try_from(size).unwrap_or(0);
        return Ok(storage_value(Storage::new(
            Buffer::zeroed(size).or_raise()?,
        )));
    }
    let mut bytes = Vec::new();
    for item in protocol::collect(caller, given)? {
        bytes.push(item.as_int().unwrap_or_default() as u8);
    }
    from_bytes(&bytes)
}

fn byte(value: &Value, index: &Value) -> Result<usize> {
    let len = of(value)?.borrow().len();
    let i = index.as_int().unwrap_or(i64::MAX);
    let wrapped = if i < 0 { i + len as i64 } else { i };
    match usize::try_from(wrapped) {
        Ok(at) if at < len => Ok(at),
        _ => Err(index_error(format!(
            "index {i} out of range for storage of size {len}"
        ))),
    }
}

static CLASS_METHODS: &[NativeSpec] = &[def(
    "_from_bytes(cls, data, /)",
    "A storage with a copy of these bytes.",
    |_, args| match args[1].exact::<Bytes>() {
        Some(bytes) => from_bytes(&bytes.0),
        None => Err(type_error("bytes are expected")),
    },
)];

static METHODS: &[NativeSpec] = &[
    def("nbytes(self)", "How many bytes there are.", |_, args| {
        Ok(Value::from(of(&args[0])?.borrow().len()))
    }),
    def("size(self)", "How many bytes there are.", |_, args| {
        Ok(Value::from(of(&args[0])?.borrow().len()))
    }),
    def(
        "__len__(self, /)",
        "How many bytes there are.",
        |_, args| Ok(Value::from(of(&args[0])?.borrow().len())),
    ),
    def("element_size(self)", "One.", |_, _| Ok(Value::Int(1))),
    def(
        "data_ptr(self)",
        "Where it lies; 0 if it is empty.",
        |_, args| {
            let storage = of(&args[0])?;
            let empty = storage.borrow().is_empty();
            Ok(Value::from(if empty { 0 } else { storage.address() }))
        },
    ),
    def("_bytes(self)", "A copy of the bytes.", |_, args| {
        let bytes = of(&args[0])?.borrow().slice::<u8>().to_vec();
        Ok(Value::from(Ref::new(Bytes(bytes.into()))))
    }),
    def("tolist(self)", "The bytes as numbers.", |_, args| {
        let storage = of(&args[0])?.borrow();
        let bytes = storage.slice::<u8>().iter();
        Ok(Value::list(
            bytes.map(|b| Value::Int((*b).into())).collect(),
        ))
    }),
    def("__getitem__(self, index, /)", "One byte.", |_, args| {
        let at = byte(&args[0], &args[1])?;
        let number = of(&args[0])?.borrow().slice::<u8>()[at];
        Ok(Value::Int(number.into()))
    }),
    def(
        "__setitem__(self, index, value, /)",
        "Writes one byte.",
        |_, args| {
            let at = byte(&args[0], &args[1])?;
            let number = args[2].as_int().unwrap_or_default() as u8;
            of(&args[0])?.borrow_mut().slice_mut::<u8>()[at] = number;
            Ok(Value::None)
        },
    ),
    def("_fill(self, data, /)", "Writes all bytes.", |_, args| {
        let storage = of(&args[0])?;
        match args[1].exact::<Bytes>() {
            Some(bytes) if bytes.0.len() == storage.borrow().len() => {
                storage
                    .borrow_mut()
                    .slice_mut::<u8>()
                    .copy_from_slice(&bytes.0);
                Ok(Value::None)
            }
            _ => Err(type_error("as many bytes as the storage has are expected")),
        }
    }),
    def("clone(self)", "A copy.", |_, args| {
        let bytes = of(&args[0])?.borrow().slice::<u8>().to_vec();
        from_bytes(&bytes)
    }),
    def("cpu(self)", "The storage itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def("__repr__(self, /)", "Its bytes.", |_, args| {
        let storage = of(&args[0])?.borrow();
        let bytes = storage.slice::<u8>();
        let lines: Vec<String> = bytes.iter().map(|b| format!(" {b}")).collect();
        Ok(Value::str(format!(
            "{}\n[torch.storage.UntypedStorage(device=cpu) of size {}]",
            lines.join("\n"),
            bytes.len()
        )))
    }),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    getter("device", "Where it is.", |_, _| Ok(device::cpu())),
    getter(
        "_cdata",
        "A number that tells storages apart.",
        |_, this| Ok(Value::from(of(this)?.identity())),
    ),
    getter("is_cuda", "Whether it is on a GPU.", |_, _| {
        Ok(Value::Bool(false))
    }),
];
