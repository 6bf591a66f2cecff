//! What came in lately under a name that its sender gave it, and how it was answered: the same again is answered alike and changes
//! nothing, whatever has happened since.

use super::{
    super::db::{Db, Param, number, text, time},
    person::Person,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::now,
};
use consentry::{
    clock::Timestamp,
    decider::Context,
    encoding::to_base64url,
    vault::{Binding, Mac, open, seal},
    webhook::TOLERANCE,
};
use serde::{Serialize, de::DeserializeOwned};

/// The table: `name` is a keyed hash, `body` the answer, sealed under the person's key.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY, kind TEXT NOT NULL,
    until INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS seen_by_time ON seen (until, kind)";

/// The most of a kind that are remembered of one person. Beyond them the oldest are forgotten early.
const MOST: u64 = 1_000;

/// What came in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A record, by its place and the sender's key for it.
    Record,
    /// A message of another system of the site, by its request, the system and its id.
    Message,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Message => "message",
        }
    }

    /// For how long the same is not taken for something new, in seconds: a day, in which who had no answer has tried again; and for
    /// as long as a signature counts, from a clock that may be ahead of ours.
    const fn remembered(self) -> u64 {
        match self {
            Self::Record => 86_400,
            Self::Message => 2 * TOLERANCE + 1,
        }
    }

    fn hash(self, name: &str, person: &Person) -> String {
        let mac = Mac::new(person.key.as_bytes(), "consentry/seen/v1").chain(self.name()).chain("\n");
        to_base64url(&mac.chain(name).finish16())
    }
}

fn binding<'a>(config: &'a Config, hash: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "seen", name: hash }
}

/// How it was answered, if it came in before.
pub(super) fn find<A: DeserializeOwned>(
    db: &Db<'_>,
    person: &Person,
    kind: Kind,
    name: &str,
    config: &Config,
) -> Answer<Option<A>> {
    let hash = kind.hash(name, person);
    let query = "SELECT body FROM seen WHERE name = ? AND until > ?";
    let Some(row) = db.row(query, [text(&hash), time(now())])? else { return Ok(None) };
    // What does not open in its place has been changed: an incident.
    let plain =
        open(person.key.as_bytes(), binding(config, &hash), row.bytes(0)?).or_internal("seen.integrity")?;
    serde_json::from_slice(&plain).or_internal("seen.decode")
}

/// Remembers how it is answered, within the transaction that takes it in.
pub(super) fn remember(
    db: &Db<'_>,
    person: &Person,
    kind: Kind,
    name: &str,
    answer: &impl Serialize,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let hash = kind.hash(name, person);
    let plain = serde_json::to_vec(answer).or_internal("seen.encode")?;
    let nonce = context.derive16(&format!("seen nonce {hash}"));
    let body =
        seal(person.key.as_bytes(), &nonce, binding(config, &hash), &plain).or_internal("seen.seal")?;
    let until = context.now.plus_seconds(kind.remembered());
    let row = [text(&hash), text(kind.name()), time(until), Param::Blob(body)];
    db.run("INSERT OR REPLACE INTO seen (name, kind, until, body) VALUES (?, ?, ?, ?)", row)?;
    let beyond = "SELECT rowid FROM seen WHERE kind = ? ORDER BY until DESC, rowid DESC LIMIT -1 OFFSET ?";
    db.run(&format!("DELETE FROM seen WHERE rowid IN ({beyond})"), [text(kind.name()), number(MOST)])
}

/// When something of it can be forgotten.
pub(super) fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    db.first_time("SELECT min(until) FROM seen")
}

/// Forgets what can be.
pub(super) fn expire(db: &Db<'_>) -> Answer<()> {
    if due(db)?.is_none_or(|due| due > now()) {
        return Ok(());
    }
    db.run("DELETE FROM seen WHERE until <= ?", [time(now())])
}

/// Forgets all of it: the person is erased.
pub(super) fn forget(db: &Db<'_>) -> Answer<()> {
    db.run("DELETE FROM seen", [])
}
