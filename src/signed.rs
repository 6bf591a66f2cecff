//! Requests that a device signs (HTTP message signatures, RFC 9421): how a browser on a page of another origin proves
//! to be the same as before, without a cookie. Its key never leaves it; what it signed says which key that is.
//!
//! This takes a signature apart and says what was signed. Checking it against the key is the shell's: platforms have
//! ECDSA built in.

use crate::{
    clock::Timestamp,
    encoding::{from_base64, from_base64url, to_base64},
};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The label of the signature in its two headers.
const LABEL: &str = "device";

/// How far the signature's time may be from the server's, in seconds.
const WINDOW: u64 = 300;

/// A request as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The whole address, without a fragment.
    pub uri: &'a str,
    /// The body; empty where there is none.
    pub body: &'a [u8],
    /// The header `Content-Digest` (RFC 9530); empty where it is missing, as with the other two.
    pub content_digest: &'a str,
    /// The header `Signature-Input`.
    pub input: &'a str,
    /// The header `Signature`.
    pub signature: &'a str,
}

/// What a device signed, still to be checked against its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The key: a point of P-256, uncompressed (SEC 1, section 2.3.3).
    pub key: [u8; 65],
    /// ECDSA with SHA-256, `r` and `s` (RFC 9421, section 3.3.4).
    pub signature: [u8; 64],
    /// The bytes that were signed (RFC 9421, section 2.5).
    pub base: String,
}

/// Why a signature counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// It is not written as it has to be; this says which part.
    Malformed(&'static str),
    /// The body is not the one that was signed.
    OtherBody,
    /// It was made too long ago, or in the future.
    OtherTime,
}

impl std::fmt::Display for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(part) => write!(f, "the signature's {part} is missing or malformed"),
            Self::OtherBody => f.write_str("the body is not the one that was signed"),
            Self::OtherTime => write!(f, "the signature was not made within {WINDOW} seconds of now"),
        }
    }
}

impl std::error::Error for Unsigned {}

impl Request<'_> {
    /// Takes the signature apart. It has to cover method, address and body.
    pub fn signed(&self, now: Timestamp) -> Result<Signed, Unsigned> {
        let input = labelled(self.input).ok_or(Unsigned::Malformed("input"))?;
        let (covered, parameters) = input
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .ok_or(Unsigned::Malformed("list of components"))?;
        let base = self.base(covered, input)?;
        let parameter = |name: &str| {
            let mut pairs = parameters.split(';').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(key, value)| (key == name).then_some(value))
        };
        let text = |name: &str| parameter(name)?.strip_prefix('"')?.strip_suffix('"');
        if text("alg") != Some("ecdsa-p256-sha256") {
            return Err(Unsigned::Malformed("algorithm"));
        }
        let key = text("keyid").and_then(from_base64url).and_then(|key| key.try_into().ok());
        // An uncompressed point starts so. The same key written otherwise would be another person's.
        let key = key.filter(|key: &[u8; 65]| key[0] == 4).ok_or(Unsigned::Malformed("key"))?;
        let created = parameter("created").and_then(|seconds| seconds.parse::<u64>().ok());
        let created = created.ok_or(Unsigned::Malformed("time"))?;
        if created.abs_diff(now.seconds()) > WINDOW {
            return Err(Unsigned::OtherTime);
        }
        let signature = labelled(self.signature).and_then(bytes).and_then(|bytes| bytes.try_into().ok());
        Ok(Signed { key, signature: signature.ok_or(Unsigned::Malformed("value"))?, base })
    }

    fn base(&self, covered: &str, input: &str) -> Result<String, Unsigned> {
        let mut base = String::new();
        let mut needed = vec!["\"@method\"", "\"@target-uri\""];
        if !self.body.is_empty() {
            needed.push("\"content-digest\"");
        }
        for component in covered.split(' ') {
            needed.retain(|name| *name != component);
            let value = match component {
                "\"@method\"" => self.method,
                "\"@target-uri\"" => self.uri,
                "\"content-digest\"" => self.digest()?,
                _ => return Err(Unsigned::Malformed("list of components")),
            };
            // Writing to a string does not fail.
            let _ = writeln!(base, "{component}: {value}");
        }
        if !needed.is_empty() {
            return Err(Unsigned::Malformed("list of components"));
        }
        Ok(base + "\"@signature-params\": " + input)
    }

    /// The digest of the body, once it is known to be that.
    fn digest(&self) -> Result<&str, Unsigned> {
        let expected = format!("sha-256=:{}:", to_base64(&Sha256::digest(self.body)));
        if self.content_digest == expected { Ok(self.content_digest) } else { Err(Unsigned::OtherBody) }
    }
}

