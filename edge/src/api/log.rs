//! The public side of the log, in the C2SP formats.

use crate::{
    config::Config,
    objects::audit_log,
    problem::{Answer, OrInternal as _, Problem},
    response,
};
use consentry::{audit::NoteKey, consent::PublicKeys};
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
pub async fn tile(env: &Env, path: &str) -> Answer<Response> {
    if path.starts_with("entries/") {
        return Err(Problem::not_found("Entries are for operators, and for the people they are about."));
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
