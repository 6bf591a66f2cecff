//! A person's request under Articles 15 to 22: what was asked, by whom as far as that is proved, what is being done, and by
//! when it has to be.

use super::Asked;
use crate::{
    caller::Proof,
    clock::{Calendar, Day, Law, Term, Timestamp},
    decider::{Context, Decider},
    id::EventId,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// A copy of everything that is held (Article 15).
    Access,
    /// That something wrong is put right (Article 16).
    Rectification,
    /// That everything is deleted (Article 17).
    Erasure,
    /// That data is only stored (Article 18).
    Restriction,
    /// What was provided, to take along (Article 20).
    Portability,
    /// That a use of data ends (Article 21).
    Objection,
    /// That a person looks at a decision a machine made (Article 22(3)).
    HumanReview,
    /// That every consent is withdrawn (Article 7(3)).
    Withdrawal,
}

impl Right {
    /// The proof that is needed about what is held under `kind` of name. What only ends uses of data needs none (Articles
    /// 7(3) and 21; a refusal would harm more than a mistake); what hands data out or destroys it needs the proof that the
    /// data is filed under, and for accounts one that is fresh where it cannot be undone (Article 12(6), EDPB guidelines
    /// 01/2022, section 3.3).
    pub fn needs(self, kind: Proof) -> Proof {
        match self {
            Self::Objection | Self::Withdrawal => Proof::None,
            Self::Erasure if kind >= Proof::Account => Proof::Recent,
            _ => kind.max(Proof::Device),
        }
    }
}

/// Why a request is refused: said with the reasons, and remembered with the answer. Each fits some rights alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// It could not be established who asks (Articles 11(2) and 12(2)).
    Unidentified,
    /// It is manifestly unfounded (Article 12(5)(b)).
    Unfounded,
    /// It is excessive (Article 12(5)(b)).
    Excessive,
    /// What is held is accurate (Article 16), or more likely so than not (California: Civil Code 1798.106, 11 CCR section
    /// 7023(b)).
    Accurate,
    /// The law demands that the data is kept (Article 17(3)(b)).
    LegalObligation,
    /// The data is needed for legal claims (Articles 17(3)(e) and 21(1)).
    LegalClaims,
    /// Freedom of expression and information (Article 17(3)(a)).
    FreedomOfExpression,
    /// The data is needed for public health (Article 17(3)(c)).
    PublicHealth,
    /// The data is needed for archiving in the public interest, for research or statistics (Articles 17(3)(d) and 21(6)).
    Archiving,
    /// It would harm the rights of others (Articles 15(4) and 20(4)).
    RightsOfOthers,
    /// There are compelling grounds that outweigh an objection (Article 21(1)).
    CompellingGrounds,
    /// The right does not apply to this data, as portability does not to what was derived (Article 20(1)).
    NotApplicable,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Unidentified,
        Self::Unfounded,
        Self::Excessive,
        Self::Accurate,
        Self::LegalObligation,
        Self::LegalClaims,
        Self::FreedomOfExpression,
        Self::PublicHealth,
        Self::Archiving,
        Self::RightsOfOthers,
        Self::CompellingGrounds,
        Self::NotApplicable,
    ];

    /// Whether the law knows this ground for refusing a right. Article 12 holds for Articles 15 to 22, not for withdrawing
    /// consent, which nothing stands against (Article 7(3)). Article 17(3) is of erasure alone, and Article 18 has no
    /// exceptions of its own. Where the law of a place has further ones (Articles 23, 85 and 89), the right does not apply.
    pub const fn fits(self, right: Right) -> bool {
        match self {
            Self::Unidentified | Self::Unfounded | Self::Excessive | Self::NotApplicable => {
                !matches!(right, Right::Withdrawal)
            }
            Self::Accurate => matches!(right, Right::Rectification),
            Self::LegalObligation | Self::FreedomOfExpression | Self::PublicHealth => {
                matches!(right, Right::Erasure)
            }
            Self::LegalClaims | Self::Archiving => matches!(right, Right::Erasure | Right::Objection),
            Self::RightsOfOthers => matches!(right, Right::Access | Right::Portability),
            Self::CompellingGrounds => matches!(right, Right::Objection),
        }
    }
}

