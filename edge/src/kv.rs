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
use web_sys::ReadableStream;
use worker::{Env, kv::KvError, kv::KvStore};

/// When the store drops a value by itself: a day after the deletion that is ours to make, as a backstop.
pub fn backstop(retain_until: Timestamp) -> Timestamp {
    retain_until.plus_seconds(86_400)
}

/// The retention store.
pub struct Retention(KvStore);

impl Retention {
    /// The store bound as `RETENTION`.
    pub fn bound(env: &Env) -> Answer<Self> {
        Ok(Self(env.kv("RETENTION").or_internal("kv.binding")?))
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
