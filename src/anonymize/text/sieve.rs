//! The search for the next byte at which something may be found, 64 bytes at a time: what each of them is becomes a bit,
//! and arithmetic on these numbers drops what its neighbours show to be nothing, before any of it is looked at.

#![expect(clippy::inline_always, reason = "single instructions, also in a build for size")]

use super::{
    super::keys::may_end,
    class::{ALNUM, ALPHA, DIGIT, is},
    lanes::Lanes,
};

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// How many bytes before a place are looked at for what may be dropped there. Closer to what was replaced, nothing is.
const NEAR: usize = 12;

/// How many bytes before a separator may be of a name.
const NAME: usize = 8;

/// For each byte of a block a bit, that of the first one lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    /// Digits.
    digits: u64,
    /// Digits and what may stand between those of one number.
    numeric: u64,
    /// Letters, and what ASCII has between and after them: `_` most of all.
    letters: u64,
    /// What words consist of with a digit in them, and what may part them.
    words: u64,
    /// `%` and `#`, by which escapes begin.
    escapes: u64,
    /// Dashes.
    dashes: u64,
    /// Colons.
    colons: u64,
    /// What ASCII has from `:` to `@`.
    signs: u64,
}

impl Block {
    /// What the bytes of a block are.
    fn read(&mut self, bytes: &[u8; BLOCK]) {
        let (mut brackets, mut digits, mut signs, mut letters, mut parts, mut others) = (0, 0, 0, 0, 0, 0);
        let (mut rest, mut shift) = (bytes.as_slice(), 0);
        while let Some((sixteen, after)) = rest.split_first_chunk() {
            let lanes = Lanes::new(sixteen);
            // In the order of ASCII. What stands in different parts of it is told apart without being looked for twice.
            brackets |= lanes.from(b'(').bits() << shift;
            digits |= lanes.from(b'0').bits() << shift;
            signs |= lanes.from(b':').bits() << shift;
            letters |= lanes.from(b'A').bits() << shift;
            parts |= lanes.is(b' ').or(lanes.is(b'-')).or(lanes.is(b':')).bits() << shift;
            others |= lanes.is(b'%').or(lanes.is(b'#')).or(lanes.is(b'.')).bits() << shift;
            (rest, shift) = (after, shift + 16);
        }
        let (digits, dashes, escapes) = (digits & !signs, parts & brackets & !signs, others & !brackets);
        *self = Self {
            digits,
            numeric: brackets & !signs | escapes | parts & !brackets,
            letters,
            words: letters | digits | others | dashes,
            escapes,
            dashes,
            colons: parts & signs,
            signs: signs & !letters,
        };
    }

    /// What the bytes of a block in a text are, with zeros after its end. Written in place: whoever moved it at once would
    /// wait for it.
    #[inline]
    fn read_at(&mut self, text: &[u8], place: usize) {
        match text.get(place..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => self.read(bytes),
            None => self.read(&rest(text, place)),
        }
    }
}

/// The last bytes of a text, with zeros after its end.
#[cold]
fn rest<const N: usize>(text: &[u8], place: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(text.get(place..).unwrap_or_default()).for_each(|(slot, byte)| *slot = *byte);
    bytes
}

/// The bits of a block, and those of one beside it.
#[derive(Clone, Copy)]
struct Bits {
    here: u64,
    beside: u64,
}

impl Bits {
    #[inline(always)]
    fn of(here: u64, beside: u64) -> Self {
        Self { here, beside }
    }

    /// What is so many bytes on, where the other block is the next one.
    #[inline(always)]
    fn ahead(self, bytes: u32) -> Self {
        Self { here: self.here >> bytes | self.beside << (64 - bytes), beside: self.beside >> bytes }
    }

    /// What is so many bytes back, where the other block is the one before.
    #[inline(always)]
    fn back(self, bytes: u32) -> Self {
        Self { here: self.here << bytes | self.beside >> (64 - bytes), beside: self.beside << bytes }
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self { here: self.here & other.here, beside: self.beside & other.beside }
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self { here: self.here | other.here, beside: self.beside | other.beside }
    }
}

