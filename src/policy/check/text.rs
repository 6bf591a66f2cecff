//! Every text a person may read is plain text in one direction's order.

use super::{Report, shown};
use crate::policy::{
    LocalText, Policy,
    texts::{Interface, built_in, missing, placeholders},
};

/// The most characters of a name, and of anything longer than a name.
const NAME: usize = 100;
const PROSE: usize = 1000;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let controller = &policy.controller;
    plain("site.name", &policy.site.name, NAME, report);
    plain("controller.name", &controller.name, NAME, report);
    plain("controller.address", &controller.address, PROSE, report);
    if let Some(name) = controller.dpo.as_ref().and_then(|dpo| dpo.name.as_ref()) {
        plain("controller.dpo.name", name, NAME, report);
    }
    if let Some(representative) = &controller.representative {
        plain("controller.representative.name", &representative.name, NAME, report);
        plain("controller.representative.address", &representative.address, PROSE, report);
    }
    for (i, purpose) in policy.purposes.iter().enumerate() {
        localized(&format!("purposes[{i}].name"), &purpose.name, NAME, report);
        localized(&format!("purposes[{i}].description"), &purpose.description, PROSE, report);
    }
    for (i, service) in policy.services.iter().enumerate() {
        plain(&format!("services[{i}].name"), &service.name, NAME, report);
        plain(&format!("services[{i}].recipient.name"), &service.recipient.name, NAME, report);
    }
    for (i, category) in policy.records.iter().enumerate() {
        if let Some(from) = &category.received_from {
            localized(&format!("records[{i}].received_from"), from, PROSE, report);
        }
    }
    for (i, decision) in policy.automated_decisions.iter().flatten().enumerate() {
        let path = format!("automated_decisions[{i}]");
        localized(&format!("{path}.name"), &decision.name, NAME, report);
        localized(&format!("{path}.logic"), &decision.logic, PROSE, report);
        localized(&format!("{path}.consequences"), &decision.consequences, PROSE, report);
    }
    plain("consent.proof.ground", &policy.consent.proof.ground, PROSE, report);
    interface(policy, report);
}

fn localized(path: &str, text: &LocalText, most: usize, report: &mut Report) {
    for (locale, text) in text.iter() {
        plain(&format!("{path}.{locale}"), text, most, report);
    }
}

/// The site's own interface texts, and whether the default locale has any at all.
fn interface(policy: &Policy, report: &mut Report) {
    let default = &policy.locales.default;
    let missing = missing(policy, default);
    if !missing.is_empty() {
        report.error(
            "locales.default",
            format!("there is no built-in interface in `{default}`"),
            "An interface that is half in another language is not understood (GDPR Article 12(1)).",
            format!(
                "Choose another default, or write under `locales.texts.{default}`: {}.",
                missing.join(", ")
            ),
        );
    }
    for (locale, texts) in &policy.locales.texts {
        for (key, text) in texts.iter() {
            let path = format!("locales.texts.{locale}.{key}");
            let mut english = built_in_english();
            let Some(own) = english.as_mut().and_then(|english| english.text(key)) else {
                let known: Vec<_> = Interface::keys().collect();
                report.error(
                    path,
                    format!("there is no interface text called {}", shown(key)),
                    "It would be shown nowhere.",
                    format!("Write one of {}.", known.join(", ")),
                );
                continue;
            };
            plain(&path, text, PROSE, report);
            // Places of the built-in text, and the names that are good everywhere.
            let known: Vec<_> = placeholders(own).chain(["site", "controller"]).collect();
            if let Some(unknown) = placeholders(text).find(|name| !known.contains(name)) {
                report.error(
                    path,
                    format!("nothing is filled in for `{{{}}}`", unknown.escape_debug()),
                    "People would read the bare place.",
                    format!("Here these are known: {}.", known.join(", ")),
                );
            }
        }
    }
}

fn built_in_english() -> Option<Interface> {
    "en".parse().ok().and_then(|english| built_in(&english))
}

fn plain(path: &str, text: &str, most: usize, report: &mut Report) {
    if text.trim().is_empty() {
        let why = "People have to be told in plain words (GDPR Article 12(1)).";
        return report.error(path, "there is no text", why, "Write what people should read here.");
    }
    let length = text.chars().count();
    if length > most {
        report.error(
            path,
            format!("{length} characters are more than {most}"),
            "Information has to be concise (GDPR Article 12(1)).",
            "Say it more briefly.",
        );
    }
    if let Some(c) = text.chars().find(|c| is_unseen(*c)) {
        report.error(
            path,
            format!("it holds {}", c.escape_unicode()),
            "People cannot see it, and it changes what they read.",
            "Take it out; write text on one line, without marks that turn its direction.",
        );
    }
    if has_markup(text) {
        report.error(
            path,
            "it holds HTML",
            "Texts here are plain; people would read the markup.",
            "Take the markup out; write & and < as they are.",
        );
    }
}

