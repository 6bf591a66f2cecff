//! A decision: decided with the server's time, committed with its index and outbox, then carried out.

use super::{
    super::{
        audit_log::{Appended, NewEntry, prove},
        db::{Db, text, time},
        outbox::Task,
    },
    Decide, Decided, Place, Stand, ended, erase,
    person::{ConsentEvent, Person, details, standings},
    policy::{self, Read},
    records, restriction,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{context, now},
};
use consentry::{
    audit::{Action, Entry, Outcome},
    consent::{
        self, Command, Consent, Decision, Evidence, Offer, Receipt, Record, Refusal, Shown, Signature,
        Standings,
    },
    decider::{Context, Decider as _},
    id::LogHandle,
    policy::{BASE, Policy, resolve},
    records::Freeze,
};
use std::{borrow::Cow, collections::BTreeSet};
use worker::Env;

/// Decides, and answers when the decision is recorded.
pub async fn decide(db: &Db<'_>, env: &Env, config: &Config, ask: &Decide) -> Answer<Decided> {
    let context = context(ask.by)?;
    require_not_erased(db)?;
    if ask.choice.grants() {
        restriction::require_none(db)?;
    }
    let policy = policy::of(ask)?;
    let known = Person::load(db, config)?;
    let mut history = known.as_ref().map_or(Ok(Vec::new()), |person| person.history(db, config))?;
    let state = standings(&history);
    let command = command(ask, &policy);
    let offer = command.offer.clone();
    let repeated = match Consent::decide(&state, command, &context) {
        Ok(decisions) => {
            let person = known.map_or_else(|| Person::new(ask.subject, config, &context), Ok)?;
            let events = decisions
                .into_iter()
                .map(|decision| ConsentEvent::of(decision, &policy, Some(person.handle), config, &context))
                .collect::<Answer<Vec<_>>>()?;
            db.transaction(|| {
                db.create()?;
                if history.is_empty() {
                    person.save(db, config, &context)?;
                }
                events.iter().try_for_each(|event| commit(db, &person, event, &policy, config, &context))?;
                let after =
                    events.iter().fold(state.clone(), |state, event| Consent::evolve(state, &event.decision));
                let choices = after.choices(&offer, context.now);
                ended::end(db, &person, ask.id, &choices, &policy, config, &context)?;
                db.arm(Some(now().plus_seconds(2)))
            })?;
            fault::point("after-commit").await;
            history.extend(events);
            false
        }
        // Asked again, perhaps because the first answer was lost: carried out as far as it was not.
        // So is what takes away, though another decision has followed: whether it holds is looked at below.
        Err(Refusal::AlreadyDecided { latest })
            if (latest || !ask.choice.grants()) && (!ask.introduces || is_recent(&history)) =>
        {
            true
        }
        Err(refusal) => return Err(refused(&refusal, &offer, stand(db, &offer, &history)?)),
    };
    let (delivered, logged) = super::object::deliver_logged(db, env, config, ask.id).await;
    fault::point("after-delivery").await;
    // Things may have happened while this waited: the answer is what stands now.
    require_not_erased(db)?;
    let newest = db.count("SELECT max(seq) FROM events", [])?;
    if history.last().is_none_or(|event| u64::from(event.decision.seq) != newest) {
        let person = Person::load(db, config)?.or_internal("decide.person")?;
        history = person.history(db, config)?;
    }
    let stand = stand(db, &offer, &history)?;
    let at = history.iter().position(|event| event.decision.id == ask.id).or_internal("decide.event")?;
    let counted = counted(db, &history)?;
    let (before, later) =
        (standings(counted.get(..at).unwrap_or_default()), counted.get(at + 1..).unwrap_or_default());
    let event = history.get(at).or_internal("decide.own")?;
    let gives = gives(&before, &event.decision, &offer);
    // What takes away holds as long as nothing was given since, whatever else was taken away meanwhile.
    if !later.is_empty() && !holds(before, &event.decision, later, &offer) {
        let seq = standings(&history).seq();
        let refusal =
            if repeated { Refusal::AlreadyDecided { latest: false } } else { Refusal::Stale { seq } };
        return Err(refused(&refusal, &offer, stand));
    }
    let recorded = delivered.is_ok();
    let receipt = match delivered {
        Ok(()) => receipt(env, event.clone(), logged).await,
        Err(problem) => Err(problem),
    };
    match (receipt, stand) {
        (Ok(receipt), Some(stand)) => Ok(Decided { stand, receipt: Some(receipt), recorded }),
        // What gives nothing applies, and is queued. What cannot be logged gives no consent.
        (Err(_), Some(stand)) if !gives => Ok(Decided { stand, receipt: None, recorded }),
        (Err(problem), _) => Err(problem),
        (Ok(_), None) => Err(Problem::internal("decide.stand")),
    }
}

