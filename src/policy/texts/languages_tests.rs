//! Every language file says what English does, in its own words and plural forms.

use super::languages::{self, Language};
use super::*;
use crate::policy::sample;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Texts that are the same in every language, or may be.
const SHARED: [&str; 5] = ["list_separator", "cookie", "pair", "cookies", "details"];

/// Texts that a language shares with English.
const SAME: [(&str, &str); 8] = [
    ("de", "code"),
    ("fr", "code"),
    ("fr", "minutes"),
    ("hr", "minutes"),
    ("nl", "code"),
    ("nl", "weeks"),
    ("ro", "minutes"),
    ("sl", "minutes"),
];

/// The texts of a file by table and key, as they are written.
fn tables(language: &Language) -> BTreeMap<String, BTreeMap<String, Value>> {
    serde_json::from_str(language.json).unwrap_or_else(|error| panic!("{}.json: {error}", language.tag))
}

/// Every text of a file by key; a text with plural forms once for each.
fn texts(language: &Language) -> Vec<(String, String)> {
    let all = tables(language).into_values().flatten();
    all.flat_map(|(key, value)| match value {
        Value::String(text) => vec![(key, text)],
        Value::Object(forms) => {
            forms.values().map(|form| (key.clone(), form.as_str().unwrap().to_owned())).collect()
        }
        other => panic!("{}.json: {key} is {other}", language.tag),
    })
    .collect()
}

fn english() -> BTreeMap<String, String> {
    texts(languages::english()).into_iter().collect()
}

/// More than a site's texts are refused for: our own need no marks of direction, joiners or soft hyphens.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn set(template: &str) -> BTreeSet<&str> {
    placeholders(template).collect()
}

#[test]
fn every_language_of_the_union_is_there_and_ten_more() {
    let tags: BTreeSet<_> = languages::all().map(|language| language.tag).collect();
    let union = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv";
    let more = "ar he is ja ko nb pt-BR tr uk zh-Hans";
    assert_eq!(tags, union.split(' ').chain(more.split(' ')).collect());
    assert_eq!(tags.len(), languages::all().count());
    for tag in tags {
        assert_eq!(languages::find(&tag.parse().unwrap()).map(|found| found.tag), Some(tag));
    }
}

#[test]
fn every_file_has_the_keys_of_its_tables_and_no_others() {
    for language in languages::all() {
        let keys = |table: &[&str]| table.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
        let tables = tables(language);
        let found: Vec<_> =
            tables.iter().map(|(name, texts)| (&**name, texts.keys().cloned().collect())).collect();
        let expected = [
            ("copies", keys(Copies::KEYS)),
            ("messages", keys(Messages::KEYS)),
            ("replies", keys(Replies::KEYS)),
            ("rights", keys(Rights::KEYS)),
            ("terms", keys(Terms::KEYS)),
            ("words", keys(Words::KEYS)),
        ];
        assert_eq!(found, expected, "{}.json", language.tag);
    }
}

#[test]
fn every_text_has_the_placeholders_of_english() {
    let english = english();
    for language in languages::all() {
        for (key, text) in texts(language) {
            assert_eq!(set(&text), set(&english[&key]), "{}.json: {key}", language.tag);
            let braces = text.matches(['{', '}']).count();
            assert_eq!(braces, 2 * placeholders(&text).count(), "{}.json: {key}", language.tag);
        }
    }
}

#[test]
fn plural_forms_are_those_of_whole_numbers_in_cldr() {
    for language in languages::all() {
        let locale = language.tag.parse().unwrap();
        let expected: BTreeSet<_> = plural::of_integers(&locale).into_iter().map(str::to_owned).collect();
        let plurals = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
        for (key, value) in tables(language).into_values().flatten() {
            let forms = value.as_object().map(|forms| forms.keys().cloned().collect());
            let expected = plurals.contains(&&*key).then(|| expected.clone());
            assert_eq!(forms, expected, "{}.json: {key}", language.tag);
        }
        let interface = built_in(&locale).unwrap();
        let forms = tables(language)["terms"]["days"].as_object().unwrap().clone();
        for n in (0..=200).chain([1_000, 1_000_000]) {
            let said = interface.count(&interface.terms.days, n);
            let form = said.replace(&n.to_string(), "{n}");
            assert!(forms.values().any(|own| *own == form), "{}: {said}", language.tag);
        }
    }
}

