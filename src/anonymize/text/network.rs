//! Addresses of networks: IPv4, IPv6 in each spelling of RFC 4291 section 2.2, and hardware addresses.

use super::{
    super::pairs::{is_listed, list},
    class::{ALNUM, ALPHA, DIGIT, HEX, is},
    context,
    kind::Kind,
    scan::{Found, View},
};

/// An IPv4 address at its first digit.
pub(super) fn v4(view: &View<'_>, start: usize) -> Option<Found> {
    let before = view.before(start);
    // `host_203.0.113.77` is named by what stands before it.
    if before != b'_' && view.is_joined_left(start) || before == b'.' && view.is(start.wrapping_sub(2), ALNUM)
    {
        return None;
    }
    let end = v4_end(view, start)?;
    (!is_version(view, start, end)).then(|| Found::new(Kind::Ip, start, end))
}

/// Where four octets with dots end; `None` for anything else, such as five numbers.
pub(super) fn v4_end(view: &View<'_>, start: usize) -> Option<usize> {
    let mut place = start;
    for octet in 0..4 {
        if octet > 0 {
            if view.at(place) != b'.' {
                return None;
            }
            place += 1;
        }
        let (mut value, from) = (0_u32, place);
        while place < from + 4 && view.is(place, DIGIT) {
            value = value * 10 + u32::from(view.at(place) - b'0');
            place += 1;
        }
        if place == from || place > from + 3 || value > 255 {
            return None;
        }
    }
    let more = view.at(place) == b'.' && view.is(place + 1, DIGIT) && mac(view, place + 3).is_none();
    (!more && !view.is_joined_right(place)).then_some(place)
}

/// Whether four numbers are the version of something: `Chrome/120.0.0.0`, `lib-1.2.3.4.jar`, `version 1.2.3.4`.
fn is_version(view: &View<'_>, start: usize, end: usize) -> bool {
    match view.before(start) {
        b'/' => {
            // A product as RFC 9110 section 10.1.5 has it, and not the end of a path.
            let name = view.run_back(start - 1, ALNUM, 40);
            name < start - 1
                && view.is(start - 2, ALPHA)
                && !matches!(view.before(name), b'/' | b'.' | b'-' | b'_' | b':')
        }
        b'-' | b'_' if view.is(start.wrapping_sub(2), ALPHA) => match view.at(end) {
            b'-' | b'+' => view.at(end + 1) != b'-',
            b'.' => is_archive(view.slice(end + 1, view.run(end + 1, ALNUM))),
            _ => context::is_numbered(view, start - 1),
        },
        _ => context::is_numbered(view, start),
    }
}

/// Whether a file with this ending is something that has a version in its name: `lib-1.2.3.4.jar`.
fn is_archive(ending: &[u8]) -> bool {
    const KNOWN: &[u8] = &list(
        *b" jar war ear zip tar tgz gz xz bz2 rpm deb apk whl gem nupkg dll so exe msi dmg pkg pom js css \
    x86 amd64 noarch aarch64 dist min src orig patch iso img bin vsix crate egg",
    );
    let release = [&b"el"[..], b"fc", b"ubuntu", b"amzn", b"post", b"dev", b"rc"];
    let numbered = |family: &&[u8]| {
        ending
            .strip_prefix(*family)
            .is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
    };
    is_listed(KNOWN, ending) || release.iter().any(numbered)
}

/// An IPv6 address at its first colon.
pub(super) fn v6(view: &View<'_>, colon: usize) -> Option<Found> {
    let next = view.at(colon + 1);
    if view.at(colon) != b':' || next != b':' && !is(next, HEX) {
        return None;
    }
    let start = view.run_back(colon, HEX, 5);
    if colon - start > 4 || view.is_joined_left(start) || start == colon && next != b':' {
        return None;
    }
    // Most colons end here: a time, a port, a line of a file.
    if next != b':' && view.at(view.run(colon + 1, HEX)) != b':' {
        return None;
    }
    let (mut groups, mut double, mut place) = (0, false, start);
    loop {
        let end = view.run(place, HEX);
        if end > place {
            // What follows one more colon may be a word, which only begins like a group.
            let word = double && groups > 1 && view.before(place - 1) != b':' && view.at(end) != b'.';
            if word && (end > place + 4 || view.is_joined_right(end)) {
                place -= 1;
                break;
            }
            if end > place + 4 {
                return None;
            }
            if view.at(end) == b'.' && groups > 0 {
                // The last 32 bits as an IPv4 address.
                if let Some(after) = v4_end(view, place) {
                    groups += 2;
                    place = after;
                    break;
                }
            }
            groups += 1;
            place = end;
        }
        if groups == 8 {
            break;
        }
        match (view.at(place), view.at(place + 1)) {
            (b':', b':') if !double => {
                double = true;
                place += 2;
                if view.at(place) == b':' {
                    return None;
                }
            }
            (b':', after) if is(after, HEX) => place += 1,
            _ => break,
        }
    }
    // More pairs in a chain are the serial or fingerprint of a certificate.
    let pairs = !double && place == start + 23;
    let chained = view.at(place) == b':' && view.is(place + 1, HEX)
        || view.before(start) == b':' && view.is(start.wrapping_sub(2), HEX);
    if pairs && chained {
        return None;
    }
    let whole = if double { (1..8).contains(&groups) } else { groups == 8 };
    // What a mark follows went on before something in it was replaced.
    let open = view.before(place) == b':' && view.at(place) == b'[';
    if !whole || open || view.is_joined_right(place) {
        return None;
    }
    // `abc::def` is a path in a program. Addresses in use have a digit, but for some local ones (RFC 4193).
    let digits = view.slice(start, place).iter().any(|byte| is(*byte, DIGIT));
    let local = colon == start + 4 && matches!(view.at(start + 1).to_ascii_lowercase(), b'c' | b'd');
    if !digits && groups < 3 && !local {
        return None;
    }
    let mut end = place;
    if view.at(place) == b'%' {
        let zone = (place + 1..place + 40)
            .find(|place| !view.is(*place, ALNUM) && !matches!(view.at(*place), b'_' | b'-' | b'.'));
        end = zone.filter(|zone| *zone > place + 1).unwrap_or(place);
    }
    if view.before(start) == b'[' && start > view.floor && view.at(end) == b']' {
        return Some(Found::new(Kind::Ip, start - 1, end + 1));
    }
    Some(Found::new(Kind::Ip, start, end))
}