/// As the wire has it.
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It has come in.
    Received,
    /// The person is asked to show who they are.
    IdentityPending,
    /// It will be done.
    Accepted,
    /// It is being done.
    InProgress,
    /// Some of it is done, and some cannot be.
    PartiallyCompleted,
    /// All of it is done.
    Completed,
    /// It will not be done, and the person knows why.
    Refused,
    /// The person took it back.
    Revoked,
}

impl Phase {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::PartiallyCompleted | Self::Completed | Self::Refused | Self::Revoked)
    }
}

/// The step that is the retention store's.
pub const STORE: &str = "store";
/// The step that the site's own people see to.
pub const SITE: &str = "site";

/// How one step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It is still to be done.
    Open,
    /// It is done.
    Done,
    /// It cannot be done; the site has to see to it by hand.
    Failed,
}

/// What may happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// It comes in.
    Receive {
        /// Its id.
        id: EventId,
        /// What is asked for.
        asked: Asked,
        /// The law its terms come from.
        law: Law,
        /// What proof the data is filed under.
        kind: Proof,
        /// What is proved already.
        proof: Proof,
        /// When it came in, where that was before now: an agent asked then what the person confirms now.
        received: Option<Timestamp>,
    },
    /// The person showed who they are.
    Identify {
        /// How well.
        proof: Proof,
    },
    /// It is begun, with these steps: the store, and each system that a connector leads to.
    Begin {
        /// The names of the steps.
        steps: Vec<String>,
    },
    /// What the site's people are doing about it concerns other systems, too.
    Pass {
        /// The steps that this adds.
        steps: Vec<String>,
    },
    /// A step ended.
    End {
        /// The step.
        step: String,
        /// How.
        how: Step,
        /// What the person is told about it: the answer of whoever looked at a decision again, or why it failed.
        note: Option<String>,
    },
    /// More time is needed, and the person is told why.
    Extend {
        /// Why: the requests are complex or many (Article 12(3)).
        reason: String,
        /// The working days, by which the term is known within which it must be said.
        calendar: Calendar,
    },
    /// It is not done.
    Refuse {
        /// On what ground.
        ground: Ground,
        /// The reasons, for the person (Article 12(4)).
        reason: String,
    },
    /// The person takes it back.
    Revoke,
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// It came in.
    Received {
        /// Its id.
        id: EventId,
        /// What was asked for.
        asked: Asked,
        /// The law its terms come from.
        law: Law,
        /// What proof it needs.
        needs: Proof,
        /// When.
        at: Timestamp,
    },
    /// The person was asked to show who they are.
    IdentityAsked {
        /// When.
        at: Timestamp,
    },
    /// It is established who asks.
    Identified {
        /// How well.
        proof: Proof,
        /// When.
        at: Timestamp,
    },
    /// It was begun.
    Begun {
        /// The steps.
        steps: Vec<String>,
        /// When.
        at: Timestamp,
    },
    /// A step ended.
    Ended {
        /// The step.
        step: String,
        /// How.
        how: Step,
        /// What the person is told about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// It takes longer.
    Extended {
        /// Why.
        reason: String,
        /// When the person was told.
        at: Timestamp,
    },
    /// It is done, or as much of it as can be.
    Completed {
        /// Whether a step failed.
        partially: bool,
        /// When.
        at: Timestamp,
    },
    /// It was refused.
    Refused {
        /// On what ground.
        ground: Ground,
        /// The reasons.
        reason: String,
        /// When the person was told.
        at: Timestamp,
    },
    /// Others have to see to it as well: the site's own people to what no system could do, systems to what they put right.
    Passed {
        /// The steps that this adds.
        steps: Vec<String>,
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// A request as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: EventId,
    /// What is asked for.
    pub asked: Asked,
    /// The law its terms come from.
    pub law: Law,
    /// How far it is.
    pub phase: Phase,
    /// What proof it needs.
    pub needs: Proof,
    /// What is proved.
    pub proof: Proof,
    /// When it came in.
    pub received: Timestamp,
    /// When it was known who asks; the clock of some laws begins there.
    pub identified: Option<Timestamp>,
    /// Why it takes longer, and when that was said.
    pub extension: Option<(String, Timestamp)>,
    /// On what ground it was refused, and the reasons.
    pub refusal: Option<(Ground, String)>,
    /// The steps, and what the person is told about them.
    pub steps: BTreeMap<String, (Step, Option<String>)>,
    /// When it was over.
    pub over: Option<Timestamp>,
}

/// Whether nothing was done of what has these steps, nor is being done by others than the site's own people: then it may still
/// be refused, or taken back.
pub(super) fn is_untouched<'a>(mut steps: impl Iterator<Item = (&'a str, Step)>) -> bool {
    steps.all(|(name, how)| how == Step::Failed || how == Step::Open && name == SITE)
}

