//! What the Worker in front of a site lets through, in both directions.

use serde::{Deserialize, Serialize};

/// What the Worker lets through, beside what consent decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// What the site's own server is told of a visitor (GDPR Article 5(1)(c): no more than it needs).
    #[serde(default, skip_serializing_if = "Origin::is_default")]
    pub origin: Origin,
    /// Cookies that the site sets and no service of the policy declares.
    #[serde(default, skip_serializing_if = "Undeclared::passes")]
    pub undeclared_cookies: Undeclared,
    /// Hosts that a page loads from and no service of the policy declares. Stopped, a page may load from the site,
    /// from `site.origins` and from permitted services alone, by a content security policy of its own.
    #[serde(default, skip_serializing_if = "Undeclared::passes")]
    pub undeclared_hosts: Undeclared,
    /// Whether well-known services that the policy does not declare are stopped: advertising, analytics and embedded
    /// content by their usual hosts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop_known_services: bool,
    /// Whether a page for visitors of whom nothing is known is made once for all of them, where the site's own server
    /// lets shared caches keep it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub share_pages: bool,
}

impl Edge {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What the site's own server is told of a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The address, as `X-Forwarded-For`. Reduced, it is that of the network: an IPv4 /24, an IPv6 /48.
    #[serde(default, skip_serializing_if = "Detail::is_reduced")]
    pub address: Detail,
    /// The user agent. Reduced, it is browser family, major version, system and class of device.
    #[serde(default, skip_serializing_if = "Detail::is_reduced")]
    pub user_agent: Detail,
    /// The address of the page before. Reduced, it is scheme and host.
    #[serde(default, skip_serializing_if = "Detail::is_reduced")]
    pub referrer: Detail,
    /// The client hints (`Sec-CH-*`, `Device-Memory` and the like). Reduced, they are the three that browsers send to
    /// everyone: brands, whether it is a mobile, platform.
    #[serde(default = "Detail::none", skip_serializing_if = "Detail::is_none")]
    pub client_hints: Detail,
}

impl Default for Origin {
    fn default() -> Self {
        let reduced = Detail::Reduced;
        Self { address: reduced, user_agent: reduced, referrer: reduced, client_hints: Detail::None }
    }
}

impl Origin {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How much of something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Nothing.
    None,
    /// What does not single anyone out.
    #[default]
    Reduced,
    /// All of it.
    Whole,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for references")]
impl Detail {
    fn none() -> Self {
        Self::None
    }

    fn is_none(&self) -> bool {
        *self == Self::None
    }

    fn is_reduced(&self) -> bool {
        *self == Self::Reduced
    }
}

/// What happens to something that the policy does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Undeclared {
    /// It passes, and is reported.
    #[default]
    Pass,
    /// It is stopped, and reported.
    Stop,
}

impl Undeclared {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn passes(&self) -> bool {
        *self == Self::Pass
    }
}
