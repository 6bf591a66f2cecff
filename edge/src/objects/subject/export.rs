//! The copy of what is held about the person: a single-use token, then page after page of it, as the download takes them.
//!
//! Each page is a call of its own, and so has the platform's limit of operations for itself; nothing is kept of a page once
//! it is handed over, and nothing of the copy is ever stored. An erasure ends every copy under way.

use super::{
    super::{
        audit_log,
        db::{Db, Row, number, text, time},
    },
    ExportToken,
    decide::{receipt, require_not_erased},
    erase, linked,
    person::{ConsentEvent, Person},
    policy::Read,
    records::{self, Slot},
    requests, systems,
};
use crate::{
    config::Config,
    kv::Retention,
    parcel::{self, End},
    problem::{Answer, OrInternal as _, Problem, sentence},
    sealed::{self, Broken, Opened},
    stream::made,
    world::{context, now, random},
};
use consentry::{
    audit::Action,
    banner::{decisions_page, entries_page, records_page},
    clock::Timestamp,
    consent::Decision,
    decider::{Caller, CallerClass, Context},
    encoding::to_base64url,
    id::SubjectId,
    policy::{Locale, Policy},
    records::Record,
    rights::{
        copy::{Item, LARGEST_ITEM, is_json, json as items_json, table},
        csv_line,
        request::Right,
    },
    store::Store as _,
};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Response, ResponseBody, ResponseBuilder};

/// How long a token is good for, in seconds.
const LIFETIME: u64 = 600;

/// How long a copy may take, in seconds.
const LONGEST: u64 = 6 * 3600;

/// The most records of one page, and the most bytes of them.
const MOST: u64 = 500;
const MOST_BYTES: u64 = 4 << 20;

/// How many values are read at a time, as the platform has it.
const AT_ONCE: usize = 6;

/// The most audit entries of one page, and the most decisions: of each of these KV and the log are asked.
const ENTRIES: u64 = 500;
const DECISIONS: u64 = 200;

/// The tables: tokens, and copies under way.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS exports (token TEXT PRIMARY KEY, expires INTEGER NOT NULL, scope TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS copies (id TEXT PRIMARY KEY, expires INTEGER NOT NULL, scope TEXT NOT NULL)",
];

/// A copy that has been begun.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begun {
    /// Its id, by which pages are asked for.
    pub id: String,
    /// Everything ([`Right::Access`]), or what may be taken along ([`Right::Portability`]).
    pub scope: Right,
    /// How many records there are in the index.
    pub records: u64,
    /// The devices that are linked to the account: what is kept about them is part of it.
    pub devices: Vec<SubjectId>,
    /// When it was begun.
    pub at: Timestamp,
}

/// Where a copy is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum Cursor {
    /// At the decisions, after so many.
    Consent {
        /// The number of the last one handed over.
        after: u64,
    },
    /// At the entries of the log, after this leaf.
    Entries {
        /// One more than the index of the last one handed over.
        from: u64,
    },
    /// At what the site's other systems handed over, after this row.
    Systems {
        /// Its number.
        after: u64,
    },
    /// At the records, after this one.
    Records {
        /// The keyed hash of its category.
        category: String,
        /// Its place.
        place: String,
    },
}

/// A page of a copy.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// Files of text, by the names that they have but for a number.
    pub texts: Vec<Text>,
    /// Files that are handed over as they are.
    pub contents: Vec<Content>,
    /// Records that are in the index and could not be read, and why.
    pub missing: Vec<Missing>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

/// A file of text.
#[derive(Debug, Serialize, Deserialize)]
pub struct Text {
    /// Its folder and name, without the ending.
    pub name: String,
    /// The ending.
    pub ending: String,
    /// What is in it.
    pub content: String,
}

/// A record whose content is a file of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Content {
    /// The record.
    pub record: Record,
    /// Its place in the index.
    pub place: String,
}

/// How a copy is shown.
pub struct View {
    /// The policy in force, which declares what may be taken along and what is withheld.
    pub policy: Rc<Read>,
    /// The language of what is for reading.
    pub locale: Locale,
}

/// A record that could not be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Missing {
    /// Which, as `category/name`.
    pub record: String,
    /// Why.
    pub why: String,
}

/// The stored form of a token.
pub fn token_hash(token: &str) -> String {
    to_base64url(&Sha256::digest(token))
}

