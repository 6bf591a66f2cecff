//! Plural forms by the rules of CLDR (Unicode Technical Standard 35, part 3, "Language Plural Rules").
//!
//! A text with a number has a form for each plural category of its language, separated by `|` in CLDR's
//! order: zero, one, two, few, many, other. A language has some of these only, English one and other.

use crate::policy::Locale;
use icu_locale_core::LanguageIdentifier;
use icu_plurals::{PluralCategory, PluralRules};

/// CLDR's names, in its order.
const CATEGORIES: [(PluralCategory, &str); 6] = [
    (PluralCategory::Zero, "zero"),
    (PluralCategory::One, "one"),
    (PluralCategory::Two, "two"),
    (PluralCategory::Few, "few"),
    (PluralCategory::Many, "many"),
    (PluralCategory::Other, "other"),
];

/// The rules of a locale's language. None where CLDR has none.
fn rules(locale: &Locale) -> Option<PluralRules> {
    let tag = LanguageIdentifier::try_from_str(locale.as_str()).ok()?;
    PluralRules::try_new_cardinal(tag.into()).ok()
}

/// The form that a whole number takes. `other` is the last one, and where forms are too few, the last one
/// stands in.
pub(super) fn form<'a>(locale: &Locale, forms: &'a str, n: u64) -> &'a str {
    let rules = rules(locale);
    let category = rules.as_ref().map_or(PluralCategory::Other, |rules| rules.category_for(n));
    let last = || forms.rsplit('|').next().unwrap_or_default();
    if category == PluralCategory::Other {
        return last();
    }
    let own = categories(rules.as_ref());
    let place = own.take_while(|(own, _)| *own != category).count();
    forms.split('|').nth(place).unwrap_or_else(last)
}

/// The categories of a language in CLDR's order, with their names.
fn categories(rules: Option<&PluralRules>) -> impl Iterator<Item = (PluralCategory, &'static str)> {
    let own: Vec<_> = rules.map(|rules| rules.categories().collect()).unwrap_or_default();
    CATEGORIES.into_iter().filter(move |(category, _)| own.contains(category))
}

/// Joins the forms of a text as [`form`] reads them. Where a category has none, because only fractions have
/// it, the form before it fills its place.
pub(super) fn join<'a>(locale: &Locale, mut form: impl FnMut(&str) -> Option<&'a str>) -> String {
    let rules = rules(locale);
    let mut joined: Vec<&str> = Vec::new();
    for (_, name) in categories(rules.as_ref()) {
        joined.extend(form(name).or_else(|| joined.last().copied()));
    }
    joined.join("|")
}

/// The categories that whole numbers have in a language: every one of them occurs among these numbers.
#[cfg(test)]
pub(super) fn of_integers(locale: &Locale) -> Vec<&'static str> {
    let rules = rules(locale).unwrap();
    let numbers = (0..=200).chain([1_000, 1_000_000]);
    let found: std::collections::HashSet<_> = numbers.map(|n: u64| rules.category_for(n)).collect();
    CATEGORIES.into_iter().filter(|(category, _)| found.contains(category)).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(tag: &str, forms: &str, n: u64) -> String {
        form(&tag.parse().unwrap(), forms, n).to_owned()
    }

    #[test]
    fn a_number_takes_the_form_of_its_category() {
        let polish = |n| said("pl", "miesiąc|miesiące|miesięcy", n);
        assert_eq!((&*polish(1), &*polish(3), &*polish(13)), ("miesiąc", "miesiące", "miesięcy"));
        assert_eq!((&*polish(22), &*polish(0)), ("miesiące", "miesięcy"));
        // Many is for fractions in Czech, so three forms are one, few and other.
        let czech = |n| said("cs", "den|dny|dní", n);
        assert_eq!((&*czech(1), &*czech(2), &*czech(5)), ("den", "dny", "dní"));
        let arabic = |n| said("ar", "0|1|2|few|many|other", n);
        assert_eq!([0, 1, 2, 3, 11, 100].map(arabic), ["0", "1", "2", "few", "many", "other"]);
        assert_eq!(said("ja", "か月", 1), "か月");
        assert_eq!((&*said("fr", "jour|jours", 0), &*said("fr", "jour|jours", 2)), ("jour", "jours"));
        assert_eq!(said("he", "1|2|other", 20), "other", "the category for tens is gone since CLDR 42");
    }

    #[test]
    fn too_few_forms_and_unknown_languages_take_the_last() {
        assert_eq!(said("en", "maanden", 1), "maanden");
        assert_eq!(said("ar", "one|other", 11), "other");
        assert_eq!(said("qq", "one|other", 1), "other");
        assert_eq!(said("en", "", 1), "");
    }

    #[test]
    fn forms_are_joined_so_that_each_is_found_again() {
        let forms = |name: &str| ["one", "few", "other"].into_iter().find(|own| *own == name);
        let czech = "cs".parse().unwrap();
        let joined = join(&czech, forms);
        assert_eq!([1, 2, 5].map(|n| form(&czech, &joined, n)), ["one", "few", "other"]);
        let forms = |name: &str| ["one", "few", "many"].into_iter().find(|own| *own == name);
        let polish = "pl".parse().unwrap();
        let joined = join(&polish, forms);
        assert_eq!([1, 2, 5].map(|n| form(&polish, &joined, n)), ["one", "few", "many"]);
    }

    #[test]
    fn only_the_categories_of_whole_numbers_count() {
        let of = |tag: &str| of_integers(&tag.parse().unwrap());
        assert_eq!(of("cs"), ["one", "few", "other"]);
        assert_eq!(of("pl"), ["one", "few", "many"]);
        assert_eq!(of("es"), ["one", "many", "other"]);
        assert_eq!(of("ga"), ["one", "two", "few", "many", "other"]);
    }
}
