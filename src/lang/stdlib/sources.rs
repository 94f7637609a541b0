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
    "_os_classes" "os_classes",
    "_string_classes" "string_classes",
    "_typing_classes" "typing_classes",
    "abc" "abc",
    "argparse" "argparse",
    "ast" "ast",
    "base64" "base64",
    "collections" "collections",
    "collections.abc" "collections_abc",
    "contextlib" "contextlib",
    "csv" "csv",
    "dataclasses" "dataclasses",
    "datetime" "datetime",
    "enum" "enum",
    "errno" "errno",
    "fnmatch" "fnmatch",
    "fractions" "fractions",
    "functools" "functools",
    "getpass" "getpass",
    "glob" "glob",
    "hashlib" "hashlib",
    "heapq" "heapq",
    "hmac" "hmac",
    "io" "io",
    "json" "json",
    "keyword" "keyword",
    "linecache" "linecache",
    "numbers" "numbers",
    "pathlib" "pathlib",
    "pickle" "pickle",
    "platform" "platform",
    "secrets" "secrets",
    "shutil" "shutil",
    "stat" "stat",
    "statistics" "statistics",
    "string" "string",
    "tempfile" "tempfile",
    "textwrap" "textwrap",
    "timeit" "timeit",
    "types" "types",
    "typing" "typing",
    "uuid" "uuid",
    "warnings" "warnings",
    "weakref" "weakref",
}
