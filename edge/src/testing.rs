//! Routes for tests alone: the shared vectors, the store's contract against real KV, faults, and a look inside.

#![allow(clippy::panic, reason = "one route is there to panic")]

use crate::{
    caller::Device,
    config::Config,
    fault,
    kv::Retention,
    objects::subject::{self, Call},
    policies,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response, world,
};
use consentry::{
    consent::{Choices, DecisionCookie},
    store::{Store as _, contract},
    vectors,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use worker::{Delay, Env, Response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    hang_at: Option<String>,
    #[serde(default)]
    skip: u32,
    #[serde(default)]
    refuse_puts: u32,
    #[serde(default)]
    close_log: bool,
}

/// Serves `testing/…`.
pub async fn serve(path: &str, request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    match path {
        "testing/vectors" => {
            let text = String::from_utf8(request.body(1 << 20).await?).unwrap_or_default();
            response::bytes(200, "application/json", vectors::run(&text), &[])
        }
        "testing/store-contract" => {
            let store = Retention::bound(env)?;
            // Time cannot be turned forward here; the emulator needs none.
            let report = contract::check(&store, world::now, async |seconds| {
                Delay::from(Duration::from_secs(seconds.min(2))).await;
            });
            match report.await {
                Ok(checks) => response::json(200, &json!({"checks": checks}), &[]),
                Err(failed) => Err(Problem::unavailable(failed)),
            }
        }
        "testing/faults" => {
            let body = request.body(4096).await?;
            let faults: Faults =
                serde_json::from_slice(&body).map_err(|e| Problem::malformed(e.to_string()))?;
            fault::hang_at(faults.hang_at, faults.skip);
            fault::refuse_puts(faults.refuse_puts);
            fault::close_log(faults.close_log);
            response::json(200, &json!({}), &[])
        }
        "testing/subject" => {
            let device = Device::of(request, &[]).await?.ok_or_else(|| Problem::not_found("No device."))?;
            let inside: Value = subject::call(env, device.subject(config), &Call::Inspect).await?;
            response::json(200, &inside, &[])
        }
        "testing/restricted" => {
            let held = policies::exact(env).await?;
            let cookie = DecisionCookie::new(&held.material, &Choices::default(), world::now().day(), 1);
            let cookie = cookie.restricting(&held.material).seal(&config.keyring, &config.site);
            response::json(200, &json!({"cookie": cookie.or_internal("testing.cookie")?}), &[])
        }
        "testing/keys" => {
            let page = Retention::bound(env)?.list("", None, 1000).await;
            let keys: Vec<_> = page
                .unwrap_or_default()
                .keys
                .into_iter()
                .map(|k| json!({"key": k.key, "expires": k.expires, "metadata": k.metadata}))
                .collect();
            response::json(200, &json!({"keys": keys}), &[])
        }
        "testing/panic" => panic!("a panic on purpose"),
        _ => Err(Problem::not_found("No such test route.")),
    }
}
