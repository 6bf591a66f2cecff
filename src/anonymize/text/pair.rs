//! Values whose name says that they are secret: `password=…`, `"token": "…"`, `Cookie: …`, `<secret>…</secret>`, at
//! any depth of strings in strings.

use super::{
    super::keys::{Secret, may_end, secret},
    class::{ALNUM, ALPHA, DIGIT, SPACE, TOKEN, is},
    hold::{Hold, Quoted},
    kind::{Kind, Options},
    number,
    scan::{AHEAD, Found, Step, View},
};

/// Longest name that is read.
const NAME: usize = 64;

/// At a separator that stands from `at` to `after`: `=`, `:`, `%3D`.
pub(super) fn at_separator(view: &View<'_>, at: usize, after: usize) -> Step {
    let next = Step::Skip(after);
    if !may_follow_name(view, at) {
        return next;
    }
    let Some((secret, quoted)) = name(view, at) else { return next };
    value(view, at, after, secret, quoted).map_or(next, Step::Found)
}

/// Whether what ends before a separator may name a secret. Almost nothing does, which two bytes tell.
#[inline]
fn may_follow_name(view: &View<'_>, at: usize) -> bool {
    let mut end = at;
    while end + 8 > at && matches!(view.before(end), b'"' | b'\'' | b'`' | b'\\' | b']' | b' ') && end > 0 {
        end -= 1;
    }
    let last = view.before(end);
    if is(last, DIGIT) {
        // `password2`.
        end = view.run_back(end, DIGIT, 4);
    }
    let [third, second, last] =
        [view.before(end.wrapping_sub(2)), view.before(end.wrapping_sub(1)), view.before(end)];
    if is(last, ALPHA) {
        return may_end(third, second, last) || second == b'5' && matches!(last, b'D' | b'd');
    }
    matches!(last, b'_' | b'-' | b'.')
}

/// What the name that ends before a place says, and whether it is in quotes.
fn name(view: &View<'_>, at: usize) -> Option<(Secret, bool)> {
    let mut end = at;
    while view.before(end) == b' ' && end + 2 > at && end > view.floor {
        end -= 1;
    }
    let quoted = matches!(view.before(end), b'"' | b'\'' | b'`');
    if quoted {
        end -= 1;
        while view.before(end) == b'\\' && end + 16 > at {
            end -= 1;
        }
    }
    let field = view.before(end) == b']' && end > view.floor;
    if field {
        end -= 1;
    } else if end >= view.floor + 3 && view.slice(end - 3, end).eq_ignore_ascii_case(b"%5D") {
        end -= 3;
    }
    if end <= view.floor {
        return None;
    }
    let of_name = |place: usize| view.is(place, ALNUM) || matches!(view.at(place), b'_' | b'-' | b'.');
    let bound = end.saturating_sub(NAME).max(view.floor);
    let begins = |end: usize| {
        let mut start = end;
        while start > bound && of_name(start - 1) {
            start -= 1;
        }
        start
    };
    let start = begins(end);
    // `user[password]` is a field of a form; a mark stands alone, or after what an address encodes.
    let of_field = |open: usize| {
        view.is(open.wrapping_sub(1), ALNUM)
            && !matches!(view.slice(open.wrapping_sub(3), open), [b'%', b'3', _])
            || matches!(view.before(open), b']' | b'_') && !is_mark(view.slice(open, end + 1))
    };
    if field && !(view.before(start) == b'[' && start > view.floor && of_field(start - 1)) {
        return None;
    }
    // What shells keep the directory in.
    if matches!(view.slice(start, end), b"PWD" | b"OLDPWD") && matches!(view.at(at + 1), b'/' | b'~') {
        return None;
    }
    let alone = secret(view.slice(start, end));
    if alone.is_some() {
        return alone.map(|secret| (secret, quoted));
    }
    // `API key: …`, `Session ID = …`: names of two words.
    let last = view.slice(start, end);
    let second = [&b"key"[..], b"code", b"id", b"number", b"security"]
        .iter()
        .any(|word| last.eq_ignore_ascii_case(word));
    if !second || view.before(start) != b' ' || start <= bound {
        return None;
    }
    let first = begins(start - 1);
    (first < start - 1).then(|| secret(view.slice(first, end))).flatten().map(|secret| (secret, quoted))
}

