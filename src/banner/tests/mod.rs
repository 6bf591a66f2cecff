//! The markup as a whole: what all its tests look at it with.

mod boxes;
mod first_layer;
mod hostile;
mod page;
mod whole;

use super::{
    markup::{Token, tokens},
    *,
};
use crate::{
    consent::Choices,
    policy::{Age, Policy, Setting, sample},
};
use serde_json::json;
use std::collections::BTreeSet;

const VIEW: View<'static> = View {
    setting: Setting { locale: "en", region: None, age: Age::Unknown, signal: false },
    choices: None,
    seen: 3,
    return_path: "/shop?a=1&b=2",
    base: "/.consentry/",
    stylesheet: "/.consentry/a/c.0.css",
    prerendered: false,
};

/// A visitor of each kind that the rules tell apart: the strictest, exempt statistics, opting out, told only, and
/// each with a signal.
fn settings() -> Vec<Setting<'static>> {
    let places = ["IE", "GB", "US-CA", "NZ"];
    let pairs = places.iter().flat_map(|place| [(place, false), (place, true)]);
    let of = |(place, signal): (&&str, bool)| {
        let region = Some(place.parse().unwrap());
        Setting { region, signal, ..VIEW.setting }
    };
    pairs.map(of).collect()
}

fn at(region: &str) -> View<'static> {
    View { setting: Setting { region: Some(region.parse().unwrap()), ..VIEW.setting }, ..VIEW }
}

/// A policy with something for every rule: exempt statistics, sold data, sensitive data, and two services for one of
/// them.
fn varied() -> Policy {
    let mut json = sample::full();
    let own = json!({"rules": [{"in": ["NZ"], "regime": "notice-only"}]});
    json["regions"] = own;
    json["purposes"][1]["uses"] = json!(["statistics"]);
    json["purposes"][2]["uses"] = json!(["sale", "sharing"]);
    json["purposes"].as_array_mut().unwrap().truncate(3);
    json["purposes"].as_array_mut().unwrap().push(json!({
        "id": "health", "essential": false, "basis": "consent", "uses": ["sensitive-data"],
        "name": {"en": "Health"}, "description": {"en": "Knows what ails you."}
    }));
    json["services"].as_array_mut().unwrap().truncate(2);
    json["services"].as_array_mut().unwrap().push(json!({
        "id": "films", "purpose": "marketing", "name": "Films",
        "recipient": {"name": "Films SA", "country": "FR"}, "hosts": ["films.example"],
        "privacy_notice": "https://films.example/privacy"
    }));
    serde_json::from_value(json).unwrap()
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
