//! Verifying a receipt where its owner is. The Ed25519 is the browser's own (WebCrypto), or what the page has brought
//! along for browsers without.

use crate::consent::{Comparison, Examination, PublicKeys, ReceiptParts, SignatureClaim, Verification};
use js_sys::{Array, Function, JSON, Promise, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::{Crypto, SubtleCrypto};

/// The types of what goes in and out, for TypeScript.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    /// A receipt, as JSON.
    #[wasm_bindgen(typescript_type = "Receipt")]
    pub type ReceiptValue;

    /// The site's public keys, as JSON.
    #[wasm_bindgen(typescript_type = "PublicKeys")]
    pub type PublicKeysValue;

    /// An Ed25519 for browsers that have none.
    #[wasm_bindgen(extends = Function, typescript_type = "Ed25519")]
    pub type Ed25519Value;

    /// What verification found.
    #[wasm_bindgen(typescript_type = "Verification")]
    pub type VerificationValue;

    /// What comparing found.
    #[wasm_bindgen(typescript_type = "Consistency")]
    pub type ConsistencyValue;

    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Option<Crypto>;
}

/// Verifies a receipt with the site's public keys. Whatever is wrong with either becomes a problem in words.
///
/// `ed25519` is asked where WebCrypto is missing or does not know Ed25519. Without it such a browser makes the promise
/// fail, as does whatever `ed25519` itself fails with.
#[wasm_bindgen(js_name = verifyReceipt)]
pub async fn verify_receipt(
    receipt: ReceiptValue,
    keys: PublicKeysValue,
    ed25519: Option<Ed25519Value>,
) -> Result<VerificationValue, JsValue> {
    let mut found = examine(&receipt, &keys).unwrap_or_else(|problem| Examination {
        problems: vec![problem.to_owned()],
        ..Examination::default()
    });
    let claims = [found.record_claim.take(), found.checkpoint_claim.take()];
    let problems = [
        "the signature is not the site's signature over this record",
        "the signature is not the log's signature over this checkpoint",
    ];
    let [signature, checkpoint] = claims;
    let signature = holds(signature, ed25519.as_ref()).await?;
    let checkpoint = holds(checkpoint, ed25519.as_ref()).await?;
    for (verified, problem) in [signature, checkpoint].into_iter().zip(problems) {
        if verified == Some(false) {
            found.problems.push(problem.to_owned());
        }
    }
    let [signature, checkpoint] = [signature, checkpoint].map(Option::unwrap_or_default);
    given(&Verification::of(found, signature, checkpoint))
}

/// Whether a claim, where there is one, verifies.
async fn holds(
    claim: Option<SignatureClaim>,
    ed25519: Option<&Ed25519Value>,
) -> Result<Option<bool>, JsValue> {
    match claim {
        Some(claim) => verifies(&claim, ed25519).await.map(Some),
        None => Ok(None),
    }
}

/// Compares a checkpoint of the site's log that was shown before with the log's consistency proof from its size, both as
/// texts. `ed25519` is as for [`verify_receipt`].
#[wasm_bindgen(js_name = verifyConsistency)]
pub async fn verify_consistency(
    seen: &str,
    proof: &str,
    keys: PublicKeysValue,
    ed25519: Option<Ed25519Value>,
) -> Result<ConsistencyValue, JsValue> {
    let keys = json(&keys).and_then(|json| PublicKeys::read(&json));
    let keys = keys.unwrap_or(PublicKeys { log: Vec::new(), receipt: Vec::new() });
    let found = Comparison::of(seen, proof, &keys);
    let signature = match &found.claim {
        Some(claim) => verifies(claim, ed25519.as_ref()).await?,
        None => false,
    };
    given(&found.signed(signature))
}

/// A value as JavaScript has it.
fn given<T: JsCast>(value: &impl serde::Serialize) -> Result<T, JsValue> {
    let serializer =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    Ok(value.serialize(&serializer)?.unchecked_into())
}

fn examine(receipt: &JsValue, keys: &JsValue) -> Result<Examination, &'static str> {
    let receipt = json(receipt).and_then(|json| ReceiptParts::read(&json)).ok_or("this is not a receipt")?;
    let keys = json(keys).and_then(|json| PublicKeys::read(&json)).ok_or("these are not a site's keys")?;
    Ok(receipt.examine(&keys))
}

/// A value as JSON. From here on nothing of it can change, or run code of its own when it is looked at. ECMAScript
/// spells strings and numbers as canonical JSON does: RFC 8785 took them from there.
fn json(value: &JsValue) -> Option<String> {
    let json: JsValue = JSON::stringify(value).ok()?.into();
    json.as_string()
}

const ALGORITHM: &str = "Ed25519";

async fn verifies(claim: &SignatureClaim, ed25519: Option<&Ed25519Value>) -> Result<bool, JsValue> {
    let [key, message, signature] =
        [claim.key.as_bytes().as_slice(), &claim.message, &claim.signature].map(Uint8Array::from);
    let answer = 'answer: {
        if let Some(subtle) = subtle() {
            let usages = Array::of1(&"verify".into());
            let imported = subtle.import_key_with_str("raw", &key, ALGORITHM, false, &usages)?;
            match JsFuture::from(imported).await {
                Ok(key) => {
                    break 'answer subtle.verify_with_str_and_js_u8_array_and_js_u8_array(
                        ALGORITHM,
                        key.unchecked_ref(),
                        &signature,
                        &message,
                    )?;
                }
                // A key that is no point of the curve is refused as well; it verifies nothing.
                Err(problem) if !is_unsupported(&problem) => return Ok(false),
                Err(_) => {}
            }
        }
        let Some(ed25519) = ed25519 else {
            return Err(JsError::new("this browser has no Ed25519 in WebCrypto").into());
        };
        Promise::resolve(&ed25519.call3(&JsValue::UNDEFINED, &key, &message, &signature)?)
    };
    Ok(JsFuture::from(answer).await?.is_truthy())
}

fn is_unsupported(problem: &JsValue) -> bool {
    Reflect::get(problem, &"name".into()).is_ok_and(|name| name == "NotSupportedError")
}

/// The platform's cryptography, in a page, a worker or Node alike. Pages without a secure address have none.
fn subtle() -> Option<SubtleCrypto> {
    let subtle: JsValue = CRYPTO.with(|crypto| crypto.as_ref().map(Crypto::subtle))?.into();
    subtle.is_object().then(|| subtle.unchecked_into())
}
