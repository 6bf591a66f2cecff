//! Erasure: every step written down at once, done in order, complete only when none is open.

use super::{
    super::{
        audit_log::{NewEntry, SiteEntry},
        db::{Db, text},
        outbox::Task,
        registry::{self, Case, Concern, Erasing, Notice},
    },
    Erased, hold, linked,
    person::{ConsentEvent, Person},
    policy,
    requests::{self, Make},
    seen, systems, tell,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{context, now},
};
use consentry::{
    audit::{Action, Entry, Outcome},
    caller::{Proof, SiteName},
    clock::{Calendar, Timestamp},
    decider::{Caller, CallerClass, Context, Decider as _},
    id::{ConnectorId, EventId, SubjectId},
    policy::Policy,
    rights::{
        Asked, Command, Erasure, Event, Kept, State, calendar, law,
        request::{self, Request, Requests, STORE},
    },
    vault::{Binding, KeyUse, seal},
};
use serde_json::json;
use worker::Env;

/// The name of the request that the registry follows, in the table of single values.
const FOLLOWED: &str = "followed";
/// And of the moment to look how far it is.
const LOOK_AT: &str = "look_at";

/// In seconds.
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// How many decisions and records there are.
const HELD: &str = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM records)";

/// The person's own request for it, with what has happened to it so far.
pub struct Own {
    /// Its id.
    pub request: EventId,
    /// What has happened to it.
    pub events: Vec<request::Event>,
    /// The site's own name for the person, where there is one.
    pub name: Option<SiteName>,
}

/// The request by which the registry follows the site's other systems, once the person has gone from here.
pub fn followed(db: &Db<'_>) -> Answer<Option<EventId>> {
    if !db.exists()? {
        return Ok(None);
    }
    Ok(db.meta(FOLLOWED)?.and_then(|text| text.parse().ok()))
}

/// Whether it is asked for, or done.
pub fn is_asked(db: &Db<'_>) -> Answer<bool> {
    Ok(db.exists()? && db.meta("erasure")?.is_some())
}

