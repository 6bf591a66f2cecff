//! Following a log, as the command line does it. Texts and bytes in, JSON out; the tool fetches.

use super::to_json;
use crate::audit::{
    Note, NoteKey, TilePath,
    watch::{Fault, Watch, WatchState},
};
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

/// A log that is being followed, [`Watch`] for JavaScript. What the log did wrong is an error with the message, and then
/// [`Watcher::fault`] has the rest of it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Watcher {
    watch: Watch,
    fault: Option<Fault>,
}

/// How far a round is.
#[derive(Serialize)]
struct Step {
    /// How many leaves are read.
    read: u64,
    /// The tiles that are needed next, as paths after `tile/`; none at the end.
    tiles: Vec<String>,
}

/// When a witness saw the log.
#[derive(Serialize)]
struct Sighting {
    name: String,
    /// Seconds since 1970.
    time: u64,
}

/// What is wrong, for machines and as evidence.
#[derive(Serialize)]
struct FaultParts<'a> {
    kind: &'static str,
    /// The earlier checkpoint that is contradicted.
    seen: Option<String>,
    /// The roots of the complete subtrees that the entries of `seen` fall into, where these were read.
    edge: Option<Vec<String>>,
    /// The tiles of the tree at hand that were kept, in base64, by their paths.
    tiles: &'a BTreeMap<String, String>,
}

#[wasm_bindgen]
impl Watcher {
    /// `keys` is a JSON list of the log's verifier lines that are to be believed. `state` is what [`Watcher::state`] gave.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: &str, state: Option<String>) -> Result<Self, JsError> {
        let keys = parsed(keys)?;
        let watch = match state {
            Some(state) => Watch::resume(keys, &serde_json::from_str(&state)?)?,
            None => Watch::new(keys)?,
        };
        Ok(Self { watch, fault: None })
    }

    /// Takes the checkpoint that was witnessed last. `witnesses` is a JSON list of the verifier lines of witnesses that must
    /// have cosigned it. Gives when they did, as a JSON list of `{"name","time"}`.
    pub fn witnessed(&mut self, note: &str, witnesses: &str) -> Result<String, JsError> {
        let witnesses = parsed(witnesses)?;
        let found = self.watch.witnessed(note, &witnesses);
        let sightings =
            self.told(found)?.into_iter().map(|one| Sighting { name: one.name, time: one.at.seconds() });
        Ok(to_json(&sightings.collect::<Vec<_>>()))
    }

    /// Begins a round with the log's newest checkpoint.
    pub fn show(&mut self, note: &str) -> Result<(), JsError> {
        let shown = self.watch.show(note);
        self.told(shown).map(drop)
    }

    /// Goes on, and says what it takes next: `{"read","tiles"}` as JSON.
    pub fn wants(&mut self) -> Result<String, JsError> {
        let wanted = self.watch.wants();
        let tiles = self.told(wanted)?.iter().map(TilePath::to_string).collect();
        Ok(to_json(&Step { read: self.watch.read(), tiles }))
    }

    /// Takes the bytes of a tile that was asked for.
    pub fn take(&mut self, path: &str, bytes: &[u8]) -> Result<(), JsError> {
        let path = TilePath::parse(path).ok_or_else(|| JsError::new("no path of a tile"))?;
        let taken = self.watch.take(path, bytes);
        self.told(taken)
    }

    /// Whether the last checkpoint is also signed by a key of the log's name that is not believed.
    #[wasm_bindgen(getter)]
    pub fn stranger(&self) -> bool {
        self.watch.has_stranger()
    }

    /// Believes the key of a verifier line, if the last checkpoint is signed by it as well. Tells whether it was new.
    pub fn learn(&mut self, line: &str) -> bool {
        NoteKey::parse(line).is_ok_and(|key| self.watch.learn(&key))
    }

    /// What is to be kept after a round, [`WatchState`] as JSON.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> Option<String> {
        self.watch.state().map(|state: WatchState| to_json(&state))
    }

    /// What the log did wrong, as JSON: `{"kind","seen","edge","tiles"}`.
    #[wasm_bindgen(getter)]
    pub fn fault(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        let seen = fault.against.as_ref().map(Note::to_string);
        let state = self.watch.state().filter(|state| Some(&state.note) == seen.as_ref());
        let tiles =
            self.watch.tiles().map(|(path, bytes)| (path.to_string(), crate::encoding::to_base64(&bytes)));
        Some(to_json(&FaultParts {
            kind: fault.kind.as_str(),
            seen,
            edge: state.map(|state| state.edge),
            tiles: &tiles.collect(),
        }))
    }
}

impl Watcher {
    /// Keeps a fault for who asks about it.
    fn told<T>(&mut self, found: Result<T, Fault>) -> Result<T, JsError> {
        found.map_err(|fault| {
            let error = JsError::new(&fault.message);
            self.fault = Some(fault);
            error
        })
    }
}

/// Verifier lines, as a JSON list.
fn parsed(lines: &str) -> Result<Vec<NoteKey>, JsError> {
    let lines: Vec<String> = serde_json::from_str(lines)?;
    Ok(lines.iter().map(|line| NoteKey::parse(line)).collect::<Result<_, _>>()?)
}