/// The value after a separator.
fn value(view: &View<'_>, at: usize, after: usize, secret: Secret, quoted: bool) -> Option<Found> {
    let colon = view.at(at) == b':' || after == at + 3 && view.at(after - 1).eq_ignore_ascii_case(&b'A');
    let mut start = after;
    // `=>`, `==`, `::`.
    while start < after + 2 && matches!(view.at(start), b'=' | b'>') {
        start += 1;
    }
    if !colon && start == after && is(view.at(start), SPACE) && view.before(at) != b' ' {
        // `key= other=value`: nothing was given.
        return None;
    }
    while start < after + 32 && matches!(view.at(start), b' ' | b'\t') {
        start += 1;
    }
    let slashes = (start..start + 16).take_while(|place| view.at(*place) == b'\\').count();
    let quote = view.at(start + slashes);
    let in_quotes = matches!(quote, b'"' | b'\'' | b'`');
    let inner = if in_quotes { start + slashes + 1 } else { start };
    if secret == Secret::Number
        && let Some(found) = known_number(view, inner)
    {
        return Some(found);
    }
    if in_quotes {
        return string(view, inner, Quoted::new(quote, slashes));
    }
    if secret == Secret::Long && (start..start + 16).any(|place| ends_plain(view.slice(0, view.end()), place))
    {
        return None;
    }
    let byte = view.at(start);
    if is(byte, SPACE)
        || matches!(byte, b')' | b'}' | b']' | b',' | b';' | b'&' | b'\\')
        || ends_at_mark(view, start)
    {
        return None;
    }
    if matches!(byte, b'[' | b'{') {
        return Some(Found::held(
            Kind::Secret,
            start,
            start + 1,
            Hold::Bracket { depth: 1, within: None, lines: quoted },
        ));
    }
    if says_nothing(view, start) {
        return None;
    }
    let held = |end: usize, hold: Hold| Some(Found::held(Kind::Secret, start, end, hold));
    if colon && secret == Secret::Line {
        return held(start + 1, Hold::Line { quotes: false });
    }
    if secret == Secret::Credentials {
        let scheme = view.run(start, TOKEN);
        let word = view.slice(start, scheme);
        let known = |known: &[&[u8]]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        if view.at(scheme) == b' ' {
            // These go on in parameters.
            if known(&[b"digest", b"oauth", b"hawk", b"signature", b"aws4-hmac-sha256", b"dpop", b"gnap"]) {
                return held(scheme, Hold::Line { quotes: true });
            }
            if known(&[
                b"bearer",
                b"basic",
                b"token",
                b"apikey",
                b"negotiate",
                b"ntlm",
                b"key",
                b"splunk",
                b"jwt",
            ]) && !is(view.at(scheme + 1), SPACE)
                && view.at(scheme + 1) != 0
            {
                return held(scheme + 2, Hold::Plain);
            }
        }
    }
    held(start + 1, Hold::Plain)
}

/// A value that is a number with a mark of its own, and nothing else.
fn known_number(view: &View<'_>, start: usize) -> Option<Found> {
    let Step::Found(found) = number::at(view, start, Options::default()) else { return None };
    let known = matches!(found.kind, Kind::Ssn | Kind::Card) && found.start == start;
    let whole = found.end >= view.end() || ends_plain(view.slice(0, view.end()), found.end);
    (known && view.is(start, DIGIT) && whole).then_some(found)
}

/// At the dashes of an option that names a secret, with its value after a space: `--password hunter2`. Words in small
/// letters are taken for a sentence about the option.
pub(super) fn after_option(view: &View<'_>, at: usize) -> Option<Found> {
    let name = view.slice(at + 2, view.run(at + 2, TOKEN));
    let space = at + 2 + name.len();
    let start = space + 1;
    if name.len() > NAME || view.at(space) != b' ' || secret(name).is_none() {
        return None;
    }
    if matches!(view.at(start), b'"' | b'\'') {
        return string(view, start + 1, Quoted::new(view.at(start), 0));
    }
    let text = view.slice(0, view.end());
    let end = (start..start + NAME)
        .find(|place| *place >= text.len() || ends_plain(text, *place))
        .unwrap_or(start + NAME);
    let word = view.slice(start, end);
    let value = word.iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    (value && !matches!(word, [b'-' | b'[', ..]))
        .then(|| Found::held(Kind::Secret, start, start + 1, Hold::Plain))
}

/// The value in a string that begins at a place.
fn string(view: &View<'_>, start: usize, mut quoted: Quoted) -> Option<Found> {
    if view.at(start) == b'[' && is_mark_before_line(view, start) {
        return None;
    }
    let level = quoted.level;
    let bound = start + AHEAD / 2;
    let mut line = None;
    for place in start..bound {
        let byte = view.at(place);
        if byte == 0 && place >= view.end() {
            break;
        }
        if byte == b'\n' && line.is_none() {
            line = Some(place);
        }
        if let Some(back) = quoted.read(byte) {
            let end = place - back;
            let value = view.slice(start, end);
            let nothing = value.is_empty() || is_mark(value) || value.iter().all(|byte| *byte == b'*');
            return (!nothing && end > start).then(|| Found::new(Kind::Secret, start, end));
        }
    }
    // No end in sight: up to the end of the line, or as far as it goes.
    if let Some(line) = line {
        return (line > start).then(|| Found::new(Kind::Secret, start, line));
    }
    let rest = Quoted { lines: false, ..Quoted::new(quoted.quote, level) };
    (start < view.end()).then(|| Found::held(Kind::Secret, start, start + 1, Hold::Quoted(rest)))
}

