//! Sources and what the parser makes of them.

use super::ast::*;
use super::{parse_expression, parse_module};
use crate::base::source::Source;

fn join<T>(parts: &[T], show: impl Fn(&T) -> String) -> String {
    parts.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn maybe(expr: &Option<Box<Expr>>) -> String {
    expr.as_ref().map_or("-".to_string(), |e| show(e))
}

fn show_parts(parts: &[FPart]) -> String {
    join(parts, |part| match part {
        FPart::Text(text) => format!("{text:?}"),
        FPart::Field {
            value,
            conversion,
            spec,
        } => {
            let spec = spec
                .as_ref()
                .map_or(String::new(), |s| format!(" :{}", show_parts(s)));
            format!("{{{} {conversion:?}{spec}}}", show(value))
        }
    })
}

fn show_generators(generators: &[Comprehension]) -> String {
    join(generators, |g| {
        format!(
            "(for {} {} {})",
            show(&g.target),
            show(&g.iter),
            join(&g.ifs, show)
        )
    })
}

/// An expression as nested lists.
fn show(expr: &Expr) -> String {
    use ExprKind as K;
    match &expr.kind {
        K::Name(name) => name.to_string(),
        K::Constant(constant) => match constant {
            Constant::Int(i) => i.to_string(),
            Constant::BigInt(i) => i.to_string(),
            Constant::Float(x) => format!("{x:?}"),
            Constant::Complex(x) => format!("{x}j"),
            Constant::Str(text) => format!("{text:?}"),
            Constant::Bytes(bytes) => format!("b{bytes:?}"),
            other => format!("{other:?}"),
        },
        K::BoolOp { op, values } => format!("({op:?} {})", join(values, show)),
        K::NamedExpr { target, value } => format!("(:= {} {})", target.name, show(value)),
        K::BinOp { left, op, right } => format!("({op:?} {} {})", show(left), show(right)),
        K::UnaryOp { op, operand } => format!("({op:?} {})", show(operand)),
        K::Lambda(lambda) => format!(
            "(lambda {}: {})",
            show_arguments(&lambda.args),
            show(&lambda.body)
        ),
        K::IfExp { test, body, orelse } => {
            format!("(if {} {} {})", show(test), show(body), show(orelse))
        }
        K::Dict { keys, values } => {
            let items: Vec<_> = keys.iter().zip(values).collect();
            let item = |(k, v): &(&Option<Expr>, &Expr)| {
                format!("{}: {}", k.as_ref().map_or("**".into(), show), show(v))
            };
            format!("{{{}}}", join(&items, item))
        }
        K::Set(parts) => format!("(set {})", join(parts, show)),
        K::List(parts) => format!("[{}]", join(parts, show)),
        K::Tuple(parts) => format!("(, {})", join(parts, show)),
        K::ListComp { elt, generators } => {
            format!("[{} {}]", show(elt), show_generators(generators))
        }
        K::SetComp { elt, generators } => {
            format!("(set {} {})", show(elt), show_generators(generators))
        }
        K::GeneratorExp { elt, generators } => {
            format!("(gen {} {})", show(elt), show_generators(generators))
        }
        K::DictComp {
            key,
            value,
            generators,
        } => {
            format!(
                "{{{}: {} {}}}",
                show(key),
                show(value),
                show_generators(generators)
            )
        }
        K::Yield(value) => format!("(yield {})", maybe(value)),
        K::Await(value) => format!("(await {})", show(value)),
        K::YieldFrom(value) => format!("(yield-from {})", show(value)),
        K::Compare {
            left,
            ops,
            comparators,
        } => format!("({ops:?} {} {})", show(left), join(comparators, show)),
        K::Call {
            func,
            args,
            keywords,
        } => {
            let named =
                |k: &Keyword| format!("{}={}", k.name.as_deref().unwrap_or("**"), show(&k.value));
            format!(
                "(call {})",
                [show(func), join(args, show), join(keywords, named)]
                    .join(" ")
                    .trim_end()
            )
        }
        K::JoinedStr(parts) => format!("(f {})", show_parts(parts)),
        K::Attribute { value, attr } => format!("(. {} {attr})", show(value)),
        K::Subscript { value, slice } => format!("(at {} {})", show(value), show(slice)),
        K::Starred(value) => format!("(* {})", show(value)),
        K::Slice { lower, upper, step } => {
            format!("({}:{}:{})", maybe(lower), maybe(upper), maybe(step))
        }
    }
}

fn show_arguments(args: &Arguments) -> String {
    let arg = |a: &Arg| match &a.annotation {
        Some(annotation) => format!("{}:{}", a.name, show(annotation)),
        None => a.name.to_string(),
    };
    let defaults = |d: &Option<Expr>| d.as_ref().map_or("-".to_string(), show);
    format!(
        "{}/{}={}*{}|{}={}**{}",
        join(&args.posonly, arg),
        join(&args.args, arg),
        join(&args.defaults, show),
        args.vararg.as_ref().map_or(String::new(), arg),
        join(&args.kwonly, arg),
        join(&args.kw_defaults, defaults),
        args.kwarg.as_ref().map_or(String::new(), arg),
    )
}

fn parse(text: &str) -> Module {
    match parse_module(&Source::new("test", text)) {
        Ok(module) => module,
        Err(error) => panic!("{text:?}: {error:?}"),
    }
}

#[test]
fn expressions_have_cpythons_trees() {
    let cases = [
        ("a + b * c - d", "(Sub (Add a (Mult b c)) d)"),
        ("-a ** -b ** c", "(USub (Pow a (USub (Pow b c))))"),
        ("not a == b and c or d", "(Or (And (Not ([Eq] a b)) c) d)"),
        ("a or b or c and d", "(Or a b (And c d))"),
        (
            "a < b <= c is not d not in e",
            "([Lt, LtE, IsNot, NotIn] a b c d e)",
        ),
        ("(a < b) < c", "([Lt] ([Lt] a b) c)"),
        ("a if b else c if d else e", "(if b a (if d c e))"),
        (
            "lambda x, *y, z=1, **k: x if y else z",
            "(lambda /x=*y|z=1**k: (if y x z))",
        ),
        ("lambda: (yield)", "(lambda /=*|=**: (yield -))"),
        (
            "a.b(c, *d, e=f, **g)[h:i, ::2, ...]",
            "(at (call (. a b) c (* d) e=f **=g) (, (h:i:-) (-:-:2) Ellipsis))",
        ),
        (
            "1 .real + 0x_ff + 1_0.5e-1 + 3j",
            "(Add (Add (Add (. 1 real) 255) 1.05) 3j)",
        ),
        ("100000000000000000000", "100000000000000000000"),
        ("()", "(, )"),
        ("(a,)", "(, a)"),
        ("a, *b", "(, a (* b))"),
        ("{**a, 'b': c}", "{**: a \"b\": c}"),
        ("{a, *b}", "(set a (* b))"),
        (
            "[x for x, in y if a if b for z in w]",
            "[x (for (, x) y a b) (for z w )]",
        ),
        (
            "{k: v for k, v in d.items()}",
            "{k: v (for (, k v) (call (. d items)) )}",
        ),
        ("f(x for x in y)", "(call f (gen x (for x y )))"),
        ("(y := f(x), y)", "(, (:= y (call f x)) y)"),
        (
            "'a' \"\"\"b\n\"\"\" r'\\c' '\\x41\\u00e9\\101'",
            "\"ab\\n\\\\cAéA\"",
        ),
        ("b'a\\xff' rb'\\n'", "b[97, 255, 92, 110]"),
        (
            "f'{{a{b!r:>{c}}}}' 'd' f'{e = }'",
            "(f \"{a\" {b Repr :\">\" {c None}} \"}de = \" {e Repr})",
        ),
        (
            "f'{a:%Y-%m}' f'{d[\"k\"]}{x if y else z,}'",
            "(f {a None :\"%Y-%m\"} {(at d \"k\") None} {(, (if y x z)) None})",
        ),
        (
            "a@b//c%d<<e&f^g|~h",
            "(BitOr (BitXor (BitAnd (LShift (Mod (FloorDiv (MatMult a b) c) d) e) f) g) (Invert h))",
        ),
        ("None is True", "([Is] None Bool(true))"),
    ];
    for (text, expected) in cases {
        let expr = parse_expression(&Source::new("test", text))
            .unwrap_or_else(|e| panic!("{text:?}: {e:?}"));
        assert_eq!(show(&expr), expected, "{text}");
    }
}

#[test]
fn spans_lead_back_to_the_source() {
    let text = "if x:\n\n    # comment\n    y = (a  +  # why\n       b) * c.d ; z\n";
    let module = parse(text);
    let StmtKind::If { body, .. } = &module.body[0].kind else {
        panic!()
    };
    let StmtKind::Assign { value, .. } = &body[0].kind else {
        panic!()
    };
    let ExprKind::BinOp { left, right, .. } = &value.kind else {
        panic!()
    };
    assert_eq!(&text[value.span.range()], "(a  +  # why\n       b) * c.d");
    assert_eq!(&text[left.span.range()], "a  +  # why\n       b");
    assert_eq!(&text[right.span.range()], "c.d");
    assert_eq!(&text[body[1].span.range()], "z");
}

#[test]
fn statements_nest() {
    let text = "\
@d.e
class A(B, metaclass=M):
\tdef f(self, a: int = 1, /, *, k) -> int: return a; pass
\tx: int = 3
try:
    with (open(f) as a, g): pass
except (A, B) as e:
    raise C from e
except: pass
else: del x, y[0]
finally:
    for i, *j in k: continue
    else: assert a, b
while a: break
if b: global c
elif d: import e.f as g, h
else: from ..i import (j as k, l,)
match p, q:
    case [1, *_, {'a': b, **r}] | C(d.e, f=-1+2j) | None as w if x: pass
    case _: a = b, = c
match = 1
match[0]: int
";
    let module = parse(text);
    let kinds: Vec<_> = module
        .body
        .iter()
        .map(|s| &text[s.span.range()][..5])
        .collect();
    assert_eq!(
        kinds,
        [
            "class", "try:\n", "while", "if b:", "match", "match", "match"
        ]
    );
    let StmtKind::ClassDef(class) = &module.body[0].kind else {
        panic!()
    };
    let StmtKind::FunctionDef(def) = &class.body[0].kind else {
        panic!()
    };
    assert_eq!(show_arguments(&def.args), "self a:int/=1*|k=-**");
    let StmtKind::Try {
        handlers,
        orelse,
        finalbody,
        ..
    } = &module.body[1].kind
    else {
        panic!()
    };
    assert_eq!((handlers.len(), orelse.len(), finalbody.len()), (2, 1, 1));
    let StmtKind::Match { cases, .. } = &module.body[4].kind else {
        panic!()
    };
    assert_eq!((cases.len(), cases[0].guard.is_some()), (2, true));
    assert!(matches!(
        &module.body[6].kind,
        StmtKind::AnnAssign { simple: false, .. }
    ));
}

/// Texts that are no programs, what is said of them, and where.
const ERRORS: &[(&str, &str, usize, usize)] = &[
    ("f(1, 2", "'(' was never closed", 1, 1),
    (
        "x = (1, 2]",
        "closing parenthesis ']' does not match opening parenthesis '('",
        1,
        9,
    ),
    ("x = 1)", "unmatched ')'", 1, 5),
    (
        "x = 'abc",
        "unterminated string literal (detected at line 1)",
        1,
        4,
    ),
    (
        "x = '''a\n\n",
        "unterminated triple-quoted string literal (detected at line 2)",
        1,
        4,
    ),
    (
        "if x:\n    y\n  z",
        "unindent does not match any outer indentation level",
        3,
        3,
    ),
    ("x = 1\n  y = 2", "unexpected indent", 2, 1),
    (
        "def f():\n\nx = 1",
        "expected an indented block after function definition on line 1",
        3,
        0,
    ),
    ("while x\n    pass", "expected ':'", 1, 7),
    (
        "print 'a', b",
        "Missing parentheses in call to 'print'. Did you mean print(...)?",
        1,
        0,
    ),
    (
        "f(a, b c)",
        "invalid syntax. Perhaps you forgot a comma?",
        1,
        5,
    ),
    (
        "x = [\n 1\n 2]",
        "invalid syntax. Perhaps you forgot a comma?",
        2,
        1,
    ),
    ("x = [1, 2\ny = 3", "'[' was never closed", 1, 4),
    (
        "if x = 3: pass",
        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
        1,
        3,
    ),
    (
        "1 = x",
        "cannot assign to literal here. Maybe you meant '==' instead of '='?",
        1,
        0,
    ),
    ("(a, f()) = x", "cannot assign to function call", 1, 4),
    ("del a + b", "cannot delete expression", 1, 4),
    (
        "f(a=1, b)",
        "positional argument follows keyword argument",
        1,
        8,
    ),
    ("x = 1abc", "invalid decimal literal", 1, 4),
    (
        "x = 012",
        "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        1,
        4,
    ),
    (
        "f'{a b}'",
        "f-string: invalid syntax. Perhaps you forgot a comma?",
        1,
        3,
    ),
    ("f'{}'", "f-string: empty expression not allowed", 1, 2),
    ("x = 1（2）", "invalid character '（' (U+FF08)", 1, 5),
    (
        "a = 1\nf() = 2\nb c",
        "cannot assign to function call here. Maybe you meant '==' instead of '='?",
        2,
        0,
    ),
    ("class = 1", "invalid syntax", 1, 6),
    ("a = b if c", "expected 'else' after 'if' expression", 1, 4),
    (
        "try:\n    pass\nx",
        "expected 'except' or 'finally' block",
        3,
        0,
    ),
    (
        "def f(a=1, b): pass",
        "non-default argument follows default argument",
        1,
        11,
    ),
];

#[test]
fn errors_speak_as_cpython() {
    for &(text, message, line, column) in ERRORS {
        let source = Source::new("test", text);
        let error = parse_module(&source).expect_err(text);
        assert_eq!(
            (
                error.message.as_str(),
                source.line_column(error.span.start as usize)
            ),
            (message, (line, column)),
            "{text:?}"
        );
    }
}

#[test]
fn depth_ends_in_an_error() {
    let deep = 30_000;
    let lines = |n: usize| {
        (0..n)
            .map(|i| format!("{}if x:\n", " ".repeat(i)))
            .collect::<String>()
    };
    let cases = [
        "(".repeat(300) + &")".repeat(300),
        "[".repeat(deep),
        "-".repeat(deep) + "1",
        "not ".repeat(deep) + "1",
        "lambda: ".repeat(deep) + "1",
        "1 ** ".repeat(deep) + "1",
        "1 + ".repeat(deep) + "1",
        "a".to_string() + &".a".repeat(deep),
        "f".to_string() + &"()".repeat(deep),
        "a if b else ".repeat(deep) + "c",
        "lambda x=".repeat(deep),
        format!("if a: b\n{}", "elif a: b\n".repeat(deep)),
        lines(300),
    ];
    for text in cases {
        let shown: String = text.chars().take(20).collect();
        assert!(parse_module(&Source::new("test", text)).is_err(), "{shown}");
    }
    parse(&("(".repeat(199) + &")".repeat(199)));
    parse(&(lines(98) + &" ".repeat(98) + "pass"));
    parse(&("a < ".repeat(deep) + "1"));
    parse(&("a and ".repeat(deep) + "1"));
}
