//! The records are what the tools themselves left in a browser: vanilla-cookieconsent 3.1.0, Klaro 0.7.22, Orejime 3.2.1
//! and c15t 2.2.1, each driven to the choice named. Those of Fides follow its source.

use super::*;
use crate::policy::sample;
use serde_json::json;

/// When those choices were made.
const DECIDED: &str = "2026-11-21T22:18:54Z";

const CC_ALL: &str = "%7B%22categories%22%3A%5B%22necessary%22%2C%22analytics%22%2C%22marketing%22%5D%2C%22revision%22%3A0%2C%22data%22%3Anull%2C%22consentTimestamp%22%3A%222026-11-21T22%3A18%3A51.605Z%22%2C%22consentId%22%3A%22a9c47e32-ecb7-4080-81b2-bbbba6f778bb%22%2C%22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22analytics%22%3A%5B%5D%2C%22marketing%22%3A%5B%5D%7D%2C%22languageCode%22%3A%22en%22%2C%22lastConsentTimestamp%22%3A%222026-11-21T22%3A18%3A51.605Z%22%2C%22expirationTime%22%3A1811024331606%7D";
const CC_NONE: &str = "%7B%22categories%22%3A%5B%22necessary%22%5D%2C%22revision%22%3A0%2C%22data%22%3Anull%2C%22consentTimestamp%22%3A%222026-11-21T22%3A18%3A53.919Z%22%2C%22consentId%22%3A%22c2c34c88-2ad9-4e46-822a-bd8e3b61ae31%22%2C%22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22analytics%22%3A%5B%5D%2C%22marketing%22%3A%5B%5D%7D%2C%22languageCode%22%3A%22en%22%2C%22lastConsentTimestamp%22%3A%222026-11-21T22%3A18%3A53.919Z%22%2C%22expirationTime%22%3A1811024333920%7D";
const CC_STORED: &str = r#"{"categories":["analytics","necessary"],"revision":0,"data":null,"consentTimestamp":"2026-11-21T22:18:56.356Z","consentId":"394fe70d-f2d7-4695-9bb7-e4c5ad1bc3b7","services":{"necessary":[],"analytics":[],"marketing":[]},"languageCode":"en","lastConsentTimestamp":"2026-11-21T22:18:56.356Z","expirationTime":1811024336357}"#;
/// One of two services of `analytics`.
const CC_PART: &str = "%7B%22categories%22%3A%5B%22analytics%22%2C%22necessary%22%5D%2C%22revision%22%3A0%2C%22data%22%3Anull%2C%22consentTimestamp%22%3A%222026-11-21T22%3A18%3A57.515Z%22%2C%22consentId%22%3A%22e90c700d-724d-4ac9-b4b1-5caa3c5497b4%22%2C%22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22analytics%22%3A%5B%22ga%22%5D%2C%22marketing%22%3A%5B%5D%7D%2C%22languageCode%22%3A%22en%22%2C%22lastConsentTimestamp%22%3A%222026-11-21T22%3A18%3A57.543Z%22%2C%22expirationTime%22%3A1811024337544%7D";
const KLARO_ALL: &str = "%7B%22matomo%22%3Atrue%2C%22billboard%22%3Atrue%2C%22shop%22%3Atrue%7D";
const KLARO_NONE: &str = "%7B%22matomo%22%3Afalse%2C%22billboard%22%3Afalse%2C%22shop%22%3Atrue%7D";
const KLARO_SOME: &str = "%7B%22matomo%22%3Atrue%2C%22billboard%22%3Afalse%2C%22shop%22%3Atrue%7D";
const OREJIME_ALL: &str = "{%22necessary%22:true%2C%22analytics%22:true%2C%22marketing%22:true}";
const OREJIME_SOME: &str = "{%22necessary%22:true%2C%22analytics%22:true%2C%22marketing%22:false}";
const C15T_ALL: &str = "c.necessary:1,c.measurement:1,c.marketing:1,i.t:1795299551837,i.sid:sub_111D6Rmxiz73FCrrQu8y3HE6x4,i.mpf:530a2fff503ff19aa2e968a39e567ff6f28417d940c760554afd26865862a956";
const C15T_NONE: &str = "c.necessary:1,i.t:1795299553920,i.sid:sub_111D6Rn1iYXm91TxXQH4vhyKXj,i.mpf:530a2fff503ff19aa2e968a39e567ff6f28417d940c760554afd26865862a956";
const C15T_STORED: &str = r#"{"consents":{"necessary":true,"functionality":false,"measurement":true,"experience":false,"marketing":false},"consentInfo":{"time":1795299555584,"subjectId":"sub_111D6Rn463zX6n2tvKJeZniVaM","materialPolicyFingerprint":"530a2fff503ff19aa2e968a39e567ff6f28417d940c760554afd26865862a956"}}"#;

