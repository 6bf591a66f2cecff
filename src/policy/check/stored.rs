//! What services store on a device, by name or pattern.

use super::{Report, shown};
use crate::{
    id::{PurposeId, ServiceId},
    policy::{COOKIE, Policy, Service},
};

/// The cookies that keep the visitor's own choice.
const OWN: [&str; 2] = ["__Host-consentry-device", COOKIE];

pub(super) fn check(policy: &Policy, report: &mut Report) {
    for (i, service) in policy.services.iter().enumerate() {
        names(service, &format!("services[{i}]"), report);
    }
    overlaps(policy, report);
}

fn names(service: &Service, path: &str, report: &mut Report) {
    for (j, cookie) in service.cookies.iter().enumerate() {
        name(&cookie.name, true, format!("{path}.cookies[{j}].name"), report);
    }
    for (j, key) in service.storage.iter().enumerate() {
        name(key, false, format!("{path}.storage[{j}]"), report);
    }
}

/// Checks a pattern by itself.
fn name(pattern: &str, is_cookie: bool, path: String, report: &mut Report) {
    const WHOLE: &str = "Write the name, or a longer beginning of it with one * at the end.";
    let stem = pattern.strip_suffix('*').unwrap_or(pattern);
    let shown = shown(pattern);
    if stem.is_empty() {
        let why = "Clearing it would clear the site's own data too.";
        report.error(path, format!("{shown} matches everything"), why, WHOLE);
    } else if stem.contains('*') {
        let why = "A name is compared from its beginning.";
        report.error(
            path,
            format!("{shown} has a * before its end"),
            why,
            "Write one * at the end, or none.",
        );
    } else if !stem.chars().all(|c| if is_cookie { is_token(c) } else { !c.is_control() }) {
        report.error(
            path,
            format!("{shown} is no name a browser would store"),
            "A cookie's name is a token (RFC 6265, section 4.1.1), a key a line of text.",
            "Write letters, digits and marks such as - or _ only.",
        );
    } else if stem != pattern && stem.chars().nth(1).is_none() {
        let why = "So short a beginning fits names that are not this service's, and they would be cleared.";
        report.error(path, format!("{shown} is too broad"), why, WHOLE);
    } else if is_cookie && OWN.iter().any(|own| matches(pattern, own)) {
        report.error(
            path,
            format!("{shown} matches a cookie that keeps the visitor's own choice"),
            "Clearing it would forget what the visitor decided.",
            "Write a longer beginning that leaves it out.",
        );
    }
}

/// A declared cookie. In this order what a pattern covers follows it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Declared<'a> {
    stem: &'a str,
    exact: bool,
    at: (usize, usize),
    service: &'a ServiceId,
    purpose: &'a PurposeId,
}

/// Finds cookies that two purposes claim.
fn overlaps(policy: &Policy, report: &mut Report) {
    let mut all = Vec::new();
    for (i, service) in policy.services.iter().enumerate() {
        for (j, cookie) in service.cookies.iter().enumerate() {
            let stem = cookie.name.strip_suffix('*');
            all.push(Declared {
                stem: stem.unwrap_or(&cookie.name),
                exact: stem.is_none(),
                at: (i, j),
                service: &service.id,
                purpose: &service.purpose,
            });
        }
    }
    all.sort_unstable();
    // Those that cover the present one: the patterns it starts with, and an equal name.
    let mut covering: Vec<&Declared<'_>> = Vec::new();
    let mut found = Vec::new();
    for declared in &all {
        let covers = |own: &Declared<'_>| {
            if own.exact {
                own.stem == declared.stem && declared.exact
            } else {
                declared.stem.starts_with(own.stem)
            }
        };
        while covering.last().is_some_and(|own| !covers(own)) {
            covering.pop();
        }
        // A `*` alone is reported by itself.
        let other = covering.iter().find(|own| own.purpose != declared.purpose && !own.stem.is_empty());
        if let Some(other) = other {
            let (first, second) =
                if other.at < declared.at { (*other, declared) } else { (declared, *other) };
            found.push((second.at, first));
        }
        // Of what claims the same for the same purpose, one is enough.
        let repeats = |own: &&Declared<'_>| {
            (own.stem, own.exact, own.purpose) == (declared.stem, declared.exact, declared.purpose)
        };
        if !covering.last().is_some_and(repeats) {
            covering.push(declared);
        }
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    found.dedup_by_key(|(at, _)| *at);
    for ((i, j), Declared { service, purpose, .. }) in found {
        report.error(
            format!("services[{i}].cookies[{j}].name"),
            format!("service `{service}` claims the same cookies for `{purpose}`"),
            "Whether such a cookie may stay could not be judged.",
            "Write names or beginnings that do not overlap, or put both services under one purpose.",
        );
    }
}

