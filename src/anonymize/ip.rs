//! Truncating IP addresses: parsed to bytes, masked, printed again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bits kept of an IPv4 address: the last octet goes.
const V4_PREFIX: u32 = 24;
/// Bits kept of an IPv6 address. A /48 may still be one household, so the result is *reduced*, not anonymous.
const V6_PREFIX: u32 = 48;

/// The network an address lies in, `203.0.113.0/24` or `2001:db8:1::/48`; `None` for anything that is not exactly one
/// address, optionally with brackets, port or zone.
///
/// An IPv6 address that carries an IPv4 address (mapped, NAT64 of RFC 6052, 6to4 of RFC 3056, Teredo of RFC 4380) is
/// treated as that IPv4 address, since masking its first 48 bits would leave the carried address whole.
pub fn reduce_ip(text: &str) -> Option<String> {
    Some(match parse(text.trim())? {
        IpAddr::V4(v4) => {
            format!("{}/{V4_PREFIX}", Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << (32 - V4_PREFIX))))
        }
        IpAddr::V6(v6) => {
            format!("{}/{V6_PREFIX}", Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - V6_PREFIX))))
        }
    })
}

fn parse(text: &str) -> Option<IpAddr> {
    // Longer than any address with zone and port: refused unread.
    if text.len() > 128 {
        return None;
    }
    let bare = if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        if !after.is_empty() {
            after.strip_prefix(':')?.parse::<u16>().ok()?;
        }
        address
    } else if let Some((v4, port)) = text.split_once(':').filter(|(v4, _)| v4.contains('.')) {
        port.parse::<u16>().ok()?;
        v4
    } else {
        text
    };
    let address = bare.split_once('%').map_or(bare, |(address, _zone)| address);
    match address.parse().ok()? {
        IpAddr::V6(v6) => Some(carried(v6).map_or(IpAddr::V6(v6), IpAddr::V4)),
        v4 @ IpAddr::V4(_) => Some(v4),
    }
}

/// The IPv4 address that an IPv6 address carries.
fn carried(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |mask: u16| {
        let [.., high, low] = v6.segments();
        let bits = (u32::from(high ^ mask) << 16) | u32::from(low ^ mask);
        Ipv4Addr::from_bits(bits)
    };
    match v6.segments() {
        // Mapped and NAT64; then the old compatible form, of which `::1` and its neighbours are no part.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(last(0)),
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => Some(last(0)),
        [0x2002, high, low, ..] => Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))),
        [0x2001, 0, ..] => Some(last(0xffff)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_every_spelling_alike() {
        for text in [
            "203.0.113.77",
            " 203.0.113.77 ",
            "203.0.113.77:51234",
            "::ffff:203.0.113.77",
            "[::ffff:203.0.113.77]:443",
            "::ffff:cb00:714d",
            "64:ff9b::203.0.113.77",
            "2002:cb00:714d::1",
            "2001:0:4136:e378:8000:63bf:34ff:8eb2",
        ] {
            assert_eq!(reduce_ip(text).as_deref(), Some("203.0.113.0/24"), "{text}");
        }
        for text in
            ["2001:db8:1:2:3:4:5:6", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::6%eth0", "2001:db8:1::"]
        {
            assert_eq!(reduce_ip(text).as_deref(), Some("2001:db8:1::/48"), "{text}");
        }
    }

    #[test]
    fn gives_nothing_for_what_is_not_one_address() {
        for text in [
            "",
            "unknown",
            "203.0.113.077",
            "0xcb.0.0x71.77",
            "203.0.113",
            "3405803853",
            "203.0.113.77, 10.0.0.1",
            "203.0.113.77:port",
            "203.0.113.77/32",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "2001:db8::1::2",
            "<script>",
        ] {
            assert_eq!(reduce_ip(text), None, "{text:?}");
        }
        assert_eq!(reduce_ip(&"1".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn the_last_octet_never_survives(bits: u32, low: u8, six: u128, low_six in 0_u128..(1 << 80)) {
            let with_low = Ipv4Addr::from_bits((bits & !0xff) | u32::from(low));
            prop_assert_eq!(reduce_ip(&with_low.to_string()), reduce_ip(&Ipv4Addr::from_bits(bits & !0xff).to_string()));
            let six = six | (0x3fff << 112);
            let other = Ipv6Addr::from_bits((six & !((1 << 80) - 1)) | low_six);
            prop_assert_eq!(reduce_ip(&Ipv6Addr::from_bits(six).to_string()), reduce_ip(&other.to_string()));
        }

        #[test]
        fn never_gives_its_input_back(text in ".{0,64}") {
            if let Some(reduced) = reduce_ip(&text) {
                prop_assert!(reduced.ends_with("/24") || reduced.ends_with("/48"));
            }
        }
    }
}
