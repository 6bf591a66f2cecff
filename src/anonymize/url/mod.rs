//! Reducing addresses: what was asked for stays, who asked goes.
//!
//! Userinfo and fragment go always, and so does the value of every query parameter that is not listed. Segments of the
//! path that look like identifiers are masked as `:id`, `:email` or `:token`. Encodings are undone before anything is
//! judged, and again and again, for servers do so too. What cannot be understood gives nothing.
//!
//! The reader is written here since the usual one brings tables of Unicode that weigh more than all of this crate; the
//! host it takes from an address is the one of the URL Standard (WHATWG), or none.

mod bytes;
mod host;
mod path;
mod percent;
mod query;
mod split;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use super::ip::IpMask;
use serde::{Deserialize, Serialize};
use split::{Reference, split};

/// How much of an address stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UrlParts {
    /// Scheme, host and port: `https://shop.example`. A relative address has nothing of these.
    Origin,
    /// The path too, with identifiers masked: `https://shop.example/orders/:id`.
    Path,
    /// The names of the query's parameters too, and the values that the rules list.
    #[default]
    Query,
}

/// What of an address stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UrlRules {
    /// How much of it.
    pub parts: UrlParts,
    /// Names of query parameters whose value stays unless it looks like an identifier, such as `page` or `sort`. None by
    /// default: what a parameter is for is the site's to know.
    pub values: Vec<String>,
    /// Whether `utm_source`, `utm_medium` and `utm_campaign` stay with their values; they name a campaign. All other
    /// parameters that follow people are dropped always.
    pub campaign: bool,
    /// The mask for hosts that are an IP address.
    pub ip: IpMask,
}

impl UrlRules {
    /// The origin alone, as for the header `Referer`.
    pub fn origin() -> Self {
        Self { parts: UrlParts::Origin, ..Self::default() }
    }
}

/// Longer addresses give nothing.
const MAX: usize = 8192;

/// Reduces an address, absolute or relative; `None` for what is not one.
///
/// Of schemes without a host (`data:`, `mailto:`, `tel:`, `javascript:`, …) only the scheme stays.
///
/// ```
/// use consentry::anonymize::{UrlRules, reduce_url};
/// let address = "https://alice:secret@shop.example/orders/1234567?q=me&gclid=x#top";
/// let reduced = reduce_url(address, &UrlRules::default());
/// assert_eq!(reduced.as_deref(), Some("https://shop.example/orders/:id?q="));
/// ```
pub fn reduce_url(text: &str, rules: &UrlRules) -> Option<String> {
    let mut out = String::with_capacity(text.len().min(MAX) + 16);
    reduce_url_into(text, rules, &mut out).then_some(out)
}

/// Adds the reduced address to a text; `false`, and nothing added, where [`reduce_url`] gives `None`.
pub fn reduce_url_into(text: &str, rules: &UrlRules, out: &mut String) -> bool {
    let before = out.len();
    let is_written = write(text, rules, out).is_some() && out.len() > before;
    if !is_written {
        out.truncate(before);
    }
    is_written
}

/// Whether there is a control character of ASCII. All of the text is looked at, which is done in large steps.
fn has_control(text: &str) -> bool {
    text.bytes().fold(0, |found, byte| found | u8::from(byte < b' ') | u8::from(byte == 0x7f)) != 0
}

fn write(text: &str, rules: &UrlRules, out: &mut String) -> Option<()> {
    if text.len() > MAX || has_control(text) {
        return None;
    }
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let parts = match split(text)? {
        Reference::Opaque { scheme } => {
            out.push_str(scheme);
            out.push(':');
            return Some(());
        }
        Reference::Hierarchical(parts) => parts,
    };
    if let Some((authority, seen)) = parts.authority {
        if let Some(scheme) = parts.scheme {
            out.push_str(scheme);
            out.push(':');
        }
        out.push_str("//");
        host::write(authority, seen, parts.scheme, rules.ip, out)?;
    } else if rules.parts == UrlParts::Origin {
        return None;
    }
    if rules.parts >= UrlParts::Path {
        let query = path::write(parts.rest, parts.authority.is_some(), out);
        if rules.parts >= UrlParts::Query
            && let Some(query) = query.strip_prefix('?')
        {
            query::write(query, rules, out);
        }
    }
    Some(())
}
