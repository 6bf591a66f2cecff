//! Purposes, their lawful bases and uses.

use super::{Report, shown};
use crate::policy::{LawfulBasis, LocalText, Policy, Purpose, Use, material::optional_services};
use std::collections::BTreeSet;

/// As many bits as the decision cookie has for purposes, with room to spare.
const MOST_OPTIONAL: usize = 30;

/// As many bits as the decision cookie has for services, so that it stays within 120 bytes.
const MOST_SERVICES: usize = 100;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    if policy.purposes.is_empty() {
        report.error(
            "purposes",
            "no purpose is declared",
            "Data may only be collected for specified purposes (GDPR Article 5(1)(b)).",
            "Declare at least what the site itself needs, as a purpose that is essential.",
        );
    }
    let optional = policy.optional_purposes().count();
    if optional > MOST_OPTIONAL {
        report.error(
            "purposes",
            format!("{optional} optional purposes are more than {MOST_OPTIONAL}"),
            "Nobody can choose among so many (GDPR Article 12(1)).",
            "Join those that belong together.",
        );
    }
    let services = optional_services(policy).count();
    if services > MOST_SERVICES {
        report.error(
            "services",
            format!("{services} services of optional purposes are more than {MOST_SERVICES}"),
            "The decision cookie has a bit for each and at most 120 bytes, and nobody can judge so many recipients.",
            "Leave out those that are not used, and join those of one recipient.",
        );
    }
    let mut ids = BTreeSet::new();
    for (i, purpose) in policy.purposes.iter().enumerate() {
        let path = format!("purposes[{i}]");
        if !ids.insert(&purpose.id) {
            report.error(
                format!("{path}.id"),
                format!("another purpose is already called {}", shown(purpose.id.as_str())),
                "Tags and records name a purpose by its id.",
                "Give every purpose an id of its own.",
            );
        }
        basis(purpose, &path, report);
        basis_elsewhere(purpose, &path, report);
        uses(purpose, &path, report);
        default_text(policy, &purpose.name, format!("{path}.name"), report);
        default_text(policy, &purpose.description, format!("{path}.description"), report);
    }
}

fn basis(purpose: &Purpose, path: &str, report: &mut Report) {
    let by_consent = purpose.basis == LawfulBasis::Consent;
    if purpose.essential && by_consent {
        report.error(
            format!("{path}.basis"),
            "an essential purpose cannot rest on consent",
            "What cannot be refused is not freely given (GDPR Article 4(11)).",
            "Write the basis it really has, often `contract`, or set `essential` to false.",
        );
    } else if !purpose.essential && !by_consent {
        let remedy = if purpose.basis == LawfulBasis::LegitimateInterests {
            "Write `consent` here, and `legitimate-interests` as `basis_elsewhere`, which holds where data may be used \
             until the person objects; or set `essential` to true if the service people asked for fails without it."
        } else {
            "Write `consent`, or set `essential` to true if the service people asked for fails without it."
        };
        report.error(
            format!("{path}.basis"),
            "what is optional cannot rest on anything but consent where consent is asked for",
            "What is stored on or read from a device and is not essential needs consent, whatever basis later use has \
             (ePrivacy Directive Article 5(3)).",
            remedy,
        );
    }
}

fn basis_elsewhere(purpose: &Purpose, path: &str, report: &mut Report) {
    let path = format!("{path}.basis_elsewhere");
    match purpose.basis_elsewhere {
        Some(_) if purpose.essential => report.error(
            path,
            "an essential purpose has one basis everywhere",
            "Nobody is asked about it anywhere, so the rules of a region do not turn on it.",
            "Leave it out.",
        ),
        Some(LawfulBasis::Consent) => report.error(
            path,
            "consent is no basis for data that is used until the person objects",
            "Silence is not consent (GDPR recital 32); people would be told what is not so (Article 13(1)(c)).",
            "Leave it out, or write the basis it really has there, often `legitimate-interests`.",
        ),
        _ => {}
    }
}

fn uses(purpose: &Purpose, path: &str, report: &mut Report) {
    let path = format!("{path}.uses");
    if purpose.essential && !purpose.uses.is_empty() {
        return report.error(
            path,
            "an essential purpose has no uses that a region has rules for",
            "What may be refused somewhere is not essential (ePrivacy Directive Article 5(3)).",
            "Leave it out, or declare that use as a purpose of its own that people can refuse.",
        );
    }
    let any = |kinds: &[Use]| kinds.iter().any(|kind| purpose.uses.contains(kind));
    let mild = any(&[Use::Statistics, Use::Appearance]);
    if mild && any(&[Use::Sale, Use::Sharing, Use::TargetedAdvertising]) {
        report.warn(
            path,
            "statistics or appearance stand together with sale, sharing or targeted advertising",
            "Only data used for nothing else is exempt from consent in the United Kingdom (PECR, schedule A1), so this \
             purpose is not.",
            "Declare two purposes if the data is kept apart; else leave `statistics` and `appearance` out.",
        );
    }
}

