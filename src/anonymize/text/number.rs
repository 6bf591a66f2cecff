//! Numbers: what a run of digits, and the runs after it, can be.

use super::{
    card,
    class::{ALNUM, ALPHA, DIGIT, HEX, LOCAL, SPACE, is},
    context, email, ids,
    kind::{Kind, Options},
    network, pair, phone,
    scan::{Found, Step, View},
    token,
};

/// At the first digit of a run.
pub(super) fn at(view: &View<'_>, start: usize, options: Options) -> Step {
    let before = view.before(start);
    let end = view.run(start, DIGIT);
    let after = view.at(end);
    if matches!(before, b'%' | b'#' | b'u' | b'x')
        && let Some(step) = escaped(view, start, end)
    {
        return step;
    }
    let joined = view.is_joined_left(start);
    if joined && (before != b'_' || is(after, ALPHA)) {
        return token::word(view, start);
    }
    if joined && end - start < 12 && !may_separate(after) {
        return Step::Skip(end);
    }
    match (end - start, after) {
        (1..=2, b':' | b'/' | b'-' | b'.') | (4, b'-' | b'/' | b'.') => {
            if let Some(after) = moment(view, start, end) {
                return Step::Skip(after);
            }
            if let Some(found) = network::mac(view, end) {
                return Step::Found(found);
            }
        }
        (8, b'-') => {
            if let Some(after) = token::skip_uuid(view, start) {
                return Step::Skip(after);
            }
        }
        _ => {}
    }
    if after == b'.'
        && end - start <= 3
        && options.looks_for(Kind::Ip)
        && let Some(found) = network::v4(view, start)
    {
        return Step::Found(found);
    }
    if (is(after, ALPHA) || after == b'_')
        && !(after == b'x' && view.is(end + 1, DIGIT))
        && !view.is_parted(end)
    {
        return token::word(view, start);
    }
    // Most numbers are short and stand alone.
    if end - start < 7 && end - start != 6 && separated(view, end).is_none() {
        return Step::Skip(end);
    }
    let groups = Groups::read(view, start);
    let lettered =
        view.before(start).is_ascii_uppercase() || view.before(start.wrapping_sub(1)).is_ascii_uppercase();
    if lettered
        && groups.total() == 6
        && options.looks_for(Kind::NationalId)
        && let Some((from, to)) = ids::spaced_nino(view, start)
    {
        return Step::Found(Found::new(Kind::NationalId, from, to));
    }
    if groups.total() < 7 || after == b'@' {
        return Step::Skip(if end - start > 24 { view.run(end, ALNUM) } else { end });
    }
    group(view, &groups, options).map_or(Step::Skip(end), Step::Found)
}

/// What digits in groups are; the strictest check first.
fn group(view: &View<'_>, groups: &Groups, options: Options) -> Option<Found> {
    let start = groups.start(0);
    let found = |kind, cut| Found::new(kind, start, groups.end(cut));
    let free = |cut: usize| !view.is_joined_right(groups.end(cut));
    // A fraction, or a part of some longer number.
    let fraction = view.before(start) == b'.' && view.is(start.wrapping_sub(2), DIGIT);
    // In a long row of single digits, only what is known by its own check may begin with any of them.
    let in_row =
        groups.length(0) == 1 && groups.length(1) == 1 && view.is(start.wrapping_sub(2), DIGIT | SPACE);
    let in_row = in_row && matches!(view.before(start), b' ' | b'-' | b'.' | b'(' | b')');
    let said = if in_row { 0 } else { context::before(view, start) };
    if options.looks_for(Kind::Card) && !fraction {
        let spoken = said & context::CARD != 0;
        let cuts = if card::is_issuer(groups.digits(groups.count), spoken) { groups.count } else { 0 };
        let card = groups.cuts_to(cuts).find(|cut| {
            let digits = groups.digits(*cut);
            (12..=19).contains(&digits.len())
                && free(*cut)
                && (spoken || groups.is_regular(*cut))
                && !(groups.is_joined && digits.len() < 13)
                && card::is_card(digits, spoken)
        });
        if let Some(cut) = card {
            return Some(found(Kind::Card, cut));
        }
    }
    if in_row {
        return None;
    }
    if !groups.is_joined {
        if options.looks_for(Kind::Ssn)
            && let Some(cut) = groups
                .cuts_to(3)
                .find(|cut| free(*cut) && is_ssn(groups, *cut, said) && groups.ends(view, *cut))
        {
            return Some(found(Kind::Ssn, cut));
        }
        if options.looks_for(Kind::NationalId)
            && !view.is_joined_left(start)
            && let Some(end) = groups.cuts_to(7).find_map(|cut| {
                let end = free_end(view, ids::digits(view, groups, cut, said)?)?;
                groups.ends(view, cut).then_some(end)
            })
        {
            return Some(Found::new(Kind::NationalId, start, end));
        }
    }
    let underlined = view.is_joined_left(start);
    if options.looks_for(Kind::Phone) && !fraction && !underlined {
        return phone::find(view, groups, said).map(|(start, end)| Found::new(Kind::Phone, start, end));
    }
    None
}

