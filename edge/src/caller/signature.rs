//! The signatures of devices on other origins' pages, checked by the platform's own ECDSA.

use crate::{
    problem::{Answer, OrInternal as _, Problem, sentence},
    request::Incoming,
    world,
};
use consentry::signed::{Request, Signed};
use js_sys::{Array, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CryptoKey, WorkerGlobalScope};

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
    if holds(&signed).await? {
        Ok(Some(signed.key))
    } else {
        Err(refused("The signature is not that of the key it names over this request.".into()))
    }
}

/// Whether the signature is that of the key. One that is no point of the curve signed nothing.
async fn holds(signed: &Signed) -> Answer<bool> {
    let subtle =
        js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto().or_internal("crypto")?.subtle();
    let algorithm = object(&[("name", "ECDSA"), ("namedCurve", "P-256")])?;
    let hashed = object(&[("name", "ECDSA"), ("hash", "SHA-256")])?;
    let usages = Array::of1(&"verify".into());
    let key = Uint8Array::from(signed.key.as_slice());
    let import = subtle
        .import_key_with_object("raw", &key, &algorithm, false, &usages)
        .or_internal("crypto.import")?;
    let Ok(key) = JsFuture::from(import).await else { return Ok(false) };
    let (signature, base) =
        (Uint8Array::from(signed.signature.as_slice()), Uint8Array::from(signed.base.as_bytes()));
    let answer = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(
            &hashed,
            &key.unchecked_into::<CryptoKey>(),
            &signature,
            &base,
        )
        .or_internal("crypto.verify")?;
    Ok(JsFuture::from(answer).await.or_internal("crypto.verify")?.is_truthy())
}

fn object(members: &[(&str, &str)]) -> Answer<Object> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &JsValue::from(*name), &JsValue::from(*value)).or_internal("crypto.object")?;
    }
    Ok(object)
}
