//! The interface texts: what the dialogs say apart from what the site itself declares.
//!
//! Each language is a file of data, so a further one is no code but its name in [`languages`]. A site's own
//! texts override by key. Texts are templates: `{site}` and its like are filled in, once, by [`fill`].

mod languages;
#[cfg(test)]
mod languages_tests;
mod negotiate;
mod plural;
mod tables;

pub use tables::{Copies, Messages, Replies, Rights, Terms, Words};

use super::{Country, LawfulBasis, Locale, Policy, Safeguard};
use std::{borrow::Cow, collections::BTreeSet};
use tables::Table as _;

/// Everything the interface says in one language.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Shown in the dialogs.
    pub words: Words,
    /// Parts of what is shown.
    pub terms: Terms,
    /// Shown in answer to a form.
    pub replies: Replies,
    /// Shown by the page while something happens.
    pub messages: Messages,
    /// Shown where people use their rights.
    pub rights: Rights,
    /// Said in the copy of a person's data.
    pub copies: Copies,
    /// Names of countries, one a line after the code.
    countries: &'static str,
    /// Whose plural rules numbers follow.
    locale: Locale,
}

impl Interface {
    /// Every key a site may override.
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        let tables = [Words::KEYS, Terms::KEYS, Replies::KEYS, Messages::KEYS, Rights::KEYS, Copies::KEYS];
        tables.into_iter().flatten().copied()
    }

    fn slot(&mut self, key: &str) -> Option<&mut Cow<'static, str>> {
        let Self { words, terms, replies, messages, rights, copies, .. } = self;
        let dialogs = words.slot(key).or_else(|| terms.slot(key));
        let answers = dialogs.or_else(|| replies.slot(key)).or_else(|| messages.slot(key));
        answers.or_else(|| rights.slot(key)).or_else(|| copies.slot(key))
    }

    /// The built-in text of a key.
    pub(super) fn text(&mut self, key: &str) -> Option<&str> {
        self.slot(key).map(|text| &**text)
    }

    /// A country's name; its code where this language has no names.
    pub(super) fn country<'a>(&self, country: &'a Country) -> Cow<'a, str> {
        let names = self.countries.lines().filter_map(|line| line.split_once(' '));
        let name =
            names.filter(|(code, _)| *code == country.as_str()).map(|(_, name)| Cow::Borrowed(name)).next();
        name.unwrap_or(Cow::Borrowed(country.as_str()))
    }

    /// A number with its unit, in the right plural form.
    pub(super) fn count(&self, forms: &str, n: u64) -> String {
        fill(plural::form(&self.locale, forms, n), &[("n", &n.to_string())])
    }

    pub(super) fn basis(&self, basis: LawfulBasis) -> &str {
        let terms = &self.terms;
        match basis {
            LawfulBasis::Consent => &terms.basis_consent,
            LawfulBasis::Contract => &terms.basis_contract,
            LawfulBasis::LegalObligation => &terms.basis_legal_obligation,
            LawfulBasis::VitalInterests => &terms.basis_vital_interests,
            LawfulBasis::PublicTask => &terms.basis_public_task,
            LawfulBasis::LegitimateInterests => &terms.basis_legitimate_interests,
        }
    }

    pub(super) fn safeguard(&self, safeguard: Safeguard) -> &str {
        let terms = &self.terms;
        match safeguard {
            Safeguard::AdequacyDecision => &terms.safeguard_adequacy_decision,
            Safeguard::StandardContractualClauses => &terms.safeguard_standard_contractual_clauses,
            Safeguard::BindingCorporateRules => &terms.safeguard_binding_corporate_rules,
            Safeguard::CodeOfConduct => &terms.safeguard_code_of_conduct,
            Safeguard::Certification => &terms.safeguard_certification,
            Safeguard::ExplicitConsent => &terms.safeguard_explicit_consent,
        }
    }
}

/// The built-in texts of a language, if there are any.
pub(super) fn built_in(locale: &Locale) -> Option<Interface> {
    languages::find(locale).map(|language| language.interface(locale))
}

/// The interface in a locale: built in, with the site's own texts over it.
pub fn interface(policy: &Policy, locale: &Locale) -> Interface {
    let mut interface = built_in(locale)
        .unwrap_or_else(|| Interface { countries: "", ..languages::english().interface(locale) });
    let overrides = &policy.locales.texts;
    // A region's texts go over its language's.
    let language = locale.language().parse::<Locale>().ok().filter(|language| language != locale);
    for own in language.iter().chain([locale]).filter_map(|locale| overrides.get(locale)) {
        for (key, text) in own.iter() {
            if let Some(slot) = interface.slot(key) {
                *slot = Cow::Owned(text.to_owned());
            }
        }
    }
    interface
}

/// The keys that have no text in a locale. An interface that is half in another language is not offered.
pub(super) fn missing(policy: &Policy, locale: &Locale) -> Vec<&'static str> {
    if languages::find(locale).is_some() {
        return Vec::new();
    }
    let language = locale.language().parse::<Locale>().ok();
    let own: Vec<_> =
        language.iter().chain([locale]).filter_map(|locale| policy.locales.texts.get(locale)).collect();
    Interface::keys().filter(|key| !own.iter().any(|texts| texts.has(key))).collect()
}

