//! `os`

mod descriptors;
mod environ;
mod files;
pub(super) mod path;
mod resolve;
mod scan;
mod terminal;

use std::fs;
use std::io::IsTerminal;

use super::define::def;
use super::failure::system_error;
use super::{arguments, record};
use crate::lang::object::{
    Bytes, Caller, Class, Dict, Exc, Module, ModuleSpec, Native, NativeSpec, Raised, Ref, Result,
    Value, intern, not_implemented_error, protocol, type_error, types, value_error,
};

/// `os`
pub(super) static OS: ModuleSpec = ModuleSpec {
    name: "os",
    doc: "Files, folders and the environment.",
    functions: FUNCTIONS,
    setup,
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_exit(status)",
        "Ends the program at once.",
        |caller, args| {
            caller.session().output.borrow_mut().flush();
            let status = arguments::int(caller, &args[0])?;
            std::process::exit(status as i32)
        },
    ),
    def(
        "access(path, mode)",
        "Whether a file may be used in a way.",
        files::access,
    ),
    def(
        "chdir(path)",
        "Changes the working folder.",
        |caller, args| files::on_path(caller, &args[0], |path| std::env::set_current_dir(path)),
    ),
    def(
        "chmod(path, mode)",
        "Sets the permissions of a file.",
        files::change_mode,
    ),
    def("cpu_count()", "How many processors there are.", |_, _| {
        Ok(std::thread::available_parallelism().map_or(Value::None, |n| Value::from(n.get())))
    }),
    def(
        "fork()",
        "Not to be had: a program is one process.",
        |_, _| Err(missing("fork")),
    ),
    def(
        "fsdecode(filename)",
        "A file name as text.",
        |caller, args| arguments::path(caller, &args[0]).map(Value::str),
    ),
    def(
        "fsencode(filename)",
        "A file name as bytes.",
        |caller, args| {
            Ok(arguments::new_bytes(
                arguments::path(caller, &args[0])?.into_bytes(),
            ))
        },
    ),
    def("fspath(path)", "The text of a path.", |caller, args| {
        if args[0].as_str().is_some() || args[0].get::<Bytes>().is_some() {
            return Ok(args[0].clone());
        }
        arguments::path(caller, &args[0]).map(Value::str)
    }),
    def(
        "get_terminal_size(fd=1, /)",
        "Columns and lines of the terminal.",
        |caller, args| {
            let file = arguments::int(caller, &args[0])?;
            match terminal::size(file as i32) {
                Ok((columns, lines)) => Ok(terminal_size(columns.into(), lines.into())),
                Err(error) => Err(system_error(caller, &error, None)),
            }
        },
    ),
    def("getcwd()", "The working folder.", |_, _| {
        Ok(Value::str(resolve::working_folder()))
    }),
    def("getegid()", "The group of the program.", |_, _| {
        Ok(Value::Int(owner().1))
    }),
    def(
        "getenv(key, default=None)",
        "The value of an environment variable.",
        getenv,
    ),
    def("geteuid()", "The user of the program.", |_, _| {
        Ok(Value::Int(owner().0))
    }),
    def("getgid()", "The group of the program.", |_, _| {
        Ok(Value::Int(owner().1))
    }),
    def("getlogin()", "The name of the user.", |_, _| {
        Ok(Value::str(
            std::env::var("LOGNAME")
                .or_else(|_| std::env::var("USER"))
                .unwrap_or_else(|_| "root".into()),
        ))
    }),
    def("getpid()", "The number of the process.", |_, _| {
        Ok(Value::Int(std::process::id().into()))
    }),
    def(
        "getppid()",
        "The number of the process that started this one.",
        |_, _| Ok(Value::Int(std::os::unix::process::parent_id().into())),
    ),
    def("getuid()", "The user of the program.", |_, _| {
        Ok(Value::Int(owner().0))
    }),
    def(
        "isatty(fd, /)",
        "Whether a file is a terminal.",
        |caller, args| {
            Ok(Value::Bool(match arguments::int(caller, &args[0])? {
                0 => std::io::stdin().is_terminal(),
                1 => std::io::stdout().is_terminal(),
                2 => std::io::stderr().is_terminal(),
                _ => false,
            }))
        },
    ),
    def("kill(pid, signal)", "Not to be had.", |_, _| {
        Err(missing("kill"))
    }),
    def(
        "link(src, dst)",
        "Makes a second name for a file.",
        |caller, args| files::on_paths(caller, args, |from, to| fs::hard_link(from, to)),
    ),
    def("listdir(path=None)", "The names in a folder.", files::list),
    def(
        "lstat(path)",
        "What the system knows of a file, links not followed.",
        |caller, args| files::stat(caller, &args[0], false),
    ),
    def(
        "makedirs(name, mode=511, exist_ok=False)",
        "Makes a folder and those above it.",
        files::make_folders,
    ),
    def(
        "mkdir(path, mode=511)",
        "Makes a folder.",
        |caller, args| files::on_path(caller, &args[0], |path| fs::create_dir(path)),
    ),
    def(
        "popen(cmd, mode='r', buffering=-1)",
        "Not to be had.",
        |_, _| Err(missing("popen")),
    ),
    def(
        "putenv(name, value, /)",
        "Sets an environment variable.",
        |caller, args| {
            let os = caller.session().modules.get_str("os");
            if let Some(environ) = os.and_then(|os| {
                os.exact::<Module>()
                    .and_then(|os| os.dict.get_str("environ"))
            }) {
                protocol::set_item(caller, &environ, &args[0], args[1].clone())?;
            }
            Ok(Value::None)
        },
    ),
    def(
        "readlink(path)",
        "Where a symbolic link leads.",
        |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            match fs::read_link(&path) {
                Ok(found) => Ok(Value::str(found.display().to_string())),
                Err(error) => Err(system_error(caller, &error, Some(&path))),
            }
        },
    ),
    def("remove(path)", "Removes a file.", files::remove),
    def(
        "removedirs(name)",
        "Removes a folder, and those above it that are empty then.",
        files::remove_folders,
    ),
    def(
        "rename(src, dst)",
        "Renames a file or folder.",
        files::rename,
    ),
    def(
        "replace(src, dst)",
        "Renames a file or folder, in place of another.",
        files::rename,
    ),
    def("rmdir(path)", "Removes an empty folder.", |caller, args| {
        files::on_path(caller, &args[0], |path| fs::remove_dir(path))
    }),
    def("scandir(path=None)", "The entries of a folder.", scan::scan),
    def(
        "stat(path, *, follow_symlinks=True)",
        "What the system knows of a file.",
        |caller, args| {
            let follow = protocol::truth(caller, &args[1])?;
            files::stat(caller, &args[0], follow)
        },
    ),
    def(
        "strerror(code, /)",
        "The text of an error number.",
        |caller, args| {
            let code = arguments::int(caller, &args[0])?;
            let shown = std::io::Error::from_raw_os_error(code as i32).to_string();
            Ok(Value::str(
                shown.split(" (os error").next().unwrap_or_default(),
            ))
        },
    ),
    def(
        "symlink(src, dst)",
        "Makes a symbolic link.",
        |caller, args| {
            files::on_paths(caller, args, |from, to| {
                std::os::unix::fs::symlink(from, to)
            })
        },
    ),
    def(
        "system(command)",
        "Not to be had: programs do not run other programs.",
        |_, _| Err(missing("system")),
    ),
    def("times()", "Times of the process.", |_, _| {
        let spent = super::time::zone::clock(libc::CLOCK_PROCESS_CPUTIME_ID).as_secs_f64();
        let real = super::time::zone::clock(libc::CLOCK_MONOTONIC).as_secs_f64();
        let fields = [
            ("user", spent),
            ("system", 0.0),
            ("children_user", 0.0),
            ("children_system", 0.0),
            ("elapsed", real),
        ];
        Ok(record::lone_record(
            "posix",
            "times_result",
            &fields.map(|(name, t)| (name, Value::Float(t))),
        ))
    }),
    def(
        "umask(mask, /)",
        "The usual mask of permissions; it cannot be changed.",
        |_, _| Ok(Value::Int(0o022)),
    ),
    def("uname()", "The system.", |_, _| {
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/sys/kernel/{name}"))
                .map(|t| t.trim().to_string())
                .unwrap_or_default()
        };
        let fields = [
            ("sysname", "Linux".to_string()),
            ("nodename", read("hostname")),
            ("release", read("osrelease")),
            ("version", read("version")),
            ("machine", std::env::consts::ARCH.to_string()),
        ];
        Ok(record::lone_record(
            "posix",
            "uname_result",
            &fields.map(|(name, text)| (name, Value::str(text))),
        ))
    }),
    def("unlink(path)", "Removes a file.", files::remove),
    def("unsetenv(name, /)", "Has no effect.", |_, _| {
        Ok(Value::None)
    }),
    def(
        "urandom(size, /)",
        "Random bytes of the system.",
        |caller, args| {
            let size = arguments::count(caller, &args[0], "negative argument not allowed")?;
            let mut bytes = vec![0; size];
            getrandom::fill(&mut bytes)
                .map_err(|error| crate::lang::object::os_error(error.to_string()))?;
            Ok(arguments::new_bytes(bytes))
        },
    ),
    def(
        "utime(path, times=None)",
        "Sets when a file was last read and changed.",
        set_times,
    ),
    def(
        "walk(top, topdown=True, onerror=None, followlinks=False)",
        "Folder, subfolders and files of a folder and of all folders below it.",
        scan::walk,
    ),
];

