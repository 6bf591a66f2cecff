//! What is usual for the services a policy declares, and different in it.

use crate::policy::{
    Policy, Problem, Service,
    catalogue::{Category, ConsentInterface, Known, by_host, is_in_the_eea},
};
use std::collections::BTreeSet;

/// Everything to think about, in the order of the document.
pub(super) fn of(policy: &Policy) -> Vec<Problem> {
    let mut advice = Vec::new();
    for (i, service) in policy.services.iter().enumerate() {
        let path = format!("services[{i}]");
        if service.hosts.is_empty() && service.cookies.is_empty() && service.storage.is_empty() {
            advice.push(Problem::warning(
                &path,
                "no host, cookie or storage key is declared",
                "Nothing of it is recognised, kept off or cleared.",
                "Write the hosts it loads from, its cookies and its storage keys.",
            ));
        }
        let known = known_services(service);
        transfer(service, &known, &path, &mut advice);
        for known in known {
            familiar(policy, service, known, &path, &mut advice);
        }
    }
    signals(policy, &mut advice);
    advice
}

/// The known services that a declared one is, by its hosts.
fn known_services(service: &Service) -> Vec<&'static Known> {
    let mut seen = BTreeSet::new();
    let hosts = service.hosts.iter().map(|host| host.split(':').next().unwrap_or_default());
    hosts.filter_map(by_host).filter(|known| seen.insert(known.id.as_str())).collect()
}

/// A recipient within the European Economic Area may pass data on. One outside it is the core's own to warn of.
fn transfer(service: &Service, known: &[&Known], path: &str, advice: &mut Vec<Problem>) {
    let Some(usual) = known.iter().find_map(|known| known.transfer.as_ref()) else { return };
    if service.transfer.is_none() && is_in_the_eea(&service.recipient.country) {
        advice.push(Problem::warning(
            format!("{path}.transfer"),
            format!("data of this service usually goes on to {usual}, and no transfer is declared"),
            "A transfer there needs a safeguard (GDPR Chapter V), and people are told which (Article 13(1)(f)).",
            format!(
                "If it does on your site, write {{\"country\": \"{usual}\", \"safeguard\": \"…\"}} with what your \
                 contract or the Commission's decisions say."
            ),
        ));
    }
}

/// What is usual for a known service and different here.
fn familiar(policy: &Policy, service: &Service, known: &Known, path: &str, advice: &mut Vec<Problem>) {
    let essential = policy.purpose(&service.purpose).is_some_and(|purpose| purpose.essential);
    if essential && matches!(known.purpose, Category::Analytics | Category::Marketing) {
        advice.push(Problem::warning(
            format!("{path}.purpose"),
            format!("`{}` is essential, and {} rarely is", service.purpose, known.name),
            "Without consent only what is strictly necessary for what people asked for may be stored or read (ePrivacy \
             Directive Article 5(3)).",
            "Put it under a purpose that people can refuse.",
        ));
    }
    let declared = |name: &str| service.cookies.iter().any(|own| own.name == name || own.matches(name));
    let missing: Vec<_> = known
        .cookies
        .iter()
        .filter(|cookie| !declared(&cookie.name))
        .map(|cookie| serde_json::to_string(cookie).unwrap_or_default())
        .collect();
    if !missing.is_empty() {
        advice.push(Problem::warning(
            format!("{path}.cookies"),
            format!("{} usually sets cookies that are not declared", known.name),
            "People are not told of them (Court of Justice, C-673/17), and they are not cleared on withdrawal.",
            format!("If they are set on your site, add {}.", missing.join(", ")),
        ));
    }
}

/// Vendors that can be told what people chose, and are not.
fn signals(policy: &Policy, advice: &mut Vec<Problem>) {
    let microsoft = policy.signals.microsoft.as_ref();
    let untold = [
        (
            policy.signals.google.is_none(),
            ConsentInterface::Google,
            "signals.google",
            "Write which purpose grants each type: {\"types\": {\"analytics_storage\": \"…\", \"ad_storage\": \"…\", \
             \"ad_user_data\": \"…\", \"ad_personalization\": \"…\"}}; a type that is left out stays denied.",
        ),
        (
            microsoft.is_none_or(|own| own.uet.is_none()),
            ConsentInterface::Uet,
            "signals.microsoft.uet",
            "Write the id of the purpose that grants `ad_storage`.",
        ),
        (
            microsoft.is_none_or(|own| own.clarity.is_none()),
            ConsentInterface::Clarity,
            "signals.microsoft.clarity",
            "Write {\"analytics_storage\": \"…\"} with the id of the purpose that grants it.",
        ),
    ];
    for (missing, interface, path, remedy) in untold {
        let mut own = policy.services.iter().flat_map(known_services);
        if let Some(known) = own.find(|known| missing && known.interface == Some(interface)) {
            advice.push(Problem::warning(
                path,
                format!("{} is declared, and it is not told what people chose", known.name),
                "The vendor has an interface for that, and without it a withdrawal does not reach what already runs.",
                remedy,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::{Value, json};

    fn advice(change: impl FnOnce(&mut Value)) -> Vec<Problem> {
        let mut json = sample::json();
        change(&mut json);
        of(&sample::parsed(json))
    }

    fn paths(change: impl FnOnce(&mut Value)) -> Vec<String> {
        advice(change).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_known_service_is_held_against_what_it_usually_does() {
        let found = advice(|json| {
            json["services"][0]["hosts"] = json!(["www.google-analytics.com", "metrics.example:8443"]);
            json["services"][0]["recipient"]["country"] = json!("IE");
            json["services"][0]["cookies"] = json!([{"name": "_ga", "lifetime": "P13M"}]);
        });
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["services[0].transfer", "services[0].cookies", "signals.google"]);
        assert!(found[1].remedy.contains(r#"{"name":"_ga_*","lifetime":"P2Y"}"#), "{}", found[1]);
        assert!(!found[1].remedy.contains(r#""_ga""#), "{}", found[1]);
        assert!(found.iter().all(|problem| !problem.is_error()));
    }

    #[test]
    fn services_nobody_knows_are_left_alone() {
        assert_eq!(paths(|_| {}), [""; 0]);
        assert_eq!(paths(|json| json["services"][0]["recipient"]["country"] = json!("US")), [""; 0]);
    }

    #[test]
    fn analytics_is_rarely_essential() {
        let found = paths(|json| {
            json["services"][0]["hosts"] = json!(["plausible.io"]);
            json["services"][0]["purpose"] = json!("necessary");
        });
        assert_eq!(found, ["services[0].purpose"]);
    }

    #[test]
    fn vendors_with_an_interface_are_told() {
        let uet = |json: &mut Value| {
            json["services"][0]["hosts"] = json!(["bat.bing.com"]);
            json["services"][0]["cookies"] =
                json!([{"name": "_uet*", "lifetime": "P13M"}, {"name": "MUID", "lifetime": "P13M"}]);
            json["services"][0]["transfer"] = json!({"country": "US", "safeguard": "adequacy-decision"});
        };
        assert_eq!(paths(uet), ["signals.microsoft.uet"]);
        let told = paths(|json| {
            uet(json);
            json["signals"] = json!({"microsoft": {"uet": "marketing"}});
        });
        assert_eq!(told, [""; 0]);
    }

    #[test]
    fn a_service_without_traces_cannot_be_kept_off() {
        let found = paths(|json| {
            for place in ["hosts", "cookies", "storage"] {
                json["services"][0][place] = json!([]);
            }
        });
        assert_eq!(found, ["services[0]"]);
    }
}
