//! Whose host an address in a page leads to.

use super::references::decoded;

/// The host, and port if it is not the scheme's own, of an absolute address in an attribute, as a browser would read it
/// (URL Standard, section 4.4); `None` for one within the site. In lower case.
pub fn host_of(attribute: &str) -> Option<String> {
    // Browsers drop tabs and line ends anywhere, trim spaces and control characters, and read backslashes as slashes.
    let clean: String = decoded(attribute)
        .trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| if c == '\\' { '/' } else { c })
        .collect();
    let (scheme, rest) = match clean.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), clean.as_str()),
    };
    let port = match scheme.as_str() {
        "" => "",
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        // `blob:`, `data:` and the like lead to no host.
        _ => return None,
    };
    // After `https:` a browser needs no slashes; without a scheme two make the difference.
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest,
        None if scheme.is_empty() => return None,
        None => rest,
    };
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = mapped(host);
    let host = if port.is_empty() { &host } else { host.strip_suffix(port).unwrap_or(&host) };
    let (name, port) = host.rsplit_once(':').filter(|(_, port)| is_port(port)).unwrap_or((host, ""));
    let name = name.trim_end_matches('.');
    Some(if port.is_empty() { name.to_owned() } else { format!("{name}:{port}") })
}

/// The hosts that a list of images leads to (HTML, `srcset`). A comma may part two addresses or be of one: both are read.
pub(super) fn hosts_of_set(attribute: &str) -> Vec<String> {
    let text = decoded(attribute);
    let pieces = text.split_ascii_whitespace();
    let parts = pieces.flat_map(|piece| std::iter::once(piece).chain(piece.split(',').skip(1)));
    parts.filter_map(host_of).collect()
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A host as browsers look it up: percent-decoded, full-width forms folded, what is invisible left out (UTS 46), in lower
/// case.
fn mapped(host: &str) -> String {
    let bytes = host.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                plain.push(decoded);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    let plain = String::from_utf8_lossy(&plain);
    plain
        .chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3002}' | '\u{ff61}' => '.',
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_host_is_that_host() {
        for address in [
            "https://ads.example/x.js",
            "//ads.example/x.js",
            "HTTPS://ADS.Example/x",
            "https:ads.example/x",
            "https:\\\\ads.example\\x",
            "\\\\ads.example/x",
            " \u{1}https://ads.example/x",
            "ht\ntps://a\tds.example/x",
            "https://user:pass@ads.example/x",
            "https://a@b@ads.example/x",
            "https://ads.example:443/x",
            "http://ads.example:80?x",
            "https://ads.example./x",
            "https://ads.example#x",
            "https:////ads.example/x",
            "https://%61ds.example/x",
            "https://\u{ff41}ds.example/x",
            "https://ads\u{3002}example/x",
            "https://a\u{ad}ds.example/x",
            "https:&#47;&#47;ads&period;example/x",
            "wss://ads.example/x",
        ] {
            assert_eq!(host_of(address).as_deref(), Some("ads.example"), "{address:?}");
        }
        assert_eq!(host_of("https://ads.example:8443/x").as_deref(), Some("ads.example:8443"));
        assert_eq!(host_of("//127.0.0.1:9101/x").as_deref(), Some("127.0.0.1:9101"));
    }

    #[test]
    fn what_stays_within_the_site_has_none() {
        for address in [
            "",
            "/x",
            "x.js",
            "?x",
            "#x",
            "data:text/javascript,//ads.example",
            "blob:https://x",
            "a/b:c",
            "/\t/",
        ] {
            let host = host_of(address);
            assert!(host.as_deref().is_none_or(str::is_empty), "{address:?} {host:?}");
        }
    }

    #[test]
    fn a_set_of_images_has_the_hosts_of_all() {
        let set = "/a.png 1x, https://ads.example/b.png 2x,//films.example/c.png 3x";
        assert_eq!(hosts_of_set(set), ["ads.example", "films.example"]);
        assert_eq!(hosts_of_set("data:image/png;base64,AA==, /x 2x"), [""; 0]);
    }
}
