//! The classes of functions, methods, cells and code.

use super::{Cell, Closure, Code, Function, Method};
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GetSetSpec, NativeSpec, bind_arguments, no_keywords, receiver,
};
use crate::lang::object::protocol::{self, bind, find_attr};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Caller, Class, Dict, Name, Ref, Result, Str, Tuple, Value, attribute_error, intern,
    type_error, value_error,
};

/// `cell`
pub static CELL: ClassSpec = ClassSpec {
    name: "cell",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let cell = receiver::<Cell>(&a[0])?;
            let content = cell.0.borrow().clone();
            let class = content.class_name();
            let shown = match &content {
                Value::Unbound => "empty".to_string(),
                Value::Obj(object) => format!("{class} object at {:#x}", object.address()),
                _ => format!("{class} object at {:#x}", cell.address()),
            };
            Ok(Value::from(format!(
                "<cell at {:#x}: {shown}>",
                cell.address()
            )))
        },
    )],
    attributes: &[
        GetSetSpec::new("cell_contents", "The value of the variable.", |_, v| {
            let value = receiver::<Cell>(v)?.0.borrow().clone();
            if value.is_unbound() {
                return Err(value_error("Cell is empty"));
            }
            Ok(value)
        })
        .set(|_, v, value| {
            let old = receiver::<Cell>(v)?.0.replace(value);
            drop(old);
            Ok(())
        }),
    ],
    make: Some(make_cell),
    ..ClassSpec::EMPTY
};

fn make_cell(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("cell", args)?;
    match args.positional {
        [] => Ok(Value::from(Ref::new(Cell::default()))),
        [value] => Ok(Value::from(Ref::new(Cell(value.clone().into())))),
        more => Err(type_error(format!(
            "cell expected at most 1 argument, got {}",
            more.len()
        ))),
    }
}

fn names(names: &[Name]) -> Value {
    Value::tuple(names.iter().map(Value::from).collect::<Vec<_>>())
}

macro_rules! code_attributes {
    ($($name:literal $doc:literal |$code:ident| $value:expr;)*) => {
        &[$(GetSetSpec::new($name, $doc, |_, v| {
            let $code = receiver::<Code>(v)?;
            Ok($value)
        }),)*]
    };
}

/// `code`
pub static CODE: ClassSpec = ClassSpec {
    name: "code",
    doc: "A compiled body.",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let code = receiver::<Code>(&a[0])?;
            Ok(Value::from(format!(
                "<code object {} at {:#x}, file \"{}\", line {}>",
                code.name,
                code.address(),
                code.source.name,
                code.source.line(code.span.start as usize)
            )))
        },
    )],
    attributes: code_attributes! {
        "co_name" "The function's name." |code| Value::from(&code.name);
        "co_qualname" "The function's qualified name." |code| Value::from(&code.qualname);
        "co_filename" "The file." |code| Value::from(code.source.name.as_str());
        "co_firstlineno" "The first line." |code| Value::from(code.source.line(code.span.start as usize));
        "co_argcount" "How many parameters can be given by position." |code| Value::Int(code.params.positional.into());
        "co_posonlyargcount" "How many are given by position only." |code| Value::Int(code.params.positional_only.into());
        "co_kwonlyargcount" "How many are given by name only." |code| Value::Int(code.params.keyword_only.into());
        "co_nlocals" "How many local variables there are." |code| Value::from(code.locals.len());
        "co_varnames" "The names of the local variables." |code| names(&code.locals);
        "co_freevars" "The names of the free variables." |code| names(&code.free);
        "co_cellvars" "The names of the captured variables." |code| Value::tuple(
            code.cells.iter().filter_map(|&reg| code.locals.get(usize::from(reg))).map(Value::from).collect::<Vec<_>>()
        );
        "co_consts" "The constants." |code| Value::tuple(code.consts.clone());
        "co_names" "The names of globals and attributes." |code| Value::tuple(
            code.sites.iter().filter_map(|site| site.name.as_ref()).map(Value::from).collect::<Vec<_>>()
        );
        "co_stacksize" "How many registers a frame needs." |code| Value::Int(code.registers.into());
        "co_flags" "What sort of body it is." |code| Value::Int(flags(code));
    },
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// The bits of `inspect.CO_*`.
fn flags(code: &Code) -> i64 {
    let bit = |on: bool, bit: i64| if on { bit } else { 0 };
    bit(!code.flags.module && !code.flags.class_body, 3)
        | bit(code.params.star, 4)
        | bit(code.params.double_star, 8)
        | bit(!code.free.is_empty(), 16)
        | bit(
            code.flags.generator && !code.flags.coroutine && !code.flags.async_generator,
            32,
        )
        | bit(code.flags.coroutine, 128)
        | bit(code.flags.async_generator, 512)
}

fn call_all(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let positional = args[1].exact::<Tuple>().map_or(&[][..], |t| &t.items[..]);
    let named = args[2]
        .exact::<Dict>()
        .map(|d| d.entries())
        .unwrap_or_default();
    let named = named
        .into_iter()
        .filter_map(|(k, v)| Some((k.exact::<Str>()?.interned(), v)));
    let keywords: Vec<_> = named.collect();
    caller.call(
        &args[0],
        Args {
            positional,
            keywords: &keywords,
        },
    )
}

