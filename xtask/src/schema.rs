//! What is committed and comes from the core's types: the JSON Schema of the policy document, for editors and other
//! tools, and the declarations for TypeScript. The core's own tests tell when one is out of date.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::processes::answer;
use crate::{build, report, workspace};

/// Each file, and what `emit` is asked for.
const FILES: [(&str, &[&str]); 3] = [
    ("pkg/policy.schema.json", &["schema"]),
    ("pkg/src/policy.d.ts", &["types", "policy"]),
    ("pkg/src/shapes.d.ts", &["types", "shapes"]),
];

/// The `schema` chore.
pub(crate) fn run() -> Result<()> {
    build::emit()?;
    for (file, asked) in FILES {
        let fresh = answer(Command::new(workspace::native_binary("emit")).args(asked))?;
        let path = workspace::path(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == fresh) {
            report::line(&format!("✓ {file} is up to date"));
        } else {
            fs::write(&path, fresh).with_context(|| format!("cannot write {file}"))?;
            report::line(&format!("✓ {file} written"));
        }
    }
    Ok(())
}
