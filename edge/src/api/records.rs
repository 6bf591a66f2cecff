//! The records that the site's backend keeps about people.

use crate::{
    caller::backend,
    config::Config,
    kv::{Retention, backstop},
    objects::subject::{
        self, Call,
        records::{Ask, Begun, Change, Found, Listed, Place, Stored},
    },
    policies,
    problem::{Answer, OrInternal as _, Problem, sentence},
    request::Incoming,
    response,
    sealed::{self, Opened},
    stream::Body,
    world,
};
use consentry::{
    caller::Operation,
    decider::CallerClass,
    id::{CategoryId, EventId, SubjectId},
    policy::Category,
    records::{Envelope, Ground, MAX_CONTENT, Record, RecordName},
    rights::copy::{LARGEST_ITEM, is_json},
    store::Store as _,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wasm_bindgen::JsCast as _;
use worker::{Context, Env, Method, Response, ResponseBody};

/// After how many seconds a value that cannot be seen is lost: KV shows what was written within a minute.
const VISIBLE: u64 = 600;

/// An address below `records`.
#[derive(Clone, Copy)]
pub enum Path<'a> {
    /// All of a person's records.
    All,
    /// Those of a category.
    Category(&'a str),
    /// One.
    One(&'a str, &'a str),
}

impl<'a> Path<'a> {
    /// Reads what follows `records`.
    pub fn of(rest: &'a str) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self::All);
        }
        let rest = rest.strip_prefix('/')?;
        Some(rest.split_once('/').map_or(Self::Category(rest), |(category, name)| Self::One(category, name)))
    }

    /// As the log line has it.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::All => "records",
            Self::Category(_) => "records/{category}",
            Self::One(..) => "records/{category}/{name}",
        }
    }
}

/// `GET records`, `GET records/{category}`; `GET`, `PUT` and `DELETE records/{category}/{name}`.
pub async fn serve(
    path: Path<'_>,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    let is_read = matches!(request.method, Method::Get | Method::Head);
    match path {
        Path::All | Path::Category(_) if !is_read => Err(Problem::method_not_allowed("GET")),
        Path::All => list(None, request, env, config).await,
        Path::Category(category) => list(Some(known(category)?), request, env, config).await,
        Path::One(category, name) => {
            let name: RecordName = name.parse().map_err(|e| Problem::invalid("name", sentence(&e)))?;
            let place = Place { category: known(category)?, name };
            match request.method {
                Method::Put => put(place, request, env, ctx, config).await,
                Method::Delete => delete(place, request, env, config).await,
                _ if is_read => get(place, request, env, config).await,
                _ => Err(Problem::method_not_allowed("GET, PUT, DELETE")),
            }
        }
    }
}

fn known(category: &str) -> Answer<CategoryId> {
    category.parse().map_err(|e| Problem::invalid("category", sentence(&e)))
}

async fn put(
    place: Place,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    let key = backend::require(request, env, config, Operation::Write, Some(&place.category)).await?;
    let subject = backend::subject(request, config).await?;
    let held = policies::in_force(env, ctx).await?;
    let Category { retention, purposes, withheld, .. } =
        held.policy.category(&place.category).ok_or_else(undeclared)?.clone();
    let length = length(request)?;
    let media_type = media_type(request)?;
    require_separable(&withheld, &media_type, length)?;
    let (id, repeatable) = event(request)?;
    let purposes: BTreeSet<_> = purposes.into_iter().collect();
    let ask = Ask::Begin {
        subject,
        id,
        place: place.clone(),
        retention: retention.clone(),
        purposes: purposes.clone(),
    };
    let Begun { slot, stored, lasts } = asked(env, subject, ask, request).await?;
    let slot = match (slot, stored) {
        (Some(slot), _) => slot,
        (None, Some(record)) => return shown(200, &record),
        (None, None) => return Err(Problem::internal("records.begun")),
    };
    let at = world::now();
    let Place { category, name } = place.clone();
    let retain_until = retention.after(at);
    let envelope = Envelope { category, name, media_type: media_type.clone(), at, retain_until };
    let expires = (!lasts).then(|| backstop(retain_until));
    let content = request.inner.body().map(|stream| Body::of(&stream)).transpose()?;
    let store = Retention::bound(env)?;
    if let Err(problem) =
        sealed::store(&store, &slot, &envelope, content, length, (config.keyring.active(), expires)).await
    {
        // The problem itself is what there is to say.
        let _: Answer<()> = asked(env, subject, Ask::Abandon { key: slot.key }, request).await;
        return Err(problem);
    }
    let size = u64::try_from(length).or_internal("records.length")?;
    let (by_key, uploaded) = (key.id.clone(), slot.key.clone());
    let change = Change { id, place, media_type, size, retention, purposes, withheld, by_key, repeatable };
    let ask = Ask::Commit { key: slot.key, change: Box::new(change) };
    let Stored { record, is_new } = match asked(env, subject, ask, request).await {
        // The index knows nothing of it any more, so nobody else would delete it.
        Err(problem) if ["erased", "upload-over"].contains(&problem.slug()) => {
            store.delete(&uploaded).await.map_err(|e| Problem::unavailable(sentence(&e)))?;
            return Err(problem);
        }
        stored => stored?,
    };
    shown(if is_new { 201 } else { 200 }, &record)
}

