use super::*;
use crate::{
    audit::{
        Action, Checkpoint, Entry, Outcome,
        merkle::{MemoryTree, inclusion_proof, root},
    },
    clock::Timestamp,
    consent::{Decision, Layer, SignatureClaim, Standing},
    decider::CallerClass,
    id::{EventId, LogHandle, NoticeHash, PolicyHash},
    policy::{BASE, sample},
};
use serde_json::json;

const ORIGIN: &str = "shop.example/.consentry/log";

fn keys() -> (SigningKey, SigningKey, PublicKeys) {
    let (log, receipt) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let public = PublicKeys {
        log: vec![NoteKey::new(ORIGIN, log.public()).unwrap().to_string()],
        receipt: vec![ReceiptKey { id: receipt.public().id(), alg: ALGORITHM.into(), key: receipt.public() }],
    };
    (log, receipt, public)
}

/// A receipt as the edge makes it, third in a log of five.
fn receipt() -> (Receipt, PublicKeys) {
    let (log_key, receipt_key, public) = keys();
    let policy = sample::policy();
    let decision = Decision {
        id: EventId::from_bytes([7; 16]),
        seq: 1,
        at: Timestamp::from_seconds(1_795_255_200),
        policy: PolicyHash::from_bytes([3; 32]),
        standing: Standing::InForce,
        notice: NoticeHash::from_bytes([4; 32]),
        locale: "en".into(),
        layer: Layer::Banner,
        outcomes: [("analytics".parse().unwrap(), crate::consent::Outcome::Given)].into(),
        services: [].into(),
        scopes: [].into(),
        regime: crate::policy::RegimeId::OptIn,
        age: crate::policy::Age::Unknown,
        region: None,
        reason: "unknown region".into(),
        signal: false,
        confirmed: false,
        imported: None,
        until: Timestamp::from_seconds(1_810_000_000),
    };
    let handle = LogHandle::from_bytes([5; 16]);
    let record = Record::of(&decision, &policy, Some(handle), BASE);
    let entry = Entry {
        event: decision.id,
        action: Action::ConsentGiven,
        time: decision.at,
        actor: CallerClass::Device.into(),
        subject: Some(handle),
        outcome: Outcome::Done,
        details: json!({"record": to_base64url(&record.hash().unwrap())}),
    };
    let salt = [6; 16];
    let leaf = entry.leaf(&salt).unwrap().to_text().unwrap();
    let mut tree = MemoryTree::default();
    for other in ["a", "b", &leaf, "d", "e"] {
        tree.append(other.as_bytes()).unwrap();
    }
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 5, root: root(&tree, 5).unwrap() };
    let proof = LogProof {
        index: 2,
        path: inclusion_proof(&tree, 2, 5).unwrap(),
        checkpoint: checkpoint.sign(&log_key).unwrap(),
    };
    let evidence = Evidence::new(leaf, entry.to_text().unwrap(), &salt, &proof);
    let signature = Signature::over(&record, &receipt_key).unwrap();
    (Receipt::new(record, signature, evidence), public)
}

/// Whether a receipt stands on all its legs.
fn holds(receipt: &Receipt, keys: &PublicKeys) -> bool {
    stands(&receipt.examine(keys))
}

fn stands(found: &Examination) -> bool {
    let verified = |claim: &Option<SignatureClaim>| {
        claim.as_ref().is_some_and(|claim| claim.key.verifies(&claim.message, &claim.signature))
    };
    found.included
        && found.problems.is_empty()
        && verified(&found.record_claim)
        && verified(&found.checkpoint_claim)
}

#[test]
fn a_receipt_verifies() {
    let (receipt, keys) = receipt();
    assert!(holds(&receipt, &keys), "{:?}", receipt.examine(&keys).problems);
    let found = receipt.examine(&keys);
    assert_eq!((found.index, found.size, found.origin.as_str()), (2, 5, ORIGIN));
    // It survives its own JSON.
    let text = serde_json::to_string(&receipt).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
}

/// What a browser finds, given both as JSON text; `None` if it takes them for no receipt or no keys.
fn found_in_text(receipt: &str, keys: &PublicKeys) -> Option<Examination> {
    let keys = PublicKeys::read(&serde_json::to_string(keys).unwrap())?;
    Some(ReceiptParts::read(receipt)?.examine(&keys))
}

#[test]
fn as_text_it_is_examined_alike() {
    let (receipt, keys) = receipt();
    let mut receipts = vec![receipt.clone(); 6];
    receipts[1].record.withdrawal_method = "\"\u{1f600}\\\u{7}\u{e9}".into();
    receipts[2].signature.value.pop();
    receipts[3].evidence.salt = "AAAA".into();
    receipts[4].evidence.leaf = "{}".into();
    receipts[5].schema = "consentry/receipt/2".into();
    for receipt in receipts {
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(found_in_text(&text, &keys), Some(receipt.examine(&keys)));
    }
}

