//! Languages that are declared and cannot be shown.

use super::{Report, shown};
use crate::policy::{LocalText, Locale, Policy, texts::missing};
use std::collections::BTreeSet;

/// The most languages that are looked at; there are no more interfaces than that.
pub(super) const MOST: usize = 200;

/// A language is offered only where it is complete. One that is begun and not offered is worth a word.
pub(super) fn check(policy: &Policy, report: &mut Report) {
    let default = &policy.locales.default;
    let mut all: BTreeSet<&Locale> = BTreeSet::new();
    for text in policy.purposes.iter().flat_map(|purpose| [&purpose.name, &purpose.description]) {
        all.extend(text.iter().map(|(locale, _)| locale));
    }
    for locale in all.into_iter().filter(|locale| *locale != default).take(MOST) {
        if let Some(path) = gap(policy, locale) {
            report.warn(
                path,
                format!("there is no text in `{locale}`, and others have one"),
                "A language that is not complete is not offered, since people would read half of it in another (GDPR \
                 Article 12(1)).",
                format!("Add a text under `{locale}` here and wherever else it is missing, or take that language out."),
            );
            continue;
        }
        let keys = missing(policy, locale);
        if !keys.is_empty() {
            report.warn(
                format!("locales.texts.{locale}"),
                format!("there is no built-in interface in `{locale}`"),
                "The purposes have texts in it, but the language is not offered without an interface.",
                format!("Write these texts: {}.", shown_keys(&keys)),
            );
        }
    }
}

/// Where the first text is missing in a language.
fn gap(policy: &Policy, locale: &Locale) -> Option<String> {
    let lacks = |text: &LocalText| text.get(locale).is_none();
    policy.purposes.iter().enumerate().find_map(|(i, purpose)| {
        let name = lacks(&purpose.name).then(|| format!("purposes[{i}].name"));
        name.or_else(|| lacks(&purpose.description).then(|| format!("purposes[{i}].description")))
    })
}

fn shown_keys(keys: &[&str]) -> String {
    keys.iter().map(|key| shown(key)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, soon, warned};
    use crate::policy::{sample, warnings};
    use serde_json::{Map, Value, json};

    #[test]
    fn a_language_that_is_begun_is_finished() {
        let found = warned(
            "/purposes/1/description",
            json!({"en": "Counts visits.", "de": "Zählt Besuche."}),
            "purposes[0].name",
        );
        assert!(found.message.contains("`de`") && found.remedy.contains("`de`"), "{found}");
        // A region is shown its language's texts.
        none("/purposes/1/name", json!({"en": "Analytics", "en-GB": "Analytics"}));
    }

    fn translated(locale: &str) -> Value {
        let mut json = sample::json();
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"][locale] = json!("x");
            purpose["description"][locale] = json!("x");
        }
        json
    }

    #[test]
    fn a_language_needs_an_interface() {
        let paths = |locale: &str| -> Vec<String> {
            let found = warnings(&sample::parsed(translated(locale))).into_iter();
            found.map(|one| one.path).filter(|path| path.starts_with("locales")).collect()
        };
        assert_eq!(paths("de"), [""; 0]);
        assert_eq!(paths("eo"), ["locales.texts.eo"]);
    }

    #[test]
    fn thousands_of_languages_take_no_time() {
        let letters = || 'a'..='z';
        let all =
            letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
        let mut texts: Map<String, Value> = all.map(|tag| (tag, json!("x"))).collect();
        texts.insert("en".into(), json!("x"));
        let found = soon("/purposes/1/name", texts.into());
        assert_eq!(found.iter().filter(|one| one.message.contains("others have one")).count(), 200);
    }
}
