//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        audit_log::SiteEntry,
        db::{Db, text, time},
        outbox::{self, Task, deliver},
        rpc,
    },
    Call, Known, LINEAGE, Lineage, lines,
};
use crate::{
    config::{config, seconds, variable},
    problem::{Answer, OrInternal as _, Problem},
    world::{now, random},
};
use consentry::{
    audit::Action,
    canonical,
    clock::Timestamp,
    consent::Standing,
    decider::CallerClass,
    id::{EventId, PolicyHash, SubjectId},
    policy,
};
use serde_json::json;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

const SCHEMA: [&str; 5] = [
    outbox::SCHEMA,
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // `until` is null for the policy in force.
    "CREATE TABLE IF NOT EXISTS policies (
        hash TEXT PRIMARY KEY, document TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER)",
    "CREATE TABLE IF NOT EXISTS erasures (name TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (name, at))",
    lines::SCHEMA,
];

/// How long a page may answer the policy before the present one, in seconds.
const GRACE: u64 = 600;

/// The site's registry.
#[durable_object]
pub struct Registry {
    state: State,
    env: Env,
}

impl DurableObject for Registry {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        rpc::answer(self.serve(request).await)
    }

    async fn alarm(&self) -> Result<Response> {
        // A row that failed has been put off and the alarm set again; throwing would only count against retries.
        let _ = self.deliver().await;
        Response::empty()
    }
}

impl Registry {
    async fn serve(&self, request: Request) -> Answer<Response> {
        let call = rpc::receive(request).await?;
        let db = self.db()?;
        self.adopt_deployed(&db)?;
        let answer = match call {
            Call::Current => rpc::json(&current(&db)?),
            Call::Standing { hash } => rpc::json(&self.standing(&db, hash)?),
            Call::Adopt { document, by } => rpc::json(&self.adopt(&db, &document, by)?),
            Call::EnterErasure { name, at } => rpc::json(&enter_erasure(&db, name, at)?),
            Call::Tick => rpc::json(&()),
            Call::KeepLines { lines } => rpc::json(&lines::keep(&db, &lines)?),
            Call::Lines { limit } => rpc::json(&lines::latest(&db, limit)?),
        };
        // What a failed delivery leaves is the alarm's.
        let _ = self.deliver().await;
        answer
    }

    /// The database, with its tables.
    fn db(&self) -> Answer<Db<'_>> {
        let db = Db(&self.state);
        for statement in SCHEMA {
            db.run(statement, [])?;
        }
        Ok(db)
    }

    async fn deliver(&self) -> Answer<()> {
        let db = self.db()?;
        let delivered = deliver(&db, &self.env, |_| Ok(())).await;
        let due = [db.outbox_due()?, lines::forget(&db)?];
        db.arm(due.into_iter().flatten().min())?;
        delivered
    }

    /// A deployment brings its policy along. It comes into force once, when it is first seen.
    fn adopt_deployed(&self, db: &Db<'_>) -> Answer<()> {
        let Some(document) = variable(&self.env, "POLICY") else { return Ok(()) };
        let policy = parse(&document)?;
        let hash = policy::hash(&policy).to_string();
        if db.meta("deployed")?.as_deref() == Some(hash.as_str()) {
            return Ok(());
        }
        self.adopt(db, &document, CallerClass::System)?;
        db.set_meta("deployed", &hash)
    }

    fn adopt(&self, db: &Db<'_>, document: &str, by: CallerClass) -> Answer<Known> {
        let policy = parse(document)?;
        let hash = policy::hash(&policy);
        let document = canonical::to_string(&policy).or_internal("registry.canonical")?;
        if let Ok(before) = current(db)
            && parse(&before.document)?.site.id != policy.site.id
        {
            let detail = "This is the policy of another site than the one in force. Keep site.id as it is.";
            return Err(Problem::invalid("site.id", detail));
        }
        let in_force =
            db.count("SELECT count(*) FROM policies WHERE hash = ? AND until IS NULL", [text(hash)])? > 0;
        if !in_force {
            let config = config(&self.env)?;
            let event = EventId::from_bytes(random()?);
            let details = json!({"policy": hash});
            let entry = SiteEntry { event, action: Action::PolicyAdopted, details }.seal(by, &config)?;
            let lineage = succession(db, &policy)?;
            let lineage = serde_json::to_string(&lineage).or_internal("registry.lineage")?;
            db.transaction(|| {
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
                db.enqueue(event, &Task::Append { entry: entry.clone() })?;
                db.arm(Some(now().plus_seconds(1)))
            })?;
        }
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

fn enter_erasure(db: &Db<'_>, name: SubjectId, at: Timestamp) -> Answer<()> {
    db.run("INSERT OR IGNORE INTO erasures (name, at) VALUES (?, ?)", [text(name), time(at)])
}

fn parse(document: &str) -> Answer<policy::Policy> {
    policy::parse(document).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        Problem::invalid("policy", first).with("problems", problems)
    })
}
