//! The public side of the log, in the C2SP formats.

use crate::{
    caller::require_operator,
    config::Config,
    objects::audit_log,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    response,
};
use consentry::{audit::NoteKey, consent::PublicKeys, decider::CallerClass};
use worker::{Env, Response};

/// `GET log/checkpoint`.
pub async fn checkpoint(env: &Env) -> Answer<Response> {
    let note = audit_log::checkpoint(env).await?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", note, &[])?)
}

/// `GET log/key`: the verifier line that stock tools read.
pub fn key(config: &Config) -> Answer<Response> {
    let key = NoteKey::new(&config.log_origin(), config.log_key()?.public()).or_internal("log.key")?;
    response::public(response::bytes(200, "text/plain; charset=utf-8", format!("{key}\n"), &[])?)
}

/// `GET log/tile/…`.
pub async fn tile(request: &Incoming, env: &Env, config: &Config, path: &str) -> Answer<Response> {
    if let Some(bundle) = path.strip_prefix("entries/") {
        // Leaves say about whom they are to nobody. Together with what people keep of theirs, they might.
        require_operator(request, config)?;
        let entries = audit_log::entries(env, bundle.to_owned(), CallerClass::Operator).await?;
        let bytes = { entries }.bytes().await.or_internal("entries.read")?;
        return response::bytes(200, "application/octet-stream", bytes, &[]);
    }
    let tile = audit_log::tile(env, path.to_owned()).await?.bytes().await.or_internal("tile.read")?;
    let caching = [("cache-control", "public, max-age=31536000, immutable")];
    response::public(response::bytes(200, "application/octet-stream", tile, &caching)?)
}

/// `GET keys`: every public key, active ones first.
pub fn keys(config: &Config) -> Answer<Response> {
    let keys = PublicKeys::of(&config.signing, &config.log_origin()).or_internal("log.keys")?;
    response::public(response::json(200, &keys, &[("cache-control", "public, max-age=300")])?)
}
