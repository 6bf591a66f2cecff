//! The programs that work on compiled WebAssembly.

use std::path::Path;
use std::process::Command;

use crate::workspace;

/// Exactly what the compiler makes use of. `--all-features` would let wasm-opt choose encodings a runtime may lack.
const FEATURES: [&str; 6] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
];

/// wasm-bindgen, from this workspace. Its version must be the library's to the last digit.
pub(super) fn bindgen(wasm: &Path, target: &str, folder: &Path, name: &str) -> Command {
    let mut command = Command::new(workspace::bindgen_binary("wasm-bindgen"));
    command.arg(wasm).args(["--target", target, "--out-name", name, "--out-dir"]).arg(folder);
    command
}

/// wasm-opt, making the file as small as it can (`-Oz`), or as fast (`-O3`).
pub(super) fn optimise(wasm: &Path, level: &str) -> Command {
    let mut command = workspace::node();
    command.arg("node_modules/binaryen/bin/wasm-opt").arg(level).args(FEATURES).arg(wasm).arg("-o").arg(wasm);
    command
}

/// wasm-opt on code that is going to be JavaScript. Without features: what came later has no counterpart there.
pub(super) fn optimise_plain(wasm: &Path) -> Command {
    let mut command = workspace::node();
    command.arg("node_modules/binaryen/bin/wasm-opt").args(["-Oz", "--mvp-features"]);
    command.arg(wasm).arg("-o").arg(wasm);
    command
}

/// wasm2js: `x_bg.wasm` becomes the ES module `x_bg.wasm.js`.
pub(super) fn to_javascript(wasm: &Path) -> Command {
    let mut command = workspace::node();
    command.arg("node_modules/binaryen/bin/wasm2js").args(["-Oz", "--mvp-features"]);
    command.arg(wasm).arg("-o").arg(wasm.with_extension("wasm.js"));
    command
}

#[cfg(test)]
mod tests {
    /// The version of a package in the workspace's lock file.
    fn locked(name: &str) -> Option<&'static str> {
        let head = format!("\nname = \"{name}\"\nversion = \"");
        let mut packages = include_str!("../../../Cargo.lock").split("[[package]]");
        packages.find_map(|package| package.strip_prefix(head.as_str())?.split('"').next())
    }

    #[test]
    fn library_and_tools_have_the_same_version() {
        assert!(locked("wasm-bindgen").is_some());
        assert_eq!(locked("wasm-bindgen"), locked("wasm-bindgen-cli"));
        assert_eq!(locked("wasm-bindgen"), locked("wasm-bindgen-cli-support"));
    }
}
