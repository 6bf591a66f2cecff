//! The anonymiser as a module of its own. Entries come and go as JSON text: taking objects apart costs more calls than
//! reading them.

use crate::{
    anonymize::{
        EntryReport, EntryRules, HeaderRules, Options, Scrubber, anonymize, reduce_ip, reduce_user_agent,
        scrub_with,
    },
    pseudonym::PseudonymKey,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasm_bindgen::prelude::*;

/// What is done with entries, as it is asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// Rules for addresses, headers and cookies.
    fields: HeaderRules,
    /// `id:secret`, the key that identifiers are given a pseudonym with.
    key: Option<String>,
}

impl Wanted {
    fn rules(text: &str) -> Result<EntryRules, JsError> {
        let wanted: Wanted = if text.is_empty() { Self::default() } else { serde_json::from_str(text)? };
        let key = wanted.key.map(|key| {
            let (id, secret) = key.split_once(':').unwrap_or_default();
            PseudonymKey::parse(id, secret)
        });
        Ok(EntryRules { fields: wanted.fields, key: key.transpose()?, ..EntryRules::default() })
    }
}

#[derive(Serialize)]
struct Anonymized {
    entry: Value,
    report: EntryReport,
}

/// Anonymises a log entry, given as JSON, by rules given as JSON (empty: the usual ones):
/// `{"entry":{…},"report":{"found":{…},"reduced":2,"pseudonyms":0,"dropped":1}}`.
#[wasm_bindgen(js_name = anonymizeJson)]
pub fn anonymize_json(entry: &str, rules: &str) -> Result<String, JsError> {
    let rules = Wanted::rules(rules)?;
    // What is no JSON may hold anything, so nothing of it is quoted.
    let mut entry: Value = serde_json::from_str(entry).map_err(|_| JsError::new("the entry is not JSON"))?;
    let report = anonymize(&mut entry, &rules);
    Ok(serde_json::to_string(&Anonymized { entry, report })?)
}

/// Scrubs a text: the counts by kind, as JSON, then a line's end, then the text.
#[wasm_bindgen(js_name = scrubText)]
pub fn scrub_text(text: &str) -> String {
    let scrubbed = scrub_with(text, Options::default());
    let found = serde_json::to_string(&scrubbed.found).unwrap_or_default();
    format!("{found}\n{}", scrubbed.text)
}

/// The network of an address; undefined if it is none.
#[wasm_bindgen(js_name = reduceIp)]
pub fn reduce_address(text: &str) -> Option<String> {
    reduce_ip(text)
}

/// A reduced user agent, as JSON.
#[wasm_bindgen(js_name = reduceUserAgent)]
pub fn reduce_agent(text: &str) -> String {
    serde_json::to_string(&reduce_user_agent(text)).unwrap_or_default()
}

/// Scrubs what comes in pieces, cut anywhere.
#[wasm_bindgen(js_name = Scrubber)]
#[derive(Default)]
pub struct TextScrubber(Scrubber, String);

#[wasm_bindgen(js_class = Scrubber)]
impl TextScrubber {
    /// At the start of a text.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a piece of UTF-8, and gives what is ready.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        self.0.push(piece, &mut out);
        out
    }

    /// Gives the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let found = std::mem::take(&mut self.0).finish(&mut out);
        self.1 = serde_json::to_string(&found).unwrap_or_default();
        out
    }

    /// How often each kind was found, as JSON; empty until the end.
    #[wasm_bindgen(getter)]
    pub fn found(&self) -> String {
        self.1.clone()
    }
}
