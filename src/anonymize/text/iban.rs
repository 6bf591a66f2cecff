//! Bank accounts: ISO 13616, with the lengths of its registry.

use super::{
    class::{ALNUM, ALPHA, is},
    kind::Kind,
    scan::{Found, View},
};

/// Each country with the length of its accounts, check digits and country included.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
    // Of states that use the form without being in the registry.
    (b"AO", 25),
    (b"BF", 28),
    (b"BJ", 28),
    (b"CF", 27),
    (b"CG", 27),
    (b"CI", 28),
    (b"CM", 27),
    (b"CV", 25),
    (b"DZ", 26),
    (b"GA", 27),
    (b"GQ", 27),
    (b"GW", 25),
    (b"IR", 26),
    (b"KM", 27),
    (b"MA", 28),
    (b"MG", 27),
    (b"ML", 28),
    (b"MZ", 25),
    (b"NE", 28),
    (b"SN", 28),
    (b"TD", 27),
    (b"TG", 28),
];

const LONGEST: usize = 33;

/// An account whose country begins at a place. Its length is that of its country, so that no word beside it enters the
/// check.
pub(super) fn at(view: &View<'_>, start: usize) -> Option<Found> {
    let country = [view.at(start).to_ascii_uppercase(), view.at(start + 1).to_ascii_uppercase()];
    let length = LENGTHS.iter().find(|(code, _)| **code == country)?.1;
    let (mut characters, mut count, mut place) = ([0_u8; LONGEST], 0, start);
    while count < length {
        let mut byte = view.at(place);
        if count > 0 && !is(byte, ALNUM) {
            place += match byte {
                b' ' | b'-' | b'.' | b'+' => 1,
                b'%' if view.starts_with(place, b"%20") => 3,
                _ => return None,
            };
            byte = view.at(place);
        }
        if !is(byte, ALNUM) {
            return None;
        }
        *characters.get_mut(count)? = byte.to_ascii_uppercase();
        count += 1;
        place += 1;
    }
    let (head, tail) = characters.get(..length)?.split_at_checked(4)?;
    let fits = !view.is_joined_right(place) && remainder(tail.iter().chain(head)) == 1;
    fits.then(|| Found::new(Kind::Iban, start, place))
}

/// The remainder by 97 of the number that letters and digits spell, `A` as 10 to `Z` as 35 (ISO 7064).
fn remainder<'a>(characters: impl Iterator<Item = &'a u8>) -> u32 {
    characters.fold(0, |rest, byte| {
        if is(*byte, ALPHA) {
            (rest * 100 + u32::from(byte - b'A') + 10) % 97
        } else {
            (rest * 10 + u32::from(byte - b'0')) % 97
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_accounts() {
        for account in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "de89370400440532013000",
            "DE89-3704-0044-0532-0130-00",
            "GB82WEST12345698765432",
            "GB82 WEST 1234 5698 7654 32",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NO93 8601 1117 947",
            "MT84MALT011000012345MTLCAST001S",
            "BE68539007547034",
            "ＤＥ89 3704 0044 0532 0130 00",
            "DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00",
        ] {
            to(account, "[iban]");
            to(&format!("to {account} for rent"), "to [iban] for rent");
            to(&format!("iban={account};"), "iban=[iban];");
        }
        to(
            "BE68 5390 0754 7034 1234",
            "BE68 5390 0754 7034 1234".replace("BE68 5390 0754 7034", "[iban]").as_str(),
        );
    }

    #[test]
    fn leaves_what_is_none() {
        for text in
            ["DE88370400440532013000", "DE8937040044053201300", "ZZ89370400440532013000", "GB82WEST", "xx12"]
        {
            same(text);
        }
    }

    #[test]
    fn the_table_is_in_reach() {
        assert!(LENGTHS.iter().all(|(_, length)| (15..=LONGEST).contains(length)));
        assert_eq!(remainder(b"3214282912345698765432161182".iter()), 1, "the example of ISO 13616");
    }
}
