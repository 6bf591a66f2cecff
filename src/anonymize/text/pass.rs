//! What most digits are: a time, a short number. A few bytes tell, without a view.

use super::class::{ALNUM, ALPHA, DIGIT, TOKEN, is};

/// How many bytes are looked at before a digit, and from it on. Closer to what was replaced, or to the end, nothing is
/// passed.
const BEFORE: usize = 2;
const AFTER: usize = 48;

/// Where the search goes on, if nothing can be found at a digit. `least` is where what was replaced ends.
#[inline]
pub(super) fn pass(text: &[u8], at: usize, least: usize) -> Option<usize> {
    let start = at.checked_sub(BEFORE).filter(|start| *start >= least)?;
    let near: &[u8; BEFORE + AFTER] = text.get(start..)?.first_chunk()?;
    let [second, before, ahead @ ..] = near;
    is(ahead[0], DIGIT).then(|| number([*second, *before], ahead).map(|length| at + length))?
}

/// The length of a number that is nothing by itself, and with which nothing begins.
#[inline]
fn number([second, before]: [u8; 2], ahead: &[u8; AFTER]) -> Option<usize> {
    if is(before, ALNUM) || matches!(before, b'_' | b'%' | b'#' | b'+') {
        return None;
    }
    let at = |place: usize| ahead.get(place).copied().unwrap_or_default();
    let run = |from: usize| {
        let mut end = from;
        while end < from + 7 && is(at(end), DIGIT) {
            end += 1;
        }
        end
    };
    let mut end = run(0);
    match at(end) {
        // `2024-05-12T10:11:12`.
        b'-' if end == 4 && !matches!(before, b'-' | b'.' | b'/' | b':') => return timestamp(ahead),
        b':' if end == 2 && at(5) != b'-' && !matches!(before, b'-' | b'.' | b'/' | b':') => {
            return time(ahead, 0).filter(|end| ends(ahead, *end));
        }
        // `22/Nov/2026:10:11:12 +0000`, as web servers write it.
        b'/' if end == 2 && is(at(3), ALPHA) => return logged(ahead),
        // `Nov 22 10:11:12`.
        b' ' if end <= 2 && at(end + 3) == b':' => {
            return time(ahead, end + 1).filter(|end| ends(ahead, *end));
        }
        // `0.25`, `1.0.3`; four parts may be an address.
        b'.' => {
            let mut parts = 1;
            while at(end) == b'.' && is(at(end + 1), DIGIT) && end < 8 {
                end = run(end + 1);
                parts += 1;
            }
            if parts > 3 || end > 7 {
                return None;
            }
        }
        _ if end > 6 => return None,
        _ => {}
    }
    // The last digits of a number of the United Kingdom, as it is printed: `AB 123456 C`.
    let printed = end == 6 && at(end) == b' ';
    // The last part of a key may look like a number with its unit.
    let part = before == b'-' || before == b'.' && !is(second, DIGIT);
    (!printed && (ends(ahead, end) || !part && is_unit(ahead, end))).then_some(end)
}

/// Whether a number that ends at a place is whole: neither a letter nor more digits follow, in groups.
#[inline]
fn ends(ahead: &[u8; AFTER], end: usize) -> bool {
    let at = |place: usize| ahead.get(place).copied().unwrap_or_default();
    match at(end) {
        b' ' | b'(' | b')' | b'-' | b'.' | b'/' | b'+' | b'%' => {
            let separator =
                |place: &usize| matches!(at(*place), b' ' | b'(' | b')' | b'-' | b'.' | b'/' | b'+' | b'%');
            let next = (end + 1..end + 5).find(|place| !separator(place));
            // Of what is written `%20`, digits are part.
            next.is_some_and(|next| !is(at(next), DIGIT)) && at(end) != b'-'
        }
        b'_' | b':' | b'@' => false,
        after => !is(after, ALNUM),
    }
}

/// Whether a unit follows: `5s`, `12ms`, `3.5MiB`.
#[inline]
fn is_unit(ahead: &[u8; AFTER], end: usize) -> bool {
    let at = |place: usize| ahead.get(place).copied().unwrap_or_default();
    let letters = (end..end + 4).take_while(|place| is(at(*place), ALPHA)).count();
    end < 6
        && (1..=3).contains(&letters)
        && !matches!(at(end + letters), b'~' | b'.' | b'@' | b'+')
        && !is(at(end + letters), TOKEN)
}

