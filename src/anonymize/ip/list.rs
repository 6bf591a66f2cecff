//! Headers with several addresses: `X-Forwarded-For`, which nobody has specified, and `Forwarded` (RFC 7239).

use super::mask::IpMask;

/// Longer headers give nothing.
const MAX: usize = 8192;
/// Proxies in a row; a longer list is somebody's joke.
const MAX_ELEMENTS: usize = 32;
/// What stands for an address that is not understood, in RFC 7239's own word.
const UNKNOWN: &str = "unknown";

impl IpMask {
    /// Reduces a list such as `X-Forwarded-For: 203.0.113.77, 10.0.0.1`, each element on its own: what is no address
    /// becomes `unknown`. `None` for an empty header, or one of more than 32 elements or 8 KiB.
    pub fn reduce_list(self, header: &str) -> Option<String> {
        if header.len() > MAX || header.trim_ascii().is_empty() {
            return None;
        }
        let mut out = String::with_capacity(header.len() + 8);
        for (at, element) in header.split(',').enumerate() {
            if at == MAX_ELEMENTS {
                return None;
            }
            if at > 0 {
                out.push_str(", ");
            }
            if !self.reduce_into(element, &mut out) {
                out.push_str(UNKNOWN);
            }
        }
        Some(out)
    }

    /// Reduces the header `Forwarded` (RFC 7239): `for` and `by` each to a network or `unknown`, obfuscated names
    /// (`_hidden`) to `unknown` too, since they go on naming the same visitor; of `proto` only `http` and `https`
    /// stay. `host` and whatever else is there are dropped. `None` where the header is not written as it has to be.
    pub fn reduce_forwarded(self, header: &str) -> Option<String> {
        if header.len() > MAX {
            return None;
        }
        let mut out = String::with_capacity(header.len() + 16);
        let mut rest = header;
        for _ in 0..MAX_ELEMENTS {
            let start = out.len();
            loop {
                let (name, after) = rest.split_once('=')?;
                let (value, after) = value(after)?;
                self.write_pair(name.trim_ascii(), value, start, &mut out);
                rest = after.trim_ascii_start();
                match rest.strip_prefix(';') {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            if out.len() == start {
                out.push_str("for=");
                out.push_str(UNKNOWN);
            }
            if rest.is_empty() {
                return Some(out);
            }
            rest = rest.strip_prefix(',')?;
            out.push_str(", ");
        }
        None
    }

    fn write_pair(self, name: &str, value: &str, start: usize, out: &mut String) {
        let known = ["for", "by", "proto"].into_iter().find(|known| known.eq_ignore_ascii_case(name));
        let Some(name) = known else { return };
        let scheme = ["http", "https"].into_iter().find(|scheme| scheme.eq_ignore_ascii_case(value));
        if name == "proto" && scheme.is_none() {
            return;
        }
        if out.len() > start {
            out.push(';');
        }
        out.push_str(name);
        out.push('=');
        if name == "proto" {
            out.push_str(scheme.unwrap_or_default());
            return;
        }
        // Quoted, as a network has characters that a token may not have.
        out.push('"');
        let before = out.len();
        if self.reduce_into(value, out) {
            out.push('"');
        } else {
            out.truncate(before - 1);
            out.push_str(UNKNOWN);
        }
    }
}

/// A token or quoted string at the start of a text, and what follows it. An escape within quotes is in no address, so
/// a value with one gives nothing.
fn value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_start();
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"').filter(|(value, _)| !value.contains('\\'));
    }
    let end = text.find([';', ',']).unwrap_or(text.len());
    let (value, after) = text.split_at_checked(end)?;
    let value = value.trim_ascii_end();
    // Some proxies forget the quotes around a port or an IPv6 address.
    (!value.contains(['"', '='])).then_some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(header: &str) -> Option<String> {
        IpMask::DEFAULT.reduce_list(header)
    }

    fn forwarded(header: &str) -> Option<String> {
        IpMask::DEFAULT.reduce_forwarded(header)
    }

    #[test]
    fn each_element_on_its_own() {
        assert_eq!(
            list("203.0.113.77, 2001:db8:1:2::3,10.1.2.3:443").as_deref(),
            Some("203.0.113.0/24, 2001:db8:1::/48, 10.1.2.0/24")
        );
        assert_eq!(list("alice, 203.0.113.077,").as_deref(), Some("unknown, unknown, unknown"));
        assert_eq!(list(" "), None);
        assert_eq!(list(&"1.1.1.1,".repeat(40)), None);
        assert_eq!(list(&"a".repeat(9000)), None);
    }

    #[test]
    fn the_examples_of_rfc_7239() {
        for (header, reduced) in [
            (r#"for="_gazonk""#, "for=unknown"),
            (r#"For="[2001:db8:cafe::17]:4711""#, r#"for="2001:db8:cafe::/48""#),
            (
                "for=192.0.2.60;proto=http;by=203.0.113.43",
                r#"for="192.0.2.0/24";proto=http;by="203.0.113.0/24""#,
            ),
            ("for=192.0.2.43, for=198.51.100.17", r#"for="192.0.2.0/24", for="198.51.100.0/24""#),
            (
                r#"for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown"#,
                r#"for="192.0.2.0/24", for="2001:db8:cafe::/48", for=unknown"#,
            ),
            ("for=_hidden, for=_SEVKISEK", "for=unknown, for=unknown"),
        ] {
            assert_eq!(forwarded(header).as_deref(), Some(reduced), "{header}");
        }
    }

    #[test]
    fn nothing_else_comes_through() {
        assert_eq!(forwarded("host=alice.example;secret=alice").as_deref(), Some("for=unknown"));
        assert_eq!(forwarded("for=192.0.2.43;host=alice.example").as_deref(), Some(r#"for="192.0.2.0/24""#));
        assert_eq!(forwarded("for=192.0.2.43;proto=alice").as_deref(), Some(r#"for="192.0.2.0/24""#));
        for header in ["", "alice", "for", "for=\"alice", "for=\"a\\\"b\"", "for=\"a\"b", "for=a,", "for=a;"]
        {
            assert_eq!(forwarded(header), None, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn no_letter_of_a_name_comes_through(header in "(for|by|host|x)=(\"?)[ -~]{0,40}[;,]?(for=[A-Z]{4,8})?") {
            for reduced in [forwarded(&header), list(&header)].into_iter().flatten() {
                prop_assert!(!reduced.contains(|c: char| c.is_ascii_uppercase()), "{}", reduced);
            }
        }
    }
}
