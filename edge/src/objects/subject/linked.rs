//! Devices that an account's holder has linked to it, so that the rights they use with the account reach what is kept about
//! the devices as well. Choices stay each device's own: a link grants nothing, and refuses nothing.

use super::{
    super::{
        db::Db,
        outbox::{Also, Task},
    },
    decide::require_not_erased,
    object,
    person::Person,
    requests::Make,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::context,
};
use consentry::{
    audit::Action,
    caller::Proof,
    decider::{Caller, Context},
    id::{EventId, SubjectId},
    rights::Asked,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use worker::Env;

/// At the account: its devices. At a device: its account.
const DEVICES: &str = "devices";
const ACCOUNT: &str = "linked";

/// The most devices of one account.
const MOST: usize = 20;

/// What is asked about links.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// A device learns to which account it belongs, or that it belongs to none.
    Tie {
        /// The account.
        account: SubjectId,
        /// Whether it does.
        linked: bool,
    },
    /// The account takes a device in, or lets it go.
    Link {
        /// The account itself.
        account: SubjectId,
        /// The device.
        device: SubjectId,
        /// Whether it is taken in.
        linked: bool,
    },
    /// Whether a device belongs to an account.
    IsTied {
        /// The account.
        account: SubjectId,
    },
}

/// Answers: how many devices the account has.
pub async fn answer(db: &Db<'_>, env: &Env, config: &Config, ask: Ask, by: Caller) -> Answer<Value> {
    require_not_erased(db)?;
    let context = context(by)?;
    let known = Person::load(db, config)?;
    match ask {
        Ask::Tie { account, linked } => {
            let person = known.ok_or_else(nothing)?;
            tie(db, &person, account, linked, config, &context)?;
            Ok(Value::Null)
        }
        Ask::Link { account, device, linked } => {
            let is_new = known.is_none();
            let person = known.map_or_else(|| Person::new(account, config, &context), Ok)?;
            let mut devices = if is_new { Vec::new() } else { devices(db, &person, config)? };
            if devices.contains(&device) == linked {
                return Ok(devices.len().into());
            }
            if linked && devices.len() >= MOST {
                let detail = format!("An account has at most {MOST} devices; unlink one first.");
                return Err(Problem::conflict("devices", "Too many devices", detail));
            }
            devices.retain(|known| *known != device);
            devices.extend(linked.then_some(device));
            db.transaction(|| {
                db.create()?;
                if is_new {
                    person.save(db, config, &context)?;
                }
                person.set_sealed(db, DEVICES, &devices, config, &context)?;
                let action = if linked { Action::DeviceLinked } else { Action::DeviceUnlinked };
                let details = json!({"devices": devices.len()});
                person.log(db, action, details, "device", config, &context)?;
                object::arm_soon(db)
            })?;
            object::deliver_now(db, env, config).await?;
            Ok(devices.len().into())
        }
        Ask::IsTied { account } => match known {
            Some(person) => Ok(is_tied(db, &person, account, config)?.into()),
            None => Ok(false.into()),
        },
    }
}

fn tie(
    db: &Db<'_>,
    person: &Person,
    account: SubjectId,
    linked: bool,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let known: Option<SubjectId> = person.sealed(db, ACCOUNT, config)?.flatten();
    if known.is_some_and(|known| known != account) {
        let detail = "It was linked to another account. Unlink it there first.";
        return Err(Problem::conflict("linked-elsewhere", "The device is another account's", detail));
    }
    person.set_sealed(db, ACCOUNT, &linked.then_some(account), config, context)
}

fn nothing() -> Problem {
    Problem::not_found("Nothing is kept about this device, so there is nothing to link.")
}

/// Whether a device belongs to an account.
pub fn is_tied(db: &Db<'_>, person: &Person, account: SubjectId, config: &Config) -> Answer<bool> {
    let known: Option<SubjectId> = person.sealed(db, ACCOUNT, config)?.flatten();
    Ok(known == Some(account))
}

/// The devices of an account.
pub fn devices(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Vec<SubjectId>> {
    Ok(person.sealed(db, DEVICES, config)?.unwrap_or_default())
}

/// Has what an account's holder asks for done to their devices as well. The steps after this one wait for it.
pub fn follow(
    db: &Db<'_>,
    person: &Person,
    event: EventId,
    make: &Make,
    document: &str,
    config: &Config,
) -> Answer<()> {
    // What is copied is read there; what is decided about purposes is each browser's own to decide.
    if !matches!(make.asked, Asked::Erasure | Asked::Restriction { .. }) {
        return Ok(());
    }
    let account = person.subject.or_internal("linked.account")?;
    for device in devices(db, person, config)? {
        let id = make.id.derive(&device.to_string());
        let make = Make {
            subject: device,
            id,
            kind: Proof::Device,
            proof: Proof::Device,
            name: None,
            decide: None,
            asked: make.asked.clone(),
            law: make.law,
            received: make.received,
        };
        enqueue(db, event, device, &Following::Make { make: Box::new(make), account }, document)?;
    }
    Ok(())
}

/// Has the restriction that an account's holder asked for end at their devices as well.
pub fn lifted(db: &Db<'_>, person: &Person, event: EventId, request: EventId, config: &Config) -> Answer<()> {
    let account = person.subject.or_internal("linked.account")?;
    for device in devices(db, person, config)? {
        let request = request.derive(&device.to_string());
        enqueue(db, event, device, &Following::Lift { request, account }, "")?;
    }
    Ok(())
}

fn enqueue(db: &Db<'_>, event: EventId, device: SubjectId, ask: &Following, document: &str) -> Answer<()> {
    let ask = serde_json::to_value(ask).or_internal("linked.ask")?;
    let also = Also { subject: device, ask, policy: document.to_owned() };
    db.enqueue(event, &Task::Also { also: Box::new(also) })
}

/// What a device does because its account did.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Following {
    /// The same request.
    Make {
        /// What.
        make: Box<Make>,
        /// The account.
        account: SubjectId,
    },
    /// End the restriction that followed from such a request.
    Lift {
        /// The request.
        request: EventId,
        /// The account.
        account: SubjectId,
    },
}