/// Makes a token, within the transaction of its request. It carries the subject's name, so that it finds its object, and 32
/// random bytes.
pub fn link(db: &Db<'_>, subject: SubjectId, scope: Right, context: &Context) -> Answer<ExportToken> {
    let token = to_base64url(&[*subject.as_bytes(), context.derive("export token")].concat());
    let expires = context.now.plus_seconds(LIFETIME);
    db.run("DELETE FROM exports WHERE expires <= ?", [time(context.now)])?;
    let params = [text(token_hash(&token)), time(expires), text(spelled(scope)?)];
    db.run("INSERT INTO exports (token, expires, scope) VALUES (?, ?, ?)", params)?;
    let bytes = db.count("SELECT sum(size) FROM records", [])?;
    Ok(ExportToken { token, expires, bytes })
}

/// Begins the copy for its token, which is used up with it.
pub async fn begin(db: &Db<'_>, env: &Env, config: &Config, hash: &str, by: Caller) -> Answer<Begun> {
    let person = Person::load(db, config)?.ok_or_else(gone)?;
    let context = context(by)?;
    let query = "SELECT scope FROM exports WHERE token = ? AND expires > ?";
    let row = db.row(query, [text(hash), time(context.now)])?.ok_or_else(gone)?;
    let scope: Right = serde_json::from_str(row.text(0)?).or_internal("export.scope")?;
    let id = to_base64url(&random::<16>()?);
    db.transaction(|| {
        if db.count("SELECT count(*) FROM exports WHERE token = ?", [text(hash)])? == 0 {
            return Err(gone());
        }
        db.run("DELETE FROM exports WHERE token = ?", [text(hash)])?;
        enter(db, &person, &id, scope, config, &context)
    })?;
    // The handing over is in the log before the copy leaves.
    super::object::deliver_now(db, env, config).await?;
    let devices = linked::devices(db, &person, config)?;
    Ok(Begun { id, scope, records: db.count(HELD, [])?, devices, at: context.now })
}

/// Begins the copy of a device, for the account that it is linked to; nothing, where nothing is kept about it any more.
pub async fn begin_linked(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    account: SubjectId,
    scope: Right,
    by: Caller,
) -> Answer<Option<Begun>> {
    if !db.exists()? || erase::is_asked(db)? {
        return Ok(None);
    }
    let Some(person) = Person::load(db, config)? else { return Ok(None) };
    if !linked::is_tied(db, &person, account, config)? {
        return Ok(None);
    }
    let context = context(by)?;
    let id = to_base64url(&random::<16>()?);
    db.transaction(|| enter(db, &person, &id, scope, config, &context))?;
    super::object::deliver_now(db, env, config).await?;
    let records = db.count(HELD, [])?;
    Ok(Some(Begun { id, scope, records, devices: Vec::new(), at: context.now }))
}

/// Enters a copy that is begun.
fn enter(
    db: &Db<'_>,
    person: &Person,
    id: &str,
    scope: Right,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    db.run("DELETE FROM copies WHERE expires <= ?", [time(context.now)])?;
    let row = [text(id), time(context.now.plus_seconds(LONGEST)), text(spelled(scope)?)];
    db.run("INSERT INTO copies (id, expires, scope) VALUES (?, ?, ?)", row)?;
    let details = json!({"right": scope});
    person.log(db, Action::ExportDelivered, details, "delivered", config, context)?;
    db.arm(Some(now().plus_seconds(2)))
}

/// How many records there are.
const HELD: &str = "SELECT count(*) FROM records";

/// A page of a copy.
pub async fn page(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    id: &str,
    cursor: Option<Cursor>,
    view: &View,
) -> Answer<Page> {
    let (person, scope) = under_way(db, config, id)?;
    match cursor {
        None => {
            let mut first = consent(db, env, config, &person, scope, 0, view).await?;
            let asked = requests::held(db, &person, config, &view.policy)?;
            if scope == Right::Access && !asked.is_empty() {
                let content = pretty(&Value::Array(asked))?;
                first.texts.push(Text { name: "requests".into(), ending: "json".into(), content });
            }
            Ok(first)
        }
        Some(Cursor::Consent { after }) => consent(db, env, config, &person, scope, after, view).await,
        Some(Cursor::Entries { from }) => entries(env, &person, from, view).await,
        Some(Cursor::Systems { after }) => {
            let (texts, next) = systems::page(db, &person, scope, after, config)?;
            let missing = if after == 0 { systems::missing(db, &person, scope, config)? } else { Vec::new() };
            let next = Some(next.map_or(FIRST_RECORD, |after| Cursor::Systems { after }));
            Ok(Page { texts, missing, next, ..Page::default() })
        }
        Some(Cursor::Records { category, place }) => {
            let page = records(db, env, config, &person, view, scope, (&category, &place)).await?;
            if page.next.is_none() {
                db.run("DELETE FROM copies WHERE id = ?", [text(id)])?;
            }
            Ok(page)
        }
    }
}

