//! The npm package: `pkg/dist/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Profile, browser, tools, worker};
use crate::hash::{Stamp, fresh_folder};
use crate::processes::{answer, quietly};
use crate::report::Step;
use crate::workspace;

/// What the package is made from: its folder but for what is generated there, the core in both forms, and the tools.
pub(super) fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = vec![browser::folder(), tools::folder(), workspace::path("package-lock.json")];
    for entry in fs::read_dir(workspace::path("pkg"))? {
        let entry = entry?;
        if !["dist", "node_modules"].iter().any(|generated| entry.file_name() == *generated) {
            sources.push(entry.path());
        }
    }
    Ok(sources)
}

/// The package's build script, writing to `folder`.
pub(super) fn script(folder: &Path) -> Command {
    let mut node = workspace::node();
    node.arg("pkg/build.mjs").arg("--core").arg(browser::folder()).arg("--out").arg(folder);
    node
}

/// The banner's styles. They come from the core, like its markup.
pub(super) fn stylesheet() -> Result<String> {
    answer(Command::new(workspace::native_binary("emit")).arg("stylesheet"))
}

/// Builds `pkg/dist/`, types included, with the Worker that was put together for it.
pub(super) fn build(profile: Profile) -> Result<()> {
    let folder = workspace::path("pkg/dist");
    let mut build = script(&folder);
    build.arg("--tools").arg(tools::folder());
    let styles = stylesheet()?;
    let worker = worker::packaged(profile);
    let inputs = [sources()?, vec![worker.clone()]].concat();
    let stamp = Stamp::new("package", &format!("{build:?}{styles}"), &inputs, std::slice::from_ref(&folder))?;
    if stamp.is_fresh()? {
        return Ok(());
    }
    let step = Step::begin("the npm package, and its types checked");
    fresh_folder(&folder)?;
    quietly(&step, &mut build)?;
    fs::write(folder.join("consentry.css"), styles).context("cannot write pkg/dist/consentry.css")?;
    fs::create_dir_all(folder.join("worker"))?;
    for entry in fs::read_dir(worker)? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join("worker").join(entry.file_name()))?;
    }
    stamp.set()?;
    step.done("");
    Ok(())
}
