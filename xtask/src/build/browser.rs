//! The core compiled for browsers: `target/browser/`.

use std::path::PathBuf;

use anyhow::Result;

use super::wasm_tools::{bindgen, optimise};
use super::{Profile, compiled};
use crate::hash::{Stamp, fresh_folder};
use crate::platform::{Std, Wasm};
use crate::processes::{quietly, step};
use crate::report::Step;
use crate::workspace;

/// Where the glue and the wasm file are.
pub(super) fn folder() -> PathBuf {
    workspace::path("target/browser")
}

fn cargo_profile(profile: Profile) -> (&'static str, Std) {
    match profile {
        Profile::Debug | Profile::Testing => ("wasm-dev", Std::Installed),
        Profile::Release => ("browser-release", Std::Small),
    }
}

/// Compiles the core. It is an rlib everywhere else, so the crate type is asked for here.
pub(super) fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    let (cargo_profile, std) = cargo_profile(profile);
    let mut build = wasm.cargo("rustc", std);
    build.args([
        "--package=consentry",
        "--lib",
        "--crate-type=cdylib",
        "--features=browser",
        "--profile",
        cargo_profile,
    ]);
    step("the core for browsers", &mut build)
}

/// Makes the JavaScript around it.
pub(super) fn bind(profile: Profile) -> Result<()> {
    let wasm = compiled(cargo_profile(profile).0, "consentry");
    let mut commands = vec![bindgen(&wasm, "web", &folder(), "consentry")];
    if profile == Profile::Release {
        if let Some(bind) = commands.last_mut() {
            bind.arg("--remove-producers-section");
        }
        commands.push(optimise(&folder().join("consentry_bg.wasm")));
    }
    let stamp = Stamp::new("browser", &format!("{commands:?}"), &[wasm], &[folder()])?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let step = Step::begin("the core's JavaScript for browsers");
    fresh_folder(&folder())?;
    for command in &mut commands {
        quietly(&step, command)?;
    }
    stamp.set()?;
    step.done("");
    Ok(())
}
