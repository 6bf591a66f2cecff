//! What of a request's headers may go into a log: each is kept, reduced or dropped, by its name, and what is not known
//! is dropped.

use super::{
    CookieRules, IpMask, UrlRules, identifier::identifier, reduce_client_hint, reduce_cookies, reduce_url,
    reduce_user_agent,
};
use serde::{Deserialize, Serialize};

/// What is done with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Its value stays, if it is short, of plain letters, and does not look like an identifier.
    Keep,
    /// It is left away, name and value.
    Drop,
    /// Its value is reduced.
    Reduce(Reduction),
}

/// How a header's value is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// One address: [`IpMask::reduce`].
    Ip,
    /// A list of them: [`IpMask::reduce_list`].
    IpList,
    /// `Forwarded`: [`IpMask::reduce_forwarded`].
    Forwarded,
    /// [`reduce_user_agent`], as text.
    UserAgent,
    /// [`reduce_client_hint`].
    ClientHint,
    /// [`reduce_url`].
    Url,
    /// [`reduce_url`], by default to the origin.
    Referer,
    /// [`reduce_cookies`].
    Cookies,
    /// The first language without its region: `de` of `de-CH, fr;q=0.9`. The whole list tells people apart.
    Language,
    /// A media type without its parameters, of which a boundary is random.
    MediaType,
    /// A number of at most twelve digits.
    Number,
}

/// What stays of headers. By default the few that say nothing about a person stay, and those that do are reduced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeaderRules {
    /// Names of further headers to keep, in small letters. Headers that carry credentials, and those that are reduced,
    /// are treated as ever.
    pub keep: Vec<String>,
    /// The mask for addresses.
    pub ip: IpMask,
    /// What stays of addresses in `Location` and the like.
    pub url: UrlRules,
    /// What stays of `Referer` and `Origin`.
    pub referer: UrlRules,
    /// What stays of cookies.
    pub cookies: CookieRules,
}

impl Default for HeaderRules {
    fn default() -> Self {
        Self {
            keep: Vec::new(),
            ip: IpMask::DEFAULT,
            url: UrlRules::default(),
            referer: UrlRules::origin(),
            cookies: CookieRules::default(),
        }
    }
}

/// Headers that stay.
const KEPT: &[&str] = &[
    "accept",
    "accept-encoding",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "dnt",
    "host",
    "pragma",
    "save-data",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "sec-purpose",
    "te",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "vary",
    "x-forwarded-proto",
    "x-requested-with",
];

/// Headers that are reduced.
const REDUCED: &[(&str, Reduction)] = &[
    ("accept-language", Reduction::Language),
    ("age", Reduction::Number),
    ("cf-connecting-ip", Reduction::Ip),
    ("cf-connecting-ipv6", Reduction::Ip),
    ("cf-pseudo-ipv4", Reduction::Ip),
    ("client-ip", Reduction::Ip),
    ("content-language", Reduction::Language),
    ("content-length", Reduction::Number),
    ("content-location", Reduction::Url),
    ("content-type", Reduction::MediaType),
    ("cookie", Reduction::Cookies),
    ("fastly-client-ip", Reduction::Ip),
    ("forwarded", Reduction::Forwarded),
    ("location", Reduction::Url),
    ("origin", Reduction::Referer),
    ("referer", Reduction::Referer),
    ("referrer", Reduction::Referer),
    ("retry-after", Reduction::Number),
    ("sec-ch-ua", Reduction::ClientHint),
    ("sec-ch-ua-full-version-list", Reduction::ClientHint),
    ("sec-ch-ua-mobile", Reduction::ClientHint),
    ("sec-ch-ua-platform", Reduction::ClientHint),
    ("true-client-ip", Reduction::Ip),
    ("user-agent", Reduction::UserAgent),
    ("x-client-ip", Reduction::Ip),
    ("x-cluster-client-ip", Reduction::IpList),
    ("x-envoy-external-address", Reduction::Ip),
    ("x-forwarded-for", Reduction::IpList),
    ("x-original-forwarded-for", Reduction::IpList),
    ("x-original-url", Reduction::Url),
    ("x-real-ip", Reduction::Ip),
    ("x-rewrite-url", Reduction::Url),
];

/// Headers that are dropped whatever the rules say.
const SECRET: &[&str] = &[
    "authentication-info",
    "authorization",
    "proxy-authorization",
    "set-cookie",
    "set-cookie2",
    "signature",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
];

/// Longer values are not kept.
const MAX: usize = 256;

impl HeaderRules {
    /// What is done with a header of this name, whatever its case.
    pub fn treat(&self, name: &str) -> Treatment {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        let is_kept = || {
            let is_listed = self.keep.iter().any(|known| is(known)) && !SECRET.iter().any(|known| is(known));
            KEPT.iter().any(|known| is(known)) || is_listed
        };
        match REDUCED.iter().find(|(known, _)| is(known)) {
            Some((_, reduction)) => Treatment::Reduce(*reduction),
            None if is_kept() => Treatment::Keep,
            None => Treatment::Drop,
        }
    }