/// The value under our label, where the header has no other.
fn labelled(header: &str) -> Option<&str> {
    header.strip_prefix(LABEL)?.strip_prefix('=')
}

/// A byte sequence of structured fields (RFC 8941, section 3.3.5).
fn bytes(text: &str) -> Option<Vec<u8>> {
    from_base64(text.strip_prefix(':')?.strip_suffix(':')?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::to_base64url;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const COVERED: &str = "(\"@method\" \"@target-uri\" \"content-digest\")";

    fn parameters(created: u64) -> String {
        let mut key = [7; 65];
        key[0] = 4;
        format!(";created={created};keyid=\"{}\";alg=\"ecdsa-p256-sha256\"", to_base64url(&key))
    }

    /// What comes of a signature over the body `{}` with these headers.
    fn signed(input: &str, signature: &str, digest: &str) -> Result<Signed, Unsigned> {
        let request = Request {
            method: "POST",
            uri: "https://edge.example/.consentry/consent",
            body: b"{}",
            content_digest: digest,
            input,
            signature,
        };
        request.signed(NOW)
    }

    // SHA-256 of `{}`, by OpenSSL.
    const DIGEST: &str = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:";

    fn value() -> String {
        format!("device=:{}:", to_base64(&[9; 64]))
    }

    #[test]
    fn the_base_is_as_the_standard_writes_it() {
        let input = COVERED.to_owned() + &parameters(1_800_000_000);
        let found = signed(&format!("device={input}"), &value(), DIGEST).unwrap();
        assert_eq!(found.signature, [9; 64]);
        assert_eq!((found.key[0], found.key[64]), (4, 7));
        let expected = format!(
            "\"@method\": POST\n\"@target-uri\": https://edge.example/.consentry/consent\n\
             \"content-digest\": {DIGEST}\n\"@signature-params\": {input}"
        );
        assert_eq!(found.base, expected);
    }

    #[test]
    fn whatever_is_not_covered_is_not_signed() {
        for covered in [
            "()",
            "(\"@method\")",
            "(\"@method\" \"@target-uri\")",
            "(\"@target-uri\" \"content-digest\")",
            "(\"@method\" \"@target-uri\" \"content-digest\" \"date\")",
            "(\"@method\"  \"@target-uri\" \"content-digest\")",
            "\"@method\" \"@target-uri\" \"content-digest\"",
            "",
        ] {
            let input = format!("device={covered}{}", parameters(1_800_000_000));
            let refused = signed(&input, &value(), DIGEST).unwrap_err();
            assert_eq!(refused, Unsigned::Malformed("list of components"), "{covered}");
        }
    }

    #[test]
    fn another_body_or_time_is_refused() {
        let good = format!("device={COVERED}{}", parameters(1_800_000_000));
        for digest in ["", "sha-256=:AAAA:", "sha-512=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"] {
            assert_eq!(signed(&good, &value(), digest).unwrap_err(), Unsigned::OtherBody, "{digest}");
        }
        for (created, counts) in [
            (1_799_999_700, true),
            (1_800_000_300, true),
            (1_799_999_699, false),
            (1_800_000_301, false),
            (0, false),
            (u64::MAX, false),
        ] {
            let found = signed(&format!("device={COVERED}{}", parameters(created)), &value(), DIGEST);
            assert_eq!(found.is_ok(), counts, "{created}");
            assert!(counts || found == Err(Unsigned::OtherTime));
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        let good = parameters(1_800_000_000);
        let short = to_base64url(&[4; 64]);
        for (parameters, part) in [
            (good.replace("ecdsa-p256-sha256", "hmac-sha256"), "algorithm"),
            (good.replace(";alg=", ";x="), "algorithm"),
            (good.replace("keyid=\"B", "keyid=\"C"), "key"),
            (format!(";created=1800000000;keyid=\"{short}\";alg=\"ecdsa-p256-sha256\""), "key"),
            (good.replace("1800000000", "soon"), "time"),
            (good.replace("created=1800000000", "created=-1"), "time"),
        ] {
            let refused = signed(&format!("device={COVERED}{parameters}"), &value(), DIGEST).unwrap_err();
            assert_eq!(refused, Unsigned::Malformed(part), "{parameters}");
        }
        let input = format!("device={COVERED}{good}");
        for bad in ["", "device=", "device=::", "device=:AAAA:", "sig1=:AAAA:", &value()[..40]] {
            assert_eq!(signed(&input, bad, DIGEST).unwrap_err(), Unsigned::Malformed("value"), "{bad}");
        }
        for bad in ["", "device", "sig1=()"] {
            assert_eq!(signed(bad, &value(), DIGEST).unwrap_err(), Unsigned::Malformed("input"), "{bad}");
        }
    }
}
