//! Entries as JSON text, anonymised while they are read: what is reduced is written at once, and of the rest nothing is
//! kept. The members of an object stay in their order.

use super::{
    EntryReport, EntryRules, anonymize,
    fields::Field,
    gives_way, headers,
    names::{Known, Names},
    treat,
};
use crate::{
    anonymize::{
        headers::Reduction,
        reduce_url_into, reduce_user_agent,
        text::{Kind, mask_secret},
    },
    pseudonym::{Domain, Namer},
};
use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Number, Value};
use std::{borrow::Cow, fmt};

/// Anonymises entry after entry by the same rules.
///
/// ```
/// use consentry::anonymize::{Entries, EntryRules};
///
/// let mut entries = Entries::new(EntryRules::default());
/// let mut out = String::new();
/// let entry = br#"{"url": "/orders/83112?q=me", "ip": "203.0.113.77"}"#;
/// assert!(entries.anonymize_json(entry, &mut out).is_some());
/// assert_eq!(out, r#"{"url":"/orders/:id?q=","ip":"203.0.113.0/24"}"#);
/// assert!(entries.anonymize_json(b"203.0.113.77", &mut out).is_none());
/// ```
#[derive(Debug)]
pub struct Entries {
    rules: EntryRules,
    namer: Option<Namer>,
    names: Names,
}

impl Entries {
    /// By these rules.
    pub fn new(rules: EntryRules) -> Self {
        Self {
            namer: rules.key.as_ref().map(|key| key.namer(Domain::Log)),
            names: Names::new(rules.text),
            rules,
        }
    }

    /// Adds what stays of an entry, as [`anonymize`] does; nothing, and nothing added, where it is no JSON.
    pub fn anonymize_json(&mut self, entry: &[u8], out: &mut String) -> Option<EntryReport> {
        // Once for all, and not for each of its strings.
        let entry = str::from_utf8(entry).ok()?;
        let before = out.len();
        let mut pass = Pass {
            rules: &self.rules,
            namer: self.namer.as_ref(),
            names: &mut self.names,
            out,
            report: EntryReport::default(),
            is_odd: false,
        };
        let mut reader = serde_json::Deserializer::from_str(entry);
        let whole = Member { pass: &mut pass, field: Field::Other, name: "", hint: 0, is_direct: true };
        if whole.deserialize(&mut reader).and_then(|()| reader.end()).is_ok() {
            return Some(pass.report);
        }
        let is_odd = pass.is_odd;
        out.truncate(before);
        if !is_odd {
            return None;
        }
        let mut entry: Value = serde_json::from_str(entry).ok()?;
        let report = anonymize(&mut entry, &self.rules);
        push_value(&entry, out);
        Some(report)
    }
}

/// One entry being read.
struct Pass<'a> {
    rules: &'a EntryRules,
    namer: Option<&'a Namer>,
    names: &'a mut Names,
    out: &'a mut String,
    report: EntryReport,
    /// Whether the reading was given up for a name that has to be changed: two may become the same, so that the object
    /// has to be seen as a whole.
    is_odd: bool,
}

/// A value, and what the names around it say.
struct Member<'p, 'a> {
    pass: &'p mut Pass<'a>,
    field: Field,
    name: &'p str,
    hint: u32,
    /// Whether it stands in an object itself, and not in a list there.
    is_direct: bool,
}

impl Member<'_, '_> {
    /// What is not read here as it comes.
    fn treat(self, mut value: Value) {
        let Pass { rules, out, report, .. } = self.pass;
        treat(&mut value, self.field, self.name, Some(self.hint), rules, report);
        push_value(&value, out);
    }

