//! What every store must do, whatever it is made of. The same checks run against the in-memory store natively and
//! against Workers KV in workerd.

use super::{MAX_KEY, MAX_METADATA, Metadata, Store, StoreError};
use crate::clock::Timestamp;
use std::collections::BTreeSet;

/// How many checks a full run makes.
pub const CHECKS: usize = 16;

/// Patience: how often to wait for a write to become visible, and how long each time, in seconds.
const TRIES: u32 = 8;
const WAIT: u64 = 30;

/// Runs all checks on an empty part of a store. `now` reads its clock, `wait` lets that many seconds pass (a store
/// that is at once consistent may return immediately). Returns the number of checks made, or what failed.
pub async fn check<S: Store>(
    store: &S,
    now: impl Fn() -> Timestamp,
    wait: impl AsyncFn(u64),
) -> Result<usize, String> {
    let mut done = 0;
    macro_rules! ensure {
        ($condition:expr, $what:literal) => {
            if !$condition {
                return Err(format!("check {}: {}", done + 1, $what));
            }
            done += 1;
        };
    }
    macro_rules! eventually {
        ($condition:expr, $what:literal) => {
            let mut holds = $condition;
            for _ in 0..TRIES {
                if holds {
                    break;
                }
                wait(WAIT).await;
                holds = $condition;
            }
            ensure!(holds, $what);
        };
    }
    let plain =
        Metadata { key: "k1".into(), retain_until: Some(now().plus_seconds(3600)), size: 3, owner: None };
    let value = |found: Result<Option<super::Stored>, StoreError>| found.ok().flatten().map(|s| s.value);

    // Writing and reading.
    ensure!(matches!(store.get("contract/missing").await, Ok(None)), "a missing key reads as nothing");
    let expires = now().plus_seconds(3600);
    ensure!(store.put("contract/a", &[0, 255, 10], &plain, Some(expires)).await.is_ok(), "a write is taken");
    eventually!(value(store.get("contract/a").await) == Some(vec![0, 255, 10]), "a written value is read");
    let read = store.get("contract/a").await.ok().flatten();
    ensure!(read.is_some_and(|s| s.metadata == plain), "metadata comes back");

    // Listing.
    for n in 0..5_u8 {
        store.put(&format!("contract/list/{n}"), &[n], &plain, None).await.map_err(|e| e.to_string())?;
    }
    store.put("contract/lisu", &[], &plain, None).await.map_err(|e| e.to_string())?;
    eventually!(
        all_keys(store, "contract/list/").await.is_ok_and(|keys| keys.len() == 5),
        "a prefix lists its keys"
    );
    let keys = all_keys(store, "contract/list/").await.unwrap_or_default();
    ensure!(keys.is_sorted() && keys.iter().collect::<BTreeSet<_>>().len() == 5, "in order, each key once");
    let listed = store.list("contract/a", None, 10).await.unwrap_or_default().keys.into_iter().next();
    ensure!(
        listed.as_ref().is_some_and(|l| l.expires == Some(expires)),
        "a listing tells the absolute expiry"
    );
    ensure!(listed.is_some_and(|l| l.metadata == Some(plain.clone())), "a listing tells the metadata");

    // Writing again.
    wait(1).await;
    ensure!(
        store.put("contract/a", b"2", &plain, None).await.is_ok(),
        "a key can be written again a second later"
    );
    eventually!(value(store.get("contract/a").await) == Some(b"2".to_vec()), "the last write wins");
    let listed = store.list("contract/a", None, 10).await.unwrap_or_default().keys.into_iter().next();
    ensure!(listed.is_some_and(|l| l.expires.is_none()), "a write without an expiry drops the one before");

    // Deleting.
    wait(1).await;
    ensure!(store.delete("contract/a").await.is_ok(), "a key can be deleted");
    eventually!(value(store.get("contract/a").await).is_none(), "a deleted key reads as nothing");
    ensure!(store.delete("contract/never").await.is_ok(), "deleting a missing key is no error");

    // Limits.
    let long = "k".repeat(MAX_KEY + 1);
    let invalid = |answer: Result<(), StoreError>| matches!(answer, Err(StoreError::Invalid(_)));
    let mut refused = true;
    for key in ["", ".", "..", long.as_str()] {
        refused &= invalid(store.put(key, &[], &plain, None).await);
    }
    ensure!(refused, "keys outside the limits are refused");
    let wide = Metadata { key: "m".repeat(MAX_METADATA), ..plain.clone() };
    let soon = Some(now().plus_seconds(30));
    ensure!(
        invalid(store.put("contract/b", &[], &wide, None).await)
            && invalid(store.put("contract/b", &[], &plain, soon).await),
        "wide metadata and an expiry too near are refused"
    );
    Ok(done)
}

/// All keys under a prefix, two a page, to the end of the listing.
async fn all_keys<S: Store>(store: &S, prefix: &str) -> Result<Vec<String>, StoreError> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(prefix, cursor.as_deref(), 2).await?;
        keys.extend(page.keys.into_iter().map(|listed| listed.key));
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(keys),
        }
    }
}