/// Whether bytes begin in a shape: `0` is a digit, `a` a letter, and all else itself.
#[inline]
fn is_shaped<const N: usize>(bytes: &[u8], shape: &[u8; N]) -> bool {
    bytes.first_chunk::<N>().is_some_and(|bytes| {
        bytes.iter().zip(shape).all(|(byte, sign)| match sign {
            b'0' => is(*byte, DIGIT),
            b'a' => is(*byte, ALPHA),
            sign => byte == sign,
        })
    })
}

/// The length of a date and time of RFC 3339, or the like of it.
fn timestamp(ahead: &[u8; AFTER]) -> Option<usize> {
    let [century @ .., _, _, _, month, _, _, day, _, by] = ahead.first_chunk::<11>()?;
    let fits = matches!(century, b"19" | b"20") && matches!(month, b'0' | b'1') && *day < b'4';
    (fits && matches!(by, b'T' | b' ') && is_shaped(ahead, b"0000-00-00")).then_some(())?;
    let mut end = time(ahead, 11)?;
    let at = |place: usize| ahead.get(place).copied().unwrap_or_default();
    if at(end) == b'Z' {
        end += 1;
    } else if matches!(at(end), b'+' | b'-') && is(at(end + 1), DIGIT) {
        return None;
    }
    (!is(at(end), ALNUM) && !matches!(at(end), b'_' | b'.' | b':' | b'@' | b'-')).then_some(end)
}

/// The length of a day, month and year with the time, and its offset from UTC.
fn logged(ahead: &[u8; AFTER]) -> Option<usize> {
    let year = ahead.get(7..9)?;
    let date = is_shaped(ahead, b"00/aaa/0000:") && matches!(year, b"19" | b"20");
    let end = time(ahead, 12).filter(|end| date && *end == 20)?;
    match ahead.get(end..)? {
        [b' ', b'+' | b'-', offset @ ..] if is_shaped(offset, b"0000]") => Some(end + 6),
        [b']' | b'"', ..] => Some(end),
        _ => None,
    }
}

/// Where `10:11:12`, with a fraction, ends.
fn time(ahead: &[u8; AFTER], start: usize) -> Option<usize> {
    let eight = ahead.get(start..)?.first_chunk::<8>()?;
    let [hour, _, _, minute, _, _, second, _] = eight;
    let fits = *hour <= b'2' && *minute <= b'5' && *second <= b'6';
    (fits && is_shaped(eight, b"00:00:00")).then_some(())?;
    let mut end = start + 8;
    let digit = |place: usize| ahead.get(place).is_some_and(u8::is_ascii_digit);
    if matches!(ahead.get(end), Some(b'.' | b',')) && digit(end + 1) {
        let fraction = end + 1;
        end = fraction;
        while end < fraction + 9 && digit(end) {
            end += 1;
        }
    }
    (!digit(end) && ahead.get(end) != Some(&b':')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes what stands behind `>`, up to the `<` that is put in if anything is passed.
    fn passed(text: &str) -> String {
        let at = text.find('>').unwrap();
        let text = text.replace('>', "") + &" ".repeat(AFTER);
        match pass(text.as_bytes(), at, 0) {
            Some(end) => format!("{}<{}", &text[..end], text[end..].trim_end()),
            None => "looked at".into(),
        }
    }

    #[test]
    fn passes_what_is_nothing() {
        for (text, result) in [
            ("request >2024-05-12T10:11:12.123Z x", "request 2024-05-12T10:11:12.123Z< x"),
            ("request >2024-05-12 10:11:12,5 x", "request 2024-05-12 10:11:12,5< x"),
            ("request [>12/May/2024:10:11:12 +0200] x", "request [12/May/2024:10:11:12 +0200<] x"),
            ("request May >12 10:11:12 x", "request May 12 10:11:12< x"),
            ("request >10:11:12 x", "request 10:11:12< x"),
            ("request >200, x", "request 200<, x"),
            ("request >0.25 x", "request 0.25< x"),
            ("request >1.0.3) x", "request 1.0.3<) x"),
            ("request >12ms x", "request 12<ms x"),
            ("request 3.>12ms x", "request 3.12<ms x"),
        ] {
            assert_eq!(passed(text), result);
        }
    }

    #[test]
    fn looks_at_what_may_be_something() {
        for text in [
            "request >4111 1111 1111 1111",
            "request >602-272-9781",
            "request >(602) 272-9781".replace(">(", "(>").as_str(),
            "request >203.0.113.77",
            "request >1234567",
            "request >2024-05-12T10:11:12@x.org",
            "request >10:11:12:13:14:15",
            "request >00:1b:44:11:3a:b7",
            "request AB >123456 C",
            "request x>12",
            "request sk->12ms",
            "request hvs.>12ms",
        ] {
            assert_eq!(passed(text), "looked at", "{text}");
        }
    }
}
