//! `os.path`: its functions, paths as text, and questions about files.

use std::os::unix::fs::MetadataExt;

use super::resolve::{absolute, common_path, expand_user, expand_vars, is_mount, real, relative};
use crate::lang::object::{
    Caller, ModuleSpec, NativeSpec, Result, Value, protocol, type_error, value_error,
};
use crate::lang::stdlib::arguments::{self, star};
use crate::lang::stdlib::define::{def, def_with};
use crate::lang::stdlib::failure::system_error;

/// `os.path`
pub(in crate::lang::stdlib) static PATH: ModuleSpec = ModuleSpec {
    name: "posixpath",
    doc: "Paths of files as text.",
    functions: FUNCTIONS,
    setup: |_, module| {
        for (name, value) in [
            ("sep", "/"),
            ("curdir", "."),
            ("pardir", ".."),
            ("extsep", "."),
            ("pathsep", ":"),
            ("devnull", "/dev/null"),
        ] {
            module.set(name, value);
        }
        module.set("altsep", Value::None);
        module.set("defpath", "/bin:/usr/bin");
        module.set("supports_unicode_filenames", false);
        Ok(())
    },
};

/// A function from one path to text.
macro_rules! text {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            let f: fn(&str) -> String = $f;
            Ok(like(&args[0], f(&path)))
        })
    };
}

/// A question about one path; a path that cannot be looked at is answered with no.
macro_rules! question {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let path = file_path(caller, &args[0])?;
            let f: fn(&str) -> bool = $f;
            Ok(Value::Bool(f(&path)))
        })
    };
}

/// A time or size of a file.
macro_rules! property {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            let f: fn(&std::fs::Metadata) -> Value = $f;
            match std::fs::metadata(&path) {
                Ok(found) => Ok(f(&found)),
                Err(error) => Err(system_error(caller, &error, Some(&path))),
            }
        })
    };
}

static FUNCTIONS: &[NativeSpec] = &[
    text!("abspath(path)", "The path from the root on.", |path| {
        absolute(path)
    }),
    text!("basename(p)", "The part behind the last slash.", |path| {
        split(path).1.to_string()
    }),
    def(
        "commonpath(paths)",
        "The longest path that all paths begin with.",
        common_path,
    ),
    def(
        "commonprefix(m)",
        "The longest text that all paths begin with.",
        |caller, args| {
            let items = protocol::collect(caller, &args[0])?;
            let mut paths = Vec::new();
            for item in &items {
                paths.push(arguments::path(caller, item)?);
            }
            let (Some(low), Some(high)) = (paths.iter().min(), paths.iter().max()) else {
                return Ok(Value::str(""));
            };
            let same = low
                .chars()
                .zip(high.chars())
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a);
            Ok(Value::str(same.collect::<String>()))
        },
    ),
    text!("dirname(p)", "The part before the last slash.", |path| {
        split(path).0.to_string()
    }),
    question!(
        "exists(path)",
        "Whether there is such a file or folder.",
        |path| std::fs::metadata(path).is_ok()
    ),
    text!(
        "expanduser(path)",
        "The path with a leading ~ replaced by the home folder.",
        expand_user
    ),
    text!(
        "expandvars(path)",
        "The path with $name replaced by environment variables.",
        expand_vars
    ),
    property!("getatime(filename)", "When the file was last read.", |m| {
        Value::Float(m.atime() as f64 + m.atime_nsec() as f64 * 1e-9)
    }),
    property!(
        "getctime(filename)",
        "When the file's entry was last changed.",
        |m| { Value::Float(m.ctime() as f64 + m.ctime_nsec() as f64 * 1e-9) }
    ),
    property!(
        "getmtime(filename)",
        "When the file was last changed.",
        |m| { Value::Float(m.mtime() as f64 + m.mtime_nsec() as f64 * 1e-9) }
    ),
    property!("getsize(filename)", "The size of the file in bytes.", |m| {
        Value::Int(m.len() as i64)
    }),
    question!("isabs(s)", "Whether the path begins at the root.", |path| {
        path.starts_with('/')
    }),
    question!("isdir(s)", "Whether there is such a folder.", |path| {
        std::path::Path::new(path).is_dir()
    }),
    question!("isfile(path)", "Whether there is such a file.", |path| {
        std::path::Path::new(path).is_file()
    }),
    question!(
        "islink(path)",
        "Whether there is such a symbolic link.",
        |path| std::path::Path::new(path).is_symlink()
    ),
    question!(
        "ismount(path)",
        "Whether a file system is mounted there.",
        is_mount
    ),
    def_with(
        "join(a, *p)",
        "Parts of a path put together.",
        &[(
            "import os; os.path.join('data', 'train', 'x.csv')",
            "'data/train/x.csv'",
        )],
        |caller, args| {
            let mut path = join_part(caller, &args[0])?;
            for part in star(&args[1]) {
                let part = join_part(caller, &part)?;
                path = join(&path, &part);
            }
            Ok(like(&args[0], path))
        },
    ),
    question!(
        "lexists(path)",
        "Whether there is such a file, folder or link.",
        |path| { std::fs::symlink_metadata(path).is_ok() }
    ),
    text!("normcase(s)", "The path itself.", |path| path.to_string()),
    text!(
        "normpath(path)",
        "The path without . and .. and double slashes.",
        normal
    ),
    text!(
        "realpath(filename, *, strict=False)",
        "The path from the root on, without symbolic links.",
        real
    ),
    def(
        "relpath(path, start=None)",
        "The path as seen from a folder.",
        |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            if path.is_empty() {
                return Err(value_error("no path specified"));
            }
            let start = if args[1].is_none() {
                ".".to_string()
            } else {
                arguments::path(caller, &args[1])?
            };
            Ok(Value::str(relative(&path, &start)))
        },
    ),
    def(
        "samefile(f1, f2)",
        "Whether two paths lead to one file.",
        |caller, args| {
            let mut ids = Vec::new();
            for arg in args {
                let path = arguments::path(caller, arg)?;
                match std::fs::metadata(&path) {
                    Ok(found) => ids.push((found.dev(), found.ino())),
                    Err(error) => return Err(system_error(caller, &error, Some(&path))),
                }
            }
            Ok(Value::Bool(ids[0] == ids[1]))
        },
    ),
    def("split(p)", "Folder and name.", |caller, args| {
        let path = arguments::path(caller, &args[0])?;
        let (head, tail) = split(&path);
        Ok(Value::tuple([like(&args[0], head), like(&args[0], tail)]))
    }),
    def(
        "splitdrive(p)",
        "Drive and path; there are no drives here.",
        |_, args| Ok(Value::tuple([Value::str(""), args[0].clone()])),
    ),
    def_with(
        "splitext(p)",
        "The path without its extension, and the extension.",
        &[(
            "import os; os.path.splitext('model.pt')",
            "('model', '.pt')",
        )],
        |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            let (root, extension) = split_extension(&path);
            Ok(Value::tuple([
                like(&args[0], root),
                like(&args[0], extension),
            ]))
        },
    ),
];

