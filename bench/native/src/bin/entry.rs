//! One access-log entry (address, user agent, URL, API key; about 315 bytes) anonymised by the core, and by the
//! fastest combination of other libraries: the standard library's address types, woothee for the user agent, and
//! dd-sensitive-data-scanner with eight rules for the URL. Both drop the API key and write the same line into a buffer
//! that is used again. Rounds alternate; the best and the middle one of each are printed, by time on a processor and by
//! the clock.
//!
//! ```sh
//! cargo run --release --manifest-path bench/native/Cargo.toml --bin entry
//! ```

mod entry {
    pub mod entries;
    pub mod ours;
    pub mod peer;
    pub mod rounds;
}

use entry::{
    entries::{Entry, entries, median_size},
    ours::Ours,
    peer::{self, Peer},
    rounds::{Measured, measure},
};

fn main() {
    let entries = entries();
    println!("{} entries, {} bytes in the middle", entries.len(), median_size(&entries));
    let (ours, mut peer) = (Ours::new(), Peer::new());
    let mut line = String::with_capacity(1024);
    for entry in entries.iter().take(2) {
        ours.anonymise(entry, &mut line);
        println!("ours  {line}");
        peer.anonymise(entry, &mut line);
        println!("peer  {line}");
    }

    let mut sizes = 0;
    let each = |what: &mut dyn FnMut(&Entry)| entries.iter().for_each(what);
    let measured = measure(
        entries.len(),
        &mut [
            ("entry, ours", &mut || {
                each(&mut |entry| {
                    ours.anonymise(entry, &mut line);
                    sizes += line.len();
                })
            }),
            ("entry, others", &mut {
                let mut line = String::with_capacity(1024);
                let entries = &entries;
                move || entries.iter().for_each(|entry| peer.anonymise(entry, &mut line))
            }),
            ("address, ours", &mut || {
                each(&mut |entry| {
                    std::hint::black_box(consentry::anonymize::reduce_ip(entry.ip));
                })
            }),
            ("address, std", &mut || {
                each(&mut |entry| {
                    std::hint::black_box(peer::mask(entry.ip));
                })
            }),
            ("user agent, ours", &mut || {
                each(&mut |entry| {
                    std::hint::black_box(consentry::anonymize::reduce_user_agent(entry.user_agent));
                })
            }),
            ("user agent, woothee", &mut {
                let woothee = woothee::parser::Parser::new();
                let entries = &entries;
                move || {
                    entries.iter().for_each(|entry| {
                        std::hint::black_box(woothee.parse(entry.user_agent));
                    });
                }
            }),
            ("url, ours", &mut || {
                each(&mut |entry| {
                    std::hint::black_box(consentry::anonymize::reduce_url(&entry.url, &ours.rules));
                })
            }),
        ],
    );
    println!("{:<20} {:>14} {:>14} {:>14}", "per second", "best", "middle", "best on clock");
    for Measured { name, best, middle, best_on_clock } in &measured {
        println!("{name:<20} {best:>14.0} {middle:>14.0} {best_on_clock:>14.0}");
    }
    if let [ours, others, ..] = measured.as_slice() {
        println!(
            "{:<20} {:>14.2} {:>14.2} {:>14.2}",
            "ratio",
            ours.best / others.best,
            ours.middle / others.middle,
            ours.best_on_clock / others.best_on_clock
        );
    }
    assert!(sizes > 0);
}
