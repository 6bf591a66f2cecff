//! Who is involved: the site, its controller, and those who receive data.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;

/// The site a policy is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// A short name for machines, such as `fern-clay`. It never changes: a policy for another site is not taken.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z][a-z0-9-]{0,31}$")))]
    pub id: String,
    /// The name people know the site by.
    pub name: String,
    /// The address of the site's first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The domain whose hosts share one decision, such as `example.org`; without it each host has its own. The
    /// controller must be the same on all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie_domain: Option<String>,
    /// Further origins, such as `https://blog.example`, whose pages may ask and decide here although another server
    /// serves them. The controller must be the same on all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl Site {
    /// The domain of a decision cookie that a page of some host writes: the declared one, where the host is in it.
    pub fn cookie_domain_on(&self, host: &str) -> Option<&str> {
        let domain = self.cookie_domain.as_deref()?;
        let before = host.strip_suffix(domain)?;
        (before.is_empty() || before.ends_with('.')).then_some(domain)
    }
}

/// The controller (GDPR Article 4(7)) and how to reach it (Article 13(1)(a) and (b)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The legal name.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// Where people write to about their data.
    pub email: String,
    /// The data protection officer, where there is one (GDPR Articles 37 to 39, 13(1)(b)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpo: Option<Contact>,
    /// The representative in the Union of a controller outside it (GDPR Articles 27 and 13(1)(a)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
}

/// How to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A person's or an office's name; the contact details alone are enough (GDPR Article 13(1)(b)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address for mail.
    pub email: String,
}

/// A representative in the Union (GDPR Article 27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Representative {
    /// The legal name.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The address for mail.
    pub email: String,
}

/// Who receives data through a service (GDPR Articles 4(9) and 13(1)(e)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The legal name.
    pub name: String,
    /// The country it is established in.
    pub country: Country,
}

/// A country by its ISO 3166-1 alpha-2 code, such as `IE`; `XK` is Kosovo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Country(#[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Z]{2}$")))] String);

impl Country {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let code = String::deserialize(input)?;
        if super::super::texts::is_country(&code) {
            Ok(Self(code))
        } else {
            Err(D::Error::custom("expected an ISO 3166-1 country code of two capital letters, such as IE"))
        }
    }
}
