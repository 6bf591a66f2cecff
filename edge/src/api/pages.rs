//! Pages of the Worker's own, for use without JavaScript.

use super::body::Body;
use crate::{
    config::Config,
    denials,
    policies::{self, Held, Styles},
    problem::{Answer, Problem},
    request::Incoming,
    response,
    site::{Visitor, language},
};
use consentry::{
    banner::{self, Confirm, Message, View, confirm_page, message_page, translated},
    policy::{BASE, Gpc, Locale, Policy, Setting, fill, interface},
};
use serde_json::json;
use worker::{Context, Env, Response};

/// `GET preferences`.
pub async fn preferences(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(request, &held, config);
    let query = form_urlencoded::parse(request.query.as_bytes());
    let back = query.into_owned().find_map(|(name, value)| (name == "return").then_some(value));
    let view = View {
        setting: visitor.setting(),
        choices: visitor.choices.as_ref(),
        seen: visitor.seen(),
        return_path: back.as_deref().unwrap_or("/"),
        stylesheet: &held.styles.url,
        ..View::default()
    };
    response::page(200, held.prepared(&view.setting).banner.page(&view), &[])
}

/// `GET banner`: both dialogs with their plan, for a page that does not have them.
pub async fn banner(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(request, &held, config);
    let prefix = request.prefix();
    let base = format!("{prefix}{BASE}");
    let view = View {
        setting: visitor.setting(),
        choices: visitor.choices.as_ref(),
        seen: visitor.seen(),
        base: &base,
        ..View::default()
    };
    let prepared = held.prepared(&view.setting);
    let html = prepared.banner.fragment(&view);
    let body = held.dialogs(&prepared, &view, html, &prefix);
    response::json(200, &body, &[("cache-control", "private, no-store")])
}

/// `GET style/{hash}.css`: the styles of a site that has a look of its own.
pub async fn style(path: &str, env: &Env, ctx: &Context) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let Styles { url, css } = &held.styles;
    // An older page gets today's styles rather than none, but nobody keeps them under the old name.
    let cache = if url.ends_with(path) { "public, max-age=31536000, immutable" } else { "no-store" };
    response::public(response::bytes(
        200,
        "text/css; charset=utf-8",
        css.clone(),
        &[("cache-control", cache)],
    )?)
}

/// `GET /.well-known/gpc.json` (Global Privacy Control, section 4): that the signal is honoured, and since when.
pub async fn gpc(env: &Env, ctx: &Context) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let since = held.lineage.since.to_string();
    let date = since.split('T').next().unwrap_or_default();
    let body = json!({"gpc": held.policy.signals.gpc == Gpc::Honour, "lastUpdate": date});
    response::public(response::json(200, &body, &[("cache-control", "public, max-age=3600")])?)
}

/// A page that asks whether the visitor means it: allowing again what was opted out of takes two steps.
pub fn confirm(problem: &Problem, body: &Body, held: &Held, setting: &Setting<'_>) -> Answer<Response> {
    let named = problem.more.get("purposes").and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let purposes: Vec<_> = named.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
    let fields = body.fields();
    let back = fields.iter().find_map(|(name, value)| (*name == "return").then_some(*value));
    let page = Confirm {
        policy: &held.policy,
        locale: setting.locale,
        purposes: &purposes,
        fields: &fields,
        return_path: back.unwrap_or("/"),
        base: BASE,
        stylesheet: &held.styles.url,
    };
    response::page(409, confirm_page(&page), &[])
}

/// A short page with a way back to the site.
pub fn message(
    policy: &Policy,
    locale: &Locale,
    status: u16,
    title: &str,
    paragraphs: &[String],
) -> Answer<Response> {
    let back = fill(&interface(policy, locale).replies.back, &[("site", &policy.site.name)]);
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    let stylesheet = Styles::of(&policy.theme).url;
    let link = Some(("/", back.as_str()));
    let message = Message { locale, title, paragraphs: &paragraphs, link, stylesheet: &stylesheet };
    response::page(status, message_page(&message), &[])
}

/// A problem as a page, for a form that a browser sent without JavaScript.
pub async fn problem(problem: Problem, request: &Incoming, env: &Env, ctx: &Context) -> Answer<Response> {
    let Ok(held) = policies::in_force(env, ctx).await else { return Err(problem) };
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let replies = interface(&held.policy, &locale).replies;
    let (title, text) = match problem.slug() {
        "stale-decision" | "policy-changed" => (replies.changed_title, replies.changed_text),
        _ => (replies.failed_title, replies.failed_text),
    };
    message(&held.policy, &locale, problem.status, &title, &[text.to_string()])
}

/// An answer about a person's own data. Where it failed, a browser that sent a form or followed a link gets the reason as a page;
/// whoever asks for anything else, the problem as it is.
pub async fn or_reason(
    answer: Answer<Response>,
    route: &'static str,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
) -> Answer<Response> {
    let is_navigation = request.header("accept").is_some_and(|types| types.contains("text/html"));
    match answer {
        // Another origin's pages have nothing to show.
        Err(problem) if is_navigation && request.declared.is_none() => {
            reason(problem, route, request, env, ctx).await
        }
        answer => answer,
    }
}

async fn reason(
    problem: Problem,
    route: &'static str,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
) -> Answer<Response> {
    let Ok(held) = policies::in_force(env, ctx).await else { return Err(problem) };
    denials::count(route, &problem, env, ctx);
    let locale = held.policy.locale_for(&language(request, &held.policy));
    let interface = interface(&held.policy, &locale);
    let texts = interface.rights.filled(&[("site", held.policy.site.name.as_str())]);
    // The reasons, and what may be done against them (GDPR Article 12(4)), are told to who is refused.
    let told = fill(&texts.refused, &[("reason", translated(&problem.detail, &interface))]);
    let paragraphs = match problem.slug() {
        "legal-hold" => vec![&*told, &texts.remedies],
        kind => banner::problem(&texts, kind).into_iter().collect(),
    };
    // Who is to prove an address does that in the panel of the device at hand.
    let home = if problem.slug() == "code-needed" { "me" } else { request.home() };
    let panel = format!("{BASE}{home}");
    let message = Message {
        locale: &locale,
        title: &interface.replies.failed_title,
        paragraphs: &paragraphs,
        link: Some((&panel, &texts.rights_title)),
        stylesheet: &held.styles.url,
    };
    response::page(problem.status, message_page(&message), &[])
}
