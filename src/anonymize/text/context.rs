//! What the words around a number say that it is.

use super::{
    super::{
        pairs::{initials_of, is_listed, list},
        triples::Triples,
    },
    class::{ALPHA, is},
    scan::View,
};

/// Telephones are spoken of.
pub(super) const PHONE: u32 = 1;
/// Somebody is to be called or told something, which may be by telephone.
pub(super) const CALL: u32 = 1 << 1;
/// Payment cards are spoken of.
pub(super) const CARD: u32 = 1 << 2;
/// A social security number of the United States.
pub(super) const SSN: u32 = 1 << 3;
/// A number of some state for a person, of whichever.
pub(super) const ID: u32 = 1 << 4;
/// Dutch, Canadian, British, Australian, Indian, Brazilian, German, Danish, Japanese, Israeli, Portuguese, Irish ones.
pub(super) const BSN: u32 = 1 << 5;
pub(super) const SIN: u32 = 1 << 6;
pub(super) const NHS: u32 = 1 << 7;
pub(super) const TFN: u32 = 1 << 8;
pub(super) const AADHAAR: u32 = 1 << 9;
pub(super) const CPF: u32 = 1 << 10;
pub(super) const STEUER: u32 = 1 << 11;
pub(super) const CPR: u32 = 1 << 12;
pub(super) const DNI: u32 = 1 << 13;
pub(super) const PPS: u32 = 1 << 14;
pub(super) const PERSONNUMMER: u32 = 1 << 15;
pub(super) const MY_NUMBER: u32 = 1 << 16;

/// How far a word may be from the number, in bytes and in words.
const BYTES: usize = 64;
const WORDS: usize = 7;

/// What the words before a place say, each within reach and after what has been replaced.
pub(super) fn before(view: &View<'_>, place: usize) -> u32 {
    let least = place.saturating_sub(BYTES).max(view.floor);
    let (mut said, mut lines, mut rest) = (0, 0, view.slice(least, place));
    let small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
    for _ in 0..WORDS {
        while let [before @ .., byte] = rest
            && !is(*byte, ALPHA)
        {
            lines += u32::from(*byte == b'\n');
            // Marks end what is read, as replacements do; a blank line ends a thought.
            if *byte == b']' || lines > 2 {
                return said;
            }
            rest = before;
        }
        let all = rest;
        while let [before @ .., byte] = rest
            && is(*byte, ALPHA)
        {
            rest = before;
            // `phoneNumber` is two words.
            if byte.is_ascii_uppercase() && small(all.get(rest.len() + 1)) {
                break;
            }
        }
        said |= says(all.get(rest.len()..).unwrap_or_default());
        if rest.is_empty() {
            return if least == 0 { said | view.hint } else { said };
        }
    }
    said
}

/// Whether what follows a number on its line says that it is a telephone's: `office`, `fax`.
pub(super) fn phone_after(view: &View<'_>, place: usize) -> bool {
    let mut from = place;
    while from < place + 3 && matches!(view.at(from), b' ' | b'-' | b'(') {
        from += 1;
    }
    let word = view.slice(from, view.run(from, ALPHA));
    from > place && (says(word) & PHONE != 0 || is_listed(const { &list(*b" office home work desk") }, word))
}

const NUMBERED: &[u8] = &list(
    *b" version ver v release build rev revision firmware fw sdk section chapter clause paragraph oid \
    upgrade upgraded driver appversion",
);

/// Whether the word right before a place counts versions or sections.
pub(super) fn is_numbered(view: &View<'_>, place: usize) -> bool {
    let mut end = place;
    while end > view.floor
        && end + 3 > place
        && matches!(view.at(end - 1), b' ' | b'=' | b':' | b'.' | b'#' | b'"')
    {
        end -= 1;
    }
    let word = view.slice(view.run_back(end, ALPHA, 16), end);
    is_listed(NUMBERED, word)
        || word.last_chunk().is_some_and(|last: &[u8; 7]| last.eq_ignore_ascii_case(b"version"))
}

/// What words say, each in a list.
const SAYINGS: [(u32, &[u8]); 17] = [
    (
        PHONE,
        &list(
            *b" phone phones tel telephone telefon telefone telefono fono mobile mob mobil cell cellphone \
    cellular fax telefax whatsapp msisdn handy movil portable hotline sms dial pager landline \
    phonenumber telephones",
        ),
    ),
    (
        CALL,
        &list(
            *b" call calls called reach answer answering message messages registered desk office contact \
    contacts text ring",
        ),
    ),
    (
        CARD,
        &list(
            *b" card cards cc maestro visa mastercard credit debit amex pan creditcard cardnumber ccnumber",
        ),
    ),
    (SSN, &list(*b" ssn ssns social itin socialsecurity")),
    (BSN, &list(*b" bsn burgerservicenummer sofinummer")),
    (SIN, &list(*b" sin insurance")),
    (NHS, &list(*b" nhs")),
    (TFN, &list(*b" tfn")),
    (AADHAAR, &list(*b" aadhaar aadhar uidai")),
    (CPF, &list(*b" cpf")),
    (STEUER, &list(*b" steuer steuerid idnr identifikationsnummer steuernummer tin")),
    (CPR, &list(*b" cpr")),
    (DNI, &list(*b" dni nie nif")),
    (PPS, &list(*b" pps ppsn")),
    (PERSONNUMMER, &list(*b" personnummer personnr pesel nir")),
    (MY_NUMBER, &list(*b" mynumber")),
    (ID, &list(*b" taxpayer citizen nationalid identity")),
];

/// Two letters with which they begin, and the one that ends them.
const FRAMES: Triples = {
    let (mut frames, mut lists) = (Triples::new(), SAYINGS.as_slice());
    while let [(_, list), rest @ ..] = lists {
        frames = frames.with_frames(list);
        lists = rest;
    }
    frames
};

/// With which letters the words of each list begin.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const INITIALS: [u32; SAYINGS.len()] = {
    let (mut initials, mut list) = ([0; SAYINGS.len()], 0);
    while list < initials.len() {
        initials[list] = initials_of(SAYINGS[list].1);
        list += 1;
    }
    initials
};

/// What a word says.
pub(super) fn says(word: &[u8]) -> u32 {
    let ([one, other, ..], Some(last)) = (word, word.last()) else { return 0 };
    if !FRAMES.may_have(*one, *other, *last) {
        return 0;
    }
    let initial = 1 << (one & 31);
    let mut lists = SAYINGS.iter().zip(INITIALS).filter(|(_, initials)| initials & initial != 0);
    lists.find(|((_, list), _)| is_listed(list, word)).map_or(0, |((said, _), _)| *said)
}
