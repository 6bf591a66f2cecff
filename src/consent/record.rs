//! The consent record: what must be demonstrable (GDPR Article 7(1)) and nothing more.
//!
//! Field names follow ISO/IEC TS 27560 as its public guide gives them, so that a record maps to that vocabulary.

use super::{Decision, Outcome, Standing};
use crate::{
    canonical,
    clock::Timestamp,
    id::{EventId, LogHandle, NoticeHash, PolicyHash, PurposeId, ServiceId},
    policy::{Policy, RegimeId, Region, Service, Source},
};
use serde::{Deserialize, Serialize};

/// The record's format.
const SCHEMA: &str = "consentry/record/1";

/// A consent record: what was decided. Hashed and signed in its canonical form. Times are RFC 3339, hashes URL-safe
/// base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ConsentRecord"))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The format, `consentry/record/1`.
    pub schema_version: String,
    /// The event this record is of.
    pub record_id: EventId,
    /// A random name of the person towards the log, destroyed on erasure; absent where nobody is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii_principal_id: Option<LogHandle>,
    /// Whose decision number this is for that person; absent where nobody is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u32>,
    /// When, by the server's clock.
    pub event_time: Timestamp,
    /// When what was given lapses, or a refusal may be asked about again.
    pub valid_until: Timestamp,
    /// What the person was shown.
    pub privacy_notice: Notice,
    /// Where in the interface the decision was made.
    pub collection_method: String,
    /// What it means for each purpose.
    pub purposes: Vec<PurposeRecord>,
    /// What it means for single services, as far as that is something else than for their purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceRecord>,
    /// Which rules held, and why.
    pub rules: Rules,
    /// The earlier tool's record this was taken over from; absent where the decision was made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Import>,
    /// Who is responsible.
    pub pii_controllers: Vec<Controller>,
    /// How to withdraw, as easily as it was given.
    pub withdrawal_method: String,
    /// How long proof of the decision is kept, as an ISO 8601 period.
    pub retention_period: String,
}

/// What the person was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Where the site's privacy notice is.
    pub url: String,
    /// The hash of the words shown.
    pub hash: NoticeHash,
    /// Their language.
    pub language: String,
    /// The policy behind them.
    pub policy: PolicyHash,
    /// How that policy stood at the time.
    pub policy_standing: Standing,
}

/// What the decision means for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PurposeRecord {
    /// The purpose.
    pub purpose: PurposeId,
    /// Given, refused, withdrawn or objected.
    pub status: Outcome,
    /// Who receives data for it.
    pub recipients: Vec<Recipient>,
}

/// What the decision means for a single service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceRecord {
    /// The service.
    pub service: ServiceId,
    /// Its purpose.
    pub purpose: PurposeId,
    /// Given, withdrawn or objected.
    pub status: Outcome,
    /// Who receives data for it.
    pub recipient: Recipient,
}

/// Which rules held for the person, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The set of rules.
    pub regime: RegimeId,
    /// The region, ISO 3166, as far as it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Why these rules held.
    pub reason: String,
    /// Whether the browser sent a privacy signal that the site honours.
    pub privacy_signal: bool,
    /// Whether the person confirmed to allow again what they had opted out of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

/// An earlier tool's record that a decision was taken over from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The tool.
    pub from: Source,
    /// When its record says the decision was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Always false: nobody here saw the decision being made.
    pub witnessed: bool,
}

/// A recipient of personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Its name.
    pub name: String,
    /// Its country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// The controller, as the policy names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Its name.
    pub name: String,
    /// Its postal address.
    pub address: String,
    /// How to reach it.
    pub contact: String,
}

impl Record {
    /// Writes the record of a decision. `principal` is absent for a decision by nobody known.
    pub fn of(decision: &Decision, policy: &Policy, principal: Option<LogHandle>, base: &str) -> Self {
        let recipient = |service: &Service| Recipient {
            name: service.recipient.name.clone(),
            country: service.recipient.country.to_string(),
        };
        let recipients = |purpose| policy.services_of(purpose).map(recipient).collect();
        let services = decision.services.iter().filter_map(|(id, decided)| {
            let service = policy.services.iter().find(|service| service.id == *id)?;
            Some(ServiceRecord {
                service: id.clone(),
                purpose: decided.purpose.clone(),
                status: decided.outcome,
                recipient: recipient(service),
            })
        });
        let purposes = decision.outcomes.iter().map(|(purpose, status)| PurposeRecord {
            purpose: purpose.clone(),
            status: *status,
            recipients: recipients(purpose),
        });
        Self {
            schema_version: SCHEMA.to_owned(),
            record_id: decision.id,
            pii_principal_id: principal,
            sequence: principal.map(|_| decision.seq),
            event_time: decision.at,
            valid_until: decision.until,
            privacy_notice: Notice {
                url: policy.privacy_notice.clone(),
                hash: decision.notice,
                language: decision.locale.clone(),
                policy: decision.policy,
                policy_standing: decision.standing,
            },
            collection_method: match decision.layer {
                super::Layer::Banner => "web/banner",
                super::Layer::Preferences => "web/preferences",
                super::Layer::Page => "web/page",
                super::Layer::Api => "web/api",
                super::Layer::Placeholder => "web/placeholder",
                super::Layer::Import => "import",
                super::Layer::Request => "web/request",
            }
            .to_owned(),
            purposes: purposes.collect(),
            services: services.collect(),
            rules: Rules {
                regime: decision.regime,
                region: decision.region.clone(),
                reason: decision.reason.clone(),
                privacy_signal: decision.signal,
                confirmed: decision.confirmed,
            },
            import: decision.imported.as_ref().map(|imported| Import {
                from: imported.from,
                decided_at: imported.at,
                witnessed: false,
            }),
            pii_controllers: vec![Controller {
                name: policy.controller.name.clone(),
                address: policy.controller.address.clone(),
                contact: policy.controller.email.clone(),
            }],
            withdrawal_method: format!("{base}preferences"),
            retention_period: policy.consent.proof.retention.to_string(),
        }
    }

    /// The record's canonical text.
    pub fn to_text(&self) -> Result<String, canonical::NotCanonical> {
        canonical::to_string(self)
    }

    /// The record's hash, as its audit entry names it.
    pub fn hash(&self) -> Result<[u8; 32], canonical::NotCanonical> {
        canonical::hash("consentry/record/v1", self)
    }
}
