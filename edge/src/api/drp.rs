//! The Data Rights Protocol 1.0, for agents (section 2). Its errors have a form of their own (section 3.06).

use crate::{
    config::{Config, Drp},
    objects::registry::{
        self,
        agents::{Ask, Body, Kept},
    },
    policies::{self, Held},
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response, world,
};
use consentry::{
    audit::Action,
    caller::{Proof, SiteName},
    clock::Law,
    decider::{CallerClass, Decider as _},
    encoding::to_base64url,
    id::EventId,
    rights::{
        Asked, RequestReply,
        agent::{Agent, Exercise, LONGEST_MESSAGE, Regime, Standing, VERSION, asked},
        calendar, law,
        request::{Command, Requests},
    },
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use worker::{Context, Env, Method, Response};

const REQUESTS: &str = "drp/v1/data-rights-request";

/// Answers below `drp/v1/`, the pattern of the route first.
pub async fn serve(
    path: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> (&'static str, Answer<Response>) {
    let Some(drp) = &config.drp else {
        let detail = "This site takes no requests of agents (DRP_BUSINESS and DRP_AGENTS).";
        return ("drp", Err(Problem::not_found(detail)));
    };
    let (route, answer) = match path.trim_end_matches('/') {
        REQUESTS => ("drp/v1/data-rights-request", exercise(request, env, ctx, config, drp).await),
        path => {
            match (path.strip_prefix("drp/v1/data-rights-request/"), path.strip_prefix("drp/v1/agent/")) {
                (Some(id), _) => {
                    ("drp/v1/data-rights-request/{id}", one(id, request, env, config, drp).await)
                }
                (_, Some(id)) => ("drp/v1/agent/{id}", agent(id, request, env, drp).await),
                _ => ("drp", Err(Problem::not_found("There is no such address of the protocol."))),
            }
        }
    };
    (route, answer.or_else(|problem| failed(&problem)))
}

/// An error as the protocol has it.
fn failed(problem: &Problem) -> Answer<Response> {
    let body = json!({"code": problem.status.to_string(), "message": problem.detail});
    response::json(problem.status, &body, &[])
}

fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::forbidden(detail)
}

async fn message(request: &mut Incoming) -> Answer<String> {
    let body = request.body(LONGEST_MESSAGE * 2).await?;
    String::from_utf8(body).map_err(|_| Problem::malformed("The body is not text."))
}

fn hash(text: &str) -> String {
    to_base64url(&Sha256::digest(text))
}

/// The agent whose token a request brings.
async fn bearer<'a>(request: &Incoming, env: &Env, drp: &'a Drp) -> Answer<&'a Agent> {
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let unknown = || forbidden("The token is no agent's. Get one with POST agent/{agent-id}.");
    let ask = Ask::Agent { hash: hash(token.ok_or_else(unknown)?) };
    let id: Option<String> = registry::agents(env, ask, request.caller(CallerClass::Anyone)).await?;
    id.and_then(|id| drp.agents.find(&id)).ok_or_else(unknown)
}

/// `POST agent/{agent-id}` (section 2.05) and `GET` (section 2.06).
async fn agent(id: &str, request: &mut Incoming, env: &Env, drp: &Drp) -> Answer<Response> {
    match request.method {
        Method::Get | Method::Head => {
            if bearer(request, env, drp).await?.id != id {
                return Err(forbidden("The token is another agent's."));
            }
            response::json(200, &json!({}), &[])
        }
        Method::Post => {
            #[derive(Deserialize)]
            struct Setup {}
            let signed = message(request).await?;
            let known = drp.agents.find(id);
            let read = known.map(|agent| agent.read::<Setup>(&signed, &drp.business, world::now()));
            // Who fails is told nothing but that (section 2.05.1).
            let Some(Ok(Setup {})) = read else { return Ok(response::plain(403)?.empty()) };
            let token = to_base64url(&world::random::<32>()?);
            let ask = Ask::Token { agent: id.to_owned(), hash: hash(&token) };
            registry::agents::<()>(env, ask, request.caller(CallerClass::Agent)).await?;
            response::json(200, &json!({"agent-id": id, "token": token}), &[])
        }
        _ => Err(Problem::method_not_allowed("GET, POST")),
    }
}

