//! Header fields, brought over and handed back whole: each call into the platform costs more than reading them all.

use crate::problem::{Answer, OrInternal as _};
use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;
use web_sys::Headers;

/// Header fields, their names in lower case. Only `set-cookie` may be there more than once.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads all.
    pub fn of(headers: &Headers) -> Answer<Self> {
        let text = JSON::stringify(&Array::from(headers)).or_internal("fields.read")?;
        serde_json::from_str(&String::from(text)).map(Self).or_internal("fields.read")
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(own, value)| (own == name).then_some(value.as_str()))
    }

    /// Adds a field beside any of its name.
    pub fn append(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Adds a field in the place of any of its name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(&[name]);
        self.append(name, value);
    }

    /// Leaves out fields.
    pub fn remove(&mut self, names: &[&str]) {
        self.0.retain(|(own, _)| !names.contains(&own.as_str()));
    }

    /// Leaves out what is not wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str, &str) -> bool) {
        self.0.retain(|(name, value)| wanted(name, value));
    }

    /// A plain object for the platform: these as its `headers`, beside other members.
    pub fn with(&self, members: serde_json::Value) -> Answer<JsValue> {
        let mut object = members;
        if let Some(object) = object.as_object_mut() {
            object.insert("headers".to_owned(), serde_json::json!(self.0));
        }
        JSON::parse(&object.to_string()).or_internal("fields.write")
    }
}