fn fides(consent: &Value, method: &str) -> String {
    json!({
        "consent": consent,
        "identity": {"fides_user_device_id": "c3f6b1de-3a52-4d3b-9e3f-0f5a3f6d5a11"},
        "fides_meta": {"version": "0.9.0", "createdAt": "2026-10-01T08:00:00.000Z",
            "updatedAt": "2026-11-21T22:18:54.120Z", "consentMethod": method},
        "tcf_consent": {},
        "non_applicable_notice_keys": ["gone"]
    })
    .to_string()
}

fn at(text: &str) -> Timestamp {
    serde_json::from_value(text.into()).unwrap()
}

fn tool(from: &str, purposes: &Value) -> Import {
    serde_json::from_value(json!({"from": from, "purposes": purposes, "same_notice": true})).unwrap()
}

/// Categories called as in most of the records.
fn usual(from: &str) -> Import {
    let analytics = if from == "c15t" { "measurement" } else { "analytics" };
    tool(from, &json!({analytics: "analytics", "marketing": "marketing"}))
}

fn klaro() -> Import {
    tool("klaro", &json!({"matomo": "analytics", "billboard": "marketing"}))
}

/// What a record comes to, an hour after it was made.
fn taken(import: &Import, value: &str) -> Option<ImportedChoice> {
    taken_at(import, value, at(DECIDED).plus_seconds(3600))
}

fn taken_at(import: &Import, value: &str, now: Timestamp) -> Option<ImportedChoice> {
    imported(std::slice::from_ref(import), &sample::policy(), &|_, _| Some(value.to_owned()), now)
}

