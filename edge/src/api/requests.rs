//! People's requests, as the site's own people work on them.

use super::body::Body;
use crate::{
    caller::require_operator,
    config::Config,
    objects::{
        audit_log, registry,
        subject::{
            self, Call,
            requests::{Ask, Shown},
        },
    },
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response,
};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::CallerClass,
    id::EventId,
    rights::{RequestReply, request::Ground, restriction::Restriction},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use worker::{Context, Env, Response};

/// `GET requests?over=&after=`: those that are open, the one that is due first at the top; or those that are over.
pub async fn list(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let over = match request.parameter("over") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(Problem::invalid("over", "Expected yes or no.")),
    };
    let after = request.parameter("after").unwrap_or_default().replace("%20", " ").replace('+', " ");
    if after.len() > 64 {
        return Err(Problem::invalid("after", "Send what the page before gave as \"next\"."));
    }
    let by = request.caller(CallerClass::Operator);
    audit_log::note(env, Action::RequestsListed, json!({"over": over}), by).await?;
    response::json(200, &registry::cases(env, over, after).await?, &[])
}

/// `GET requests/{id}`: what is asked for, and how it stands.
pub async fn show(
    id: &str,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    require_operator(request, config)?;
    let id = known(id)?;
    let shown: Shown = asked(id, Ask::Show { id }, request, env, ctx).await?;
    response::json(200, &shown, &[])
}

/// What an operator does about a request.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    /// Take more time; the person is told why.
    Extend { reason: String },
    /// Refuse it; the person is told why.
    Refuse { ground: Ground, reason: String },
    /// The site's own part is done.
    Done {
        #[serde(default)]
        note: Option<String>,
    },
    /// The site's own part cannot be done; the person is told why.
    Failed { note: String },
    /// Inform the person that the restriction they asked for will be lifted.
    AnnounceLift { reason: String, lift_at: Timestamp },
}

/// `POST requests/{id}`.
pub async fn act(
    id: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    require_operator(request, config)?;
    let id = known(id)?;
    let body = Body::read(request).await?;
    if body.is_form() {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    let act: Act = body.parse(|_: &mut Map<String, Value>, _, _| {})?;
    let ask = match act {
        Act::Extend { reason } => Ask::Extend { id, reason },
        Act::Refuse { ground, reason } => Ask::Refuse { id, ground, reason },
        Act::Done { note } => Ask::End { id, done: true, note },
        Act::Failed { note } if note.trim().is_empty() => {
            return Err(Problem::invalid("note", "Say why it cannot be done; the person is told."));
        }
        Act::Failed { note } => Ask::End { id, done: false, note: Some(note) },
        Act::AnnounceLift { reason, lift_at } => {
            let restriction: Option<Restriction> =
                asked(id, Ask::Announce { id, reason, lift_at }, request, env, ctx).await?;
            return response::json(200, &json!({"restriction": restriction}), &[]);
        }
    };
    let reply: RequestReply = asked(id, ask, request, env, ctx).await?;
    response::json(200, &json!({"request": reply}), &[])
}

fn known(id: &str) -> Answer<EventId> {
    id.parse().map_err(|_| Problem::not_found("There is no such request."))
}

async fn asked<A: DeserializeOwned>(
    id: EventId,
    ask: Ask,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
) -> Answer<A> {
    let subject = registry::subject_of(env, id).await?;
    let policy = policies::in_force(env, ctx).await?.document.clone();
    let by = request.caller(CallerClass::Operator);
    subject::call(env, subject, &Call::Requests { ask, policy, by }).await
}
