//! `operator`: the operators as functions.

use std::rc::Rc;

use super::arguments::{self, star};
use super::define::def;
use crate::lang::object::code::{BinOp, CmpOp, UnaryOp};
use crate::lang::object::heap::Ref;
use crate::lang::object::iter::Iter;
use crate::lang::object::{
    Args, Caller, Exc, ModuleSpec, Name, Native, NativeSpec, Result, Special, Value, intern,
    protocol, type_error, types, value_error,
};

/// `operator`
pub(super) static OPERATOR: ModuleSpec = ModuleSpec {
    name: "operator",
    doc: "The operators as functions.",
    functions: FUNCTIONS,
    setup: |_, module| {
        for spec in FUNCTIONS {
            let name = &spec.signature[..spec.signature.find('(').unwrap_or(0)];
            let plain = name.trim_end_matches('_');
            if let Some(function) = module.dict.get_str(name) {
                module.set(&format!("__{plain}__"), function);
            }
        }
        for (name, doc, make) in GETTERS {
            let call = move |caller: &mut dyn Caller, args: Args| make(caller, args);
            module.set(
                name,
                Value::from(Native::raw(intern(name), doc, None, false, Rc::new(call))),
            );
        }
        Ok(())
    },
};

macro_rules! binary {
    ($name:literal, $sign:literal, $op:ident) => {
        def(
            concat!($name, "(a, b, /)"),
            concat!("a ", $sign, " b"),
            |caller, args| protocol::binary(caller, BinOp::$op, &args[0], &args[1]),
        )
    };
}

macro_rules! inplace {
    ($name:literal, $sign:literal, $op:ident) => {
        def(
            concat!($name, "(a, b, /)"),
            concat!("a ", $sign, " b; returns a"),
            |caller, args| protocol::inplace(caller, BinOp::$op, &args[0], &args[1]),
        )
    };
}

macro_rules! compare {
    ($name:literal, $sign:literal, $op:ident) => {
        def(
            concat!($name, "(a, b, /)"),
            concat!("a ", $sign, " b"),
            |caller, args| protocol::compare(caller, CmpOp::$op, &args[0], &args[1]),
        )
    };
}

macro_rules! unary {
    ($name:literal, $sign:literal, $op:ident) => {
        def(
            concat!($name, "(a, /)"),
            concat!($sign, " a"),
            |caller, args| protocol::unary(caller, UnaryOp::$op, &args[0]),
        )
    };
}

