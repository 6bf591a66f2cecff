//! What each stage runs.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};
use serde_json::json;

use super::Stage;
use super::counts::Counts;
use crate::build::{self, Profile};
use crate::platform::Std;
use crate::processes::aloud;
use crate::{licences, setup, workspace};

/// The crates that are tested on this machine. The wasm-bindgen tools are two calls each, and take long to build.
const NATIVE: [&str; 6] = [
    "--workspace",
    "--exclude=consentry-edge",
    "--exclude=library-host",
    "--exclude=bindgen-runner",
    CORE_FEATURES,
    "--locked",
];

/// All of the core but what is for browsers.
const CORE_FEATURES: &str =
    "--features=consentry/ipcrypt,consentry/pages,consentry/schema,consentry/testing,consentry/tools";

/// Runs one; of `all`, or by itself.
pub(super) fn run(stage: Stage, all: bool) -> Result<Counts> {
    match stage {
        Stage::Fmt => check(workspace::cargo().args(["fmt", "--all", "--check", "--", "-l"])),
        Stage::Clippy => clippy(),
        Stage::Native => native(all),
        Stage::Licences => licences::check().map(|()| Counts::PASSED),
        Stage::WasmNode => wasm_test("wasm_node", false),
        Stage::WasmWeb => wasm_test("wasm_web", true),
        // Its tests wait more than they compute, and the next stage's build computes.
        Stage::Worker if all => built().and_then(|()| beside(|| node("edge"), build::library)),
        Stage::Worker => node_tests("edge"),
        Stage::Library => node_tests("library"),
        Stage::E2e => node_tests("e2e"),
        Stage::Page => node_tests("page"),
        Stage::Package => node_tests("package"),
    }
}

/// Runs tests, and a build beside them. What is wrong with the build is said again where it is needed.
fn beside(tests: impl FnOnce() -> Result<Counts>, build: fn() -> Result<()>) -> Result<Counts> {
    thread::scope(|scope| {
        let build = scope.spawn(build);
        let counts = tests();
        let _ = build.join();
        counts
    })
}

/// A program that says by its exit code whether all is well.
fn check(command: &mut Command) -> Result<Counts> {
    Ok(if aloud(command)?.success { Counts::PASSED } else { Counts::FAILED })
}

fn cargo_test(command: &mut Command) -> Result<Counts> {
    let ended = aloud(command)?;
    Ok(Counts::of_cargo(&ended.output).ended(ended.success))
}

/// Tests on this machine. What later stages need of the core comes with them.
fn native(all: bool) -> Result<Counts> {
    let counts = cargo_test(workspace::cargo().arg("test").args(NATIVE).arg("--no-fail-fast"))?;
    if all && counts.failed == 0 {
        build::emit_of(&NATIVE)?;
    }
    Ok(counts)
}

/// Lints everything as code for this machine: what is for WebAssembly compiles here too, and shares its dependencies with
/// the rest.
fn clippy() -> Result<Counts> {
    let lint = |what: &[&str]| {
        check(workspace::cargo().arg("clippy").args(what).args([
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    };
    let browser = "--features=consentry/browser,consentry/browser-anonymize,consentry/browser-ed25519";
    let edge = "--features=consentry-edge/testing";
    let all = lint(&["--workspace", "--exclude=bindgen-runner", CORE_FEATURES, browser, edge])?;
    // With the edge as it is inside another Worker: without the feature `entry`.
    Ok(all + lint(&["--package=library-host"])?)
}

/// Tests of the core as WebAssembly, in Node.js or in Chromium.
fn wasm_test(name: &str, in_browser: bool) -> Result<Counts> {
    let wasm = setup::wasm()?;
    setup::node_modules()?;
    build::native_tools()?;
    let mut test = wasm.cargo("test", Std::Unwinding);
    test.args([
        "--package=consentry",
        "--features=browser,browser-ed25519,testing",
        "--profile=wasm-dev",
        "--locked",
        "--test",
        name,
    ])
    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", workspace::bindgen_binary("wasm-bindgen-test-runner"))
    .env("PATH", workspace::with_first(&workspace::path("node_modules/.bin")));
    if in_browser {
        let browser = setup::browser()?;
        test.env("CHROMEDRIVER", &browser.driver);
        test.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities(&browser)?);
    }
    cargo_test(&mut test)
}

/// Which Chromium the driver starts, and that it stays off the network.
fn capabilities(browser: &setup::Browser) -> Result<std::path::PathBuf> {
    let quiet = [
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-quic",
        "no-first-run",
    ];
    let options = json!({ "goog:chromeOptions": { "binary": browser.chromium, "args": quiet } });
    let file = workspace::path("target/webdriver.json");
    fs::write(&file, options.to_string()).context("cannot write target/webdriver.json")?;
    Ok(file)
}

/// `tests/<folder>/*.test.mjs`, against the testing build.
fn node_tests(folder: &str) -> Result<Counts> {
    built()?;
    if folder == "library" {
        build::library()?;
    }
    node(folder)
}

fn built() -> Result<()> {
    build::run(Profile::Testing)
}

fn node(folder: &str) -> Result<Counts> {
    let tap = workspace::path("target").join(format!("{folder}.tap"));
    let _ = fs::remove_file(&tap);
    let mut node = workspace::node();
    node.args([
        "--test",
        "--test-timeout=180000",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
    ])
    .arg("--test-reporter=tap")
    .arg(format!("--test-reporter-destination={}", tap.display()));
    // They wait more than they compute. A visitor's journey, though, is timed like a visitor's.
    if folder != "e2e" {
        node.arg("--test-concurrency=3");
    }
    node.arg(format!("tests/{folder}/*.test.mjs"));
    if folder == "page" {
        node.arg("bench/*.test.mjs").env("EMIT", workspace::native_binary("emit"));
    }
    if folder == "edge" {
        let go = setup::go()?;
        node.env("GO", go.program).env("GOCODE", go.code);
    }
    if !["edge", "library"].contains(&folder) {
        node.env("CHROMIUM", setup::browser()?.chromium);
    }
    let success = aloud(&mut node)?.success;
    Ok(Counts::of_tap(&fs::read_to_string(&tap).unwrap_or_default()).ended(success))
}