async fn get(place: Place, request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let key = backend::require(request, env, config, Operation::Read, Some(&place.category)).await?;
    let subject = backend::subject(request, config).await?;
    let ask = Ask::Read { place: place.clone(), ground: ground(request)?, by_key: key.id.clone() };
    let Found { record, slot } = asked(env, subject, ask, request).await?;
    let damaged = {
        let (env, by) = (env.clone(), request.caller(CallerClass::Backend));
        let call = Call::Records { ask: Ask::Damaged { place, event: record.event }, by };
        async move || subject::call::<bool>(&env, subject, &call).await
    };
    let is_lost = record.written().plus_seconds(VISIBLE) < world::now();
    match sealed::open(&Retention::bound(env)?, &slot, &record).await? {
        Opened::Content(opening) => {
            // Who reads sees that it breaks off, whether or not that could be logged.
            let content = opening.stream(async move { drop(damaged().await) })?;
            let length = record.size.to_string();
            let builder = response::plain(200)?;
            let headers = [
                ("content-type", record.media_type.as_str()),
                ("content-length", &length),
                ("etag", &format!("\"{}\"", record.event)),
            ];
            let builder = headers.iter().try_fold(builder, |builder, (name, value)| {
                builder.with_header(name, value).or_internal("records.headers")
            })?;
            Ok(builder.body(ResponseBody::Stream(content.unchecked_into())))
        }
        Opened::Missing if !is_lost => {
            let detail = "The record was stored, and is not visible here yet. That can take a minute.";
            Err(Problem::unavailable(detail))
        }
        Opened::Missing | Opened::Damaged if damaged().await? => Err(Problem::damaged()),
        Opened::Missing | Opened::Damaged => {
            Err(Problem::unavailable("The record was changed while it was read. Please try again."))
        }
    }
}

async fn delete(place: Place, request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let key = backend::require(request, env, config, Operation::Write, Some(&place.category)).await?;
    let subject = backend::subject(request, config).await?;
    asked::<()>(env, subject, Ask::Delete { place, by_key: key.id.clone() }, request).await?;
    Ok(response::plain(204)?.empty())
}

async fn list(
    category: Option<CategoryId>,
    request: &Incoming,
    env: &Env,
    config: &Config,
) -> Answer<Response> {
    let key = backend::require(request, env, config, Operation::Read, category.as_ref()).await?;
    let subject = backend::subject(request, config).await?;
    let after = request.parameter("after").map(str::to_owned);
    if after.as_ref().is_some_and(|after| after.len() != 22) {
        return Err(Problem::invalid("after", "Send what the page before gave as \"next\"."));
    }
    let ask = Ask::List { category, after, ground: ground(request)?, by_key: key.id.clone() };
    let Listed { records, next } = asked(env, subject, ask, request).await?;
    let records: Vec<Value> = records.iter().map(description).collect();
    response::json(200, &json!({"records": records, "next": next}), &[])
}

async fn asked<A: DeserializeOwned>(
    env: &Env,
    subject: SubjectId,
    ask: Ask,
    request: &Incoming,
) -> Answer<A> {
    let by = request.caller(CallerClass::Backend);
    subject::call(env, subject, &Call::Records { ask, by }).await
}

fn shown(status: u16, record: &Record) -> Answer<Response> {
    response::json(status, &description(record), &[("etag", &format!("\"{}\"", record.event))])
}

fn description(record: &Record) -> Value {
    json!({
        "category": record.category, "name": record.name, "media_type": record.media_type, "size": record.size,
        "stored": record.at, "retain_until": record.retain_until,
    })
}

fn undeclared() -> Problem {
    let detail = "The policy in force declares no such category under \"records\".";
    Problem::not_found(detail)
}

/// What is not to be handed out with a copy has to be told from the rest.
fn require_separable(withheld: &[String], media_type: &str, length: usize) -> Answer<()> {
    if withheld.is_empty() || is_json(media_type) && length <= LARGEST_ITEM {
        return Ok(());
    }
    let detail =
        "The policy withholds members of this category from copies. Such records are JSON of up to 1 MiB.";
    Err(Problem::invalid(if is_json(media_type) { "content-length" } else { "content-type" }, detail))
}

fn length(request: &Incoming) -> Answer<usize> {
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    let length = length.or_else(|| request.inner.body().is_none().then_some(0));
    let length = length.ok_or_else(Problem::length_required)?;
    if length > MAX_CONTENT { Err(Problem::too_large(MAX_CONTENT)) } else { Ok(length) }
}

fn media_type(request: &Incoming) -> Answer<String> {
    let given = request.header("content-type").unwrap_or("application/octet-stream").trim();
    let is_one = given.split(';').next().is_some_and(|kind| {
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        kind.trim().split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
    });
    if is_one && given.len() <= 200 && given.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        Ok(given.to_owned())
    } else {
        Err(Problem::invalid(
            "content-type",
            "Send a media type such as application/json (RFC 9110, section 8.3.1).",
        ))
    }
}

/// The event's id, and whether it is the sender's, so that sending again changes nothing; else it is a new one.
fn event(request: &Incoming) -> Answer<(EventId, bool)> {
    let Some(key) = request.header("idempotency-key") else { return Ok((world::event()?, false)) };
    let id = key.trim_matches('"').parse().map_err(|_| {
        Problem::invalid("idempotency-key", "Send 16 random bytes as 22 characters of URL-safe base64.")
    })?;
    Ok((id, true))
}

/// On what ground data that may only be stored is used.
fn ground(request: &Incoming) -> Answer<Option<Ground>> {
    let Some(ground) = request.header("consentry-ground") else { return Ok(None) };
    serde_json::from_value(Value::from(ground)).map(Some).map_err(|_| {
        let detail = "Name the ground of GDPR Article 18(2): consent, legal-claims, rights-of-others or public-interest.";
        Problem::invalid("consentry-ground", detail)
    })
}
