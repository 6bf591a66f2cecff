//! Deciding, and seeing what was decided.

use super::{body::Body, pages};
use crate::{
    caller::Device,
    config::Config,
    cookies,
    objects::subject::{self, Call, Chosen, Consent, Decide, Decided, Stand},
    policies::{self, Held},
    problem::{Answer, Problem},
    request::Incoming,
    response, world,
};
use consentry::{
    consent::{DecisionCookie, Layer, Receipt, Standing},
    id::{EventId, NoticeHash, PolicyHash, PurposeId, SubjectId},
    policy::{self, COOKIE, Plan, is_local_path},
    pseudonym::Domain,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, rc::Rc, time::Duration};
use worker::{Context, Delay, Env, Response};

/// The number of objects that carry decisions of nobody.
const CARRIERS: u8 = 16;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    id: Option<EventId>,
    policy: PolicyHash,
    notice: NoticeHash,
    locale: policy::Locale,
    seen: u32,
    choice: Word,
    purposes: Option<BTreeSet<PurposeId>>,
    layer: Layer,
    #[serde(rename = "return")]
    back: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    AcceptAll,
    RejectAll,
    Selection,
    Choose,
}

/// A decision as answers carry it.
#[derive(Debug, Serialize)]
pub struct View {
    policy: PolicyHash,
    seq: u32,
    given: BTreeSet<PurposeId>,
    refused: BTreeSet<PurposeId>,
    until: consentry::clock::Timestamp,
}

#[derive(Debug, Serialize)]
struct Reply {
    decision: View,
    receipt: Option<Receipt>,
    /// False if the decision applies and its recording is still under way.
    recorded: bool,
}

impl From<Stand> for View {
    fn from(stand: Stand) -> Self {
        let Stand { policy, seq, given, refused, until, .. } = stand;
        Self { policy, seq, given, refused, until }
    }
}

/// `POST consent`.
pub async fn decide(
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Rc<Config>,
) -> Answer<Response> {
    request.require_same_origin()?;
    let body = Body::read(request).await?;
    let ask: Ask = body.parse(of_form)?;
    let back = ask.back.as_deref().filter(|path| is_local_path(path)).unwrap_or("/").to_owned();
    let choice = match (ask.choice, &ask.purposes) {
        (Word::Choose, _) if body.is_form() => {
            let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
            return response::see_other(&format!("{}preferences?return={back}", policy::BASE), &[]);
        }
        (Word::Choose, _) => {
            return Err(Problem::invalid("choice", "Expected accept-all, reject-all or selection."));
        }
        (Word::AcceptAll, _) => Chosen::AcceptAll,
        (Word::RejectAll, _) => Chosen::RejectAll,
        (Word::Selection, Some(purposes)) => Chosen::Selection(purposes.clone()),
        // A form sends nothing for boxes that are not ticked.
        (Word::Selection, None) if body.is_form() => Chosen::Selection(BTreeSet::new()),
        (Word::Selection, None) => {
            return Err(Problem::invalid("purposes", "A selection says which purposes."));
        }
    };
    let held = match policies::answered(env, ask.policy).await {
        // A refusal is taken even when the registry cannot say which policy is in force.
        Err(_) if !choice.grants() => policies::in_force(env, ctx).await?,
        answered => answered?,
    };
    let outcome = carry_out(request, env, ctx, config, &ask, choice, &held).await;
    let (device, decided, recorded) = match outcome {
        Ok(outcome) => outcome,
        Err(problem) if body.is_form() => return pages::problem(problem, request, env, ctx).await,
        Err(problem) => return Err(moved_on(problem, env, &ask.locale).await?),
    };
    let mut carried = decided.stand.clone();
    if carried.given.is_empty() {
        // Nothing given is nothing given, whichever policy asked: the choice holds for the one in force.
        carried.policy = match held.standing {
            Standing::Grace => policies::in_force(env, ctx).await.map_or(held.hash, |held| held.hash),
            Standing::InForce | Standing::Unknown => held.hash,
        };
    }
    let cookie = cookies::decision(&carried, &held.policy, config)?;
    let reply = Reply { decision: decided.stand.into(), receipt: decided.receipt, recorded };
    let answer = if body.is_form() {
        response::see_other(&back, &[])?
    } else {
        response::json(if recorded { 200 } else { 202 }, &reply, &[])?
    };
    let mut set = vec![cookie];
    set.extend(device.filter(|device| device.is_new).map(|device| device.cookie()));
    set.extend(cookies::ended(request, &held.policy, &reply.decision.given));
    cookies::set(&answer, &set)?;
    Ok(answer)
}

/// Turns a form's pair into a member of the JSON shape.
fn of_form(object: &mut Map<String, Value>, name: &str, value: &str) {
    let member = match name {
        "seen" => value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from),
        "purpose" => {
            let list = object.entry("purposes").or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value.into());
            }
            return;
        }
        _ => value.into(),
    };
    object.insert(name.to_owned(), member);
}

type Outcome = (Option<Device>, Decided, bool);

