//! The Worker: `target/edge/<profile>/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::wasm_tools::{bindgen, optimise};
use super::{Profile, assets, compiled, package};
use crate::hash::{Stamp, fresh_folder};
use crate::platform::{Std, Wasm};
use crate::processes::{quietly, step};
use crate::report::Step;
use crate::workspace;

/// The module of the files that are served, as the Rust half imports it: that of the package, or our own in its place.
const ASSETS: &str = "consentry/assets";

pub(super) fn cargo_profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Debug | Profile::Testing => "wasm-dev",
        Profile::Release => "edge-release",
    }
}

/// Where the form for the package is put together.
pub(super) fn packaged(profile: Profile) -> PathBuf {
    workspace::path("target/edge-package").join(profile.name())
}

/// Compiles the Worker, std along with it. It is an rlib for Workers of others, so the crate type is asked for here.
pub(super) fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    let mut build = wasm.cargo("rustc", Std::Unwinding);
    build.args(["--package=consentry-edge", "--lib", "--crate-type=cdylib"]);
    build.args(["--profile", cargo_profile(profile)]);
    if profile == Profile::Testing {
        build.arg("--features=testing");
    }
    step("the Worker", &mut build)
}

/// Puts together what is deployed, and what the package takes along for Workers of others.
pub(super) fn build(profile: Profile) -> Result<()> {
    let wasm = compiled(cargo_profile(profile), "consentry_edge");
    let work = workspace::path("target/edge-work").join(profile.name());
    let (product, packaged) = (profile.worker(), packaged(profile));

    let mut bind = bindgen(&wasm, "module", &work, "index");
    bind.args(["--no-typescript", "--experimental-reset-state-function", "--force-enable-abort-handler"]);
    if profile == Profile::Testing {
        // Half of the file, which each of the many starts reads and compiles.
        bind.arg("--remove-name-section");
    }
    let mut bundle = bundle("edge/shim.js", profile, &work, &product);
    bundle.arg(format!("--alias:{ASSETS}={}", work.join("assets.gen.js").display()));
    let mut bundle_apart = self::bundle("edge/guard.js", profile, &work, &packaged);
    bundle_apart.arg(format!("--external:{ASSETS}"));
    let mut optimise = (profile == Profile::Release).then(|| {
        let mut command = optimise(&product.join("index_bg.wasm"), "-Oz");
        command.arg("--enable-exception-handling");
        command
    });

    let recipe = format!("{bind:?}{bundle:?}{bundle_apart:?}{optimise:?}{}", package::stylesheet()?);
    let scripts = ["edge/shim.js", "edge/guard.js"].map(workspace::path);
    let inputs = [package::sources()?, scripts.to_vec(), vec![wasm]].concat();
    let products = [product.clone(), packaged.clone()];
    let stamp = Stamp::new(&format!("worker-{}", profile.name()), &recipe, &inputs, &products)?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let step = Step::begin(format!("the Worker put together in target/edge/{}", profile.name()));
    fresh_folder(&work)?;
    fresh_folder(&product)?;
    fresh_folder(&packaged)?;
    quietly(&step, &mut bind)?;
    assets::generate(&step, &work, &product, &packaged.join("assets.js"))?;
    for (bundle, folder) in [(&mut bundle, &product), (&mut bundle_apart, &packaged)] {
        quietly(&step, bundle)?;
        import_as_the_platform_does(&folder.join("index.js"))?;
    }
    fs::copy(work.join("index_bg.wasm"), product.join("index_bg.wasm"))?;
    if let Some(optimise) = &mut optimise {
        quietly(&step, optimise)?;
    }
    fs::copy(product.join("index_bg.wasm"), packaged.join("index_bg.wasm"))?;
    stamp.set()?;
    step.done("");
    Ok(())
}

fn bundle(entry: &str, profile: Profile, work: &Path, product: &Path) -> Command {
    let mut esbuild = Command::new(workspace::path("node_modules/.bin/esbuild"));
    esbuild
        .arg(workspace::path(entry))
        .args(["--bundle", "--format=esm", "--log-level=warning", "--legal-comments=none"])
        .args(["--external:*.wasm", "--external:*.bin", "--external:cloudflare:*"])
        .arg(format!("--alias:consentry:core={}", work.join("index.js").display()))
        .arg(format!("--outfile={}", product.join("index.js").display()));
    if profile == Profile::Release {
        esbuild.arg("--minify");
    }
    esbuild
}

/// The glue imports its module in the source phase, which the runtime does without: a plain import of a wasm file
/// gives the compiled module there. The files that are served, where they are not bundled, lie beside.
pub(super) fn import_as_the_platform_does(script: &Path) -> Result<()> {
    let text = fs::read_to_string(script).context("the bundle is missing")?;
    let text = text.replace("import source ", "import ");
    fs::write(script, text.replace(&format!("{ASSETS:?}"), "\"./assets.js\""))
        .context("cannot write the bundle")
}