    /// What stays of a header's value; `None` where the header is left away, or its value is not understood.
    pub fn reduce(&self, name: &str, value: &str) -> Option<String> {
        match self.treat(name) {
            Treatment::Drop => None,
            Treatment::Keep => Some(value.trim_ascii()).filter(|value| is_harmless(value)).map(str::to_owned),
            Treatment::Reduce(reduction) => self.reduce_by(reduction, name, value.trim_ascii()),
        }
    }

    pub(super) fn reduce_by(&self, reduction: Reduction, name: &str, value: &str) -> Option<String> {
        match reduction {
            Reduction::Ip => self.ip.reduce(value),
            Reduction::IpList => self.ip.reduce_list(value),
            Reduction::Forwarded => self.ip.reduce_forwarded(value),
            Reduction::UserAgent => Some(reduce_user_agent(value).to_string()),
            Reduction::ClientHint => reduce_client_hint(name, value),
            Reduction::Url => reduce_url(value, &self.url),
            Reduction::Referer => reduce_url(value, &self.referer),
            Reduction::Cookies => reduce_cookies(value, &self.cookies),
            Reduction::Language => {
                let first = value.split([',', ';', '-', '_']).next()?.trim_ascii();
                let is_language =
                    matches!(first.len(), 2 | 3) && first.bytes().all(|b| b.is_ascii_alphabetic());
                is_language.then(|| first.to_ascii_lowercase())
            }
            Reduction::MediaType => {
                let media = value.split(';').next()?.trim_ascii();
                (media.contains('/') && is_harmless(media)).then(|| media.to_ascii_lowercase())
            }
            Reduction::Number => {
                let is_number = matches!(value.len(), 1..=12) && value.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| value.to_owned())
            }
        }
    }
}

fn is_harmless(value: &str) -> bool {
    value.len() <= MAX && value.bytes().all(|b| matches!(b, b' '..=b'~')) && identifier(value).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_default_what_says_nothing_about_a_person() {
        let rules = HeaderRules::default();
        for (name, value, reduced) in [
            ("Accept-Encoding", "gzip, deflate, br, zstd", Some("gzip, deflate, br, zstd")),
            (
                "Accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
                Some("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
            ),
            ("Accept", "alice@example.org", None),
            ("Host", "shop.example", Some("shop.example")),
            ("Accept-Language", "de-CH, fr;q=0.9", Some("de")),
            ("Accept-Language", "alice", None),
            ("Content-Length", "1234567", Some("1234567")),
            (
                "Content-Type",
                "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
                Some("multipart/form-data"),
            ),
            ("X-Forwarded-For", "203.0.113.77, 10.0.0.1", Some("203.0.113.0/24, 10.0.0.0/24")),
            ("CF-Connecting-IP", "2001:db8:1:2::3", Some("2001:db8:1::/48")),
            ("CF-Connecting-IP", "alice", None),
            ("Forwarded", "for=203.0.113.77", Some("for=\"203.0.113.0/24\"")),
            ("User-Agent", "curl/8.5.0", Some("curl 8; Other; bot")),
            ("Sec-CH-UA-Platform", "\"macOS\"", Some("\"macOS\"")),
            ("Sec-CH-UA-Model", "\"Pixel 9\"", None),
            ("Referer", "https://shop.example/orders/17?q=alice", Some("https://shop.example")),
            ("Location", "/orders/1234567?token=x", Some("/orders/:id?token=")),
            ("Cookie", "session=abc", Some("session")),
            ("Set-Cookie", "session=abc", None),
            ("Authorization", "Bearer abc", None),
            ("X-Api-Key", "abc", None),
            ("If-None-Match", "\"abc\"", None),
            ("X-Alice", "abc", None),
            ("", "abc", None),
        ] {
            assert_eq!(rules.reduce(name, value).as_deref(), reduced, "{name}: {value}");
        }
    }

    #[test]
    fn a_site_may_keep_more_but_no_secrets() {
        let keep = ["x-shop-version", "authorization", "user-agent"].map(str::to_owned).to_vec();
        let rules = HeaderRules { keep, ..HeaderRules::default() };
        assert_eq!(rules.treat("X-Shop-Version"), Treatment::Keep);
        assert_eq!(rules.reduce("x-shop-version", "1.2.3").as_deref(), Some("1.2.3"));
        assert_eq!(rules.reduce("x-shop-version", "1234567890"), None);
        assert_eq!(rules.treat("Authorization"), Treatment::Drop);
        assert_eq!(rules.treat("user-agent"), Treatment::Reduce(Reduction::UserAgent));
        assert_eq!(rules.treat("x-other"), Treatment::Drop);
    }

    proptest! {
        #[test]
        fn what_is_not_known_is_dropped(name in "[a-z-]{1,20}", value in "\\PC{0,40}") {
            let rules = HeaderRules::default();
            let is_known = KEPT.contains(&name.as_str()) || REDUCED.iter().any(|(known, _)| *known == name);
            if !is_known {
                prop_assert_eq!(rules.reduce(&name, &value), None);
            }
        }

        #[test]
        fn no_address_comes_through(name in prop::sample::select(KEPT), who in "[a-z]{1,9}") {
            let value = format!("{who}@example.org");
            prop_assert_eq!(HeaderRules::default().reduce(name, &value), None);
        }
    }
}
