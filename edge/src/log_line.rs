//! The one line a request leaves behind: nothing raw, nothing that identifies.

use crate::{problem::Answer, request::Incoming, world};
use consentry::{
    anonymize::{reduce_ip, reduce_user_agent},
    encoding::to_hex,
};
use serde_json::json;

/// What may be said about a request, taken before anything else happens to it.
pub struct LogLine {
    id: String,
    method: String,
    ip: Option<String>,
    user_agent: String,
}

impl LogLine {
    /// Reduces a request.
    pub fn of(request: &Incoming) -> Answer<Self> {
        // Behind Cloudflare this header is the platform's own; `X-Forwarded-For` is whatever the visitor likes.
        let ip = request.header("cf-connecting-ip").and_then(|ip| reduce_ip(&ip));
        let user_agent = reduce_user_agent(&request.header("user-agent").unwrap_or_default()).to_string();
        Ok(Self { id: to_hex(&world::random::<8>()?), method: request.method.to_string(), ip, user_agent })
    }

    /// A random id for this request, to find its line by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The reduced address, for the origin.
    pub fn ip(&self) -> Option<&str> {
        self.ip.as_deref()
    }

    /// The reduced user agent, for the origin.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Writes the line. `route` is a pattern, never a path.
    pub fn write(&self, route: &str, status: u16) {
        let Self { id, method, ip, user_agent } = self;
        let line = json!({
            "t": "request", "id": id, "method": method, "route": route, "status": status, "ip": ip, "ua": user_agent,
        });
        worker::console_log!("{line}");
    }
}
