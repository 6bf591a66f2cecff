//! Deciding, and seeing what was decided.

mod ask;
mod visit;

use super::{body::Body, pages};
use crate::{
    caller::Device,
    config::Config,
    cookies,
    objects::subject::{self, Call, Consent, Stand},
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response, site,
};
use ask::{Ask, Word, of_form};
use consentry::{
    consent::{Choices, Permissions, Receipt, Recorded, Reply, Standing},
    policy::{self, is_local_path},
};
use serde_json::json;
use std::rc::Rc;
use visit::Visit;
pub use visit::{carrier, of_request};
use worker::{Context, Env, Response};

impl From<Stand> for Recorded {
    fn from(stand: Stand) -> Self {
        let Stand { policy, seq, choices: Choices { given, refused, services, .. }, until, .. } = stand;
        Self { policy, seq, given, refused, services, until }
    }
}

/// `POST consent`.
pub async fn decide(
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Rc<Config>,
) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let ask: Ask = body.parse(of_form)?;
    let back = ask.back.as_deref().filter(|path| is_local_path(path)).unwrap_or("/").to_owned();
    if ask.choice == Word::Choose && body.is_form() {
        let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        let preferences = ask.age.added_to(&format!("{}preferences?return={back}", policy::BASE));
        return response::see_other(&preferences, &[]);
    }
    let held = match policies::answered(env, ask.policy).await {
        // A refusal is taken even when the registry cannot say which policy is in force.
        Err(_) if !ask.may_grant() => policies::in_force(env, ctx).await?,
        answered => answered?,
    };
    let device = Device::of(request, body.bytes()).await?;
    let visit = Visit::of(request, ask, &held, config);
    let Some(chosen) = visit.choice(&body)? else {
        // There was no earlier record to take over.
        return Ok(response::plain(204)?.empty());
    };
    let outcome = visit.carry_out(request, env, ctx, config, device, chosen).await;
    let (device, decided) = match outcome {
        Ok(outcome) => outcome,
        Err(problem) if problem.slug() == "nothing-to-decide" => {
            let reply = Reply { decision: None, receipt: None, recorded: true, cookie: None };
            return if body.is_form() {
                response::see_other(&back, &[])
            } else {
                response::json(200, &reply, &[])
            };
        }
        Err(problem) if problem.slug() == "confirmation-needed" && body.is_form() => {
            return pages::confirm(&problem, &body, &held, &visit.setting());
        }
        Err(problem) if body.is_form() => return pages::problem(problem, request, env, ctx).await,
        Err(problem) => return Err(moved_on(problem, request, env, &visit).await?),
    };
    // Nothing given is nothing given, whichever policy asked: the choice holds for the one in force.
    let current = match held.standing {
        Standing::Grace if decided.stand.choices.given.is_empty() => policies::in_force(env, ctx).await.ok(),
        _ => None,
    };
    let cookie_for = current.as_ref().unwrap_or(&held);
    let cookie = cookies::decision(&decided.stand, cookie_for, &visit.regime, request, config)?;
    let permissions = Permissions::of(&held.policy, &visit.regime, Some(&decided.stand.choices));
    let reply = Reply {
        decision: Some(decided.stand.into()),
        receipt: decided.receipt,
        recorded: decided.recorded,
        cookie: request.declared.is_some().then(|| cookie.clone()),
    };
    let answer = if body.is_form() {
        response::see_other(&back, &[])?
    } else {
        response::json(if decided.recorded { 200 } else { 202 }, &reply, &[])?
    };
    let mut set = vec![cookie];
    set.extend(device.and_then(|device| device.cookie()));
    set.extend(site::ended(request, &held.gate(&permissions)));
    cookies::set(&answer, request, &set)?;
    Ok(answer)
}

/// Adds the plan in force, and how consent stands, to a refusal that says the world has moved on.
async fn moved_on(mut problem: Problem, request: &Incoming, env: &Env, visit: &Visit) -> Answer<Problem> {
    let stand =
        problem.more.remove("stand").and_then(|stand| serde_json::from_value::<Option<Stand>>(stand).ok());
    if problem.status != 409 {
        return Ok(problem);
    }
    let held = policies::exact(env).await?;
    let stand = stand.flatten();
    let seen = stand.as_ref().map_or(0, |stand| stand.seq);
    let plan = held.prepared(&visit.setting()).plan_at(&request.prefix(), seen);
    Ok(problem.with("decision", stand.map(Recorded::from)).with("plan", plan))
}

/// `GET consent`.
pub async fn show(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let consent = match Device::of(request, &[]).await? {
        Some(device) => {
            let policy = policies::in_force(env, ctx).await?.document.clone();
            subject::call(env, device.subject(config), &Call::Consent { policy }).await?
        }
        None => Consent { stand: None, receipts: 0, restricted: false, known: false },
    };
    let body = json!({"decision": consent.stand.map(Recorded::from), "receipts": consent.receipts});
    response::json(200, &body, &[])
}

/// `GET consent/receipt`.
pub async fn receipt(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let device = Device::of(request, &[]).await?;
    let device = device.ok_or_else(|| Problem::not_found("This device has no receipt."))?;
    let receipt: Receipt = subject::call(env, device.subject(config), &Call::Receipt).await?;
    response::json(200, &receipt, &[])
}
