//! Where the site itself is: another Worker, files, or a server.

use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
};
use worker::{Env, Fetch, Fetcher, Headers, Method, Request, RequestInit, RequestRedirect, Response};

/// The bindings that may hold the site: a service, or static files.
const BINDINGS: [&str; 2] = ["SITE", "ASSETS"];

/// Asks the site for what the visitor asks for, with other headers. Both bodies stream.
pub async fn fetch(incoming: &Incoming, headers: Headers, env: &Env, config: &Config) -> Answer<Response> {
    let bound = BINDINGS.iter().find_map(|name| env.get_binding::<Fetcher>(name).ok());
    let base = match (&bound, &config.origin) {
        (Some(_), _) => incoming.here(),
        (None, Some(origin)) => origin.clone(),
        (None, None) => return Err(Problem::not_found("No site is configured behind this address.")),
    };
    let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
    let mut init = RequestInit::new();
    init.with_method(incoming.method.clone()).with_headers(headers).with_redirect(RequestRedirect::Manual);
    if !matches!(incoming.method, Method::Get | Method::Head) {
        init.with_body(incoming.inner.inner().body().map(Into::into));
    }
    // The path begins with a slash, so no path can lead to another host than the base's.
    let request = Request::new_with_init(&format!("{base}{}{query}", incoming.path), &init)
        .or_internal("origin.request")?;
    let answer = match bound {
        Some(site) => site.fetch_request(request).await,
        None => Fetch::Request(request).send().await,
    };
    answer.map_err(|_| Problem::unavailable("The site behind this address cannot be reached."))
}
