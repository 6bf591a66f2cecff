//! Prints what the core derives for the build.
//!
//! - `emit stylesheet`: the banner's styles
//! - `emit fragment <policy.json>`: what the edge writes into a page where nothing has been decided
//! - `emit schema`: the policy's JSON Schema (feature `schema`)

use std::{env, fs};

use anyhow::{Context, Result, anyhow, bail};
use consentry::{
    banner::{View, fragment, plan_script, stylesheet},
    policy,
};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    match wanted.as_str() {
        "stylesheet" => print!("{}", stylesheet()),
        "fragment" => print!("{}", markup(&arguments.next().context("which policy?")?)?),
        #[cfg(feature = "schema")]
        "schema" => println!("{:#}", policy::schema()),
        _ => bail!("no such thing to print: `{wanted}`"),
    }
    Ok(())
}

/// The banner and the plan of a policy, in its default locale.
fn markup(file: &str) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    // The shop's vendors get their addresses when it starts.
    let text = text.replace("{metrics}", "127.0.0.1:9101").replace("{ads}", "127.0.0.1:9102");
    let policy = policy::parse(&text).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{file}: {}", lines.join("; "))
    })?;
    let view = View::default();
    Ok(fragment(&policy, &view) + &plan_script(&policy::compile(&policy, view.locale)))
}
