//! What is made and read here, beside what others make and read: Cloudflare's `tlog_tiles` and `signed_note`, which their
//! logs of certificates are built with.

use super::{
    Checkpoint, Note, NoteKey, TilePath,
    growing::{Changed, Growing},
    merkle::{
        Hash, HashReader as _, MemoryTree, consistency_proof, inclusion_proof, leaf_hash, root,
        verify_consistency,
    },
};
use crate::vault::SigningKey;
use proptest::prelude::*;
use signed_note as theirs;
use tlog_tiles as tlog;

/// Our tree, where theirs looks for hashes.
struct Shelf<'a>(&'a MemoryTree);

impl tlog::HashReader for Shelf<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let hash = |index: &u64| {
            let (level, index) = tlog::split_stored_hash_index(*index);
            tlog::Hash(self.0.hash(level, index).unwrap())
        };
        Ok(indexes.iter().map(hash).collect())
    }
}

fn tree(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    for n in 0..size {
        tree.append(&n.to_be_bytes()).unwrap();
    }
    tree
}

fn ours(hashes: Vec<tlog::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| hash.0).collect()
}

fn flipped(hashes: &[Hash], at: usize) -> Vec<Hash> {
    let mut hashes = hashes.to_vec();
    if let Some(hash) = hashes.get_mut(at % 64) {
        hash[at % 32] ^= 1;
    } else {
        hashes.push([7; 32]);
    }
    hashes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trees_and_proofs(size in 1_u64..900, a in any::<u64>(), b in any::<u64>(), at in any::<usize>()) {
        let (tree, index, old) = (tree(size), a % size, b % size + 1);
        let (now, before) = (root(&tree, size).unwrap(), root(&tree, old).unwrap());
        prop_assert_eq!(tlog::tree_hash(size, &Shelf(&tree)).unwrap().0, now);
        let leaf = leaf_hash(&index.to_be_bytes());
        prop_assert_eq!(tlog::record_hash(&index.to_be_bytes()).0, leaf);

        let path = inclusion_proof(&tree, index, size).unwrap();
        prop_assert_eq!(&ours(tlog::prove_record(size, index, &Shelf(&tree)).unwrap()), &path);
        for path in [path.clone(), flipped(&path, at), path[..path.len().saturating_sub(1)].to_vec()] {
            let held = super::merkle::root_from_inclusion(index, size, leaf, &path) == Ok(now);
            let proof = path.into_iter().map(tlog::Hash).collect();
            prop_assert_eq!(tlog::check_record(&proof, size, tlog::Hash(now), index, tlog::Hash(leaf)).is_ok(), held);
        }

        let path = consistency_proof(&tree, old, size).unwrap();
        prop_assert_eq!(&ours(tlog::prove_tree(size, old, &Shelf(&tree)).unwrap()), &path);
        for path in [path.clone(), flipped(&path, at), path[..path.len().saturating_sub(1)].to_vec()] {
            let held = verify_consistency(old, &before, size, &now, &path).is_ok();
            let proof = path.into_iter().map(tlog::Hash).collect();
            prop_assert_eq!(tlog::check_tree(&proof, size, tlog::Hash(now), old, tlog::Hash(before)).is_ok(), held);
        }
    }

    #[test]
    fn tiles(old in 0_u64..700, more in 1_u64..700) {
        let (mut growing, mut changed) = (Growing::default(), Changed::default());
        for n in 0..old {
            growing.append(leaf_hash(&n.to_be_bytes()), &mut Changed::default());
        }
        for n in old..old + more {
            growing.append(leaf_hash(&n.to_be_bytes()), &mut changed);
        }
        let tree = tree(old + more);
        let mut wanted: Vec<_> = tlog::Tile::new_tiles(8, old, old + more)
            .into_iter()
            .map(|tile| (tile.path().replacen("tile/8/", "", 1), tile.read_data(&Shelf(&tree)).unwrap()))
            .collect();
        let mut made: Vec<_> = changed.tiles().map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect();
        wanted.sort();
        made.sort();
        prop_assert_eq!(made, wanted);
    }

    #[test]
    fn paths(level in 0_u8..64, index in any::<u64>(), shift in 0_u32..64, width in 1_u16..=256) {
        let path = TilePath { level, index: index >> shift, width };
        let their = tlog::Tile::new(8, level, index >> shift, u32::from(width), false);
        prop_assert_eq!(format!("tile/8/{path}"), their.path());
        prop_assert_eq!(TilePath::parse(&path.to_string()), Some(path));
    }

    /// Levels above 63 and widths of 0, which ours refuses, make theirs panic.
    #[test]
    fn spellings_of_paths(text in "(0?[0-9]|[1-5][0-9]|6[0-3])/(x?[0-9]{1,4}/){0,2}[0-9]{2,3}(\\.p/[0-9]?[1-9][0-9]?)?") {
        let their = tlog::Tile::from_path(&format!("tile/8/{text}"));
        prop_assert_eq!(TilePath::parse(&text).is_some(), their.is_ok(), "{}", text);
    }

    #[test]
    fn checkpoints(size in any::<u64>(), root: [u8; 32], at in any::<usize>(), by in "[0-9a-z\\n+=/ -]{0,2}", drop in 0_usize..3) {
        let text = Checkpoint { origin: "shop.example/log".into(), size, root }.to_string();
        let (at, mut changed) = (at % text.len(), text.clone());
        changed.replace_range(at..(at + drop).min(text.len()), &by);
        for text in [text, changed] {
            // The text of a note always ends with a line end.
            if !text.ends_with('\n') {
                continue;
            }
            let (our, their) = (Checkpoint::parse(&text), tlog::Checkpoint::from_bytes(text.as_bytes()));
            match (our, their) {
                (Ok(our), Ok(their)) => {
                    prop_assert_eq!((our.origin.as_str(), our.size, our.root), (their.origin(), their.size(), their.hash().0));
                }
                // Extension lines are not looked at here; theirs may not be empty.
                (Ok(_), Err(_)) => prop_assert!(text.contains("\n\n"), "{:?}", text),
                (our, their) => prop_assert!(our.is_err() && their.is_err(), "{:?}", text),
            }
        }
    }

    #[test]
    fn notes(seed: [u8; 32], at in any::<usize>(), by in "[ -~\\n\u{2014}]{0,2}", drop in 0_usize..3) {
        let key = SigningKey::from_seed(&seed);
        let line = NoteKey::new("shop.example/log", key.public()).unwrap();
        let verifier = theirs::StandardVerifier::new(&line.to_string()).unwrap();
        let known = theirs::VerifierList::new(vec![Box::new(verifier)]);
        let note = Note::sign("shop.example/log\n1\n", "shop.example/log", &key).unwrap().to_string();
        let (at, mut changed) = (at % note.len(), note.clone());
        if note.is_char_boundary(at) && note.is_char_boundary((at + drop).min(note.len())) {
            changed.replace_range(at..(at + drop).min(note.len()), &by);
        }
        for text in [note, changed] {
            let (our, their) = (Note::parse(&text), theirs::Note::from_bytes(text.as_bytes()));
            prop_assert_eq!(our.is_ok(), their.is_ok(), "{:?}", text);
            if let (Ok(our), Ok(their)) = (our, their) {
                prop_assert_eq!(our.text.as_bytes(), their.text());
                prop_assert_eq!(our.verifies(&line), their.verify(&known).is_ok(), "{:?}", text);
                prop_assert_eq!(our.to_string().into_bytes(), their.to_bytes());
            }
        }
    }

    #[test]
    fn verifier_lines(seed: [u8; 32], at in any::<usize>(), by in "[ -~]{0,2}", drop in 0_usize..3) {
        let line = NoteKey::new("shop.example/log", SigningKey::from_seed(&seed).public()).unwrap().to_string();
        prop_assert!(theirs::StandardVerifier::new(&line).is_ok());
        let (at, mut changed) = (at % line.len(), line);
        changed.replace_range(at..(at + drop).min(changed.len()), &by);
        // Ours forgives a space at the end, as the served line ends with a line end.
        if changed.trim_end() == changed {
            prop_assert_eq!(NoteKey::parse(&changed).is_ok(), theirs::StandardVerifier::new(&changed).is_ok(), "{}", changed);
        }
    }
}
