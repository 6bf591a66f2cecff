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
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    pub(super) const fn with_starts(mut self, list: &[u8]) -> Self {
        let mut place = 0;
        while place < list.len() {
            let (start, next) = (place + 1, place + 1 + list[place] as usize);
            if next - start > 1 {
                self = self.with(list[start], list[start + 1]);
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

/// With which letters the words of a list begin: a bit for each.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(super) const fn initials_of(list: &[u8]) -> u32 {
    let (mut initials, mut place) = (0, 0);
    while place < list.len() {
        initials |= 1 << (list[place + 1] & 31);
        place += 1 + list[place] as usize;
    }
    initials
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
    let mut place = 0;
    while let Some(length) = list.get(place) {
        let start = place + 1;
        place = start + usize::from(*length);
        if usize::from(*length) == word.len()
            && list.get(start..place).is_some_and(|known| known.eq_ignore_ascii_case(word))
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_starts() {
        const STARTS: Pairs = Pairs::new().with_starts(&list(*b" phone x"));
        assert!(STARTS.may_have(b'p', b'h') && STARTS.may_have(b'P', b'H'));
        assert!(!STARTS.may_have(b'h', b'o') && !STARTS.may_have(b'x', 0));
        assert!(is_listed(&list(*b" phone x"), b"Phone") && !is_listed(&list(*b" phone x"), b"phon"));
    }
}
