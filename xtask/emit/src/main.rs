//! Prints what the core derives for the build and the tests.
//!
//! - `emit stylesheet [<policy.json>]`: the banner's styles, in the policy's theme
//! - `emit fragment <policy.json> [<setting>…]`: both dialogs, the reopen control and the plan
//! - `emit first <policy.json> [<setting>…]`: the same without the second layer
//! - `emit page <policy.json> [<setting>…]`: the second layer as a page of its own
//! - `emit schema`: the policy's JSON Schema (feature `schema`)
//! - `emit types shapes`, `emit types policy`: types for TypeScript (feature `schema`)
//!
//! A setting is `locale=de`, `region=US-CA`, `age=under-16`, `signal`, `given=analytics,media`, `refused=marketing`,
//! `services=films` or `stylesheet=c.css`.

use std::{collections::BTreeSet, env, fs, str::FromStr};

use anyhow::{Context, Result, anyhow, bail};
use consentry::{
    banner::{Banner, View, fragment, page, plan_script, stylesheet},
    consent::Choices,
    policy::{self, Age, Policy, Setting, Theme},
};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["stylesheet"] => print!("{}", stylesheet(&Theme::default())),
        ["stylesheet", file] => print!("{}", stylesheet(&read(file)?.theme)),
        [kind @ ("fragment" | "first" | "page"), file, settings @ ..] => {
            print!("{}", markup(kind, &read(file)?, settings)?);
        }
        #[cfg(feature = "schema")]
        ["schema"] => println!("{:#}", policy::schema()),
        #[cfg(feature = "schema")]
        ["types", "shapes"] => print!("{}", consentry::typescript::shapes()),
        #[cfg(feature = "schema")]
        ["types", "policy"] => print!("{}", consentry::typescript::policy()),
        _ => bail!("no such thing to print: `{}`", arguments.join(" ")),
    }
    Ok(())
}

fn read(file: &str) -> Result<Policy> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    // The shop's vendors get their addresses when it starts.
    let text = ["metrics", "ads", "films", "map"].iter().zip(9101..).fold(text, |text, (vendor, port)| {
        text.replace(&format!("{{{vendor}}}"), &format!("127.0.0.1:{port}"))
    });
    policy::parse(&text).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{file}: {}", lines.join("; "))
    })
}

/// The banner and the plan of a policy, or its page; in its default language and under the strictest rules where
/// nothing else is said.
fn markup(kind: &str, policy: &Policy, settings: &[&str]) -> Result<String> {
    let mut setting = Setting::default();
    let mut choices: Option<Choices> = None;
    let mut styles = "";
    for own in settings {
        let (key, value) = own.split_once('=').unwrap_or((own, ""));
        match key {
            "locale" => setting.locale = value,
            "region" => {
                setting.region = Some(value.parse().with_context(|| format!("`{value}` is no region"))?);
            }
            "age" if value == "under-16" => setting.age = Age::Under16,
            "signal" => setting.signal = true,
            "given" => choices.get_or_insert_default().given = ids(value)?,
            "refused" => choices.get_or_insert_default().refused = ids(value)?,
            "services" => choices.get_or_insert_default().services = ids(value)?,
            "stylesheet" => styles = value,
            _ => bail!("no such setting: `{own}`"),
        }
    }
    let view = View { setting, choices: choices.as_ref(), stylesheet: styles, ..View::default() };
    let plan = || plan_script(&policy::compile(policy, &view.setting, &[]));
    Ok(match kind {
        "page" => page(policy, &view),
        "first" => Banner::new(policy, &view.setting).first(&view) + &plan(),
        _ => fragment(policy, &view) + &plan(),
    })
}

fn ids<T>(list: &str) -> Result<BTreeSet<T>>
where
    T: FromStr + Ord,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    list.split(',').filter(|id| !id.is_empty()).map(|id| Ok(id.parse()?)).collect()
}
