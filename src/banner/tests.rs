//! The markup as a whole.

use super::{
    markup::{Token, tokens},
    *,
};
use crate::{
    id::PurposeId,
    policy::{Policy, compile, sample},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VIEW: View<'static> = View {
    locale: "en",
    given: None,
    seen: 3,
    return_path: "/shop?a=1&b=2",
    base: "/.consentry/",
    stylesheet: "/.consentry/a/c.0.css",
};

fn given(ids: &[&str]) -> Vec<PurposeId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

/// The full sample with every text that a person reads, and every other free string, replaced.
fn hostile(text: &str) -> Policy {
    fn replace(value: &mut Value, key: &str, text: &str) {
        const FREE: [&str; 14] = [
            "name",
            "description",
            "en",
            "address",
            "email",
            "ground",
            "privacy_notice",
            "url",
            "hosts",
            "storage",
            "cookie_domain",
            "choose",
            "purpose_name",
            "reject_all",
        ];
        match value {
            Value::String(own) if FREE.contains(&key) => text.clone_into(own),
            Value::Array(items) => items.iter_mut().for_each(|item| replace(item, key, text)),
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| replace(value, key, text)),
            _ => {}
        }
    }
    let mut json = sample::full();
    json["locales"]["texts"]["en"]["reject_all"] = json!("x");
    replace(&mut json, "", text);
    // Not through `parse`, which would refuse it: the renderer must hold on its own.
    serde_json::from_value(json).unwrap()
}

/// Everything but what the text says: tags with the names of their attributes, and where text stands.
fn skeleton(html: &str) -> Vec<String> {
    tokens(html)
        .iter()
        .filter_map(|token| match token {
            Token::Open(name, attrs) => Some(format!("<{name} {:?}>", attrs.keys().collect::<Vec<_>>())),
            Token::Close(name) => Some(format!("</{name}>")),
            Token::Text(_) => None,
        })
        .collect()
}

/// What the builder makes of characters that HTML cannot carry.
fn carried(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Asserts what holds for any markup of ours.
fn assert_sound(html: &str) {
    let tokens = tokens(html);
    let ids: Vec<_> = tokens.iter().filter_map(|token| token.attr("id")).collect();
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id appears twice: {ids:?}");
    for token in &tokens {
        let Token::Open(name, attrs) = token else { continue };
        for attr in attrs.keys() {
            assert!(attr != "style" && !attr.starts_with("on"), "{attr} needs a weaker CSP");
        }
        assert!(
            name != "style" && (name != "script" || token.attr("type") == Some("application/json")),
            "{name}"
        );
        for reference in ["aria-labelledby", "aria-describedby"] {
            if let Some(id) = token.attr(reference) {
                assert!(ids.contains(&id), "{reference} names {id}, which is not there");
            }
        }
        for link in ["href", "action"] {
            if let Some(url) = token.attr(link) {
                assert!(crate::policy::is_link(url), "{link}={url}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_out(text in "\\PC{1,40}|[<>&\"'/=! a\\-]{1,40}|\\p{Any}{1,40}|\\{[a-z_]{0,12}\\}[<\"]?") {
        let (plain, hostile) = (hostile("x"), hostile(&text));
        for render in [fragment, page] {
            let html = render(&hostile, &VIEW);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&plain, &VIEW)));
            let told = tokens(&html).contains(&Token::Text(carried(&text)));
            prop_assert!(told, "the text itself is lost");
        }
    }

    #[test]
    fn no_view_breaks_out(text in "\\PC{0,30}|\\p{Any}{0,30}|/[/\\\\a\"<\\t]{0,4}") {
        let policy = sample::policy();
        let view = View { locale: &text, return_path: &text, stylesheet: &text, base: &text, ..VIEW };
        for render in [fragment, page] {
            let html = render(&policy, &view);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&policy, &VIEW)));
        }
    }

    #[test]
    fn no_message_breaks_out(text in "\\PC{1,40}|\\p{Any}{1,40}") {
        let locale = "en".parse().unwrap();
        let message = Message { locale: &locale, title: &text, paragraphs: &[&text, &text], link: Some((&text, &text)), stylesheet: "/c.css" };
        let html = message_page(&message);
        assert_sound(&html);
        let paragraphs = tokens(&html).iter().filter(|token| **token == Token::Text(carried(&text))).count();
        prop_assert_eq!(paragraphs, 5, "title twice, two paragraphs, a link");
    }
}

#[test]
fn the_first_layer_offers_three_equal_choices() {
    let html = fragment(&sample::policy(), &VIEW);
    let first = html.split("</dialog>").next().unwrap();
    let buttons: Vec<_> =
        first.split("<button").skip(1).map(|rest| rest.split_once("</button>").unwrap().0).collect();
    assert_eq!(
        buttons,
        [
            " class=\"consentry-button\" name=\"choice\" value=\"reject-all\">Reject all",
            " class=\"consentry-button\" name=\"choice\" value=\"accept-all\">Accept all",
            " class=\"consentry-button\" name=\"choice\" value=\"choose\">Choose",
        ]
    );
}

