//! Logs that keep their word, and every way of breaking it.

use super::*;
use crate::{
    audit::merkle::{MemoryTree, root},
    vault::SigningKey,
};
use proptest::prelude::*;

const ORIGIN: &str = "shop.example/log";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn verifier(seed: u8) -> NoteKey {
    NoteKey::new(ORIGIN, key(seed).public()).unwrap()
}

/// A log whose leaves are numbers, but for one of them.
struct Log {
    tree: MemoryTree,
    odd: Option<u64>,
}

impl Log {
    fn of(size: u64) -> Self {
        Self::with(size, None)
    }

    /// With another leaf in one place.
    fn with(size: u64, odd: Option<u64>) -> Self {
        let mut log = Self { tree: MemoryTree::default(), odd };
        log.grow(size);
        log
    }

    fn grow(&mut self, size: u64) {
        while self.tree.size() < size {
            let own = self.tree.size();
            let leaf = if self.odd == Some(own) { u64::MAX } else { own };
            self.tree.append(&leaf.to_be_bytes()).unwrap();
        }
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint { origin: ORIGIN.into(), size, root: root(&self.tree, size).unwrap() }
    }

    fn note(&self) -> String {
        self.checkpoint(self.tree.size()).sign(&key(7)).unwrap().to_string()
    }
}

fn begun() -> Watch {
    Watch::new(vec![verifier(7)]).unwrap()
}

/// A round in which tiles come as `served` changes them. Gives the paths that were asked for.
fn served(
    watch: &mut Watch,
    log: &Log,
    note: &str,
    served: impl Fn(TilePath, Vec<u8>) -> Vec<u8>,
) -> Result<Vec<TilePath>, Fault> {
    let mut asked = Vec::new();
    watch.show(note)?;
    loop {
        let wanted = watch.wants()?;
        if wanted.is_empty() {
            return Ok(asked);
        }
        for path in wanted {
            assert!(path.is_in(log.tree.size()), "{path}");
            assert!(!asked.contains(&path), "{path} twice");
            asked.push(path);
            watch.take(path, &served(path, path.read(&log.tree).unwrap()))?;
        }
    }
}

fn follow(watch: &mut Watch, log: &Log) -> Result<Vec<TilePath>, Fault> {
    served(watch, log, &log.note(), |_, bytes| bytes)
}

/// Taken up from what would be kept.
fn again(watch: &Watch) -> Watch {
    let text = serde_json::to_string(&watch.state().unwrap()).unwrap();
    Watch::resume(watch.keys().to_vec(), &serde_json::from_str(&text).unwrap()).unwrap()
}

fn names(paths: &[TilePath]) -> Vec<String> {
    paths.iter().map(TilePath::to_string).collect()
}

#[test]
fn reads_what_is_new_and_nothing_twice() {
    let mut watch = begun();
    assert_eq!((watch.size(), watch.read(), watch.state()), (None, 0, None));
    assert_eq!(
        names(&follow(&mut watch, &Log::of(600)).unwrap()),
        ["0/002.p/88", "1/000.p/2", "0/000", "0/001"]
    );
    assert_eq!((watch.size(), watch.read()), (Some(600), 600));
    assert_eq!(names(&follow(&mut watch, &Log::of(600)).unwrap()), [""; 0]);
    assert_eq!(names(&follow(&mut again(&watch), &Log::of(700)).unwrap()), ["0/002.p/188", "1/000.p/2"]);
    assert_eq!(
        names(&follow(&mut again(&watch), &Log::of(1000)).unwrap()),
        ["0/003.p/232", "1/000.p/3", "0/002"]
    );
    assert_eq!(watch.state().unwrap().edge.len(), 4, "600 is 512 + 64 + 16 + 8");
}

