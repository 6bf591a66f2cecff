//! Reading entries: a page at a time for people, or as a trail that proves itself.

use super::{
    Trail, TrailEntry, Wanted,
    seal::{LogName, NewEntry, Opening, SiteEntry, open_payload},
    sequence::Sequence,
    tree,
};
use crate::{
    config::Config,
    objects::db::{Db, Param, Row, number, text, time},
    problem::{Answer, OrInternal as _},
    world,
};
use consentry::{
    audit::{
        Action, Entry, Outcome,
        growing::Growing,
        merkle::leaf_hash,
        trail::{EntryLine, GapLine},
    },
    decider::Caller,
    encoding::{to_base64, to_base64url},
    id::LogHandle,
    rights::csv_line,
    vault::{DataKey, KeyUse, WrappedKey},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most entries in one page.
const MOST: u64 = 500;

/// How many entries a trail is made of at a time.
const PART: u64 = 200;

/// The columns that are read, in this order.
const COLUMNS: &str = "idx, event, leaf, handle, site_key, payload";

/// How a trail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Lines of JSON, which `consentry verify` checks.
    Jsonl,
    /// A table, each row with the proof of its leaf.
    Csv,
}

/// A trail that begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Begun {
    /// The number of leaves it is of.
    pub size: u64,
    /// The signed tree with them.
    pub checkpoint: String,
}

/// A part of a trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Its lines.
    pub text: String,
    /// The leaf to go on from.
    pub next: Option<u64>,
}

/// The rows that are wanted, from one leaf to before another.
fn rows(db: &Db<'_>, wanted: &Wanted, after: u64, before: u64, most: u64) -> Answer<Vec<Row>> {
    let word = |class: Answer<String>| class.map(Param::String);
    let mut wheres = vec!["idx >= ?", "idx < ?"];
    let mut params = vec![number(after), number(before)];
    if let Some(from) = wanted.from {
        wheres.push("time >= ?");
        params.push(time(from));
    }
    if let Some(to) = wanted.to {
        wheres.push("time < ?");
        params.push(time(to));
    }
    if let Some(action) = &wanted.action {
        wheres.push("action = ?");
        params.push(word(super::name(action))?);
    }
    if let Some(actor) = &wanted.actor {
        wheres.push("actor = ?");
        params.push(word(super::name(actor))?);
    }
    if let Some(subject) = &wanted.subject {
        wheres.push("handle = ?");
        params.push(text(subject));
    }
    params.push(number(most));
    let wheres = wheres.join(" AND ");
    db.rows(&format!("SELECT {COLUMNS} FROM leaves WHERE {wheres} ORDER BY idx LIMIT ?"), params)
}

/// The leaf to go on from after rows of which there could be so many at most; nothing after the last.
fn next(rows: &[Row], most: u64) -> Option<u64> {
    let last = rows.last()?.maybe_number(0)?;
    (u64::try_from(rows.len()) == Ok(most)).then_some(last + 1)
}

/// A page of the trail. That it was read is an entry first; where that cannot be made, nothing is read.
pub fn page(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    wanted: &Wanted,
    (after, limit): (u64, u64),
    reader: Caller,
) -> Answer<Trail> {
    let size = sequence.with(db, |growing| Ok(growing.size()))?;
    let limit = limit.clamp(1, MOST);
    let rows = rows(db, wanted, after, size, limit)?;
    let details = json!({"wanted": wanted.without_subject(), "after": after, "entries": rows.len()});
    log(db, sequence, config, (Action::TrailRead, details), wanted.subject, reader)?;
    let entries = rows.iter().map(|row| entry(db, config, row)).collect::<Answer<Vec<_>>>()?;
    Ok(Trail {
        checkpoint: sequence.checkpoint(db, config)?.to_string(),
        // The entry of this reading itself is not worth another page.
        next: next(&rows, limit).filter(|next| *next < size),
        entries,
    })
}

