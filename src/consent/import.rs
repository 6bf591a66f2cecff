//! Decisions that visitors made with an earlier tool, read from the cookie or storage value it left behind.
//!
//! A record is somebody else's claim: of a refusal it is taken at its word, of a grant only as far as it is dated,
//! fresh and about the same thing. What cannot be read is no record.

use super::{Choice, Imported, Selection};
use crate::{
    clock::Timestamp,
    encoding::from_base64,
    id::PurposeId,
    policy::{Import, Policy, Source},
};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// The most bytes of a record; a browser keeps about half of that in a cookie.
const MOST_BYTES: usize = 8 * 1024;

/// An earlier decision, in the words of this policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedChoice {
    /// Where it comes from.
    pub imported: Imported,
    /// What is taken over: everything, where the record says enough of every optional purpose; else an end to what it
    /// refuses, and the rest stays undecided.
    pub choice: Choice,
}

/// What the first declared earlier tool has on record, if it has anything that can be taken over.
///
/// `held` gives the value of the tool's cookie or storage key of that name, as the browser keeps it or
/// percent-decoded. A grant is taken only if the import says that it was the same notice, and the record has a date
/// that is not in the future and not longer ago than a grant lasted there or lasts here.
pub fn imported(
    imports: &[Import],
    policy: &Policy,
    held: &dyn Fn(Source, &str) -> Option<String>,
    now: Timestamp,
) -> Option<ImportedChoice> {
    let found =
        |import: &Import| Some((import.clone(), record(import.from, &held(import.from, import.name())?)?));
    let (import, record) = imports.iter().find_map(found)?;
    let choice = choice(&import, policy, &record, now)?;
    let at = record.at.filter(|at| *at <= now);
    Some(ImportedChoice { imported: Imported { from: import.from, at }, choice })
}

fn choice(import: &Import, policy: &Policy, record: &Record, now: Timestamp) -> Option<Choice> {
    let fresh = |at: Timestamp| {
        let there = import.lifetime.as_ref().is_none_or(|lifetime| now < lifetime.after(at));
        at <= now && there && now < policy.consent.lifetime.after(at)
    };
    let takes_grants = import.same_notice && record.at.is_some_and(fresh);
    let mut selection = Selection::default();
    let mut undecided = 0_usize;
    for purpose in policy.optional_purposes().map(|purpose| &purpose.id) {
        match outcome(import, record, purpose) {
            Some(true) if takes_grants => selection.purposes.insert(purpose.clone()),
            Some(false) => selection.objections.insert(purpose.clone()),
            _ => {
                undecided += 1;
                continue;
            }
        };
    }
    match (selection.purposes.is_empty(), selection.objections.is_empty(), undecided) {
        // What is not named in a selection is refused with it, and nobody refused that.
        (_, false, 1..) => Some(Choice::Stop(selection.objections)),
        (_, true, 1..) | (true, true, 0) => None,
        (true, false, 0) => Some(Choice::RejectAll),
        (false, _, 0) => Some(Choice::Selection(selection)),
    }
}

/// Whether all that stood for a purpose was agreed to, or some of it refused; `None` if the record does not say.
fn outcome(import: &Import, record: &Record, purpose: &PurposeId) -> Option<bool> {
    let stood = import.purposes.iter().filter(|(_, own)| *own == purpose);
    let said: Vec<_> = stood.map(|(category, _)| record.said(category, import)).collect();
    if said.contains(&Some(false)) {
        return Some(false);
    }
    (!said.is_empty() && said.iter().all(|one| *one == Some(true))).then_some(true)
}

/// What a tool kept.
struct Record {
    /// What it says of each category or service.
    said: BTreeMap<String, bool>,
    /// What it says of one that it does not name.
    otherwise: Option<bool>,
    /// The services agreed to in each category, where they could be chosen one by one.
    parts: BTreeMap<String, Vec<String>>,
    /// When the decision was made.
    at: Option<Timestamp>,
}

impl Record {
    fn said(&self, category: &str, import: &Import) -> Option<bool> {
        let said = self.said.get(category).copied().or(self.otherwise);
        // A category in which some services were agreed to may leave others out. Only an import that names the services
        // knows.
        let named = |service: &String| import.purposes.contains_key(service);
        let in_part = self.parts.get(category).is_some_and(|services| !services.iter().all(named));
        said.filter(|said| !(*said && in_part))
    }
}

/// Reads a record, in the tool's own format.
fn record(from: Source, value: &str) -> Option<Record> {
    if value.len() > MOST_BYTES {
        return None;
    }
    match from {
        Source::Cookieconsent => cookieconsent(&object(value)?),
        Source::Klaro | Source::Orejime => bare(&object(value)?),
        Source::C15t => object(value).map_or_else(|| compact(value), |record| c15t(&record)),
        Source::Fides => object(value)
            .or_else(|| from_base64(value).and_then(|bytes| read(&bytes)))
            .and_then(|record| fides(&record)),
    }
}

