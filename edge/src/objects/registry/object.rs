//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        audit_log::{self, SiteEntry},
        db::{Db, Memory, text, time},
        outbox::{self, Task, deliver},
        reseal, rpc,
    },
    Call, Known, LINEAGE, Lineage, Retention, agents, cases, concerned, erasing, holds, ledger, lines,
    notices, sweeps,
};
use crate::{
    config::{config, seconds, variable},
    fault,
    problem::{Answer, OrInternal as _, Problem},
    world::now,
};
use consentry::{
    audit::Action,
    canonical,
    clock::Calendar,
    consent::Standing,
    decider::{Caller, CallerClass},
    id::{EventId, PolicyHash},
    policy,
    rights::calendar,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

const SCHEMA: [&str; 12] = [
    outbox::SCHEMA,
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // `until` is null for the policy in force.
    "CREATE TABLE IF NOT EXISTS policies (
        hash TEXT PRIMARY KEY, document TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER)",
    ledger::SCHEMA,
    lines::SCHEMA,
    cases::SCHEMA,
    erasing::SCHEMA,
    concerned::SCHEMA,
    holds::SCHEMA,
    notices::SCHEMA,
    agents::SCHEMAS[0],
    agents::SCHEMAS[1],
];

/// How long a page may answer the policy before the present one, in seconds.
const GRACE: u64 = 600;

/// The site's registry.
#[durable_object]
pub struct Registry {
    state: State,
    env: Env,
    memory: Memory,
    /// Whether the deployment's policy has been seen: it does not change while the object lives.
    has_seen_policy: AtomicBool,
}

impl DurableObject for Registry {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env, memory: Memory::default(), has_seen_policy: AtomicBool::default() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        rpc::answer(self.serve(request).await)
    }

    async fn alarm(&self) -> Result<Response> {
        // A row that failed has been put off and the alarm set again; throwing would only count against retries.
        let _ = self.deliver().await;
        let _ = self.notify().await;
        Response::empty()
    }
}

impl Registry {
    async fn serve(&self, request: Request) -> Answer<Response> {
        let call = rpc::receive(request).await?;
        let db = self.db()?;
        let is_settled = self.has_seen_policy.load(Relaxed);
        match self.adopt_deployed(&db).await {
            // It comes into force once the log can take its entry; until then the one before is.
            Err(problem) if problem.status != 503 || current(&db).is_err() => return Err(problem),
            _ => {}
        }
        // Asked with every choice: nothing is left to be done by it.
        let is_asked_only = is_settled && matches!(call, Call::Current | Call::Standing { .. });
        let answer = match call {
            Call::Current => rpc::json(&current(&db)?),
            Call::Standing { hash } => rpc::json(&self.standing(&db, hash)?),
            Call::Adopt { document, by } => rpc::json(&self.adopt(&db, &document, by).await?),
            Call::EnterErasure { erasure } => rpc::json(&ledger::enter(&db, &erasure)?),
            Call::Ledger { after } => rpc::json(&ledger::list(&db, after)?),
            Call::Case { case } => rpc::json(&cases::enter(&db, &*config(&self.env)?, &case)?),
            Call::Agents { ask, by } => rpc::json(&agents::answer(&db, &*config(&self.env)?, ask, by)?),
            Call::EnterErasing { erasing } => {
                let calendar = calendar_now(&db)?;
                let config = config(&self.env)?;
                rpc::json(&db.transaction(|| erasing::enter(&db, &config, &erasing, &calendar))?)
            }
            Call::ActErasing { request, act, by } => {
                let config = config(&self.env)?;
                rpc::json(&erasing::act(&db, &config, request, act, &calendar_now(&db)?, by)?)
            }
            Call::Erasing { request } => rpc::json(&erasing::show(&db, request, &calendar_now(&db)?)?),
            Call::Outline { request } => rpc::json(&cases::outlined(&db, request)?),
            Call::Forgotten { request } => rpc::json(&cases::forgotten(&db, &*config(&self.env)?, request)?),
            Call::SubjectOf { request } => rpc::json(&cases::subject_of(&db, request)?),
            Call::Cases { over, after } => rpc::json(&cases::list(&db, over, &after)?),
            Call::Concern { concern } => rpc::json(&concerned::enter(&db, &concern)?),
            Call::Concerned { category, after } => {
                rpc::json(&concerned::list(&db, &category, &after, &*config(&self.env)?)?)
            }
            Call::Hold { hold } => rpc::json(&holds::enter(&db, &hold)?),
            Call::Holds => rpc::json(&holds::list(&db, &*config(&self.env)?)?),
            Call::HeldSubject { id } => rpc::json(&holds::subject_of(&db, id)?),
            Call::BeginSweep => rpc::json(&sweeps::begin(&db, &self.env, &*config(&self.env)?)?),
            Call::EndSweep { slice, tally, next } => {
                rpc::json(&sweeps::end(&db, &*config(&self.env)?, &slice, &tally, next)?)
            }
            Call::Retention => {
                let policy = parse(&current(&db)?.document)?;
                let concerned = concerned::counts(&db, &policy, &*config(&self.env)?)?;
                let uses = [("notices", notices::uses(&db)?), ("waiting", reseal::uses(&db)?)];
                let uses = uses.map(|(what, uses)| (what.to_owned(), uses)).into();
                rpc::json(&Retention { sweeps: sweeps::show(&db)?, concerned, uses })
            }
            Call::Notify { notice } => rpc::json(&notices::enter(&db, &notice)?),
            Call::Notices { failed } => rpc::json(&notices::list(&db, failed)?),
            Call::IsUntold { id } => rpc::json(&notices::is_untold(&db, id)?),
            Call::Retry { id, by } => rpc::json(&notices::retry(&db, &*config(&self.env)?, id, by)?),
            Call::Tick => rpc::json(&()),
            Call::KeepLines { lines } => rpc::json(&lines::keep(&db, &lines)?),
            Call::Lines { limit } => rpc::json(&lines::latest(&db, limit)?),
        };
        // What a failed delivery leaves is the alarm's, and so are notices: nobody waits for the site's own systems.
        if !is_asked_only {
            let _ = self.deliver().await;
        }
        answer
    }

