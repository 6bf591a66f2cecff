//! Cookies that have to go, and how the name of one is reported.

/// The `Set-Cookie` values that end a cookie on a host: as the host's own, and for every parent domain it may have been
/// set for. Browsers ignore those of domains that nobody owns, such as `co.uk`.
pub fn ends(name: &str, host: &str) -> Vec<String> {
    let ended = format!("{name}=; Path=/; Max-Age=0");
    // `__Host-` forbids a domain, and that a cookie ends without `Secure`; `__Secure-` the latter.
    let secure = if name.starts_with("__") { "; Secure" } else { "" };
    let mut all = vec![format!("{ended}{secure}")];
    let host = host.split(':').next().unwrap_or_default();
    if name.starts_with("__Host-") || host.ends_with(|c: char| c.is_ascii_digit()) || host.starts_with('[') {
        return all;
    }
    let mut domain = host;
    while domain.contains('.') {
        all.push(format!("{ended}{secure}; Domain={domain}"));
        domain = domain.split_once('.').map_or("", |(_, parent)| parent);
    }
    all
}

/// The name of a cookie as a log may show it: what may be a person's own part of it becomes `*`.
pub fn shape(name: &str) -> String {
    const MOST: usize = 40;
    let mut out = String::new();
    let parts = name.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    for part in parts.take(8) {
        let (word, mark) = match part.char_indices().next_back() {
            Some((at, c)) if !c.is_ascii_alphanumeric() => part.split_at(at),
            _ => (part, ""),
        };
        let plain = word.len() <= 16 && word.bytes().filter(u8::is_ascii_digit).count() <= 2;
        out.push_str(if plain { word } else { "*" });
        out.push_str(if "-_.".contains(mark) { mark } else { "*" });
    }
    if out.len() > MOST || name.len() > 4 * MOST { "*".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_ends_wherever_it_may_have_been_set() {
        assert_eq!(
            ends("_ga", "www.shop.example:8443"),
            [
                "_ga=; Path=/; Max-Age=0",
                "_ga=; Path=/; Max-Age=0; Domain=www.shop.example",
                "_ga=; Path=/; Max-Age=0; Domain=shop.example",
            ]
        );
        assert_eq!(ends("_ga", "127.0.0.1:80").len(), 1);
        assert_eq!(ends("_ga", "localhost").len(), 1);
        assert_eq!(ends("__Host-x", "a.example"), ["__Host-x=; Path=/; Max-Age=0; Secure"]);
    }

    #[test]
    fn names_are_reported_without_what_may_be_a_persons() {
        for (name, shown) in [
            ("_ga", "_ga"),
            ("_ga_AB12CD34EF", "_ga_*"),
            ("session", "session"),
            ("amp_6e403e", "amp_*"),
            ("wp-settings-1", "wp-settings-1"),
            ("user_3f2b8c1d-9a", "user_*-9a"),
            ("alice@mail.example", "alice*mail.example"),
            ("averyveryverylongidentifier", "*"),
        ] {
            assert_eq!(shape(name), shown, "{name}");
        }
        assert_eq!(shape(&"a_".repeat(400)), "*");
    }
}