/// Sends a decision to whom it belongs: the device's own object, a new device's, or a carrier of nobody's.
async fn carry_out(
    request: &Incoming,
    env: &Env,
    ctx: &Context,
    config: &Rc<Config>,
    ask: &Ask,
    choice: Chosen,
    held: &Held,
) -> Answer<Outcome> {
    let grants = choice.grants();
    let shown = held.prepared(ask.locale.as_str()).plan.notice;
    if grants && held.standing != Standing::Unknown && shown != ask.notice {
        // Consent to other words than the policy's own is consent to something else.
        let detail = "The words on the page are not those of the policy. Please choose again.";
        return Err(Problem::conflict("policy-changed", "The policy has changed since", detail));
    }
    let id = ask.id.map_or_else(|| world::random().map(EventId::from_bytes), Ok)?;
    let message = |subject: SubjectId, introduces: bool| Decide {
        // Ids are the pages' own to choose: only together with its subject does one name an event of the site's log.
        id: id.derive(&subject.to_string()),
        subject,
        introduces,
        choice: choice.clone(),
        seen: ask.seen,
        layer: ask.layer,
        shown: ask.policy,
        standing: if held.hash == ask.policy { held.standing } else { Standing::Unknown },
        notice: ask.notice,
        // The language of the words themselves, which may be another than was asked for.
        locale: held.prepared(ask.locale.as_str()).plan.locale.clone(),
        policy: held.document.clone(),
    };
    let device = Device::of(request).or_else(|| grants.then(|| Device::introduced_by(id, config)));
    if let Some(known) = device {
        let subject = known.subject(config);
        let call = Call::Decide(message(subject, known.is_new));
        let answer = subject::call(env, subject, &call).await;
        match answer {
            Ok(decided) => return Ok((Some(known), decided, true)),
            Err(problem) if problem.slug() == "erased" && grants => {
                let fresh = Device::new()?;
                let subject = fresh.subject(config);
                let decided = subject::call(env, subject, &Call::Decide(message(subject, true))).await?;
                return Ok((Some(fresh), decided, true));
            }
            Err(problem) if problem.slug() == "erased" => {}
            Err(problem) if grants || problem.status < 500 => return Err(problem),
            Err(_) => {
                // A withdrawal applies now; its recording is tried again, here and by the object itself.
                retry(env, ctx, subject, call);
                return Ok((
                    Some(known),
                    Decided { stand: nothing_given(request, ask, held, config), receipt: None },
                    false,
                ));
            }
        }
    }
    let carrier = id.as_bytes().first().copied().unwrap_or(0) % CARRIERS;
    let subject = config.subject_key.name(Domain::OneOff, &[carrier]);
    let call = Call::Refuse(message(subject, false));
    match subject::call(env, subject, &call).await {
        Ok(decided) => Ok((None, decided, true)),
        Err(problem) if problem.status < 500 => Err(problem),
        Err(_) => {
            retry(env, ctx, subject, call);
            Ok((None, Decided { stand: nothing_given(request, ask, held, config), receipt: None }, false))
        }
    }
}

/// Tries a refusal again after the answer has gone out.
fn retry(env: &Env, ctx: &Context, subject: SubjectId, call: Call) {
    let env = env.clone();
    ctx.wait_until(async move {
        for seconds in [1, 4, 15] {
            Delay::from(Duration::from_secs(seconds)).await;
            if subject::call::<Decided>(&env, subject, &call).await.is_ok() {
                break;
            }
        }
    });
}

/// How things stand for the visitor when a refusal could not be recorded at once.
fn nothing_given(request: &Incoming, ask: &Ask, held: &Held, config: &Config) -> Stand {
    let now = world::now();
    let before = request
        .cookie(COOKIE)
        .and_then(|value| DecisionCookie::open(&value, &config.keyring, &config.site).ok());
    Stand {
        policy: ask.policy,
        seq: before.map_or(0, |cookie| cookie.seq),
        given: BTreeSet::new(),
        refused: held.policy.optional_purposes().map(|purpose| purpose.id.clone()).collect(),
        at: now,
        until: held.policy.consent.refusal_lifetime().after(now),
    }
}

/// Adds the plan in force, and how consent stands, to a refusal that says the world has moved on.
async fn moved_on(mut problem: Problem, env: &Env, locale: &policy::Locale) -> Answer<Problem> {
    let stand =
        problem.more.remove("stand").and_then(|stand| serde_json::from_value::<Option<Stand>>(stand).ok());
    if problem.status != 409 {
        return Ok(problem);
    }
    let held = policies::exact(env).await?;
    let stand = stand.flatten();
    let seen = stand.as_ref().map_or(0, |stand| stand.seq);
    let plan = Plan { seen, ..held.prepared(locale.as_str()).plan.clone() };
    Ok(problem.with("decision", stand.map(View::from)).with("plan", plan))
}

/// `GET consent`.
pub async fn show(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let consent = match Device::of(request) {
        Some(device) => subject::call(env, device.subject(config), &Call::Consent).await?,
        None => Consent { stand: None, receipts: 0 },
    };
    let body = json!({"decision": consent.stand.map(View::from), "receipts": consent.receipts});
    response::json(200, &body, &[])
}

/// `GET consent/receipt`.
pub async fn receipt(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let device = Device::of(request).ok_or_else(|| Problem::not_found("This device has no receipt."))?;
    let receipt: Receipt = subject::call(env, device.subject(config), &Call::Receipt).await?;
    response::json(200, &receipt, &[])
}