    /// The database, with its tables.
    fn db(&self) -> Answer<Db<'_>> {
        let db = Db::of(&self.state, &self.memory);
        db.make(&SCHEMA)?;
        Ok(db)
    }

    /// Tells the site's own systems what they are to be told.
    async fn notify(&self) -> Answer<()> {
        let db = self.db()?;
        let config = config(&self.env)?;
        notices::deliver(&db, &self.env, &config).await.and(agents::deliver(&db, &config).await)?;
        self.deliver().await
    }

    async fn deliver(&self) -> Answer<()> {
        let db = self.db()?;
        let config = config(&self.env)?;
        if config.keyring.ids().count() > 1 {
            notices::reseal(&db, &config)?;
            erasing::reseal(&db, &config)?;
            // What stays is counted, see [`reseal::uses`].
            let _ = reseal::reseal(&db, &config);
        }
        let looked = cases::look(&db, &config);
        let delivered = deliver(&db, &self.env, None, |_, _, _| Ok(())).await;
        let due = [
            db.outbox_due()?,
            lines::forget(&db)?,
            looked.clone().unwrap_or_default(),
            notices::due(&db)?,
            agents::due(&db)?,
        ];
        db.arm(due.into_iter().flatten().min())?;
        delivered.and(looked.map(drop))
    }

    /// A deployment brings its policy along. It comes into force once, when it is first seen.
    async fn adopt_deployed(&self, db: &Db<'_>) -> Answer<()> {
        if self.has_seen_policy.load(Relaxed) {
            return Ok(());
        }
        let Some(document) = variable(&self.env, "POLICY") else {
            self.has_seen_policy.store(true, Relaxed);
            return Ok(());
        };
        let policy = parse(&document)?;
        let hash = policy::hash(&policy).to_string();
        if db.meta("deployed")?.as_deref() != Some(hash.as_str()) {
            self.adopt(db, &document, CallerClass::System.into()).await?;
            db.set_meta("deployed", &hash)?;
        }
        self.has_seen_policy.store(true, Relaxed);
        Ok(())
    }

    /// Puts a policy into force. Its entry comes first: what the log does not take does not happen.
    async fn adopt(&self, db: &Db<'_>, document: &str, by: Caller) -> Answer<Known> {
        let policy = parse(document)?;
        let hash = policy::hash(&policy);
        let document = canonical::to_string(&policy).or_internal("registry.canonical")?;
        let before = current(db).ok();
        if let Some(before) = &before
            && parse(&before.document)?.site.id != policy.site.id
        {
            let detail = "This is the policy of another site than the one in force. Keep site.id as it is.";
            return Err(Problem::invalid("site.id", detail));
        }
        if before.is_some_and(|before| before.hash == hash) {
            return current(db);
        }
        let config = config(&self.env)?;
        let adoptions = db.count("SELECT value + 0 FROM meta WHERE name = 'adoptions'", [])?;
        let event = adoption(&config.site, hash, adoptions);
        let details = json!({"policy": hash});
        let entry = SiteEntry { event, action: Action::PolicyAdopted, details }.seal(by, &config)?;
        audit_log::append(&self.env, &entry).await?;
        fault::point("after-append").await;
        db.transaction(|| {
            if db.count("SELECT value + 0 FROM meta WHERE name = 'adoptions'", [])? != adoptions {
                // The same policy twice is in force; of two different ones the first is.
                return if current(db)?.hash == hash { Ok(()) } else { Err(overtaken()) };
            }
            db.set_meta("adoptions", &(adoptions + 1).to_string())?;
            let lineage = succession(db, &policy)?;
            let lineage = serde_json::to_string(&lineage).or_internal("registry.lineage")?;
            db.run("UPDATE policies SET until = ? WHERE until IS NULL", [time(now())])?;
            db.run(
                "INSERT OR REPLACE INTO policies (hash, document, since) VALUES (?, ?, ?)",
                [text(hash), text(&document), time(now())],
            )?;
            // Policies are public, so they are not sealed.
            db.enqueue(event, &Task::put(&format!("policy/{hash}"), document.as_bytes(), "", None))?;
            db.enqueue(event, &Task::put("policy/current", document.as_bytes(), "", None))?;
            db.enqueue(event, &Task::put(LINEAGE, lineage.as_bytes(), "", None))?;
            db.set_meta("lineage", &lineage)?;
            db.arm(Some(now().plus_seconds(1)))
        })?;
        current(db)
    }

    fn standing(&self, db: &Db<'_>, hash: PolicyHash) -> Answer<Known> {
        let current = current(db)?;
        if hash == current.hash {
            return Ok(current);
        }
        let grace = seconds(&self.env, "POLICY_GRACE", GRACE);
        let row = db.row("SELECT document, until FROM policies WHERE hash = ?", [text(hash)])?;
        match row {
            Some(row) if now() < row.time(1)?.plus_seconds(grace) => {
                Ok(Known { hash, standing: Standing::Grace, document: row.text(0)?.to_owned(), ..current })
            }
            _ => Ok(Known { standing: Standing::Unknown, ..current }),
        }
    }
}

