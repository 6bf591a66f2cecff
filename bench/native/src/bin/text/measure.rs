//! Scrubbing free text: bytes per second, and what is caught of a public corpus.

use crate::texts::{Text, corpus, dense, sparse};
use redact_core::{AnalyzerEngine, anonymizers::AnonymizerConfig};
use serde_json::{Value, json};
use std::{collections::BTreeMap, hint::black_box, time::Instant};

/// A library with its way to take personal data out of a text.
struct Peer {
    name: &'static str,
    scrub: Box<dyn Fn(&str) -> String>,
}

fn peers() -> Vec<Peer> {
    let engine = AnalyzerEngine::new();
    let config = AnonymizerConfig::default();
    let redactor = llm_pii_redact::Redactor::default();
    vec![
        Peer { name: "consentry", scrub: Box::new(|text| consentry::anonymize::scrub(text).text) },
        Peer { name: "regex-pii-rs 0.1.0", scrub: Box::new(regex_pii_rs::redact) },
        Peer { name: "llm-pii-redact 0.1.0", scrub: Box::new(move |text| redactor.redact(text).text) },
        Peer {
            name: "redact-core 0.12.7",
            scrub: Box::new(move |text| {
                engine
                    .anonymize(text, None, &config)
                    .map_or_else(|error| error.to_string(), |result| result.text)
            }),
        },
    ]
}

/// How long one measurement of one library takes, in seconds.
const SPAN: f64 = 0.12;

/// What is scrubbed, by its name.
pub fn inputs(corpus: Option<&[Text]>) -> [(&'static str, String); 5] {
    [
        ("sparse 1 kB", sparse(1_000)),
        ("sparse 10 kB", sparse(10_000)),
        ("sparse 100 kB", sparse(100_000)),
        ("dense 10 kB", dense(10_000, corpus)),
        ("dense 90 kB", dense(90_000, corpus)),
    ]
}

/// Measures in rounds, in each of which every library has its turn.
pub fn run(rounds: usize) -> Value {
    let corpus = corpus();
    if corpus.is_none() {
        eprintln!(
            "CONSENTRY_CORPORA does not name a folder of corpora: dense texts are made up, recall is not measured"
        );
    }
    let corpus = corpus.as_deref();
    let inputs = inputs(corpus);
    let peers = peers();
    let mut rates: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for _ in 0..rounds {
        for (input, (_, text)) in inputs.iter().enumerate() {
            for (peer, Peer { scrub, .. }) in peers.iter().enumerate() {
                rates.entry((peer, input)).or_default().push(rate(scrub, text));
            }
        }
    }
    let mut results = Vec::new();
    print!("{:24}", "MB/s, median (best)");
    inputs.iter().for_each(|(name, _)| print!("{name:>20}"));
    println!();
    for (peer, Peer { name, .. }) in peers.iter().enumerate() {
        print!("{name:24}");
        let mut row = serde_json::Map::new();
        for (input, (label, _)) in inputs.iter().enumerate() {
            let mut values = rates.remove(&(peer, input)).unwrap_or_default();
            values.sort_by(f64::total_cmp);
            let (median, best) = (values[values.len() / 2], values[values.len() - 1]);
            print!("{:>20}", format!("{median:.1} ({best:.1})"));
            row.insert((*label).to_owned(), json!({"median": round(median), "best": round(best)}));
        }
        println!();
        results.push(
            json!({"name": name, "MB/s": row, "caught": corpus.map(|texts| caught(&peers[peer], texts))}),
        );
    }
    if let Some(texts) = corpus {
        println!("\ncaught of {} texts", texts.len());
        for result in &results {
            println!("{:24}{}", result["name"].as_str().unwrap_or_default(), result["caught"]);
        }
    }
    json!({"bench": "text", "rounds": rounds, "load": load(), "results": results})
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Megabytes per second of computing.
fn rate(scrub: &dyn Fn(&str) -> String, text: &str) -> f64 {
    let (start, computed, mut bytes) = (Instant::now(), computed(), 0);
    while start.elapsed().as_secs_f64() < SPAN {
        black_box(scrub(black_box(text)));
        bytes += text.len();
    }
    let seconds = match (computed, self::computed()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed().as_secs_f64(),
    };
    bytes as f64 / seconds / 1e6
}

/// How long this thread has been computing, in seconds: on a machine that others use too, time on the wall says little.
fn computed() -> Option<f64> {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(spent.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// Of each type, how many there are and how many do not survive whole.
fn caught(peer: &Peer, texts: &[Text]) -> Value {
    let mut types: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for text in texts {
        let scrubbed = (peer.scrub)(&text.full_text);
        for span in &text.spans {
            let known = ["EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN", "PHONE_NUMBER"];
            if known.contains(&span.entity_type.as_str()) {
                let (all, gone) = types.entry(&span.entity_type).or_default();
                *all += 1;
                *gone += usize::from(!scrubbed.contains(&span.entity_value));
            }
        }
    }
    types.into_iter().map(|(name, (all, gone))| (name.to_owned(), json!(format!("{gone}/{all}")))).collect()
}

/// How busy the machine was.
fn load() -> Option<String> {
    std::fs::read_to_string("/proc/loadavg").ok().map(|load| load.trim().to_owned())
}
