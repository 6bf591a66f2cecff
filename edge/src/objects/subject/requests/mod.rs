//! The person's requests under Articles 15 to 22: taken in, carried out as far as that is the store's to do, and kept until
//! they are over.

mod correct;
mod erasure;
mod kept;
mod make;

pub(super) use kept::TABLE;
pub use kept::{Course, ended, entry, find, forget, held, keep, latest};

use super::{
    super::{db::Db, registry},
    Decide, Decided, Erased, ExportToken,
    decide::require_not_erased,
    ended, erase, export, linked,
    person::Person,
    policy, restriction, systems,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::context,
};
use consentry::{
    audit::Action,
    caller::{Proof, SiteName},
    clock::{Calendar, Law, Timestamp},
    decider::{Caller, CallerClass},
    id::{ConnectorId, EventId, SubjectId},
    policy::Policy,
    rights::{
        Asked, Named, RequestReply, calendar,
        connector::ConnectorAnswer,
        request::{Command, Ground, Phase, Refusal, Request, Right, SITE, Step},
        restriction::Restriction,
    },
};
use correct::corrected;
use erasure::identify;
use kept::{load, person_subject};
use make::make;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use worker::Env;

/// What is asked about requests.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Take one in.
    Make(Box<Make>),
    /// Show them all to the person.
    List,
    /// It is shown better who asks.
    Identify {
        /// Which.
        id: EventId,
        /// How well.
        proof: Proof,
    },
    /// The person takes one back.
    Revoke {
        /// Which.
        id: EventId,
    },
    /// End the restriction, as the person wants.
    Lift,
    /// Show one to an operator.
    Show {
        /// Which.
        id: EventId,
    },
    /// Take more time.
    Extend {
        /// Which.
        id: EventId,
        /// Why.
        reason: String,
    },
    /// Refuse one.
    Refuse {
        /// Which.
        id: EventId,
        /// On what ground.
        ground: Ground,
        /// The reasons.
        reason: String,
    },
    /// A system of the site says how far it is.
    Answer {
        /// Which.
        id: EventId,
        /// Which system.
        connector: ConnectorId,
        /// What it says.
        answer: ConnectorAnswer,
        /// The id of its message, if it came as one.
        message: Option<String>,
    },
    /// Hand out a copy once more, with what has come since.
    Copy {
        /// Which.
        id: EventId,
    },
    /// Say how a step ended, by hand.
    End {
        /// Which.
        id: EventId,
        /// The step.
        step: String,
        /// Whether it could be done.
        done: bool,
        /// What the person is told.
        note: Option<String>,
        /// What is put right by it, of the person's records.
        correction: Option<Correction>,
    },
    /// Inform the person that their restriction will be lifted.
    Announce {
        /// The request that it follows from.
        id: EventId,
        /// Why.
        reason: String,
        /// When.
        lift_at: Timestamp,
    },
}

/// What of a record is put right, and how.
#[derive(Debug, Serialize, Deserialize)]
pub struct Correction {
    /// The record.
    pub record: Named,
    /// What is right, by JSON Pointer (RFC 6901).
    pub changes: BTreeMap<String, Value>,
}

/// A request on its way in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Make {
    /// The person.
    pub subject: SubjectId,
    /// Its id. The same again is the same request.
    pub id: EventId,
    /// What is asked for.
    pub asked: Asked,
    /// The law its terms come from.
    pub law: Law,
    /// What proof the person's data is filed under.
    pub kind: Proof,
    /// What is proved.
    pub proof: Proof,
    /// The site's own name for the person, where there is one: what the site is told goes by it.
    pub name: Option<SiteName>,
    /// The decision about purposes that follows from an objection or a withdrawal.
    pub decide: Option<Decide>,
    /// When it came in, where that was before now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
}

/// The answer to [`Ask::Make`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// The request.
    pub request: RequestReply,
    /// The token for the copy that was asked for.
    pub token: Option<ExportToken>,
    /// How consent stands, if a decision followed.
    pub decided: Option<Decided>,
    /// What was erased, if that was asked for.
    pub erased: Option<Erased>,
    /// Whether the person's data may only be stored.
    pub restricted: bool,
}

