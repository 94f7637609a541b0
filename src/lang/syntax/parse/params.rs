//! Parameters of functions and lambdas.

use super::super::ast::{Arg, Arguments};
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use super::target::is_forbidden;
use crate::base::span::Span;
use std::rc::Rc;

/// What has been read of a list of parameters.
#[derive(Default)]
struct State {
    args: Arguments,
    /// A `/` was seen.
    slash: bool,
    /// A `*` was seen, bare or not.
    star: bool,
    /// A bare `*` still waits for a parameter after it.
    bare_star: Option<Span>,
}

impl Builder<'_> {
    /// Reads a `params` node, if one is there.
    pub(super) fn parameters(&mut self) -> Parse<Arguments> {
        if !self.sees(Rule::params) {
            return Ok(Arguments::default());
        }
        self.inside(|b, _| b.parameter_list(Rule::param))
    }

    /// Reads the parameters of a lambda from within its head.
    pub(super) fn lambda_parameters(&mut self) -> Parse<Arguments> {
        if !self.sees(Rule::lparams) {
            return Ok(Arguments::default());
        }
        self.inside(|b, _| b.parameter_list(Rule::lparam))
    }

    fn parameter_list(&mut self, rule: Rule) -> Parse<Arguments> {
        let mut state = State::default();
        while self.sees(rule) {
            self.inside(|b, node| b.parameter(node.span, &mut state))?;
            self.accept(Rule::comma);
        }
        if let Some(span) = state.bare_star {
            return fail("named arguments must follow bare *", span);
        }
        self.unique(&state.args)?;
        Ok(state.args)
    }

    fn parameter(&mut self, span: Span, state: &mut State) -> Parse<()> {
        if state.args.kwarg.is_some() {
            return fail("arguments cannot follow var-keyword argument", span);
        }
        match self.peek() {
            Some(Rule::slash) => self.slash(state),
            Some(Rule::stars) => self.starred_parameter(state),
            _ => self.plain_parameter(state),
        }
    }

    fn slash(&mut self, state: &mut State) -> Parse<()> {
        let span = self.skip().span;
        if state.slash {
            return fail("/ may appear only once", span);
        }
        if state.star {
            return fail("/ must be ahead of *", span);
        }
        if state.args.args.is_empty() {
            return fail("invalid syntax", span);
        }
        state.slash = true;
        state.args.posonly = std::mem::take(&mut state.args.args);
        Ok(())
    }

    fn starred_parameter(&mut self, state: &mut State) -> Parse<()> {
        let stars = self.skip().span;
        if self.source(stars) == "**" {
            if let Some(span) = state.bare_star {
                return fail("named arguments must follow bare *", span);
            }
            if !self.sees(Rule::name) {
                return fail("invalid syntax", stars);
            }
            let arg = self.arg(false)?;
            if self.sees(Rule::assign) {
                return fail(
                    "var-keyword argument cannot have default value",
                    self.node().span,
                );
            }
            state.args.kwarg = Some(arg);
            return Ok(());
        }
        if state.star {
            return fail("* argument may appear only once", stars);
        }
        state.star = true;
        if !self.sees(Rule::name) {
            if self.sees(Rule::assign) {
                return fail("invalid syntax", self.node().span);
            }
            state.bare_star = Some(stars);
            return Ok(());
        }
        let arg = self.arg(true)?;
        if self.sees(Rule::assign) {
            return fail(
                "var-positional argument cannot have default value",
                self.node().span,
            );
        }
        state.args.vararg = Some(arg);
        Ok(())
    }

    fn plain_parameter(&mut self, state: &mut State) -> Parse<()> {
        let arg = self.arg(false)?;
        let default = if self.accept(Rule::assign) {
            Some(self.expression()?)
        } else {
            None
        };
        if state.star {
            state.bare_star = None;
            state.args.kwonly.push(arg);
            state.args.kw_defaults.push(default);
            return Ok(());
        }
        match default {
            Some(default) => state.args.defaults.push(default),
            None if !state.args.defaults.is_empty() => {
                return fail("non-default argument follows default argument", arg.span);
            }
            None => {}
        }
        state.args.args.push(arg);
        Ok(())
    }

    /// Reads a name and its annotation, which may be starred after `*`.
    fn arg(&mut self, starred: bool) -> Parse<Arg> {
        let start = self.start();
        let name = self.ident()?.name;
        if is_forbidden(&name) {
            return fail("cannot assign to __debug__", self.since(start));
        }
        let annotation = match self.accept(Rule::colon) {
            true if !starred && self.sees(Rule::stars) => {
                return fail("invalid syntax", self.node().span);
            }
            true => Some(Box::new(self.annotation()?)),
            false => None,
        };
        Ok(Arg {
            name,
            annotation,
            span: self.since(start),
        })
    }

    fn unique(&self, args: &Arguments) -> Parse<()> {
        let mut seen: Vec<&Rc<str>> = Vec::new();
        let starred = args.vararg.iter().chain(&args.kwarg);
        for arg in args
            .posonly
            .iter()
            .chain(&args.args)
            .chain(&args.kwonly)
            .chain(starred)
        {
            if seen.contains(&&arg.name) {
                return fail(
                    format!("duplicate argument '{}' in function definition", arg.name),
                    arg.span,
                );
            }
            seen.push(&arg.name);
        }
        Ok(())
    }
}
