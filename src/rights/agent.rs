//! Requests that an authorised agent makes for a person: the Data Rights Protocol 1.0, of which this is the side of the business
//! (consumer-reports-innovation-lab/data-rights-protocol; sections are those of its specification).
//!
//! An agent says who the person is; the person confirms it here before anything is done (section 3.02.1).

use super::{
    Asked, RequestReply,
    request::{Ground, Phase},
};
use crate::{
    caller::Contact,
    clock::{Day, Timestamp},
    encoding::{from_base64, from_base64url},
    policy::Region,
    vault::VerifyingKey,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The version of the protocol.
pub const VERSION: &str = "1.0";

/// The longest signed message, in bytes.
pub const LONGEST_MESSAGE: usize = 16 * 1024;

/// An agent, as the directory describes it (section 3.05.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What its messages are verified with.
    pub key: VerifyingKey,
    /// The host of its home page: what it is told goes to this host, or one below it.
    pub host: String,
}

/// The agents that may ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agents(BTreeMap<String, Agent>);

/// Why a directory cannot be used. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAgents(usize);

impl fmt::Display for InvalidAgents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "entry {} needs an id of A-Z, 0-9 and _ of its own, a name, a verify_key (32 bytes in base64) and a web_url",
            self.0
        )
    }
}

impl std::error::Error for InvalidAgents {}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    verify_key: String,
    web_url: String,
}

impl Agents {
    /// Reads the entries of a directory: a JSON array.
    pub fn parse(text: &str) -> Result<Self, InvalidAgents> {
        let entries: Vec<Entry> = serde_json::from_str(text).map_err(|_| InvalidAgents(0))?;
        let mut agents = BTreeMap::new();
        for (at, Entry { id, name, verify_key, web_url }) in entries.into_iter().enumerate() {
            let is_id = !id.is_empty()
                && id.len() <= 128
                && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            let key =
                bytes(&verify_key).and_then(|bytes| bytes.try_into().ok()).map(VerifyingKey::from_bytes);
            let host = host(&web_url).map(str::to_ascii_lowercase);
            let (true, Some(key), Some(host)) = (is_id && !name.trim().is_empty(), key, host) else {
                return Err(InvalidAgents(at));
            };
            if agents.insert(id.clone(), Agent { id, name, key, host }).is_some() {
                return Err(InvalidAgents(at));
            }
        }
        Ok(Self(agents))
    }

    /// The agent of an id.
    pub fn find(&self, id: &str) -> Option<&Agent> {
        self.0.get(id)
    }
}

/// Base64 in whichever of its alphabets, padded or not.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    from_base64(text).or_else(|| from_base64url(text.trim_end_matches('=')))
}

/// The host and port of an address that may be asked.
fn host(url: &str) -> Option<&str> {
    let rest =
        url.strip_prefix("https://").or_else(|| url.strip_prefix("http://127.0.0.1").map(|_| &url[7..]))?;
    // Only what every parser of addresses takes for a host: letters, digits, dots and hyphens, and a port.
    let host = rest.split(['/', '?', '#']).next()?;
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    // In the clear on this machine alone.
    let is_safe = url.starts_with("https://") || name == "127.0.0.1";
    (is_name && is_port && is_safe).then_some(host)
}

impl Agent {
    /// Whether it may be told at an address: one of its own.
    pub fn owns(&self, url: &str) -> bool {
        let Some(host) = host(url).map(str::to_ascii_lowercase) else { return false };
        host == self.host || host.strip_suffix(&self.host).is_some_and(|start| start.ends_with('.'))
    }

    /// What a signed message says (section 3.07): base64 of a signature with what is signed after it.
    pub fn open(&self, message: &str) -> Result<Vec<u8>, Rejected> {
        let message =
            bytes(message).filter(|bytes| bytes.len() <= LONGEST_MESSAGE).ok_or(Rejected::Encoding)?;
        let (signature, body) = message.split_first_chunk::<64>().ok_or(Rejected::Encoding)?;
        if self.key.verifies(body, signature) { Ok(body.to_vec()) } else { Err(Rejected::Signature) }
    }

