//! The one file of a page that carries nothing but a tag: the loader, with plan, dialogs and styles.

use crate::{
    assets, origins, policies,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    response,
    site::{language, place},
};
use consentry::{
    banner::{Dialogs, View},
    policy::BASE,
};
use worker::{Context, Env, Response};

/// `GET a/c.js`. Who may not decide here, or did not say where they are, is given the loader alone: it asks, and is told.
///
/// Nothing in it is of the visitor but language, region and signals: cookies are not looked at, for any page may load
/// a script.
pub async fn serve(request: &Incoming, env: &Env, ctx: &Context) -> Answer<Response> {
    let loader = assets::text(assets::TAG);
    let text = match with_dialogs(request, env, ctx).await {
        Some(dialogs) => format!("document.currentScript.consentry={dialogs};{loader}"),
        None => loader,
    };
    let headers = [
        ("cache-control", "private, max-age=600"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("vary", "accept-language, sec-gpc, dnt, sec-fetch-site, referer"),
    ];
    response::bytes(200, "text/javascript; charset=utf-8", text, &headers)
}

async fn with_dialogs(request: &Incoming, env: &Env, ctx: &Context) -> Option<String> {
    let held = policies::in_force(env, ctx).await.ok()?;
    let prefix = match origins::of_tag(request) {
        Some(origin) if origin == request.here() => String::new(),
        Some(origin) if held.policy.site.origins.contains(&origin) => request.here(),
        _ => return None,
    };
    let (place, locale) = (place(request, &held.policy), language(request, &held.policy));
    let base = format!("{prefix}{BASE}");
    let view = View { setting: place.setting(&locale), base: &base, ..View::default() };
    let prepared = held.prepared(&view.setting);
    let html = prepared.banner.first(&view);
    let dialogs = held.dialogs(&prepared, &view, html, &prefix);
    // What has to be said before the second layer is there stands in the first.
    let dialogs = Dialogs { style: Some(&held.styles.css), words: None, ..dialogs };
    serde_json::to_string(&dialogs).or_internal("tag.json").ok()
}