impl Request {
    fn is_untouched(&self) -> bool {
        is_untouched(self.steps.iter().map(|(name, (how, _))| (&**name, *how)))
    }

    /// The day its term runs from.
    fn runs_from(&self) -> Day {
        let begun = if self.law.waits_for_identity() { self.identified } else { None };
        Day::of(begun.unwrap_or(self.received), self.law.hours())
    }

    /// How a step stands, if there is such a step.
    pub fn ended(&self, step: &str) -> Option<Step> {
        self.steps.get(step).map(|(how, _)| *how)
    }

    /// By when it is to be answered: what only ends uses of data at once, the rest within the term of its law.
    pub fn term(&self, calendar: &Calendar) -> Term {
        let from = self.runs_from();
        match self.asked.right() {
            // What the site weighs first has the term of any other request.
            Right::Objection | Right::Withdrawal if !self.steps.contains_key(SITE) => {
                self.law.opt_out(from, calendar)
            }
            _ if self.extension.is_some() => self.law.answer_extended(from, calendar),
            _ => self.law.answer(from, calendar),
        }
    }
}

/// Why nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such request.
    Missing,
    /// It came in already.
    AlreadyReceived,
    /// It is over.
    Over,
    /// It is not established well enough who asks.
    Unidentified {
        /// What proof is needed.
        needs: Proof,
    },
    /// It is not at the point where this can happen.
    OutOfOrder,
    /// There is no such step, or it ended already.
    NoSuchStep,
    /// The person has to be told why.
    NoReason,
    /// The law does not know that ground for refusing what was asked for.
    WrongGround {
        /// What was asked for.
        right: Right,
    },
    /// The time to say that it takes longer is over, or it was said before.
    TooLateToExtend,
    /// It has been begun and cannot be taken back.
    Begun,
    /// Nothing of it was done: that is a refusal, and has a ground.
    NothingDone,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongGround { right } => return no_such_ground(*right, f),
            Self::Missing => "there is no such request",
            Self::AlreadyReceived => "the request came in already",
            Self::Over => "the request is over",
            Self::Unidentified { .. } => "it has to be shown first who asks",
            Self::OutOfOrder => "the request is not at that point",
            Self::NoSuchStep => "the request has no such step that is open",
            Self::NoReason => "the person has to be told why (GDPR Article 12)",
            Self::TooLateToExtend => {
                "more time can be taken once, within the first term (GDPR Article 12(3))"
            }
            Self::Begun => "the request is being carried out: it cannot be refused or taken back any more",
            Self::NothingDone => {
                "nothing of the request was done: refuse it, on a ground and with the reasons (GDPR Article 12(4))"
            }
        })
    }
}

/// Says on which grounds a right is refused.
fn no_such_ground(right: Right, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let fitting = Ground::ALL.iter().filter(|ground| ground.fits(right));
    let fitting: Vec<_> = fitting.map(Ground::to_string).collect();
    if fitting.is_empty() {
        return f.write_str("there is no ground on which this right is refused (GDPR Article 7(3))");
    }
    write!(f, "this right is not refused on that ground, but on one of these: {}", fitting.join(", "))
}

impl std::error::Error for Refusal {}

/// The process.
#[derive(Debug)]
pub enum Requests {}

impl Decider for Requests {
    type Command = Command;
    type Event = Event;
    type State = Option<Request>;
    type Refusal = Refusal;

