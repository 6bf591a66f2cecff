//! The scrubber as a whole.

mod corpora;
mod hostile;
mod invariants;
mod lines;

use super::{Counts, Options, Scrubber, scrub};

/// Asserts what becomes of a text, that doing it again changes nothing, and that it does not depend on chunks.
pub(crate) fn to(text: &str, scrubbed: &str) {
    let once = scrub(text);
    assert_eq!(once.text, scrubbed, "from {text:?}");
    let again = scrub(&once.text);
    assert_eq!(again.text, once.text, "again, from {text:?}");
    for size in [1, 7] {
        let (pieces, counts) = in_pieces(text.as_bytes(), size);
        assert_eq!((pieces.as_str(), counts), (scrubbed, once.found), "in pieces of {size}, from {text:?}");
    }
}

/// Asserts that a text stays as it is.
pub(crate) fn same(text: &str) {
    to(text, text);
}

/// Scrubs bytes in chunks of a size, each of them at once.
fn in_pieces(bytes: &[u8], size: usize) -> (String, Counts) {
    let (mut scrubber, mut out) = (Scrubber::new(Options::default()), Vec::new());
    for chunk in bytes.chunks(size) {
        scrubber.push_by(size, chunk, &mut out);
    }
    let counts = scrubber.finish(&mut out);
    (String::from_utf8(out).unwrap(), counts)
}
