//! The JSON Schema by which editors complete and check a policy as it is written.

use super::{Policy, texts::Interface};
use serde_json::{Value, json};

/// The schema of a policy, JSON Schema draft 2020-12. The package carries it as `policy.schema.json`.
pub fn schema() -> Value {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Policy>()
        .to_value();
    join_lines(&mut schema);
    if let Some(texts) = schema.pointer_mut("/$defs/Overrides").and_then(Value::as_object_mut) {
        let keys: Vec<_> = Interface::keys().collect();
        texts.insert("propertyNames".to_owned(), json!({ "enum": keys }));
    }
    if let Some(members) = schema.as_object_mut() {
        members.insert("$id".to_owned(), json!("urn:consentry:policy:1"));
        members.insert("title".to_owned(), json!("Consentry policy, version 1"));
    }
    schema
}

/// A description is one line; where its source is broken into lines says nothing.
fn join_lines(schema: &mut Value) {
    match schema {
        Value::String(text) => *text = text.replace('\n', " "),
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        Value::Object(members) => members.values_mut().for_each(join_lines),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pkg/policy.schema.json");

    #[test]
    fn the_package_carries_this_schema() {
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        let carried = std::fs::read_to_string(FILE).unwrap_or_default();
        assert_eq!(carried, text, "out of date: run `cargo xtask schema` to write it");
    }

    #[test]
    fn every_object_is_closed_and_every_field_described() {
        fn walk(value: &Value, path: &str) {
            match value {
                Value::Object(members) => {
                    if let Some(fields) = members.get("properties").and_then(Value::as_object) {
                        assert_eq!(members.get("additionalProperties"), Some(&json!(false)), "{path}");
                        for (field, schema) in fields {
                            assert!(schema.get("description").is_some(), "{path}.{field}");
                        }
                    }
                    members.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}")));
                }
                Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
                _ => {}
            }
        }
        walk(&schema(), "");
    }

    #[test]
    fn names_itself_and_its_dialect() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["$id"], "urn:consentry:policy:1");
        let required = schema["required"].as_array().unwrap();
        for field in ["version", "site", "controller", "privacy_notice", "purposes", "consent", "locales"] {
            assert!(required.contains(&json!(field)), "{field}");
        }
        assert!(
            sample::full().as_object().unwrap().keys().all(|key| schema["properties"].get(key).is_some())
        );
    }
}
