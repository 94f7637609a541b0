//! Imports.

use super::scope::top_package;
use super::unit::{Result, Unit};
use crate::lang::object::code::Op;
use crate::lang::object::{Value, intern};
use crate::lang::syntax::ast::{Alias, Name};

impl<'a> Unit<'a> {
    pub(super) fn import(&mut self, names: &'a [Alias]) -> Result {
        for alias in names {
            let mark = self.mark();
            let dst = self.temp();
            let name = self.const_str(&alias.name) as u16;
            let from = self.add_const(Value::None) as u16;
            self.emit_at(
                alias.span,
                Op::Import {
                    level: 0,
                    dst,
                    name,
                    from,
                },
            );
            match &alias.asname {
                None => self.store_name(&top_package(&alias.name), dst),
                Some(asname) => {
                    // `import a.b as c` binds the module itself.
                    for part in alias.name.split('.').skip(1) {
                        let site = self.site(&part.into());
                        self.emit(Op::ImportFrom {
                            dst,
                            module: dst,
                            site,
                        });
                    }
                    self.store_name(asname, dst);
                }
            }
            self.clear_temps(mark);
        }
        Ok(())
    }

    pub(super) fn import_from(
        &mut self,
        module: Option<&'a Name>,
        names: &'a [Alias],
        level: u32,
    ) -> Result {
        if level == 0 && module.is_some_and(|module| &**module == "__future__") {
            return self.future(names);
        }
        let Ok(level) = u8::try_from(level) else {
            return self.error("too many leading dots", self.at);
        };
        let mark = self.mark();
        let source = self.temp();
        let name = self.const_str(module.map_or("", |module| module)) as u16;
        let wanted: Vec<Value> = names
            .iter()
            .map(|alias| Value::from(&intern(&alias.name)))
            .collect();
        let from = self.add_const(Value::tuple(wanted)) as u16;
        self.emit(Op::Import {
            level,
            dst: source,
            name,
            from,
        });
        for alias in names {
            if &*alias.name == "*" {
                self.emit(Op::ImportStar { module: source });
                continue;
            }
            let site = self.site(&alias.name);
            let dst = self.temp();
            self.emit_at(
                alias.span,
                Op::ImportFrom {
                    dst,
                    module: source,
                    site,
                },
            );
            self.store_name(alias.asname.as_ref().unwrap_or(&alias.name), dst);
        }
        self.clear_temps(mark);
        Ok(())
    }

    /// `from __future__ import ...`: the names are bound to something, their effect is the compiler's.
    fn future(&mut self, names: &'a [Alias]) -> Result {
        const KNOWN: &[&str] = &[
            "nested_scopes",
            "generators",
            "division",
            "absolute_import",
            "with_statement",
            "print_function",
            "unicode_literals",
            "barry_as_FLUFL",
            "generator_stop",
            "annotations",
        ];
        for alias in names {
            if !KNOWN.contains(&&*alias.name) {
                return self.error(
                    match &*alias.name {
                        "braces" => "not a chance".to_string(),
                        name => format!("future feature {name} is not defined"),
                    },
                    alias.span,
                );
            }
            let mark = self.mark();
            let dst = self.temp();
            self.emit(Op::Bool { dst, value: true });
            self.store_name(alias.asname.as_ref().unwrap_or(&alias.name), dst);
            self.release(mark);
        }
        Ok(())
    }
}
