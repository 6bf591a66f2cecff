//! Numbers that states give to people, where a checksum tells them from others. A checksum that one in ten numbers
//! passes counts only with a date in it, in its own punctuation, or next to a word that names it.

use super::{
    card::luhn,
    class::{ALNUM, DIGIT},
    context,
    context::{AADHAAR, BSN, CPF, CPR, DNI, ID, MY_NUMBER, NHS, PERSONNUMMER, PPS, SIN, STEUER, TFN},
    kind::Kind,
    number::Groups,
    scan::{Found, View},
};

/// A number with letters in it that is one whole word, or begins with one.
pub(super) fn lettered(view: &View<'_>, start: usize, end: usize) -> Option<Found> {
    let word = view.slice(start, end);
    let mut room = [0; 18];
    let upper = room.get_mut(..word.len())?;
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    let capitals = !word.iter().any(u8::is_ascii_lowercase);
    let is_id = match (word.len(), &*upper) {
        (9, [b'X'..=b'Z', ..]) => nie(upper),
        (9, [b'S' | b'T' | b'F' | b'G' | b'M', ..]) if nric(upper) => capitals,
        (9, [b'0'..=b'9', ..]) => dni(upper) && (capitals || context::before(view, start) & DNI != 0),
        (9, [b'A'..=b'Z', b'A'..=b'Z', ..]) => nino(upper) && capitals,
        (8 | 9, _) if pps(upper) => context::before(view, start) & PPS != 0,
        (16, _) => codice_fiscale(upper),
        (18, [b'0'..=b'9', ..]) => resident(upper),
        (18, _) => curp(upper),
        _ => false,
    };
    if is_id {
        return Some(Found::new(Kind::NationalId, start, end));
    }
    // `131052A308T`: in Finland a letter may stand for the century.
    if word.len() == 11 && hetu(upper) {
        return Some(Found::new(Kind::NationalId, start, end));
    }
    let digits = start + 2;
    let spaced = (end == start + 4 && view.is(digits, DIGIT)).then(|| spaced_nino(view, digits)).flatten();
    spaced.map(|(start, end)| Found::new(Kind::NationalId, start, end))
}

/// Whether a group of digits, with what follows it, is such a number; where it then ends.
pub(super) fn digits(view: &View<'_>, groups: &Groups, cut: usize, said: u32) -> Option<usize> {
    let digits = groups.digits(cut);
    let end = groups.end(cut);
    let spoken = |words: u32| said & (words | ID) != 0;
    let mut lengths = [0; 7];
    for (group, slot) in lengths.iter_mut().enumerate().take(cut) {
        *slot = groups.length(group);
    }
    let separator = groups.separator(1);
    let single = cut == 1;
    let is_id = match (cut, lengths) {
        (1, [8, ..]) => return dashed_dni(view, groups.start(0), end),
        // Sweden and Finland write them with a dash or plus, Denmark and Czechia with a dash or slash.
        (2, [6, 4, ..]) => match separator {
            b'-' => {
                date(digits, 0, false) && luhn(digits)
                    || day_first(digits) && (spoken(CPR) || hetu_digits(digits))
            }
            b'/' => rodne(digits),
            b' ' => view.at(groups.start(1) - 1) == b'+' && date(digits, 0, false) && luhn(digits),
            _ => false,
        },
        (2, [6, 3, ..]) if separator == b'-' => return hetu_end(view, groups.start(0), end),
        (2, [8, 4, ..]) => {
            separator == b'-' && long_date(digits) && luhn(digits.get(2..).unwrap_or_default())
        }
        (2, [6, 7, ..]) => {
            separator == b'-' && date(digits, 0, false) && matches!(digits.get(6), Some(1..=8))
        }
        // Brazil, India, France, Belgium, Switzerland, Chile.
        (4, [3, 3, 3, 2, ..]) => separator == b'.' && cpf(digits) || spoken(CPF) && cpf(digits),
        (4, [3, 4, 4, 2, ..]) => separator == b'.' && digits.starts_with(&[7, 5, 6]) && ean(digits),
        (3, [4, 4, 4, ..]) => {
            verhoeff(digits) && matches!(digits.first(), Some(2..)) || spoken(MY_NUMBER) && my_number(digits)
        }
        (7, [1, 2, 2, 2, 3, 3, 2]) => nir(digits),
        (5, [2, 2, 2, 3, 2, ..]) => belgian(digits),
        (3, [2, 3, 3, ..]) if separator == b'.' => return rut_end(view, digits, end),
        (4, [2, 3, 3, 1, ..]) if separator == b'.' => return rut_end(view, digits.get(..8)?, end - 2),
        (4, [2, 3, 3, 3, ..]) => separator == b' ' && steuer(digits) && spoken(STEUER),
        _ => single,
    };
    if !is_id {
        return by_word(digits, said).then_some(end);
    }
    if !single {
        return Some(end);
    }
    let alone = match digits.len() {
        11 => pesel(digits) || belgian(digits) || turkish(digits) || norwegian(digits) || isikukood(digits),
        12 => long_date(digits) && luhn(digits.get(2..).unwrap_or_default()),
        13 => south_african(digits) || romanian(digits),
        15 => nir(digits),
        18 => resident_digits(digits),
        _ => false,
    };
    (alone || by_word(digits, said)).then_some(end)
}

