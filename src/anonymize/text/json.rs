//! Scrubbing JSON: values by their keys, strings and numbers by what is in them.

use super::{
    context,
    kind::{Counts, Kind, Options},
    scrub_known,
};
use crate::anonymize::keys::{Secret, names_secret, secret};
use serde_json::{Map, Value};

/// Scrubs a JSON value of every kind: see [`scrub_json_with`].
pub fn scrub_json(value: &mut Value) -> Counts {
    scrub_json_with(value, Options::default())
}

/// Scrubs a JSON value in place, at any depth. What [names a secret](names_secret) loses its value whole, but for `null`,
/// booleans and empty strings; other strings, and keys, are scrubbed as text, with their key as the words before them;
/// so are whole numbers. A string that holds JSON is scrubbed as JSON.
pub fn scrub_json_with(value: &mut Value, options: Options) -> Counts {
    let mut counts = Counts::default();
    walk(value, options, NESTED, &mut counts);
    counts
}

/// How many times JSON may stand in a string in JSON; what is deeper is scrubbed as text.
const NESTED: u8 = 6;

fn walk(value: &mut Value, options: Options, nested: u8, counts: &mut Counts) {
    // A stack of its own, since that of the program is too small for what may arrive.
    let mut open = vec![(value, 0)];
    while let Some((value, hint)) = open.pop() {
        match value {
            Value::Object(map) => {
                scrub_keys(map, options, counts);
                for (key, value) in map.iter_mut() {
                    if options.looks_for(Kind::Secret) && names_secret(key) {
                        mask_secret(key, value, options, counts);
                    } else {
                        open.push((value, said_by(key)));
                    }
                }
            }
            Value::Array(values) => open.extend(values.iter_mut().map(|value| (value, hint))),
            scalar => scalar_within(scalar, options, hint, nested, counts),
        }
    }
}

/// Scrubs a text, or a whole number; `hint` is what is known of it, see [`said_by`].
pub(in crate::anonymize) fn scrub_scalar(
    value: &mut Value,
    options: Options,
    hint: u32,
    counts: &mut Counts,
) {
    scalar_within(value, options, hint, NESTED, counts);
}

fn scalar_within(value: &mut Value, options: Options, hint: u32, nested: u8, counts: &mut Counts) {
    match value {
        Value::String(text) => {
            if let Some(scrubbed) = text_or_json(text, options, hint, nested, counts) {
                *text = scrubbed;
            }
        }
        Value::Number(number) if number.is_u64() || number.is_i64() => {
            let scrubbed = scrub_known(&number.to_string(), options, hint);
            if !scrubbed.found.is_empty() {
                counts.add(&scrubbed.found);
                *value = Value::String(scrubbed.text);
            }
        }
        _ => {}
    }
}

/// What is left of a string, if that is less.
fn text_or_json(text: &str, options: Options, hint: u32, nested: u8, counts: &mut Counts) -> Option<String> {
    if nested > 0
        && text.trim_start().starts_with(['{', '[', '"'])
        && let Ok(mut inner) = serde_json::from_str::<Value>(text)
    {
        let mut found = Counts::default();
        walk(&mut inner, options, nested - 1, &mut found);
        if found.is_empty() {
            return None;
        }
        counts.add(&found);
        return Some(inner.to_string());
    }
    let scrubbed = scrub_known(text, options, hint);
    counts.add(&scrubbed.found);
    (!scrubbed.found.is_empty()).then_some(scrubbed.text)
}

/// What the words of a key say of its value.
pub(in crate::anonymize) fn said_by(key: &str) -> u32 {
    let mut said = context::says(key.as_bytes());
    let mut rest = key.as_bytes();
    while !rest.is_empty() {
        let capital = |index: usize, byte: &u8| {
            index > 0
                && (!byte.is_ascii_alphabetic()
                    || byte.is_ascii_uppercase() && rest.get(index - 1).is_some_and(u8::is_ascii_lowercase))
        };
        let end =
            rest.iter().enumerate().position(|(index, byte)| capital(index, byte)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        said |= context::says(word);
        let skip = after.iter().take_while(|byte| !byte.is_ascii_alphabetic()).count();
        rest = after.get(skip..).unwrap_or_default();
    }
    said
}

/// Masks the value of something named as a secret.
pub(in crate::anonymize) fn mask_secret(key: &str, value: &mut Value, options: Options, counts: &mut Counts) {
    let mark = number_mark(key, value, options);
    mask(value, mark, counts);
}

/// The mark for a secret: its own, if it is a number that has one.
fn number_mark(key: &str, value: &Value, options: Options) -> Kind {
    if secret(key.as_bytes()) != Some(Secret::Number) {
        return Kind::Secret;
    }
    let number = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Kind::Secret,
    };
    let scrubbed = scrub_known(&number, options, said_by(key)).text;
    [Kind::Ssn, Kind::Card].into_iter().find(|kind| kind.mark() == scrubbed).unwrap_or(Kind::Secret)
}

