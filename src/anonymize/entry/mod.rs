//! Log entries: each field is treated by what its name says it holds, and what is left is scrubbed.

mod fields;
mod json;
mod lines;
mod names;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use super::{
    HeaderRules,
    headers::Reduction,
    reduce_url,
    text::{Counts, Kind, Options, mask_secret, said_by, scrub_keys, scrub_scalar},
};
use crate::pseudonym::{Domain, PseudonymKey};
use fields::{Field, field};
pub use json::Entries;
pub use lines::{EntryLines, LinesReport};
use serde::Serialize;
use serde_json::{Map, Value};

/// What is done with an entry. By default everything that can be reduced is, and what cannot is dropped.
#[derive(Debug, Clone, Default)]
pub struct EntryRules {
    /// How addresses, user agents, URLs, cookies and headers are reduced.
    pub fields: HeaderRules,
    /// The key that identifiers such as `user_id` are given a pseudonym with. Without one they are dropped.
    pub key: Option<PseudonymKey>,
    /// What is looked for in other texts.
    pub text: Options,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct EntryReport {
    /// What was found in texts, or under a telling name, and replaced by its mark.
    pub found: Counts,
    /// How many values were reduced.
    pub reduced: u64,
    /// How many identifiers became pseudonyms.
    pub pseudonyms: u64,
    /// How many values were dropped: what cannot be reduced, or was not understood.
    pub dropped: u64,
}

impl EntryReport {
    /// Adds what became of another.
    pub fn add(&mut self, other: &Self) {
        self.found.add(&other.found);
        self.reduced += other.reduced;
        self.pseudonyms += other.pseudonyms;
        self.dropped += other.dropped;
    }
}

/// Anonymises a log entry in place, at any depth. A value that is dropped becomes `null`.
///
/// ```
/// use consentry::anonymize::{EntryRules, anonymize};
///
/// let mut entry = serde_json::json!({
///     "ip": "203.0.113.77", "url": "/orders/83112?email=alice@example.com", "api_key": "k-1",
///     "message": "sent to alice@example.com", "status": 200,
/// });
/// let report = anonymize(&mut entry, &EntryRules::default());
/// assert_eq!(entry, serde_json::json!({
///     "ip": "203.0.113.0/24", "url": "/orders/:id?email=", "api_key": "[secret]",
///     "message": "sent to [email]", "status": 200,
/// }));
/// assert_eq!((report.reduced, report.dropped), (2, 0));
/// ```
pub fn anonymize(entry: &mut Value, rules: &EntryRules) -> EntryReport {
    let mut report = EntryReport::default();
    // A stack of its own, since that of the program is too small for what may arrive.
    let mut open = vec![Open { value: entry, name: String::new(), field: Field::Other }];
    while let Some(Open { value, name, field: of }) = open.pop() {
        match value {
            Value::Object(map) if of == Field::Headers => headers(map, rules, &mut report),
            Value::Object(map) => {
                scrub_keys(map, rules.text, &mut report.found);
                for (key, value) in map.iter_mut() {
                    let own = if of == Field::Other { field(key, &name) } else { of };
                    if own == Field::Secret {
                        mask_secret(key, value, rules.text, &mut report.found);
                    } else {
                        let field = container(own, value);
                        open.push(Open { value, name: key.clone(), field });
                    }
                }
            }
            Value::Array(values) => {
                open.extend(values.iter_mut().map(|value| Open { value, name: name.clone(), field: of }));
            }
            Value::Null | Value::Bool(_) => {}
            scalar => treat(scalar, of, &name, None, rules, &mut report),
        }
    }
    report
}

/// A value that is still to be looked at.
struct Open<'a> {
    value: &'a mut Value,
    name: String,
    field: Field,
}

/// What an object or list of this name holds.
fn container(field: Field, value: &Value) -> Field {
    if value.is_object() && gives_way(field) { Field::Other } else { field }
}

