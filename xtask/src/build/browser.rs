//! The core compiled for browsers: `target/browser/`.
//!
//! Three modules: the core and the Ed25519 for browsers without, each as WebAssembly, and as JavaScript for pages that
//! let no WebAssembly run; and the anonymiser, small for browsers and fast for servers.

use std::path::PathBuf;

use anyhow::Result;

use super::wasm_tools::{bindgen, optimise, optimise_plain, to_javascript};
use super::{Profile, core_module};
use crate::hash::{Stamp, fresh_folder};
use crate::platform::{Std, Wasm};
use crate::processes::quietly;
use crate::report::Step;
use crate::workspace;

/// One module in one form.
struct Module {
    /// The feature that makes it, and what is said of it meanwhile.
    feature: &'static str,
    title: &'static str,
    /// Its name in `target/browser/`.
    name: &'static str,
    form: Form,
}

impl Module {
    /// Whether it works on sixteen bytes at once. Every engine that is kept up to date can.
    fn is_wide(&self) -> bool {
        self.feature == "browser-anonymize"
    }
}

/// What a module is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Pages that wait for every byte of it.
    Small,
    /// Servers and Workers, which have much to do with it.
    Fast,
    /// Pages that let no WebAssembly run.
    Plain,
}

static MODULES: [Module; 6] = [
    Module { feature: "browser", title: "the core for browsers", name: "consentry", form: Form::Small },
    Module { feature: "browser-ed25519", title: "Ed25519 for browsers", name: "ed25519", form: Form::Small },
    Module { feature: "browser-anonymize", title: "the anonymiser", name: "anonymize", form: Form::Small },
    Module {
        feature: "browser-anonymize",
        title: "the anonymiser for servers",
        name: "anonymize-fast",
        form: Form::Fast,
    },
    Module {
        feature: "browser",
        title: "the core for browsers without WebAssembly",
        name: "consentry-plain",
        form: Form::Plain,
    },
    Module {
        feature: "browser-ed25519",
        title: "Ed25519 for browsers without WebAssembly",
        name: "ed25519-plain",
        form: Form::Plain,
    },
];

/// Where the glue and the wasm files are.
pub(super) fn folder() -> PathBuf {
    workspace::path("target/browser")
}

/// JavaScript made of anything but the smallest code would be megabytes, so that one is always a release build.
fn cargo_profile(profile: Profile, form: Form) -> (&'static str, Std) {
    match (profile, form) {
        (_, Form::Plain) => ("browser-plain", Std::Plain),
        (Profile::Debug | Profile::Testing, _) => ("wasm-dev", Std::Unwinding),
        (Profile::Release, Form::Small) => ("browser-release", Std::Small),
        (Profile::Release, Form::Fast) => ("browser-fast", Std::Fast),
    }
}

/// The module whose code is taken. Where no size is measured, what becomes JavaScript serves as WebAssembly too: compiled
/// once, it is nearer to what pages get than anything quicker to build.
fn source(module: &'static Module, profile: Profile) -> &'static Module {
    let plain = |other: &&Module| other.feature == module.feature && other.form == Form::Plain;
    let twin = if profile == Profile::Release { None } else { MODULES.iter().find(plain) };
    twin.unwrap_or(module)
}

/// What cargo made of a module. It always writes to the same place, so this is a copy.
fn kept(module: &'static Module, profile: Profile) -> PathBuf {
    let source = source(module, profile);
    let (cargo_profile, _) = cargo_profile(profile, source.form);
    workspace::cargo_target().join(format!("browser-{cargo_profile}-{}.wasm", source.name))
}

/// Compiles the modules that stay WebAssembly.
pub(super) fn compile(wasm: &Wasm, profile: Profile) -> Result<()> {
    compile_each(wasm, profile, |form| form != Form::Plain)
}

/// Compiles those that become JavaScript.
pub(super) fn compile_plain(wasm: &Wasm, profile: Profile) -> Result<()> {
    compile_each(wasm, profile, |form| form == Form::Plain)
}

/// The core is an rlib everywhere else, so the crate type is asked for here.
fn compile_each(wasm: &Wasm, profile: Profile, of: fn(Form) -> bool) -> Result<()> {
    let is_own = |module: &&'static Module| source(module, profile).name == module.name;
    for module in MODULES.iter().filter(|module| of(module.form)).filter(is_own) {
        let (cargo_profile, std) = cargo_profile(profile, module.form);
        let mut build = wasm.cargo("rustc", std);
        build.args(["--package=consentry", "--lib", "--crate-type=cdylib", "--profile", cargo_profile]);
        build.arg("--features").arg(module.feature);
        if module.is_wide() {
            // Of the last crate alone, so that all others stay as they have been built.
            build.args(["--", "-Ctarget-feature=+simd128"]);
        }
        core_module(module.title, wasm, &mut build, cargo_profile, &kept(module, profile))?;
    }
    Ok(())
}

/// Makes the JavaScript around them.
pub(super) fn bind(profile: Profile) -> Result<()> {
    let mut commands = Vec::new();
    for module in &MODULES {
        let (file, bound) = (kept(module, profile), folder().join(format!("{}_bg.wasm", module.name)));
        let mut bind = bindgen(
            &file,
            if module.form == Form::Plain { "bundler" } else { "web" },
            &folder(),
            module.name,
        );
        bind.args(["--remove-producers-section", "--omit-default-module-path"]);
        commands.push(bind);
        match module.form {
            Form::Plain => {
                commands.push(optimise_plain(&bound));
                commands.push(to_javascript(&bound));
            }
            _ if profile != Profile::Release => {}
            form => {
                let mut optimise = optimise(&bound, if form == Form::Fast { "-O3" } else { "-Oz" });
                if module.is_wide() {
                    optimise.arg("--enable-simd");
                }
                commands.push(optimise);
            }
        }
    }
    let inputs: Vec<PathBuf> = MODULES.iter().map(|module| kept(module, profile)).collect();
    let stamp = Stamp::new("browser", &format!("{commands:?}"), &inputs, &[folder()])?;
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
