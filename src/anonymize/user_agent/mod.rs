//! Reducing a user agent, or the client hints that replace it, to what a log needs: browser family and major version,
//! system family, class of device.
//!
//! Families are coarse on purpose, since every distinction told is one more to recognise somebody by: a browser's
//! editions (mobile, beta, web view) are the browser, Linux distributions are Linux, a company's crawlers one crawler.

mod hints;
mod look_up;
mod names;
mod read;
mod signs;
mod structured;

pub use hints::{ClientHints, reduce_client_hint, reduce_client_hints};
pub use read::reduce_user_agent;

use serde::Serialize;
use std::fmt;

/// A reduced user agent. Every field comes from a fixed list, but for the major version, which is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct UserAgent {
    /// The family of browser, app, crawler or HTTP client, `Other` if unknown.
    pub browser: &'static str,
    /// Its major version, where the family is known; of at most three digits.
    pub major: Option<u16>,
    /// The family of operating system, `Other` if unknown.
    pub system: &'static str,
    /// `mobile`, `tablet`, `desktop`, `tv`, `bot` or `other`. A `bot` is whatever no person looks at: crawlers,
    /// previews, scripts.
    pub device: &'static str,
}

impl UserAgent {
    /// Adds the text of its `Display` to another, without the machinery of formatting.
    pub fn write_into(&self, out: &mut String) {
        out.push_str(self.browser);
        if let Some(major) = self.major {
            out.push(' ');
            push_decimal(major, out);
        }
        for part in [self.system, self.device] {
            out.push_str("; ");
            out.push_str(part);
        }
    }
}

/// `Chrome 156; Windows; desktop`.
impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(48);
        self.write_into(&mut text);
        f.write_str(&text)
    }
}

fn push_decimal(number: u16, out: &mut String) {
    let mut divisor = 10_000;
    while divisor > 1 && number < divisor {
        divisor /= 10;
    }
    while divisor > 0 {
        out.push(char::from_digit(u32::from(number / divisor % 10), 10).unwrap_or('0'));
        divisor /= 10;
    }
}

/// The longest version that is passed on has three digits; what is longer may be a serial number.
const MAX_MAJOR: u16 = 999;

/// The number a text begins with; `None` where there is none, or a longer one.
fn leading_number(text: &[u8]) -> Option<u16> {
    let mut number = None;
    for byte in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        number = Some(number.unwrap_or(0) * 10 + u16::from(byte - b'0')).filter(|n| *n <= MAX_MAJOR);
        number?;
    }
    number
}

#[cfg(test)]
mod tests;
