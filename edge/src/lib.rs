//! The Worker: it stands in front of a site, anonymises its requests, writes the banner into its pages, enforces and
//! records consent, and serves people's rights under `/.consentry/`.
//!
//! Everything that needs judgement is in the core. This crate brings requests, storage, time and randomness to it.

#![allow(unreachable_pub, reason = "nothing is exported but the entry points, which their macros declare")]

mod api;
mod assets;
mod caller;
mod config;
mod cookies;
mod fault;
mod fields;
mod kv;
mod log_line;
mod objects;
mod origins;
mod panics;
mod policies;
mod problem;
mod recent;
mod request;
mod response;
mod router;
mod site;
#[cfg(feature = "testing")]
mod testing;
mod world;

use web_sys::{Request, Response};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

/// Answers a request. Nothing but the log line is left of it afterwards.
#[event(fetch)]
async fn fetch(req: Request, env: Env, ctx: Context) -> Result<Response> {
    panics::keep_quiet();
    router::serve(req, env, ctx).await
}

/// Minute by minute: wakes the registry, which delivers what is due.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _ctx: ScheduleContext) {
    objects::registry::tick(&env).await;
}
