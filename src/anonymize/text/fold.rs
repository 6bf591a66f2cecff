//! Reading bytes as text that nothing can hide in. What only looks like an ASCII character is folded to it, what cannot
//! be seen is taken out, and each change is marked, so that text which stays comes out as it went in.

/// What stood in the text where the folded text has `width` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where in the folded text.
    pub(super) at: usize,
    /// How many folded bytes stand for it: one, or none where nothing can be seen.
    pub(super) width: u8,
    original: [u8; 4],
    len: u8,
}

impl Mark {
    /// The characters that were there.
    pub(super) fn original(&self) -> &[u8] {
        self.original.get(..usize::from(self.len)).unwrap_or_default()
    }
}

enum Fold {
    /// It stays as it is.
    Same,
    /// It cannot be seen, or not be read.
    Unseen,
    /// It stands for an ASCII character.
    As(u8),
}

/// Zeros of the decimal digits that people type, in other scripts than Latin.
const ZEROS: [u32; 14] =
    [0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x17e0];

/// How a character folds: what Unicode lists as ignorable by default, compatible with ASCII (UAX #15) or a decimal
/// digit. Punctuation of East Asian sentences becomes a space, since it ends a word.
fn fold(character: char) -> Fold {
    let code = u32::from(character);
    let ascii = |byte: u32| u8::try_from(byte).map_or(Fold::Same, Fold::As);
    match code {
        0xad
        | 0x34f
        | 0x61c
        | 0x180b..=0x180f
        | 0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x206f
        | 0xfe00..=0xfe0f
        | 0xfeff
        | 0xfffd
        | 0xe_0000..=0xe_0fff => Fold::Unseen,
        0xa0
        | 0x1680
        | 0x2000..=0x200a
        | 0x2028
        | 0x2029
        | 0x202f
        | 0x205f
        | 0x3000..=0x3003
        | 0x3008..=0x301f => Fold::As(b' '),
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0xfe58 | 0xfe63 => Fold::As(b'-'),
        0x2024 | 0xfe52 | 0xff61 => Fold::As(b'.'),
        0x2236 | 0xfe55 | 0xa789 => Fold::As(b':'),
        0x2044 | 0x2215 => Fold::As(b'/'),
        0xfe6b => Fold::As(b'@'),
        0xff01..=0xff5e => ascii(code - 0xfee0),
        0xb2 | 0xb3 => ascii(code - 0xb0 + 0x30),
        0xb9 => Fold::As(b'1'),
        0x2070 | 0x2074..=0x2079 => ascii(code - 0x2070 + 0x30),
        0x2080..=0x2089 => ascii(code - 0x2080 + 0x30),
        0x1_d7ce..=0x1_d7ff => ascii((code - 0x1_d7ce) % 10 + 0x30),
        0x660..=0x17e9 => {
            let zero = ZEROS.into_iter().find(|zero| (*zero..zero + 10).contains(&code));
            zero.map_or(Fold::Same, |zero| ascii(code - zero + 0x30))
        }
        _ => Fold::Same,
    }
}

/// Whether a text is already what it folds to.
pub(super) fn is_plain(text: &str) -> bool {
    text.is_ascii()
        || text.chars().all(|character| character.is_ascii() || matches!(fold(character), Fold::Same))
}

/// How many bytes at the start are ASCII.
fn ascii_at_start(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk()
        && u64::from_ne_bytes(*eight) & 0x8080_8080_8080_8080 == 0
    {
        rest = after;
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| byte.is_ascii()).count()
}

/// How many unseen characters in a row are looked through. Of more, what is invisible is dropped, and what is not
/// text stays as a character that separates.
const LOOKED_THROUGH: u8 = 8;

const REPLACEMENT: [u8; 4] = [0xef, 0xbf, 0xbd, 0];

/// The folded text, with what differs in it. Chunks may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// Well-formed UTF-8, but for what is yet to come.
    pub(super) text: Vec<u8>,
    /// In order of place.
    pub(super) marks: Vec<Mark>,
    carried: Vec<u8>,
    unseen: u8,
    /// How many bytes an overlong sequence still lacks, and its value so far.
    overlong: (u8, u32),
}

impl Folded {
    /// Takes a piece of the input.
    pub(super) fn push(&mut self, mut piece: &[u8]) {
        while !self.carried.is_empty() {
            let Some((byte, rest)) = piece.split_first() else { return };
            let mut joined = std::mem::take(&mut self.carried);
            joined.push(*byte);
            match std::str::from_utf8(&joined) {
                Ok(text) => {
                    piece = rest;
                    self.valid(text);
                }
                Err(error) if error.error_len().is_none() => {
                    piece = rest;
                    self.carried = joined;
                }
                Err(_) => {
                    joined.pop();
                    self.invalid(&joined);
                }
            }
        }
        loop {
            match std::str::from_utf8(piece) {
                Ok(text) => return self.valid(text),
                Err(error) => {
                    let (text, rest) = piece.split_at(error.valid_up_to());
                    self.valid(std::str::from_utf8(text).unwrap_or_default());
                    let Some(len) = error.error_len() else {
                        self.carried = rest.to_vec();
                        return;
                    };
                    let (bad, rest) = rest.split_at(len);
                    self.invalid(bad);
                    piece = rest;
                }
            }
        }
    }

