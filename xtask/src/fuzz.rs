//! Fuzzing: every parser of the core against inputs that a machine makes up, for a bounded time.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::processes::{quietly, step};
use crate::report::{self, Step};
use crate::workspace;

/// The tool, at the version the chore was tried with.
const VERSION: &str = "0.13.2";

/// Where the targets are.
const FOLDER: &str = "tests/fuzz";

/// Arguments of the `fuzz` chore.
#[derive(Args)]
pub(crate) struct Options {
    /// Targets to run, by their names in tests/fuzz/targets/; all of them by default
    targets: Vec<String>,
    /// How long each runs, in seconds
    #[arg(long, default_value_t = 30, value_name = "N")]
    seconds: u32,
    /// Leave out of the corpus what tells nothing new
    #[arg(long)]
    minimise: bool,
}

/// The `fuzz` chore.
pub(crate) fn run(options: &Options) -> Result<()> {
    let all = targets()?;
    if let Some(unknown) = options.targets.iter().find(|own| !all.contains(own)) {
        bail!("there is no target {unknown}; there are {}", all.join(", "));
    }
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    install()?;
    step("the fuzz targets", &mut tool("build"))?;
    let mut broken = Vec::new();
    for target in chosen {
        fs::create_dir_all(corpus(target))?;
        let seconds = options.seconds;
        let step = Step::begin(format!("{target}, for {seconds} s"));
        let mut run = tool("run");
        run.arg(target).arg(corpus(target)).arg(workspace::path(FOLDER).join("seeds").join(target));
        run.args(["--", &format!("-max_total_time={seconds}"), "-max_len=4096", "-timeout=10"]);
        run.args(["-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
        match quietly(&step, &mut run) {
            Ok(()) => step.done(&format!("{} inputs kept", fs::read_dir(corpus(target))?.count())),
            Err(problem) => {
                report::failed(&problem);
                broken.push(target.as_str());
            }
        }
        if options.minimise {
            let mut minimise = tool("cmin");
            minimise.args([target.as_str(), &corpus(target).display().to_string()]);
            self::step(&format!("{target}: the corpus made small"), &mut minimise)?;
        }
    }
    if !broken.is_empty() {
        bail!("found something in {}; the inputs are in {FOLDER}/artifacts/", broken.join(", "));
    }
    Ok(())
}

fn corpus(target: &str) -> PathBuf {
    workspace::path(FOLDER).join("corpus").join(target)
}

fn targets() -> Result<Vec<String>> {
    let folder = workspace::path(FOLDER).join("targets");
    let files = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let names = files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    Ok(names)
}

fn binary() -> PathBuf {
    workspace::path("target/cargo-tools/bin/cargo-fuzz")
}

fn install() -> Result<()> {
    if binary().is_file() {
        return Ok(());
    }
    let mut install = workspace::cargo();
    install.args(["install", "cargo-fuzz", "--version", VERSION, "--locked", "--root"]);
    install.arg(workspace::path("target/cargo-tools"));
    step(&format!("cargo-fuzz {VERSION}"), &mut install)
        .context("cargo-fuzz is needed; `cargo install cargo-fuzz` says more")
}

/// cargo-fuzz. The instrumentation is an unstable option of the stable compiler; its sanitizers are not needed where there
/// is no unsafe code.
fn tool(verb: &str) -> Command {
    let mut tool = Command::new(binary());
    tool.current_dir(workspace::root()).env("RUSTC_BOOTSTRAP", "1");
    tool.args(["fuzz", verb, "--fuzz-dir", FOLDER, "--sanitizer", "none"]);
    tool.arg("--target-dir").arg(workspace::path("target/fuzz"));
    tool
}