/// `POST data-rights-request` (section 2.01).
async fn exercise(
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
    drp: &Drp,
) -> Answer<Response> {
    if request.method != Method::Post {
        return Err(Problem::method_not_allowed("POST"));
    }
    let agent = bearer(request, env, drp).await?;
    let signed = message(request).await?;
    let read = agent.read::<Exercise>(&signed, &drp.business, world::now());
    let exercise = read.map_err(|e| forbidden(crate::problem::sentence(&e)))?;
    if exercise.version.as_deref().is_some_and(|version| version != VERSION) {
        return Err(Problem::malformed("Only version 1.0 of the protocol is spoken here."));
    }
    let asked = asked(&exercise.exercise).ok_or_else(|| {
        let detail = "Supported are access, access:categories, access:specific and deletion. Opting out of a sale is done by \
                      Global Privacy Control or on the site; opting in takes the person.";
        Problem::malformed(detail)
    })?;
    let regime = Regime::of(&exercise).ok_or_else(|| {
        Problem::malformed("The regime is ccpa; or voluntary, which is the same as to leave it out.")
    })?;
    let missing = || Problem::malformed("An email or a phone_number of the person is needed.");
    let contact = exercise.contact().ok_or_else(missing)?;
    if exercise.status_callback.as_deref().is_some_and(|url| !agent.owns(url)) {
        let detail =
            "status_callback must be at the host of the web_url that the directory has, or below it.";
        return Err(Problem::malformed(detail));
    }
    if exercise.agent_request_id.as_ref().is_some_and(|id| id.len() > 256) {
        return Err(Problem::malformed("agent-request-id has at most 256 bytes."));
    }
    let held = policies::in_force(env, ctx).await?;
    if !held.policy.rights.contacts || config.webhook.is_none() {
        let detail =
            "Nobody could confirm it: rights.contacts in the policy and WEBHOOK_URL are needed for agents.";
        return Err(Problem::misconfigured(detail));
    }
    let law = law(&held.policy, regime.region().as_ref());
    let entered = unconfirmed(asked, law, &held, request)?;
    let body = Body {
        contact,
        exercise: exercise.exercise,
        agent_request_id: exercise.agent_request_id,
        callback: exercise.status_callback,
        law,
        latest: entered.latest,
        standing: Standing::Unconfirmed,
    };
    let (body, entered) = (Box::new(body), Box::new(entered));
    let ask = Ask::Enter { agent: agent.id.clone(), message: hash(&signed), body, request: entered };
    let kept: Kept = registry::agents(env, ask, request.caller(CallerClass::Agent)).await?;
    tell(&kept, agent, env, config).await?;
    status(&kept, config)
}

/// What an agent asks for, as the request that it is until its person confirms it: its term runs already.
fn unconfirmed(asked: Asked, law: Law, held: &Held, request: &Incoming) -> Answer<RequestReply> {
    let context = world::context(request.caller(CallerClass::Agent))?;
    let command = Command::Receive {
        id: EventId::from_bytes(context.derive16("agent's request")),
        asked,
        law,
        kind: Proof::Contact,
        proof: Proof::None,
        received: None,
    };
    let events = Requests::decide(&None, command, &context).or_internal("drp.received")?;
    let request = Requests::replay(&events).or_internal("drp.received")?;
    Ok(request.reply(&calendar(&held.policy)))
}

/// Has the site's own systems told, which may write to the person.
async fn tell(kept: &Kept, agent: &Agent, env: &Env, config: &Config) -> Answer<()> {
    if config.webhook.is_none() {
        return Ok(());
    }
    let data = json!({
        "request": kept.id, "agent": agent.name, "right": kept.body.exercise, "expires": kept.expires,
        "confirm_at": kept.request(config).confirm_at,
    });
    let data = SiteName::tell(Some(&SiteName::Contact(kept.body.contact.clone())), data);
    let id = registry::agents::request_id(&kept.id).derive("asked");
    let notice = registry::Notice::of(id, Action::AgentRequested, &data, world::now(), config)?;
    registry::notify(env, &notice).await
}

fn status(kept: &Kept, config: &Config) -> Answer<Response> {
    response::json(200, &kept.request(config).status(world::now()), &[])
}

/// `GET data-rights-request/{id}` (section 2.02) and `DELETE` (section 2.04).
async fn one(id: &str, request: &mut Incoming, env: &Env, config: &Config, drp: &Drp) -> Answer<Response> {
    let agent = bearer(request, env, drp).await?;
    let by = request.caller(CallerClass::Agent);
    let known: Option<Kept> = registry::agents(env, Ask::Show { id: id.to_owned() }, by).await?;
    let own = known.filter(|kept| kept.agent == agent.id);
    let kept = own.ok_or_else(|| forbidden("There is no such request of this agent."))?;
    match request.method {
        Method::Get | Method::Head => status(&kept, config),
        Method::Delete => {
            let signed = message(request).await?;
            agent.open(&signed).map_err(|e| forbidden(crate::problem::sentence(&e)))?;
            if matches!(kept.body.standing, Standing::Revoked) {
                return status(&kept, config);
            }
            let ask = Ask::Settle { id: id.to_owned(), standing: Standing::Revoked };
            let kept: Option<Kept> = registry::agents(env, ask, by).await?;
            status(&kept.or_internal("drp.revoked")?, config)
        }
        _ => Err(Problem::method_not_allowed("GET, DELETE")),
    }
}