/// Erases everything about the person and answers when it is done here. By a request of an account, the site's other systems
/// are asked to erase as well.
pub async fn erase(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    subject: SubjectId,
    own: Option<Own>,
    document: &str,
    by: Caller,
) -> Answer<Erased> {
    let context = context(by)?;
    let policy = policy::read(document)?;
    let name = own.as_ref().and_then(|own| own.name.as_ref());
    let partners = systems::partners(&policy, &Asked::Erasure, name);
    let is_asked = is_asked(db)?;
    let known = Person::load_or_lost(db, config)?.map(|person| (person, false));
    let person = match known {
        // Of whom nothing is kept here, other systems may know.
        None if !partners.is_empty() => Some((Person::new(subject, config, &context)?, true)),
        known => known,
    };
    if let Some((person, is_new)) = person.filter(|_| !is_asked) {
        hold::require_none(db, config)?;
        let id = EventId::from_bytes(context.derive16("erasure event"));
        let requested = Erasure::decide(&State::None, Command::Request { id }, &context);
        let requested = requested.or_internal("erase.request")?;
        db.transaction(|| {
            if is_new {
                db.create()?;
                person.save(db, config, &context)?;
            }
            plan(
                db,
                &person,
                subject,
                &requested,
                own.as_ref(),
                &partners,
                &policy,
                document,
                config,
                &context,
            )
        })?;
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

/// Writes down the request together with every step it takes.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
fn plan(
    db: &Db<'_>,
    person: &Person,
    subject: SubjectId,
    requested: &[Event],
    own: Option<&Own>,
    partners: &[ConnectorId],
    policy: &Policy,
    document: &str,
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
    let (entry, _) = NewEntry::about(&entry, person.log_name(), &person.key, config, context)?;
    // What cannot be read is erased all the same, and leaves no proof.
    let history = person.readable_history(db, config)?;
    let kept = kept(&history, policy);
    let answer = Erased { records: db.count(HELD, [])?, kept };
    let ledger = registry::Erasure::of(subject, *at, config)?;
    db.set_meta("erasure", &serde_json::to_string(requested).or_internal("erase.encode")?)?;
    db.set_meta("erased", &serde_json::to_string(&answer).or_internal("erase.encode")?)?;
    // What was still to be written about them is not written any more; what was to be logged is logged first,
    // as the erasure's own steps: an entry after the forgetting would bring their key back.
    db.run("DELETE FROM outbox WHERE json_extract(task, '$.do') IN ('put', 'lift', 'expire')", [])?;
    // What a device is still to do waits for that device alone.
    db.run("UPDATE outbox SET event = ? WHERE json_extract(task, '$.do') <> 'also'", [text(id)])?;
    requests::forget(db, person, *id, own.map(|own| own.request), config)?;
    // What was restricted is deleted all the same, and the proof that stays has its own term.
    db.unset_meta(["freeze", "lift_at", "announced"])?;
    db.run("DELETE FROM exports", [])?;
    db.run("DELETE FROM copies", [])?;
    db.run("DELETE FROM supplied", [])?;
    seen::forget(db)?;
    let concern = Concern { subject, category: None, is_concerned: false, seq: 0 };
    db.enqueue(*id, &Task::Concern { concern })?;
    if let Some(name) = own.and_then(|own| own.name.as_ref()) {
        tell::remember(db, person, name, config, context)?;
    }
    db.enqueue(*id, &Task::Append { entry: entry.clone() })?;
    let case = match own {
        Some(own) => follow(db, *id, own, partners, &answer, policy, config, context)?,
        None => None,
    };
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
    // Its own data goes first, whatever a device may be held up by.
    let asked = Make {
        subject,
        id: own.map_or(*id, |own| own.request),
        asked: Asked::Erasure,
        law: law(policy, None),
        kind: Proof::Device,
        proof: Proof::Device,
        name: None,
        decide: None,
        received: None,
    };
    linked::follow(db, person, *id, &asked, document, config)?;
    if let Some(case) = case {
        db.enqueue(*id, &Task::Case { case: Box::new(case) })?;
    }
    db.enqueue(*id, &Task::Finish)?;
    db.arm(Some(now().plus_seconds(2)))
}

/// Hands the request over to the registry: the person will be gone from here. Where other systems take part, they are asked
/// at once, beside the store's own steps; else the registry is to be told of the end alone, once all else is done.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
fn follow(
    db: &Db<'_>,
    event: EventId,
    own: &Own,
    partners: &[ConnectorId],
    answer: &Erased,
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<Option<Case>> {
    let calendar = calendar(policy);
    let mut course = own.events.clone();
    let state = Requests::replay(&course);
    let store = (!partners.is_empty()).then(|| STORE.to_owned());
    let steps = store.into_iter().chain(systems::steps(partners)).collect();
    let begun = Requests::decide(&state, request::Command::Begin { steps }, context);
    course.extend(begun.or_internal("erase.begin")?);
    let state = Requests::replay(&course).or_internal("erase.state")?;
    let Some(name) = own.name.as_ref().filter(|_| !partners.is_empty()) else {
        // What follows from another's erasure is part of that.
        let is_asked = context.caller.class != CallerClass::System;
        return if is_asked { answered(&state, course.len(), &calendar).map(Some) } else { Ok(None) };
    };
    let confirmation = match &config.webhook {
        Some(_) => {
            let data = SiteName::tell(Some(name), json!({"erased": answer, "request": own.request}));
            let id = own.request.derive("confirmation");
            Some(Notice::of(id, Action::ErasureCompleted, &data, context.now, config)?)
        }
        None => None,
    };
    let erasing = Erasing { request: own.request, events: course, records: answer.records, confirmation };
    db.set_meta(FOLLOWED, &own.request.to_string())?;
    db.enqueue(event, &Task::Erasing { erasing: Box::new(erasing) })?;
    systems::forward(db, event, partners, &state, name, &calendar, config, context).map(|()| None)
}

/// That somebody asked and was answered is remembered (11 CCR section 7101), not who.
pub fn answered(request: &Request, events: usize, calendar: &Calendar) -> Answer<Case> {
    let version = u64::try_from(events).or_internal("erase.version")?;
    Ok(Case { subject: None, version, request: request.reply(calendar) })
}

/// Looks once a day whether the site's other systems have erased: until then, who asks again is told of the same erasure.
pub async fn look(db: &Db<'_>, env: &Env) -> Answer<()> {
    let Some(request) = due(db)?.filter(|at| *at <= now()).and(followed(db)?) else { return Ok(()) };
    // Should it fail, it is tried again in a while.
    db.set_meta(LOOK_AT, &now().plus_seconds(HOUR).seconds().to_string())?;
    let is_open = registry::erasing(env, request).await?.is_some_and(|request| !request.phase.is_over());
    if is_open {
        db.set_meta(LOOK_AT, &now().plus_seconds(DAY).seconds().to_string())
    } else {
        db.unset_meta([FOLLOWED, LOOK_AT])
    }
}

/// When to look.
pub fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    Ok(db.meta(LOOK_AT)?.and_then(|text| text.parse().ok()).map(Timestamp::from_seconds))
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
    let followed = followed(db)?;
    if let Some(request) = followed {
        // The rest is for the registry to see done.
        db.enqueue(id, &Task::Erased { request })?;
        db.set_meta(LOOK_AT, &now().plus_seconds(DAY).seconds().to_string())?;
    }
    for event in completed.iter().filter(|_| followed.is_none()) {
        if let Event::Completed { id, records, .. } = event {
            let details = json!({"records": records});
            let entry = SiteEntry { event: *id, action: Action::ErasureCompleted, details };
            db.enqueue(*id, &Task::Append { entry: entry.seal(context.caller, config)? })?;
            // The site confirms it to the person, whom nobody here knows any more.
            let name = match Person::load_or_lost(db, config)? {
                Some(person) => tell::name(db, &person, config)?,
                None => None,
            };
            if name.is_some() {
                let erased: serde_json::Value =
                    db.meta("erased")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                let data = SiteName::tell(name.as_ref(), json!({"erased": erased}));
                tell::tell(db, *id, Action::ErasureCompleted, &data, config, &context)?;
            }
        }
    }
    // With these rows go the person's data key, the log handle and their history.
    db.run("DELETE FROM events", [])?;
    db.run("DELETE FROM records", [])?;
    db.run("DELETE FROM uploads", [])?;
    db.run("DELETE FROM sealed", [])?;
    db.run("DELETE FROM meta WHERE name NOT IN ('erased', 'followed', 'look_at')", [])?;
    db.set_meta("erasure", "complete")
}
