//! Signed notes (c2sp.org/signed-note) with Ed25519 keys.
//!
//! ```text
//! shop.example/consentry
//! 12
//! q7b1…=
//!
//! — shop.example/consentry Az3grl…=
//! ```

use super::LogError;
use crate::{
    encoding::{from_base64, to_base64, to_decimal, to_hex},
    vault::{SigningKey, VerifyingKey},
};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Longer notes are refused unread: a checkpoint with sixteen cosignatures is far shorter.
const MAX_NOTE: usize = 16 * 1024;
const ED25519: u8 = 0x01;

/// A named public key, printed as the verifier line that stock tools read: `name+hash+base64(0x01 ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
}

impl NoteKey {
    /// Names a key. A name is not empty and has no spaces, line ends or plus signs.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, LogError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(LogError::new("a note's key name must not be empty or hold spaces or plus signs"));
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub const fn key(&self) -> VerifyingKey {
        self.key
    }

    /// `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)[..4]`.
    pub fn id(&self) -> [u8; 4] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// Reads a verifier line.
    pub fn parse(line: &str) -> Result<Self, LogError> {
        let bad = || LogError::new("not a verifier key line of an Ed25519 key");
        let mut parts = line.trim_end().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        let bytes = from_base64(key).ok_or_else(bad)?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(bad()) };
        let note_key = Self::new(name, VerifyingKey::from_bytes(key.try_into().map_err(|_| bad())?))?;
        if to_hex(&note_key.id()) != id {
            return Err(LogError::new("the verifier key line's hash is not that of its key"));
        }
        Ok(note_key)
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, to_hex(&self.id()), to_base64(&bytes))
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The signer's key name.
    pub name: String,
    /// The signer's key id.
    pub id: [u8; 4],
    /// The signature itself; 64 bytes for Ed25519, other lengths for other kinds.
    pub signature: Vec<u8>,
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, its last line end included.
    pub text: String,
    /// The signatures, in order.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs a text, which must end with a line end.
    pub fn sign(text: &str, name: &str, key: &SigningKey) -> Result<Self, LogError> {
        if !text.ends_with('\n') {
            return Err(LogError::new("a note's text must end with a line end"));
        }
        let note_key = NoteKey::new(name, key.public())?;
        let signature = key.sign(text.as_bytes()).to_vec();
        Ok(Self {
            text: text.to_owned(),
            signatures: vec![NoteSignature { name: name.to_owned(), id: note_key.id(), signature }],
        })
    }

    /// Reads a note. Nothing is verified yet.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        if text.len() > MAX_NOTE {
            return Err(LogError::new(["a note of over ", &to_decimal(MAX_NOTE as u64), " bytes"].concat()));
        }
        if text.contains(|c: char| c.is_control() && c != '\n') {
            return Err(LogError::new("a note with control characters"));
        }
        // The last empty line divides, since the text may hold empty lines itself.
        let divide = text.as_bytes().windows(2).rposition(|pair| pair == b"\n\n");
        let divide = divide.ok_or_else(|| LogError::new("a note without an empty line"))?;
        let (body, tail) =
            (text.get(..=divide).unwrap_or_default(), text.get(divide + 2..).unwrap_or_default());
        if tail.is_empty() || !tail.ends_with('\n') {
            return Err(LogError::new("a note whose signature lines are missing or cut short"));
        }
        let signatures = tail.lines().map(parse_signature).collect::<Result<_, _>>()?;
        Ok(Self { text: body.to_owned(), signatures })
    }

    /// The signature that claims to be of a key; whether it verifies is still to be seen.
    pub fn signature_of(&self, key: &NoteKey) -> Option<[u8; 64]> {
        self.signatures
            .iter()
            .find(|s| s.name == key.name() && s.id == key.id())
            .and_then(|s| s.signature.as_slice().try_into().ok())
    }

    /// Whether the note carries a valid signature of a key.
    pub fn verifies(&self, key: &NoteKey) -> bool {
        self.signature_of(key).is_some_and(|signature| key.key().verifies(self.text.as_bytes(), &signature))
    }
}

fn parse_signature(line: &str) -> Result<NoteSignature, LogError> {
    let bad = || LogError::new("a note with a malformed signature line");
    let (name, value) =
        line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or_else(bad)?;
    let bytes = from_base64(value).ok_or_else(bad)?;
    let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(bad)?;
    if name.is_empty() || name.contains('+') || signature.is_empty() {
        return Err(bad());
    }
    Ok(NoteSignature { name: name.to_owned(), id: *id, signature: signature.to_vec() })
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for s in &self.signatures {
            let mut bytes = s.id.to_vec();
            bytes.extend(&s.signature);
            writeln!(f, "\u{2014} {} {}", s.name, to_base64(&bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_verifies_the_reference_note() {
        // The example of the Go implementation's documentation (golang.org/x/mod/sumdb/note).
        let key =
            NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::parse(text).unwrap();
        assert!(note.verifies(&key));
        assert_eq!(note.to_string(), text);
        assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    }

    #[test]
    fn own_notes_verify_and_changed_ones_do_not() {
        let key = SigningKey::from_seed(&[5; 32]);
        let verifier = NoteKey::new("shop.example/log", key.public()).unwrap();
        let note = Note::sign("shop.example/log\n1\n", "shop.example/log", &key).unwrap();
        assert!(Note::parse(&note.to_string()).unwrap().verifies(&verifier));
        let text = note.to_string();
        for at in 0..text.len() {
            if !text.is_char_boundary(at) || !text.is_char_boundary(at + 1) {
                continue;
            }
            let changed = format!(
                "{}{}{}",
                &text[..at],
                if &text[at..=at] == "x" { "y" } else { "x" },
                &text[at + 1..]
            );
            assert!(!Note::parse(&changed).is_ok_and(|note| note.verifies(&verifier)), "byte {at} changed");
        }
        for bad in ["", "a\n", "a\n\n", "a\n\n\u{2014} n", "a\n\n- n AAAA\n", "a\r\n\n\u{2014} n AAAAAAAA\n"]
        {
            assert!(Note::parse(bad).is_err(), "{bad:?}");
        }
        assert!(NoteKey::new("a b", key.public()).is_err());
        assert!(Note::sign("no line end", "n", &key).is_err());
    }
}
