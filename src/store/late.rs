//! A store that is as bad as Workers KV may be: late, stale on misses, and strict about its limits.

use super::{Listed, Metadata, Page, Store, StoreError, Stored, check_key, check_put};
use crate::clock::Timestamp;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

#[derive(Debug, Clone)]
struct Version {
    written: Timestamp,
    /// `None` is a deletion.
    content: Option<(Stored, Option<Timestamp>)>,
}

/// An in-memory store with a clock of its own.
///
/// Every write becomes visible `lag` seconds later, to readings and listings alike, and a reading that found nothing
/// keeps finding nothing for `lag` seconds.
#[derive(Debug)]
pub struct LateStore {
    now: Cell<Timestamp>,
    lag: u64,
    refuse_next: Cell<u32>,
    versions: RefCell<BTreeMap<String, Vec<Version>>>,
    misses: RefCell<BTreeMap<String, Timestamp>>,
}

impl LateStore {
    /// An empty store at a moment, with a visibility lag in seconds.
    pub fn new(now: Timestamp, lag: u64) -> Self {
        Self {
            now: Cell::new(now),
            lag,
            refuse_next: Cell::new(0),
            versions: RefCell::default(),
            misses: RefCell::default(),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.now.set(self.now.get().plus_seconds(seconds));
    }

    /// Refuses the next writes.
    pub fn refuse_next(&self, writes: u32) {
        self.refuse_next.set(writes);
    }

    fn visible(&self, versions: &[Version]) -> Option<(Stored, Option<Timestamp>)> {
        let now = self.now.get();
        let latest = versions.iter().rev().find(|v| v.written.plus_seconds(self.lag) <= now)?;
        latest.content.clone().filter(|(_, expires)| expires.is_none_or(|at| now < at))
    }

    fn write(&self, key: &str, content: Option<(Stored, Option<Timestamp>)>) -> Result<(), StoreError> {
        if let Some(left) = self.refuse_next.get().checked_sub(1) {
            self.refuse_next.set(left);
            return Err(StoreError::Unavailable);
        }
        let now = self.now.get();
        let mut all = self.versions.borrow_mut();
        let versions = all.entry(key.to_owned()).or_default();
        if versions.last().is_some_and(|last| now < last.written.plus_seconds(1)) {
            return Err(StoreError::TooManyWrites);
        }
        versions.push(Version { written: now, content });
        Ok(())
    }
}

impl Store for LateStore {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        let now = self.now.get();
        if self.misses.borrow().get(key).is_some_and(|until| now < *until) {
            return Ok(None);
        }
        let found = self.versions.borrow().get(key).and_then(|versions| self.visible(versions));
        if found.is_none() {
            self.misses.borrow_mut().insert(key.to_owned(), now.plus_seconds(self.lag));
        }
        Ok(found.map(|(stored, _)| stored))
    }

    async fn put(
        &self,
        key: &str,
        value: &[u8],
        metadata: &Metadata,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        check_put(key, value, metadata, expires, self.now.get())?;
        self.write(key, Some((Stored { value: value.to_vec(), metadata: metadata.clone() }, expires)))
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key(key)?;
        self.write(key, None)
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let all = self.versions.borrow();
        let mut page = Page::default();
        for (key, versions) in all.range(cursor.unwrap_or(prefix).to_owned()..) {
            if !key.starts_with(prefix) {
                break;
            }
            if page.keys.len() == limit.max(1) {
                page.cursor = Some(key.clone());
                break;
            }
            if let Some((stored, expires)) = self.visible(versions) {
                page.keys.push(Listed { key: key.clone(), expires, metadata: Some(stored.metadata) });
            }
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    fn run<T>(future: impl Future<Output = T>) -> T {
        pollster::block_on(future)
    }

    #[test]
    fn keeps_the_contract_at_any_lag() {
        for lag in [0, 1, 60, 90] {
            let start = Timestamp::from_seconds(1_795_255_200);
            let store = LateStore::new(start, lag);
            let clock = || store.now.get();
            let report = run(contract::check(&store, clock, async |seconds| store.advance(seconds)));
            assert_eq!(report, Ok(contract::CHECKS), "lag {lag}");
        }
    }

    #[test]
    fn is_as_bad_as_it_says() {
        let start = Timestamp::from_seconds(1_795_255_200);
        let store = LateStore::new(start, 60);
        let put = |value: &'static [u8]| run(store.put("a", value, &Metadata::default(), None));
        let get = || run(store.get("a")).unwrap().map(|s| s.value);
        assert_eq!(put(b"1"), Ok(()));
        assert_eq!(put(b"2"), Err(StoreError::TooManyWrites));
        store.advance(30);
        assert_eq!(get(), None, "not visible yet");
        store.advance(30);
        assert_eq!(get(), None, "visible now, but the miss is remembered");
        store.advance(30);
        assert_eq!(get(), Some(b"1".to_vec()));
        store.refuse_next(1);
        assert_eq!(put(b"3"), Err(StoreError::Unavailable));
    }
}
