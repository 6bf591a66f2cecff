//! Who is reached at an address, by what they got for a code that was sent there: a cookie on the site's own pages, or the same
//! as a token. Either names the person's object and when it lapses, sealed; nothing is kept of it.

use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    request::Incoming,
    world,
};
use consentry::{
    caller::Contact,
    clock::Timestamp,
    encoding::{from_base64url, to_base64url},
    id::SubjectId,
    policy::BASE,
    pseudonym::Domain,
    vault::{Binding, open, seal},
};
use serde::{Deserialize, Serialize};

/// Only what is asked under `contact/` is asked by the address' holder.
const COOKIE: &str = "__Secure-consentry-contact";

/// How long a proof is good for, in seconds.
const LIFETIME: u64 = 1_800;

/// What a proof says.
#[derive(Serialize, Deserialize)]
struct Claim {
    contact: Contact,
    expires: Timestamp,
}

/// The name of the object of who is reached there.
pub fn subject(contact: &Contact, config: &Config) -> SubjectId {
    config.subject_key.name(Domain::Contact, contact.as_str().as_bytes())
}

/// The name of the object of the codes that are sent there. What is kept about the person is elsewhere, so that nothing about
/// codes can depend on it.
pub fn codes(contact: &Contact, config: &Config) -> SubjectId {
    config.subject_key.name(Domain::Codes, contact.as_str().as_bytes())
}

/// A proof, and when it lapses.
pub fn proof(contact: &Contact, config: &Config) -> Answer<(String, Timestamp)> {
    let expires = world::now().plus_seconds(LIFETIME);
    let plain =
        serde_json::to_vec(&Claim { contact: contact.clone(), expires }).or_internal("contact.proof")?;
    let key = config.subject_key.sealing(Domain::Contact);
    let sealed = seal(&key, &world::random()?, binding(config), &plain).or_internal("contact.proof")?;
    Ok((to_base64url(&sealed), expires))
}

/// Whom a request's proof is about.
pub fn of(request: &Incoming, config: &Config) -> Answer<(SubjectId, Contact)> {
    let header = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let token = header.map(str::to_owned).or_else(|| request.cookie(COOKIE));
    let claim = token.and_then(|token| read(&token, config)).ok_or_else(Problem::code_needed)?;
    Ok((subject(&claim.contact, config), claim.contact))
}

fn read(token: &str, config: &Config) -> Option<Claim> {
    let key = config.subject_key.sealing(Domain::Contact);
    let plain = open(&key, binding(config), &from_base64url(token)?).ok()?;
    let claim: Claim = serde_json::from_slice(&plain).ok()?;
    (claim.expires > world::now()).then_some(claim)
}

fn binding(config: &Config) -> Binding<'_> {
    Binding { site: &config.site, kind: "contact-proof", name: "" }
}

/// The header value that hands a proof out.
pub fn cookie(proof: &str) -> String {
    format!("{COOKIE}={proof}; Path={BASE}contact; Max-Age={LIFETIME}; Secure; HttpOnly; SameSite=Lax")
}

/// The header value that takes it back.
pub fn forget() -> String {
    format!("{COOKIE}=; Path={BASE}contact; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}
