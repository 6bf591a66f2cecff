//! What people ask for about their own data, right by right.

use super::body::Body;
use crate::{
    caller::{Device, Person},
    config::Config,
    cookies,
    objects::{
        registry,
        subject::{
            self, Call, Decide, Decided, ExportToken, linked,
            requests::{Ask, Listed, Made, Make},
        },
    },
    policies::{self, Held},
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    response,
    site::{self, language},
    world,
};
use consentry::{
    banner::{Holder, RightsPanel, rights_fragment, rights_page},
    caller::Proof,
    clock::{Law, Timestamp},
    consent::{Choice, Recorded},
    id::{EventId, PurposeId},
    policy::{BASE, Purpose, Regime, interface},
    rights::{Asked, LONGEST_STATEMENT, MOST_CHANGES, Named, RestrictionGround, law, request::Right},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use worker::{Context, Env, Response};

/// A request as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Chosen by the page, so that asking twice is harmless.
    #[serde(default)]
    id: Option<EventId>,
    right: Right,
    #[serde(default)]
    record: Option<Named>,
    #[serde(default)]
    changes: BTreeMap<String, Value>,
    #[serde(default)]
    statement: Option<String>,
    #[serde(default)]
    ground: Option<RestrictionGround>,
    #[serde(default)]
    purposes: BTreeSet<PurposeId>,
    #[serde(default)]
    confirm: bool,
}

impl Sent {
    /// What is asked for, if everything that it takes was said, and nothing that has no place in it.
    fn asked(self, held: &Held) -> Answer<Asked> {
        let right = self.right;
        let statement = self.statement.filter(|text| !text.trim().is_empty());
        if statement.as_ref().is_some_and(|text| text.chars().count() > LONGEST_STATEMENT) {
            let detail = format!("At most {LONGEST_STATEMENT} characters are taken here.");
            return Err(Problem::invalid("statement", detail));
        }
        for (name, given, belongs) in [
            ("record", self.record.is_some(), right == Right::Rectification),
            ("changes", !self.changes.is_empty(), right == Right::Rectification),
            ("ground", self.ground.is_some(), right == Right::Restriction),
            ("purposes", !self.purposes.is_empty(), right == Right::Objection),
            ("confirm", self.confirm, right == Right::Erasure),
        ] {
            if given && !belongs {
                return Err(Problem::invalid(name, "This has no place in a request for that right."));
            }
        }
        Ok(match right {
            Right::Access => Asked::Access,
            Right::Portability => Asked::Portability,
            Right::Erasure if !self.confirm => return Err(unconfirmed()),
            Right::Erasure => Asked::Erasure,
            Right::Rectification => rectification(self.record, self.changes, statement)?,
            Right::Restriction => {
                let expected = "Expected accuracy, unlawful, claims or objection (GDPR Article 18(1)).";
                let ground = self.ground.ok_or_else(|| Problem::invalid("ground", expected))?;
                Asked::Restriction { ground, statement }
            }
            Right::Objection => {
                let known: BTreeSet<_> =
                    held.policy.objectionable_purposes().map(|purpose| purpose.id.clone()).collect();
                if self.purposes.is_empty() || !self.purposes.is_subset(&known) {
                    let known: Vec<_> = known.iter().map(PurposeId::as_str).collect();
                    let detail = format!("Say which of {} are to end.", known.join(", "));
                    return Err(Problem::invalid("purposes", detail));
                }
                Asked::Objection { purposes: self.purposes, statement }
            }
            Right::HumanReview => {
                let missing = || Problem::invalid("statement", "Say which decision a person should look at.");
                Asked::HumanReview { statement: statement.ok_or_else(missing)? }
            }
            Right::Withdrawal => Asked::Withdrawal,
        })
    }
}

/// Erasure is done only when it is confirmed.
pub fn unconfirmed() -> Problem {
    Problem::invalid("confirm", "Erasure cannot be undone; it is done only when it is confirmed.")
}

