//! Telephone numbers: E.164, and how countries write their own.

use super::{
    class::{ALPHA, DIGIT},
    context::{self, CALL, PHONE},
    number::Groups,
    scan::View,
};

/// First groups that are more often the status of an HTTP answer, before size and time, than an area code.
const STATUS: [u32; 24] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 429, 499,
    500, 502, 503,
];

/// The telephone number that digits in groups begin with: from where to where it stands.
pub(super) fn find(view: &View<'_>, groups: &Groups, said: u32) -> Option<(usize, usize)> {
    let start = groups.start(0);
    let before = view.before(start);
    let opened = before == b'(' && start > view.floor;
    let plus = if opened { start.wrapping_sub(2) } else { start.wrapping_sub(1) };
    if plus >= view.floor && view.at(plus) == b'+' && !view.is_joined_left(plus) {
        return groups.cuts().find_map(|cut| {
            let digits = groups.digits(cut).len();
            let fits =
                (7..=15).contains(&digits) && (cut > 1 || digits >= 8) && groups.value(0, 1) != Some(0);
            (fits && groups.ends(view, cut)).then(|| ends(view, plus, groups.end(cut)))?
        });
    }
    if groups.is_joined {
        return None;
    }
    let most = if said & PHONE != 0 { usize::MAX } else { 8 };
    groups.cuts_to(most).find_map(|cut| {
        let fits = is_phone(view, groups, cut, opened, said) && groups.ends(view, cut);
        fits.then(|| ends(view, if opened { start - 1 } else { start }, groups.end(cut)))?
    })
}

/// With the extension that follows, `x123`; nothing if something else is joined to it.
fn ends(view: &View<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = if view.at(end) == b' ' { end + 1 } else { end };
    let after = [&b"extension "[..], b"ext. ", b"ext.", b"ext ", b"ext", b"x"]
        .into_iter()
        .find(|mark| view.slice(word, word + mark.len()).eq_ignore_ascii_case(mark))
        .map_or(word, |mark| word + mark.len());
    let extension = view.run(after, DIGIT);
    if after > word && (after + 1..=after + 6).contains(&extension) && !view.is_joined_right(extension) {
        return Some((start, extension));
    }
    (!view.is_joined_right(end)).then_some((start, end))
}

/// Whether the first `cut` groups are a telephone number.
fn is_phone(view: &View<'_>, groups: &Groups, cut: usize, opened: bool, said: u32) -> bool {
    let digits = groups.digits(cut);
    let count = digits.len();
    let spoken = said & PHONE != 0;
    if !(7..=17).contains(&count) {
        return false;
    }
    if spoken && count <= 15
        || (8..=12).contains(&count) && cut > 1 && context::phone_after(view, groups.end(cut))
    {
        return true;
    }
    let parts = (0..cut).map(|group| groups.length(group));
    if said & CALL != 0
        && (2..=5).contains(&cut)
        && count <= 12
        && parts.clone().all(|length| (2..=7).contains(&length))
    {
        return true;
    }
    let separators = || (1..cut).map(|group| groups.separator(group));
    if separators().any(|separator| separator == b'/') {
        // `030/1234567`, as in Germany.
        return matches!(digits, [0, 1..=9, ..])
            && cut == 2
            && (3..=5).contains(&groups.length(0))
            && (5..=8).contains(&groups.length(1));
    }
    if cut == 1
        && (7..=12).contains(&count)
        && (is_labelled(view, groups.start(0)) || said & CALL != 0 && is_told(view, groups))
    {
        return true;
    }
    if opened {
        // A function's argument has its name right before the bracket.
        let free = !view.is_joined_left(groups.start(0) - 1);
        return free && cut > 1 && groups.separator(1) == b'(' && (8..=13).contains(&count);
    }
    if let [0, 0, 1..=9, ..] = digits {
        // As dialled from abroad, also without a break.
        return if cut == 1 {
            (12..=15).contains(&count)
        } else {
            count >= 10 && (2..=6).contains(&groups.length(0))
        };
    }
    if count <= 12 && (is_american(view, groups, cut) || is_national(groups, cut)) {
        return separators().all(|separator| separator != b'.')
            || separators().all(|separator| separator == b'.');
    }
    false
}

/// The word that ends before a place, in small letters, and whether a colon follows it.
fn word_before(view: &View<'_>, place: usize) -> ([u8; 8], bool) {
    let (mut end, mut colon) = (place, false);
    while end > view.floor && end + 4 > place && matches!(view.at(end - 1), b' ' | b':' | b'"' | b'\t') {
        end -= 1;
        colon |= view.at(end) == b':';
    }
    let mut word = [0; 8];
    let letters = view.slice(view.run_back(end, ALPHA, 9), end);
    word.iter_mut().zip(letters).for_each(|(slot, byte)| *slot = byte.to_ascii_lowercase());
    (if letters.len() > 8 { [0; 8] } else { word }, colon)
}

