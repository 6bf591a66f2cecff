//! What single bytes of an address are, looked up in a table, so that most of an address is looked at once.

/// A capital, or one of `_.`; small letters and the hyphen are nothing special.
pub(super) const PLAIN: u8 = 1;
/// A digit.
pub(super) const DIGIT: u8 = 2;
/// `%`, `+`, or no ASCII: something may be encoded.
pub(super) const CODED: u8 = 4;
/// Any other byte, of which some have to be encoded.
pub(super) const ODD: u8 = 8;
/// `/` or `\`.
pub(super) const SLASH: u8 = 16;
/// `&` or `;`, between parameters.
pub(super) const SEPARATOR: u8 = 32;
/// `=`, between name and value.
pub(super) const EQUALS: u8 = 64;
/// `?`, after a path.
pub(super) const PATH_END: u8 = 128;

static KINDS: [u8; 256] = kinds();

#[expect(clippy::indexing_slicing, reason = "computed when compiled")]
const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'-' => 0,
            b'A'..=b'Z' | b'_' | b'.' => PLAIN,
            b'0'..=b'9' => DIGIT,
            b'%' | b'+' | 0x80.. => CODED,
            b'/' | b'\\' => SLASH,
            b'&' | b';' => SEPARATOR,
            b'=' => EQUALS,
            b'?' => PATH_END,
            _ => ODD,
        };
        byte -= 1;
    }
    kinds[0] = ODD;
    kinds
}

/// What stands before the first byte of the kinds in `stop`, all kinds that are in there, and the rest with that byte.
pub(super) fn take(text: &str, stop: u8) -> (&str, u8, &str) {
    let mut seen = 0;
    for (at, byte) in text.bytes().enumerate() {
        let kind = KINDS.get(usize::from(byte)).map_or(ODD, |kind| *kind);
        if kind & stop != 0 {
            let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            return (before, seen, rest);
        }
        seen |= kind;
    }
    (text, seen, "")
}

/// What stands before and after the first such byte, which has to be ASCII.
pub(super) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    // Finding that there is none takes larger steps.
    if text.len() > 32 && !text.as_bytes().contains(&at) {
        return None;
    }
    let at = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Whether a text of these kinds needs no closer look: nothing in it is encoded or has to be, and it is too short to be
/// anybody's identifier.
pub(super) const fn is_word(text: &str, seen: u8) -> bool {
    let longest = match seen {
        0 => 16,
        PLAIN => 9,
        _ if seen & !(PLAIN | DIGIT) == 0 => 4,
        _ => return false,
    };
    text.len() <= longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::{identifier::identifier, url::percent::decoded};
    use proptest::prelude::*;

    #[test]
    fn each_part_by_itself() {
        assert_eq!(take("ab/c", SLASH), ("ab", 0, "/c"));
        assert_eq!(take("a1%=c", SEPARATOR | EQUALS), ("a1%", DIGIT | CODED, "=c"));
        assert_eq!(take("\u{fc}A?", PATH_END), ("\u{fc}A", CODED | PLAIN, "?"));
        assert_eq!(take("", SLASH), ("", 0, ""));
        assert_eq!(take("\0", SLASH), ("\0", ODD, ""));
    }

    proptest! {
        #[test]
        fn no_identifier_passes_for_a_word(
            text in "[a-fA-F0-9_.-]{0,20}|[eyJa-zA-Z._-]{0,20}|[ -~]{0,8}|eyJ[a-zA-Z]{0,9}|[0-9.:]{0,9}",
        ) {
            let (whole, seen, rest) = take(&text, 0);
            prop_assert_eq!((whole, rest), (&*text, ""));
            if is_word(&text, seen) {
                prop_assert_eq!(identifier(&text), None);
                prop_assert!(decoded(&text, true).is_some_and(|same| *same == *text));
            }
        }
    }
}
