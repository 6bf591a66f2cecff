//! The one pass over a text: from trigger to trigger, each looked at with a bounded view to both sides.

use super::{
    class::{self, LOCAL, is},
    email,
    fold::Mark,
    hold::Hold,
    kind::{Counts, Kind, Options},
    network, number, pair,
    pass::pass,
    pem,
    sieve::Sieve,
    token, url,
};

/// How far a detector may look ahead of its trigger, in bytes.
pub(super) const AHEAD: usize = 2048;
/// How far it may look back.
pub(super) const BACK: usize = 1280;
/// Longer words are not given back. Below [`BACK`], so that whatever ends in `@` is seen from its first letter.
const LONGEST: usize = 1024;
/// Whoever is longer than [`LONGEST`] fills one of these blocks, so that one look into each finds it.
const BLOCK: usize = 512;

/// How far ahead of a trigger something unseen may end what began there, and how many such ends are tried.
const PARTED: usize = 64;
const TRIES: usize = 8;

/// What a detector sees: the text up to a bound that depends on nothing but its trigger.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    text: &'a [u8],
    marks: &'a [Mark],
    /// Where nothing before may be replaced or read: the end of the last replacement, or as far back as one may look.
    pub(super) floor: usize,
    /// What is known about the text from outside, for its first words. See [`super::context`].
    pub(super) hint: u32,
}

impl<'a> View<'a> {
    /// The byte at a place; zero before and after the text, `]` in what has been replaced.
    #[inline]
    pub(super) fn at(&self, place: usize) -> u8 {
        match self.text.get(place) {
            Some(byte) if place >= self.floor => *byte,
            Some(_) => b']',
            None => 0,
        }
    }

    /// The byte before a place.
    #[inline]
    pub(super) fn before(&self, place: usize) -> u8 {
        self.at(place.wrapping_sub(1))
    }

    /// Whether a place is of some classes.
    #[inline]
    pub(super) fn is(&self, place: usize, classes: u8) -> bool {
        is(self.at(place), classes)
    }

    /// Where the bytes of some classes, from a place on, end.
    #[inline]
    pub(super) fn run(&self, place: usize, classes: u8) -> usize {
        let rest = self.text.get(place..).unwrap_or_default();
        place + rest.iter().take_while(|byte| is(**byte, classes)).count()
    }

    /// Where the bytes of some classes that end at a place begin, at most so many bytes before.
    #[inline]
    pub(super) fn run_back(&self, place: usize, classes: u8, most: usize) -> usize {
        let least = place.saturating_sub(most).max(self.floor);
        let rest = self.text.get(least..place).unwrap_or_default();
        place - rest.iter().rev().take_while(|byte| is(**byte, classes)).count()
    }

    /// The bytes between two places.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        self.text.get(from..to.min(self.text.len())).unwrap_or_default()
    }

    /// Whether these bytes follow at a place.
    pub(super) fn starts_with(&self, place: usize, bytes: &[u8]) -> bool {
        self.text.get(place..).is_some_and(|rest| rest.starts_with(bytes))
    }

    /// Where the view ends.
    pub(super) const fn end(&self) -> usize {
        self.text.len()
    }

    /// Whether something unseen, such as a zero-width space, parts what stands before and after a place.
    pub(super) fn is_parted(&self, place: usize) -> bool {
        let from = self.marks.partition_point(|mark| mark.at < place);
        self.marks.get(from).is_some_and(|mark| mark.at == place && mark.width == 0)
    }

    /// Whether a letter, a digit or `_` stands directly before a place.
    pub(super) fn is_joined_left(&self, place: usize) -> bool {
        let before = self.before(place);
        (is(before, class::ALNUM) || before == b'_') && !self.is_parted(place)
    }

    /// Whether a letter, a digit or `_` stands at a place, directly after what ends there.
    pub(super) fn is_joined_right(&self, place: usize) -> bool {
        let after = self.at(place);
        (is(after, class::ALNUM) || after == b'_') && !self.is_parted(place)
    }
}