    fn text(self, text: &str) {
        let Pass { rules, out, report, namer, .. } = &mut *self.pass;
        let fields = &rules.fields;
        let start = out.len();
        out.push('"');
        let is_reduced = match self.field {
            _ if text.is_empty() => {
                out.push('"');
                return;
            }
            Field::Ip if !text.contains(',') => fields.ip.reduce_into(text, out),
            Field::Reduced(Reduction::UserAgent) => {
                reduce_user_agent(text).write_into(out);
                true
            }
            Field::Reduced(Reduction::Url) => reduce_url_into(text, &fields.url, out),
            Field::Reduced(Reduction::Referer) => reduce_url_into(text, &fields.referer, out),
            Field::Identifier => {
                if let Some(namer) = namer {
                    namer.name_into(&[text.as_bytes()], out);
                    report.pseudonyms += 1;
                    out.push('"');
                    return;
                }
                false
            }
            Field::Personal | Field::Headers => false,
            _ => {
                out.truncate(start);
                return self.treat(Value::String(text.to_owned()));
            }
        };
        if is_reduced {
            report.reduced += 1;
            // Nothing that is reduced has any such letter. If it had, JSON would end there.
            if out.get(start + 1..).is_some_and(has_escapes) {
                let reduced = out.split_off(start + 1);
                out.truncate(start);
                push_text(&reduced, out);
            } else {
                out.push('"');
            }
        } else {
            report.dropped += 1;
            out.truncate(start);
            out.push_str("null");
        }
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.pass.out.push_str("null");
        Ok(())
    }

    fn visit_bool<E>(self, is: bool) -> Result<(), E> {
        self.pass.out.push_str(if is { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.treat(number.into());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.treat(number.into());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.treat(Number::from_f64(number).map_or(Value::Null, Value::Number));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Self { pass, field, name, hint, .. } = self;
        let mut before = '[';
        loop {
            let start = pass.out.len();
            pass.out.push(before);
            let own = Member { pass: &mut *pass, field, name, hint, is_direct: false };
            if values.next_element_seed(own)?.is_none() {
                pass.out.truncate(start + usize::from(before == '['));
                break;
            }
            before = ',';
        }
        pass.out.push(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { pass, field, name: parent, is_direct, .. } = self;
        let field = if is_direct && gives_way(field) { Field::Other } else { field };
        if field == Field::Headers {
            let mut map = Map::deserialize(MapAccessDeserializer::new(members))?;
            headers(&mut map, pass.rules, &mut pass.report);
            push_value(&Value::Object(map), pass.out);
            return Ok(());
        }
        pass.out.push('{');
        let mut is_first = true;
        while let Some(name) = members.next_key_seed(Name)? {
            let known = pass.names.of(&name, parent);
            if !known.is_plain {
                pass.is_odd = true;
                return Err(A::Error::custom("a name that has to be changed"));
            }
            if !is_first {
                pass.out.push(',');
            }
            is_first = false;
            push_text(&name, pass.out);
            pass.out.push(':');
            let own = if field == Field::Other { known.field } else { field };
            if own == Field::Secret {
                members.next_value_seed(Masked { pass: &mut *pass, name: &name, known })?;
            } else {
                let (pass, hint) = (&mut *pass, known.hint);
                members.next_value_seed(Member { pass, field: own, name: &name, hint, is_direct: true })?;
            }
        }
        pass.out.push('}');
        Ok(())
    }
}

/// The value of a secret's name.
struct Masked<'p, 'a> {
    pass: &'p mut Pass<'a>,
    name: &'p str,
    known: Known,
}

impl<'de> DeserializeSeed<'de> for Masked<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let Self { pass, name, known } = self;
        let mut value = Value::deserialize(reader)?;
        match &value {
            // What is empty, or a mark, stays what it is; a mark ends in a bracket.
            Value::String(text) if !known.is_number && !text.is_empty() && !text.ends_with(']') => {
                pass.report.found.note(Kind::Secret);
                push_text(Kind::Secret.mark(), pass.out);
            }
            _ => {
                mask_secret(name, &mut value, pass.rules.text, &mut pass.report.found);
                push_value(&value, pass.out);
            }
        }
        Ok(())
    }
}

/// A name as it stands there, if nothing in it is escaped.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Whether a text has letters that JSON writes otherwise.
fn has_escapes(text: &str) -> bool {
    // All of the text is looked at, which is done in large steps.
    let is = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    text.bytes().fold(0, |found, byte| found | is(byte)) != 0
}

/// Adds a text with its quotes.
fn push_text(text: &str, out: &mut String) {
    if has_escapes(text) {
        out.push_str(&Value::String(text.to_owned()).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// Adds a value that was seen as a whole.
fn push_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::String(text) => push_text(text, out),
        other => out.push_str(&other.to_string()),
    }
}
