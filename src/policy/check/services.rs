//! Services: what they serve, who receives the data, and where they talk to. What they store is in [`super::stored`].

use super::{Report, listed, parties::link, shown};
use crate::{
    id::{PurposeId, ServiceId},
    policy::{Policy, Service, catalogue::is_in_the_eea},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let mut ids = BTreeSet::new();
    let purposes: BTreeSet<_> = policy.purposes.iter().map(|purpose| &purpose.id).collect();
    let mut hosts: BTreeMap<&str, (&ServiceId, &PurposeId)> = BTreeMap::new();
    for (i, service) in policy.services.iter().enumerate() {
        let path = format!("services[{i}]");
        if !ids.insert(&service.id) {
            report.error(
                format!("{path}.id"),
                format!("another service is already called {}", shown(service.id.as_str())),
                "Tags and records name a service by its id.",
                "Give every service an id of its own.",
            );
        }
        if !purposes.contains(&service.purpose) {
            let known = listed(policy.purposes.iter().map(|purpose| &purpose.id));
            report.error(
                format!("{path}.purpose"),
                format!("no purpose is called {}", shown(service.purpose.as_str())),
                "Nothing says whether the service may run.",
                format!("Write one of {known}, or declare it under `purposes`."),
            );
        }
        recipient(service, &path, report);
        for (j, host) in service.hosts.iter().enumerate() {
            let path = format!("{path}.hosts[{j}]");
            if !is_host(host) {
                report.error(
                    path,
                    format!("{} is no host", shown(host)),
                    "Requests are judged by the host they go to.",
                    "Write it as example.org or example.org:8443: lower case, no scheme, no path.",
                );
                continue;
            }
            let (other, purpose) = *hosts.entry(host).or_insert((&service.id, &service.purpose));
            if *purpose != service.purpose {
                report.error(
                    path,
                    format!("service `{other}` uses {} for `{purpose}`", shown(host)),
                    "A request to it could not be judged.",
                    "Give each purpose hosts of its own, or put both services under one purpose.",
                );
            }
        }
    }
}

/// What people are told about who receives the data.
fn recipient(service: &Service, path: &str, report: &mut Report) {
    match &service.privacy_notice {
        Some(notice) => link(&format!("{path}.privacy_notice"), notice, false, report),
        None => report.warn(
            format!("{path}.privacy_notice"),
            "there is no link to the vendor's own privacy notice",
            "Who agrees should be able to learn what the recipient does with the data (GDPR Articles 4(11) and \
             13(1)(e)).",
            "Write its address, such as https://vendor.example/privacy.",
        ),
    }
    let country = &service.recipient.country;
    if service.transfer.is_none() && !is_in_the_eea(country) {
        report.warn(
            format!("{path}.transfer"),
            format!("the recipient is in {country}, outside the European Economic Area, and no transfer is declared"),
            "A transfer there needs a safeguard (GDPR Chapter V), and people are told which (Article 13(1)(f)).",
            format!(
                "Write {{\"country\": \"{country}\", \"safeguard\": \"…\"}} with what your contract or the \
                 Commission's decisions say: `adequacy-decision`, `standard-contractual-clauses`, \
                 `binding-corporate-rules`, `code-of-conduct`, `certification` or `explicit-consent`."
            ),
        );
    }
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
    use super::super::tests::{none, one, problems, warned};
    use crate::policy::{Policy, sample, warnings};
    use serde_json::{Value, json};

    #[test]
    fn services_have_their_own_id_and_a_known_purpose() {
        assert_eq!(
            one("/services/1/id", json!("metrics"), "services[1].id").message,
            "another service is already called `metrics`"
        );
        let found = problems("/services/1/purpose", json!("ads"));
        assert_eq!(
            found[0].to_string(),
            "services[1].purpose: no purpose is called `ads`. Nothing says whether the service may run. Write one of \
             `necessary`, `analytics`, `marketing`, or declare it under `purposes`."
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
            let found = one("/services/0/hosts/0", json!(bad), "services[0].hosts[0]");
            assert!(found.message.ends_with("is no host"), "{found}");
        }
        for good in ["a.example", "a.example:8443", "127.0.0.1:9101", "localhost", "xn--4ca.example"] {
            none("/services/0/hosts/0", json!(good));
        }
    }

    #[test]
    fn a_host_has_one_purpose() {
        let found = one("/services/1/hosts/0", json!("127.0.0.1:9101"), "services[1].hosts[0]");
        assert_eq!(found.message, "service `metrics` uses `127.0.0.1:9101` for `analytics`");
        assert!(found.why.contains("could not be judged"), "{found}");
        none("/services/0/hosts", json!(["a.example", "a.example"]));
    }

    #[test]
    fn a_vendors_notice_is_a_page_elsewhere() {
        for bad in ["", "/privacy", "javascript:alert(1)", "vendor.example"] {
            one("/services/0/privacy_notice", json!(bad), "services[0].privacy_notice");
        }
        none("/services/0/privacy_notice", json!("https://vendor.example/privacy"));
        warned("/services/0/privacy_notice", Value::Null, "services[0].privacy_notice");
    }

    #[test]
    fn a_recipient_elsewhere_needs_a_transfer() {
        let paths = |country: &str| -> Vec<String> {
            let mut json = sample::full();
            json["services"][1]["recipient"]["country"] = json!(country);
            json["services"][1].as_object_mut().unwrap().remove("transfer");
            let policy: Policy = sample::parsed(json);
            let found = warnings(&policy).into_iter().filter(|one| one.path.starts_with("services"));
            found.map(|one| format!("{} {}", one.path, one.why)).collect()
        };
        for outside in ["US", "GB", "CH"] {
            let found = paths(outside);
            assert!(found.len() == 1 && found[0].starts_with("services[1].transfer"), "{found:?}");
            assert!(found[0].contains("Chapter V"), "{found:?}");
        }
        for inside in ["IE", "NO", "RE"] {
            assert_eq!(paths(inside), [""; 0], "{inside}");
        }
    }
}
