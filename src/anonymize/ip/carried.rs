//! IPv6 addresses that carry an IPv4 address. Masking their first bits would leave the carried address whole (6to4) or
//! put many people's networks under one prefix, so they count as the IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IPv4 address that an IPv6 address carries, or else the address.
pub(in crate::anonymize) fn plain(v6: Ipv6Addr) -> IpAddr {
    carried(v6).map_or(IpAddr::V6(v6), IpAddr::V4)
}

fn carried(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    Some(match v6.segments() {
        // Teredo (RFC 4380), which has the client's address inverted.
        [0x2001, 0, .., high, low] => from(!high, !low),
        // Mapped (RFC 4291, 2.5.5.2), translated (RFC 2765, 2.1), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), and
        // ISATAP (RFC 5214) whatever its prefix.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, 0, 0, high, low]
        | [0x2002, high, low, ..]
        | [.., 0 | 0x200, 0x5efe, high, low] => from(high, low),
        // Compatible (RFC 4291, 2.5.5.1), of which `::1` and its neighbours are no part.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => from(high, low),
        _ => return None,
    })
}
