//! Namespaces, and code made of text: `globals`, `locals`, `eval`, `exec`, `compile`, `__import__`.

use crate::lang::object::bytes::bytes_of;
use crate::lang::object::caller::{FrameView, Locals};
use crate::lang::object::protocol::{self, find_attr};
use crate::lang::object::str::codec::decode;
use crate::lang::object::{
    Caller, Cell, Code, Dict, Exc, Function, NativeSpec, Raised, Ref, Result, Special, Str, Tuple,
    Value, intern, runtime_error, type_error, value_error,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new(
        "globals()",
        "Return the dictionary containing the current scope's global variables.",
        |c, _| frame(c).map(|frame| Value::from(frame.globals)),
    ),
    NativeSpec::new(
        "locals()",
        "Return a dictionary containing the current scope's local variables.",
        locals,
    ),
    NativeSpec::new(
        "eval(source, globals=None, locals=None, /)",
        "Evaluate the given source in the context of globals and locals.",
        |c, a| run(c, "eval", a),
    )
    .examples(&[("eval('1 + 2')", "3")]),
    NativeSpec::new(
        "exec(source, globals=None, locals=None, /, *, closure=None)",
        "Execute the given source in the context of globals and locals.",
        |c, a| run(c, "exec", a).map(|_| Value::None),
    ),
    NativeSpec::new(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1)",
        "Compile source into a code object that can be executed by exec() or eval().",
        |c, a| {
            let text = match unparsed(c, &a[0])? {
                Some(text) => text,
                None => source_text(c, &a[0], "compile")?,
            };
            let (Some(filename), Some(mode)) = (a[1].as_str(), a[2].as_str()) else {
                return Err(type_error("compile() argument 'mode' must be str"));
            };
            if !matches!(mode, "exec" | "eval" | "single") {
                return Err(value_error(
                    "compile() mode must be 'exec', 'eval' or 'single'",
                ));
            }
            let (filename, mode) = (filename.to_string(), mode.to_string());
            compile(c, &text, &filename, &mode, true).map(Value::from)
        },
    ),
    NativeSpec::new(
        "__import__(name, globals=None, locals=None, fromlist=..., level=0)",
        "Import a module.",
        import,
    ),
];

fn frame(caller: &mut dyn Caller) -> Result<FrameView> {
    caller
        .frame(0)
        .ok_or_else(|| runtime_error("no current frame"))
}

/// `locals()`
pub(super) fn locals(caller: &mut dyn Caller, _: &[Value]) -> Result<Value> {
    let view = frame(caller)?;
    Ok(kept_locals(caller, view.locals))
}

/// The locals of the running frame, which the next call finds again.
fn kept_locals(caller: &mut dyn Caller, locals: Locals) -> Value {
    match locals {
        Locals::Namespace(namespace) => namespace,
        Locals::Copy(dict) => {
            caller.keep_locals(&dict);
            Value::from(dict)
        }
    }
}

fn compile(
    caller: &mut dyn Caller,
    text: &str,
    file: &str,
    mode: &str,
    separate: bool,
) -> Result<Ref<Code>> {
    match caller.session().compiler.get() {
        Some(compiler) => compiler(caller, text, file, mode, separate),
        None => Err(runtime_error("this session has no compiler")),
    }
}

/// The text of a node of `ast`: a tree is compiled by way of it.
fn unparsed(caller: &mut dyn Caller, value: &Value) -> Result<Option<String>> {
    let Some(module) = caller.session().modules.get_str("ast") else {
        return Ok(None);
    };
    let base = protocol::get_attr(caller, &module, &intern("AST"))?;
    if !protocol::is_instance(caller, value, &base)? {
        return Ok(None);
    }
    let text = protocol::call_method(caller, &module, "unparse", std::slice::from_ref(value))?;
    Ok(text.as_str().map(str::to_string))
}

fn source_text(_: &mut dyn Caller, source: &Value, function: &str) -> Result<String> {
    if let Some(text) = source.as_str() {
        if text.contains('\0') {
            return Err(Raised::new(
                Exc::ValueError,
                "source code string cannot contain null bytes",
            ));
        }
        return Ok(text.to_string());
    }
    match bytes_of(source) {
        Some(bytes) => decode(&bytes, "utf-8", "strict"),
        None => Err(type_error(format!(
            "{function}() arg 1 must be a string, bytes or code object"
        ))),
    }
}

