//! An address in its parts, as the URL Standard splits it: a backslash is a slash, and two or more slashes begin a host.

use super::bytes::{PATH_END, SLASH, split_once, take};

/// An address or a part of one.
pub(super) enum Reference<'a> {
    /// A scheme without a host; what follows it may be anything.
    Opaque {
        /// The scheme.
        scheme: &'static str,
    },
    /// The usual kind.
    Hierarchical(Parts<'a>),
}

/// What the usual kind is made of.
pub(super) struct Parts<'a> {
    pub(super) scheme: Option<&'static str>,
    /// Userinfo, host and port, and the [kinds](super::bytes) of their bytes.
    pub(super) authority: Option<(&'a str, u8)>,
    /// Path and query.
    pub(super) rest: &'a str,
}

/// Schemes with a host.
const HIERARCHICAL: &[&str] = &["https", "http", "wss", "ws", "ftp"];

/// Schemes without one, or with one that is a browser's own. A scheme that is on neither list gives nothing, since it
/// could as well be a host with a port.
const OPAQUE: &[&str] = &[
    "about",
    "android-app",
    "blob",
    "chrome",
    "chrome-extension",
    "content",
    "data",
    "file",
    "filesystem",
    "intent",
    "ios-app",
    "javascript",
    "mailto",
    "moz-extension",
    "safari-web-extension",
    "sms",
    "tel",
    "urn",
    "view-source",
];

pub(super) const fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// Whether a text begins with two slashes.
fn begins_host(text: &str) -> bool {
    let is_slash = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    let bytes = text.as_bytes();
    is_slash(bytes.first()) && is_slash(bytes.get(1))
}

/// Splits an address without control characters; `None` for what is none.
pub(super) fn split(text: &str) -> Option<Reference<'_>> {
    let first = text.bytes().position(|byte| matches!(byte, b':' | b'/' | b'\\' | b'?' | b'#'));
    let (scheme, rest) = match first {
        Some(at) if text.as_bytes().get(at) == Some(&b':') => {
            let (name, rest) = (text.get(..at)?, text.get(at + 1..)?);
            let is = |scheme: &&&str| name.eq_ignore_ascii_case(scheme);
            let Some(scheme) = HIERARCHICAL.iter().find(is) else {
                return OPAQUE.iter().find(is).map(|scheme| Reference::Opaque { scheme });
            };
            // With fewer slashes it depends on where the address stands whether this is a host.
            if !begins_host(rest) {
                return None;
            }
            (Some(*scheme), rest)
        }
        _ => (None, text),
    };
    let rest = split_once(rest, b'#').map_or(rest, |(rest, _fragment)| rest);
    let (authority, rest) = if begins_host(rest) {
        let (authority, seen, rest) = take(rest.trim_start_matches(is_slash), SLASH | PATH_END);
        (Some((authority, seen)), rest)
    } else {
        (None, rest)
    };
    Some(Reference::Hierarchical(Parts { scheme, authority, rest }))
}
