//! The parts of a page that is made before it is known who looks at it.

use crate::{
    banner::{Banner, View, plan_script, stylesheet},
    policy::{
        Material, Plan, Policy, Region, Setting, compile, hash, is_link, is_local_path, material, parse,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The text of the policy.
    pub policy: String,
    /// The language; empty for the policy's default.
    pub locale: String,
    /// The visitor's region, such as `IE` or `US-CA`; empty or `unknown` for the strictest rules.
    pub region: String,
    /// The texts of earlier policies, so that decisions about them are understood.
    #[serde(default)]
    pub previous: Vec<String>,
    /// The path of the privacy routes, or their address on another host; ending in `/`.
    pub base: String,
    /// The path where the package's files are served, ending in `/`.
    pub assets: String,
}

/// The parts.
#[derive(Debug, Clone, Serialize)]
pub struct Prepared {
    /// The language it came out in: the nearest to the one wanted.
    pub locale: String,
    /// The rules that hold in the region, and why.
    pub regime: String,
    /// The same in words.
    pub reason: String,
    /// The hash of the policy.
    pub policy: String,
    /// The hash of the notice.
    pub notice: String,
    /// Both dialogs, closed, and the reopen control.
    pub html: String,
    /// The stylesheet.
    pub css: String,
    /// What the page says by script.
    pub words: BTreeMap<&'static str, String>,
    /// The plan.
    pub plan: Plan,
    /// The plan as the element that carries it.
    pub plan_script: String,
}

/// Prepares a page's parts. Fails where the policy has problems, or a region or a path is none.
pub fn prepare(wanted: &Wanted) -> Result<Prepared, String> {
    let policy = read(&wanted.policy, "the policy")?;
    let earlier = wanted.previous.iter().enumerate().map(|(i, text)| {
        let earlier = read(text, &format!("the previous policy {}", i + 1))?;
        if earlier.site.id == policy.site.id {
            Ok(material(&earlier))
        } else {
            Err(format!("the previous policy {} is of another site: {}", i + 1, earlier.site.id))
        }
    });
    let earlier = earlier.collect::<Result<Vec<Material>, String>>()?;
    for (path, is_good) in
        [(&wanted.base, is_link(&wanted.base)), (&wanted.assets, is_local_path(&wanted.assets))]
    {
        if !is_good || !path.ends_with('/') {
            return Err(format!("`{}` is no path that starts and ends with /", path.escape_debug()));
        }
    }
    if !wanted.base.starts_with('/') && policy.site.origins.is_empty() {
        let remedy = "write the pages' origin there, such as https://www.example.org";
        return Err(format!("pages of another host may not decide: `site.origins` names none; {remedy}"));
    }
    let locale = if wanted.locale.is_empty() { policy.locales.default.as_str() } else { &wanted.locale };
    let setting = Setting { region: region(&wanted.region)?, ..Setting::of(locale) };
    let banner = Banner::new(&policy, &setting);
    let regime = crate::policy::resolve(&policy, &setting);
    let view = View { setting: setting.clone(), base: &wanted.base, prerendered: true, ..View::default() };
    let html = banner.fragment(&view);
    let mut plan = compile(&policy, &setting, &earlier);
    let asset = |name: &str| format!("{}{name}", wanted.assets);
    plan.base.clone_from(&wanted.base);
    plan.more = asset("d.js");
    plan.sdk = asset("sdk.js");
    plan.dialogs = asset(&format!("banner.{}.{}.json", plan.locale, plan.regime));
    Ok(Prepared {
        locale: plan.locale.clone(),
        regime: plan.regime.to_string(),
        reason: regime.reason,
        policy: hash(&policy).to_string(),
        notice: plan.notice.to_string(),
        html,
        css: stylesheet(&policy.theme),
        words: banner.words().clone(),
        plan_script: plan_script(&plan),
        plan,
    })
}

fn read(text: &str, what: &str) -> Result<Policy, String> {
    parse(text).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        let more = match problems.len() {
            0 | 1 => String::new(),
            n => format!(" And {} more: `consentry check` lists them.", n - 1),
        };
        format!("{what} has problems. {first}{more}")
    })
}

