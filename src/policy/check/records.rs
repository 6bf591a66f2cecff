//! The categories of records.

use super::{Report, listed, purposes::default_text, shown};
use crate::policy::Policy;
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let mut ids = BTreeSet::new();
    for (i, category) in policy.records.iter().enumerate() {
        let path = format!("records[{i}]");
        if !ids.insert(&category.id) {
            report.error(
                format!("{path}.id"),
                format!("another category is already called {}", shown(category.id.as_str())),
                "A record's address names its category.",
                "Give every category an id of its own.",
            );
        }
        if category.purposes.is_empty() {
            report.error(
                format!("{path}.purposes"),
                "no purpose is named",
                "Data may only be kept for specified purposes (GDPR Article 5(1)(b)).",
                "Name what the records are kept for.",
            );
        }
        for (j, purpose) in category.purposes.iter().enumerate() {
            if policy.purpose(purpose).is_none() {
                report.error(
                    format!("{path}.purposes[{j}]"),
                    format!("there is no purpose {}", shown(purpose.as_str())),
                    "Records are deleted once their purpose is not permitted any more.",
                    format!("Name one of {}.", listed(policy.purposes.iter().map(|purpose| &purpose.id))),
                );
            }
        }
        default_text(policy, &category.name, format!("{path}.name"), report);
        for (member, pointers, why) in [
            ("withheld", &category.withheld, "What it names would be handed out."),
            ("rectifiable", &category.rectifiable, "People could not put right what it names."),
        ] {
            for (j, pointer) in pointers.iter().enumerate().filter(|(_, pointer)| !is_pointer(pointer)) {
                report.error(
                    format!("{path}.{member}[{j}]"),
                    format!("{} is no JSON Pointer to a member", shown(pointer)),
                    why,
                    "Write a / before each name on the way to the member, such as /password_hash (RFC 6901).",
                );
            }
        }
    }
}

/// Whether a text points to something inside a document (RFC 6901, section 3).
fn is_pointer(text: &str) -> bool {
    let escapes_right = text.split('~').skip(1).all(|after| after.starts_with('0') || after.starts_with('1'));
    text.starts_with('/') && text.len() <= 256 && escapes_right && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one};
    use serde_json::json;

    #[test]
    fn categories_are_named_once_and_have_purposes() {
        assert!(one("/records/1/id", json!("profile"), "records[1].id").message.contains("already called"));
        one("/records/0/purposes", json!([]), "records[0].purposes");
        let unknown = one("/records/0/purposes/0", json!("surveys"), "records[0].purposes[0]");
        assert_eq!(unknown.remedy, "Name one of `necessary`, `analytics`, `marketing`.");
        one("/records/0/name", json!({"de": "Profil"}), "records[0].name");
    }

    #[test]
    fn members_are_pointed_to() {
        for member in ["withheld", "rectifiable"] {
            let at = format!("/records/0/{member}");
            for good in ["/a", "/a/0/b", "/a~1b", "/~0", "/"] {
                none(&at, json!([good]));
            }
            for bad in ["", "a", "#/a", "/a~2", "/a~", "/a\n", &format!("/{}", "a".repeat(256))] {
                one(&at, json!([bad]), &format!("records[0].{member}[0]"));
            }
        }
    }
}
