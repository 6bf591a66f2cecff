//! Whether a text is somebody's or something's identifier, by its looks: an address, a number, a token. It is for short
//! texts of a known place (a path's segment, a parameter, a cookie's name), where most of what is not an identifier is
//! words. In doubt it is one: words with many digits among them are masked too.
//!
//! A name such as `alice` looks like any word and is not found.

use super::ip::{v4, v6};

/// What stands for an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mask {
    /// A number, UUID, address or handle.
    Id,
    /// An e-mail address.
    Email,
    /// A random string: key, hash, JWT.
    Token,
}

impl Mask {
    /// How it is written.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Id => ":id",
            Self::Email => ":email",
            Self::Token => ":token",
        }
    }
}

/// So many digits in a row are a number of something; four are a year.
const DIGITS_IN_A_ROW: usize = 5;
/// So many digits in all are one, however they are grouped: an SSN, a card, an account.
const DIGITS_IN_ALL: usize = 9;
/// So many, with nothing but separators, are a telephone number or a date of birth.
const DIGITS_ALONE: usize = 7;
/// Letters of a hardware address with its separators.
const MAC: usize = 17;
/// No word is longer.
const LONGEST_WORD: usize = 40;

/// What a text has to be masked as, if at all. Encodings have to be undone before.
pub(super) fn identifier(text: &str) -> Option<Mask> {
    // Most texts are a word in small letters; those of the length of a hardware address are looked at below.
    let is_word = text.len() <= LONGEST_WORD
        && text.len() != MAC
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if is_word { None } else { judged(text) }
}

fn judged(text: &str) -> Option<Mask> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text.len() >= DIGITS_IN_A_ROW).then_some(Mask::Id);
    }
    let is_at = |c| matches!(c, '@' | '\u{fe6b}' | '\u{ff20}');
    if text.as_bytes().contains(&b'@') || !text.is_ascii() && text.contains(is_at) {
        return Some(if text.starts_with(is_at) { Mask::Id } else { Mask::Email });
    }
    let mut whole = Shape::default();
    let mut chunk = Shape::default();
    let mut is_bare_number = true;
    let (mut colons, mut digits) = (0, 0);
    let mut found = None;
    for byte in text.bytes() {
        if let Some(class) = Class::of(byte) {
            chunk.add(class, byte);
            digits += usize::from(class == Class::Digit);
            is_bare_number &= class == Class::Digit;
        } else {
            found = found.or_else(|| chunk.mask());
            whole.join(&chunk);
            chunk = Shape::default();
            match byte {
                b'-' | b'_' | b'.' | b'+' | b' ' | b'(' | b')' => {}
                b':' => colons += 1,
                0x80.. => is_bare_number = false,
                // A random string goes on over the separators above, and ends at others.
                _ => {
                    is_bare_number = false;
                    found = found.or_else(|| whole.mask_of_joined());
                    whole = Shape::default();
                }
            }
        }
    }
    found = found.or_else(|| chunk.mask());
    whole.join(&chunk);
    found = found.or_else(|| whole.mask_of_joined());
    // Digits of other scripts are counted only where there are any.
    if !text.is_ascii() {
        digits = text.chars().filter(|c| c.is_numeric()).count();
    }
    let is_number = digits >= DIGITS_IN_ALL || is_bare_number && digits >= DIGITS_ALONE;
    // UUIDs and numbers are called what they are, though parts of them look like tokens.
    if is_number && found != Some(Mask::Token) || is_uuid(text) || is_address(text, colons) {
        return Some(Mask::Id);
    }
    found
}

/// `203.0.113.77`, `2001:db8::1`, `00-1b-44-11-3a-b7`.
fn is_address(text: &str, colons: usize) -> bool {
    let bytes = text.as_bytes();
    let is_mac = || {
        text.len() == MAC
            && bytes.iter().enumerate().all(|(at, byte)| match at % 3 {
                2 => matches!(byte, b':' | b'-'),
                _ => byte.is_ascii_hexdigit(),
            })
    };
    bytes.first().is_some_and(u8::is_ascii_digit) && v4(bytes).is_some()
        || colons >= 2 && v6(bytes).is_some()
        || is_mac()
}

/// 8-4-4-4-12 hexadecimal digits (RFC 9562).
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
}

impl Class {
    const fn of(byte: u8) -> Option<Self> {
        match byte {
            b'a'..=b'z' => Some(Self::Lower),
            b'A'..=b'Z' => Some(Self::Upper),
            b'0'..=b'9' => Some(Self::Digit),
            _ => None,
        }
    }
}

/// What letters and digits a text is of, and how they alternate. Words change between capitals, small letters and
/// digits seldom; a random string of base64 does two times in three.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    length: usize,
    digits: usize,
    capitals: usize,
    /// The longest run of digits, and the one that goes on.
    longest_run: usize,
    run: usize,
    changes: usize,
    /// Letters beyond `f`.
    beyond_hex: usize,
    last: Option<Class>,
    begins_as_json: u8,
}