pub(super) fn default_text(policy: &Policy, text: &LocalText, path: String, report: &mut Report) {
    let default = &policy.locales.default;
    if text.get(default).is_none() {
        report.error(
            path,
            format!("there is no text in the default locale `{default}`"),
            "It is shown to everybody whose own languages are not complete.",
            format!("Add a text under `{default}`."),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems, warned};
    use crate::policy::{parse, sample};
    use serde_json::{Value, json};

    fn optional(n: usize) -> Value {
        (0..n)
            .map(|i| {
                json!({
                    "id": format!("p{i}"), "essential": false, "basis": "consent",
                    "name": {"en": "Name"}, "description": {"en": "Description"}
                })
            })
            .collect()
    }

    #[test]
    fn there_are_purposes_but_not_too_many() {
        let found = problems("/purposes", json!([]));
        assert_eq!(found[0].path, "purposes");
        assert!(found[0].why.contains("Article 5(1)(b)"), "{}", found[0]);

        let mut json = sample::json();
        json["services"] = json!([]);
        json["purposes"] = optional(30);
        assert!(crate::policy::parse(&json.to_string()).is_ok());
        json["purposes"] = optional(31);
        let found = crate::policy::parse(&json.to_string()).unwrap_err();
        assert!(found[0].message.starts_with("31 optional purposes"), "{found:?}");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn ids_are_unique() {
        let found = problems("/purposes/2/id", json!("analytics"));
        assert_eq!(
            found[0].to_string(),
            "purposes[2].id: another purpose is already called `analytics`. Tags and records name a purpose by its id. \
             Give every purpose an id of its own."
        );
    }

    #[test]
    fn essential_and_consent_exclude_each_other() {
        let found = one("/purposes/0/basis", json!("consent"), "purposes[0].basis");
        assert!(found.why.contains("freely given"), "{found}");
        for basis in
            ["contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"]
        {
            let found = one("/purposes/1/basis", json!(basis), "purposes[1].basis");
            assert!(found.why.contains("ePrivacy"), "{found}");
            assert_eq!(
                found.remedy.contains("`basis_elsewhere`"),
                basis == "legitimate-interests",
                "{found}"
            );
            none("/purposes/0/basis", json!(basis));
        }
    }

    #[test]
    fn another_basis_elsewhere_is_for_what_is_optional_and_no_consent() {
        one("/purposes/0/basis_elsewhere", json!("contract"), "purposes[0].basis_elsewhere");
        let found = one("/purposes/1/basis_elsewhere", json!("consent"), "purposes[1].basis_elsewhere");
        assert!(found.remedy.starts_with("Leave it out"), "{found}");
        none("/purposes/1/basis_elsewhere", json!("legitimate-interests"));
    }

    #[test]
    fn uses_are_of_what_is_optional_and_exempt_only_alone() {
        one("/purposes/0/uses", json!(["statistics"]), "purposes[0].uses");
        none("/purposes/1/uses", json!(["statistics", "appearance"]));
        none("/purposes/1/uses", json!(["sale", "sensitive-data"]));
        for uses in [json!(["statistics", "sale"]), json!(["appearance", "sharing"])] {
            let found = warned("/purposes/1/uses", uses, "purposes[1].uses");
            assert!(found.why.contains("schedule A1"), "{found}");
        }
    }

    #[test]
    fn the_decision_cookie_has_room_for_a_hundred_services() {
        let services = |n: usize, purpose: &str| -> Value {
            let service = |i| {
                json!({
                    "id": format!("s{i}"), "purpose": purpose, "name": "Service",
                    "recipient": {"name": "Vendor", "country": "IE"}
                })
            };
            (0..n).map(service).collect()
        };
        let mut json = sample::json();
        json["services"] = services(100, "analytics");
        assert!(parse(&json.to_string()).is_ok());
        json["services"] = services(101, "analytics");
        let found = parse(&json.to_string()).unwrap_err();
        assert_eq!((found.len(), found[0].path.as_str()), (1, "services"), "{found:?}");
        assert!(found[0].why.contains("120 bytes"), "{}", found[0]);
        json["services"] = services(101, "necessary");
        assert!(parse(&json.to_string()).is_ok(), "those of essential purposes need no bit");
    }

    #[test]
    fn the_default_locale_is_complete() {
        let found = problems("/purposes/0/name", json!({"de": "Notwendig"}));
        assert_eq!(found[0].message, "there is no text in the default locale `en`");
        assert_eq!(
            (found.len(), found[1].is_error()),
            (2, false),
            "that German is not complete is a warning"
        );
        one("/purposes/1/description", json!({}), "purposes[1].description");
        none("/purposes/0/name", json!({"en": "Necessary", "en-GB": "Necessary"}));
    }
}
