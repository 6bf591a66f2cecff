//! A tree that grows, kept as tiles: those that are whole lie in a store, and of each level the one that is not is here,
//! so that to append reads nothing.

use super::{
    LogError, TilePath,
    merkle::{Hash, HashReader, node_hash},
    tile::WIDTH,
};
use crate::encoding::to_decimal;
use std::{cell::RefCell, cmp::Ordering, collections::BTreeMap, rc::Rc};

/// A tree's levels within a tile: its [`WIDTH`] hashes have eight levels above them.
pub(super) const LEVELS: u8 = 8;

/// A tile, or the beginning of one, with all nodes above its hashes.
#[derive(Debug, Clone, Default)]
pub struct Tile {
    /// The lowest row is what the tile consists of.
    rows: [Vec<Hash>; LEVELS as usize + 1],
}

impl Tile {
    /// Reads a tile's bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let mut tile = Self::default();
        if !rest.is_empty() || hashes.len() > usize::from(WIDTH) {
            return None;
        }
        for hash in hashes {
            tile.push(*hash);
        }
        Some(tile)
    }

    /// The tile's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.rows.first().map(|row| row.concat()).unwrap_or_default()
    }

    /// How many hashes it has.
    pub fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    fn push(&mut self, hash: Hash) {
        let mut hash = hash;
        for row in &mut self.rows {
            row.push(hash);
            let pair = row.len() % 2 == 0;
            match row.last_chunk::<2>() {
                Some([left, right]) if pair => hash = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// The root of a subtree of `2^level` of its hashes.
    pub(super) fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.rows.get(usize::from(level))?.get(usize::try_from(index).ok()?).copied()
    }
}

/// Reads whole tiles that were stored.
pub trait TileReader {
    /// The bytes of a whole tile.
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, LogError>;
}

/// The tiles of a tree that are not whole, lowest level first.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    size: u64,
    tiles: Vec<Tile>,
}

impl Growing {
    /// The paths of the tiles that a tree of `size` leaves has begun.
    pub fn paths(size: u64) -> impl Iterator<Item = TilePath> {
        let levels = (0..8_u8).take_while(move |level| size >> (LEVELS * level) > 0);
        levels.map(move |level| {
            let hashes = size >> (LEVELS * level);
            TilePath {
                level,
                index: hashes / u64::from(WIDTH),
                width: u16::try_from(hashes % u64::from(WIDTH)).unwrap_or(WIDTH),
            }
        })
    }

    /// Takes up a tree of `size` leaves. `read` gives the bytes of each tile of [`Growing::paths`] that has any.
    pub fn load(
        size: u64,
        mut read: impl FnMut(TilePath) -> Result<Vec<u8>, LogError>,
    ) -> Result<Self, LogError> {
        let load = |path: TilePath| {
            let bytes = if path.width == 0 { Vec::new() } else { read(path)? };
            let tile = Tile::read(&bytes).filter(|tile| tile.width() == usize::from(path.width));
            tile.ok_or_else(|| LogError::new(format!("the tile {path} is not as wide as the log is long")))
        };
        Ok(Self { size, tiles: Self::paths(size).map(load).collect::<Result<_, _>>()? })
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash. What changes is put into `changed`, where a later change of the same tile replaces it.
    pub fn append(&mut self, leaf: Hash, changed: &mut Changed) {
        let (mut hash, mut level) = (leaf, 0_u8);
        loop {
            if self.tiles.len() <= usize::from(level) {
                self.tiles.push(Tile::default());
            }
            let Some(tile) = self.tiles.get_mut(usize::from(level)) else { return };
            let index = (self.size >> (LEVELS * level)) / u64::from(WIDTH);
            tile.push(hash);
            changed.0.insert((level, index), tile.to_bytes());
            if tile.width() < usize::from(WIDTH) {
                break;
            }
            let whole = std::mem::take(tile);
            let Some(root) = whole.node(LEVELS, 0) else { return };
            (hash, level) = (root, level + 1);
        }
        self.size += 1;
    }
}

/// The tiles that changed, by level and index, as they are now.
#[derive(Debug, Clone, Default)]
pub struct Changed(BTreeMap<(u8, u64), Vec<u8>>);

impl Changed {
    /// Their paths and bytes.
    pub fn tiles(&self) -> impl Iterator<Item = (TilePath, &[u8])> {
        self.0.iter().map(|((level, index), bytes)| {
            let width = u16::try_from(bytes.len() / 32).unwrap_or(u16::MAX);
            (TilePath { level: *level, index: *index, width }, bytes.as_slice())
        })
    }
}

/// The most whole tiles that a [`Tiled`] keeps.
const MOST_KEPT: usize = 16;

/// A growing tree together with what was stored of it.
#[derive(Debug)]
pub struct Tiled<'a, R> {
    growing: &'a Growing,
    stored: &'a R,
    kept: RefCell<Vec<(TilePath, Rc<Tile>)>>,
}

impl<'a, R: TileReader> Tiled<'a, R> {
    /// Puts both together.
    pub const fn new(growing: &'a Growing, stored: &'a R) -> Self {
        Self { growing, stored, kept: RefCell::new(Vec::new()) }
    }

