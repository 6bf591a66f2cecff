//! Reading an address to bytes. One spelling of IPv4 only: four decimal numbers without leading zeroes. What others
//! read as octal, hexadecimal or one big integer (`0313.0.0161.0115`, `0xcb00714d`) is refused, for two readers that
//! disagree would mask two different addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longer than any address with zone and port: refused unread.
const MAX: usize = 128;

/// Reads exactly one address, optionally with brackets, port (`203.0.113.77:443`, `[2001:db8::1]:443`) or zone (RFC
/// 4007, `fe80::1%eth0`).
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_ascii().as_bytes();
    if text.len() > MAX {
        return None;
    }
    if let [b'[', rest @ ..] = text {
        let (bare, after) = split(rest, b']')?;
        return if after.is_empty() || is_port(after.strip_prefix(b":")?) {
            bare_address(bare)
        } else {
            None
        };
    }
    bare_address(text).or_else(|| {
        let (bare, port) = split(text, b':')?;
        if is_port(port) { v4(bare).map(IpAddr::V4) } else { None }
    })
}

/// An address without brackets and port. A zone says which of a machine's own networks is meant, and is left away.
fn bare_address(text: &[u8]) -> Option<IpAddr> {
    let bare = split(text, b'%').map_or(text, |(bare, _zone)| bare);
    v4(bare).map(IpAddr::V4).or_else(|| v6(bare).map(IpAddr::V6))
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(text.iter().position(|byte| *byte == at)?)?;
    Some((before, rest.get(1..)?))
}

fn is_port(text: &[u8]) -> bool {
    let number = text.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        Some(number * 10 + digit).filter(|number| *number <= 0xffff)
    });
    !text.is_empty() && number.is_some()
}

/// Reads an IPv4 address.
pub(in crate::anonymize) fn v4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut bits, mut octet, mut dots) = (0_u32, None::<u32>, 0);
    for byte in text {
        match (byte, octet) {
            // A number that began with zero has to end there.
            (b'0'..=b'9', Some(0)) => return None,
            (b'0'..=b'9', _) => {
                let number = octet.unwrap_or(0) * 10 + u32::from(byte - b'0');
                if number > 255 {
                    return None;
                }
                octet = Some(number);
            }
            (b'.', Some(number)) if dots < 3 => {
                bits = bits << 8 | number;
                octet = None;
                dots += 1;
            }
            _ => return None,
        }
    }
    octet.filter(|_| dots == 3).map(|last| Ipv4Addr::from_bits(bits << 8 | last))
}

/// Reads an IPv6 address (RFC 4291, section 2.2), which may end in an IPv4 address.
pub(in crate::anonymize) fn v6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut rest = text;
    // The groups that were read, their number, and how many stood before `::`.
    let (mut bits, mut count, mut before_gap) = (0_u128, 0_u32, None);
    if let Some(after) = rest.strip_prefix(b"::") {
        (rest, before_gap) = (after, Some(0));
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len());
        let (group, after) = rest.split_at_checked(end)?;
        if after.is_empty() && group.contains(&b'.') {
            bits = bits << 32 | u128::from(v4(group)?.to_bits());
            count += 2;
        } else {
            bits = bits << 16 | u128::from(hextet(group)?);
            count += 1;
        }
        rest = match after {
            [] => after,
            [b':', b':', after @ ..] if before_gap.is_none() => {
                before_gap = Some(count);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None,
        };
        if count > 8 {
            return None;
        }
    }
    // `::` stands for at least one group.
    let is_whole = if before_gap.is_some() { count < 8 } else { count == 8 };
    if !is_whole {
        return None;
    }
    let after_gap = 16 * before_gap.map_or(0, |before| count - before);
    let before = (bits >> after_gap).checked_shl(128 - 16 * before_gap.unwrap_or(8)).unwrap_or(0);
    Some(Ipv6Addr::from_bits(before | bits & ((1 << after_gap) - 1)))
}

/// One group of up to four hexadecimal digits.
fn hextet(text: &[u8]) -> Option<u16> {
    if text.is_empty() || text.len() > 4 {
        return None;
    }
    text.iter().try_fold(0, |number: u16, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(number << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_another_reader_reads(text in "(::)?([0-9a-fA-F]{0,5}:{1,2}){0,8}([0-9a-f]{0,4}|[0-9.]{1,12}|[0-9]{1,3}(\\.[0-9]{1,3}){3})") {
            prop_assert_eq!(v6(text.as_bytes()), text.parse().ok(), "{}", text);
            prop_assert_eq!(v4(text.as_bytes()), text.parse().ok(), "{}", text);
        }

        #[test]
        fn reads_what_another_writes(bits: u128, zeroes: u128) {
            for bits in [bits, bits & zeroes, bits >> 64 << 64, bits >> 96, bits << 96] {
                let six = Ipv6Addr::from_bits(bits);
                prop_assert_eq!(v6(six.to_string().as_bytes()), Some(six));
            }
            let four = Ipv4Addr::from_bits((bits & 0xffff_ffff) as u32);
            prop_assert_eq!(v4(four.to_string().as_bytes()), Some(four));
        }

        #[test]
        fn reads_four_numbers_as_another_does(text in "[0-9]{0,4}(\\.[0-9]{0,3}){2,4}") {
            prop_assert_eq!(v4(text.as_bytes()), text.parse().ok(), "{}", text);
        }
    }
}