/// The person whose copy is under way, and what it is a copy of.
fn under_way(db: &Db<'_>, config: &Config, id: &str) -> Answer<(Person, Right)> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(gone)?;
    let query = "SELECT scope FROM copies WHERE id = ? AND expires > ?";
    let row = db.row(query, [text(id), time(now())])?.ok_or_else(gone)?;
    Ok((person, serde_json::from_str(row.text(0)?).or_internal("export.scope")?))
}

/// Contents of records, one after the other. Each call has the platform's limit of operations for itself, and no more of a
/// content is in memory than a few pieces.
pub fn contents(db: &Db<'_>, env: &Env, config: &Config, id: &str, places: &[String]) -> Answer<Response> {
    let (person, _) = under_way(db, config, id)?;
    let query = "SELECT place, key, header, body FROM records WHERE place = ?";
    let mut wanted = Vec::new();
    for place in places {
        // What was deleted since the page was made is missing.
        wanted.push(match db.row(query, [text(place)])? {
            Some(row) => {
                Some((person.open_record(place, row.bytes(3)?, config)?, slot(&row, &person, config)?))
            }
            None => None,
        });
    }
    let store = Retention::bound(env)?;
    let stream = made(None, |out| async move {
        for some in wanted.chunks(AT_ONCE) {
            // Small ones are fetched together; a large one is read as it is taken.
            let opening = some.iter().map(async |one| match one {
                Some((record, slot)) => sealed::open(&store, slot, record).await,
                None => Ok(Opened::Missing),
            });
            for opened in join_all(opening).await {
                let end = match opened.map_err(|problem| JsValue::from_str(&problem.title))? {
                    Opened::Content(mut content) => loop {
                        match content.next().await {
                            Ok(Some(piece)) => parcel::put_piece(&out, &piece).await?,
                            Ok(None) => break End::Whole,
                            Err(Broken::Damaged) => break End::Damaged,
                            // What cannot be read now may be whole: the copy breaks off.
                            Err(Broken::Unreadable(error)) => return Err(error),
                        }
                    },
                    Opened::Missing => End::Missing,
                    Opened::Damaged => End::Damaged,
                };
                parcel::put_end(&out, end).await?;
            }
        }
        out.end().await
    })?;
    Ok(ResponseBuilder::new().body(ResponseBody::Stream(stream.unchecked_into())))
}

const FIRST_SYSTEM: Cursor = Cursor::Systems { after: 0 };
const FIRST_RECORD: Cursor = Cursor::Records { category: String::new(), place: String::new() };

/// Decisions, their receipts, and a table of them.
async fn consent(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    scope: Right,
    after: u64,
    view: &View,
) -> Answer<Page> {
    let store = Retention::bound(env)?;
    let mut lines =
        csv_line(["sequence", "time", "purpose", "decision", "valid_until", "language", "record_id"]);
    let (mut history, mut texts, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut missing, mut damaged) = (Vec::new(), Vec::new());
    let query = "SELECT id, body, seq FROM events WHERE seq > ? ORDER BY seq LIMIT ?";
    let rows = db.rows(query, [number(after), number(DECISIONS)])?;
    let last = rows.last().map(|row| row.number(2)).transpose()?;
    for row in &rows {
        let Ok(event) = person.open_row(row, config) else {
            missing.push(Missing::damaged(format!("receipts/{:04}", row.number(2)?)));
            damaged.push(json!({"decision": row.text(0)?}));
            continue;
        };
        // What is handed over is what KV holds. The object's own copy stands in while KV does not show it yet, and for what is
        // damaged there.
        let key = person.consent_key(event.decision.id);
        let stored = store.get(&key).await.map_err(|e| Problem::unavailable(sentence(&e)))?;
        let held = match stored.map(|stored| person.open(&key, &stored.value, config)) {
            Some(Ok(held)) => held,
            Some(Err(_)) => {
                damaged.push(json!({"decision": event.decision.id, "copy": "kv"}));
                event
            }
            None => event,
        };
        decision_lines(&mut lines, &held);
        shown.push(held.decision.clone());
        history.push(json!({"decision": held.decision, "record": held.record}));
        let name = format!("receipts/{:04}", held.decision.seq);
        let receipt = serde_json::to_value(receipt(env, held, None).await?).or_internal("export.receipt")?;
        texts.push(Text { name, ending: "json".into(), content: pretty(&receipt)? });
    }
    let name = || "consent-history".to_owned();
    if after == 0 || !rows.is_empty() {
        texts.push(Text { name: name(), ending: "json".into(), content: pretty(&Value::Array(history))? });
        texts.push(Text { name: name(), ending: "csv".into(), content: lines });
        let html =
            decisions_page(&view.policy, &view.locale, shown.iter().map(|one| (one.at, outcomes(one))));
        texts.push(Text { name: name(), ending: "html".into(), content: html });
    }
    let more = u64::try_from(rows.len()).is_ok_and(|count| count == DECISIONS);
    let next = match last {
        Some(after) if more => Cursor::Consent { after },
        // What the log says is the site's own account; it was not provided by the person.
        _ if scope == Right::Portability => FIRST_SYSTEM,
        _ => Cursor::Entries { from: 0 },
    };
    note_damaged(db, env, person, &damaged, config).await?;
    Ok(Page { texts, missing, next: Some(next), ..Page::default() })
}

