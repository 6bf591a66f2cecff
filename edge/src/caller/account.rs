//! Accounts: whose they are, the site's backend says in tokens it signs.

use super::contact;
use crate::{
    config::Config,
    crypto::{PublicKey, Scheme, verifies},
    problem::{Answer, Problem, sentence},
    world,
};
use consentry::{
    caller::{Algorithm, Claim, Contact, Proof, SiteName},
    id::SubjectId,
    pseudonym::Domain,
};

/// An account, as a token is about it.
pub struct Account {
    /// The name of its `Subject`.
    pub subject: SubjectId,
    /// How well the token proves that it is theirs.
    pub proof: Proof,
    /// The site's own name for it.
    pub name: SiteName,
    /// Where the site says that they are reached.
    pub contact: Option<Contact>,
}

/// The account that a token is about.
pub async fn of(token: &str, config: &Config) -> Answer<Account> {
    let keys = config.account_keys.as_ref().ok_or_else(|| {
        Problem::misconfigured("The secret ACCOUNT_KEYS is not set, so no account's token can be checked.")
    })?;
    let refused = |detail: String| Problem::token_refused(detail);
    let claim = keys.read(token, &config.site, world::now()).map_err(|e| refused(sentence(&e)))?;
    if !holds(&claim).await? {
        return Err(refused("The account's token is not signed with the key it names.".into()));
    }
    let subject = match &claim.name {
        SiteName::Account(account) => subject(account, config),
        SiteName::Contact(contact) => contact::subject(contact, config),
    };
    Ok(Account { subject, proof: claim.proof, name: claim.name.clone(), contact: claim.contact.clone() })
}

/// The name of the object of an account, by the site's own name for it.
pub fn subject(account: &str, config: &Config) -> SubjectId {
    config.subject_key.name(Domain::Account, account.as_bytes())
}

async fn holds(claim: &Claim<'_>) -> Answer<bool> {
    let scheme = match claim.key.algorithm {
        Algorithm::EdDsa => Scheme::Ed25519,
        Algorithm::Es256 => Scheme::EcdsaP256,
        Algorithm::Rs256 => Scheme::RsaPkcs1,
        Algorithm::Hs256 => Scheme::Hmac,
    };
    verifies(scheme, PublicKey::Jwk(&claim.key.jwk()), &claim.signature, claim.signed.as_bytes()).await
}
