//! The signatures of devices on other origins' pages, checked by the platform's own ECDSA.

use crate::{
    crypto::{PublicKey, Scheme, verifies},
    problem::{Answer, Problem, sentence},
    request::Incoming,
    world,
};
use consentry::signed::Request;

/// The key that signed a request; nothing if it is not signed at all.
pub(super) async fn key_of(request: &Incoming, body: &[u8]) -> Answer<Option<[u8; 65]>> {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let (input, signature) = (header("signature-input"), header("signature"));
    if input.is_empty() && signature.is_empty() {
        return Ok(None);
    }
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let signed = Request {
        method: request.method.as_ref(),
        uri: &format!("{}{}{query}", request.here(), request.path),
        body,
        content_digest: header("content-digest"),
        input,
        signature,
    };
    let now = world::now();
    let refused = |detail: String| Problem::not_signed(detail, now.seconds());
    let signed = signed.signed(now).map_err(|unsigned| refused(sentence(&unsigned)))?;
    let (key, base) = (PublicKey::Raw(&signed.key), signed.base.as_bytes());
    if verifies(Scheme::EcdsaP256, key, &signed.signature, base).await? {
        Ok(Some(signed.key))
    } else {
        Err(refused("The signature is not that of the key it names over this request.".into()))
    }
}
