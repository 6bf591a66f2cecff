//! Codes that were sent to an address: how many, which are open, and how often they were tried. They have an object of their own,
//! in which nothing else is ever kept: whatever is asked about codes, nobody learns from how it is answered, or how fast, whether
//! the address is known. Whether it is, its person's object says, to those who may know.

use super::{
    super::{audit_log::SiteEntry, db::Db, outbox::Task},
    erase, object,
    person::Person,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::context,
};
use consentry::{
    audit::Action,
    caller::Codes,
    clock::Timestamp,
    decider::{Caller, Context},
    encoding::to_base64url,
    id::EventId,
    pseudonym::Domain,
    vault::Mac,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::Env;

/// Under which name the codes are kept.
const NAME: &str = "codes";

/// Says that a code was ever sent.
const ASKED: &str = "coded";

/// What is asked about codes: the first two of their own object, the others of the person's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Make one.
    Send,
    /// Look whether this is one.
    Check {
        /// The challenge that it was sent for.
        challenge: String,
        /// What came back.
        code: String,
    },
    /// Whether anything is kept about the person.
    Known,
    /// The person proved the address. Whether anything is kept about them, so that it is in their log.
    Proved,
}

/// A code to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sent {
    /// Names the code.
    pub challenge: String,
    /// The code.
    pub code: String,
    /// How long it is good.
    pub expires: Timestamp,
    /// The event of it.
    pub event: EventId,
}

/// Answers.
pub async fn answer(db: &Db<'_>, env: &Env, config: &Config, ask: Ask, by: Caller) -> Answer<Value> {
    let context = context(by)?;
    match ask {
        Ask::Send => {
            let sent = db.transaction(|| send(db, config, &context))?;
            object::deliver_event(db, env, config, sent.event).await?;
            serde_json::to_value(sent).or_internal("contact.sent")
        }
        // Nothing was ever sent there.
        Ask::Check { .. } if !db.exists()? => Ok(false.into()),
        Ask::Check { challenge, code } => {
            db.transaction(|| check(db, config, &challenge, &code, &context)).map(Value::from)
        }
        Ask::Known => is_known(db).map(Value::from),
        Ask::Proved if !is_known(db)? => Ok(false.into()),
        Ask::Proved => {
            let person = Person::load_or_lost(db, config)?.or_internal("contact.person")?;
            if person.is_lost {
                // Their entry cannot be sealed for them; what can be done is to erase.
                return Ok(false.into());
            }
            let event = db.transaction(|| {
                object::arm_soon(db)?;
                person.log(db, Action::ContactProved, Value::Null, "proved", config, &context)
            })?;
            // What is proved is in the log before anybody is let in.
            object::deliver_event(db, env, config, event).await?;
            Ok(true.into())
        }
    }
}

fn send(db: &Db<'_>, config: &Config, context: &Context) -> Answer<Sent> {
    db.create()?;
    let mut codes = load(db)?;
    let code = Codes::digits(context.derive16("code"));
    let challenge = to_base64url(&context.derive16("challenge"));
    let sent = codes.send(&challenge, mac(config, &challenge, &code), context.now);
    let expires =
        sent.map_err(|e| Problem::too_many(e.again.seconds().saturating_sub(context.now.seconds())))?;
    save(db, &codes)?;
    db.set_meta(ASKED, "yes")?;
    let event = EventId::from_bytes(context.derive16("event code"));
    // Who it is that was asked for stands in nobody's log: it may be a stranger who asked.
    let entry = SiteEntry { event, action: Action::CodeSent, details: Value::Null };
    db.enqueue(event, &Task::Append { entry: entry.seal(context.caller, config)? })?;
    object::arm_soon(db)?;
    Ok(Sent { challenge, code, expires, event })
}

/// Whether a code is right. An attempt is counted in the transaction that looks; where there was nothing to try, nothing is
/// written, as where nothing was ever sent.
fn check(db: &Db<'_>, config: &Config, challenge: &str, code: &str, context: &Context) -> Answer<bool> {
    let before = load(db)?;
    let mut codes = before.clone();
    let is_right = codes.check(challenge, &mac(config, challenge, code), context.now);
    if codes != before {
        save(db, &codes)?;
    }
    Ok(is_right)
}

/// Whether anybody is kept under the address. Of somebody who is being erased the log is told nothing more.
fn is_known(db: &Db<'_>) -> Answer<bool> {
    Ok(db.exists()? && !erase::is_asked(db)? && db.meta("handle")?.is_some())
}

/// Whether codes are all that was ever kept here.
pub fn is_alone(db: &Db<'_>) -> Answer<bool> {
    Ok(db.meta(ASKED)?.is_some() && db.meta("handle")?.is_none())
}

/// When the codes can be forgotten.
pub fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    Ok(load(db)?.due())
}

/// Until when a code that was sent is good, if one is.
pub fn open_until(db: &Db<'_>, now: Timestamp) -> Answer<Option<Timestamp>> {
    Ok(load(db)?.open_until(now))
}

/// Forgets them once they can be.
pub fn expire(db: &Db<'_>, now: Timestamp) -> Answer<()> {
    match due(db)? {
        Some(due) if due <= now => db.unset_meta([NAME]),
        _ => Ok(()),
    }
}

fn load(db: &Db<'_>) -> Answer<Codes> {
    let Some(text) = db.meta(NAME)? else { return Ok(Codes::default()) };
    serde_json::from_str(&text).or_internal("contact.codes")
}

fn save(db: &Db<'_>, codes: &Codes) -> Answer<()> {
    db.set_meta(NAME, &serde_json::to_string(codes).or_internal("contact.codes")?)
}

fn mac(config: &Config, challenge: &str, code: &str) -> [u8; 16] {
    let key = config.subject_key.sealing(Domain::Contact);
    Mac::new(&key, "consentry/contact/code/v1").chain(challenge).chain("\n").chain(code).finish16()
}