fn free_end(view: &View<'_>, end: usize) -> Option<usize> {
    (!view.is_joined_right(end)).then_some(end)
}

/// A social security number of the United States: areas 001 to 899 but 666, group and serial not zero; taxpayer numbers
/// of the same form, and numbers without separators, where they are spoken of.
fn is_ssn(groups: &Groups, cut: usize, said: u32) -> bool {
    let digits = groups.digits(cut);
    let value = |from: usize, to: usize| {
        digits
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .fold(0_u32, |value, digit| value * 10 + u32::from(*digit))
    };
    let spoken = said & context::SSN != 0;
    let shape = match cut {
        1 => spoken,
        3 => {
            let parts = [groups.length(0), groups.length(1), groups.length(2)] == [3, 2, 4];
            let first = groups.separator(1);
            // Three columns of a table are numbers with spaces too, but rarely the last ones.
            parts
                && first == groups.separator(2)
                && (first != b' ' || spoken || cut == groups.count)
                && first != b'/'
        }
        _ => false,
    };
    let area = value(0, 3);
    shape
        && digits.len() == 9
        && area != 0
        && area != 666
        && (area < 900 || spoken)
        && value(3, 5) != 0
        && value(5, 9) != 0
}

fn may_separate(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'+' | b'%' | b'x')
}

/// Runs of digits with what separates them, at most [`Groups::MOST`] and 32 digits.
#[derive(Debug)]
pub(super) struct Groups {
    first: usize,
    /// From there on.
    starts: [u8; Self::MOST],
    lengths: [u8; Self::MOST],
    /// Of the digits so far.
    totals: [u8; Self::MOST],
    separators: [u8; Self::MOST],
    /// How many there are.
    pub(super) count: usize,
    values: [u8; 32],
    /// Whether what stands before is joined to the first by `-`, `.` or `/`.
    pub(super) is_joined: bool,
}

impl Groups {
    const MOST: usize = 20;

    fn read(view: &View<'_>, start: usize) -> Self {
        let before = view.before(start);
        let is_joined = matches!(before, b'-' | b'.' | b'/') && view.is(start.wrapping_sub(2), ALNUM);
        let mut groups = Self {
            first: start,
            starts: [0; Self::MOST],
            lengths: [0; Self::MOST],
            totals: [0; Self::MOST],
            separators: [0; Self::MOST],
            count: 0,
            values: [0; 32],
            is_joined,
        };
        let (mut place, mut separator, mut total) = (start, 0, 0);
        while groups.count < Self::MOST {
            let end = view.run(place, DIGIT);
            // A word that only begins with digits is none of them; one letter may be a check letter.
            if groups.count > 0
                && view.is_joined_right(end)
                && (view.at(end) == b'_' || view.is_joined_right(end + 1))
                && !(view.at(end) == b'x' && view.is(end + 1, DIGIT))
            {
                break;
            }
            let room = groups.values.get_mut(total..total + (end - place));
            let Some(room) = room.filter(|_| end > place) else { break };
            room.iter_mut().zip(view.slice(place, end)).for_each(|(value, byte)| *value = byte - b'0');
            total += end - place;
            // At most 32 digits and four bytes between any two groups.
            let small = |value: usize| u8::try_from(value).unwrap_or(u8::MAX);
            let index = groups.count;
            let slots = (groups.starts.get_mut(index), groups.lengths.get_mut(index));
            if let (Some(start), Some(length)) = slots {
                (*start, *length) = (small(place - groups.first), small(end - place));
            }
            let slots = (groups.totals.get_mut(index), groups.separators.get_mut(index));
            if let (Some(so_far), Some(by)) = slots {
                (*so_far, *by) = (small(total), separator);
            }
            groups.count += 1;
            match separated(view, end) {
                Some((next, by)) => (place, separator) = (next, by),
                None => break,
            }
        }
        groups
    }

