//! `pkg/policy.schema.json`: the policy document as editors and other tools understand it.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::processes::answer;
use crate::{build, report, workspace};

/// The `schema` chore.
pub(crate) fn run(check: bool) -> Result<()> {
    build::emit()?;
    let fresh = answer(Command::new(workspace::native_binary("emit")).arg("schema"))?;
    let file = workspace::path("pkg/policy.schema.json");
    if fs::read_to_string(&file).is_ok_and(|old| old == fresh) {
        report::line("✓ pkg/policy.schema.json is up to date");
        return Ok(());
    }
    if check {
        bail!("pkg/policy.schema.json is out of date: run `cargo xtask schema`");
    }
    fs::write(&file, fresh).context("cannot write pkg/policy.schema.json")?;
    report::line("✓ pkg/policy.schema.json written");
    Ok(())
}
