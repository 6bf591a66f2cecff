//! The soak: what a test does a little of is done thousands of times, and checked each time.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::build::{self, Profile};
use crate::workspace;

/// What is done again and again.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The log is killed while it is written to
    Log,
    /// People's copies, erasures, choices, records and retention meet, some while the Worker is killed
    Rights,
}

/// Arguments of the `soak` chore.
#[derive(Args)]
pub(crate) struct Options {
    /// What is done
    #[arg(value_enum, default_value = "log")]
    subject: Subject,
    /// How many kills, or people
    #[arg(default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    many: u32,
    /// Use the release build, of the log
    #[arg(long)]
    release: bool,
    /// Take the build as it stands
    #[arg(long)]
    built: bool,
}

/// The `soak` chore.
pub(crate) fn run(options: &Options) -> Result<()> {
    // People's races stop the Worker, and look into it, as only the testing build lets them.
    let is_release = options.release && options.subject == Subject::Log;
    let profile = Profile::from_flags(is_release, !is_release);
    if !options.built {
        build::run(profile)?;
    }
    let what = match options.subject {
        Subject::Log => "log",
        Subject::Rights => "rights",
    };
    let mut node = workspace::node();
    node.args([
        "tests/edge/soak.mjs",
        what,
        "--profile",
        profile.name(),
        "--many",
        &options.many.to_string(),
    ]);
    if !node.status().context("cannot start the soak")?.success() {
        bail!("it did not hold; what it had is where the message says");
    }
    Ok(())
}
