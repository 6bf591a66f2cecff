//! The shared vectors: the same questions, asked natively, in Node, in Chromium and in workerd, must get the same
//! bytes for an answer.

use crate::{
    anonymize::{
        ClientHints, HeaderRules, IpMask, UrlRules, reduce_client_hints, reduce_cookies, reduce_ip,
        reduce_url, reduce_user_agent,
    },
    audit::{Checkpoint, Leaf, LogProof, merkle},
    banner, canonical,
    clock::{Period, Timestamp},
    consent::{DecisionCookie, PublicKeys, Receipt},
    encoding::{from_base64url, to_base64url},
    policy,
    pseudonym::{Day, DayKey, Domain, PseudonymKey, SubjectKey},
    vault::Keyring,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    op: String,
    input: Value,
    #[serde(default)]
    #[allow(dead_code, reason = "the expected answers are the runner's to compare")]
    expect: Value,
}

/// Answers a file of vectors: canonical JSON, an object from name to answer.
pub fn run(file: &str) -> String {
    let answers = match serde_json::from_str::<Vec<Vector>>(file) {
        Ok(vectors) => {
            vectors.into_iter().map(|v| (v.name, answer(&v.op, &v.input).unwrap_or(Value::Null))).collect()
        }
        Err(error) => json!({"error": error.to_string()}),
    };
    canonical::to_string(&answers).unwrap_or_default()
}

/// What is expected, in the same form.
pub fn expected(file: &str) -> String {
    let vectors: Vec<Vector> = serde_json::from_str(file).unwrap_or_default();
    let expected: Value = vectors.into_iter().map(|v| (v.name, v.expect)).collect();
    canonical::to_string(&expected).unwrap_or_default()
}

/// Answers one question; `None` where the input is not what the operation takes.
fn answer(op: &str, input: &Value) -> Option<Value> {
    let text = |name: &str| input.get(name)?.as_str();
    let number = |name: &str| input.get(name)?.as_u64();
    Some(match op {
        "canonical" => json!(canonical::to_string(input).ok()?),
        "ip" | "forwarded" | "user-agent" | "client-hints" | "url" | "cookies" | "headers" => {
            reduced(op, input)?
        }
        "period" => {
            json!(text("period")?.parse::<Period>().ok()?.after(Timestamp::from_seconds(number("start")?)))
        }
        "pseudonym" | "pseudonym-key" | "day-key" => named(op, input)?,
        "cookie" => {
            let ring = Keyring::parse(text("keyring")?).ok()?;
            let bits = |name: &str| u32::try_from(number(name)?).ok();
            let cookie = DecisionCookie {
                material: text("material")?.to_owned(),
                given: bits("given")?,
                refused: bits("refused")?,
                services: u128::from(number("services")?),
                day: number("day")?,
                despite_signal: input.get("signal")?.as_bool()?,
                restricted: false,
                seq: bits("seq")?,
            };
            let value = cookie.seal(&ring, text("site")?).ok()?;
            json!({"value": value, "opens": DecisionCookie::open(&value, &ring, text("site")?) == Ok(cookie)})
        }
        "policy" => {
            let document = canonical::to_string(input).ok()?;
            match policy::parse(&document) {
                Ok(policy) => json!({
                    "hash": policy::hash(&policy),
                    "material": policy::material(&policy),
                    "pages": SETTINGS.map(|(region, signal, locale)| page_of(&policy, region, signal, locale)),
                }),
                Err(problems) => json!(problems.iter().map(ToString::to_string).collect::<Vec<_>>()),
            }
        }
        "tree" => {
            let mut tree = merkle::MemoryTree::default();
            for leaf in input.get("leaves")?.as_array()? {
                tree.append(leaf.as_str()?.as_bytes()).ok()?;
            }
            let size = tree.size();
            let checkpoint = Checkpoint { origin: "o".into(), size, root: merkle::root(&tree, size).ok()? };
            let hashes =
                |proof: Vec<merkle::Hash>| proof.iter().map(|hash| to_base64url(hash)).collect::<Vec<_>>();
            json!({
                "checkpoint": checkpoint.to_string(),
                "inclusion": hashes(merkle::inclusion_proof(&tree, number("index")?, size).ok()?),
                "consistency": hashes(merkle::consistency_proof(&tree, number("old")?, size).ok()?),
            })
        }
        "leaf" => json!(Leaf::parse(input.as_str()?).is_ok()),
        "log-proof" => json!(LogProof::parse(input.as_str()?).ok()?.to_string()),
        "receipt" => {
            let receipt: Receipt = serde_json::from_value(input.get("receipt")?.clone()).ok()?;
            let keys: PublicKeys = serde_json::from_value(input.get("keys")?.clone()).ok()?;
            let found = receipt.examine(&keys);
            let verified = |claim: Option<&crate::consent::SignatureClaim>| {
                claim.is_some_and(|claim| claim.key.verifies(&claim.message, &claim.signature))
            };
            json!({
                "record": verified(found.record_claim.as_ref()), "checkpoint": verified(found.checkpoint_claim.as_ref()),
                "included": found.included, "index": found.index, "size": found.size, "origin": found.origin,
                "problems": found.problems,
            })
        }
        "base64url" => json!(from_base64url(input.as_str()?).map(|bytes| to_base64url(&bytes))),
        _ => return None,
    })
}

