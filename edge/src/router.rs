//! From an address to what answers it.

use crate::{
    api, assets,
    config::{Config, config},
    denials,
    log_line::LogLine,
    origins,
    problem::{Answer, OrInternal as _, Problem},
    request::{Address, Incoming},
    response, site,
};
use std::rc::Rc;
use wasm_bindgen::{JsCast as _, JsValue};
use worker::{Context, Env, Method, Response, Result};

const BASE: &str = consentry::policy::BASE;

/// Where a site says that it honours Global Privacy Control.
const GPC: &str = "/.well-known/gpc.json";

/// Whether a path is answered here, whatever site is behind: the privacy routes, and what says that the signal is
/// honoured.
#[must_use]
pub fn is_ours(path: &str) -> bool {
    path.starts_with(BASE) || path == GPC
}

/// Answers a request and writes its line. Whatever fails becomes a problem; nothing of the cause is shown.
pub async fn serve(request: &web_sys::Request, env: &Env, ctx: &Context) -> Result<web_sys::Response> {
    match begin(request) {
        Ok((incoming, line)) if is_ours(&incoming.path) => ours(incoming, &line, env, ctx).await,
        Ok((incoming, line)) => {
            let answer = site::serve(incoming, env, ctx, &line).await;
            of_site(answer, &line, env, ctx)
        }
        Err(problem) => response::problem(&problem).map(Into::into),
    }
}

/// The same for what is ours alone. Of other requests nothing but the path is looked at.
pub async fn privacy(
    request: &web_sys::Request,
    env: &Env,
    ctx: &Context,
) -> Result<Option<web_sys::Response>> {
    let url = request.url();
    if Address::of(&url).is_some_and(|address| !is_ours(address.path)) {
        return Ok(None);
    }
    match begin(request) {
        Ok((incoming, line)) => ours(incoming, &line, env, ctx).await.map(Some),
        Err(problem) => response::problem(&problem).map(|answer| Some(answer.into())),
    }
}

/// The same for a request that somebody else has answered.
pub async fn finish(
    request: &web_sys::Request,
    answer: web_sys::Response,
    env: &Env,
    ctx: &Context,
) -> Result<web_sys::Response> {
    match begin(request) {
        Ok((incoming, line)) => {
            let answer = site::finish(incoming, answer, env, ctx, &line).await;
            of_site(answer, &line, env, ctx)
        }
        Err(problem) => response::problem(&problem).map(Into::into),
    }
}

/// A request as it is read here, and the line it will leave.
fn begin(request: &web_sys::Request) -> Answer<(Incoming, LogLine)> {
    // Another handle to the same request: its `clone` would be the platform's, which copies the body.
    let incoming = Incoming::of(request.unchecked_ref::<JsValue>().clone().unchecked_into())?;
    let line = LogLine::of(&incoming);
    Ok((incoming, line))
}

/// What the site answers, with its line written.
fn of_site(
    answer: Answer<web_sys::Response>,
    line: &LogLine,
    env: &Env,
    ctx: &Context,
) -> Result<web_sys::Response> {
    let answer = answer.or_else(|problem| response::problem(&problem).map(Into::into))?;
    line.write("site", answer.status(), env, ctx);
    Ok(answer)
}

/// What is answered here, with its line written.
async fn ours(mut incoming: Incoming, line: &LogLine, env: &Env, ctx: &Context) -> Result<web_sys::Response> {
    let (route, answer) = match incoming.path.strip_prefix(BASE) {
        Some(path) => {
            let path = path.to_owned();
            match origins::other(&incoming, &path) {
                Some(origin) => from_afar(&path, incoming, &origin, env, ctx).await,
                None => route(&path, &mut incoming, env, ctx).await,
            }
        }
        None => ("gpc.json", api::pages::gpc(env, ctx).await),
    };
    let response = answer.or_else(|problem| {
        denials::count(route, &problem, env, ctx);
        response::problem(&problem)
    })?;
    line.write(route, response.status_code(), env, ctx);
    Ok(response.into())
}

/// A route's pattern and its answer, for a page of another origin.
async fn from_afar(path: &str, mut request: Incoming, origin: &str, env: &Env, ctx: &Context) -> Routed {
    let (route, answer) = match origins::admit(&mut request, origin, env, ctx).await {
        Err(problem) => ("cross-origin", Err(problem)),
        Ok(()) => match origins::preflight(&request) {
            Some(answer) => ("preflight", answer),
            None => route(path, &mut request, env, ctx).await,
        },
    };
    let answer = answer.or_else(|problem| {
        denials::count(route, &problem, env, ctx);
        response::problem(&problem).or_internal("router.problem")
    });
    let readable = answer.and_then(|response| origins::readable(&response, &request).map(|()| response));
    (route, readable)
}