/// Whether it makes a difference what a decision gives.
fn gives(before: &Standings, decision: &Decision, offer: &Offer) -> bool {
    let choices = |decision| Consent::evolve(before.clone(), decision).choices(offer, now());
    choices(decision) != choices(&decision.without_grants())
}

/// The decisions as far as they count: what one gives does once the log has taken it, what it takes away does at once.
pub fn counted<'a>(db: &Db<'_>, history: &'a [ConsentEvent]) -> Answer<Cow<'a, [ConsentEvent]>> {
    // Of whom nothing is known, there is no outbox either.
    let waiting = if history.is_empty() { BTreeSet::new() } else { db.waiting()? };
    if !history.iter().any(|event| waiting.contains(&event.decision.id)) {
        return Ok(Cow::Borrowed(history));
    }
    let as_counted = |event: &ConsentEvent| {
        let mut event = event.clone();
        if waiting.contains(&event.decision.id) {
            event.decision = event.decision.without_grants();
        }
        event
    };
    Ok(history.iter().map(as_counted).collect())
}

/// The latest decision that says anything.
pub fn newest(counted: &[ConsentEvent]) -> Option<&Decision> {
    counted.iter().map(|event| &event.decision).rfind(|decision| !decision.is_empty())
}

/// Whether a decision gave nothing, and everything that it took away is still taken away after later ones. In doubt it does not:
/// what is said of single services means one thing or another beside the purpose that they are for.
fn holds(before: Standings, decision: &Decision, later: &[ConsentEvent], offer: &Offer) -> bool {
    let then = Consent::evolve(before, decision);
    let by_now = later.iter().fold(then.clone(), |state, event| Consent::evolve(state, &event.decision));
    let (then, by_now) = (then.choices(offer, now()), by_now.choices(offer, now()));
    decision.action() != Action::ConsentGiven
        && by_now.given.is_subset(&then.given)
        && then.refused.is_subset(&by_now.refused)
        && by_now.services == then.services
}

/// How long the id of a first grant hands out the device's secret again, in seconds.
const INTRODUCTION: u64 = 600;

/// Whether the latest decision is so young that its answer may still be on its way.
fn is_recent(history: &[ConsentEvent]) -> bool {
    history.last().is_some_and(|event| now() < event.decision.at.plus_seconds(INTRODUCTION))
}

/// An erased person is not met again under the same name: whoever still holds the device's secret becomes a new one.
pub fn require_not_erased(db: &Db<'_>) -> Answer<()> {
    if erase::is_asked(db)? {
        let detail = "What was kept about this device has been erased, or is being erased.";
        return Err(Problem::conflict("erased", "This device's data was erased", detail));
    }
    Ok(())
}

/// Writes one event: history, index, outbox.
fn commit(
    db: &Db<'_>,
    person: &Person,
    event: &ConsentEvent,
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let id = event.decision.id;
    let key = person.consent_key(id);
    let retain_until = event.decision.until.max(policy.consent.proof.retention.after(event.decision.at));
    let sealed = person.seal(&key, event, config, context)?;
    let entry: Entry = serde_json::from_str(&event.entry).or_internal("decide.entry")?;
    let (entry, _) = NewEntry::about(&entry, person.log_name(), &person.key, config, context)?;
    person.remember(db, event, config, context)?;
    db.run("INSERT INTO keys (key, retain_until) VALUES (?, ?)", [text(&key), time(retain_until)])?;
    let owner = person.owner(&key, config)?;
    let put = Task::put_of(&key, &sealed, config.keyring.active(), Some(retain_until), owner);
    let lift = (records::freeze(db)? > Freeze::None).then_some(Task::Lift { key });
    let tasks: Vec<_> = [Some(put), lift, Some(Task::Append { entry })].into_iter().flatten().collect();
    db.enqueue_all(id, &tasks)
}

impl ConsentEvent {
    /// Writes the record of a decision, signs it, and makes the audit entry that names it.
    pub fn of(
        decision: Decision,
        policy: &Policy,
        handle: Option<LogHandle>,
        config: &Config,
        context: &Context,
    ) -> Answer<Self> {
        let record = Record::of(&decision, policy, handle, BASE);
        let signature = Signature::over(&record, config.receipt_key()?).or_internal("decide.sign")?;
        let action = decision.action();
        let entry = Entry {
            event: decision.id,
            action,
            time: decision.at,
            actor: context.caller,
            subject: handle,
            outcome: Outcome::Done,
            details: details(action, &record)?,
        };
        let salt = context.derive16(&format!("salt {}", decision.id));
        Ok(Self { entry: entry.to_text().or_internal("decide.entry")?, decision, record, signature, salt })
    }
}