/// Whether a pattern, with one `*` allowed at its end, matches a name.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |stem| name.starts_with(stem))
}

/// Whether a browser would take a cookie of this name.
pub(super) fn is_cookie_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_token)
}

/// Whether a cookie keeps the visitor's own choice.
pub(super) fn is_own(name: &str) -> bool {
    OWN.contains(&name)
}

/// A character of an RFC 9110 token.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems, soon};
    use serde_json::{Value, json};

    const COOKIE: &str = "/services/0/cookies/0/name";
    const AT: &str = "services[0].cookies[0].name";

    #[test]
    fn patterns_never_match_everything() {
        for all in ["", "*"] {
            assert!(one(COOKIE, json!(all), AT).message.contains("everything"));
            let found = one("/services/0/storage/0", json!(all), "services[0].storage[0]");
            assert!(found.message.contains("everything"), "{found}");
        }
        for bad in ["**", "*a", "a*b*"] {
            assert!(one(COOKIE, json!(bad), AT).message.contains("before its end"));
        }
        for bad in ["a b", "a;b", "a=b", "é", "a\n"] {
            assert!(one(COOKIE, json!(bad), AT).message.contains("no name"));
        }
        for own in ["consentry", "con*", "__Host-*"] {
            assert!(one(COOKIE, json!(own), AT).message.contains("own choice"));
        }
        for broad in ["_*", "x*"] {
            assert!(one(COOKIE, json!(broad), AT).message.contains("too broad"));
        }
        assert!(
            one("/services/0/storage/0", json!("é*"), "services[0].storage[0]").message.contains("too broad")
        );
        for good in ["_ga_*", "_g*", "a"] {
            none(COOKIE, json!(good));
        }
        none("/services/0/storage/0", json!("queue: é*"));
    }

    #[test]
    fn a_cookie_has_one_purpose() {
        let at = "services[1].cookies[0].name";
        // The sample's first service claims `pm_*` for analytics.
        for overlapping in ["pm_*", "pm_x", "pm_x*", "pm*", "pm_"] {
            let found = one("/services/1/cookies/0/name", json!(overlapping), at);
            assert_eq!(
                found.message, "service `metrics` claims the same cookies for `analytics`",
                "{overlapping}"
            );
        }
        for apart in ["pm", "p", "pn*", "PM_*", "pmx"] {
            none("/services/1/cookies/0/name", json!(apart));
        }
        // The first service has one exact name too.
        let named = |names: [&str; 2]| -> Value {
            names.map(|name| json!({"name": name, "lifetime": "session"})).into_iter().collect()
        };
        one("/services/0/cookies", named(["pm_*", "ad_id"]), at);
        one("/services/0/cookies", named(["ad*", "ad_*"]), at);
        none("/services/0/cookies", named(["pm_*", "pm_a"]));
        none("/services/0/cookies", named(["pm_*", "ad"]));
    }

    #[test]
    fn what_lies_between_hides_no_overlap() {
        let cookie = |name: &str| json!({"name": name, "lifetime": "session"});
        let found = problems(
            "/services",
            json!([
                {"id": "a", "purpose": "analytics", "name": "A", "recipient": {"name": "A", "country": "IE"},
                 "privacy_notice": "https://a.example/", "cookies": [cookie("xx*"), cookie("xxaa*")]},
                {"id": "b", "purpose": "marketing", "name": "B", "recipient": {"name": "B", "country": "IE"},
                 "privacy_notice": "https://b.example/", "cookies": [cookie("xxab"), cookie("xy")]},
            ]),
        );
        let paths: Vec<_> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["services[1].cookies[0].name"]);
    }

    #[test]
    fn many_names_take_no_time() {
        let long = "a".repeat(700);
        let names: Vec<_> =
            (2..700).map(|n| json!({"name": format!("{}*", &long[..n]), "lifetime": "P1D"})).collect();
        assert_eq!(soon("/services/1/cookies", json!(names)).iter().filter(|one| one.is_error()).count(), 0);
        let names: Vec<_> =
            (0..6000).map(|n| json!({"name": format!("pm_{n}"), "lifetime": "P1D"})).collect();
        let found = soon("/services/1/cookies", json!(names));
        assert_eq!(found.iter().filter(|one| one.is_error()).count(), 6000, "all of them overlap `pm_*`");
    }
}
