//! `re`: regular expressions in Python's syntax, matched by `fancy_regex`.

mod flags;
mod matched;
mod methods;
mod pattern;
mod substitute;
mod translate;

use super::arguments;
use super::define::def;
use crate::lang::object::{Class, Exc, ModuleSpec, NativeSpec, Ref, Result, Value, protocol};
pub(super) use flags::{flag_names, flag_value};

/// `_re`
pub(super) static RE: ModuleSpec = ModuleSpec {
    name: "_re",
    doc: "Regular expressions.",
    functions: FUNCTIONS,
    setup: |caller, module| {
        module.set("Pattern", Value::from(&pattern::pattern_class()));
        module.set("Match", Value::from(&matched::match_class()));
        module.set("error", Value::from(&error_class()));
        module.set("RegexFlag", Value::from(&flags::flag_class()));
        for (long, short, number) in flags::FLAGS {
            let value = flag_value(caller, *number)?;
            module.set(long, value.clone());
            module.set(short, value);
        }
        module.set("NOFLAG", flag_value(caller, 0)?);
        Ok(())
    },
};

/// `re.error`
fn error_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || crate::lang::object::exception::exception_class("re", "error", Exc::Exception);
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// A function that compiles its first argument and calls a method of the pattern.
macro_rules! by_pattern {
    ($signature:literal, $doc:literal, $method:literal, $flags:literal) => {
        def($signature, $doc, |caller, args| {
            let flags = arguments::int(caller, &args[$flags])?;
            let pattern = Value::from(pattern::compile(&args[0], flags)?);
            protocol::call_method(caller, &pattern, $method, &args[1..$flags])
        })
    };
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "compile(pattern, flags=0)",
        "A pattern that can be used again and again.",
        |caller, args| {
            let flags = arguments::int(caller, &args[1])?;
            pattern::compile(&args[0], flags).map(Value::from)
        },
    ),
    def(
        "escape(pattern)",
        "A pattern that matches a text literally.",
        |_, args| escape(&args[0]),
    ),
    by_pattern!(
        "findall(pattern, string, flags=0)",
        "A list of all matches, or of their groups.",
        "findall",
        2
    ),
    by_pattern!(
        "finditer(pattern, string, flags=0)",
        "An iterator over all matches.",
        "finditer",
        2
    ),
    by_pattern!(
        "fullmatch(pattern, string, flags=0)",
        "The match of the whole text.",
        "fullmatch",
        2
    ),
    by_pattern!(
        "match(pattern, string, flags=0)",
        "The match at the beginning of the text.",
        "match",
        2
    ),
    def("purge()", "Forgets the compiled patterns.", |_, _| {
        pattern::purge();
        Ok(Value::None)
    }),
    by_pattern!(
        "search(pattern, string, flags=0)",
        "The first match in the text.",
        "search",
        2
    ),
    by_pattern!(
        "split(pattern, string, maxsplit=0, flags=0)",
        "The parts of the text between matches.",
        "split",
        3
    ),
    by_pattern!(
        "sub(pattern, repl, string, count=0, flags=0)",
        "The text with matches replaced.",
        "sub",
        4
    ),
    by_pattern!(
        "subn(pattern, repl, string, count=0, flags=0)",
        "The text with matches replaced, and how many.",
        "subn",
        4
    ),
];

fn escape(value: &Value) -> Result<Value> {
    let found = pattern::subject(value)?;
    let mut out = String::new();
    for c in found.as_str().chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(found.value(&out))
}
