//! What the site's own systems are told and asked: kept until it has arrived, tried again at growing distances, and shown to
//! operators where it never does. What a system is asked is kept until it has answered, so that it can be asked again.

use crate::{
    config::Config,
    objects::{
        audit_log::SiteEntry,
        connectors,
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
    id::{ConnectorId, EventId},
    rights::{connector::ConnectorAnswer, request::Phase},
    vault::{Binding, KeyUse, open, seal},
    webhook::Message,
};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use worker::Env;

/// `payload` is sealed, and goes once it has arrived, or been answered. `target` is the system it is for; what has none is for
/// the webhook. `request` is what it asks a part of.
pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    made INTEGER NOT NULL, key TEXT NOT NULL, payload TEXT, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER,
    delivered INTEGER, status INTEGER, target TEXT, request TEXT)";

/// How long to wait after an attempt that failed, in seconds, as Standard Webhooks recommends. After the last, nothing is
/// tried any more by itself.
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long notices are remembered, in seconds: 30 days; and the announcement that a restriction will be lifted, which waits for it,
/// a year.
const REMEMBERED: u64 = 30 * 86_400;
const UNTOLD: u64 = 365 * 86_400;

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
    /// The system it is for; without one, the webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ConnectorId>,
    /// The request that it asks to do a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<EventId>,
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
        Ok(Self { id, kind, key, payload: to_base64url(&sealed), to: None, request: None })
    }

    /// The same for one of the site's other systems.
    #[must_use]
    pub fn to(self, connector: &ConnectorId, request: Option<EventId>) -> Self {
        Self { to: Some(connector.clone()), request, ..self }
    }

    /// The same as of another moment, saying how it ended.
    pub fn dated(&self, at: Timestamp, phase: Phase, config: &Config) -> Answer<Self> {
        let (mut data, _) = self.data(config)?;
        if let Some(data) = data.as_object_mut() {
            data.insert("phase".to_owned(), json!(phase));
        }
        Self::of(self.id, self.kind, &data, at, config)
    }

    /// The same, saying this as well.
    pub fn saying(&self, words: &[&str], config: &Config) -> Answer<Self> {
        let (mut data, at) = self.data(config)?;
        if let Some(data) = data.as_object_mut()
            && let Some(said) = data.entry("words").or_insert_with(|| json!([])).as_array_mut()
        {
            said.extend(words.iter().map(|words| json!(words)));
        }
        Self::of(self.id, self.kind, &data, at, config)
    }

    /// The same under the active key.
    pub fn resealed(&self, config: &Config) -> Answer<Self> {
        let (data, at) = self.data(config)?;
        let notice = Self::of(self.id, self.kind, &data, at, config)?;
        Ok(Self { to: self.to.clone(), request: self.request, ..notice })
    }

    fn data(&self, config: &Config) -> Answer<(Value, Timestamp)> {
        let id = self.id.to_string();
        let body = opened(config, &id, &self.key, &self.payload).or_internal("notices.open")?;
        let body: Value = serde_json::from_str(&body).or_internal("notices.body")?;
        let at = body.get("timestamp").and_then(|at| serde_json::from_value(at.clone()).ok());
        Ok((body.get("data").cloned().unwrap_or_default(), at.unwrap_or_else(now)))
    }
}

/// Puts what waits under an earlier key under the active one, some at a time. Whether there may be more.
pub(super) fn reseal(db: &Db<'_>, config: &Config) -> Answer<()> {
    let active = config.keyring.active();
    let query = "SELECT id, kind, key, payload FROM notices WHERE payload IS NOT NULL AND key <> ? LIMIT ?";
    for row in db.rows(query, [text(active), number(AT_ONCE)])? {
        let kind = serde_json::from_value(json!(row.text(1)?)).or_internal("notices.kind")?;
        let notice = Notice {
            id: row.parse(0)?,
            kind,
            key: row.text(2)?.to_owned(),
            payload: row.text(3)?.to_owned(),
            to: None,
            request: None,
        };
        // What its key is no longer there for stays, and is counted.
        if let Ok(new) = notice.resealed(config) {
            let update = "UPDATE notices SET key = ?, payload = ? WHERE id = ? AND payload IS NOT NULL";
            db.run(update, [text(active), text(&new.payload), text(notice.id)])?;
        }
    }
    Ok(())
}

/// How much waits under which key.
pub(super) fn uses(db: &Db<'_>) -> Answer<BTreeMap<String, u64>> {
    let query = "SELECT key, count(*) FROM (SELECT key FROM notices WHERE payload IS NOT NULL
        UNION ALL SELECT json_extract(confirmation, '$.key') FROM erasing WHERE confirmation IS NOT NULL) GROUP BY key";
    let rows = db.rows(query, [])?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.number(1)?))).collect()
}