/// Controls, line and paragraph separators, byte order marks, and what overrides the direction of text (the
/// characters of "Trojan Source"). The plain direction marks are fine.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether a browser would see a tag, a comment or a character reference.
fn has_markup(text: &str) -> bool {
    let after = |mark: char| text.split(mark).skip(1);
    let tag = after('<').any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)));
    let reference = after('&').any(|rest| {
        rest.split_once(';').is_some_and(|(name, _)| {
            let name = name.strip_prefix('#').unwrap_or(name);
            !name.is_empty() && name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    });
    tag || reference
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems};
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    /// Every place of the sample that holds text for people.
    const TEXTS: [(&str, &str); 18] = [
        ("/site/name", "site.name"),
        ("/controller/name", "controller.name"),
        ("/controller/address", "controller.address"),
        ("/controller/dpo/name", "controller.dpo.name"),
        ("/controller/representative/name", "controller.representative.name"),
        ("/controller/representative/address", "controller.representative.address"),
        ("/purposes/0/name/en", "purposes[0].name.en"),
        ("/purposes/2/name/en", "purposes[2].name.en"),
        ("/purposes/0/description/en", "purposes[0].description.en"),
        ("/purposes/2/description/en", "purposes[2].description.en"),
        ("/services/0/name", "services[0].name"),
        ("/services/1/recipient/name", "services[1].recipient.name"),
        ("/records/2/received_from/en", "records[2].received_from.en"),
        ("/automated_decisions/0/name/en", "automated_decisions[0].name.en"),
        ("/automated_decisions/0/logic/en", "automated_decisions[0].logic.en"),
        ("/automated_decisions/0/consequences/en", "automated_decisions[0].consequences.en"),
        ("/consent/proof/ground", "consent.proof.ground"),
        ("/locales/texts/en/choose", "locales.texts.en.choose"),
    ];

    #[test]
    fn every_text_is_checked() {
        for (pointer, path) in TEXTS {
            assert!(one(pointer, json!("<b>bold</b>"), path).message.contains("HTML"));
            assert!(one(pointer, json!("a\u{202e}b"), path).message.starts_with("it holds \\u{202e}"));
            assert_eq!(one(pointer, json!(" "), path).message, "there is no text");
            assert!(one(pointer, json!("x".repeat(1001)), path).message.starts_with("1001 characters"));
        }
    }

    #[test]
    fn plain_text_may_hold_what_only_looks_like_markup() {
        for good in
            ["Fern & Clay", "a < b > c", "5 <6", "\u{e9}\u{4e2d}\u{1f33f}", "\u{200f}\u{5d0}", "it's \"so\""]
        {
            if good != "AT&T; more" {
                none("/site/name", json!(good));
            }
        }
        for bad in ["<script>", "a<!--", "</p>", "<?x", "&amp;", "&#60;", "&#x3c;", "&lt;b"] {
            assert!(has_markup(bad), "{bad}");
        }
    }

    #[test]
    fn unseen_characters_are_named() {
        for bad in ["\0", "\n", "\t", "\u{7f}", "\u{85}", "\u{2028}", "\u{2066}", "\u{202a}", "\u{feff}"] {
            let problem = one("/site/name", json!(format!("a{bad}b")), "site.name");
            assert!(problem.why.contains("cannot see"), "{problem}");
        }
    }

    #[test]
    fn own_interface_texts_have_known_keys_and_places() {
        let found = problems("/locales/texts/en", json!({"chose": "x"}));
        assert_eq!(found[0].message, "there is no interface text called `chose`");
        assert!(found[0].remedy.contains("choose, open"), "{}", found[0]);
        let found = one("/locales/texts/en/choose", json!("Choose {purposes}"), "locales.texts.en.choose");
        assert_eq!(found.message, "nothing is filled in for `{purposes}`");
        none("/locales/texts/en", json!({"banner_text": "{site} asks about {purposes}."}));
    }

    #[test]
    fn a_default_without_interface_is_a_gap() {
        let mut json = sample::json();
        json["locales"]["default"] = json!("eo");
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"] = json!({"eo": "Nomo"});
            purpose["description"] = json!({"eo": "Priskribo"});
        }
        let found = crate::policy::parse(&json.to_string()).unwrap_err();
        assert_eq!(found[0].message, "there is no built-in interface in `eo`");
        assert!(found[0].remedy.contains("banner_title, banner_text"), "{}", found[0]);

        let own: serde_json::Map<_, _> =
            Interface::keys().map(|key| (key.to_owned(), json!("teksto"))).collect();
        json["locales"]["texts"] = json!({"eo": own});
        assert!(crate::policy::parse(&json.to_string()).is_ok());
    }
}
