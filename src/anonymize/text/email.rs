//! E-mail addresses: RFC 5321, with the characters of RFC 6531, quoted local parts, and `@` as it is written where it
//! may not stand itself: `%40`, `\u0040`, `&#64;`.

use super::{
    class::{ALNUM, ALPHA, DIGIT, HEX, HIGH, LOCAL, is},
    kind::Kind,
    network,
    scan::{AHEAD, BACK, Found, Step, View},
};

/// Longest domain looked at, in bytes; longer ones are cut, with the rest of their label (RFC 1035 allows 255).
const DOMAIN: usize = AHEAD / 2;

/// Around an `@` that stands from `at` to `after`.
pub(super) fn at_sign(view: &View<'_>, at: usize, after: usize) -> Step {
    let none = Step::Skip(after);
    let Some(start) = local_part(view, at) else { return none };
    match domain(view, after) {
        Some(end) => Step::Found(Found::new(Kind::Email, start, end)),
        None => none,
    }
}

/// Where the local part that ends at a place begins.
fn local_part(view: &View<'_>, end: usize) -> Option<usize> {
    if view.before(end) == b'"' {
        return quoted(view, end - 1);
    }
    let mut start = view.run_back(end, LOCAL, BACK);
    // `m\u00fcller`, as JSON may write it.
    while let Some(before) = escape_before(view, start) {
        start = view.run_back(before, LOCAL, BACK);
    }
    // A bounce address holds another one: `bounce+alice=example.org@list.example`.
    while view.before(start) == b'=' {
        let from = view.run_back(start - 1, LOCAL, BACK);
        if !view.slice(from, start).contains(&b'+') {
            break;
        }
        start = from;
    }
    while start < end && matches!(view.at(start), b'.' | b'\'' | b'`' | b'*' | b'!') {
        start += 1;
    }
    (start < end).then_some(start)
}

/// Where a quoted local part begins whose last quote is at a place.
fn quoted(view: &View<'_>, close: usize) -> Option<usize> {
    let least = close.saturating_sub(66).max(view.floor);
    let mut place = close;
    while place > least {
        place -= 1;
        match view.at(place) {
            b'"' if view.before(place) != b'\\' => {
                // What a mark took the place of is no part of an address.
                let marked = view.at(place + 1) == b'[' && view.at(close - 1) == b']';
                return (place + 1 < close && !marked).then_some(place);
            }
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

/// Where the character begins that JSON has written `\uXXXX`, and of which only `uXXXX` and what follows has been read.
fn escape_before(view: &View<'_>, start: usize) -> Option<usize> {
    let slash = start.checked_sub(1).filter(|slash| *slash >= view.floor && view.at(*slash) == b'\\')?;
    (escape(view, slash)? >= start + 5).then(|| {
        let more =
            (1..16).take_while(|back| slash >= view.floor + back && view.at(slash - back) == b'\\').count();
        slash - more
    })
}

/// Where `\uXXXX` ends that stands for a character beyond ASCII, with any number of backslashes.
fn escape(view: &View<'_>, start: usize) -> Option<usize> {
    let slashes = (0..16).take_while(|slash| view.at(start + slash) == b'\\').count();
    let digits = start + slashes + 1;
    let high = view.at(digits) != b'0' || view.at(digits + 1) != b'0' || view.at(digits + 2) >= b'8';
    let four = (digits..digits + 4).all(|place| view.is(place, HEX));
    (slashes > 0 && view.at(digits - 1) == b'u' && four && high).then_some(digits + 4)
}

/// Where the domain that begins at a place ends, if it is one.
fn domain(view: &View<'_>, start: usize) -> Option<usize> {
    if view.at(start) == b'[' {
        let close = (start + 1..start + 64).find(|place| view.at(*place) == b']')?;
        let literal = view.slice(start + 1, close);
        let address =
            literal.len() > 6 && literal.iter().all(|byte| is(*byte, ALNUM) || matches!(byte, b'.' | b':'));
        return address.then_some(close + 1);
    }
    if let Some(end) = network::v4_end(view, start) {
        return Some(end);
    }
    // The last label so far that can end a domain, and where the one that is being read begins.
    let (mut end, mut label, mut place) = (None, start, start);
    let mut dots = 0;
    while place < start + DOMAIN {
        let byte = view.at(place);
        if byte == b'.' && place > label {
            dots += 1;
            label = place + 1;
        } else if let Some(after) = (byte == b'\\').then(|| escape(view, place)).flatten() {
            place = after;
            end = (dots > 0).then_some(place).or(end);
            continue;
        } else if !(is(byte, ALNUM | HIGH) || matches!(byte, b'-' | b'_')) {
            break;
        } else if dots > 0 && is(byte, ALNUM | HIGH) && place > label && is(view.at(label), ALPHA | HIGH) {
            end = Some(place + 1);
        }
        place += 1;
    }
    if place == start + DOMAIN {
        end.map(|_| view.run(place, LOCAL).max(place))
    } else {
        end.map(|end| tail(view, end))
    }
}

/// A label that has started like one of a domain belongs to it whole.
fn tail(view: &View<'_>, end: usize) -> usize {
    view.run(end, ALNUM | HIGH | DIGIT)
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_addresses() {
        for address in [
            "alice@example.com",
            "alice.o'brien+news@mail.example.co.uk",
            "ALICE@EXAMPLE.COM",
            "用户@例子.公司",
            "jörg@müller.example",
            "alice@xn--mller-kva.example",
            "\"alice smith\"@example.com",
            "alice@[192.0.2.1]",
            "alice@[IPv6:2001:db8::1]",
            "alice%40example.com",
            "alice%2540example.com",
            "alice\\u0040example.com",
            "alice&#64;example.com",
            "a@b.co",
            "bounce+alice=example.org@list.example.com",
            "ａlice＠example．com",
            "ali\u{200b}ce@exa\u{ad}mple.com",
            "_alice-1@example.museum",
            "1234567@qq.com",
            "alice@192.0.2.17",
            "m\\u00fcller@b\\u00fccher.example",
            "m\\\\u00fcller@b\\\\u00fccher.example",
            "a@b.\\u4f8b\\u5b50",
        ] {
            to(address, "[email]");
            to(&format!("to <{address}>, then"), "to <[email]>, then");
            to(&format!("?mail={address}&x=1"), "?mail=[email]&x=1");
            to(&format!("Mail {address}."), "Mail [email].");
        }
        to("'alice@example.com'", "'[email]'");
        to("alice@example.com,bob@example.org", "[email],[email]");
        to("mailto:alice@example.com?subject=x", "mailto:[email]?subject=x");
    }

    #[test]
    fn leaves_what_is_none() {
        for text in [
            "@mention",
            "a @ b.com",
            "java.lang.Object@4e25154f",
            "lodash@4.17.21",
            "@types/node@20.1.0",
            "user@localhost",
            "50%40 off",
            "foo@",
            "x@y",
            "a@b.1",
            "meet @ 10.30",
        ] {
            same(text);
        }
    }
}
