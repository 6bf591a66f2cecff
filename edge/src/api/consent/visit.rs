//! A visitor's request to decide, with what holds for them, and where it goes.

use super::{
    super::body::Body,
    ask::{Ask, Word},
};
use crate::{
    caller::Device,
    config::Config,
    objects::subject::{self, Call, Decide, Decided, Place, Stand},
    policies::Held,
    problem::{Answer, Problem},
    request::Incoming,
    site, world,
};
use consentry::{
    consent::{self, Choice, Choices, Imported, Layer, Selection, Standing},
    decider::CallerClass,
    id::{EventId, SubjectId},
    policy::{COOKIE, Plan, Regime, Setting, Source},
    pseudonym::Domain,
};
use std::{rc::Rc, time::Duration};
use worker::{Context, Delay, Env};

/// The number of objects that carry decisions of nobody.
const CARRIERS: u8 = 16;

/// What was chosen, and the earlier record it is taken over from.
pub(super) type Chosen = (Choice, Option<Imported>);

/// The device, if there is one, and what was decided.
pub(super) type Outcome = (Option<Device>, Decided);

/// A visitor's request to decide, with what holds for them.
pub(super) struct Visit {
    ask: Ask,
    held: Rc<Held>,
    place: Place,
    pub(super) regime: Regime,
    /// What their cookie says they decided.
    before: Option<Choices>,
    /// The number of decisions it says they made.
    seq: u32,
    /// Finds an earlier tool's cookies.
    cookies: String,
}

impl Visit {
    pub(super) fn of(request: &Incoming, ask: Ask, held: &Rc<Held>, config: &Config) -> Self {
        let place = place_of(request, &ask, held);
        let cookie = ask.cookie.clone().or_else(|| request.cookie(COOKIE));
        let regime = held.regime(&place.setting(ask.locale.as_str()));
        let visitor = site::Visitor::with(cookie.as_deref(), place.clone(), request, held, config);
        Self {
            ask,
            held: Rc::clone(held),
            place,
            regime,
            seq: visitor.seen(),
            before: visitor.choices,
            cookies: request.cookies().to_owned(),
        }
    }

    pub(super) fn setting(&self) -> Setting<'_> {
        self.place.setting(self.ask.locale.as_str())
    }

    /// What was chosen, and from what earlier record. Nothing, if there is no record to take over.
    pub(super) fn choice(&self, body: &Body) -> Answer<Option<Chosen>> {
        let ask = &self.ask;
        let named = |what: &str| Problem::invalid("purposes", format!("A {what} says which purposes."));
        let choice = match ask.choice {
            Word::AcceptAll => Choice::AcceptAll,
            Word::RejectAll => Choice::RejectAll,
            Word::Stop => Choice::Stop(ask.purposes.clone().ok_or_else(|| named("stop"))?),
            // A form sends nothing for boxes that are not ticked.
            Word::Selection if ask.purposes.is_none() && !body.is_form() => return Err(named("selection")),
            Word::Selection => Choice::Selection(self.selection()),
            Word::Import => {
                if self.before.is_some() {
                    return Ok(None);
                }
                return Ok(self.import().map(|(choice, imported)| (choice, Some(imported))));
            }
            Word::Choose => {
                let detail = "Expected accept-all, reject-all, selection, stop or import.";
                return Err(Problem::invalid("choice", detail));
            }
        };
        Ok(Some((choice, None)))
    }

    fn selection(&self) -> Selection {
        let ask = &self.ask;
        let mut purposes = ask.purposes.clone().unwrap_or_default();
        let mut services = ask.services.clone();
        if let Some(before) = &self.before {
            // Where data is used until an objection, a box that is no longer ticked takes the objection back. That is
            // consent, since what was objected to may not simply start again.
            let on = self.regime.on(&self.held.policy);
            let objected = before.refused.iter().filter(|id| on.contains(*id));
            purposes.extend(objected.filter(|id| !ask.objections.contains(*id)).cloned());
            let alone =
                before.services.iter().filter(|id| !ask.service_objections.contains(*id)).filter(|id| {
                    let service = self.held.policy.services.iter().find(|service| service.id == **id);
                    service.is_some_and(|service| {
                        // An objection to its purpose takes nothing back.
                        on.contains(&service.purpose)
                            && !before.decided(&service.purpose)
                            && !ask.objections.contains(&service.purpose)
                    })
                });
            services.extend(alone.cloned());
        }
        Selection {
            purposes,
            services,
            objections: ask.objections.clone(),
            service_objections: ask.service_objections.clone(),
        }
    }

    /// An earlier tool's decision, from a cookie that came with the request or a record that the page read.
    fn import(&self) -> Option<(Choice, Imported)> {
        let held = |from: Source, name: &str| {
            let mut pairs = self.cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
            let cookie = pairs.find_map(|(own, value)| (own == name).then(|| value.to_owned()));
            cookie.or_else(|| self.ask.imported.get(&from).cloned())
        };
        let policy = &self.held.policy;
        let found = consent::imported(&policy.imports, policy, &held, world::now())?;
        Some((found.choice, found.imported))
    }
}

