//! `sys`

mod sizes;
mod streams;

use std::cell::Cell;

use super::arguments;
use super::define::def;
use super::record::lone_record;
use crate::lang::object::exception::FrameObject;
use crate::lang::object::{
    Caller, Dict, Exc, Instance, Module, ModuleSpec, NativeSpec, Raised, Ref, Result, Str, Value,
    intern, not_implemented_error, protocol, type_error, value_error,
};
use streams::Which;

/// `sys`
pub(super) static SYS: ModuleSpec = ModuleSpec {
    name: "sys",
    doc: "The interpreter itself: arguments, modules, streams, limits.",
    functions: FUNCTIONS,
    setup,
};

thread_local! {
    static MAX_STR_DIGITS: Cell<i64> = const { Cell::new(4300) };
}

/// How many digits an integer may have to be turned into text or back; 0 for no limit.
pub fn max_str_digits() -> i64 {
    MAX_STR_DIGITS.get()
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_getframe(depth=0, /)",
        "The frame so many calls above.",
        |caller, args| {
            let depth = usize::try_from(arguments::int(caller, &args[0])?).unwrap_or(0);
            let mut frames = Vec::new();
            while frames.len() < 64
                && let Some(view) = caller.frame(depth + frames.len())
            {
                frames.push(view);
            }
            if frames.is_empty() {
                return Err(value_error("call stack is not deep enough"));
            }
            let made = frames
                .into_iter()
                .rev()
                .fold(Value::None, |back, view| FrameObject::running(view, back));
            Ok(made)
        },
    ),
    def(
        "_place(depth=0, /)",
        "File, line, function and module of the frame so many calls above.",
        |caller, args| {
            let depth = usize::try_from(arguments::int(caller, &args[0])?).unwrap_or(0);
            let Some(view) = caller.frame(depth) else {
                return Err(value_error("call stack is not deep enough"));
            };
            let source = &view.code.source;
            let module = view.globals.get_str("__name__").unwrap_or(Value::None);
            Ok(Value::tuple([
                Value::str(source.name.as_str()),
                Value::from(source.line(view.span.start as usize)),
                Value::from(&view.code.name),
                module,
            ]))
        },
    ),
    def(
        "excepthook(exctype, value, traceback, /)",
        "Handle an exception by displaying it with a traceback on sys.stderr.",
        |caller, args| {
            let Some(raised) = Raised::from_value(&args[1]) else {
                return Err(type_error("excepthook() argument 2 must be an exception"));
            };
            let report = crate::lang::object::exception::report(caller, &raised);
            let text = crate::base::render::traceback(&report, &crate::base::render::plain);
            let sys = caller.session().modules.get_str("sys").unwrap_or_default();
            let stderr = protocol::get_attr(caller, &sys, &intern("stderr"))?;
            protocol::call_method(caller, &stderr, "write", &[Value::str(text)])?;
            Ok(Value::None)
        },
    ),
    def(
        "displayhook(object, /)",
        "Prints the repr of an object other than None.",
        |caller, args| {
            if !args[0].is_none() {
                let text = protocol::repr(caller, &args[0])? + "\n";
                caller.session().output.borrow_mut().write(&text)?;
            }
            Ok(Value::None)
        },
    ),
    def(
        "exc_info()",
        "Class, value and traceback of the exception that is being handled.",
        |caller, _| {
            let Some(exception) = caller.handled().filter(|e| !e.is_none()) else {
                return Ok(Value::tuple([Value::None, Value::None, Value::None]));
            };
            let traceback = protocol::find_attr(caller, &exception, &intern("__traceback__"))?;
            Ok(Value::tuple([
                Value::from(exception.class()),
                exception,
                traceback.unwrap_or(Value::None),
            ]))
        },
    ),
    def(
        "exception()",
        "The exception that is being handled.",
        |caller, _| Ok(caller.handled().unwrap_or(Value::None)),
    ),
    def(
        "exit(status=None, /)",
        "Ends the program by raising SystemExit.",
        |_, args| {
            let arguments: Vec<Value> = args
                .iter()
                .filter(|status| !status.is_none())
                .cloned()
                .collect();
            let code = args[0].clone();
            Err(Raised::with_args(Exc::SystemExit, arguments).with_attr("code", code))
        },
    ),
    def(
        "get_int_max_str_digits()",
        "How many digits an integer may have as text.",
        |_, _| Ok(Value::Int(max_str_digits())),
    ),
    def(
        "getallocatedblocks()",
        "How many objects are alive.",
        |_, _| Ok(Value::from(crate::lang::object::heap::tracked())),
    ),
    def(
        "getdefaultencoding()",
        "The encoding of text: 'utf-8'.",
        |_, _| Ok(Value::str("utf-8")),
    ),
    def(
        "getfilesystemencoding()",
        "The encoding of file names: 'utf-8'.",
        |_, _| Ok(Value::str("utf-8")),
    ),
    def(
        "getrecursionlimit()",
        "How deep calls may be nested.",
        |caller, _| Ok(Value::from(caller.session().recursion_limit.get())),
    ),
    def(
        "getswitchinterval()",
        "How long a thread may run on in CPython.",
        |_, _| Ok(Value::Float(0.005)),
    ),
    def(
        "getrefcount(object, /)",
        "How many references to an object there are.",
        |_, args| {
            Ok(Value::Int(match &args[0] {
                Value::Obj(object) => i64::from(object.count()),
                _ => 1_000_000_000,
            }))
        },
    ),
    def(
        "getsizeof(object, default=..., /)",
        "How many bytes an object takes in CPython.",
        |caller, args| sizes::size_of(caller, &args[0]).map(Value::from),
    ),
    def(
        "getprofile()",
        "None: programs are not profiled.",
        |_, _| Ok(Value::None),
    ),
    def("gettrace()", "None: programs are not traced.", |_, _| {
        Ok(Value::None)
    }),
    def(
        "intern(string, /)",
        "The one string of this text that is kept for comparing by identity.",
        |_, args| match args[0].exact::<Str>() {
            Some(text) => Ok(Value::from(&text.interned())),
            None => Err(type_error(format!(
                "intern() argument must be str, not {}",
                args[0].class_name()
            ))),
        },
    ),
    def(
        "is_finalizing()",
        "Whether the program is being shut down.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "set_int_max_str_digits(maxdigits)",
        "Sets how many digits an integer may have as text.",
        |caller, args| {
            let digits = arguments::int(caller, &args[0])?;
            if digits != 0 && digits < 640 {
                return Err(value_error("maxdigits must be 0 or larger than 640"));
            }
            MAX_STR_DIGITS.set(digits);
            Ok(Value::None)
        },
    ),
    def(
        "setprofile(function, /)",
        "Takes None alone: programs are not profiled.",
        |_, args| none_alone(&args[0], "sys.setprofile"),
    ),
    def(
        "setrecursionlimit(limit, /)",
        "Sets how deep calls may be nested.",
        |caller, args| {
            let limit = arguments::int(caller, &args[0])?;
            match usize::try_from(limit) {
                Ok(limit) if limit >= 1 => caller.session().recursion_limit.set(limit),
                _ => {
                    return Err(value_error(
                        "recursion limit must be greater or equal than 1",
                    ));
                }
            }
            Ok(Value::None)
        },
    ),
    def(
        "settrace(function, /)",
        "Takes None alone: programs are not traced.",
        |_, args| none_alone(&args[0], "sys.settrace"),
    ),
];

