//! The command itself: ways to name a program, options, exit statuses.

mod harness;

use harness::{NN, Run, run};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

fn nn(args: &[&str]) -> Run {
    with_input(args, "")
}

fn with_input(args: &[&str], stdin: &str) -> Run {
    let args: Vec<String> = args.iter().map(|arg| arg.to_string()).collect();
    run(&args, stdin, LIMIT, &[]).expect("the command ends in time")
}

/// Status, stdout, stderr.
fn told(run: &Run) -> (i32, &str, &str) {
    (run.status, &run.stdout, &run.stderr)
}

#[test]
fn a_program_is_given_as_text_as_input_or_as_a_file() {
    let argv = "import sys; print(sys.argv)";
    assert_eq!(
        told(&nn(&["-c", argv, "-x", "--seed", "y"])),
        (0, "['-c', '-x', '--seed', 'y']\n", "")
    );
    assert_eq!(
        told(&with_input(&["-", "a"], argv)),
        (0, "['-', 'a']\n", "")
    );
    assert_eq!(
        told(&with_input(&[], "print(1)\nprint(2)\n")),
        (0, "1\n2\n", "")
    );
    let file = std::env::temp_dir().join(format!("torchlet-argv-{}.nn", std::process::id()));
    std::fs::write(&file, argv).expect("a file is written");
    let name = file.display().to_string();
    let done = nn(&[&name, "-i", "b"]);
    assert_eq!(
        told(&done),
        (0, format!("['{name}', '-i', 'b']\n").as_str(), "")
    );
    std::fs::remove_file(file).expect("the file is there");
}

#[test]
fn exit_statuses_are_pythons() {
    assert_eq!(nn(&["-c", "pass"]).status, 0);
    assert_eq!(nn(&["-c", "1 / 0"]).status, 1);
    assert_eq!(nn(&["-c", "x ="]).status, 1);
    assert_eq!(nn(&["-c", "import sys; sys.exit(7)"]).status, 7);
    assert_eq!(nn(&["-c", "raise SystemExit"]).status, 0);
    assert_eq!(
        told(&nn(&["-c", "import sys; sys.exit('why')"])),
        (1, "", "why\n")
    );
    assert_eq!(nn(&["-c", "raise KeyboardInterrupt"]).status, 130);
    assert_eq!(nn(&["--no-such-option"]).status, 2);
    assert_eq!(nn(&["--torch", "3", "-c", "pass"]).status, 2);
    assert_eq!(nn(&["--seed", "x", "-c", "pass"]).status, 2);
}

#[test]
fn a_missing_file_is_reported_as_by_python() {
    let done = nn(&["no_such.nn"]);
    let expected = "nn: can't open file 'no_such.nn': [Errno 2] No such file or directory\n";
    assert_eq!(told(&done), (2, "", expected));
    let done = nn(&["src"]);
    assert_eq!(done.status, 1);
    assert!(
        done.stderr
            .starts_with("nn: can't find '__main__' module in "),
        "{}",
        done.stderr
    );
}

#[test]
fn help_and_version_are_told() {
    let help = nn(&["--help"]);
    assert_eq!(help.status, 0);
    assert!(
        help.stdout.contains("--seed <N>") && help.stdout.contains("-c <CODE>"),
        "{}",
        help.stdout
    );
    assert_eq!(
        told(&nn(&["--version"])),
        (0, concat!("nn ", env!("CARGO_PKG_VERSION"), "\n"), "")
    );
}

