//! Finding what a word says, in one or two comparisons: the signs in buckets, sorted when this is compiled.

use super::signs::{Meaning, SIGNS};

/// A power of two, about as many as there are signs.
const BUCKETS: usize = 512;

/// Of all words together.
const LETTERS: usize = letters();

#[expect(clippy::indexing_slicing, reason = "computed when compiled: what does not fit stops the build")]
const fn letters() -> usize {
    let (mut letters, mut at) = (0, 0);
    while at < SIGNS.len() {
        letters += SIGNS[at].0.len();
        at += 1;
    }
    letters
}

/// A sign, whose word is that much of all letters.
#[derive(Clone, Copy)]
struct Entry {
    start: u16,
    length: u8,
    says: Meaning,
}

/// All signs, without a pointer for each.
struct Table {
    /// Where the entries of each bucket begin; those of the last end with the table.
    starts: [u16; BUCKETS + 1],
    entries: [Entry; SIGNS.len()],
    letters: [u8; LETTERS],
}

static TABLE: Table = fill();

/// The bucket of a word. Case is folded as ASCII does by setting one bit, which is good enough for a start.
const fn bucket(length: usize, first: u8, middle: u8, last: u8) -> usize {
    let letters = ((first | 32) as usize) << 9 ^ ((middle | 32) as usize) << 4 ^ (last | 32) as usize;
    ((length.wrapping_mul(7) ^ letters).wrapping_mul(0x9e3b) >> 7) % BUCKETS
}

#[expect(clippy::indexing_slicing, reason = "computed when compiled: what does not fit stops the build")]
const fn bucket_of(word: &[u8]) -> usize {
    bucket(word.len(), word[0], word[word.len() / 2], word[word.len() - 1])
}

#[expect(clippy::indexing_slicing, reason = "computed when compiled: what does not fit stops the build")]
#[expect(clippy::cast_possible_truncation, reason = "asserted")]
const fn fill() -> Table {
    assert!(LETTERS <= u16::MAX as usize);
    let mut table = Table {
        starts: [0; BUCKETS + 1],
        entries: [Entry { start: 0, length: 0, says: SIGNS[0].1 }; SIGNS.len()],
        letters: [0; LETTERS],
    };
    // How many each bucket has, at first in the place of the bucket after it.
    let mut at = 0;
    while at < SIGNS.len() {
        table.starts[bucket_of(SIGNS[at].0.as_bytes()) + 1] += 1;
        at += 1;
    }
    at = 0;
    while at < BUCKETS {
        table.starts[at + 1] += table.starts[at];
        at += 1;
    }
    let mut next = table.starts;
    let mut letter = 0;
    at = 0;
    while at < SIGNS.len() {
        let (word, says) = (SIGNS[at].0.as_bytes(), SIGNS[at].1);
        let bucket = bucket_of(word);
        assert!(word.len() <= u8::MAX as usize);
        table.entries[next[bucket] as usize] = Entry { start: letter as u16, length: word.len() as u8, says };
        next[bucket] += 1;
        let mut byte = 0;
        while byte < word.len() {
            table.letters[letter] = word[byte];
            letter += 1;
            byte += 1;
        }
        at += 1;
    }
    table
}

/// What a word says, if it is known.
pub(super) fn look_up(word: &[u8]) -> Option<Meaning> {
    let (first, last) = (word.first()?, word.last()?);
    let bucket = bucket(word.len(), *first, *word.get(word.len() / 2)?, *last);
    let (start, end) = (*TABLE.starts.get(bucket)?, *TABLE.starts.get(bucket + 1)?);
    let entries = TABLE.entries.get(usize::from(start)..usize::from(end))?;
    let is_meant = |entry: &&Entry| {
        let start = usize::from(entry.start);
        usize::from(entry.length) == word.len()
            && TABLE
                .letters
                .get(start..start + word.len())
                .is_some_and(|known| known == word || known.eq_ignore_ascii_case(word))
    };
    entries.iter().find(is_meant).map(|entry| entry.says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_found_whatever_its_case() {
        for (sign, says) in SIGNS {
            for word in [(*sign).to_owned(), sign.to_ascii_uppercase(), sign.to_ascii_lowercase()] {
                assert_eq!(look_up(word.as_bytes()), Some(*says), "{word}");
            }
        }
        for word in ["", "z", "Alice", "Chrom", "Chromes", "bot"] {
            assert!(look_up(word.as_bytes()).is_none(), "{word}");
        }
    }

    #[test]
    fn no_word_stands_there_twice() {
        let mut words: Vec<String> = SIGNS.iter().map(|(word, _)| word.to_ascii_lowercase()).collect();
        words.sort_unstable();
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