/// A hardware address at its first separator: `00:1b:44:11:3a:b7`, `00-1B-44-11-3A-B7`, of 48 or 64 bits.
pub(super) fn mac(view: &View<'_>, first: usize) -> Option<Found> {
    let separator = view.at(first);
    if view.at(first + 3) != separator || first < view.floor + 2 {
        return None;
    }
    let start = first - 2;
    let pair = |place: usize| view.is(place, HEX) && view.is(place + 1, HEX);
    if !pair(start) || view.is_joined_left(start) || view.before(start) == separator {
        return None;
    }
    let groups = (0..9).take_while(|group| {
        let place = start + 3 * group;
        pair(place) && (*group == 0 || view.at(place - 1) == separator)
    });
    let groups = groups.count();
    let end = start + 3 * groups - 1;
    let more = view.at(end) == separator && view.is(end + 1, HEX);
    (matches!(groups, 6 | 8) && !more && !view.is_joined_right(end))
        .then(|| Found::new(Kind::Mac, start, end))
}

/// A hardware address in three groups of four, `001b.4411.3ab7`, seen from any of its groups.
pub(super) fn mac_of_three(view: &View<'_>, group: usize) -> Option<Found> {
    let four = |place: usize| view.run(place, HEX).min(place + 5) == place + 4;
    (0..3).find_map(|back| {
        let start = group.checked_sub(5 * back)?;
        let whole = start >= view.floor
            && (0..3).all(|group| {
                four(start + 5 * group) && (group == 0 || view.at(start + 5 * group - 1) == b'.')
            });
        let alone =
            !view.is_joined_left(start) && !view.is_joined_right(start + 14) && view.before(start) != b'.';
        (whole && alone && view.at(start + 14) != b'.').then(|| Found::new(Kind::Mac, start, start + 14))
    })
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_addresses_in_every_spelling() {
        for address in [
            "203.0.113.77",
            "010.001.002.003",
            "2001:db8::1",
            "2001:DB8:85A3:0:0:8A2E:370:7334",
            "::1",
            "fe80::1%eth0",
            "fe80::",
            "::ffff:203.0.113.77",
            "::ffff:cb00:714d",
            "64:ff9b::203.0.113.77",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:203.0.113.77",
            "dead:beef::cafe",
            "２０３.0.113.７７",
        ] {
            to(address, "[ip]");
            to(&format!("from {address}, then"), "from [ip], then");
            to(&format!("client={address} x"), "client=[ip] x");
        }
        to("[2001:db8::1]:443", "[ip]:443");
        to("203.0.113.77:8080", "[ip]:8080");
        to("203.0.113.0/24", "[ip]/24");
        to("/clients/10.0.0.1/x", "/clients/[ip]/x");
        to("client:2001:db8::1", "client:[ip]");
        to("203.0.113.77.", "[ip].");
        to("host_203.0.113.77", "host_[ip]");
        to("host-203.0.113.77.example.com", "host-[ip].example.com");
        to("2001:db8:1:2:3:4:5:6:443", "[ip]:443");
    }

    #[test]
    fn leaves_what_is_none() {
        for text in [
            "Chrome/120.0.0.0",
            "version 1.2.3.4",
            "v1.2.3.4",
            "lib-1.2.3.4.jar",
            "1.2.3.4.5",
            "1.3.6.1.4.1.311",
            "300.1.1.1",
            "12:34:56",
            "std::fs::read",
            "a::b",
            "Abc::Def",
            "main.rs:12:34",
            "::",
            "see section 1.2.3.4",
            "lib_1.2.3.4.tar.gz",
            "kernel-1.2.3.4.el8.x86_64",
            "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef",
        ] {
            same(text);
        }
    }

    #[test]
    fn finds_hardware_addresses() {
        for address in [
            "00:1B:44:11:3A:B7",
            "aa:bb:cc:dd:ee:ff",
            "00-1b-44-11-3a-b7",
            "AA-BB-CC-DD-EE-FF",
            "001b.4411.3ab7",
            "aabb.cc1d.eeff",
            "00:1b:44:11:3a:b7:00:01",
            "00:11:22:33:44:55",
        ] {
            to(address, "[mac]");
            to(&format!("link/ether {address} brd"), "link/ether [mac] brd");
        }
        same("00:1b:44:11:3a");
        same("ab-cd-ef");
    }
}
