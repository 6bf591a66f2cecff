//! Base64 as this project writes it: URL alphabet without padding for names and keys, the standard alphabet with
//! padding where a specification asks for it (signed notes). Decoding is strict: one spelling for each value.
//!
//! Written out here because the browser's core is weighed by the byte. Like every table-driven base64 it takes
//! measurably different time for different bytes.

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The two digits that differ between the alphabets: 62 and 63.
type Ends = [u8; 2];

const URL: Ends = *b"-_";
const STANDARD: Ends = *b"+/";

/// Encodes with the URL-safe alphabet, without padding (RFC 4648 section 5).
pub fn to_base64url(bytes: &[u8]) -> String {
    encode(bytes, URL)
}

/// Decodes the URL-safe alphabet without padding; anything else, even a non-zero trailing bit, is `None`.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    decode(text, URL)
}

/// Encodes with the standard alphabet and padding (RFC 4648 section 4), as signed notes do.
pub fn to_base64(bytes: &[u8]) -> String {
    let mut text = encode(bytes, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Decodes the standard alphabet with padding, strictly.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    decode(digits, STANDARD)
}

fn encode(bytes: &[u8], ends: Ends) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    // What is not yet written, and how many bits of it count.
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 6 {
            bits -= 6;
            text.push(digit(buffer >> bits, ends));
        }
    }
    if bits > 0 {
        text.push(digit(buffer << (6 - bits), ends));
    }
    text
}

/// The digit for the lowest six bits.
fn digit(bits: u32, ends: Ends) -> char {
    let value = (bits & 63) as usize;
    let digit = LETTERS.get(value).or_else(|| ends.get(value.wrapping_sub(LETTERS.len())));
    digit.copied().unwrap_or_default().into()
}

fn decode(text: &str, ends: Ends) -> Option<Vec<u8>> {
    // A last digit alone would be six bits of a byte.
    if text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut buffer, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        buffer = buffer << 6 | u32::from(value(letter, ends)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    // The bits that are left over carry nothing, so they have to be zero.
    (buffer & ((1 << bits) - 1) == 0).then_some(bytes)
}

fn value(letter: u8, ends: Ends) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        _ if letter == ends[0] => Some(62),
        _ if letter == ends[1] => Some(63),
        _ => None,
    }
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

/// A number in decimal digits, without the machinery of formatting.
pub(crate) fn to_decimal(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push((number % 10) as u8 + b'0');
        number /= 10;
        if number == 0 {
            return digits.into_iter().rev().map(char::from).collect();
        }
    }
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
        for bad in
            ["A", "AAAAA", "=", "A===", "====", "AAAA====", "AA=A", "A A=", "AA==\n", "AA-_", "A\u{e4}A="]
        {
            assert_eq!(from_base64(bad), None, "{bad:?}");
        }
        for bad in ["A", "AAAAA", "AA+/", "AA\n", " AA", "\u{1f600}"] {
            assert_eq!(from_base64url(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn decimal_digits() {
        for number in [0, 7, 10, 909, u64::MAX] {
            assert_eq!(to_decimal(number), number.to_string());
        }
    }

    #[test]
    fn the_vectors_of_rfc_4648() {
        let spelled = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, text) in spelled {
            assert_eq!(to_base64(plain.as_bytes()), text);
            assert_eq!(from_base64(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!((to_base64(&[0xfb, 0xff]), to_base64url(&[0xfb, 0xff])), ("+/8=".into(), "-_8".into()));
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod compared {
        use super::super::*;
        use base64::engine::{Engine as _, general_purpose};
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn encodes_as_another_implementation_does(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
                prop_assert_eq!(to_base64(&bytes), general_purpose::STANDARD.encode(&bytes));
                prop_assert_eq!(to_base64url(&bytes), general_purpose::URL_SAFE_NO_PAD.encode(&bytes));
            }

            #[test]
            fn decodes_as_another_implementation_does(text in "[A-Da-d0-3+/=_ -]{0,9}") {
                prop_assert_eq!(from_base64(&text), general_purpose::STANDARD.decode(&text).ok());
                prop_assert_eq!(from_base64url(&text), general_purpose::URL_SAFE_NO_PAD.decode(&text).ok());
            }
        }
    }
}