    fn decide(state: &Option<Request>, command: Command, context: &Context) -> Result<Vec<Event>, Refusal> {
        let at = context.now;
        let (request, command) = match (state, command) {
            (None, Command::Receive { id, asked, law, kind, proof, received }) => {
                let needs = asked.right().needs(kind);
                // The term runs from then, whatever time it took to show who asks (11 CCR section 7021(b)).
                let came = received.map_or(at, |received| received.min(at));
                let received = Event::Received { id, asked, law, needs, at: came };
                let next = if proof >= needs {
                    Event::Identified { proof, at }
                } else {
                    Event::IdentityAsked { at }
                };
                return Ok(vec![received, next]);
            }
            (None, _) => return Err(Refusal::Missing),
            (Some(_), Command::Receive { .. }) => return Err(Refusal::AlreadyReceived),
            (Some(request), command) => (request, command),
        };
        if request.phase.is_over() {
            return Err(Refusal::Over);
        }
        match command {
            Command::Receive { .. } => Err(Refusal::AlreadyReceived),
            Command::Identify { proof } if request.phase != Phase::IdentityPending => {
                Err(if proof >= request.needs {
                    Refusal::OutOfOrder
                } else {
                    Refusal::Unidentified { needs: request.needs }
                })
            }
            Command::Identify { proof } if proof < request.needs => {
                Err(Refusal::Unidentified { needs: request.needs })
            }
            Command::Identify { proof } => Ok(vec![Event::Identified { proof, at }]),
            Command::Begin { .. } if request.phase == Phase::IdentityPending => {
                Err(Refusal::Unidentified { needs: request.needs })
            }
            Command::Begin { .. } if request.phase != Phase::Accepted => Err(Refusal::OutOfOrder),
            Command::Begin { steps } if steps.is_empty() => {
                Ok(vec![Event::Begun { steps, at }, Event::Completed { partially: false, at }])
            }
            Command::Begin { steps } => Ok(vec![Event::Begun { steps, at }]),
            Command::Pass { steps } => {
                let is_known = steps.iter().any(|step| request.steps.contains_key(step));
                if is_known || request.ended(SITE) != Some(Step::Open) {
                    return Err(Refusal::OutOfOrder);
                }
                Ok(if steps.is_empty() { Vec::new() } else { vec![Event::Passed { steps, at }] })
            }
            Command::End { step, how, note } => {
                let is_open = request.steps.get(&step).is_some_and(|(how, _)| *how == Step::Open);
                if how == Step::Open || !is_open {
                    return Err(Refusal::NoSuchStep);
                }
                let mut others =
                    request.steps.iter().filter(|(name, _)| **name != step).map(|(_, (how, _))| *how);
                let is_last = others.clone().all(|how| how != Step::Open);
                let is_anything_done = how == Step::Done || others.clone().any(|how| how == Step::Done);
                let partially = how == Step::Failed || others.any(|how| how == Step::Failed);
                // Never complete with a step open, nor with nothing done.
                let then = match (is_last, is_anything_done) {
                    (false, _) => None,
                    (true, true) => Some(Event::Completed { partially, at }),
                    (true, false) if step == SITE => return Err(Refusal::NothingDone),
                    (true, false) => Some(Event::Passed { steps: vec![SITE.to_owned()], at }),
                };
                Ok([Event::Ended { step, how, note, at }].into_iter().chain(then).collect())
            }
            Command::Extend { reason, calendar } => {
                if reason.trim().is_empty() {
                    return Err(Refusal::NoReason);
                }
                let first = request.law.answer(request.runs_from(), &calendar).latest;
                if request.extension.is_some() || at >= request.law.ends(first, request.received) {
                    return Err(Refusal::TooLateToExtend);
                }
                Ok(vec![Event::Extended { reason, at }])
            }
            Command::Refuse { .. } | Command::Revoke if !request.is_untouched() => Err(Refusal::Begun),
            Command::Refuse { reason, .. } if reason.trim().is_empty() => Err(Refusal::NoReason),
            Command::Refuse { ground, .. } if !ground.fits(request.asked.right()) => {
                Err(Refusal::WrongGround { right: request.asked.right() })
            }
            Command::Refuse { ground, reason } => Ok(vec![Event::Refused { ground, reason, at }]),
            Command::Revoke => Ok(vec![Event::Revoked { at }]),
        }
    }