/// What the log says about the person.
async fn entries(env: &Env, person: &Person, from: u64, view: &View) -> Answer<Page> {
    let entries = audit_log::about(env, person.handle, from, ENTRIES).await?;
    let more = u64::try_from(entries.len()).is_ok_and(|count| count == ENTRIES);
    let last = entries.last().map(|entry| entry.index);
    let entries = serde_json::to_value(&entries).or_internal("export.trail")?;
    let next = match last {
        Some(index) if more => Cursor::Entries { from: index + 1 },
        _ => FIRST_SYSTEM,
    };
    let html = entries_page(&view.policy, &view.locale, &entries);
    let name = || "audit-entries".to_owned();
    let texts = vec![
        Text { name: name(), ending: "json".into(), content: pretty(&entries)? },
        Text { name: name(), ending: "html".into(), content: html },
    ];
    Ok(Page { texts, next: Some(next), ..Page::default() })
}

/// Records of one category.
async fn records(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    view: &View,
    scope: Right,
    after: (&str, &str),
) -> Answer<Page> {
    let query = "SELECT place, key, header, body, category FROM records WHERE (category, place) > (?, ?)
        ORDER BY category, place LIMIT ?";
    let rows = db.rows(query, [text(after.0), text(after.1), number(MOST)])?;
    let View { policy, locale } = view;
    let mut page = Page::default();
    let Some(first) = rows.first() else { return Ok(page) };
    let category_hash = first.text(4)?.to_owned();
    let (mut bytes, mut place) = (0, String::new());
    let mut shown: Vec<(Record, Slot)> = Vec::new();
    let (mut category, mut damaged) = (None, Vec::new());
    for row in &rows {
        if row.text(4)? != category_hash || bytes > MOST_BYTES {
            break;
        }
        place = row.text(0)?.to_owned();
        let Ok(record) = person.open_record(&place, row.bytes(3)?, config) else {
            page.missing.push(Missing::damaged(place.clone()));
            damaged.push(json!({"place": place}));
            continue;
        };
        category = Some(record.category.clone());
        let declared = policy.category(&record.category);
        // What the policy no longer declares was provided for all that is known.
        if scope == Right::Portability && declared.is_some_and(|one| !one.is_portable(policy)) {
            continue;
        }
        if is_json(&record.media_type) && usize::try_from(record.size).is_ok_and(|size| size <= LARGEST_ITEM)
        {
            bytes += record.size;
            shown.push((record, slot(row, person, config)?));
        } else if withheld(&record, policy).is_empty() {
            page.contents.push(Content { record, place: place.clone() });
        } else {
            page.missing.push(Missing::withheld(&record));
        }
    }
    let items = items(&Retention::bound(env)?, shown, policy, &mut page.missing, &mut damaged).await?;
    note_damaged(db, env, person, &damaged, config).await?;
    if let Some(category) = category.filter(|_| !items.is_empty()) {
        let name = || format!("records/{category}/{category}");
        let text = String::from_utf8(items_json(&items)).or_internal("export.items")?;
        page.texts.push(Text { name: name(), ending: "json".into(), content: text });
        page.texts.push(Text { name: name(), ending: "csv".into(), content: table(&items) });
        let title = policy.category(&category).and_then(|one| one.name.get(locale));
        let html = records_page(policy, locale, title.unwrap_or(category.as_str()), &items);
        page.texts.push(Text { name: name(), ending: "html".into(), content: html });
    }
    page.next = Some(Cursor::Records { category: category_hash, place });
    Ok(page)
}

