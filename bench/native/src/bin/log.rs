//! Verifying what the audit log hands out, by the size of its tree: the proof of an entry, with the signature under it and
//! without, and a trail. Beside it ct-merkle verifies the same path, and a signature is verified by itself; of a trail the
//! floor is that its lines are read as JSON.
//!
//! A tree of 10^9 leaves is not built. Siblings, and the roots that stand for what a trail leaves out, are made up, and the
//! root follows from them: whoever verifies cannot tell, and does the same work.
//!
//! ```sh
//! cargo run --release --manifest-path bench/native/Cargo.toml --bin log [-- --rounds 9] [--out results.json]
//! ```

#[path = "entry/rounds.rs"]
mod rounds;

mod log {
    pub mod proofs;
    pub mod trails;
}

use serde_json::json;
use std::process::ExitCode;

use log::{proofs::Proof, trails::Trail};
use rounds::{Measured, measure};

const SIZES: [u64; 3] = [1_000, 1_000_000, 1_000_000_000];

fn main() -> ExitCode {
    let (mut rounds, mut out) = (9, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
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
    let mut results = Vec::new();
    for size in SIZES {
        let (proof, trail) = (Proof::new(size), Trail::new(size));
        println!("a tree of {size}: a proof of {} bytes, with {} hashes", proof.text().len(), proof.hashes());
        let mut rows = measure(
            rounds,
            1,
            &mut [
                ("path, ours", &mut || assert!(proof.leads_to_root())),
                ("path, ct-merkle", &mut || assert!(proof.leads_to_root_by_peer())),
                ("proof, read and verified", &mut || assert!(proof.holds())),
                ("proof, and its signature", &mut || assert!(proof.holds_and_is_signed())),
                ("a signature by itself", &mut || assert!(proof.is_signed())),
            ],
        );
        rows.extend(measure(
            rounds,
            trail.lines(),
            &mut [
                ("trail, lines", &mut || assert!(trail.holds())),
                ("trail, lines as JSON", &mut || assert!(trail.is_json())),
            ],
        ));
        println!("{:<26} {:>12} {:>12}", "per second", "best", "middle");
        for Measured { name, best, middle, .. } in &rows {
            println!("{name:<26} {best:>12.0} {middle:>12.0}");
        }
        let rows: Vec<_> = rows
            .iter()
            .map(|Measured { name, best, middle, best_on_clock }| {
                let [best, middle, best_on_clock] = [best, middle, best_on_clock].map(|rate| rate.round());
                json!({"name": name, "best": best, "median": middle, "best_on_clock": best_on_clock})
            })
            .collect();
        results.push(json!({"size": size, "proof_bytes": proof.text().len(), "per_second": rows}));
    }
    let load = std::fs::read_to_string("/proc/loadavg").ok().map(|load| load.trim().to_owned());
    let results = json!({"bench": "log", "rounds": rounds, "load": load, "results": results});
    if let Some(out) = out
        && let Err(error) = std::fs::write(&out, format!("{results:#}\n"))
    {
        eprintln!("{out}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
