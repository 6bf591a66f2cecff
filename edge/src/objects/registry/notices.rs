//! What the site's own systems are told: kept until it has arrived, tried again at growing distances, and shown to operators
//! where it never does.

use crate::{
    config::Config,
    objects::{
        audit_log::SiteEntry,
        db::{Db, Param, number, text, time},
        outbox::Task,
    },
    outward,
    problem::{Answer, OrInternal as _, Problem},
    world::{context, event, now},
};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::{Caller, CallerClass},
    encoding::{from_base64url, to_base64url},
    id::EventId,
    vault::{Binding, KeyUse, open, seal},
    webhook::Message,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `payload` is sealed, and goes once it has arrived.
pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    made INTEGER NOT NULL, key TEXT NOT NULL, payload TEXT, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER,
    delivered INTEGER, status INTEGER)";

/// How long to wait after an attempt that failed, in seconds, as Standard Webhooks recommends. After the last, nothing is
/// tried any more by itself.
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long notices are remembered, in seconds: 30 days.
const REMEMBERED: u64 = 30 * 86_400;

/// The most that are sent in one go, and the most of one page.
const AT_ONCE: u64 = 20;
const PAGE: u64 = 200;

/// A notice, on its way into the registry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// The event it tells of. The same again is the same notice.
    pub id: EventId,
    /// What happened.
    pub kind: Action,
    /// The id of the key it is sealed under.
    pub key: String,
    /// The sealed body.
    pub payload: String,
}

impl Notice {
    /// Seals what is to be told.
    pub fn of(id: EventId, kind: Action, data: &Value, at: Timestamp, config: &Config) -> Answer<Self> {
        let body = json!({"type": kind, "timestamp": at, "data": data}).to_string();
        let key = config.keyring.active().to_owned();
        let name = id.to_string();
        let nonce = context(CallerClass::System.into())?.derive16("notice nonce");
        let sealing = config.keyring.key(&key, KeyUse::Notice).or_internal("notices.key")?;
        let sealed =
            seal(&sealing, &nonce, binding(config, &name), body.as_bytes()).or_internal("notices.seal")?;
        Ok(Self { id, kind, key, payload: to_base64url(&sealed) })
    }
}

fn binding<'a>(config: &'a Config, name: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "notice", name }
}

/// A page of notices.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notices {
    /// What there is, without what it says.
    pub notices: Vec<Value>,
}

/// Keeps a notice until it has arrived.
pub(super) fn enter(db: &Db<'_>, notice: &Notice) -> Answer<()> {
    let kind = serde_json::to_value(notice.kind).or_internal("notices.kind")?;
    let row = [
        text(notice.id),
        text(kind.as_str().unwrap_or_default()),
        time(now()),
        text(&notice.key),
        text(&notice.payload),
        time(now()),
    ];
    let insert =
        "INSERT OR IGNORE INTO notices (id, kind, made, key, payload, due) VALUES (?, ?, ?, ?, ?, ?)";
    db.run(insert, row)
}

/// When something is due next.
pub(super) fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let next = db.row("SELECT min(due) FROM notices", [])?.and_then(|row| row.maybe_number(0));
    Ok(next.map(Timestamp::from_seconds))
}

/// Sends what is due, oldest first.
pub(super) async fn deliver(db: &Db<'_>, config: &Config) -> Answer<()> {
    let long_ago = Timestamp::from_seconds(now().seconds().saturating_sub(REMEMBERED));
    db.run("DELETE FROM notices WHERE made <= ?", [time(long_ago)])?;
    if config.webhook.is_none() {
        // The deployment no longer has anybody to tell.
        return db.run("UPDATE notices SET due = NULL WHERE due IS NOT NULL", []);
    }
    let query =
        "SELECT id, kind, key, payload, attempts FROM notices WHERE due <= ? ORDER BY made, id LIMIT ?";
    for row in db.rows(query, [time(now()), number(AT_ONCE)])? {
        let (id, kind, attempts) = (row.text(0)?, row.text(1)?, row.number(4)?);
        // Should this stop here, it is sent again; whoever else sends meanwhile leaves it alone.
        let patience = time(now().plus_seconds(60));
        db.run("UPDATE notices SET due = ? WHERE id = ?", [patience, text(id)])?;
        let status = send(config, id, row.text(2)?, row.text(3)?).await;
        settle(db, config, id, kind, attempts, status)?;
    }
    Ok(())
}

