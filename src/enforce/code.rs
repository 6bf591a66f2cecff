//! What in a page is code, and which hosts it names.

/// Whether a `script` element of this `type` runs, or steers what runs (HTML, section 4.12.1); any other holds data.
pub fn is_code(kind: Option<&str>) -> bool {
    let Some(kind) = kind else { return true };
    let kind = kind.trim().to_ascii_lowercase();
    let language =
        kind.strip_prefix("text/").or_else(|| kind.strip_prefix("application/")).unwrap_or_default();
    kind.is_empty()
        || ["module", "importmap", "speculationrules"].contains(&kind.as_str())
        || ["ecmascript", "javascript", "jscript", "livescript"]
            .iter()
            .any(|name| language.trim_start_matches("x-").starts_with(name))
}

/// Calls `found` with every host that a script, a stylesheet or a piece of markup may name, in lower case: each longest run of the
/// letters of a host, also where its slashes are escaped. Stops when `found` says so, and says whether it did.
///
/// One pass. A host that the code puts together as it runs is not seen.
pub(super) fn names_host(code: &str, mut found: impl FnMut(&str) -> bool) -> bool {
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = after_escapes(bytes, at);
        let length = bytes.iter().skip(start).take_while(|b| is_of_host(**b)).count();
        let run = code.get(start..start + length).unwrap_or_default();
        if run.contains(['.', ':']) && tell(run, &mut found) {
            return true;
        }
        at = start + length.max(1);
    }
    false
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_')
}

/// Skips what stands for another character: `%2F`, `\x2f`, `\u002f`, `\n`.
fn after_escapes(bytes: &[u8], mut at: usize) -> usize {
    let hex = |from: usize, digits: usize| {
        bytes.get(from..from + digits).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    loop {
        at += match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'%'), _) if hex(at + 1, 2) => 3,
            (Some(b'\\'), Some(b'x')) if hex(at + 2, 2) => 4,
            (Some(b'\\'), Some(b'u')) if hex(at + 2, 4) => 6,
            (Some(b'\\'), Some(_)) => 2,
            _ => return at,
        };
    }
}

fn tell(run: &str, found: &mut impl FnMut(&str) -> bool) -> bool {
    let run = run.to_ascii_lowercase();
    let run = run.trim_matches(|c| matches!(c, '.' | '-' | ':'));
    // With its port; and, as `a:b.example` may be two things, each part.
    found(run) || (run.contains(':') && run.split(':').any(|part| found(part.trim_matches('.'))))
}

#[cfg(test)]
mod tests {
    use super::names_host;

    fn hosts(code: &str) -> Vec<String> {
        let mut found = Vec::new();
        names_host(code, |host| {
            if host.contains('.') {
                found.push(host.to_owned());
            }
            false
        });
        found
    }

    #[test]
    fn hosts_are_found_however_their_slashes_are_written() {
        for code in [
            "s.src='https://ads.example/x.js'",
            "s.src=`//ads.example`",
            r#""https:\/\/ads.example\/x""#,
            r"'\x2f\x2fads.example\x2fx'",
            "'\\u002f\\u002fads.example'",
            "x='%2F%2Fads.example%2F'",
            "url(//ADS.example/a.gif)",
            "\"\\nads.example\"",
            "host:ads.example",
            "<img src=//ads.example./x>",
        ] {
            assert!(hosts(code).iter().any(|host| host == "ads.example"), "{code}: {:?}", hosts(code));
        }
        assert!(hosts("f('127.0.0.1:9101')").contains(&"127.0.0.1:9101".to_owned()));
    }

    #[test]
    fn longer_names_are_other_hosts() {
        let found =
            hosts("'https://ads.example.com', 'my-ads.example', 'x.ads.example', window.location.href");
        assert_eq!(found, ["ads.example.com", "my-ads.example", "x.ads.example", "window.location.href"]);
    }

    #[test]
    fn it_stops_when_told_to() {
        let mut calls = 0;
        assert!(names_host("a.example b.example c.example", |_| {
            calls += 1;
            calls == 2
        }));
        assert_eq!(calls, 2);
    }

    #[test]
    fn nothing_in_it_breaks_the_reader() {
        for code in ["", "%", "\\", "\\u12", "\\x", "%2", "é.ü", "::::", "....", "\u{1f600}.example"] {
            names_host(code, |_| false);
        }
    }
}
