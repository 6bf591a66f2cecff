//! One round: a checkpoint, and the tiles of its tree.

use super::{Fault, FaultKind, Signed};
use crate::audit::{
    TilePath,
    growing::{Growing, LEVELS, Tile},
    merkle::Hash,
    rows::{Rows, subtrees},
    tile::WIDTH,
};
use std::collections::BTreeMap;

/// How many tiles are asked for at a time.
const AT_ONCE: usize = 16;

/// A checkpoint that is being read.
#[derive(Debug)]
pub(super) struct Round {
    signed: Signed,
    /// What has been read of the tree.
    rows: Rows,
    /// Checkpoints whose trees have to be the beginning of this one, and are not yet found there.
    earlier: Vec<Signed>,
    /// What is known to be in the signed tree; before `rooted`, what is said to be.
    tiles: BTreeMap<(u8, u64), Tile>,
    /// Whether the tiles at the tree's right edge make the signed root.
    rooted: bool,
}

impl Round {
    pub(super) fn new(signed: Signed, rows: Rows, earlier: Vec<Signed>) -> Self {
        Self { signed, rows, earlier, tiles: BTreeMap::new(), rooted: false }
    }

    pub(super) const fn read(&self) -> u64 {
        self.rows.size()
    }

    pub(super) fn end(self) -> (Signed, Rows) {
        (self.signed, self.rows)
    }

    const fn size(&self) -> u64 {
        self.signed.checkpoint.size
    }

    /// The tiles that are kept.
    pub(super) fn tiles(&self) -> impl Iterator<Item = (TilePath, Vec<u8>)> {
        self.tiles.iter().map(|(place, tile)| (self.path(*place), tile.to_bytes()))
    }

    /// The tile at a place, as wide as this tree has it.
    fn path(&self, (level, index): (u8, u64)) -> TilePath {
        let hashes = self.size().checked_shr(u32::from(LEVELS) * u32::from(level)).unwrap_or_default();
        let left = hashes.saturating_sub(index.saturating_mul(u64::from(WIDTH)));
        let width = u16::try_from(left).unwrap_or(WIDTH).min(WIDTH);
        TilePath { level, index, width }
    }

    /// The tiles that are needed next; none when all is read.
    pub(super) fn wants(&mut self) -> Result<Vec<TilePath>, Fault> {
        let same = self.rows.size() == self.size() && self.rows.root() == self.signed.checkpoint.root;
        if same && self.earlier.is_empty() {
            return Ok(Vec::new());
        }
        if !self.rooted {
            let edge: Vec<_> = Growing::paths(self.size()).filter(|path| path.width > 0).collect();
            let missing: Vec<_> =
                edge.iter().filter(|path| !self.tiles.contains_key(&place(path))).copied().collect();
            if !missing.is_empty() {
                return Ok(missing);
            }
            self.root(&edge)?;
        }
        while let Some(earlier) = self.earlier.last() {
            if let Some(missing) = self.holds(earlier)? {
                return Ok(vec![missing]);
            }
            self.earlier.pop();
        }
        self.leaves()
    }

    /// Takes a tile's bytes and holds them against the tile above.
    pub(super) fn take(&mut self, path: TilePath, bytes: &[u8]) -> Result<(), Fault> {
        let at = place(&path);
        if path.width == 0 || path != self.path(at) {
            return Err(Fault::new(
                FaultKind::Tile,
                format!("the tile {path} is not in a tree of {} leaves", self.size()),
            ));
        }
        let bad = |what: String| {
            Fault::new(FaultKind::Tile, format!("the tile {path} ({}) {what}", leaves(&[path])))
        };
        let tile =
            Tile::read(bytes).filter(|tile| tile.width() == usize::from(path.width)).ok_or_else(|| {
                bad(format!("has {} bytes instead of {}", bytes.len(), u64::from(path.width) * 32))
            })?;
        if self.rooted {
            let above = self.path((path.level + 1, path.index / u64::from(WIDTH)));
            let known =
                self.tiles.get(&place(&above)).and_then(|tile| tile.node(0, path.index % u64::from(WIDTH)));
            if known.is_none() || known != tile.node(LEVELS, 0) {
                return Err(bad(format!(
                    "is not the one of the signed tree, whose hash the tile {above} has"
                )));
            }
        }
        self.tiles.insert(at, tile);
        Ok(())
    }

    /// Holds the tiles at the right edge against the signed root.
    fn root(&mut self, edge: &[TilePath]) -> Result<(), Fault> {
        let mut rows = Rows::default();
        for path in edge.iter().rev() {
            let Some(tile) = self.tiles.get(&place(path)) else { continue };
            for index in 0..u64::from(path.width) {
                if let Some(hash) = tile.node(0, index) {
                    rows.push(LEVELS * path.level, hash);
                }
            }
        }
        if rows.root() != self.signed.checkpoint.root {
            let names: Vec<_> = edge.iter().map(TilePath::to_string).collect();
            let (names, leaves, size) = (names.join(", "), leaves(edge), self.size());
            return Err(Fault::new(
                FaultKind::Tile,
                match size {
                    0 => "line 3: the root is not that of a tree without leaves".to_owned(),
                    _ => format!(
                        "the tiles {names} ({leaves}) do not make the tree of {size} leaves that the checkpoint signs"
                    ),
                },
            ));
        }
        self.rooted = true;
        Ok(())
    }

