//! The log's own keys and witnesses: whenever they change, that is an entry which everyone may read.

use super::{seal::SiteEntry, sequence::Sequence, tree};
use crate::{
    config::Config,
    objects::db::{Db, number, text},
    problem::{Answer, OrInternal as _},
    world,
};
use consentry::{
    audit::{Action, Outcome},
    consent::PublicKeys,
    decider::CallerClass,
    encoding::{to_base64, to_base64url},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The entries about keys and witnesses, open: nothing in them is about anybody.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS configured (
    idx INTEGER PRIMARY KEY, entry TEXT NOT NULL, salt TEXT NOT NULL)";

/// What everyone may know of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Info {
    /// The log's name.
    pub origin: String,
    /// The verifier lines of all keys that ever signed, active ones first.
    pub keys: Vec<String>,
    /// The witnesses that the log is shown to.
    pub witnesses: Vec<Value>,
    /// How keys and witnesses came to be what they are, oldest first.
    pub history: Vec<Value>,
    /// The newest tree, signed.
    pub checkpoint: String,
}

/// Makes an entry of the keys and witnesses, unless the newest one says the same.
pub fn enter(db: &Db<'_>, sequence: &Sequence, config: &Config) -> Answer<()> {
    let witnesses: Vec<_> = config.witnesses.iter().map(|witness| witness.key.to_string()).collect();
    let details = json!({"keys": own_keys(config)?, "witnesses": witnesses});
    let newest = db.row("SELECT entry FROM configured ORDER BY idx DESC LIMIT 1", [])?;
    let newest = newest.and_then(|row| serde_json::from_str::<Value>(row.text(0).ok()?).ok());
    if newest.is_some_and(|entry| entry.get("details") == Some(&details)) {
        return Ok(());
    }
    let entry = SiteEntry { event: world::event()?, action: Action::LogConfigured, details };
    let (entry, opening) = entry.seal_open(Outcome::Done, CallerClass::System.into(), config)?;
    sequence
        .append_with(db, config, &[entry], |places| {
            let index = places.first().map(|(index, _)| *index).or_internal("settings.place")?;
            let row = [number(index), text(&opening.entry), text(to_base64url(&opening.salt))];
            db.run("INSERT INTO configured (idx, entry, salt) VALUES (?, ?, ?)", row)
        })
        .map(drop)
}

fn own_keys(config: &Config) -> Answer<Vec<String>> {
    let keys = PublicKeys::of(&config.signing, &config.log_origin()).or_internal("settings.keys")?;
    Ok(keys.log)
}

/// What everyone may know.
pub fn info(db: &Db<'_>, sequence: &Sequence, config: &Config) -> Answer<Info> {
    let query =
        "SELECT c.idx, l.leaf, c.entry, c.salt FROM configured c JOIN leaves l USING (idx) ORDER BY idx";
    let rows = db.rows(query, [])?;
    let indices = rows.iter().map(|row| row.number(0)).collect::<Answer<Vec<_>>>()?;
    let proofs = sequence.with(db, |growing| tree::paths(db, growing, &indices, growing.size()))?;
    let mut history = Vec::new();
    for (row, proof) in rows.iter().zip(proofs) {
        let json = |at: usize| serde_json::from_str::<Value>(row.text(at)?).or_internal("settings.json");
        let proof: Vec<_> = proof.iter().map(|hash| to_base64(hash)).collect();
        history.push(json!({
            "index": row.number(0)?, "leaf": json(1)?, "entry": json(2)?, "salt": row.text(3)?, "proof": proof,
        }));
    }
    let mut keys = own_keys(config)?;
    for earlier in history.iter().rev().filter_map(|known| known.pointer("/entry/details/keys")?.as_array()) {
        for key in earlier.iter().filter_map(Value::as_str) {
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
        }
    }
    let witness = |witness: &super::Witness| json!({"key": witness.key.to_string(), "url": witness.url});
    Ok(Info {
        origin: config.log_origin(),
        keys,
        witnesses: config.witnesses.iter().map(witness).collect(),
        history,
        checkpoint: sequence.checkpoint(db, config)?.to_string(),
    })
}