/// What callables have in common.
pub(super) static CALLABLE: &[NativeSpec] = &[
    NativeSpec::new(
        "__call__(self, /, *args, **kwargs)",
        "Call self as a function.",
        call_all,
    ),
    NativeSpec::new(
        "__get__(self, instance, owner=None, /)",
        "Return an attribute of instance, which is of type owner.",
        |c, a| {
            let class = match a[2].exact::<crate::lang::object::Class>() {
                Some(class) => class.clone(),
                None => a[1].class(),
            };
            let instance = if a[1].is_none() {
                &Value::Unbound
            } else {
                &a[1]
            };
            bind(c, &a[0], instance, &class)
        },
    ),
];

/// `function`
pub static FUNCTION: ClassSpec = ClassSpec {
    name: "function",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let function = receiver::<Function>(&a[0])?;
            Ok(Value::from(format!(
                "<function {} at {:#x}>",
                function.qualname(),
                function.address()
            )))
        },
    )],
    groups: &[CALLABLE],
    attributes: FUNCTION_ATTRIBUTES,
    make: Some(make_function),
    ..ClassSpec::EMPTY
};

/// `FunctionType(code, globals, name=None, argdefs=None, closure=None)`
fn make_function(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let names = ["code", "globals", "name", "argdefs", "closure"];
    let [code, globals, name, defaults, closure] = bind_arguments("function", names, 2, args)?;
    let wanted = |what: &str, kind: &str, value: &Value| {
        let class = value.class_name();
        type_error(format!(
            "function() argument '{what}' must be {kind}, not {class}"
        ))
    };
    let Some(code) = code.exact::<Code>() else {
        return Err(wanted("code", "code", &code));
    };
    let Some(globals) = globals.get::<Dict>() else {
        return Err(wanted("globals", "dict", &globals));
    };
    let cells = match closure.get::<Tuple>() {
        Some(cells) => cells
            .items
            .iter()
            .filter_map(|cell| cell.exact::<Cell>().cloned())
            .collect(),
        None => Closure::new(),
    };
    if cells.len() != code.free.len() {
        return Err(match closure.get::<Tuple>() {
            Some(_) => value_error(format!(
                "{} requires closure of length {}, not {}",
                code.name,
                code.free.len(),
                cells.len()
            )),
            None => type_error("arg 5 (closure) must be tuple"),
        });
    }
    let function = Function::new(code.clone(), globals.clone(), cells);
    if !or_none(&name).is_none() {
        function.set_name(str_or_refuse(&name, "arg 3 (name)")?);
    }
    if let Some(defaults) = defaults.get::<Tuple>() {
        function.set_defaults(defaults.items.to_vec());
    }
    Ok(Value::from(Ref::new(function)))
}

fn str_or_refuse(value: &Value, name: &str) -> Result<Name> {
    match value.get::<Str>() {
        Some(text) => Ok(text.interned()),
        None => Err(type_error(format!("{name} must be set to a string object"))),
    }
}