/// Whether the place of a telephone names it: `Desk: 5403926876`.
fn is_labelled(view: &View<'_>, start: usize) -> bool {
    let (word, colon) = word_before(view, start);
    let places =
        [*b"desk\0\0\0\0", *b"office\0\0", *b"home\0\0\0\0", *b"work\0\0\0\0", *b"direct\0\0", *b"contact\0"];
    colon && places.contains(&word)
}

/// Whether somebody is to be called under an American number: `call me at 5403926876`.
fn is_told(view: &View<'_>, groups: &Groups) -> bool {
    let [area, _, _, exchange, ..] = groups.digits(1) else { return false };
    let leads = [*b"at\0\0\0\0\0\0", *b"on\0\0\0\0\0\0", *b"under\0\0\0", *b"is\0\0\0\0\0\0", *b"number\0\0"];
    let led = leads.contains(&word_before(view, groups.start(0)).0);
    groups.length(0) == 10 && *area >= 2 && *exchange >= 2 && led
}

/// Whether a request stands before on the line, so that columns with its status, size and time follow.
fn follows_request(view: &View<'_>, start: usize) -> bool {
    let line = view.slice(start.saturating_sub(256).max(view.floor), start);
    let line = line.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let requests = [&b"HTTP"[..], b"GET ", b"POST", b"PUT ", b"HEAD", b"ATCH", b"LETE", b"IONS"];
    line.windows(4).any(|four| requests.contains(&four))
}

/// `ddd-ddd-dddd` of the North American plan, whose areas and exchanges begin with 2 to 9.
fn is_american(view: &View<'_>, groups: &Groups, cut: usize) -> bool {
    let first = match cut {
        3 => 0,
        4 if groups.value(0, 1) == Some(1) && groups.length(0) == 1 => 1,
        _ => return false,
    };
    let shape =
        [3, 3, 4].into_iter().enumerate().all(|(group, length)| groups.length(first + group) == length);
    let (Some(area), Some(exchange)) = (groups.value(first, first + 1), groups.value(first + 1, first + 2))
    else {
        return false;
    };
    let columns = (first + 1..cut).all(|group| groups.separator(group) == b' ')
        && STATUS.contains(&area)
        && follows_request(view, groups.start(0));
    shape && area >= 200 && exchange >= 200 && !columns
}

/// With the `0` that most countries dial before an area: `020 7946 0958`, `01.84.17.61.18`, `0961-7596216`.
fn is_national(groups: &Groups, cut: usize) -> bool {
    let digits = groups.digits(cut);
    if !matches!(digits, [0, 1..=9, ..]) {
        return false;
    }
    if cut == 1 {
        return (10..=11).contains(&digits.len());
    }
    (9..=12).contains(&digits.len())
        && (2..=5).contains(&groups.length(0))
        && (1..cut).all(|group| (2..=8).contains(&groups.length(group)))
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_numbers() {
        for number in [
            "+4930123456",
            "+49 30 123456",
            "+49 (0)30 123456",
            "+1-984-182-0190",
            "+1 (984) 182-0190",
            "+447700900123",
            "+46 (0)8 928 571 38",
            "(602)272-9781",
            "(602) 272-9781",
            "602-272-9781",
            "602.272.9781",
            "602 272 9781",
            "1-602-272-9781",
            "602-272-9781x123",
            "602-272-9781 ext. 4587",
            "001-253-366-9781",
            "0049 30 123456",
            "020 7946 0958",
            "07700 900123",
            "07700900123",
            "01.84.17.61.18",
            "06 12 34 56 78",
            "0612345678",
            "030 1234567",
            "030/1234567",
            "0049301234567",
            "202 555 0143",
            "0961-7596216",
            "(030) 123 4567",
            "＋４９ ３０ １２３４５６",
            "602\u{2011}272\u{2011}9781",
        ] {
            to(number, "[phone]");
            to(&format!("at {number}, then"), "at [phone], then");
            to(&format!("<td>{number}</td>"), "<td>[phone]</td>");
        }
        to("Phone: 467 3395", "Phone: [phone]");
        to("phone=5403926876", "phone=[phone]");
        to("Tel. 030/1234567", "Tel. [phone]");
        to("call me on 450 0840 please", "call me on [phone] please");
        to("416 60 039 office", "[phone] office");
        to("tel:+49-30-123456", "tel:[phone]");
        to("Desk: 5403926876", "Desk: [phone]");
        to("call me at 5403926876", "call me at [phone]");
    }

    #[test]
    fn leaves_other_numbers() {
        for text in [
            "1700000000",
            "1700000000123",
            "2024-05-12 10:11:12",
            "12.05.2024 10:11",
            "05/12/2024",
            "GET / 200 512 1234",
            "pid 1234567",
            "took 1234567 ns",
            "call took 1234567 ns",
            "rev 123-456",
            "0.0123456789",
            "(12) 345",
            "10 000 000 rows",
            "f(602) 272-9781x",
            "1-2-3-4-5-6-7",
            "0x0612345678",
            "20240512101112",
        ] {
            same(text);
        }
    }
}