    fn evolve(state: Option<Request>, event: &Event) -> Option<Request> {
        if let Event::Received { id, asked, law, needs, at } = event {
            return Some(Request {
                id: *id,
                asked: asked.clone(),
                law: *law,
                phase: Phase::Received,
                needs: *needs,
                proof: Proof::None,
                received: *at,
                identified: None,
                extension: None,
                refusal: None,
                steps: BTreeMap::new(),
                over: None,
            });
        }
        let mut request = state?;
        let over = |request: &mut Request, phase, at: &Timestamp| {
            request.phase = phase;
            request.over = Some(*at);
        };
        match event {
            Event::Received { .. } => {}
            Event::IdentityAsked { .. } => request.phase = Phase::IdentityPending,
            Event::Identified { proof, at } => {
                request.phase = Phase::Accepted;
                request.proof = *proof;
                request.identified = Some(*at);
            }
            Event::Begun { steps, .. } => {
                request.phase = Phase::InProgress;
                request.steps = steps.iter().map(|step| (step.clone(), (Step::Open, None))).collect();
            }
            Event::Ended { step, how, note, .. } => {
                request.steps.insert(step.clone(), (*how, note.clone()));
            }
            Event::Passed { steps, .. } => {
                request.steps.extend(steps.iter().map(|step| (step.clone(), (Step::Open, None))));
            }
            Event::Extended { reason, at } => request.extension = Some((reason.clone(), *at)),
            Event::Completed { partially: true, at } => over(&mut request, Phase::PartiallyCompleted, at),
            Event::Completed { partially: false, at } => over(&mut request, Phase::Completed, at),
            Event::Refused { ground, reason, at } => {
                request.refusal = Some((*ground, reason.clone()));
                over(&mut request, Phase::Refused, at);
            }
            Event::Revoked { at } => over(&mut request, Phase::Revoked, at),
        }
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decider::CallerClass, rights::RestrictionGround};
    use proptest::prelude::*;

