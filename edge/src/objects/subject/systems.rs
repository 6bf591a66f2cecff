//! The site's other systems: what they are asked about the person, and what they handed over for the person's copy.

use super::{
    super::{
        connectors::{how, not_asked},
        db::{Db, Param, number, text, time},
        outbox::Task,
        registry::Notice,
    },
    export::{Missing, Text},
    person::Person,
    rectify,
    requests::{self, Course},
    seen::{self, Kind},
    tell,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::{context, now},
};
use consentry::{
    audit::Action,
    caller::SiteName,
    clock::{Calendar, Timestamp},
    decider::{Caller, Context},
    id::{ConnectorId, EventId},
    policy::Policy,
    rights::{
        Asked,
        connector::{ConnectorAnswer, connector_of, step, taking_part},
        request::{Command, Refusal, Request, Right, Step},
    },
    vault::{Binding, open, seal},
};
use serde_json::{Value, json};

/// The table: `body` is sealed under the person's key.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS supplied (id INTEGER PRIMARY KEY, request TEXT NOT NULL,
    scope TEXT NOT NULL, connector TEXT NOT NULL, part INTEGER NOT NULL, expires INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (request, connector, part))";

/// How long what was handed over is kept, in seconds: while the request may still be open, and once it is over.
const WHILE_OPEN: u64 = 200 * 86_400;
const ONCE_OVER: u64 = 30 * 86_400;

/// The most of it that one page of a copy has, in bytes.
const PAGE: usize = 4 << 20;

/// The systems that take part. Who is a device alone is not known to them.
pub fn partners(policy: &Policy, asked: &Asked, name: Option<&SiteName>) -> Vec<ConnectorId> {
    let is_theirs = match asked {
        // What the site's people look into is theirs to pass on.
        Asked::Rectification { record: Some(record), changes, .. } => {
            rectify::is_own(record, changes, policy)
        }
        Asked::Rectification { record: None, .. } => false,
        _ => true,
    };
    if name.is_none() || !is_theirs { Vec::new() } else { concerned(policy, asked) }
}

/// The systems that what is asked for concerns.
pub fn concerned(policy: &Policy, asked: &Asked) -> Vec<ConnectorId> {
    taking_part(policy, asked.right()).map(|connector| connector.id.clone()).collect()
}

/// The steps that are theirs.
pub fn steps(partners: &[ConnectorId]) -> impl Iterator<Item = String> {
    partners.iter().map(step)
}

/// Has the systems asked to do their part, once the registry knows of the request.
#[expect(clippy::too_many_arguments, reason = "one thing")]
pub fn forward(
    db: &Db<'_>,
    event: EventId,
    partners: &[ConnectorId],
    request: &Request,
    name: &SiteName,
    calendar: &Calendar,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let Request { id, asked, law, .. } = request;
    for partner in partners {
        let mut data = json!({
            "request": id, "right": asked.right(), "law": law, "latest": request.term(calendar).latest,
            "answer_to": config.route(&format!("connectors/{partner}/{id}")),
        });
        let details = match asked {
            Asked::Rectification { record, changes, .. } => json!({"record": record, "changes": changes}),
            Asked::Restriction { ground, .. } => json!({"ground": ground}),
            _ => json!({}),
        };
        if let (Some(data), Value::Object(details)) = (data.as_object_mut(), details) {
            data.extend(details);
        }
        let data = SiteName::tell(Some(name), data);
        let notice =
            Notice::of(id.derive(partner.as_str()), Action::RequestForwarded, &data, context.now, config)?;
        db.enqueue(event, &Task::Notify { notice: notice.to(partner, Some(*id)) })?;
    }
    Ok(())
}

/// Has those that only store, because of this request, know that they need not any more.
pub fn lifted(
    db: &Db<'_>,
    person: &Person,
    request: EventId,
    event: EventId,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let Some(name) = tell::name(db, person, config)? else { return Ok(()) };
    // A request that was over long ago may not be remembered any more; nor is then what it led to.
    let Ok((_, request)) = requests::find(db, config, request) else { return Ok(()) };
    for connector in request.steps.keys().filter_map(|step| connector_of(step)) {
        let data = SiteName::tell(Some(&name), json!({"right": Right::Restriction}));
        let id = event.derive(connector.as_str());
        let notice = Notice::of(id, Action::RestrictionLifted, &data, context.now, config)?;
        db.enqueue(event, &Task::Notify { notice: notice.to(&connector, None) })?;
    }
    Ok(())
}

