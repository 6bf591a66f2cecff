//! A tree read from left to right: as leaves where those are known, as roots of complete subtrees where not. Whoever reads
//! all of it learns its root, so nothing in it can be changed, left out, moved or added unseen.

use super::{
    LogError,
    merkle::{Hash, HashReader, empty_root, node_hash},
};
use crate::encoding::to_decimal;

/// The largest complete subtrees that the leaves from `start` to `end` fall into, from left to right: level and index.
pub fn subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let left = end.checked_sub(at).filter(|left| *left > 0)?;
        // As far up as its own place allows, and what is left of the range.
        let level = at.trailing_zeros().min(left.ilog2());
        let index = at >> level;
        at += 1 << level;
        Some((u8::try_from(level).unwrap_or(u8::MAX), index))
    })
}

/// The roots of [`subtrees`].
pub fn roots(reader: &impl HashReader, start: u64, end: u64) -> Result<Vec<Hash>, LogError> {
    subtrees(start, end).map(|(level, index)| reader.hash(level, index)).collect()
}

/// What has been read of a tree.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Complete subtrees, each lower than the one before it.
    row: Vec<(u8, Hash)>,
    size: u64,
}

impl Rows {
    /// How many leaves have been read.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads a leaf.
    pub fn leaf(&mut self, hash: Hash) {
        self.push(0, hash);
    }

    /// Reads the leaves up to `end` as the roots of their [`subtrees`].
    pub fn skip(&mut self, end: u64, roots: &[Hash]) -> Result<(), LogError> {
        let start = self.size;
        let bad = |what: &str| {
            let (start, end) = (to_decimal(start), to_decimal(end));
            LogError::new(["leaves ", &start, " to ", &end, " are left out with ", what].concat())
        };
        if end <= start {
            return Err(bad("no leaf among them"));
        }
        let mut roots = roots.iter();
        for (level, _) in subtrees(start, end) {
            self.push(level, *roots.next().ok_or_else(|| bad("too few hashes"))?);
        }
        if roots.next().is_some() { Err(bad("too many hashes")) } else { Ok(()) }
    }

    /// Reads the root of a complete subtree, which must be able to stand here.
    pub(super) fn push(&mut self, level: u8, hash: Hash) {
        let (mut level, mut hash) = (level, hash);
        self.size += 1 << level;
        while let Some((_, left)) = self.row.pop_if(|(own, _)| *own == level) {
            hash = node_hash(&left, &hash);
            level += 1;
        }
        self.row.push((level, hash));
    }

    /// The roots of the complete subtrees that what has been read falls into, from left to right: with the size, all that
    /// has to be known to read on.
    pub fn edge(&self) -> impl ExactSizeIterator<Item = &Hash> {
        self.row.iter().map(|(_, hash)| hash)
    }

    /// The root of what has been read.
    pub fn root(&self) -> Hash {
        let mut row = self.row.iter().rev().map(|(_, hash)| *hash);
        match row.next() {
            Some(last) => row.fold(last, |right, left| node_hash(&left, &right)),
            None => empty_root(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::merkle::{MemoryTree, leaf_hash, root},
        *,
    };
    use proptest::prelude::*;

    fn tree(size: u64) -> MemoryTree {
        let mut tree = MemoryTree::default();
        for n in 0..size {
            tree.append(&n.to_be_bytes()).unwrap();
        }
        tree
    }

    /// Reads a tree with what stands between the places left out, every other time.
    fn read(tree: &MemoryTree, places: &[u64]) -> Rows {
        let mut rows = Rows::default();
        for (nth, end) in places.iter().copied().chain([tree.size()]).enumerate() {
            if nth % 2 == 1 && end > rows.size() {
                rows.skip(end, &roots(tree, rows.size(), end).unwrap()).unwrap();
            }
            while rows.size() < end {
                rows.leaf(leaf_hash(&rows.size().to_be_bytes()));
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn whatever_is_left_out_the_root_is_the_same(size in 0_u64..700, places in prop::collection::vec(0_u64..700, 0..6)) {
            let tree = tree(size);
            let mut places: Vec<_> = places.into_iter().map(|place| place.min(size)).collect();
            places.sort_unstable();
            let rows = read(&tree, &places);
            prop_assert_eq!(rows.size(), size);
            prop_assert_eq!(rows.root(), root(&tree, size).unwrap());
        }
    }

    #[test]
    fn a_gap_has_one_shape() {
        assert_eq!(subtrees(3, 12).collect::<Vec<_>>(), [(0, 3), (2, 1), (2, 2)]);
        assert_eq!(subtrees(0, 8).collect::<Vec<_>>(), [(3, 0)]);
        assert_eq!(subtrees(5, 5).count(), 0);
        assert_eq!(subtrees(0, u64::MAX).count(), 64);
        let hashes = roots(&tree(20), 3, 12).unwrap();
        let three = read(&tree(3), &[]);
        assert!(three.clone().skip(12, &hashes).is_ok());
        for hashes in [&hashes[..2], &[&hashes[..], &hashes[..1]].concat()] {
            assert!(three.clone().skip(12, hashes).is_err());
        }
        assert!(Rows::default().skip(0, &[]).is_err());
    }
}
