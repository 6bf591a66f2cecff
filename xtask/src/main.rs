//! The project's chores. `cargo xtask --help` lists them.

mod bench;
mod build;
mod demo;
mod fuzz;
mod hash;
mod keys;
mod licences;
mod platform;
mod processes;
mod report;
mod schema;
mod setup;
mod sizes;
mod soak;
mod spdx;
mod test;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use build::Profile;
use setup::Need;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, runs and tests Consentry",
    version
)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what is missing: wasm target, Node modules, Chromium, Go
    Setup,
    /// Build the browser package and the Worker
    Build {
        /// Squeezed for shipping
        #[arg(long, conflicts_with = "testing")]
        release: bool,
        /// With the fault points and vectors the tests use
        #[arg(long)]
        testing: bool,
    },
    /// Run the demo shop behind the Worker
    Demo(demo::Options),
    /// Run every check and test, or only the named stages
    Test {
        /// Stages to run; all of them by default
        #[arg(value_enum)]
        stages: Vec<test::Stage>,
    },
    /// Print the bytes of each shipped part, from a release build
    Sizes {
        /// One JSON line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Measure parts of the project beside others; writes bench/results/
    Bench(bench::Options),
    /// Let a machine make up inputs for the core's parsers
    Fuzz(fuzz::Options),
    /// Do thousands of times what a test does a little of: kill the log while it is written to, have rights and deadlines meet
    Soak(soak::Options),
    /// Make a fresh set of the Worker's secrets
    Keys {
        /// Write them here, readable by the owner alone, instead of printing them
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Write the policy's JSON Schema and the package's types from the core's
    Schema,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().chore {
        Chore::Setup => setup::run(&[Need::Wasm, Need::Node, Need::Browser, Need::Go]),
        Chore::Build { release, testing } => build::run(Profile::from_flags(release, testing)),
        Chore::Demo(options) => demo::run(&options),
        Chore::Test { stages } => return test::run(&stages),
        Chore::Sizes { json } => sizes::run(json),
        Chore::Bench(options) => bench::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Soak(options) => soak::run(&options),
        Chore::Keys { write } => keys::run(write.as_deref()),
        Chore::Schema => schema::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            report::failed(&problem);
            ExitCode::FAILURE
        }
    }
}
