//! The bytes of what ships, from a release build.

use std::collections::BTreeMap;
use std::fs;

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

#[derive(Serialize, Deserialize)]
struct Size {
    raw: u32,
    gzip: u32,
    brotli: u32,
}

/// The `sizes` chore.
pub(crate) fn run(json: bool) -> Result<()> {
    build::run(Profile::Release)?;
    let html = workspace::path("target/banner.html");
    let policy = workspace::path("www/shop/policy.json");
    let emit = workspace::native_binary("emit");
    fs::write(&html, answer(std::process::Command::new(emit).arg("fragment").arg(policy))?)?;
    let worker = Profile::Release.worker();
    let parts = [
        ("loader", workspace::path("pkg/dist/loader.js")),
        ("html", html),
        ("css", workspace::path("pkg/dist/consentry.css")),
        ("sdk_wasm", workspace::path("pkg/dist/sdk.wasm")),
        ("sdk_js", workspace::path("pkg/dist/sdk.js")),
        ("worker_wasm", worker.join("index_bg.wasm")),
        ("worker_js", worker.join("index.js")),
    ];
    let weighed = answer(workspace::node().args(["-e", WEIGH]).args(parts.iter().map(|(_, file)| file)))?;
    let sizes: Vec<Size> = serde_json::from_str(&weighed).context("the sizes could not be read")?;
    if json {
        let names = parts.iter().map(|(name, _)| *name);
        println!("{}", serde_json::to_string(&names.zip(sizes).collect::<BTreeMap<_, _>>())?);
        return Ok(());
    }
    println!("{:<12}{:>10}{:>10}{:>10}", "", "raw", "gzip -9", "brotli 11");
    for ((name, _), Size { raw, gzip, brotli }) in parts.iter().zip(sizes) {
        println!("{name:<12}{raw:>10}{gzip:>10}{brotli:>10}");
    }
    Ok(())
}
