//! Verifying a receipt here, without a browser.

use crate::consent::{PublicKeys, ReceiptParts, SignatureClaim};
use serde::Serialize;

/// What verifying a receipt found, leg by leg.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each leg is shown on its own")]
pub struct Verification {
    /// Everything below holds.
    pub ok: bool,
    /// The site signed the record.
    pub signature: bool,
    /// The log commits to the record, and its entry is in the tree of the checkpoint.
    pub inclusion: bool,
    /// The log signed the checkpoint.
    pub checkpoint: bool,
    /// The entry's index in the log.
    pub index: u64,
    /// The number of entries in the log.
    pub size: u64,
    /// The log's name.
    pub origin: String,
    /// What does not hold, in words.
    pub problems: Vec<String>,
}

/// Verifies a receipt with a site's public keys, both as ECMAScript's `JSON.stringify` writes them. Whatever is wrong
/// with either becomes a problem.
pub fn verify(receipt: &str, keys: &str) -> Verification {
    match examine(receipt, keys) {
        Ok(found) => found,
        Err(problem) => Verification { problems: vec![problem.to_owned()], ..Verification::default() },
    }
}

fn examine(receipt: &str, keys: &str) -> Result<Verification, &'static str> {
    let receipt = ReceiptParts::read(receipt).ok_or("this is not a receipt")?;
    let keys = PublicKeys::read(keys).ok_or("these are not a site's keys")?;
    let found = receipt.examine(&keys);
    let mut problems = found.problems;
    let mut verifies = |claim: Option<&SignatureClaim>, problem: &str| {
        let Some(claim) = claim else { return false };
        let good = claim.key.verifies(&claim.message, &claim.signature);
        if !good {
            problems.push(problem.to_owned());
        }
        good
    };
    let signature =
        verifies(found.record_claim.as_ref(), "the signature is not the site's signature over this record");
    let checkpoint = verifies(
        found.checkpoint_claim.as_ref(),
        "the signature is not the log's signature over this checkpoint",
    );
    Ok(Verification {
        ok: signature && checkpoint && found.included && problems.is_empty(),
        signature,
        inclusion: found.included,
        checkpoint,
        index: found.index,
        size: found.size,
        origin: found.origin,
        problems,
    })
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
