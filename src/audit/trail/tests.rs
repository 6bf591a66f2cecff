//! Trails that hold, and every way of changing one.

use super::*;
use crate::{
    audit::{
        Action, Checkpoint, Entry, NoteKey, Outcome,
        merkle::{HashReader as _, MemoryTree, root},
        rows::roots,
    },
    clock::Timestamp,
    decider::CallerClass,
    encoding::{to_base64, to_base64url},
    id::{EventId, LogHandle},
    vault::SigningKey,
};
use proptest::prelude::*;
use serde_json::json;

const ORIGIN: &str = "shop.example/log";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn verifier() -> NoteKey {
    NoteKey::new(ORIGIN, key().public()).unwrap()
}

/// A log of so many entries, as one trail; `told` says which leaves are told, `open` which of them still open.
fn trail(size: u64, told: impl Fn(u64) -> bool, open: impl Fn(u64) -> bool) -> Vec<String> {
    let mut tree = MemoryTree::default();
    let mut leaves = Vec::new();
    for n in 0..size {
        let number = u8::try_from(n % 251).unwrap();
        let entry = Entry {
            event: EventId::from_bytes([number; 16]),
            action: if n % 3 == 0 { Action::ConsentGiven } else { Action::TrailRead },
            // Clocks go backwards at times. The order is that of the log.
            time: Timestamp::from_seconds(1_795_255_200 + (n ^ 3)),
            actor: CallerClass::Device.into(),
            subject: (n % 2 == 0).then(|| LogHandle::from_bytes([number; 16])),
            outcome: Outcome::Done,
            details: json!({"n": n}),
        };
        let salt = [number; 16];
        let leaf = entry.leaf(&salt).unwrap();
        tree.append(leaf.to_text().unwrap().as_bytes()).unwrap();
        leaves.push((entry, leaf, salt));
    }
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: root(&tree, size).unwrap() };
    let head = HeadLine {
        checkpoint: checkpoint.sign(&key()).unwrap().to_string(),
        keys: vec![verifier().to_string()],
        trail: 1,
    };
    let mut lines = vec![head.to_text().unwrap()];
    let mut at = 0;
    while at < size {
        let end = (at..size).find(|n| told(*n)).unwrap_or(size);
        if end > at {
            lines.push(GapLine::new(at, end, &roots(&tree, at, end).unwrap()).to_text().unwrap());
            at = end;
            continue;
        }
        let (entry, leaf, salt) = &leaves[usize::try_from(at).unwrap()];
        let line = EntryLine {
            entry: open(at).then(|| serde_json::to_value(entry).unwrap()),
            hash: to_base64(&tree.hash(0, at).unwrap()),
            index: at,
            leaf: serde_json::to_value(leaf).unwrap(),
            salt: open(at).then(|| to_base64url(salt)),
        };
        lines.push(line.to_text().unwrap());
        at += 1;
    }
    lines
}

fn check(lines: &[String]) -> Result<TrailReport, TrailError> {
    check_bytes(lines.concat().as_bytes())
}

fn check_bytes(bytes: &[u8]) -> Result<TrailReport, TrailError> {
    let mut check = TrailCheck::new(vec![verifier()]);
    // In pieces, as they come from a file.
    bytes.chunks(1000).try_for_each(|piece| check.push(piece))?;
    check.end()
}

#[test]
fn holds_whatever_is_left_out_or_forgotten() {
    for size in [1, 2, 9, 64, 300] {
        let all = check(&trail(size, |_| true, |_| true)).unwrap();
        assert_eq!((all.size, all.opened, all.closed, all.left_out), (size, size, 0, 0));
        assert!(all.key_given && all.origin == ORIGIN && all.key == verifier().to_string());
        let some = check(&trail(size, |n| n % 5 == 3 || n / 16 == 2, |n| n % 2 == 0)).unwrap();
        assert_eq!(some.opened + some.closed + some.left_out, size);
    }
    let empty = check(&trail(0, |_| true, |_| true)).unwrap();
    assert_eq!(empty.size, 0);
    let none = check(&trail(40, |_| false, |_| true)).unwrap();
    assert_eq!(none.left_out, 40);
}

#[test]
fn its_own_keys_are_believed_where_there_are_no_others_and_that_is_told() {
    let lines = trail(3, |_| true, |_| true);
    let read = |keys| {
        let mut check = TrailCheck::new(keys);
        check.push(lines.concat().as_bytes()).and_then(|()| check.end())
    };
    assert!(!read(Vec::new()).unwrap().key_given);
    let other = NoteKey::new(ORIGIN, SigningKey::from_seed(&[8; 32]).public()).unwrap();
    assert_eq!(read(vec![other]).unwrap_err().line, 1);
    let elsewhere = NoteKey::new("other.example/log", key().public()).unwrap();
    let error = read(vec![elsewhere]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: the checkpoint of shop.example/log is signed by none of the keys given"
    );
}

#[test]
fn every_flipped_byte_is_found_where_it_is() {
    let lines = trail(4, |n| n != 1, |n| n != 2);
    check(&lines).unwrap();
    for (number, line) in lines.iter().enumerate() {
        for at in 0..line.len() {
            for flip in [1, 0x20] {
                let mut changed = line.clone().into_bytes();
                changed[at] ^= flip;
                let (before, after) = (lines[..number].concat(), lines[number + 1..].concat());
                let changed = [before.as_bytes(), &changed, after.as_bytes()].concat();
                let error = check_bytes(&changed).expect_err("a flipped byte");
                let lines = number as u64 + 1..=number as u64 + 2;
                assert!(lines.contains(&error.line), "{error}, and line {} was changed", number + 1);
            }
        }
    }
}

#[test]
fn a_missing_moved_doubled_or_added_line_is_found_where_it_is() {
    let lines = trail(9, |n| n != 4, |_| true);
    for at in 1..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        let doubled = [&lines[..=at], &lines[at..]].concat();
        for changed in [dropped, doubled] {
            let line = check(&changed).unwrap_err().line;
            assert!((at as u64..=at as u64 + 2).contains(&line), "{line} for {at}");
        }
        if at > 1 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            assert_eq!(check(&swapped).unwrap_err().line, at as u64);
        }
    }
    let last = lines.last().unwrap().replace("\"index\":8", "\"index\":9");
    let error = check(&[&lines[..], &[last]].concat()).unwrap_err();
    assert_eq!(error.to_string(), "line 11: the log has 9 leaves, and this would be one more");
    let error = check(&lines[..5]).unwrap_err();
    assert_eq!(error.to_string(), "line 5: the trail ends after 4 of 9 leaves");
    let whole = lines.concat();
    let error = check(&[whole[..whole.len() - 1].to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "line 10: the line has no end");
    assert_eq!(check(&[]).unwrap_err().to_string(), "line 0: an empty trail");
    assert!(check(&[&lines[..], &["\n".to_owned()]].concat()).is_err());
}

#[test]
fn an_entry_replaced_as_a_whole_is_not_in_the_log() {
    let (one, other) = (trail(6, |_| true, |_| true), trail(9, |_| true, |_| true));
    let mut forged = one.clone();
    forged[3] = other[6].replace("\"index\":5", "\"index\":2");
    let error = check(&forged).unwrap_err();
    assert!(error.message.contains("replaced as a whole"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_choice_of_leaves_holds(size in 1_u64..200, told in any::<u64>(), open in any::<u64>()) {
        let lines = trail(size, |n| told >> (n % 64) & 1 == 1, |n| open >> (n % 64) & 1 == 1);
        prop_assert!(check(&lines).is_ok());
    }
}