    /// Where a group starts.
    pub(super) fn start(&self, group: usize) -> usize {
        self.first + self.starts.get(group).copied().map_or(0, usize::from)
    }

    /// How many digits a group has.
    pub(super) fn length(&self, group: usize) -> usize {
        self.lengths.get(group).copied().map_or(0, usize::from)
    }

    /// What stands before a group: space, `-`, `.`, `/`, or `(` for brackets.
    pub(super) fn separator(&self, group: usize) -> u8 {
        self.separators.get(group).copied().unwrap_or_default()
    }

    /// Where the first so many groups end.
    pub(super) fn end(&self, cut: usize) -> usize {
        self.start(cut.wrapping_sub(1)) + self.length(cut.wrapping_sub(1))
    }

    /// The values of the digits of the first so many groups.
    pub(super) fn digits(&self, cut: usize) -> &[u8] {
        let count = cut.checked_sub(1).and_then(|last| self.totals.get(last)).copied().map_or(0, usize::from);
        self.values.get(..count).unwrap_or_default()
    }

    fn total(&self) -> usize {
        self.digits(self.count).len()
    }

    /// The number that some groups spell, if it is not too large.
    pub(super) fn value(&self, from: usize, to: usize) -> Option<u32> {
        let (skipped, taken) = (self.digits(from).len(), self.digits(to));
        let digits = taken.get(skipped..).filter(|digits| digits.len() < 10)?;
        Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(*digit)))
    }

    /// Numbers of groups up to some, most first.
    pub(super) fn cuts_to(&self, most: usize) -> impl Iterator<Item = usize> + use<> {
        (1..=self.count.min(most)).rev()
    }

    /// Numbers of groups, most first.
    pub(super) fn cuts(&self) -> impl Iterator<Item = usize> + use<> {
        self.cuts_to(Self::MOST)
    }

    /// Whether a number may end after so many groups: with the last of them, before a space, or before something that
    /// is found by itself.
    pub(super) fn ends(&self, view: &View<'_>, cut: usize) -> bool {
        cut == self.count
            || self.separator(cut) == b' '
            || view.at(view.run(self.start(cut), LOCAL)) == b'@'
            || network::v6(view, view.run(self.start(cut), HEX)).is_some()
            || matches!(at(view, self.start(cut), Options::default()), Step::Found(_))
    }

    /// Whether the first so many groups are as long as each other but for the last, of whole fours, or as cards with 14
    /// or 15 digits print them.
    fn is_regular(&self, cut: usize) -> bool {
        let lengths = self.lengths.get(..cut).unwrap_or_default();
        match lengths {
            [4, 6, 4 | 5] | [4, 4, 4, 4, 3] => true,
            [first, middle @ .., last] => {
                let fours = |length: &u8| length.is_multiple_of(4);
                middle.iter().all(|length| length == first) && last <= first
                    || fours(first) && middle.iter().all(fours)
            }
            _ => true,
        }
    }
}

/// Where the next group of digits begins after a group's end, and by what it is separated.
fn separated(view: &View<'_>, end: usize) -> Option<(usize, u8)> {
    let (mut place, mut kind) = (end, b' ');
    while place < end + 4 {
        let byte = view.at(place);
        match byte {
            b'0'..=b'9' if place > end => return Some((place, kind)),
            b'%' if place == end && view.starts_with(place, b"%20") && view.is(place + 3, DIGIT) => {
                return Some((place + 3, b' '));
            }
            b'+' if place == end && view.is(place + 1, DIGIT) => return Some((place + 1, b' ')),
            b' ' => {
                // A sentence, or a range: `3. 4`, `2 /`.
                if kind == b'.' || kind == b'/' {
                    return None;
                }
            }
            b'(' | b')' => kind = b'(',
            b'-' | b'.' | b'/' if kind == b' ' && (byte == b'-' || place == end) => kind = byte,
            b'-' if kind == b'(' => {}
            _ => return None,
        }
        place += 1;
    }
    None
}

