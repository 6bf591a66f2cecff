//! The soak: the log is killed thousands of times while it is written to, and checked after each start.

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::build::{self, Profile};
use crate::workspace;

/// Arguments of the `soak` chore.
#[derive(Args)]
pub(crate) struct Options {
    /// How often it is killed
    #[arg(default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// Use the release build
    #[arg(long)]
    release: bool,
    /// Take the build as it stands
    #[arg(long)]
    built: bool,
}

/// The `soak` chore.
pub(crate) fn run(options: &Options) -> Result<()> {
    let profile = Profile::from_flags(options.release, !options.release);
    if !options.built {
        build::run(profile)?;
    }
    let mut node = workspace::node();
    node.args(["tests/edge/soak.mjs", "--profile", profile.name(), "--kills", &options.kills.to_string()]);
    if !node.status().context("cannot start the soak")?.success() {
        bail!("the log did not hold; what it had is where the message says");
    }
    Ok(())
}