fn missing(name: &str) -> Raised {
    not_implemented_error(format!("os.{name}"))
}

/// User and group of the program.
fn owner() -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").map_or((0, 0), |found| (found.uid().into(), found.gid().into()))
}

/// `os.terminal_size`
fn terminal_size_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let fields = ["columns", "lines"];
    let make = || record::record_class("os", "terminal_size", "Columns and lines.", &fields);
    CLASS.with(|class| class.get_or_init(make).clone())
}

fn terminal_size(columns: i64, lines: i64) -> Value {
    let size = [Value::Int(columns), Value::Int(lines)];
    Value::from(record::record(&terminal_size_class(), size))
}

/// Attributes that are made when they are asked for.
fn later(caller: &mut dyn Caller, _: &Ref<Module>, name: &str) -> Result<Option<Value>> {
    if name != "PathLike" {
        return Ok(None);
    }
    let module = super::load(caller, "_os_classes")?;
    Ok(module.and_then(|module| module.dict.get_str(name)))
}

fn getenv(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    if args[0].as_str().is_none() {
        return Err(type_error(format!(
            "str expected, not {}",
            args[0].class_name()
        )));
    }
    let os = caller.session().modules.get_str("os");
    let environ = os.and_then(|os| {
        os.exact::<Module>()
            .and_then(|os| os.dict.get_str("environ"))
    });
    let found = match environ
        .as_ref()
        .and_then(|environ| environ.get::<Dict>())
        .cloned()
    {
        Some(dict) => protocol::dict_get(caller, &dict, &args[0])?,
        None => None,
    };
    Ok(found.unwrap_or_else(|| args[1].clone()))
}

