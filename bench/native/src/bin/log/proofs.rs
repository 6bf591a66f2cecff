//! The proof of one entry, in a tree of any size.

use consentry::{
    audit::{
        Checkpoint, LogProof, NoteKey,
        merkle::{Hash, leaf_hash, node_hash, root_from_inclusion},
    },
    vault::SigningKey,
};
use ct_merkle::{InclusionProof, RootHash};
use sha2::Sha256;

const ORIGIN: &str = "shop.example/.consentry/log";
const LEAF: &str = r#"{"action":"consent.given","commitment":"D_OOZMdlU-1Isy3bKzlas4b3I7aQd8nNj-nHLshmA1U","time":"2026-11-21T10:00:00Z","v":1}"#;

pub struct Proof {
    size: u64,
    proof: LogProof,
    text: String,
    key: NoteKey,
    root: Hash,
    theirs: (RootHash<Sha256>, InclusionProof<Sha256>),
}

/// A hash that nobody has computed the leaf of.
pub fn made_up(nth: u64) -> Hash {
    leaf_hash(&nth.to_be_bytes())
}

impl Proof {
    /// The proof of the leaf in the middle.
    pub fn new(size: u64) -> Self {
        let index = size / 2;
        let (mut path, mut hash) = (Vec::new(), leaf_hash(LEAF.as_bytes()));
        let (mut at, mut last) = (index, size - 1);
        while last > 0 {
            // The last node of a level, where it is a left one, is its own parent.
            if at % 2 == 1 || at != last {
                let sibling = made_up(last);
                path.push(sibling);
                hash = if at % 2 == 1 { node_hash(&sibling, &hash) } else { node_hash(&hash, &sibling) };
            }
            (at, last) = (at / 2, last / 2);
        }
        let key = SigningKey::from_seed(&[7; 32]);
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: hash };
        let theirs =
            (RootHash::new(hash.into(), size), InclusionProof::from_bytes(path.concat()));
        let proof = LogProof { index, path, checkpoint: checkpoint.sign(&key).expect("a signed checkpoint") };
        let key = NoteKey::new(ORIGIN, key.public()).expect("a name of a key");
        Self { size, text: proof.to_string(), proof, key, root: hash, theirs }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn hashes(&self) -> usize {
        self.proof.path.len()
    }

    pub fn leads_to_root(&self) -> bool {
        let LogProof { index, path, .. } = &self.proof;
        root_from_inclusion(*index, self.size, leaf_hash(LEAF.as_bytes()), path) == Ok(self.root)
    }

    pub fn leads_to_root_by_peer(&self) -> bool {
        let (root, proof) = &self.theirs;
        root.verify_inclusion(&LEAF, self.proof.index, proof).is_ok()
    }

    fn read(&self) -> Option<LogProof> {
        let proof = LogProof::parse(&self.text).ok()?;
        proof.checkpoint_of(leaf_hash(LEAF.as_bytes())).is_ok().then_some(proof)
    }

    pub fn holds(&self) -> bool {
        self.read().is_some()
    }

    pub fn holds_and_is_signed(&self) -> bool {
        self.read().is_some_and(|proof| proof.checkpoint.verifies(&self.key))
    }

    pub fn is_signed(&self) -> bool {
        self.proof.checkpoint.verifies(&self.key)
    }
}
