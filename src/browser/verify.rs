//! Verifying a receipt where its owner is. The Ed25519 is the browser's own (WebCrypto).

use super::{PublicKeysValue, ReceiptValue, VerificationValue};
use crate::consent::{PublicKeys, Receipt, SignatureClaim};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast as _, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each leg is shown on its own")]
struct Verification {
    ok: bool,
    signature: bool,
    inclusion: bool,
    checkpoint: bool,
    index: u32,
    size: u32,
    origin: String,
    problems: Vec<String>,
}

/// Verifies a receipt with the site's public keys. Whatever is wrong with either becomes a problem in words; only a
/// browser without Ed25519 in WebCrypto makes the promise fail.
#[wasm_bindgen(js_name = verifyReceipt)]
pub async fn verify_receipt(
    receipt: ReceiptValue,
    keys: PublicKeysValue,
) -> Result<VerificationValue, JsError> {
    let verification = verify(receipt.into(), keys.into()).await?;
    Ok(serde_wasm_bindgen::to_value(&verification)?.unchecked_into())
}

async fn verify(receipt: JsValue, keys: JsValue) -> Result<Verification, JsError> {
    let read = serde_wasm_bindgen::from_value::<Receipt>(receipt)
        .map_err(|_| "this is not a receipt")
        .and_then(|receipt| {
            let keys = serde_wasm_bindgen::from_value::<PublicKeys>(keys)
                .map_err(|_| "these are not a site's keys")?;
            Ok(receipt.examine(&keys))
        });
    let mut found = match read {
        Ok(found) => found,
        Err(problem) => {
            crate::consent::Examination { problems: vec![problem.to_owned()], ..Default::default() }
        }
    };
    let signature = verifies(found.record_claim.as_ref()).await?;
    let checkpoint = verifies(found.checkpoint_claim.as_ref()).await?;
    if found.record_claim.is_some() && !signature {
        found.problems.push("the signature is not the site's signature over this record".to_owned());
    }
    if found.checkpoint_claim.is_some() && !checkpoint {
        found.problems.push("the signature is not the log's signature over this checkpoint".to_owned());
    }
    Ok(Verification {
        ok: signature && checkpoint && found.included && found.problems.is_empty(),
        signature,
        inclusion: found.included,
        checkpoint,
        // JavaScript's numbers; a log of over four thousand million entries would still verify, and show the limit.
        index: u32::try_from(found.index).unwrap_or(u32::MAX),
        size: u32::try_from(found.size).unwrap_or(u32::MAX),
        origin: found.origin,
        problems: found.problems,
    })
}

async fn verifies(claim: Option<&SignatureClaim>) -> Result<bool, JsError> {
    let Some(claim) = claim else { return Ok(false) };
    let unsupported = |_| JsError::new("this browser has no Ed25519 in WebCrypto");
    let subtle = subtle()?;
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"Ed25519".into()).map_err(unsupported)?;
    let raw = Uint8Array::from(claim.key.as_bytes().as_slice());
    let usages = Array::of1(&"verify".into());
    let imported =
        subtle.import_key_with_object("raw", &raw, &algorithm, false, &usages).map_err(unsupported)?;
    // A key that is no point of the curve is refused here; it verifies nothing.
    let Ok(key) = JsFuture::from(imported).await else { return Ok(false) };
    let key: CryptoKey = key.dyn_into().map_err(unsupported)?;
    let answer = subtle.verify_with_object_and_u8_array_and_u8_array(
        &algorithm,
        &key,
        &claim.signature,
        &claim.message,
    );
    let answer = JsFuture::from(answer.map_err(unsupported)?).await.map_err(unsupported)?;
    Ok(answer.is_truthy())
}

/// The platform's cryptography, in a page, a worker or Node alike.
fn subtle() -> Result<SubtleCrypto, JsError> {
    let none = |_| JsError::new("there is no WebCrypto here; pages need a secure address for it");
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).map_err(none)?;
    if crypto.is_undefined() {
        return Err(none(crypto));
    }
    Ok(crypto.unchecked_into::<Crypto>().subtle())
}
