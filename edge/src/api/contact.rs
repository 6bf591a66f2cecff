//! How people prove that an address is theirs: a code goes to it, and comes back. What the answers say, and how long they take,
//! does not tell whether anything is kept under the address.

use super::body::Body;
use crate::{
    caller::contact,
    config::Config,
    cookies,
    limits::{self, Counted},
    objects::{
        audit_log::{self, SiteEntry},
        registry,
        subject::{
            self, Call,
            contact::{Ask, Sent},
        },
    },
    policies::{self, Held},
    problem::{Answer, Problem, sentence},
    request::Incoming,
    response,
    site::language,
    world,
};
use consentry::{
    audit::Action,
    banner::{CodeForm, ContactPage, code_page},
    caller::{Contact, SiteName},
    decider::CallerClass,
    id::SubjectId,
    policy::{BASE, interface},
};
use futures_util::future::join;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use worker::{Context, Env, Response};

#[derive(Deserialize)]
struct Asked {
    contact: String,
    #[serde(flatten)]
    came: Came,
}

/// What the person came for: an agent's request, and where the agent wants them to come back to.
#[derive(Default, Deserialize)]
struct Came {
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    contact: String,
    challenge: String,
    code: String,
    #[serde(flatten)]
    came: Came,
}

/// `POST contact/codes`: has a code sent.
pub async fn send(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let held = enabled(env, ctx, config).await?;
    let body = Body::read(request).await?;
    let Asked { contact, came } = body.parse(member)?;
    let contact = parsed(&contact)?;
    limits::count(Counted::Codes, request, env).await?;
    let sent = have_sent(&contact, request, env, config, &held).await?;
    if body.is_form() {
        form(&contact, &sent.challenge, &came, false, request, &held)
    } else {
        let Sent { challenge, expires, .. } = sent;
        response::json(202, &json!({"challenge": challenge, "expires": expires}), &[])
    }
}

/// Makes a code and has the site send it on, which is told whether the address is known. That is asked beside the making, which
/// takes longer, so that nobody learns it from the time it takes.
async fn have_sent(
    contact: &Contact,
    request: &Incoming,
    env: &Env,
    config: &Config,
    held: &Held,
) -> Answer<Sent> {
    let codes = asked(contact::codes(contact, config), Ask::Send, request, env);
    let person = asked(contact::subject(contact, config), Ask::Known, request, env);
    let (sent, known): (Answer<Sent>, Answer<bool>) = join(codes, person).await;
    let sent = sent?;
    let Sent { code, expires, event, .. } = &sent;
    let locale = held.policy.locale_for(&language(request, &held.policy)).to_string();
    let data = json!({"code": code, "expires": expires, "locale": locale, "known": known?});
    let data = SiteName::tell(Some(&SiteName::Contact(contact.clone())), data);
    let notice = registry::Notice::of(*event, Action::CodeSent, &data, world::now(), config)?;
    registry::notify(env, &notice).await?;
    Ok(sent)
}

/// `POST contact/proofs`: gives the code back.
pub async fn prove(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let held = enabled(env, ctx, config).await?;
    let body = Body::read(request).await?;
    let Given { contact, challenge, code, came } = body.parse(member)?;
    let contact = parsed(&contact)?;
    limits::count(Counted::Proofs, request, env).await?;
    if !is_proved(&contact, &challenge, &code, request, env, config).await? {
        return if body.is_form() {
            form(&contact, &challenge, &came, true, request, &held)
        } else {
            Err(wrong())
        };
    }
    let (token, expires) = contact::proof(&contact, config)?;
    let answer = if body.is_form() {
        response::see_other(&format!("{}{BASE}contact{}", request.prefix(), came.path()), &[])?
    } else {
        response::json(200, &json!({"token": token, "expires": expires}), &[])?
    };
    cookies::set(&answer, request, &[contact::cookie(&token)])?;
    Ok(answer)
}

/// Whether a code is right. What is proved is in the log before anybody is let in: in the person's, if there is one.
async fn is_proved(
    contact: &Contact,
    challenge: &str,
    code: &str,
    request: &Incoming,
    env: &Env,
    config: &Config,
) -> Answer<bool> {
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
    let ask = Ask::Check { challenge: challenge.chars().take(64).collect(), code };
    let is_right: bool = asked(contact::codes(contact, config), ask, request, env).await?;
    if !is_right {
        return Ok(false);
    }
    let is_logged: bool = asked(contact::subject(contact, config), Ask::Proved, request, env).await?;
    if !is_logged {
        let entry = SiteEntry { event: world::event()?, action: Action::ContactProved, details: Value::Null };
        audit_log::append(env, &entry.seal(request.caller(CallerClass::Anyone), config)?).await?;
    }
    Ok(true)
}

/// `POST contact/end`: the browser forgets the proof.
pub async fn end(request: &mut Incoming) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let answer = if body.is_form() {
        response::see_other(&format!("{}{BASE}me", request.prefix()), &[])?
    } else {
        response::json(200, &json!({}), &[])?
    };
    cookies::set(&answer, request, &[contact::forget()])?;
    Ok(answer)
}

impl Came {
    /// Where they go on.
    fn path(&self) -> String {
        let is_id = |id: &&String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        let Some(agent) = self.agent.as_ref().filter(is_id) else { return String::new() };
        let back = self.redirect_to.as_ref().map(|url| {
            let url: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
            format!("?redirect_to={url}")
        });
        format!("/agents/{agent}{}", back.unwrap_or_default())
    }
}

fn wrong() -> Problem {
    let detail = "It is another one, was used or tried too often, or its time is over. Ask for a new one.";
    Problem::code_refused(detail)
}

async fn enabled(env: &Env, ctx: &Context, config: &Config) -> Answer<Rc<Held>> {
    let held = policies::in_force(env, ctx).await?;
    if !held.policy.rights.contacts {
        return Err(Problem::not_found(
            "This site files nothing under addresses (rights.contacts in its policy).",
        ));
    }
    if config.webhook.is_none() {
        let detail = "Codes are sent by the site's webhook: set WEBHOOK_URL and WEBHOOK_SECRET.";
        return Err(Problem::misconfigured(detail));
    }
    Ok(held)
}

fn parsed(text: &str) -> Answer<Contact> {
    Contact::parse(text).map_err(|e| Problem::invalid("contact", sentence(&e)))
}

fn member(object: &mut Map<String, Value>, name: &str, value: &str) {
    object.insert(name.to_owned(), value.into());
}

async fn asked<A: serde::de::DeserializeOwned>(
    object: SubjectId,
    ask: Ask,
    request: &Incoming,
    env: &Env,
) -> Answer<A> {
    let call = Call::Contact { ask, by: request.caller(CallerClass::Anyone) };
    subject::call(env, object, &call).await
}

/// The page that takes the code.
fn form(
    contact: &Contact,
    challenge: &str,
    came: &Came,
    wrong: bool,
    request: &Incoming,
    held: &Held,
) -> Answer<Response> {
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let page = ContactPage {
        policy: &held.policy,
        interface: &interface(&held.policy, &locale),
        locale: &locale,
        redirect_to: came.redirect_to.as_deref(),
        base: &format!("{}{BASE}", request.prefix()),
        stylesheet: &held.styles.url,
    };
    let form = CodeForm { page, contact: contact.as_str(), challenge, wrong, agent: came.agent.as_deref() };
    response::page(if wrong { 403 } else { 202 }, code_page(&form), &[])
}
