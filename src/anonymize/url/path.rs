//! The path of an address: dots resolved, matrix parameters left away, identifiers masked.

use super::{
    bytes::{CODED, EQUALS, PATH_END, PLAIN, SEPARATOR, SLASH, is_word, split_once, take},
    percent::{decoded, push_encoded},
    split::is_slash,
};
use crate::anonymize::identifier::{Mask, identifier};
use std::borrow::Cow;

/// Whether what stands after a segment is somebody's name or number, however it looks.
fn is_collection(segment: &str, may_have_capitals: bool) -> bool {
    let is_known = |segment: &str| {
        matches!(
            segment,
            "accounts"
                | "customer"
                | "customers"
                | "member"
                | "members"
                | "patient"
                | "patients"
                | "people"
                | "profile"
                | "profiles"
                | "u"
                | "user"
                | "users"
        )
    };
    is_known(segment)
        || may_have_capitals
            && segment.bytes().any(|byte| byte.is_ascii_uppercase())
            && is_known(&segment.to_ascii_lowercase())
}

/// The kinds of which bytes of [`is_nested`] are, or may come to light.
const MARKED: u8 = CODED | SEPARATOR | EQUALS;

/// Whether another address, or a query, stands in a segment.
fn is_nested(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'&' | b'=' | b';'))
}

/// Where the last segment of a path begins.
fn start_of_last(path: &str) -> usize {
    path.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1)
}

/// Writes the path that an address begins with, and gives what follows it. With a host it has at least a slash.
pub(super) fn write<'a>(path: &'a str, has_host: bool, out: &mut String) -> &'a str {
    let start = out.len();
    let is_absolute = path.starts_with(is_slash);
    if is_absolute || has_host {
        out.push('/');
    }
    let root = out.len();
    let mut rest = path.get(usize::from(is_absolute)..).unwrap_or_default();
    let mut after_collection = false;
    let mut is_last = false;
    while !is_last {
        let (segment, seen, after) = take(rest, SLASH | PATH_END);
        is_last = !after.starts_with(is_slash);
        rest = if is_last { after } else { after.get(1..).unwrap_or_default() };
        if is_word(segment, seen) && !segment.starts_with('.') {
            let is_masked = after_collection && !segment.is_empty();
            out.push_str(if is_masked { Mask::Id.text() } else { segment });
            after_collection =
                is_collection(segment, seen & PLAIN != 0) || after_collection && segment.is_empty();
            if !is_last {
                out.push('/');
            }
            continue;
        }
        let bare = split_once(segment, b';').map_or(segment, |(bare, _parameters)| bare);
        let text = if seen & CODED == 0 { Some(Cow::Borrowed(bare)) } else { decoded(bare, false) };
        match text {
            None => out.push_str(Mask::Token.text()),
            Some(text) if text == "." => continue,
            Some(text) if text == ".." => {
                // Where the segment before begins, and the one before that.
                let written = out.get(root..).unwrap_or_default();
                let kept = start_of_last(written.strip_suffix('/').unwrap_or(written));
                let before = written.get(..kept.saturating_sub(1)).unwrap_or_default();
                let parent = before.get(start_of_last(before)..).unwrap_or_default();
                // Of `//` it is not looked any further.
                after_collection = is_collection(parent, true) || parent.is_empty() && kept > 0;
                out.truncate(root + kept);
                continue;
            }
            Some(text) => {
                // What is masked already stays as it is.
                let is_masked = [Mask::Id, Mask::Email, Mask::Token].iter().any(|mask| mask.text() == text);
                let is_name = after_collection && !text.is_empty() && !is_masked;
                let mask = identifier(&text)
                    .or(is_name.then_some(Mask::Id))
                    .or((seen & MARKED != 0 && is_nested(&text)).then_some(Mask::Token));
                match mask {
                    Some(mask) => out.push_str(mask.text()),
                    None => push_encoded(&text, out),
                }
                // `/users//alice` is the same to many servers.
                after_collection = is_collection(&text, true) || after_collection && text.is_empty();
            }
        }
        if !is_last {
            out.push('/');
        }
    }
    if !has_host {
        // Without a host it must not begin with what would be read as one, or as a scheme.
        let written = out.get(start..).unwrap_or_default();
        if written.starts_with("//") {
            out.insert_str(start, "/.");
        } else if written.bytes().take_while(|byte| *byte != b'/').any(|byte| byte == b':') {
            out.insert_str(start, "./");
        }
    }
    rest
}
