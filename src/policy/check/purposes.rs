//! Purposes and their lawful bases.

use super::Report;
use crate::policy::{LawfulBasis, LocalText, Policy, Purpose};
use std::collections::BTreeSet;

/// As many bits as the decision cookie has for purposes, with room to spare.
const MOST_OPTIONAL: usize = 30;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    if policy.purposes.is_empty() {
        report.add(
            "purposes",
            "no purpose is declared, and data may only be collected for specified ones (GDPR Article 5(1)(b))",
            "Declare at least what the site itself needs, as a purpose that is essential.",
        );
    }
    let optional = policy.optional_purposes().count();
    if optional > MOST_OPTIONAL {
        report.add(
            "purposes",
            format!(
                "{optional} optional purposes are more than {MOST_OPTIONAL}; nobody can choose among so many"
            ),
            "Join those that belong together.",
        );
    }
    let mut ids = BTreeSet::new();
    for (i, purpose) in policy.purposes.iter().enumerate() {
        let path = format!("purposes[{i}]");
        if !ids.insert(&purpose.id) {
            report.add(
                format!("{path}.id"),
                format!("another purpose is already called `{}`", purpose.id),
                "Give every purpose an id of its own.",
            );
        }
        basis(purpose, &path, report);
        default_text(policy, &purpose.name, format!("{path}.name"), report);
        default_text(policy, &purpose.description, format!("{path}.description"), report);
    }
}

fn basis(purpose: &Purpose, path: &str, report: &mut Report) {
    let by_consent = purpose.basis == LawfulBasis::Consent;
    if purpose.essential && by_consent {
        report.add(
            format!("{path}.basis"),
            "an essential purpose cannot rest on consent: what cannot be refused is not freely given (GDPR \
             Article 4(11))",
            "Write the basis it really has, often `contract`, or set `essential` to false.",
        );
    } else if !purpose.essential && !by_consent {
        report.add(
            format!("{path}.basis"),
            "what is stored on or read from a device and is not essential needs consent, whatever basis later use \
             has (ePrivacy Directive Article 5(3))",
            "Write `consent`, or set `essential` to true if the service people asked for fails without it.",
        );
    }
}

fn default_text(policy: &Policy, text: &LocalText, path: String, report: &mut Report) {
    let default = &policy.locales.default;
    if text.get(default).is_none() {
        report.add(
            path,
            format!("there is no text in the default locale `{default}`"),
            format!("Add a text under `{default}`."),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems};
    use crate::policy::sample;
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
        assert!(found[0].message.contains("Article 5(1)(b)"), "{}", found[0]);

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
            "purposes[2].id: another purpose is already called `analytics`. Give every purpose an id of its own."
        );
    }

    #[test]
    fn essential_and_consent_exclude_each_other() {
        assert!(one("/purposes/0/basis", json!("consent"), "purposes[0].basis").contains("freely given"));
        for basis in
            ["contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"]
        {
            assert!(one("/purposes/1/basis", json!(basis), "purposes[1].basis").contains("ePrivacy"));
            none("/purposes/0/basis", json!(basis));
        }
    }

    #[test]
    fn the_default_locale_is_complete() {
        let message = one("/purposes/0/name", json!({"de": "Notwendig"}), "purposes[0].name");
        assert_eq!(message, "there is no text in the default locale `en`");
        one("/purposes/1/description", json!({}), "purposes[1].description");
        none("/purposes/0/name", json!({"en": "Necessary", "de": "Notwendig"}));
    }
}
