//! Lists of words, and sets of two letters, to tell most words apart from those in a list by looking at two bytes.

/// Pairs of ASCII letters, whatever their case. Other bytes are taken for a letter too: what is not in the set is
/// certainly not, what is may not be.
pub(super) struct Pairs([u32; 32]);

impl Pairs {
    pub(super) const fn new() -> Self {
        Self([0; 32])
    }

    /// With one more.
    #[expect(clippy::indexing_slicing, reason = "five bits are a place in a table of 32")]
    pub(super) const fn with(mut self, one: u8, other: u8) -> Self {
        self.0[(one & 31) as usize] |= 1 << (other & 31);
        self
    }

    /// Also the first two letters of each word of a list.
    pub(super) const fn with_starts(self, list: &[u8]) -> Self {
        self.with_each(list, true, 0, 1)
    }

    /// Also the last two letters of each word of a list, before any digits.
    pub(super) const fn with_ends(self, list: &[u8]) -> Self {
        self.with_each(list, false, 1, 0)
    }

    /// Also the third and second to last letter.
    pub(super) const fn with_middles(self, list: &[u8]) -> Self {
        self.with_each(list, false, 2, 1)
    }

    /// Also the third to last and the last letter.
    pub(super) const fn with_frames(self, list: &[u8]) -> Self {
        self.with_each(list, false, 2, 0)
    }

    /// Also two letters of each word, counted from its start or its end.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn with_each(mut self, list: &[u8], from_start: bool, one: usize, other: usize) -> Self {
        let mut place = 0;
        while place < list.len() {
            let (start, next) = (place + 1, place + 1 + list[place] as usize);
            let mut end = next;
            while !from_start && end > start && list[end - 1].is_ascii_digit() {
                end -= 1;
            }
            let most = if one > other { one } else { other };
            if end - start > most {
                self = if from_start {
                    self.with(list[start + one], list[start + other])
                } else {
                    self.with(list[end - 1 - one], list[end - 1 - other])
                };
            }
            place = next;
        }
        self
    }

    /// Whether a pair may be in the set.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "five bits are a place in a table of 32")]
    pub(super) const fn may_have(&self, one: u8, other: u8) -> bool {
        self.0[(one & 31) as usize] & 1 << (other & 31) != 0
    }
}

/// A list of words in small letters, each after its length, from one with a space before each: small, and quick to
/// search.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(super) const fn list<const N: usize>(mut words: [u8; N]) -> [u8; N] {
    let (mut place, mut length) = (N, 0);
    while place > 0 {
        place -= 1;
        if words[place] == b' ' {
            words[place] = length;
            length = 0;
        } else {
            length += 1;
        }
    }
    words
}

/// The words of a list.
pub(super) fn words(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = list.split_first()?;
        let (word, rest) = rest.split_at_checked(usize::from(*length))?;
        list = rest;
        Some(word)
    })
}

/// Whether a word is in a list, whatever its case.
pub(super) fn is_listed(list: &[u8], word: &[u8]) -> bool {
    words(list).any(|known| known.len() == word.len() && known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_starts_and_ends() {
        const STARTS: Pairs = Pairs::new().with_starts(&list(*b" phone x"));
        const ENDS: Pairs = Pairs::new().with_ends(&list(*b" cvv2 key"));
        assert!(STARTS.may_have(b'p', b'h') && STARTS.may_have(b'P', b'H'));
        assert!(!STARTS.may_have(b'h', b'o') && !STARTS.may_have(b'x', 0));
        assert!(is_listed(&list(*b" phone x"), b"Phone") && !is_listed(&list(*b" phone x"), b"phon"));
        assert!(ENDS.may_have(b'v', b'v') && ENDS.may_have(b'e', b'Y') && !ENDS.may_have(b'k', b'e'));
    }
}
