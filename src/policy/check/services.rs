//! Services: what they serve, where they talk to and what they store.

use super::Report;
use crate::{
    id::{PurposeId, ServiceId},
    policy::{COOKIE, Policy, Service},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let mut ids = BTreeSet::new();
    let mut hosts: BTreeMap<&str, (&ServiceId, &PurposeId)> = BTreeMap::new();
    for (i, service) in policy.services.iter().enumerate() {
        let path = format!("services[{i}]");
        if !ids.insert(&service.id) {
            report.add(
                format!("{path}.id"),
                format!("another service is already called `{}`", service.id),
                "Give every service an id of its own.",
            );
        }
        if policy.purpose(&service.purpose).is_none() {
            let known: Vec<_> = policy.purposes.iter().map(|purpose| format!("`{}`", purpose.id)).collect();
            report.add(
                format!("{path}.purpose"),
                format!("no purpose is called `{}`", service.purpose),
                format!("Write one of {}, or declare it under `purposes`.", known.join(", ")),
            );
        }
        for (j, host) in service.hosts.iter().enumerate() {
            let path = format!("{path}.hosts[{j}]");
            if !is_host(host) {
                let message = format!("`{}` is no host", host.escape_debug());
                report.add(
                    path,
                    message,
                    "Write it as example.org or example.org:8443: lower case, no scheme, no path.",
                );
                continue;
            }
            let (other, purpose) = *hosts.entry(host).or_insert((&service.id, &service.purpose));
            if *purpose != service.purpose {
                report.add(
                    path,
                    format!("service `{other}` uses `{host}` for `{purpose}`, so a request to it could not be judged"),
                    "Give each purpose hosts of its own, or put both services under one purpose.",
                );
            }
        }
        stored(service, &path, report);
    }
}

fn stored(service: &Service, path: &str, report: &mut Report) {
    let cookies =
        service.cookies.iter().enumerate().map(|(j, cookie)| (format!("cookies[{j}].name"), &cookie.name));
    let keys = service.storage.iter().enumerate().map(|(j, key)| (format!("storage[{j}]"), key));
    for (i, (place, pattern)) in cookies.chain(keys).enumerate() {
        let is_cookie = i < service.cookies.len();
        let path = format!("{path}.{place}");
        let stem = pattern.strip_suffix('*').unwrap_or(pattern);
        let shown = pattern.escape_debug();
        if stem.is_empty() {
            report.add(
                path,
                format!("`{shown}` matches everything, so clearing it would clear the site's own data too"),
                "Write the name, or its beginning with one * at the end.",
            );
        } else if stem.contains('*') {
            report.add(path, format!("`{shown}` has a * before its end"), "Write one * at the end, or none.");
        } else if !stem.chars().all(|c| if is_cookie { is_token(c) } else { !c.is_control() }) {
            report.add(
                path,
                format!("`{shown}` is no name a browser would store (RFC 6265, section 4.1.1)"),
                "Write letters, digits and marks such as - or _ only.",
            );
        } else if is_cookie && ["__Host-consentry-device", COOKIE].iter().any(|own| matches(pattern, own)) {
            report.add(
                path,
                format!("`{shown}` matches a cookie that keeps the visitor's own choice"),
                "Write a longer beginning that leaves it out.",
            );
        }
    }
}

/// Whether a pattern, with one `*` allowed at its end, matches a name.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |stem| name.starts_with(stem))
}

/// A character of an RFC 9110 token.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'+-.^_`|~".contains(c)
}

/// `host` or `host:port`.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let good_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok()
    };
    is_name(name) && port.is_none_or(good_port)
}

/// A lower-case host name or IPv4 address (RFC 1123, section 2.1); international names in their ASCII form.
pub(super) fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        matches!(label.len(), 1..=63)
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems};
    use serde_json::json;

    #[test]
    fn services_have_their_own_id_and_a_known_purpose() {
        assert_eq!(
            one("/services/1/id", json!("metrics"), "services[1].id"),
            "another service is already called `metrics`"
        );
        let found = problems("/services/1/purpose", json!("ads"));
        assert_eq!(
            found[0].to_string(),
            "services[1].purpose: no purpose is called `ads`. Write one of `necessary`, `analytics`, `marketing`, or \
             declare it under `purposes`."
        );
    }

    #[test]
    fn hosts_have_the_form_of_hosts() {
        for bad in [
            "",
            "https://a.example",
            "A.example",
            "a.example/x",
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "a.example:080",
            "*.a.example",
            "-a.example",
            "a..example",
            "a.example.",
            "ä.example",
            "a b",
            "{metrics}",
            "::1",
        ] {
            assert!(one("/services/0/hosts/0", json!(bad), "services[0].hosts[0]").ends_with("is no host"));
        }
        for good in ["a.example", "a.example:8443", "127.0.0.1:9101", "localhost", "xn--4ca.example"] {
            none("/services/0/hosts/0", json!(good));
        }
    }

    #[test]
    fn a_host_has_one_purpose() {
        let message = one("/services/1/hosts/0", json!("127.0.0.1:9101"), "services[1].hosts[0]");
        assert!(message.starts_with("service `metrics` uses `127.0.0.1:9101` for `analytics`"), "{message}");
        none("/services/0/hosts", json!(["a.example", "a.example"]));
    }

    #[test]
    fn patterns_never_match_everything() {
        for all in ["", "*"] {
            assert!(
                one("/services/0/cookies/0/name", json!(all), "services[0].cookies[0].name")
                    .contains("everything")
            );
            assert!(
                one("/services/0/storage/0", json!(all), "services[0].storage[0]").contains("everything")
            );
        }
        for bad in ["**", "*a", "a*b*"] {
            assert!(
                one("/services/0/cookies/0/name", json!(bad), "services[0].cookies[0].name")
                    .contains("before its end")
            );
        }
        for bad in ["a b", "a;b", "a=b", "é", "a\n"] {
            one("/services/0/cookies/0/name", json!(bad), "services[0].cookies[0].name");
        }
        for own in ["consentry", "con*", "__Host-*"] {
            assert!(
                one("/services/0/cookies/0/name", json!(own), "services[0].cookies[0].name")
                    .contains("own choice")
            );
        }
        none("/services/0/cookies/0/name", json!("_ga_*"));
        none("/services/0/storage/0", json!("queue: é*"));
    }
}
