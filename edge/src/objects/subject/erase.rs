//! Erasure: every step written down at once, done in order, complete only when none is open.

use super::{
    super::{
        audit_log::{NewEntry, SiteEntry},
        db::{Db, text},
        outbox::Task,
        registry,
    },
    Erased,
    decide::policy,
    person::{ConsentEvent, Person},
    requests, tell,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{context, now},
};
use consentry::{
    audit::{Action, Entry, Outcome},
    decider::{Caller, CallerClass, Context, Decider as _},
    id::{EventId, SubjectId},
    policy::Policy,
    rights::{Command, Erasure, Event, Kept, State},
    vault::{Binding, KeyUse, seal},
};
use serde_json::json;
use worker::Env;

/// How many decisions and records there are.
const HELD: &str = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM records)";

/// Erases everything about the person and answers when it is done.
pub async fn erase(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    subject: SubjectId,
    document: &str,
    by: Caller,
) -> Answer<Erased> {
    let context = context(by)?;
    if let Some(person) = Person::load(db, config)?.filter(|_| !matches!(db.meta("erasure"), Ok(Some(_)))) {
        let policy = policy(document)?;
        let id = EventId::from_bytes(context.derive16("erasure event"));
        let requested = Erasure::decide(&State::None, Command::Request { id }, &context);
        let requested = requested.or_internal("erase.request")?;
        plan(db, &person, subject, &requested, &policy, config, &context)?;
        fault::point("after-commit").await;
    }
    if !db.exists()? {
        return Ok(Erased { records: 0, kept: Vec::new() });
    }
    super::object::deliver_now(db, env, config).await?;
    match db.meta("erased")? {
        Some(erased) => serde_json::from_str(&erased).or_internal("erase.answer"),
        None => Ok(Erased { records: 0, kept: Vec::new() }),
    }
}

/// Commits the request together with every step it takes.
fn plan(
    db: &Db<'_>,
    person: &Person,
    subject: SubjectId,
    requested: &[Event],
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let Some(Event::Requested { id, at }) = requested.first() else {
        return Err(Problem::internal("erase.event"));
    };
    let entry = Entry {
        event: *id,
        action: Action::ErasureRequested,
        time: *at,
        actor: context.caller,
        subject: Some(person.handle),
        outcome: Outcome::Done,
        details: serde_json::Value::Null,
    };
    let (entry, _) = NewEntry::about(&entry, person.handle, &person.key, &person.log_key, config, context)?;
    let history = person.history(db, config)?;
    let kept = kept(&history, policy);
    let answer = Erased { records: db.count(HELD, [])?, kept };
    let ledger = registry::Erasure::of(subject, *at, config)?;
    db.transaction(|| {
        db.set_meta("erasure", &serde_json::to_string(requested).or_internal("erase.encode")?)?;
        db.set_meta("erased", &serde_json::to_string(&answer).or_internal("erase.encode")?)?;
        // What was still to be written about them is not written any more; what was to be logged is logged first,
        // as the erasure's own steps: an entry after the forgetting would bring their key back.
        db.run("DELETE FROM outbox WHERE json_extract(task, '$.do') = 'put'", [])?;
        db.run("UPDATE outbox SET event = ?", [text(id)])?;
        requests::forget(db, person, *id, config)?;
        db.run("DELETE FROM exports", [])?;
        db.run("DELETE FROM copies", [])?;
        db.enqueue(*id, &Task::Append { entry: entry.clone() })?;
        for event in &history {
            if let Some(task) = proof(event, policy, config, context)? {
                db.enqueue(*id, &task)?;
            }
        }
        for row in db.rows("SELECT key FROM keys ORDER BY key", [])? {
            db.enqueue(*id, &Task::Delete { key: row.text(0)?.to_owned() })?;
        }
        db.enqueue(*id, &Task::Forget { handle: person.handle })?;
        db.enqueue(*id, &Task::Ledger { erasure: ledger.clone() })?;
        db.enqueue(*id, &Task::Finish)?;
        db.arm(Some(now().plus_seconds(2)))
    })
}

