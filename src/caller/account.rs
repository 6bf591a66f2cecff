//! Who somebody is to the site itself: short-lived JSON Web Tokens (RFC 7519) that its backend signs about one of its
//! accounts.
//!
//! This takes a token apart and says which key has to have signed it. Checking the signature is the shell's: platforms have
//! the algorithms built in.

use super::{Contact, Proof, SiteName};
use crate::{clock::Timestamp, encoding::from_base64url};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// The longest time a token may be good for, in seconds.
const LONGEST: u64 = 600;

/// How long ago somebody may have shown the site who they are for that to be recent, in seconds.
const RECENT: u64 = 300;

/// How far clocks may be apart, in seconds.
const SKEW: u64 = 60;

/// The longest name of an account, in bytes.
const MAX_SUBJECT: usize = 256;

/// The longest token, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// How a token is signed. It is the key's own, never what a token says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `EdDSA` with Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (section 3.3).
    Rs256,
    /// HMAC with SHA-256 (section 3.2), under a key of 32 bytes or more.
    Hs256,
}

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// That of a key (RFC 7517), if it is one of these and its parts are there.
    fn of(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
        let bytes = |name: &str| from_base64url(text(name)).map_or(0, |bytes| bytes.len());
        let found = match (text("kty"), text("crv")) {
            ("OKP", "Ed25519") if bytes("x") == 32 => Self::EdDsa,
            ("EC", "P-256") if bytes("x") == 32 && bytes("y") == 32 => Self::Es256,
            ("RSA", _) if bytes("n") >= 256 && bytes("e") > 0 => Self::Rs256,
            ("oct", _) if bytes("k") >= 32 => Self::Hs256,
            _ => return None,
        };
        let declared = text("alg");
        (declared.is_empty() || declared == found.name()).then_some(found)
    }
}

/// The keys a site signs its tokens with: a JWK Set (RFC 7517, section 5).
#[derive(Clone)]
pub struct AccountKeys(Vec<AccountKey>);

/// One of them.
#[derive(Clone)]
pub struct AccountKey {
    /// How it signs.
    pub algorithm: Algorithm,
    id: Option<String>,
    /// What of it is needed to verify, as JSON.
    jwk: Value,
}

impl AccountKey {
    /// The key as the platform imports it.
    pub fn jwk(&self) -> String {
        self.jwk.to_string()
    }
}

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKeys({})", self.0.len())
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({})", self.algorithm.name())
    }
}

/// Why keys cannot be used. It quotes nothing of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidKeys {
    /// They are no JWK Set.
    Malformed,
    /// One of them is of no kind that is taken.
    Unknown(usize),
    /// There are several, and one of them has no `kid` of its own.
    Unnamed(usize),
}

impl fmt::Display for InvalidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("expected a JSON Web Key Set, {\"keys\":[…]} (RFC 7517), that is not empty")
            }
            Self::Unknown(at) => write!(
                f,
                "keys[{at}] must be Ed25519, P-256, RSA of 2048 bits or more, or an `oct` key of 32 bytes or more"
            ),
            Self::Unnamed(at) => {
                write!(f, "keys[{at}] needs a `kid` of its own where there are several keys")
            }
        }
    }
}

impl std::error::Error for InvalidKeys {}

impl AccountKeys {
    /// Reads a JWK Set.
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Map<String, Value>>,
        }
        let Set { keys } = serde_json::from_str(text).map_err(|_| InvalidKeys::Malformed)?;
        if keys.is_empty() {
            return Err(InvalidKeys::Malformed);
        }
        let mut read: Vec<AccountKey> = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let algorithm = Algorithm::of(key).ok_or(InvalidKeys::Unknown(at))?;
            let id = key.get("kid").and_then(Value::as_str).map(str::to_owned);
            if keys.len() > 1 && (id.is_none() || read.iter().any(|other| other.id == id)) {
                return Err(InvalidKeys::Unnamed(at));
            }
            // A private part that came along by mistake is left out, and so is what only says how the key may be used.
            let needed = ["kty", "crv", "x", "y", "n", "e", "k"].into_iter();
            let jwk = needed.filter_map(|name| Some((name.to_owned(), key.get(name)?.clone()))).collect();
            read.push(AccountKey { algorithm, id, jwk: Value::Object(jwk) });
        }
        Ok(Self(read))
    }

    /// Takes a token apart. What it claims holds once its key has been found to have signed it.
    pub fn read<'a>(&self, token: &'a str, site: &str, now: Timestamp) -> Result<Claim<'a>, InvalidToken> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
            crit: Option<Value>,
        }
        let malformed = || InvalidToken::Malformed;
        let (signed, signature) =
            token.rsplit_once('.').filter(|_| token.len() <= MAX_TOKEN).ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        let json = |part: &str| from_base64url(part).ok_or_else(malformed);
        let header: Header = serde_json::from_slice(&json(header)?).map_err(|_| malformed())?;
        let key = match &header.kid {
            Some(kid) => self.0.iter().find(|key| key.id.as_ref().is_none_or(|id| id == kid)),
            None => self.0.first().filter(|_| self.0.len() == 1),
        };
        let key = key.ok_or(InvalidToken::OtherKey)?;
        // Nothing critical is understood (RFC 7515, section 4.1.11).
        if header.alg != key.algorithm.name() || header.crit.is_some() {
            return Err(InvalidToken::OtherKey);
        }
        let claims: Claims = serde_json::from_slice(&json(payload)?).map_err(|_| InvalidToken::Claims)?;
        let proof = claims.proof(now);
        let email = claims.email.as_deref().filter(|_| claims.email_verified != Some(false));
        let email = email.and_then(|email| Contact::parse(email).ok());
        let name = claims.check(site, now)?;
        let contact = match &name {
            SiteName::Contact(contact) => Some(contact.clone()),
            SiteName::Account(_) => email,
        };
        Ok(Claim { key: key.clone(), name, contact, proof, signed, signature: json(signature)? })
    }
}

