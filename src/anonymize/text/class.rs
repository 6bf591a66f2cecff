//! Classes of bytes.

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
