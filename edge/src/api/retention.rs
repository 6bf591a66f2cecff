//! How long what is kept is kept, for operators: what the sweep of the store finds, what is kept for legal claims, and whom
//! records are about.

use super::body::Body;
use crate::{
    caller::{account, contact, require_operator},
    config::Config,
    objects::{
        audit_log, registry,
        subject::{self, Call, hold::Ask},
    },
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response, world,
};
use consentry::{
    audit::Action,
    caller::Contact,
    decider::CallerClass,
    id::{CategoryId, EventId, SubjectId},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use worker::{Context, Env, Response};

/// The longest reason, in characters.
const LONGEST: usize = 1_000;

/// What the person is told where the operator says nothing else.
const TOLD: &str = "Your data is needed to establish, exercise or defend legal claims, and is kept until they are settled \
                    (GDPR Article 17(3)(e)).";

/// `GET retention`: what the last whole walk over the store found and one that broke off since, how far the present one is, how
/// many people the records of each category are about, and how much is under which key.
pub async fn report(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let registry::Retention { sweeps, concerned, mut uses } = registry::retention(env).await?;
    uses.extend(audit_log::key_uses(env).await?);
    // What a walk knows that is under way, or broke off, is not all there is.
    if let Some(last) = &sweeps.last {
        uses.insert("values".to_owned(), last.tally.keys.clone());
    }
    let keys = json!({"active": config.keyring.active(), "uses": uses});
    let reply = json!({
        "running": sweeps.running, "last": sweeps.last, "broken": sweeps.broken, "concerned": concerned,
        "keys": keys,
    });
    response::json(200, &reply, &[])
}

/// `GET concerned?category=&after=`: whom records of a category are about.
pub async fn concerned(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let category = request.parameter("category").and_then(|text| text.parse::<CategoryId>().ok());
    let held = policies::in_force(env, ctx).await?;
    let category = category.filter(|id| held.policy.category(id).is_some());
    let category = category.ok_or_else(|| {
        Problem::invalid("category", "Name a category of records that the policy declares.")
    })?;
    let after = request.parameter("after").unwrap_or_default();
    if !after.is_empty() && after.parse::<SubjectId>().is_err() {
        return Err(Problem::invalid("after", "Send what the page before gave as \"next\"."));
    }
    let by = request.caller(CallerClass::Operator);
    audit_log::note(env, Action::ConcernedListed, json!({"category": category}), by).await?;
    response::json(200, &registry::concerned(env, category, after.to_owned()).await?, &[])
}

/// `GET holds`: what is kept for legal claims.
pub async fn holds(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    audit_log::note(env, Action::HoldsListed, Value::Null, request.caller(CallerClass::Operator)).await?;
    let holds = registry::holds(env).await?;
    let holds: Vec<_> = holds
        .iter()
        .map(|hold| json!({"id": hold.id, "subject": hold.subject, "since": hold.since, "reason": hold.reason}))
        .collect();
    response::json(200, &json!({"holds": holds}), &[])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Chosen by who asks, so that asking twice is harmless.
    #[serde(default)]
    id: Option<EventId>,
    /// The site's own name for the account.
    #[serde(default)]
    account: Option<String>,
    /// Or the address under which the data is filed.
    #[serde(default)]
    contact: Option<Contact>,
    /// Or the pseudonym, as the registry has it.
    #[serde(default)]
    subject: Option<SubjectId>,
    /// What it is for.
    reason: String,
    /// What the person is told.
    #[serde(default)]
    told: Option<String>,
}

/// How long an operator waits until everything of somebody is held, in seconds.
const PATIENCE: u64 = 20;

/// `POST holds`.
pub async fn place(request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let Place { id, account, contact, subject, reason, told } = read(request).await?;
    for (name, text) in [("reason", Some(&reason)), ("told", told.as_ref())] {
        if text.is_some_and(|text| text.trim().is_empty() || text.chars().count() > LONGEST) {
            return Err(Problem::invalid(name, format!("Expected 1 to {LONGEST} characters.")));
        }
    }
    let subject = match (account, contact, subject) {
        (Some(name), None, None) => account::subject(&name, config),
        (None, Some(contact), None) => contact::subject(&contact, config),
        (None, None, Some(subject)) => subject,
        _ => return Err(Problem::invalid("account", "Say whose data: an account, a contact, or a subject.")),
    };
    let id = id.map_or_else(world::event, Ok)?.derive(&subject.to_string());
    let ask = Ask::Place { id, reason, told: told.unwrap_or_else(|| TOLD.to_owned()) };
    let call = Call::Hold { ask, by: request.caller(CallerClass::Operator) };
    // Asked again it is the same hold, and each call may do so much.
    let until = world::now().plus_seconds(PATIENCE);
    loop {
        match subject::call::<()>(env, subject, &call).await {
            Err(problem) if problem.is_goes_on() && world::now() < until => {}
            placed => break placed?,
        }
    }
    response::json(201, &json!({"hold": {"id": id, "subject": subject}}), &[])
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    /// Nothing is kept for it any more.
    Release,
}

/// `POST holds/{id}`.
pub async fn act(id: &str, request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let id: EventId = id.parse().map_err(|_| Problem::not_found("There is no such hold."))?;
    let Act::Release = read(request).await?;
    let subject = registry::held_subject(env, id).await?;
    let by = request.caller(CallerClass::Operator);
    subject::call::<()>(env, subject, &Call::Hold { ask: Ask::Release { id }, by }).await?;
    response::json(200, &json!({"released": true}), &[])
}

async fn read<T: serde::de::DeserializeOwned>(request: &mut Incoming) -> Answer<T> {
    let body = Body::read(request).await?;
    if body.is_form() {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    body.parse(|_: &mut Map<String, Value>, _, _| {})
}