#[test]
fn options_of_python_are_heeded() {
    let code = "import sys, warnings\nassert 0 * len(sys.argv), 'kept'\nprint(sys.flags.optimize, __debug__, sys.warnoptions)\n\
                warnings.warn('told', DeprecationWarning)";
    let done = nn(&["-OBEs", "-Wignore", "-X", "dev", "-c", code]);
    assert_eq!(told(&done), (0, "1 False ['ignore']\n", ""));
    let done = nn(&["-O", "-W", "error::DeprecationWarning", "-c", code]);
    assert_eq!(done.status, 1);
    assert!(
        done.stderr.ends_with("DeprecationWarning: told\n"),
        "{}",
        done.stderr
    );
    let done = nn(&["-W", "bogus", "-c", code]);
    assert!(
        done.stderr.starts_with("Invalid -W option ignored"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.ends_with("AssertionError: kept\n"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let code = "import torch, random\nprint(torch.rand(2), random.random())";
    let expected = "tensor([0.4963, 0.7682]) 0.8444218515250481\n";
    assert_eq!(told(&nn(&["--seed", "0", "-c", code])), (0, expected, ""));
}

#[test]
fn the_traceback_follows_the_output() {
    let done = nn(&["-c", "print('before')\nx = [1]\nx[3]"]);
    assert_eq!(done.stdout, "before\n");
    let expected = "Traceback (most recent call last):\n  File \"<string>\", line 3, in <module>\n    x[3]\n    \
                    ~^^^\nIndexError: list index out of range\n";
    assert_eq!(done.stderr, expected);
}

#[test]
fn a_closed_pipe_is_no_disaster() {
    let mut child = Command::new(NN)
        .args(["-c", "for i in range(200000): print(i)"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut first = [0; 4];
    let mut stdout = child.stdout.take().expect("stdout is piped");
    stdout.read_exact(&mut first).expect("there is output");
    drop(stdout);
    let done = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(
        matches!(done.status.code(), Some(1 | 120)),
        "{:?} {stderr}",
        done.status
    );
}

#[test]
fn ctrl_c_ends_a_script_with_130() {
    stopped_by_ctrl_c("print('running')\nwhile True: pass");
}

#[test]
fn ctrl_c_ends_a_loop_of_few_long_rounds() {
    stopped_by_ctrl_c(
        "import torch\na = torch.ones(600, 600)\nprint('running')\nfor _ in range(400): b = a @ a",
    );
}

/// Interrupts a script once it has printed `running`.
fn stopped_by_ctrl_c(script: &str) {
    let mut child = Command::new(NN)
        .args(["-u", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut first = [0; 7];
    child
        .stdout
        .as_mut()
        .expect("stdout is piped")
        .read_exact(&mut first)
        .expect("there is output");
    let signal = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(signal.success());
    let done = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(130), "{stderr}");
    assert!(stderr.ends_with("KeyboardInterrupt\n"), "{stderr}");
}

#[test]
fn hints_can_be_turned_off() {
    let args = [
        "-c".to_string(),
        "import torch\ntorch.zeross(2)".to_string(),
    ];
    let shown = |value| {
        run(&args, "", LIMIT, &[("NN_HINTS", value)])
            .expect("the command ends in time")
            .stderr
    };
    assert!(shown("1").contains("\nhelp: "), "{}", shown("1"));
    assert!(!shown("0").contains("help: "));
}

#[test]
fn input_reads_what_is_piped() {
    let mut child = Command::new(NN)
        .args(["-c", "print(input() + input('? '))"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(b"a\nb\n")
        .expect("it reads");
    let done = child.wait_with_output().expect("the command ends");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "? ab\n");
}

#[test]
fn outputs_are_compared_as_they_should() {
    use harness::{Numbers::*, compare};
    let same = |a: &str, b: &str, how| compare(a, b, how).is_ok();
    assert!(same(
        "tensor([1.0000,  2.5000])",
        "tensor([1.0001, 2.5000])",
        Close
    ));
    assert!(!same(
        "tensor([1.0000, 2.5000])",
        "tensor([1.0100, 2.5000])",
        Close
    ));
    assert!(!same("epoch 10", "epoch 11", Close));
    assert!(!same("x 1.0", "x 1.0001", Exact));
    assert!(same(
        "<A object at 0x7f00aa>",
        "<A object at 0x55d1c0ffee>",
        Exact
    ));
    assert!(same(
        "tensor(-0.1234) [5, 2]",
        "tensor(9.8765) [5, 2]",
        Masked
    ));
    assert!(!same(
        "tensor(-0.1234) [5, 2]",
        "tensor(9.8765) [5, 3]",
        Masked
    ));
    assert!(same("nan -inf 1e-05", "nan -inf 1e-05", Close) && !same("nan", "1.0", Close));
    assert!(!same("a", "a\nb", Close) && same("a  \n", "a", Close));
    assert!(!same("conv1", "conv2", Close));
}
