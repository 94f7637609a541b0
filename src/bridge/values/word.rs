//! Words such as `torch.strided`: objects that are nothing but their name.

use std::cell::RefCell;

use crate::bridge::define::{class_of, def};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Class, HeapType, Kind, NativeSpec, Ref, Value};

/// Which class a word belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::bridge) enum WordKind {
    /// `torch.layout`
    Layout,
    /// `torch.memory_format`
    MemoryFormat,
}

/// A word.
pub(in crate::bridge) struct Word {
    kind: WordKind,
    text: &'static str,
}

impl HeapType for Word {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        match self.kind {
            WordKind::Layout => layout_class(),
            WordKind::MemoryFormat => memory_format_class(),
        }
    }
}

class_of! {
    /// `torch.layout`
    layout_class LAYOUT;
    /// `torch.memory_format`
    memory_format_class MEMORY_FORMAT;
}

static LAYOUT: ClassSpec = ClassSpec {
    name: "layout",
    module: "torch",
    doc: "How a tensor's elements lie in memory.",
    methods: METHODS,
    solid: true,
    ..ClassSpec::EMPTY
};

static MEMORY_FORMAT: ClassSpec = ClassSpec {
    name: "memory_format",
    module: "torch",
    doc: "The order of a tensor's dimensions in memory.",
    methods: METHODS,
    solid: true,
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    def("__repr__(self, /)", "Its name.", |_, args| {
        let text = args[0].exact::<Word>().map_or("", |word| word.text);
        Ok(Value::str(text))
    }),
    def("__deepcopy__(self, memo, /)", "Itself.", |_, args| {
        Ok(args[0].clone())
    }),
];

const WORDS: &[(&str, WordKind, &str)] = &[
    (
        "channels_last",
        WordKind::MemoryFormat,
        "torch.channels_last",
    ),
    (
        "channels_last_3d",
        WordKind::MemoryFormat,
        "torch.channels_last_3d",
    ),
    (
        "contiguous_format",
        WordKind::MemoryFormat,
        "torch.contiguous_format",
    ),
    (
        "preserve_format",
        WordKind::MemoryFormat,
        "torch.preserve_format",
    ),
    ("sparse_coo", WordKind::Layout, "torch.sparse_coo"),
    ("sparse_csc", WordKind::Layout, "torch.sparse_csc"),
    ("sparse_csr", WordKind::Layout, "torch.sparse_csr"),
    ("strided", WordKind::Layout, "torch.strided"),
];

thread_local! {
    static OBJECTS: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// The word that `torch` has under a name.
pub(in crate::bridge) fn word(name: &str) -> Option<Value> {
    let place = WORDS.iter().position(|(n, ..)| *n == name)?;
    OBJECTS.with_borrow_mut(|objects| {
        if objects.is_empty() {
            let object = |(_, kind, text): &(&str, WordKind, &'static str)| {
                Value::from(Ref::new(Word { kind: *kind, text }))
            };
            objects.extend(WORDS.iter().map(object));
        }
        Some(objects[place].clone())
    })
}

/// The names of all words.
pub(in crate::bridge) fn names() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(name, ..)| *name)
}