    /// The same for a message that says for whom and when it is, in the order that the protocol demands.
    pub fn read<T: for<'de> Deserialize<'de>>(
        &self,
        message: &str,
        business: &str,
        now: Timestamp,
    ) -> Result<T, Rejected> {
        let body = self.open(message)?;
        let envelope: Envelope = serde_json::from_slice(&body).map_err(|_| Rejected::Malformed)?;
        if envelope.agent_id != self.id {
            return Err(Rejected::OtherAgent);
        }
        if envelope.business_id != business {
            return Err(Rejected::OtherBusiness);
        }
        if Timestamp::from_iso8601(&envelope.issued_at).is_none_or(|at| at > now) {
            return Err(Rejected::NotYet);
        }
        if Timestamp::from_iso8601(&envelope.expires_at).is_none_or(|at| at <= now) {
            return Err(Rejected::Expired);
        }
        serde_json::from_slice(&body).map_err(|_| Rejected::Malformed)
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "agent-id")]
    agent_id: String,
    #[serde(rename = "business-id")]
    business_id: String,
    #[serde(rename = "issued-at")]
    issued_at: String,
    #[serde(rename = "expires-at")]
    expires_at: String,
}

/// Why a message counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// It is no base64 of a signed message.
    Encoding,
    /// The agent did not sign it.
    Signature,
    /// What is signed is not what it should be.
    Malformed,
    /// Another agent made it.
    OtherAgent,
    /// It is for another business.
    OtherBusiness,
    /// It is of a time to come.
    NotYet,
    /// Its time is over.
    Expired,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "the body is not base64 of an Ed25519 signature with the signed JSON after it",
            Self::Signature => "the signature is not the agent's",
            Self::Malformed => "the signed JSON is not as the protocol has it",
            Self::OtherAgent => "agent-id is not the agent whose token was sent",
            Self::OtherBusiness => "business-id is not this business",
            Self::NotYet => "issued-at has not come yet",
            Self::Expired => "expires-at is over",
        })
    }
}

impl std::error::Error for Rejected {}

/// What is asked for (section 2.01), as far as it is acted on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Exercise {
    /// The agent's own name for it.
    #[serde(rename = "agent-request-id", default)]
    pub agent_request_id: Option<String>,
    /// The version of the protocol.
    #[serde(rename = "drp.version", default)]
    pub version: Option<String>,
    /// The right, see [`asked`].
    pub exercise: String,
    /// The law it is asked under, see [`Regime`].
    #[serde(default)]
    pub regime: Option<String>,
    /// Where the agent is told.
    #[serde(default)]
    pub status_callback: Option<String>,
    /// The person's address of mail.
    #[serde(default)]
    email: Option<String>,
    /// The person's telephone number.
    #[serde(default)]
    phone_number: Option<String>,
}

impl Exercise {
    /// Where the person is reached, as the agent says: by mail, else by telephone.
    pub fn contact(&self) -> Option<Contact> {
        let parse = |text: &Option<String>| text.as_deref().and_then(|text| Contact::parse(text).ok());
        parse(&self.email).or_else(|| parse(&self.phone_number))
    }
}

/// The law that something is asked under (section 3.01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// California's.
    Ccpa,
    /// None: the business answers of its own will, or because another law than the protocol has words for demands it.
    Voluntary,
}

impl Regime {
    /// That of a request, if it is one. The specification has `ccpa` or nothing said; the protocol's own reference implementation
    /// (OSIRAA) writes `voluntary` for the latter.
    pub fn of(exercise: &Exercise) -> Option<Self> {
        match exercise.regime.as_deref() {
            Some("ccpa") => Some(Self::Ccpa),
            None | Some("voluntary") => Some(Self::Voluntary),
            Some(_) => None,
        }
    }

    /// Where the person is by it, as far as it says so.
    pub fn region(self) -> Option<Region> {
        match self {
            Self::Ccpa => "US-CA".parse().ok(),
            Self::Voluntary => None,
        }
    }
}

/// What a right of the protocol is here (section 3.01). Opting out of a sale is no thing to ask by mail: the browser's own
/// signal does it at once, and opting in takes the person.
pub fn asked(exercise: &str) -> Option<Asked> {
    match exercise {
        "access" | "access:categories" | "access:specific" => Some(Asked::Access),
        "deletion" => Some(Asked::Erasure),
        _ => None,
    }
}