/// Entries about one person, from a leaf on.
pub fn about(
    db: &Db<'_>,
    config: &Config,
    handle: LogHandle,
    from: u64,
    limit: u64,
) -> Answer<Vec<TrailEntry>> {
    let query = format!("SELECT {COLUMNS} FROM leaves WHERE handle = ? AND idx >= ? ORDER BY idx LIMIT ?");
    db.rows(&query, [text(handle), number(from), number(limit)])?
        .iter()
        .map(|row| entry(db, config, row))
        .collect()
}

/// Begins a trail: it goes up to the entry which says that it was taken.
pub fn begin(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    wanted: &Wanted,
    format: Format,
    reader: Caller,
) -> Answer<Begun> {
    let details = json!({"wanted": wanted.without_subject(), "format": format});
    log(db, sequence, config, (Action::TrailExported, details), wanted.subject, reader)?;
    let checkpoint = sequence.checkpoint(db, config)?.to_string();
    let size = sequence.with(db, |growing| Ok(growing.size()))?;
    Ok(Begun { size, checkpoint })
}

/// The next part of a trail of `size` leaves, from leaf `at` on.
pub fn part(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    wanted: &Wanted,
    format: Format,
    (at, size): (u64, u64),
) -> Answer<Part> {
    let rows = rows(db, wanted, at, size, PART)?;
    let next = next(&rows, PART);
    let text = sequence.with(db, |growing| match format {
        Format::Jsonl => lines(db, growing, config, &rows, (at, next.unwrap_or(size))),
        Format::Csv => table(db, growing, config, &rows, size),
    })?;
    Ok(Part { text, next })
}

/// Lines for the leaves from one to before another: entries, and gaps between them.
fn lines(
    db: &Db<'_>,
    growing: &Growing,
    config: &Config,
    rows: &[Row],
    (at, end): (u64, u64),
) -> Answer<String> {
    let (mut text, mut at) = (String::new(), at);
    let gap = |from: u64, to: u64| {
        if from == to {
            return Ok(String::new());
        }
        GapLine::new(from, to, &tree::roots(db, growing, from, to)?).to_text().or_internal("trail.gap")
    };
    for row in rows {
        let index = row.number(0)?;
        let opening = open(db, config, row)?;
        let leaf = row.text(2)?;
        let entry = opening.as_ref().map(|opening| serde_json::from_str(&opening.entry));
        let line = EntryLine {
            entry: entry.transpose().or_internal("trail.entry")?,
            hash: to_base64(&leaf_hash(leaf.as_bytes())),
            index,
            leaf: serde_json::from_str(leaf).or_internal("trail.leaf")?,
            salt: opening.map(|opening| to_base64url(&opening.salt)),
        };
        text.push_str(&gap(at, index)?);
        text.push_str(&line.to_text().or_internal("trail.line")?);
        at = index + 1;
    }
    text.push_str(&gap(at, end)?);
    Ok(text)
}

/// The heads of a table's columns.
const HEADS: [&str; 11] =
    ["index", "time", "action", "outcome", "actor", "subject", "event", "details", "leaf", "salt", "proof"];

/// The first row of a table.
pub fn heads() -> String {
    csv_line(HEADS)
}