/// What only the word beside it makes one: the checksum alone would let every tenth number pass.
fn by_word(digits: &[u8], said: u32) -> bool {
    let spoken = |words: u32| said & (words | ID) != 0;
    match digits.len() {
        8 => spoken(BSN) && bsn(digits),
        9 => {
            spoken(BSN) && bsn(digits)
                || spoken(SIN) && luhn(digits)
                || spoken(TFN) && weighed(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
        }
        10 => {
            spoken(NHS) && nhs(digits)
                || spoken(CPR) && day_first(digits)
                || spoken(PERSONNUMMER) && date(digits, 0, false) && luhn(digits)
        }
        11 => spoken(CPF) && cpf(digits) || spoken(STEUER) && steuer(digits),
        12 => spoken(AADHAAR) && verhoeff(digits) || spoken(MY_NUMBER) && my_number(digits),
        _ => false,
    }
}

/// The sum of digits, each by its weight.
fn weighed(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn spelled(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
}

fn part(digits: &[u8], from: usize, to: usize) -> u64 {
    digits.get(from..to).map_or(u64::MAX, spelled)
}

/// Whether `YYMMDD` stands at a place, with a day and month that exist. Sweden adds 60 to the day of those who have no
/// number yet; centuries that are added to the month are taken off before.
fn date(digits: &[u8], at: usize, centuries: bool) -> bool {
    let (month, day) = (part(digits, at + 2, at + 4), part(digits, at + 4, at + 6));
    let month = if centuries { month % 20 } else { month };
    (1..=12).contains(&month) && ((1..=31).contains(&day) || !centuries && (61..=91).contains(&day))
}

/// Whether they begin with `DDMMYY`.
fn day_first(digits: &[u8]) -> bool {
    (1..=31).contains(&part(digits, 0, 2)) && (1..=12).contains(&part(digits, 2, 4))
}

/// Whether they begin with `YYYYMMDD`, from 1880 to 2099.
fn long_date(digits: &[u8]) -> bool {
    (1880..2100).contains(&part(digits, 0, 4)) && date(digits, 2, false)
}

fn values(text: &[u8]) -> Option<[u8; 18]> {
    let mut values = [0; 18];
    for (value, byte) in values.iter_mut().zip(text) {
        *value = byte.is_ascii_digit().then(|| byte - b'0')?;
    }
    Some(values)
}

/// Spain: eight digits and a letter, the remainder by 23.
fn dni(word: &[u8]) -> bool {
    let Some((number, [letter])) = word.split_at_checked(8) else { return false };
    values(number).is_some_and(|digits| letter_of(part(&digits, 0, 8)) == Some(*letter))
}

fn letter_of(number: u64) -> Option<u8> {
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(usize::try_from(number % 23).ok()?).copied()
}

/// Spain: the same with a dash before the letter.
fn dashed_dni(view: &View<'_>, start: usize, end: usize) -> Option<usize> {
    let number = values(view.slice(start, end))?;
    let letter = letter_of(part(&number, 0, 8))?;
    (view.at(end) == b'-' && view.at(end + 1) == letter).then_some(end + 2)
}

/// Spain, foreigners: `X`, `Y` or `Z` stands for the first digit.
fn nie(word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return false };
    let mut number = [b'0' + first.wrapping_sub(b'X'); 9];
    number.iter_mut().skip(1).zip(rest).for_each(|(slot, byte)| *slot = *byte);
    dni(&number)
}

/// Singapore: weights 2, 7, 6, 5, 4, 3, 2, an offset and a letter by the first letter.
fn nric(word: &[u8]) -> bool {
    let [first, number @ .., last] = word else { return false };
    let Some(digits) = values(number) else { return false };
    let sum = weighed(digits.get(..7).unwrap_or_default(), &[2, 7, 6, 5, 4, 3, 2]);
    let (offset, letters): (u32, &[u8; 11]) = match first {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        _ => (3, b"KLJNPQRTUWX"),
    };
    let rest = ((sum + offset) % 11) as usize;
    let rest = if *first == b'M' { 10 - rest } else { rest };
    letters.get(rest) == Some(last)
}

/// United Kingdom: a prefix that is given out, six digits, `A` to `D`.
fn nino(word: &[u8]) -> bool {
    let [first, second, number @ .., last] = word else { return false };
    let prefix = [*first, *second];
    number.len() == 6
        && number.iter().all(u8::is_ascii_digit)
        && matches!(last, b'A'..=b'D')
        && !matches!(first, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V')
        && !matches!(second, b'D' | b'F' | b'I' | b'O' | b'Q' | b'U' | b'V')
        && ![*b"BG", *b"GB", *b"NK", *b"KN", *b"TN", *b"NT", *b"ZZ"].contains(&prefix)
}

/// The same as it is printed, `AB 12 34 56 C`, seen from its first digits.
pub(super) fn spaced_nino(view: &View<'_>, digits: usize) -> Option<(usize, usize)> {
    let start = if view.before(digits) == b' ' { digits.checked_sub(3)? } else { digits.checked_sub(2)? };
    let mut word = [0; 9];
    let mut place = start;
    for (count, slot) in word.iter_mut().enumerate() {
        if count > 0 && count % 2 == 0 && view.at(place) == b' ' {
            place += 1;
        }
        *slot = view.at(place);
        place += 1;
    }
    let alone = start >= view.floor && !view.is_joined_left(start) && !view.is_joined_right(place);
    (nino(&word) && alone).then_some((start, place))
}

/// Ireland: seven digits and a letter, the remainder by 23.
fn pps(word: &[u8]) -> bool {
    let Some((number, letters)) = word.split_at_checked(7) else { return false };
    let Some(digits) = values(number) else { return false };
    let sum = weighed(digits.get(..7).unwrap_or_default(), &[8, 7, 6, 5, 4, 3, 2]);
    let second = letters.get(1).map_or(0, |byte| u32::from(byte.wrapping_sub(b'A').min(25)) + 1);
    let rest = (sum + 9 * if second == 23 { 0 } else { second }) % 23;
    letters.first().is_some_and(|letter| {
        u32::from(*letter) == if rest == 0 { u32::from(b'W') } else { u32::from(b'A') + rest - 1 }
    })
}

/// Italy: the form `LLLLLLNNLNNLNNNL`, where digits may be letters for people of equal code, and a check letter.
fn codice_fiscale(word: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let form = b"LLLLLLNNLNNLNNNL";
    let omocodia = |byte: &u8| byte.is_ascii_digit() || b"LMNPQRSTUV".contains(byte);
    let shaped = word
        .iter()
        .zip(form)
        .all(|(byte, kind)| if *kind == b'L' { byte.is_ascii_uppercase() } else { omocodia(byte) });
    let sum: u32 = word
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, byte)| {
            let value = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
            if place % 2 == 0 {
                ODD.get(usize::from(value)).copied().unwrap_or_default()
            } else {
                u32::from(value)
            }
        })
        .sum();
    shaped && word.last().is_some_and(|last| u32::from(*last) == u32::from(b'A') + sum % 26)
}

