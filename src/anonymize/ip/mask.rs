//! How much of an address stays, and writing what does.

use super::{carried::plain, read::address};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Bits kept of an address. At most 24 of IPv4: the last octet always goes, as is common practice. At most 48 of IPv6:
/// what networks give a single customer begins there (RFC 6177), and anything longer names a home or a machine. Fewer
/// are possible down to none, which leaves only the version.
///
/// ```
/// use consentry::anonymize::IpMask;
/// assert_eq!(IpMask::new(16, 32)?.reduce("203.0.113.77").as_deref(), Some("203.0.0.0/16"));
/// assert!(IpMask::new(32, 48).is_err());
/// # Ok::<(), consentry::anonymize::WideMask>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Lengths")]
pub struct IpMask {
    v4: u8,
    v6: u8,
}

/// A mask as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lengths {
    v4: u8,
    v6: u8,
}

/// A mask would keep more than 24 bits of IPv4 or 48 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideMask;

impl fmt::Display for WideMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mask may keep at most 24 bits of an IPv4 address and 48 of an IPv6 address")
    }
}

impl std::error::Error for WideMask {}

impl TryFrom<Lengths> for IpMask {
    type Error = WideMask;

    fn try_from(written: Lengths) -> Result<Self, WideMask> {
        Self::new(written.v4, written.v6)
    }
}

impl Default for IpMask {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl IpMask {
    /// 24 bits of IPv4, 48 of IPv6.
    pub const DEFAULT: Self = Self { v4: 24, v6: 48 };

    /// Keeps so many bits of IPv4 (at most 24) and of IPv6 (at most 48).
    pub const fn new(v4: u8, v6: u8) -> Result<Self, WideMask> {
        if v4 > 24 || v6 > 48 { Err(WideMask) } else { Ok(Self { v4, v6 }) }
    }

    /// The network an address lies in, `203.0.113.0/24`; `None` for anything that is not exactly one address,
    /// optionally with brackets, port or zone.
    ///
    /// An IPv6 address that carries an IPv4 address (mapped, translated, NAT64, 6to4, Teredo, ISATAP) counts as that.
    pub fn reduce(self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(24);
        self.reduce_into(text, &mut out).then_some(out)
    }

    /// Adds the network to a text; `false`, and nothing added, where [`reduce`](Self::reduce) gives `None`.
    pub fn reduce_into(self, text: &str, out: &mut String) -> bool {
        let Some(address) = address(text) else { return false };
        let length = self.write_network(address, out);
        out.push('/');
        push_decimal(u32::from(length), out);
        true
    }

    /// Adds the network's first address, in its one canonical spelling (RFC 5952); gives the length of its prefix.
    pub(in crate::anonymize) fn write_network(self, address: IpAddr, out: &mut String) -> u8 {
        match address {
            IpAddr::V4(v4) => self.write_v4(v4, out),
            IpAddr::V6(v6) => match plain(v6) {
                IpAddr::V4(v4) => self.write_v4(v4, out),
                IpAddr::V6(v6) => self.write_v6(v6, out),
            },
        }
    }

    fn write_v4(self, v4: Ipv4Addr, out: &mut String) -> u8 {
        let kept = u32::MAX.checked_shl(32 - u32::from(self.v4)).unwrap_or(0);
        for (at, octet) in Ipv4Addr::from_bits(v4.to_bits() & kept).octets().into_iter().enumerate() {
            if at > 0 {
                out.push('.');
            }
            push_decimal(u32::from(octet), out);
        }
        self.v4
    }

    fn write_v6(self, v6: Ipv6Addr, out: &mut String) -> u8 {
        let kept = u128::MAX.checked_shl(128 - u32::from(self.v6)).unwrap_or(0);
        // At most three groups are left, so the longest run of zeroes is always the one at the end.
        let [first, second, third, ..] = Ipv6Addr::from_bits(v6.to_bits() & kept).segments();
        let groups: &[u16] = match (first, second, third) {
            (0, 0, 0) => &[],
            (_, 0, 0) => &[first],
            (_, _, 0) => &[first, second],
            _ => &[first, second, third],
        };
        for (at, group) in groups.iter().enumerate() {
            if at > 0 {
                out.push(':');
            }
            push_hex(*group, out);
        }
        out.push_str("::");
        self.v6
    }
}

/// A number below 1000, in decimal digits.
fn push_decimal(number: u32, out: &mut String) {
    let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or('0');
    if number >= 100 {
        out.push(digit(number / 100));
    }
    if number >= 10 {
        out.push(digit(number / 10));
    }
    out.push(digit(number));
}

/// A group in hexadecimal digits, without leading zeroes.
fn push_hex(group: u16, out: &mut String) {
    let mut is_leading = true;
    for shift in [12, 8, 4, 0] {
        let digit = u32::from(group >> shift) & 15;
        is_leading &= digit == 0 && shift > 0;
        if !is_leading {
            out.push(char::from_digit(digit, 16).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_never_keeps_a_whole_address() {
        assert_eq!(IpMask::new(24, 48), Ok(IpMask::DEFAULT));
        for (v4, v6) in [(25, 48), (32, 48), (24, 49), (24, 128), (255, 255)] {
            assert_eq!(IpMask::new(v4, v6), Err(WideMask));
        }
        assert!(serde_json::from_str::<IpMask>(r#"{"v4":32,"v6":48}"#).is_err());
        let written = serde_json::to_string(&IpMask::DEFAULT).unwrap();
        assert_eq!(serde_json::from_str::<IpMask>(&written).unwrap(), IpMask::DEFAULT);
    }

    #[test]
    fn fewer_bits_are_possible_down_to_none() {
        let mask = IpMask::new(0, 0).unwrap();
        assert_eq!(mask.reduce("203.0.113.77").as_deref(), Some("0.0.0.0/0"));
        assert_eq!(mask.reduce("2001:db8::1").as_deref(), Some("::/0"));
        let mask = IpMask::new(13, 29).unwrap();
        assert_eq!(mask.reduce("203.15.113.77").as_deref(), Some("203.8.0.0/13"));
        assert_eq!(mask.reduce("2001:dbf:ffff::1").as_deref(), Some("2001:db8::/29"));
    }

    #[test]
    fn adds_to_a_text_or_leaves_it() {
        let mut out = String::from("ip=");
        assert!(!IpMask::DEFAULT.reduce_into("203.0.113.777", &mut out));
        assert_eq!(out, "ip=");
        assert!(IpMask::DEFAULT.reduce_into("203.0.113.77", &mut out));
        assert_eq!(out, "ip=203.0.113.0/24");
    }
}
