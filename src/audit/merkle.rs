//! The Merkle tree of RFC 6962 section 2.1, over hashes that somebody else stores.
//!
//! Stored are the roots of all complete subtrees, addressed by level (0 are leaf hashes) and index within the level.
//! A leaf once stored never changes, so everything here is read-only arithmetic over a [`HashReader`].

use super::LogError;
use crate::encoding::to_decimal;
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash in the tree.
pub type Hash = [u8; 32];

/// Reads stored subtree roots.
pub trait HashReader {
    /// The root of the complete subtree of `2^level` leaves that starts at leaf `index << level`.
    fn hash(&self, level: u8, index: u64) -> Result<Hash, LogError>;
}

/// `SHA-256(0x00 ‖ leaf)`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the empty tree, `SHA-256()`.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// What must be stored when a leaf is appended at `size`: its own hash, and the root of every subtree it completes.
pub fn appended(reader: &impl HashReader, size: u64, leaf: Hash) -> Result<Vec<(u8, u64, Hash)>, LogError> {
    let mut out = vec![(0, size, leaf)];
    let (mut hash, mut level, mut index) = (leaf, 0, size);
    while index & 1 == 1 {
        hash = node_hash(&reader.hash(level, index - 1)?, &hash);
        level += 1;
        index >>= 1;
        out.push((level, index, hash));
    }
    Ok(out)
}

/// The root of the tree of the first `size` leaves.
pub fn root(reader: &impl HashReader, size: u64) -> Result<Hash, LogError> {
    if size == 0 { Ok(empty_root()) } else { range(reader, 0, size) }
}

/// MTH(D[start:end]), where the range is one that the RFC's recursion reaches.
fn range(reader: &impl HashReader, start: u64, end: u64) -> Result<Hash, LogError> {
    let width = end - start;
    if width.is_power_of_two() {
        let level = width.trailing_zeros();
        return reader.hash(u8::try_from(level).unwrap_or(u8::MAX), start >> level);
    }
    let middle = start + split(width);
    Ok(node_hash(&range(reader, start, middle)?, &range(reader, middle, end)?))
}

