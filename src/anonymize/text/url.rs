//! Name and password in an address (RFC 3986 section 3.2.1).

use super::{
    class::{ALNUM, HIGH, SPACE, is},
    hold::Hold,
    kind::Kind,
    scan::{AHEAD, Found, Step, View},
};

/// At the colon of `://`.
pub(super) fn userinfo(view: &View<'_>, at: usize) -> Step {
    let start = at + 3;
    if !view.is_joined_left(at) {
        return Step::Skip(start);
    }
    let ends =
        |place: usize| view.is(place, SPACE) || matches!(view.at(place), b'"' | b'\'' | b'<' | b'>' | b'`');
    let (mut place, mut last) = (start, None);
    let bound = start + AHEAD / 2;
    while place < bound && !ends(place) && !matches!(view.at(place), b'/' | b'?' | b'#' | b'\\') {
        if view.at(place) == b'@' {
            last = Some(place);
        }
        place += 1;
    }
    if place == bound {
        return Step::Found(Found::held(Kind::Userinfo, start, bound, Hold::Authority));
    }
    if last.is_none() && !ends(place) && has_password(view, start, place) {
        // A password with a slash in it that was not escaped.
        last =
            (place..bound).take_while(|place| !ends(*place)).filter(|place| view.at(*place) == b'@').last();
    }
    match last {
        Some(at) if at > start && !is_marked(view.slice(start, at)) => {
            Step::Found(Found::new(Kind::Userinfo, start, at))
        }
        Some(at) => Step::Skip(at + 1),
        None => Step::Skip(start),
    }
}

/// Whether nothing is there but marks, and signs around them.
fn is_marked(userinfo: &[u8]) -> bool {
    let (mut rest, mut marked) = (userinfo, false);
    while let [byte, after @ ..] = rest {
        let mark = Kind::ALL.iter().find_map(|kind| rest.strip_prefix(kind.mark().as_bytes()));
        if mark.is_none() && is(*byte, ALNUM | HIGH) {
            return false;
        }
        marked |= mark.is_some();
        rest = mark.unwrap_or(after);
    }
    marked
}

/// Whether what follows the last colon cannot be a port.
fn has_password(view: &View<'_>, start: usize, end: usize) -> bool {
    let authority = view.slice(start, end);
    if authority.first() == Some(&b'[') {
        return false;
    }
    let mut parts = authority.rsplitn(2, |byte| *byte == b':');
    let port = parts.next().unwrap_or_default();
    parts.next().is_some()
        && !port.is_empty()
        && !port.iter().all(u8::is_ascii_digit)
        && view.is(start, ALNUM)
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn takes_name_and_password_out() {
        to("postgres://bob:hunter2@db.example:5432/shop", "postgres://[userinfo]@db.example:5432/shop");
        to("https://bob:p@ss@example.com/", "https://[userinfo]@example.com/");
        to("ssh://git@example.com/repo", "ssh://[userinfo]@example.com/repo");
        to("redis://:secret@cache:6379", "redis://[userinfo]@cache:6379");
        to("amqp://u:pa/ss@mq:5672/v", "amqp://[userinfo]@mq:5672/v");
        to("\"https://u:p@h/\"", "\"https://[userinfo]@h/\"");
    }

    #[test]
    fn leaves_addresses_without() {
        for text in [
            "https://example.com/a@b",
            "http://localhost:8080/",
            "http://[2001",
            "see http://host:port/path",
            "file:///etc/hosts",
            "https://example.com/?q=@me",
            "https://[userinfo]@example.com/",
            "https://[card]@example.com/",
            "://a@b",
        ] {
            same(text);
        }
    }
}
