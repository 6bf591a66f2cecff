//! Codes that were sent to the person's address: how many, which are open, and how often they were tried. That is kept of
//! addresses under which nothing else is kept as well, so that nobody learns which they are.

use super::{
    super::{audit_log::SiteEntry, db::Db, outbox::Task, registry::Notice},
    object,
    person::Person,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::context,
};
use consentry::{
    audit::Action,
    caller::{Codes, Contact, SiteName},
    clock::Timestamp,
    decider::{Caller, Context},
    encoding::to_base64url,
    id::EventId,
    pseudonym::Domain,
    vault::Mac,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::Env;

/// Under which name the codes are kept.
const NAME: &str = "codes";

/// Says that a code was ever sent.
const ASKED: &str = "coded";

/// What is asked about codes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Send one.
    Send {
        /// Where to.
        contact: Contact,
        /// The language of the page.
        locale: String,
    },
    /// Look whether this is one.
    Check {
        /// The challenge that it was sent for.
        challenge: String,
        /// What came back.
        code: String,
    },
}

/// A code that is on its way, as who asked for it is told.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sent {
    /// Names the code.
    pub challenge: String,
    /// How long it is good.
    pub expires: Timestamp,
}

/// Answers.
pub async fn answer(db: &Db<'_>, env: &Env, config: &Config, ask: Ask, by: Caller) -> Answer<Value> {
    let context = context(by)?;
    match ask {
        Ask::Send { contact, locale } => {
            let (event, sent) = db.transaction(|| send(db, config, &contact, &locale, &context))?;
            // What else waits here would tell that the address is known.
            object::deliver_event(db, env, config, event).await?;
            serde_json::to_value(sent).or_internal("contact.sent")
        }
        // Nothing was ever sent there.
        Ask::Check { .. } if !db.exists()? => Ok(false.into()),
        Ask::Check { challenge, code } => {
            let proved = db.transaction(|| check(db, config, &challenge, &code, &context))?;
            if let Some(event) = proved {
                // What is proved is in the log before anybody is let in.
                object::deliver_event(db, env, config, event).await?;
            }
            Ok(proved.is_some().into())
        }
    }
}

fn send(
    db: &Db<'_>,
    config: &Config,
    contact: &Contact,
    locale: &str,
    context: &Context,
) -> Answer<(EventId, Sent)> {
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
    let known = known(db, config)?.is_some();
    let data = json!({"code": code, "expires": expires, "locale": locale, "known": known});
    let data = SiteName::tell(Some(&SiteName::Contact(contact.clone())), data);
    let notice = Notice::of(event, Action::CodeSent, &data, context.now, config)?;
    db.enqueue(event, &Task::Notify { notice })?;
    object::arm_soon(db)?;
    Ok((event, Sent { challenge, expires }))
}

/// The event of a code that is right.
fn check(
    db: &Db<'_>,
    config: &Config,
    challenge: &str,
    code: &str,
    context: &Context,
) -> Answer<Option<EventId>> {
    let mut codes = load(db)?;
    let is_right = codes.check(challenge, &mac(config, challenge, code), context.now);
    save(db, &codes)?;
    object::arm_soon(db)?;
    if !is_right {
        return Ok(None);
    }
    if let Some(person) = known(db, config)? {
        return person.log(db, Action::ContactProved, Value::Null, "proved", config, context).map(Some);
    }
    let event = EventId::from_bytes(context.derive16("event proved"));
    let entry = SiteEntry { event, action: Action::ContactProved, details: Value::Null };
    db.enqueue(event, &Task::Append { entry: entry.seal(context.caller, config)? })?;
    Ok(Some(event))
}

/// Who is kept under the address. Of somebody who is being erased the log is told nothing more.
fn known(db: &Db<'_>, config: &Config) -> Answer<Option<Person>> {
    if db.meta("erasure")?.is_some() { Ok(None) } else { Person::load(db, config) }
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