/// Mexico: names, date of birth, sex, state, and a check digit by 37 signs.
fn curp(word: &[u8]) -> bool {
    let signs = b"0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ";
    let form = b"LLLLDDDDDDLLLLLLAD";
    let shaped = word.iter().zip(form).all(|(byte, kind)| match kind {
        b'L' => byte.is_ascii_uppercase(),
        b'D' => byte.is_ascii_digit(),
        _ => byte.is_ascii_alphanumeric(),
    });
    let sum: usize = word
        .iter()
        .take(17)
        .enumerate()
        .map(|(place, byte)| signs.iter().position(|sign| sign == byte).unwrap_or_default() * (18 - place))
        .sum();
    let check = (10 - sum % 10) % 10;
    shaped && word.last().is_some_and(|last| usize::from(last.wrapping_sub(b'0')) == check)
}

/// China (GB 11643): date of birth, and a check by ISO 7064 mod 11-2 that may be `X`.
fn resident(word: &[u8]) -> bool {
    let Some((number, [b'X'])) = word.split_at_checked(17) else { return false };
    values(number).is_some_and(|mut digits| {
        if let Some(last) = digits.last_mut() {
            *last = 10;
        }
        resident_digits(&digits)
    })
}

fn resident_digits(digits: &[u8]) -> bool {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];
    digits.len() == 18
        && long_date(digits.get(6..).unwrap_or_default())
        && weighed(digits, &weights) % 11 == 1
}

