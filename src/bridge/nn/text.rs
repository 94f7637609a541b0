//! `repr` of modules: nested, as PyTorch prints them.

use super::state::{entries, expect_state};
use crate::lang::object::{Caller, Result, Value, protocol};

/// Lines after the first moved to the right.
fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

/// The text of a module.
pub(super) fn repr(caller: &mut dyn Caller, this: &Value) -> Result<String> {
    let extra = protocol::call_method(caller, this, "extra_repr", &[])?;
    let extra = protocol::str(caller, &extra)?;
    let name = protocol::call_method(caller, this, "_get_name", &[])?;
    let name = protocol::str(caller, &name)?;
    let mut children = Vec::new();
    for (name, module) in entries(&expect_state(this)?.modules()) {
        let text = protocol::repr(caller, &module)?;
        children.push(format!("({name}): {}", indented(&text)));
    }
    let mut lines: Vec<String> = Vec::new();
    if !extra.is_empty() {
        lines.extend(extra.split('\n').map(str::to_string));
    }
    if lines.len() == 1 && children.is_empty() {
        return Ok(format!("{name}({})", lines[0]));
    }
    lines.extend(children);
    if lines.is_empty() {
        return Ok(format!("{name}()"));
    }
    Ok(format!("{name}(\n  {}\n)", lines.join("\n  ")))
}