/// What a notice says.
fn opened(config: &Config, id: &str, key: &str, payload: &str) -> Option<String> {
    let key = config.keyring.key(key, KeyUse::Notice).ok()?;
    let body = open(&key, binding(config, id), &from_base64url(payload)?).ok()?;
    String::from_utf8(body).ok()
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
        notice.to.as_ref().map_or(Param::Null, text),
        notice.request.map_or(Param::Null, text),
    ];
    let insert = "INSERT OR IGNORE INTO notices (id, kind, made, key, payload, due, target, request)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    db.run(insert, row)
}

/// What a system was asked has been answered, or is no longer wanted: it is not asked again. Without a system, this is so of
/// all that were asked.
pub(super) fn answered(db: &Db<'_>, request: EventId, connector: Option<&ConnectorId>) -> Answer<()> {
    let update = "UPDATE notices SET payload = NULL, due = NULL
        WHERE request = ? AND target = coalesce(?, target) AND payload IS NOT NULL";
    db.run(update, [text(request), connector.map_or(Param::Null, text)])
}

/// When something is due next.
pub(super) fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let next = db.row("SELECT min(due) FROM notices", [])?.and_then(|row| row.maybe_number(0));
    Ok(next.map(Timestamp::from_seconds))
}

/// A notice on its way out.
struct Due {
    id: String,
    kind: String,
    key: String,
    payload: String,
    attempts: u64,
    to: Option<ConnectorId>,
    request: Option<EventId>,
}

/// Sends what is due, oldest first. Systems that do not answer hold up no other.
pub(super) async fn deliver(db: &Db<'_>, env: &Env, config: &Config) -> Answer<()> {
    let ago = |seconds| time(Timestamp::from_seconds(now().seconds().saturating_sub(seconds)));
    let forget =
        "DELETE FROM notices WHERE request IS NULL AND made <= iif(kind = ? AND payload IS NOT NULL, ?, ?)
        OR payload IS NULL AND made <= ?";
    let kind = serde_json::to_value(Action::RestrictionAnnounced).or_internal("notices.kind")?;
    let kind = text(kind.as_str().unwrap_or_default());
    db.run(forget, [kind, ago(UNTOLD), ago(REMEMBERED), ago(REMEMBERED)])?;
    let query = "SELECT id, kind, key, payload, attempts, target, request FROM notices WHERE due <= ?
        ORDER BY made, id LIMIT ?";
    let mut lines: BTreeMap<Option<ConnectorId>, Vec<Due>> = BTreeMap::new();
    for row in db.rows(query, [time(now()), number(AT_ONCE)])? {
        let due = Due {
            id: row.text(0)?.to_owned(),
            kind: row.text(1)?.to_owned(),
            key: row.text(2)?.to_owned(),
            payload: row.text(3)?.to_owned(),
            attempts: row.number(4)?,
            to: row.maybe_text(5).and_then(|text| text.parse().ok()),
            request: row.maybe_text(6).and_then(|text| text.parse().ok()),
        };
        // Should this stop here, it is sent again; whoever else sends meanwhile leaves it alone.
        let patience = time(now().plus_seconds(60));
        db.run("UPDATE notices SET due = ? WHERE id = ?", [patience, text(&due.id)])?;
        lines.entry(due.to.clone()).or_default().push(due);
    }
    let sent = lines.into_values().map(async |line| {
        for due in line {
            let status = send(env, config, &due).await;
            settle(db, config, &due, status)?;
            // Who does not answer at all is not asked the next thing at once.
            if status.is_none() {
                break;
            }
        }
        Ok(())
    });
    join_all(sent).await.into_iter().collect()
}

/// Sends one, and gives the status that was answered; none if nothing was.
async fn send(env: &Env, config: &Config, due: &Due) -> Option<u16> {
    let receiver = match &due.to {
        Some(connector) => config.connectors.get(connector)?,
        None => config.webhook.as_ref()?,
    };
    let id = &*due.id;
    let body = opened(config, id, &due.key, &due.payload)?;
    let at = now();
    let signature = Message { id, at, body: &body }.signatures(&receiver.secret, &config.webhook_key().ok()?);
    let seconds = at.seconds().to_string();
    let fields = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signature),
    ];
    let answered = outward::post_with(&receiver.url, &fields, body.clone()).await.ok()?;
    let at_once = answered.status == 200 && answered.content_type == "application/json";
    let answer = at_once.then(|| serde_json::from_str::<ConnectorAnswer>(&answered.text).ok()).flatten();
    if let (Some(connector), Some(request), Some(answer)) = (&due.to, due.request, answer) {
        // What cannot be taken in now is asked for again; what is wrong in itself would be wrong again.
        let by = CallerClass::System.into();
        let taken = connectors::answered(env, request, connector, answer, None, by).await;
        if taken.is_err_and(|problem| problem.status >= 500) {
            return None;
        }
    }
    Some(answered.status)
}