fn rectification(
    record: Option<Named>,
    changes: BTreeMap<String, Value>,
    statement: Option<String>,
) -> Answer<Asked> {
    if !changes.is_empty() {
        require_changes(&changes)?;
    }
    if !changes.is_empty() && record.is_none() {
        return Err(Problem::invalid("record", "Say which record is wrong: its category and name."));
    }
    if changes.is_empty() && statement.is_none() {
        return Err(Problem::invalid("statement", "Say what is wrong, or send what is right as changes."));
    }
    Ok(Asked::Rectification { record, changes, statement })
}

/// Refuses what names nothing to put right, or too much.
pub fn require_changes(changes: &BTreeMap<String, Value>) -> Answer<()> {
    let is_named = changes.keys().all(|pointer| pointer.starts_with('/'));
    if is_named && (1..=MOST_CHANGES).contains(&changes.len()) {
        return Ok(());
    }
    let detail = format!("Up to {MOST_CHANGES} members by JSON Pointer, such as {{\"/city\": \"Cork\"}}.");
    Err(Problem::invalid("changes", detail))
}

/// `GET me/requests`: one's own requests, and the restriction that holds.
pub async fn list(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    answered(request, &held, env, config, |listed, _, cookie| {
        let reply = json!({"requests": listed.requests, "restriction": listed.restriction});
        response::json(200, &with_cookie(reply, cookie), &[])
    })
    .await
}

/// `GET me/requests/{id}`: one of one's own; or, by its id alone, an erasure that the site's other systems are still carrying
/// out: whose it was is known to nobody here.
pub async fn one(
    id: &str,
    request: &Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    let missing = || Problem::not_found("There is no such request.");
    let id: EventId = id.parse().map_err(|_| missing())?;
    if let Some(reply) = registry::erasing(env, id).await? {
        return response::json(200, &json!({"request": reply}), &[]);
    }
    let held = policies::in_force(env, ctx).await?;
    let person = Person::of(request, &[], config).await?.ok_or_else(missing)?;
    let listed: Listed = asked(Ask::List, &person, request, &held, env).await.or_else(nothing_kept)?;
    let found = listed.requests.into_iter().find(|request| request.id == id).ok_or_else(missing)?;
    response::json(200, &json!({"request": found}), &[])
}

/// `GET me`: the panel in which people use their rights, as a page; or as `{"html"}`, for the second layer.
pub async fn panel(request: &Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let prefix = request.prefix();
    let wants_json = request.header("accept").is_some_and(|types| types.contains("application/json"));
    let query = form_urlencoded::parse(request.query.as_bytes());
    let back = query.into_owned().find_map(|(name, value)| (name == "return").then_some(value));
    answered(request, &held, env, config, |listed, holder, cookie| {
        let panel = RightsPanel {
            policy: &held.policy,
            locale: &language(request, &held.policy),
            requests: &listed.requests,
            restriction: listed.restriction.as_ref(),
            sent: request.parameter("sent").is_some(),
            base: &format!("{prefix}{BASE}"),
            holder,
            // Who decided has been given one; of other origins' pages it is not known here, and they have it themselves.
            receipt: holder == Holder::Device && site::Visitor::of(request, &held, config).seen() > 0,
            takes_contacts: held.policy.rights.contacts && config.webhook.is_some(),
            return_path: back.as_deref().unwrap_or("/"),
            stylesheet: &held.styles.url,
        };
        if wants_json {
            let reply = json!({"html": rights_fragment(&panel)});
            response::json(200, &with_cookie(reply, cookie), &[])
        } else {
            response::page(200, rights_page(&panel), &[])
        }
    })
    .await
}