impl Visit {
    /// Sends a decision to whom it belongs: the device's own object, a new device's, or a carrier of nobody's.
    pub(super) async fn carry_out(
        &self,
        request: &Incoming,
        env: &Env,
        ctx: &Context,
        config: &Rc<Config>,
        device: Option<Device>,
        (choice, imported): Chosen,
    ) -> Answer<Outcome> {
        let (ask, held) = (&self.ask, &self.held);
        let grants = choice.grants();
        let plan = &held.prepared(&self.setting()).plan;
        if grants && imported.is_none() {
            self.require_same_words(plan)?;
        }
        let id = ask.id.map_or_else(|| world::random().map(EventId::from_bytes), Ok)?;
        let message = |subject: SubjectId, introduces: bool| Decide {
            // Ids are the pages' own to choose: only with its subject does one name an event of the site's log.
            id: id.derive(&subject.to_string()),
            subject,
            by: request.caller(CallerClass::Device),
            introduces,
            choice: choice.clone(),
            seen: ask.seen,
            layer: if imported.is_some() { Layer::Import } else { ask.layer },
            confirmed: ask.confirmed,
            imported: imported.clone(),
            place: self.place.clone(),
            shown: ask.policy,
            standing: if held.hash == ask.policy { held.standing } else { Standing::Unknown },
            notice: ask.notice,
            // The language of the words themselves, which may be another than was asked for.
            locale: plan.locale.clone(),
            held: held.hash,
            document: None,
        };
        let device = match device {
            None if grants => Some(Device::introduced_by(id, request, config)?),
            device => device,
        };
        if let Some(known) = device {
            let subject = known.subject(config);
            let mut call = Call::Decide(message(subject, known.is_new));
            match self.send(env, subject, &mut call).await {
                Ok(decided) => return Ok((Some(known), decided)),
                Err(problem) if problem.slug() == "erased" && grants && request.declared.is_none() => {
                    let fresh = Device::new(request)?;
                    let subject = fresh.subject(config);
                    let decided = self.send(env, subject, &mut Call::Decide(message(subject, true))).await?;
                    return Ok((Some(fresh), decided));
                }
                Err(problem) if problem.slug() == "erased" && !grants => {}
                Err(problem) if grants || problem.status < 500 => return Err(problem),
                Err(_) => {
                    // A withdrawal applies now; its recording is tried again, here and by the object itself.
                    call.bring(&held.document);
                    retry(env, ctx, subject, call);
                    return Ok((Some(known), self.not_recorded()));
                }
            }
        }
        let subject = carrier(id, config);
        let mut call = Call::Refuse(message(subject, false));
        match self.send(env, subject, &mut call).await {
            Ok(decided) => Ok((None, decided)),
            Err(problem) if problem.status < 500 => Err(problem),
            Err(_) => {
                call.bring(&held.document);
                retry(env, ctx, subject, call);
                Ok((None, self.not_recorded()))
            }
        }
    }

