//! The public side of the log, in the C2SP formats.

use crate::{
    caller::require_operator,
    config::Config,
    kv::Retention,
    objects::audit_log::{self, tile_key},
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
};
use consentry::{
    audit::{NoteKey, TilePath},
    consent::PublicKeys,
    decider::CallerClass,
    store::Store as _,
};
use worker::{Env, Response};

/// `GET log`: what everyone may know of the log.
pub async fn info(env: &Env) -> Answer<Response> {
    response::public(response::json(200, &audit_log::info(env).await?, &[])?)
}

/// `GET log/witnessed`: the last tree that witnesses signed.
pub async fn witnessed(env: &Env) -> Answer<Response> {
    let unseen = || Problem::not_found("No witness has signed a tree of this log.");
    let note = audit_log::witnessed(env).await?.ok_or_else(unseen)?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", note, &[])?)
}

/// `GET log/consistency/{old}`: the newest tree, and the proof that the one of `old` leaves is its beginning, as witnesses
/// take it (c2sp.org/tlog-witness).
pub async fn consistency(env: &Env, old: &str) -> Answer<Response> {
    let old = old.parse().map_err(|_| Problem::not_found("The size of a log is a whole number."))?;
    let proof = audit_log::consistency(env, old).await?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", proof, &[])?)
}

/// `GET log/checkpoint`.
pub async fn checkpoint(env: &Env) -> Answer<Response> {
    let note = audit_log::checkpoint(env).await?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", note, &[])?)
}

/// `GET log/key`: the verifier line that stock tools read.
pub fn key(config: &Config) -> Answer<Response> {
    let key = NoteKey::new(&config.log_origin(), config.signing.log().or_internal("log.key")?.public());
    let key = key.or_internal("log.key")?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", format!("{key}\n"), &[])?)
}

/// `GET log/tile/…`.
pub async fn tile(request: &Incoming, env: &Env, config: &Config, path: &str) -> Answer<Response> {
    if let Some(bundle) = path.strip_prefix("entries/") {
        // Leaves say about whom they are to nobody. Together with what people keep of theirs, they might.
        require_operator(request, config)?;
        let entries =
            audit_log::entries(env, bundle.to_owned(), request.caller(CallerClass::Operator)).await?;
        let bytes = { entries }.bytes().await.or_internal("entries.read")?;
        return response::bytes(200, "application/octet-stream", bytes, &[]);
    }
    let tile = match kept(env, path).await {
        Some(tile) => tile,
        None => audit_log::tile(env, path.to_owned()).await?.bytes().await.or_internal("tile.read")?,
    };
    let caching = [("cache-control", "public, max-age=31536000, immutable")];
    response::public(response::bytes(200, "application/octet-stream", tile, &caching)?)
}

/// A whole tile from KV, where it is close to everyone. What is missing there, or only not seen yet, the object has.
async fn kept(env: &Env, path: &str) -> Option<Vec<u8>> {
    let path = TilePath::parse(path).filter(TilePath::is_whole)?;
    let stored = Retention::bound(env).ok()?.get(&tile_key(path)).await.ok()??;
    (stored.value.len() == usize::from(TilePath::WHOLE) * 32).then_some(stored.value)
}

/// `GET keys`: every public key that is to be believed, active ones first. Which keys the log ever had, `GET log` tells.
pub fn keys(config: &Config) -> Answer<Response> {
    let keys = PublicKeys::of(&config.signing, &config.log_origin()).or_internal("log.keys")?;
    response::public(response::json(200, &keys, &[("cache-control", "public, max-age=300")])?)
}
