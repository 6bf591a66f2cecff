//! Measures parts of the project beside others: sees to what is needed and hands over to `bench/`.

use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};

use crate::build::{self, Profile};
use crate::hash::Stamp;
use crate::processes::quietly;
use crate::report::Step;
use crate::{setup, workspace};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The consent front end, beside other tools in Chromium
    Consent,
    /// The Worker, beside Workers in JavaScript
    Edge,
    /// Anonymising log entries, beside other crates
    Entry,
    /// Scrubbing text, beside other crates
    Text,
}

/// Arguments of the `bench` chore.
#[derive(Args)]
pub(crate) struct Options {
    /// What is measured
    #[arg(value_enum, default_value = "consent")]
    subject: Subject,
    /// Three rounds
    #[arg(long, conflicts_with = "rounds")]
    quick: bool,
    /// How often each time is measured; nine unless said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Only these, by the ids in bench/peers.mjs and bench/ours.mjs, with commas between
    #[arg(long, value_name = "IDS")]
    only: Option<String>,
    /// Take the release build as it stands
    #[arg(long)]
    built: bool,
    /// Write the results here instead of into bench/results/
    #[arg(long, value_name = "DIR")]
    out: Option<std::path::PathBuf>,
}

/// The `bench` chore.
pub(crate) fn run(options: &Options) -> Result<()> {
    let rounds = options.rounds.or(options.quick.then_some(3));
    let mut bench = match options.subject {
        Subject::Consent => script("bench/run.mjs", options)?,
        Subject::Edge => script("bench/edge/run.mjs", options)?,
        Subject::Entry => return native("entry", &[]),
        Subject::Text => {
            let rounds = rounds.unwrap_or(9).to_string();
            return native("text", &["text", "--rounds", &rounds]);
        }
    };
    if options.subject == Subject::Consent {
        bench.env("CHROMIUM", setup::browser()?.chromium);
    }
    if let Some(rounds) = rounds {
        bench.args(["--rounds", &rounds.to_string()]);
    }
    if let Some(only) = &options.only {
        bench.args(["--only", only]);
    }
    if let Some(folder) = &options.out {
        bench.arg("--out").arg(std::path::absolute(folder)?);
    }
    if !bench.status().context("cannot start bench/run.mjs")?.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// A script that measures a release build.
fn script(path: &str, options: &Options) -> Result<Command> {
    if options.built {
        setup::node_modules()?;
    } else {
        build::run(Profile::Release)?;
    }
    peers()?;
    let mut node = workspace::node();
    node.arg(path);
    Ok(node)
}

/// A program of `bench/native/`, which is built with the crates it measures.
fn native(bin: &str, arguments: &[&str]) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args([
        "run",
        "--release",
        "--locked",
        "--manifest-path",
        "bench/native/Cargo.toml",
        "--bin",
        bin,
        "--",
    ]);
    cargo.args(arguments).env("CARGO_TARGET_DIR", workspace::path("target/bench-native"));
    if !cargo.status().context("cannot start the benchmark")?.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// The other tools, as bench/package-lock.json says. None of their install scripts is run.
fn peers() -> Result<()> {
    let inputs = [workspace::path("bench/package-lock.json"), workspace::path("bench/package.json")];
    let outputs = [workspace::path("bench/node_modules/.package-lock.json")];
    let stamp = Stamp::new("bench-modules", "npm ci", &inputs, &outputs)?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let npm =
        workspace::on_path(&["npm"]).ok_or_else(|| anyhow!("npm is needed, to fetch the other tools"))?;
    let step = Step::begin("the other tools, by npm ci");
    let mut ci = Command::new(npm);
    ci.current_dir(workspace::path("bench")).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    quietly(&step, &mut ci).context("the other tools could not be installed; `npm ci` in bench/ says why")?;
    stamp.set()?;
    step.done("");
    Ok(())
}