/// Takes in how an attempt ended.
fn settle(db: &Db<'_>, config: &Config, due: &Due, status: Option<u16>) -> Answer<()> {
    let Due { id, kind, attempts, .. } = due;
    let is_delivered = status.is_some_and(|status| (200..300).contains(&status));
    let wait = usize::try_from(*attempts).ok().and_then(|attempts| WAITS.get(attempts));
    // Who is gone for good says so (410).
    let wait = wait.filter(|_| status != Some(410));
    let answered = status.map_or(Param::Null, |status| number(status.into()));
    if let (false, Some(wait)) = (is_delivered, wait) {
        // Answered meanwhile, it is not sent again.
        let update =
            "UPDATE notices SET attempts = attempts + 1, due = iif(payload IS NULL, NULL, ?), status = ?
            WHERE id = ?";
        return db.run(update, [time(now().plus_seconds(*wait)), answered, text(id)]);
    }
    let action = match (is_delivered, due.request) {
        (false, _) => Action::NoticeFailed,
        (true, None) => Action::NoticeDelivered,
        (true, Some(_)) => Action::RequestForwarded,
    };
    let mut details = json!({"notice": id, "type": kind, "status": status, "attempts": attempts + 1});
    if let (Some(connector), Some(details)) = (&due.to, details.as_object_mut()) {
        details.insert("to".to_owned(), json!(connector));
        details.insert("request".to_owned(), json!(due.request));
    }
    let entry = SiteEntry { event: event()?, action, details };
    let entry = entry.seal(CallerClass::System.into(), config)?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        if is_delivered {
            let update = "UPDATE notices SET attempts = attempts + 1, due = NULL, status = ?, delivered = ?,
                payload = iif(request IS NULL, NULL, payload) WHERE id = ?";
            return db.run(update, [answered.clone(), time(now()), text(id)]);
        }
        let update = "UPDATE notices SET attempts = attempts + 1, due = NULL, status = ? WHERE id = ?";
        db.run(update, [answered.clone(), text(id)])
    })
}

/// Whether a notice has still to arrive.
pub(super) fn is_untold(db: &Db<'_>, id: EventId) -> Answer<bool> {
    let waiting = "SELECT count(*) FROM notices WHERE id = ? AND payload IS NOT NULL AND delivered IS NULL";
    Ok(db.count(waiting, [text(id)])? > 0)
}

/// The latest notices: all, or those that never arrived.
pub(super) fn list(db: &Db<'_>, failed: bool) -> Answer<Notices> {
    let which = if failed { "WHERE due IS NULL AND delivered IS NULL AND payload IS NOT NULL" } else { "" };
    let query = format!(
        "SELECT id, kind, made, attempts, due, delivered, status, payload IS NULL, target, request FROM notices {which}
         ORDER BY made DESC, id LIMIT ?"
    );
    let notices = db.rows(&query, [number(PAGE)])?;
    let moment = |at: Option<u64>| at.map(Timestamp::from_seconds);
    let notices = notices.iter().map(|row| {
        let (due, delivered) = (moment(row.maybe_number(4)), moment(row.maybe_number(5)));
        let state = match (due, delivered) {
            (_, Some(_)) => "delivered",
            (Some(_), None) => "waiting",
            (None, None) if row.number(7)? == 1 => "over",
            (None, None) => "failed",
        };
        Ok(json!({
            "id": row.text(0)?, "type": row.text(1)?, "made": moment(row.maybe_number(2)), "state": state,
            "attempts": row.number(3)?, "next": due, "delivered": delivered, "status": row.maybe_number(6),
            "to": row.maybe_text(8), "request": row.maybe_text(9),
        }))
    });
    Ok(Notices { notices: notices.collect::<Answer<_>>()? })
}

/// Has a notice that failed delivered again, or a system asked again that has not answered.
pub(super) fn retry(db: &Db<'_>, config: &Config, id: EventId, by: Caller) -> Answer<()> {
    let failed = "SELECT count(*) FROM notices WHERE id = ? AND payload IS NOT NULL AND due IS NULL";
    if db.count(failed, [text(id)])? == 0 {
        return Err(Problem::not_found("There is no such notice that failed, or that is not answered."));
    }
    let entry = SiteEntry { event: event()?, action: Action::NoticeRetried, details: json!({"notice": id}) };
    let entry = entry.seal(by, config)?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        let update = "UPDATE notices SET attempts = 0, due = ?, delivered = NULL WHERE id = ?";
        db.run(update, [time(now()), text(id)])
    })
}
