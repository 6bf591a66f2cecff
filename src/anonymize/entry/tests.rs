use super::*;
use proptest::prelude::*;
use serde_json::json;

fn anonymized(mut entry: Value) -> (Value, EntryReport) {
    let report = anonymize(&mut entry, &EntryRules::default());
    (entry, report)
}

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.8078.79 Safari/537.36";

#[test]
fn an_access_log_entry_keeps_what_operators_need() {
    let (entry, report) = anonymized(json!({
        "time": "2026-11-22T09:00:00Z", "remote_addr": "203.0.113.77", "request": "GET /users/alice?token=t-1 HTTP/1.1",
        "status": 200, "bytes": 5_120, "http_referer": "https://www.example.com/search?q=alice", "http_user_agent": AGENT,
        "x_forwarded_for": "198.51.100.7, 203.0.113.77", "request_time": 0.023, "api_key": "k-123456",
    }));
    assert_eq!(
        entry,
        json!({
            "time": "2026-11-22T09:00:00Z", "remote_addr": "203.0.113.0/24", "request": "GET /users/:id?token= HTTP/1.1",
            "status": 200, "bytes": 5_120, "http_referer": "https://www.example.com",
            "http_user_agent": "Chrome 156; Linux; desktop",
            "x_forwarded_for": "198.51.100.0/24, 203.0.113.0/24", "request_time": 0.023, "api_key": "[secret]",
        })
    );
    assert_eq!((report.reduced, report.dropped, report.found.of(Kind::Secret)), (5, 0, 1));
}

#[test]
fn nested_entries_are_treated_by_the_names_around_them() {
    let (entry, report) = anonymized(json!({
        "client": {"ip": ["203.0.113.77", "not an address"], "address": "Church Street 1"},
        "user": {"id": 4711, "name": "Alice", "email": "at home", "roles": ["admin"]},
        "user_agent": {"original": AGENT, "name": "Chrome"},
        "http": {"request": {"headers": {"Authorization": "Bearer x", "Accept": "*/*", "X-Real-IP": "203.0.113.77"}}},
        "message": "card 4111 1111 1111 1111 of alice@example.com",
        "order": {"id": 83_112},
    }));
    assert_eq!(
        entry,
        json!({
            "client": {"ip": ["203.0.113.0/24", null], "address": null},
            "user": {"id": null, "name": null, "email": "[email]", "roles": ["admin"]},
            "user_agent": {"original": "Chrome 156; Linux; desktop", "name": "Chrome"},
            "http": {"request": {"headers": {"accept": "*/*", "x-real-ip": "203.0.113.0/24"}}},
            "message": "card [card] of [email]",
            "order": {"id": 83_112},
        })
    );
    assert_eq!(report.dropped, 5);
}

#[test]
fn identifiers_become_pseudonyms_of_a_key() {
    let key = PseudonymKey::parse("k1", &"E".repeat(43)).unwrap();
    let rules = EntryRules { key: Some(key.clone()), ..EntryRules::default() };
    let (mut one, mut other) = (json!({"user_id": "alice"}), json!({"user": {"id": "alice"}, "uid": 7}));
    anonymize(&mut one, &rules);
    let report = anonymize(&mut other, &rules);
    assert_eq!(one["user_id"], key.name(Domain::Log, &[b"alice"]).to_string());
    assert_eq!(one["user_id"], other["user"]["id"], "the same person can be followed");
    assert_eq!(report.pseudonyms, 2);
}

#[test]
fn what_is_no_line_or_query_is_scrubbed_all_the_same() {
    let (entry, _) = anonymized(json!({
        "request": "POST from alice@example.com", "query": "SELECT * FROM users WHERE email = 'alice@example.com'",
        "url": {"query": "page=2&email=alice%40example.com", "path": "/users/alice"},
    }));
    assert_eq!(
        entry,
        json!({
            "request": "POST from [email]", "query": "SELECT * FROM users WHERE email = '[email]'",
            "url": {"query": "page=&email=", "path": "/users/:id"},
        })
    );
}

/// What is read as text, entry after entry, and what became of it.
fn as_text(entries: &mut Entries, entry: &Value) -> (Value, EntryReport) {
    let mut out = String::new();
    let report = entries.anonymize_json(entry.to_string().as_bytes(), &mut out).unwrap();
    (serde_json::from_str(&out).unwrap(), report)
}

