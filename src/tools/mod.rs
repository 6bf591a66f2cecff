//! What the command line tool asks of the core: judging a policy, preparing pages, proposing a policy, verifying a
//! receipt. Text in, JSON out; files, addresses and the terminal are the tool's own business.

mod advice;
mod check;
mod prepare;
mod propose;
mod receipt;
mod watch;

pub use check::check;
pub use prepare::{Prepared, Wanted, prepare};
pub use propose::{Findings, Proposal, propose};
pub use receipt::verify;
pub use watch::Watcher;

use crate::{
    audit::{NoteKey, trail::TrailCheck},
    policy::catalogue,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Every problem and warning of a policy document, as a JSON list of [`Problem`](crate::policy::Problem)s.
#[wasm_bindgen(js_name = check)]
pub fn check_json(text: &str) -> String {
    to_json(&check(text))
}

/// A page's parts for one language and region, as [`Prepared`] in JSON. `previous` is a JSON list of the texts of
/// earlier policies.
#[wasm_bindgen(js_name = prepare)]
pub fn prepare_json(wanted: &str) -> Result<String, JsError> {
    let wanted: Wanted = serde_json::from_str(wanted)?;
    prepare(&wanted).map(|prepared| to_json(&prepared)).map_err(|problem| JsError::new(&problem))
}

/// The known services that a piece of code or an address gives away, as a JSON list of `{"service","mark"}`.
#[wasm_bindgen(js_name = recognise)]
pub fn recognise_json(text: &str) -> String {
    let marks = catalogue::by_mark(text).map(|(known, mark)| Mark { service: known.id.as_str(), mark });
    to_json(&marks.collect::<Vec<_>>())
}

/// A known service, and the piece of code that gave it away.
#[derive(Serialize)]
struct Mark<'a> {
    service: &'a str,
    mark: &'a str,
}

/// The id of the known service that a host belongs to.
#[wasm_bindgen(js_name = serviceOfHost)]
pub fn service_of_host(host: &str) -> Option<String> {
    catalogue::by_host(host).map(|known| known.id.to_string())
}

/// A policy for what was found on a site, as [`Proposal`] in JSON.
#[wasm_bindgen(js_name = propose)]
pub fn propose_json(findings: &str) -> Result<String, JsError> {
    let findings: Findings = serde_json::from_str(findings)?;
    propose(&findings).map(|proposal| to_json(&proposal)).map_err(|problem| JsError::new(&problem))
}

/// What verifying a receipt found, as [`Verification`] in JSON.
#[wasm_bindgen(js_name = verify)]
pub fn verify_json(receipt: &str, keys: &str) -> String {
    to_json(&verify(receipt, keys))
}

/// An audit trail that is being checked.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Trail(TrailCheck);

#[wasm_bindgen]
impl Trail {
    /// `keys` is a JSON list of the log's verifier lines. Without any, the trail's own are believed.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: &str) -> Result<Self, JsError> {
        let keys: Vec<String> = serde_json::from_str(keys)?;
        let keys = keys.iter().map(|line| NoteKey::parse(line)).collect::<Result<_, _>>()?;
        Ok(Self(TrailCheck::new(keys)))
    }

    /// Reads the next piece, cut anywhere. What is wrong is an error, after which nothing more can be said.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), JsError> {
        Ok(self.0.push(piece)?)
    }

    /// What it is a trail of, as [`TrailReport`](crate::audit::trail::TrailReport) in JSON.
    pub fn end(self) -> Result<String, JsError> {
        Ok(to_json(&self.0.end()?))
    }
}

/// Structs and lists of texts, numbers and booleans, which always have a JSON form.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
