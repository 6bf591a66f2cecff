//! One access-log entry (address, user agent, URL, API key; about 315 bytes) anonymised by the core, and by the
//! fastest combination of other libraries: the standard library's address types, woothee for the user agent, and
//! dd-sensitive-data-scanner with eight rules for the URL. Both drop the API key and write the same line into a buffer
//! that is used again. Rounds alternate; the best and the middle one of each are printed, by time on a processor and by
//! the clock.
//!
//! `lines` are the same entries as JSON text, read, anonymised and written by the core.
//!
//! ```sh
//! cargo run --release --manifest-path bench/native/Cargo.toml --bin entry [-- --rounds 15] [--out results.json]
//! cargo run --release --manifest-path bench/native/Cargo.toml --bin entry -- sample
//! ```

mod entry {
    pub mod entries;
    pub mod ours;
    pub mod peer;
    pub mod rounds;
}

use serde_json::json;
use std::process::ExitCode;

use entry::{
    entries::{Entry, entries, line as line_of, median_size},
    ours::{self, Ours},
    peer::{self, Peer},
    rounds::{Measured, measure},
};

fn main() -> ExitCode {
    let entries = entries();
    let (mut rounds, mut out) = (15, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // The entries as lines, for what measures in other languages.
            "sample" => {
                entries.iter().for_each(|entry| println!("{}", line_of(entry, "client_id")));
                return ExitCode::SUCCESS;
            }
            "--rounds" => {
                let count = arguments.next().and_then(|count| count.parse().ok());
                rounds = count.filter(|count| *count > 0).unwrap_or(rounds);
            }
            "--out" => out = arguments.next(),
            other => {
                eprintln!("unknown argument {other}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{} entries, {} bytes in the middle", entries.len(), median_size(&entries));
    let (ours, mut peer) = (Ours::new(), Peer::new());
    let mut line = String::with_capacity(1024);
    for entry in entries.iter().take(2) {
        ours.anonymise(entry, &mut line);
        println!("ours  {line}");
        peer.anonymise(entry, &mut line);
        println!("peer  {line}");
    }

    let lines = |key: &str| -> Vec<String> { entries.iter().map(|entry| line_of(entry, key)).collect() };
    let (masked, named) = (lines("api_key"), lines("client_id"));
    for line in [&masked[0], &named[0]] {
        let mut out = String::new();
        assert!(ours::entries().anonymize_json(line.as_bytes(), &mut out).is_some());
        println!("line  {out}");
    }
    let whole = |lines: &[String]| {
        let (lines, mut entries, mut out) = (lines.to_vec(), ours::entries(), String::with_capacity(1024));
        move || {
            for line in &lines {
                out.clear();
                std::hint::black_box(entries.anonymize_json(line.as_bytes(), &mut out));
            }
        }
    };

    let mut sizes = 0;
    let each = |what: &mut dyn FnMut(&Entry)| entries.iter().for_each(what);
    let measured = measure(
        rounds,
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
            ("line, key masked", &mut whole(&masked)),
            ("line, key named", &mut whole(&named)),
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
    let rows: Vec<_> = measured
        .iter()
        .map(|Measured { name, best, middle, best_on_clock }| {
            let [best, middle, best_on_clock] = [best, middle, best_on_clock].map(|rate| rate.round());
            json!({"name": name, "best": best, "median": middle, "best_on_clock": best_on_clock})
        })
        .collect();
    let load = std::fs::read_to_string("/proc/loadavg").ok().map(|load| load.trim().to_owned());
    let results = json!({"bench": "entry", "rounds": rounds, "load": load, "per_second": rows});
    if let Some(out) = out
        && let Err(error) = std::fs::write(&out, format!("{results:#}\n"))
    {
        eprintln!("{out}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
