//! The vendors and tools that serve a purpose.

use super::{Country, Recipient};
use crate::{
    clock::Period,
    id::{PurposeId, ServiceId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A service: one vendor's tool, used for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name for machines, such as `maps`; tags carry it as `data-service`.
    pub id: ServiceId,
    /// The purpose it serves.
    pub purpose: PurposeId,
    /// Its name for people.
    pub name: String,
    /// Who receives the data (GDPR Article 13(1)(e)).
    pub recipient: Recipient,
    /// The hosts it loads from or sends to: `host`, or `host:port` where the port is not the usual one. Every host
    /// by its own name; subdomains are not implied.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(inner(regex(pattern = "^[a-z0-9.-]+(:[0-9]{1,5})?$"))))]
    pub hosts: Vec<String>,
    /// The cookies it sets (ePrivacy Directive Article 5(3); how long they work, and who reads them, must be told:
    /// Court of Justice, C-673/17 Planet49).
    #[serde(default)]
    pub cookies: Vec<Cookie>,
    /// The keys it writes in local or session storage; one `*` may end a key, as in a cookie's name.
    #[serde(default)]
    pub storage: Vec<String>,
    /// The transfer outside the European Economic Area, where there is one (GDPR Articles 44 to 49, 13(1)(f)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// The vendor's own privacy notice, an `https://` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_notice: Option<String>,
    /// Whether a page has to be loaded anew to stop the service once it runs. Others are told through the consent
    /// interface they have, and their cookies and storage are cleared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reload: bool,
}

/// A cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// Its name. One `*` may end it and stands for anything: `_ga_*`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[^\s()<>@,;:\\/\[\]?={}*]+\*?$")))]
    pub name: String,
    /// How long it stays on the device.
    pub lifetime: Lifetime,
}

impl Cookie {
    /// Whether a cookie of this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.name,
        }
    }
}

/// How long something stays on a device: a period such as `P13M`, or `session`, until the browser closes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(untagged))]
pub enum Lifetime {
    /// Until the browser closes.
    #[cfg_attr(feature = "schema", schemars(with = "SessionWord"))]
    Session,
    /// For a period.
    Period(Period),
}

#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
#[allow(dead_code, reason = "describes the one word in the schema")]
enum SessionWord {
    Session,
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Session => out.serialize_str("session"),
            Self::Period(period) => period.serialize(out),
        }
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        if text == "session" {
            return Ok(Self::Session);
        }
        text.parse()
            .map(Self::Period)
            .map_err(|error| D::Error::custom(format_args!("{error}, or `session`")))
    }
}

/// A transfer of personal data to a country outside the European Economic Area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The country the data goes to.
    pub country: Country,
    /// What makes the transfer lawful.
    pub safeguard: Safeguard,
}

/// What makes a transfer lawful (GDPR Chapter V).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Safeguard {
    /// Article 45: the Commission found the country's protection adequate.
    AdequacyDecision,
    /// Article 46(2)(c): the Commission's standard contractual clauses.
    StandardContractualClauses,
    /// Articles 46(2)(b) and 47: rules a group of companies is bound by.
    BindingCorporateRules,
    /// Article 46(2)(e): an approved code of conduct.
    CodeOfConduct,
    /// Article 46(2)(f): an approved certification.
    Certification,
    /// Article 49(1)(a): the person agreed to the transfer, knowing its risks.
    ExplicitConsent,
}
