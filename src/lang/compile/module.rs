//! The entry: whole texts.

use std::rc::Rc;

use super::function::{docstring, has_annotations};
use super::scope::{Scopes, TOP};
use super::unit::{Result, Shared, Unit};
use crate::base::source::Source;
use crate::base::span::Span;
use crate::lang::object::Ref;
use crate::lang::object::code::{Code, Op};
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::{Expr, Module, Stmt, StmtKind};

/// What a text is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module or script: it returns None.
    Exec,
    /// A cell of the prompt: it returns the value of its last statement if that is an expression.
    Cell,
}

/// Compiles a module. With `separate`, its names live in a namespace of their own (`exec` with two dicts).
pub fn compile_module(
    module: &Module,
    source: Rc<Source>,
    mode: Mode,
    separate: bool,
) -> Result<Ref<Code>> {
    check_future(&module.body)?;
    let scopes = Scopes::of_module(&module.body, separate)?;
    let text_annotations = module.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::ImportFrom {
            module: Some(name),
            names,
            ..
        } => &**name == "__future__" && names.iter().any(|alias| &*alias.name == "annotations"),
        _ => false,
    });
    let shared = Shared {
        scopes: &scopes,
        source,
        text_annotations,
        separate,
    };
    let mut unit = top(&shared);
    if has_annotations(&module.body) {
        unit.emit(Op::SetupAnnotations);
    }
    let (body, last) = match module.body.split_last() {
        Some((last, body)) if mode == Mode::Cell => match &last.kind {
            StmtKind::Expr(expr) => (body, Some(&**expr)),
            _ => (&module.body[..], None),
        },
        _ => (&module.body[..], None),
    };
    unit.doc = docstring(&module.body);
    if let (Some(doc), Mode::Exec) = (unit.doc.clone(), mode) {
        let dst = unit.temp();
        let index = unit.add_const(doc);
        unit.emit(Op::Const { dst, index });
        unit.store_name(&"__doc__".into(), dst);
    }
    unit.body(body)?;
    match last {
        Some(expr) => return_value(&mut unit, expr)?,
        None => _ = unit.emit(Op::ReturnNone),
    }
    unit.finish(None)
}

/// `from __future__ import` stands before everything but the docstring.
fn check_future(body: &[Stmt]) -> Result {
    let is_future = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::ImportFrom { module: Some(name), level: 0, .. } if &**name == "__future__");
    let start = usize::from(docstring(body).is_some());
    let late = body[start..].iter().skip_while(is_future).find(is_future);
    match late {
        Some(stmt) => {
            let message = "from __future__ imports must occur at the beginning of the file";
            Err(SyntaxError::new(message, stmt.span))
        }
        None => Ok(()),
    }
}

/// Compiles an expression (`eval`).
pub fn compile_expression(expr: &Expr, source: Rc<Source>, separate: bool) -> Result<Ref<Code>> {
    let scopes = Scopes::of_expression(expr, separate)?;
    let shared = Shared {
        scopes: &scopes,
        source,
        text_annotations: false,
        separate,
    };
    let mut unit = top(&shared);
    return_value(&mut unit, expr)?;
    unit.finish(None)
}

fn top<'a>(shared: &'a Shared<'a>) -> Unit<'a> {
    let end = shared.source.text.len();
    let mut unit = Unit::new(
        shared,
        TOP,
        "<module>".into(),
        "<module>".to_string(),
        Span::new(0, end),
    );
    unit.flags.module = true;
    unit
}

fn return_value<'a>(unit: &mut Unit<'a>, expr: &'a Expr) -> Result {
    let src = unit.temp();
    unit.expr_to(expr, src)?;
    unit.emit_at(expr.span, Op::Return { src });
    Ok(())
}