/// Sends one, and gives the status that was answered; none if nothing was.
async fn send(config: &Config, id: &str, key: &str, payload: &str) -> Option<u16> {
    let webhook = config.webhook.as_ref()?;
    let key = config.keyring.key(key, KeyUse::Notice).ok()?;
    let body = open(&key, binding(config, id), &from_base64url(payload)?).ok()?;
    let body = String::from_utf8(body).ok()?;
    let at = now();
    let signature = Message { id, at, body: &body }.signatures(&webhook.secret, &config.webhook_key().ok()?);
    let seconds = at.seconds().to_string();
    let fields = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signature),
    ];
    outward::post_with(&webhook.url, &fields, body.clone()).await.ok().map(|answered| answered.status)
}

/// Takes in how an attempt ended.
fn settle(
    db: &Db<'_>,
    config: &Config,
    id: &str,
    kind: &str,
    attempts: u64,
    status: Option<u16>,
) -> Answer<()> {
    let is_delivered = status.is_some_and(|status| (200..300).contains(&status));
    let wait = usize::try_from(attempts).ok().and_then(|attempts| WAITS.get(attempts));
    // Who is gone for good says so (410).
    let wait = wait.filter(|_| status != Some(410));
    let answered = status.map_or(Param::Null, |status| number(status.into()));
    if let (false, Some(wait)) = (is_delivered, wait) {
        let due = time(now().plus_seconds(*wait));
        let update = "UPDATE notices SET attempts = attempts + 1, due = ?, status = ? WHERE id = ?";
        return db.run(update, [due, answered, text(id)]);
    }
    let action = if is_delivered { Action::NoticeDelivered } else { Action::NoticeFailed };
    let details = json!({"notice": id, "type": kind, "status": status, "attempts": attempts + 1});
    let entry = SiteEntry { event: event()?, action, details };
    let entry = entry.seal(CallerClass::System.into(), config)?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        if is_delivered {
            let update = "UPDATE notices SET attempts = attempts + 1, due = NULL, status = ?, delivered = ?, payload = NULL
                WHERE id = ?";
            return db.run(update, [answered.clone(), time(now()), text(id)]);
        }
        let update = "UPDATE notices SET attempts = attempts + 1, due = NULL, status = ? WHERE id = ?";
        db.run(update, [answered.clone(), text(id)])
    })
}

/// The latest notices: all, or those that never arrived.
pub(super) fn list(db: &Db<'_>, failed: bool) -> Answer<Notices> {
    let which = if failed { "WHERE due IS NULL AND delivered IS NULL" } else { "" };
    let query = format!(
        "SELECT id, kind, made, attempts, due, delivered, status FROM notices {which} ORDER BY made DESC, id LIMIT ?"
    );
    let notices = db.rows(&query, [number(PAGE)])?;
    let moment = |at: Option<u64>| at.map(Timestamp::from_seconds);
    let notices = notices.iter().map(|row| {
        let (due, delivered) = (moment(row.maybe_number(4)), moment(row.maybe_number(5)));
        let state = match (due, delivered) {
            (_, Some(_)) => "delivered",
            (Some(_), None) => "waiting",
            (None, None) => "failed",
        };
        Ok(json!({
            "id": row.text(0)?, "type": row.text(1)?, "made": moment(row.maybe_number(2)), "state": state,
            "attempts": row.number(3)?, "next": due, "delivered": delivered, "status": row.maybe_number(6),
        }))
    });
    Ok(Notices { notices: notices.collect::<Answer<_>>()? })
}

/// Has a notice that failed delivered again.
pub(super) fn retry(db: &Db<'_>, config: &Config, id: EventId, by: Caller) -> Answer<()> {
    let failed = "SELECT count(*) FROM notices WHERE id = ? AND payload IS NOT NULL AND due IS NULL";
    if db.count(failed, [text(id)])? == 0 {
        return Err(Problem::not_found("There is no such notice that failed."));
    }
    let entry = SiteEntry { event: event()?, action: Action::NoticeRetried, details: json!({"notice": id}) };
    let entry = entry.seal(by, config)?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        db.run("UPDATE notices SET attempts = 0, due = ? WHERE id = ?", [time(now()), text(id)])
    })
}
