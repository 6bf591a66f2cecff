//! Keys of the site's backend. Only their hashes are deployed: whoever reads the deployment cannot call with them.

use crate::{encoding::from_base64url, id::CategoryId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt, str::FromStr};
use subtle::ConstantTimeEq as _;

/// What every key begins with, so that scanners for leaked secrets recognise it.
const PREFIX: &str = "csk_";

/// What may be done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Look at them.
    Read,
    /// Store and delete them.
    Write,
    /// Have tokens made for payment cards.
    Tokenise,
}

/// Something that a key may do: `records:read`, or `records:write:orders` for one category alone; `cards:tokenise`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    operation: Operation,
    category: Option<CategoryId>,
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "cards:tokenise" {
            return Ok(Self { operation: Operation::Tokenise, category: None });
        }
        let rest = text.strip_prefix("records:").ok_or(())?;
        let (operation, category) = rest.split_once(':').map_or((rest, None), |(op, id)| (op, Some(id)));
        let operation = match operation {
            "read" => Operation::Read,
            "write" => Operation::Write,
            _ => return Err(()),
        };
        Ok(Self { operation, category: category.map(str::parse).transpose().map_err(|_| ())? })
    }
}

/// A key that is known.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its name, which the audit log has of it.
    pub id: String,
    hash: [u8; 32],
    scopes: Vec<Scope>,
}

impl ApiKey {
    /// Whether it may do something with a category; with every category, where none is named.
    pub fn may(&self, operation: Operation, category: Option<&CategoryId>) -> bool {
        self.scopes.iter().any(|scope| {
            scope.operation == operation && scope.category.as_ref().is_none_or(|own| Some(own) == category)
        })
    }
}

/// The keys that are known.
#[derive(Debug, Clone, Default)]
pub struct ApiKeys(Vec<ApiKey>);

/// Why the secret cannot be read. It quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidApiKeys(String);

impl fmt::Display for InvalidApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidApiKeys {}

impl ApiKeys {
    /// Reads the secret `{"shop":{"hash":"<SHA-256 of the key, URL-safe base64>","scopes":["records:read"]}}`.
    pub fn parse(secret: &str) -> Result<Self, InvalidApiKeys> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Declared {
            hash: String,
            scopes: Vec<String>,
        }
        let invalid = |detail: &str| InvalidApiKeys(detail.to_owned());
        let declared: BTreeMap<String, Declared> = serde_json::from_str(secret).map_err(|e| {
            InvalidApiKeys(format!(
                "not {{\"name\":{{\"hash\":…,\"scopes\":[…]}}}}, at column {}",
                e.column()
            ))
        })?;
        let read = declared.into_iter().map(|(id, Declared { hash, scopes })| {
            if id.is_empty()
                || id.len() > 16
                || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            {
                return Err(invalid("a key's name must be 1 to 16 lower-case letters or digits"));
            }
            let hash = from_base64url(&hash).and_then(|hash| hash.try_into().ok());
            let hash = hash.ok_or_else(|| invalid("a hash must be 43 characters of URL-safe base64"))?;
            let scopes: Result<Vec<Scope>, ()> = scopes.iter().map(|scope| scope.parse()).collect();
            let scopes = scopes.map_err(|()| {
                invalid("a scope must be cards:tokenise, or records:read or records:write, which may name a category: records:read:orders")
            })?;
            Ok(ApiKey { id, hash, scopes })
        });
        read.collect::<Result<_, _>>().map(Self)
    }

    /// Which key a text is, in time that does not depend on where it differs from any.
    pub fn find(&self, text: &str) -> Option<&ApiKey> {
        let id = text.strip_prefix(PREFIX)?.split_once('_')?.0;
        let digest: [u8; 32] = Sha256::digest(text).into();
        self.0.iter().find(|key| key.id == id).filter(|key| key.hash.ct_eq(&digest).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::to_base64url;

    fn keys(scopes: &str) -> ApiKeys {
        let hash = to_base64url(&Sha256::digest("csk_shop_secret"));
        ApiKeys::parse(&format!(r#"{{"shop":{{"hash":"{hash}","scopes":{scopes}}}}}"#)).unwrap()
    }

    #[test]
    fn a_key_is_found_whole_only() {
        let keys = keys("[]");
        assert_eq!(keys.find("csk_shop_secret").unwrap().id, "shop");
        for wrong in
            ["", "csk_shop_", "csk_shop_secre", "csk_other_secret", "shop_secret", "csk_shop_secret "]
        {
            assert!(keys.find(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_key_may_what_its_scopes_say() {
        let keys = keys(r#"["records:read","records:write:orders"]"#);
        let key = keys.find("csk_shop_secret").unwrap();
        let (orders, photos) = ("orders".parse().unwrap(), "photos".parse().unwrap());
        assert!(key.may(Operation::Read, Some(&photos)) && key.may(Operation::Read, None));
        assert!(key.may(Operation::Write, Some(&orders)));
        assert!(!key.may(Operation::Write, Some(&photos)) && !key.may(Operation::Write, None));
    }

    #[test]
    fn malformed_secrets_say_what_to_write_and_quote_nothing() {
        for secret in [
            "",
            "[]",
            r#"{"SENSITIVE":{"hash":"","scopes":[]}}"#,
            r#"{"shop":{"hash":"SENSITIVE","scopes":[]}}"#,
            &format!(r#"{{"shop":{{"hash":"{}","scopes":["SENSITIVE"]}}}}"#, "A".repeat(43)),
            r#"{"shop":{"hash":"","scopes":[],"SENSITIVE":1}}"#,
        ] {
            let error = ApiKeys::parse(secret).unwrap_err().to_string();
            assert!(!error.is_empty() && !error.contains("SENSITIVE"), "{error}");
        }
    }
}