/// Finland: the check sign for a date and three digits.
fn hetu_sign(nine: u64) -> Option<u8> {
    b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(usize::try_from(nine % 31).ok()?).copied()
}

fn hetu(word: &[u8]) -> bool {
    let (Some(birth), Some(b'A'..=b'F' | b'U'..=b'Y'), Some(serial)) =
        (word.get(..6), word.get(6), word.get(7..10))
    else {
        return false;
    };
    let (Some(birth), Some(serial)) = (values(birth), values(serial)) else { return false };
    day_first(&birth) && hetu_sign(part(&birth, 0, 6) * 1000 + part(&serial, 0, 3)) == word.last().copied()
}

fn hetu_digits(digits: &[u8]) -> bool {
    hetu_sign(part(digits, 0, 9)) == digits.last().map(|digit| digit + b'0')
}

/// `131052-308T`: the last sign follows the digits.
fn hetu_end(view: &View<'_>, start: usize, end: usize) -> Option<usize> {
    let (birth, serial) = (values(view.slice(start, start + 6))?, values(view.slice(end - 3, end))?);
    let sign = hetu_sign(part(&birth, 0, 6) * 1000 + part(&serial, 0, 3))?;
    (day_first(&birth) && view.is(end, ALNUM) && view.at(end).to_ascii_uppercase() == sign).then_some(end + 1)
}

/// Czechia and Slovakia: a date with 50 added to the month of women, divisible by 11.
fn rodne(digits: &[u8]) -> bool {
    let month = part(digits, 2, 4) % 50;
    let month = if month > 20 { month - 20 } else { month };
    (1..=12).contains(&month) && (1..=31).contains(&part(digits, 4, 6)) && spelled(digits).is_multiple_of(11)
}