    /// Whether the tree of an earlier checkpoint is the beginning of this one; or the tile that it takes to know.
    fn holds(&self, earlier: &Signed) -> Result<Option<TilePath>, Fault> {
        let size = earlier.checkpoint.size;
        let mut beginning = Rows::default();
        // What was read is known by its subtrees, so that it can be said where the tree is another.
        let mut known = (self.rows.size() == size).then(|| self.rows.edge());
        for (level, index) in subtrees(0, size) {
            let hash = match self.subtree(level, index) {
                Ok(hash) => hash,
                Err(missing) => return Ok(Some(missing)),
            };
            if let Some(known) = known.as_mut().and_then(Iterator::next)
                && *known != hash
            {
                let (from, to) = (index << level, (index << level) + (1 << level) - 1);
                return Err(rewritten(
                    earlier,
                    self.size(),
                    &format!(": leaves {from} to {to} are others now"),
                ));
            }
            beginning.push(level, hash);
        }
        if beginning.root() == earlier.checkpoint.root {
            Ok(None)
        } else {
            Err(rewritten(earlier, self.size(), ""))
        }
    }

    /// The root of a complete subtree; or the tile that is missing to know it.
    fn subtree(&self, level: u8, index: u64) -> Result<Hash, TilePath> {
        let (within, across) = (level % LEVELS, u64::from(WIDTH) >> (level % LEVELS));
        let at = (level / LEVELS, index / across);
        let tile = self.tiles.get(&at).ok_or_else(|| self.missing(at))?;
        tile.node(within, index % across).ok_or_else(|| self.path(at))
    }

    /// The highest tile that is missing on the way down to a whole one.
    fn missing(&self, (level, index): (u8, u64)) -> TilePath {
        let mut at = (level, index);
        loop {
            let above = (at.0 + 1, at.1 / u64::from(WIDTH));
            // Above the highest level everything is at the edge, which is there.
            if above.0 >= LEVELS || self.tiles.contains_key(&above) {
                return self.path(at);
            }
            at = above;
        }
    }

    /// Reads leaves onto what has been read, as far as their tiles are there, and says which are needed next.
    fn leaves(&mut self) -> Result<Vec<TilePath>, Fault> {
        let wide = u64::from(WIDTH);
        while self.rows.size() < self.size() {
            let index = self.rows.size() / wide;
            let Some(tile) = self.tiles.get(&(0, index)) else { return Ok(self.ahead(index)) };
            for at in self.rows.size() % wide..u64::from(self.path((0, index)).width) {
                if let Some(hash) = tile.node(0, at) {
                    self.rows.leaf(hash);
                }
            }
            let read = u128::from(self.rows.size());
            self.tiles.retain(|(level, index), _| u128::from(index + 1) << (LEVELS * (level + 1)) > read);
        }
        if self.rows.root() == self.signed.checkpoint.root {
            return Ok(Vec::new());
        }
        Err(Fault::new(
            FaultKind::Rewritten,
            format!("the {} leaves that were read are not those of the signed tree", self.size()),
        ))
    }

    /// The next tiles of leaves from one on: as many as the tile above them has hashes of.
    fn ahead(&self, index: u64) -> Vec<TilePath> {
        let missing = self.missing((0, index));
        if missing.level > 0 {
            return vec![missing];
        }
        let (first, wide) = (index / u64::from(WIDTH), u64::from(WIDTH));
        let next = (index..self.size() / wide).take_while(|index| index / wide == first);
        next.take(AT_ONCE)
            .filter(|index| !self.tiles.contains_key(&(0, *index)))
            .map(|index| self.path((0, index)))
            .collect()
    }
}

const fn place(path: &TilePath) -> (u8, u64) {
    (path.level, path.index)
}

/// The leaves under tiles that lie side by side, in words.
fn leaves(tiles: &[TilePath]) -> String {
    let under = |path: &TilePath| {
        let (first, shift) = (path.index * u64::from(WIDTH), LEVELS * path.level);
        (first << shift, (first + u64::from(path.width)) << shift)
    };
    let from = tiles.iter().map(|path| under(path).0).min().unwrap_or_default();
    let to = tiles.iter().map(|path| under(path).1).max().unwrap_or_default();
    format!("leaves {from} to {}", to.saturating_sub(1))
}

fn rewritten(earlier: &Signed, size: u64, what: &str) -> Fault {
    let old = earlier.checkpoint.size;
    let message =
        format!("the {old} entries seen before are not the beginning of the {size} that are shown now{what}");
    Fault::against(FaultKind::Rewritten, message, &earlier.note)
}