/// Whether a value is one of the marks that replacements leave.
fn is_mark(value: &[u8]) -> bool {
    Kind::ALL.iter().any(|kind| kind.mark().as_bytes() == value)
}

/// Whether a mark, and nothing else on its line, stands at a place: what is left of a string without end.
fn is_mark_before_line(view: &View<'_>, start: usize) -> bool {
    Kind::ALL.iter().any(|kind| {
        let mark = kind.mark().as_bytes();
        let end = start + mark.len();
        view.starts_with(start, mark) && (end >= view.end() || view.at(end) == b'\n')
    })
}

/// Whether a mark stands at a place, and nothing of a value after it.
fn ends_at_mark(view: &View<'_>, start: usize) -> bool {
    view.at(start) == b'['
        && Kind::ALL.iter().any(|kind| {
            let mark = kind.mark().as_bytes();
            let end = start + mark.len();
            view.starts_with(start, mark)
                && (end >= view.end()
                    || ends_plain(view.slice(0, view.end()), end)
                    || matches!(view.at(end), b'[' | b'<'))
        })
}

/// Whether the value at a place is none: `null`, `true`, stars.
fn says_nothing(view: &View<'_>, start: usize) -> bool {
    let end = view.run(start, ALPHA);
    let word = view.slice(start, end);
    let bare =
        !view.is_joined_right(end) && (end >= view.end() || ends_plain(view.slice(0, view.end()), end));
    let nothing = [&b"null"[..], b"true", b"false", b"none", b"nil", b"undefined"];
    if bare && nothing.iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return true;
    }
    let mut after = start;
    while view.at(after) == b'*' {
        after += 1;
    }
    after > start && (after >= view.end() || ends_plain(view.slice(0, view.end()), after))
}

/// Whether a value without quotes ends before a place.
pub(super) fn ends_plain(text: &[u8], place: usize) -> bool {
    let at = |place: usize| text.get(place).copied().unwrap_or_default();
    let byte = at(place);
    if is(byte, ALNUM) {
        return false;
    }
    let next = at(place + 1);
    match byte {
        b'&' | b'<' => true,
        b'"' | b'\'' | b'`' => !is(next, ALNUM),
        b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\'' | b'\\'),
        // What may be part of a password, unless it leads to the next field or to nothing.
        b',' | b';' | b')' | b']' | b'}' | b'|' | b'>' => {
            is(next, SPACE)
                || matches!(
                    next,
                    b'"' | b'\'' | b'`' | b',' | b';' | b')' | b']' | b'}' | b'{' | b'[' | b'\\' | b'<'
                )
                || {
                    let mut end = place + 1;
                    while end < place + 40 && (is(at(end), ALNUM) || matches!(at(end), b'_' | b'-' | b'.')) {
                        end += 1;
                    }
                    end > place + 1 && matches!(at(end), b'=' | b':')
                }
        }
        _ => is(byte, SPACE),
    }
}

/// At the `>` of a tag that names a secret: `<password>…`.
pub(super) fn after_tag(view: &View<'_>, at: usize) -> Step {
    let next = Step::Skip(at + 1);
    let start = view.run_back(at, ALNUM, NAME);
    let opens = view.before(start) == b'<' || view.before(start) == b':' && start > view.floor;
    if start == at || !opens || secret(view.slice(start, at)).is_none() {
        return next;
    }
    let value = at + 1;
    if value >= view.end()
        || matches!(view.at(value), b'<' | b'\n')
        || is_mark(view.slice(value, first(view, value)))
    {
        return next;
    }
    Step::Found(Found::held(Kind::Secret, value, value + 1, Hold::Element))
}

