//! Every check and test, in order, with one table at the end.

mod counts;
mod stages;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::{build, report};
use counts::Counts;

/// What can be checked on its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Stage {
    /// Formatting of the Rust code
    Fmt,
    /// Lints, for this machine and for WebAssembly
    Clippy,
    /// Tests of the core and the tools, on this machine
    Native,
    /// Licences of the dependencies
    Licences,
    /// The core as WebAssembly in Node.js
    WasmNode,
    /// The core as WebAssembly in Chromium
    WasmWeb,
    /// The Worker over HTTP, in workerd with its state on disk
    Worker,
    /// The Worker inside another one in Rust
    Library,
    /// The banner and the loader on pages of their own, in Chromium; and the reports of the benchmarks
    Page,
    /// A visitor's journey in Chromium
    E2e,
    /// The command line, and the package in projects of others
    Package,
}

struct Row {
    stage: Stage,
    counts: Counts,
    time: Duration,
}

/// The `test` chore. A stage that fails does not keep the others from running.
pub(crate) fn run(stages: &[Stage]) -> ExitCode {
    let begun = Instant::now();
    // What takes long to build and needs nothing else is built beside the first stages. Whatever is wrong with it is said
    // again where it is needed.
    let all = stages.is_empty();
    let ahead = all.then(|| thread::spawn(build::bindgen_tools));
    let stages = if all { Stage::value_variants() } else { stages };
    let rows: Vec<Row> = stages.iter().map(|stage| one(*stage, all)).collect();
    let _ = ahead.map(thread::JoinHandle::join);
    let total: Counts = rows.iter().map(|row| row.counts).sum();

    println!("\n{:<12}{:>8}{:>8}{:>9}{:>13}", "stage", "passed", "failed", "skipped", "time");
    for Row { stage, counts, time } in &rows {
        println!(
            "{:<12}{:>8}{:>8}{:>9}{:>13}",
            name(*stage),
            counts.passed,
            counts.failed,
            counts.skipped,
            report::seconds(*time)
        );
    }
    println!("\nin {}", report::seconds(begun.elapsed()));
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(stage: Stage, all: bool) -> Row {
    report::line(&format!("\n── {} ──", name(stage)));
    let begun = Instant::now();
    let counts = match stages::run(stage, all) {
        Ok(counts) if counts.is_empty() => {
            report::line("✗ nothing ran");
            Counts::FAILED
        }
        Ok(counts) => counts,
        Err(problem) => {
            report::failed(&problem);
            Counts::FAILED
        }
    };
    Row { stage, counts, time: begun.elapsed() }
}

fn name(stage: Stage) -> String {
    stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
