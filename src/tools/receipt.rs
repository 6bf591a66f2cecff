//! Verifying a receipt here, without a browser.

use crate::consent::{Examination, PublicKeys, ReceiptParts, SignatureClaim, Verification};

/// Verifies a receipt with a site's public keys, both as ECMAScript's `JSON.stringify` writes them. Whatever is wrong
/// with either becomes a problem.
pub fn verify(receipt: &str, keys: &str) -> Verification {
    let mut found = examine(receipt, keys).unwrap_or_else(|problem| Examination {
        problems: vec![problem.to_owned()],
        ..Examination::default()
    });
    let (record, checkpoint) = (found.record_claim.take(), found.checkpoint_claim.take());
    let mut verifies = |claim: Option<SignatureClaim>, problem: &str| {
        let Some(claim) = claim else { return false };
        let good = claim.key.verifies(&claim.message, &claim.signature);
        if !good {
            found.problems.push(problem.to_owned());
        }
        good
    };
    let signature = verifies(record, "the signature is not the site's signature over this record");
    let checkpoint = verifies(checkpoint, "the signature is not the log's signature over this checkpoint");
    Verification::of(found, signature, checkpoint)
}

fn examine(receipt: &str, keys: &str) -> Result<Examination, &'static str> {
    let receipt = ReceiptParts::read(receipt).ok_or("this is not a receipt")?;
    let keys = PublicKeys::read(keys).ok_or("these are not a site's keys")?;
    Ok(receipt.examine(&keys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// What the shared vector of this name is asked with.
    fn vector(name: &str) -> Value {
        let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        vectors.as_array().unwrap().iter().find(|own| own["name"] == name).unwrap()["input"].clone()
    }

    fn verified(input: &Value) -> Verification {
        verify(&input["receipt"].to_string(), &input["keys"].to_string())
    }

    #[test]
    fn each_leg_holds_or_fails_by_itself() {
        let good = verified(&vector("receipt"));
        assert!(good.ok && good.problems.is_empty(), "{good:?}");
        let legs = |name: &str| {
            let found = verified(&vector(name));
            assert!(!found.ok && !found.problems.is_empty(), "{name}: {found:?}");
            (found.signature, found.inclusion, found.checkpoint)
        };
        assert_eq!(legs("receipt-forged-signature"), (false, true, true));
        assert_eq!(legs("receipt-forged-checkpoint"), (true, true, false));
        let changed = legs("receipt-changed-record");
        assert!(!changed.0 && !changed.1, "{changed:?}");
    }

    #[test]
    fn what_is_no_receipt_says_so() {
        let input = vector("receipt");
        assert_eq!(verify("{}", "{}").problems, ["this is not a receipt"]);
        assert_eq!(verify(&input["receipt"].to_string(), "{}").problems, ["these are not a site's keys"]);
    }
}
