//! Sessions at the prompt, through a pseudo-terminal: `repl/<case>.txt` is what the screen shows in the end. Its lines
//! begin with
//!
//! - `| ` for a line typed at once and ended with Enter,
//! - `: ` for one typed key by key, whose indent the prompt makes,
//! - `[ ` for lines pasted together, with Enter after the last,
//! - `! ` for keys that show nothing by themselves: `^C`, or text with `<Tab>`, `<Up>`, `<Enter>` and the like,
//! - `# ` at the top for what the session is about, and `# args: ...` for the command's arguments;
//!
//! all other lines are shown by the prompt. Nothing is typed before the screen shows what the lines above say.

mod harness;

use expectrl::Session;
use expectrl::process::unix::{PtyStream, UnixProcess};
use harness::{HOW_TO_UPDATE, NN, Numbers, compare, files, root, updating};
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::Write;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const ROWS: NonZero<u16> = NonZero::new(1500).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(600).expect("not zero");
/// How long the screen may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a screen has to stand still to be taken as it is, when expected files are rewritten.
const STILL: Duration = Duration::from_millis(400);
const KEY: Duration = Duration::from_millis(8);

fn main() -> ExitCode {
    let trials = files(&root().join("tests/repl"), "txt")
        .into_iter()
        .map(|path| {
            let name = format!("repl/{}", path.file_stem().unwrap_or_default().display());
            Trial::test(name, move || check(&path).map_err(Failed::from))
        });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// A part of a transcript.
#[derive(Debug)]
enum Part<'a> {
    Typed(&'a str),
    ByHand(&'a str),
    Pasted(Vec<&'a str>),
    Keys(&'a str),
    Shown(&'a str),
}

fn parts(transcript: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for line in transcript.lines().skip_while(|line| line.starts_with("# ")) {
        let (mark, rest) = line.split_at_checked(1).unwrap_or((line, ""));
        // A mark stands alone or before a blank; `[1, 2]` is shown.
        let mark = if rest.is_empty() || rest.starts_with(' ') {
            mark
        } else {
            ""
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match (mark, parts.last_mut()) {
            ("|", _) => parts.push(Part::Typed(rest)),
            (":", _) => parts.push(Part::ByHand(rest)),
            ("[", Some(Part::Pasted(lines))) => lines.push(rest),
            ("[", _) => parts.push(Part::Pasted(vec![rest])),
            ("!", _) => parts.push(Part::Keys(rest)),
            _ => parts.push(Part::Shown(line)),
        }
    }
    parts
}

fn check(path: &Path) -> Result<(), String> {
    let transcript = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let args = transcript
        .lines()
        .find_map(|line| line.strip_prefix("# args: "))
        .unwrap_or_default();
    let home = std::env::temp_dir().join(format!(
        "torchlet-{}-{}",
        std::process::id(),
        path.file_stem().unwrap_or_default().display()
    ));
    let mut terminal = Terminal::start(args, &home)?;
    let outcome = play(&mut terminal, &transcript, path);
    terminal.end();
    let _ = std::fs::remove_dir_all(&home);
    outcome
}

fn play(terminal: &mut Terminal, transcript: &str, path: &Path) -> Result<(), String> {
    let mut expected = String::new();
    let mut rewritten = Rewritten::default();
    for line in transcript.lines().take_while(|line| line.starts_with("# ")) {
        rewritten.lines.push(line.to_string());
    }
    for part in &parts(transcript) {
        if let Part::Shown(line) = part {
            expected.push_str(line);
            expected.push('\n');
            continue;
        }
        terminal.wait_for(&expected)?;
        rewritten.show(&terminal.screen());
        let (typed, marked) = send(terminal, part)?;
        rewritten.lines.extend(marked);
        rewritten.seen += typed.len();
        for line in &typed {
            expected.push_str(line);
            expected.push('\n');
        }
    }
    terminal.wait_for(&expected)?;
    let screen = terminal.screen();
    rewritten.show(&screen);
    match compare(expected.trim_end(), screen.trim_end(), Numbers::Close) {
        Err(_) if updating() => {
            std::fs::write(path, rewritten.lines.join("\n") + "\n").map_err(|e| e.to_string())
        }
        outcome => outcome,
    }
}

/// The transcript as it would have to be.
#[derive(Default)]
struct Rewritten {
    lines: Vec<String>,
    /// How many lines of the screen are in it.
    seen: usize,
}

impl Rewritten {
    /// Takes over what has been shown since.
    fn show(&mut self, screen: &str) {
        let before = self.lines.len();
        self.lines
            .extend(screen.lines().skip(self.seen).map(str::to_string));
        self.seen += self.lines.len() - before;
    }
}

/// Sends a part; answers with the lines the screen shows of it, and with its lines in the transcript.
fn send(terminal: &mut Terminal, part: &Part) -> Result<(Vec<String>, Vec<String>), String> {
    match part {
        Part::Typed(line) => {
            terminal.type_text(&format!("{line}\r"))?;
            Ok((
                vec![line.to_string()],
                vec![format!("| {line}").trim_end().to_string()],
            ))
        }
        Part::ByHand(line) => {
            for c in line.trim_start().chars() {
                terminal.type_text(&c.to_string())?;
                std::thread::sleep(KEY);
            }
            terminal.type_text("\r")?;
            Ok((
                vec![line.to_string()],
                vec![format!(": {line}").trim_end().to_string()],
            ))
        }
        Part::Pasted(lines) => {
            terminal.type_text(&format!("\x1b[200~{}\x1b[201~", lines.join("\r")))?;
            std::thread::sleep(KEY);
            terminal.type_text("\r")?;
            let marked = lines
                .iter()
                .map(|line| format!("[ {line}").trim_end().to_string());
            Ok((
                lines.iter().map(|line| line.to_string()).collect(),
                marked.collect(),
            ))
        }
        Part::Keys(keys) => {
            if *keys == "^C" {
                // Give the cell the time to begin.
                std::thread::sleep(Duration::from_millis(300));
            }
            for key in named_keys(keys) {
                terminal.type_text(&key)?;
                std::thread::sleep(KEY);
            }
            Ok((Vec::new(), vec![format!("! {keys}")]))
        }
        Part::Shown(_) => Ok((Vec::new(), Vec::new())),
    }
}

fn named_keys(keys: &str) -> Vec<String> {
    const NAMES: [(&str, &str); 10] = [
        ("^C", "\x03"),
        ("^D", "\x04"),
        ("<Tab>", "\t"),
        ("<Enter>", "\r"),
        ("<Alt-Enter>", "\x1b\r"),
        ("<Backspace>", "\x7f"),
        ("<Up>", "\x1b[A"),
        ("<Down>", "\x1b[B"),
        ("<Left>", "\x1b[D"),
        ("<Home>", "\x1b[H"),
    ];
    let mut sent = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = NAMES.iter().find(|(name, _)| rest.starts_with(name));
        let (length, text) = named.map_or((c.len_utf8(), c.to_string()), |(n, t)| {
            (n.len(), t.to_string())
        });
        sent.push(text);
        rest = &rest[length..];
    }
    sent
}

/// The command in a terminal of its own, and that terminal's screen.
struct Terminal {
    session: Session<UnixProcess, PtyStream>,
    parser: vt100::Parser,
    changed: Instant,
}

impl Terminal {
    fn start(args: &str, home: &Path) -> Result<Terminal, String> {
        let mut command = Command::new(NN);
        command.args(args.split_whitespace()).current_dir(root());
        command
            .env("XDG_STATE_HOME", home)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR").env_remove("NN_HINTS");
        let mut session = Session::spawn(command).map_err(|e| e.to_string())?;
        session
            .get_process_mut()
            .set_window_size(COLUMNS.get(), ROWS.get())
            .map_err(|e| e.to_string())?;
        Ok(Terminal {
            session,
            parser: vt100::Parser::new(ROWS, COLUMNS, 0),
            changed: Instant::now(),
        })
    }

    fn type_text(&mut self, text: &str) -> Result<(), String> {
        self.session
            .write_all(text.as_bytes())
            .and_then(|()| self.session.flush())
            .map_err(|e| e.to_string())
    }

    /// Takes in what has been written to the terminal.
    fn listen(&mut self) {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = self.session.try_read(&mut bytes) {
            self.parser.process(&bytes[..count]);
            self.changed = Instant::now();
        }
    }

    fn screen(&mut self) -> String {
        self.listen();
        let screen = self.parser.screen();
        let rows: Vec<String> = screen
            .rows(0, COLUMNS.get())
            .map(|row| row.trim_end().to_string())
            .collect();
        let end = rows
            .iter()
            .rposition(|row| !row.is_empty())
            .map_or(0, |at| at + 1);
        rows[..end].join("\n")
    }

    /// Waits until the screen shows what is expected. A difference is reported in the end, not here.
    fn wait_for(&mut self, expected: &str) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let screen = self.screen();
            if compare(expected.trim_end(), screen.trim_end(), Numbers::Close).is_ok() {
                return Ok(());
            }
            if updating() && self.changed.elapsed() > STILL {
                return Ok(());
            }
            if self.changed.elapsed() > PATIENCE / 4 {
                break;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        match updating() {
            true => Ok(()),
            false => {
                let screen = self.screen();
                let difference = compare(expected.trim_end(), screen.trim_end(), Numbers::Close)
                    .err()
                    .unwrap_or_default();
                Err(format!(
                    "{difference}\nThe screen:\n{}\n{HOW_TO_UPDATE}",
                    screen.trim_end()
                ))
            }
        }
    }

    fn end(mut self) {
        let _ = self.session.get_process_mut().exit(true);
    }
}
