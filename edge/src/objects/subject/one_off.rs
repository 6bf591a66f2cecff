//! Refusals by nobody known: recorded, logged, and tied to no one.
//!
//! They are carried by a few objects that every visitor shares, so that a refusal leaves neither an identity nor an
//! object of its own, and still has an outbox that a crash cannot lose.

use super::{
    super::{
        audit_log::{NewEntry, prove},
        db::Db,
        outbox::Task,
    },
    Decide, Decided, Stand,
    decide::{command, receipt, refused},
    person::{ConsentEvent, seal_one_off},
    policy,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _},
    world::{context, now},
};
use consentry::{
    audit::Entry,
    consent::{Choice, Consent, Standings},
    decider::{Caller, CallerClass, Decider as _},
    vault::KeyUse,
};
use worker::Env;

/// Records a refusal by nobody.
pub async fn refuse(db: &Db<'_>, env: &Env, config: &Config, ask: &Decide) -> Answer<Decided> {
    let context = context(Caller { class: CallerClass::Anyone, ..ask.by })?;
    let policy = policy::of(ask)?;
    let state = Standings::default();
    let mut refusal = command(ask, &policy);
    if refusal.choice.grants() {
        // Nobody can withdraw what nobody gave.
        refusal.choice = Choice::RejectAll;
    }
    let offer = refusal.offer.clone();
    let decision = Consent::decide(&state, refusal, &context)
        .map_err(|refusal| refused(&refusal, &offer, None))?
        .into_iter()
        .next()
        .or_internal("one-off.decision")?;
    let state = Consent::evolve(state, &decision);
    let stand = Stand {
        policy: decision.policy,
        // Nobody's decision has no number.
        seq: 0,
        choices: state.choices(&offer, decision.at),
        since: decision.at,
        until: decision.until,
        restricted: false,
    };
    db.create()?;
    // A log that cannot be asked keeps no refusal from being taken: at worst it is stored once more.
    let is_known = is_pending(db, ask)? || prove(env, ask.id).await.is_ok_and(|known| known.is_some());
    // The same refusal may have arrived twice while the log was asked.
    if is_known || is_pending(db, ask)? {
        let recorded = super::object::deliver_event(db, env, config, ask.id).await.is_ok();
        return Ok(Decided { stand, receipt: None, recorded });
    }
    let event = ConsentEvent::of(decision, &policy, None, config, &context)?;
    let key = format!("refusal/{}", ask.id);
    let site_key = config.keyring.key(config.keyring.active(), KeyUse::Site).or_internal("one-off.key")?;
    let sealed = seal_one_off(&site_key, &key, &event, config, &context)?;
    let retain_until = event.decision.until.max(policy.consent.proof.retention.after(event.decision.at));
    let entry: Entry = serde_json::from_str(&event.entry).or_internal("one-off.entry")?;
    let (entry, _) = NewEntry::of_site(&entry, config, &context)?;
    db.transaction(|| {
        let put = Task::put(&key, &sealed, config.keyring.active(), Some(retain_until));
        db.enqueue_all(ask.id, &[put, Task::Append { entry: entry.clone() }])?;
        db.arm(Some(now().plus_seconds(2)))
    })?;
    fault::point("after-commit").await;
    // A refusal applies, whether or not it can be logged at once: it is queued.
    let recorded = super::object::deliver_event(db, env, config, ask.id).await.is_ok();
    let receipt = if recorded { receipt(env, event, None).await.ok() } else { None };
    Ok(Decided { stand, receipt, recorded })
}

fn is_pending(db: &Db<'_>, ask: &Decide) -> Answer<bool> {
    Ok(db.waiting()?.contains(&ask.id))
}