#[test]
fn text_comes_to_the_same_as_values() {
    let key = PseudonymKey::parse("k1", &"E".repeat(43)).unwrap();
    for key in [None, Some(key)] {
        let rules = EntryRules { key, ..EntryRules::default() };
        let mut entries = Entries::new(rules.clone());
        for entry in [
            json!({}),
            json!([]),
            json!(null),
            json!("alice@example.com"),
            json!([[], [1, -2, 2.5, 1e300, true, null, ""], {"a": []}]),
            json!({"user": ["alice", {"id": 7, "name": "Alice"}, 4711], "user_id": {"a": 1, "ip": "x"}, "uid": -3}),
            json!({"ssn": "123-45-6789", "card_number": 4_111_111_111_111_111_u64, "cvv": 123, "pin": null, "otp": true}),
            json!({"password": ["a", {"b": "c"}], "token": "[email]", "secret": "", "session": {"a": 1}, "pwd": "x]"}),
            json!({"alice@example.com": 1, "bob@example.com": {"ip": "203.0.113.77"}, "a": "alice@example.com"}),
            json!({"headers": {"Accept": "*/*", "X-Alice": "1", "Host": ["a"], "age": 3}, "header": [{"cookie": "a=b"}]}),
            json!({"ip": ["203.0.113.77, 10.0.0.1", 7, "x", null, {"ip": "203.0.113.77"}], "xff": "unknown, 10.0.0.1"}),
            json!({"url": 7, "referer": "https://a.example/b", "query": "a=b", "request": "GET / HTTP/1.1", "qs": ""}),
            json!({"a\n\"b\\": "c\u{1}\"\\", "url": "/a\"b\\c", "agent": "\"\\", "location": {"lat": 1.5}}),
            json!({"phone": 467_3395, "mobile": "x", "email": {"to": "alice"}, "mail": 7, "tel": "+49 30 123456"}),
            json!({"cookie": "a=b; c=d", "accept_language": "de-CH", "content_type": "text/html; a=b", "age": 7}),
        ] {
            let mut value = entry.clone();
            let report = anonymize(&mut value, &rules);
            for _ in 0..2 {
                assert_eq!(as_text(&mut entries, &entry), (value.clone(), report), "{entry}");
            }
        }
    }
}

#[test]
fn what_is_no_json_adds_nothing() {
    let mut entries = Entries::new(EntryRules::default());
    let mut out = String::from("before");
    let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    for text in ["", "alice", "{\"a\":\"b\"", "{\"a\":1}}", "{\"alice@example.com\":1", "\"\\ud800\"", &deep]
    {
        assert_eq!(entries.anonymize_json(text.as_bytes(), &mut out), None, "{text}");
    }
    assert_eq!(entries.anonymize_json(b"{\"a\":\"\xff\"}", &mut out), None);
    assert_eq!(out, "before");
}

/// Values that must not survive, under names that say something of them, or nothing.
fn planted() -> impl Strategy<Value = Value> {
    let values = vec![
        json!("203.0.113.77"),
        json!("alice.marker@example.com"),
        json!("4111111111111111"),
        json!(4_111_111_111_111_111_u64),
        json!("https://alice:marker@www.example.com/?mail=alice.marker@example.com"),
        json!("DE89370400440532013000"),
    ];
    let names = prop::sample::select(vec![
        "ip",
        "user",
        "message",
        "url",
        "path",
        "request",
        "headers",
        "cookie",
        "agent",
        "a",
        "x-forwarded-for",
        "referer",
        "query",
        "email",
        "data",
        "address",
        "id",
        "payload",
        "phone",
        "name",
    ]);
    prop::sample::select(values).prop_recursive(4, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Value::Array),
            prop::collection::vec((names.clone(), inner), 1..3).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_planted_survives_whatever_it_is_called(entry in planted()) {
        let (after, _) = anonymized(json!({"entry": entry}));
        let text = after.to_string();
        for raw in ["203.0.113.77", "alice.marker", "4111111111111111", "alice:marker", "DE8937"] {
            prop_assert!(!text.contains(raw), "{}", text);
        }
    }

    #[test]
    fn nothing_planted_survives_in_text_either(entry in planted()) {
        let entry = json!({"entry": entry});
        let mut entries = Entries::new(EntryRules::default());
        prop_assert_eq!(as_text(&mut entries, &entry), anonymized(entry));
    }

    #[test]
    fn doing_it_again_changes_nothing_but_what_was_reduced(entry in planted()) {
        let (once, _) = anonymized(json!({"entry": entry}));
        let (_, report) = anonymized(once);
        prop_assert!(report.found.is_empty(), "{:?}", report.found);
    }
}