    fn context(at: Timestamp) -> Context {
        Context { now: at, random: [0; 32], caller: CallerClass::System.into() }
    }

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(text.into()).unwrap()
    }

    fn receive(right: Right, law: Law, kind: Proof, proof: Proof) -> Command {
        let id = EventId::from_bytes([1; 16]);
        Command::Receive { id, asked: asked(right), law, kind, proof, received: None }
    }

    fn asked(right: Right) -> Asked {
        let statement = "as I said".to_owned();
        match right {
            Right::Access => Asked::Access,
            Right::Portability => Asked::Portability,
            Right::Erasure => Asked::Erasure,
            Right::Rectification => {
                Asked::Rectification { record: None, changes: BTreeMap::new(), statement: Some(statement) }
            }
            Right::Restriction => Asked::Restriction { ground: RestrictionGround::Claims, statement: None },
            Right::Objection => {
                Asked::Objection { purposes: ["ads".parse().unwrap()].into(), statement: None }
            }
            Right::HumanReview => Asked::HumanReview { statement },
            Right::Withdrawal => Asked::Withdrawal,
        }
    }

    fn done(state: Option<Request>, command: Command, when: &str) -> Option<Request> {
        Requests::decide(&state, command, &context(at(when))).unwrap().iter().fold(state, Requests::evolve)
    }

    #[expect(clippy::ref_option, reason = "as the decider takes it")]
    fn refused(state: &Option<Request>, command: Command, when: &str) -> Refusal {
        Requests::decide(state, command, &context(at(when))).unwrap_err()
    }

    const NOON: &str = "2026-03-05T12:00:00Z";

    #[test]
    fn what_only_ends_uses_of_data_needs_no_proof() {
        for right in [Right::Objection, Right::Withdrawal] {
            let state = done(None, receive(right, Law::Gdpr, Proof::Account, Proof::None), NOON);
            assert_eq!(state.unwrap().phase, Phase::Accepted, "{right:?}");
        }
        for right in
            [Right::Access, Right::Portability, Right::Rectification, Right::Restriction, Right::HumanReview]
        {
            let state = done(None, receive(right, Law::Gdpr, Proof::Account, Proof::Device), NOON);
            assert_eq!(state.unwrap().phase, Phase::IdentityPending, "{right:?}");
        }
        let erase = |proof| {
            done(None, receive(Right::Erasure, Law::Gdpr, Proof::Account, proof), NOON).unwrap().phase
        };
        assert_eq!(erase(Proof::Account), Phase::IdentityPending);
        assert_eq!(erase(Proof::Recent), Phase::Accepted);
        let device = done(None, receive(Right::Erasure, Law::Gdpr, Proof::Device, Proof::Device), NOON);
        assert_eq!(device.unwrap().phase, Phase::Accepted);
    }

    #[test]
    fn nothing_is_begun_before_it_is_known_who_asks() {
        let state = done(None, receive(Right::Access, Law::Gdpr, Proof::Account, Proof::None), NOON);
        let needs = Refusal::Unidentified { needs: Proof::Account };
        assert_eq!(refused(&state, Command::Begin { steps: vec![] }, NOON), needs);
        assert_eq!(refused(&state, Command::Identify { proof: Proof::Contact }, NOON), needs);
        let state = done(state, Command::Identify { proof: Proof::Recent }, NOON);
        let state = done(state, Command::Begin { steps: vec!["store".into()] }, NOON);
        assert_eq!(state.as_ref().unwrap().phase, Phase::InProgress);
        assert_eq!(refused(&state, Command::Revoke, NOON), Refusal::Begun);
    }

    #[test]
    fn what_the_sites_people_look_into_may_be_refused_or_taken_back_until_something_is_done() {
        let refuse = || Command::Refuse { ground: Ground::Unfounded, reason: "it is not wrong".to_owned() };
        let end = |step: &str, how| Command::End { step: step.to_owned(), how, note: None };
        let state = done(None, receive(Right::HumanReview, Law::Gdpr, Proof::Device, Proof::Device), NOON);
        let alone = done(state.clone(), Command::Begin { steps: vec![SITE.to_owned()] }, NOON);
        assert_eq!(done(alone.clone(), refuse(), NOON).unwrap().phase, Phase::Refused);
        assert_eq!(done(alone.clone(), Command::Revoke, NOON).unwrap().phase, Phase::Revoked);
        assert_eq!(refused(&alone, end(SITE, Step::Failed), NOON), Refusal::NothingDone);
        assert_eq!(done(alone, end(SITE, Step::Done), NOON).unwrap().phase, Phase::Completed);

        let both =
            done(state.clone(), Command::Begin { steps: vec![SITE.to_owned(), "shop".to_owned()] }, NOON);
        assert_eq!(refused(&both, refuse(), NOON), Refusal::Begun, "another system was asked");
        let half = done(both, end("shop", Step::Done), NOON);
        assert_eq!(refused(&half, refuse(), NOON), Refusal::Begun);
        assert_eq!(done(half, end(SITE, Step::Failed), NOON).unwrap().phase, Phase::PartiallyCompleted);

        // Where no system did anything, the site's people do, or refuse.
        let asked = done(state, Command::Begin { steps: vec!["shop".to_owned()] }, NOON);
        let left = done(asked, end("shop", Step::Failed), NOON);
        let request = left.as_ref().unwrap();
        assert_eq!((request.phase, request.ended(SITE)), (Phase::InProgress, Some(Step::Open)));
        assert_eq!(refused(&left, end(SITE, Step::Failed), NOON), Refusal::NothingDone);
        assert_eq!(done(left.clone(), refuse(), NOON).unwrap().phase, Phase::Refused);
        assert_eq!(done(left, end(SITE, Step::Done), NOON).unwrap().phase, Phase::PartiallyCompleted);
    }

    /// Every ground, and the rights it fits.
    const FITTING: [(&str, &[Right]); 12] = {
        use Right::{Access, Erasure, HumanReview, Objection, Portability, Rectification, Restriction};
        const ANY: &[Right] =
            &[Access, Rectification, Erasure, Restriction, Portability, Objection, HumanReview];
        [
            ("unidentified", ANY),
            ("unfounded", ANY),
            ("excessive", ANY),
            ("accurate", &[Rectification]),
            ("legal-obligation", &[Erasure]),
            ("legal-claims", &[Erasure, Objection]),
            ("freedom-of-expression", &[Erasure]),
            ("public-health", &[Erasure]),
            ("archiving", &[Erasure, Objection]),
            ("rights-of-others", &[Access, Portability]),
            ("compelling-grounds", &[Objection]),
            ("not-applicable", ANY),
        ]
    };

    #[test]
    fn a_right_is_refused_on_the_grounds_that_the_law_has_for_it_alone() {
        let rights = FITTING[0].1.iter().copied().chain([Right::Withdrawal]);
        assert_eq!(Ground::ALL.map(|ground| ground.to_string()), FITTING.map(|(name, _)| name));
        for right in rights {
            let state = done(None, receive(right, Law::Gdpr, Proof::Device, Proof::Device), NOON);
            for (ground, (name, fits)) in Ground::ALL.into_iter().zip(FITTING) {
                let refuse = Command::Refuse { ground, reason: "as the law has it".to_owned() };
                if fits.contains(&right) {
                    let request = done(state.clone(), refuse, NOON).unwrap();
                    assert_eq!(request.refusal.unwrap().0, ground, "{right:?} {name}");
                } else {
                    assert_eq!(refused(&state, refuse, NOON), Refusal::WrongGround { right }, "{name}");
                }
            }
        }
        assert_eq!(
            Refusal::WrongGround { right: Right::Access }.to_string(),
            "this right is not refused on that ground, but on one of these: unidentified, unfounded, excessive, \
             rights-of-others, not-applicable"
        );
        assert_eq!(
            Refusal::WrongGround { right: Right::Withdrawal }.to_string(),
            "there is no ground on which this right is refused (GDPR Article 7(3))"
        );
    }

    #[test]
    fn an_objection_that_is_weighed_has_the_term_of_any_request() {
        let calendar = Calendar::default();
        let latest = |state: &Option<Request>| state.as_ref().unwrap().term(&calendar).latest;
        let state = done(None, receive(Right::Objection, Law::Gdpr, Proof::Device, Proof::None), NOON);
        let access = done(None, receive(Right::Access, Law::Gdpr, Proof::Device, Proof::Device), NOON);
        assert!(latest(&state) < latest(&access));
        let weighed = done(state, Command::Begin { steps: vec![SITE.to_owned()] }, NOON);
        assert_eq!(latest(&weighed), latest(&access));
    }

    #[test]
    fn a_failed_step_is_never_called_complete() {
        let steps = vec!["store".to_owned(), "shop".to_owned()];
        let state = done(None, receive(Right::Erasure, Law::Gdpr, Proof::Device, Proof::Device), NOON);
        let begun = done(state, Command::Begin { steps }, NOON);
        let end = |step: &str, how| Command::End { step: step.to_owned(), how, note: None };
        let half = done(begun, end("store", Step::Done), NOON);
        assert_eq!(half.as_ref().unwrap().phase, Phase::InProgress);
        assert_eq!(refused(&half, end("store", Step::Done), NOON), Refusal::NoSuchStep);
        assert_eq!(refused(&half, end("other", Step::Done), NOON), Refusal::NoSuchStep);
        assert_eq!(refused(&half, end("shop", Step::Open), NOON), Refusal::NoSuchStep);
        assert_eq!(done(half.clone(), end("shop", Step::Done), NOON).unwrap().phase, Phase::Completed);
        let failed = done(half, end("shop", Step::Failed), NOON);
        assert_eq!(failed.as_ref().unwrap().phase, Phase::PartiallyCompleted);
        assert_eq!(refused(&failed, Command::Revoke, NOON), Refusal::Over);
    }

    #[test]
    fn more_time_is_taken_once_and_said_within_the_first_term() {
        let calendar = Calendar::of("DE", &[]);
        let extend = || Command::Extend { reason: "three systems".to_owned(), calendar: calendar.clone() };
        let state = done(None, receive(Right::Access, Law::Gdpr, Proof::Device, Proof::Device), NOON);
        assert_eq!(state.as_ref().unwrap().term(&calendar).latest, "2026-04-07".parse().unwrap());
        // In the east of the Union that day is over by then.
        for late in ["2026-04-07T20:00:00Z", "2026-04-07T23:59:59Z", "2026-04-08T00:00:00Z"] {
            assert_eq!(refused(&state, extend(), late), Refusal::TooLateToExtend, "{late}");
        }
        let extended = done(state, extend(), "2026-04-07T19:59:59Z");
        assert_eq!(extended.as_ref().unwrap().term(&calendar).latest, "2026-06-05".parse().unwrap());
        assert_eq!(refused(&extended, extend(), "2026-04-07T19:59:59Z"), Refusal::TooLateToExtend);
    }

    #[test]
    fn the_clock_stands_still_for_identity_where_the_law_says_so() {
        let calendar = Calendar::default();
        for (law, latest) in
            [(Law::Gdpr, "2026-04-06"), (Law::UkGdpr, "2026-04-16"), (Law::Ccpa, "2026-04-19")]
        {
            let state = done(None, receive(Right::Access, law, Proof::Account, Proof::None), NOON);
            let state = done(state, Command::Identify { proof: Proof::Account }, "2026-03-16T09:00:00Z");
            assert_eq!(state.unwrap().term(&calendar).latest, latest.parse().unwrap(), "{law:?}");
        }
    }

    #[test]
    fn what_was_asked_before_it_was_confirmed_runs_from_when_it_was_asked() {
        let calendar = Calendar::default();
        let confirmed = |law, received: &str, at: &str| {
            let (id, proof, received) =
                (EventId::from_bytes([1; 16]), Proof::Account, Some(self::at(received)));
            let asked = asked(Right::HumanReview);
            done(None, Command::Receive { id, asked, law, kind: proof, proof, received }, at)
        };
        let extend = || Command::Extend { reason: "many".to_owned(), calendar: calendar.clone() };
        let (day, late) = ("2026-03-05T12:00:00Z", "2026-04-04T12:00:00Z");
        for (law, latest, extended) in
            [(Law::Gdpr, "2026-04-06", "2026-06-05"), (Law::Ccpa, "2026-04-19", "2026-06-03")]
        {
            let state = confirmed(law, day, late);
            assert_eq!(state.as_ref().unwrap().phase, Phase::Accepted);
            assert_eq!(state.as_ref().unwrap().term(&calendar).latest, latest.parse().unwrap(), "{law:?}");
            let state = done(state, extend(), late).unwrap();
            assert_eq!(state.term(&calendar).latest, extended.parse().unwrap(), "{law:?}");
        }
        // Where the clock stands still until it is known who asks, it begins then.
        let state = confirmed(Law::UkGdpr, day, late).unwrap();
        assert_eq!((state.received, state.identified), (self::at(day), Some(self::at(late))));
        assert_eq!(state.term(&calendar).latest, "2026-05-04".parse().unwrap());
        // Nothing comes in later than it is taken in.
        assert_eq!(confirmed(Law::Gdpr, late, day).unwrap().received, self::at(day));
    }

    const STEPS: [&str; 3] = [SITE, STORE, "shop"];

    fn commands() -> impl Strategy<Value = Command> {
        let proof =
            prop_oneof![Just(Proof::None), Just(Proof::Device), Just(Proof::Account), Just(Proof::Recent)];
        let right = prop_oneof![Just(Right::Access), Just(Right::Erasure), Just(Right::Objection)];
        let how = prop_oneof![Just(Step::Open), Just(Step::Done), Just(Step::Failed)];
        prop_oneof![
            (right, proof.clone()).prop_map(|(right, proof)| receive(
                right,
                Law::Gdpr,
                Proof::Account,
                proof
            )),
            proof.prop_map(|proof| Command::Identify { proof }),
            (0_usize..4)
                .prop_map(|n| Command::Begin { steps: STEPS[..n].iter().map(|&step| step.into()).collect() }),
            (0_usize..3).prop_map(|n| Command::Pass { steps: vec![STEPS[n].into()] }),
            (0_usize..3, how).prop_map(|(n, how)| Command::End { step: STEPS[n].into(), how, note: None }),
            Just(Command::Extend { reason: "many".to_owned(), calendar: Calendar::default() }),
            Just(Command::Refuse { ground: Ground::Excessive, reason: "the tenth today".to_owned() }),
            Just(Command::Refuse { ground: Ground::RightsOfOthers, reason: "others are in it".to_owned() }),
            Just(Command::Revoke),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_asked_the_order_holds(asked in proptest::collection::vec(commands(), 0..24)) {
            let (mut state, mut events): (Option<Request>, Vec<Event>) = (None, Vec::new());
            for command in asked {
                let before = state.clone();
                let Ok(new) = Requests::decide(&state, command, &context(at(NOON))) else { continue };
                prop_assert!(!before.is_some_and(|request| request.phase.is_over()), "nothing after the end");
                state = new.iter().fold(state, Requests::evolve);
                events.extend(new);
                let request = state.as_ref().unwrap();
                let right = request.asked.right();
                prop_assert!(request.refusal.as_ref().is_none_or(|(ground, _)| ground.fits(right)));
                prop_assert_eq!(&Requests::replay(&events), &state);
                if matches!(request.phase, Phase::InProgress | Phase::Completed | Phase::PartiallyCompleted) {
                    prop_assert!(request.proof >= request.needs);
                }
                let count = |wanted| request.steps.values().filter(|(how, _)| *how == wanted).count();
                let (open, done, failed) = (count(Step::Open), count(Step::Done), count(Step::Failed));
                match request.phase {
                    Phase::Completed => prop_assert_eq!((open, failed), (0, 0)),
                    Phase::PartiallyCompleted => prop_assert!(open == 0 && failed > 0 && done > 0),
                    Phase::InProgress => prop_assert!(open > 0),
                    Phase::Refused | Phase::Revoked => prop_assert_eq!(done, 0, "nothing was done"),
                    _ => {}
                }
            }
        }
    }
}
