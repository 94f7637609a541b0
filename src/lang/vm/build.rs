//! Building of containers and strings.

use crate::lang::object::code::{Conversion, NO_REG, Reg};
use crate::lang::object::protocol;
use crate::lang::object::{Dict, Ref, Result, Set, Str, Value};

use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// A set of registers.
    pub(super) fn build_set(&mut self, regs: Registers, base: Reg, count: usize) -> Result<Value> {
        let set = Ref::new(Set::default());
        for item in regs.take_all(base, count) {
            protocol::set_add(self, &set.table, item)?;
        }
        Ok(Value::from(set))
    }

    /// A dict of pairs of registers.
    pub(super) fn build_dict(&mut self, regs: Registers, base: Reg, count: usize) -> Result<Value> {
        let dict = Dict::new();
        for i in 0..count {
            let at = base + 2 * i as Reg;
            let (key, value) = (regs.take(at), regs.take(at + 1));
            protocol::dict_set(self, &dict, key, value)?;
        }
        Ok(Value::from(dict))
    }

    /// Strings joined.
    pub(super) fn build_string(regs: Registers, base: Reg, count: usize) -> Value {
        let parts = regs.slice(base, count);
        let mut text =
            String::with_capacity(parts.iter().filter_map(|p| p.as_str()).map(str::len).sum());
        parts
            .iter()
            .filter_map(|part| part.as_str())
            .for_each(|part| text.push_str(part));
        regs.let_go(base, count);
        Value::from(text)
    }

    /// One field of an f-string.
    pub(super) fn format_field(
        &mut self,
        regs: Registers,
        conversion: Conversion,
        src: &Value,
        spec: Reg,
    ) -> Result<Value> {
        let spec = if spec == NO_REG {
            ""
        } else {
            regs.get(spec).as_str().unwrap_or_default()
        };
        if conversion == Conversion::None {
            match src {
                Value::Int(i) => {
                    if let Some(text) = quick_integer(*i, spec) {
                        return Ok(Value::from(text));
                    }
                }
                Value::Obj(object) if spec.is_empty() && object.is::<Str>() => {
                    return Ok(src.clone());
                }
                _ => {}
            }
        }
        let converted = match conversion {
            Conversion::None => return protocol::format(self, src, spec).map(Value::from),
            Conversion::Str => protocol::str(self, src)?,
            Conversion::Repr => protocol::repr(self, src)?,
            Conversion::Ascii => protocol::ascii(self, src)?,
        };
        if spec.is_empty() {
            return Ok(Value::from(converted));
        }
        protocol::format(self, &Value::from(converted), spec).map(Value::from)
    }
}

/// An integer by the specifications that need no parser: none, a width, or a width filled up with zeros.
fn quick_integer(i: i64, spec: &str) -> Option<String> {
    if spec.is_empty() {
        return Some(i.to_string());
    }
    if spec.len() > 3 {
        return None;
    }
    let digits = spec.strip_suffix('d').unwrap_or(spec);
    let (zeros, digits) = match digits.strip_prefix('0') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    let width: usize = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    Some(if zeros {
        format!("{i:0width$}")
    } else {
        format!("{i:width$}")
    })
}