/// What a token claims, still to be checked against its key.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The key that has to have signed it.
    pub key: AccountKey,
    /// Whom it is about.
    pub name: SiteName,
    /// Where the site says that they are reached.
    pub contact: Option<Contact>,
    /// How well it proves who somebody is.
    pub proof: Proof,
    /// What is signed.
    pub signed: &'a str,
    /// The signature.
    pub signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Claims {
    /// The account.
    #[serde(default)]
    sub: String,
    /// The address that reaches the person, where they are known by that (RFC 9493, section 4.1).
    sub_id: Option<Value>,
    /// Their address of mail (OpenID Connect Core, section 5.1).
    email: Option<String>,
    email_verified: Option<bool>,
    aud: Audience,
    iat: u64,
    exp: u64,
    nbf: Option<u64>,
    /// When the person last showed who they are to the site (OpenID Connect Core, section 2).
    auth_time: Option<u64>,
}

/// One audience, or several (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    fn proof(&self, now: Timestamp) -> Proof {
        let recent =
            |at: u64| now.seconds().saturating_sub(at) <= RECENT && at <= now.seconds().saturating_add(SKEW);
        if self.auth_time.is_some_and(recent) { Proof::Recent } else { Proof::Account }
    }

    fn check(self, site: &str, now: Timestamp) -> Result<SiteName, InvalidToken> {
        let is_meant = match &self.aud {
            Audience::One(one) => one == site,
            Audience::Several(several) => several.iter().any(|one| one == site),
        };
        if !is_meant {
            return Err(InvalidToken::OtherSite);
        }
        let name = match &self.sub_id {
            Some(identifier) => {
                SiteName::Contact(Contact::of_identifier(identifier).ok_or(InvalidToken::Identifier)?)
            }
            None if self.sub.is_empty() || self.sub.len() > MAX_SUBJECT => return Err(InvalidToken::Claims),
            None => SiteName::Account(self.sub),
        };
        let now = now.seconds();
        let begun = self.iat.max(self.nbf.unwrap_or(0));
        if self.exp <= now || begun > now.saturating_add(SKEW) {
            return Err(InvalidToken::OtherTime);
        }
        if self.exp.saturating_sub(self.iat) > LONGEST {
            return Err(InvalidToken::TooLong);
        }
        Ok(name)
    }
}

/// Why a token counts for nothing. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// It is no token.
    Malformed,
    /// It was not signed by one of the site's keys, or not as that key signs.
    OtherKey,
    /// Claims are missing, or not what they should be.
    Claims,
    /// What it says about whom it is about is no address.
    Identifier,
    /// It is for somebody else.
    OtherSite,
    /// Its time is over, or has not come.
    OtherTime,
    /// It is good for too long.
    TooLong,
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the account's token is no JSON Web Token"),
            Self::OtherKey => f.write_str("the account's token is not signed with one of the site's keys"),
            Self::Claims => write!(
                f,
                "the account's token needs the claims sub (at most {MAX_SUBJECT} bytes), aud, iat and exp"
            ),
            Self::Identifier => f.write_str(
                "the token's sub_id is neither an email nor a phone_number (RFC 9493); for an account leave it out",
            ),
            Self::OtherSite => {
                f.write_str("the account's token is not for this site: aud must be its SITE_ID")
            }
            Self::OtherTime => f.write_str("the account's token has expired, or is not valid yet"),
            Self::TooLong => write!(f, "the account's token is valid for longer than {LONGEST} seconds"),
        }
    }
}