    /// Sends a decision. The policy's document goes along once the object has asked for it.
    async fn send(&self, env: &Env, subject: SubjectId, call: &mut Call) -> Answer<Decided> {
        match subject::call(env, subject, call).await {
            Err(problem) if problem.slug() == "policy-needed" => {
                call.bring(&self.held.document);
                subject::call(env, subject, call).await
            }
            answer => answer,
        }
    }

    /// Consent to other words than the policy's own, or under weaker rules than hold here, is consent to something
    /// else.
    fn require_same_words(&self, plan: &Plan) -> Answer<()> {
        if self.held.standing == Standing::Unknown {
            return Ok(());
        }
        if plan.notice == self.ask.notice && plan.regime == self.ask.regime {
            return Ok(());
        }
        // The signal may have been turned on or off since; the words are the same but for the sentence about it.
        let other = Place { signal: !self.place.signal, ..self.place.clone() };
        let other = self.held.prepared(&other.setting(self.ask.locale.as_str()));
        if other.plan.notice == self.ask.notice && other.plan.regime == self.ask.regime && !self.place.signal
        {
            return Ok(());
        }
        let detail = "The words on the page are not those of the policy. Please choose again.";
        Err(Problem::conflict("policy-changed", "The policy has changed since", detail))
    }

    /// How things stand for the visitor when a refusal could not be recorded at once.
    fn not_recorded(&self) -> Decided {
        let now = world::now();
        let refused = self.held.policy.optional_purposes().map(|purpose| purpose.id.clone()).collect();
        let stand = Stand {
            policy: self.ask.policy,
            seq: self.seq,
            choices: Choices { refused, ..Choices::default() },
            since: now,
            until: self.held.policy.consent.refusal_lifetime().after(now),
            restricted: false,
        };
        Decided { stand, receipt: None, recorded: false }
    }
}

/// Who carries a decision of nobody's.
pub fn carrier(id: EventId, config: &Config) -> SubjectId {
    let carrier = id.as_bytes().first().copied().unwrap_or(0) % CARRIERS;
    config.subject_key.name(Domain::OneOff, &[carrier])
}

/// The decision that follows from a request about data. It gives nothing, so no page has to have shown anything: what it is
/// about are the words that the person would be shown now.
pub fn of_request(
    id: EventId,
    choice: Choice,
    subject: SubjectId,
    request: &Incoming,
    held: &Held,
) -> Decide {
    let place = site::place(request, &held.policy);
    let locale = site::language(request, &held.policy);
    let plan = held.prepared(&place.setting(&locale));
    Decide {
        id: id.derive(&format!("decision {subject}")),
        subject,
        by: request.caller(CallerClass::Device),
        introduces: false,
        choice,
        seen: 0,
        layer: Layer::Request,
        confirmed: false,
        imported: None,
        place,
        shown: held.hash,
        standing: held.standing,
        notice: plan.plan.notice,
        locale: plan.plan.locale.clone(),
        held: held.hash,
        document: Some(held.document.clone()),
    }
}

/// Where a visitor is, as far as it matters to what they were shown. A page that was made for the strictest rules, as
/// pages that know no region are, may be answered anywhere: it asked for consent where an objection would do.
fn place_of(request: &Incoming, ask: &Ask, held: &Held) -> Place {
    let mut place = site::place(request, &held.policy);
    place.age = ask.age;
    place.signal |= ask.gpc && site::honours_signals(&held.policy);
    if held.regime(&place.setting(ask.locale.as_str())).id == ask.regime {
        return place;
    }
    let strict = Place { region: None, ..place.clone() };
    let shown = held.prepared(&strict.setting(ask.locale.as_str()));
    if shown.plan.regime == ask.regime && shown.plan.notice == ask.notice { strict } else { place }
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