/// How far a request of an agent is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The person has not confirmed it.
    Unconfirmed,
    /// The person says that they never asked for it.
    Denied,
    /// The agent took it back.
    Revoked,
    /// It is carried out.
    Confirmed(Box<RequestReply>),
}

/// A request of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRequest {
    /// Its id.
    pub id: String,
    /// The agent's own name for it.
    pub agent_request_id: Option<String>,
    /// When it came in.
    pub received: Timestamp,
    /// By when it is to be answered.
    pub latest: Day,
    /// Until when it can be confirmed.
    pub expires: Timestamp,
    /// How far it is.
    pub standing: Standing,
    /// Where the person confirms it.
    pub confirm_at: String,
}

/// The status object (section 3.03).
#[expect(clippy::struct_field_names, reason = "the protocol has these names")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_request_id: Option<String>,
    received_at: Timestamp,
    expected_by: Day,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_verification_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl AgentRequest {
    /// How it stands, in the words of the protocol (section 3.02). The copy itself is handed to the person, not to the agent.
    pub fn status(&self, now: Timestamp) -> Status {
        let mut status = Status {
            request_id: self.id.clone(),
            agent_request_id: self.agent_request_id.clone(),
            received_at: self.received,
            expected_by: self.latest,
            status: "in_progress",
            reason: None,
            processing_details: None,
            user_verification_url: None,
            expires_at: None,
        };
        match &self.standing {
            Standing::Unconfirmed if self.expires <= now => {
                status.status = "denied";
                status.reason = Some("insuf_verification");
                status.processing_details = Some("The person did not confirm it in time.".into());
            }
            Standing::Unconfirmed => {
                status.reason = Some("need_user_verification");
                status.user_verification_url = Some(self.confirm_at.clone());
                status.expires_at = Some(self.expires);
            }
            Standing::Denied => {
                status.status = "denied";
                status.reason = Some("suspected_fraud");
                status.processing_details = Some("The person says that they did not authorise it.".into());
            }
            Standing::Revoked => status.status = "revoked",
            Standing::Confirmed(reply) => confirmed(&mut status, reply),
        }
        status
    }
}

