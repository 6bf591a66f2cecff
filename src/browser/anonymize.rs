//! The anonymiser as a module of its own. Entries come and go as JSON text: taking objects apart costs more calls than
//! reading them. What comes is UTF-8: what calls has a faster way to make that of its strings than wasm-bindgen, which
//! goes through them letter by letter.

use crate::{
    anonymize::{
        Entries, EntryLines, EntryRules, HeaderRules, Options, Scrubber, reduce_ip, reduce_user_agent,
        scrub_with,
    },
    pseudonym::PseudonymKey,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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

/// Anonymises log entries, by rules that are read once.
#[wasm_bindgen(js_name = Entries)]
pub struct LogEntries(Entries);

#[wasm_bindgen(js_class = Entries)]
impl LogEntries {
    /// By rules given as JSON; empty: the usual ones.
    #[wasm_bindgen(constructor)]
    pub fn new(rules: &str) -> Result<Self, JsError> {
        Ok(Self(Entries::new(Wanted::rules(rules)?)))
    }

    /// Anonymises an entry, given as JSON.
    pub fn one(&mut self, entry: &[u8]) -> Result<String, JsError> {
        let mut out = String::with_capacity(entry.len() + 64);
        // What is no JSON may hold anything, so nothing of it is quoted.
        self.0
            .anonymize_json(entry, &mut out)
            .map(|_| out)
            .ok_or_else(|| JsError::new("the entry is not JSON"))
    }

    /// The same, after what became of it as JSON, and a line's end:
    /// `{"found":{…},"reduced":2,"pseudonyms":0,"dropped":1}`.
    pub fn counted(&mut self, entry: &[u8]) -> Result<String, JsError> {
        let mut out = String::with_capacity(entry.len() + 64);
        let report = self.0.anonymize_json(entry, &mut out);
        let report = report.ok_or_else(|| JsError::new("the entry is not JSON"))?;
        Ok(format!("{}\n{out}", to_json(&report)))
    }
}

/// Anonymises a log of one entry a line, which comes in pieces, cut anywhere.
#[wasm_bindgen(js_name = Lines)]
pub struct LogLines(EntryLines, String);

#[wasm_bindgen(js_class = Lines)]
impl LogLines {
    /// At the start of a log, by rules given as JSON; empty: the usual ones.
    #[wasm_bindgen(constructor)]
    pub fn new(rules: &str) -> Result<Self, JsError> {
        Ok(Self(EntryLines::new(Wanted::rules(rules)?), String::new()))
    }

    /// Takes a piece, and gives the lines that end in it.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = String::with_capacity(piece.len() + 256);
        self.0.push(piece, &mut out);
        out.into_bytes()
    }

    /// Gives the last line, if it has no end.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = String::new();
        self.1 = to_json(&self.0.finish(&mut out));
        out.into_bytes()
    }

    /// What became of all, as JSON; empty until the end.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> String {
        self.1.clone()
    }
}

/// Counts and names, which always have a JSON form.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Bytes as text. Of what is no UTF-8, which nobody sends, each wrong part is U+FFFD: finding those takes longer.
fn read(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Scrubs a text.
#[wasm_bindgen(js_name = scrubText)]
pub fn scrub_text(text: &[u8]) -> String {
    scrub_with(&read(text), Options::default()).text
}

/// The same, after the counts by kind, as JSON, and a line's end.
#[wasm_bindgen(js_name = scrubCounted)]
pub fn scrub_counted(text: &[u8]) -> String {
    let scrubbed = scrub_with(&read(text), Options::default());
    format!("{}\n{}", to_json(&scrubbed.found), scrubbed.text)
}

/// The network of an address; undefined if it is none.
#[wasm_bindgen(js_name = reduceIp)]
pub fn reduce_address(text: &str) -> Option<String> {
    reduce_ip(text)
}

/// A reduced user agent, as JSON.
#[wasm_bindgen(js_name = reduceUserAgent)]
pub fn reduce_agent(text: &str) -> String {
    to_json(&reduce_user_agent(text))
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
        self.1 = to_json(&found);
        out
    }

    /// How often each kind was found, as JSON; empty until the end.
    #[wasm_bindgen(getter)]
    pub fn found(&self) -> String {
        self.1.clone()
    }
}
