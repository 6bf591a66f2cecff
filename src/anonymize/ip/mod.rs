//! Truncating IP addresses: read to bytes, masked, written again.
//!
//! A masked address is *reduced*, not anonymous: an IPv6 /48 can still be one household.

mod carried;
mod list;
mod mask;
mod read;

pub use mask::{IpMask, WideMask};

pub(in crate::anonymize) use carried::plain;
pub(in crate::anonymize) use read::{v4, v6};

/// The network an address lies in, `203.0.113.0/24` or `2001:db8:1::/48`, by the [default mask](IpMask::DEFAULT);
/// `None` for anything that is not exactly one address, optionally with brackets, port or zone.
pub fn reduce_ip(text: &str) -> Option<String> {
    IpMask::DEFAULT.reduce(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn masks_every_spelling_alike() {
        for text in [
            "203.0.113.77",
            " 203.0.113.77 ",
            "203.0.113.77:51234",
            "[203.0.113.77]:443",
            "::ffff:203.0.113.77",
            "::FFFF:203.0.113.77",
            "[::ffff:203.0.113.77]:443",
            "::ffff:cb00:714d",
            "0:0:0:0:0:ffff:cb00:714d",
            "::203.0.113.77",
            "::ffff:0:203.0.113.77",
            "64:ff9b::203.0.113.77",
            "64:ff9b:1::203.0.113.77",
            "64:ff9b:1:fffe::cb00:714d",
            "2002:cb00:714d::1",
            "2001:0:4136:e378:8000:63bf:34ff:8eb2",
            "fe80::5efe:203.0.113.77",
            "2001:db8::200:5efe:203.0.113.77",
        ] {
            assert_eq!(reduce_ip(text).as_deref(), Some("203.0.113.0/24"), "{text}");
        }
        for text in
            ["2001:db8:1:2:3:4:5:6", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::6%eth0", "2001:db8:1::"]
        {
            assert_eq!(reduce_ip(text).as_deref(), Some("2001:db8:1::/48"), "{text}");
        }
        for (text, network) in [
            ("::1", "::/48"),
            ("::", "::/48"),
            ("fe80::1%eth0", "fe80::/48"),
            ("fd12:3456:789a:1::1", "fd12:3456:789a::/48"),
            ("2001:0db8::1", "2001:db8::/48"),
            ("0:1::", "0:1::/48"),
            // How the local-use prefix of RFC 8215 is laid out is its operator's; where it cannot be told, the
            // carried address goes with the rest.
            ("64:ff9b:1:cb00:71:4d00::", "64:ff9b:1::/48"),
        ] {
            assert_eq!(reduce_ip(text).as_deref(), Some(network), "{text}");
        }
    }

    #[test]
    fn gives_nothing_for_what_is_not_one_address() {
        for text in [
            "",
            "unknown",
            "203.0.113.077",
            "0313.0.0161.0115",
            "0xcb.0.0x71.77",
            "0xcb00714d",
            "203.0.113",
            "203.0.113.77.1",
            "203.0.113.256",
            "203.0.113.",
            "203..113.77",
            "3405803853",
            "203.0.113.77, 10.0.0.1",
            "203.0.113.77:port",
            "203.0.113.77:+80",
            "203.0.113.77:65536",
            "203.0.113.77:",
            "203.0.113.77/32",
            "[2001:db8::1",
            "2001:db8::1]",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "2001:db8::1::2",
            ":::",
            ":1::",
            "1:",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "1:2:3:4:5:6:7:203.0.113.77",
            "12345::",
            "::g",
            "::203.0.113.077",
            "203.0.113.77::",
            "\u{662}\u{660}\u{663}.0.113.77",
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
            let plain = |bits: u128| (bits >> 32) & 0xfdff_ffff != 0x5efe;
            prop_assume!(plain(six) && plain(low_six));
            let other = Ipv6Addr::from_bits((six & !((1 << 80) - 1)) | low_six);
            prop_assert_eq!(reduce_ip(&Ipv6Addr::from_bits(six).to_string()), reduce_ip(&other.to_string()));
        }

        #[test]
        fn never_gives_its_input_back(text in ".{0,64}") {
            if let Some(reduced) = reduce_ip(&text) {
                prop_assert!(reduced.ends_with("/24") || reduced.ends_with("/48"));
                prop_assert_ne!(reduced, text);
            }
        }

        #[test]
        fn an_address_written_by_another_is_the_network_another_computes(six: u128, v4 in 0_u8..=24, v6 in 0_u8..=48) {
            let mask = IpMask::new(v4, v6).unwrap();
            let four = (six & 0xffff_ffff) as u32;
            let kept = u32::MAX.checked_shl(32 - u32::from(v4)).unwrap_or(0);
            prop_assert_eq!(
                mask.reduce(&Ipv4Addr::from_bits(four).to_string()),
                Some(format!("{}/{v4}", Ipv4Addr::from_bits(four & kept)))
            );
            // None of the prefixes that carry an IPv4 address begins so.
            let six = six | (0xf << 124);
            prop_assume!((six >> 32) & 0xfdff_ffff != 0x5efe);
            let kept = u128::MAX.checked_shl(128 - u32::from(v6)).unwrap_or(0);
            prop_assert_eq!(
                mask.reduce(&Ipv6Addr::from_bits(six).to_string()),
                Some(format!("{}/{v6}", Ipv6Addr::from_bits(six & kept)))
            );
        }
    }
}
