//! Typed identifiers. Each kind is its own type, so that a notice hash can never stand where a policy hash should.

use crate::encoding::{from_base64url, to_base64url};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// What was expected, for example "22 characters of URL-safe base64".
    pub expected: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for InvalidId {}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
        pub struct $name(#[cfg_attr(feature = "schema", schemars(with = "String"))] [u8; $len]);

        impl $name {
            /// Wraps raw bytes.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_base64url(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                from_base64url(text)
                    .and_then(|bytes| <[u8; $len]>::try_from(bytes).ok())
                    .map(Self)
                    .ok_or(InvalidId { expected: $expected })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                String::deserialize(input)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

bytes_id!(
    /// One decision or other event: 16 random bytes, chosen by whoever asks, so that asking twice is harmless.
    EventId, 16, "16 bytes as 22 characters of URL-safe base64"
);
bytes_id!(
    /// SHA-256 of a policy document's canonical bytes.
    PolicyHash, 32, "a SHA-256 hash as 43 characters of URL-safe base64"
);
bytes_id!(
    /// SHA-256 of the notice text a person was shown, in its language.
    NoticeHash, 32, "a SHA-256 hash as 43 characters of URL-safe base64"
);
bytes_id!(
    /// A person's pseudonym towards the store: a keyed hash, never the identifier itself.
    SubjectId, 32, "a keyed hash as 43 characters of URL-safe base64"
);
bytes_id!(
    /// The random name under which the audit log knows a person, until erasure destroys it.
    LogHandle, 16, "16 bytes as 22 characters of URL-safe base64"
);
bytes_id!(
    /// A request's correlation id: 8 random bytes, the same in its log line and in the audit entries it led to.
    RequestId, 8, "8 bytes as 11 characters of URL-safe base64"
);

impl EventId {
    /// A further identifier derived from this one: the same event and purpose always give the same bytes, so a
    /// step that is repeated after a crash is recognised.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        use sha2::{Digest as _, Sha256};
        let digest =
            Sha256::new().chain_update(b"consentry/event/v1\n").chain_update(self.0).chain_update(purpose);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        Self(bytes)
    }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(
            #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z][a-z0-9-]{0,31}$")))] String,
        );

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { expected: SLUG }) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                String::deserialize(input)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

const SLUG: &str = "a lower-case letter, then up to 31 letters, digits or hyphens";

fn is_slug(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

slug_id!(
    /// A purpose of processing (banners often say "category"), such as `analytics`.
    PurposeId
);
slug_id!(
    /// A service of a vendor, such as `maps`.
    ServiceId
);
slug_id!(
    /// A category of records, such as `orders`.
    CategoryId
);
slug_id!(
    /// Another system of the site that holds personal data, such as `crm`.
    ConnectorId
);
slug_id!(
    /// A decision that is made solely by automated means, such as `invoice`.
    AutomatedDecisionId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        let id = EventId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 22);
        assert!("".parse::<EventId>().is_err());
        assert!("BwcHBwcHBwcHBwcHBwcHBw==".parse::<EventId>().is_err());
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"BwcHBwcHBwcHBwcHBwcHBw\"");
    }

    #[test]
    fn derived_ids_are_stable_and_apart() {
        let id = EventId::from_bytes([7; 16]);
        assert_eq!(id.derive("a"), id.derive("a"));
        assert_ne!(id.derive("a"), id.derive("b"));
        assert_ne!(id.derive("a"), id);
    }

    #[test]
    fn slugs_are_allow_listed() {
        for good in ["analytics", "a", "ab-2"] {
            assert!(good.parse::<PurposeId>().is_ok(), "{good}");
        }
        for bad in ["", "A", "2a", "-a", "a b", "a.b", "ä", &"a".repeat(33)] {
            assert!(bad.parse::<PurposeId>().is_err(), "{bad}");
        }
    }
}
