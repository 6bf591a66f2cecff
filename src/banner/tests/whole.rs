//! Both layers together: the names that scripts and forms rely on, and the words.

use super::*;
use crate::policy::{compile, interface};
use serde_json::Value;

#[test]
fn ids_and_names_are_the_ones_agreed_upon() {
    let html =
        fragment(&sample::policy(), &VIEW) + &plan_script(&compile(&sample::policy(), &VIEW.setting, &[]));
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
    assert_eq!(inputs("notice"), vec![notice(&sample::policy(), &VIEW.setting).hash.to_string(); 2]);
    assert_eq!(inputs("regime"), ["opt-in", "opt-in"]);
    assert_eq!(inputs("purpose"), ["analytics", "marketing"]);
    assert_eq!(inputs("service"), ["metrics", "ads"]);
    assert_eq!(tokens.iter().filter(|token| token.attr("class") == Some("consentry-say")).count(), 2);
    assert_eq!(
        inputs("choice"),
        ["reject-all", "accept-all", "choose", "selection", "reject-all", "accept-all"]
    );
    assert_eq!(inputs("confirm"), ["yes"]);
}

#[test]
fn a_signal_is_told_of() {
    let policy = varied();
    let with = |region: &str, signal| {
        fragment(&policy, &View { setting: Setting { signal, ..at(region).setting }, ..VIEW })
    };
    for region in ["IE", "US-CA"] {
        let html = with(region, true);
        let told = html.split_once("<p id=\"consentry-gpc\">").unwrap().1.split("</p>").next().unwrap();
        assert!(told.contains("Global Privacy Control") && told.contains("Marketing"), "{told}");
        assert!(!with(region, false).contains("consentry-gpc"));
    }
}

/// Every text of a notice that is shown as text: ids, languages and addresses are in attributes.
fn words(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if ["id", "locale", "regime", "rule"].contains(&key) || text.is_empty() => {}
        Value::String(text) if text.starts_with('/') || text.starts_with("https://") => {}
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| words(item, key, found)),
        Value::Object(members) => members.iter().for_each(|(key, value)| words(value, key, found)),
        _ => {}
    }
}

/// The texts that are shown: what stands between two tags, but for those that only set a name apart.
fn shown(html: &str) -> BTreeSet<String> {
    let mut texts = vec![String::new()];
    for token in tokens(html) {
        texts.splice(0..0, token.attr("aria-label").map(str::to_owned));
        match &token {
            Token::Text(text) => texts.last_mut().unwrap().push_str(text),
            Token::Open(name, _) | Token::Close(name) if name == "bdi" => {}
            _ => texts.push(String::new()),
        }
    }
    texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

#[test]
fn every_word_of_the_notice_is_shown_and_nothing_else() {
    let policy = varied();
    for setting in settings() {
        let view = View { setting, ..VIEW };
        let mut shown = shown(&fragment(&policy, &view));
        let mut declared = BTreeSet::new();
        words(&serde_json::to_value(notice(&policy, &view.setting).text).unwrap(), "", &mut declared);
        assert!(shown.remove("\u{d7}"), "the sign on the close button");
        let locale = policy.locale_for(view.setting.locale);
        let elsewhere = interface(&policy, &locale).rights.rights_title;
        assert!(shown.remove(&*elsewhere), "the link to all rights, which is nothing to agree to");
        assert_eq!(shown, declared, "{:?}", view.setting);
    }
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
    assert!(
        html.contains("<bdi>pm_*</bdi>") && html.contains("<bdi>Plain Metrics GmbH</bdi>"),
        "names keep theirs"
    );
}
