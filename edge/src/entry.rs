//! What the platform calls, and what the JavaScript around this module hands on to it. A host in Rust has entry points of
//! its own.

use std::panic::AssertUnwindSafe;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event, worker_sys};

#[event(fetch)]
async fn fetch(request: Request, env: Env, ctx: Context) -> Result<Response> {
    crate::serve(&request, &env, &ctx).await
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _ctx: ScheduleContext) {
    crate::scheduled(&env).await;
}

/// [`crate::privacy`] for a host in JavaScript; undefined where the request is the host's own.
#[wasm_bindgen]
pub async fn privacy(request: Request, env: Env, ctx: worker_sys::Context) -> Result<JsValue, JsValue> {
    let answered = async move { crate::privacy(&request, &env, &Context::new(ctx)).await };
    Ok(AssertUnwindSafe(answered).await?.map_or(JsValue::UNDEFINED, JsValue::from))
}

/// [`crate::finish`] for a host in JavaScript.
#[wasm_bindgen]
pub async fn finish(
    request: Request,
    answer: Response,
    env: Env,
    ctx: worker_sys::Context,
) -> Result<JsValue, JsValue> {
    let finished = async move { crate::finish(&request, answer, &env, &Context::new(ctx)).await };
    Ok(AssertUnwindSafe(finished).await?.into())
}