#[test]
fn three_levels_of_tiles() {
    let mut log = Log::of(66_000);
    let mut watch = begun();
    let asked = follow(&mut watch, &log).unwrap();
    assert_eq!(asked.iter().filter(|path| path.level == 0).count(), 258);
    assert_eq!(names(&asked[..4]), ["0/257.p/208", "1/001.p/1", "2/000.p/1", "1/000"]);
    log.grow(66_700);
    follow(&mut again(&watch), &log).unwrap();
    let other = Log::with(66_700, Some(65_000));
    let fault = follow(&mut watch, &other).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Rewritten);
    assert!(fault.message.ends_with(": leaves 0 to 65535 are others now"), "{fault}");
}

#[test]
fn an_empty_log_is_one() {
    let mut watch = begun();
    assert!(follow(&mut watch, &Log::of(0)).unwrap().is_empty());
    assert_eq!((watch.size(), watch.state().unwrap().edge.len()), (Some(0), 0));
    follow(&mut again(&watch), &Log::of(3)).unwrap();
    let forged = Checkpoint { root: [1; 32], ..Log::of(0).checkpoint(0) }.sign(&key(7)).unwrap();
    assert_eq!(begun().show(&forged.to_string()), Ok(0));
    let mut watch = begun();
    watch.show(&forged.to_string()).unwrap();
    assert_eq!(watch.wants().unwrap_err().kind, FaultKind::Tile);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_log_that_only_grows_is_followed_from_anywhere(steps in prop::collection::vec(0_u64..500, 1..5)) {
        let (mut log, mut watch) = (Log::of(0), begun());
        for step in steps {
            log.grow(log.tree.size() + step);
            follow(&mut watch, &log).unwrap();
            prop_assert_eq!(watch.size(), Some(log.tree.size()));
            watch = again(&watch);
        }
    }

    #[test]
    fn a_log_that_was_rewritten_is_found_out(size in 1_u64..800, more in 0_u64..600, at in any::<u64>()) {
        let odd = at % size;
        let mut watch = begun();
        follow(&mut watch, &Log::of(size)).unwrap();
        let fault = follow(&mut watch, &Log::with(size + more, Some(odd))).unwrap_err();
        prop_assert_eq!(fault.kind, if more == 0 { FaultKind::Split } else { FaultKind::Rewritten });
        prop_assert_eq!(fault.against.unwrap().to_string(), Log::of(size).note());
        prop_assert_eq!(watch.size(), Some(size), "what was seen stays");
        if more > 0 {
            let range = fault.message.rsplit_once(": leaves ").unwrap().1.strip_suffix(" are others now").unwrap();
            let (from, to) = range.split_once(" to ").unwrap();
            prop_assert!((from.parse().unwrap()..=to.parse().unwrap()).contains(&odd), "{range} for {odd}");
        }
    }
}

#[test]
fn checkpoints_that_break_the_word() {
    let mut watch = begun();
    follow(&mut watch, &Log::of(300)).unwrap();
    let mut shown = |note: &str| watch.show(note).unwrap_err();
    let smaller = shown(&Log::of(299).note());
    assert_eq!(
        smaller.message,
        "the log had 300 entries and is now shown with 299: it lost some, or goes back"
    );
    assert_eq!(smaller.against.unwrap().to_string(), Log::of(300).note());
    let split = shown(&Log::with(300, Some(2)).note());
    assert_eq!(split.message, "two trees of 300 entries were signed: the log is not the same for everybody");

    let foreign = Checkpoint { origin: "other.example/log".into(), ..Log::of(300).checkpoint(300) };
    let by_the_other = shown(&foreign.sign(&key(7)).unwrap().to_string());
    assert_eq!(by_the_other.message, "line 1: this is the log other.example/log, not shop.example/log");
    let ours = Note::sign(&foreign.to_string(), ORIGIN, &key(7)).unwrap();
    assert_eq!(shown(&ours.to_string()).kind, FaultKind::Origin, "though it is signed by the key");

    let stranger = shown(&Log::of(400).checkpoint(400).sign(&key(8)).unwrap().to_string());
    assert_eq!(stranger.kind, FaultKind::Key);
    let name = format!("shop.example/log+{}", crate::encoding::to_hex(&verifier(8).id()));
    assert!(stranger.message.ends_with(&format!("but by {name}")), "{stranger}");
    assert_eq!(shown("<!doctype html>").kind, FaultKind::Malformed);
}

