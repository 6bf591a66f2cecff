//! The trail, for operators.

use crate::{
    caller::require_operator,
    config::Config,
    objects::audit_log::{self, Format, TrailEntry, Wanted},
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
};
use consentry::{audit::trail::HeadLine, consent::PublicKeys, decider::CallerClass, rights::csv_line};
use futures_util::stream::{self, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use worker::{Env, Response};

/// `GET audit?from=&to=&action=&actor=&subject=&after=&limit=&format=`: a page, or with a format all of it.
pub async fn trail(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let asked = Asked::of(&request.query)?;
    if let Some(format) = asked.format {
        return export(request, asked.wanted, format, env, config).await;
    }
    let limit = asked.limit.unwrap_or(100);
    let by = request.caller(CallerClass::Operator);
    let trail = audit_log::trail(env, asked.wanted, asked.after, limit, by).await?;
    let entries: Vec<_> = trail.entries.into_iter().map(flat).collect();
    response::json(200, &json!({"entries": entries, "checkpoint": trail.checkpoint, "next": trail.next}), &[])
}

/// What is asked for.
#[derive(Default)]
struct Asked {
    wanted: Wanted,
    after: u64,
    limit: Option<u64>,
    format: Option<Format>,
}

impl Asked {
    fn of(query: &str) -> Answer<Self> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let text = || Value::String(value.clone().into_owned());
            match &*name {
                "after" => asked.after = whole("after", &value)?,
                "limit" => asked.limit = Some(whole("limit", &value)?),
                "from" => asked.wanted.from = Some(moment("from", &value)?),
                "to" => asked.wanted.to = Some(moment("to", &value)?),
                "action" => {
                    asked.wanted.action =
                        Some(typed(text(), "action", "Expected an action, such as consent.given.")?);
                }
                "actor" => {
                    let expected = "Expected anyone, device, operator or system.";
                    asked.wanted.actor = Some(typed(text(), "actor", expected)?);
                }
                "subject" => {
                    let expected = "Expected the log's name for a person, as entries have it under subject.";
                    asked.wanted.subject = Some(typed(text(), "subject", expected)?);
                }
                "format" => match &*value {
                    "json" => asked.format = None,
                    _ => asked.format = Some(typed(text(), "format", "Expected json, jsonl or csv.")?),
                },
                // The name is the caller's own text, so it is not shown.
                _ => {
                    let known = "after, limit, from, to, action, actor, subject and format";
                    return Err(Problem::invalid(
                        "query",
                        format!("Of the address, {known} are understood."),
                    ));
                }
            }
        }
        Ok(asked)
    }
}

/// A whole number.
pub(super) fn whole(name: &str, text: &str) -> Answer<u64> {
    text.parse().map_err(|_| Problem::invalid(name, "Expected a whole number, 0 or more."))
}

/// A moment, or a day, which begins at midnight in UTC.
fn moment<T: DeserializeOwned>(name: &str, text: &str) -> Answer<T> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    typed(Value::String(whole), name, "Expected a day or a time, such as 2026-11-21 or 2026-11-21T10:00:00Z.")
}

fn typed<T: DeserializeOwned>(value: Value, name: &str, expected: &str) -> Answer<T> {
    serde_json::from_value(value).map_err(|_| Problem::invalid(name, expected))
}

/// All that is wanted, as a file that is made while it is taken.
async fn export(
    request: &Incoming,
    wanted: Wanted,
    format: Format,
    env: &Env,
    config: &Config,
) -> Answer<Response> {
    let by = request.caller(CallerClass::Operator);
    let begun = audit_log::begin(env, wanted.clone(), format, by).await?;
    let (head, end, media_type, name) = match format {
        Format::Jsonl => {
            let keys = PublicKeys::of(&config.signing, &config.log_origin()).or_internal("audit.keys")?.log;
            let head = HeadLine { checkpoint: begun.checkpoint, keys, trail: 1 };
            (head.to_text().or_internal("audit.head")?, String::new(), "application/jsonl", "trail.jsonl")
        }
        Format::Csv => {
            let end = csv_line(["checkpoint", begun.checkpoint.as_str()]);
            (audit_log::heads(), end, "text/csv; charset=utf-8", "trail.csv")
        }
    };
    let env = env.clone();
    let parts = stream::try_unfold(Some(0), move |at: Option<u64>| {
        let (env, wanted, size) = (env.clone(), wanted.clone(), begun.size);
        async move {
            let Some(at) = at else { return Ok(None) };
            // What has been answered cannot be taken back: a trail that breaks off does not verify.
            let part = audit_log::part(&env, wanted, format, at, size).await;
            let part = part.map_err(|_| worker::Error::RustError("the trail breaks off".into()))?;
            Ok(Some((part.text.into_bytes(), part.next)))
        }
    });
    let alone = |text: String| stream::once(async move { Ok(text.into_bytes()) });
    let parts = alone(head).chain(parts).chain(alone(end));
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [("content-type", media_type), ("content-disposition", disposition.as_str())];
    response::streamed(200, parts, &headers)
}

/// One object an entry: the leaf's members and, unless it is forgotten, the sealed entry's.
fn flat(entry: TrailEntry) -> Value {
    let mut object = Map::from_iter([("index".to_owned(), entry.index.into())]);
    for part in [Some(entry.leaf), entry.entry.clone()].into_iter().flatten() {
        if let Value::Object(members) = part {
            object.extend(members);
        }
    }
    object.insert("forgotten".to_owned(), entry.entry.is_none().into());
    Value::Object(object)
}