/// What a detector says about its trigger.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing; the search goes on from here.
    Skip(usize),
    /// Something to replace.
    Found(Found),
}

/// Something to replace.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How it goes on, where its end may lie beyond any bound.
    pub(super) hold: Option<Hold>,
}

impl Found {
    /// Something that ends in sight.
    pub(super) const fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self { kind, start, end, hold: None }
    }

    /// Something of which only the start is known.
    pub(super) const fn held(kind: Kind, start: usize, end: usize, hold: Hold) -> Self {
        Self { kind, start, end, hold: Some(hold) }
    }
}

/// The scan of one text, which may arrive in parts.
#[derive(Debug, Default)]
pub(super) struct Scan {
    options: Options,
    pub(super) hint: u32,
    pub(super) counts: Counts,
    /// Up to where the text has been searched.
    at: usize,
    /// Up to where it has been written out or replaced.
    written: usize,
    /// Where the last replacement ended.
    replaced: usize,
    /// Where the search went on, if that was within a number.
    anew: Option<usize>,
    /// The first block that has not been tried for an overlong word.
    block: usize,
    /// Where the next overlong word starts.
    overlong: Option<usize>,
    hold: Option<Hold>,
}

impl Scan {
    pub(super) fn new(options: Options, hint: u32) -> Self {
        Self { options, hint, ..Self::default() }
    }

    /// How many bytes at the start of the text are not needed any more.
    pub(super) fn passed(&self) -> usize {
        self.written.min(self.at.saturating_sub(BACK)).min(self.block.saturating_sub(BLOCK))
    }

    /// Says that so many bytes at the start of the text have been taken away.
    pub(super) fn shift(&mut self, bytes: usize) {
        self.at -= bytes;
        self.written -= bytes;
        self.block -= bytes;
        self.replaced = self.replaced.saturating_sub(bytes);
        self.anew = self.anew.and_then(|at| at.checked_sub(bytes));
        self.overlong = self.overlong.map(|at| at.saturating_sub(bytes));
    }

    /// Goes on as far as the text allows, and writes what is decided. `last` says that the text ends here.
    pub(super) fn run(&mut self, text: &[u8], marks: &[Mark], last: bool, out: &mut Vec<u8>) {
        let limit = if last { text.len() } else { text.len().saturating_sub(AHEAD) };
        // A block is tried once it is seen as far as a word may go that begins in the block before.
        let seen =
            if last { text.len() + 1 } else { (text.len() + BLOCK + 1).saturating_sub(2 * LONGEST - BLOCK) };
        let blocks = if self.options.looks_for(Kind::Oversize) { seen.saturating_sub(BLOCK) } else { 0 };
        let mut sieve = Sieve::default();
        loop {
            if let Some(hold) = self.hold {
                let (end, more) = hold.advance(text, self.at, limit, last);
                self.at = end;
                self.replaced = end;
                self.written = end;
                self.hold = more;
                self.pass_blocks();
                if self.hold.is_some() {
                    break;
                }
            }
            if self.at >= limit {
                break;
            }
            if self.overlong.map_or(self.block < blocks, |start| start < self.at) {
                self.find_overlong(text, blocks);
            }
            let until = self.overlong.map_or(limit, |start| start.min(limit));
            if self.next(&mut sieve, text, marks, until).is_some() {
                let view = self.view(text, marks, self.at);
                let step = self.parted(&view, self.at, self.trigger(&view, self.at));
                self.go(text, marks, &view, step, out);
            } else if self.at >= limit {
                break;
            } else if self.overlong == Some(self.at) {
                self.at_overlong(text, marks, out);
            }
            // Otherwise what is overlong begins in what was passed.
        }
        let decided = if last { text.len() + 1 } else { self.at.saturating_sub(BACK) };
        if decided > self.written {
            write(text, marks, self.written, decided, out);
            self.written = decided;
        }
    }

