//! The Rust for `wasm32-unknown-unknown`: rustup's, or the distribution's packages where rustup cannot download.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::processes::answer;
use crate::workspace;

/// The target of everything that runs in a Worker or a browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What can compile for WebAssembly here.
pub(crate) enum Wasm {
    /// The toolchain in use has the target and the sources of std.
    Toolchain,
    /// The distribution's compiler builds std from the distribution's sources.
    Distribution {
        /// Links WebAssembly.
        linker: PathBuf,
    },
}

/// How std comes about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Std {
    /// Built along, so that a panic unwinds and fails one call alone: the Worker's, and that of everything for tests, so that
    /// what they have in common is compiled once.
    Unwinding,
    /// Built along, small: a panic is a trap.
    Small,
    /// The same, fast.
    Fast,
    /// Small, for WebAssembly as it first was, which can be turned into JavaScript.
    Plain,
}

/// The flags of code whose panics say nothing.
const ABORTING: &str = "-Zunstable-options\x1f-Cpanic=immediate-abort";
/// Beside those, the flags of small code: the rounds of SHA-2 are a loop instead of being written out.
const COMPACT: &str = "--cfg\x1fsha2_backend_soft=\"compact\"";

impl Wasm {
    /// What is installed, without trying to install anything.
    pub(crate) fn find() -> Result<Option<Self>> {
        if Self::toolchain_is_complete()? {
            return Ok(Some(Self::Toolchain));
        }
        Ok(Self::distribution())
    }

    fn toolchain_is_complete() -> Result<bool> {
        let sysroot = answer(Command::new(rustc()).args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib");
        Ok(library.join(TARGET).join("lib").is_dir() && library.join("src/rust/library/Cargo.lock").is_file())
    }

    fn distribution() -> Option<Self> {
        let tools = ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/lib/rustlib/src/rust/library/Cargo.lock"];
        if !tools.iter().all(|tool| Path::new(tool).exists()) {
            return None;
        }
        let linkers = ["wasm-ld", "wasm-ld-22", "wasm-ld-21", "wasm-ld-20", "wasm-ld-19"];
        workspace::on_path(&linkers).map(|linker| Self::Distribution { linker })
    }

    /// Which it is, for the setup's line.
    pub(crate) fn describe(&self) -> Result<String> {
        match self {
            Self::Toolchain => Ok(version(&rustc())?),
            Self::Distribution { .. } => Ok(format!(
                "{} of the distribution, std from its sources",
                version("/usr/bin/rustc".as_ref())?
            )),
        }
    }

    /// A cargo command for the target. `subcommand` is build, rustc, clippy or test; its arguments are to be added, among
    /// them a profile that builds for this machine do not use.
    pub(crate) fn cargo(&self, subcommand: &str, std: Std) -> Command {
        let mut cargo = workspace::cargo();
        let crates = match std {
            Std::Unwinding if subcommand == "test" => "std,panic_unwind,test",
            Std::Unwinding => "std,panic_unwind",
            Std::Small | Std::Fast | Std::Plain => "std,panic_abort",
        };
        if let Self::Distribution { linker } = self {
            cargo = Command::new("/usr/bin/cargo");
            workspace::once(&mut cargo);
            cargo
                .current_dir(workspace::root())
                .env("PATH", workspace::with_first(Path::new("/usr/bin")))
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTDOC", "/usr/bin/rustdoc")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env_remove("RUSTUP_TOOLCHAIN");
        }
        cargo.args([subcommand, "--target", TARGET]);
        // Building std is not yet stable; the variable lets a stable compiler do it. It is set for every build, as many
        // build scripts look at it: builds that differ in it would undo each other's work.
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo.args(["-Z", &format!("build-std={crates}")]);
        if matches!(std, Std::Small | Std::Plain) {
            cargo.args(["-Z", "build-std-features=optimize_for_size"]);
        }
        let flags: &[&str] = match std {
            Std::Unwinding => &["-Cpanic=unwind"],
            Std::Small => &[ABORTING, COMPACT],
            Std::Fast => &[ABORTING],
            Std::Plain => &[ABORTING, COMPACT, "-Ctarget-cpu=mvp"],
        };
        let flags = flags.join("\x1f");
        cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags);
        cargo
    }
}

/// Asks rustup for the target and the sources of std.
pub(crate) fn install_with_rustup() -> Result<()> {
    for arguments in [["target", "add", TARGET], ["component", "add", "rust-src"]] {
        answer(Command::new("rustup").args(arguments))?;
    }
    Ok(())
}

/// Installs the distribution's compiler, its sources and a linker.
pub(crate) fn install_from_distribution() -> Result<()> {
    apt_install(&["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "lld-22"])
}

/// Installs Debian packages, if this is Debian and we may.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let is_root = answer(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if workspace::on_path(&["apt-get"]).is_none() || !is_root {
        bail!("apt-get as root is needed for that");
    }
    let apt = |arguments: &[&str]| {
        answer(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments)).map(drop)
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    // The package lists may be missing or old: get them only if it does not go without.
    apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)))
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn version(rustc: &std::ffi::OsStr) -> Result<String> {
    let line = answer(Command::new(rustc).arg("--version"))?;
    Ok(line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}
