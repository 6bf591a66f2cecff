//! What the person at the terminal sees. All of it goes to standard error: standard output is for results.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Whether a passing status stands on the last line of the terminal.
static STATUS: Mutex<bool> = Mutex::new(false);

/// One piece of work with a line of its own.
pub(crate) struct Step {
    what: String,
    begun: Instant,
}

impl Step {
    /// Announces work that takes a while.
    pub(crate) fn begin(what: impl Into<String>) -> Self {
        let what = what.into();
        if stderr().is_terminal() {
            status(&format!("  {what} …"));
        } else {
            line(&format!("  {what} …"));
        }
        Self { what, begun: Instant::now() }
    }

    /// How long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Says how far it is: in passing on a terminal; elsewhere the caller decides how often.
    pub(crate) fn progress(&self, now: &str) {
        if stderr().is_terminal() {
            status(&format!("  {} … {now}", self.what));
        } else {
            line(&format!("  {} … {now} ({})", self.what, seconds(self.elapsed())));
        }
    }

    /// Done: `✓ what (note, time)`.
    pub(crate) fn done(self, note: &str) {
        let comma = if note.is_empty() { "" } else { ", " };
        line(&format!("✓ {} ({note}{comma}{})", self.what, seconds(self.begun.elapsed())));
    }
}

/// Something that was there already.
pub(crate) fn present(what: &str, note: &str) {
    line(&format!("✓ {what} ({note})"));
}

/// What went wrong, with its causes.
pub(crate) fn failed(problem: &anyhow::Error) {
    line(&format!("✗ {problem:#}"));
}

/// A line that stays.
pub(crate) fn line(text: &str) {
    let mut shown = STATUS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let clear = if *shown { "\r\x1b[K" } else { "" };
    *shown = false;
    let _ = writeln!(stderr(), "{clear}{text}");
}

/// A line the next one replaces.
fn status(text: &str) {
    let mut shown = STATUS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *shown = true;
    let short: String = text.chars().take(100).collect();
    let _ = write!(stderr(), "\r\x1b[K{short}");
    let _ = stderr().flush();
}

/// `1.2 s`, `3 min 5 s`.
pub(crate) fn seconds(time: Duration) -> String {
    if time.as_secs() >= 100 {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    } else {
        format!("{:.1} s", time.as_secs_f32())
    }
}
