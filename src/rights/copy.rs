//! A page of a person's records, as their copy has it: once as JSON, for machines and for taking along (GDPR Article
//! 20(1)), and once as a table, for reading.

use super::csv_line;
use crate::{
    clock::Timestamp,
    records::{Record, RecordName},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The largest record that is shown with others in one file, in bytes.
pub const LARGEST_ITEM: usize = 1 << 20;

/// A record whose content is JSON, as it is handed out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Its name within its category.
    pub name: RecordName,
    /// When it was stored.
    pub stored: Timestamp,
    /// Until when it is kept.
    pub retain_until: Timestamp,
    /// The content, without what is withheld.
    pub content: Value,
}

impl Item {
    /// Takes a record's content, without the members that JSON Pointers (RFC 6901) name. What is no JSON after all is handed
    /// out as text; `None` where something of it is withheld, since there it cannot be told from the rest.
    pub fn of(record: &Record, content: &[u8], withheld: &BTreeSet<&str>) -> Option<Self> {
        let content = match serde_json::from_slice(content) {
            Ok(mut content) => {
                for pointer in withheld {
                    remove(&mut content, pointer);
                }
                content
            }
            Err(_) if !withheld.is_empty() => return None,
            Err(_) => Value::String(String::from_utf8_lossy(content).into_owned()),
        };
        let Record { name, at, retain_until, .. } = record.clone();
        Some(Self { name, stored: at, retain_until, content })
    }
}

/// Takes out what a pointer names, if it is there.
fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let last = last.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&last);
        }
        Some(Value::Array(items)) => {
            if let Some(item) = last.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                *item = Value::Null;
            }
        }
        _ => {}
    }
}

/// The items as JSON.
pub fn json(items: &[Item]) -> Vec<u8> {
    // Values that were parsed can be written.
    serde_json::to_vec_pretty(items).unwrap_or_default()
}

/// The items as a table: a column for each member that one of them has.
pub fn table(items: &[Item]) -> String {
    let mut columns = BTreeSet::new();
    for item in items {
        if let Value::Object(members) = &item.content {
            columns.extend(members.keys().map(String::as_str));
        }
    }
    let has_plain = items.iter().any(|item| !item.content.is_object());
    let fixed = ["name", "stored", "retain_until"];
    let plain = has_plain.then_some("content");
    let mut text = csv_line(fixed.into_iter().chain(plain).chain(columns.iter().copied()));
    for item in items {
        let fixed = [item.name.to_string(), item.stored.to_string(), item.retain_until.to_string()];
        let plain =
            has_plain.then(|| if item.content.is_object() { String::new() } else { cell(&item.content) });
        let members = columns.iter().map(|name| item.content.get(*name).map(cell).unwrap_or_default());
        let cells: Vec<String> = fixed.into_iter().chain(plain).chain(members).collect();
        text.push_str(&csv_line(cells.iter().map(String::as_str)));
    }
    text
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The ending of a file's name, by its media type; a fixed list, so that no type can become a name of its own.
pub fn ending(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/avif" => "avif",
        "image/svg+xml" => "svg",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/xml" | "text/xml" => "xml",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/html" => "html",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        _ => "bin",
    }
}

/// Whether a content is JSON, and shown with others in one file.
pub fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;
    use serde_json::json;

    fn item(name: &str, content: &Value, withheld: &[&str]) -> Item {
        let record = Record {
            event: EventId::from_bytes([0; 16]),
            category: "profile".parse().unwrap(),
            name: name.parse().unwrap(),
            media_type: "application/json".to_owned(),
            size: 0,
            at: Timestamp::default(),
            retain_until: Timestamp::from_seconds(60),
            corrected: None,
            withheld: Vec::new(),
        };
        Item::of(&record, content.to_string().as_bytes(), &withheld.iter().copied().collect()).unwrap()
    }

    #[test]
    fn what_is_withheld_is_not_handed_out() {
        let content =
            json!({"name": "Ann", "hash": "x", "notes": {"a/b": "x", "ours": "x"}, "list": [1, "x"]});
        let item =
            item("1", &content, &["/hash", "/notes/a~1b", "/notes/ours", "/list/1", "/none", "/none/at/all"]);
        assert_eq!(item.content, json!({"name": "Ann", "notes": {}, "list": [1, null]}));
        assert!(!String::from_utf8(json(&[item])).unwrap().contains('x'));
    }

    #[test]
    fn a_table_has_a_column_for_each_member() {
        let items = [
            item("1", &json!({"total": 42, "to": "=cmd()"}), &[]),
            item("2", &json!({"to": null, "items": [1]}), &[]),
            item("3", &json!("plain"), &[]),
        ];
        let start = "\"1970-01-01T00:00:00Z\",\"1970-01-01T00:01:00Z\"";
        assert_eq!(
            table(&items),
            format!(
                "\"name\",\"stored\",\"retain_until\",\"content\",\"items\",\"to\",\"total\"\r\n\
                 \"1\",{start},\"\",\"\",\"'=cmd()\",\"42\"\r\n\
                 \"2\",{start},\"\",\"[1]\",\"\",\"\"\r\n\
                 \"3\",{start},\"plain\",\"\",\"\",\"\"\r\n"
            )
        );
    }

    #[test]
    fn what_is_no_json_is_handed_out_as_text_unless_something_is_withheld() {
        let record = item("1", &json!({}), &[]);
        let record = Record {
            event: EventId::from_bytes([0; 16]),
            category: "profile".parse().unwrap(),
            name: record.name,
            media_type: "application/json".to_owned(),
            size: 0,
            at: Timestamp::default(),
            retain_until: Timestamp::default(),
            corrected: None,
            withheld: Vec::new(),
        };
        assert_eq!(Item::of(&record, b"{\xff", &BTreeSet::new()).unwrap().content, json!("{\u{fffd}"));
        assert_eq!(Item::of(&record, b"{\xff", &["/a"].into()), None);
    }

    #[test]
    fn types_become_known_endings_only() {
        for (media_type, expected) in
            [("image/PNG; x=1", "png"), ("../../etc", "bin"), ("", "bin"), ("text/html", "html")]
        {
            assert_eq!(ending(media_type), expected);
        }
        assert!(
            is_json("application/json; charset=utf-8")
                && is_json("application/ld+json")
                && !is_json("text/json5")
        );
    }
}