/// Text as the same type as the path it came from: bytes for bytes.
fn like(origin: &Value, text: impl Into<String>) -> Value {
    let text = text.into();
    if origin.get::<crate::lang::object::Bytes>().is_some() {
        return arguments::new_bytes(text.into_bytes());
    }
    Value::str(text)
}

/// The path of a file that a question is about.
fn file_path(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    arguments::path(caller, value).map_err(|_| {
        type_error(format!(
            "stat: path should be string, bytes, os.PathLike or integer, not {}",
            value.class_name()
        ))
    })
}

fn join_part(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    arguments::path(caller, value).map_err(|_| {
        type_error(format!(
            "join() argument must be str, bytes, or os.PathLike object, not '{}'",
            value.class_name()
        ))
    })
}

/// Two parts of a path put together; a second that begins at the root replaces the first.
pub(in crate::lang::stdlib) fn join(path: &str, part: &str) -> String {
    if part.starts_with('/') {
        part.to_string()
    } else if path.is_empty() || path.ends_with('/') {
        format!("{path}{part}")
    } else {
        format!("{path}/{part}")
    }
}

fn split(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |i| i + 1);
    let (head, tail) = path.split_at(at);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

fn split_extension(path: &str) -> (&str, &str) {
    let name_at = path.rfind('/').map_or(0, |i| i + 1);
    let name = &path[name_at..];
    let leading_dots = name.len() - name.trim_start_matches('.').len();
    match name.rfind('.') {
        Some(dot) if dot > 0 && dot >= leading_dots => path.split_at(name_at + dot),
        _ => (path, ""),
    }
}

/// The path without `.`, `..` and double slashes.
pub(in crate::lang::stdlib) fn normal(path: &str) -> String {
    if path.is_empty() {
        return ".".to_string();
    }
    let root = match path.bytes().take_while(|&b| b == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        match (part, parts.last()) {
            ("..", None) if !root.is_empty() => {}
            ("..", Some(&last)) if last != ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    let shown = format!("{root}{}", parts.join("/"));
    if shown.is_empty() {
        ".".to_string()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_and_joined() {
        assert_eq!(join("a", "b/c"), "a/b/c");
        assert_eq!(join("a", "/b"), "/b");
        assert_eq!(split("/a/b.txt"), ("/a", "b.txt"));
        assert_eq!(split("//a"), ("//", "a"));
        assert_eq!(split_extension("a.b/.bashrc"), ("a.b/.bashrc", ""));
        assert_eq!(split_extension("x.tar.gz"), ("x.tar", ".gz"));
        assert_eq!(normal("a/./b/../c//d/.."), "a/c");
        assert_eq!(normal("/../a"), "/a");
        assert_eq!(relative("/a/b", "/a/c/d"), "../../b");
    }
}
