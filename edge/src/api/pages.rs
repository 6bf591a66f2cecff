//! Pages of the Worker's own, for use without JavaScript.

use crate::{
    assets,
    config::Config,
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response,
    site::{Visitor, preferred_language},
};
use consentry::{
    banner::{Message, View, message_page},
    policy::{Locale, Policy, fill, interface},
};
use worker::{Context, Env, Response};

/// `GET preferences`.
pub async fn preferences(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(request, &held, config);
    let query = form_urlencoded::parse(request.query.as_bytes());
    let back = query.into_owned().find_map(|(name, value)| (name == "return").then_some(value));
    let given: Option<Vec<_>> = visitor.given.as_ref().map(|given| given.iter().cloned().collect());
    let stylesheet = assets::url(assets::STYLES);
    let view = View {
        locale: &visitor.locale,
        given: given.as_deref(),
        seen: visitor.seen,
        return_path: back.as_deref().unwrap_or("/"),
        stylesheet: &stylesheet,
        ..View::default()
    };
    response::page(200, held.prepared(&visitor.locale).banner.page(&view), &[])
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
    let stylesheet = assets::url(assets::STYLES);
    let link = Some(("/", back.as_str()));
    let message = Message { locale, title, paragraphs: &paragraphs, link, stylesheet: &stylesheet };
    response::page(status, message_page(&message), &[])
}

/// A problem as a page, for a form that a browser sent without JavaScript.
pub async fn problem(problem: Problem, request: &Incoming, env: &Env, ctx: &Context) -> Answer<Response> {
    let Ok(held) = policies::in_force(env, ctx).await else { return Err(problem) };
    let locale = held.policy.locale_for(&preferred_language(request));
    let replies = interface(&held.policy, &locale).replies;
    let (title, text) = match problem.slug() {
        "stale-decision" | "policy-changed" => (replies.changed_title, replies.changed_text),
        _ => (replies.failed_title, replies.failed_text),
    };
    message(&held.policy, &locale, problem.status, &title, &[text.to_string()])
}