/// The locales in which every text exists, the default among them.
pub(super) fn offered(policy: &Policy) -> BTreeSet<Locale> {
    let texts = || policy.purposes.iter().flat_map(|purpose| [&purpose.name, &purpose.description]);
    let named = texts().flat_map(|text| text.iter().map(|(locale, _)| locale.clone()));
    let complete = |locale: &Locale| {
        texts().all(|text| text.get(locale).is_some()) && missing(policy, locale).is_empty()
    };
    let candidates: BTreeSet<Locale> = named.collect();
    candidates.into_iter().filter(complete).chain([policy.locales.default.clone()]).collect()
}

/// The locale among those offered that is nearest to a tag: that one, else the same with less detail, else
/// another form of the language.
pub(super) fn nearest(policy: &Policy, tag: &str) -> Option<Locale> {
    negotiate::nearest(&negotiate::Tag::parse(tag)?, offered(policy).iter()).cloned()
}

/// The locale among those offered that an `Accept-Language` header asks for.
pub(super) fn accepted(policy: &Policy, header: &str) -> Option<Locale> {
    negotiate::accepted(header, offered(policy).iter()).cloned()
}

/// Whether a code names a country.
pub(super) fn is_country(code: &str) -> bool {
    let mut codes = languages::english().countries.lines().filter_map(|line| line.split_once(' '));
    codes.any(|(own, _)| own == code)
}

/// Puts values in the places a template names: `{site}`. What it does not know stays as it is, and what is
/// put in is not looked at again.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let place = after.split_once('}');
        let value = place.and_then(|(name, behind)| {
            values.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value, behind))
        });
        if let Some((value, behind)) = value {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}

/// The placeholders of a template.
pub(super) fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn english() -> Interface {
        built_in(&"en".parse().unwrap()).unwrap()
    }

    #[test]
    fn filling_is_one_pass_and_leaves_what_it_does_not_know() {
        let values = [("site", "{n} & Clay"), ("n", "3")];
        assert_eq!(fill("{site}: {n} of {m} {", &values), "{n} & Clay: 3 of {m} {");
        assert_eq!(fill("{{n}}", &values), "{3}");
    }

    #[test]
    fn numbers_take_their_plural_form() {
        let interface = english();
        assert_eq!(interface.count(&interface.terms.months, 1), "1 month");
        assert_eq!(interface.count(&interface.terms.months, 13), "13 months");
        assert_eq!(interface.count("{n} maanden", 1), "1 maanden", "one form is enough");
    }

    #[test]
    fn every_key_reaches_its_text() {
        let mut interface = english();
        let keys: BTreeSet<_> = Interface::keys().collect();
        assert_eq!(keys.len(), Interface::keys().count(), "a key is in one table only");
        for key in keys {
            assert!(!interface.text(key).unwrap().is_empty(), "{key}");
        }
        assert_eq!(interface.text("nonsense"), None);
    }

    #[test]
    fn a_site_overrides_by_key_and_a_region_its_language() {
        let mut json = sample::json();
        json["locales"]["texts"] = serde_json::json!({
            "en": {"reject_all": "No, thanks", "accept_all": "Yes, please"},
            "en-GB": {"accept_all": "Jolly good"},
        });
        let policy = sample::parsed(json);
        let words = |tag: &str| interface(&policy, &tag.parse().unwrap()).words;
        assert_eq!(words("en").reject_all, "No, thanks");
        assert_eq!((&*words("en-GB").reject_all, &*words("en-GB").accept_all), ("No, thanks", "Jolly good"));
        assert_eq!(words("en").choose, english().words.choose);
    }

    #[test]
    fn a_site_writes_plural_forms_in_order() {
        let mut json = sample::json();
        json["locales"]["texts"] = serde_json::json!({
            "pl": {"days": "{n} doba|{n} doby|{n} dób", "hours": "godziny: {n}"},
        });
        let interface = interface(&sample::parsed(json), &"pl".parse().unwrap());
        let days = [1, 2, 5].map(|n| interface.count(&interface.terms.days, n));
        assert_eq!(days, ["1 doba", "2 doby", "5 dób"]);
        assert_eq!(interface.count(&interface.terms.hours, 1), "godziny: 1");
        let months = [1, 2, 5].map(|n| interface.count(&interface.terms.months, n));
        assert_eq!(months, ["1 miesiąc", "2 miesiące", "5 miesięcy"]);
    }

    #[test]
    fn a_locale_finds_its_language() {
        let title = |tag: &str| built_in(&tag.parse().unwrap()).map(|interface| interface.words.banner_title);
        assert_eq!(title("de-AT"), title("de"));
        assert_eq!(title("no"), title("nb"));
        assert_eq!(title("zh"), title("zh-Hans"));
        assert_ne!(title("pt-BR"), title("pt-PT"));
        assert_eq!((title("zh-TW"), title("zh-Hant"), title("eo")), (None, None, None));
    }

    #[test]
    fn a_language_without_texts_keeps_the_codes_of_countries() {
        let interface = interface(&sample::policy(), &"eo".parse().unwrap());
        let country = serde_json::from_value(serde_json::json!("IE")).unwrap();
        assert_eq!(interface.country(&country), "IE");
        assert_eq!(interface.words, english().words);
    }

    #[test]
    fn countries_are_known_by_code() {
        assert!(is_country("IE") && is_country("XK"));
        assert!(!is_country("UK") && !is_country("ie") && !is_country("") && !is_country("IE Ireland"));
        assert_eq!(languages::english().countries.lines().count(), 250);
    }
}
