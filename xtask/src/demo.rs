//! Runs the demo: builds, sees to the secrets, and hands over to `edge/dev/serve.mjs`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::build::{self, Profile};
use crate::{keys, workspace};

/// Arguments of the `demo` chore.
#[derive(Args)]
pub(crate) struct Options {
    /// Print one JSON line when ready: site, api, log, origin_log, state_dir, admin_token
    #[arg(long)]
    json: bool,
    /// Port of the site; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// Where the state lives
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Begin with a little traffic: visits, refusals, a grant
    #[arg(long)]
    seed: bool,
    /// Where every visitor is, as ISO 3166 has it: IE, GB, US-CA; empty for nowhere known
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Use the release build
    #[arg(long)]
    release: bool,
}

/// The `demo` chore.
pub(crate) fn run(options: &Options) -> Result<()> {
    let profile = Profile::from_flags(options.release, false);
    build::run(profile)?;

    let state = match &options.state {
        Some(folder) => std::path::absolute(folder)?,
        None => workspace::path("target/demo-state"),
    };
    let secrets = state.join("secrets.json");
    if !secrets.exists() {
        keys::write(&secrets)?;
    }

    let mut serve = workspace::node();
    serve.args(["edge/dev/serve.mjs", "--profile", profile.name(), "--state"]).arg(state);
    if let Some(port) = options.port {
        serve.args(["--port", &port.to_string()]);
    }
    if let Some(region) = &options.region {
        serve.args(["--region", region]);
    }
    for (wanted, flag) in [(options.json, "--json"), (options.seed, "--seed")] {
        if wanted {
            serve.arg(flag);
        }
    }
    become_process(serve).context("cannot start the demo's server")
}

/// This process becomes that one, so that signals reach it without a go-between.
#[cfg(unix)]
fn become_process(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

/// Where a process cannot become another, it waits for it and ends alike.
#[cfg(not(unix))]
fn become_process(mut command: Command) -> Result<()> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}