    /// Says that nothing follows.
    pub(super) fn finish(&mut self) {
        if !self.carried.is_empty() {
            let carried = std::mem::take(&mut self.carried);
            self.invalid(&carried);
        }
    }

    /// Forgets the first bytes of the folded text, and the marks in them.
    pub(super) fn forget(&mut self, bytes: usize) {
        self.text.drain(..bytes);
        let passed = self.marks.partition_point(|mark| mark.at < bytes);
        self.marks.drain(..passed);
        for mark in &mut self.marks {
            mark.at -= bytes;
        }
    }

    fn valid(&mut self, mut text: &str) {
        if !text.is_empty() {
            self.overlong.0 = 0;
        }
        while !text.is_empty() {
            let ascii = ascii_at_start(text.as_bytes());
            let (plain, rest) = text.split_at_checked(ascii).unwrap_or((text, ""));
            if !plain.is_empty() {
                self.text.extend_from_slice(plain.as_bytes());
                self.unseen = 0;
            }
            let mut characters = rest.chars();
            if let Some(character) = characters.next() {
                self.character(character);
            }
            text = characters.as_str();
        }
    }

    fn character(&mut self, character: char) {
        let mut original = [0; 4];
        character.encode_utf8(&mut original);
        let len = if character < '\u{800}' {
            2
        } else if character < '\u{10000}' {
            3
        } else {
            4
        };
        match fold(character) {
            Fold::Same => {
                self.text.extend_from_slice(original.get(..usize::from(len)).unwrap_or_default());
                self.unseen = 0;
            }
            Fold::As(byte) => self.stands_for(byte, original, len),
            Fold::Unseen => self.unseen(original, len),
        }
    }

    fn invalid(&mut self, bytes: &[u8]) {
        let [byte] = bytes else {
            self.overlong.0 = 0;
            return self.unseen(REPLACEMENT, 3);
        };
        let (lacks, value) = self.overlong;
        if lacks > 0 && byte & 0xc0 == 0x80 {
            self.overlong = (lacks - 1, value << 6 | u32::from(byte & 0x3f));
            // Lenient readers would take it for that character.
            if let ((0, 0..=0x7f), Ok(folded)) = (self.overlong, u8::try_from(self.overlong.1)) {
                return self.stands_for(folded, REPLACEMENT, 3);
            }
        } else {
            self.overlong = match byte {
                0xc0 | 0xc1 => (1, u32::from(byte & 1)),
                0xe0 => (2, 0),
                0xf0 => (3, 0),
                _ => (0, 0),
            };
        }
        self.unseen(REPLACEMENT, 3);
    }

    fn stands_for(&mut self, byte: u8, original: [u8; 4], len: u8) {
        self.marks.push(Mark { at: self.text.len(), width: 1, original, len });
        self.text.push(byte);
        self.unseen = 0;
    }

    fn unseen(&mut self, original: [u8; 4], len: u8) {
        if self.unseen < LOOKED_THROUGH {
            self.unseen += 1;
            self.marks.push(Mark { at: self.text.len(), width: 0, original, len });
        } else if original == REPLACEMENT {
            self.text.extend_from_slice(original.get(..usize::from(len)).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(bytes: &[u8]) -> (String, usize) {
        let mut folded = Folded::default();
        folded.push(bytes);
        folded.finish();
        (String::from_utf8(folded.text).unwrap(), folded.marks.len())
    }

    #[test]
    fn folds_what_looks_like_ascii() {
        assert_eq!(folded("４１\u{200b}1\u{ad}1 ＠ \u{2011}\u{a0}٣".as_bytes()), ("4111 @ - 3".into(), 8));
        assert_eq!(folded("Grüße, 東京".as_bytes()), ("Grüße, 東京".into(), 0));
    }

    #[test]
    fn overlong_sequences_are_seen_through() {
        assert_eq!(folded(b"a\xc1\x80b"), ("a@b".into(), 2));
        assert_eq!(folded(b"a\xe0\x81\x80b"), ("a@b".into(), 3));
        assert_eq!(folded(b"4\xff1\xe2\x82"), ("41".into(), 2));
    }

    #[test]
    fn a_flood_of_nothing_takes_no_room() {
        let (text, marks) = folded("\u{200b}".repeat(10_000).as_bytes());
        assert_eq!((text.len(), marks), (0, 8));
    }

    #[test]
    fn the_cut_does_not_matter() {
        let bytes = "é４\u{200d}😀x".bytes().chain(*b"\xc0\xaf\xf0\x9f\x98\xe2\x82z").collect::<Vec<_>>();
        let mut whole = Folded::default();
        whole.push(&bytes);
        for cut in 0..=bytes.len() {
            let mut pieces = Folded::default();
            pieces.push(&bytes[..cut]);
            pieces.push(&bytes[cut..]);
            assert_eq!((&pieces.text, &pieces.marks), (&whole.text, &whole.marks), "{cut}");
        }
    }
}