/// What a route's pattern is, and what it answers.
type Routed = (&'static str, Answer<Response>);

/// The answer, where the method is one that the address takes.
macro_rules! on {
    ($allowed:expr, $answer:expr) => {
        match $allowed {
            Ok(()) => $answer,
            Err(problem) => Err(problem),
        }
    };
}

fn is_read(request: &Incoming) -> bool {
    matches!(request.method, Method::Get | Method::Head)
}

fn get(request: &Incoming) -> Answer<()> {
    if is_read(request) { Ok(()) } else { Err(Problem::method_not_allowed("GET")) }
}

fn post(request: &Incoming) -> Answer<()> {
    if request.method == Method::Post { Ok(()) } else { Err(Problem::method_not_allowed("POST")) }
}

/// Reading one way, posting the other.
fn get_or_post(request: &Incoming) -> Answer<()> {
    if is_read(request) || request.method == Method::Post {
        Ok(())
    } else {
        Err(Problem::method_not_allowed("GET, POST"))
    }
}

/// A route's pattern and its answer.
async fn route(path: &str, request: &mut Incoming, env: &Env, ctx: &Context) -> Routed {
    if let Some(answer) = public(path, is_read(request)) {
        return answer;
    }
    let config = match config(env) {
        Ok(config) => config,
        Err(problem) => return ("unconfigured", Err(problem)),
    };
    match path.split('/').next().unwrap_or_default() {
        first @ ("me" | "contact") => {
            let (route, answer) = if first == "me" {
                of_people(path, request, env, ctx, &config).await
            } else {
                of_contacts(path, request, env, ctx, &config).await
            };
            (route, api::pages::or_reason(answer, route, request, env, ctx).await)
        }
        "drp" => api::drp::serve(path, request, env, ctx, &config).await,
        "audit" | "concerned" | "erasures" | "holds" | "lines" | "notices" | "requests" | "retention" => {
            of_operators(path, request, env, ctx, &config).await
        }
        #[cfg(feature = "testing")]
        "testing" => ("testing", crate::testing::serve(path, request, env, &config).await),
        _ => of_everyone(path, request, env, ctx, &config).await,
    }
}

/// What anybody may ask, a device about its choices, and the site's backend.
async fn of_everyone(
    path: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Rc<Config>,
) -> Routed {
    let is_post = request.method == Method::Post;
    match path {
        "policy" if request.method == Method::Put => {
            ("policy", api::policy::adopt(request, env, config).await)
        }
        "policy" if !is_read(request) => ("policy", Err(Problem::method_not_allowed("GET, PUT"))),
        "policy" => ("policy", api::policy::show(env, ctx).await),
        "preferences" => {
            ("preferences", on!(get(request), api::pages::preferences(request, env, ctx, config).await))
        }
        "consent" if is_post => ("consent", api::consent::decide(request, env, ctx, config).await),
        "consent" => {
            ("consent", on!(get_or_post(request), api::consent::show(request, env, ctx, config).await))
        }
        "cards" => ("cards", on!(post(request), api::cards::tokenise(request, env, config).await)),
        "banner" => ("banner", on!(get(request), api::pages::banner(request, env, ctx, config).await)),
        "consent/receipt" => {
            ("consent/receipt", on!(get(request), api::consent::receipt(request, env, config).await))
        }
        "log" => ("log", on!(get(request), api::log::info(env).await)),
        "log/checkpoint" => ("log/checkpoint", on!(get(request), api::log::checkpoint(env).await)),
        "log/witnessed" => ("log/witnessed", on!(get(request), api::log::witnessed(env).await)),
        "log/key" => ("log/key", on!(get(request), api::log::key(config))),
        "keys" => ("keys", on!(get(request), api::log::keys(config))),
        "a/c.js" => ("a/c.js", on!(get(request), api::tag::serve(request, env, ctx).await)),
        path => {
            if let Some(name) = path.strip_prefix("style/") {
                return ("style/{name}", on!(get(request), api::pages::style(name, env, ctx).await));
            }
            if let Some(path) = path.strip_prefix("records").and_then(api::records::Path::of) {
                return (path.pattern(), api::records::serve(path, request, env, ctx, config).await);
            }
            if let Some(old) = path.strip_prefix("log/consistency/") {
                return ("log/consistency/{old}", on!(get(request), api::log::consistency(env, old).await));
            }
            if let Some(path) = path.strip_prefix("connectors/") {
                return (
                    "connectors/{connector}/{request}",
                    on!(post(request), api::connectors::answer(path, request, env, config).await),
                );
            }
            if let Some(tile) = path.strip_prefix("log/tile/") {
                return (
                    "log/tile/{tile}",
                    on!(get(request), api::log::tile(request, env, config, tile).await),
                );
            }
            unknown()
        }
    }
}

/// What people do with their own data.
async fn of_people(path: &str, request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Routed {
    match path {
        "me" => ("me", on!(get(request), api::rights::panel(request, env, ctx, config).await)),
        "me/devices" => ("me/devices", on!(post(request), api::me::link(request, env, config).await)),
        "me/exports" => {
            ("me/exports", on!(post(request), api::me::request_export(request, env, ctx, config).await))
        }
        "me/erasure" => ("me/erasure", on!(post(request), api::me::erase(request, env, ctx, config).await)),
        "me/requests" if request.method == Method::Post => {
            ("me/requests", api::rights::make(request, env, ctx, config).await)
        }
        "me/requests" => {
            ("me/requests", on!(get_or_post(request), api::rights::list(request, env, ctx, config).await))
        }
        "me/restriction/lift" => {
            ("me/restriction/lift", on!(post(request), api::rights::lift(request, env, ctx, config).await))
        }
        path => {
            if let Some(token) = path.strip_prefix("me/exports/") {
                let answer = if request.method == Method::Post {
                    api::me::export_encrypted(request, env, ctx, token).await
                } else {
                    on!(get_or_post(request), api::me::export(request, env, ctx, token).await)
                };
                return ("me/exports/{token}", answer);
            }
            if let Some(id) = path.strip_prefix("me/agents/") {
                return (
                    "me/agents/{id}",
                    on!(post(request), api::agents::answer(id, request, env, ctx, config).await),
                );
            }
            match path.strip_prefix("me/requests/") {
                Some(path) if path.contains('/') => (
                    "me/requests/{id}/{act}",
                    on!(post(request), api::rights::act(path, request, env, ctx, config).await),
                ),
                Some(id) => (
                    "me/requests/{id}",
                    on!(get_or_post(request), api::rights::one(id, request, env, ctx, config).await),
                ),
                None => unknown(),
            }
        }
    }
}

/// The same for who proves to be reached at an address, and how that is proved.
async fn of_contacts(
    path: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Routed {
    match path {
        "contact/codes" => {
            ("contact/codes", on!(post(request), api::contact::send(request, env, ctx, config).await))
        }
        "contact/proofs" => {
            ("contact/proofs", on!(post(request), api::contact::prove(request, env, ctx, config).await))
        }
        path if path.starts_with("contact/agents/") && is_read(request) => {
            let id = path.trim_start_matches("contact/agents/");
            ("contact/agents/{id}", api::agents::show(id, request, env, ctx, config).await)
        }
        "contact/end" => ("contact/end", on!(post(request), api::contact::end(request).await)),
        path => {
            request.of_contact = true;
            of_people(&path.replacen("contact", "me", 1), request, env, ctx, config).await
        }
    }
}

/// What operators look at and do.
async fn of_operators(
    path: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Routed {
    let is_post = request.method == Method::Post;
    match path {
        "audit" => ("audit", on!(get(request), api::audit::trail(request, env, config).await)),
        "lines" => ("lines", on!(get(request), api::lines::recent(request, env, config).await)),
        "erasures" if is_post => ("erasures", api::erasures::replay(request, env, ctx, config).await),
        "erasures" => {
            ("erasures", on!(get_or_post(request), api::erasures::list(request, env, config).await))
        }
        "retention" => ("retention", on!(get(request), api::retention::report(request, env, config).await)),
        "concerned" => {
            ("concerned", on!(get(request), api::retention::concerned(request, env, ctx, config).await))
        }
        "holds" if is_post => ("holds", api::retention::place(request, env, config).await),
        "holds" => ("holds", on!(get_or_post(request), api::retention::holds(request, env, config).await)),
        "notices" => ("notices", on!(get(request), api::notices::list(request, env, config).await)),
        "requests" => ("requests", on!(get(request), api::requests::list(request, env, config).await)),
        path => {
            if let Some(id) = path.strip_prefix("holds/") {
                return (
                    "holds/{id}",
                    on!(post(request), api::retention::act(id, request, env, config).await),
                );
            }
            if let Some(id) = path.strip_prefix("notices/") {
                return (
                    "notices/{id}",
                    on!(post(request), api::notices::act(id, request, env, config).await),
                );
            }
            match path.strip_prefix("requests/") {
                Some(id) if is_post => {
                    ("requests/{id}", api::requests::act(id, request, env, ctx, config).await)
                }
                Some(id) => (
                    "requests/{id}",
                    on!(get_or_post(request), api::requests::show(id, request, env, ctx, config).await),
                ),
                None => unknown(),
            }
        }
    }
}

fn unknown() -> Routed {
    ("unknown", Err(Problem::not_found("There is no such address under /.consentry/.")))
}

/// What needs no secret.
fn public(path: &str, is_read: bool) -> Option<Routed> {
    let get = |answer: fn(&str) -> Answer<Response>| {
        if is_read { answer(path) } else { Err(Problem::method_not_allowed("GET")) }
    };
    if path == "health" {
        return Some(("health", get(|_| response::json(200, &serde_json::json!({"status": "ok"}), &[]))));
    }
    (path.starts_with("a/") && path != "a/c.js")
        .then(|| ("a/{asset}", get(|path| assets::serve(&format!("{BASE}{path}")))))
}