/// Whether an object of this name has members that say for themselves what they are: `user`, `agent` and `request` are
/// names of objects too.
fn gives_way(field: Field) -> bool {
    matches!(
        field,
        Field::Identifier
            | Field::Personal
            | Field::RequestLine
            | Field::Query
            | Field::Reduced(Reduction::UserAgent | Reduction::Url | Reduction::Referer)
    )
}

/// Treats a text or a number. `hint` is what its name says of it, where that is known already.
fn treat(
    value: &mut Value,
    of: Field,
    name: &str,
    hint: Option<u32>,
    rules: &EntryRules,
    report: &mut EntryReport,
) {
    let hint = || hint.unwrap_or_else(|| said_by(name));
    let text = match &*value {
        Value::String(text) if text.is_empty() => return,
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    let reduced = match of {
        Field::Ip if text.contains(',') => rules.fields.ip.reduce_list(&text),
        Field::Ip => rules.fields.ip.reduce(&text),
        Field::Reduced(reduction) => rules.fields.reduce_by(reduction, name, &text),
        Field::RequestLine => match request_line(&text, rules) {
            Some(line) => Some(line),
            None => return scrub_scalar(value, rules.text, hint(), &mut report.found),
        },
        Field::Query if !text.contains(' ') && text.contains('=') => {
            let query = text.strip_prefix('?').unwrap_or(&text);
            reduce_url(&format!("?{query}"), &rules.fields.url)
                .map(|query| query.trim_start_matches('?').to_owned())
        }
        Field::Identifier => match &rules.key {
            Some(key) => {
                report.pseudonyms += 1;
                *value = Value::String(key.name(Domain::Log, &[text.as_bytes()]).to_string());
                return;
            }
            None => None,
        },
        Field::Headers | Field::Personal => None,
        Field::Email => return mark(value, Kind::Email, rules, report),
        Field::Phone => return mark(value, Kind::Phone, rules, report),
        Field::Secret | Field::Other | Field::Query => {
            return scrub_scalar(value, rules.text, hint(), &mut report.found);
        }
    };
    if let Some(reduced) = reduced {
        report.reduced += 1;
        *value = Value::String(reduced);
    } else {
        report.dropped += 1;
        *value = Value::Null;
    }
}

/// Puts a mark in the place of what its name says it is, however it is written.
fn mark(value: &mut Value, kind: Kind, rules: &EntryRules, report: &mut EntryReport) {
    if !rules.text.looks_for(kind) || value.as_str() == Some(kind.mark()) {
        return;
    }
    report.found.note(kind);
    *value = Value::String(kind.mark().to_owned());
}

/// `GET /orders/1 HTTP/1.1` without what identifies; nothing if it is no such line.
fn request_line(text: &str, rules: &EntryRules) -> Option<String> {
    let (method, rest) = text.split_once(' ')?;
    let (address, protocol) = rest.rsplit_once(' ')?;
    let is_method = matches!(method.len(), 3..=7) && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_protocol = protocol.len() <= 8 && protocol.starts_with("HTTP/");
    if !(is_method && is_protocol) {
        return None;
    }
    // One that is not understood goes, and the line stays a line.
    let address = reduce_url(address, &rules.fields.url).unwrap_or_else(|| "-".to_owned());
    Some(format!("{method} {address} {protocol}"))
}

/// Keeps of headers what may stay.
fn headers(map: &mut Map<String, Value>, rules: &EntryRules, report: &mut EntryReport) {
    for (name, value) in std::mem::take(map) {
        let name = name.to_ascii_lowercase();
        let reduced = match &value {
            Value::String(text) => rules.fields.reduce(&name, text),
            Value::Number(number) => rules.fields.reduce(&name, &number.to_string()),
            _ => None,
        };
        if let Some(reduced) = reduced {
            report.reduced += u64::from(value.as_str() != Some(&reduced));
            map.insert(name, Value::String(reduced));
        } else {
            report.dropped += 1;
            forget(value);
        }
    }
}

/// Lets go of a value level by level: dropped whole, what is deep enough would end the program.
fn forget(value: Value) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(map) => open.extend(map.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}