/// Nothing is called at every step of a program.
fn none_alone(function: &Value, name: &str) -> Result<Value> {
    match function {
        Value::None => Ok(Value::None),
        _ => Err(not_implemented_error(name)),
    }
}

fn setup(caller: &mut dyn Caller, module: &Ref<Module>) -> Result<()> {
    let session = caller.session().clone();
    module.set("argv", session.argv.clone());
    module.set("orig_argv", session.argv.clone());
    module.set("path", session.path.clone());
    module.set("modules", Value::from(&session.modules));
    for (name, which) in [
        ("stdin", Which::In),
        ("stdout", Which::Out),
        ("stderr", Which::Error),
    ] {
        let stream = streams::stream(which);
        module.set(&format!("__{name}__"), stream.clone());
        module.set(name, stream);
    }
    let executable = std::env::current_exe()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let prefix = executable
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_string();
    module.set("executable", executable);
    for name in ["prefix", "base_prefix", "exec_prefix", "base_exec_prefix"] {
        module.set(name, prefix.as_str());
    }
    module.set(
        "version",
        concat!("3.11.7 (torchlet ", env!("CARGO_PKG_VERSION"), ")"),
    );
    module.set("copyright", "Copyright (c) the Torchlet authors.");
    module.set(
        "platform",
        if cfg!(target_os = "macos") {
            "darwin"
        } else {
            std::env::consts::OS
        },
    );
    module.set(
        "byteorder",
        if cfg!(target_endian = "big") {
            "big"
        } else {
            "little"
        },
    );
    module.set("float_repr_style", "short");
    for name in ["excepthook", "displayhook"] {
        let hook = module.dict.get_str(name).unwrap_or_default();
        module.set(&format!("__{name}__"), hook);
    }
    module.set("maxsize", Value::Int(i64::MAX));
    module.set("maxunicode", Value::Int(0x10_ffff));
    module.set("hexversion", Value::Int(0x030b_07f0));
    module.set("api_version", Value::Int(1013));
    module.set("dont_write_bytecode", true);
    module.set("warnoptions", session.warnings.clone());
    module.set("meta_path", Value::list(Vec::new()));
    module.set("path_hooks", Value::list(Vec::new()));
    let names: Vec<Value> = super::names().into_iter().map(Value::from).collect();
    module.set("builtin_module_names", Value::tuple(names.clone()));
    module.set("stdlib_module_names", Value::tuple(names));
    let (version, info) = (version_info(), float_info());
    module.set("float_info", info);
    module.set("int_info", int_info());
    module.set("hash_info", hash_info());
    module.set("flags", flags(session.optimize));
    module.set("implementation", implementation(&version));
    module.set("version_info", version);
    Ok(())
}

