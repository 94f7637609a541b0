//! Expressions as nodes.

use crate::base::span::Span;
use crate::lang::compile::constant_value;
use crate::lang::object::Value;
use crate::lang::syntax::ast::{
    BoolOp, CmpOp, Comprehension, Constant, Conversion, Expr, ExprKind, FPart, Operator, UnaryOp,
};

use super::{Nodes, name};

impl Nodes<'_> {
    pub(super) fn exprs(&mut self, parts: &[Expr]) -> Value {
        self.list_of(parts, Nodes::expr)
    }

    pub(super) fn targets(&mut self, parts: &[Expr], context: &'static str) -> Value {
        self.list_of(parts, |nodes, part| nodes.target(part, context))
    }

    pub(super) fn maybe(&mut self, expr: Option<&Expr>) -> Value {
        expr.map_or(Value::None, |expr| self.expr(expr))
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Value {
        self.target(expr, "Load")
    }

    /// An expression in a context: `Load`, `Store` or `Del`.
    pub(super) fn target(&mut self, expr: &Expr, context: &'static str) -> Value {
        let made = match &expr.kind {
            ExprKind::Attribute { value, attr } => {
                let (value, attr) = (self.expr(value), name(attr));
                let context = self.single(context);
                self.node("Attribute", [value, attr, context])
            }
            ExprKind::Subscript { value, slice } => {
                let (value, slice) = (self.expr(value), self.expr(slice));
                let context = self.single(context);
                self.node("Subscript", [value, slice, context])
            }
            ExprKind::Starred(value) => {
                let value = self.target(value, context);
                let context = self.single(context);
                self.node("Starred", [value, context])
            }
            ExprKind::Name(word) => {
                let (word, context) = (self.word(word), self.single(context));
                self.node("Name", [word, context])
            }
            ExprKind::List(parts) => {
                let (parts, context) = (self.targets(parts, context), self.single(context));
                self.node("List", [parts, context])
            }
            ExprKind::Tuple(parts) => {
                let (parts, context) = (self.targets(parts, context), self.single(context));
                self.node("Tuple", [parts, context])
            }
            other => self.value(other, expr.span),
        };
        self.at(made, expr.span)
    }

    /// An expression that nothing can be assigned to.
    pub(super) fn value(&mut self, kind: &ExprKind, span: Span) -> Value {
        match kind {
            ExprKind::BoolOp { op, values } => {
                let op = self.single(if *op == BoolOp::And { "And" } else { "Or" });
                let values = self.exprs(values);
                self.node("BoolOp", [op, values])
            }
            ExprKind::NamedExpr { target, value } => {
                let (word, store) = (self.word(&target.name), self.single("Store"));
                let word = self.node("Name", [word, store]);
                let (word, value) = (self.at(word, target.span), self.expr(value));
                self.node("NamedExpr", [word, value])
            }
            ExprKind::BinOp { left, op, right } => {
                let (left, op) = (self.expr(left), self.single(operator(*op)));
                let right = self.expr(right);
                self.node("BinOp", [left, op, right])
            }
            ExprKind::UnaryOp { op, operand } => {
                let (op, operand) = (self.single(unary(*op)), self.expr(operand));
                self.node("UnaryOp", [op, operand])
            }
            ExprKind::Lambda(lambda) => {
                let (args, body) = (self.arguments(&lambda.args), self.expr(&lambda.body));
                self.node("Lambda", [args, body])
            }
            ExprKind::IfExp { test, body, orelse } => {
                let (test, body) = (self.expr(test), self.expr(body));
                let orelse = self.expr(orelse);
                self.node("IfExp", [test, body, orelse])
            }
            ExprKind::Dict { keys, values } => {
                let keys = self.list_of(keys, |nodes, key| nodes.maybe(key.as_ref()));
                let values = self.exprs(values);
                self.node("Dict", [keys, values])
            }
            ExprKind::Set(parts) => {
                let parts = self.exprs(parts);
                self.node("Set", [parts])
            }
            ExprKind::ListComp { elt, generators } => self.comp("ListComp", elt, generators),
            ExprKind::SetComp { elt, generators } => self.comp("SetComp", elt, generators),
            ExprKind::GeneratorExp { elt, generators } => {
                self.comp("GeneratorExp", elt, generators)
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => {
                let (key, value) = (self.expr(key), self.expr(value));
                let generators = self.list_of(generators, Nodes::comprehension);
                self.node("DictComp", [key, value, generators])
            }
            ExprKind::Yield(value) => {
                let value = self.maybe(yielded(value.as_deref(), span));
                self.node("Yield", [value])
            }
            ExprKind::YieldFrom(value) => {
                let value = self.expr(value);
                self.node("YieldFrom", [value])
            }
            ExprKind::Await(value) => {
                let value = self.expr(unwrapped(value));
                self.node("Await", [value])
            }
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => {
                let left = self.expr(left);
                let ops = self.list_of(ops, |nodes, op| nodes.single(comparison(*op)));
                let comparators = self.exprs(comparators);
                self.node("Compare", [left, ops, comparators])
            }
            ExprKind::Call {
                func,
                args,
                keywords,
            } => {
                let (func, args) = (self.expr(func), self.exprs(args));
                let keywords = self.list_of(keywords, Nodes::keyword);
                self.node("Call", [func, args, keywords])
            }
            ExprKind::JoinedStr(parts) => {
                let parts = self.list_of(parts, |nodes, part| nodes.part(part, span));
                self.node("JoinedStr", [parts])
            }
            ExprKind::Constant(constant) => self.node("Constant", [constant_value(constant)]),
            ExprKind::Slice { lower, upper, step } => {
                let parts = [lower, upper, step].map(|part| self.maybe(part.as_deref()));
                self.node("Slice", parts)
            }
            ExprKind::Attribute { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Starred(_)
            | ExprKind::Name(_)
            | ExprKind::List(_)
            | ExprKind::Tuple(_) => Value::None,
        }
    }

    fn comp(&mut self, kind: &'static str, elt: &Expr, generators: &[Comprehension]) -> Value {
        let elt = self.expr(elt);
        let generators = self.list_of(generators, Nodes::comprehension);
        self.node(kind, [elt, generators])
    }

    fn comprehension(&mut self, part: &Comprehension) -> Value {
        let (target, iter) = (self.target(&part.target, "Store"), self.expr(&part.iter));
        let ifs = self.exprs(&part.ifs);
        let fields = [target, iter, ifs, Value::Int(part.is_async.into())];
        self.node("comprehension", fields)
    }

    /// A part of an f-string that spans the given text.
    fn part(&mut self, part: &FPart, span: Span) -> Value {
        let made = match part {
            FPart::Text(text) => self.node("Constant", [Value::str(&**text)]),
            FPart::Field {
                value,
                conversion,
                spec,
            } => {
                let value = self.expr(value);
                let conversion = Value::Int(match conversion {
                    Conversion::None => -1,
                    Conversion::Str => 115,
                    Conversion::Repr => 114,
                    Conversion::Ascii => 97,
                });
                let spec = match spec {
                    Some(parts) => {
                        let parts = self.list_of(parts, |nodes, part| nodes.part(part, span));
                        let spec = self.node("JoinedStr", [parts]);
                        self.at(spec, span)
                    }
                    None => Value::None,
                };
                self.node("FormattedValue", [value, conversion, spec])
            }
        };
        self.at(made, span)
    }
}

/// What a `yield` gives: in an `async def`, a lone one has been given None in its own place.
fn yielded(value: Option<&Expr>, span: Span) -> Option<&Expr> {
    value
        .map(unwrapped)
        .filter(|value| value.span != span || value.kind != ExprKind::Constant(Constant::None))
}

/// What the parser put into a call that `await` and `yield` make.
fn unwrapped(value: &Expr) -> &Expr {
    match &value.kind {
        ExprKind::Call { func, args, .. } => match (&func.kind, &args[..]) {
            (ExprKind::Name(name), [inner]) if matches!(&**name, ".await" | ".wrap") => inner,
            _ => value,
        },
        _ => value,
    }
}

pub(super) fn operator(op: Operator) -> &'static str {
    match op {
        Operator::Add => "Add",
        Operator::Sub => "Sub",
        Operator::Mult => "Mult",
        Operator::MatMult => "MatMult",
        Operator::Div => "Div",
        Operator::Mod => "Mod",
        Operator::Pow => "Pow",
        Operator::LShift => "LShift",
        Operator::RShift => "RShift",
        Operator::BitOr => "BitOr",
        Operator::BitXor => "BitXor",
        Operator::BitAnd => "BitAnd",
        Operator::FloorDiv => "FloorDiv",
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Invert => "Invert",
        UnaryOp::Not => "Not",
        UnaryOp::UAdd => "UAdd",
        UnaryOp::USub => "USub",
    }
}

fn comparison(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "Eq",
        CmpOp::NotEq => "NotEq",
        CmpOp::Lt => "Lt",
        CmpOp::LtE => "LtE",
        CmpOp::Gt => "Gt",
        CmpOp::GtE => "GtE",
        CmpOp::Is => "Is",
        CmpOp::IsNot => "IsNot",
        CmpOp::In => "In",
        CmpOp::NotIn => "NotIn",
    }
}
