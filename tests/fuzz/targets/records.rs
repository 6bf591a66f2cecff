//! What others hand over in a format of ours or theirs: cookies, notes, proofs, entries, tiles, canonical JSON, keys,
//! what earlier tools left.
#![no_main]

use consentry::{
    audit::{Checkpoint, Leaf, LeafText, LogProof, Note, NoteKey, TilePath},
    canonical,
    clock::Timestamp,
    consent::{DecisionCookie, imported},
    policy::{Import, Policy},
    vault::{Keyring, SigningKeys},
};
use libfuzzer_sys::fuzz_target;
use std::cell::LazyCell;

thread_local! {
    static POLICY: LazyCell<Policy> = LazyCell::new(consentry_fuzz::policy);
}

fuzz_target!(|text: &str| {
    let _ = (Checkpoint::parse(text), LogProof::parse(text), NoteKey::parse(text), TilePath::parse(text));
    let _ = (Leaf::parse(text), LeafText::parse(text), SigningKeys::parse(text));
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
    }
    if let Some(json) = canonical::Json::parse(text) {
        let (mut once, mut twice) = (String::new(), String::new());
        json.write(&mut once);
        canonical::Json::parse(&once).expect("what is written can be read").write(&mut twice);
        assert_eq!(once, twice);
    }
    let ring = Keyring::parse(r#"{"active":"k1","keys":{"k1":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}}"#)
        .or_else(|_| Keyring::parse(text));
    if let Ok(ring) = ring {
        assert!(DecisionCookie::open(text, &ring, "www.example.com").is_err(), "nobody guesses a seal");
    }
    for from in ["cookieconsent", "klaro", "orejime", "c15t", "fides"] {
        let import = serde_json::json!({"from": from, "purposes": {"analytics": "analytics"}, "same_notice": true});
        let import: Import = serde_json::from_value(import).expect("an import");
        let _ = POLICY.with(|policy| imported(&[import], policy, &|_, _| Some(text.to_owned()), Timestamp::from_seconds(1_790_000_000)));
    }
});
