//! Measures parts of the project beside others: sees to what is needed and hands over to `bench/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};

use crate::build::{self, Profile};
use crate::hash::Stamp;
use crate::processes::{answer, quietly};
use crate::report::Step;
use crate::{setup, workspace};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The consent front end, beside other tools in Chromium
    Consent,
    /// The Worker, beside Workers in JavaScript
    Edge,
    /// The audit log, beside logs that do less
    Log,
    /// Recording a visitor's choice, beside another backend
    Choices,
    /// One person's copy and erasure, beside how much is stored of others and of them
    Rights,
    /// Anonymising log entries, beside other crates and in JavaScript
    Entry,
    /// Scrubbing text, beside other crates and in JavaScript
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
    let out = match &options.out {
        Some(folder) => std::path::absolute(folder)?,
        None => workspace::path("bench/results"),
    };
    let mut bench = match options.subject {
        Subject::Consent => script("bench/run.mjs", options)?,
        Subject::Edge => script("bench/edge/run.mjs", options)?,
        Subject::Log => {
            natively("log", &[], rounds, &out, "log-native.json")?;
            script("bench/log/run.mjs", options)?
        }
        Subject::Choices => script("bench/choices/run.mjs", options)?,
        Subject::Rights => script("bench/rights/run.mjs", options)?,
        Subject::Entry => both("entry", &[], rounds, &out, options)?,
        Subject::Text => both("text", &["text"], rounds, &out, options)?,
    };
    if matches!(options.subject, Subject::Consent | Subject::Log) {
        bench.env("CHROMIUM", setup::browser()?.chromium);
    }
    if let Some(rounds) = rounds {
        bench.args(["--rounds", &rounds.to_string()]);
    }
    if let Some(only) = &options.only {
        bench.args(["--only", only]);
    }
    bench.arg("--out").arg(out);
    if !bench.status().context("cannot start the benchmark")?.success() {
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

/// Measures natively, and gives the script that measures the same in JavaScript.
fn both(
    bin: &str,
    arguments: &[&str],
    rounds: Option<u16>,
    out: &Path,
    options: &Options,
) -> Result<Command> {
    natively(bin, arguments, rounds, out, &format!("{bin}.json"))?;
    // Both are given the same.
    let sample = workspace::path("target").join(format!("bench-{bin}-sample"));
    fs::write(&sample, answer(native(bin).arg("sample"))?)
        .with_context(|| format!("cannot write {}", sample.display()))?;
    let mut node = script(&format!("bench/anonymize/{bin}.mjs"), options)?;
    node.arg("--sample").arg(sample);
    Ok(node)
}

/// Measures natively, and writes the results into a file.
fn natively(bin: &str, arguments: &[&str], rounds: Option<u16>, out: &Path, file: &str) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut bench = native(bin);
    bench.args(arguments);
    if let Some(rounds) = rounds {
        bench.args(["--rounds", &rounds.to_string()]);
    }
    bench.arg("--out").arg(out.join(file));
    if !bench.status().context("cannot start the benchmark")?.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// A program of `bench/native/`, which is built with the crates it measures.
fn native(bin: &str) -> Command {
    let mut cargo = workspace::cargo();
    cargo.args([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--manifest-path",
        "bench/native/Cargo.toml",
        "--bin",
        bin,
        "--",
    ]);
    cargo.env("CARGO_TARGET_DIR", workspace::path("target/bench-native"));
    cargo
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
