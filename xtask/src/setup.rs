//! Installs what is missing. What is there costs next to nothing to find.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::hash::Stamp;
use crate::platform::{self, Wasm, apt_install, install_from_distribution, install_with_rustup};
use crate::processes::{answer, quietly};
use crate::report::{self, Step};
use crate::workspace;

/// What a chore stands on.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// Compiling for WebAssembly.
    Wasm,
    /// The Node modules, among them Node.js itself.
    Node,
    /// Chromium and its driver, for the browser tests.
    Browser,
    /// Go and its libraries for logs, which verify ours.
    Go,
}

/// The `setup` chore: each need, and a line for each also where nothing was missing.
pub(crate) fn run(needs: &[Need]) -> Result<()> {
    let mut missing = Vec::new();
    for need in needs {
        let outcome = match need {
            Need::Wasm => retry_rustup().and_then(|()| wasm()).and_then(|wasm| {
                report::present(&format!("Rust for {}", platform::TARGET), &wasm.describe()?);
                Ok(())
            }),
            Need::Node => node_modules().and_then(|()| {
                let version = answer(workspace::node().arg("--version"))?;
                report::present("Node modules", &format!("Node.js {}", version.trim()));
                Ok(())
            }),
            Need::Browser => browser().and_then(|browser| browser.describe()),
            Need::Go => go().and_then(|go| go.describe()),
        };
        if let Err(problem) = outcome {
            report::failed(&problem);
            missing.push(problem);
        }
    }
    match missing.len() {
        0 => Ok(()),
        n => Err(anyhow!("{n} of {} could not be set up", needs.len())),
    }
}

/// Where the distribution's packages stood in for rustup, the setup asks rustup again.
fn retry_rustup() -> Result<()> {
    if let Some(Wasm::Distribution { .. }) = Wasm::find()? {
        let _ = install_with_rustup();
    }
    Ok(())
}

/// Rust for WebAssembly, installed if it has to be.
pub(crate) fn wasm() -> Result<Wasm> {
    if let Some(found) = Wasm::find()? {
        return Ok(found);
    }
    let step = Step::begin(format!("Rust for {} and the sources of std, by rustup", platform::TARGET));
    let by_rustup = install_with_rustup();
    if by_rustup.is_ok()
        && let Some(found) = Wasm::find()?
    {
        step.done("");
        return Ok(found);
    }
    report::line("  rustup could not; the distribution's packages have it too");
    let step = Step::begin(format!("Rust for {} and the sources of std, by apt-get", platform::TARGET));
    let by_distribution = install_from_distribution();
    if let Some(found) = Wasm::find()? {
        step.done("");
        return Ok(found);
    }
    Err(by_distribution.err().or(by_rustup.err()).unwrap_or_else(|| anyhow!("it is still not there"))).with_context(|| {
        format!(
            "Rust for {0} could not be installed. With rustup: `rustup target add {0}` and `rustup component add \
             rust-src`. On Debian: `apt-get install rustc-web cargo-web rust-web-src lld-22`",
            platform::TARGET
        )
    })
}

/// The Node modules as package-lock.json says. Skipped while it has not changed.
pub(crate) fn node_modules() -> Result<()> {
    let inputs = [workspace::path("package-lock.json"), workspace::path("package.json")];
    let outputs = [workspace::path("node_modules/.package-lock.json")];
    let stamp = Stamp::new("node-modules", "npm ci", &inputs, &outputs)?;
    let node = workspace::path("node_modules/.bin/node");
    if stamp.is_fresh()? && node.exists() {
        return Ok(());
    }
    let npm = workspace::on_path(&["npm"]).ok_or_else(|| {
        anyhow!("npm is needed once, to fetch the Node.js this project pins: install Node.js 20 or later, e.g. from your distribution")
    })?;
    let step = Step::begin("Node modules, by npm ci");
    let mut ci = Command::new(npm);
    ci.current_dir(workspace::root()).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    quietly(&step, &mut ci).context("the Node modules could not be installed; `npm ci` says why")?;
    if !node.exists() {
        bail!("npm ran but left no Node.js at node_modules/.bin/node: are install scripts switched off?");
    }
    stamp.set()?;
    step.done("");
    Ok(())
}

/// Chromium and the driver that belongs to it.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

impl Browser {
    fn describe(&self) -> Result<()> {
        for (what, program) in [("Chromium", &self.chromium), ("chromedriver", &self.driver)] {
            let text = answer(Command::new(program).arg("--version"))?;
            let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            report::present(what, version.unwrap_or("version unknown"));
        }
        Ok(())
    }
}

/// Chromium and its driver, installed if they have to be and can be.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    let step = Step::begin("Chromium and chromedriver, by apt-get");
    let installed = apt_install(&["chromium", "chromium-driver"]);
    if let Some(found) = find_browser() {
        step.done("");
        return Ok(found);
    }
    Err(installed.err().unwrap_or_else(|| anyhow!("they are still not there"))).context(
        "Chromium and chromedriver could not be installed. Install both (Debian: `apt-get install chromium \
         chromium-driver`), or set CHROMIUM and CHROMEDRIVER to where they are",
    )
}

fn find_browser() -> Option<Browser> {
    let chromium = named_by(&["CHROMIUM", "CHROME_PATH"])
        .or_else(|| workspace::on_path(&["chromium", "chromium-browser", "google-chrome"]))?;
    let driver = named_by(&["CHROMEDRIVER"]).or_else(|| workspace::on_path(&["chromedriver"]))?;
    Some(Browser { chromium, driver })
}

/// Go, and where its libraries are.
pub(crate) struct Go {
    pub(crate) program: PathBuf,
    /// A folder with `src/golang.org/x/mod`.
    pub(crate) code: PathBuf,
}

impl Go {
    fn describe(&self) -> Result<()> {
        let text = answer(Command::new(&self.program).arg("version"))?;
        let version = text.split_whitespace().find_map(|word| word.strip_prefix("go1."));
        report::present("Go", &version.map_or("version unknown".into(), |version| format!("1.{version}")));
        Ok(())
    }
}

/// Go, installed if it has to be and can be.
pub(crate) fn go() -> Result<Go> {
    if let Some(found) = find_go() {
        return Ok(found);
    }
    let step = Step::begin("Go and golang.org/x/mod, by apt-get");
    let installed = apt_install(&["golang-go", "golang-golang-x-mod-dev"]);
    if let Some(found) = find_go() {
        step.done("");
        return Ok(found);
    }
    Err(installed.err().unwrap_or_else(|| anyhow!("they are still not there"))).context(
        "Go and golang.org/x/mod could not be installed. Install both (Debian: `apt-get install golang-go \
         golang-golang-x-mod-dev`), or set GO to the program and GOCODE to a folder with src/golang.org/x/mod",
    )
}

fn find_go() -> Option<Go> {
    let program = named_by(&["GO"]).or_else(|| workspace::on_path(&["go"]))?;
    let code = env::var_os("GOCODE").map_or_else(|| PathBuf::from("/usr/share/gocode"), PathBuf::from);
    is_program(&code.join("src/golang.org/x/mod/sumdb/tlog/tile.go")).then_some(Go { program, code })
}

fn named_by(variables: &[&str]) -> Option<PathBuf> {
    variables.iter().filter_map(env::var_os).map(PathBuf::from).find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file())
}
