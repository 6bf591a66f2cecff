//! The categories of records.

use super::{Report, listed, locales::MOST, purposes::default_text, shown};
use crate::policy::{Category, DataSource, Locale, Policy, texts::offered};
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let others = offered(policy).into_iter().filter(|locale| *locale != policy.locales.default);
    let others: Vec<_> = others.take(MOST).collect();
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
        origin(policy, &others, category, format!("{path}.received_from"), report);
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

/// Whether people are told whom the data was received from, everybody in the language they are shown.
fn origin(policy: &Policy, others: &[Locale], category: &Category, path: String, report: &mut Report) {
    let is_received = category.source == DataSource::Received;
    let Some(from) = &category.received_from else {
        if is_received {
            report.warn(
                path,
                "nobody is named whom the data was received from",
                "People are entitled to any available information as to the source (GDPR Article 15(1)(g)).",
                "Write who gave it in each language, or of what kind they are, such as {\"en\": \"A credit agency\"}.",
            );
        }
        return;
    };
    if !is_received {
        report.error(
            path.clone(),
            "somebody is named whom the data was received from, and its source is another",
            "People would be told of two sources, one of which is wrong (GDPR Article 15(1)(g)).",
            "Write \"source\": \"received\", or leave it out.",
        );
    }
    let lacking = listed(others.iter().filter(|locale| from.get(locale).is_none()));
    if !lacking.is_empty() {
        report.warn(
            path.clone(),
            format!("there is no text in {lacking}"),
            "The site is shown in other languages than the default one, and people would read of the source in \
             another (GDPR Article 12(1)).",
            "Add a text in these languages too.",
        );
    }
    default_text(policy, from, path, report);
}

/// Whether a text points to something inside a document (RFC 6901, section 3).
fn is_pointer(text: &str) -> bool {
    let escapes_right = text.split('~').skip(1).all(|after| after.starts_with('0') || after.starts_with('1'));
    text.starts_with('/') && text.len() <= 256 && escapes_right && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, warned};
    use crate::policy::{sample, warnings};
    use serde_json::{Value, json};

    #[test]
    fn categories_are_named_once_and_have_purposes() {
        assert!(one("/records/1/id", json!("profile"), "records[1].id").message.contains("already called"));
        one("/records/0/purposes", json!([]), "records[0].purposes");
        let unknown = one("/records/0/purposes/0", json!("surveys"), "records[0].purposes[0]");
        assert_eq!(unknown.remedy, "Name one of `necessary`, `analytics`, `marketing`.");
        one("/records/0/name", json!({"de": "Profil"}), "records[0].name");
    }

    #[test]
    fn who_gave_what_was_received_is_named_and_nobody_else() {
        let at = "records[2].received_from";
        let found = warned("/records/2/received_from", Value::Null, at);
        assert!(found.why.contains("Article 15(1)(g)"), "{found}");
        one("/records/2/received_from", json!({"de": "Eine Auskunftei"}), at);
        one("/records/2/received_from", json!({}), at);
        let both = one("/records/1/received_from", json!({"en": "A friend"}), "records[1].received_from");
        assert!(both.message.contains("its source is another"), "{both}");
        none("/records/2/received_from", json!({"en": "A credit agency", "de": "Eine Auskunftei"}));
    }

    #[test]
    fn who_gave_it_is_named_in_every_language_that_is_offered() {
        let mut json = sample::full();
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"]["de"] = json!("Zweck");
            purpose["description"]["de"] = json!("Wozu");
        }
        let of_source = |json: Value| {
            let found = warnings(&sample::parsed(json)).into_iter();
            found
                .filter(|one| one.path == "records[2].received_from")
                .map(|one| one.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(of_source(json.clone()), [""; 0]);
        json["records"][2]["received_from"] = json!({"en": "A credit agency"});
        assert_eq!(of_source(json), ["there is no text in `de`"]);
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