/// The search through a text, block by block.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Where the block starts.
    base: usize,
    before: Block,
    here: Block,
    after: Block,
    /// Where four bytes in a row begin that may be of a word, in the block before.
    fours: u64,
    /// Where something may be found.
    stops: u64,
    /// Where the next one starts, if there is one yet.
    next: Option<usize>,
}

impl Sieve {
    /// The next place from one on, and before a limit, where something may be found. `replaced` is where what was
    /// replaced ends; `anew` is where the search went on within a number.
    #[inline]
    pub(super) fn next(
        &mut self,
        text: &[u8],
        from: usize,
        limit: usize,
        replaced: usize,
        anew: Option<usize>,
    ) -> Option<usize> {
        let mut from = from;
        while from < limit {
            if self.next.is_none_or(|next| from >= next) {
                self.go_to(text, from - from % BLOCK);
            }
            let base = self.base;
            let mut stops = self.stops;
            if anew.is_some_and(|anew| anew >= base) || replaced + NEAR > base && replaced > 0 {
                stops |= self.undecided(replaced, anew);
            }
            stops &= u64::MAX << (from % BLOCK);
            if stops != 0 {
                let place = base + stops.trailing_zeros() as usize;
                return Some(place).filter(|place| *place < limit);
            }
            from = base + BLOCK;
        }
        None
    }

    /// What may be something, as far as the byte alone says, and of which what stands before is not what it was.
    #[cold]
    fn undecided(&self, replaced: usize, anew: Option<usize>) -> u64 {
        let here = &self.here;
        let from = |place: usize| match place.saturating_sub(self.base) {
            offset @ 0..BLOCK => u64::MAX << offset,
            _ => 0,
        };
        let near = if replaced > 0 { from(replaced) & !from(replaced + NEAR) } else { 0 };
        let anew = anew.map_or(0, |anew| from(anew) & !from(anew + 1));
        (here.digits | here.dashes | here.signs) & (near | anew)
    }

    fn go_to(&mut self, text: &[u8], base: usize) {
        if self.next != Some(base) {
            self.begin(text, base);
        }
        self.before = self.here;
        self.here = self.after;
        self.after.read_at(text, base + BLOCK);
        (self.base, self.next) = (base, Some(base + BLOCK));
        self.stops = self.decide() | self.signs(text);
    }

    /// Reads the blocks before and at a place.
    #[cold]
    fn begin(&mut self, text: &[u8], base: usize) {
        self.here = Block::default();
        if let Some(before) = base.checked_sub(BLOCK) {
            self.here.read_at(text, before);
        }
        self.after.read_at(text, base);
        self.fours = fours(&self.here, &self.after);
    }

    /// Where digits, dashes and long words may be something.
    fn decide(&mut self) -> u64 {
        let Self { before, here, after, fours: fours_before, .. } = self;
        let (digits, dashes) = (Bits::of(here.digits, after.digits), Bits::of(here.dashes, after.dashes));

        // No number has fewer than seven digits, and no address fewer than seven bytes.
        let numeric = Bits::of(here.numeric, after.numeric);
        let two = numeric.and(numeric.ahead(1));
        let four = two.and(two.ahead(2));
        let seven = four.and(four.ahead(3));

        // A word of letters and digits is longer than three bytes.
        let last = digits.and(Bits::of(here.letters, after.letters).ahead(1));
        let last = last.or(digits.and(last.ahead(1)));
        let pairs = digits.and(digits.ahead(1));
        let last = last.or(pairs.and(last.ahead(2)));
        let begins = last.or(pairs.and(pairs.ahead(2)).and(last.ahead(4))).here;
        let joined = Bits::of(here.letters, before.letters).back(1).here;
        let starts = fours(here, after);
        let fours = Bits { here: starts, beside: std::mem::replace(fours_before, starts) };
        let two = fours.or(fours.back(1));
        let long = two.or(two.back(2)).here;

        // The pairs of a hardware address.
        let colons = Bits::of(here.colons, after.colons);
        let parted = dashes.or(colons);
        let pairs = parted.and(parted.ahead(3)).and(parted.ahead(6));
        let paired = pairs.ahead(2).here | pairs.ahead(4).here;

        // A time of day, where one of its parts could be taken for the start of a number.
        let third = colons.and(seven.ahead(1));
        let second = third.or(colons.and(third.ahead(3)));
        let timed = second.ahead(1).here | second.ahead(2).here;

        let escaped = Bits::of(here.escapes, before.escapes).back(1).here;
        let first = here.digits & !Bits::of(here.digits, before.digits).back(1).here;
        let numbers = first & (seven.here | escaped | paired | timed | (joined | begins) & long);

        // An option, or a PEM block.
        let row = here.dashes & dashes.ahead(1).here & !Bits::of(here.dashes, before.dashes).back(1).here;

        // The last of twelve letters: what issuers give out is long, and may happen to hold no digit.
        let letters = Bits::of(here.letters, before.letters);
        let two = letters.and(letters.back(1));
        let four = two.and(two.back(2));
        let eight = four.and(four.back(4));
        let twelve = eight.here & four.back(8).here & !Bits::of(here.letters, after.letters).ahead(1).here;
        numbers | here.dashes & pairs.here | row | twelve
    }

