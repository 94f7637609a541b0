//! Every program in `scripts/` runs, and every example of the README and of the specs of ops and layers does. What they
//! print is known where a script has an `.out` beside it, or an example is followed by a block of `text`; the examples of
//! specs say it themselves.

mod harness;

use harness::{Directives, HOW_TO_UPDATE, Numbers, compare, files, root, run, updating};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for script in files(&root().join("scripts"), "nn") {
        let name = format!(
            "scripts/{}",
            script.file_name().unwrap_or_default().display()
        );
        trials.push(Trial::test(name, move || {
            check_script(&script).map_err(Failed::from)
        }));
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap_or_default();
    for (number, (code, output)) in examples(&readme).into_iter().enumerate() {
        trials.push(Trial::test(
            format!("README.md/{}", number + 1),
            move || check_example(&code, output.as_deref()).map_err(Failed::from),
        ));
    }
    trials.push(Trial::test("specs", || check_specs().map_err(Failed::from)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The examples of ops and layers: who has them, the expression, what the prompt shows for it.
fn spec_examples() -> Vec<(&'static str, &'static str, &'static str)> {
    let ops = torchlet::tensor::ops::registry::all().iter();
    let ops = ops.map(|entry| (entry.op.name(), entry.op.examples));
    let layers = torchlet::tensor::layers::all().iter();
    let layers = layers.map(|entry| (entry.layer.name(), entry.layer.examples));
    ops.chain(layers)
        .flat_map(|(name, examples)| {
            examples
                .iter()
                .map(move |(code, shows)| (name, *code, *shows))
        })
        .collect()
}

/// All of them in one run, each with a stream of its own.
fn check_specs() -> Result<(), String> {
    let examples = spec_examples();
    let mut script = String::from(
        "import torch, math\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport torch.optim as optim\n\
         def show(run):\n    torch.manual_seed(0)\n    try:\n        value = run()\n        if value is not None:\n            \
         print(repr(value))\n    except Exception as e:\n        print(type(e).__name__ + ': ' + str(e))\n    print('<end>')\n",
    );
    for (_, code, _) in &examples {
        script.push_str(&format!("show(lambda: ({code}))\n"));
    }
    let done = run(&["-".to_string()], &script, Duration::from_secs(120), &[])?;
    if done.status != 0 {
        return Err(format!("exit status {}\n{}", done.status, done.stderr));
    }
    let mut wrong = Vec::new();
    for ((name, code, shows), shown) in examples.iter().zip(done.stdout.split("<end>\n")) {
        if let Err(difference) = compare(&format!("{shows}\n"), shown, Numbers::Close) {
            wrong.push(format!("{name}: {code}\n{difference}"));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n\n")),
    }
}

fn check_script(script: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(script).map_err(|e| e.to_string())?;
    let wishes = Directives::read(&text);
    let path = script.strip_prefix(root()).map_err(|e| e.to_string())?;
    let seed = wishes
        .seed
        .iter()
        .flat_map(|seed| ["--seed".to_string(), seed.clone()]);
    let args: Vec<String> = seed
        .chain([path.display().to_string()])
        .chain(wishes.args.clone())
        .collect();
    let done = run(&args, &wishes.stdin, wishes.limit, &[])?;
    if done.status != 0 {
        return Err(format!("exit status {}\n{}", done.status, done.stderr));
    }
    let file = script.with_extension("out");
    let Ok(expected) = std::fs::read_to_string(&file) else {
        return Ok(());
    };
    match compare(&expected, &done.stdout, Numbers::Close) {
        Err(_) if updating() => std::fs::write(file, &done.stdout).map_err(|e| e.to_string()),
        outcome => outcome.map_err(|difference| format!("{difference}\n{HOW_TO_UPDATE}")),
    }
}

fn check_example(code: &str, output: Option<&str>) -> Result<(), String> {
    let args = ["--seed", "0", "-c", code].map(str::to_string);
    let done = run(&args, "", Duration::from_secs(60), &[])?;
    if done.status != 0 {
        return Err(format!("exit status {}\n{}", done.status, done.stderr));
    }
    output.map_or(Ok(()), |expected| {
        compare(expected, &done.stdout, Numbers::Close)
    })
}

/// The blocks of `python`, each with the block of `text` that follows it directly.
fn examples(page: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    let mut lines = page.lines();
    let mut after_code = false;
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            after_code &= line.trim().is_empty();
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = block.join("\n") + "\n";
        match (language, found.last_mut()) {
            ("python", _) => found.push((text, None)),
            ("text", Some((_, output))) if after_code => *output = Some(text),
            _ => {}
        }
        after_code = language == "python";
    }
    found
}