fn confirmed(status: &mut Status, reply: &RequestReply) {
    // The person's request has the agent's moment, so its term is the agent's too.
    status.expected_by = reply.latest;
    status.processing_details = reply.extended.as_ref().map(|extended| extended.reason.clone());
    match reply.phase {
        Phase::Completed => status.status = "fulfilled",
        Phase::PartiallyCompleted => {
            status.status = "fulfilled";
            status.processing_details = Some("A part could not be done; the person was told which.".into());
        }
        Phase::Revoked => status.status = "revoked",
        Phase::Refused => {
            status.status = "denied";
            let refused = reply.refused.as_ref();
            status.reason = Some(match refused.map(|refused| refused.ground) {
                Some(Ground::Unidentified) => "insuf_verification",
                Some(Ground::Excessive) => "too_many_requests",
                Some(
                    Ground::NotApplicable
                    | Ground::LegalClaims
                    | Ground::LegalObligation
                    | Ground::FreedomOfExpression
                    | Ground::PublicHealth
                    | Ground::Archiving,
                ) => "claim_not_covered",
                Some(
                    Ground::Unfounded | Ground::Accurate | Ground::RightsOfOthers | Ground::CompellingGrounds,
                )
                | None => "other",
            });
            status.processing_details = refused.map(|refused| refused.reason.clone());
        }
        Phase::Received | Phase::IdentityPending | Phase::Accepted | Phase::InProgress => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{encoding::to_base64, rights::request::Right, vault::SigningKey};
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn agent() -> (SigningKey, Agents) {
        let key = SigningKey::from_seed(&[7; 32]);
        let entry = json!([{
            "id": "AGENT_1", "name": "Agent One", "verify_key": to_base64(key.public().as_bytes()),
            "web_url": "https://agent.example/about", "technical_contact": "x"
        }]);
        (key, Agents::parse(&entry.to_string()).unwrap())
    }

    fn signed(key: &SigningKey, body: &Value) -> String {
        let body = body.to_string();
        to_base64(&[key.sign(body.as_bytes()).as_slice(), body.as_bytes()].concat())
    }

    fn body() -> Value {
        json!({
            "agent-id": "AGENT_1", "business-id": "SHOP", "issued-at": "2027-01-15T07:59:00.123",
            "expires-at": "2027-01-15T09:05:00.123+01:00", "drp.version": "1.0", "exercise": "access",
            "email": "Ann@mail.example"
        })
    }

    #[test]
    fn a_message_counts_for_its_agent_its_business_and_its_time_alone() {
        let (key, agents) = agent();
        let agent = agents.find("AGENT_1").unwrap();
        let read = |body: &Value| agent.read::<Exercise>(&signed(&key, body), "SHOP", NOW);
        let read_is = read(&body()).unwrap();
        assert_eq!(read_is.contact().unwrap().as_str(), "mailto:ann@mail.example");
        for (member, value, expected) in [
            ("agent-id", "AGENT_2", Rejected::OtherAgent),
            ("business-id", "OTHER", Rejected::OtherBusiness),
            ("issued-at", "2027-01-15T08:00:01Z", Rejected::NotYet),
            ("issued-at", "yesterday", Rejected::NotYet),
            ("expires-at", "2027-01-15T08:00:00Z", Rejected::Expired),
        ] {
            let mut body = body();
            body[member] = json!(value);
            assert_eq!(read(&body).unwrap_err(), expected, "{member} {value}");
        }
        let other = SigningKey::from_seed(&[8; 32]);
        for (message, expected) in [
            (signed(&other, &body()), Rejected::Signature),
            (String::new(), Rejected::Encoding),
            ("????".to_owned(), Rejected::Encoding),
            (to_base64(&[0; 63]), Rejected::Encoding),
            (signed(&key, &json!([])), Rejected::Malformed),
        ] {
            assert_eq!(agent.read::<Exercise>(&message, "SHOP", NOW).unwrap_err(), expected);
        }
    }

    #[test]
    fn directories_that_cannot_be_used_are_refused() {
        let (_, agents) = agent();
        assert!(agents.find("AGENT_2").is_none());
        let entry = json!({"id": "A", "name": "A", "verify_key": to_base64(&[1; 32]), "web_url": "https://a.example"});
        let with = |member: &str, value: &str| {
            let mut entry = entry.clone();
            entry[member] = json!(value);
            Agents::parse(&json!([entry]).to_string())
        };
        assert!(with("id", "A_2").is_ok());
        for (member, value) in
            [("id", "a"), ("id", ""), ("name", " "), ("verify_key", "AAAA"), ("web_url", "http://a.example")]
        {
            assert_eq!(with(member, value), Err(InvalidAgents(0)), "{member} {value}");
        }
        assert_eq!(Agents::parse(&json!([entry, entry]).to_string()), Err(InvalidAgents(1)));
    }

    #[test]
    fn an_agent_is_told_at_its_own_addresses_only() {
        let (_, agents) = agent();
        let agent = agents.find("AGENT_1").unwrap();
        for own in ["https://agent.example/status", "https://API.agent.example?x"] {
            assert!(agent.owns(own), "{own}");
        }
        for other in [
            "https://evil.example/",
            "https://evilagent.example/",
            "https://agent.example.evil.example/",
            "http://agent.example/",
            "https://agent.example@evil.example/",
            "https://evil.example\\.agent.example/",
            "http://127.0.0.1\\.agent.example/",
            "http://127.0.0.1.agent.example/",
            "https://agent.example:x/",
            "https://evil.example\t.agent.example/",
            "https://127.0.0.1/",
            "",
        ] {
            assert!(!agent.owns(other), "{other}");
        }
    }

    #[test]
    fn a_request_stands_in_the_words_of_the_protocol() {
        let request = |standing| AgentRequest {
            id: "c789ff35-7644-4ceb-9981-4b35c264aac3".into(),
            agent_request_id: Some("foo".into()),
            received: NOW,
            latest: Day::of(NOW, 0).plus_days(45),
            expires: NOW.plus_seconds(86_400),
            standing,
            confirm_at: "https://shop.example/c".into(),
        };
        let said = |standing, at| {
            let status = serde_json::to_value(request(standing).status(at)).unwrap();
            (status["status"].clone(), status["reason"].clone())
        };
        assert_eq!(said(Standing::Unconfirmed, NOW), (json!("in_progress"), json!("need_user_verification")));
        assert_eq!(
            said(Standing::Unconfirmed, NOW.plus_seconds(86_400)),
            (json!("denied"), json!("insuf_verification"))
        );
        assert_eq!(said(Standing::Denied, NOW), (json!("denied"), json!("suspected_fraud")));
        assert_eq!(said(Standing::Revoked, NOW), (json!("revoked"), Value::Null));
        let reply = |phase: Phase, ground: Option<Ground>| -> RequestReply {
            let refused = ground.map(|ground| json!({"ground": ground, "reason": "Because.", "at": NOW}));
            serde_json::from_value(json!({
                "id": "AQEBAQEBAQEBAQEBAQEBAQ", "right": Right::Erasure, "phase": phase, "law": "ccpa", "received": NOW,
                "target": "2027-03-01", "latest": "2027-03-01", "refused": refused
            }))
            .unwrap()
        };
        for (phase, ground, expected) in [
            (Phase::InProgress, None, ("in_progress", None)),
            (Phase::Completed, None, ("fulfilled", None)),
            (Phase::PartiallyCompleted, None, ("fulfilled", None)),
            (Phase::Revoked, None, ("revoked", None)),
            (Phase::Refused, Some(Ground::Unidentified), ("denied", Some("insuf_verification"))),
            (Phase::Refused, Some(Ground::Excessive), ("denied", Some("too_many_requests"))),
            (Phase::Refused, Some(Ground::LegalClaims), ("denied", Some("claim_not_covered"))),
            (Phase::Refused, Some(Ground::PublicHealth), ("denied", Some("claim_not_covered"))),
            (Phase::Refused, Some(Ground::Archiving), ("denied", Some("claim_not_covered"))),
            (Phase::Refused, Some(Ground::Unfounded), ("denied", Some("other"))),
        ] {
            let (status, reason) = said(Standing::Confirmed(Box::new(reply(phase, ground))), NOW);
            assert_eq!((status, reason), (json!(expected.0), json!(expected.1)), "{phase:?}");
        }
    }

    #[test]
    fn an_agent_is_told_the_term_that_its_person_has() {
        let expected = |extended: Value| {
            let reply = serde_json::from_value(json!({
                "id": "AQEBAQEBAQEBAQEBAQEBAQ", "right": Right::Access, "phase": "in-progress", "law": "ccpa",
                "received": NOW, "target": "2027-04-15", "latest": "2027-04-15", "extended": extended
            }));
            let request = AgentRequest {
                id: String::new(),
                agent_request_id: None,
                received: NOW,
                latest: "2027-03-01".parse().unwrap(),
                expires: NOW,
                standing: Standing::Confirmed(Box::new(reply.unwrap())),
                confirm_at: String::new(),
            };
            let status = serde_json::to_value(request.status(NOW)).unwrap();
            (status["expected_by"].clone(), status["processing_details"].clone())
        };
        assert_eq!(
            expected(json!({"reason": "Two systems.", "at": NOW})),
            (json!("2027-04-15"), json!("Two systems."))
        );
        assert_eq!(expected(Value::Null), (json!("2027-04-15"), Value::Null));
    }

    #[test]
    fn regimes_are_californias_and_none() {
        let regime = |regime: Option<&str>| {
            let exercise = json!({"exercise": "access", "regime": regime});
            Regime::of(&serde_json::from_value(exercise).unwrap())
        };
        assert_eq!(regime(Some("ccpa")), Some(Regime::Ccpa));
        assert_eq!([regime(None), regime(Some("voluntary"))], [Some(Regime::Voluntary); 2]);
        assert_eq!([regime(Some("gdpr")), regime(Some("CCPA")), regime(Some(""))], [None; 3]);
        assert_eq!(Regime::Ccpa.region().unwrap().country(), "US");
        assert_eq!(Regime::Voluntary.region(), None);
    }

    #[test]
    fn what_is_asked_is_one_of_ours_or_nothing() {
        assert_eq!(asked("access"), Some(Asked::Access));
        assert_eq!(asked("deletion"), Some(Asked::Erasure));
        for other in ["sale:opt-in", "sale:opt-out", "", "Access"] {
            assert_eq!(asked(other), None);
        }
    }
}
