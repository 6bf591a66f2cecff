//! What is caught of a public set of synthetic texts with spans: `pii-texts.json` of presidio-research (MIT), in the
//! folder that the variable `CONSENTRY_CORPORA` names.

use super::scrub;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Text {
    full_text: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    entity_type: String,
    entity_value: String,
}

#[test]
fn nothing_of_the_public_texts_survives_whole() {
    let Some(folder) = std::env::var_os("CONSENTRY_CORPORA") else {
        println!("not tested: CONSENTRY_CORPORA does not name a folder of corpora");
        return;
    };
    let file = std::fs::read_to_string(std::path::Path::new(&folder).join("pii-texts.json")).unwrap();
    let texts: Vec<Text> = serde_json::from_str(&file).unwrap();
    // For each type: how many there are, and which survive.
    let mut types: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    for text in &texts {
        let scrubbed = scrub(&text.full_text).text;
        for span in &text.spans {
            let entry = types.entry(&span.entity_type).or_default();
            entry.0 += 1;
            if scrubbed.contains(&span.entity_value) {
                entry.1.push(&span.entity_value);
            }
        }
    }
    for name in ["EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN", "PHONE_NUMBER"] {
        let (all, survive) = types.get(name).unwrap();
        println!("{name}: {} of {all} caught, not {survive:?}", all - survive.len());
        let allowed = if name == "PHONE_NUMBER" { all / 10 } else { 0 };
        assert!(*all > 0 && survive.len() <= allowed, "{name}: {survive:?} of {all}");
    }
}
