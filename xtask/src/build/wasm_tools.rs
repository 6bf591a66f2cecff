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

/// wasm-bindgen, from this workspace.
pub(super) fn bindgen(wasm: &Path, target: &str, folder: &Path, name: &str) -> Command {
    let mut command = Command::new(workspace::native_binary("wasm-bindgen"));
    command.arg(wasm).args(["--target", target, "--out-name", name, "--out-dir"]).arg(folder);
    command
}

/// wasm-opt, making the file as small as it can.
pub(super) fn optimise(wasm: &Path) -> Command {
    let mut command = workspace::node();
    command.arg("node_modules/binaryen/bin/wasm-opt").arg("-Oz").args(FEATURES).arg(wasm).arg("-o").arg(wasm);
    command
}
