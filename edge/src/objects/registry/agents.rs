//! Requests that agents make for people, until they are confirmed and after; and the tokens by which agents are known.
//!
//! What is known of a person by it, and where the agent is told, is sealed, and goes when there is no more to do.

use super::cases::{self, Case};
use crate::{
    config::Config,
    objects::{
        audit_log::SiteEntry,
        db::{Db, Param, number, text, time},
        outbox::Task,
    },
    outward,
    problem::{Answer, OrInternal as _, Problem},
    world::{event, now, random},
};
use consentry::{
    audit::Action,
    caller::Contact,
    clock::{Day, Law, Timestamp},
    decider::{Caller, CallerClass},
    encoding::{from_base64url, to_base64url},
    id::EventId,
    pseudonym::Domain,
    rights::{
        RequestReply,
        agent::{AgentRequest, Standing},
        request::Phase,
    },
    vault::{Binding, open, seal},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const SCHEMAS: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS agents (agent TEXT PRIMARY KEY, token TEXT NOT NULL)",
    // `message` is the hash of what the agent sent: the same again is the same request.
    "CREATE TABLE IF NOT EXISTS agent_requests (id TEXT PRIMARY KEY, agent TEXT NOT NULL, message TEXT NOT NULL UNIQUE,
        received INTEGER NOT NULL, expires INTEGER NOT NULL, request TEXT, body TEXT NOT NULL, over INTEGER,
        call_at INTEGER, calls INTEGER NOT NULL DEFAULT 0)",
];

/// How long what is over is remembered (section 3.02), in seconds.
const REMEMBERED: u64 = 60 * 86_400;

/// How long to wait before an agent is told again, in seconds. After the last, it has to ask.
const WAITS: [u64; 5] = [5, 300, 3_600, 21_600, 86_400];

/// The most requests of one agent that may wait for their persons.
const MOST: u64 = 1_000;

/// How many are looked at in one go.
const AT_ONCE: u64 = 20;

/// What is sealed of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Body {
    /// Where the person is reached, as the agent says.
    pub contact: Contact,
    /// The right, in the words of the protocol.
    pub exercise: String,
    /// The agent's own name for the request.
    pub agent_request_id: Option<String>,
    /// Where the agent is told.
    pub callback: Option<String>,
    /// The law it is asked under, as far as that is known before its person is.
    #[serde(default = "before")]
    pub law: Law,
    /// By when it is to be answered.
    pub latest: Day,
    /// How far it is.
    pub standing: Standing,
}

/// The law of all requests, before each had its own.
const fn before() -> Law {
    Law::Ccpa
}

/// A request as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// The agent.
    pub agent: String,
    /// When it came in.
    pub received: Timestamp,
    /// Until when it can be confirmed.
    pub expires: Timestamp,
    /// The rest.
    pub body: Body,
}

impl Kept {
    /// As the agent is told of it.
    pub fn request(&self, config: &Config) -> AgentRequest {
        AgentRequest {
            id: self.id.clone(),
            agent_request_id: self.body.agent_request_id.clone(),
            received: self.received,
            latest: self.body.latest,
            expires: self.expires,
            standing: self.body.standing.clone(),
            confirm_at: config.route(&format!("contact/agents/{}", self.id)),
        }
    }

    /// Whether its person may still confirm it.
    pub fn is_open(&self) -> bool {
        self.body.standing == Standing::Unconfirmed && self.expires > now()
    }
}

/// What is asked about agents.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// An agent gets another token.
    Token {
        /// The agent.
        agent: String,
        /// The hash of the token.
        hash: String,
    },
    /// Whose token it is.
    Agent {
        /// The hash of the token.
        hash: String,
    },
    /// Take a request in.
    Enter {
        /// The agent.
        agent: String,
        /// The hash of what it sent.
        message: String,
        /// The rest.
        body: Box<Body>,
        /// How it stands until its person confirms it, as the site keeps track of it.
        request: Box<RequestReply>,
    },
    /// Show one.
    Show {
        /// Its id.
        id: String,
    },
    /// The person or the agent decided.
    Settle {
        /// Its id.
        id: String,
        /// How.
        standing: Standing,
    },
}

/// Answers.
pub(super) fn answer(db: &Db<'_>, config: &Config, ask: Ask, by: Caller) -> Answer<Value> {
    let json = |value| serde_json::to_value(value).or_internal("agents.answer");
    match ask {
        Ask::Token { agent, hash } => {
            let row = [text(&agent), text(hash)];
            db.transaction(|| {
                db.run("INSERT OR REPLACE INTO agents (agent, token) VALUES (?, ?)", row.clone())?;
                log(db, config, Action::AgentRegistered, json!({"agent": agent}), by)
            })?;
            Ok(Value::Null)
        }
        Ask::Agent { hash } => {
            let row = db.row("SELECT agent FROM agents WHERE token = ?", [text(hash)])?;
            row.map_or(Ok(Value::Null), |row| row.text(0).map(Value::from))
        }
        Ask::Enter { agent, message, body, request } => {
            json(Some(enter(db, config, &agent, &message, *body, *request, by)?))
        }
        Ask::Show { id } => json(load(db, config, "id", &id)?),
        Ask::Settle { id, standing } => json(Some(settle(db, config, &id, standing, by)?)),
    }
}

