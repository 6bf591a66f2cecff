//! No text, of a policy or a visitor, becomes markup.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

type Render = fn(&Policy, &View<'_>) -> String;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_out(text in "\\PC{1,40}|[<>&\"'/=! a\\-]{1,40}|\\p{Any}{1,40}|\\{[a-z_]{0,12}\\}[<\"]?") {
        let (plain, hostile) = (hostile("x"), hostile(&text));
        for (render, view) in [(fragment as Render, VIEW), (page, VIEW), (fragment, at("US-CA"))] {
            let html = render(&hostile, &view);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&plain, &view)));
            let told = tokens(&html).contains(&Token::Text(carried(&text)));
            prop_assert!(told, "the text itself is lost");
        }
    }

    #[test]
    fn no_view_breaks_out(text in "\\PC{0,30}|\\p{Any}{0,30}|/[/\\\\a\"<\\t]{0,4}") {
        let policy = sample::policy();
        let setting = Setting { locale: &text, ..VIEW.setting };
        let view = View { setting, return_path: &text, stylesheet: &text, base: &text, ..VIEW };
        for render in [fragment, page] {
            let html = render(&policy, &view);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&policy, &VIEW)));
        }
    }

    #[test]
    fn no_message_breaks_out(text in "\\PC{1,40}|\\p{Any}{1,40}") {
        let locale = "en".parse().unwrap();
        let message = Message {
            locale: &locale, title: &text, paragraphs: &[&text, &text], link: Some((&text, &text)),
            stylesheet: "/c.css",
        };
        let html = message_page(&message);
        assert_sound(&html);
        let paragraphs = tokens(&html).iter().filter(|token| **token == Token::Text(carried(&text))).count();
        prop_assert_eq!(paragraphs, 5, "title twice, two paragraphs, a link");
    }

    #[test]
    fn no_field_breaks_out_of_the_second_step(text in "\\PC{1,40}|\\p{Any}{1,40}|[<>&\"'/=]{1,20}") {
        let policy = hostile(&text);
        let fields = [("purpose", text.as_str()), (&text, &text), ("confirmed", &text)];
        let ask = Confirm {
            policy: &policy, locale: &text, purposes: &["marketing".parse().unwrap()], fields: &fields,
            base: &text, return_path: &text, stylesheet: &text,
        };
        let html = confirm_page(&ask);
        assert_sound(&html);
        let tokens = tokens(&html);
        let sent: Vec<_> = tokens.iter().filter(|token| token.attr("type") == Some("hidden")).collect();
        prop_assert_eq!(sent.len(), 3, "each field once, and `confirmed`");
        prop_assert_eq!(sent[1].attr("value").unwrap(), carried(&text));
        prop_assert_eq!(sent[2].attr("value"), Some("yes"));
    }
}

#[test]
fn a_vendors_notice_tells_it_nothing() {
    let html = fragment(&varied(), &VIEW);
    let link = "<a href=\"https://films.example/privacy\" rel=\"noreferrer noopener\">";
    assert_eq!(html.matches(link).count(), 1, "{html}");
    assert!(!html.contains("target="));
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
