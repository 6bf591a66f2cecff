//! Pages: wherever they are cut, the same comes out, and nothing stops the program.
#![no_main]

use consentry::enforce::{
    Gate,
    page::{Page, Unreadable, Writing},
};
use libfuzzer_sys::fuzz_target;
use std::{cell::LazyCell, rc::Rc};

thread_local! {
    static GATE: LazyCell<Rc<Gate>> = LazyCell::new(|| Rc::new(consentry_fuzz::gate()));
}

fn passed(pieces: &[&[u8]]) -> Result<Vec<u8>, Unreadable> {
    let writing = Writing {
        gate: GATE.with(|gate| Rc::clone(gate)),
        banner: "<b>banner</b>".to_owned(),
        stub: Some("<b>stub</b>".to_owned()),
        place: "https://a.example/.consentry/".to_owned(),
        hashes: "'sha256-x'".to_owned(),
    };
    let start: Vec<u8> = pieces.concat().into_iter().take(2).collect();
    let mut page = Page::new(None, &start, writing)?;
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(page.write(piece)?);
    }
    out.extend(page.end()?);
    Ok(out)
}

fuzz_target!(|input: (Vec<u8>, u16)| {
    let (page, cut) = input;
    let (first, second) = page.split_at(usize::from(cut).min(page.len()));
    assert_eq!(passed(&[&page]), passed(&[first, second]));
});
