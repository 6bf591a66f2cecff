//! Witnesses (c2sp.org/tlog-witness): others that see the log grow and say so with a signature of theirs.

use crate::{
    outward,
    problem::{Answer, OrInternal as _, Problem},
};
use consentry::audit::{ConsistencyProof, KeyKind, Note, NoteKey, NoteSignature, merkle::Hash};
use serde::Deserialize;

/// A witness.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Its key, of the kind that signs with the time.
    pub key: NoteKey,
    /// The prefix of where it takes checkpoints.
    pub url: String,
}

/// What a witness answered.
pub enum Asked {
    /// Its cosignature.
    Cosigned(NoteSignature),
    /// The size that it saw last, another than the one it was told.
    Seen(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    key: String,
    url: String,
}

impl Witness {
    /// Reads the variable `LOG_WITNESSES`: `[{"key": "<verifier line>", "url": "https://…"}]`.
    pub fn parse_all(text: &str) -> Answer<Vec<Self>> {
        let bad = |detail: String| Problem::misconfigured(format!("The variable LOG_WITNESSES {detail}"));
        let expected = r#"must be JSON such as [{"key": "<verifier line>", "url": "https://…"}]."#;
        let declared: Vec<Declared> = serde_json::from_str(text).map_err(|_| bad(expected.into()))?;
        let witness = |Declared { key, url }| {
            let key = NoteKey::parse(&key).ok().filter(|key| key.kind() == KeyKind::Cosignature);
            let key = key.ok_or_else(|| {
                bad("holds a key that is no witness's: expected a verifier line of type 4 (tlog-cosignature).".into())
            })?;
            if !outward::is_address(&url) {
                return Err(bad("holds an address that does not begin with https://.".into()));
            }
            Ok(Self { key, url: url.trim_end_matches('/').to_owned() })
        };
        declared.into_iter().map(witness).collect()
    }

    /// Shows it a checkpoint, with the proof that the log of `old` leaves has only grown.
    pub async fn ask(&self, checkpoint: &Note, old: u64, path: Vec<Hash>) -> Answer<Asked> {
        let request = ConsistencyProof { old, path, checkpoint: checkpoint.clone() };
        let address = format!("{}/add-checkpoint", self.url);
        let answer = outward::post(&address, "text/plain; charset=utf-8", request.to_string()).await?;
        if answer.status == 409 && answer.content_type == "text/x.tlog.size" {
            return answer.text.trim_end().parse().map(Asked::Seen).or_internal("witness.size");
        }
        if !answer.is_success() {
            return Err(Problem::internal("witness.refused"));
        }
        // It may sign with other keys as well.
        let signed = |line| {
            let signature = NoteSignature::parse(line).ok()?;
            let note = Note { text: checkpoint.text.clone(), signatures: vec![signature.clone()] };
            note.cosigned(&self.key).map(|_| Asked::Cosigned(signature))
        };
        answer.text.lines().find_map(signed).or_internal("witness.signature")
    }
}