    /// At the first byte of an overlong word.
    #[cold]
    fn at_overlong(&mut self, text: &[u8], marks: &[Mark], out: &mut Vec<u8>) {
        let view = self.view(text, marks, self.at);
        let held = || Found::held(Kind::Oversize, self.at, self.at + LONGEST, Hold::Run(LOCAL));
        let known = token::at_start(&view, self.at);
        let found = known.or_else(|| self.options.looks_for(Kind::Oversize).then(held));
        let step = found.map_or(Step::Skip(self.at + 1), Step::Found);
        self.go(text, marks, &view, step, out);
    }

    /// Goes on after what a detector has said.
    fn go(&mut self, text: &[u8], marks: &[Mark], view: &View<'_>, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Skip(to) => self.at = to.max(self.at + 1),
            Step::Found(found) if self.options.looks_for(found.kind) => {
                debug_assert!(found.start >= view.floor && found.end > found.start, "{found:?}");
                write(text, marks, self.written, found.start, out);
                out.extend_from_slice(found.kind.mark().as_bytes());
                self.counts.note(found.kind);
                self.at = found.end;
                self.written = found.end;
                self.replaced = found.end;
                self.hold = found.hold;
            }
            // What is in a value stays to be looked at, where it is not taken for a secret as a whole.
            Step::Found(found) if matches!(found.kind, Kind::Secret | Kind::Userinfo) => {
                self.at = found.start.max(self.at + 1);
            }
            Step::Found(found) => self.at = found.end.max(self.at + 1),
        }
        self.note_anew(text);
    }

    /// Notes where the search goes on.
    fn note_anew(&mut self, text: &[u8]) {
        let at = self.at;
        let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
        if digit(at) && at > 0 && digit(at - 1) {
            self.anew = Some(at);
        }
    }

    fn view<'a>(&self, text: &'a [u8], marks: &'a [Mark], at: usize) -> View<'a> {
        let seen = text.get(..at + AHEAD).unwrap_or(text);
        View { text: seen, marks, floor: self.replaced.max(at.saturating_sub(BACK)), hint: self.hint }
    }

    fn trigger(&self, view: &View<'_>, at: usize) -> Step {
        match view.at(at) {
            b'0'..=b'9' => number::at(view, at, self.options),
            b'-' => dash(view, at),
            b'@' => email::at_sign(view, at, at + 1),
            b':' => colon(view, at),
            b'=' => pair::at_separator(view, at, at + 1),
            b'>' => pair::after_tag(view, at),
            b'A'..=0x7f => token::letters(view, at),
            _ => Step::Skip(at + 1),
        }
    }

    /// What ends at something unseen, where nothing was found that goes on behind it.
    fn parted(&self, view: &View<'_>, at: usize, step: Step) -> Step {
        if view.marks.is_empty() || matches!(step, Step::Found(_)) {
            return step;
        }
        let place = |at: usize| view.marks.partition_point(|mark| mark.at < at);
        let near = view.marks.get(place(at + 1)..place(at + PARTED)).unwrap_or_default();
        let ends = near.iter().rev().filter(|mark| mark.width == 0).take(TRIES);
        let shorter = ends.filter_map(|mark| {
            let text = view.text.get(..mark.at)?;
            match self.trigger(&View { text, ..*view }, at) {
                Step::Found(found) if found.hold.is_none() => Some(Step::Found(found)),
                _ => None,
            }
        });
        { shorter }.next().unwrap_or(step)
    }

    /// Goes to the next place at which more than a few bytes have to be looked at; `None` if there is none before a limit,
    /// which is then where the search goes on.
    fn next(&mut self, sieve: &mut Sieve, text: &[u8], marks: &[Mark], limit: usize) -> Option<()> {
        while let Some(at) = sieve.next(text, self.at, limit, self.replaced, self.anew) {
            debug_assert!(self.is_nothing(text, marks, at), "something is dropped");
            self.at = at;
            let passed = if marks.is_empty() { pass(text, at, self.replaced) } else { None };
            let Some(after) = passed else { return Some(()) };
            debug_assert!(self.is_nothing(text, marks, at + 1), "something is passed");
            self.at = after;
            self.note_anew(text);
        }
        debug_assert!(self.is_nothing(text, marks, limit), "something is dropped");
        self.at = self.at.max(limit);
        None
    }

    /// Whether no detector finds anything up to a place, wherever a byte might begin something.
    fn is_nothing(&self, text: &[u8], marks: &[Mark], end: usize) -> bool {
        let mut at = self.at;
        while at < end {
            let byte = text.get(at).copied().unwrap_or_default();
            let within = Some(at) != self.anew && at > 0 && text.get(at - 1).is_some_and(u8::is_ascii_digit);
            if matches!(byte, b'0'..=b'@' | b'-') && !(within && byte.is_ascii_digit()) {
                let view = self.view(text, marks, at);
                match self.parted(&view, at, self.trigger(&view, at)) {
                    Step::Skip(to) => at = to.max(at + 1),
                    Step::Found(_) => return false,
                }
            } else {
                at += 1;
            }
        }
        true
    }

    /// Passes the blocks that begin before where the search is.
    const fn pass_blocks(&mut self) {
        while self.block < self.at {
            self.block += BLOCK;
        }
    }

    /// Looks for the start of the next overlong word, in the blocks that begin before a place.
    fn find_overlong(&mut self, text: &[u8], blocks: usize) {
        if self.overlong.take().is_some() {
            // The search has gone on beyond its start: what is left of it is in blocks that have been tried.
            while self.block >= self.at + BLOCK {
                self.block -= BLOCK;
            }
        }
        self.pass_blocks();
        let local = |byte: &u8| is(*byte, LOCAL);
        while self.block < blocks {
            let block = self.block;
            self.block += BLOCK;
            if text.get(block..block + BLOCK).is_some_and(|bytes| bytes.iter().all(local)) {
                let before = text.get(self.at..block).unwrap_or_default();
                let start = block - before.iter().rev().take_while(|byte| local(byte)).count();
                let word = text.get(start..=start + LONGEST).unwrap_or_default();
                if word.len() > LONGEST && word.iter().all(local) {
                    self.overlong = Some(start);
                    return;
                }
            }
        }
    }
}

