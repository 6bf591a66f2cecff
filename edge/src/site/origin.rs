//! Where the site itself is: another Worker, files, or a server.

use crate::{
    config::Config,
    fields::Fields,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
};
use js_sys::{Promise, Reflect, futures::JsFuture};
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::Response;
use worker::{Env, Method};

/// The bindings that may hold the site: a service, or static files.
const BINDINGS: [&str; 2] = ["SITE", "ASSETS"];

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(address: &str, init: &JsValue) -> Result<Promise, JsValue>;

    /// A binding that answers requests.
    type Bound;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Bound, address: &str, init: &JsValue) -> Result<Promise, JsValue>;
}

/// Asks the site for what the visitor asks for, with other headers. Both bodies stream.
pub async fn ask(incoming: &Incoming, fields: &Fields, env: &Env, config: &Config) -> Answer<Response> {
    let bound = BINDINGS.iter().find_map(|name| {
        let binding = Reflect::get(env, &(*name).into()).ok()?;
        binding.is_object().then(|| binding.unchecked_into::<Bound>())
    });
    let base = match (&bound, &config.origin) {
        (Some(_), _) => incoming.here(),
        (None, Some(origin)) => origin.clone(),
        (None, None) => return Err(Problem::not_found("No site is configured behind this address.")),
    };
    let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
    // The path begins with a slash, so no path can lead to another host than the base's.
    let address = format!("{base}{}{query}", incoming.path);
    let init = fields.with(serde_json::json!({"method": incoming.inner.method(), "redirect": "manual"}))?;
    if !matches!(incoming.method, Method::Get | Method::Head)
        && let Some(body) = incoming.inner.body()
    {
        Reflect::set(&init, &"body".into(), &body).or_internal("origin.body")?;
    }
    let asked = match bound {
        Some(site) => site.fetch(&address, &init),
        None => fetch(&address, &init),
    };
    let unreachable = || Problem::unavailable("The site behind this address cannot be reached.");
    let answer = JsFuture::from(asked.map_err(|_| unreachable())?).await;
    answer.map(JsCast::unchecked_into).map_err(|_| unreachable())
}