/// Answers with what a person asked for, and how their data stands. The site may have lifted a restriction since, as it had
/// announced: then the browser is told, and a page of another origin by `write` itself.
async fn answered(
    request: &Incoming,
    held: &Rc<Held>,
    env: &Env,
    config: &Config,
    write: impl FnOnce(&Listed, Holder, Option<&str>) -> Answer<Response>,
) -> Answer<Response> {
    let person = Person::of(request, &[], config).await?;
    let holder = match &person {
        Some(_) if request.of_contact => Holder::Contact,
        Some(person) if !person.is_device() => Holder::Account,
        _ => Holder::Device,
    };
    let listed = match &person {
        Some(person) => asked(Ask::List, person, request, held, env).await.or_else(nothing_kept)?,
        None => Listed { requests: Vec::new(), restriction: None },
    };
    let cookie = match person.filter(Person::is_device) {
        Some(person) if is_stale(request, held, config, &listed) => {
            Some(standing(&person, request, held, env, config).await?)
        }
        _ => None,
    };
    let answer = write(&listed, holder, cookie.as_deref().filter(|_| request.declared.is_some()))?;
    cookies::set(&answer, request, cookie.as_slice())?;
    Ok(answer)
}

/// Whether the decision cookie says otherwise than a restriction holds. Of another origin's pages it is not known.
fn is_stale(request: &Incoming, held: &Held, config: &Config, listed: &Listed) -> bool {
    request.declared.is_some()
        || site::Visitor::of(request, held, config).restricted != listed.restriction.is_some()
}

/// Adds the cookie that a page of another origin writes itself.
fn with_cookie(mut reply: Value, cookie: Option<&str>) -> Value {
    if let (Some(object), Some(cookie)) = (reply.as_object_mut(), cookie) {
        object.insert("cookie".to_owned(), cookie.into());
    }
    reply
}

/// Of whose data everything was erased, nothing is known.
fn nothing_kept(problem: Problem) -> Answer<Listed> {
    if problem.slug() == "erased" {
        Ok(Listed { requests: Vec::new(), restriction: None })
    } else {
        Err(problem)
    }
}

/// A form's field. Fields that were left empty are not sent.
fn of_form(object: &mut Map<String, Value>, name: &str, value: &str) {
    match name {
        _ if value.is_empty() || name == "return" => {}
        "purposes" => {
            if let Value::Array(list) = object.entry(name).or_insert_with(|| json!([])) {
                list.push(value.into());
            }
        }
        "confirm" => drop(object.insert(name.to_owned(), (value == "yes").into())),
        _ => drop(object.insert(name.to_owned(), value.into())),
    }
}

/// Whether the site has to weigh its grounds before what is asked for is done.
fn is_weighed(asked: &Asked, held: &Held) -> bool {
    let is_weighed = |id: &PurposeId| held.policy.purpose(id).is_some_and(Purpose::is_weighed);
    matches!(asked, Asked::Objection { purposes, .. } if purposes.iter().any(is_weighed))
}

/// Back to the panel, for a form; which says that something was received, if it was.
fn back(request: &Incoming, body: &Body, sent: bool) -> Answer<Response> {
    let fields = body.fields();
    let back = fields.iter().find_map(|(name, value)| (*name == "return").then_some(*value)).unwrap_or("/");
    let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    let sent = if sent { "sent=yes&" } else { "" };
    response::see_other(&format!("{}{BASE}{}?{sent}return={back}", request.prefix(), request.home()), &[])
}

