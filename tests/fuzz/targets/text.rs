//! Free text: wherever it is cut the same comes out, it is well-formed, and nothing stops the program.
#![no_main]

use consentry::anonymize::{Options, Scrubber, names_secret};
use libfuzzer_sys::fuzz_target;

fn scrubbed(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut scrubber, mut out) = (Scrubber::new(Options::default()), Vec::new());
    for piece in pieces {
        scrubber.push(piece, &mut out);
    }
    scrubber.finish(&mut out);
    out
}

fuzz_target!(|input: (Vec<u8>, u16)| {
    let (text, cut) = input;
    let (first, second) = text.split_at(usize::from(cut).min(text.len()));
    let whole = scrubbed(&[&text]);
    assert_eq!(whole, scrubbed(&[first, second]));
    assert!(String::from_utf8(whole).is_ok());
    if let Ok(name) = std::str::from_utf8(&text) {
        let _ = names_secret(name);
    }
});
