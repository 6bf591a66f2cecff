//! A small site that is a Worker in Rust, and has Consentry inside.

#![allow(unreachable_pub, reason = "nothing is exported but the entry points, which their macros declare")]

pub use consentry_edge::{AuditLog, Registry, Subject};

use web_sys::{Headers, Request, Response, ResponseInit};
use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

const PAGE: &str = "<!doctype html><html lang=\"en\"><head><title>Shop</title></head><body><main>\
                    <script src=\"http://127.0.0.1:9101/m.js\"></script></main></body></html>";

#[event(fetch)]
async fn fetch(request: Request, env: Env, ctx: Context) -> Result<Response> {
    if request.url().ends_with("/api/hello") {
        return answer("application/json", "{\"hello\":\"there\"}", &["pv_api=1"]);
    }
    if let Some(answer) = consentry_edge::privacy(&request, &env, &ctx).await? {
        return Ok(answer);
    }
    let cookies = ["basket=1; Path=/", "pv_id=7; Path=/"];
    let page = answer("text/html; charset=utf-8", PAGE, &cookies)?;
    consentry_edge::finish(&request, page, &env, &ctx).await
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _ctx: ScheduleContext) {
    consentry_edge::scheduled(&env).await;
}

fn answer(media_type: &str, body: &str, cookies: &[&str]) -> Result<Response> {
    let headers = Headers::new()?;
    headers.set("content-type", media_type)?;
    for cookie in cookies {
        headers.append("set-cookie", cookie)?;
    }
    let init = ResponseInit::new();
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}
