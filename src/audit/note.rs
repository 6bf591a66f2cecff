//! Signed notes (c2sp.org/signed-note) with Ed25519 keys, and the timestamped cosignatures of witnesses
//! (c2sp.org/tlog-cosignature).
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
    clock::Timestamp,
    encoding::{from_base64, to_base64, to_decimal, to_hex},
    vault::{SigningKey, VerifyingKey},
};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Longer notes are refused unread: a checkpoint with sixteen cosignatures is far shorter.
const MAX_NOTE: usize = 16 * 1024;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// The text as it is: 64 bytes.
    Ed25519,
    /// The text and when it was seen, as a witness does: 8 bytes of time before the 64.
    Cosignature,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A named public key, printed as the verifier line that stock tools read: `name+hash+base64(kind ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

impl NoteKey {
    /// Names a key that signs texts as they are. A name is not empty and has no spaces, line ends or plus signs.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, LogError> {
        Self::of_kind(name, KeyKind::Ed25519, key)
    }

    /// Names a key.
    pub fn of_kind(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<Self, LogError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(LogError::new("a note's key name must not be empty or hold spaces or plus signs"));
        }
        Ok(Self { name: name.to_owned(), kind, key })
    }

    /// What it signs.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub const fn key(&self) -> VerifyingKey {
        self.key
    }

    /// `SHA-256(name ‖ 0x0A ‖ kind ‖ key)[..4]`.
    pub fn id(&self) -> [u8; 4] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
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
        let (kind, key) = bytes.split_first().ok_or_else(bad)?;
        let kind = [KeyKind::Ed25519, KeyKind::Cosignature].into_iter().find(|known| known.byte() == *kind);
        let key = VerifyingKey::from_bytes(key.try_into().map_err(|_| bad())?);
        let note_key = Self::of_kind(name, kind.ok_or_else(bad)?, key)?;
        if to_hex(&note_key.id()) != id {
            return Err(LogError::new("the verifier key line's hash is not that of its key"));
        }
        Ok(note_key)
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
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
        let mut note = Self { text: text.to_owned(), signatures: Vec::new() };
        note.add(name, key)?;
        Ok(note)
    }

    /// Adds the signature of a further key.
    pub fn add(&mut self, name: &str, key: &SigningKey) -> Result<(), LogError> {
        let id = NoteKey::new(name, key.public())?.id();
        let signature = key.sign(self.text.as_bytes()).to_vec();
        self.signatures.push(NoteSignature { name: name.to_owned(), id, signature });
        Ok(())
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
        let signatures = tail.lines().map(NoteSignature::parse).collect::<Result<_, _>>()?;
        Ok(Self { text: body.to_owned(), signatures })
    }

    /// Adds a witness's cosignature of a moment.
    pub fn cosign(&mut self, name: &str, key: &SigningKey, at: Timestamp) -> Result<(), LogError> {
        let id = NoteKey::of_kind(name, KeyKind::Cosignature, key.public())?.id();
        let mut signature = at.seconds().to_be_bytes().to_vec();
        signature.extend(key.sign(&self.cosigned_text(at)));
        self.signatures.push(NoteSignature { name: name.to_owned(), id, signature });
        Ok(())
    }

    /// What a witness signs (tlog-cosignature, "Ed25519 signed message").
    fn cosigned_text(&self, at: Timestamp) -> Vec<u8> {
        ["cosignature/v1\ntime ", &to_decimal(at.seconds()), "\n", &self.text].concat().into_bytes()
    }

    fn claimed<const N: usize>(&self, key: &NoteKey) -> Option<[u8; N]> {
        let own = self.signatures.iter().find(|s| s.name == key.name() && s.id == key.id())?;
        own.signature.as_slice().try_into().ok()
    }

    /// The signature of the text that claims to be of a key; whether it verifies is still to be seen.
    pub fn signature_of(&self, key: &NoteKey) -> Option<[u8; 64]> {
        self.claimed(key).filter(|_| key.kind == KeyKind::Ed25519)
    }

    /// Whether the note carries a valid signature of the text by a key.
    pub fn verifies(&self, key: &NoteKey) -> bool {
        self.signature_of(key).is_some_and(|signature| key.key().verifies(self.text.as_bytes(), &signature))
    }

    /// When a witness saw the note, if it carries its valid cosignature.
    pub fn cosigned(&self, key: &NoteKey) -> Option<Timestamp> {
        let claimed: [u8; 72] = self.claimed(key).filter(|_| key.kind == KeyKind::Cosignature)?;
        let (time, signature) = claimed.split_first_chunk::<8>()?;
        let at = Timestamp::from_seconds(u64::from_be_bytes(*time));
        key.key().verifies(&self.cosigned_text(at), signature.try_into().ok()?).then_some(at)
    }
}

impl NoteSignature {
    /// Reads a signature line, without its end.
    pub fn parse(line: &str) -> Result<Self, LogError> {
        let bad = || LogError::new("a note with a malformed signature line");
        let (name, value) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or_else(bad)?;
        let bytes = from_base64(value).ok_or_else(bad)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(bad)?;
        if name.is_empty() || name.contains('+') || signature.is_empty() {
            return Err(bad());
        }
        Ok(Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
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

    #[test]
    fn a_witness_says_when_it_saw_a_note() {
        let (log, witness) = (SigningKey::from_seed(&[5; 32]), SigningKey::from_seed(&[6; 32]));
        let line = NoteKey::of_kind("witness.example/w", KeyKind::Cosignature, witness.public()).unwrap();
        let mut note = Note::sign("shop.example/log\n1\n", "shop.example/log", &log).unwrap();
        let at = Timestamp::from_seconds(1_679_315_147);
        note.cosign("witness.example/w", &witness, at).unwrap();
        let note = Note::parse(&note.to_string()).unwrap();
        assert!(note.verifies(&NoteKey::new("shop.example/log", log.public()).unwrap()));
        assert_eq!(note.cosigned(&NoteKey::parse(&line.to_string()).unwrap()), Some(at));
        assert!(!note.verifies(&line), "it did not sign the text alone");
        let plain = NoteKey::new("witness.example/w", witness.public()).unwrap();
        assert!(note.cosigned(&plain).is_none() && !note.verifies(&plain));
        let mut changed = note.clone();
        for at in 0..72 {
            changed.signatures[1].signature[at] ^= 1;
            assert_eq!(changed.cosigned(&line), None, "byte {at} changed");
            changed.signatures[1].signature[at] ^= 1;
        }
        assert!(Note { text: "shop.example/log\n2\n".into(), ..note }.cosigned(&line).is_none());
    }
}
