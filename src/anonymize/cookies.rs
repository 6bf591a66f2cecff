//! Reducing the header `Cookie`: which cookies there were, not what was in them.

use super::identifier::identifier;
use serde::{Deserialize, Serialize};

/// What of cookies stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CookieRules {
    /// Names of cookies whose value stays unless it looks like an identifier, such as `theme`. None by default.
    pub values: Vec<String>,
}

/// Longer headers give nothing.
const MAX: usize = 16_384;
/// More cookies, and longer names, are left away; browsers keep at most 180 of a site (RFC 6265 asks for 50).
const MAX_COOKIES: usize = 180;
const MAX_NAME: usize = 64;
/// Longer values are no settings.
const MAX_VALUE: usize = 64;

/// Reduces the header `Cookie` (RFC 6265, section 4.2.1): names stay, values go, `theme=dark; _ga; session`. A name
/// that looks like an identifier itself is masked. `None` where nothing is left.
pub fn reduce_cookies(header: &str, rules: &CookieRules) -> Option<String> {
    if header.len() > MAX {
        return None;
    }
    let mut out = String::with_capacity(header.len().min(512));
    for pair in header.split(';').take(MAX_COOKIES) {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        // A cookie without a name is a value alone.
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_token) {
            continue;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        if let Some(mask) = identifier(name) {
            out.push_str(mask.text());
            continue;
        }
        out.push_str(name);
        if rules.values.iter().any(|listed| listed == name)
            && value.len() <= MAX_VALUE
            && value.bytes().all(is_plain)
        {
            out.push('=');
            out.push_str(identifier(value).map_or(value, |mask| mask.text()));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A letter of a name (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// A letter of a value that says what it looks like: nothing is encoded.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b',' | b':' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules() -> CookieRules {
        CookieRules { values: vec!["theme".into(), "lang".into(), "uid".into()] }
    }

    #[test]
    fn names_stay_and_values_go() {
        let header = "theme=dark; _ga=GA1.2.1234567890.1600000000; session=abc; lang=de-DE";
        assert_eq!(reduce_cookies(header, &rules()).as_deref(), Some("theme=dark; _ga; session; lang=de-DE"));
        assert_eq!(
            reduce_cookies(header, &CookieRules::default()).as_deref(),
            Some("theme; _ga; session; lang")
        );
    }

    #[test]
    fn identifiers_go_wherever_they_are() {
        for (header, reduced) in [
            ("uid=alice@example.org", Some("uid")),
            ("uid=1234567", Some("uid=:id")),
            ("uid=a1b2c3d4e5f6", Some("uid=:token")),
            ("theme=alice%40example.org", Some("theme")),
            ("_hjSession_1234567=x", Some(":id")),
            ("wordpress_logged_in_0123456789abcdef0123456789abcdef=x", Some(":token")),
            ("justavalue", None),
            ("=value", None),
            ("a b=c", None),
            ("na\u{ef}ve=1", None),
            ("\"q\"=1; ok=1", Some("ok")),
            ("", None),
            (";;;", None),
        ] {
            assert_eq!(reduce_cookies(header, &rules()).as_deref(), reduced, "{header}");
        }
        assert_eq!(reduce_cookies(&"a=1;".repeat(10_000), &rules()), None);
    }

    proptest! {
        #[test]
        fn no_value_of_a_cookie_that_is_not_listed(name in "[a-z]{1,8}", value in "[A-Z]{4,12}") {
            let header = format!("{name}={value}; other={value}");
            let reduced = reduce_cookies(&header, &CookieRules::default()).unwrap();
            prop_assert!(!reduced.contains(&value));
        }

        #[test]
        fn never_stops_the_program(header in "\\PC{0,60}") {
            let _ = reduce_cookies(&header, &rules());
        }
    }
}
