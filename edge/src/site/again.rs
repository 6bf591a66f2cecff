//! Pages that come again as they were. Most sites have few pages that change seldom, and to read one is most of the work
//! there is with it. A page that did not come twice alike is not kept: it may be somebody's own.

use consentry::enforce::page::Writing;
use js_sys::Uint8Array;
use std::{
    cell::RefCell,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    rc::Rc,
};

/// The most that is kept, in bytes.
const MOST_KEPT: usize = 4 << 20;

/// The most pages of which is known that they came once.
const MOST_SEEN: usize = 256;

/// What a page is made of: the same of all this makes the same page.
struct Made {
    charset: Option<String>,
    writing: Writing,
    page: Vec<u8>,
    written: Uint8Array,
}

impl Made {
    /// How much of the memory it takes.
    fn size(&self) -> usize {
        2 * self.page.len() + self.writing.banner.len()
    }

    fn is_of(&self, charset: Option<&str>, page: &[u8], writing: &Writing) -> bool {
        // A gate is made once for all who are permitted the same under a policy.
        Rc::ptr_eq(&self.writing.gate, &writing.gate)
            && self.page == page
            && self.charset.as_deref() == charset
            && self.writing.banner == writing.banner
            && self.writing.stub == writing.stub
            && self.writing.place == writing.place
            && self.writing.hashes == writing.hashes
    }
}

/// What this isolate remembers, the latest used last.
#[derive(Default)]
struct Memory {
    made: Vec<Made>,
    size: usize,
    seen: Vec<u64>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// What became of a page when it last came like this.
pub fn find(charset: Option<&str>, page: &[u8], writing: &Writing) -> Option<Uint8Array> {
    MEMORY.with_borrow_mut(|memory| {
        let at = memory.made.iter().position(|made| made.is_of(charset, page, writing))?;
        let made = memory.made.remove(at);
        let written = made.written.clone();
        memory.made.push(made);
        Some(written)
    })
}

/// Notes what became of a page, and keeps it when it comes for the second time.
pub fn note(charset: Option<&str>, page: Vec<u8>, writing: Writing, written: &Uint8Array) {
    let mut hasher = DefaultHasher::new();
    (&page, Rc::as_ptr(&writing.gate)).hash(&mut hasher);
    let hash = hasher.finish();
    MEMORY.with_borrow_mut(|memory| {
        if let Some(at) = memory.seen.iter().position(|seen| *seen == hash) {
            memory.seen.remove(at);
            let (charset, written) = (charset.map(str::to_owned), written.clone());
            memory.keep(Made { charset, writing, page, written });
        } else {
            if memory.seen.len() >= MOST_SEEN {
                memory.seen.remove(0);
            }
            memory.seen.push(hash);
        }
    });
}

impl Memory {
    fn keep(&mut self, made: Made) {
        self.size += made.size();
        self.made.push(made);
        while self.size > MOST_KEPT && !self.made.is_empty() {
            self.size -= self.made.remove(0).size();
        }
    }
}
