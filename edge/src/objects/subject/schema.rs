//! The object's tables, made at the first write: looking at an object about which nothing is known leaves nothing.

use super::super::{db::Db, outbox};
use crate::problem::Answer;

const TABLES: [&str; 14] = [
    super::records::TABLES[0],
    super::records::TABLES[1],
    super::export::TABLES[0],
    super::export::TABLES[1],
    super::requests::TABLE,
    super::systems::TABLE,
    super::hold::TABLE,
    super::seen::TABLE,
    // What is kept of the person by a name, sealed.
    "CREATE TABLE IF NOT EXISTS sealed (name TEXT PRIMARY KEY, body BLOB NOT NULL)",
    outbox::SCHEMA,
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // `body` is sealed under the person's key.
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
    // The exact index: written before KV is, emptied after KV is.
    "CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, retain_until INTEGER NOT NULL)",
    // Keys deleted once more, in case a write that was under way landed after the first deletion.
    "CREATE TABLE IF NOT EXISTS late_deletes (key TEXT PRIMARY KEY, due INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS late_deletes_by_time ON late_deletes (due)",
];

/// What was added last, as the count of those that are to be there tells.
const NEWEST: &str =
    "SELECT count(*) FROM sqlite_master WHERE name IN ('late_deletes', 'late_deletes_by_time')";

impl Db<'_> {
    /// Makes the tables.
    pub fn create(&self) -> Answer<()> {
        self.make(&TABLES)
    }

    /// Whether the tables were ever made. What an earlier version did not have is made now.
    pub fn exists(&self) -> Answer<bool> {
        let known = self.memory().is_made;
        if let Some(is_made) = known {
            return Ok(is_made);
        }
        let is_made = match self.count(NEWEST, [])? {
            0 => false,
            1 => return self.create().map(|()| true),
            _ => true,
        };
        self.memory().is_made = Some(is_made);
        Ok(is_made)
    }
}