#[test]
fn hostile_text_is_no_receipt_or_another_record() {
    let (receipt, keys) = receipt();
    let text = serde_json::to_string(&receipt).unwrap();
    let changed = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        found_in_text(&changed, &keys)
    };
    let deep = format!("\"record\":{{\"x\":{}1{},", "[".repeat(100), "]".repeat(100));
    for (from, to) in [
        // Members that a receipt does not have, or has twice.
        ("{\"schema\"", "{\"__proto__\":{},\"schema\""),
        ("{\"schema\"", "{\"schema\":\"consentry/receipt/1\",\"schema\""),
        ("\"record\":{", "\"record\":{\"sequence\":1,"),
        ("\"record\":{", "\"record\":{\"\\u0073equence\":1,"),
        ("\"salt\"", "\"constructor\":1,\"salt\""),
        ("\"algorithm\"", "\"toString\":1,\"algorithm\""),
        // Half a surrogate pair, and nesting without an end.
        ("web/banner", "web/banner\\ud83d"),
        ("\"record\":{", deep.as_str()),
        ("\"schema\"", "\"schema\" "),
        ("\"schema\":\"consentry/receipt/1\"", "\"schema\":null"),
    ] {
        assert_eq!(changed(from, to), None, "{to}");
    }
    for (from, to) in [
        ("\"record\":{", "\"record\":{\"__proto__\":{},"),
        ("\"record\":{", "\"record\":{\"\u{17f}equence\":1,"),
        ("\"sequence\":1", "\"sequence\":-1"),
        ("\"sequence\":1", "\"sequence\":1e+21"),
        ("\"sequence\":1", "\"sequence\":\"1\""),
        ("\"sequence\":1", "\"sequence\":null"),
        ("web/banner", "web/banner\\u0000"),
    ] {
        let found = changed(from, to).unwrap();
        assert!(!found.included, "{to}");
        assert_eq!(found.problems, ["the logged entry is that of another record"], "{to}");
    }
    for keys in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"log":[]}"#,
        r#"{"log":[1],"receipt":[]}"#,
        r#"{"log":[],"receipt":[{}]}"#,
    ] {
        assert_eq!(PublicKeys::read(keys), None, "{keys}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_opens_nothing() {
    let (receipt, keys) = receipt();
    for entry in
        ["", "null", "{", "{\"event\":1}", &receipt.evidence.entry.replace("{\"action\"", "{ \"action\"")]
    {
        let mut other = receipt.clone();
        other.evidence.entry = entry.to_owned();
        assert!(!other.examine(&keys).included, "{entry}");
    }
}

#[test]
fn no_changed_character_verifies() {
    let (receipt, keys) = receipt();
    let text = serde_json::to_string(&receipt).unwrap();
    for at in 0..text.len() {
        if !text.is_char_boundary(at) || !text.is_char_boundary(at + 1) {
            continue;
        }
        for with in ["x", "0"] {
            if &text[at..=at] == with {
                continue;
            }
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            let verifies =
                serde_json::from_str::<Receipt>(&changed).is_ok_and(|receipt| holds(&receipt, &keys));
            assert!(!verifies, "character {at} changed: {changed}");
            let verifies = found_in_text(&changed, &keys).is_some_and(|found| stands(&found));
            assert!(!verifies, "character {at} changed in the text: {changed}");
        }
    }
}

#[test]
fn each_leg_is_missed() {
    let (receipt, keys) = receipt();
    let problem = |receipt: &Receipt, keys: &PublicKeys| receipt.examine(keys).problems.join("; ");
    let stranger = PublicKeys { receipt: Vec::new(), ..keys.clone() };
    assert!(problem(&receipt, &stranger).contains("key that the site does not publish"));
    let stranger = PublicKeys { log: Vec::new(), ..keys.clone() };
    assert!(problem(&receipt, &stranger).contains("publishes for its log"));

    let mut other = receipt.clone();
    other.record.record_id = EventId::from_bytes([8; 16]);
    assert!(problem(&other, &keys).contains("another record"));
    let mut other = receipt.clone();
    other.evidence.salt = to_base64url(&[9; 16]);
    assert!(problem(&other, &keys).contains("does not commit"));
    let mut other = receipt.clone();
    other.evidence.proof = other.evidence.proof.replace("index 2", "index 3");
    assert!(problem(&other, &keys).contains("not in the log"));
    let mut other = receipt;
    other.schema = "consentry/receipt/2".into();
    assert!(problem(&other, &keys).contains("not a receipt of the format"));
}