static FUNCTIONS: &[NativeSpec] = &[
    def("abs(a, /)", "abs(a)", |caller, args| {
        let builtin = caller.session().builtins.get_str("abs").unwrap_or_default();
        caller.call_positional(&builtin, args)
    }),
    binary!("add", "+", Add),
    binary!("and_", "&", And),
    def(
        "call(obj, /, *args, **kwargs)",
        "obj(*args, **kwargs)",
        |caller, args| {
            let positional = star(&args[1]);
            let keywords = named(&args[2]);
            caller.call(
                &args[0],
                Args {
                    positional: &positional,
                    keywords: &keywords,
                },
            )
        },
    ),
    def("concat(a, b, /)", "a + b, for sequences", |caller, args| {
        if protocol::special(&args[0], Special::Getitem).is_none() {
            let name = args[0].class_name();
            return Err(type_error(format!("'{name}' object can't be concatenated")));
        }
        protocol::binary(caller, BinOp::Add, &args[0], &args[1])
    }),
    def("contains(a, b, /)", "b in a", |caller, args| {
        protocol::contains(caller, &args[0], &args[1]).map(Value::Bool)
    }),
    def(
        "countOf(a, b, /)",
        "How often b occurs in a.",
        |caller, args| {
            let mut count = 0;
            protocol::for_each(caller, &args[0], |caller, item| {
                count += i64::from(protocol::identical_or_equal(caller, &item, &args[1])?);
                Ok(true)
            })?;
            Ok(Value::Int(count))
        },
    ),
    def("delitem(a, b, /)", "del a[b]", |caller, args| {
        protocol::delete_item(caller, &args[0], &args[1]).map(|()| Value::None)
    }),
    compare!("eq", "==", Eq),
    binary!("floordiv", "//", FloorDiv),
    compare!("ge", ">=", Ge),
    def("getitem(a, b, /)", "a[b]", |caller, args| {
        protocol::get_item(caller, &args[0], &args[1])
    }),
    compare!("gt", ">", Gt),
    inplace!("iadd", "+=", Add),
    inplace!("iand", "&=", And),
    inplace!("iconcat", "+=", Add),
    inplace!("ifloordiv", "//=", FloorDiv),
    inplace!("ilshift", "<<=", LShift),
    inplace!("imatmul", "@=", MatMul),
    inplace!("imod", "%=", Mod),
    inplace!("imul", "*=", Mul),
    def("index(a, /)", "a as an integer.", |caller, args| {
        protocol::as_index(caller, &args[0])
    }),
    def(
        "indexOf(a, b, /)",
        "The place of the first b in a.",
        |caller, args| {
            let (mut place, mut found) = (0, false);
            protocol::for_each(caller, &args[0], |caller, item| {
                found = protocol::identical_or_equal(caller, &item, &args[1])?;
                place += i64::from(!found);
                Ok(!found)
            })?;
            if found {
                Ok(Value::Int(place))
            } else {
                Err(value_error("sequence.index(x): x not in sequence"))
            }
        },
    ),
    unary!("inv", "~", Invert),
    unary!("invert", "~", Invert),
    inplace!("ior", "|=", Or),
    inplace!("ipow", "**=", Pow),
    inplace!("irshift", ">>=", RShift),
    compare!("is_", "is", Is),
    compare!("is_not", "is not", IsNot),
    inplace!("isub", "-=", Sub),
    inplace!("itruediv", "/=", TrueDiv),
    inplace!("ixor", "^=", Xor),
    compare!("le", "<=", Le),
    def(
        "length_hint(obj, default=0, /)",
        "How many elements there may be.",
        |caller, args| match protocol::len(caller, &args[0]) {
            Ok(len) => Ok(Value::from(len)),
            Err(_) => length_hint(caller, &args[0], &args[1]),
        },
    ),
    binary!("lshift", "<<", LShift),
    compare!("lt", "<", Lt),
    binary!("matmul", "@", MatMul),
    binary!("mod", "%", Mod),
    binary!("mul", "*", Mul),
    compare!("ne", "!=", Ne),
    unary!("neg", "-", Neg),
    unary!("not_", "not", Not),
    binary!("or_", "|", Or),
    unary!("pos", "+", Pos),
    binary!("pow", "**", Pow),
    binary!("rshift", ">>", RShift),
    def("setitem(a, b, c, /)", "a[b] = c", |caller, args| {
        protocol::set_item(caller, &args[0], &args[1], args[2].clone()).map(|()| Value::None)
    }),
    binary!("sub", "-", Sub),
    binary!("truediv", "/", TrueDiv),
    def("truth(a, /)", "bool(a)", |caller, args| {
        protocol::truth(caller, &args[0]).map(Value::Bool)
    }),
    binary!("xor", "^", Xor),
];

/// `**kwargs` as the keywords of a call.
pub(super) fn named(kwargs: &Value) -> Vec<(Name, Value)> {
    let entries = arguments::double_star(kwargs).into_iter();
    entries
        .filter_map(|(name, value)| Some((intern(name.as_str()?), value)))
        .collect()
}

type Getter = fn(&mut dyn Caller, Args) -> Result<Value>;

/// Callables that fetch something from their argument.
static GETTERS: [(&str, &str, Getter); 3] = [
    (
        "attrgetter",
        "attrgetter(attr, /, *attrs): a function that returns attributes of its argument.",
        attrgetter,
    ),
    (
        "itemgetter",
        "itemgetter(item, /, *items): a function that returns items of its argument.",
        itemgetter,
    ),
    (
        "methodcaller",
        "methodcaller(name, /, *args, **kwargs): a function that calls a method of its argument.",
        methodcaller,
    ),
];

