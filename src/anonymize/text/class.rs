//! Classes of bytes, and the search for the next byte at which something may be found: eight bytes at a time, in
//! one register (SWAR).

/// `0` to `9`.
pub(super) const DIGIT: u8 = 1;
/// ASCII letters.
pub(super) const ALPHA: u8 = 2;
/// Hexadecimal digits.
pub(super) const HEX: u8 = 4;
/// What the local part of an address consists of in practice. RFC 5322 allows `/`, `=`, `?`, `&`, `{`, `|` and `}` as
/// well; they separate fields and parameters far more often.
pub(super) const LOCAL: u8 = 8;
/// What tokens and keys consist of: letters, digits, `_` and `-`.
pub(super) const TOKEN: u8 = 16;
/// Space, tab, line ends, and the other ASCII controls.
pub(super) const SPACE: u8 = 32;
/// Bytes of characters beyond ASCII.
pub(super) const HIGH: u8 = 64;
/// Letters and digits.
pub(super) const ALNUM: u8 = ALPHA | DIGIT;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut class = 0;
        if byte.is_ascii_digit() {
            class |= DIGIT | LOCAL | TOKEN;
        }
        if byte.is_ascii_alphabetic() {
            class |= ALPHA | LOCAL | TOKEN;
        }
        if byte.is_ascii_hexdigit() {
            class |= HEX;
        }
        if matches!(byte, b'_' | b'-') {
            class |= LOCAL | TOKEN;
        }
        if matches!(byte, b'.' | b'%' | b'+' | b'\'' | b'~' | b'!' | b'#' | b'$' | b'*' | b'^' | b'`') {
            class |= LOCAL;
        }
        if byte <= b' ' || byte == 0x7f {
            class |= SPACE;
        }
        if byte >= 0x80 {
            class |= HIGH | LOCAL;
        }
        table[byte as usize] = class;
        if byte == 255 {
            break;
        }
        byte += 1;
    }
    table
};

/// Whether a byte is of one of these classes.
#[inline]
#[expect(clippy::indexing_slicing, reason = "a byte is always a place in a table of 256")]
pub(super) const fn is(byte: u8, classes: u8) -> bool {
    TABLE[byte as usize] & classes != 0
}

/// Where the search for the next trigger stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At one of `-`, `0` to `9`, `:`, `;`, `<`, `=`, `>`, `?` and `@`.
    Trigger(usize),
    /// Before eight letters in a row. What issuers give out is long, and may happen to hold no digit.
    Letters(usize),
    /// Before the limit. The next search has to go on from exactly here, so that its steps fall on the same bytes
    /// however the text came in.
    Limit(usize),
}

const EACH: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = 0x80 * EACH;

/// In the top bit of each byte: whether it is a trigger, and whether it is ASCII from `A` on.
#[inline]
const fn triggers(eight: u64) -> (u64, u64) {
    let low = eight & !TOP;
    // No sum carries into the next byte: 0x7f + 0x7f is below 0x100.
    let from_zero = low + (0x80 - b'0' as u64) * EACH;
    let from_letters = low + (0x80 - b'A' as u64) * EACH;
    let dash = !((low ^ (b'-' as u64 * EACH)) + 0x7f * EACH);
    (((from_zero & !from_letters) | dash) & !eight & TOP, from_letters & !eight & TOP)
}

/// The next place, from `at` on and before `limit`, where something may be found. `whole` says that the text ends at the
/// limit, so that the last few bytes are looked at as well.
#[inline]
pub(super) fn next(text: &[u8], at: usize, limit: usize, whole: bool) -> Stop {
    let mut from = at;
    let (eights, _) = text.get(at..limit).unwrap_or_default().as_chunks::<8>();
    for eight in eights {
        let (trigger, letters) = triggers(u64::from_le_bytes(*eight));
        if trigger != 0 {
            return Stop::Trigger(from + (trigger.trailing_zeros() / 8) as usize);
        }
        if letters == TOP {
            return Stop::Letters(from);
        }
        from += 8;
    }
    if !whole {
        return Stop::Limit(from);
    }
    let rest = text.get(from..limit).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'0'..=b'@' | b'-'));
    found.map_or(Stop::Limit(limit), |place| Stop::Trigger(from + place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_sees_what_the_byte_is() {
        for byte in 0..=255_u8 {
            for other in [0, b'a', b'0', 0xff] {
                for place in 0..8 {
                    let mut eight = [other; 8];
                    eight[place] = byte;
                    let (trigger, letters) = triggers(u64::from_le_bytes(eight));
                    for (index, byte) in eight.iter().enumerate() {
                        let top = 0x80 << (8 * index);
                        assert_eq!(trigger & top != 0, matches!(byte, b'0'..=b'@' | b'-'), "{byte}");
                        assert_eq!(letters & top != 0, matches!(byte, b'A'..=0x7f), "{byte}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_search_that_pauses_goes_on_as_if_it_had_not() {
        let text = b"one two, three and abcdefghijklmnop and 7";
        let whole = next(text, 0, text.len(), true);
        for limit in 0..text.len() {
            if let Stop::Limit(at) = next(text, 0, limit, false) {
                assert_eq!(next(text, at, text.len(), true), whole);
            }
        }
        assert_eq!(next(b"a=", 0, 2, true), Stop::Trigger(1));
        assert_eq!(next(b"", 0, 0, true), Stop::Limit(0));
    }
}
