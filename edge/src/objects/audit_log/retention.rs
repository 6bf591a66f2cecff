//! The end of payloads: what an entry says goes when its time is over, the leaf stays.

use super::{seal::SiteEntry, sequence::Sequence};
use crate::{
    config::Config,
    objects::{
        db::{Db, number},
        registry,
    },
    problem::{Answer, OrInternal as _},
    world::{self, now},
};
use consentry::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::CallerClass,
    policy,
};
use serde_json::json;
use worker::Env;

/// The most payloads that are dropped at once.
const PART: u64 = 500;

/// How often is looked at least, and at most, in seconds.
const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// Drops what is over, and makes an entry of it. When to look again.
pub async fn enforce(
    db: &Db<'_>,
    sequence: &Sequence,
    env: &Env,
    config: &Config,
) -> Answer<Option<Timestamp>> {
    let policy = policy::parse(&registry::current(env).await?.document).or_internal("retention.policy")?;
    let kept = &policy.log.retention;
    let over = over(db, kept)?;
    if let Some((_, newest)) = over.last() {
        let (count, until) = (over.len(), *newest);
        let details = json!({"entries": count, "until": until, "retention": kept});
        let event = world::event()?;
        let entry = SiteEntry { event, action: Action::PayloadsDropped, details };
        let entry = entry.seal(CallerClass::System.into(), config)?;
        sequence.append_with(db, config, &[entry], |_| {
            // Whom they were about is still somebody, see [`super::rewrap::know`].
            over.iter().try_for_each(|(index, _)| {
                let forget = "UPDATE leaves SET handle = NULL, site_key = NULL, payload = NULL WHERE idx = ?";
                db.run(forget, [number(*index)])
            })
        })?;
        if u64::try_from(count) == Ok(PART) {
            return Ok(Some(now()));
        }
    }
    let query = "SELECT min(time) FROM leaves WHERE payload IS NOT NULL";
    let oldest = db.row(query, [])?.and_then(|row| row.maybe_number(0)).map(Timestamp::from_seconds);
    let due = oldest.map_or(now().plus_seconds(DAY), |oldest| kept.after(oldest));
    // A policy to come may keep them for a shorter time.
    Ok(Some(due.clamp(now().plus_seconds(HOUR), now().plus_seconds(DAY))))
}

/// The index and time of payloads whose time is over, oldest first.
fn over(db: &Db<'_>, kept: &Period) -> Answer<Vec<(u64, Timestamp)>> {
    let query = "SELECT idx, time FROM leaves WHERE payload IS NOT NULL ORDER BY time LIMIT ?";
    let rows = db.rows(query, [number(PART)])?;
    let rows = rows.iter().map(|row| Ok((row.number(0)?, row.time(1)?))).collect::<Answer<Vec<_>>>()?;
    Ok(rows.into_iter().take_while(|(_, time)| kept.after(*time) <= now()).collect())
}
