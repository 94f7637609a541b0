//! `OSError`: the class chosen by number, and the parts of its message.

use super::Exc;
use super::methods::{args_of, data, make};
use super::special::{kept, set_stored, stored, stored_or_arg};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::{repr, str};
use crate::lang::object::{Args, Caller, Class, Raised, Ref, Result, Value, types};

/// The class that `OSError(errno, ...)` makes an instance of.
pub fn os_error_class(errno: i64) -> Exc {
    match errno {
        11 | 114 | 115 => Exc::BlockingIOError,
        10 => Exc::ChildProcessError,
        32 | 108 => Exc::BrokenPipeError,
        103 => Exc::ConnectionAbortedError,
        111 => Exc::ConnectionRefusedError,
        104 => Exc::ConnectionResetError,
        17 => Exc::FileExistsError,
        2 => Exc::FileNotFoundError,
        4 => Exc::InterruptedError,
        21 => Exc::IsADirectoryError,
        20 => Exc::NotADirectoryError,
        1 | 13 => Exc::PermissionError,
        3 => Exc::ProcessLookupError,
        110 => Exc::TimeoutError,
        _ => Exc::OSError,
    }
}

fn make_os_error(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let mut class = class.clone();
    if class.same(types().exception(Exc::OSError))
        && (2..=5).contains(&args.positional.len())
        && let Some(errno) = args.positional[0].as_int()
    {
        class = types().exception(os_error_class(errno)).clone();
    }
    let value = make(caller, &class, Args::positional(args.positional))?;
    keep_os_parts(&value, args.positional)?;
    Ok(value)
}

/// The file name is no part of `args`.
fn keep_os_parts(value: &Value, positional: &[Value]) -> Result<()> {
    if !(2..=5).contains(&positional.len()) {
        return Ok(());
    }
    set_stored(value, "errno", positional[0].clone())?;
    set_stored(value, "strerror", positional[1].clone())?;
    if let Some(filename) = positional.get(2) {
        set_stored(value, "filename", filename.clone())?;
        let old = data(value)?
            .args
            .replace(Value::tuple(positional[..2].to_vec()));
        drop(old);
    }
    if let Some(second) = positional.get(4) {
        set_stored(value, "filename2", second.clone())?;
    }
    Ok(())
}

pub(super) static OS_ERROR: ClassSpec = ClassSpec {
    name: "OSError",
    doc: "Base class for I/O related errors.",
    methods: &[
        NativeSpec::new(
            "__init__(self, /, *args, **kwargs)",
            "Initialize self.",
            |_, a| {
                let old = data(&a[0])?.args.replace(a[1].clone());
                drop(old);
                let args = args_of(&a[0])?;
                keep_os_parts(&a[0], &args)?;
                Ok(Value::None)
            },
        ),
        NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
            let args = args_of(&a[0])?;
            let errno = stored(&a[0], "errno")?;
            if args.len() < 2 || errno.is_none() {
                return match &args[..] {
                    [] => Ok(Value::from("")),
                    [one] => str(c, one).map(Value::from),
                    _ => {
                        let all = data(&a[0])?.args.borrow().clone();
                        match args.len() {
                            2 => os_text(c, &a[0], &args[0], &args[1]),
                            _ => repr(c, &all).map(Value::from),
                        }
                    }
                };
            }
            let strerror = stored(&a[0], "strerror")?;
            os_text(c, &a[0], &errno, &strerror)
        }),
    ],
    attributes: &[
        GetSetSpec::new("errno", "", |_, v| os_part(v, "errno", 0))
            .set(|_, v, x| set_stored(v, "errno", x)),
        GetSetSpec::new("strerror", "", |_, v| os_part(v, "strerror", 1))
            .set(|_, v, x| set_stored(v, "strerror", x)),
        kept!("filename"),
        kept!("filename2"),
    ],
    make: Some(make_os_error),
    ..ClassSpec::EMPTY
};

fn os_part(value: &Value, name: &str, place: usize) -> Result<Value> {
    let args = args_of(value)?;
    if args.len() < 2 {
        return stored(value, name);
    }
    stored_or_arg(value, name, place)
}

fn os_text(
    caller: &mut dyn Caller,
    value: &Value,
    errno: &Value,
    strerror: &Value,
) -> Result<Value> {
    let mut text = format!("[Errno {}] {}", str(caller, errno)?, str(caller, strerror)?);
    let filename = stored(value, "filename")?;
    if !filename.is_none() {
        text = format!("{text}: {}", repr(caller, &filename)?);
    }
    let second = stored(value, "filename2")?;
    if !second.is_none() {
        text = format!("{text} -> {}", repr(caller, &second)?);
    }
    Ok(Value::from(text))
}

/// An OSError of the class that fits an error of the system, with the file it is about.
pub fn system_error(error: &std::io::Error, filename: Option<Value>) -> Raised {
    let errno = i64::from(error.raw_os_error().unwrap_or(5));
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text).to_string();
    let class = types().exception(os_error_class(errno));
    let raised = Raised::of_class(class, [Value::Int(errno), Value::from(text)]);
    let raised = raised.with_attr("errno", Value::Int(errno));
    match filename {
        Some(name) => {
            let strerror = args_of(&raised.value())
                .ok()
                .and_then(|args| args.get(1).cloned());
            raised
                .with_attr("strerror", strerror.unwrap_or(Value::None))
                .with_attr("filename", name)
        }
        None => raised,
    }
}