fn log(db: &Db<'_>, config: &Config, action: Action, details: Value, by: Caller) -> Answer<()> {
    let entry = SiteEntry { event: event()?, action, details };
    db.enqueue(entry.event, &Task::Append { entry: entry.seal(by, config)? })
}

fn enter(
    db: &Db<'_>,
    config: &Config,
    agent: &str,
    message: &str,
    body: Body,
    request: RequestReply,
    by: Caller,
) -> Answer<Kept> {
    if let Some(known) = load(db, config, "message", message)? {
        return Ok(known);
    }
    let waiting = "SELECT count(*) FROM agent_requests WHERE agent = ? AND request IS NULL AND over IS NULL AND expires > ?";
    if db.count(waiting, [text(agent), time(now())])? >= MOST {
        return Err(Problem::too_many(86_400));
    }
    let id = uuid(random()?);
    let at = request.received;
    // Whom nobody can verify within the term may be denied then (11 CCR section 7021(b)), and has to be answered.
    // Where that day ends last, so that nobody loses an hour of it.
    let expires = body.latest.ends(body.law.hours());
    let case = Case { subject: None, version: 1, request: RequestReply { id: request_id(&id), ..request } };
    let kept = Kept { id, agent: agent.to_owned(), received: at, expires, body };
    let row = [
        text(&kept.id),
        text(agent),
        text(message),
        time(at),
        time(kept.expires),
        text(sealed(config, &kept.id, &kept.body)?),
    ];
    let insert =
        "INSERT INTO agent_requests (id, agent, message, received, expires, body) VALUES (?, ?, ?, ?, ?, ?)";
    db.transaction(|| {
        db.run(insert, row.clone())?;
        // Its term runs, so the site keeps track of it with all others.
        cases::enter(db, config, &case)?;
        let details = json!({"agent": agent, "request": kept.id, "right": kept.body.exercise});
        log(db, config, Action::AgentRequested, details, by)
    })?;
    Ok(kept)
}

fn settle(db: &Db<'_>, config: &Config, id: &str, standing: Standing, by: Caller) -> Answer<Kept> {
    let missing = || Problem::not_found("There is no such request.");
    let mut kept = load(db, config, "id", id)?.ok_or_else(missing)?;
    if !kept.is_open() {
        let detail = "It was confirmed, denied or taken back before, or its time is over.";
        return Err(Problem::conflict("agent-request-over", "The request is not open any more", detail));
    }
    kept.body.standing = standing;
    conclude(db, config, &kept, by)?;
    Ok(kept)
}

/// A request that was open is not any more.
fn conclude(db: &Db<'_>, config: &Config, kept: &Kept, by: Caller) -> Answer<()> {
    let (action, phase) = match &kept.body.standing {
        // It goes on as a request of its person's own.
        Standing::Confirmed(_) => (Action::AgentConfirmed, None),
        Standing::Revoked => (Action::AgentRefused, Some(Phase::Revoked)),
        Standing::Denied | Standing::Unconfirmed => (Action::AgentRefused, Some(Phase::Refused)),
    };
    db.transaction(|| {
        write(db, config, kept)?;
        cases::settled(db, request_id(&kept.id), phase)?;
        log(db, config, action, json!({"agent": kept.agent, "request": kept.id}), by)
    })
}

/// Ends what nobody confirmed within its term.
fn expire(db: &Db<'_>, config: &Config) -> Answer<()> {
    let query = "SELECT id FROM agent_requests WHERE request IS NULL AND over IS NULL AND expires <= ?
        ORDER BY expires LIMIT ?";
    for row in db.rows(query, [time(now()), number(AT_ONCE)])? {
        let id = row.text(0)?;
        // Should the rest fail, it is over all the same: nobody can confirm it any more.
        db.run("UPDATE agent_requests SET over = ? WHERE id = ?", [time(now()), text(id)])?;
        if let Some(kept) = load(db, config, "id", id)? {
            conclude(db, config, &kept, CallerClass::System.into())?;
        }
    }
    Ok(())
}

/// Writes how a request stands, and has its agent told.
fn write(db: &Db<'_>, config: &Config, kept: &Kept) -> Answer<()> {
    let (request, over) = match &kept.body.standing {
        Standing::Unconfirmed => (None, !kept.is_open()),
        Standing::Denied | Standing::Revoked => (None, true),
        Standing::Confirmed(reply) => (Some(reply.id), reply.phase.is_over()),
    };
    let row = [
        text(sealed(config, &kept.id, &kept.body)?),
        request.map_or(Param::Null, text),
        if over { time(now()) } else { Param::Null },
        if kept.body.callback.is_some() { time(now()) } else { Param::Null },
        text(&kept.id),
    ];
    let update =
        "UPDATE agent_requests SET body = ?, request = ?, over = ?, call_at = ?, calls = 0 WHERE id = ?";
    db.run(update, row)
}

