//! What people's rights turn on besides the data.

use super::Country;
use crate::{clock::Day, id::ConnectorId, policy::LocalText};
use serde::{Deserialize, Serialize};

/// How people's requests are answered (GDPR Articles 12 to 22).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// The country the controller is established in: its law sets the terms of an answer, its public holidays move them
    /// (Regulation (EEC, Euratom) 1182/71). Without it, the strictest terms hold and only weekends move them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Further public holidays: of a part of the country, or set anew each year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Day>,
    /// Whether people may use their rights by showing that an address is theirs: a code is sent to the site's webhook, which
    /// sends it on. For records that are filed under an e-mail address or a phone number instead of an account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contacts: bool,
    /// The site's other systems that hold personal data. They are asked to do their part of what accounts ask for, and no
    /// request is complete before they have. Their addresses and secrets are the deployment's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connectors: Vec<Connector>,
}

/// Another system of the site that holds personal data, such as its customer file or its mailing list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Its name for machines, such as `crm`.
    pub id: ConnectorId,
    /// Its name for people, in each language.
    pub name: LocalText,
    /// What it takes part in.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub rights: Vec<ConnectorRight>,
}

/// A right that another system can take part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ConnectorRight {
    /// It hands out what it holds (GDPR Article 15).
    Access,
    /// It hands out what people may take along (Article 20).
    Portability,
    /// It puts right what was put right in the store (Articles 16 and 19).
    Rectification,
    /// It deletes (Articles 17 and 19).
    Erasure,
    /// It only stores, until it is told otherwise (Articles 18 and 19).
    Restriction,
}

impl Rights {
    /// Whether nothing is declared.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
