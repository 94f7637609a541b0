//! Calls.

use super::unit::{Result, Unit};
use crate::lang::object::code::{Op, Reg, Site};
use crate::lang::object::intern;
use crate::lang::syntax::ast::{Expr, ExprKind, Keyword};

/// More arguments go through a list and a dict.
const MOST_ARGUMENTS: usize = 60;

impl<'a> Unit<'a> {
    pub(super) fn call(
        &mut self,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        dst: Reg,
    ) -> Result {
        if is_spread(args, keywords) {
            let base = self.temps(3);
            self.expr_to(func, base)?;
            return self.call_spread(base, args, keywords, &[], dst);
        }
        if let ExprKind::Attribute { value, attr } = &func.kind {
            let base = self.temps(1 + args.len() + keywords.len());
            self.expr_to(value, base)?;
            let keywords = self.arguments(base + 1, args, keywords)?;
            let name = intern(&self.mangled(attr));
            let argc = (args.len() + keywords.len()) as u8;
            let op = if keywords.is_empty() {
                let site = self.add_site(Site {
                    callee_end: func.span.end,
                    ..Site::named(name)
                });
                Op::CallMethod {
                    argc,
                    dst,
                    base,
                    site,
                }
            } else {
                let site = self.add_site(Site {
                    callee_end: func.span.end,
                    ..Site::keywords(Some(name), keywords)
                });
                Op::CallMethodKw {
                    argc,
                    dst,
                    base,
                    site,
                }
            };
            self.emit(op);
            return Ok(());
        }
        let base = self.temps(1 + args.len() + keywords.len());
        self.expr_to(func, base)?;
        self.call_with(base, 0, args, keywords, dst)
    }

    /// Calls `base` with `before` registers that are filled already, then these arguments.
    pub(super) fn call_with(
        &mut self,
        base: Reg,
        before: usize,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        dst: Reg,
    ) -> Result {
        let keywords = self.arguments(base + 1 + before as Reg, args, keywords)?;
        let argc = (before + args.len() + keywords.len()) as u8;
        let op = if keywords.is_empty() {
            Op::Call { argc, dst, base }
        } else {
            let site = self.add_site(Site::keywords(None, keywords));
            Op::CallKw {
                argc,
                dst,
                base,
                site,
            }
        };
        self.emit(op);
        Ok(())
    }

    /// Arguments into registers from `first` on; returns the names of the named ones.
    fn arguments(
        &mut self,
        first: Reg,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result<Box<[crate::lang::object::Name]>> {
        let values = args
            .iter()
            .chain(keywords.iter().map(|keyword| &keyword.value));
        for (i, value) in values.enumerate() {
            self.expr_to(value, first + i as Reg)?;
        }
        Ok(keywords
            .iter()
            .filter_map(|keyword| keyword.name.as_ref())
            .map(|name| intern(name))
            .collect())
    }

    /// Calls `base` with a list in `base + 1` and a dict in `base + 2`; `before` are registers that come first.
    pub(super) fn call_spread(
        &mut self,
        base: Reg,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        before: &[Reg],
        dst: Reg,
    ) -> Result {
        let (list, dict) = (base + 1, base + 2);
        self.list_by_parts(&[], list)?;
        for &item in before {
            self.emit(Op::ListAppend { list, item });
        }
        self.append_all(args, list)?;
        if keywords.is_empty() {
            self.emit(Op::None { dst: dict });
        } else {
            self.emit(Op::BuildDict {
                dst: dict,
                base: dict,
                count: 0,
            });
        }
        for keyword in keywords {
            let mark = self.mark();
            match &keyword.name {
                Some(name) => {
                    let key = self.temp();
                    let index = self.const_str(name);
                    self.emit(Op::Const { dst: key, index });
                    let value = self.expr_any(&keyword.value)?;
                    // A name may come again from a mapping before it: merge checks that, through a dict of one.
                    let pair = self.temps(3);
                    self.emit(Op::Move {
                        dst: pair + 1,
                        src: key,
                    });
                    self.emit(Op::Move {
                        dst: pair + 2,
                        src: value,
                    });
                    self.emit(Op::BuildDict {
                        dst: pair,
                        base: pair + 1,
                        count: 1,
                    });
                    self.emit(Op::DictMerge {
                        dict,
                        mapping: pair,
                        callee: base,
                    });
                }
                None => {
                    let mapping = self.expr_any(&keyword.value)?;
                    self.emit(Op::DictMerge {
                        dict,
                        mapping,
                        callee: base,
                    });
                }
            }
            self.release(mark);
        }
        self.emit(Op::CallSpread { dst, base });
        Ok(())
    }

    fn append_all(&mut self, args: &'a [Expr], list: Reg) -> Result {
        for arg in args {
            let mark = self.mark();
            match &arg.kind {
                ExprKind::Starred(inner) => {
                    let iterable = self.expr_any(inner)?;
                    self.emit(Op::ArgsExtend { list, iterable });
                }
                _ => {
                    let item = self.expr_any(arg)?;
                    self.emit(Op::ListAppend { list, item });
                }
            }
            self.release(mark);
        }
        Ok(())
    }
}

/// Whether arguments have to be collected before the call.
pub(super) fn is_spread(args: &[Expr], keywords: &[Keyword]) -> bool {
    args.iter()
        .any(|arg| matches!(arg.kind, ExprKind::Starred(_)))
        || keywords.iter().any(|keyword| keyword.name.is_none())
        || args.len() + keywords.len() > MOST_ARGUMENTS
}