/// Puts the mark of a secret in the place of a value, if there is one.
fn mask(value: &mut Value, mark: Kind, counts: &mut Counts) {
    let nothing = match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty() || Kind::ALL.iter().any(|kind| kind.mark() == text),
        _ => false,
    };
    if nothing {
        return;
    }
    let mut masked = vec![std::mem::replace(value, Value::String(mark.mark().to_owned()))];
    counts.note(mark);
    // Taken apart level by level: dropped whole, what is deep enough would end the program.
    while let Some(value) = masked.pop() {
        match value {
            Value::Array(values) => masked.extend(values),
            Value::Object(map) => masked.extend(map.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// Scrubs the keys of an object. Keys that become the same are told apart by a number.
pub(in crate::anonymize) fn scrub_keys(map: &mut Map<String, Value>, options: Options, counts: &mut Counts) {
    let touched = map.keys().any(|key| !scrub_known(key, options, 0).found.is_empty());
    if !touched {
        return;
    }
    for (key, value) in std::mem::take(map) {
        let scrubbed = scrub_known(&key, options, 0);
        counts.add(&scrubbed.found);
        let mut key = scrubbed.text;
        if map.contains_key(&key) {
            let plain = key.clone();
            let mut number = map.len();
            while map.contains_key(&key) {
                number += 1;
                key = format!("{plain} {number}");
            }
        }
        map.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scrubbed(mut value: Value) -> Value {
        scrub_json(&mut value);
        let once = value.clone();
        assert!(scrub_json(&mut value).is_empty(), "{value}");
        assert_eq!(value, once);
        value
    }

    #[test]
    fn scrubs_by_key_and_by_content() {
        assert_eq!(
            scrubbed(json!({
                "user": {"email": "alice@example.com", "userPassword": "hunter2", "age": 31, "author": "Bob"},
                "x-api-key": ["a", "b"],
                "card": 4_111_111_111_111_111_u64,
                "phone": 5_403_926_876_u64,
                "mobilePhone": "467 3395",
                "ssn": null,
                "at": 1_700_000_000_000_u64,
                "list": [1, 2.5, true, "203.0.113.77"],
                "session": {"id": 7},
                "token": "",
            })),
            json!({
                "user": {"email": "[email]", "userPassword": "[secret]", "age": 31, "author": "Bob"},
                "x-api-key": "[secret]",
                "card": "[card]",
                "phone": "[phone]",
                "mobilePhone": "[phone]",
                "ssn": null,
                "at": 1_700_000_000_000_u64,
                "list": [1, 2.5, true, "[ip]"],
                "session": "[secret]",
                "token": "",
            })
        );
    }

    #[test]
    fn scrubs_keys_without_losing_values() {
        let value = scrubbed(json!({"alice@example.com": 1, "bob@example.com": 2, "c": 3}));
        assert_eq!(value.as_object().unwrap().len(), 3);
        assert!(!value.to_string().contains("example.com"), "{value}");
    }

    #[test]
    fn scrubs_json_in_strings() {
        let inner = json!({"password": "hunter2", "n": [1]}).to_string();
        let twice = json!({"body": inner}).to_string();
        let value = scrubbed(json!({"a": inner, "b": twice, "c": "{not json, password=hunter2"}));
        assert!(!value.to_string().contains("hunter2"), "{value}");
        assert_eq!(value["a"], json!({"password": "[secret]", "n": [1]}).to_string());
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = || (0..100_000).fold(json!("alice@example.com"), |value, _| Value::Array(vec![value]));
        let mut value = Value::Object(Map::from_iter([("a".into(), deep()), ("password".into(), deep())]));
        let counts = scrub_json(&mut value);
        assert_eq!((counts.of(Kind::Email), counts.of(Kind::Secret)), (1, 1));
        mask(&mut value, Kind::Secret, &mut Counts::default());
    }
}
