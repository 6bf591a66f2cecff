//! The decisions that are made solely by automated means.

use super::{Report, listed, locales::MOST, purposes::default_text, shown};
use crate::policy::{AutomatedDecision, Locale, Policy, texts::offered};
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let Some(decisions) = &policy.automated_decisions else { return };
    let others = offered(policy).into_iter().filter(|locale| *locale != policy.locales.default);
    let others: Vec<_> = others.take(MOST).collect();
    let mut ids = BTreeSet::new();
    for (i, decision) in decisions.iter().enumerate() {
        let path = format!("automated_decisions[{i}]");
        if !ids.insert(&decision.id) {
            report.error(
                format!("{path}.id"),
                format!("another automated decision is already called {}", shown(decision.id.as_str())),
                "What is said of a decision is known by its name.",
                "Give every automated decision an id of its own.",
            );
        }
        references(policy, decision, &path, report);
        for (member, text) in
            [("name", &decision.name), ("logic", &decision.logic), ("consequences", &decision.consequences)]
        {
            default_text(policy, text, format!("{path}.{member}"), report);
        }
        languages(&others, decision, &path, report);
    }
}

/// Whether what it names is declared.
fn references(policy: &Policy, decision: &AutomatedDecision, path: &str, report: &mut Report) {
    let purposes = decision.purposes.iter().enumerate();
    for (j, purpose) in purposes.filter(|(_, purpose)| policy.purpose(purpose).is_none()) {
        report.error(
            format!("{path}.purposes[{j}]"),
            format!("there is no purpose {}", shown(purpose.as_str())),
            "People would not be told what the decision is made for.",
            format!("Name one of {}.", listed(policy.purposes.iter().map(|purpose| &purpose.id))),
        );
    }
    let records = decision.records.iter().enumerate();
    for (j, category) in records.filter(|(_, category)| policy.category(category).is_none()) {
        let known = listed(policy.records.iter().map(|category| &category.id));
        report.error(
            format!("{path}.records[{j}]"),
            format!("there is no category of records {}", shown(category.as_str())),
            "People would not be told which data the decision uses.",
            if known.is_empty() {
                "Declare the category under `records`, or leave it out.".to_owned()
            } else {
                format!("Name one of {known}.")
            },
        );
    }
}

/// Whether everybody reads of it in the language they are shown.
fn languages(others: &[Locale], decision: &AutomatedDecision, path: &str, report: &mut Report) {
    let AutomatedDecision { name, logic, consequences, .. } = decision;
    let lacks = |locale: &&_| [name, logic, consequences].iter().any(|text| text.get(locale).is_none());
    let lacking = listed(others.iter().filter(lacks));
    if !lacking.is_empty() {
        report.warn(
            path,
            format!("it is not whole in {lacking}"),
            "The site is shown in other languages than the default one, and people would read of the decision \
             half in another (GDPR Article 12(1)).",
            "Write `name`, `logic` and `consequences` in these languages too.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems, soon, warned};
    use crate::policy::{parse, sample};
    use serde_json::{Value, json};

    fn decision(id: &str) -> Value {
        json!({"id": id, "name": {"en": "Name"}, "logic": {"en": "Logic"}, "consequences": {"en": "Consequences"}})
    }

    #[test]
    fn none_and_nothing_said_are_both_fine() {
        none("/automated_decisions", json!([]));
        none("/automated_decisions", Value::Null);
        none("/automated_decisions", json!([decision("invoice"), decision("limit")]));
    }

    #[test]
    fn decisions_are_named_once() {
        let twice = json!([decision("invoice"), decision("invoice")]);
        let found = one("/automated_decisions", twice, "automated_decisions[1].id");
        assert!(found.message.contains("already called `invoice`"), "{found}");
    }

    #[test]
    fn what_it_uses_is_declared() {
        let at = "/automated_decisions/0";
        let found = one(&format!("{at}/purposes/0"), json!("surveys"), "automated_decisions[0].purposes[0]");
        assert_eq!(found.remedy, "Name one of `necessary`, `analytics`, `marketing`.");
        let found = one(&format!("{at}/records/0"), json!("scores"), "automated_decisions[0].records[0]");
        assert_eq!(found.remedy, "Name one of `profile`, `interests`, `credit`.");
        let found = one("/records", json!([]), "automated_decisions[0].records[0]");
        assert!(found.remedy.starts_with("Declare the category"), "{found}");
    }

    #[test]
    fn it_has_every_text_in_the_default_language() {
        for member in ["name", "logic", "consequences"] {
            let path = format!("automated_decisions[0].{member}");
            let found = one(&format!("/automated_decisions/0/{member}"), json!({"de": "Deutsch"}), &path);
            assert_eq!(found.message, "there is no text in the default locale `en`");
            let mut json = sample::full();
            json["automated_decisions"][0].as_object_mut().unwrap().remove(member);
            assert!(parse(&json.to_string()).unwrap_err()[0].message.contains(member));
        }
    }

    #[test]
    fn a_language_that_is_offered_has_it_too() {
        let mut json = sample::full();
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"]["de"] = json!("Name");
            purpose["description"]["de"] = json!("Beschreibung");
        }
        let found = warned("/purposes", json["purposes"].clone(), "automated_decisions[0]");
        assert!(found.message.ends_with("in `de`"), "{found}");
        for member in ["name", "logic", "consequences"] {
            json["automated_decisions"][0][member]["de"] = json!("Text");
        }
        assert_eq!(crate::policy::warnings(&sample::parsed(json)).len(), 2, "those of the sample itself");
    }

    #[test]
    fn many_decisions_take_no_time() {
        let many: Vec<_> = (0..1000).map(|n| decision(&format!("d{n}"))).collect();
        assert_eq!(soon("/automated_decisions", json!(many)).iter().filter(|one| one.is_error()).count(), 0);
        assert_eq!(problems("/automated_decisions", json!(many)).len(), 0);
    }
}