/// Takes in what a system answers. A message that came before is answered as then: who caught one could else put what it said in
/// the place of what came after it.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
pub fn answered(
    db: &Db<'_>,
    config: &Config,
    id: EventId,
    connector: &ConnectorId,
    answer: &ConnectorAnswer,
    message: Option<String>,
    calendar: &Calendar,
    by: Caller,
) -> Answer<Step> {
    let (person, request) = requests::find(db, config, id)?;
    let (step, right, context) = (step(connector), request.asked.right(), context(by)?);
    if answer.data.is_some() && !matches!(right, Right::Access | Right::Portability) {
        return Err(not_asked());
    }
    let message = message.map(|message| format!("{id}/{connector}/{message}"));
    if let Some(name) = &message
        && let Some(said) = seen::find(db, &person, Kind::Message, name, config)?
    {
        return Ok(said);
    }
    let (how, stands) = (how(answer.state), request.ended(&step));
    let says = how.unwrap_or(Step::Open);
    if let Some(how) = how.filter(|how| stands == Some(*how)) {
        return Ok(how);
    }
    if stands != Some(Step::Open) {
        return Err(requests::refused(Refusal::NoSuchStep));
    }
    let mut course = Course::of(request);
    if let Some(how) = how {
        course.take(Command::End { step, how, note: answer.note.clone() }, &context)?;
    }
    db.transaction(|| {
        if let Some(data) = &answer.data {
            let part = answer.part.unwrap_or(1);
            supply(db, &person, id, right, connector, part, data, config, &context)?;
            let details = json!({"request": id, "connector": connector, "part": part});
            let label = format!("supplied {connector}");
            person.log(db, Action::RequestSupplied, details, &label, config, &context)?;
        }
        if let Some((request, events)) = course.changed() {
            requests::keep(db, &person, request, events, false, calendar, config, &context)?;
        }
        if let Some(name) = &message {
            seen::remember(db, &person, Kind::Message, name, &says, config, &context)?;
        }
        super::object::arm_soon(db)
    })?;
    Ok(says)
}

#[expect(clippy::too_many_arguments, reason = "one place, called once")]
fn supply(
    db: &Db<'_>,
    person: &Person,
    request: EventId,
    scope: Right,
    connector: &ConnectorId,
    part: u32,
    data: &Value,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let name = name(&request.to_string(), connector.as_str(), part.into());
    let plain = serde_json::to_vec(data).or_internal("systems.encode")?;
    let nonce = context.derive16(&format!("supplied nonce {name}"));
    let sealed =
        seal(person.key.as_bytes(), &nonce, binding(config, &name), &plain).or_internal("systems.seal")?;
    let row = [
        text(request),
        text(export_scope(scope)),
        text(connector),
        number(u64::from(part)),
        time(context.now.plus_seconds(WHILE_OPEN)),
        Param::Blob(sealed),
    ];
    let insert = "INSERT OR REPLACE INTO supplied (request, scope, connector, part, expires, body)
        VALUES (?, ?, ?, ?, ?, ?)";
    db.run(insert, row)
}

fn name(request: &str, connector: &str, part: u64) -> String {
    format!("{request}/{connector}/{part}")
}

fn binding<'a>(config: &'a Config, name: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "supplied", name }
}

const fn export_scope(scope: Right) -> &'static str {
    match scope {
        Right::Portability => "portability",
        _ => "access",
    }
}

/// A page of what was handed over for copies of this scope, by the latest request for one: after this row, and where to go on.
pub fn page(
    db: &Db<'_>,
    person: &Person,
    scope: Right,
    after: u64,
    config: &Config,
) -> Answer<(Vec<Text>, Option<u64>)> {
    let latest = "SELECT request FROM supplied WHERE scope = ? ORDER BY id DESC LIMIT 1";
    let query = format!(
        "SELECT id, request, connector, part, body FROM supplied WHERE id > ? AND request = ({latest}) ORDER BY id LIMIT ?"
    );
    let (mut texts, mut bytes) = (Vec::new(), 0);
    let rows = db.rows(&query, [number(after), text(export_scope(scope)), number(8)])?;
    for row in &rows {
        let (connector, part) = (row.text(2)?, row.number(3)?);
        let name = name(row.text(1)?, connector, part);
        // What does not open in its place has been changed: an incident.
        let plain = open(person.key.as_bytes(), binding(config, &name), row.bytes(4)?);
        let data: Value =
            serde_json::from_slice(&plain.or_internal("systems.integrity")?).or_internal("systems.decode")?;
        let content = serde_json::to_string_pretty(&data).or_internal("systems.text")?;
        bytes += content.len();
        texts.push(Text { name: format!("systems/{connector}/{part:02}"), ending: "json".into(), content });
        if bytes > PAGE {
            return Ok((texts, Some(row.number(0)?)));
        }
    }
    let next = rows.last().filter(|_| rows.len() == 8).map(|row| row.number(0)).transpose()?;
    Ok((texts, next))
}

/// The systems whose part of a copy of this scope is still to come, or never will.
pub fn missing(db: &Db<'_>, person: &Person, scope: Right, config: &Config) -> Answer<Vec<Missing>> {
    let Some(request) = requests::latest(db, person, scope, config)? else { return Ok(Vec::new()) };
    let missing = request.steps.iter().filter_map(|(name, (how, note))| {
        let why = match how {
            Step::Open => "has not answered yet; the request stays open until it has".to_owned(),
            Step::Failed => note.clone().unwrap_or_else(|| "could not answer".to_owned()),
            Step::Done => return None,
        };
        connector_of(name).map(|connector| Missing { record: format!("systems/{connector}"), why })
    });
    Ok(missing.collect())
}

/// A request is over: what was handed over for it serves a while longer.
pub fn served(db: &Db<'_>, request: EventId, at: Timestamp) -> Answer<()> {
    let expires = time(at.plus_seconds(ONCE_OVER));
    db.run("UPDATE supplied SET expires = ? WHERE request = ?", [expires, text(request)])
}

/// When something that was handed over is to go.
pub fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    db.first_time("SELECT min(expires) FROM supplied")
}

/// Deletes what has served.
pub fn expire(db: &Db<'_>) -> Answer<()> {
    if due(db)?.is_none_or(|due| due > now()) {
        return Ok(());
    }
    db.run("DELETE FROM supplied WHERE expires <= ?", [time(now())])
}