/// The receipt of an event, with the proof that came when it was logged, or else against the newest tree.
pub async fn receipt(env: &Env, event: ConsentEvent, logged: Option<Appended>) -> Answer<Receipt> {
    let logged = match logged {
        Some(logged) => logged,
        None => prove(env, event.decision.id).await?.or_internal("receipt.proof")?,
    };
    let proof = consentry::audit::LogProof::parse(&logged.proof).or_internal("receipt.parse")?;
    let evidence = Evidence::new(logged.leaf, event.entry, &event.salt, &proof);
    Ok(Receipt::new(event.record, event.signature, evidence))
}

/// The command of a call.
pub fn command(ask: &Decide, policy: &Read) -> Command {
    let setting = ask.place.setting(&ask.locale);
    let shown = Shown {
        policy: ask.shown,
        standing: ask.standing,
        notice: ask.notice,
        locale: ask.locale.clone(),
        region: ask.place.region.clone(),
    };
    Command {
        id: ask.id,
        choice: ask.choice.clone(),
        offer: Offer::of(policy, &policy.material, &resolve(policy, &setting), shown),
        seen: ask.seen,
        layer: ask.layer,
        confirmed: ask.confirmed,
        imported: ask.imported.clone(),
    }
}

/// What the policy in force offers, seen from where the latest decision was made.
pub fn offer_now(policy: &Read, newest: &Decision) -> Offer {
    let place = Place { region: newest.region.clone(), age: newest.age, signal: newest.signal };
    let shown = Shown {
        policy: newest.policy,
        standing: newest.standing,
        notice: newest.notice,
        locale: newest.locale.clone(),
        region: newest.region.clone(),
    };
    Offer::of(policy, &policy.material, &resolve(policy, &place.setting(&newest.locale)), shown)
}

/// How consent stands after a history, under an offer, as far as it counts.
pub fn stand(db: &Db<'_>, offer: &Offer, history: &[ConsentEvent]) -> Answer<Option<Stand>> {
    let counted = counted(db, history)?;
    let Some(newest) = newest(&counted) else { return Ok(None) };
    let (state, now) = (standings(&counted), now());
    Ok(Some(Stand {
        policy: newest.policy,
        seq: state.seq(),
        choices: state.choices(offer, now),
        since: state.since(offer, now),
        until: newest.until,
        restricted: restriction::holds(db)?,
    }))
}

/// Writes down the decision that follows from a request, within the transaction at hand. What is so already is no decision.
pub fn follow(
    db: &Db<'_>,
    person: &Person,
    ask: &Decide,
    policy: &Read,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let history = person.history(db, config)?;
    let mut state = standings(&history);
    let command = command(ask, policy);
    let offer = command.offer.clone();
    match Consent::decide(&state, command, context) {
        Ok(decisions) => {
            for decision in decisions {
                state = Consent::evolve(state, &decision);
                let event = ConsentEvent::of(decision, policy, Some(person.handle), config, context)?;
                commit(db, person, &event, policy, config, context)?;
            }
        }
        Err(Refusal::AlreadyDecided { .. } | Refusal::NothingToDecide) => {}
        Err(refusal) => return Err(refused(&refusal, &offer, None)),
    }
    let choices = state.choices(&offer, context.now);
    ended::end(db, person, ask.id, &choices, policy, config, context)
}

/// How consent stands after a decision that followed from a request.
pub fn stand_now(db: &Db<'_>, config: &Config, ask: &Decide, policy: &Read) -> Answer<Option<Stand>> {
    let history = Person::load(db, config)?.map_or(Ok(Vec::new()), |person| person.history(db, config))?;
    stand(db, &command(ask, policy).offer, &history)
}

/// A refusal of the core's as a problem, with how consent stands.
pub fn refused(refusal: &consent::Refusal, offer: &Offer, stand: Option<Stand>) -> Problem {
    let problem = match refusal {
        Refusal::AlreadyDecided { .. } | Refusal::Stale { .. } => {
            Problem::conflict("stale-decision", "Another decision was made since", sentence(&refusal))
        }
        Refusal::PolicyChanged => {
            Problem::conflict("policy-changed", "The policy has changed since", sentence(&refusal))
        }
        Refusal::UnknownPurpose(_) => Problem::invalid("purposes", sentence(&refusal)),
        Refusal::UnknownService(_) => Problem::invalid("services", sentence(&refusal)),
        Refusal::ConfirmationNeeded(purposes) => {
            let title = "Allowing this again has to be confirmed";
            Problem::conflict("confirmation-needed", title, sentence(&refusal)).with("purposes", purposes)
        }
        Refusal::NothingToDecide if offer.purposes.is_empty() => {
            Problem::invalid("choice", sentence(&refusal))
        }
        Refusal::NothingToDecide => {
            let detail = "Data is used here until an objection, and nothing is objected to.";
            Problem::conflict("nothing-to-decide", "There is nothing to record", detail)
        }
        Refusal::NoDevice => Problem::internal("decide.no-device"),
    };
    problem.with("stand", stand)
}
