//! What a page or form sends.

use consentry::{
    consent::Layer,
    id::{EventId, NoticeHash, PolicyHash, PurposeId, ServiceId},
    policy::{Age, Locale, RegimeId, Source},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A decision, as asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) id: Option<EventId>,
    pub(super) policy: PolicyHash,
    pub(super) notice: NoticeHash,
    pub(super) locale: Locale,
    /// The rules the page was made for.
    #[serde(default)]
    pub(super) regime: RegimeId,
    pub(super) seen: u32,
    pub(super) choice: Word,
    pub(super) purposes: Option<BTreeSet<PurposeId>>,
    #[serde(default)]
    pub(super) services: BTreeSet<ServiceId>,
    #[serde(default)]
    pub(super) objections: BTreeSet<PurposeId>,
    #[serde(default)]
    pub(super) service_objections: BTreeSet<ServiceId>,
    pub(super) layer: Layer,
    #[serde(default)]
    pub(super) confirmed: bool,
    /// Whether the page knows of a privacy signal of the browser's, which may have sent no header.
    #[serde(default)]
    pub(super) gpc: bool,
    /// How old the page was told the visitor is.
    #[serde(default)]
    pub(super) age: Age,
    /// Earlier tools' records that only the page can read, by tool.
    #[serde(default)]
    pub(super) imported: BTreeMap<Source, String>,
    /// The decision cookie, which only the page can read where it is another origin's.
    pub(super) cookie: Option<String>,
    #[serde(rename = "return")]
    pub(super) back: Option<String>,
}

/// The choice, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    AcceptAll,
    RejectAll,
    Selection,
    Stop,
    Import,
    Choose,
}

impl Ask {
    /// Whether it may turn out to ask for consent.
    pub(super) fn may_grant(&self) -> bool {
        match self.choice {
            Word::AcceptAll | Word::Import => true,
            Word::RejectAll | Word::Stop | Word::Choose => false,
            Word::Selection => {
                self.purposes.as_ref().is_some_and(|purposes| !purposes.is_empty())
                    || !self.services.is_empty()
            }
        }
    }
}

/// Turns a form's pair into a member of the JSON shape.
pub(super) fn of_form(object: &mut Map<String, Value>, name: &str, value: &str) {
    let member = match name {
        "seen" => value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from),
        "purpose" | "service" | "objection" | "service_objection" => {
            let list = object.entry(format!("{name}s")).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value.into());
            }
            return;
        }
        "confirmed" => (value == "yes").into(),
        _ => value.into(),
    };
    object.insert(name.to_owned(), member);
}
