//! What of structured fields (RFC 9651, before it RFC 8941) the client hints use: a list of strings with parameters, one
//! string, one boolean. A field that is not written as it has to be is ignored whole, as the standard says.

/// Lists have a handful of brands.
const MAX_ITEMS: usize = 32;

/// One string of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item<'a> {
    /// What stands between the quotes. One with an escape in it is left as it is written: no name sought here has one.
    pub(super) text: &'a str,
    /// Its parameter `v`, where that is a string.
    pub(super) version: Option<&'a str>,
}

/// A list of strings.
pub(super) fn list(field: &str) -> Option<Vec<Item<'_>>> {
    let mut items = Vec::new();
    let mut rest = field.trim_ascii();
    if rest.is_empty() {
        return Some(items);
    }
    loop {
        let (text, after) = quoted(rest)?;
        let (version, after) = parameters(after)?;
        items.push(Item { text, version });
        rest = after.trim_ascii_start();
        if rest.is_empty() {
            return Some(items);
        }
        rest = rest.strip_prefix(',')?.trim_ascii_start();
        if items.len() == MAX_ITEMS {
            return None;
        }
    }
}

/// One string.
pub(super) fn string(field: &str) -> Option<&str> {
    let (text, after) = quoted(field.trim_ascii())?;
    let (_, after) = parameters(after)?;
    after.is_empty().then_some(text)
}

/// One boolean.
pub(super) fn boolean(field: &str) -> Option<bool> {
    let field = field.trim_ascii();
    let (value, after) = match field.strip_prefix("?1") {
        Some(after) => (true, after),
        None => (false, field.strip_prefix("?0")?),
    };
    let (_, after) = parameters(after)?;
    after.is_empty().then_some(value)
}

/// A string at the start of a text, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut is_escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'"' | b'\\' if is_escaped => is_escaped = false,
            _ if is_escaped => return None,
            b'\\' => is_escaped = true,
            b'"' => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            b' '..=b'~' => {}
            _ => return None,
        }
    }
    None
}

/// Parameters at the start of a text: the one called `v`, and what follows them.
fn parameters(text: &str) -> Option<(Option<&str>, &str)> {
    let (mut version, mut rest) = (None, text);
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_ascii_start();
        let is_key = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.' | '*');
        let end = after.find(|c| !is_key(c)).unwrap_or(after.len());
        let (key, after) = after.split_at_checked(end)?;
        if !key.starts_with(|c: char| c.is_ascii_lowercase() || c == '*') {
            return None;
        }
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        if value.starts_with('"') {
            let (text, after) = quoted(value)?;
            if key == "v" {
                version = Some(text);
            }
            rest = after;
        } else {
            // A token, number or boolean, of which none is looked at.
            let is_bare = |c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '?' | '+' | ':' | '/' | '@')
            };
            let end = value.find(|c| !is_bare(c)).unwrap_or(value.len());
            rest = value.get(end..).filter(|_| end > 0)?;
        }
    }
    Some((version, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lists_strings_and_booleans() {
        let item = |text, version| Item { text, version };
        assert_eq!(
            list(r#""Chromium";v="156", "Not?A_Brand";v="24";x=?1;y, "a\"b""#),
            Some(vec![item("Chromium", Some("156")), item("Not?A_Brand", Some("24")), item("a\\\"b", None)])
        );
        assert_eq!(list(""), Some(vec![]));
        assert_eq!(string(r#" "Windows" "#), Some("Windows"));
        assert_eq!(boolean("?1"), Some(true));
        assert_eq!(boolean("?0;a=1"), Some(false));
    }

    #[test]
    fn ignores_what_is_malformed() {
        for field in [
            "Chromium",
            "\"Chromium",
            "\"a\",",
            "\"a\" \"b\"",
            "\"a\";V=1",
            "\"a\\n\"",
            "\"\u{e4}\"",
            "\"a\";v=",
            ",",
        ] {
            assert_eq!(list(field), None, "{field:?}");
        }
        assert_eq!(list(&vec!["\"a\""; 100].join(",")), None);
        for field in ["?2", "1", "true", "?1 x", ""] {
            assert_eq!(boolean(field), None, "{field:?}");
        }
        for field in ["Windows", "\"a\" \"b\"", ""] {
            assert_eq!(string(field), None, "{field:?}");
        }
    }

    proptest! {
        #[test]
        fn never_stops_the_program(field in "[\"a-c\\\\;=, v?1\u{e4}]{0,40}") {
            let _ = (list(&field), string(&field), boolean(&field));
        }
    }
}