/// `POST me/requests`.
pub async fn make(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let body = Body::read(request).await?;
    let sent: Sent = body.parse(of_form)?;
    let id = sent.id.map_or_else(world::event, Ok)?;
    let held = policies::in_force(env, ctx).await?;
    let asked = sent.asked(&held)?;
    let known = Person::of(request, body.bytes(), config).await?;
    let right = asked.right();
    // What the site weighs first has to be answered to somebody.
    let only_ends = right.needs(Proof::Device) == Proof::None && !is_weighed(&asked, &held);
    let person = match known {
        Some(person) => person,
        // Who only ends uses of data is given no name for it.
        None if only_ends => return refuse(id, &asked, &body, request, env, config, &held).await,
        None if right == Right::Erasure => return Err(no_one()),
        None => Person::with(Device::new(request)?, config),
    };
    let linked = linked_device(&person, request, body.bytes(), env, config).await?;
    let made = match ask_for(id, asked.clone(), &person, request, env, &held).await {
        // Of whom everything was erased, nobody is known any more.
        Err(problem) if problem.slug() == "erased" && only_ends => {
            return refuse(id, &asked, &body, request, env, config, &held).await;
        }
        made => made?,
    };
    let mut headers: Vec<String> = person.cookie().into_iter().collect();
    let linked = if made.erased.is_some() { gone(linked, &person, request, env).await } else { linked };
    let ends_uses = matches!(right, Right::Restriction | Right::Objection | Right::Withdrawal);
    let reached = if person.is_device() { Some(&person) } else { linked.as_ref() };
    if let Some(device) = reached {
        if made.erased.is_some() {
            headers.extend([Device::forget(), cookies::no_decision(&held.policy)]);
        } else if ends_uses && (person.is_device() || right == Right::Restriction) {
            headers.push(standing(device, request, &held, env, config).await?);
        }
    }
    let recorded = made.decided.as_ref().is_none_or(|decided| decided.recorded);
    let location = format!("{}{BASE}{}/requests/{}", request.prefix(), request.home(), made.request.id);
    let status = if recorded { 201 } else { 202 };
    let answer = if body.is_form() {
        back(request, &body, true)?
    } else {
        let cookie = headers.last().map(String::as_str).filter(|_| request.declared.is_some());
        let reply = with_cookie(reply(&made, request, &held), cookie);
        response::json(status, &reply, &[("location", &location)])?
    };
    cookies::set(&answer, request, &headers)?;
    Ok(answer)
}

fn no_one() -> Problem {
    Problem::not_found("Nothing is kept about this device that could be erased.")
}

/// What a person is answered about a request that was taken in.
fn reply(made: &Made, request: &Incoming, held: &Held) -> Value {
    let mut reply = json!({"request": made.request, "restricted": made.restricted});
    let mut add = |name: &str, value: Value| {
        if let Some(object) = reply.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
    };
    if let Some(token) = &made.token {
        add("download", download(&token.token, request).into());
        add("expires", json!(token.expires));
        add("bytes", json!(token.bytes));
    }
    if let Some(decided) = &made.decided {
        add("decision", json!(Recorded::from(decided.stand.clone())));
    }
    if let Some(erased) = &made.erased {
        let locale = held.policy.locale_for(&language(request, &held.policy));
        add("erased", json!({"records": erased.records}));
        add("kept", json!(super::me::worded(erased.kept.clone(), &interface(&held.policy, &locale))));
    }
    reply
}

/// Where a copy is fetched from.
pub fn download(token: &str, request: &Incoming) -> String {
    format!("{}{BASE}me/exports/{token}", request.prefix())
}

/// An objection or a withdrawal by nobody known: recorded, and tied to no one.
async fn refuse(
    id: EventId,
    asked: &Asked,
    body: &Body,
    request: &Incoming,
    env: &Env,
    config: &Config,
    held: &Held,
) -> Answer<Response> {
    let carrier = super::consent::carrier(id, config);
    let decide = decision(id, asked, carrier, request, held).or_internal("rights.decision")?;
    let decided: Decided = subject::call(env, carrier, &Call::Refuse(decide)).await?;
    let cookie = cookies::decision(&decided.stand, held, &regime_of(request, held), request, config)?;
    let recorded = decided.recorded;
    let decision = Recorded::from(decided.stand);
    let answer = if body.is_form() {
        back(request, body, true)?
    } else {
        let reply = json!({"request": null, "decision": decision, "restricted": false});
        response::json(if recorded { 200 } else { 202 }, &reply, &[])?
    };
    cookies::set(&answer, request, &[cookie])?;
    Ok(answer)
}

