//! What is taken over from earlier tools.

use super::{
    Report, optional_ids, shown,
    stored::{is_cookie_name, is_own},
};
use crate::policy::{Import, Policy, Source};
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for (i, import) in policy.imports.iter().enumerate() {
        let path = format!("imports[{i}]");
        if !seen.insert((import.from, import.name())) {
            report.error(
                format!("{path}.from"),
                format!("{} under {} is imported already", import.from.as_str(), shown(import.name())),
                "The first one decides, so this one never would.",
                "Join both, or give this one the name of its own cookie or key.",
            );
        }
        name(import, &path, report);
        purposes(policy, import, &path, report);
        grants(import, &path, report);
    }
}

fn name(import: &Import, path: &str, report: &mut Report) {
    let Some(name) = &import.name else { return };
    if !is_cookie_name(name) {
        report.error(
            format!("{path}.name"),
            format!("{} is no name a browser would store", shown(name)),
            "A cookie's name is a token (RFC 6265, section 4.1.1).",
            format!("Write the name the tool was given, or leave it out for `{}`.", import.from.usual_name()),
        );
    } else if is_own(name) {
        report.error(
            format!("{path}.name"),
            format!("{} is the cookie of the decisions made here", shown(name)),
            "A decision made here is not an earlier tool's.",
            format!("Write the name the tool was given, or leave it out for `{}`.", import.from.usual_name()),
        );
    }
}

fn purposes(policy: &Policy, import: &Import, path: &str, report: &mut Report) {
    if import.purposes.is_empty() {
        report.warn(
            format!("{path}.purposes"),
            "no category of the earlier tool is mapped",
            "Nothing is taken over, and people are asked again, those who refused too.",
            "Write each category or service of that tool with the purpose here that it stood for.",
        );
    }
    for (category, purpose) in &import.purposes {
        let path = format!("{path}.purposes.{category}");
        match policy.purpose(purpose) {
            None => report.error(
                path,
                format!("no purpose is called {}", shown(purpose.as_str())),
                "What was decided about it there has no place here.",
                format!("Write one of {}, or leave the category out.", optional_ids(policy)),
            ),
            Some(purpose) if purpose.essential => report.error(
                path,
                format!("{} is essential", shown(purpose.id.as_str())),
                "Nobody decides about it here, so nothing of it can be taken over.",
                "Leave the category out.",
            ),
            Some(_) => {}
        }
    }
}

/// Whether grants are taken over at all.
fn grants(import: &Import, path: &str, report: &mut Report) {
    let path = format!("{path}.same_notice");
    if !import.same_notice {
        report.warn(
            path,
            "only refusals are taken over",
            "Consent is given to the purposes and recipients that were named (GDPR Article 4(11)); whoever agreed \
             there is asked again.",
            "Write true if the earlier notice named the same purposes and recipients as this policy; else leave it \
             out.",
        );
    } else if matches!(import.from, Source::Klaro | Source::Orejime) {
        report.warn(
            path,
            format!("only refusals are taken over, since {} keeps no date", import.from.as_str()),
            "Whether consent is still fresh cannot be shown (GDPR Article 7(1)).",
            "Leave it out: whoever agreed there is asked again.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, warned};
    use serde_json::{Value, json};

    fn import(change: impl FnOnce(&mut Value)) -> Value {
        let mut import =
            json!({"from": "cookieconsent", "purposes": {"stats": "analytics"}, "same_notice": true});
        change(&mut import);
        json!([import])
    }

    #[test]
    fn categories_stand_for_purposes_that_can_be_refused() {
        none("/imports", import(|_| {}));
        let path = "imports[0].purposes.stats";
        let found = one("/imports", import(|json| json["purposes"]["stats"] = json!("statistics")), path);
        assert!(found.remedy.contains("`analytics`, `marketing`"), "{found}");
        let found = one("/imports", import(|json| json["purposes"]["stats"] = json!("necessary")), path);
        assert_eq!(found.message, "`necessary` is essential");
        warned("/imports", import(|json| json["purposes"] = json!({})), "imports[0].purposes");
    }

    #[test]
    fn a_record_is_declared_once() {
        let one_import = import(|_| {})[0].clone();
        let mut named = one_import.clone();
        named["name"] = json!("cc_cookie");
        one("/imports", json!([one_import, named]), "imports[1].from");
        let mut other = one_import.clone();
        other["name"] = json!("cc_old");
        none("/imports", json!([one_import, other]));
    }

    #[test]
    fn names_are_names_of_cookies() {
        for bad in ["", "a b", "a=b", "a;b", "é", "consentry", "__Host-consentry-device"] {
            one("/imports", import(|json| json["name"] = json!(bad)), "imports[0].name");
        }
        none("/imports", import(|json| json["name"] = json!("eu-consent_2")));
    }

    #[test]
    fn where_grants_are_not_taken_over_is_said() {
        let found =
            warned("/imports", import(|json| json["same_notice"] = json!(false)), "imports[0].same_notice");
        assert!(found.message == "only refusals are taken over" && found.why.contains("4(11)"), "{found}");
        for undated in ["klaro", "orejime"] {
            let found =
                warned("/imports", import(|json| json["from"] = json!(undated)), "imports[0].same_notice");
            assert!(found.message.ends_with("keeps no date"), "{found}");
        }
        for dated in ["c15t", "fides"] {
            none("/imports", import(|json| json["from"] = json!(dated)));
        }
    }
}
