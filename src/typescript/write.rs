//! From JSON Schema, as far as the derives make use of it, to declarations.

use super::comment::{comment, filled};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const HEAD: &str =
    "// The JSON of the core, as its own types have it. Written by `cargo xtask schema`, and not by hand.\n";

/// A module of declarations: each type that was asked for, followed by those it is made of.
pub(super) struct Module<'a> {
    definitions: &'a Map<String, Value>,
    declared: BTreeSet<&'a str>,
    /// Named by what was declared, and to be declared themselves.
    named: Vec<&'a str>,
    text: String,
}

impl<'a> Module<'a> {
    pub(super) fn new(definitions: &'a Map<String, Value>) -> Self {
        Self { definitions, declared: BTreeSet::new(), named: Vec::new(), text: HEAD.to_owned() }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Declares a type, unless it is there already.
    pub(super) fn declare(&mut self, name: &str) {
        let Some((name, schema)) = self.definitions.get_key_value(name) else { return };
        if !self.declared.insert(name) {
            return;
        }
        let declaration = if schema.get("properties").is_some() {
            self.interface(name, schema)
        } else if forms(schema).is_empty() {
            format!("export type {name} = {};\n", self.types(schema).join(" | "))
        } else {
            self.union(name, schema)
        };
        for text in ["\n", &comment(schema, ""), &declaration] {
            self.text.push_str(text);
        }
        for name in std::mem::take(&mut self.named) {
            self.declare(name);
        }
    }

    /// The members that are always there come first, in the order in which they are written.
    fn interface(&mut self, name: &str, schema: &'a Value) -> String {
        let required: Vec<_> = list(schema, "required").iter().filter_map(Value::as_str).collect();
        let place = |name: &str| required.iter().position(|own| *own == name);
        let members = schema.get("properties").and_then(Value::as_object);
        let mut members: Vec<_> = members.into_iter().flatten().collect();
        members.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        let members = members.into_iter().map(|(name, schema)| {
            let mut types = self.types(schema);
            let mut mark = "";
            if place(name).is_none() {
                // What may be left out is left out where it is nothing.
                types.retain(|own| own != "null");
                mark = "?";
            }
            format!("{}  {name}{mark}: {};\n", comment(schema, "  "), types.join(" | "))
        });
        let members: String = members.collect();
        format!("export interface {name} {{\n{members}}}\n")
    }

    /// Each form with what is said of it.
    fn union(&mut self, name: &str, schema: &'a Value) -> String {
        let forms = forms(schema).into_iter().map(|form| {
            let types = self.types(form).join(" | ");
            format!("\n{}  | {types}", comment(form, "  "))
        });
        let forms: String = forms.collect();
        format!("export type {name} ={forms};\n")
    }

    /// The types that a value may be of.
    fn types(&mut self, schema: &'a Value) -> Vec<String> {
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred(path);
        }
        if let Some(only) = schema.get("const") {
            return vec![only.to_string()];
        }
        let values = list(schema, "enum");
        if !values.is_empty() {
            return values.iter().map(ToString::to_string).collect();
        }
        let forms = forms(schema);
        if !forms.is_empty() {
            return forms.into_iter().flat_map(|form| self.types(form)).collect();
        }
        match schema.get("type") {
            Some(Value::String(kind)) => vec![self.of_kind(kind, schema)],
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).map(|kind| self.of_kind(kind, schema)).collect()
            }
            _ => unknown(),
        }
    }

    /// Texts of a certain form, and maps, need no name.
    fn referred(&mut self, path: &str) -> Vec<String> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let Some((name, schema)) = self.definitions.get_key_value(name) else { return unknown() };
        let parts = ["properties", "propertyNames"];
        if forms(schema).is_empty() && !parts.iter().any(|part| schema.get(part).is_some()) {
            return self.types(schema);
        }
        self.named.push(name);
        vec![name.clone()]
    }

    fn of_kind(&mut self, kind: &str, schema: &'a Value) -> String {
        match kind {
            "integer" | "number" => match (schema.get("minimum"), schema.get("maximum")) {
                (Some(least), Some(most)) if least == most => least.to_string(),
                _ => "number".to_owned(),
            },
            "array" => match self.member(schema, "items").as_slice() {
                [item] => format!("{item}[]"),
                items => format!("({})[]", items.join(" | ")),
            },
            "object" => self.record(schema),
            simple => simple.to_owned(),
        }
    }

    fn record(&mut self, schema: &'a Value) -> String {
        let by_pattern =
            schema.get("patternProperties").and_then(|patterns| patterns.as_object()?.values().next());
        let values = match by_pattern {
            Some(values) => self.types(values),
            None => self.member(schema, "additionalProperties"),
        };
        let values = values.join(" | ");
        let keys = schema.get("propertyNames").map(|keys| self.types(keys).join(" | "));
        match keys {
            Some(keys) => format!("Partial<\n  Record<\n{},\n    {values}\n  >\n>", filled(&keys, "    ")),
            None => format!("Record<string, {values}>"),
        }
    }

    fn member(&mut self, schema: &'a Value, name: &str) -> Vec<String> {
        schema.get(name).map_or_else(unknown, |member| self.types(member))
    }
}

/// The tests find it.
fn unknown() -> Vec<String> {
    vec!["unknown".to_owned()]
}

fn forms(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"].into_iter().flat_map(|key| list(schema, key)).collect()
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
