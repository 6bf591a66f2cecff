//! Workers KV as the core's store.

use crate::{
    fault,
    problem::{Answer, OrInternal as _},
    world::now,
};
use consentry::{
    clock::Timestamp,
    store::{Listed, Metadata, Page, Store, StoreError, Stored, check_key, check_put},
};
use js_sys::{Object, Promise, Reflect, futures::JsFuture};
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::ReadableStream;
use worker::{Env, kv::KvError, kv::KvStore};

/// The binding's name.
const BINDING: &str = "RETENTION";

#[wasm_bindgen]
extern "C" {
    /// The binding itself, for values that only pass through.
    type Binding;

    #[wasm_bindgen(method, catch, js_name = getWithMetadata)]
    fn get_with_metadata(this: &Binding, key: &str, kind: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(this: &Binding, key: &str, value: &JsValue, options: &JsValue) -> Result<Promise, JsValue>;

    /// What it finds.
    type Found;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Found) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn metadata(this: &Found) -> JsValue;
}

/// When the store drops a value by itself: a day after the deletion that is ours to make, as a backstop.
pub fn backstop(retain_until: Timestamp) -> Timestamp {
    retain_until.plus_seconds(86_400)
}

/// The retention store.
pub struct Retention(KvStore);

impl Retention {
    /// The store bound as `RETENTION`.
    pub fn bound(env: &Env) -> Answer<Self> {
        Ok(Self(env.kv(BINDING).or_internal("kv.binding")?))
    }

    /// Writes a value anew as it is, with another expiry of the store's own, or without one. Whether it was there: `false` may
    /// also mean that it is not visible yet. The value is held once, by the platform, and never comes in here: it may have
    /// 25 MiB.
    pub async fn set_expiry(env: &Env, key: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        check_put(key, &[], &Metadata::default(), expires, now())?;
        let binding = Reflect::get(env, &BINDING.into()).map_err(|_| StoreError::Unavailable)?;
        let binding: Binding = binding.unchecked_into();
        let found = binding.get_with_metadata(key, "arrayBuffer").map_err(|e| kind(&e.into()))?;
        let found: Found = JsFuture::from(found).await.map_err(|e| kind(&e.into()))?.unchecked_into();
        let value = found.value();
        if value.is_null() || value.is_undefined() {
            return Ok(false);
        }
        if fault::kv_refuses() {
            return Err(StoreError::Unavailable);
        }
        let options = put_options(&found.metadata(), expires).map_err(|_| StoreError::Unavailable)?;
        let put = binding.put(key, &value, &options).map_err(|e| kind(&e.into()))?;
        JsFuture::from(put).await.map_err(|e| kind(&e.into())).map(|_| true)
    }

    /// Reads a value piece by piece. `None` may also mean that it is not visible yet.
    pub async fn get_stream(&self, key: &str) -> Result<Option<ReadableStream>, StoreError> {
        check_key(key)?;
        self.0.get(key).stream().await.map_err(|e| kind(&e))
    }

    /// Writes a value as it comes. What breaks off is not written.
    pub async fn put_stream(
        &self,
        key: &str,
        value: ReadableStream,
        metadata: &Metadata,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        check_put(key, &[], metadata, expires, now())?;
        if fault::kv_refuses() {
            return Err(StoreError::Unavailable);
        }
        let mut put =
            self.0.put_stream(key, value).and_then(|put| put.metadata(metadata)).map_err(|e| kind(&e))?;
        if let Some(at) = expires {
            put = put.expiration(at.seconds());
        }
        put.execute().await.map_err(|e| kind(&e))
    }
}

/// What is said of a value that is written: what was said of it before, and when the store drops it.
fn put_options(metadata: &JsValue, expires: Option<Timestamp>) -> Result<JsValue, JsValue> {
    let options = Object::new();
    if !metadata.is_null() && !metadata.is_undefined() {
        Reflect::set(&options, &"metadata".into(), metadata)?;
    }
    if let Some(at) = expires {
        #[allow(clippy::cast_precision_loss, reason = "seconds until the year 9999 are exact in a double")]
        Reflect::set(&options, &"expiration".into(), &(at.seconds() as f64).into())?;
    }
    Ok(options.into())
}

/// The platform's errors quote keys and carry stacks; only their kind is kept.
fn kind(error: &KvError) -> StoreError {
    let text = error.to_string();
    if text.contains(" 429 ") {
        StoreError::TooManyWrites
    } else if text.contains(" 400 ") || text.contains(" 413 ") || text.contains(" 414 ") {
        StoreError::Invalid("refused by Workers KV")
    } else {
        StoreError::Unavailable
    }
}

impl Store for Retention {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        let (value, metadata) =
            self.0.get(key).bytes_with_metadata::<Metadata>().await.map_err(|e| kind(&e))?;
        Ok(value.map(|value| Stored { value, metadata: metadata.unwrap_or_default() }))
    }

    async fn put(
        &self,
        key: &str,
        value: &[u8],
        metadata: &Metadata,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        check_put(key, value, metadata, expires, now())?;
        if fault::kv_refuses() {
            return Err(StoreError::Unavailable);
        }
        let mut put =
            self.0.put_bytes(key, value).map_err(|e| kind(&e))?.metadata(metadata).map_err(|e| kind(&e))?;
        if let Some(at) = expires {
            put = put.expiration(at.seconds());
        }
        put.execute().await.map_err(|e| kind(&e))
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key(key)?;
        self.0.delete(key).await.map_err(|e| kind(&e))
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let mut list =
            self.0.list().prefix(prefix.to_owned()).limit(u64::try_from(limit).unwrap_or(1000).min(1000));
        if let Some(cursor) = cursor {
            list = list.cursor(cursor.to_owned());
        }
        let found = list.execute().await.map_err(|e| kind(&e))?;
        let keys = found.keys.into_iter().map(|key| Listed {
            key: key.name,
            expires: key.expiration.map(Timestamp::from_seconds),
            metadata: key.metadata.and_then(|json| serde_json::from_value(json).ok()),
        });
        Ok(Page { keys: keys.collect(), cursor: found.cursor.filter(|_| !found.list_complete) })
    }
}