#[test]
fn a_key_is_followed_by_one_that_it_vouches_for() {
    let (mut watch, mut log) = (begun(), Log::of(5));
    follow(&mut watch, &log).unwrap();
    assert!(!watch.has_stranger() && !watch.learn(&verifier(8)));
    log.grow(6);
    let mut note = log.checkpoint(6).sign(&key(8)).unwrap();
    note.add(ORIGIN, &key(7)).unwrap();
    served(&mut watch, &log, &note.to_string(), |_, bytes| bytes).unwrap();
    assert!(watch.has_stranger());
    assert!(!watch.learn(&verifier(9)), "it did not sign");
    assert!(watch.learn(&verifier(8)) && !watch.has_stranger() && !watch.learn(&verifier(8)));
    log.grow(7);
    let alone = log.checkpoint(7).sign(&key(8)).unwrap().to_string();
    served(&mut again(&watch), &log, &alone, |_, bytes| bytes).unwrap();
    assert_eq!(again(&watch).keys().len(), 2);
}

#[test]
fn witnesses_have_to_have_seen_the_same_log() {
    let line =
        |seed| NoteKey::of_kind("witness.example/w", KeyKind::Cosignature, key(seed).public()).unwrap();
    let at = Timestamp::from_seconds(1_795_255_200);
    let cosigned = |log: &Log, size| {
        let mut note = log.checkpoint(size).sign(&key(7)).unwrap();
        note.cosign("witness.example/w", &key(3), at).unwrap();
        note.to_string()
    };
    let log = Log::of(700);
    for size in [0, 1, 255, 256, 400, 700] {
        let mut watch = begun();
        let found = watch.witnessed(&cosigned(&log, size), &[line(3)]).unwrap();
        assert_eq!(found, [Cosigned { name: "witness.example/w".into(), at }]);
        follow(&mut watch, &log).unwrap();
    }
    let mut watch = begun();
    let fault = watch.witnessed(&cosigned(&log, 5), &[line(3), line(4)]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unwitnessed);
    for (size, kind) in [(400, FaultKind::Rewritten), (700, FaultKind::Split), (800, FaultKind::Smaller)] {
        let (mut watch, other) = (begun(), Log::with(800, Some(9)));
        watch.witnessed(&cosigned(&other, size), &[line(3)]).unwrap();
        let fault = follow(&mut watch, &log).unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
        assert_eq!(fault.against.unwrap().to_string(), cosigned(&other, size));
    }
}

#[test]
fn keys_and_states_that_do_not_fit_are_refused() {
    let other = NoteKey::new("other.example/log", key(7).public()).unwrap();
    let witness = NoteKey::of_kind(ORIGIN, KeyKind::Cosignature, key(7).public()).unwrap();
    for keys in [vec![], vec![verifier(7), other.clone()], vec![witness]] {
        assert!(Watch::new(keys).is_err());
    }
    let mut watch = begun();
    follow(&mut watch, &Log::of(300)).unwrap();
    let good = watch.state().unwrap();
    assert!(Watch::resume(vec![verifier(7)], &good).is_ok());
    assert!(Watch::resume(vec![other], &good).is_err());
    for change in [
        |state: &mut WatchState| state.size += 1,
        |state: &mut WatchState| state.edge.swap(0, 1),
        |state: &mut WatchState| drop(state.edge.pop()),
        |state: &mut WatchState| state.edge.clear(),
        |state: &mut WatchState| state.edge[0] = "AAAA".into(),
        |state: &mut WatchState| state.note = Log::of(299).note(),
        |state: &mut WatchState| state.note.clear(),
    ] {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(Watch::resume(vec![verifier(7)], &bad).is_err(), "{bad:?}");
    }
}

