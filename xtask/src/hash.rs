//! Content hashes: they name assets, and say whether a step has to run again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace;

/// The SHA-256 of some bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// All files under these paths, sorted.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = paths.to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// One hash over names and contents of the files under these paths; a missing one counts as such.
fn contents(paths: &[PathBuf]) -> Result<String> {
    let mut all = Vec::new();
    for file in files(paths)? {
        let body = fs::read(&file).map_or_else(|_| "missing".to_owned(), |bytes| hex(&bytes));
        all.push(format!("{} {body}", file.display()));
    }
    Ok(hex(all.join("\n").as_bytes()))
}

/// Remembers what a step made out of what, so that it runs only when either changed.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
    outputs: Vec<PathBuf>,
}

impl Stamp {
    /// `recipe` is how the step works (its commands), `inputs` and `outputs` are files or folders.
    pub(crate) fn new(name: &str, recipe: &str, inputs: &[PathBuf], outputs: &[PathBuf]) -> Result<Self> {
        let file = workspace::path("target/stamps").join(name);
        let inputs = hex(format!("{recipe}\n{}", contents(inputs)?).as_bytes());
        Ok(Self { file, inputs, outputs: outputs.to_vec() })
    }

    /// Whether the outputs are there as this step left them, made from these very inputs.
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        let Ok(kept) = fs::read_to_string(&self.file) else { return Ok(false) };
        Ok(kept == self.text()?)
    }

    /// To be called once the outputs are made.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, self.text()?).context("cannot write a stamp under target/")
    }

    fn text(&self) -> Result<String> {
        Ok(format!("{}\n{}\n", self.inputs, contents(&self.outputs)?))
    }
}

/// Empties a folder, or makes it.
pub(crate) fn fresh_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