fn choice(import: &Import, value: &str) -> Option<Choice> {
    taken(import, value).map(|found| found.choice)
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what may be there")]
fn some(given: &[&str], refused: &[&str]) -> Option<Choice> {
    let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect();
    Some(Choice::Selection(Selection {
        purposes: ids(given),
        objections: ids(refused),
        ..Selection::default()
    }))
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what may be there")]
fn stop(refused: &[&str]) -> Option<Choice> {
    Some(Choice::Stop(refused.iter().map(|id| id.parse().unwrap()).collect()))
}

#[test]
fn what_the_tools_left_is_read() {
    let cc = usual("cookieconsent");
    let found = taken(&cc, CC_ALL).unwrap();
    assert_eq!(
        found.imported,
        Imported { from: Source::Cookieconsent, at: Some(at("2026-11-21T22:18:51Z")) }
    );
    assert_eq!(Some(found.choice), some(&["analytics", "marketing"], &[]));
    assert_eq!(choice(&cc, CC_NONE), Some(Choice::RejectAll));
    assert_eq!(choice(&cc, CC_STORED), some(&["analytics"], &["marketing"]));

    let c15t = usual("c15t");
    assert_eq!(choice(&c15t, C15T_ALL), some(&["analytics", "marketing"], &[]));
    assert_eq!(choice(&c15t, C15T_NONE), Some(Choice::RejectAll));
    let found = taken(&c15t, C15T_STORED).unwrap();
    assert_eq!(found.imported.at, Some(at("2026-11-21T22:19:15Z")));
    assert_eq!(Some(found.choice), some(&["analytics"], &["marketing"]));

    let own = usual("fides");
    let found = taken(&own, &fides(&json!({"analytics": true, "marketing": false}), "save")).unwrap();
    assert_eq!(found.imported.at, Some(at(DECIDED)));
    assert_eq!(Some(found.choice), some(&["analytics"], &["marketing"]));
    let words = fides(&json!({"analytics": "opt_in", "marketing": "opt_out", "told": "acknowledge"}), "save");
    assert_eq!(choice(&own, &words), some(&["analytics"], &["marketing"]));
    let encoded = crate::encoding::to_base64(words.as_bytes());
    assert_eq!(choice(&own, &encoded), some(&["analytics"], &["marketing"]));
}

#[test]
fn a_record_without_a_date_only_refuses() {
    assert_eq!(choice(&klaro(), KLARO_ALL), None, "whoever agreed is asked again");
    assert_eq!(choice(&klaro(), KLARO_SOME), stop(&["marketing"]));
    let found = taken(&klaro(), KLARO_NONE).unwrap();
    assert_eq!((found.imported.at, found.choice), (None, Choice::RejectAll));
    assert_eq!(choice(&usual("orejime"), OREJIME_ALL), None);
    assert_eq!(choice(&usual("orejime"), OREJIME_SOME), stop(&["marketing"]));
    let with_more = r#"{"analytics":false,"marketing":false,"__metadata":{"x":[1]}}"#;
    assert_eq!(choice(&usual("orejime"), with_more), Some(Choice::RejectAll));
    let undated = CC_STORED.replace("onsentTimestamp", "onsentTime");
    assert_eq!(choice(&usual("cookieconsent"), &undated), stop(&["marketing"]));
    let legacy = C15T_STORED.replace("subjectId", "id");
    assert_eq!(choice(&usual("c15t"), &legacy), stop(&["marketing"]));
}

#[test]
fn grants_are_taken_only_while_they_are_fresh() {
    let refuses = stop(&["marketing"]);
    let when = |import: &Import, now: &str| taken_at(import, CC_STORED, at(now)).map(|found| found.choice);
    let mut import = usual("cookieconsent");
    // Here consent lasts six months.
    assert_eq!(when(&import, "2027-05-21T22:18:55Z"), some(&["analytics"], &["marketing"]));
    assert_eq!(when(&import, "2027-05-21T22:18:56Z"), refuses, "older than a grant may be here");
    import.lifetime = Some("P1M".parse().unwrap());
    assert_eq!(when(&import, "2026-12-21T22:18:56Z"), refuses, "older than it lasted there");
    import.lifetime = Some("P5Y".parse().unwrap());
    assert_eq!(when(&import, "2027-05-21T22:18:56Z"), refuses, "the shorter of both counts");
    let early = taken_at(&import, CC_STORED, at("2026-11-21T22:18:55Z")).unwrap();
    assert_eq!((Some(early.choice), early.imported.at), (refuses.clone(), None), "from the future");
    import.same_notice = false;
    assert_eq!(when(&import, "2026-11-22T00:00:00Z"), refuses);
}

#[test]
fn nobody_is_said_to_have_refused_what_was_not_asked() {
    // The earlier notice did not know marketing.
    let import = tool("cookieconsent", &json!({"analytics": "analytics"}));
    assert_eq!(choice(&import, CC_STORED), None, "a grant alone would refuse the rest with it");
    assert_eq!(choice(&import, CC_NONE), stop(&["analytics"]));
    // A service that was added after the visitor's choice is in no record.
    let import = tool("klaro", &json!({"matomo": "analytics", "billboard": "marketing", "new": "marketing"}));
    assert_eq!(choice(&import, KLARO_NONE), Some(Choice::RejectAll));
    let import = tool("klaro", &json!({"matomo": "analytics", "new": "marketing"}));
    assert_eq!(choice(&import, KLARO_NONE), stop(&["analytics"]));
    let skipped = tool("fides", &json!({"analytics": "analytics", "gone": "marketing"}));
    assert_eq!(
        choice(&skipped, &fides(&json!({"analytics": false, "gone": false}), "reject")),
        stop(&["analytics"])
    );
}

#[test]
fn a_purpose_is_given_only_as_a_whole() {
    let import = tool(
        "c15t",
        &json!({"measurement": "analytics", "experience": "analytics", "marketing": "marketing"}),
    );
    assert_eq!(choice(&import, C15T_STORED), Some(Choice::RejectAll), "half of analytics was refused");
    let import = usual("cookieconsent");
    assert_eq!(choice(&import, CC_PART), stop(&["marketing"]), "of which services, nobody knows");
    let both =
        json!({"analytics": "analytics", "ga": "analytics", "matomo": "analytics", "marketing": "marketing"});
    assert_eq!(choice(&tool("cookieconsent", &both), CC_PART), Some(Choice::RejectAll));
    let one = json!({"analytics": "analytics", "ga": "analytics", "marketing": "marketing"});
    assert_eq!(choice(&tool("cookieconsent", &one), CC_PART), some(&["analytics"], &["marketing"]));
}

#[test]
fn what_was_no_choice_is_no_consent() {
    let import = usual("fides");
    let consent = json!({"analytics": true, "marketing": false});
    for method in ["dismiss", "gpc", "script", "ot_migration", "acknowledge", ""] {
        assert_eq!(choice(&import, &fides(&consent, method)), stop(&["marketing"]), "{method}");
    }
    // c15t keeps a record of who somebody is before anything was decided.
    assert_eq!(choice(&usual("c15t"), "i.t:1795299553920,i.sid:sub_1,i.eid:7"), None);
}

#[test]
fn the_first_tool_with_a_record_decides() {
    let imports = [usual("fides"), klaro(), usual("cookieconsent")];
    let held = |from: Source, name: &str| match (from, name) {
        (Source::Fides, "fides_consent") => Some("broken".to_owned()),
        (Source::Klaro, "klaro") => Some(KLARO_SOME.to_owned()),
        (Source::Cookieconsent, "cc_cookie") => Some(CC_ALL.to_owned()),
        _ => None,
    };
    let found = imported(&imports, &sample::policy(), &held, at("2026-11-22T00:00:00Z")).unwrap();
    assert_eq!((found.imported.from, Some(found.choice)), (Source::Klaro, stop(&["marketing"])));
    assert_eq!(imported(&imports, &sample::policy(), &|_, _| None, at(DECIDED)), None);
    assert_eq!(imported(&[], &sample::policy(), &held, at(DECIDED)), None);
}

#[test]
fn what_cannot_be_read_is_no_record() {
    let deep = format!("{}{}", "{\"a\":".repeat(1500), "1");
    let closed = format!("{{\"consents\":{}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let long = format!("{{\"analytics\":false,\"marketing\":false,\"x\":\"{}\"}}", "x".repeat(8 * 1024));
    let compact = format!("c.necessary:1,{}", "c.x:1,".repeat(2000));
    for value in [
        "",
        "null",
        "[]",
        "{}",
        "true",
        "0",
        "\"x\"",
        "{",
        "%",
        "%7",
        "%zz",
        "%7B",
        "%ff%fe",
        "%25257B%257D",
        "a,b",
        "c.x",
        ",",
        ":",
        "c.a:1,,",
        "1:2",
        "{\"analytics\":1}",
        "{\"analytics\":\"false\"}",
        "{\"analytics\":null}",
        "{\"categories\":\"analytics\"}",
        "{\"categories\":[1]}",
        "{\"categories\":{}}",
        "{\"categories\":[],\"services\":[]}",
        "{\"categories\":[],\"services\":{\"a\":[{}]}}",
        "{\"consents\":[]}",
        "{\"consents\":{\"marketing\":\"0\"}}",
        "{\"consent\":{}}",
        "{\"consent\":{\"analytics\":{}}}",
        "{\"consent\":[true]}",
        "\u{0}",
        "\u{1f36a}",
        "%F0%9F%8D%AA",
        &deep,
        &closed,
        &long,
        &compact,
    ] {
        for from in ["cookieconsent", "klaro", "orejime", "c15t", "fides"] {
            // Whatever it is, it stops nothing and grants nothing.
            assert_eq!(
                choice(&usual(from), value),
                None,
                "{from} {}",
                value.chars().take(60).collect::<String>()
            );
        }
    }
    let dates = [
        "\"yesterday\"",
        "1795299553920",
        "null",
        "\"-000001-01-01T00:00:00Z\"",
        "{}",
        "\"9999-12-31T23:59:59Z\"",
    ];
    for date in dates {
        let record =
            format!("{{\"categories\":[\"analytics\",\"marketing\"],\"lastConsentTimestamp\":{date}}}");
        assert_eq!(choice(&usual("cookieconsent"), &record), None, "{date}");
    }
    for time in ["-1", "1e30", "99999999999999999999", "NaN", ""] {
        let record = format!("c.measurement:1,c.marketing:1,i.t:{time},i.sid:x");
        assert_eq!(choice(&usual("c15t"), &record), None, "{time}");
    }
}

#[test]
fn a_value_is_decoded_once() {
    let cc = usual("cookieconsent");
    let decoded = percent_decoded(CC_STORED).is_none();
    assert!(decoded, "nothing to decode");
    let whole = percent_decoded(CC_ALL).unwrap();
    assert_eq!(choice(&cc, &whole), choice(&cc, CC_ALL));
    assert_eq!(choice(&cc, &CC_ALL.replace('%', "%25")), None, "not twice");
    assert_eq!(
        choice(&usual("c15t"), &C15T_NONE.replace(':', "%3A").replace(',', "%2C")),
        Some(Choice::RejectAll)
    );
}
