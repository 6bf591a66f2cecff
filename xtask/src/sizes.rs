//! The bytes of what ships, from a release build.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Add;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::build::{self, Profile};
use crate::processes::answer;
use crate::workspace;

/// Weighs a file with the compressors of Node.js.
const WEIGH: &str = "const { readFileSync } = require('fs'), { gzipSync, brotliCompressSync } = require('zlib');
const weigh = (file) => { const bytes = readFileSync(file);
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length }; };
console.log(JSON.stringify(process.argv.slice(1).map(weigh)));";

/// What has been decided where a page of a returning visitor is weighed.
const DECIDED: &str = "given=analytics";

/// What is loaded together, by the names of its parts.
const SUMS: [(&str, &[&str]); 3] = [
    ("first_visit", &["loader", "html", "css"]),
    ("returning_visit", &["loader", "html_decided"]),
    ("sdk", &["sdk_wasm", "sdk_js"]),
];

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Size {
    raw: u32,
    gzip: u32,
    brotli: u32,
}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// The `sizes` chore.
pub(crate) fn run(json: bool) -> Result<()> {
    build::run(Profile::Release)?;
    let parts = parts()?;
    let weighed = answer(workspace::node().args(["-e", WEIGH]).args(parts.iter().map(|(_, file)| file)))?;
    let sizes: Vec<Size> = serde_json::from_str(&weighed).context("the sizes could not be read")?;
    let mut rows: Vec<_> = parts.iter().map(|(name, _)| *name).zip(sizes).collect();
    for (name, summed) in SUMS {
        let sum = rows.iter().filter(|(part, _)| summed.contains(part)).map(|(_, size)| *size);
        rows.push((name, sum.fold(Size::default(), Size::add)));
    }
    if json {
        println!("{}", serde_json::to_string(&rows.into_iter().collect::<BTreeMap<_, _>>())?);
        return Ok(());
    }
    println!("{:<16}{:>10}{:>10}{:>10}", "", "raw", "gzip -9", "brotli 11");
    for (name, Size { raw, gzip, brotli }) in rows {
        let parts = SUMS.iter().find(|(sum, _)| *sum == name).map(|(_, parts)| parts.join(" + "));
        let note = parts.map(|parts| format!("  {parts}")).unwrap_or_default();
        println!("{name:<16}{raw:>10}{gzip:>10}{brotli:>10}{note}");
    }
    Ok(())
}

/// Every part that ships, by name. What the edge writes into a page, banner and plan, is that of the shop.
fn parts() -> Result<Vec<(&'static str, PathBuf)>> {
    let policy = workspace::path("www/shop/policy.json");
    let page = |name: &str, setting: &[&str]| -> Result<PathBuf> {
        let file = workspace::path("target").join(name);
        let emit = workspace::native_binary("emit");
        let html = answer(Command::new(emit).arg("fragment").arg(&policy).args(setting))?;
        fs::write(&file, html).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    };
    let package = workspace::path("pkg/dist");
    let worker = Profile::Release.worker();
    Ok(vec![
        ("loader", package.join("loader.js")),
        ("html", page("banner.html", &[])?),
        ("html_decided", page("banner-decided.html", &[DECIDED])?),
        ("css", package.join("consentry.css")),
        ("gate", package.join("g.js")),
        ("deciding", package.join("d.js")),
        ("stub", package.join("stub.js")),
        ("sdk_wasm", package.join("sdk.wasm")),
        ("sdk_js", package.join("sdk.js")),
        ("sdk_plain", package.join("sdk-plain.js")),
        ("ed25519_wasm", package.join("ed25519.wasm")),
        ("ed25519_js", package.join("ed25519.js")),
        ("ed25519_plain", package.join("ed25519-plain.js")),
        ("worker_wasm", worker.join("index_bg.wasm")),
        ("worker_js", worker.join("index.js")),
        ("library_js", package.join("worker/index.js")),
        ("library_assets", package.join("worker/assets.js")),
    ])
}
