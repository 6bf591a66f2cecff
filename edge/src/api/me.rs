//! What people do with their own data: take it, erase it.

use super::{body::Body, copy, pages, rights};
use crate::{
    caller::{Device, Person},
    config::Config,
    cookies,
    objects::subject::{self, Call, Erased, linked},
    policies,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
    site::{self, language},
    world,
};
use consentry::{
    banner::translated,
    decider::CallerClass,
    encoding::{from_base64url, to_base64url},
    id::{ConnectorId, SubjectId},
    policy::{Interface, Locale, fill, interface},
    rights::{
        Asked, Deleted, ErasureReply, Kept, LONGEST_PASSPHRASE, RequestReply, SHORTEST_PASSPHRASE,
        request::Right,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use worker::{Context, Env, Response};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    /// `access`, everything, or `portability`, what may be taken along.
    #[serde(default)]
    right: Option<Right>,
    /// What the copy is to be encrypted with. It is used at once and kept nowhere.
    #[serde(default)]
    passphrase: Option<String>,
}

/// `POST me/exports`: a link that works once.
pub async fn request_export(
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let known = Person::of(request, body.bytes(), config).await?;
    let Export { right, passphrase } = if body.is_empty() { Export::default() } else { body.parse(member)? };
    let passphrase = passphrase.filter(|text| !text.is_empty());
    if let Some(passphrase) = &passphrase {
        if !body.is_form() {
            let detail = "Send it with POST to the address of the copy, so that it is kept nowhere.";
            return Err(Problem::invalid("passphrase", detail));
        }
        require_strong(passphrase)?;
    }
    let scope = right.unwrap_or(Right::Access);
    if !matches!(scope, Right::Access | Right::Portability) {
        return Err(Problem::invalid("right", "Expected access, for everything, or portability."));
    }
    let held = policies::in_force(env, ctx).await?;
    let asked = if scope == Right::Access { Asked::Access } else { Asked::Portability };
    // A first use of a right makes a device, as a first grant does; what there is to hand over is then nothing.
    let made = || Device::new(request).map(|device| Person::with(device, config));
    let mut person = known.map_or_else(made, Ok)?;
    let id = world::event()?;
    let answer = match rights::ask_for(id, asked.clone(), &person, request, env, &held).await {
        Err(problem) if problem.slug() == "erased" && person.is_device() && request.declared.is_none() => {
            person = made()?;
            rights::ask_for(id, asked, &person, request, env, &held).await
        }
        answer => answer,
    }?;
    let token = answer.token.or_internal("me.token")?;
    let download = rights::download(&token.token, request);
    let answer = if passphrase.is_some() {
        handed_over(request, env, ctx, &token.token, passphrase).await?
    } else if body.is_form() {
        response::see_other(&download, &[])?
    } else {
        response::json(
            201,
            &json!({"download": download, "expires": token.expires, "bytes": token.bytes}),
            &[("location", &download)],
        )?
    };
    cookies::set(&answer, request, person.cookie().as_slice())?;
    Ok(answer)
}

/// The passphrase alone protects a copy that has left.
pub fn require_strong(passphrase: &str) -> Answer<()> {
    if passphrase.chars().count() >= SHORTEST_PASSPHRASE && passphrase.len() <= LONGEST_PASSPHRASE {
        return Ok(());
    }
    let detail = format!("Choose at least {SHORTEST_PASSPHRASE} characters, better several words.");
    Err(Problem::invalid("passphrase", detail))
}

/// A form's field as it is; where it leads back to is no part of what it asks.
fn member(object: &mut Map<String, Value>, name: &str, value: &str) {
    if name != "return" {
        object.insert(name.to_owned(), value.into());
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    linked: bool,
}

/// `POST me/devices`: links this device to the account that the token is about, or unlinks it. Logging in alone never does.
pub async fn link(request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let Link { linked } = body.parse(member)?;
    let person = Person::of(request, body.bytes(), config).await?.filter(Person::is_account);
    let account = person.ok_or_else(Problem::account_needed)?;
    let missing = || Problem::not_found("Nothing is kept about this device, so there is nothing to link.");
    let device = Device::of(request, body.bytes()).await?.ok_or_else(missing)?.subject(config);
    let by = request.caller(account.class());
    // The device's side first: what it says decides to whom it belongs.
    let ask = linked::Ask::Tie { account: account.subject, linked };
    subject::call::<Value>(env, device, &Call::Linked { ask, by }).await?;
    let ask = linked::Ask::Link { account: account.subject, device, linked };
    let taken: Answer<u64> = subject::call(env, account.subject, &Call::Linked { ask, by }).await;
    if linked && taken.as_ref().is_err_and(|problem| problem.slug() == "devices") {
        // What the account does not take in is not its own.
        let ask = linked::Ask::Tie { account: account.subject, linked: false };
        subject::call::<Value>(env, device, &Call::Linked { ask, by }).await?;
    }
    let devices = taken?;
    response::json(200, &json!({"linked": linked, "devices": devices}), &[])
}

/// `GET me/exports/{token}`: the copy itself.
pub async fn export(request: &Incoming, env: &Env, ctx: &Context, token: &str) -> Answer<Response> {
    handed_over(request, env, ctx, token, None).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encrypted {
    passphrase: String,
}

/// `POST me/exports/{token}`: the same, encrypted with a passphrase.
pub async fn export_encrypted(
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    token: &str,
) -> Answer<Response> {
    request.require_own_page()?;
    let Encrypted { passphrase } = Body::read(request).await?.parse(member)?;
    require_strong(&passphrase)?;
    handed_over(request, env, ctx, token, Some(passphrase)).await
}

/// The copy, which uses its token up.
pub async fn handed_over(
    request: &Incoming,
    env: &Env,
    ctx: &Context,
    token: &str,
    passphrase: Option<String>,
) -> Answer<Response> {
    let gone = || Problem::not_found("The link was used, is too old, or never was one. Ask for a new one.");
    let bytes = from_base64url(token).filter(|bytes| bytes.len() == 64).ok_or_else(gone)?;
    let subject = bytes.first_chunk::<32>().copied().map(SubjectId::from_bytes).ok_or_else(gone)?;
    let held = policies::in_force(env, ctx).await?;
    let by = request.caller(CallerClass::Device);
    let call = Call::BeginCopy { token: to_base64url(&Sha256::digest(token)), by };
    let begun = subject::call(env, subject, &call).await?;
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let region = site::place(request, &held.policy).region;
    copy::download(env, subject, begun, held, copy::Reader { locale, region, by, passphrase })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    confirm: bool,
}

/// `POST me/erasure`.
pub async fn erase(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let Erasure { confirm } = body.parse(|object: &mut Map<String, Value>, name, value| {
        if name == "confirm" {
            object.insert(name.to_owned(), (value == "yes").into());
        } else {
            member(object, name, value);
        }
    })?;
    if !confirm {
        return Err(rights::unconfirmed());
    }
    let held = policies::in_force(env, ctx).await?;
    let person = Person::of(request, body.bytes(), config).await?;
    // An account's data is not that of the device it is looked at with, unless that is linked.
    let linked = match &person {
        Some(person) => rights::linked_device(person, request, body.bytes(), env, config).await?,
        None => None,
    };
    let (erased, open) = match &person {
        Some(person) => {
            let made = rights::ask_for(world::event()?, Asked::Erasure, person, request, env, &held).await;
            let made = made.map_err(under_way)?;
            if let Some(refused) = &made.request.refused {
                let kept = Problem::conflict("legal-hold", "The data is kept", refused.reason.clone());
                return Err(kept.with("request", &made.request));
            }
            let open = Some(made.request).filter(|request| !request.phase.is_over());
            (made.erased.or_internal("me.erased")?, open)
        }
        None => (Erased { records: 0, kept: Vec::new() }, None),
    };
    let linked = match &person {
        Some(person) => rights::gone(linked, person, request, env).await,
        None => None,
    };
    let cookies = match &person {
        Some(person) if !person.is_device() && linked.is_none() => Vec::new(),
        _ => vec![Device::forget(), cookies::no_decision(&held.policy)],
    };
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let interface = interface(&held.policy, &locale);
    let erased = Erased { kept: worded(erased.kept, &interface), ..erased };
    let answer = if body.is_form() {
        page(&held, &erased, open.as_ref(), &locale, &interface)?
    } else {
        let reply = ErasureReply {
            erased: Deleted { records: erased.records },
            kept: erased.kept,
            note: interface.replies.restore_text.to_string(),
            request: open,
        };
        response::json(200, &reply, &[])?
    };
    cookies::set(&answer, request, &cookies)?;
    Ok(answer)
}

/// What outlives an erasure, said in a language.
pub fn worded(kept: Vec<Kept>, interface: &Interface) -> Vec<Kept> {
    let said = |kept: Kept| Kept { what: translated(&kept.what, interface).to_owned(), ..kept };
    kept.into_iter().map(said).collect()
}

/// Once accepted, an erasure goes on by itself whatever fails on the way.
fn under_way(problem: Problem) -> Problem {
    if problem.status == 503 {
        let detail = "The erasure was accepted and goes on by itself; a part of it has to wait. Ask again to see it done.";
        Problem { detail: detail.into(), ..problem }
    } else {
        problem
    }
}

fn page(
    held: &policies::Held,
    erased: &Erased,
    open: Option<&RequestReply>,
    locale: &Locale,
    Interface { replies, rights: texts, .. }: &Interface,
) -> Answer<Response> {
    let mut paragraphs = vec![fill(&replies.erased_text, &[("n", &erased.records.to_string())])];
    // What the site's other systems are still to do is not said to be done.
    let systems = &held.policy.rights.connectors;
    let waiting = |id: &ConnectorId| open.is_some_and(|open| open.is_waiting_for(id));
    paragraphs.extend(systems.iter().filter(|system| waiting(&system.id)).map(|system| {
        let name = system.name.get(locale).unwrap_or(system.id.as_str());
        format!("{name} \u{b7} {}", texts.phase_in_progress)
    }));
    paragraphs.extend(erased.kept.iter().map(|kept| {
        let until = kept.until.to_string();
        let day = until.split('T').next().unwrap_or_default();
        fill(&replies.kept_text, &[("until", day), ("what", &kept.what), ("ground", &kept.ground)])
    }));
    paragraphs.push(replies.restore_text.to_string());
    pages::message(&held.policy, locale, 200, &replies.erased_title, &paragraphs)
}