    /// Where `:`, `=`, `>` and `@` may be something.
    fn signs(&self, text: &[u8]) -> u64 {
        let Self { here, after, .. } = self;
        let (mut rest, mut stops) = (here.signs, 0);
        if rest == 0 {
            return 0;
        }
        let mut edge = [0; NAME + BLOCK + 2];
        let start = self.base.checked_sub(NAME);
        let near = start.and_then(|start| text.get(start..)?.first_chunk()).unwrap_or_else(|| {
            // At the edges of the text, with zeros around it.
            let (skip, from) = start.map_or((NAME, 0), |start| (0, start));
            let rest = text.get(from..).unwrap_or_default();
            edge.iter_mut().skip(skip).zip(rest).for_each(|(slot, byte)| *slot = *byte);
            &edge
        });
        let colons = Bits::of(here.colons, after.colons);
        while rest != 0 {
            let offset = rest.trailing_zeros();
            rest &= rest - 1;
            let seen = near.get(offset as usize..).and_then(|seen| seen.first_chunk::<{ NAME + 3 }>());
            let Some(seen) = seen else { break };
            let (Some(name), Some([sign, ahead @ ..])) = (seen.first_chunk(), seen.last_chunk::<3>()) else {
                break;
            };
            let stands = match sign {
                b'@' => true,
                b':' => {
                    is_in_address(colons.here >> offset >> 1 | colons.beside << (63 - offset))
                        || ahead == b"//"
                        || may_be_named(*name)
                }
                b'=' => may_be_named(*name),
                b'>' => is(name[NAME - 1], ALNUM) && may_be_named(*name),
                _ => false,
            };
            stops |= u64::from(stands) << offset;
        }
        stops
    }
}

/// Where four bytes in a row begin that may be of a word.
fn fours(here: &Block, after: &Block) -> u64 {
    let words = Bits::of(here.words, after.words);
    let two = words.and(words.ahead(1));
    two.and(two.ahead(2)).here
}

/// Whether a colon may be the first of an address, by the colons that follow it: a second one comes after at most four
/// digits, and a third one after that.
fn is_in_address(after: u64) -> bool {
    let second = after.trailing_zeros();
    second == 0 || second < 5 && (after >> (second + 1)).trailing_zeros() < 5
}

/// Whether what ends before a separator may name a secret. Almost nothing does, which a few bytes tell.
#[inline]
fn may_be_named(before: [u8; NAME]) -> bool {
    // No branches where texts would take now this one and now that.
    let word = u64::from_be_bytes(before);
    let [.., escape, last] = before;
    let quotes = u32::from(matches!(last, b'"' | b'\'' | b' '));
    let escapes = quotes & u32::from(escape == b'\\');
    let word = word >> (8 * (quotes + escapes));
    // `password2`.
    let digits = 8 * digits_at_end(word);
    let [_, _, _, ends @ ..] = word.checked_shr(digits).unwrap_or_default().to_be_bytes();
    let [.., second, last] = ends;
    if is(last, ALPHA) {
        return may_end_name(ends) || second == b'5';
    }
    if digits > 0 {
        return matches!(last, 0 | b'_' | b'-' | b'.');
    }
    // `nginx[4321]`.
    !(last == b']' && is(second, DIGIT))
        && matches!(last, b'"' | b'\'' | b'`' | b'\\' | b']' | b' ' | b'_' | b'-' | b'.')
}

