//! The tree in the object's SQLite, as tiles.

use super::super::db::{Db, Param, number};
use crate::problem::{Answer, OrInternal as _};
use consentry::{
    audit::{
        Checkpoint, LogError, Note, TilePath,
        growing::{Changed, Growing, TileReader, Tiled},
        merkle::{self, Hash},
        rows,
    },
    vault::SigningKey,
};

/// The tree's table. The last tile of each level grows until it is whole.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS tiles (
    level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, idx))";

/// Reads tiles.
struct Stored<'a>(&'a Db<'a>);

impl TileReader for Stored<'_> {
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, LogError> {
        let params = [number(u64::from(path.level)), number(path.index)];
        let row = self.0.row("SELECT hashes FROM tiles WHERE level = ? AND idx = ?", params).ok().flatten();
        let bytes = row.and_then(|row| row.maybe_bytes(0).map(<[u8]>::to_vec));
        bytes.ok_or_else(|| LogError::new(format!("the log has no tile {path}")))
    }
}

/// The tree as it was last committed.
pub fn load(db: &Db<'_>) -> Answer<Growing> {
    let size = db.count("SELECT coalesce(max(idx) + 1, 0) FROM leaves", [])?;
    Growing::load(size, |path| Stored(db).tile(path)).or_internal("tree.load")
}

/// Writes what changed. Must run inside the transaction that writes the leaves.
pub fn store(db: &Db<'_>, changed: &Changed) -> Answer<()> {
    for (path, hashes) in changed.tiles() {
        let params = [number(u64::from(path.level)), number(path.index), Param::Blob(hashes.to_vec())];
        db.run("INSERT OR REPLACE INTO tiles (level, idx, hashes) VALUES (?, ?, ?)", params)?;
    }
    Ok(())
}

/// Signs the tree, with each key.
pub fn sign(db: &Db<'_>, growing: &Growing, origin: &str, keys: &[SigningKey]) -> Answer<Note> {
    let size = growing.size();
    let root = merkle::root(&Tiled::new(growing, &Stored(db)), size).or_internal("tree.root")?;
    let (active, others) = keys.split_first().or_internal("tree.key")?;
    let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
    let mut note = checkpoint.sign(active).or_internal("tree.sign")?;
    for key in others {
        note.add(origin, key).or_internal("tree.sign")?;
    }
    Ok(note)
}

/// The proof that the tree of the first `old` leaves is the beginning of that of the first `size`.
pub fn consistency(db: &Db<'_>, growing: &Growing, old: u64, size: u64) -> Answer<Vec<Hash>> {
    merkle::consistency_proof(&Tiled::new(growing, &Stored(db)), old, size).or_internal("tree.consistency")
}

/// Inclusion proofs of leaves in the tree of the first `size` leaves.
pub fn paths(db: &Db<'_>, growing: &Growing, indices: &[u64], size: u64) -> Answer<Vec<Vec<Hash>>> {
    let stored = Stored(db);
    let tiled = Tiled::new(growing, &stored);
    let paths = indices.iter().map(|index| merkle::inclusion_proof(&tiled, *index, size));
    paths.collect::<Result<_, LogError>>().or_internal("tree.prove")
}

/// The roots that stand for the leaves from one to before another.
pub fn roots(db: &Db<'_>, growing: &Growing, from: u64, to: u64) -> Answer<Vec<Hash>> {
    rows::roots(&Tiled::new(growing, &Stored(db)), from, to).or_internal("tree.roots")
}

/// A tile's bytes; `None` if the tree has it not, or not that far.
pub fn tile(db: &Db<'_>, growing: &Growing, path: TilePath) -> Answer<Option<Vec<u8>>> {
    if !path.is_in(growing.size()) {
        return Ok(None);
    }
    // What was once part of a tile never changes, so each narrower one is the beginning of what is stored.
    let mut bytes = Stored(db).tile(path).or_internal("tree.tile")?;
    bytes.truncate(32 * usize::from(path.width));
    Ok(Some(bytes))
}
