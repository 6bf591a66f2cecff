//! Benchmarks of parts of the core beside other libraries, natively. Nothing is asserted.
//!
//! ```sh
//! cargo run --release -- text [--rounds 9] [--out results.json]
//! ```
//!
//! With `CONSENTRY_CORPORA` naming a folder of public corpora, they are measured too.

mod measure;
mod texts;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let bench = arguments.next();
    let (mut rounds, mut out) = (9, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(rounds),
            "--out" => out = arguments.next(),
            other => {
                eprintln!("unknown argument {other}");
                return ExitCode::FAILURE;
            }
        }
    }
    let results = match bench.as_deref() {
        Some("text") => measure::run(rounds),
        // The texts, for what measures in other languages.
        Some("sample") => {
            let corpus = texts::corpus();
            let inputs =
                measure::inputs(corpus.as_deref()).map(|(name, text)| (name.to_owned(), text.into()));
            println!("{}", serde_json::Value::Object(inputs.into_iter().collect()));
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("one of: text, sample");
            return ExitCode::FAILURE;
        }
    };
    if let Some(out) = out
        && let Err(error) = std::fs::write(&out, format!("{results:#}\n"))
    {
        eprintln!("{out}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
