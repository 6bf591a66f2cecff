//! Reducing what a request says about the person behind it, and taking personal data and secrets out of text, before
//! anything is logged or passed on.
//!
//! What cannot be understood is dropped: no function here ever gives its input back unreduced.

mod cookies;
mod entry;
mod headers;
mod identifier;
mod ip;
mod keys;
mod pairs;
mod text;
mod triples;
mod url;
mod user_agent;

pub use cookies::{CookieRules, reduce_cookies};
pub use entry::{Entries, EntryLines, EntryReport, EntryRules, LinesReport, anonymize};
pub use headers::{HeaderRules, Reduction, Treatment};
pub use ip::{IpMask, WideMask, reduce_ip};
pub use keys::names_secret;
pub use text::{Counts, Kind, Options, Scrubbed, Scrubber, scrub, scrub_json, scrub_json_with, scrub_with};
pub use url::{UrlParts, UrlRules, reduce_url, reduce_url_into};
pub use user_agent::{ClientHints, UserAgent, reduce_client_hint, reduce_client_hints, reduce_user_agent};