#[test]
fn every_text_passes_the_check_of_a_site_s_own() {
    for language in languages::all() {
        let locale = language.tag.parse().unwrap();
        let mut interface = built_in(&locale).unwrap();
        let texts: BTreeMap<_, _> =
            Interface::keys().map(|key| (key, interface.text(key).unwrap().to_owned())).collect();
        let mut json = sample::json();
        json["locales"]["texts"] = json!({ language.tag: texts });
        let problems = crate::policy::parse(&json.to_string()).err();
        assert!(problems.is_none(), "{}.json: {problems:?}", language.tag);
    }
}

#[test]
fn every_text_is_one_clean_line() {
    for language in languages::all() {
        for (key, text) in texts(language) {
            let at = format!("{}.json: {key}", language.tag);
            assert!(!text.trim().is_empty(), "{at}");
            assert!(key == "list_separator" || text == text.trim(), "{at} has space around it");
            assert!(!text.contains("  "), "{at} has two spaces");
            assert!(!text.contains('|'), "{at} has the mark between plural forms");
            assert!(!text.contains(is_unseen), "{at} holds a character that cannot be seen");
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    let english: BTreeSet<_> = texts(languages::english()).into_iter().collect();
    let mut left: Vec<_> = Vec::new();
    for language in languages::all().filter(|language| language.tag != "en") {
        for text in texts(language) {
            let key = &*text.0;
            if english.contains(&text) && !SHARED.contains(&key) && !SAME.contains(&(language.tag, key)) {
                left.push(format!("{}.json: {key}", language.tag));
            }
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn buttons_are_short_and_of_a_size() {
    for language in languages::all() {
        let words = built_in(&language.tag.parse().unwrap()).unwrap().words;
        let [refuse, agree, choose] =
            [&words.reject_all, &words.accept_all, &words.choose].map(|text| text.chars().count());
        assert!(refuse.max(agree).max(choose) <= 24, "{}: {refuse}, {agree}, {choose}", language.tag);
        assert!(refuse <= 2 * agree && agree <= 2 * refuse, "{}: {refuse}, {agree}", language.tag);
    }
}

#[test]
fn only_arabic_and_hebrew_run_from_the_right() {
    let right = |language: &&Language| language.tag.parse::<Locale>().unwrap().direction() == "rtl";
    let found: Vec<_> = languages::all().filter(right).map(|language| language.tag).collect();
    assert_eq!(found, ["ar", "he"]);
}

#[test]
fn countries_have_names_in_every_language() {
    let codes = |language: &Language| {
        let lines = language.countries.lines().map(|line| line.split_once(' ').unwrap().0);
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let english = codes(languages::english());
    for language in languages::all() {
        let mut expected = english.clone();
        // CLDR has no name in Maltese for the British Indian Ocean Territory.
        expected.retain(|code| (language.tag, &**code) != ("mt", "IO"));
        assert_eq!(codes(language), expected, "{}", language.tag);
        for line in language.countries.lines() {
            let name = line.split_once(' ').unwrap().1;
            assert!(!name.is_empty() && !name.contains(is_unseen), "{}: {line:?}", language.tag);
        }
    }
    let name = |tag: &str, code: &str| {
        let interface = built_in(&tag.parse().unwrap()).unwrap();
        let country = serde_json::from_value(json!(code)).unwrap();
        interface.country(&country).into_owned()
    };
    assert_eq!((&*name("de", "DE"), &*name("fr", "IE")), ("Deutschland", "Irlande"));
    assert_eq!((&*name("mt", "IO"), &*name("zh-CN", "US")), ("IO", "美国"));
}
