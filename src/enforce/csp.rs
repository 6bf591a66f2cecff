//! Content security policies: the page's own, and one of ours where nothing can be written into a page.

use crate::{consent::Permissions, policy::Policy};
use std::collections::BTreeSet;

/// The nonce that a page's policy lets scripts run with (CSP, section 2.3.1).
pub fn nonce_of(csp: &str) -> Option<String> {
    let scripts = scripts(csp)?;
    let source =
        scripts.split_whitespace().find_map(|source| source.strip_prefix("'nonce-")?.strip_suffix('\''))?;
    let good = source.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b));
    (good && !source.is_empty()).then(|| source.to_owned())
}

/// The directive that rules over scripts.
fn scripts(csp: &str) -> Option<&str> {
    let directive = |name: &str| csp.split([';', ',']).map(str::trim).find(|own| is(own, name));
    directive("script-src-elem").or_else(|| directive("script-src")).or_else(|| directive("default-src"))
}

/// Whether hosts count for nothing in what a page says of scripts (CSP, section 8.2).
pub fn is_dynamic(csp: &str) -> bool {
    scripts(csp).is_some_and(|sources| {
        sources.split_ascii_whitespace().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'"))
    })
}

fn is(directive: &str, name: &str) -> bool {
    directive.split_ascii_whitespace().next().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// A page's policies with what the dialogs need added: scripts, styles and requests of one place, such as
/// `https://www.example.com/.consentry/`. A page whose scripts run by nonce needs nothing for them; one that trusts
/// hashes alone (`'strict-dynamic'`) gets that of the loader, such as `'sha256-…'`.
///
/// Nothing is added that the page has no directive for or that `'self'` allows, and nothing but these two.
pub fn amended(csp: &str, place: &str, loader: &str) -> String {
    // A header may hold several policies; each has to agree.
    let policies = csp.split(',').map(|policy| {
        let (nonce, dynamic) = (nonce_of(policy).is_some(), is_dynamic(policy));
        let mut directives: Vec<String> =
            policy.split(';').map(|own| own.trim().to_owned()).filter(|own| !own.is_empty()).collect();
        let script = if dynamic { loader } else { place };
        for (name, needed, source) in
            [("script-src", !nonce, script), ("style-src", true, place), ("connect-src", true, place)]
        {
            if needed {
                admit(&mut directives, name, source);
            }
        }
        directives.join("; ")
    });
    policies.collect::<Vec<_>>().join(", ")
}

/// Adds a place to a directive and to what goes before it for elements; if there is none, to a copy of the fallback.
fn admit(directives: &mut Vec<String>, name: &str, place: &str) {
    let elements = format!("{name}-elem");
    // The place is the page's own. (Where hosts count for nothing, a hash is added and no place.)
    let is_place = !place.starts_with('\'');
    let suffices = |own: &str| {
        let has =
            |wanted: &str| own.split_ascii_whitespace().any(|source| source.eq_ignore_ascii_case(wanted));
        place.split_ascii_whitespace().all(has) || (is_place && has("'self'"))
    };
    let mut found = false;
    for directive in directives.iter_mut().filter(|own| is(own, name) || is(own, &elements)) {
        if !suffices(directive) {
            *directive = with(directive, place);
        }
        found = true;
    }
    let fallback = directives.iter().find(|own| is(own, "default-src") && !suffices(own)).cloned();
    if let Some(fallback) = fallback.filter(|_| !found) {
        let sources =
            fallback.split_once(|c: char| c.is_ascii_whitespace()).map_or("", |(_, sources)| sources);
        directives.push(with(&format!("{name} {sources}"), place));
    }
}

fn with(directive: &str, place: &str) -> String {
    let kept = directive.split_ascii_whitespace().filter(|source| !source.eq_ignore_ascii_case("'none'"));
    kept.chain([place]).collect::<Vec<_>>().join(" ")
}

/// A policy that lets a page load from its own site, from `site.origins` and from permitted services alone. It stops what is
/// held in a page that cannot be read.
pub fn restricting(policy: &Policy, permissions: &Permissions) -> String {
    let permitted = policy.services.iter().filter(|service| permissions.service(service));
    let held: BTreeSet<&str> = policy
        .services
        .iter()
        .filter(|service| !permissions.service(service))
        .flat_map(|service| service.hosts.iter().map(String::as_str))
        .collect();
    let hosts =
        permitted.flat_map(|service| &service.hosts).map(String::as_str).filter(|host| !held.contains(host));
    let sources: BTreeSet<&str> = hosts.chain(policy.site.origins.iter().map(String::as_str)).collect();
    let mut csp = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:".to_owned();
    for source in sources {
        csp.push(' ');
        csp.push_str(source);
    }
    csp
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consent::Choices,
        policy::{Setting, resolve, sample},
    };
    use serde_json::json;

    const PLACE: &str = "https://a.example/.consentry/";

    #[test]
    fn the_nonce_is_that_of_scripts() {
        assert_eq!(nonce_of("script-src 'nonce-abc' 'strict-dynamic'").as_deref(), Some("abc"));
        assert_eq!(nonce_of("default-src 'nonce-x'; script-src 'self'"), None);
        assert_eq!(nonce_of("script-src 'nonce-x'; script-src-elem 'nonce-y'").as_deref(), Some("y"));
        assert_eq!(nonce_of("script-src 'nonce-\"><script>'"), None);
        assert_eq!(nonce_of("style-src 'nonce-x'"), None);
    }

    #[test]
    fn only_what_the_dialogs_need_is_added() {
        for (before, after) in [
            ("img-src 'self'", "img-src 'self'".to_owned()),
            (
                "default-src 'none'",
                format!("default-src 'none'; script-src {PLACE}; style-src {PLACE}; connect-src {PLACE}"),
            ),
            ("default-src 'self'", "default-src 'self'".to_owned()),
            (
                "script-src 'nonce-x' 'strict-dynamic'; style-src 'self'; connect-src 'none'",
                format!("script-src 'nonce-x' 'strict-dynamic'; style-src 'self'; connect-src {PLACE}"),
            ),
            (
                "script-src 'self'; script-src-elem cdn.example, connect-src cdn.example",
                format!(
                    "script-src 'self'; script-src-elem cdn.example {PLACE}, connect-src cdn.example {PLACE}"
                ),
            ),
        ] {
            assert_eq!(amended(before, PLACE, "'sha256-x'"), after);
        }
        let dynamic = amended("script-src 'sha256-y' 'strict-dynamic'", PLACE, "'sha256-x'");
        assert_eq!(dynamic, "script-src 'sha256-y' 'strict-dynamic' 'sha256-x'");
    }

    #[test]
    fn a_page_that_cannot_be_read_loads_nothing_that_is_held() {
        let mut json = sample::json();
        json["services"][0]["hosts"] = json!(["metrics.example", "shared.example"]);
        json["services"][1]["hosts"] = json!(["ads.example", "shared.example"]);
        json["site"]["origins"] = json!(["https://app.example"]);
        let policy: Policy = serde_json::from_value(json).unwrap();
        let choices = Choices { given: ["analytics".parse().unwrap()].into(), ..Choices::default() };
        let regime = resolve(&policy, &Setting::of("en"));
        let csp = restricting(&policy, &Permissions::of(&policy, &regime, Some(&choices)));
        assert!(csp.ends_with("data: blob: https://app.example metrics.example"), "{csp}");
    }
}
