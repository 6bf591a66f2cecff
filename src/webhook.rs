//! Messages to the site's own systems, signed as Standard Webhooks has it: with a shared secret, and with a key whose public
//! half anybody may have.

use crate::{
    clock::Timestamp,
    encoding::{from_base64, to_base64},
    vault::{SigningKey, VaultError, VerifyingKey},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The shared secret.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

/// How far the sender's clock may be from ours, and how long a message may be under way, in seconds.
pub const TOLERANCE: u64 = 300;

/// The most signatures that are looked at: while a secret is exchanged for another there are two.
const MOST_SIGNATURES: usize = 4;

const NAME: &str = "WEBHOOK_SECRET";

impl WebhookSecret {
    /// Reads `whsec_` with 24 to 64 bytes in base64.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let bytes = text.strip_prefix("whsec_").and_then(from_base64);
        let bytes = bytes.filter(|bytes| (24..=64).contains(&bytes.len()));
        let detail = "expected whsec_ and 24 to 64 bytes in base64".to_owned();
        bytes.map(Self).ok_or(VaultError::MalformedSecret { name: NAME, detail })
    }
}

/// A message as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its id, the same however often it is sent.
    pub id: &'a str,
    /// When it is sent.
    pub at: Timestamp,
    /// The body.
    pub body: &'a str,
}

impl Message<'_> {
    /// The value of the header `webhook-signature`: a symmetric signature (`v1`) and an asymmetric one (`v1a`).
    pub fn signatures(&self, secret: &WebhookSecret, key: &SigningKey) -> String {
        let content = format!("{}.{}.{}", self.id, self.at.seconds(), self.body);
        let mac = Hmac::<Sha256>::new_from_slice(&secret.0).map(|mac| mac.chain_update(&content));
        // A key of any length is taken.
        let mac = mac.map(|mac| to_base64(&mac.finalize().into_bytes())).unwrap_or_default();
        format!("v1,{mac} v1a,{}", to_base64(&key.sign(content.as_bytes())))
    }

    /// Whether a message that came in is from who has the secret: one of its signatures is right, in time that does not
    /// depend on where it is wrong, and it was sent within [`TOLERANCE`] of `now`.
    pub fn is_from(&self, secret: &WebhookSecret, signatures: &str, now: Timestamp) -> bool {
        let content = format!("{}.{}.{}", self.id, self.at.seconds(), self.body);
        let is_right = |signature: &str| {
            let mac = signature.strip_prefix("v1,").and_then(from_base64);
            let own = Hmac::<Sha256>::new_from_slice(&secret.0).map(|own| own.chain_update(&content));
            mac.zip(own.ok()).is_some_and(|(mac, own)| own.verify_slice(&mac).is_ok())
        };
        self.at.seconds().abs_diff(now.seconds()) <= TOLERANCE
            && signatures.split(' ').take(MOST_SIGNATURES).any(is_right)
    }
}

/// A public key as receivers are given it.
pub fn public_key(key: &VerifyingKey) -> String {
    format!("whpk_{}", to_base64(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_verifies() {
        // Standard Webhooks, section "Signature scheme", as its libraries test it.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let message = Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at: Timestamp::from_seconds(1_614_265_330),
            body: "{\"test\": 2432232314}",
        };
        let key = SigningKey::from_seed(&[7; 32]);
        let signatures = message.signatures(&secret, &key);
        let (shared, own) = signatures.split_once(' ').unwrap();
        assert_eq!(shared, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let own = from_base64(own.strip_prefix("v1a,").unwrap()).unwrap().try_into().unwrap();
        let content = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert!(key.public().verifies(content.as_bytes(), &own));
        assert!(public_key(&key.public()).starts_with("whpk_"));
    }

    #[test]
    fn who_sent_a_message_is_known_by_its_signature() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let other = WebhookSecret::parse(&format!("whsec_{}", to_base64(&[1; 24]))).unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body: "{\"test\": 2432232314}" };
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(message.is_from(&secret, right, at));
        assert!(message.is_from(&secret, &format!("v1,AAAA v1a,x {right}"), at.plus_seconds(TOLERANCE)));
        let early = Timestamp::from_seconds(at.seconds() - TOLERANCE - 1);
        assert!(!message.is_from(&secret, right, at.plus_seconds(TOLERANCE + 1)));
        assert!(!message.is_from(&secret, right, early));
        assert!(!message.is_from(&other, right, at));
        for wrong in ["", "v1,", "v1", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", &right[..20]] {
            assert!(!message.is_from(&secret, wrong, at), "{wrong}");
        }
        assert!(!Message { body: "{}", ..message }.is_from(&secret, right, at));
        assert!(!message.is_from(&secret, &format!("{}{right}", "v1,AAAA ".repeat(4)), at));
    }

    #[test]
    fn a_secret_has_its_form() {
        for bad in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        ] {
            assert!(WebhookSecret::parse(bad).is_err(), "{bad}");
        }
    }
}
