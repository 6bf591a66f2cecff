//! Sets of three letters, to tell most words apart from those in a list by looking at three of theirs.

/// Three letters of each of some words, whatever their case. What is not in the set is certainly not, what is may not be.
pub(super) struct Triples([u32; 64]);

impl Triples {
    pub(super) const fn new() -> Self {
        Self([0; 64])
    }

    /// With the last three letters of the words of a list, before any digits.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    pub(super) const fn with_ends(mut self, list: &[u8]) -> Self {
        let mut place = 0;
        while place < list.len() {
            let start = place + 1;
            place = start + list[place] as usize;
            let mut end = place;
            while end > start && list[end - 1].is_ascii_digit() {
                end -= 1;
            }
            if end - start > 2 {
                self = self.with(list[end - 3], list[end - 2], list[end - 1]);
            }
        }
        self
    }

    /// With the first two letters and the last of the words of a list.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    pub(super) const fn with_frames(mut self, list: &[u8]) -> Self {
        let mut place = 0;
        while place < list.len() {
            let start = place + 1;
            place = start + list[place] as usize;
            if place - start > 1 {
                self = self.with(list[start], list[start + 1], list[place - 1]);
            }
        }
        self
    }

    #[expect(clippy::indexing_slicing, reason = "six bits are a place in a table of 64")]
    const fn with(mut self, one: u8, two: u8, three: u8) -> Self {
        let (row, bit) = Self::place(one, two, three);
        self.0[row] |= bit;
        self
    }

    /// Where three letters are noted: eleven bits of what their last five bits are multiplied to.
    #[inline]
    const fn place(one: u8, two: u8, three: u8) -> (usize, u32) {
        let letters = (one as u32 & 31) << 10 | (two as u32 & 31) << 5 | three as u32 & 31;
        let mixed = letters.wrapping_mul(0x9e37_79b1) >> 21;
        ((mixed >> 5) as usize, 1 << (mixed & 31))
    }

    /// Whether three letters may be in the set.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "six bits are a place in a table of 64")]
    pub(super) const fn may_have(&self, one: u8, two: u8, three: u8) -> bool {
        let (row, bit) = Self::place(one, two, three);
        self.0[row] & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pairs::list, *};

    #[test]
    fn knows_letters_of_words() {
        const ENDS: Triples = Triples::new().with_ends(&list(*b" cvv2 token x"));
        const FRAMES: Triples = Triples::new().with_frames(&list(*b" phone cc x"));
        assert!(ENDS.may_have(b'k', b'e', b'n') && ENDS.may_have(b'K', b'E', b'n'));
        assert!(ENDS.may_have(b'c', b'v', b'v') && !ENDS.may_have(b't', b'o', b'n'));
        assert!(FRAMES.may_have(b'p', b'H', b'e') && FRAMES.may_have(b'c', b'c', b'c'));
        let letters = || b'a'..=b'z';
        let known = letters().flat_map(|one| letters().map(move |two| (one, two)));
        let known = known.flat_map(|(one, two)| letters().map(move |three| (one, two, three)));
        let count = known.filter(|(one, two, three)| ENDS.may_have(*one, *two, *three)).count();
        assert!(count < 40, "{count}");
    }
}
