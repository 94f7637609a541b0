//! `SUPPORTED.md` says which of PyTorch's public names and which modules of Python there are, README what the language has
//! built in. Both are written by these tests, which ask the program.

mod harness;

use harness::{HOW_TO_UPDATE, root, run, updating};
use std::fmt::Write;
use std::time::Duration;

/// Where the names are looked up, and the list of PyTorch's names there.
const PLACES: &[(&str, &str)] = &[
    ("torch", "torch"),
    ("torch.Tensor", "tensor"),
    ("torch.nn", "nn"),
    ("torch.nn.functional", "functional"),
    ("torch.nn.init", "init"),
    ("torch.nn.utils", "nn_utils"),
    ("torch.optim", "optim"),
    ("torch.optim.lr_scheduler", "lr_scheduler"),
    ("torch.autograd", "autograd"),
    ("torch.linalg", "linalg"),
    ("torch.special", "special"),
    ("torch.utils.data", "data"),
];

fn names(list: &str) -> Vec<String> {
    let path = root().join(format!("src/bridge/names/{list}.txt"));
    let text = std::fs::read_to_string(path).expect("the list is there");
    text.lines().map(str::to_string).collect()
}

/// The names that the program has, one list a place.
fn supported() -> Vec<Vec<String>> {
    let mut script = String::from(
        "import torch, torch.optim.lr_scheduler, torch.utils.data, torch.nn.utils, torch.nn.init\n",
    );
    for (place, list) in PLACES {
        let _ = writeln!(
            script,
            "place = {place}\nfor name in '{}'.split():",
            names(list).join(" ")
        );
        script.push_str("    try:\n        getattr(place, name)\n        print(name, end=' ')\n");
        script
            .push_str("    except (AttributeError, NotImplementedError):\n        pass\nprint()\n");
    }
    let words = |line: &str| line.split_whitespace().map(str::to_string).collect();
    answer(script).lines().map(words).collect()
}

fn table() -> String {
    let mut out = String::from(
        "# PyTorch's names that Torchlet has\n\nWritten by `UPDATE=1 cargo test --test supported`. A name of PyTorch that is not \
         here raises `NotImplementedError` with the name.\n\n| where | there are | of PyTorch's |\n|---|---|---|\n",
    );
    let found = supported();
    for ((place, list), have) in PLACES.iter().zip(&found) {
        let _ = writeln!(
            out,
            "| `{place}` | {} | {} |",
            have.len(),
            names(list).len()
        );
    }
    for ((place, _), have) in PLACES.iter().zip(&found) {
        let _ = write!(out, "\n## {place}\n\n{}", wrapped(have));
    }
    out.push_str(&numpy());
    out.push_str(&modules());
    out
}

/// The names of `numpy` and of the modules in it.
fn numpy() -> String {
    let places = ["numpy", "numpy.linalg", "numpy.random", "numpy.fft"];
    let mut out = String::from("\n# NumPy's names that Torchlet has\n");
    for place in places {
        // The functions of a module are its own, whatever file they are written in.
        let names = answer(format!(
            "import types, {place}\nfor name in dir({place}):\n    value = getattr({place}, name)\n    \
             if name[0] != '_' and not isinstance(value, types.ModuleType): print(name)\n"
        ));
        let names: Vec<String> = names.lines().map(str::to_string).collect();
        let _ = write!(out, "\n## {place}\n\n{}", wrapped(&names));
    }
    out
}

/// Names with commas between them, in lines of the width that texts have here.
fn wrapped(names: &[String]) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for (i, name) in names.iter().enumerate() {
        let comma = if i + 1 < names.len() { "," } else { "" };
        if width > 0 && width + name.len() + 2 > 118 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        let _ = write!(out, "{name}{comma}");
        width += name.len() + comma.len();
    }
    out.push('\n');
    out
}

/// What the program prints.
fn answer(script: String) -> String {
    let args = ["-c".to_string(), script];
    let done = run(&args, "", Duration::from_secs(60), &[]).expect("the program runs");
    assert_eq!(done.status, 0, "{}", done.stderr);
    done.stdout
}

/// The modules of Python's library, each with the first line of its text.
fn modules() -> String {
    let mut script = String::from("import importlib\n");
    for name in torchlet::lang::stdlib::names() {
        let _ = writeln!(
            script,
            "print('| `{name}` |', (importlib.import_module('{name}').__doc__ or '').split('\\n')[0], '|')"
        );
    }
    format!(
        "\n# Python's modules\n\n| module | what it has |\n|---|---|\n{}",
        answer(script)
    )
}

const OPENING: &str = "<!-- written by `UPDATE=1 cargo test --test supported` -->\n";
const CLOSING: &str = "<!-- to here -->\n";

/// README's list of what is built in.
fn language() -> String {
    let kinds = [
        ("Functions", "not isinstance(value, type)"),
        (
            "Types",
            "isinstance(value, type) and not issubclass(value, BaseException)",
        ),
    ];
    let mut out = String::new();
    for (kind, question) in kinds {
        let names = answer(format!(
            "import builtins\nfor name in dir(builtins):\n    value = getattr(builtins, name)\n    \
             if name[0] != '_' and callable(value) and {question}: print(name)\n"
        ));
        let names: Vec<String> = names.lines().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(out, "{kind}: {}", wrapped(&names));
    }
    let modules: Vec<String> = torchlet::lang::stdlib::names()
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let _ = write!(out, "Modules: {}", wrapped(&modules));
    out
}

#[test]
fn readme_tells_the_language() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README is there");
    let (before, rest) = readme.split_once(OPENING).expect("the list opens");
    let (written, after) = rest.split_once(CLOSING).expect("the list closes");
    let language = language();
    if updating() {
        let new = format!("{before}{OPENING}{language}{CLOSING}{after}");
        std::fs::write(&path, new).expect("README can be written");
        return;
    }
    assert!(
        written == language,
        "README's list is out of date. {HOW_TO_UPDATE} --test supported"
    );
}

#[test]
fn the_table_is_up_to_date() {
    let path = root().join("SUPPORTED.md");
    let table = table();
    if updating() {
        std::fs::write(&path, table).expect("the table can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "SUPPORTED.md is out of date. {HOW_TO_UPDATE} --test supported"
    );
}