/// Rows of a table. A proof is the hashes from the leaf's sibling upwards, in base64, parted by spaces.
fn table(db: &Db<'_>, growing: &Growing, config: &Config, rows: &[Row], size: u64) -> Answer<String> {
    let indices = rows.iter().map(|row| row.number(0)).collect::<Answer<Vec<_>>>()?;
    let proofs = tree::paths(db, growing, &indices, size)?;
    let mut text = String::new();
    for (row, proof) in rows.iter().zip(proofs) {
        let leaf: Value = serde_json::from_str(row.text(2)?).or_internal("table.leaf")?;
        let opening = open(db, config, row)?;
        let entry = opening.as_ref().map(|opening| serde_json::from_str::<Value>(&opening.entry));
        let entry = entry.transpose().or_internal("table.entry")?.unwrap_or_default();
        let of = |value: &Value, place: &str| match value.pointer(place) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let salt = opening.map(|opening| to_base64url(&opening.salt)).unwrap_or_default();
        let proof: Vec<_> = proof.iter().map(|hash| to_base64(hash)).collect();
        text.push_str(&csv_line([
            row.number(0)?.to_string().as_str(),
            &of(&leaf, "/time"),
            &of(&leaf, "/action"),
            &of(&entry, "/outcome"),
            &of(&entry, "/actor/class"),
            &of(&entry, "/subject"),
            &of(&entry, "/event"),
            &of(&entry, "/details"),
            row.text(2)?,
            &salt,
            &proof.join(" "),
        ]));
    }
    Ok(text)
}

/// Makes an entry of something that is done to the log itself. Where it is about one person, it is sealed under their key
/// and forgotten with them.
pub fn log(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    (action, details): (Action, Value),
    subject: Option<LogHandle>,
    caller: Caller,
) -> Answer<()> {
    let event = world::event()?;
    let entry = match subject.map(|handle| Ok((handle, keys(db, config, handle)?))).transpose()? {
        Some((handle, Some((key, wrapped)))) => {
            let context = world::context(caller)?;
            let (time, actor, outcome) = (context.now, caller, Outcome::Done);
            let entry = Entry { event, action, time, actor, subject: Some(handle), outcome, details };
            let name = LogName { handle, key: wrapped, owner: None };
            NewEntry::about(&entry, name, &key, config, &context)?.0
        }
        // Nobody is known by that name, or not any more.
        Some((_, None)) | None => SiteEntry { event, action, details }.seal(caller, config)?,
    };
    sequence.append_with(db, config, &[entry], |_| Ok(())).map(drop)
}

/// The key of a person's entries, open and as it is kept; nothing once they are forgotten.
fn keys(db: &Db<'_>, config: &Config, handle: LogHandle) -> Answer<Option<(DataKey, WrappedKey)>> {
    let Some(row) = db.row("SELECT wrapped FROM handles WHERE handle = ?", [text(handle)])? else {
        return Ok(None);
    };
    let wrapped: WrappedKey = serde_json::from_str(row.text(0)?).or_internal("log.wrapped")?;
    let key = DataKey::unwrap(&wrapped, &config.keyring, &config.site, &handle.to_string());
    Ok(Some((key.or_internal("log.unwrap")?, wrapped)))
}

fn entry(db: &Db<'_>, config: &Config, row: &Row) -> Answer<TrailEntry> {
    let leaf = serde_json::from_str(row.text(2)?).or_internal("log.leaf")?;
    let opening = open(db, config, row)?;
    let entry = opening.map(|opening| serde_json::from_str(&opening.entry)).transpose();
    Ok(TrailEntry { index: row.number(0)?, leaf, entry: entry.or_internal("log.entry")? })
}

/// Opens a row's payload. `None` if it was forgotten.
fn open(db: &Db<'_>, config: &Config, row: &Row) -> Answer<Option<Opening>> {
    let Some(payload) = row.maybe_bytes(5) else { return Ok(None) };
    let key = match (row.maybe_text(3), row.maybe_text(4)) {
        (Some(handle), _) => {
            let Some((key, _)) = keys(db, config, handle.parse().or_internal("log.handle")?)? else {
                return Ok(None);
            };
            *key.as_bytes()
        }
        (None, Some(id)) => config.keyring.key(id, KeyUse::Site).or_internal("log.site-key")?,
        (None, None) => return Ok(None),
    };
    // A payload that does not open with its key in its place has been changed: an incident, not an empty entry.
    open_payload(payload, row.text(1)?, &key, config).or_internal("log.integrity").map(Some)
}