static FUNCTION_ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("__name__", "The name.", |_, v| {
        Ok(Value::from(receiver::<Function>(v)?.name()))
    })
    .set(|_, v, name| {
        receiver::<Function>(v)?.set_name(str_or_refuse(&name, "__name__")?);
        Ok(())
    }),
    GetSetSpec::new("__qualname__", "The qualified name.", |_, v| {
        Ok(Value::from(receiver::<Function>(v)?.qualname()))
    })
    .set(|_, v, name| {
        receiver::<Function>(v)?.set_qualname(str_or_refuse(&name, "__qualname__")?);
        Ok(())
    }),
    GetSetSpec::new("__doc__", "The documentation.", |_, v| {
        Ok(receiver::<Function>(v)?.doc())
    })
    .set(|_, v, doc| {
        receiver::<Function>(v)?.set_doc(or_none(&doc));
        Ok(())
    }),
    GetSetSpec::new("__module__", "The name of the module.", |_, v| {
        let function = receiver::<Function>(v)?;
        Ok(function
            .attr(&intern("__module__"))
            .or_else(|| function.globals.get_str("__name__"))
            .unwrap_or(Value::None))
    })
    .set(|_, v, module| {
        let function = receiver::<Function>(v)?;
        function.dict().set_str("__module__", module);
        Ok(())
    }),
    GetSetSpec::new("__code__", "The compiled body.", |_, v| {
        Ok(Value::from(&receiver::<Function>(v)?.code))
    }),
    GetSetSpec::new("__globals__", "The globals.", |_, v| {
        Ok(Value::from(&receiver::<Function>(v)?.globals))
    }),
    GetSetSpec::new("__builtins__", "The builtins.", |c, _| {
        Ok(Value::from(&c.session().builtins))
    }),
    GetSetSpec::new("__closure__", "The cells of the free variables.", |_, v| {
        let function = receiver::<Function>(v)?;
        if function.closure.is_empty() {
            return Ok(Value::None);
        }
        Ok(Value::tuple(
            function.closure.iter().map(Value::from).collect::<Vec<_>>(),
        ))
    }),
    GetSetSpec::new(
        "__defaults__",
        "The defaults of the last parameters.",
        |_, v| {
            let defaults = receiver::<Function>(v)?.defaults();
            Ok(if defaults.is_empty() {
                Value::None
            } else {
                Value::tuple(defaults)
            })
        },
    )
    .set(|_, v, value| {
        let defaults = match value.get::<Tuple>() {
            Some(tuple) => tuple.items.to_vec(),
            None if or_none(&value).is_none() => Vec::new(),
            None => return Err(type_error("__defaults__ must be set to a tuple object")),
        };
        receiver::<Function>(v)?.set_defaults(defaults);
        Ok(())
    }),
    GetSetSpec::new(
        "__kwdefaults__",
        "The defaults of keyword-only parameters.",
        |_, v| {
            let defaults = receiver::<Function>(v)?.own().keyword_defaults.borrow();
            Ok(defaults.as_ref().map_or(Value::None, Value::from))
        },
    )
    .set(|_, v, value| {
        let defaults = match value.get::<Dict>() {
            Some(dict) => Some(dict.clone()),
            None if or_none(&value).is_none() => None,
            None => return Err(type_error("__kwdefaults__ must be set to a dict object")),
        };
        let own = receiver::<Function>(v)?.own();
        let old = own.keyword_defaults.replace(defaults);
        drop(old);
        Ok(())
    }),
    GetSetSpec::new("__annotations__", "The annotations.", |_, v| {
        let function = receiver::<Function>(v)?;
        Ok(Value::from(
            function
                .own()
                .annotations
                .borrow_mut()
                .get_or_insert_with(Dict::new)
                .clone(),
        ))
    })
    .set(|_, v, value| {
        let dict = match value.get::<Dict>() {
            Some(dict) => Some(dict.clone()),
            None if or_none(&value).is_none() => None,
            None => return Err(type_error("__annotations__ must be set to a dict object")),
        };
        let old = receiver::<Function>(v)?.own().annotations.replace(dict);
        drop(old);
        Ok(())
    }),
];

fn or_none(value: &Value) -> Value {
    if value.is_unbound() {
        Value::None
    } else {
        value.clone()
    }
}

pub use super::builtin::{BUILTIN_FUNCTION, METHOD_DESCRIPTOR};

fn of_function(caller: &mut dyn Caller, method: &Value, name: &str) -> Result<Value> {
    let function = receiver::<Method>(method)?.function.clone();
    Ok(find_attr(caller, &function, &intern(name))?.unwrap_or(Value::None))
}

/// `method`
pub static METHOD: ClassSpec = ClassSpec {
    name: "method",
    doc: "method(function, instance)\n\nCreate a bound instance method object.",
    methods: &[
        NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
            let method = receiver::<Method>(&a[0])?.clone();
            let name = find_attr(c, &method.function, &intern("__qualname__"))?;
            let name = name
                .as_ref()
                .and_then(Value::as_str)
                .unwrap_or("?")
                .to_string();
            Ok(Value::from(format!(
                "<bound method {name} of {}>",
                protocol::repr(c, &method.receiver)?
            )))
        }),
        NativeSpec::new("__hash__(self, /)", "Return hash(self).", |c, a| {
            protocol::hash(c, &a[0]).map(Value::Int)
        }),
        NativeSpec::new(
            "__getattr__(self, name, /)",
            "The attributes of the function.",
            |c, a| {
                let function = receiver::<Method>(&a[0])?.function.clone();
                let name = str_or_refuse(&a[1], "name")?;
                find_attr(c, &function, &name)?.ok_or_else(|| {
                    attribute_error(format!("'method' object has no attribute '{name}'"))
                })
            },
        ),
    ],
    groups: &[CALLABLE, &EQUALITY],
    attributes: &[
        GetSetSpec::new("__self__", "The first argument.", |_, v| {
            Ok(receiver::<Method>(v)?.receiver.clone())
        }),
        GetSetSpec::new("__func__", "The function.", |_, v| {
            Ok(receiver::<Method>(v)?.function.clone())
        }),
        GetSetSpec::new("__doc__", "The documentation.", |c, v| {
            of_function(c, v, "__doc__")
        }),
        GetSetSpec::new("__module__", "The name of the module.", |c, v| {
            of_function(c, v, "__module__")
        }),
    ],
    make: Some(|_, _, args| match args.positional {
        [_, Value::None] => Err(type_error("instance must not be None")),
        [function, receiver] if protocol::is_callable(function) => {
            let (function, receiver) = (function.clone(), receiver.clone());
            Ok(Value::from(Ref::new(Method { function, receiver })))
        }
        [_, _] => Err(type_error("first argument must be callable")),
        more => Err(type_error(format!(
            "method expected 2 arguments, got {}",
            more.len()
        ))),
    }),
    ..ClassSpec::EMPTY
};
