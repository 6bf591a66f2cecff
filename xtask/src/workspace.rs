//! Where things are in this workspace.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A path under the root.
pub(crate) fn path(relative: &str) -> PathBuf {
    root().join(relative)
}

/// Where cargo puts what it builds.
pub(crate) fn cargo_target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), |dir| root().join(dir))
}

/// The cargo this tool was started with.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    once(&mut cargo);
    cargo
}

/// On a machine that builds everything once, preparing for the next build is time lost.
pub(crate) fn once(cargo: &mut Command) {
    if env::var_os("CI").is_some() {
        cargo.env("CARGO_INCREMENTAL", "0");
    }
}

/// The Node.js pinned in package.json.
pub(crate) fn node() -> Command {
    let mut node = Command::new(path("node_modules/.bin/node"));
    node.current_dir(root()).env("PATH", with_first(&path("node_modules/.bin")));
    node
}

/// A binary built by cargo for this machine, unoptimised.
pub(crate) fn native_binary(name: &str) -> PathBuf {
    cargo_target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// A wasm-bindgen tool. They are built apart, so that cargo builds nothing else while it waits for them.
pub(crate) fn bindgen_binary(name: &str) -> PathBuf {
    bindgen_target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// Where the wasm-bindgen tools are built.
pub(crate) fn bindgen_target() -> PathBuf {
    path("target/bindgen")
}

/// `PATH` with a folder put in front.
pub(crate) fn with_first(folder: &Path) -> std::ffi::OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&old));
    env::join_paths(folders).unwrap_or(old)
}

/// The first of these names found on `PATH`.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
}
