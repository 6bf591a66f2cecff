//! What a record's sealed bytes begin with: which record they are, so that nothing about it is stored in the open.

use super::RecordName;
use crate::{clock::Timestamp, id::CategoryId};
use serde::{Deserialize, Serialize};

/// Largest content of a record, in bytes. With what is sealed around it, it fits a value of the store.
pub const MAX_CONTENT: usize = 24 * 1024 * 1024;

/// Largest envelope, in bytes, its length included.
pub const MAX_ENVELOPE: usize = 2 + 1024;

/// The first part of a record's plain bytes: two bytes of length, most significant first, then this as JSON; the content
/// follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The category.
    pub category: CategoryId,
    /// The record's name.
    pub name: RecordName,
    /// The media type of the content.
    pub media_type: String,
    /// When it was stored.
    pub at: Timestamp,
    /// When it is to be deleted.
    pub retain_until: Timestamp,
}

impl Envelope {
    /// The bytes; nothing if they would be too many.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(self).ok().filter(|json| json.len() <= MAX_ENVELOPE - 2)?;
        let length = u16::try_from(json.len()).ok()?;
        Some([length.to_be_bytes().as_slice(), &json].concat())
    }

    /// Splits plain bytes that begin with an envelope: itself, and the bytes of it.
    pub fn read(plain: &[u8]) -> Option<(Self, usize)> {
        let (length, rest) = plain.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let envelope = serde_json::from_slice(rest.get(..length)?).ok()?;
        Some((envelope, 2 + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::MAX_VALUE, vault::stream::sealed_size};

    fn envelope(media_type: &str) -> Envelope {
        Envelope {
            category: "photos".parse().unwrap(),
            name: "1".parse().unwrap(),
            media_type: media_type.to_owned(),
            at: Timestamp::default(),
            retain_until: Timestamp::from_seconds(u64::MAX),
        }
    }

    #[test]
    fn reads_back_from_the_start_of_what_is_sealed() {
        let photo = envelope("image/png");
        let mut plain = photo.to_bytes().unwrap();
        let length = plain.len();
        plain.extend(b"content");
        assert_eq!(Envelope::read(&plain), Some((photo, length)));
        for cut in 0..length {
            assert_eq!(Envelope::read(&plain[..cut]), None, "{cut}");
        }
        assert_eq!(envelope(&"x".repeat(1024)).to_bytes(), None);
    }

    #[test]
    fn the_largest_record_fits_the_store() {
        assert!(sealed_size(MAX_ENVELOPE + MAX_CONTENT) <= MAX_VALUE);
    }
}