/// The largest power of two below `n`, for `n > 1`.
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The proof that leaf `index` is in the tree of the first `size` leaves, from the leaf's sibling upwards.
pub fn inclusion_proof(reader: &impl HashReader, index: u64, size: u64) -> Result<Vec<Hash>, LogError> {
    if index >= size {
        return Err(not_in(index, size));
    }
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range(reader, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

fn not_in(index: u64, size: u64) -> LogError {
    LogError::new(["leaf ", &to_decimal(index), " is not in a tree of ", &to_decimal(size)].concat())
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962 section 2.1.2).
pub fn consistency_proof(reader: &impl HashReader, old: u64, new: u64) -> Result<Vec<Hash>, LogError> {
    if old > new {
        return Err(LogError::new(format!("a tree of {old} is not the beginning of a tree of {new}")));
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut proof = Vec::new();
    // Down to the subtree that ends exactly where the old tree ends.
    while end > old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range(reader, start, middle)?);
            start = middle;
        }
    }
    if start != 0 {
        proof.push(range(reader, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root that a leaf and its inclusion proof lead to. It is the caller's to compare with a signed one.
pub fn root_from_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Result<Hash, LogError> {
    if index >= size {
        return Err(not_in(index, size));
    }
    // RFC 9162 section 2.1.3.2.
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(LogError::new("the inclusion proof is too long"));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(LogError::new("the inclusion proof is too short"));
    }
    Ok(hash)
}

/// Checks that the tree of `old` leaves with `old_root` is the beginning of the tree of `new` leaves with `new_root`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), LogError> {
    let differs = || {
        let (old, new) = (to_decimal(old), to_decimal(new));
        LogError::new(["the tree of ", &old, " leaves is not the beginning of the tree of ", &new].concat())
    };
    if old > new || ((old == 0 || old == new) && !proof.is_empty()) {
        return Err(differs());
    }
    if old == new {
        return if old_root == new_root { Ok(()) } else { Err(differs()) };
    }
    if old == 0 {
        return if *old_root == empty_root() { Ok(()) } else { Err(differs()) };
    }
    // RFC 9162 section 2.1.4.2.
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() { *old_root } else { *hashes.next().ok_or_else(differs)? };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(differs());
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(hash, &from_old);
            from_new = node_hash(hash, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && from_old == *old_root && from_new == *new_root { Ok(()) } else { Err(differs()) }
}

/// A tree in memory, for tools and tests.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
    size: u64,
}

impl MemoryTree {
    /// Appends a leaf's bytes and returns its index.
    pub fn append(&mut self, leaf: &[u8]) -> Result<u64, LogError> {
        let index = self.size;
        for (level, _, hash) in appended(self, index, leaf_hash(leaf))? {
            let level = usize::from(level);
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(hashes) = self.levels.get_mut(level) {
                hashes.push(hash);
            }
        }
        self.size += 1;
        Ok(index)
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl HashReader for MemoryTree {
    fn hash(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.levels.get(usize::from(level))?.get(index).copied())
            .ok_or_else(|| LogError::new(format!("no hash stored at level {level}, index {index}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    fn trees(size: u64) -> (MemoryTree, MemoryBackedTree<Sha256, Vec<u8>>) {
        let (mut ours, mut theirs) = (MemoryTree::default(), MemoryBackedTree::new());
        for n in 0..size {
            ours.append(&n.to_be_bytes()).unwrap();
            theirs.push(n.to_be_bytes().to_vec());
        }
        (ours, theirs)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn agrees_with_another_implementation(size in 1_u64..600, a in 0_u64..600, b in 0_u64..600) {
            let (ours, theirs) = trees(size);
            let ours_root = root(&ours, size).unwrap();
            let theirs_root = theirs.root();
            prop_assert_eq!(&ours_root[..], &theirs_root.as_bytes()[..]);

            let index = a % size;
            let proof = inclusion_proof(&ours, index, size).unwrap();
            let foreign = theirs.prove_inclusion(usize::try_from(index).unwrap());
            prop_assert_eq!(proof.concat(), foreign.as_bytes());
            let leaf = leaf_hash(&index.to_be_bytes());
            prop_assert_eq!(root_from_inclusion(index, size, leaf, &proof).unwrap(), ours_root);

            let old = b % size + 1;
            let consistency = consistency_proof(&ours, old, size).unwrap();
            if old < size {
                let foreign = theirs.prove_consistency(usize::try_from(size - old).unwrap());
                prop_assert_eq!(consistency.concat(), foreign.as_bytes());
            }
            let old_root = root(&ours, old).unwrap();
            prop_assert!(verify_consistency(old, &old_root, size, &ours_root, &consistency).is_ok());
        }

        #[test]
        fn no_changed_proof_passes(size in 2_u64..300, a in 0_u64..300, at in 0_usize..1000, bit in 0_u8..8) {
            let (ours, _) = trees(size);
            let index = a % size;
            let good = root(&ours, size).unwrap();
            let leaf = leaf_hash(&index.to_be_bytes());
            let mut proof = inclusion_proof(&ours, index, size).unwrap();
            let which = at % proof.len();
            proof[which][at % 32] ^= 1 << bit;
            prop_assert_ne!(root_from_inclusion(index, size, leaf, &proof).unwrap(), good);
            proof.pop();
            prop_assert!(root_from_inclusion(index, size, leaf, &proof).is_err());

            let old = a % (size - 1) + 1;
            let old_root = root(&ours, old).unwrap();
            let mut proof = consistency_proof(&ours, old, size).unwrap();
            let which = at % proof.len();
            proof[which][at % 32] ^= 1 << bit;
            prop_assert!(verify_consistency(old, &old_root, size, &good, &proof).is_err());
            proof.push([0; 32]);
            prop_assert!(verify_consistency(old, &old_root, size, &good, &proof).is_err());
        }
    }

    #[test]
    fn rfc_6962_empty_and_first_roots() {
        use crate::encoding::to_hex;
        let mut tree = MemoryTree::default();
        assert_eq!(
            to_hex(&root(&tree, 0).unwrap()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        tree.append(b"").unwrap();
        assert_eq!(
            to_hex(&root(&tree, 1).unwrap()),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert!(inclusion_proof(&tree, 1, 1).is_err());
        assert!(root_from_inclusion(0, 0, [0; 32], &[]).is_err());
        assert!(consistency_proof(&tree, 2, 1).is_err());
    }
}
