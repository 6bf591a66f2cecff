//! Legal holds: what is needed for legal claims is kept as it is, whatever its term and whatever is asked for (GDPR Article
//! 17(3)(e)), until every hold is released.

use super::{
    super::{
        db::{Db, Param, text, time},
        outbox::Task,
        registry::Hold,
    },
    decide::require_not_erased,
    person::Person,
    swept,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::context,
};
use consentry::{
    audit::Action,
    decider::Caller,
    id::EventId,
    vault::{Binding, open, seal},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::Env;

/// The table: `told` is what the person is told if they ask for what cannot be done, sealed.
pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS holds (id TEXT PRIMARY KEY, since INTEGER NOT NULL, told BLOB NOT NULL)";

/// What is asked about holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Place one.
    Place {
        /// Its id. The same again is the same hold.
        id: EventId,
        /// What it is for, for operators.
        reason: String,
        /// What the person is told.
        told: String,
    },
    /// Release one.
    Release {
        /// Which.
        id: EventId,
    },
}

/// Whether the person's data is kept as it is.
pub fn holds(db: &Db<'_>) -> Answer<bool> {
    Ok(db.exists()? && db.first("SELECT 1 FROM holds LIMIT 1")?.is_some())
}

/// What the person is told if they ask for what cannot be done.
pub fn told(db: &Db<'_>, config: &Config) -> Answer<Option<String>> {
    if !holds(db)? {
        return Ok(None);
    }
    let Some(row) = db.row("SELECT id, told FROM holds ORDER BY since, id LIMIT 1", [])? else {
        return Ok(None);
    };
    let person = Person::load(db, config)?.or_internal("hold.person")?;
    let plain = open(person.key.as_bytes(), binding(config, row.text(0)?), row.bytes(1)?);
    String::from_utf8(plain.or_internal("hold.integrity")?).or_internal("hold.text").map(Some)
}

fn binding<'a>(config: &'a Config, name: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "hold", name }
}

/// Answers. What is held is so from the moment it is written down, and acknowledged once the store's own expiries are lifted.
pub async fn answer(db: &Db<'_>, env: &Env, config: &Config, ask: Ask, by: Caller) -> Answer<()> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(nobody)?;
    let (context, subject) = (context(by)?, person.subject.or_internal("hold.subject")?);
    let placed = |id, reason: &str| {
        let reason = reason.to_owned();
        Hold { id, subject, since: context.now, reason, released: false }.sealed(config)
    };
    let event = db.transaction(|| match &ask {
        Ask::Place { id, reason, told } => {
            db.create()?;
            if db.count("SELECT count(*) FROM holds WHERE id = ?", [text(id)])? > 0 {
                // Of one that a restored backup brought back, the registry may not know.
                db.enqueue(*id, &Task::Hold { hold: placed(*id, reason)? })?;
                return super::object::arm_soon(db).map(|()| None);
            }
            let (name, nonce) = (id.to_string(), context.derive16("hold nonce"));
            let sealed = seal(person.key.as_bytes(), &nonce, binding(config, &name), told.as_bytes());
            let row = [text(id), time(context.now), Param::Blob(sealed.or_internal("hold.seal")?)];
            db.run("INSERT INTO holds (id, since, told) VALUES (?, ?, ?)", row)?;
            // The reason is the operators': what the log says about the person is part of their copy.
            let details = json!({"hold": id, "told": told});
            let event = person.log(db, Action::HoldPlaced, details, "hold", config, &context)?;
            // Operators see it whatever the store's expiries take.
            db.enqueue(event, &Task::Hold { hold: placed(*id, reason)? })?;
            swept::lift_all(db, event)?;
            super::object::arm_soon(db).map(|()| Some(event))
        }
        Ask::Release { id } => {
            if db.count("SELECT count(*) FROM holds WHERE id = ?", [text(id)])? == 0 {
                return Err(Problem::not_found("There is no such hold."));
            }
            db.run("DELETE FROM holds WHERE id = ?", [text(id)])?;
            let details = json!({"hold": id});
            let event = person.log(db, Action::HoldReleased, details, "release", config, &context)?;
            swept::expire_all(db, event)?;
            let hold = Hold { id: *id, subject, since: context.now, reason: String::new(), released: true };
            db.enqueue(event, &Task::Hold { hold })?;
            // What was to be deleted meanwhile is now.
            super::object::arm_soon(db).map(|()| Some(event))
        }
    })?;
    match event {
        Some(event) => super::object::deliver_event(db, env, config, event).await,
        None => super::object::deliver_now(db, env, config).await,
    }
}

/// Refuses what would take away what is kept.
pub fn require_none(db: &Db<'_>, config: &Config) -> Answer<()> {
    match told(db, config)? {
        Some(told) => Err(Problem::conflict("legal-hold", "The data is kept for legal claims", told)),
        None => Ok(()),
    }
}

fn nobody() -> Problem {
    Problem::not_found("Nothing is kept about this person.")
}
