//! Addresses that may stand in a link.

/// Whether a link may lead there: an `https://` or `http://` address, or a path on the same site. Nothing else, so
/// neither `javascript:` nor what a browser would read as another host.
pub fn is_link(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let starts_with_host = host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric()));
    (starts_with_host && url.chars().all(is_url_char)) || is_local_path(url)
}

/// Whether this is a path on the same site: one `/` first, and no second one or backslash that would make what
/// follows a host.
pub fn is_local_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_url_char)
}

/// A character of RFC 3986. A browser would drop tabs and line ends and turn backslashes into slashes.
fn is_url_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_or_named_hosts() {
        for good in
            ["/", "/privacy?a=b&c#d", "https://example.org/x", "http://127.0.0.1:8787", "/a/%20b", "/a//b"]
        {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "",
            "x",
            "//x.example",
            "/\\x.example",
            "/\t/x.example",
            "javascript:x",
            "https://",
            "https:///x",
            "/ä",
            "/a b",
        ] {
            assert!(!is_link(bad), "{bad:?}");
        }
        assert!(is_local_path("/shop/?q=a") && !is_local_path("https://example.org/"));
    }
}
