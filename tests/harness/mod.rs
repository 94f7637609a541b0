//! What the tests that run the command share: running it under a time limit, and comparing what it says.

#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const NN: &str = env!("CARGO_BIN_EXE_nn");

/// The repository's root, from which all scripts are run.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expected files are to be rewritten.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// What a failure adds.
pub(crate) const HOW_TO_UPDATE: &str = "To accept the new output: UPDATE=1 cargo test";

/// All files below a folder with an extension, sorted.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What a script's first comment lines ask for.
#[derive(Debug)]
pub(crate) struct Directives {
    /// `# seed: 0`
    pub(crate) seed: Option<String>,
    /// `# args: --lr 0.1`
    pub(crate) args: Vec<String>,
    /// `# stdin: text`, with `\n` for line breaks
    pub(crate) stdin: String,
    /// `# limit: 30`, in seconds
    pub(crate) limit: Duration,
    /// `# status: 3`: the exit status, where it is not the usual one
    pub(crate) status: Option<i32>,
    /// `# numbers: exact`, `# numbers: close`, or `# numbers: masked` for decimals that may be any
    pub(crate) numbers: Option<Numbers>,
}

impl Directives {
    pub(crate) fn read(script: &str) -> Directives {
        let comments = || script.lines().map_while(|line| line.strip_prefix("# "));
        let value = |name: &str| {
            comments()
                .find_map(|c| c.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let limit = value("limit").and_then(|s| s.parse().ok()).unwrap_or(30);
        Directives {
            seed: value("seed").map(str::to_string),
            args: value("args")
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_string)
                .collect(),
            stdin: value("stdin").unwrap_or_default().replace("\\n", "\n"),
            limit: Duration::from_secs(limit),
            status: value("status").and_then(|s| s.parse().ok()),
            numbers: value("numbers").map(|how| match how {
                "exact" => Numbers::Exact,
                "masked" => Numbers::Masked,
                _ => Numbers::Close,
            }),
        }
    }
}

/// What a run of the command came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command from the root; fails where the limit is passed.
pub(crate) fn run(
    args: &[String],
    stdin: &str,
    limit: Duration,
    env: &[(&str, &str)],
) -> Result<Run, String> {
    let mut child = Command::new(NN)
        .args(args)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut pipe = child.stdin.take().expect("stdin is piped");
    // A program that does not read its input may have ended by now.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    let stdout = collect(child.stdout.take().expect("stdout is piped"));
    let stderr = collect(child.stderr.take().expect("stderr is piped"));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        if start.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("stopped after {} s", limit.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&thread.join().unwrap_or_default())
            // Scripts are named from the repository's root in what is expected.
            .replace(&format!("{}/", root().display()), "")
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    let status = status
        .code()
        .ok_or_else(|| format!("killed: {status}\n{stderr}"))?;
    Ok(Run {
        status,
        stdout,
        stderr,
    })
}

fn collect(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Exact,
    /// Within a tolerance.
    Close,
    /// Those with four decimals, which are random, not at all; others within the tolerance.
    Masked,
}

/// Compares line by line: words exactly, addresses not at all, and numbers as is said.
pub(crate) fn compare(expected: &str, actual: &str, numbers: Numbers) -> Result<(), String> {
    let (want, have): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    for i in 0..want.len().max(have.len()) {
        let end = "<end of output>";
        let (a, b) = (*want.get(i).unwrap_or(&end), *have.get(i).unwrap_or(&end));
        if !same_line(a, b, numbers) {
            let context =
                have[i.saturating_sub(3).min(have.len())..i.min(have.len())].join("\n    ");
            return Err(format!(
                "line {} differs, after\n    {context}\n  expected: {a}\n  actual:   {b}",
                i + 1
            ));
        }
    }
    Ok(())
}

fn same_line(a: &str, b: &str, how: Numbers) -> bool {
    let (a, b) = (masked(a.trim_end()), masked(b.trim_end()));
    if a == b || how == Numbers::Exact {
        return a == b;
    }
    let ((words, numbers), (other_words, other_numbers)) = (parted(&a), parted(&b));
    words == other_words
        && numbers.len() == other_numbers.len()
        && numbers.iter().zip(&other_numbers).all(|(x, y)| {
            same_number(x, y) || (how == Numbers::Masked && four_decimals(x) && four_decimals(y))
        })
}

/// Addresses such as `0x7f3a` replaced.
pub(crate) fn masked(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..]
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(rest.len() - at - 2);
        out.push_str(&rest[..at]);
        out.push_str(if digits >= 6 {
            "0xADDR"
        } else {
            &rest[at..at + 2 + digits]
        });
        rest = &rest[at + 2 + digits..];
    }
    out + rest
}

/// The words of a line with `#` for each number, blanks before numbers left out, and the numbers.
pub(crate) fn parted(line: &str) -> (String, Vec<&str>) {
    let (mut words, mut numbers) = (String::new(), Vec::new());
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let glued = words.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = if glued { 0 } else { number_length(rest) };
        if length > 0 {
            words.truncate(words.trim_end_matches(' ').len());
            words.push('#');
            numbers.push(&rest[..length]);
            at += length;
        } else if let Some(c) = rest.chars().next() {
            if c != ' ' || !words.ends_with(' ') {
                words.push(c);
            }
            at += c.len_utf8();
        }
    }
    (words, numbers)
}

fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    for word in ["inf", "nan"] {
        if text[sign..].starts_with(word)
            && !text[sign + 3..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            return sign + 3;
        }
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return 0;
    }
    if text[end..].starts_with(['e', 'E']) {
        let signed = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + signed);
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    end
}

fn four_decimals(number: &str) -> bool {
    number
        .split_once('.')
        .is_some_and(|(_, decimals)| decimals.len() == 4)
}

fn same_number(a: &str, b: &str) -> bool {
    let whole = |s: &str| {
        s.bytes()
            .all(|b| b.is_ascii_digit() || b == b'-' || b == b'+')
    };
    if a == b {
        return true;
    }
    if whole(a) && whole(b) {
        return false;
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => (x.is_nan() && y.is_nan()) || (x - y).abs() <= 2e-4 + 1e-3 * x.abs(),
        _ => false,
    }
}