    fn whole(&self, level: u8, index: u64) -> Result<Rc<Tile>, LogError> {
        let path = TilePath { level, index, width: WIDTH };
        let mut kept = self.kept.borrow_mut();
        if let Some((_, tile)) = kept.iter().find(|(own, _)| *own == path) {
            return Ok(Rc::clone(tile));
        }
        let tile = Tile::read(&self.stored.tile(path)?).filter(|tile| tile.width() == usize::from(WIDTH));
        let tile = Rc::new(tile.ok_or_else(|| LogError::new(format!("the tile {path} is not whole")))?);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((path, Rc::clone(&tile)));
        Ok(tile)
    }
}

impl<R: TileReader> HashReader for Tiled<'_, R> {
    fn hash(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let (tile_level, within) = (level / LEVELS, level % LEVELS);
        let across = u64::from(WIDTH) >> within;
        let (tile, place) = (index / across, index % across);
        let hashes = self.growing.size.checked_shr(u32::from(LEVELS * tile_level)).unwrap_or(0);
        let begun = hashes / u64::from(WIDTH);
        let found = match tile.cmp(&begun) {
            Ordering::Less => self.whole(tile_level, tile)?.node(within, place),
            Ordering::Equal => {
                self.growing.tiles.get(usize::from(tile_level)).and_then(|tile| tile.node(within, place))
            }
            Ordering::Greater => None,
        };
        found.ok_or_else(|| {
            let (level, index) = (to_decimal(u64::from(level)), to_decimal(index));
            LogError::new(["the log has no hash at level ", &level, ", index ", &index].concat())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::merkle::{MemoryTree, consistency_proof, inclusion_proof, leaf_hash, root},
        *,
    };
    use proptest::prelude::*;

    /// Tiles in memory, whole or not.
    #[derive(Default)]
    struct Store(BTreeMap<(u8, u64), Vec<u8>>);

    impl TileReader for Store {
        fn tile(&self, path: TilePath) -> Result<Vec<u8>, LogError> {
            self.0.get(&(path.level, path.index)).cloned().ok_or_else(|| LogError::new("no tile"))
        }
    }

    impl Store {
        fn take(&mut self, changed: &Changed) {
            for (path, bytes) in changed.tiles() {
                assert_eq!(bytes.len(), 32 * usize::from(path.width));
                self.0.insert((path.level, path.index), bytes.to_vec());
            }
        }
    }

    /// The same leaves in both kinds of tree, appended in batches.
    fn trees(batches: &[u64]) -> (Growing, Store, MemoryTree) {
        let (mut growing, mut store, mut memory) =
            (Growing::default(), Store::default(), MemoryTree::default());
        for batch in batches {
            let mut changed = Changed::default();
            for _ in 0..*batch {
                let leaf = growing.size().to_be_bytes();
                memory.append(&leaf).unwrap();
                growing.append(leaf_hash(&leaf), &mut changed);
            }
            store.take(&changed);
        }
        (growing, store, memory)
    }

    #[test]
    fn two_levels_of_tiles() {
        let (growing, store, memory) = trees(&[1, 254, 1, 1, 65_279, 1, 300]);
        let tiled = Tiled::new(&growing, &store);
        let size = growing.size();
        assert_eq!(size, 65_837);
        assert_eq!(root(&tiled, size), root(&memory, size));
        for index in [0, 255, 256, 65_535, 65_536, size - 1] {
            assert_eq!(inclusion_proof(&tiled, index, size), inclusion_proof(&memory, index, size));
        }
        for path in ["0/000", "0/255", "0/256", "0/257.p/45", "1/000", "1/001.p/1", "2/000.p/1"] {
            let path = TilePath::parse(path).unwrap();
            assert_eq!(path.read(&tiled), path.read(&memory), "{path}");
            assert_eq!(store.tile(path), path.read(&memory), "{path}");
        }
        assert!(tiled.hash(0, size).is_err());
        assert!(tiled.hash(17, 0).is_err() && tiled.hash(255, 0).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn is_the_tree_of_its_leaves_and_can_be_taken_up_anywhere(batches in prop::collection::vec(1_u64..400, 1..5), at in any::<u64>()) {
            let (growing, store, memory) = trees(&batches);
            let size = growing.size();
            let again = Growing::load(size, |path| store.tile(path)).unwrap();
            for growing in [&growing, &again] {
                let tiled = Tiled::new(growing, &store);
                prop_assert_eq!(root(&tiled, size), root(&memory, size));
                prop_assert_eq!(inclusion_proof(&tiled, at % size, size), inclusion_proof(&memory, at % size, size));
                prop_assert_eq!(consistency_proof(&tiled, at % size + 1, size), consistency_proof(&memory, at % size + 1, size));
            }
            let (mut one, mut other) = (growing.clone(), again);
            let (mut changed, mut likewise) = (Changed::default(), Changed::default());
            one.append([7; 32], &mut changed);
            other.append([7; 32], &mut likewise);
            prop_assert_eq!(changed.0, likewise.0);
        }
    }

    #[test]
    fn a_stored_tile_that_does_not_fit_is_an_error() {
        let (growing, store, _) = trees(&[300]);
        assert!(Growing::load(301, |path| store.tile(path)).is_err());
        assert!(Growing::load(300, |_| Ok(vec![0; 31])).is_err());
        assert!(Tiled::new(&growing, &Store::default()).hash(0, 3).is_err());
        assert_eq!(Growing::load(0, |_| Err(LogError::new("unread"))).unwrap().size(), 0);
    }
}
