//! Runs scanner, grammar and builder in turn.

use super::ast::{Expr, Module};
use super::diagnose;
use super::error::{Parse, SyntaxError};
use super::layout::{self, Fault, Layout};
use super::parse::{Builder, Grammar, Node, Rule, collect};
use crate::base::source::Source;
use crate::base::span::Span;
use pest::Parser;
use pest::error::{Error, ErrorVariant};
use pest::iterators::Pairs;

/// Stack for texts that are nested so deeply that the thread's own does not do.
const DEEP_STACK: usize = 256 * 1024 * 1024;

/// Parses a script, or a cell of the prompt.
pub fn parse_module(source: &Source) -> Result<Module, SyntaxError> {
    parse(Rule::module, source, |b| b.module()).map_err(|e| *e)
}

/// Parses a single expression, as `eval` takes it.
pub fn parse_expression(source: &Source) -> Result<Expr, SyntaxError> {
    let text = &source.text;
    // As in CPython, blanks before the expression do not count as indentation.
    let layout = layout::scan_from(
        text,
        text.len() - text.trim_start_matches([' ', '\t']).len(),
    );
    parse_layout(Rule::eval_input, text, &layout, |b| b.eval_input()).map_err(|e| *e)
}

fn parse<T>(
    rule: Rule,
    source: &Source,
    build: impl FnOnce(&mut Builder<'_>) -> Parse<T>,
) -> Parse<T> {
    parse_layout(rule, &source.text, &layout::scan(&source.text), build)
}

fn parse_layout<T>(
    rule: Rule,
    text: &str,
    layout: &Layout,
    build: impl FnOnce(&mut Builder<'_>) -> Parse<T>,
) -> Parse<T> {
    let nodes = parse_nodes(rule, text, layout)?;
    let mut builder = Builder::new(text, nodes);
    let result = build(&mut builder)?;
    match &layout.error {
        Some(fault) => Err(Box::new(fault.error.clone())),
        None => Ok(result),
    }
}

/// Parses a marked text to nodes.
pub(super) fn parse_nodes(rule: Rule, text: &str, layout: &Layout) -> Parse<Vec<Node>> {
    if let Some(fault) = &layout.error
        && matches!(
            fault.kind,
            Fault::Token | Fault::OpenString | Fault::OpenLine
        )
    {
        return Err(Box::new(fault.error.clone()));
    }
    match pairs(rule, &layout.text) {
        Ok(pairs) => Ok(collect(pairs, layout)),
        Err(error) if is_limit(&error) => {
            let deep = stacker::grow(DEEP_STACK, || {
                pairs(rule, &layout.text)
                    .map(|pairs| collect(pairs, layout))
                    .map_err(|e| is_limit(&e))
            });
            match deep {
                Ok(nodes) => Ok(nodes),
                Err(true) => Err(Box::new(SyntaxError::too_deep(Span::default()))),
                Err(false) => Err(Box::new(diagnose::explain(rule, text, layout))),
            }
        }
        Err(_) => Err(Box::new(diagnose::explain(rule, text, layout))),
    }
}

fn pairs(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<Error<Rule>>> {
    Grammar::parse(rule, text).map_err(Box::new)
}

fn is_limit(error: &Error<Rule>) -> bool {
    matches!(error.variant, ErrorVariant::CustomError { .. })
}
