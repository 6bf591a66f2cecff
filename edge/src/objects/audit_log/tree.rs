//! The tree in the object's SQLite.

use super::super::db::{Db, Param, number};
use crate::problem::{Answer, OrInternal as _};
use consentry::{
    audit::{
        Checkpoint, LogError, LogProof, Note,
        merkle::{self, Hash, HashReader, inclusion_proof, leaf_hash},
    },
    vault::SigningKey,
};

/// The tree's table: the root of every complete subtree.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS nodes (
    level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)) WITHOUT ROWID";

/// The stored tree.
pub struct Tree<'a> {
    db: &'a Db<'a>,
    size: u64,
}

impl HashReader for Tree<'_> {
    fn hash(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let params = [number(u64::from(level)), number(index)];
        let row = self.db.row("SELECT hash FROM nodes WHERE level = ? AND idx = ?", params).ok().flatten();
        row.and_then(|row| row.bytes(0).ok()?.try_into().ok())
            .ok_or_else(|| LogError::new(format!("the log has no hash at level {level}, index {index}")))
    }
}

impl<'a> Tree<'a> {
    /// The tree as it stands.
    pub fn open(db: &'a Db<'a>) -> Answer<Self> {
        let size = db.count("SELECT coalesce(max(idx) + 1, 0) FROM nodes WHERE level = 0", [])?;
        Ok(Self { db, size })
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and returns its index. Must run inside a transaction.
    pub fn append(&mut self, leaf: &str) -> Answer<u64> {
        let index = self.size;
        let nodes = merkle::appended(self, index, leaf_hash(leaf.as_bytes())).or_internal("tree.append")?;
        for (level, index, hash) in nodes {
            let params = [number(u64::from(level)), number(index), Param::Blob(hash.to_vec())];
            self.db.run("INSERT INTO nodes (level, idx, hash) VALUES (?, ?, ?)", params)?;
        }
        self.size += 1;
        Ok(index)
    }

    /// Signs the tree.
    pub fn checkpoint(&self, origin: &str, key: &SigningKey) -> Answer<Note> {
        let root = merkle::root(self, self.size).or_internal("tree.root")?;
        Checkpoint { origin: origin.to_owned(), size: self.size, root }.sign(key).or_internal("tree.sign")
    }

    /// Proves a leaf against a checkpoint of this tree.
    pub fn prove(&self, index: u64, checkpoint: Note) -> Answer<LogProof> {
        let path = inclusion_proof(self, index, self.size).or_internal("tree.prove")?;
        Ok(LogProof { index, path, checkpoint })
    }
}
