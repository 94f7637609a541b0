//! Who imports whom. A room may use the rooms listed for it and no others, so that a new arrow shows in review.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and what it may import besides itself. `lang` and `tensor` stand for what their contents pages offer.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("lang", &[]),
    ("lang::syntax", &["base"]),
    ("lang::object", &["base"]),
    ("lang::compile", &["base", "lang::syntax", "lang::object"]),
    ("lang::vm", &["base", "lang::object"]),
    ("lang::builtins", &["base", "lang::object"]),
    ("lang::stdlib", &["base", "lang::object"]),
    ("tensor", &[]),
    ("tensor::array", &["base"]),
    ("tensor::core", &["base", "tensor::array"]),
    ("tensor::ops", &["base", "tensor::array", "tensor::core"]),
    (
        "tensor::autograd",
        &["base", "tensor::array", "tensor::core", "tensor::ops"],
    ),
    (
        "tensor::layers",
        &["base", "tensor::array", "tensor::core", "tensor::ops"],
    ),
    (
        "tensor::optim",
        &["base", "tensor::array", "tensor::core", "tensor::ops"],
    ),
    (
        "tensor::data",
        &["base", "tensor::array", "tensor::core", "tensor::ops"],
    ),
    ("tensor::state", &["base", "tensor::array", "tensor::core"]),
    (
        "bridge",
        &[
            "base",
            "lang",
            "lang::object",
            "tensor",
            "tensor::array",
            "tensor::core",
            "tensor::ops",
            "tensor::autograd",
            "tensor::layers",
            "tensor::optim",
            "tensor::data",
            "tensor::state",
        ],
    ),
    (
        "interpreter",
        &[
            "base",
            "lang",
            "lang::syntax",
            "lang::object",
            "lang::compile",
            "lang::vm",
            "lang::builtins",
            "lang::stdlib",
            "bridge",
        ],
    ),
    ("front", &["base", "interpreter"]),
];

#[test]
fn rooms_import_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut arrows = BTreeSet::new();
    for file in rust_files(&root) {
        let module = module_of(file.strip_prefix(&root).expect("the file is below src"));
        if module.is_empty() {
            continue; // main.rs and lib.rs
        }
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        let from = room(&module);
        for path in imported(&text, &module) {
            arrows.insert((from.clone(), room(&path), file.clone()));
        }
    }
    let mut wrong = Vec::new();
    for (from, to, file) in &arrows {
        let allowed = ROOMS
            .iter()
            .find(|(name, _)| name == from)
            .map(|(_, list)| *list);
        let inside = from == to || to.starts_with(&format!("{from}::"));
        match allowed {
            None => wrong.push(format!("{from} is no known room ({})", file.display())),
            Some(list) if !inside && !list.contains(&to.as_str()) => {
                wrong.push(format!("{from} imports {to} ({})", file.display()));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// `lang/vm/calls.rs` is `[lang, vm, calls]`, `lang/vm/mod.rs` is `[lang, vm]`.
fn module_of(file: &Path) -> Vec<String> {
    let names = file.with_extension("");
    let mut module: Vec<String> = names
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "main" | "lib")
    ) {
        module.pop();
    }
    module
}

/// The room that a path leads into.
fn room(path: &[String]) -> String {
    let pair = path.get(..2).map(|two| two.join("::")).unwrap_or_default();
    let is_room = |name: &str| ROOMS.iter().any(|(room, _)| *room == name);
    if is_room(&pair) {
        pair
    } else {
        path.first().cloned().unwrap_or_default()
    }
}

/// The paths within the crate that a file names, in `use` lines or in place.
fn imported(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    for (start, _) in code.match_indices("crate::") {
        if !code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            paths.extend(expanded(&code[start + "crate::".len()..], &[]));
        }
    }
    for (start, _) in code.match_indices("use super::") {
        let mut rest = &code[start + "use ".len()..];
        let mut base = module.to_vec();
        while let Some(further) = rest.strip_prefix("super::") {
            base.pop();
            rest = further;
        }
        // A path from a module inside the file itself stays in the room, or above it at worst.
        paths.extend(expanded(rest, &base));
    }
    paths.retain(|path| !path.is_empty());
    paths
}

/// The first two names of each path that the text begins with: `a::{b::c, d}` leads to `a::b` and `a::d`.
fn expanded(text: &str, base: &[String]) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        return parts_of(group)
            .into_iter()
            .flat_map(|part| expanded(part, base))
            .collect();
    }
    let length = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let mut path = base.to_vec();
    if length > 0 && &text[..length] != "self" {
        path.push(text[..length].to_string());
    }
    match text[length..].strip_prefix("::") {
        Some(rest)
            if path.len() < 2
                && rest.starts_with(|c: char| c.is_alphabetic() || c == '{' || c == '_') =>
        {
            expanded(rest, &path)
        }
        _ => vec![path],
    }
}

/// The parts of a group between commas, up to its closing brace.
fn parts_of(group: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..i]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[test]
fn paths_are_found() {
    let module = ["lang", "vm", "calls"].map(String::from);
    let text = "use crate::{base::{span, render}, lang::object::Value};\nuse super::super::object;\nlet x = crate::tensor::f();";
    let found: BTreeSet<String> = imported(text, &module)
        .iter()
        .map(|path| room(path))
        .collect();
    let expected = ["base", "lang::object", "tensor"].map(String::from);
    assert_eq!(found, BTreeSet::from(expected));
}
