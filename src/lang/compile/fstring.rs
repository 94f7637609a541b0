//! Formatted strings.

use super::unit::{Result, Unit};
use crate::lang::object::code::{Conversion, NO_REG, Op, Reg};
use crate::lang::syntax::ast::{self, FPart};

impl<'a> Unit<'a> {
    pub(super) fn fstring(&mut self, parts: &'a [FPart], dst: Reg) -> Result {
        match parts {
            [] => {
                let index = self.const_str("");
                self.emit(Op::Const { dst, index });
                Ok(())
            }
            [one] => self.fstring_part(one, dst),
            parts => {
                let base = self.temps(parts.len());
                for (i, part) in parts.iter().enumerate() {
                    self.fstring_part(part, base + i as Reg)?;
                }
                self.emit(Op::BuildString {
                    dst,
                    base,
                    count: parts.len() as u16,
                });
                Ok(())
            }
        }
    }

    fn fstring_part(&mut self, part: &'a FPart, dst: Reg) -> Result {
        let mark = self.mark();
        match part {
            FPart::Text(text) => {
                let index = self.const_str(text);
                self.emit(Op::Const { dst, index });
            }
            FPart::Field {
                value,
                conversion,
                spec,
            } => {
                let src = self.expr_any(value)?;
                let spec = match spec {
                    Some(parts) => {
                        let reg = self.temp();
                        self.fstring(parts, reg)?;
                        reg
                    }
                    None => NO_REG,
                };
                let conversion = match conversion {
                    ast::Conversion::None => Conversion::None,
                    ast::Conversion::Str => Conversion::Str,
                    ast::Conversion::Repr => Conversion::Repr,
                    ast::Conversion::Ascii => Conversion::Ascii,
                };
                self.emit(Op::Format {
                    conversion,
                    dst,
                    src,
                    spec,
                });
            }
        }
        self.release(mark);
        Ok(())
    }
}