fn dash(view: &View<'_>, at: usize) -> Step {
    if view.at(at + 1) == b'-' {
        let option = view.is(at + 2, class::ALPHA).then(|| pair::after_option(view, at)).flatten();
        return option.map_or_else(|| pem::at_dashes(view, at), Step::Found);
    }
    network::mac(view, at).map_or(Step::Skip(at + 1), Step::Found)
}

fn colon(view: &View<'_>, at: usize) -> Step {
    if view.at(at + 1) == b'/' && view.at(at + 2) == b'/' {
        return url::userinfo(view, at);
    }
    if let Some(found) = network::mac(view, at).or_else(|| network::v6(view, at)) {
        return Step::Found(found);
    }
    pair::at_separator(view, at, at + 1)
}

/// Writes the text between two places as it came in.
fn write(text: &[u8], marks: &[Mark], from: usize, to: usize, out: &mut Vec<u8>) {
    let mut from = from;
    if !marks.is_empty() {
        let first = marks.partition_point(|mark| mark.at < from);
        for mark in marks.get(first..).unwrap_or_default().iter().take_while(|mark| mark.at < to) {
            out.extend_from_slice(text.get(from..mark.at).unwrap_or_default());
            out.extend_from_slice(mark.original());
            from = mark.at + usize::from(mark.width);
        }
    }
    out.extend_from_slice(text.get(from..to.min(text.len())).unwrap_or_default());
}