fn set_times(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    use std::time::{Duration, SystemTime};
    let times = if args[1].is_none() {
        (SystemTime::now(), SystemTime::now())
    } else {
        let mut times = Vec::new();
        for time in protocol::collect(caller, &args[1])? {
            let seconds = arguments::number(caller, &time)?;
            let duration = Duration::try_from_secs_f64(seconds)
                .map_err(|_| value_error("timestamp out of range"))?;
            times.push(SystemTime::UNIX_EPOCH + duration);
        }
        match times[..] {
            [read, changed] => (read, changed),
            _ => {
                return Err(type_error(
                    "utime: 'times' must be either a tuple of two ints or None",
                ));
            }
        }
    };
    files::on_path(caller, &args[0], |path| {
        let times = fs::FileTimes::new()
            .set_accessed(times.0)
            .set_modified(times.1);
        fs::File::open(path)?.set_times(times)
    })
}

fn setup(caller: &mut dyn Caller, module: &Ref<Module>) -> Result<()> {
    let texts = [
        ("name", "posix"),
        ("sep", "/"),
        ("curdir", "."),
        ("pardir", ".."),
        ("extsep", "."),
        ("pathsep", ":"),
        ("linesep", "\n"),
        ("devnull", "/dev/null"),
        ("defpath", "/bin:/usr/bin"),
    ];
    texts
        .iter()
        .for_each(|(name, text)| module.set(name, *text));
    module.set("altsep", Value::None);
    for (name, number) in [
        ("F_OK", 0),
        ("R_OK", 4),
        ("W_OK", 2),
        ("X_OK", 1),
        ("SEEK_SET", 0),
        ("SEEK_CUR", 1),
        ("SEEK_END", 2),
    ] {
        module.set(name, Value::Int(number));
    }
    for (name, number) in descriptors::FLAGS {
        module.set(name, Value::Int(number));
    }
    for function in descriptors::FUNCTIONS {
        let native = Native::function(function);
        module.set(native.name.clone().as_str(), Value::from(native));
    }
    if let Some(open) = caller.session().builtins.get_str("open") {
        module.set("fdopen", open);
    }
    let environ = environ::environ(caller);
    module.set("environ", environ);
    module.set("error", Value::from(types().exception(Exc::OSError)));
    module.set("terminal_size", Value::from(&terminal_size_class()));
    *module.lazy.borrow_mut() = Some(later);
    module.set("stat_result", Value::from(&files::stat_class()));
    module.set("DirEntry", Value::from(&scan::entry_class()));
    let modules = caller.session().modules.clone();
    let path = match modules.get_str("posixpath") {
        Some(path) => path,
        None => match super::load(caller, "posixpath")? {
            Some(path) => Value::from(path),
            None => Value::None,
        },
    };
    if let Some(path) = path.exact::<Module>() {
        path.set("os", Value::from(module));
    }
    modules.set_name(&intern("os.path"), path.clone());
    module.set("path", path);
    Ok(())
}
