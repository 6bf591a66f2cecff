//! The shared vectors, natively. The same file runs in Node, in Chromium and in workerd; each must give these bytes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where its file is not as it should be"
)]

use consentry::vectors::{expected, run};

const FILE: &str = include_str!("vectors.json");

#[test]
fn native_answers_are_the_recorded_ones() {
    let answers = run(FILE);
    if std::env::var_os("WRITE_VECTORS").is_some() {
        let mut vectors: Vec<serde_json::Value> = serde_json::from_str(FILE).expect("a list of vectors");
        let answers: serde_json::Value = serde_json::from_str(&answers).expect("an object of answers");
        for vector in &mut vectors {
            let name = vector["name"].as_str().expect("a name").to_owned();
            // No answer is one only where that is written down already.
            let may_be_none = vector.get("expect").is_some_and(serde_json::Value::is_null);
            let answer = answers.get(&name).filter(|answer| may_be_none || !answer.is_null());
            vector["expect"] = answer.expect("every vector is answered").clone();
        }
        let text = serde_json::to_string_pretty(&vectors).expect("JSON") + "\n";
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.json"), text).expect("written");
        return;
    }
    assert_eq!(answers, expected(FILE));
    let count = FILE.matches("\"op\"").count();
    let named: serde_json::Value = serde_json::from_str(&answers).expect("an object of answers");
    assert_eq!(
        named.as_object().map(serde_json::Map::len),
        Some(count),
        "every vector has a name of its own"
    );
    assert!(count >= 40, "only {count} vectors");
}
