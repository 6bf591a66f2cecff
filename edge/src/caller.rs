//! Who is asking, by what the request proves.

use crate::{
    config::Config,
    problem::{Answer, Problem},
    request::Incoming,
    world,
};
use consentry::{
    encoding::{from_base64url, to_base64url},
    id::{EventId, SubjectId},
    pseudonym::Domain,
};

/// The cookie that carries a device's secret. `__Host-` ties it to this one host, over a secure connection.
const COOKIE: &str = "__Host-consentry-device";
/// Browsers keep cookies for at most 400 days.
const MAX_AGE: u32 = 400 * 86_400;

/// A device's secret: 32 random bytes, made at the first grant or first use of a right, never for a refuser. Only
/// its keyed hash is ever stored.
pub struct Device {
    secret: [u8; 32],
    /// Whether this request made it, so that the answer must hand it out.
    pub is_new: bool,
}

impl Device {
    /// The device that a request proves to be, if it does.
    pub fn of(request: &Incoming) -> Option<Self> {
        let secret = from_base64url(&request.cookie(COOKIE)?)?.try_into().ok()?;
        Some(Self { secret, is_new: false })
    }

    /// A new device.
    pub fn new() -> Answer<Self> {
        Ok(Self { secret: world::random()?, is_new: true })
    }

    /// A new device for a first grant. The grant's id, which only the asking page knows, gives its secret: a page
    /// whose answer was lost asks again and is the same device, instead of leaving one behind that nobody can reach.
    pub fn introduced_by(id: EventId, config: &Config) -> Self {
        let secret = *config.subject_key.name(Domain::DeviceSecret, id.as_bytes()).as_bytes();
        Self { secret, is_new: true }
    }

    /// The name of its `Subject`.
    pub fn subject(&self, config: &Config) -> SubjectId {
        config.subject_key.name(Domain::Device, &self.secret)
    }

    /// The header value that hands the secret out.
    pub fn cookie(&self) -> String {
        let secret = to_base64url(&self.secret);
        format!("{COOKIE}={secret}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax")
    }

    /// The header value that takes it back.
    pub fn forget() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    }
}

/// Lets only the operator pass.
pub fn require_operator(request: &Incoming, config: &Config) -> Answer<()> {
    let header = request.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    if config.is_admin_token(token) { Ok(()) } else { Err(Problem::unauthorized()) }
}
