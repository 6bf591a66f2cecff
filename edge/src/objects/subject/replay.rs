//! An erasure made once more, after something that it had taken was restored.

use super::{
    super::db::{Db, text},
    erase, hold,
    person::Person,
};
use crate::{
    config::Config,
    kv::Retention,
    problem::{Answer, Problem, sentence},
};
use consentry::{
    clock::Timestamp,
    decider::Caller,
    id::SubjectId,
    pseudonym::Domain,
    store::{PAGE, Store as _, StoreError},
};
use serde::{Deserialize, Serialize};
use worker::Env;

/// What was back, and is gone again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Replayed {
    /// Whether the object knew the person again.
    pub person: bool,
    /// Values in the store that nothing accounts for.
    pub values: u64,
}

/// When a person came to be known, in the table of single values.
pub const SINCE: &str = "since";

/// Erases what was there before an erasure and is there again. Who came to be known only after it is somebody new. Without
/// `carry_out`, says what would go.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
pub async fn replay(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    subject: SubjectId,
    at: Timestamp,
    carry_out: bool,
    document: &str,
    by: Caller,
) -> Answer<Replayed> {
    let since = match Person::load_or_lost(db, config)? {
        Some(_) => Some(db.meta(SINCE)?.and_then(|text| text.parse().ok()).unwrap_or(0)),
        None => None,
    };
    let is_back = since.is_some_and(|since: u64| since <= at.seconds());
    let unavailable = |e: StoreError| Problem::unavailable(sentence(&e));
    let store = Retention::bound(env)?;
    let name = config.subject_key.name(Domain::Store, subject.as_bytes());
    let mut found = Vec::new();
    for kind in ["consent", "record"] {
        let mut cursor = None;
        loop {
            let page =
                store.list(&format!("{kind}/{name}/"), cursor.as_deref(), PAGE).await.map_err(unavailable)?;
            for listed in page.keys {
                // What the object accounts for is its own to delete, or to keep for somebody new.
                if is_back || !is_known(db, &listed.key)? {
                    found.push(listed.key);
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    // What is kept for legal claims stays until it need not be kept; it is named again the next time.
    if carry_out && !hold::holds(db)? {
        if is_back {
            match erase::erase(db, env, config, subject, None, document, by).await {
                // The rest goes by itself.
                Err(problem) if problem.is_goes_on() => {}
                erased => drop(erased?),
            }
        }
        for key in &found {
            store.delete(key).await.map_err(unavailable)?;
        }
    }
    Ok(Replayed { person: is_back, values: u64::try_from(found.len()).unwrap_or(u64::MAX) })
}

fn is_known(db: &Db<'_>, key: &str) -> Answer<bool> {
    Ok(db.exists()? && db.count("SELECT count(*) FROM keys WHERE key = ?", [text(key)])? > 0)
}