impl Shape {
    fn add(&mut self, class: Class, byte: u8) {
        // `{"` in base64url, with which the header of a JWT begins.
        if let Some(expected) = b"eyJ".get(self.length)
            && *expected == byte
        {
            self.begins_as_json += 1;
        }
        self.length += 1;
        if class == Class::Digit {
            self.digits += 1;
            self.run += 1;
            self.longest_run = self.longest_run.max(self.run);
        } else {
            self.run = 0;
            self.capitals += usize::from(class == Class::Upper);
            self.beyond_hex += usize::from(byte | 32 > b'f');
        }
        self.changes += usize::from(self.last.is_some_and(|last| last != class));
        self.last = Some(class);
    }

    fn join(&mut self, other: &Self) {
        self.length += other.length;
        self.digits += other.digits;
        self.capitals += other.capitals;
        self.changes += other.changes;
    }

    /// What a run of letters and digits has to be masked as.
    fn mask(&self) -> Option<Mask> {
        let letters = self.length - self.digits;
        let is_hex = self.beyond_hex == 0 && self.length >= 8 && self.digits > 0 && letters > 0;
        let is_mixed = self.digits > 0 && (self.length >= 8 && self.changes >= 3);
        let is_jwt = self.begins_as_json == 3 && self.length >= 10;
        // Most titles in capitals and small letters have words of five letters.
        let is_scrambled = self.length >= 16 && self.changes * 5 >= self.length * 2;
        if is_hex || is_mixed || is_jwt || is_scrambled || self.length > LONGEST_WORD {
            return Some(if letters == 0 { Mask::Id } else { Mask::Token });
        }
        (self.longest_run >= DIGITS_IN_A_ROW).then_some(Mask::Id)
    }

    /// What several runs have to be masked as that are one string of base64url, which has hyphens and underscores.
    fn mask_of_joined(&self) -> Option<Mask> {
        let letters = self.length - self.digits;
        let is_token = self.length >= 16
            && self.digits > 0
            && self.capitals > 0
            && self.capitals < letters
            && self.changes * 5 >= self.length * 2;
        is_token.then_some(Mask::Token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay() {
        for text in [
            "",
            "products",
            "the-10-best-phones-of-2024",
            "GettingStartedWithRust",
            "iphone-15-pro-max-256gb",
            "index.html",
            "v1.2.3",
            "sha256",
            "covid-19",
            "2024",
            "en-US",
            "utf-8",
            "windows11pro",
            "app.bundle.min.js",
            "Donaudampfschifffahrtsgesellschaft",
            "\u{5546}\u{54c1}",
            "b2b",
            "\u{fc}ber-uns",
            "text/html,application/xhtml+xml,*/*;q=0.8",
        ] {
            assert_eq!(identifier(text), None, "{text}");
        }
    }

    #[test]
    fn identifiers_do_not() {
        for (text, mask) in [
            ("12345", Mask::Id),
            ("user12345", Mask::Id),
            ("order-1234567", Mask::Id),
            ("123e4567-e89b-12d3-a456-426614174000", Mask::Id),
            ("+49 170 1234567", Mask::Id),
            ("555-0199-12", Mask::Id),
            ("1980-05-17", Mask::Id),
            ("123-45-6789", Mask::Id),
            ("DE89 3704 0044 0532 0130 00", Mask::Id),
            ("203.0.113.77", Mask::Id),
            ("10.0.0.1", Mask::Id),
            ("2001:db8::1", Mask::Id),
            ("00:1b:44:11:3a:b7", Mask::Id),
            ("@alice", Mask::Id),
            ("\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}\u{668}\u{669}", Mask::Id),
            ("alice@example.org", Mask::Email),
            ("alice\u{ff20}example.org", Mask::Email),
            ("507f1f77bcf86cd799439011", Mask::Token),
            ("a1b2c3d4", Mask::Token),
            ("V1StGXR8_Z5jdHi6B-myT", Mask::Token),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", Mask::Token),
            ("k3j9x2m4q8", Mask::Token),
            ("aGVsbG8gd29ybGQh", Mask::Token),
            ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", Mask::Token),
            ("main.3f9a8b7c.js", Mask::Token),
        ] {
            assert_eq!(identifier(text), Some(mask), "{text}");
        }
        assert_eq!(identifier(&"a".repeat(41)), Some(Mask::Token));
    }

    proptest! {
        #[test]
        fn whatever_is_random_is_found(bytes: [u8; 16], number in 10_000_u64..) {
            prop_assert!(identifier(&number.to_string()).is_some());
            let item = format!("item-{number}");
            prop_assert!(identifier(&item).is_some());
            let hex = crate::encoding::to_hex(&bytes);
            prop_assume!(hex.bytes().any(|b| b.is_ascii_digit()) && hex.bytes().any(|b| !b.is_ascii_digit()));
            prop_assert!(identifier(&hex).is_some());
            prop_assert!(identifier(hex.split_at(8).0).is_some() || hex.split_at(8).0.bytes().all(|b| !b.is_ascii_digit()));
        }

        #[test]
        fn an_address_is_found_wherever_it_stands(before in "[a-z ]{0,9}", name in "[a-z.]{1,9}", after in "\\PC{0,9}") {
            let text = format!("{before}{name}@example.org{after}");
            prop_assert_eq!(identifier(&text), Some(Mask::Email));
        }
    }
}
