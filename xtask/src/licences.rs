//! The licences of what we depend on, held against `deny.toml` (cargo-deny reads the same file).

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::processes::answer;
use crate::{report, spdx, workspace};

#[derive(Deserialize)]
struct Deny {
    licenses: Rules,
}

#[derive(Deserialize)]
struct Rules {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

impl Rules {
    fn permit(&self, package: &str, expression: &str) -> bool {
        let exceptions = self.exceptions.iter().filter(|exception| exception.package == package);
        let more: Vec<&String> = exceptions.flat_map(|exception| &exception.allow).collect();
        spdx::is_allowed(expression, &|licence| {
            self.allow.iter().chain(more.iter().copied()).any(|allowed| allowed == licence)
        })
    }
}

/// A dependency, and its licence expression if it declares one.
struct Package {
    name: String,
    licence: Option<String>,
}

/// Fails on any crate in the lock file, or npm package that ships, whose licence is not allowed.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(workspace::path("deny.toml")).context("cannot read deny.toml")?;
    let rules = toml::from_str::<Deny>(&text).context("deny.toml")?.licenses;
    let crates = crates()?;
    let shipped = shipped_modules()?;
    let mut refused = 0;
    for Package { name, licence } in crates.iter().chain(&shipped) {
        if !licence.as_deref().is_some_and(|licence| rules.permit(name, licence)) {
            report::line(&format!("  {name}: {}", licence.as_deref().unwrap_or("no licence declared")));
            refused += 1;
        }
    }
    if refused > 0 {
        bail!("{refused} dependencies have a licence that deny.toml does not allow");
    }
    report::line(&format!(
        "  {} crates and {} npm packages that ship: all allowed",
        crates.len(),
        shipped.len()
    ));
    Ok(())
}

fn crates() -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Crate>,
    }
    #[derive(Deserialize)]
    struct Crate {
        name: String,
        license: Option<String>,
        source: Option<String>,
    }
    let json = answer(workspace::cargo().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&json)?;
    let foreign = metadata.packages.into_iter().filter(|package| package.source.is_some());
    Ok(foreign.map(|package| Package { name: package.name, licence: package.license }).collect())
}

fn shipped_modules() -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Lock {
        packages: BTreeMap<String, Module>,
    }
    #[derive(Deserialize)]
    struct Module {
        license: Option<String>,
        #[serde(default)]
        dev: bool,
        #[serde(default)]
        link: bool,
    }
    let text =
        fs::read_to_string(workspace::path("package-lock.json")).context("cannot read package-lock.json")?;
    let lock: Lock = serde_json::from_str(&text)?;
    let foreign = lock
        .packages
        .into_iter()
        .filter(|(path, module)| path.starts_with("node_modules/") && !module.dev && !module.link);
    Ok(foreign.map(|(path, module)| Package { name: path, licence: module.license }).collect())
}