/// How many digits eight bytes end in, of which the last one is lowest.
#[inline]
fn digits_at_end(word: u64) -> u32 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let values = word ^ (0x30 * EACH);
    // The top bit of what is not 0 to 9.
    let others = ((values & (0x7f * EACH)) + 0x76 * EACH) | values;
    (others & (0x80 * EACH)).trailing_zeros() / 8
}

/// Whether the last five bytes of a name may be those of a secret's. What is not sure is taken for one.
#[inline]
fn may_end_name([fifth, fourth, third, second, last]: [u8; 5]) -> bool {
    // No name of a secret has two letters, but the last word of one may: `session_id`, `sess-id`.
    may_end(third, second, last)
        && (is(third, ALPHA)
            || matches!(third, b'_' | b'-' | b'.' | b' ')
                && matches!(fourth | 32, b'n' | b's')
                && is(fifth, ALPHA))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where something may be found.
    fn stops(text: &str) -> Vec<usize> {
        let (mut sieve, mut from, mut stops) = (Sieve::default(), 0, Vec::new());
        while let Some(place) = sieve.next(text.as_bytes(), from, text.len(), 0, None) {
            stops.push(place);
            from = place + 1;
        }
        stops
    }

    #[test]
    fn drops_what_is_nothing() {
        for text in [
            "worker-3 took 123 ms, the queue still has 4567 entries",
            "Nov 22 10:11:12 web-3 nginx(4321): GET /api/v1/orders?page=12 HTTP/1.1 status=200",
            "seen at 10:11:12.5, and at 9:05",
            "{\"level\":\"info\",\"ms\":12,\"name\":'x'}",
            "at com.example.Handler(Handler.java:123) ~[shop-1.2.3.jar:na]",
            "a - b, c-d; e < f > g? <p>",
            "https:x, Grüße: 東京",
        ] {
            assert_eq!(stops(text), [0; 0], "{text}");
        }
    }

    #[test]
    fn stops_at_what_may_be_something() {
        for (text, found) in [
            ("call 602-272-9781", vec![5, 9]),
            ("from 1.2.3.4 on", vec![5]),
            ("to a@b.c", vec![4]),
            ("password=x", vec![8]),
            ("{\"password\":\"x\"", vec![11]),
            ("{\\\"password2\\\":", vec![11, 14]),
            ("session_id: x", vec![10]),
            ("<token>x", vec![6]),
            ("https://a@b", vec![5, 9]),
            ("at fe80::1", vec![5, 7]),
            ("is at 00:1b:44:11:3a:b7", vec![6, 8, 9, 11, 12, 14]),
            ("-----BEGIN X-----", vec![0, 12]),
            ("--password x", vec![0]),
            ("abcdefGHIJKL now", vec![11]),
            ("user a%40b", vec![7]),
            ("build 0f99a24", vec![6, 8, 11]),
            ("seen at 10:11:12 602-272-9781", vec![8, 11, 14, 17, 21]),
        ] {
            assert_eq!(stops(text), found, "{text}");
        }
    }

    #[test]
    fn blocks_do_not_matter() {
        let text = "2026-11-22T10:11:12Z \"password2\": 00-1b-44-11-3a-b7 fe80::1 AB12 34 56 C -----BEGIN X----- \
            abcdefGHIJKLmnop 12ms deadbeef10 https://a:b@c 4111 1111 1111 1111 x=1, a%40b <token>x (030) 1234567 end";
        let all = stops(&format!("{}{text}", " ".repeat(64)));
        for shift in 0..64 {
            let moved = stops(&format!("{}{text}", " ".repeat(64 + shift)));
            assert_eq!(moved, all.iter().map(|place| place + shift).collect::<Vec<_>>(), "{shift}");
        }
    }
}
