//! Standing in front of a site: what goes to the origin is reduced, what comes back passes only as far as permitted.

mod again;
mod back;
mod body;
mod origin;
mod page;
mod renewed;
mod shared;
mod towards;
mod visitor;

pub use back::ended;
pub use visitor::{Visitor, honours_signals, language, place};

use crate::{
    config::{Config, config},
    log_line::LogLine,
    policies::{self, Held},
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use back::Back;
use renewed::renewed;
use web_sys::Response;
use worker::{Context, Env};

/// Answers a request for the site itself.
pub async fn serve(incoming: Incoming, env: &Env, ctx: &Context, line: &LogLine) -> Answer<Response> {
    let config = config(env)?;
    if let Some(secure) = secure_address(&incoming, &config) {
        let redirect = worker::ResponseBuilder::new().with_status(308).with_header("location", &secure);
        return Ok(redirect.or_internal("site.redirect")?.empty().into());
    }
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(&incoming, &held, &config);
    let (visitor, set) = renewed(visitor, &incoming, &held, env, &config).await?;
    let gate = held.gate(&visitor.permissions);
    let fields = towards::fields(&incoming, &gate, &held.policy.edge.origin, line);
    let key = shared::key(&incoming, &held, &visitor, &config);
    if let Some(key) = &key
        && let Some(page) = shared::find(key).await
    {
        line.visitor(&visitor);
        return Ok(page);
    }
    let back = Back::of(origin::ask(&incoming, &fields, env, &config).await?)?;
    let lifetime = shared::lifetime(&back);
    let (kind, answer) = hand_on(back, &incoming, &held, visitor, set, line).await?;
    if let (page::Kind::Page, Some(key), Some(seconds)) = (kind, key, lifetime) {
        shared::keep(key, seconds, &answer, ctx)?;
    }
    Ok(answer)
}

/// Finishes what somebody else answered, with a body that nobody has begun to read.
pub async fn finish(
    incoming: Incoming,
    answer: Response,
    env: &Env,
    ctx: &Context,
    line: &LogLine,
) -> Answer<Response> {
    let config = config(env)?;
    let held = policies::in_force(env, ctx).await?;
    let visitor = Visitor::of(&incoming, &held, &config);
    let (visitor, set) = renewed(visitor, &incoming, &held, env, &config).await?;
    let taken = answer.body_used() || answer.body().is_some_and(|body| body.locked());
    let answer = (!taken).then_some(answer).or_internal("site.taken")?;
    let (_, answer) = hand_on(Back::of(answer)?, &incoming, &held, visitor, set, line).await?;
    Ok(answer)
}

/// What the visitor gets of an answer, and what kind of answer it was. A page takes cookies of ours along: no cache keeps it.
async fn hand_on(
    mut back: Back,
    incoming: &Incoming,
    held: &Held,
    visitor: Visitor,
    set: Vec<String>,
    line: &LogLine,
) -> Answer<(page::Kind, Response)> {
    let visitor = visitor.aged(back.age(), incoming, held);
    let gate = held.gate(&visitor.permissions);
    back.pass(incoming, &gate, line);
    line.visitor(&visitor);
    let kind = page::kind_of(&back);
    if kind == page::Kind::Page {
        for cookie in set {
            back.change().append("set-cookie", cookie);
        }
    }
    let answer = match kind {
        page::Kind::Page => page::rewrite(back, incoming, held, &visitor, &gate).await?,
        page::Kind::Unread => page::unread(back, held, &visitor)?,
        page::Kind::Other => back.whole()?,
    };
    Ok((kind, answer))
}

/// Where a plain request for a site that is declared to be secure is sent.
fn secure_address(incoming: &Incoming, config: &Config) -> Option<String> {
    let declared = config.site_url.as_deref()?.starts_with("https://");
    let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
    (declared && incoming.scheme == "http")
        .then(|| format!("https://{}{}{query}", incoming.host, incoming.path))
}
