//! Canonical JSON bytes (RFC 8785), the form in which everything here is hashed and signed.

mod json;

pub use json::Json;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A value has no canonical form: a map with keys that are not text, or a number that is not finite.
#[derive(Debug)]
pub struct NotCanonical(serde_json::Error);

impl fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no canonical JSON form: {}", self.0)
    }
}

impl std::error::Error for NotCanonical {}

/// The canonical bytes of a value: members sorted by UTF-16 code units, numbers as ECMAScript prints them, no space.
pub fn to_vec(value: &impl Serialize) -> Result<Vec<u8>, NotCanonical> {
    serde_json_canonicalizer::to_vec(value).map_err(NotCanonical)
}

/// The same as text.
pub fn to_string(value: &impl Serialize) -> Result<String, NotCanonical> {
    serde_json_canonicalizer::to_string(value).map_err(NotCanonical)
}

/// SHA-256 of a value's canonical bytes under a label, so that the hash of one kind is never that of another:
/// `SHA-256(label ‖ "\n" ‖ canonical bytes)`.
pub fn hash(label: &str, value: &impl Serialize) -> Result<[u8; 32], NotCanonical> {
    Ok(Sha256::new().chain_update(label).chain_update(b"\n").chain_update(to_vec(value)?).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sorts_by_utf16_and_prints_numbers_as_ecmascript() {
        // RFC 8785 section 3.2.3: the euro sign sorts before the emoji's surrogate pair, and that before U+FB33.
        let value =
            json!({"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": 3, "\r": 4, "1": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            to_string(&value).unwrap(),
            "{\"\\r\":4,\"1\":5,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
        // RFC 8785 appendix B.
        let numbers = json!([333_333_333.333_333_3, 1e30, 4.50, 2e-3, 1e-27, 0.0]);
        assert_eq!(to_string(&numbers).unwrap(), "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]");
    }

    #[test]
    fn labels_separate_hashes() {
        assert_ne!(hash("a", &1).unwrap(), hash("b", &1).unwrap());
    }
}
