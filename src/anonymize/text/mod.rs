//! Taking personal data and secrets out of any text, before it is logged or stored: log messages, form fields, bodies.
//!
//! One pass from trigger to trigger: digits, `@`, `:`, `=`, dashes and long words are looked at by small detectors, each
//! with a bounded view to both sides, so that time is linear and memory bounded whatever arrives. What is found is
//! replaced by its kind in square brackets, and scrubbing again changes nothing.
//!
//! Not for user agents, whose versions look like addresses and numbers: those are for
//! [`reduce_user_agent`](super::reduce_user_agent).

mod card;
mod class;
mod context;
mod email;
mod fold;
mod hold;
mod iban;
mod ids;
mod json;
mod kind;
mod lanes;
mod network;
mod number;
mod pair;
mod pass;
mod pem;
mod phone;
mod scan;
mod sieve;
mod stream;
mod token;
mod url;

#[cfg(test)]
mod tests;

pub(super) use json::{mask_secret, said_by, scrub_keys, scrub_scalar};
pub use json::{scrub_json, scrub_json_with};
pub use kind::{Counts, Kind, Options};
pub use stream::Scrubber;

use scan::Scan;

/// A text without what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    /// The text, with a mark such as `[email]` for each value.
    pub text: String,
    /// How often each kind was found.
    pub found: Counts,
}

/// Scrubs a text of every kind.
///
/// ```
/// let scrubbed = consentry::anonymize::scrub("alice@example.com logged in from 203.0.113.77, password=hunter2");
/// assert_eq!(scrubbed.text, "[email] logged in from [ip], password=[secret]");
/// assert_eq!(scrubbed.found.total(), 3);
/// ```
pub fn scrub(text: &str) -> Scrubbed {
    scrub_with(text, Options::default())
}

/// Scrubs a text of the kinds that are looked for.
pub fn scrub_with(text: &str, options: Options) -> Scrubbed {
    scrub_known(text, options, 0)
}

/// Scrubs a text of which something is known, see [`context`].
fn scrub_known(text: &str, options: Options, hint: u32) -> Scrubbed {
    let mut out = Vec::with_capacity(text.len() + 16);
    let found = if fold::is_plain(text) {
        let mut scan = Scan::new(options, hint);
        scan.run(text.as_bytes(), &[], true, &mut out);
        scan.counts
    } else {
        let mut scrubber = Scrubber::with_hint(options, hint);
        scrubber.push(text.as_bytes(), &mut out);
        scrubber.finish(&mut out)
    };
    Scrubbed { text: into_text(out), found }
}

/// What the scan writes is well-formed; if it were not, what is not would be lost rather than given back.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
