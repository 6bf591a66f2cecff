//! Base64 as this project writes it: URL alphabet without padding for names and keys, the standard alphabet with
//! padding where a specification asks for it (signed notes). Decoding is strict: one spelling for each value.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Encodes with the URL-safe alphabet, without padding (RFC 4648 section 5).
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the URL-safe alphabet without padding; anything else, even a non-zero trailing bit, is `None`.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Encodes with the standard alphabet and padding (RFC 4648 section 4), as signed notes do.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes the standard alphabet with padding, strictly.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
        .collect()
}

/// Serde adapter for byte strings carried as URL-safe base64 text.
pub mod base64url {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes bytes as URL-safe base64.
    pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::to_base64url(bytes.as_ref()))
    }

    /// Reads URL-safe base64 into bytes of the expected length.
    pub fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(input: D) -> Result<T, D::Error> {
        let text = String::deserialize(input)?;
        let bytes = super::from_base64url(&text).ok_or_else(|| D::Error::custom("not URL-safe base64"))?;
        T::try_from(bytes).map_err(|_| D::Error::custom("wrong number of bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_value() {
        assert_eq!(from_base64url("AA"), Some(vec![0]));
        assert_eq!(from_base64url("AB"), None, "trailing bits must be zero");
        assert_eq!(from_base64url("AA=="), None, "no padding");
        assert_eq!(from_base64("AA=="), Some(vec![0]));
        assert_eq!(from_base64("AA"), None, "padding is part of the standard alphabet");
        assert_eq!(to_hex(&[0x00, 0xff, 0x1a]), "00ff1a");
    }
}
