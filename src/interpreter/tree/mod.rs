//! Text to the nodes of `ast`: instances of the classes that the module defines, which name their fields themselves.

mod expr;
mod stmt;

use std::rc::Rc;

use hashbrown::HashMap;

use crate::base::source::Source;
use crate::base::span::Span;
use crate::lang::compile::constant_value;
use crate::lang::object::{
    Caller, Class, Dict, Instance, Ref, Result, Set, Tuple, Value, intern, not_implemented_error,
    protocol,
};
use crate::lang::syntax::ast::{Constant, Expr, ExprKind, UnaryOp};
use crate::lang::syntax::{parse_expression, parse_module, take_notices};

use super::compile::refusal;

/// The tree of a text under a file name. The mode is `exec`, `single`, `eval`, or `literal`: then it is a tuple of the
/// literal's value, which is empty if the expression is no plain literal.
pub(super) fn tree(
    caller: &mut dyn Caller,
    text: &str,
    name: &str,
    mode: &str,
    classes: &Ref<Dict>,
) -> Result<Value> {
    let source = Rc::new(Source::new(name, text));
    let mut nodes = Nodes {
        source: &source,
        classes,
        single: HashMap::new(),
        desugared: false,
    };
    let made = match mode {
        "literal" => {
            let expr = parse_expression(&source).map_err(|error| refusal(&error, &source))?;
            Value::tuple(literal(caller, &expr)?.into_iter().collect::<Vec<_>>())
        }
        "eval" => {
            let expr = parse_expression(&source).map_err(|error| refusal(&error, &source))?;
            let body = nodes.expr(&expr);
            nodes.node("Expression", [body])
        }
        _ => {
            let module = parse_module(&source).map_err(|error| refusal(&error, &source))?;
            let body = nodes.stmts(&module.body);
            match mode {
                "single" => nodes.node("Interactive", [body]),
                _ => nodes.node("Module", [body, list([])]),
            }
        }
    };
    let _ = take_notices();
    if nodes.desugared {
        let message = "ast: the trees of async for, async with and except*";
        return Err(not_implemented_error(message));
    }
    Ok(made)
}

/// The value of a literal; nothing where the expression is none.
fn literal(caller: &mut dyn Caller, expr: &Expr) -> Result<Option<Value>> {
    let mut items = |parts: &[Expr]| -> Result<Option<Vec<Value>>> {
        parts.iter().map(|part| literal(caller, part)).collect()
    };
    Ok(match &expr.kind {
        ExprKind::Constant(constant) => Some(constant_value(constant)),
        ExprKind::Tuple(parts) => items(parts)?.map(Value::tuple),
        ExprKind::List(parts) => items(parts)?.map(Value::list),
        ExprKind::Set(parts) => {
            let Some(items) = items(parts)? else {
                return Ok(None);
            };
            let set = Set::default();
            for item in items {
                protocol::set_add(caller, &set.table, item)?;
            }
            Some(Value::from(Ref::new(set)))
        }
        ExprKind::Dict { keys, values } => {
            let dict = Dict::new();
            for (key, value) in keys.iter().zip(values) {
                let Some(key) = key else { return Ok(None) };
                match (literal(caller, key)?, literal(caller, value)?) {
                    (Some(key), Some(value)) => protocol::dict_set(caller, &dict, key, value)?,
                    _ => return Ok(None),
                }
            }
            Some(Value::from(dict))
        }
        ExprKind::UnaryOp {
            op: UnaryOp::USub,
            operand,
        } => match &operand.kind {
            ExprKind::Constant(
                number @ (Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_)),
            ) => Some(protocol::unary(
                caller,
                crate::lang::object::code::UnaryOp::Neg,
                &constant_value(number),
            )?),
            _ => None,
        },
        _ => None,
    })
}

fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::list(items.to_vec())
}

fn name(name: &str) -> Value {
    Value::from(&intern(name))
}

/// Makes nodes.
struct Nodes<'a> {
    source: &'a Source,
    /// The namespace of the module.
    classes: &'a Ref<Dict>,
    /// Operators and contexts: one node of a kind serves all.
    single: HashMap<&'static str, Value>,
    /// Whether a name turned up that stands for a statement the parser replaced.
    desugared: bool,
}

impl Nodes<'_> {
    fn node<const N: usize>(&mut self, kind: &'static str, fields: [Value; N]) -> Value {
        self.made(kind, &fields)
    }

    fn made(&mut self, kind: &'static str, fields: &[Value]) -> Value {
        let class = self.classes.get_str(kind).unwrap_or_default();
        let Some(class) = class.exact::<Class>() else {
            return Value::None;
        };
        let node = Instance::new(class);
        let names = class.lookup(&intern("_fields")).unwrap_or_default();
        if let Some(names) = names.exact::<Tuple>() {
            for (name, value) in names.items.iter().zip(fields) {
                node.set(&intern(name.as_str().unwrap_or_default()), value.clone());
            }
        }
        Value::from(node)
    }

    /// The one node of a kind without fields.
    fn single(&mut self, kind: &'static str) -> Value {
        if let Some(known) = self.single.get(kind) {
            return known.clone();
        }
        let made = self.made(kind, &[]);
        self.single.insert(kind, made.clone());
        made
    }

    /// Gives a node its place.
    fn at(&self, node: Value, span: Span) -> Value {
        if let Some(instance) = node.exact::<Instance>() {
            let places = [
                ("lineno", "col_offset", span.start),
                ("end_lineno", "end_col_offset", span.end),
            ];
            for (line_name, column_name, offset) in places {
                let line = self.source.line(offset as usize);
                let column = offset as usize - self.source.line_start(line);
                instance.set(&intern(line_name), Value::from(line));
                instance.set(&intern(column_name), Value::from(column));
            }
        }
        node
    }

    fn list_of<T>(&mut self, parts: &[T], make: impl Fn(&mut Self, &T) -> Value) -> Value {
        Value::list(parts.iter().map(|part| make(self, part)).collect())
    }

    fn word(&mut self, text: &str) -> Value {
        self.desugared |= text.starts_with('.');
        name(text)
    }

    fn maybe_word(&mut self, text: Option<&crate::lang::syntax::ast::Name>) -> Value {
        text.map_or(Value::None, |text| self.word(text))
    }
}
