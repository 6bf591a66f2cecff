use super::*;
use crate::policy::{material, sample};
use serde_json::json;

const HALF_A_YEAR: Lifetimes = Lifetimes { given: 181, refused: 365 };

/// The same, when something that was given no longer counts.
fn lapsed(choices: Choices) -> Choices {
    Choices { lapsed: true, ..choices }
}

fn ring(active: &str) -> Keyring {
    let (a, b) = ("A".repeat(43), "E".repeat(43));
    Keyring::parse(&format!(r#"{{"active":"{active}","keys":{{"k1":"{a}","k2":"{b}"}}}}"#)).unwrap()
}

fn choices(given: &[&str], refused: &[&str], services: &[&str]) -> Choices {
    Choices {
        given: given.iter().map(|id| id.parse().unwrap()).collect(),
        refused: refused.iter().map(|id| id.parse().unwrap()).collect(),
        services: services.iter().map(|id| id.parse().unwrap()).collect(),
        ..Choices::default()
    }
}

#[test]
fn short_same_for_all_and_readable_across_key_rotation() {
    let cookie = DecisionCookie {
        material: "x".repeat(11),
        given: 0x3fff_ffff,
        refused: 0x3fff_ffff,
        services: (1 << 100) - 1,
        day: 99_999,
        despite_signal: true,
        restricted: true,
        seq: 9_999_999,
    };
    let value = cookie.seal(&ring("k1"), "shop").unwrap();
    assert!(value.len() <= MAX, "{} bytes", value.len());
    assert_eq!(value, cookie.seal(&ring("k1"), "shop").unwrap(), "nothing in it is unique");
    assert!(
        DecisionCookie::is_current(&value, &ring("k1")) && !DecisionCookie::is_current(&value, &ring("k2"))
    );
    assert_eq!(DecisionCookie::open(&value, &ring("k2"), "shop"), Ok(cookie));
}

#[test]
fn what_was_decided_comes_back() {
    let material = material(&sample::policy());
    for decided in [
        choices(&["analytics"], &["marketing"], &["ads"]),
        choices(&[], &["analytics", "marketing"], &[]),
        choices(&[], &[], &["metrics"]),
        Choices { despite_signal: true, ..choices(&["marketing"], &[], &[]) },
    ] {
        let cookie = DecisionCookie::new(&material, &decided, 20_778, 3);
        assert_eq!(cookie.choices(&material, &[], 20_778, HALF_A_YEAR, true), Some(decided));
    }
}

#[test]
fn time_ends_a_grant_before_a_refusal_and_an_objection_never() {
    let material = material(&sample::policy());
    let decided = choices(&["analytics"], &["marketing"], &[]);
    let cookie = DecisionCookie::new(&material, &decided, 20_000, 1);
    let at = |day, objections| cookie.choices(&material, &[], day, HALF_A_YEAR, objections);
    assert_eq!(at(20_180, false), Some(decided));
    assert_eq!(at(20_181, false), Some(lapsed(choices(&[], &["marketing"], &[]))));
    assert_eq!(at(20_365, false), None);
    assert_eq!(at(21_000, true), Some(lapsed(choices(&[], &["marketing"], &[]))));
    assert_eq!(at(19_999, true), None, "from the future");
}

#[test]
fn a_material_change_asks_who_had_agreed_to_it_and_nobody_else() {
    let before = material(&sample::policy());
    let mut json = sample::json();
    json["services"][1]["recipient"]["name"] = json!("Other Ads Inc.");
    json["purposes"].as_array_mut().unwrap().push(json!({
        "id": "video", "essential": false, "basis": "consent",
        "name": {"en": "Video"}, "description": {"en": "Plays films."}
    }));
    let after = material(&sample::parsed(json));
    let now = |decided: &Choices, earlier: &[Material]| {
        let cookie = DecisionCookie::new(&before, decided, 20_778, 1);
        cookie.choices(&after, earlier, 20_778, HALF_A_YEAR, false)
    };
    let known = [before.clone()];
    let refused = choices(&[], &["analytics", "marketing"], &[]);
    assert_eq!(now(&refused, &known), Some(refused), "refusals stand, and a new purpose asks nobody");
    let agreed = choices(&["analytics"], &["marketing"], &[]);
    assert_eq!(now(&agreed, &known), Some(agreed), "agreed to something else");
    let all = choices(&["analytics", "marketing"], &[], &[]);
    assert_eq!(now(&all, &known), Some(lapsed(choices(&["analytics"], &[], &[]))));
    let single = choices(&[], &["analytics", "marketing"], &["metrics", "ads"]);
    assert_eq!(now(&single, &known), Some(lapsed(choices(&[], &["analytics", "marketing"], &["metrics"]))));
    assert_eq!(now(&choices(&["analytics"], &["marketing"], &[]), &[]), None, "unknown is no choice");
}

#[test]
fn any_change_is_no_choice() {
    let material = material(&sample::policy());
    let value = DecisionCookie::new(&material, &choices(&["analytics"], &["marketing"], &[]), 20_778, 1)
        .seal(&ring("k1"), "shop")
        .unwrap();
    for at in 0..value.len() {
        for with in ["0", "A", ".", "~"] {
            if &value[at..=at] == with {
                continue;
            }
            let changed = format!("{}{with}{}", &value[..at], &value[at + 1..]);
            assert!(DecisionCookie::open(&changed, &ring("k1"), "shop").is_err(), "{changed}");
        }
        assert!(DecisionCookie::open(&value[..at], &ring("k1"), "shop").is_err());
    }
    assert_eq!(DecisionCookie::open(&value, &ring("k1"), "stall"), Err(CookieFault::Forged));
    assert_eq!(DecisionCookie::open(&"2.".repeat(100), &ring("k1"), "shop"), Err(CookieFault::Malformed));
}

#[test]
fn a_single_grant_ends_when_it_changes_and_a_single_objection_does_not() {
    let before = material(&sample::policy());
    let mut json = sample::json();
    json["services"][1]["recipient"]["name"] = json!("Other Ads Inc.");
    let after = material(&sample::parsed(json));
    let known = [before.clone()];
    let now = |decided: &Choices| {
        let cookie = DecisionCookie::new(&before, decided, 20_778, 1);
        cookie.choices(&after, &known, 20_778, HALF_A_YEAR, true)
    };
    let refused = choices(&[], &["marketing"], &[]);
    assert_eq!(
        now(&Choices { services: choices(&[], &[], &["ads"]).services, ..refused.clone() }),
        Some(lapsed(refused))
    );
    let objected = choices(&[], &[], &["ads"]);
    assert_eq!(now(&objected), Some(objected));
}
