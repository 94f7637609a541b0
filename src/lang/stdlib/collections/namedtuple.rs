//! `namedtuple`

use std::collections::HashSet;

use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, Dict, Instance, Native, NativeSpec, Ref, Result, Tuple,
    Value, intern, protocol, type_error, types, value_error,
};
use crate::lang::stdlib::arguments::double_star;
use crate::lang::stdlib::define::def;
use crate::lang::stdlib::record::field;

/// `namedtuple(typename, field_names, rename=rename, defaults=defaults, module=module)`
pub(super) fn namedtuple(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let type_name = protocol::str(caller, &args[0])?;
    let mut names: Vec<String> = match args[1].as_str() {
        Some(text) => text
            .replace(',', " ")
            .split_whitespace()
            .map(str::to_string)
            .collect(),
        None => {
            let items = protocol::collect(caller, &args[1])?;
            items
                .iter()
                .map(|item| protocol::str(caller, item))
                .collect::<Result<_>>()?
        }
    };
    if protocol::truth(caller, &args[2])? {
        rename(&mut names);
    }
    check_names(&type_name, &names)?;
    let defaults = if args[3].is_none() {
        Vec::new()
    } else {
        protocol::collect(caller, &args[3])?
    };
    if defaults.len() > names.len() {
        return Err(type_error("Got more default values than field names"));
    }
    let module = if args[4].is_none() {
        caller
            .frame(0)
            .and_then(|frame| frame.globals.get_str("__name__"))
            .unwrap_or(Value::str("__main__"))
    } else {
        args[4].clone()
    };
    Ok(Value::from(class(&type_name, &names, defaults, module)))
}

/// Replaces names that cannot be used by `_0`, `_1` and so on.
fn rename(names: &mut [String]) {
    let mut seen = HashSet::new();
    for (i, name) in names.iter_mut().enumerate() {
        let usable = is_identifier(name)
            && !is_keyword(name)
            && !name.starts_with('_')
            && !seen.contains(name);
        if !usable {
            *name = format!("_{i}");
        }
        seen.insert(name.clone());
    }
}

