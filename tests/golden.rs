//! Scripts whose output is known: `golden/<area>/<case>.nn` with its `.out`, and `golden/errors/<stage>/<case>.nn` with
//! its `.err`. The scripts are plain Python wherever possible, and `reference.py` has Python write what is expected.

mod harness;

use harness::{Directives, HOW_TO_UPDATE, Numbers, compare, files, root, run, updating};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

/// Where printed numbers are tensors', and compared within a tolerance.
const NUMERIC: [&str; 5] = ["tensor", "autograd", "layers", "optim", "errors"];

fn main() -> ExitCode {
    let folder = root().join("tests/golden");
    let trials = files(&folder, "nn").into_iter().map(|script| {
        let name = script.strip_prefix(root().join("tests")).unwrap_or(&script);
        let name = name.with_extension("").display().to_string();
        Trial::test(name, move || check(&script).map_err(Failed::from))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn check(script: &Path) -> Result<(), String> {
    let text = std::fs::read(script).map_err(|e| e.to_string())?;
    let wishes = Directives::read(&String::from_utf8_lossy(&text));
    let path = script.strip_prefix(root()).map_err(|e| e.to_string())?;
    let mut args: Vec<String> = Vec::new();
    if let Some(seed) = &wishes.seed {
        args.extend(["--seed".to_string(), seed.clone()]);
    }
    args.push(path.display().to_string());
    args.extend(wishes.args.iter().cloned());
    let fails = path.starts_with("tests/golden/errors");
    let area = path
        .components()
        .nth(2)
        .and_then(|c| c.as_os_str().to_str())
        .unwrap_or_default();
    let usual = if NUMERIC.contains(&area) {
        Numbers::Close
    } else {
        Numbers::Exact
    };
    let numbers = wishes.numbers.unwrap_or(usual);
    let done = run(&args, &wishes.stdin, wishes.limit, &[("NN_HINTS", "0")])?;
    let status = wishes.status.unwrap_or(i32::from(fails));
    if done.status != status {
        return Err(format!(
            "exit status {} in place of {status}\n{}{}",
            done.status, done.stdout, done.stderr
        ));
    }
    if fails {
        expect(&script.with_extension("err"), &done.stderr, numbers)?;
        expect_if_there(&script.with_extension("out"), &done.stdout, numbers)?;
        let helped = script.with_extension("help");
        if helped.exists() {
            let done = run(&args, &wishes.stdin, wishes.limit, &[])?;
            let lines: Vec<_> = done
                .stderr
                .lines()
                .filter(|line| line.starts_with("help: "))
                .collect();
            expect(&helped, &(lines.join("\n") + "\n"), numbers)?;
        }
        return Ok(());
    }
    let errors = script.with_extension("err");
    if errors.exists() {
        expect(&errors, &done.stderr, numbers)?;
    } else if !done.stderr.is_empty() {
        return Err(format!("on standard error:\n{}", done.stderr));
    }
    expect(&script.with_extension("out"), &done.stdout, numbers)
}

fn expect_if_there(file: &Path, actual: &str, numbers: Numbers) -> Result<(), String> {
    if file.exists() {
        expect(file, actual, numbers)
    } else {
        Ok(())
    }
}

fn expect(file: &Path, actual: &str, numbers: Numbers) -> Result<(), String> {
    let wanted = std::fs::read_to_string(file).unwrap_or_default();
    match compare(&wanted, actual, numbers) {
        Ok(()) => Ok(()),
        Err(_) if updating() => std::fs::write(file, actual).map_err(|e| e.to_string()),
        Err(difference) => {
            let name = file.strip_prefix(root()).unwrap_or(file).display();
            Err(format!("{name}: {difference}\n{HOW_TO_UPDATE}"))
        }
    }
}