/// The event of the next adoption, if it is of this policy: whoever repeats it after a crash names the same.
fn adoption(site: &str, hash: PolicyHash, adoptions: u64) -> EventId {
    let name = format!("consentry/adoption/v1\n{site}\n{hash}\n{adoptions}");
    EventId::from_bytes(Sha256::digest(name).first_chunk().copied().unwrap_or_default())
}

/// The working days of the policy in force.
fn calendar_now(db: &Db<'_>) -> Answer<Calendar> {
    Ok(calendar(&parse(&current(db)?.document)?))
}

fn overtaken() -> Problem {
    let detail = "Another policy came into force at the same moment. Look at it, and send yours again if it still is right.";
    Problem::conflict("overtaken", "Another policy came first", detail)
}

fn current(db: &Db<'_>) -> Answer<Known> {
    let row = db.row("SELECT hash, document, since FROM policies WHERE until IS NULL", [])?;
    let none = || {
        Problem::misconfigured(
            "No policy is in force. Deploy one as POLICY, or PUT it to /.consentry/policy.",
        )
    };
    let row = row.ok_or_else(none)?;
    let lineage = db.meta("lineage")?.and_then(|text| serde_json::from_str(&text).ok());
    let lineage = lineage.unwrap_or(Lineage { since: row.time(2)?, ..Lineage::default() });
    let document = row.text(1)?.to_owned();
    Ok(Known { hash: row.parse(0)?, standing: Standing::InForce, document, lineage })
}

/// How many earlier policies are remembered, so that decisions about them are understood.
const REMEMBERED: usize = 8;

/// What comes before a policy that is about to follow the one in force.
fn succession(db: &Db<'_>, next: &policy::Policy) -> Answer<Lineage> {
    let Ok(before) = current(db) else { return Ok(Lineage { since: now(), ..Lineage::default() }) };
    let own = policy::material(next).hash;
    let mut earlier = vec![policy::material(&parse(&before.document)?)];
    earlier.extend(before.lineage.earlier);
    let mut seen = std::collections::BTreeSet::from([own]);
    earlier.retain(|material| seen.insert(material.hash.clone()));
    earlier.truncate(REMEMBERED);
    Ok(Lineage { since: now(), earlier })
}

fn parse(document: &str) -> Answer<policy::Policy> {
    policy::parse(document).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        Problem::invalid("policy", first).with("problems", problems)
    })
}
