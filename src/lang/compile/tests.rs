//! What the compiler makes of texts, where running them would not show it.

use std::rc::Rc;

use super::{Mode, compile_module};
use crate::base::source::Source;
use crate::lang::object::code::{Code, Op};
use crate::lang::object::{Ref, Value};
use crate::lang::syntax::{SyntaxError, parse_module};

fn compile(text: &str) -> Result<Ref<Code>, SyntaxError> {
    let source = Rc::new(Source::new("test", text));
    compile_module(&parse_module(&source)?, source, Mode::Exec, false)
}

/// The code of the only function in a text.
fn function(text: &str) -> Ref<Code> {
    let module = compile(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    module
        .consts
        .iter()
        .find_map(|value| value.exact::<Code>().cloned())
        .expect("the text has a function")
}

#[test]
fn locals_are_used_in_their_registers() {
    let code = function("def f(a, b):\n    c = a * b\n    return c + a\n");
    let expected = [
        Op::Mul { dst: 2, a: 0, b: 1 },
        Op::Add { dst: 3, a: 2, b: 0 },
        Op::Return { src: 3 },
    ];
    assert_eq!(code.ops[..3], expected);
}

#[test]
fn a_local_is_checked_where_it_may_be_unbound() {
    let checks = |body: &str| {
        let code = function(&format!("def f(x):\n    {body}\n    return y\n"));
        let checks = |op: &&Op| matches!(op, Op::CheckBound { .. });
        code.ops.iter().filter(checks).count()
    };
    let sure = ["y = x", "if x: y = 1\n    else: y = 2", "if (y := x): pass"];
    let unsure = [
        "if x: y = 1",
        "for y in x: pass",
        "if x and (y := 1): pass",
        "while x or (y := 1): pass",
        "x or (y := 1)",
        "1 if x else (y := 2)",
        "x < 1 < (y := 2)",
        "assert x, (y := 1)",
        "try: y = x()\n    except E: pass",
        "with x: y = 1",
        "y = 1; del y",
    ];
    for body in sure {
        assert_eq!(checks(body), 0, "{body}");
    }
    for body in unsure {
        assert!(checks(body) > 0, "{body}");
    }
}

#[test]
fn scopes_are_refused_in_cpythons_words() {
    let cases = [
        ("return 1", "'return' outside function"),
        ("class A: yield", "'yield' outside function"),
        (
            "def f(): {(yield): 1 for x in y}",
            "'yield' inside dict comprehension",
        ),
        ("break", "'break' outside loop"),
        (
            "for x in y:\n    def f(): continue",
            "'continue' not properly in loop",
        ),
        (
            "def f(x):\n    global x",
            "name 'x' is parameter and global",
        ),
        (
            "def f():\n    x = 1\n    nonlocal x",
            "name 'x' is assigned to before nonlocal declaration",
        ),
        (
            "def f():\n    nonlocal x",
            "no binding for nonlocal 'x' found",
        ),
        ("x: int\nglobal x", "annotated name 'x' can't be global"),
        (
            "[[x := 1 for y in z] for x in w]",
            "assignment expression cannot rebind comprehension iteration variable 'x'",
        ),
        (
            "[x for x in (y := z)]",
            "assignment expression cannot be used in a comprehension iterable expression",
        ),
        (
            "def f():\n    from x import *",
            "import * only allowed at module level",
        ),
        (
            "x\nfrom __future__ import division",
            "from __future__ imports must occur at the beginning of the file",
        ),
    ];
    for (text, message) in cases {
        let error = compile(text).err().map(|e| e.message);
        assert_eq!(error.as_deref(), Some(message), "{text}");
    }
}

#[test]
fn deep_and_huge_texts_are_compiled_or_refused() {
    let deep = 2000;
    let fine = [
        "-".repeat(deep) + "x",
        "lambda: ".repeat(deep) + "x",
        "f".to_string() + &"(1)".repeat(deep),
        format!("if {}x: pass", "not ".repeat(deep)),
        format!("if a: b\n{}", "elif a: b\n".repeat(deep)),
        "x = ".repeat(deep) + "1",
        format!("x = [{}]", "y, ".repeat(deep * 10)),
    ];
    for text in fine {
        assert!(compile(&text).is_ok(), "{}", &text[..20]);
    }
    let finally = |depth| {
        let head = |i| format!("{0}try:\n{0} f()\n{0}finally:\n", " ".repeat(i));
        (0..depth).map(head).collect::<String>() + &" ".repeat(depth) + "x\n"
    };
    assert!(compile(&finally(8)).is_ok());
    assert!(compile(&finally(40)).is_err());
    assert!(compile(&format!("{} = z", "y, ".repeat(70_000))).is_err());
}

#[test]
fn constants_are_shared() {
    let code = compile("x = 'a'; y = 'a'; z = 1.5, 1.5").unwrap_or_else(|e| panic!("{e:?}"));
    let texts = code.consts.iter().filter(|v| v.as_str() == Some("a"));
    assert_eq!(texts.count(), 1);
    assert!(!code.consts.iter().any(|v| matches!(v, Value::Float(_))));
}