/// Reads what is shown with others in one file.
async fn items(
    store: &Retention,
    shown: Vec<(Record, Slot)>,
    policy: &Policy,
    missing: &mut Vec<Missing>,
    damaged: &mut Vec<Value>,
) -> Answer<Vec<Item>> {
    let mut items = Vec::new();
    for some in shown.chunks(AT_ONCE) {
        let read = some.iter().map(|(record, slot)| sealed::open_whole(store, slot, record));
        for ((record, _), read) in some.iter().zip(join_all(read).await) {
            match read? {
                Ok(content) => match Item::of(record, &content, &withheld(record, policy)) {
                    Some(item) => items.push(item),
                    None => missing.push(Missing::withheld(record)),
                },
                Err(Opened::Damaged) => {
                    missing.push(Missing::of(record, End::Damaged));
                    damaged.push(records::named(record));
                }
                Err(_) => missing.push(Missing::of(record, End::Missing)),
            }
        }
    }
    Ok(items)
}

/// What of a record is not handed out: what its category declares, and declared when it was stored.
fn withheld<'a>(record: &'a Record, policy: &'a Policy) -> BTreeSet<&'a str> {
    let declared = policy.category(&record.category).map_or(&[][..], |one| &one.withheld);
    record.withheld.iter().chain(declared).map(String::as_str).collect()
}

/// Enters into the log what is not what was sealed, before the copy goes on without it.
async fn note_damaged(
    db: &Db<'_>,
    env: &Env,
    person: &Person,
    damaged: &[Value],
    config: &Config,
) -> Answer<()> {
    if damaged.is_empty() {
        return Ok(());
    }
    let context = context(CallerClass::System.into())?;
    db.transaction(|| {
        damaged.iter().try_for_each(|details| person.damaged(db, details, config, &context).map(drop))?;
        super::object::arm_soon(db)
    })?;
    super::object::deliver_now(db, env, config).await
}

impl Missing {
    fn because(record: &Record, why: &str) -> Self {
        Self { record: format!("{}/{}", record.category, record.name), why: why.to_owned() }
    }

    /// What is not what was sealed.
    pub fn damaged(name: String) -> Self {
        Self { record: name, why: "damaged".to_owned() }
    }

    /// A record of which not everything is handed out, and which is not JSON that the rest could be taken from.
    fn withheld(record: &Record) -> Self {
        Self::because(record, "withheld by the site")
    }

    /// A record that turned out not to be there, or not as it was sealed.
    pub fn of(record: &Record, end: End) -> Self {
        let why = match end {
            End::Damaged => "damaged",
            End::Missing | End::Whole => "not visible in the store yet, or deleted meanwhile",
        };
        Self::because(record, why)
    }
}

fn slot(row: &Row, person: &Person, config: &Config) -> Answer<Slot> {
    Slot::of(row.text(1)?, row.bytes(2)?, person, config)
}

fn gone() -> Problem {
    Problem::not_found("The link was used, is too old, or never was one. Ask for a new one.")
}

fn spelled(scope: Right) -> Answer<String> {
    serde_json::to_string(&scope).or_internal("export.scope")
}

fn pretty(value: &Value) -> Answer<String> {
    serde_json::to_string_pretty(value).or_internal("export.json")
}

/// What was decided, purpose by purpose.
fn outcomes(decision: &Decision) -> Vec<(&str, String)> {
    let said =
        |outcome| serde_json::to_value(outcome).ok().and_then(|value| value.as_str().map(str::to_owned));
    let outcomes = decision.outcomes.iter();
    outcomes.map(|(purpose, outcome)| (purpose.as_str(), said(outcome).unwrap_or_default())).collect()
}

fn decision_lines(table: &mut String, event: &ConsentEvent) {
    let decision = &event.decision;
    for (purpose, outcome) in &decision.outcomes {
        let outcome = serde_json::to_value(outcome).unwrap_or_default();
        table.push_str(&csv_line([
            decision.seq.to_string().as_str(),
            decision.at.to_string().as_str(),
            purpose.as_str(),
            outcome.as_str().unwrap_or_default(),
            decision.until.to_string().as_str(),
            decision.locale.as_str(),
            decision.id.to_string().as_str(),
        ]));
    }
}
