//! Reducing a user agent to what a log needs: browser family and major version, system family, class of device.

use serde::Serialize;
use std::fmt;

/// A reduced user agent. Every field comes from a fixed list, but for the major version, which is a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserAgent {
    /// The browser family, `Other` if unknown.
    pub browser: &'static str,
    /// Its major version, where the family is known.
    pub major: Option<u16>,
    /// The family of operating system, `Other` if unknown.
    pub system: &'static str,
    /// `mobile`, `tablet`, `desktop`, `bot` or `other`.
    pub device: &'static str,
}

/// Longer ones are cut before anything is looked for.
const MAX: usize = 1024;

/// Tokens in order of precedence: many browsers also carry the tokens of those they descend from.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

const BOTS: &[&str] = &["bot", "crawler", "spider", "curl/", "wget/", "python-requests", "headless"];

/// Reduces a `User-Agent` header. Nothing of the input reaches the output but a number of at most five digits.
pub fn reduce_user_agent(header: &str) -> UserAgent {
    let header = header.get(..MAX.min(header.len())).unwrap_or_default();
    let known = BROWSERS.iter().find_map(|(token, family)| Some((*family, major_after(header, token)?)));
    let safari = || {
        let family = header.contains("Safari/").then(|| major_after(header, "Version/")).flatten();
        family.map(|major| ("Safari", major))
    };
    let browser = known.or_else(safari);
    let system =
        SYSTEMS.iter().find(|(token, _)| header.contains(token)).map_or("Other", |(_, family)| family);
    let lower = header.to_ascii_lowercase();
    let device = if BOTS.iter().any(|token| lower.contains(token)) {
        "bot"
    } else if header.contains("iPad") || (system == "Android" && !header.contains("Mobile")) {
        "tablet"
    } else if header.contains("Mobi") || header.contains("iPhone") {
        "mobile"
    } else if matches!(system, "Windows" | "macOS" | "Linux" | "ChromeOS") {
        "desktop"
    } else {
        "other"
    };
    UserAgent { browser: browser.map_or("Other", |(f, _)| f), major: browser.map(|(_, m)| m), system, device }
}

/// The number right after a token; `None` if the token is missing or no number of at most five digits follows.
fn major_after(header: &str, token: &str) -> Option<u16> {
    let (_, rest) = header.split_once(token)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.major {
            Some(major) => write!(f, "{} {major}; {}; {}", self.browser, self.system, self.device),
            None => write!(f, "{}; {}; {}", self.browser, self.system, self.device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduces_common_agents() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.8078.79 Safari/537.36";
        assert_eq!(reduce_user_agent(chrome).to_string(), "Chrome 156; Windows; desktop");
        let edge = format!("{chrome} Edg/156.0.1.2");
        assert_eq!(reduce_user_agent(&edge).to_string(), "Edge 156; Windows; desktop");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        assert_eq!(reduce_user_agent(iphone).to_string(), "Safari 18; iOS; mobile");
        let pixel = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36";
        assert_eq!(reduce_user_agent(pixel).to_string(), "Chrome 150; Android; mobile");
        assert_eq!(
            reduce_user_agent("Googlebot/2.1 (+http://www.google.com/bot.html)").to_string(),
            "Other; Other; bot"
        );
        assert_eq!(reduce_user_agent("").to_string(), "Other; Other; other");
    }

    #[test]
    fn nothing_unknown_gets_through() {
        for header in
            ["alice@example.com", "Chrome/99999999999 alice", "Chrome/alice", "\u{1f600}\n\0Firefox/x"]
        {
            let reduced = reduce_user_agent(header).to_string();
            assert!(!reduced.contains("alice") && !reduced.contains("9999"), "{reduced}");
        }
        let long = format!("{}Chrome/120", "x".repeat(5000));
        assert_eq!(reduce_user_agent(&long).browser, "Other", "cut before it is read");
    }
}
