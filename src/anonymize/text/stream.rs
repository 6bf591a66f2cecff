//! Scrubbing what arrives in chunks.

use super::{
    fold::Folded,
    kind::{Counts, Options},
    scan::{AHEAD, BACK, Scan},
};

/// So much is taken in before the scan goes on: small enough to stay in the cache, large enough to make moving what is
/// kept cheap.
const PIECE: usize = 4 * (AHEAD + BACK);

/// Scrubs bytes as they arrive. The result does not depend on how they are cut, and what is held back is bounded,
/// whatever arrives.
///
/// ```
/// use consentry::anonymize::{Options, Scrubber};
///
/// let (mut scrubber, mut out) = (Scrubber::new(Options::default()), Vec::new());
/// scrubber.push(b"mail to alice@exam", &mut out);
/// scrubber.push(b"ple.com sent", &mut out);
/// let found = scrubber.finish(&mut out);
/// assert_eq!(out, b"mail to [email] sent");
/// assert_eq!(found.total(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Scrubber {
    folded: Folded,
    scan: Scan,
}

impl Scrubber {
    /// A scrubber at the start of a text.
    pub fn new(options: Options) -> Self {
        Self { folded: Folded::default(), scan: Scan::new(options, 0) }
    }

    /// With something known about the text, see [`super::context`].
    pub(super) fn with_hint(options: Options, hint: u32) -> Self {
        Self { folded: Folded::default(), scan: Scan::new(options, hint) }
    }

    /// Takes in a chunk and appends what is decided so far to `out`, always well-formed UTF-8 as a whole. Bytes that are
    /// not UTF-8 come out as U+FFFD.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.push_by(PIECE, chunk, out);
    }

    /// The same, in pieces of another size.
    pub(super) fn push_by(&mut self, size: usize, chunk: &[u8], out: &mut Vec<u8>) {
        for piece in chunk.chunks(size) {
            self.folded.push(piece);
            if self.folded.text.len().max(self.folded.marks.len()) >= size {
                self.scan.run(&self.folded.text, &self.folded.marks, false, out);
                let passed = self.scan.passed();
                self.folded.forget(passed);
                self.scan.shift(passed);
            }
        }
    }

    /// Appends the rest to `out`, and says what was found.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Counts {
        self.folded.finish();
        self.scan.run(&self.folded.text, &self.folded.marks, true, out);
        self.scan.counts
    }

    /// How much is held back, in bytes.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.folded.text.capacity() + self.folded.marks.capacity() * size_of::<super::fold::Mark>()
    }
}