#[test]
fn ids_and_names_are_the_ones_agreed_upon() {
    let html = fragment(&sample::policy(), &VIEW) + &plan_script(&compile(&sample::policy(), "en"));
    assert_sound(&html);
    let tokens = tokens(&html);
    let ids: BTreeSet<_> = tokens.iter().filter_map(|token| token.attr("id")).collect();
    for id in [
        "consentry",
        "consentry-title",
        "consentry-text",
        "consentry-preferences",
        "consentry-close",
        "consentry-data",
        "consentry-status",
        "consentry-proof",
        "consentry-open",
        "consentry-plan",
    ] {
        assert!(ids.contains(id), "{id}");
    }
    let inputs = |name: &str| -> Vec<_> {
        tokens
            .iter()
            .filter(|token| token.attr("name") == Some(name))
            .filter_map(|token| token.attr("value"))
            .collect()
    };
    assert_eq!(inputs("seen"), ["3", "3"]);
    assert_eq!(inputs("layer"), ["banner", "preferences"]);
    assert_eq!(inputs("return"), ["/shop?a=1&b=2", "/shop?a=1&b=2"]);
    assert_eq!(inputs("locale"), ["en", "en"]);
    assert_eq!(inputs("policy"), vec![crate::policy::hash(&sample::policy()).to_string(); 2]);
    assert_eq!(inputs("notice"), vec![notice(&sample::policy(), "en").hash.to_string(); 2]);
    assert_eq!(inputs("purpose"), ["analytics", "marketing"]);
    assert_eq!(
        inputs("choice"),
        ["reject-all", "accept-all", "choose", "selection", "reject-all", "accept-all"]
    );
    assert_eq!(inputs("confirm"), ["yes"]);
}

#[test]
fn nothing_is_ticked_that_was_not_given() {
    let ticked = |given: Option<&[PurposeId]>| -> Vec<String> {
        let html = fragment(&sample::policy(), &View { given, ..VIEW });
        let ticked = tokens(&html).into_iter().filter(|token| token.attr("checked").is_some());
        ticked.filter_map(|token| token.attr("value").map(str::to_owned)).collect()
    };
    assert_eq!(ticked(None), [""; 0]);
    assert_eq!(ticked(Some(&[])), [""; 0]);
    assert_eq!(ticked(Some(&given(&["marketing"]))), ["marketing"]);
    assert_eq!(ticked(Some(&given(&["necessary", "unheard-of"]))), [""; 0]);
}

#[test]
fn the_first_layer_asks_only_while_undecided_and_only_if_there_is_a_choice() {
    let open = |policy: &Policy, given: Option<&[PurposeId]>| {
        let html = fragment(policy, &View { given, ..VIEW });
        tokens(&html)[0].attr("open").is_some()
    };
    assert!(open(&sample::policy(), None));
    assert!(!open(&sample::policy(), Some(&[])));

    let mut json = sample::json();
    json["purposes"].as_array_mut().unwrap().truncate(1);
    json["services"] = json!([]);
    assert!(!open(&sample::parsed(json), None));
}

/// Every text of a notice that is shown as text: ids, languages and addresses are in attributes.
fn words(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if !["id", "locale"].contains(&key) && !text.starts_with('/') => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, key, found)),
        Value::Object(members) => members.iter().for_each(|(key, value)| words(value, key, found)),
        _ => {}
    }
}

#[test]
fn every_word_of_the_notice_is_shown_and_nothing_else() {
    let policy = sample::parsed(sample::full());
    let html = fragment(&policy, &VIEW);
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for token in tokens(&html) {
        if let Token::Text(text) = &token {
            shown.insert(text.trim().to_owned());
        }
        shown.extend(token.attr("aria-label").map(str::to_owned));
    }
    let mut declared = BTreeSet::new();
    words(&serde_json::to_value(notice(&policy, "en").text).unwrap(), "", &mut declared);
    shown.remove("");
    assert!(shown.remove("\u{d7}"), "the sign on the close button");
    assert_eq!(shown, declared);
}

#[test]
fn the_page_does_what_the_dialog_does() {
    let html = page(&sample::policy(), &VIEW);
    assert!(html.starts_with("<!doctype html><html lang=\"en\" dir=\"ltr\""), "{html}");
    assert!(html.contains("<link rel=\"stylesheet\" href=\"/.consentry/a/c.0.css\">"), "{html}");
    assert!(html.contains("<a href=\"/shop?a=1&amp;b=2\">Back to Fern &amp; Clay</a>"), "{html}");
    assert!(html.contains("name=\"layer\" value=\"page\""), "{html}");
    assert!(!html.contains("<dialog") && !html.contains("consentry-close"), "{html}");
    let tokens = tokens(&html);
    let actions: Vec<_> = tokens.iter().filter_map(|token| token.attr("action")).collect();
    assert_eq!(actions, ["/.consentry/consent", "/.consentry/me/exports", "/.consentry/me/erasure"]);
}

#[test]
fn direction_follows_the_locale() {
    let mut json = sample::json();
    json["locales"]["default"] = json!("ar");
    for purpose in json["purposes"].as_array_mut().unwrap() {
        purpose["name"] = json!({"ar": "\u{627}\u{633}\u{645}"});
        purpose["description"] = json!({"ar": "\u{648}\u{635}\u{641}"});
    }
    let policy: Policy = serde_json::from_value(json).unwrap();
    let html = fragment(&policy, &VIEW);
    assert_eq!(html.matches("lang=\"ar\" dir=\"rtl\"").count(), 3);
    assert!(html.contains("&#x627;&#x633;&#x645;"));
}

#[test]
fn a_return_path_never_leads_elsewhere() {
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""] {
        let html = page(&sample::policy(), &View { return_path: elsewhere, ..VIEW });
        assert!(
            html.contains("name=\"return\" value=\"/\"") && html.contains("<a href=\"/\">Back"),
            "{elsewhere}"
        );
    }
}
