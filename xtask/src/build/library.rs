//! A Worker of somebody else's in Rust with ours inside, for the tests: `target/library/`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::wasm_tools::bindgen;
use super::{Profile, compiled, worker};
use crate::hash::fresh_folder;
use crate::platform::{Std, Wasm};
use crate::processes::{quietly, step};
use crate::report::Step;
use crate::workspace;

/// Compiles it, and puts it together as the build tool of the crate `worker` does: wasm-bindgen, then esbuild, which finds
/// `consentry/assets` as an installed package.
pub(super) fn build(wasm: &Wasm) -> Result<()> {
    let cargo_profile = worker::cargo_profile(Profile::Debug);
    let mut build = wasm.cargo("build", Std::Unwinding);
    build.args(["--package=library-host", "--features=testing", "--profile", cargo_profile]);
    step("a Worker with ours inside", &mut build)?;

    let step = Step::begin("the same put together in target/library");
    let work = workspace::path("target/library-work");
    let product = workspace::path("target/library");
    fresh_folder(&work)?;
    fresh_folder(&product)?;
    let mut bind = bindgen(&compiled(cargo_profile, "library_host"), "module", &work, "index");
    quietly(&step, bind.arg("--no-typescript"))?;
    let shim = work.join("shim.js");
    fs::copy(workspace::path("tests/library/host/shim.js"), &shim).context("the host has no shim.js")?;
    let mut bundle = Command::new(workspace::path("node_modules/.bin/esbuild"));
    bundle.arg(&shim).args(["--bundle", "--format=esm", "--log-level=warning", "--external:*.wasm"]);
    let script = product.join("index.js");
    quietly(&step, bundle.arg(format!("--outfile={}", script.display())))?;
    worker::import_as_the_platform_does(&script)?;
    fs::copy(work.join("index_bg.wasm"), product.join("index_bg.wasm"))?;
    step.done("");
    Ok(())
}
