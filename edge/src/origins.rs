//! Pages of other origins: which of them may ask here, and what their browsers are told (Fetch Standard, section 3.2).

use crate::{
    policies,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
};
use worker::{Context, Env, Method, Response};

/// What a page does for its visitor; all else under the privacy routes is for everyone, or for operators.
const FOR_VISITORS: [&str; 5] = ["banner", "consent", "consent/receipt", "contact", "me"];

/// The other origin whose page asks for something on its visitor's behalf, if one does.
pub fn other(request: &Incoming, path: &str) -> Option<String> {
    let origin = request.header("origin")?;
    let is_for_visitors =
        FOR_VISITORS.contains(&path) || path.starts_with("contact/") || path.starts_with("me/");
    let other = is_for_visitors && origin != "null" && !request.is_same_origin();
    other.then(|| origin.to_owned())
}

/// The origin of a page that loads a script, as far as its browser says: no `Origin` comes along then.
pub fn of_tag(request: &Incoming) -> Option<String> {
    if request.header("sec-fetch-site").is_some_and(|site| site == "same-origin") {
        return Some(request.here());
    }
    let referrer = request.header("referer")?;
    let (scheme, rest) = referrer.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}

/// Lets a page of another origin pass if the policy names it.
pub async fn admit(request: &mut Incoming, origin: &str, env: &Env, ctx: &Context) -> Answer<()> {
    let held = policies::in_force(env, ctx).await?;
    if !held.policy.site.origins.iter().any(|declared| declared == origin) {
        return Err(Problem::cross_origin());
    }
    request.declared = Some(origin.to_owned());
    Ok(())
}

/// The answer to a browser that asks before it sends a request.
pub fn preflight(request: &Incoming) -> Option<Answer<Response>> {
    (request.method == Method::Options).then(|| {
        let answer = response::plain(204)?.empty();
        for (name, value) in [
            ("access-control-allow-methods", "GET, POST"),
            (
                "access-control-allow-headers",
                "authorization, content-type, content-digest, signature, signature-input",
            ),
            // The longest that browsers remember it.
            ("access-control-max-age", "7200"),
        ] {
            answer.headers().set(name, value).or_internal("origins.preflight")?;
        }
        Ok(answer)
    })
}

/// Lets the page read its answer. A page that was not let in reads why; that says nothing about its visitor.
pub fn readable(response: &Response, request: &Incoming) -> Answer<()> {
    let origin = request.declared.as_deref().unwrap_or("*");
    for (name, value) in [("access-control-allow-origin", origin), ("vary", "origin")] {
        response.headers().set(name, value).or_internal("origins.readable")?;
    }
    Ok(())
}