/// The minimal proof of a decision, as the policy declares it: what was decided about which notice, when, and by
/// nobody that could be found. `None` once its term is over.
fn proof(event: &ConsentEvent, policy: &Policy, config: &Config, context: &Context) -> Answer<Option<Task>> {
    let until = policy.consent.proof.retention.after(event.decision.at);
    if until <= context.now {
        return Ok(None);
    }
    // A name of its own: neither the person's key nor their event id leads here.
    let name = EventId::from_bytes(context.derive16(&format!("proof {}", event.decision.id)));
    let key = format!("proof/{name}");
    let record =
        consentry::consent::Record { pii_principal_id: None, sequence: None, ..event.record.clone() };
    let record = consentry::consent::Record { record_id: name, ..record };
    let id = config.keyring.active();
    let seal_key = config.keyring.key(id, KeyUse::Proof).or_internal("erase.proof-key")?;
    let plain = serde_json::to_vec(&record).or_internal("erase.proof")?;
    let nonce = context.derive16(&format!("proof nonce {name}"));
    let binding = Binding { site: &config.site, kind: "proof", name: &key };
    let sealed = seal(&seal_key, &nonce, binding, &plain).or_internal("erase.seal")?;
    Ok(Some(Task::put(&key, &sealed, id, Some(until))))
}

fn kept(history: &[ConsentEvent], policy: &Policy) -> Vec<Kept> {
    let terms = history.iter().map(|event| policy.consent.proof.retention.after(event.decision.at));
    let until = terms.max().filter(|until| *until > now());
    let proof = until.map(|until| Kept {
        what: "The fact and content of each consent decision, without anything that leads to you".to_owned(),
        ground: policy.consent.proof.ground.clone(),
        until,
    });
    proof.into_iter().collect()
}

/// Closes the erasure, within the transaction that removes its last row.
pub fn finish(db: &Db<'_>, config: &Config, id: EventId) -> Answer<()> {
    let events: Vec<Event> = match db.meta("erasure")?.as_deref() {
        None | Some("complete") => return Ok(()),
        Some(json) => serde_json::from_str(json).or_internal("erase.decode")?,
    };
    let state = Erasure::replay(&events);
    let open = db.count("SELECT count(*) FROM outbox WHERE event = ?", [text(id)])?
        + db.count("SELECT count(*) FROM keys", [])?;
    let records = db.count(HELD, [])?;
    let context = context(CallerClass::System.into())?;
    let completed = Erasure::decide(&state, Command::Complete { open, records }, &context);
    let completed = completed.map_err(|refusal| Problem::unavailable(sentence(&refusal)))?;
    for event in &completed {
        if let Event::Completed { id, records, .. } = event {
            let details = json!({"records": records});
            let entry = SiteEntry { event: *id, action: Action::ErasureCompleted, details };
            db.enqueue(*id, &Task::Append { entry: entry.seal(context.caller, config)? })?;
            // The site confirms it to the person, whom nobody here knows any more.
            let account = match Person::load(db, config)? {
                Some(person) => tell::account(db, &person, config)?,
                None => None,
            };
            if account.is_some() {
                let erased: serde_json::Value =
                    db.meta("erased")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                let data = json!({"account": account, "erased": erased});
                tell::tell(db, *id, Action::ErasureCompleted, &data, config, &context)?;
            }
        }
    }
    // With these rows go the person's data key, the log handle and their history.
    db.run("DELETE FROM events", [])?;
    db.run("DELETE FROM records", [])?;
    db.run("DELETE FROM uploads", [])?;
    db.run("DELETE FROM sealed", [])?;
    db.run("DELETE FROM meta WHERE name NOT IN ('erased')", [])?;
    db.set_meta("erasure", "complete")
}
