//! The core as the command line tool calls it: `target/tools/`.

use std::path::PathBuf;

use anyhow::Result;

use super::wasm_tools::{bindgen, optimise};
use super::{Profile, core_module};
use crate::hash::{Stamp, fresh_folder};
use crate::platform::{Std, Wasm};
use crate::processes::quietly;
use crate::report::Step;
use crate::workspace;

/// Where the glue and the wasm file are.
pub(super) fn folder() -> PathBuf {
    workspace::path("target/tools")
}

fn cargo_profile(profile: Profile) -> (&'static str, Std) {
    match profile {
        Profile::Debug | Profile::Testing => ("wasm-dev", Std::Unwinding),
        Profile::Release => ("browser-release", Std::Small),
    }
}

/// What cargo made. The core for browsers is written to the same place, so this is a copy.
fn kept(profile: Profile) -> PathBuf {
    workspace::cargo_target().join(format!("tools-{}.wasm", cargo_profile(profile).0))
}

/// Compiles it.
pub(super) fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    let (cargo_profile, std) = cargo_profile(profile);
    let mut build = wasm.cargo("rustc", std);
    build.args(["--package=consentry", "--lib", "--crate-type=cdylib", "--features=tools"]);
    build.args(["--profile", cargo_profile]);
    core_module("the core for the command line", wasm, &mut build, cargo_profile, &kept(profile))
}

/// Makes the JavaScript around it.
pub(super) fn bind(profile: Profile) -> Result<()> {
    let mut bind = bindgen(&kept(profile), "web", &folder(), "tools");
    bind.args(["--no-typescript", "--remove-producers-section", "--omit-default-module-path"]);
    let mut commands = vec![bind];
    if profile == Profile::Release {
        commands.push(optimise(&folder().join("tools_bg.wasm"), "-Oz"));
    }
    let stamp = Stamp::new("tools", &format!("{commands:?}"), &[kept(profile)], &[folder()])?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let step = Step::begin("the core's JavaScript for the command line");
    fresh_folder(&folder())?;
    for command in &mut commands {
        quietly(&step, command)?;
    }
    stamp.set()?;
    step.done("");
    Ok(())
}