/// The person of a request is gone: nothing more will be heard of it.
pub(super) fn forgotten(db: &Db<'_>, config: &Config, request: EventId) -> Answer<()> {
    let Some(mut kept) = load(db, config, "request", &request.to_string())? else { return Ok(()) };
    if matches!(&kept.body.standing, Standing::Confirmed(reply) if !reply.phase.is_over()) {
        kept.body.standing = Standing::Revoked;
        write(db, config, &kept)?;
    }
    Ok(())
}

/// Takes in how the request that a person made of it stands.
pub(super) fn follow(db: &Db<'_>, config: &Config, reply: &RequestReply) -> Answer<()> {
    let Some(mut kept) = load(db, config, "request", &reply.id.to_string())? else { return Ok(()) };
    kept.body.standing = Standing::Confirmed(Box::new(reply.clone()));
    write(db, config, &kept)
}

fn load(db: &Db<'_>, config: &Config, by: &'static str, value: &str) -> Answer<Option<Kept>> {
    let query = format!("SELECT id, agent, received, expires, body FROM agent_requests WHERE {by} = ?");
    let Some(row) = db.row(&query, [text(value)])? else { return Ok(None) };
    let id = row.text(0)?.to_owned();
    let key = config.subject_key.sealing(Domain::Contact);
    let sealed = from_base64url(row.text(4)?).or_internal("agents.body")?;
    // What does not open in its place has been changed: an incident.
    let plain = open(&key, binding(config, &id), &sealed).or_internal("agents.integrity")?;
    Ok(Some(Kept {
        agent: row.text(1)?.to_owned(),
        received: Timestamp::from_seconds(row.number(2)?),
        expires: Timestamp::from_seconds(row.number(3)?),
        body: serde_json::from_slice(&plain).or_internal("agents.decode")?,
        id,
    }))
}

fn sealed(config: &Config, id: &str, body: &Body) -> Answer<String> {
    let plain = serde_json::to_vec(body).or_internal("agents.encode")?;
    let key = config.subject_key.sealing(Domain::Contact);
    Ok(to_base64url(&seal(&key, &random()?, binding(config, id), &plain).or_internal("agents.seal")?))
}

fn binding<'a>(config: &'a Config, id: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "agent-request", name: id }
}

/// When an agent is to be told next, or the time of a request is over.
pub(super) fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let call = "SELECT min(call_at) FROM agent_requests";
    let end = "SELECT min(expires) FROM agent_requests WHERE request IS NULL AND over IS NULL";
    Ok([db.first_time(call)?, db.first_time(end)?].into_iter().flatten().min())
}

/// Ends requests whose time is over, tells agents how theirs stand (section 2.03), and forgets what has been over for long.
pub(super) async fn deliver(db: &Db<'_>, config: &Config) -> Answer<()> {
    let expired = expire(db, config);
    let long_ago = time(Timestamp::from_seconds(now().seconds().saturating_sub(REMEMBERED)));
    db.run("DELETE FROM agent_requests WHERE over <= ?", [long_ago])?;
    let query = "SELECT id, calls FROM agent_requests WHERE call_at <= ? ORDER BY call_at LIMIT ?";
    for row in db.rows(query, [time(now()), number(AT_ONCE)])? {
        let (id, calls) = (row.text(0)?, row.number(1)?);
        let wait = usize::try_from(calls).ok().and_then(|calls| WAITS.get(calls));
        // Should this stop here, the agent is told again.
        let again = wait.map_or(Param::Null, |wait| time(now().plus_seconds(*wait)));
        let update = "UPDATE agent_requests SET call_at = ?, calls = calls + 1 WHERE id = ?";
        db.run(update, [again, text(id)])?;
        let Some(kept) = load(db, config, "id", id)? else { continue };
        let agent = config.drp.as_ref().and_then(|drp| drp.agents.find(&kept.agent));
        // Who is in the directory no more is told nothing.
        let (Some(agent), Some(callback)) = (agent, &kept.body.callback) else { continue };
        if !agent.owns(callback) {
            continue;
        }
        let status =
            serde_json::to_string(&kept.request(config).status(now())).or_internal("agents.status")?;
        let told = outward::post(callback, "application/json", status).await;
        if told.is_ok_and(|answer| answer.is_success()) {
            let update = "UPDATE agent_requests SET call_at = NULL WHERE id = ? AND calls = ?";
            db.run(update, [text(id), number(calls + 1)])?;
        }
    }
    expired
}

/// A random id in the form that the protocol wants (RFC 9562, section 5.4).
fn uuid(bytes: [u8; 16]) -> String {
    let mut bytes = u128::from_be_bytes(bytes);
    bytes = bytes & !(0xf << 76) | (4 << 76);
    bytes = bytes & !(3 << 62) | (2 << 62);
    let hex = format!("{bytes:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The id of the request that a person makes of an agent's.
pub fn request_id(id: &str) -> EventId {
    EventId::from_bytes([0; 16]).derive(id)
}
