//! Texts in the mini-language.

use super::Spec;
use crate::lang::object::{Result, value_error};

/// `format(text, spec)`
pub fn format_text(text: &str, spec: &str) -> Result<String> {
    if spec.is_empty() {
        return Ok(text.to_string());
    }
    let spec = Spec::parse(spec, Some('s'), '<', "str")?;
    if spec.kind != Some('s') {
        return Err(spec.unknown_kind("str"));
    }
    let refusal = match (spec.sign, spec.no_negative_zero, spec.alternate, spec.align) {
        (Some(' '), ..) => "Space not allowed in string format specifier",
        (Some(_), ..) => "Sign not allowed in string format specifier",
        (_, true, ..) => "Negative zero coercion (z) not allowed in string format specifier",
        (_, _, true, _) => "Alternate form (#) not allowed in string format specifier",
        (.., '=') => "'=' alignment not allowed in string format specifier",
        _ => "",
    };
    if !refusal.is_empty() {
        return Err(value_error(refusal));
    }
    let cut = match spec.precision {
        Some(most) => text
            .char_indices()
            .nth(most)
            .map_or(text, |(end, _)| &text[..end]),
        None => text,
    };
    Ok(spec.pad(cut, cut.chars().count()))
}
