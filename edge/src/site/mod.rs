//! Standing in front of a site: what goes to the origin is reduced, what comes back passes only as far as permitted.

mod headers;
mod rewrite;
mod visitor;

pub use visitor::{Visitor, honours_signals, language, place};

use crate::{
    config::{Config, config},
    log_line::LogLine,
    policies::{self, Held},
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
};
use std::rc::Rc;
use worker::{Context, Env, Fetch, Method, Request, RequestInit, RequestRedirect, Response};

/// Answers a request for the site itself.
pub async fn serve(incoming: Incoming, env: &Env, ctx: &Context, line: &LogLine) -> Answer<Response> {
    let config = config(env)?;
    if let Some(secure) = secure_address(&incoming, &config) {
        return Ok(worker::ResponseBuilder::new()
            .with_status(308)
            .with_header("location", &secure)
            .or_internal("site.redirect")?
            .empty());
    }
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(&incoming, &held, &config);
    let from_origin = fetch(&incoming, &config, &held, &visitor, line).await?;
    let visitor = visitor.aged(headers::age_said(&from_origin), &incoming, &held, &config);
    let secured = headers::for_visitor(from_origin, &incoming, &held.policy, &visitor)?;
    if is_page(&secured) {
        return rewrite::page(secured, &incoming, Rc::clone(&held), &visitor);
    }
    Ok(secured)
}

/// Where a plain request for a site that is declared to be secure is sent.
fn secure_address(incoming: &Incoming, config: &Config) -> Option<String> {
    let declared = config.site_url.as_deref()?.starts_with("https://");
    let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
    (declared && incoming.scheme == "http")
        .then(|| format!("https://{}{}{query}", incoming.host, incoming.path))
}

async fn fetch(
    incoming: &Incoming,
    config: &Config,
    held: &Held,
    visitor: &Visitor,
    line: &LogLine,
) -> Answer<Response> {
    let origin = config
        .origin
        .as_deref()
        .ok_or_else(|| Problem::not_found("No site is configured behind this address."))?;
    let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
    let mut init = RequestInit::new();
    init.with_method(incoming.method.clone())
        .with_headers(headers::for_origin(incoming, &held.policy, visitor, line)?)
        .with_redirect(RequestRedirect::Manual);
    if !matches!(incoming.method, Method::Get | Method::Head) {
        init.with_body(incoming.inner.inner().body().map(Into::into));
    }
    let request = Request::new_with_init(&format!("{origin}{}{query}", incoming.path), &init)
        .or_internal("site.request")?;
    let unreachable = |_| Problem::unavailable("The site behind this address cannot be reached.");
    Fetch::Request(request).send().await.map_err(unreachable)
}

fn is_page(response: &Response) -> bool {
    let media_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let bodyless = matches!(response.status_code(), 101 | 204 | 304);
    !bodyless && media_type.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case("text/html"))
}
