//! Builds the browser package and the Worker. Every step is skipped while what goes in and what came out is unchanged.

mod assets;
mod browser;
mod library;
mod package;
mod tools;
mod wasm_tools;
mod worker;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::hash::Stamp;
use crate::platform::Wasm;
use crate::processes::step;
use crate::{setup, workspace};

/// What is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Debug,
    /// Like debug, with fault points, vectors and the store contract in the Worker.
    Testing,
    /// Small.
    Release,
}

impl Profile {
    /// From the flags of the command line.
    pub(crate) fn from_flags(release: bool, testing: bool) -> Self {
        match (release, testing) {
            (true, _) => Self::Release,
            (_, true) => Self::Testing,
            _ => Self::Debug,
        }
    }

    /// The name of its folder under `target/edge/`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Testing => "testing",
            Self::Release => "release",
        }
    }

    /// Where the deployable Worker goes.
    pub(crate) fn worker(self) -> PathBuf {
        workspace::path("target/edge").join(self.name())
    }
}

/// The `build` chore.
pub(crate) fn run(profile: Profile) -> Result<()> {
    let wasm = setup::wasm()?;
    setup::node_modules()?;
    let _lock = lock()?;
    compile(&wasm, profile)?;
    browser::bind(profile)?;
    tools::bind(profile)?;
    worker::build(profile)?;
    package::build(profile)
}

/// The Worker of the library's tests, after a build for testing.
pub(crate) fn library() -> Result<()> {
    let wasm = setup::wasm()?;
    let _lock = lock()?;
    library::build(&wasm)
}

/// Everything cargo does: for this machine, for WebAssembly, and what becomes JavaScript at the same time. They share
/// nothing, and much of the last is work for one processor.
fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    thread::scope(|scope| {
        let native = scope.spawn(native_tools);
        let plain = scope.spawn(|| browser::compile_plain(wasm, profile));
        let compiled = browser::compile(wasm, profile)
            .and_then(|()| tools::compile(wasm, profile))
            .and_then(|()| worker::compile(wasm, profile));
        let beside = [native, plain].map(|build| build.join().map_err(|_| anyhow!("a build ended badly"))?);
        beside.into_iter().fold(compiled, Result::and)
    })
}

/// The wasm-bindgen tools, and the program that prints what the core derives.
pub(crate) fn native_tools() -> Result<()> {
    let tools = thread::spawn(bindgen_tools);
    emit()?;
    tools.join().map_err(|_| anyhow!("the build of the tools ended badly"))?
}

/// The wasm-bindgen tools. What is built for both is built twice, but nothing waits for the other.
pub(crate) fn bindgen_tools() -> Result<()> {
    let mut build = workspace::cargo();
    build.args(["build", "--package=bindgen-runner"]).env("CARGO_TARGET_DIR", workspace::bindgen_target());
    step("the wasm-bindgen tools", &mut build)
}

/// Set once the program that prints what the core derives has been built with the tests.
static EMIT: OnceLock<()> = OnceLock::new();

/// The program that prints what the core derives. One set of features for all its uses, so that it is built once.
pub(crate) fn emit() -> Result<()> {
    if EMIT.get().is_some() {
        return Ok(());
    }
    let mut build = workspace::cargo();
    step("the core, for this machine", build.args(["build", "--package=emit", "--features=schema"]))
}

/// The same out of what the tests of this selection of packages have just been built from: the core is not compiled again.
pub(crate) fn emit_of(tested: &[&str]) -> Result<()> {
    let mut build = workspace::cargo();
    build.arg("build").args(tested).args(["--tests", "--bin=emit"]);
    step("the core, for this machine", &mut build)?;
    let _ = EMIT.set(());
    Ok(())
}

/// Compiles the core as a module of its own, into `kept`. Cargo writes each of them to the same place, and would make one
/// again whenever another has come between; so it is only asked when there is something new.
fn core_module(
    title: &str,
    wasm: &Wasm,
    build: &mut Command,
    cargo_profile: &str,
    kept: &Path,
) -> Result<()> {
    let recipe = format!("{} {build:?}", wasm.describe()?);
    let inputs = ["src", "Cargo.toml", "Cargo.lock"].map(workspace::path);
    let name = kept.file_name().unwrap_or_default().to_string_lossy();
    let stamp = Stamp::new(&name, &recipe, &inputs, &[kept.to_owned()])?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    step(title, build)?;
    fs::copy(compiled(cargo_profile, "consentry"), kept)
        .with_context(|| format!("{title} left no wasm file"))?;
    stamp.set()
}

/// Builds wait for each other: they write to the same places.
fn lock() -> Result<File> {
    let folder = workspace::path("target");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("xtask.lock"))?;
    if file.try_lock().is_err() {
        crate::report::line("  waiting for another build …");
        file.lock().context("cannot lock target/xtask.lock")?;
    }
    Ok(file)
}

/// Where cargo leaves a wasm file.
fn compiled(cargo_profile: &str, crate_name: &str) -> PathBuf {
    workspace::cargo_target()
        .join(crate::platform::TARGET)
        .join(cargo_profile)
        .join(format!("{crate_name}.wasm"))
}