/// Every change of a text or of bytes in one place.
fn changes(bytes: &[u8], at: usize) -> Vec<Vec<u8>> {
    let mut flipped: Vec<_> =
        [1, 0x20].map(|bits| [&bytes[..at], &[bytes[at] ^ bits], &bytes[at + 1..]].concat()).into();
    flipped.push([&bytes[..at], &bytes[at + 1..]].concat());
    flipped.push([&bytes[..=at], &bytes[at..]].concat());
    if at > 0 && bytes[at] != bytes[at - 1] {
        let mut swapped = bytes.to_vec();
        swapped.swap(at - 1, at);
        flipped.push(swapped);
    }
    flipped
}

#[test]
fn no_changed_byte_of_a_checkpoint_passes() {
    let log = Log::of(300);
    let mut watch = begun();
    follow(&mut watch, &Log::of(200)).unwrap();
    let note = log.note();
    assert_eq!(watch.show(&note), Ok(300));
    for at in 0..note.len() {
        for changed in changes(note.as_bytes(), at) {
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let fault = watch.show(&changed).expect_err(&changed);
            let line = note.as_bytes()[..at].split(|byte| *byte == b'\n').count();
            let said = fault.message.starts_with("line ") || fault.kind == FaultKind::Malformed;
            assert!(said, "{fault}, and line {line} was changed");
            if fault.kind == FaultKind::Origin {
                assert_eq!(line, 1, "{fault}");
            }
        }
    }
    for cut in 0..note.len() {
        let Some(begun) = note.get(..cut) else { continue };
        assert!(watch.show(begun).is_err(), "cut after {cut} bytes");
        assert!(watch.show(&format!("{note}{begun}")).is_err() || begun.is_empty(), "{cut} bytes more");
    }
}

#[test]
fn no_changed_tile_passes_and_each_is_named() {
    let log = Log::of(600);
    let tiles = ["0/000", "0/001", "0/002.p/88", "1/000.p/2"].map(|path| TilePath::parse(path).unwrap());
    let caught = |changed: TilePath, bytes: &[u8], what: &str| {
        let swap = |path, own| if path == changed { bytes.to_vec() } else { own };
        let fault = served(&mut begun(), &log, &log.note(), swap).expect_err(what);
        assert_eq!(fault.kind, FaultKind::Tile, "{what}");
        assert!(fault.message.contains(&changed.to_string()), "{fault}: {what} of {changed}");
    };
    for path in tiles {
        let bytes = path.read(&log.tree).unwrap();
        for at in (0..bytes.len()).step_by(if path.width == 256 { 191 } else { 7 }) {
            for changed in changes(&bytes, at) {
                caught(path, &changed, &format!("byte {at}"));
            }
        }
        let hashes: Vec<_> = bytes.chunks(32).collect();
        for at in (0..hashes.len()).step_by(9) {
            caught(path, &[&hashes[..at], &hashes[at + 1..]].concat().concat(), "a hash left out");
            caught(path, &[&hashes[..=at], &hashes[at..]].concat().concat(), "a hash doubled");
            let moved = [&hashes[..at], &hashes[at + 1..], &hashes[at..=at]].concat().concat();
            if moved != bytes {
                caught(path, &moved, "a hash moved");
            }
        }
        caught(path, &[], "nothing");
        for other in tiles.iter().filter(|other| **other != path) {
            caught(path, &other.read(&log.tree).unwrap(), "another tile");
        }
    }
}

#[test]
fn a_tile_that_was_not_asked_for_is_refused() {
    let mut watch = begun();
    watch.show(&Log::of(600).note()).unwrap();
    for path in ["0/000.p/7", "0/003", "1/000", "2/000", "63/000", "0/002"] {
        let path = TilePath::parse(path).unwrap();
        assert!(watch.take(path, &vec![0; 32 * usize::from(path.width)]).is_err(), "{path}");
    }
}