/// Runs text or code in given namespaces, or in those of the calling frame.
fn run(caller: &mut dyn Caller, mode: &str, args: &[Value]) -> Result<Value> {
    let (globals, locals) = namespaces(caller, mode, args)?;
    let code = match args[0].exact::<Code>() {
        // The generator that a call would make is nobody's.
        Some(code) if code.flags.generator => return Ok(Value::None),
        Some(code) if !code.free.is_empty() || is_given(args.get(3)) => {
            let body = with_closure(code, mode, &globals, args.get(3))?;
            let namespace = locals.unwrap_or_else(|| Value::from(&globals));
            return caller.run_class_body(&body, &namespace);
        }
        Some(code) => {
            // Code compiled on its own looks its names up in a namespace, be it the globals themselves.
            let namespace = locals.unwrap_or_else(|| Value::from(&globals));
            return caller.run_code(&code.clone(), &globals, Some(namespace));
        }
        None => {
            if is_given(args.get(3)) {
                return Err(type_error(
                    "closure argument requires a code object to be passed as source",
                ));
            }
            let text = source_text(caller, &args[0], mode)?;
            let text = if mode == "eval" {
                text.trim_start_matches([' ', '\t'])
            } else {
                &text
            };
            compile(caller, text, "<string>", mode, locals.is_some())?
        }
    };
    caller.run_code(&code, &globals, locals)
}

fn is_given(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_none() && !value.is_unbound())
}

/// Code with free variables as a function that has the cells given for them.
fn with_closure(
    code: &Ref<Code>,
    mode: &str,
    globals: &Ref<Dict>,
    closure: Option<&Value>,
) -> Result<Ref<Function>> {
    if code.free.is_empty() {
        return Err(type_error("cannot use a closure with this code object"));
    }
    let Some(closure) = closure.filter(|closure| is_given(Some(closure))) else {
        return Err(type_error(match mode {
            "eval" => "code object passed to eval() may not contain free variables".to_string(),
            _ => format!(
                "code object requires a closure of exactly length {}",
                code.free.len()
            ),
        }));
    };
    let cells: Option<crate::lang::object::code::Closure> =
        closure.get::<Tuple>().and_then(|tuple| {
            let cell = |value: &Value| value.exact::<Cell>().cloned();
            tuple.items.iter().map(cell).collect()
        });
    match cells.filter(|cells| cells.len() == code.free.len()) {
        Some(cells) => Ok(Ref::new(Function::new(
            code.clone(),
            globals.clone(),
            cells,
        ))),
        None => Err(type_error(format!(
            "code object requires a closure of exactly length {}",
            code.free.len()
        ))),
    }
}

type Namespaces = (Ref<Dict>, Option<Value>);

/// The globals, and the locals where they are not the same.
fn namespaces(caller: &mut dyn Caller, mode: &str, args: &[Value]) -> Result<Namespaces> {
    let given = |value: &Value| !value.is_none() && !value.is_unbound();
    if given(&args[2]) && protocol::special(&args[2], Special::Getitem).is_none() {
        return Err(type_error(match mode {
            "eval" => "locals must be a mapping".to_string(),
            _ => format!(
                "exec() locals must be a mapping or None, not {}",
                args[2].class_name()
            ),
        }));
    }
    let own = |globals: &Ref<Dict>, locals: &Value| {
        locals
            .exact::<Dict>()
            .is_some_and(|dict| dict.same(globals))
    };
    if !given(&args[1]) {
        let frame = frame(caller)?;
        let locals = if given(&args[2]) {
            args[2].clone()
        } else {
            kept_locals(caller, frame.locals)
        };
        let separate = !own(&frame.globals, &locals);
        return Ok((frame.globals, separate.then_some(locals)));
    }
    let Some(globals) = args[1].get::<Dict>().cloned() else {
        return Err(type_error(match mode {
            "eval" => "globals must be a dict".to_string(),
            _ => format!(
                "exec() globals must be a dict, not {}",
                args[1].class_name()
            ),
        }));
    };
    if globals.get_str("__builtins__").is_none() {
        let builtins = Value::from(&caller.session().builtins.clone());
        globals.set_str("__builtins__", builtins);
    }
    let separate = given(&args[2]) && !own(&globals, &args[2]);
    Ok((globals, separate.then(|| args[2].clone())))
}

fn import(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(name) = args[0].get::<Str>().cloned() else {
        return Err(type_error("module name must be a string"));
    };
    let Some(importer) = caller.session().importer.get() else {
        return Err(runtime_error("this session has no importer"));
    };
    if args[4].as_int().unwrap_or(0) > 0 {
        return Err(crate::lang::object::not_implemented_error(
            "__import__ with a level",
        ));
    }
    let module = Value::from(importer(caller, name.as_str())?);
    let from = if args[3].is_unbound() {
        Vec::new()
    } else {
        protocol::collect(caller, &args[3])?
    };
    if from.is_empty() {
        let top = name.as_str().split('.').next().unwrap_or_default();
        return importer(caller, top).map(Value::from);
    }
    for part in from.iter().filter_map(Value::as_str) {
        if part != "*" && find_attr(caller, &module, &intern(part))?.is_none() {
            let full = format!("{}.{part}", name.as_str());
            match importer(caller, &full) {
                Ok(_) => {}
                Err(raised) if raised.is(Exc::ImportError) => {}
                Err(raised) => return Err(raised),
            }
        }
    }
    Ok(module)
}