/// The answer to [`Ask::List`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// The requests, latest first.
    pub requests: Vec<RequestReply>,
    /// The restriction that holds.
    pub restriction: Option<Restriction>,
}

/// The answer to [`Ask::Show`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The request.
    pub request: RequestReply,
    /// What exactly is asked for.
    pub asked: Asked,
    /// The restriction that holds.
    pub restriction: Option<Restriction>,
}

/// Answers.
pub async fn answer(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: Ask,
    document: &str,
    by: Caller,
) -> Answer<Value> {
    let policy = policy::read(document)?;
    let calendar = calendar(&policy);
    let advance = |id: EventId, command: Command| advance(db, config, id, command, &policy, by);
    let after = async |request: Request| {
        super::object::deliver_some(db, env, config).await?;
        json(request.reply(&calendar))
    };
    match ask {
        Ask::Make(ask) => json(make(db, env, config, *ask, &policy, document, by).await?),
        Ask::List => json(list(db, env, config, &calendar).await?),
        Ask::Identify { id, proof } => {
            identify(db, env, config, id, proof, &policy, document, by).await.and_then(json)
        }
        Ask::Revoke { id } => after(advance(id, Command::Revoke)?).await,
        Ask::Lift => {
            restriction::lift(db, config, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(())
        }
        Ask::Show { id } => {
            let (person, request) = find(db, config, id)?;
            let details = json!({"request": id});
            person.log(db, Action::RequestViewed, details, "viewed", config, &context(by)?)?;
            super::object::deliver_some(db, env, config).await?;
            let restriction = restriction::restriction(db, &person, config)?;
            json(Shown { request: request.reply(&calendar), asked: request.asked, restriction })
        }
        Ask::Extend { id, reason } => {
            after(advance(id, Command::Extend { reason, calendar: calendar.clone() })?).await
        }
        Ask::Refuse { id, ground, reason } => after(advance(id, Command::Refuse { ground, reason })?).await,
        Ask::End { id, note, correction: Some(correction), .. } => {
            let request = corrected(db, env, config, id, correction, note, &policy, by).await?;
            after(request).await
        }
        Ask::End { id, step, done, note, correction: None } => {
            let how = if done { Step::Done } else { Step::Failed };
            after(advance(id, Command::End { step, how, note })?).await
        }
        Ask::Answer { id, connector, answer, message } => {
            let step = systems::answered(db, config, id, &connector, &answer, message, &calendar, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(step)
        }
        Ask::Copy { id } => {
            let token = copy(db, config, id, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(token)
        }
        Ask::Announce { id, reason, lift_at } => {
            restriction::announce(db, config, id, &reason, lift_at, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(list(db, env, config, &calendar).await?.restriction)
        }
    }
}

fn json(value: impl Serialize) -> Answer<Value> {
    serde_json::to_value(value).or_internal("requests.answer")
}

/// Does what was asked of the account that this device is linked to. Where nothing is kept any more, there is nothing to do.
pub async fn also(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: linked::Following,
    document: &str,
    by: Caller,
) -> Answer<()> {
    if !db.exists()? || erase::is_asked(db)? {
        return Ok(());
    }
    // Whose key is lost cannot say any more whose device it was.
    let Some(person) = Person::load_or_lost(db, config)?.filter(|person| !person.is_lost) else {
        return Ok(());
    };
    let (linked::Following::Make { account, .. } | linked::Following::Lift { account, .. }) = &ask;
    // It may have been unlinked meanwhile.
    if !linked::is_tied(db, &person, *account, config)? {
        return Ok(());
    }
    let done = match ask {
        linked::Following::Make { make: ask, .. } => {
            let policy = policy::read(document)?;
            make(db, env, config, *ask, &policy, document, by).await.map(drop)
        }
        linked::Following::Lift { request, .. } => {
            if restriction::restriction(db, &person, config)?.is_none_or(|held| held.request != request) {
                return Ok(());
            }
            // The account's holder wants it, or was informed.
            restriction::lift(db, config, Caller { class: CallerClass::Account, ..by })?;
            super::object::deliver_now(db, env, config).await
        }
    };
    // What cannot be done to the device, since it was done or is kept by a hold, is no reason to ask for ever.
    done.or_else(|problem| if problem.status == 409 { Ok(()) } else { Err(problem) })
}

impl Made {
    fn of(request: &Request, calendar: &Calendar, restricted: bool) -> Self {
        Self { request: request.reply(calendar), token: None, decided: None, erased: None, restricted }
    }
}

/// A link for the copy that a request was made for.
fn copy(db: &Db<'_>, config: &Config, id: EventId, by: Caller) -> Answer<ExportToken> {
    let (person, request) = find(db, config, id)?;
    let (right, context) = (request.asked.right(), context(by)?);
    let is_taken = matches!(request.phase, Phase::InProgress | Phase::PartiallyCompleted | Phase::Completed);
    if !is_taken || !matches!(right, Right::Access | Right::Portability) {
        return Err(refused(Refusal::OutOfOrder));
    }
    db.transaction(|| {
        let details = json!({"request": id, "right": right});
        person.log(db, Action::ExportRequested, details, "copy", config, &context)?;
        super::object::arm_soon(db)?;
        export::link(db, person_subject(db)?, right, &context)
    })
}

/// Takes a request further.
fn advance(
    db: &Db<'_>,
    config: &Config,
    id: EventId,
    command: Command,
    policy: &Policy,
    by: Caller,
) -> Answer<Request> {
    let (person, request) = find(db, config, id)?;
    let context = context(by)?;
    let mut course = Course { state: Some(request), events: Vec::new() };
    course.take(command, &context)?;
    let request = course.state.or_internal("requests.advanced")?;
    let is_open = request.ended(SITE) == Some(Step::Open) && !request.phase.is_over();
    db.transaction(|| {
        keep(db, &person, &request, &course.events, false, &calendar(policy), config, &context)?;
        if matches!(request.asked, Asked::Objection { .. }) && !is_open {
            let is_upheld = request.ended(SITE) == Some(Step::Done);
            ended::weighed(db, &person, id, is_upheld, policy, config, &context)?;
        }
        super::object::arm_soon(db)
    })?;
    Ok(request)
}

async fn list(db: &Db<'_>, env: &Env, config: &Config, calendar: &Calendar) -> Answer<Listed> {
    if let Some(followed) = erase::followed(db)? {
        // Of an erasure that the site's other systems are still carrying out, the registry knows how far it is.
        let requests = registry::erasing(env, followed).await?.into_iter().collect();
        return Ok(Listed { requests, restriction: None });
    }
    require_not_erased(db)?;
    let Some(person) = Person::load(db, config)? else {
        return Ok(Listed { requests: Vec::new(), restriction: None });
    };
    let rows = db.rows("SELECT id FROM requests ORDER BY received DESC, id", [])?;
    let requests = rows.iter().map(|row| {
        let request = load(db, &person, row.parse(0)?, config)?.or_internal("requests.row")?;
        Ok(request.reply(calendar))
    });
    Ok(Listed {
        requests: requests.collect::<Answer<_>>()?,
        restriction: restriction::restriction(db, &person, config)?,
    })
}

/// Why nothing happened, as it is answered.
pub fn refused(refusal: Refusal) -> Problem {
    let detail = sentence(&refusal);
    match refusal {
        Refusal::Missing => Problem::not_found(detail),
        Refusal::Unidentified { needs } => Problem::step_up(needs),
        Refusal::NoReason => Problem::invalid("reason", detail),
        Refusal::WrongGround { .. } => Problem::invalid("ground", detail),
        _ => Problem::conflict("request", "The request is not at that point", detail),
    }
}