fn version_info() -> Value {
    let number = Value::Int;
    let fields = [
        ("major", number(3)),
        ("minor", number(11)),
        ("micro", number(7)),
        ("releaselevel", Value::str("final")),
        ("serial", number(0)),
    ];
    lone_record("sys", "version_info", &fields)
}

fn float_info() -> Value {
    let number = |n: i32| Value::Int(n.into());
    let fields = [
        ("max", Value::Float(f64::MAX)),
        ("max_exp", number(f64::MAX_EXP)),
        ("max_10_exp", number(f64::MAX_10_EXP)),
        ("min", Value::Float(f64::MIN_POSITIVE)),
        ("min_exp", number(f64::MIN_EXP)),
        ("min_10_exp", number(f64::MIN_10_EXP)),
        ("dig", number(15)),
        ("mant_dig", number(53)),
        ("epsilon", Value::Float(f64::EPSILON)),
        ("radix", number(2)),
        ("rounds", number(1)),
    ];
    lone_record("sys", "float_info", &fields)
}

fn int_info() -> Value {
    let fields = [
        ("bits_per_digit", Value::Int(30)),
        ("sizeof_digit", Value::Int(4)),
        ("default_max_str_digits", Value::Int(4300)),
        ("str_digits_check_threshold", Value::Int(640)),
    ];
    lone_record("sys", "int_info", &fields)
}

fn hash_info() -> Value {
    let fields = [
        ("width", Value::Int(64)),
        ("modulus", Value::Int((1 << 61) - 1)),
        ("inf", Value::Int(314_159)),
        ("nan", Value::Int(0)),
        ("imag", Value::Int(1_000_003)),
        ("algorithm", Value::str("fnv")),
        ("hash_bits", Value::Int(64)),
        ("seed_bits", Value::Int(0)),
        ("cutoff", Value::Int(0)),
    ];
    lone_record("sys", "hash_info", &fields)
}

fn flags(optimize: u8) -> Value {
    let names = [
        "debug",
        "inspect",
        "interactive",
        "optimize",
        "dont_write_bytecode",
        "no_user_site",
        "no_site",
        "ignore_environment",
        "verbose",
        "bytes_warning",
        "quiet",
        "hash_randomization",
        "isolated",
    ];
    let mut fields: Vec<(&str, Value)> = names.iter().map(|name| (*name, Value::Int(0))).collect();
    fields[3].1 = Value::Int(optimize.into());
    fields[4].1 = Value::Int(1);
    fields.extend([
        ("dev_mode", Value::Bool(false)),
        ("utf8_mode", Value::Int(1)),
        ("safe_path", Value::Bool(false)),
    ]);
    lone_record("sys", "flags", &fields)
}

/// `sys.implementation`, a namespace.
fn implementation(version: &Value) -> Value {
    let dict = Dict::new();
    dict.set_str("name", Value::str("torchlet"));
    dict.set_str("cache_tag", Value::None);
    dict.set_str("version", version.clone());
    dict.set_str("hexversion", Value::Int(0x030b_07f0));
    let instance = Instance::new(&super::types::namespace_class());
    instance.set_dict(dict);
    Value::from(instance)
}
