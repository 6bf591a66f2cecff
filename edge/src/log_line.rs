//! The one line a request leaves behind: nothing raw, nothing that identifies.

use crate::{config::config, recent, request::Incoming, site::Visitor, world};
use consentry::{
    anonymize::{reduce_ip, reduce_user_agent},
    enforce::{CookieVerdict, shape},
    id::RequestId,
};
use serde::Serialize;
use std::{cell::RefCell, collections::BTreeSet};
use worker::{Context, Env};

/// The most undeclared cookies that one line names.
const MOST_NAMED: usize = 8;

/// What may be said about a request, taken before anything else happens to it.
pub struct LogLine {
    id: RequestId,
    method: String,
    ip: Option<String>,
    user_agent: String,
    begun: u64,
    learned: RefCell<Learned>,
}

/// What turned out while the request was served.
#[derive(Default, Clone, Serialize)]
struct Learned {
    /// The country, where the network reports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// How the visitor stands: `undecided`, `given` (anything), `refused` (everything).
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'static str>,
    /// Whether the browser sends a privacy signal that is honoured.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    signal: bool,
    /// Whether nothing may be recorded of them.
    #[serde(skip)]
    restricted: bool,
    /// How many cookies of the origin's were stopped.
    #[serde(skip_serializing_if = "is_zero")]
    cookies_stopped: u32,
    /// The cookies that no service declares, by the shape of their names.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    cookies_undeclared: BTreeSet<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The line as it is written.
#[derive(Serialize)]
pub struct Written<'a> {
    t: &'static str,
    id: RequestId,
    method: &'a str,
    route: &'a str,
    status: u16,
    /// Until the answer began, in milliseconds. The clock stands still while nothing is waited for.
    ms: u64,
    ip: Option<&'a str>,
    ua: &'a str,
    #[serde(flatten)]
    learned: Learned,
}

impl Written<'_> {
    /// A number below a hundred, drawn for this request.
    pub fn lot(&self) -> u64 {
        let [high, low, ..] = *self.id.as_bytes();
        (u64::from(u16::from_be_bytes([high, low])) * 100) >> 16
    }

    /// The texts of its data point: route, method, country, consent, user agent.
    pub fn blobs(&self) -> [&str; 5] {
        let country = self.learned.country.as_deref().unwrap_or_default();
        [self.route, self.method, country, self.learned.consent.unwrap_or_default(), self.ua]
    }

    /// Its numbers: status, milliseconds, cookies stopped, 1 for a privacy signal.
    pub fn doubles(&self) -> [f64; 4] {
        let signal = f64::from(u8::from(self.learned.signal));
        #[allow(clippy::cast_precision_loss, reason = "a request does not take that long")]
        [f64::from(self.status), self.ms as f64, f64::from(self.learned.cookies_stopped), signal]
    }
}

impl LogLine {
    /// Reduces a request.
    pub fn of(request: &Incoming) -> Self {
        // Behind Cloudflare this header is the platform's own; `X-Forwarded-For` is whatever the visitor likes.
        let ip = request.header("cf-connecting-ip").and_then(reduce_ip);
        let user_agent = reduce_user_agent(request.header("user-agent").unwrap_or_default()).to_string();
        Self {
            id: request.id,
            method: request.method.to_string(),
            ip,
            user_agent,
            begun: world::milliseconds(),
            learned: RefCell::default(),
        }
    }

    /// The request's correlation id, to find its line by.
    pub const fn id(&self) -> RequestId {
        self.id
    }

    /// The reduced address, for the origin.
    pub fn ip(&self) -> Option<&str> {
        self.ip.as_deref()
    }

    /// The reduced user agent, for the origin.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// What is known of the visitor of a page.
    pub fn visitor(&self, visitor: &Visitor) {
        let mut learned = self.learned.borrow_mut();
        learned.restricted = visitor.restricted;
        learned.country = visitor.place.region.as_ref().map(|region| region.country().to_owned());
        learned.signal = visitor.place.signal;
        learned.consent = Some(match &visitor.choices {
            None => "undecided",
            Some(choices) if choices.given.is_empty() && choices.services.is_empty() => "refused",
            Some(_) => "given",
        });
    }

    /// What became of a cookie that the origin set.
    pub fn cookie_set(&self, name: &str, verdict: CookieVerdict) {
        let mut learned = self.learned.borrow_mut();
        learned.cookies_stopped += u32::from(!verdict.passes());
        if verdict.is_undeclared() && learned.cookies_undeclared.len() < MOST_NAMED {
            learned.cookies_undeclared.insert(shape(name));
        }
    }

    /// Writes the line. `route` is a pattern, never a path.
    pub fn write(&self, route: &str, status: u16, env: &Env, ctx: &Context) {
        if self.learned.borrow().restricted {
            return;
        }
        let Self { id, method, ip, user_agent, begun, learned } = self;
        let line = Written {
            t: "request",
            id: *id,
            method,
            route,
            status,
            ms: world::milliseconds().saturating_sub(*begun),
            ip: ip.as_deref(),
            ua: user_agent,
            learned: learned.borrow().clone(),
        };
        let text = serde_json::to_string(&line).unwrap_or_default();
        worker::console_log!("{text}");
        if let Ok(config) = config(env) {
            recent::hand_over(&line, text, &config, env, ctx);
        }
    }
}
