//! Ed25519 for browsers whose WebCrypto lacks it.

use crate::vault::VerifyingKey;
use wasm_bindgen::prelude::*;

/// Whether a signature is a key's over a message (RFC 8032), strictly: no malleable signatures, no weak keys. What has
/// the wrong length is no key and no signature.
#[wasm_bindgen(js_name = verifyEd25519)]
pub fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match (key.try_into(), signature.try_into()) {
        (Ok(key), Ok(signature)) => VerifyingKey::from_bytes(key).verifies(message, signature),
        _ => false,
    }
}