impl std::error::Error for InvalidToken {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::to_base64url;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn keys() -> AccountKeys {
        let (x, k) = (to_base64url(&[1; 32]), to_base64url(&[2; 32]));
        AccountKeys::parse(
            &json!({"keys": [
                {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "a", "d": "private", "use": "sig"},
                {"kty": "oct", "k": k, "kid": "b"},
            ]})
            .to_string(),
        )
        .unwrap()
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| to_base64url(value.to_string().as_bytes());
        format!("{}.{}.{}", part(header), part(claims), to_base64url(b"signature"))
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "kid": "a"})
    }

    fn claims() -> Value {
        json!({"sub": "user-7", "aud": "shop.example", "iat": 999_990, "exp": 1_000_100})
    }

    fn fails(header: &Value, claims: &Value) -> InvalidToken {
        keys().read(&token(header, claims), "shop.example", NOW).unwrap_err()
    }

    #[test]
    fn says_which_key_has_to_have_signed_what() {
        let text = token(&header(), &claims());
        let keys = keys();
        let claim = keys.read(&text, "shop.example", NOW).unwrap();
        assert_eq!(claim.name, SiteName::Account("user-7".to_owned()));
        assert_eq!(claim.key.algorithm, Algorithm::EdDsa);
        assert_eq!(claim.signature, b"signature");
        assert_eq!(claim.signed, text.rsplit_once('.').unwrap().0);
        assert!(!claim.key.jwk().contains("private"), "{}", claim.key.jwk());
        assert_eq!(claim.proof, Proof::Account);
        for (at, proof) in [(999_700, Proof::Recent), (999_699, Proof::Account), (1_000_061, Proof::Account)]
        {
            let mut shown = claims();
            shown["auth_time"] = json!(at);
            assert_eq!(
                keys.read(&token(&header(), &shown), "shop.example", NOW).unwrap().proof,
                proof,
                "{at}"
            );
        }
        let mut several = claims();
        several["aud"] = json!(["other", "shop.example"]);
        assert!(keys.read(&token(&header(), &several), "shop.example", NOW).is_ok());
    }

    #[test]
    fn a_token_does_not_choose_how_it_is_checked() {
        // The classic: a public key taken for a shared secret, and no signature at all.
        for header in [
            json!({"alg": "HS256", "kid": "a"}),
            json!({"alg": "none", "kid": "a"}),
            json!({"alg": "EdDSA", "kid": "b"}),
            json!({"alg": "EdDSA", "kid": "c"}),
            json!({"alg": "EdDSA"}),
            json!({"alg": "EdDSA", "kid": "a", "crit": ["b64"]}),
        ] {
            assert_eq!(fails(&header, &claims()), InvalidToken::OtherKey, "{header}");
        }
    }

    #[test]
    fn claims_are_all_there_and_for_here_and_now() {
        let with = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            changed
        };
        for (name, value, why) in [
            ("aud", json!("other.example"), InvalidToken::OtherSite),
            ("aud", json!([]), InvalidToken::OtherSite),
            ("sub", json!(""), InvalidToken::Claims),
            ("sub", json!("x".repeat(257)), InvalidToken::Claims),
            ("sub", json!(7), InvalidToken::Claims),
            ("exp", json!(1_000_000), InvalidToken::OtherTime),
            ("exp", json!(1_000_591), InvalidToken::TooLong),
            ("exp", json!(-1), InvalidToken::Claims),
            ("exp", json!(u64::MAX), InvalidToken::TooLong),
            ("iat", json!(1_000_061), InvalidToken::OtherTime),
            ("nbf", json!(1_000_061), InvalidToken::OtherTime),
        ] {
            assert_eq!(fails(&header(), &with(name, value.clone())), why, "{name} {value}");
        }
        for name in ["sub", "aud", "iat", "exp"] {
            let mut without = claims();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(fails(&header(), &without), InvalidToken::Claims, "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_said_to_be_none() {
        for text in ["", ".", "..", "a.b.c", "e30.e30", &"x".repeat(9000), "ä.ö.ü", "e30=.e30.e30"] {
            let error = keys().read(text, "shop.example", NOW).unwrap_err();
            assert_eq!(error, InvalidToken::Malformed, "{text}");
        }
    }

    #[test]
    fn keys_are_of_a_kind_that_is_taken() {
        let x = to_base64url(&[1; 32]);
        let key = |value: Value| AccountKeys::parse(&json!({"keys": [value]}).to_string()).map(drop);
        assert!(key(json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "alg": "ES256"})).is_ok());
        assert!(key(json!({"kty": "RSA", "n": to_base64url(&[1; 256]), "e": "AQAB"})).is_ok());
        for bad in [
            json!({"kty": "RSA", "n": to_base64url(&[1; 128]), "e": "AQAB"}),
            json!({"kty": "oct", "k": to_base64url(&[1; 31])}),
            json!({"kty": "EC", "crv": "P-384", "x": x, "y": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "alg": "HS256"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
            json!({}),
        ] {
            assert_eq!(key(bad.clone()), Err(InvalidKeys::Unknown(0)), "{bad}");
        }
        for bad in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[7]}"#] {
            assert_eq!(AccountKeys::parse(bad).map(drop), Err(InvalidKeys::Malformed), "{bad}");
        }
        let twice = json!({"keys": [{"kty": "oct", "k": x, "kid": "a"}, {"kty": "oct", "k": x, "kid": "a"}]});
        assert_eq!(AccountKeys::parse(&twice.to_string()).map(drop), Err(InvalidKeys::Unnamed(1)));
    }
}
