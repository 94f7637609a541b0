//! The modules that are written in the language itself.

use super::SourceModule;

macro_rules! sources {
    ($($name:literal $file:literal,)*) => {
        /// The modules written in the language, sorted by name.
        pub static SOURCES: &[SourceModule] = &[$(SourceModule {
            name: $name,
            package: matches!($name.as_bytes(), b"collections" | b"concurrent" | b"importlib" | b"unittest" | b"logging"),
            source: include_str!(concat!("source/", $file, ".nn")),
        },)*];
    };
}

sources! {
    "__future__" "future",
    "_collections_user" "collections_user",
    "_string_classes" "string_classes",
    "_typing_classes" "typing_classes",
    "abc" "abc",
    "collections" "collections",
    "collections.abc" "collections_abc",
    "contextlib" "contextlib",
    "dataclasses" "dataclasses",
    "enum" "enum",
    "functools" "functools",
    "heapq" "heapq",
    "io" "io",
    "json" "json",
    "string" "string",
    "types" "types",
    "typing" "typing",
}