/// What `%40`, `&#64;` and `\u0040` stand for, where that means something.
fn escaped(view: &View<'_>, start: usize, end: usize) -> Option<Step> {
    let digits = view.slice(start, end);
    match view.before(start) {
        b'%' => {
            // `%2540` is `%40`, encoded once more.
            let (percent, code) = if digits.starts_with(b"25") && digits.len() > 2 {
                (start - 1, start + 2)
            } else {
                (start - 1, start)
            };
            match [view.at(code), view.at(code + 1).to_ascii_uppercase()] {
                [b'4', b'0'] => Some(email::at_sign(view, percent, code + 2)),
                [b'3', b'D' | b'A'] => Some(pair::at_separator(view, percent, code + 2)),
                _ => None,
            }
        }
        b'#' if view.at(start.wrapping_sub(2)) == b'&' && digits == b"64" && view.at(end) == b';' => {
            Some(email::at_sign(view, start - 2, end + 1))
        }
        b'x' if digits == b"40"
            && view.at(end) == b';'
            && view.before(start - 1) == b'#'
            && view.before(start - 2) == b'&' =>
        {
            Some(email::at_sign(view, start - 3, end + 1))
        }
        b'u' if digits.starts_with(b"0040") && view.before(start - 1) == b'\\' => {
            let slashes =
                (1..16).take_while(|back| view.at((start - 1).wrapping_sub(*back)) == b'\\').count();
            Some(email::at_sign(view, start - 1 - slashes, start + 4))
        }
        _ => None,
    }
}

/// Where a date or a time of day ends that begins with these digits.
fn moment(view: &View<'_>, start: usize, end: usize) -> Option<usize> {
    if matches!(view.before(start), b':' | b'.' | b'-' | b'/') && view.is(start.wrapping_sub(2), ALNUM) {
        return None;
    }
    let separator = view.at(end);
    if separator == b':' {
        return time(view, start);
    }
    let number = |from: usize, to: usize| {
        view.slice(from, to).iter().fold(0_u32, |value, digit| {
            value.saturating_mul(10).saturating_add(u32::from(digit.wrapping_sub(b'0')))
        })
    };
    let second = end + 1;
    let second_end = view.run(second, DIGIT);
    let third = second_end + 1;
    let (year, date_end) = if end - start == 4 {
        let day_end = view.run(third, DIGIT);
        let fits =
            (1..=2).contains(&(second_end - second)) && (1..=2).contains(&(day_end.saturating_sub(third)));
        let (month, day) = (number(second, second_end), number(third, day_end));
        (fits && month <= 12 && day <= 31).then(|| (number(start, end), day_end))?
    } else {
        let third_end = view.run(third, DIGIT);
        let named = second_end == second && view.run(second, ALPHA) == second + 3;
        if named {
            // `10/Oct/2000:13:55:36`, `10-Oct-2000`.
            let year_end = view.run(second + 4, DIGIT);
            (view.at(second + 3) == separator && year_end == second + 8)
                .then(|| (number(second + 4, year_end), year_end))?
        } else {
            let fits = (1..=2).contains(&(second_end - second)) && third_end == third + 4;
            let (one, other) = (number(start, end), number(second, second_end));
            (fits && one <= 31 && other <= 31 && one.min(other) <= 12)
                .then(|| (number(third, third_end), third_end))?
        }
    };
    let even = view.at(second_end) == separator || view.run(second, ALPHA) == second + 3;
    if !even
        || !(1900..2200).contains(&year)
        || matches!(view.at(date_end), b'-' | b'.' | b'/') && view.is(date_end + 1, DIGIT)
    {
        return None;
    }
    if matches!(view.at(date_end), b'T' | b't' | b' ' | b':' | b'_') && view.is(date_end + 1, DIGIT) {
        return Some(time(view, date_end + 1).unwrap_or(date_end));
    }
    (!view.is_joined_right(date_end)).then_some(date_end)
}

/// Where a time of day ends: `10:11`, `10:11:12.345`, each with `Z` or an offset.
fn time(view: &View<'_>, start: usize) -> Option<usize> {
    let two = |place: usize| view.is(place, DIGIT) && view.is(place + 1, DIGIT);
    let hour = view.run(start, DIGIT);
    if !(1..=2).contains(&(hour - start)) || view.at(hour) != b':' || !two(hour + 1) {
        return None;
    }
    let mut end = hour + 3;
    if view.at(end) == b':' && two(end + 1) {
        end += 3;
        if matches!(view.at(end), b'.' | b',') && view.is(end + 1, DIGIT) {
            end = view.run(end + 1, DIGIT).min(end + 10);
        }
    }
    // More of the same is an address: `00:11:22:33:44:55`.
    if view.at(end) == b':' || view.is(end, DIGIT) {
        return None;
    }
    match view.at(end) {
        b'Z' | b'z' => end += 1,
        b'+' | b'-' if two(end + 1) => {
            let after = end + 3 + usize::from(view.at(end + 3) == b':');
            if two(after) {
                end = after + 2;
            }
        }
        _ => {}
    }
    (!view.is_joined_right(end)).then_some(end)
}