fn check_names(type_name: &str, names: &[String]) -> Result<()> {
    let shown = protocol::repr_str;
    for name in std::iter::once(type_name).chain(names.iter().map(String::as_str)) {
        if !is_identifier(name) {
            return Err(value_error(format!(
                "Type names and field names must be valid identifiers: {}",
                shown(name)
            )));
        }
        if is_keyword(name) {
            return Err(value_error(format!(
                "Type names and field names cannot be a keyword: {}",
                shown(name)
            )));
        }
    }
    let mut seen = HashSet::new();
    for (i, name) in names.iter().enumerate() {
        if name.starts_with('_') && *name != format!("_{i}") {
            return Err(value_error(format!(
                "Field names cannot start with an underscore: {}",
                shown(name)
            )));
        }
        if !seen.insert(name) {
            return Err(value_error(format!(
                "Encountered duplicate field name: {}",
                shown(name)
            )));
        }
    }
    Ok(())
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// The words that cannot be names.
pub(in crate::lang::stdlib) const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// The class of tuples with these fields.
pub(in crate::lang::stdlib) fn class(
    type_name: &str,
    names: &[String],
    defaults: Vec<Value>,
    module: Value,
) -> Ref<Class> {
    let mut attrs = Table::default();
    let fields = Value::tuple(
        names
            .iter()
            .map(|name| Value::from(&intern(name)))
            .collect::<Vec<_>>(),
    );
    let default_of = Dict::new();
    for (name, value) in names[names.len() - defaults.len()..].iter().zip(defaults) {
        default_of.set_str(name, value);
    }
    let mut set = |name: &str, value: Value| _ = attrs.set_name(&intern(name), value);
    set(
        "__doc__",
        Value::str(format!("{type_name}({})", names.join(", "))),
    );
    set("__module__", module);
    set("__slots__", Value::tuple([]));
    set("__match_args__", fields.clone());
    set("_fields", fields);
    set("_field_defaults", Value::from(default_of));
    for (i, name) in names.iter().enumerate() {
        set(name, field(i));
    }
    for spec in METHODS {
        let native = Native::method(spec);
        set(native.name.clone().as_str(), Value::from(native));
    }
    let function = Value::from(Native::method(&MAKE));
    set("_make", Value::from(Ref::new(ClassMethod { function })));
    let new = NewClass {
        name: intern(type_name),
        bases: vec![types().tuple.clone()],
        attrs,
        metaclass: None,
        make: Some(make),
        native: false,
        solid: None,
    };
    Class::create(new).expect("one base always fits")
}

fn items_of(value: &Value) -> Vec<Value> {
    value
        .get::<Tuple>()
        .map(|tuple| tuple.items.to_vec())
        .unwrap_or_default()
}

/// The names of a class's fields.
fn fields_of(class: &Class) -> Vec<Value> {
    class
        .lookup(&intern("_fields"))
        .map(|fields| items_of(&fields))
        .unwrap_or_default()
}

/// The call of the class: arguments to fields.
fn make(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let fields = fields_of(class);
    if args.keywords.is_empty() && args.positional.len() == fields.len() {
        return Ok(tuple_of(class, args.positional.to_vec()));
    }
    let name = class.name();
    if args.positional.len() > fields.len() {
        let defaults = class.lookup(&intern("_field_defaults"));
        let defaults = defaults.and_then(|all| Some(all.exact::<Dict>()?.len()));
        let least = fields.len() + 1 - defaults.unwrap_or(0);
        let from = match least > fields.len() {
            true => String::new(),
            false => format!("from {least} to "),
        };
        return Err(type_error(format!(
            "{name}.__new__() takes {from}{} positional argument{} but {} were given",
            fields.len() + 1,
            if fields.is_empty() { "" } else { "s" },
            args.positional.len() + 1
        )));
    }
    let mut items = args.positional.to_vec();
    items.resize(fields.len(), Value::Unbound);
    for (keyword, value) in args.keywords {
        match fields
            .iter()
            .position(|field| field.as_str() == Some(keyword.as_str()))
        {
            Some(place) if items[place].is_unbound() => items[place] = value.clone(),
            Some(_) => {
                return Err(type_error(format!(
                    "{name}.__new__() got multiple values for argument '{keyword}'"
                )));
            }
            None => {
                return Err(type_error(format!(
                    "{name}.__new__() got an unexpected keyword argument '{keyword}'"
                )));
            }
        }
    }
    fill_defaults(class, &fields, &mut items)?;
    Ok(tuple_of(class, items))
}

fn fill_defaults(class: &Class, fields: &[Value], items: &mut [Value]) -> Result<()> {
    let defaults = class.lookup(&intern("_field_defaults"));
    let defaults = defaults
        .as_ref()
        .and_then(|defaults| defaults.exact::<Dict>());
    let mut missing = Vec::new();
    for (item, field) in items
        .iter_mut()
        .zip(fields)
        .filter(|(item, _)| item.is_unbound())
    {
        let name = field.as_str().unwrap_or_default();
        match defaults.and_then(|defaults| defaults.get_str(name)) {
            Some(default) => *item = default,
            None => missing.push(format!("'{name}'")),
        }
    }
    let Some((last, first)) = missing.split_last() else {
        return Ok(());
    };
    let (plural, listed) = match first {
        [] => ("", last.clone()),
        [one] => ("s", format!("{one} and {last}")),
        more => ("s", format!("{}, and {last}", more.join(", "))),
    };
    Err(type_error(format!(
        "{}.__new__() missing {} required positional argument{plural}: {listed}",
        class.name(),
        missing.len()
    )))
}

fn tuple_of(class: &Ref<Class>, items: Vec<Value>) -> Value {
    Value::from(Instance::with_payload(class, Value::tuple(items)))
}

static MAKE: NativeSpec = def(
    "_make(cls, iterable)",
    "The tuple of the elements of an iterable.",
    |caller, args| {
        let Some(class) = args[0].exact::<Class>().cloned() else {
            return Err(type_error("a class is required"));
        };
        let items = protocol::collect(caller, &args[1])?;
        let expected = fields_of(&class).len();
        if items.len() != expected {
            return Err(type_error(format!(
                "Expected {expected} arguments, got {}",
                items.len()
            )));
        }
        Ok(tuple_of(&class, items))
    },
);

static METHODS: &[NativeSpec] = &[
    def(
        "__getnewargs__(self)",
        "The elements as a plain tuple.",
        |_, args| Ok(Value::tuple(items_of(&args[0]))),
    ),
    def(
        "__repr__(self)",
        "The text that stands for it.",
        |caller, args| {
            let class = args[0].class();
            let mut parts = Vec::new();
            for (field, item) in fields_of(&class).iter().zip(items_of(&args[0])) {
                parts.push(format!(
                    "{}={}",
                    field.as_str().unwrap_or_default(),
                    protocol::repr(caller, &item)?
                ));
            }
            Ok(Value::str(format!(
                "{}({})",
                class.name(),
                parts.join(", ")
            )))
        },
    ),
    def("_asdict(self)", "A dict of the fields.", |_, args| {
        let dict = Dict::new();
        for (field, item) in fields_of(&args[0].class()).iter().zip(items_of(&args[0])) {
            dict.set_str(field.as_str().unwrap_or_default(), item);
        }
        Ok(Value::from(dict))
    }),
    def(
        "_replace(self, /, **kwds)",
        "The tuple with some fields changed.",
        |caller, args| {
            let class = args[0].class();
            let (fields, mut items) = (fields_of(&class), items_of(&args[0]));
            let mut unexpected = Vec::new();
            for (name, value) in double_star(&args[1]) {
                match fields
                    .iter()
                    .position(|field| field.as_str() == name.as_str())
                {
                    Some(place) => items[place] = value,
                    None => unexpected.push(name),
                }
            }
            if !unexpected.is_empty() {
                let shown = protocol::repr(caller, &Value::list(unexpected))?;
                return Err(value_error(format!("Got unexpected field names: {shown}")));
            }
            Ok(tuple_of(&class, items))
        },
    ),
];