/// A function of one argument.
fn function(
    name: &'static str,
    f: impl Fn(&mut dyn Caller, &Value) -> Result<Value> + 'static,
) -> Value {
    let call = move |caller: &mut dyn Caller, args: Args| match args.positional {
        [object] if args.keywords.is_empty() => f(caller, object),
        given => Err(type_error(format!(
            "{name} expected 1 argument, got {}",
            given.len() + args.keywords.len()
        ))),
    };
    Value::from(Native::raw(intern(name), "", None, false, Rc::new(call)))
}

fn attrgetter(_: &mut dyn Caller, args: Args) -> Result<Value> {
    if args.positional.is_empty() {
        return Err(type_error("attrgetter expected 1 argument, got 0"));
    }
    let mut paths: Vec<Vec<Name>> = Vec::new();
    for path in args.positional {
        let Some(path) = path.as_str() else {
            return Err(type_error("attribute name must be a string"));
        };
        paths.push(path.split('.').map(intern).collect());
    }
    let fetch = |caller: &mut dyn Caller, object: &Value, path: &[Name]| -> Result<Value> {
        let mut value = object.clone();
        for name in path {
            value = protocol::get_attr(caller, &value, name)?;
        }
        Ok(value)
    };
    Ok(function("attrgetter", move |caller, object| {
        match &paths[..] {
            [path] => fetch(caller, object, path),
            paths => {
                let values: Result<Vec<Value>> = paths
                    .iter()
                    .map(|path| fetch(caller, object, path))
                    .collect();
                Ok(Value::tuple(values?))
            }
        }
    }))
}

fn itemgetter(_: &mut dyn Caller, args: Args) -> Result<Value> {
    let keys = args.positional.to_vec();
    if keys.is_empty() {
        return Err(type_error("itemgetter expected 1 argument, got 0"));
    }
    Ok(function("itemgetter", move |caller, object| {
        match &keys[..] {
            [key] => protocol::get_item(caller, object, key),
            keys => {
                let values: Result<Vec<Value>> = keys
                    .iter()
                    .map(|key| protocol::get_item(caller, object, key))
                    .collect();
                Ok(Value::tuple(values?))
            }
        }
    }))
}

fn methodcaller(_: &mut dyn Caller, args: Args) -> Result<Value> {
    let Some((name, positional)) = args.positional.split_first() else {
        return Err(type_error(
            "methodcaller needs at least one argument, the method name",
        ));
    };
    let Some(name) = name.as_str() else {
        return Err(type_error("method name must be a string"));
    };
    let (name, positional, keywords) = (intern(name), positional.to_vec(), args.keywords.to_vec());
    Ok(function("methodcaller", move |caller, object| {
        let method = protocol::get_attr(caller, object, &name)?;
        caller.call(
            &method,
            Args {
                positional: &positional,
                keywords: &keywords,
            },
        )
    }))
}

/// What an object's `__length_hint__` says, or the default.
fn length_hint(caller: &mut dyn Caller, obj: &Value, default: &Value) -> Result<Value> {
    let class = obj.class();
    let t = types();
    // What these know of their length is for our own use.
    let silent = [&t.map, &t.zip, &t.filter, &t.enumerate];
    let unknown = |iter: &Ref<Iter>| iter.len_hint().is_none();
    if silent.iter().any(|other| other.same(&class)) || obj.exact::<Iter>().is_some_and(unknown) {
        return Ok(default.clone());
    }
    let Some(hook) = class.lookup(&intern("__length_hint__")) else {
        return Ok(default.clone());
    };
    let hook = protocol::bind(caller, &hook, obj, &class)?;
    let hint = match caller.call_positional(&hook, &[]) {
        Ok(Value::NotImplemented) => return Ok(default.clone()),
        Err(raised) if raised.is(Exc::TypeError) => return Ok(default.clone()),
        hint => hint?,
    };
    match hint.as_int() {
        Some(hint) if hint >= 0 => Ok(Value::Int(hint)),
        Some(_) => Err(value_error("__length_hint__() should return >= 0")),
        None => Err(type_error(format!(
            "__length_hint__ must be an integer, not {}",
            hint.class_name()
        ))),
    }
}