/// Brazil: two check digits.
fn cpf(digits: &[u8]) -> bool {
    let check = |count: usize| {
        let weights = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2];
        let sum =
            weighed(digits.get(..count).unwrap_or_default(), weights.get(10 - count..).unwrap_or_default());
        digits.get(count).is_some_and(|digit| u32::from(*digit) == sum * 10 % 11 % 10)
    };
    digits.len() == 11 && digits.iter().any(|digit| Some(digit) != digits.first()) && check(9) && check(10)
}

/// Switzerland: the check digit of EAN-13.
fn ean(digits: &[u8]) -> bool {
    weighed(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Chile: a check digit or `K` after a dash.
fn rut_end(view: &View<'_>, digits: &[u8], end: usize) -> Option<usize> {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([2, 3, 4, 5, 6, 7, 2, 3])
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    let check = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        digit => b'0' + u8::try_from(digit).ok()?,
    };
    (view.at(end) == b'-' && view.at(end + 1).to_ascii_uppercase() == check).then_some(end + 2)
}

/// India: the checksum of Verhoeff, by the dihedral group of order ten.
fn verhoeff(digits: &[u8]) -> bool {
    const SHIFT: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let sum = digits.iter().rev().zip(SHIFT.iter().cycle()).fold(0_u8, |sum, (digit, shift)| {
        let turned = shift.get(usize::from(*digit)).copied().unwrap_or_default();
        // Products of the group: rotations below five, reflections from five on.
        match (sum < 5, turned < 5) {
            (true, true) => (sum + turned) % 5,
            (true, false) => 5 + (sum + turned - 5) % 5,
            (false, true) => 5 + (sum - 5 + 5 - turned) % 5,
            (false, false) => (sum + 5 - turned) % 5,
        }
    });
    digits.len() == 12 && sum == 0
}

/// Japan: weights 2 to 7, from the right, and a check digit.
fn my_number(digits: &[u8]) -> bool {
    let sum = weighed(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    digits.last().is_some_and(|last| u32::from(*last) == if sum <= 1 { 0 } else { 11 - sum })
}

/// France: sex, year, month, and two digits by 97.
fn nir(digits: &[u8]) -> bool {
    let month = part(digits, 3, 5);
    digits.len() == 15
        && matches!(digits.first(), Some(1..=4 | 7 | 8))
        && ((1..=12).contains(&month) || (20..=42).contains(&month) || month >= 50)
        && 97 - part(digits, 0, 13) % 97 == part(digits, 13, 15)
}

/// Belgium: date, serial, and two digits by 97; with 2 before for those born from 2000 on.
fn belgian(digits: &[u8]) -> bool {
    let (number, check) = (part(digits, 0, 9), part(digits, 9, 11));
    let checked = |number: u64| 97 - number % 97 == check;
    digits.len() == 11 && date(digits, 0, true) && (checked(number) || checked(number + 2_000_000_000))
}

/// Poland: a date with the century in its month, weights 1, 3, 7, 9.
fn pesel(digits: &[u8]) -> bool {
    date(digits, 0, true)
        && part(digits, 2, 4) < 100
        && weighed(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Türkiye: two check digits.
fn turkish(digits: &[u8]) -> bool {
    let sum =
        |from: usize| digits.iter().take(9).skip(from).step_by(2).map(|digit| u32::from(*digit)).sum::<u32>();
    let (odd, even) = (sum(0), sum(1));
    let tenth = (odd * 7 + 100 - even) % 10;
    let all: u32 = digits.iter().take(10).map(|digit| u32::from(*digit)).sum();
    digits.first() != Some(&0)
        && part(digits, 9, 10) == u64::from(tenth)
        && part(digits, 10, 11) == u64::from(all % 10)
}

/// Norway: a date, and two check digits by 11.
fn norwegian(digits: &[u8]) -> bool {
    day_first(digits)
        && weighed(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighed(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Estonia and Lithuania: century and sex, date, serial, and a check digit in two rounds.
fn isikukood(digits: &[u8]) -> bool {
    let first = weighed(digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighed(digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first < 10 { first } else { second % 10 };
    matches!(digits.first(), Some(1..=6))
        && (1..=12).contains(&part(digits, 3, 5))
        && (1..=31).contains(&part(digits, 5, 7))
        && digits.last().is_some_and(|last| u32::from(*last) == check)
}

/// South Africa: a date, citizenship 0 or 1, and the check digit of cards.
fn south_african(digits: &[u8]) -> bool {
    date(digits, 0, true) && part(digits, 2, 4) <= 12 && part(digits, 10, 11) <= 1 && luhn(digits)
}

/// Romania: sex, date, county, and a check digit by 11.
fn romanian(digits: &[u8]) -> bool {
    let rest = weighed(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    matches!(digits.first(), Some(1..=8))
        && (1..=12).contains(&part(digits, 3, 5))
        && (1..=31).contains(&part(digits, 5, 7))
        && (1..=52).contains(&part(digits, 7, 9))
        && digits.last().is_some_and(|last| u32::from(*last) == if rest == 10 { 1 } else { rest })
}

/// Netherlands: the sum by weights 9 to 2 and -1 is divisible by 11.
fn bsn(digits: &[u8]) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, 10];
    let skipped = weights.len().saturating_sub(digits.len());
    spelled(digits) > 0 && weighed(digits, weights.get(skipped..).unwrap_or_default()).is_multiple_of(11)
}

/// England: weights 10 to 2, and a check digit by 11.
fn nhs(digits: &[u8]) -> bool {
    let sum = weighed(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    digits.last().is_some_and(|last| u32::from(*last) == (11 - sum) % 11)
}

/// Germany: ISO 7064 mod 11, 10.
fn steuer(digits: &[u8]) -> bool {
    let product = digits.iter().take(10).fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let check = (11 - product) % 10;
    digits.len() == 11
        && digits.first() != Some(&0)
        && digits.last().is_some_and(|last| u32::from(*last) == check)
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_numbers_by_their_form() {
        for number in [
            "12345678Z",
            "12345678-Z",
            "X1234567L",
            "RSSMRA85T10A562S",
            "AB123456C",
            "AB12 34 56 C",
            "AB 12 34 56 C",
            "AB 123456 C",
            "131052-308T",
            "131052A308T",
            "S1234567D",
            "529.982.247-25",
            "44051401359",
            "85073003328",
            "85.07.30-033.28",
            "811218-9876",
            "198112189876",
            "1 85 05 78 006 084 91",
            "185057800608491",
            "11010519491231002X",
            "440524188001010014",
            "8001015009087",
            "10000000146",
            "1960529460119",
            "2341 2341 2346",
            "12.345.678-5",
            "756.1234.5678.97",
            "736028/5163",
            "15108695088",
            "37605030299",
        ] {
            to(number, "[national-id]");
            to(&format!("id {number}, then"), "id [national-id], then");
        }
    }

    #[test]
    fn finds_others_by_the_word_beside_them() {
        to("BSN: 111222333", "BSN: [national-id]");
        to("NHS number 943 476 5919", "NHS number [national-id]");
        to("SIN 046 454 286", "SIN [national-id]");
        to("cpf=52998224725", "cpf=[national-id]");
        to("Aadhaar 234123412346", "Aadhaar [national-id]");
        to("Steuer-ID 86095742719", "Steuer-ID [national-id]");
        to("TFN 123456782", "TFN [national-id]");
        for text in [
            "size 111222333",
            "146-454-286",
            "n 52998224725",
            "job 86095742719",
            "12345678A",
            "rev 12345678z",
        ] {
            same(text);
        }
    }
}