/// Where the next tag begins, as far as marks go.
fn first(view: &View<'_>, start: usize) -> usize {
    (start..start + 24).find(|place| view.at(*place) == b'<' || *place >= view.end()).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn masks_the_value_and_keeps_the_name() {
        for (text, scrubbed) in [
            ("password=hunter2", "password=[secret]"),
            ("password=hunter2 user=bob", "password=[secret] user=bob"),
            ("password = hunter2", "password = [secret]"),
            ("password: hunter2, then", "password: [secret], then"),
            ("password=hun,ter2", "password=[secret]"),
            ("user=a,password=b,host=c", "user=a,password=[secret],host=c"),
            ("password=\"hunter 2\" x", "password=\"[secret]\" x"),
            ("password='it\\'s'", "password='[secret]'"),
            ("{\"password\": \"a\\\"b\", \"user\": \"c\"}", "{\"password\": \"[secret]\", \"user\": \"c\"}"),
            ("{\"pin\":1234}", "{\"pin\":[secret]}"),
            ("{\"token\":[\"a\",\"b]\"],\"x\":1}", "{\"token\":[secret],\"x\":1}"),
            ("{\"a\":{\"session\":{\"id\":\"x\"}}}", "{\"a\":{\"session\":[secret]}}"),
            (
                "\"{\\\"password\\\":\\\"a\\\",\\\"b\\\":1}\"",
                "\"{\\\"password\\\":\\\"[secret]\\\",\\\"b\\\":1}\"",
            ),
            (
                "{\\\\\\\"token\\\\\\\":\\\\\\\"abc\\\\\\\",\\\\\\\"b\\\\\\\":1}",
                "{\\\\\\\"token\\\\\\\":\\\\\\\"[secret]\\\\\\\",\\\\\\\"b\\\\\\\":1}",
            ),
            ("Authorization: Bearer abc.def", "Authorization: [secret]"),
            ("-H 'Authorization: Basic dXNlcjpwYXNz' http://x", "-H 'Authorization: [secret]' http://x"),
            (
                "authorization: Digest username=\"bob\", response=\"x\"\nHost: y",
                "authorization: [secret]\nHost: y",
            ),
            ("Cookie: a=b; c=d\r\nHost: x", "Cookie: [secret]\r\nHost: x"),
            ("Set-Cookie: sid=abc; Path=/\nX: y", "Set-Cookie: [secret]\nX: y"),
            ("GET /?token=abc&x=1 HTTP/1.1", "GET /?token=[secret]&x=1 HTTP/1.1"),
            ("next=%2F%3Ftoken%3Dabc&x=1", "next=%2F%3Ftoken%3D[secret]&x=1"),
            ("user[password]=abc&user[name]=bob", "user[password]=[secret]&user[name]=bob"),
            ("user%5Bpassword%5D=abc&x", "user%5Bpassword%5D=[secret]&x"),
            ("{:password=>\"abc\", :x=>1}", "{:password=>\"[secret]\", :x=>1}"),
            ("<password>abc</password>", "<password>[secret]</password>"),
            ("API key: abc123", "API key: [secret]"),
            ("AccountKey=abc==;EndpointSuffix=x", "AccountKey=[secret];EndpointSuffix=x"),
            ("--password=abc run", "--password=[secret] run"),
            ("DB_PASSWORD=abc\nDB_HOST=x", "DB_PASSWORD=[secret]\nDB_HOST=x"),
            ("X-Api-Key: abc", "X-Api-Key: [secret]"),
            ("SSN: 123-45-6789", "SSN: [ssn]"),
            (
                "{\"ssn\":\"123456789\",\"card_number\":\"4111111111111111\"}",
                "{\"ssn\":\"[ssn]\",\"card_number\":\"[card]\"}",
            ),
            ("ssn=12-345", "ssn=[secret]"),
            ("card_number=4111111111111112", "card_number=[secret]"),
            ("run --password hunter2 --host x", "run --password [secret] --host x"),
            ("run --api-key 'a b' x", "run --api-key '[secret]' x"),
            ("?sv=1&sig=aB3dE5gH7jK9mN1pQ2rS4%3D&x", "?sv=1&sig=[secret]&x"),
        ] {
            to(text, scrubbed);
        }
    }

    #[test]
    fn leaves_words_that_only_look_alike() {
        for text in [
            "the password was wrong",
            "User authenticated",
            "author=bob",
            "author: bob",
            "authenticated: true",
            "password=",
            "password: ",
            "password= user=bob",
            "\"password\":null",
            "\"password\":\"\"",
            "token: true,",
            "password=[secret]",
            "\"password\":\"[secret]\"",
            "token=****",
            "max_tokens=4096",
            "primary_key=users_id",
            "unexpected token: }",
            "sig=sig@entry=6",
            "the option --token is required",
            "PWD=/home/deploy",
            "a == b",
            "x: 1",
        ] {
            same(text);
        }
    }

    #[test]
    fn a_string_without_end_takes_the_line() {
        to("password: \"abc\nnext", "password: \"[secret]\nnext");
        let long = "x".repeat(5000);
        to(&format!("password: \"{long}\nnext \"line\""), "password: \"[secret]\nnext \"line\"");
        to(&format!("password={long} next"), "password=[secret] next");
    }
}
