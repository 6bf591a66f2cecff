//! Who is asking, by what the request proves.

pub mod account;
pub mod backend;
pub mod contact;
mod signature;

use crate::{
    config::Config,
    problem::{Answer, Problem},
    request::Incoming,
    world,
};
use consentry::{
    caller::{Contact, Proof, SiteName},
    decider::CallerClass,
    encoding::{from_base64url, to_base64url},
    id::{EventId, SubjectId},
    pseudonym::Domain,
};

/// The cookie that carries a device's secret. `__Host-` ties it to this one host, over a secure connection.
const COOKIE: &str = "__Host-consentry-device";
/// Browsers keep cookies for at most 400 days.
const MAX_AGE: u32 = 400 * 86_400;
/// For how long a device's browser is taken to know how its choices stand, in seconds.
const KNOWS_FOR: u64 = 3_600;

/// A device, made at the first grant or first use of a right, never for a refuser. Only the keyed hash of what
/// identifies it is ever stored.
pub struct Device {
    identity: Identity,
    /// Whether this request made it, so that the answer must hand its secret out.
    pub is_new: bool,
}

/// What proves a device to be the same as before.
enum Identity {
    /// On the site's own host: 32 random bytes in a cookie that scripts cannot read.
    Secret([u8; 32]),
    /// On another origin's pages: a key that cannot leave the browser, and signs.
    Key([u8; 65]),
}

impl Device {
    /// The device that a request proves to be, if it claims to be one. A claim that does not hold is a problem.
    pub async fn of(request: &Incoming, body: &[u8]) -> Answer<Option<Self>> {
        if request.declared.is_some() {
            let identity = signature::key_of(request, body).await?.map(Identity::Key);
            return Ok(identity.map(|identity| Self { identity, is_new: false }));
        }
        Ok(Self::met(request).map(|(device, _)| device))
    }

    /// The device that a cookie of this host names, and whether its browser was told within the last hour how its choices stand.
    pub fn met(request: &Incoming) -> Option<(Self, bool)> {
        let cookie = request.cookie(COOKIE)?;
        let (secret, told) = cookie
            .split_once('.')
            .map_or((cookie.as_str(), None), |(secret, hour)| (secret, hour.parse().ok()));
        let identity = Identity::Secret(from_base64url(secret)?.try_into().ok()?);
        Some((Self { identity, is_new: false }, told == Some(world::now().seconds() / KNOWS_FOR)))
    }

    /// A new device. Another origin's page makes its own.
    pub fn new(request: &Incoming) -> Answer<Self> {
        require_made_here(request)?;
        Ok(Self { identity: Identity::Secret(world::random()?), is_new: true })
    }

    /// A new device for a first grant. The grant's id, which only the asking page knows, gives its secret: a page
    /// whose answer was lost asks again and is the same device, instead of leaving one behind that nobody can reach.
    pub fn introduced_by(id: EventId, request: &Incoming, config: &Config) -> Answer<Self> {
        require_made_here(request)?;
        let secret = *config.subject_key.name(Domain::DeviceSecret, id.as_bytes()).as_bytes();
        Ok(Self { identity: Identity::Secret(secret), is_new: true })
    }

    /// The name of its `Subject`.
    pub fn subject(&self, config: &Config) -> SubjectId {
        match &self.identity {
            Identity::Secret(secret) => config.subject_key.name(Domain::Device, secret),
            Identity::Key(key) => config.subject_key.name(Domain::DeviceKey, key),
        }
    }

    /// The header value that hands a new device's secret out.
    pub fn cookie(&self) -> Option<String> {
        self.told().filter(|_| self.is_new)
    }

    /// The same for a device whose browser is told now how its choices stand.
    pub fn told(&self) -> Option<String> {
        let Identity::Secret(secret) = &self.identity else { return None };
        let (secret, hour) = (to_base64url(secret), world::now().seconds() / KNOWS_FOR);
        Some(format!("{COOKIE}={secret}.{hour}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; SameSite=Lax"))
    }

    /// The header value that takes it back.
    pub fn forget() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    }
}

/// Somebody who asks for something about their own data.
pub struct Person {
    /// The name of the `Subject` that the data is filed under.
    pub subject: SubjectId,
    /// How well it is proved that it is theirs.
    pub proof: Proof,
    /// The site's own name for them, where it is that which is known.
    pub name: Option<SiteName>,
    /// Where they are reached, as they proved or the site says.
    pub contact: Option<Contact>,
    /// The device, where it is that which is known.
    device: Option<Device>,
}

impl Person {
    /// Who a request proves to come from: under `contact/`, who proved an address; else an account, where it brings a token
    /// about one; else a device.
    pub async fn of(request: &Incoming, body: &[u8], config: &Config) -> Answer<Option<Self>> {
        if request.of_contact {
            let (subject, contact) = contact::of(request, config)?;
            let name = Some(SiteName::Contact(contact.clone()));
            return Ok(Some(Self {
                subject,
                proof: Proof::Contact,
                device: None,
                name,
                contact: Some(contact),
            }));
        }
        let Some(header) = request.header("authorization") else {
            return Ok(Device::of(request, body).await?.map(|device| Self::with(device, config)));
        };
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        let account::Account { subject, proof, name, contact } = account::of(token, config).await?;
        Ok(Some(Self { subject, proof, device: None, name: Some(name), contact }))
    }

    /// The person whose device this is.
    pub fn with(device: Device, config: &Config) -> Self {
        Self {
            subject: device.subject(config),
            proof: Proof::Device,
            device: Some(device),
            name: None,
            contact: None,
        }
    }

    /// Whether an account is.
    pub fn is_account(&self) -> bool {
        matches!(self.name, Some(SiteName::Account(_)))
    }

    /// Whether a device is what is known of them.
    pub const fn is_device(&self) -> bool {
        self.device.is_some()
    }

    /// As the log has it.
    pub fn class(&self) -> CallerClass {
        match (&self.device, &self.name) {
            (Some(_), _) => CallerClass::Device,
            (None, Some(SiteName::Contact(_))) => CallerClass::Contact,
            (None, _) => CallerClass::Account,
        }
    }

    /// What proof their data is filed under.
    pub const fn kind(&self) -> Proof {
        match (&self.device, &self.name) {
            (Some(_), _) => Proof::Device,
            (None, Some(SiteName::Contact(_))) => Proof::Contact,
            (None, _) => Proof::Account,
        }
    }

    /// The header value that hands a new device's secret out.
    pub fn cookie(&self) -> Option<String> {
        self.device.as_ref().and_then(Device::cookie)
    }
}

fn require_made_here(request: &Incoming) -> Answer<()> {
    if request.declared.is_none() {
        return Ok(());
    }
    let detail = "A page of another origin proves with a signature of its device's key (RFC 9421) who it is.";
    Err(Problem::not_signed(detail, world::now().seconds()))
}

/// Lets only the operator pass.
pub fn require_operator(request: &Incoming, config: &Config) -> Answer<()> {
    let header = request.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    if config.is_admin_token(token) { Ok(()) } else { Err(Problem::unauthorized()) }
}