/// Takes a request in. Where more has to be proved first, it is kept, and that is said.
pub async fn ask_for(
    id: EventId,
    asked: Asked,
    person: &Person,
    request: &Incoming,
    env: &Env,
    held: &Held,
) -> Answer<Made> {
    ask_since(id, asked, person, None, request, env, held).await
}

/// The same for what an agent asked for before: when, and under which law it was told its term.
pub async fn ask_since(
    id: EventId,
    asked: Asked,
    person: &Person,
    since: Option<(Timestamp, Law)>,
    request: &Incoming,
    env: &Env,
    held: &Held,
) -> Answer<Made> {
    let subject = person.subject;
    let region = site::place(request, &held.policy).region;
    let own = law(&held.policy, region.as_ref());
    let wanted = Make {
        subject,
        // Ids are the pages' own to choose: only with its subject does one name an event of the site's log.
        id: id.derive(&subject.to_string()),
        decide: decision(id, &asked, subject, request, held),
        // What an agent was told holds, unless it turns out that a stricter law does.
        law: since.map_or(own, |(_, told)| told.min(own)),
        kind: person.kind(),
        proof: person.proof,
        name: person.name.clone(),
        received: since.map(|(received, _)| received),
        asked,
    };
    let made: Made = self::asked(Ask::Make(Box::new(wanted)), person, request, held, env).await?;
    match made.request.needs {
        Some(needs) => Err(Problem::step_up(needs).with("request", made.request)),
        None => Ok(made),
    }
}

/// The decision about purposes that follows from a request.
fn decision(
    id: EventId,
    asked: &Asked,
    subject: consentry::id::SubjectId,
    request: &Incoming,
    held: &Held,
) -> Option<Decide> {
    let choice = match asked {
        Asked::Objection { purposes, .. } => {
            let is_optional = |id: &PurposeId| held.policy.purpose(id).is_some_and(|one| !one.essential);
            let at_once: BTreeSet<_> = purposes.iter().filter(|&id| is_optional(id)).cloned().collect();
            if at_once.is_empty() {
                return None;
            }
            Choice::Stop(at_once)
        }
        Asked::Withdrawal => Choice::RejectAll,
        _ => return None,
    };
    Some(super::consent::of_request(id, choice, subject, request, held))
}

/// `POST me/requests/{id}/{revoke, identify, copy}`.
pub async fn act(
    path: &str,
    request: &mut Incoming,
    env: &Env,
    ctx: &Context,
    config: &Config,
) -> Answer<Response> {
    request.require_own_page()?;
    let missing = || Problem::not_found("There is no such request.");
    let (id, act) = path.split_once('/').ok_or_else(missing)?;
    let id: EventId = id.parse().map_err(|_| missing())?;
    let held = policies::in_force(env, ctx).await?;
    let body = Body::read(request).await?;
    let person = Person::of(request, body.bytes(), config).await?.ok_or_else(missing)?;
    match act {
        "revoke" => {
            let reply: Value = asked(Ask::Revoke { id }, &person, request, &held, env).await?;
            if body.is_form() {
                return back(request, &body, false);
            }
            response::json(200, &json!({"request": reply}), &[])
        }
        "copy" => {
            let token: ExportToken = asked(Ask::Copy { id }, &person, request, &held, env).await?;
            let fields = body.fields();
            let passphrase = fields.iter().find(|(name, value)| *name == "passphrase" && !value.is_empty());
            if let Some((_, passphrase)) = passphrase {
                super::me::require_strong(passphrase)?;
                let passphrase = Some((*passphrase).to_owned());
                return super::me::handed_over(request, env, ctx, &token.token, passphrase).await;
            }
            let download = download(&token.token, request);
            if body.is_form() {
                return response::see_other(&download, &[]);
            }
            let reply = json!({"download": download, "expires": token.expires, "bytes": token.bytes});
            response::json(201, &reply, &[("location", &download)])
        }
        "identify" => {
            let ask = Ask::Identify { id, proof: person.proof };
            let made: Made = asked(ask, &person, request, &held, env).await?;
            response::json(200, &reply(&made, request, &held), &[])
        }
        _ => Err(missing()),
    }
}