fn region(code: &str) -> Result<Option<Region>, String> {
    if code.is_empty() || code == "unknown" {
        return Ok(None);
    }
    code.parse()
        .map(Some)
        .map_err(|error| format!("`{}` is no region: {error}, or `unknown`", code.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    fn wanted() -> Wanted {
        Wanted {
            policy: sample::json().to_string(),
            locale: "en".into(),
            region: "unknown".into(),
            base: "/.consentry/".into(),
            assets: "/privacy/".into(),
            ..Wanted::default()
        }
    }

    #[test]
    fn a_page_made_beforehand_shows_nothing_by_itself() {
        let prepared = prepare(&wanted()).unwrap();
        let first = prepared.html.split_once('>').unwrap().0;
        // Names of attributes stand outside quotation marks.
        let names: String = first.split('"').step_by(2).collect();
        assert!(first.contains("id=\"consentry\"") && !names.contains(" open"), "{first}");
        assert_eq!((prepared.locale.as_str(), prepared.regime.as_str()), ("en", "opt-in"));
        assert_eq!(prepared.plan.dialogs, "/privacy/banner.en.opt-in.json");
        assert_eq!(prepared.plan.more, "/privacy/d.js");
        assert!(prepared.plan.ask && prepared.words.contains_key("working"));
        assert_eq!(prepared.notice, prepared.plan.notice.to_string());
        assert!(prepared.html.contains(&prepared.notice), "the form names the notice it shows");
    }

    #[test]
    fn the_rules_are_the_regions() {
        let regime =
            |region: &str| prepare(&Wanted { region: region.into(), ..wanted() }).map(|own| own.regime);
        assert_eq!(regime("US-CA").as_deref(), Ok("us"));
        assert_eq!(regime("GB").as_deref(), Ok("uk"));
        assert_eq!(regime("").as_deref(), Ok("opt-in"));
        assert!(regime("California").unwrap_err().starts_with("`California` is no region"));
    }

    #[test]
    fn the_worker_may_be_on_another_host_that_knows_the_pages() {
        let far = || Wanted { base: "https://consent.example/.consentry/".into(), ..wanted() };
        assert!(prepare(&far()).unwrap_err().contains("`site.origins` names none"));
        let mut policy = sample::json();
        policy["site"]["origins"] = json!(["https://www.example.org"]);
        let prepared = prepare(&Wanted { policy: policy.to_string(), ..far() }).unwrap();
        assert_eq!(prepared.plan.base, "https://consent.example/.consentry/");
        assert_eq!(prepared.plan.more, "/privacy/d.js");
        assert!(prepared.html.contains("action=\"https://consent.example/.consentry/consent\""));
    }

    #[test]
    fn earlier_policies_are_understood() {
        let mut before = sample::json();
        before["services"].as_array_mut().unwrap().remove(0);
        let prepared = prepare(&Wanted { previous: vec![before.to_string()], ..wanted() }).unwrap();
        assert_eq!(prepared.plan.was.len(), 1);
        before["site"]["id"] = json!("another");
        let problem = prepare(&Wanted { previous: vec![before.to_string()], ..wanted() }).unwrap_err();
        assert_eq!(problem, "the previous policy 1 is of another site: another");
    }

    #[test]
    fn what_cannot_be_prepared_says_why() {
        let of = |change: Wanted| prepare(&change).unwrap_err();
        assert!(of(Wanted { policy: "{}".into(), ..wanted() }).starts_with("the policy has problems. "));
        for bad in ["privacy/", "/privacy", "//evil.example/", ""] {
            assert!(
                of(Wanted { assets: bad.into(), ..wanted() }).ends_with("starts and ends with /"),
                "{bad}"
            );
        }
    }
}
