//! Well-known services: who receives the data, which hosts they use, what they leave on a device.
//!
//! These are starting points for a site's own policy, found by a host, a cookie's name, a storage key or a piece of
//! code. They state what a vendor usually does; what it does on a site is for the site to declare. A lifetime or a
//! safeguard that is not certain is left out: the site fills it in.

use super::{Cookie, Country, Recipient, Use};
use crate::id::ServiceId;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::OnceLock};

/// The entries, by usual purpose.
const FILES: [&str; 4] = [
    include_str!("analytics.json"),
    include_str!("marketing.json"),
    include_str!("functional.json"),
    include_str!("necessary.json"),
];

/// A service that many sites use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its name for machines.
    pub id: ServiceId,
    /// Its name for people.
    pub name: String,
    /// What it is usually used for.
    pub purpose: Category,
    /// The uses that some region has a rule of its own for, as far as they are certain; none means not known.
    #[serde(default)]
    pub uses: BTreeSet<Use>,
    /// Who receives the data, for a site in the European Economic Area.
    pub recipient: Recipient,
    /// The country outside the European Economic Area that data usually goes to. What makes that lawful only the
    /// site knows.
    #[serde(default)]
    pub transfer: Option<Country>,
    /// Its hosts; `*.` at the beginning stands for every subdomain, not for the domain itself.
    pub hosts: Vec<String>,
    /// Hosts it uses that belong to another service first, or to several.
    #[serde(default)]
    pub shared_hosts: Vec<String>,
    /// Pieces of addresses or code that give it away where a host does not.
    #[serde(default)]
    pub marks: Vec<String>,
    /// Its cookies with the lifetimes the vendor states.
    #[serde(default)]
    pub cookies: Vec<Cookie>,
    /// Its keys in local and session storage.
    #[serde(default)]
    pub storage: Vec<String>,
    /// The vendor's privacy notice.
    pub notice: String,
    /// The interface through which it is told of consent.
    #[serde(default, rename = "signals")]
    pub interface: Option<ConsentInterface>,
    /// What whoever uses it should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a service is usually used for, and the id of the purpose a proposed policy has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The site does not work without it.
    Necessary,
    /// Films, maps, chat and other functions people may or may not want.
    Functional,
    /// Measuring how the site is used.
    Analytics,
    /// Advertising, on this site or elsewhere.
    Marketing,
}

/// An interface through which a vendor is told of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentInterface {
    /// Google Consent Mode.
    Google,
    /// Microsoft Advertising's Universal Event Tracking.
    Uet,
    /// Microsoft Clarity's `consentv2`.
    Clarity,
}

impl Known {
    /// Whether a host is one of its own, and how closely: the length of what matches.
    fn host_match(&self, host: &str) -> Option<usize> {
        self.hosts.iter().filter(|own| host_matches(own, host)).map(String::len).max()
    }

    /// Whether it uses a host, its own or shared.
    pub fn uses_host(&self, host: &str) -> bool {
        self.hosts.iter().chain(&self.shared_hosts).any(|own| host_matches(own, host))
    }

    /// Whether it sets a cookie of this name.
    pub fn sets_cookie(&self, name: &str) -> bool {
        self.cookies.iter().any(|cookie| cookie.matches(name))
    }

    /// Whether it writes this key in a browser's storage.
    pub fn writes_key(&self, key: &str) -> bool {
        self.storage.iter().any(|own| own.strip_suffix('*').map_or(own == key, |stem| key.starts_with(stem)))
    }
}

/// Every entry.
pub fn catalogue() -> &'static [Known] {
    static ENTRIES: OnceLock<Vec<Known>> = OnceLock::new();
    // Our own files, each read by a test: none is ever empty.
    ENTRIES.get_or_init(|| {
        let read = |text: &&str| serde_json::from_str::<Vec<Known>>(text).unwrap_or_default();
        FILES.iter().flat_map(read).collect()
    })
}

/// Whether personal data goes to a country of the European Economic Area without being transferred out of it.
pub fn is_in_the_eea(country: &Country) -> bool {
    super::regime::EEA.contains(&country.as_str())
}

/// The service that a host belongs to, without a port; of several, the one that names it most closely.
pub fn by_host(host: &str) -> Option<&'static Known> {
    let host = host.to_ascii_lowercase();
    let matches = catalogue().iter().filter_map(|known| Some((known.host_match(&host)?, known)));
    // The first of equals, so that the order of the files decides and not chance.
    matches.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, known)| known)
}

/// The services a piece of code or an address gives away, each with what does. More telling than a host, which
/// several may share.
pub fn by_mark(text: &str) -> impl Iterator<Item = (&'static Known, &'static str)> {
    let mark = |known: &'static Known| known.marks.iter().find(|mark| text.contains(mark.as_str()));
    catalogue().iter().filter_map(move |known| Some((known, mark(known)?.as_str())))
}

/// The services that may have set a cookie of this name.
pub fn by_cookie(name: &str) -> impl Iterator<Item = &'static Known> {
    catalogue().iter().filter(move |known| known.sets_cookie(name))
}

/// The services that may have written a storage key.
pub fn by_key(key: &str) -> impl Iterator<Item = &'static Known> {
    catalogue().iter().filter(move |known| known.writes_key(key))
}

fn host_matches(own: &str, host: &str) -> bool {
    match own.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => own == host,
    }
}

#[cfg(test)]
mod tests;