/// vanilla-cookieconsent 3: the categories agreed to; all others were refused.
fn cookieconsent(record: &Map<String, Value>) -> Option<Record> {
    let texts = |list: &Value| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let categories = texts(record.get("categories")?)?;
    let mut parts = BTreeMap::new();
    if let Some(services) = record.get("services") {
        for (category, services) in services.as_object()? {
            let services = texts(services)?;
            if !services.is_empty() {
                parts.insert(category.clone(), services);
            }
        }
    }
    let agreed = categories.into_iter().chain(parts.values().flatten().cloned());
    let said = agreed.map(|name| (name, true)).collect();
    let at = record.get("lastConsentTimestamp").or_else(|| record.get("consentTimestamp")).and_then(date);
    Some(Record { said, otherwise: Some(false), parts, at })
}

/// Klaro and Orejime: yes or no by name, without a date. A name that begins with two underscores is no service.
fn bare(record: &Map<String, Value>) -> Option<Record> {
    let said = record.iter().filter(|(name, _)| !name.starts_with("__"));
    let said: BTreeMap<_, _> =
        said.map(|(name, value)| Some((name.clone(), value.as_bool()?))).collect::<Option<_>>()?;
    (!said.is_empty()).then_some(Record { said, otherwise: None, parts: BTreeMap::new(), at: None })
}

/// c15t 2, as it is kept in storage.
fn c15t(record: &Map<String, Value>) -> Option<Record> {
    let said = record.get("consents")?.as_object()?.iter();
    let said: BTreeMap<_, _> =
        said.map(|(name, value)| Some((name.clone(), value.as_bool()?))).collect::<Option<_>>()?;
    let info = record.get("consentInfo").and_then(Value::as_object);
    let at = info.filter(|info| info.contains_key("subjectId")).and_then(|info| info.get("time")?.as_u64());
    decided(said, at)
}

/// c15t 2, as it is kept in a cookie: `c.necessary:1,c.marketing:1,i.t:1795299551837,i.sid:sub_…`. What was refused
/// is left out.
fn compact(value: &str) -> Option<Record> {
    let value = if value.contains(':') { Cow::Borrowed(value) } else { Cow::Owned(percent_decoded(value)?) };
    let mut said = BTreeMap::new();
    let (mut time, mut has_subject) = (None, false);
    for (name, value) in value.split(',').map(|pair| pair.split_once(':')).collect::<Option<Vec<_>>>()? {
        match name.split_once('.') {
            Some(("c", category)) => {
                said.insert(category.to_owned(), value == "1");
            }
            Some(("i", "t")) => time = value.parse().ok(),
            Some(("i", "sid")) => has_subject = !value.is_empty(),
            _ => {}
        }
    }
    decided(said, time.filter(|_| has_subject))
}

/// A record of c15t is written for other reasons too; every decision has at least what is necessary. One without a
/// subject is of an earlier version, which the tool itself asks about again.
fn decided(said: BTreeMap<String, bool>, millis: Option<u64>) -> Option<Record> {
    let at = millis.map(|millis| Timestamp::from_seconds(millis / 1000));
    (!said.is_empty()).then_some(Record { said, otherwise: Some(false), parts: BTreeMap::new(), at })
}

/// Fides: yes or no by notice, and when and how that was last saved.
fn fides(record: &Map<String, Value>) -> Option<Record> {
    // What was dismissed, set by a script or only taken note of is no consent.
    const CHOSEN: [&str; 4] = ["accept", "save", "reject", "individual_notice"];
    let yes = |value: &Value| match value {
        Value::Bool(value) => Some(*value),
        Value::String(word) => match word.as_str() {
            "opt_in" | "acknowledge" => Some(true),
            "opt_out" => Some(false),
            _ => None,
        },
        _ => None,
    };
    // A notice that did not apply to the visitor was not decided about, whatever value it has.
    let skipped = record.get("non_applicable_notice_keys").and_then(Value::as_array);
    let applies =
        |name: &String| skipped.is_none_or(|skipped| !skipped.iter().any(|own| own.as_str() == Some(name)));
    let said = record.get("consent")?.as_object()?.iter();
    let said = said.filter(|(name, value)| applies(name) && value.as_str() != Some("not_applicable"));
    let said: BTreeMap<_, _> =
        said.map(|(name, value)| Some((name.clone(), yes(value)?))).collect::<Option<_>>()?;
    let meta = record.get("fides_meta").and_then(Value::as_object);
    let chosen = |meta: &&Map<String, Value>| {
        meta.get("consentMethod").and_then(Value::as_str).is_some_and(|method| CHOSEN.contains(&method))
    };
    let at = meta.filter(chosen).and_then(|meta| date(meta.get("updatedAt")?));
    (!said.is_empty()).then_some(Record { said, otherwise: None, parts: BTreeMap::new(), at })
}

/// A JSON object, percent-decoded once if it has to be.
fn object(value: &str) -> Option<Map<String, Value>> {
    read(value.as_bytes()).or_else(|| read(percent_decoded(value)?.as_bytes()))
}

fn read(text: &[u8]) -> Option<Map<String, Value>> {
    // Depth is bounded by the reader.
    serde_json::from_slice(text).ok()
}

fn date(value: &Value) -> Option<Timestamp> {
    serde_json::from_value(value.clone()).ok()
}

/// Decodes `%7B` and its like; `None` for what is not encoded, or wrongly.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    let mut any = false;
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
        any = true;
    }
    any.then(|| String::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
