//! People's requests, as the site's own people work on them.

use super::{body::Body, rights};
use crate::{
    caller::require_operator,
    config::Config,
    objects::{
        audit_log, registry,
        subject::{
            self, Call,
            requests::{Ask, Correction, Shown},
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
    rights::{
        Named, RequestReply,
        request::{Ground, SITE, STORE, Step},
        restriction::Restriction,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
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
    if let Some(reply) = registry::erasing(env, id).await? {
        let by = request.caller(CallerClass::Operator);
        audit_log::note(env, Action::RequestViewed, json!({"request": id}), by).await?;
        return response::json(200, &json!({"request": reply, "asked": {"right": "erasure"}}), &[]);
    }
    let shown: Shown = asked(id, Ask::Show { id }, request, env, ctx).await?;
    response::json(200, &shown, &[])
}

fn site() -> String {
    SITE.to_owned()
}

/// What an operator does about a request.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    /// Take more time; the person is told why.
    Extend { reason: String },
    /// Refuse it; the person is told why.
    Refuse { ground: Ground, reason: String },
    /// A part is done: the site's own, or that of one of its systems, seen to by hand.
    Done {
        #[serde(default = "site")]
        step: String,
        #[serde(default)]
        note: Option<String>,
        /// The record that the store is to put right by it, and how.
        #[serde(default)]
        record: Option<Named>,
        #[serde(default)]
        changes: BTreeMap<String, Value>,
    },
    /// A part cannot be done; the person is told why.
    Failed {
        #[serde(default = "site")]
        step: String,
        note: String,
    },
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
        // The store's part is done when the store has done it.
        Act::Done { step, .. } | Act::Failed { step, .. } if step == STORE => {
            return Err(Problem::invalid("step", "The store ends its part itself."));
        }
        Act::Done { step, note, record, changes } => {
            let correction = correction(&step, record, changes)?;
            Ask::End { id, step, done: true, note, correction }
        }
        Act::Failed { note, .. } if note.trim().is_empty() => {
            return Err(Problem::invalid("note", "Say why it cannot be done; the person is told."));
        }
        Act::Failed { step, note } => Ask::End { id, step, done: false, note: Some(note), correction: None },
        Act::AnnounceLift { reason, lift_at } => {
            let restriction: Option<Restriction> =
                asked(id, Ask::Announce { id, reason, lift_at }, request, env, ctx).await?;
            return response::json(200, &json!({"restriction": restriction}), &[]);
        }
    };
    let by = request.caller(CallerClass::Operator);
    let reply = match of_erasing(&ask) {
        Some(act) => registry::act_erasing(env, id, act, by).await?,
        None => None,
    };
    let reply: RequestReply = match reply {
        Some(reply) => reply,
        None => asked(id, ask, request, env, ctx).await?,
    };
    response::json(200, &json!({"request": reply}), &[])
}

/// What the store is to put right, with the site's own step.
fn correction(
    step: &str,
    record: Option<Named>,
    changes: BTreeMap<String, Value>,
) -> Answer<Option<Correction>> {
    match record {
        None if changes.is_empty() => Ok(None),
        Some(_) if step != SITE => Err(Problem::invalid("step", "A correction is the site's own step.")),
        None => Err(Problem::invalid("record", "Say which record is wrong: its category and name.")),
        Some(record) => {
            rights::require_changes(&changes)?;
            Ok(Some(Correction { record, changes }))
        }
    }
}

/// What can be done about an erasure whose person is gone from here.
fn of_erasing(ask: &Ask) -> Option<registry::Act> {
    match ask {
        Ask::End { step, done, note, .. } => {
            let how = if *done { Step::Done } else { Step::Failed };
            Some(registry::Act::End { step: step.clone(), how, note: note.clone() })
        }
        Ask::Extend { reason, .. } => Some(registry::Act::Extend { reason: reason.clone() }),
        _ => None,
    }
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
