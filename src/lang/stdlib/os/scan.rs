//! `os.walk` and `os.scandir`.

use std::fs;

use super::files::{inside, stat_of};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::iter::{Iter, NativeIter};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, Class, Kind, List, NativeSpec, Ref, Result, Value, protocol, type_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, def, iterator_class};
use crate::lang::stdlib::failure::system_error;

class_of! {
    /// `os.DirEntry`
    entry_class ENTRY;
    /// The class of what `scandir` returns.
    scan_class SCAN;
}

/// One name in a folder.
pub(super) struct Entry {
    name: String,
    path: String,
}

impl HeapType for Entry {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        entry_class()
    }
}

fn entry(value: &Value) -> Result<&Ref<Entry>> {
    value
        .get::<Entry>()
        .ok_or_else(|| type_error("a DirEntry is required"))
}

static ENTRY: ClassSpec = ClassSpec {
    name: "DirEntry",
    module: "posix",
    doc: "One name in a folder.",
    methods: ENTRY_METHODS,
    attributes: ENTRY_ATTRIBUTES,
    ..ClassSpec::EMPTY
};

static ENTRY_ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec {
        name: "name",
        doc: "The name.",
        get: |_, this| Ok(Value::str(entry(this)?.name.clone())),
        set: None,
    },
    GetSetSpec {
        name: "path",
        doc: "The path.",
        get: |_, this| Ok(Value::str(entry(this)?.path.clone())),
        set: None,
    },
];

fn metadata(args: &[Value]) -> Result<std::io::Result<fs::Metadata>> {
    let path = &entry(&args[0])?.path;
    let follow = args
        .get(1)
        .is_none_or(|follow| follow.native_truth() != Some(false));
    Ok(if follow {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    })
}

static ENTRY_METHODS: &[NativeSpec] = &[
    def("__fspath__(self, /)", "The path.", |_, args| {
        Ok(Value::str(entry(&args[0])?.path.clone()))
    }),
    def(
        "__repr__(self, /)",
        "The text that stands for the entry.",
        |_, args| {
            Ok(Value::str(format!(
                "<DirEntry {}>",
                protocol::repr_str(&entry(&args[0])?.name)
            )))
        },
    ),
    def(
        "is_dir(self, /, *, follow_symlinks=True)",
        "Whether it is a folder.",
        |_, args| {
            Ok(Value::Bool(
                metadata(args)?.is_ok_and(|found| found.is_dir()),
            ))
        },
    ),
    def(
        "is_file(self, /, *, follow_symlinks=True)",
        "Whether it is a file.",
        |_, args| {
            Ok(Value::Bool(
                metadata(args)?.is_ok_and(|found| found.is_file()),
            ))
        },
    ),
    def(
        "is_symlink(self, /)",
        "Whether it is a symbolic link.",
        |_, args| {
            Ok(Value::Bool(
                std::path::Path::new(&entry(&args[0])?.path).is_symlink(),
            ))
        },
    ),
    def(
        "stat(self, /, *, follow_symlinks=True)",
        "What the system knows of it.",
        |caller, args| match metadata(args)? {
            Ok(found) => Ok(Value::from(stat_of(&found))),
            Err(error) => {
                let path = entry(&args[0])?.path.clone();
                Err(system_error(caller, &error, Some(&path)))
            }
        },
    ),
];

static SCAN: ClassSpec = ClassSpec {
    name: "ScandirIterator",
    module: "posix",
    doc: "The entries of a folder.",
    methods: &[
        def("__iter__(self, /)", "The iterator itself.", |_, args| {
            Ok(args[0].clone())
        }),
        def("__next__(self, /)", "The next entry.", |caller, args| {
            let next = protocol::next(caller, &args[0])?;
            next.ok_or_else(|| crate::lang::object::stop_iteration(Value::None))
        }),
        def("__enter__(self, /)", "The iterator itself.", |_, args| {
            Ok(args[0].clone())
        }),
        def("__exit__(self, *args)", "Has no effect.", |_, _| {
            Ok(Value::None)
        }),
        def("close(self)", "Has no effect.", |_, _| Ok(Value::None)),
    ],
    ..ClassSpec::EMPTY
};

