//! The copy of everything held about the person: a single-use token, then a ZIP.

use super::{
    super::{
        audit_log::{self, NewEntry},
        db::{Db, text, time},
        outbox::Task,
    },
    ExportToken,
    decide::{receipt, require_not_erased},
    person::{ConsentEvent, Person},
};
use crate::{
    config::Config,
    fault,
    kv::Retention,
    problem::{Answer, OrInternal as _, Problem, sentence},
    response,
    world::{context, now, random},
};
use consentry::{
    audit::{Action, Entry, Outcome},
    clock::Timestamp,
    decider::{Caller, Context},
    encoding::to_base64url,
    id::{EventId, SubjectId},
    rights::{Archive, csv_line},
    store::Store as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use worker::{Env, Response};

/// How long a token is good for, in seconds.
const LIFETIME: u64 = 600;

/// The stored form of a token.
pub fn token_hash(token: &str) -> String {
    to_base64url(&Sha256::digest(token))
}

/// Makes a token. It carries the subject's name, so that it finds its object, and 32 random bytes.
pub async fn request(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    subject: SubjectId,
    by: Caller,
) -> Answer<ExportToken> {
    require_not_erased(db)?;
    let context = context(by)?;
    let token = to_base64url(&[subject.as_bytes().as_slice(), &random::<32>()?].concat());
    let expires = context.now.plus_seconds(LIFETIME);
    let known = Person::load(db, config)?;
    let is_new = known.is_none();
    let person = known.map_or_else(|| Person::new(subject, config, &context), Ok)?;
    let entry = entry(&person, Action::ExportRequested, config, &context)?;
    db.transaction(|| {
        db.create()?;
        if is_new {
            person.save(db, config, &context)?;
        }
        db.run("DELETE FROM exports WHERE expires <= ?", [time(context.now)])?;
        let params = [text(token_hash(&token)), time(expires)];
        db.run("INSERT INTO exports (token, expires) VALUES (?, ?)", params)?;
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        db.arm(Some(now().plus_seconds(2)))
    })?;
    fault::point("after-commit").await;
    super::object::deliver_now(db, env, config).await?;
    Ok(ExportToken { token, expires })
}

/// Hands the copy over, once.
pub async fn deliver(db: &Db<'_>, env: &Env, config: &Config, hash: &str, by: Caller) -> Answer<Response> {
    let gone = || Problem::not_found("The link was used, is too old, or never was one. Ask for a new one.");
    let person = Person::load(db, config)?.ok_or_else(gone)?;
    let context = context(by)?;
    let entry = entry(&person, Action::ExportDelivered, config, &context)?;
    db.transaction(|| {
        let query = "SELECT count(*) FROM exports WHERE token = ? AND expires > ?";
        if db.count(query, [text(hash), time(context.now)])? == 0 {
            return Err(gone());
        }
        db.run("DELETE FROM exports WHERE token = ?", [text(hash)])?;
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        db.arm(Some(now().plus_seconds(2)))
    })?;
    // The handing over is in the log before the copy leaves.
    super::object::deliver_now(db, env, config).await?;
    let archive = archive(db, env, config, &person, context.now).await?;
    response::bytes(200, "application/zip", archive, &[])
}

fn entry(person: &Person, action: Action, config: &Config, context: &Context) -> Answer<NewEntry> {
    let entry = Entry {
        event: EventId::from_bytes(context.derive16("export event")),
        action,
        time: context.now,
        actor: context.caller,
        subject: Some(person.handle),
        outcome: Outcome::Done,
        details: Value::Null,
    };
    NewEntry::about(&entry, person.handle, &person.key, &person.log_key, config, context)
        .map(|(entry, _)| entry)
}

async fn archive(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    now: Timestamp,
) -> Answer<Vec<u8>> {
    let store = Retention::bound(env)?;
    let mut archive = Archive::default();
    let mut add = |name: &str, content: &[u8]| archive.file(name, content).or_internal("export.archive");
    let pretty = |value: &Value| serde_json::to_vec_pretty(value).or_internal("export.json");

    let mut table =
        csv_line(["sequence", "time", "purpose", "decision", "valid_until", "language", "record_id"]);
    let mut history = Vec::new();
    let mut files = Vec::new();
    for event in person.history(db, config)? {
        // What is handed over is what KV holds. The object's own copy stands in while KV does not show it yet.
        let key = person.consent_key(event.decision.id);
        let stored = store.get(&key).await.map_err(|e| Problem::unavailable(sentence(&e)))?;
        let held = match stored {
            Some(stored) => person.open(&key, &stored.value, config)?,
            None => event,
        };
        rows(&mut table, &held);
        history.push(json!({"decision": held.decision, "record": held.record}));
        let name = format!("receipts/{:04}.json", held.decision.seq);
        files.push(name.clone());
        add(
            &name,
            &pretty(&serde_json::to_value(receipt(env, held).await?).or_internal("export.receipt")?)?,
        )?;
    }
    let trail = audit_log::about(env, person.handle).await?;
    add("consent-history.json", &pretty(&Value::Array(history))?)?;
    add("consent-history.csv", table.as_bytes())?;
    add("audit-entries.json", &pretty(&serde_json::to_value(trail).or_internal("export.trail")?)?)?;
    files.extend(["consent-history.json", "consent-history.csv", "audit-entries.json"].map(str::to_owned));
    files.sort();
    let metadata = json!({
        "format": "consentry/export/1",
        "site": config.site,
        "generated": now,
        "scope": "Everything held about this device: consent decisions, receipts, and the audit entries about it.",
        "files": files,
        "verify": "Each file under receipts/ can be checked offline with the public keys at /.consentry/keys.",
    });
    add("metadata.json", &pretty(&metadata)?)?;
    archive.finish().or_internal("export.finish")
}

fn rows(table: &mut String, event: &ConsentEvent) {
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
