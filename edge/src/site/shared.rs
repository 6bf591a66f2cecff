//! Pages that are the same for many: those of visitors of whom nothing is known, kept where the site's server lets shared
//! caches keep them (RFC 9111) and the policy lets us. Everyone decides for themselves, so a browser keeps none of them.

use super::{Visitor, back::Back};
use crate::{
    assets,
    config::Config,
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    enforce::nonce_of,
    policy::{BASE, regime_key},
};
use web_sys::Response;
use worker::{Cache, Context, Method};

/// Under what a visitor's page may be kept: where it is, and all that it depends on beside that. Nothing if they may be
/// known by anything: whoever brings a cookie, even one that is stopped, gets a page of their own.
pub fn key(incoming: &Incoming, held: &Held, visitor: &Visitor, config: &Config) -> Option<String> {
    let unknown = ["cookie", "authorization", "range"].iter().all(|name| incoming.header(name).is_none());
    if !(held.policy.edge.share_pages && incoming.method == Method::Get && unknown) {
        return None;
    }
    let (regime, minor, signal) = regime_key(&held.policy, &visitor.setting());
    let (here, loader) = (incoming.here(), assets::url(assets::LOADER));
    let loader = loader.rsplit('/').next().unwrap_or_default();
    let (site, hash, locale) = (&config.site, &held.hash, &visitor.locale);
    let (path, query) = (&incoming.path, &incoming.query);
    let kind = format!("{regime:?}.{minor}.{signal}").to_lowercase();
    Some(format!("{here}{BASE}shared/{site}/{hash}/{loader}/{locale}/{kind}{path}?{query}"))
}

/// For how many seconds shared caches may keep what the site's server answered; nothing if they may not.
pub fn lifetime(back: &Back) -> Option<u64> {
    let personal = ["set-cookie", "consentry-age"].iter().any(|name| back.fields.get(name).is_some());
    let varies =
        back.fields.get("vary").is_some_and(|vary| !vary.trim().eq_ignore_ascii_case("accept-encoding"));
    if back.status != 200 || personal || varies {
        return None;
    }
    let directives = back.fields.get("cache-control")?.to_ascii_lowercase();
    let value = |name: &str| {
        let mut directives = directives.split(',').map(str::trim);
        directives
            .find_map(|own| own.strip_prefix(name)?.strip_prefix('=')?.trim_matches('"').parse::<u64>().ok())
    };
    if ["no-store", "no-cache", "private"].iter().any(|word| directives.contains(word)) {
        return None;
    }
    let age = back.fields.get("age").and_then(|age| age.parse().ok()).unwrap_or(0);
    value("s-maxage").or_else(|| value("max-age"))?.checked_sub(age).filter(|seconds| *seconds > 0)
}

/// The page that is kept, if one is.
pub async fn find(key: &str) -> Option<Response> {
    let kept: Response = Cache::default().get(key, false).await.ok().flatten()?.into();
    let mut back = Back::of(kept).ok()?;
    let fields = back.change();
    fields.remove(&["age", "cf-cache-status", "expires", "last-modified", "etag"]);
    fields.set("cache-control", "private, no-store");
    back.whole().ok()
}

/// Keeps a page as it was answered, once it was. One that trusts its scripts by a nonce is only good once.
pub fn keep(key: String, seconds: u64, answer: &Response, ctx: &Context) -> Answer<()> {
    let mut copy = Back::of(answer.clone().or_internal("shared.clone")?)?;
    if copy.fields.get("content-security-policy").is_some_and(|csp| nonce_of(csp).is_some()) {
        return Ok(());
    }
    copy.change().set("cache-control", format!("public, max-age={seconds}"));
    let copy = copy.whole()?;
    ctx.wait_until(async move {
        // What cannot be kept is made anew.
        let _ = Cache::default().put(key.as_str(), copy.into()).await;
    });
    Ok(())
}