struct Scan {
    entries: std::vec::IntoIter<Entry>,
}

impl NativeIter for Scan {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self
            .entries
            .next()
            .map(|entry| Value::from(Ref::new(entry))))
    }

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        scan_class()
    }
}

fn entries(folder: &str) -> std::io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        found.push(Entry {
            path: inside(folder, &name),
            name,
        });
    }
    Ok(found)
}

/// `os.scandir(path)`
pub(super) fn scan(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let folder = if args[0].is_none() {
        ".".to_string()
    } else {
        arguments::path(caller, &args[0])?
    };
    match entries(&folder) {
        Ok(found) => Ok(Iter::native(Scan {
            entries: found.into_iter(),
        })),
        Err(error) => Err(system_error(caller, &error, Some(&folder))),
    }
}

static WALK: ClassSpec = iterator_class("os", "walk", "Folders with what is in them.", None);

class_of! {
    walk_class WALK;
}

/// What a walk still has to do.
enum Step {
    /// Look into a folder.
    Visit(String),
    /// Visit the folders below one that was shown, which the program may have changed meanwhile.
    Below(String, Value),
    /// Show a folder whose subfolders have been shown.
    Show(Value),
}

struct Walk {
    steps: Vec<Step>,
    top_down: bool,
    follow: bool,
    on_error: Value,
}

impl Walk {
    /// Folder, subfolders and files of a folder; nothing where it cannot be read.
    fn look(&self, caller: &mut dyn Caller, folder: &str) -> Result<Option<(Value, Value)>> {
        let found = match entries(folder) {
            Ok(found) => found,
            Err(error) => {
                if !self.on_error.is_none() {
                    let raised = system_error(caller, &error, Some(folder));
                    caller.call_positional(&self.on_error.clone(), &[raised.value()])?;
                }
                return Ok(None);
            }
        };
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in found {
            let is_folder = std::path::Path::new(&entry.path).is_dir();
            if is_folder { &mut folders } else { &mut files }.push(Value::str(entry.name));
        }
        let folders = Value::list(folders);
        let shown = Value::tuple([Value::str(folder), folders.clone(), Value::list(files)]);
        Ok(Some((shown, folders)))
    }

    /// Puts the subfolders of a folder on the list of what is to be visited.
    fn descend(&mut self, folder: &str, folders: &Value) {
        let names = folders
            .exact::<List>()
            .map(|list| list.items.borrow().clone())
            .unwrap_or_default();
        for name in names.iter().rev().filter_map(Value::as_str) {
            let path = inside(folder, name);
            if self.follow || !std::path::Path::new(&path).is_symlink() {
                self.steps.push(Step::Visit(path));
            }
        }
    }
}

impl NativeIter for Walk {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Below(folder, folders) => self.descend(&folder, &folders),
                Step::Show(shown) => return Ok(Some(shown)),
                Step::Visit(folder) => {
                    caller.poll()?;
                    let Some((shown, folders)) = self.look(caller, &folder)? else {
                        continue;
                    };
                    if self.top_down {
                        self.steps.push(Step::Below(folder, folders));
                        return Ok(Some(shown));
                    }
                    self.steps.push(Step::Show(shown));
                    self.descend(&folder, &folders);
                }
            }
        }
        Ok(None)
    }

    fn trace(&self, visit: &mut Visit) {
        self.on_error.trace(visit);
        for step in &self.steps {
            match step {
                Step::Below(_, value) | Step::Show(value) => value.trace(visit),
                Step::Visit(_) => {}
            }
        }
    }

    fn class(&self) -> Ref<Class> {
        walk_class()
    }
}

/// `os.walk(top, topdown, onerror, followlinks)`
pub(super) fn walk(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let top = arguments::path(caller, &args[0])?;
    Ok(Iter::native(Walk {
        steps: vec![Step::Visit(top)],
        top_down: protocol::truth(caller, &args[1])?,
        on_error: args[2].clone(),
        follow: protocol::truth(caller, &args[3])?,
    }))
}
