//! `_ast`: the syntax trees of text, in the classes of `ast`.

use super::define::def;
use crate::lang::object::{Dict, ModuleSpec, runtime_error, type_error};

/// `_ast`
pub(super) static AST: ModuleSpec = ModuleSpec {
    name: "_ast",
    doc: "Syntax trees of text.",
    functions: &[def(
        "tree(source, filename, mode, classes, /)",
        "The nodes of a text, of classes from a namespace; with the mode 'literal', a tuple of the literal's value, which is empty for an expression that is no plain literal.",
        |caller, args| {
            let (Some(text), Some(file), Some(mode), Some(classes)) = (
                args[0].as_str(),
                args[1].as_str(),
                args[2].as_str(),
                args[3].exact::<Dict>(),
            ) else {
                return Err(type_error("tree() wants three strings and a namespace"));
            };
            match caller.session().trees.get() {
                Some(tree) => tree(caller, text, file, mode, classes),
                None => Err(runtime_error("this session has no parser")),
            }
        },
    )],
    setup: |_, _| Ok(()),
};
