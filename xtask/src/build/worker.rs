//! The Worker: `target/edge/<profile>/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::wasm_tools::{bindgen, optimise};
use super::{Profile, assets, compiled, package};
use crate::hash::{Stamp, fresh_folder};
use crate::platform::{Std, Wasm};
use crate::processes::{quietly, step};
use crate::report::Step;
use crate::workspace;

fn cargo_profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Debug | Profile::Testing => "wasm-dev",
        Profile::Release => "edge-release",
    }
}

/// Compiles the Worker, std along with it.
pub(super) fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    let mut build = wasm.cargo("build", Std::Unwinding);
    build.args(["--package=consentry-edge", "--profile", cargo_profile(profile)]);
    if profile == Profile::Testing {
        build.arg("--features=testing");
    }
    step("the Worker", &mut build)
}

/// Puts together what is deployed.
pub(super) fn build(profile: Profile) -> Result<()> {
    let wasm = compiled(cargo_profile(profile), "consentry_edge");
    let work = workspace::path("target/edge-work").join(profile.name());
    let product = profile.worker();

    let mut bind = bindgen(&wasm, "module", &work, "index");
    bind.args(["--no-typescript", "--experimental-reset-state-function", "--force-enable-abort-handler"]);
    let mut bundle = bundle(profile, &work, &product);
    let mut optimise = (profile == Profile::Release).then(|| {
        let mut command = optimise(&product.join("index_bg.wasm"));
        command.arg("--enable-exception-handling");
        command
    });

    let recipe = format!("{bind:?}{bundle:?}{optimise:?}{}", package::stylesheet()?);
    let inputs = [package::sources()?, vec![wasm, workspace::path("edge/shim.js")]].concat();
    let stamp =
        Stamp::new(&format!("worker-{}", profile.name()), &recipe, &inputs, std::slice::from_ref(&product))?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let step = Step::begin(format!("the Worker put together in target/edge/{}", profile.name()));
    fresh_folder(&work)?;
    fresh_folder(&product)?;
    quietly(&step, &mut bind)?;
    assets::generate(&step, &work, &product)?;
    quietly(&step, &mut bundle)?;
    import_at_evaluation(&product.join("index.js"))?;
    fs::copy(work.join("index_bg.wasm"), product.join("index_bg.wasm"))?;
    if let Some(optimise) = &mut optimise {
        quietly(&step, optimise)?;
    }
    stamp.set()?;
    step.done("");
    Ok(())
}

fn bundle(profile: Profile, work: &Path, product: &Path) -> Command {
    let mut esbuild = Command::new(workspace::path("node_modules/.bin/esbuild"));
    esbuild
        .arg(workspace::path("edge/shim.js"))
        .args(["--bundle", "--format=esm", "--log-level=warning", "--legal-comments=none"])
        .args(["--external:*.wasm", "--external:*.bin", "--external:cloudflare:*"])
        .arg(format!("--alias:consentry:core={}", work.join("index.js").display()))
        .arg(format!("--alias:consentry:assets={}", work.join("assets.gen.js").display()))
        .arg(format!("--outfile={}", product.join("index.js").display()));
    if profile == Profile::Release {
        esbuild.arg("--minify");
    }
    esbuild
}

/// The glue imports its module in the source phase, which the runtime does without: a plain import of a wasm file
/// gives the compiled module there.
fn import_at_evaluation(script: &Path) -> Result<()> {
    let text = fs::read_to_string(script).context("the bundle is missing")?;
    fs::write(script, text.replace("import source ", "import ")).context("cannot write the bundle")
}
