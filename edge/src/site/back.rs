//! What the visitor is sent of the origin's answer: everything but cookies that are stopped, and what we say to each other.

use super::Visitor;
use crate::{
    fields::Fields,
    log_line::LogLine,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    enforce::{CookieVerdict, Gate, ends, restricting},
    policy::{Age, Policy, Undeclared},
};
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::Response;

#[wasm_bindgen]
extern "C" {
    /// The platform's constructor, with any body it takes.
    #[wasm_bindgen(js_name = Response)]
    type Made;

    #[wasm_bindgen(constructor, js_class = "Response", catch)]
    fn new(body: &JsValue, init: &JsValue) -> Result<Made, JsValue>;

    /// An answer that may be the beginning of a conversation.
    type Upgraded;

    #[wasm_bindgen(method, getter, js_name = webSocket)]
    fn web_socket(this: &Upgraded) -> JsValue;
}

/// How the site says how old the visitor of a page is, where it knows: `under-16`. It goes no further.
const AGE: &str = "consentry-age";

/// The most cookies that are ended with one answer.
const MOST_ENDED: usize = 10;

/// The origin's answer, as it is to go on.
pub struct Back {
    /// As it came.
    pub response: Response,
    /// Its status.
    pub status: u16,
    /// Its header fields, as they are to be.
    pub fields: Fields,
    /// Whether they are as they came.
    unchanged: bool,
}

impl Back {
    /// Reads an answer.
    pub fn of(response: Response) -> Answer<Self> {
        let fields = Fields::of(&response.headers())?;
        Ok(Self { status: response.status(), fields, unchanged: true, response })
    }

    /// What the origin says of the visitor's age.
    pub fn age(&self) -> Age {
        self.fields.get(AGE).map(Age::said).unwrap_or_default()
    }

    /// Leaves out what does not go on.
    pub fn pass(&mut self, incoming: &Incoming, gate: &Gate, line: &LogLine) {
        let mut left_out = false;
        self.fields.retain(|name, value| {
            let passes = match name {
                AGE => false,
                "set-cookie" => {
                    let cookie = value.split(['=', ';']).next().unwrap_or_default().trim();
                    let verdict = gate.cookie(cookie);
                    line.cookie_set(cookie, verdict);
                    verdict.passes()
                }
                _ => true,
            };
            left_out |= !passes;
            passes
        });
        self.unchanged &= !left_out;
        if incoming.scheme == "https" && self.fields.get("strict-transport-security").is_none() {
            self.change().set("strict-transport-security", "max-age=31536000");
        }
    }

    /// The header fields, to be changed.
    pub fn change(&mut self) -> &mut Fields {
        self.unchanged = false;
        &mut self.fields
    }

    /// Ends the cookies that the visitor's browser still has though they are not permitted (any more): those that no
    /// script can reach among them.
    pub fn end_cookies(&mut self, incoming: &Incoming, gate: &Gate) {
        for value in ended(incoming, gate) {
            self.change().append("set-cookie", value);
        }
    }

    /// Adds a content security policy that stops what is held: to every page where the site wants that, and to one that
    /// cannot be read (`unread`).
    pub fn restrict(&mut self, policy: &Policy, visitor: &Visitor, unread: bool) {
        if unread || policy.edge.undeclared_hosts == Undeclared::Stop {
            self.change().append("content-security-policy", restricting(policy, &visitor.permissions));
        }
    }

    /// The answer with the body it came with.
    pub fn whole(self) -> Answer<Response> {
        if self.unchanged {
            return Ok(self.response);
        }
        let body = self.response.body().map_or(JsValue::NULL, Into::into);
        self.with(&body)
    }

    /// The answer with another body.
    pub fn with(self, body: &JsValue) -> Answer<Response> {
        let init = self.fields.with(serde_json::json!({"status": self.status}))?;
        let web_socket = self.response.unchecked_ref::<Upgraded>().web_socket();
        if web_socket.is_truthy() {
            js_sys::Reflect::set(&init, &"webSocket".into(), &web_socket).or_internal("back.socket")?;
        }
        Made::new(body, &init).map(JsCast::unchecked_into).or_internal("back.answer")
    }
}

/// The `Set-Cookie` values that end what is stopped, as far as it was sent here.
pub fn ended(incoming: &Incoming, gate: &Gate) -> Vec<String> {
    let names = incoming.cookies().split(';').filter_map(|pair| Some(pair.trim().split_once('=')?.0));
    let stopped = names.filter(|name| gate.cookie(name) == CookieVerdict::Stop);
    stopped.take(MOST_ENDED).flat_map(|name| ends(name, &incoming.host)).collect()
}
