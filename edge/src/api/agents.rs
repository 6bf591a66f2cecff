//! What an agent asks for a person, as the person sees it: they confirm it, by whatever proves who they are, or say that they
//! never asked.

use super::{body::Body, rights};
use crate::{
    caller::{Person, contact},
    config::Config,
    cookies,
    objects::registry::{
        self,
        agents::{Ask, Kept},
    },
    policies,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
    site::language,
};
use consentry::{
    banner::{AgentDone, AgentForm, ContactPage, agent_done_page, agent_page},
    decider::CallerClass,
    policy::{BASE, interface},
    rights::agent::{Standing, asked},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use worker::{Context, Env, Response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    confirm: bool,
    /// Where the agent wants the person to come back to (section 3.02.1).
    #[serde(default)]
    redirect_to: Option<String>,
}

fn missing() -> Problem {
    Problem::not_found("There is no such request of an agent, or it is not open any more.")
}

async fn open(id: &str, request: &Incoming, env: &Env) -> Answer<Kept> {
    let ask = Ask::Show { id: id.to_owned() };
    let kept: Option<Kept> = registry::agents(env, ask, request.caller(CallerClass::Anyone)).await?;
    kept.filter(Kept::is_open).ok_or_else(missing)
}

/// `GET contact/agents/{id}`: the page that asks. It says nothing of the person: whoever opens it may be anybody.
pub async fn show(
    id: &str,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    let kept = open(id, request, env).await?;
    let agent = config.drp.as_ref().and_then(|drp| drp.agents.find(&kept.agent)).ok_or_else(missing)?;
    let held = policies::in_force(env, ctx).await?;
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let right = asked(&kept.body.exercise).ok_or_else(missing)?.right();
    let mut query = form_urlencoded::parse(request.query.as_bytes()).into_owned();
    let back = query.find_map(|(name, value)| (name == "redirect_to").then_some(value));
    let back = back.filter(|url| agent.owns(url));
    let page = ContactPage {
        policy: &held.policy,
        interface: &interface(&held.policy, &locale),
        locale: &locale,
        redirect_to: back.as_deref(),
        base: &format!("{}{BASE}", request.prefix()),
        stylesheet: &held.styles.url,
    };
    let proved = contact::of(request, config).is_ok();
    let form = AgentForm { page, agent: &agent.name, right, id, proved };
    response::page(200, agent_page(&form), &[])
}

/// `POST contact/agents/{id}` by the address' holder, `POST me/agents/{id}` by an account's.
pub async fn answer(
    id: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let Answered { confirm, redirect_to } = body.parse(|object: &mut Map<String, Value>, name, value| {
        let member = if name == "confirm" { Value::from(value == "yes") } else { value.into() };
        object.insert(name.to_owned(), member);
    })?;
    let person = Person::of(request, body.bytes(), config).await?;
    let person = person.filter(|person| person.name.is_some()).ok_or_else(Problem::account_needed)?;
    let kept = open(id, request, env).await?;
    // Whom the agent means is who is reached where it says.
    if person.contact.as_ref() != Some(&kept.body.contact) {
        return Err(missing());
    }
    let held = policies::in_force(env, ctx).await?;
    let mut made = None;
    let standing = if confirm {
        let asked = asked(&kept.body.exercise).ok_or_else(missing)?;
        let asked_for = registry::agents::request_id(id);
        let since = Some((kept.received, kept.body.law));
        let done = rights::ask_since(asked_for, asked, &person, since, request, env, &held).await?;
        let standing = Standing::Confirmed(Box::new(done.request.clone()));
        made = Some(done);
        standing
    } else {
        Standing::Denied
    };
    let by = request.caller(person.class());
    let ask = Ask::Settle { id: id.to_owned(), standing };
    let kept: Option<Kept> = registry::agents(env, ask, by).await?;
    let kept = kept.or_internal("agents.settled")?;
    let agent = config.drp.as_ref().and_then(|drp| drp.agents.find(&kept.agent)).ok_or_else(missing)?;
    let token = made.as_ref().and_then(|made| made.token.as_ref());
    let download = token.map(|token| rights::download(&token.token, request));
    if body.is_form() {
        let locale = held.policy.locale_for(&language(request, &held.policy));
        let back = redirect_to.filter(|url| agent.owns(url));
        let page = ContactPage {
            policy: &held.policy,
            interface: &interface(&held.policy, &locale),
            locale: &locale,
            redirect_to: back.as_deref(),
            base: &format!("{}{BASE}", request.prefix()),
            stylesheet: &held.styles.url,
        };
        let done = AgentDone { page, agent: &agent.name, download: download.as_deref() };
        let answer = response::page(200, agent_done_page(&done), &[])?;
        if made.is_some_and(|made| made.erased.is_some()) {
            cookies::set(&answer, request, &[contact::forget()])?;
        }
        return Ok(answer);
    }
    let status = kept.request(config).status(crate::world::now());
    response::json(200, &json!({"status": status, "download": download}), &[])
}
