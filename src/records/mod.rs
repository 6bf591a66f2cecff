//! What a site keeps about a person, record by record: how each came, how long it stays, and what may be done with it
//! meanwhile. The bytes themselves lie sealed in the store.

mod envelope;
mod process;
pub mod sweep;
pub mod sweeps;

pub use envelope::{Envelope, MAX_CONTENT, MAX_ENVELOPE};
pub use process::{Command, Event, Records, Refusal, Why};

use crate::{
    clock::Timestamp,
    id::{CategoryId, EventId, InvalidId},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{fmt, str::FromStr};

/// A record as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The event that stored it; its place in the store is named by this.
    pub event: EventId,
    /// Its category.
    pub category: CategoryId,
    /// Its name within the category.
    pub name: RecordName,
    /// The media type of its content.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u64,
    /// When it was stored.
    pub at: Timestamp,
    /// When it is deleted, unless something keeps it.
    pub retain_until: Timestamp,
    /// When it was last put right, as the person it is about wanted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Timestamp>,
    /// What of it was not to be handed out with a copy when it was stored, by JSON Pointers (RFC 6901): a policy that declares
    /// its category no longer makes nothing public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

impl Record {
    /// When its content was last written.
    pub fn written(&self) -> Timestamp {
        self.corrected.unwrap_or(self.at)
    }
}

/// What keeps records from being changed. The order is that of their strength: a legal hold outweighs a restriction, a
/// restriction outweighs the end of retention (GDPR Articles 17(3)(e) and 18(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// Nothing.
    #[default]
    None,
    /// The person asked that their data only be stored (GDPR Article 18).
    Restricted,
    /// It is needed for legal claims.
    LegalHold,
}

/// On what ground data is used although it may only be stored (GDPR Article 18(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The person agreed to this use.
    Consent,
    /// To establish, exercise or defend legal claims.
    LegalClaims,
    /// To protect the rights of another person.
    RightsOfOthers,
    /// For reasons of important public interest of the Union or of a Member State.
    PublicInterest,
}

/// A record's name within its category, chosen by the site: 1 to 128 letters, digits and `. _ ~ -`. It stands in
/// addresses, so it must not say whom the record is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RecordName(String);

impl RecordName {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RecordName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
        let dots = text.bytes().all(|b| b == b'.');
        if (1..=128).contains(&text.len()) && text.bytes().all(unreserved) && !dots {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                expected: "1 to 128 letters, digits, dots, hyphens, underscores or tildes, not dots alone",
            })
        }
    }
}

impl<'de> Deserialize<'de> for RecordName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_allow_listed() {
        for good in ["1", "A-1_b~c.d", &"x".repeat(128)] {
            assert!(good.parse::<RecordName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a%2fb", "a b", "ä", "a\n", &"x".repeat(129)] {
            assert!(bad.parse::<RecordName>().is_err(), "{bad}");
        }
    }
}
