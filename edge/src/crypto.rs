//! The platform's own cryptography (Web Cryptography API): native code, where ours is WebAssembly.

use crate::problem::{Answer, OrInternal as _};
use js_sys::{Array, Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};

/// A key that signatures are checked with.
pub enum PublicKey<'a> {
    /// As it is, in the format `raw`.
    Raw(&'a [u8]),
    /// A JSON Web Key (RFC 7517).
    Jwk(&'a str),
}

/// How a signature was made.
#[derive(Clone, Copy)]
pub enum Scheme {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// Ed25519.
    Ed25519,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1,
    /// HMAC with SHA-256, compared in constant time.
    Hmac,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA",
            Self::Ed25519 => "Ed25519",
            Self::RsaPkcs1 => "RSASSA-PKCS1-v1_5",
            Self::Hmac => "HMAC",
        }
    }

    fn to_import(self) -> Answer<Object> {
        match self {
            Self::EcdsaP256 => object(&[("name", self.name()), ("namedCurve", "P-256")]),
            Self::Ed25519 => object(&[("name", self.name())]),
            Self::RsaPkcs1 | Self::Hmac => object(&[("name", self.name()), ("hash", "SHA-256")]),
        }
    }

    fn to_verify(self) -> Answer<Object> {
        match self {
            Self::EcdsaP256 => object(&[("name", self.name()), ("hash", "SHA-256")]),
            _ => object(&[("name", self.name())]),
        }
    }
}

/// Whether a signature is that of a key over a message. What is no key signed nothing.
pub async fn verifies(scheme: Scheme, key: PublicKey<'_>, signature: &[u8], message: &[u8]) -> Answer<bool> {
    let subtle = subtle()?;
    let usages = Array::of1(&"verify".into());
    let (format, data): (_, Object) = match key {
        PublicKey::Raw(bytes) => ("raw", Uint8Array::from(bytes).unchecked_into()),
        PublicKey::Jwk(text) => {
            ("jwk", js_sys::JSON::parse(text).or_internal("crypto.jwk")?.unchecked_into())
        }
    };
    let import = subtle
        .import_key_with_object(format, &data, &scheme.to_import()?, false, &usages)
        .or_internal("crypto.import")?;
    let Ok(key) = JsFuture::from(import).await else { return Ok(false) };
    let answer = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(
            &scheme.to_verify()?,
            &key.unchecked_into::<CryptoKey>(),
            &Uint8Array::from(signature),
            &Uint8Array::from(message),
        )
        .or_internal("crypto.verify")?;
    // What cannot be a signature at all is refused by some algorithms before they look.
    Ok(JsFuture::from(answer).await.is_ok_and(|holds| holds.is_truthy()))
}

/// AES-256-GCM under one key, with a tag of 128 bits and no associated data.
pub struct Aes(CryptoKey);

impl Aes {
    /// Takes a key.
    pub async fn of(key: &[u8; 32]) -> Answer<Self> {
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let import = subtle()?
            .import_key_with_str("raw", &Uint8Array::from(key.as_slice()), "AES-GCM", false, &usages)
            .or_internal("crypto.aes")?;
        Ok(Self(JsFuture::from(import).await.or_internal("crypto.aes")?.unchecked_into()))
    }

    /// Seals a message.
    pub async fn seal(&self, nonce: &[u8; 12], plain: &[u8]) -> Result<Vec<u8>, JsValue> {
        let sealed = subtle_or_js()?.encrypt_with_object_and_js_u8_array(
            &gcm(nonce)?,
            &self.0,
            &Uint8Array::from(plain),
        )?;
        Ok(Uint8Array::new(&JsFuture::from(sealed).await?).to_vec())
    }

    /// Opens one; nothing if it is not as it was sealed.
    pub async fn open(&self, nonce: &[u8; 12], sealed: &[u8]) -> Result<Option<Vec<u8>>, JsValue> {
        let plain = subtle_or_js()?.decrypt_with_object_and_js_u8_array(
            &gcm(nonce)?,
            &self.0,
            &Uint8Array::from(sealed),
        )?;
        Ok(JsFuture::from(plain).await.ok().map(|plain| Uint8Array::new(&plain).to_vec()))
    }
}

fn gcm(nonce: &[u8; 12]) -> Result<Object, JsValue> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce.as_slice()))?;
    Ok(algorithm)
}

fn subtle_or_js() -> Result<SubtleCrypto, JsValue> {
    Ok(js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto()?.subtle())
}

fn subtle() -> Answer<SubtleCrypto> {
    subtle_or_js().or_internal("crypto")
}

fn object(members: &[(&str, &str)]) -> Answer<Object> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &JsValue::from(*name), &JsValue::from(*value)).or_internal("crypto.object")?;
    }
    Ok(object)
}
