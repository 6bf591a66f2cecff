//! Percent-encoding (RFC 3986, section 2.1), undone as often as it was done.

use crate::encoding;
use std::borrow::Cow;

/// Encoded more often than this, a text is not understood.
const MAX_ROUNDS: usize = 3;

/// What a text says once nothing of it is encoded any more; `None` where that is no UTF-8, has control characters, or
/// does not come to an end.
pub(super) fn decoded(text: &str, plus_is_space: bool) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+' | 0x80..)) {
        return Some(Cow::Borrowed(text));
    }
    let mut text = Cow::Borrowed(text);
    if plus_is_space && text.contains('+') {
        text = Cow::Owned(text.replace('+', " "));
    }
    for _ in 0..MAX_ROUNDS {
        let Some(next) = once(&text)? else { return Some(text) };
        text = Cow::Owned(next);
    }
    once(&text)?.is_none().then_some(text)
}

/// One round; `Some(None)` where nothing is encoded.
#[expect(clippy::option_option, reason = "not understood, and nothing to do, are two answers")]
fn once(text: &str) -> Option<Option<String>> {
    if !text.bytes().any(|byte| byte == b'%' || byte >= 0x80) {
        return Some(None);
    }
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    if bytes.len() == text.len() {
        return Some(None);
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.chars().any(char::is_control)).then_some(Some(text))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b',' | b':')
}

/// Adds a text, with everything encoded that means something in an address.
pub(super) fn push_encoded(text: &str, out: &mut String) {
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&encoding::to_hex(&[byte]).to_ascii_uppercase());
        }
    }
}