/// What is left of something after it was reduced.
fn reduced(op: &str, input: &Value) -> Option<Value> {
    let text = |name: &str| input.get(name)?.as_str();
    Some(match op {
        "ip" => json!(reduce_ip(input.as_str()?)),
        "forwarded" => json!(IpMask::DEFAULT.reduce_forwarded(input.as_str()?)),
        "user-agent" => json!(reduce_user_agent(input.as_str()?)),
        "client-hints" => json!(reduce_client_hints(&ClientHints {
            brands: text("brands").unwrap_or_default(),
            mobile: text("mobile").unwrap_or_default(),
            platform: text("platform").unwrap_or_default(),
            ..ClientHints::default()
        })),
        "url" => {
            let rules = match input.get("rules") {
                Some(rules) => serde_json::from_value(rules.clone()).ok()?,
                None => UrlRules::default(),
            };
            json!(reduce_url(text("url")?, &rules))
        }
        "cookies" => {
            json!(reduce_cookies(
                text("cookies")?,
                &serde_json::from_value(input.get("rules")?.clone()).ok()?
            ))
        }
        "headers" => {
            let rules = HeaderRules::default();
            let headers = input.as_object()?.iter();
            headers
                .map(|(name, value)| {
                    (name.clone(), json!(rules.reduce(name, value.as_str().unwrap_or_default())))
                })
                .collect()
        }
        _ => return None,
    })
}

/// The names of something.
fn named(op: &str, input: &Value) -> Option<Value> {
    let text = |name: &str| input.get(name)?.as_str();
    let number = |name: &str| input.get(name)?.as_u64();
    Some(match op {
        "pseudonym" => {
            let key = SubjectKey::parse(text("key")?).ok()?;
            json!(
                [Domain::Device, Domain::Store, Domain::Ledger]
                    .map(|d| key.name(d, text("id").unwrap_or("").as_bytes()))
            )
        }
        "pseudonym-key" => {
            let key = PseudonymKey::parse(text("id")?, text("key")?).ok()?;
            let parts = parts(input)?;
            json!(
                [Domain::Analytics, Domain::Audit, Domain::Log]
                    .map(|domain| key.name(domain, &parts).to_string())
            )
        }
        "day-key" => {
            let day = |name: &str| u32::try_from(number(name)?).ok().map(Day);
            let start = DayKey::start(day("start")?, from_base64url(text("key")?)?.try_into().ok()?)?;
            match start.advance_to(day("day")?) {
                Ok(key) => json!(key.name(Domain::Analytics, &parts(input)?).to_string()),
                Err(refused) => json!(refused.reason.to_string()),
            }
        }
        _ => return None,
    })
}

/// What is named, in its parts.
fn parts(input: &Value) -> Option<Vec<&[u8]>> {
    input.get("parts")?.as_array()?.iter().map(|part| Some(part.as_str()?.as_bytes())).collect()
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    to_base64url(&Sha256::digest(text))
}

/// The circumstances that pages are made for here: region, signal and language.
const SETTINGS: [(&str, bool, &str); 6] = [
    ("", false, "en"),
    ("IE", false, "de"),
    ("GB", false, "en"),
    ("US-CA", false, "en"),
    ("US-CA", true, "en"),
    ("FR", true, "ar"),
];

/// All that a page of a policy consists of.
fn page_of(policy: &policy::Policy, region: &str, signal: bool, locale: &str) -> Value {
    let setting = policy::Setting { region: region.parse().ok(), signal, ..policy::Setting::of(locale) };
    let view = banner::View { setting: setting.clone(), ..banner::View::default() };
    json!({
        "region": region,
        "signal": signal,
        "reason": policy::resolve(policy, &setting).reason,
        "plan": policy::compile(policy, &setting, &[]),
        "fragment": sha256(&banner::fragment(policy, &view)),
    })
}
