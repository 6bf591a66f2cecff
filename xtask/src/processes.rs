//! Running other programs.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write, stderr};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::report::{self, Step};

/// Without a terminal, long work says this often that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How a program ended, and all it wrote.
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// Runs a step that is quiet while it goes well: its last line shows as progress, everything when it fails or warns.
pub(crate) fn step(what: &str, command: &mut Command) -> Result<()> {
    let step = Step::begin(what);
    quietly(&step, command)?;
    step.done("");
    Ok(())
}

/// The same inside a step that began before.
pub(crate) fn quietly(step: &Step, command: &mut Command) -> Result<()> {
    let mut beat = Instant::now();
    let mut last = String::new();
    let ended = follow(command, |line| {
        if let Some(line) = line {
            line.trim().clone_into(&mut last);
        }
        if stderr().is_terminal() || beat.elapsed() >= HEARTBEAT {
            beat = Instant::now();
            step.progress(&last);
        }
    })?;
    if !ended.success || ended.output.contains("warning") {
        report::line(worth_reading(&ended.output).trim_end());
    }
    if !ended.success {
        bail!("{} failed", name(command));
    }
    Ok(())
}

/// Leaves out cargo's own chatter.
fn worth_reading(output: &str) -> String {
    let chatter =
        ["Compiling", "Checking", "Downloading", "Downloaded", "Updating", "Locking", "Blocking", "Finished"];
    let lines = output.lines().filter(|line| !chatter.iter().any(|verb| line.trim_start().starts_with(verb)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs a program and lets what it writes through as it comes.
pub(crate) fn aloud(command: &mut Command) -> Result<Ended> {
    follow(command, |line| {
        if let Some(line) = line {
            report::line(line);
        }
    })
}

/// What a program writes to standard output. Its standard error is shown if it fails.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        let _ = stderr().write_all(&output.stderr);
        bail!("{} failed", name(command));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program; `each` gets its lines, and `None` now and then while there is none.
fn follow(command: &mut Command, mut each: impl FnMut(Option<&str>)) -> Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot run {}", name(command)))?;
    let (sender, lines) = channel();
    read(child.stdout.take(), sender.clone());
    read(child.stderr.take(), sender);
    let mut output = String::new();
    loop {
        match lines.recv_timeout(HEARTBEAT) {
            Ok(line) => {
                each(Some(&line));
                output.push_str(&line);
                output.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => each(None),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(Ended { success: child.wait()?.success(), output })
}

fn read(stream: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
            if lines.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
}

fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}
