//! The Worker: it stands in front of a site, anonymises its requests, writes the banner into its pages, enforces and
//! records consent, and serves people's rights under `/.consentry/`.
//!
//! Everything that needs judgement is in the core. This crate brings requests, storage, time and randomness to it.
//!
//! # Inside a Worker of one's own
//!
//! With the feature `entry`, which is on by default, the crate is the Worker. Without it, another Worker in Rust has the
//! entry points and calls what is exported here:
//!
//! ```ignore
//! use web_sys::{Request, Response};
//! use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};
//!
//! // The objects' classes have to be exported by the module that is deployed.
//! pub use consentry_edge::{AuditLog, Registry, Subject};
//!
//! #[event(fetch)]
//! async fn fetch(request: Request, env: Env, ctx: Context) -> Result<Response> {
//!     if let Some(answer) = consentry_edge::privacy(&request, &env, &ctx).await? {
//!         return Ok(answer);
//!     }
//!     let page = own_page(&request)?;
//!     consentry_edge::finish(&request, page, &env, &ctx).await
//! }
//!
//! #[event(scheduled)]
//! async fn scheduled(_event: ScheduledEvent, env: Env, _ctx: ScheduleContext) {
//!     consentry_edge::scheduled(&env).await;
//! }
//! ```
//!
//! The deployment needs the bindings and secrets of `edge/wrangler.jsonc`. The files that are served come from the module
//! `consentry/assets` of the npm package, in the same version, which the host's bundler finds once it is installed.

#![allow(unreachable_pub, reason = "what is exported stands here; the rest is public to its own crate alone")]

mod api;
mod assets;
mod caller;
mod config;
mod cookies;
mod crypto;
mod denials;
#[cfg(feature = "entry")]
mod entry;
mod fault;
mod fields;
mod kv;
mod limits;
mod log_line;
mod objects;
mod origins;
mod outward;
mod panics;
mod parcel;
mod policies;
mod problem;
mod recent;
mod rekey;
mod request;
mod response;
mod router;
mod sealed;
mod site;
mod stream;
mod sweep;
#[cfg(feature = "testing")]
mod testing;
mod world;

pub use objects::{audit_log::AuditLog, registry::Registry, subject::Subject};
pub use router::is_ours;

use web_sys::{Request, Response};
use worker::{Context, Env, Result};

/// Answers every request: the privacy routes, and all else with the site behind. Nothing but the log line is left of it
/// afterwards.
pub async fn serve(request: &Request, env: &Env, ctx: &Context) -> Result<Response> {
    panics::keep_quiet();
    router::serve(request, env, ctx).await
}

/// Answers the requests that [`is_ours`] is true of, and no others: those are the caller's to answer.
pub async fn privacy(request: &Request, env: &Env, ctx: &Context) -> Result<Option<Response>> {
    panics::keep_quiet();
    router::privacy(request, env, ctx).await
}

/// Makes an answer of the caller's own what its visitor may have, as if a site behind had given it: stopped cookies are
/// left out, and a page gets the banner while what is not permitted in it is held. The body is taken as it is, so it must
/// not have been compressed by hand.
pub async fn finish(request: &Request, answer: Response, env: &Env, ctx: &Context) -> Result<Response> {
    panics::keep_quiet();
    router::finish(request, answer, env, ctx).await
}

/// To be called minute by minute: wakes the registry, which delivers what is due, and goes through a part of the store.
pub async fn scheduled(env: &Env) {
    panics::keep_quiet();
    objects::registry::tick(env).await;
    // What fails is done by the next.
    let _ = sweep::sweep(env).await;
}
