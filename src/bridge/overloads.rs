//! PyTorch's words for arguments that fit none of several forms of an op.
//!
//! The forms are plain data, as PyTorch lists them: `f name` or `m name` (a function or a method), then one line a form.
//! The rules are those of `PythonArgParser::print_error` and `format_invalid_args`.

use super::names::OVERLOADS;
use super::tensor::tensor_of;
use crate::lang::object::{Args, List, Raised, Tuple, Value, type_error};

/// The forms of an op.
fn forms(method: bool, name: &str) -> Vec<&'static str> {
    let face = if method { 'm' } else { 'f' };
    let mut lines = OVERLOADS.get().lines();
    let head = format!("{face} {name}");
    match lines.find(|line| *line == head) {
        Some(_) => lines.map_while(|line| line.strip_prefix(' ')).collect(),
        None => Vec::new(),
    }
}

/// The pieces between the parentheses of a form.
fn pieces(form: &str) -> Vec<&str> {
    let inside = form.trim_start_matches('(').trim_end_matches(')');
    let mut out: Vec<&str> = inside.split(", ").collect();
    out.retain(|piece| !piece.is_empty());
    out
}

/// Whether so many arguments may be meant for a form.
fn plausible(form: &str, given: usize) -> bool {
    let pieces = pieces(form);
    let own = pieces.iter().filter(|p| **p != "*");
    let most = own.clone().count();
    let least = own.filter(|p| !p.contains('=')).count();
    (least..=most).contains(&given)
}

/// The exception for arguments that an op refused, in PyTorch's words where the op has several forms.
#[cold]
pub(super) fn explain(name: &str, method: bool, args: Args, raised: Raised) -> Raised {
    let forms = forms(method, name);
    if forms.is_empty() {
        return raised;
    }
    let positional = &args.positional[usize::from(method).min(args.positional.len())..];
    let given = positional.len() + args.keywords.len();
    if forms.iter().filter(|form| plausible(form, given)).count() == 1 {
        return raised;
    }
    // Where PyTorch hides old forms, one is left to be shown.
    if let [form] = forms.as_slice() {
        return type_error(format!(
            "{name}() received an invalid combination of arguments - got {}, but expected {form}",
            got(positional, args)
        ));
    }
    let mut text = format!(
        "{name}() received an invalid combination of arguments - got {}, but expected one of:\n",
        got(positional, args)
    );
    for form in forms {
        text.push_str(&format!(" * {form}\n"));
        let own = pieces(form);
        // A form without parameters counts as one with an empty one.
        if own.len().max(1) != given {
            continue;
        }
        let wrong: Vec<&str> = args
            .keywords
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| own.iter().all(|piece| !names(piece, name)))
            .collect();
        if wrong.is_empty() {
            let all: Vec<String> = positional
                .iter()
                .enumerate()
                .map(|(i, value)| marked(value, own.get(i).unwrap_or(&"")))
                .collect();
            text.push_str(&format!(
                "      didn't match because some of the arguments have invalid types: ({})\n",
                all.join(", ")
            ));
        } else {
            text.push_str(&format!(
                "      didn't match because some of the keywords were incorrect: {}\n",
                wrong.join(", ")
            ));
        }
    }
    type_error(text)
}

/// Whether a piece of a form declares the name.
fn names(piece: &str, name: &str) -> bool {
    let declared = piece.split(" = ").next().unwrap_or(piece);
    declared.rsplit(' ').next() == Some(name)
}

/// The types of the arguments.
fn got(positional: &[Value], args: Args) -> String {
    let mut out = String::from("(");
    let types: Vec<String> = positional.iter().map(Value::class_name).collect();
    out.push_str(&types.join(", "));
    if !types.is_empty() && !args.keywords.is_empty() {
        out.push_str(", ");
    }
    for (i, (name, value)) in args.keywords.iter().rev().enumerate() {
        let more = i + 1 < args.keywords.len() || types.is_empty();
        let comma = if more { ", " } else { "" };
        out.push_str(&format!("{name}={}{comma}", value.class_name()));
    }
    out + ")"
}

/// An argument's type, between marks unless it is a tensor where one is expected.
fn marked(value: &Value, piece: &str) -> String {
    let kind = described(value);
    if piece.starts_with("Tensor ") && tensor_of(value).is_some() && kind == "Tensor" {
        kind
    } else {
        format!("!{kind}!")
    }
}

/// A type with those of its elements.
fn described(value: &Value) -> String {
    let all = |items: &[Value]| {
        let names: Vec<String> = items.iter().map(Value::class_name).collect();
        names.join(", ")
    };
    if let Some(list) = value.exact::<List>() {
        return format!("list of [{}]", all(&list.items.borrow()));
    }
    if let Some(tuple) = value.exact::<Tuple>() {
        let comma = if tuple.items.len() == 1 { "," } else { "" };
        return format!("tuple of ({}{comma})", all(&tuple.items));
    }
    value.class_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_found_and_counted() {
        let sum = forms(true, "sum");
        assert_eq!(sum.len(), 2, "{sum:?}");
        assert!(plausible(sum[0], 0) && plausible(sum[0], 1) && !plausible(sum[0], 2));
        assert!(!plausible(sum[1], 0) && plausible(sum[1], 3));
        assert_eq!(pieces("()").len(), 0);
    }
}