/// `POST me/restriction/lift`: ends the restriction one had asked for.
pub async fn lift(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    request.require_own_page()?;
    let held = policies::in_force(env, ctx).await?;
    let body = Body::read(request).await?;
    let none = || Problem::not_found("Nothing is restricted.");
    let person = Person::of(request, body.bytes(), config).await?.ok_or_else(none)?;
    asked::<()>(Ask::Lift, &person, request, &held, env).await?;
    let linked = linked_device(&person, request, body.bytes(), env, config).await?;
    let reached = if person.is_device() { Some(&person) } else { linked.as_ref() };
    let cookie = match reached {
        Some(device) => Some(standing(device, request, &held, env, config).await?),
        None => None,
    };
    let answer = if body.is_form() {
        back(request, &body, false)?
    } else {
        let own = cookie.as_deref().filter(|_| request.declared.is_some());
        response::json(200, &with_cookie(json!({"restricted": false}), own), &[])?
    };
    cookies::set(&answer, request, cookie.as_slice())?;
    Ok(answer)
}

/// The device at hand, where it is linked to the account that asks: what is asked for reaches it as well.
pub async fn linked_device(
    person: &Person,
    request: &Incoming,
    body: &[u8],
    env: &Env,
    config: &Config,
) -> Answer<Option<Person>> {
    if !person.is_account() {
        return Ok(None);
    }
    let Some(device) = Device::of(request, body).await?.map(|device| Person::with(device, config)) else {
        return Ok(None);
    };
    let ask = linked::Ask::IsTied { account: person.subject };
    let call = Call::Linked { ask, by: request.caller(person.class()) };
    // Of what was erased nothing is linked.
    let is_tied: Answer<bool> = subject::call(env, device.subject, &call).await;
    Ok(is_tied.is_ok_and(|is_tied| is_tied).then_some(device))
}

/// The same device once the account's data was erased, if nothing is kept about it any more: one that is under a legal hold stays
/// its person's.
pub async fn gone(linked: Option<Person>, account: &Person, request: &Incoming, env: &Env) -> Option<Person> {
    let device = linked?;
    let ask = linked::Ask::IsTied { account: account.subject };
    let call = Call::Linked { ask, by: request.caller(account.class()) };
    let is_tied: Answer<bool> = subject::call(env, device.subject, &call).await;
    let is_gone = match is_tied {
        Ok(is_tied) => !is_tied,
        Err(problem) => problem.slug() == "erased",
    };
    is_gone.then_some(device)
}

/// The header value for how a device's person stands now.
async fn standing(
    person: &Person,
    request: &Incoming,
    held: &Rc<Held>,
    env: &Env,
    config: &Config,
) -> Answer<String> {
    let call = Call::Consent { policy: held.document.clone() };
    let kept = subject::call(env, person.subject, &call).await?;
    cookies::standing(&kept, held, &regime_of(request, held), request, config)
}

fn regime_of(request: &Incoming, held: &Held) -> Regime {
    held.regime(&site::place(request, &held.policy).setting(&language(request, &held.policy)))
}

async fn asked<A: DeserializeOwned>(
    ask: Ask,
    person: &Person,
    request: &Incoming,
    held: &Held,
    env: &Env,
) -> Answer<A> {
    let by = request.caller(person.class());
    let call = Call::Requests { ask, policy: held.document.clone(), by };
    subject::call(env, person.subject, &call).await
}
