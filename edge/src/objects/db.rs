//! An object's SQLite: typed rows, and transactions that are whole or not at all.

use super::outbox::Firsts;
use crate::problem::{Answer, OrInternal as _, Problem};
use consentry::clock::Timestamp;
use std::{
    collections::BTreeMap,
    panic::UnwindSafe,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wasm_bindgen::prelude::*;
use worker::{SqlStorageValue, State};

#[wasm_bindgen]
extern "C" {
    type RawStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &RawStorage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    // The promise is not waited for: the alarm is part of the same transaction as the rows around it.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &RawStorage, millis: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    fn delete_alarm(this: &RawStorage) -> Result<JsValue, JsValue>;
}

/// A value for a placeholder.
pub type Param = SqlStorageValue;

/// An object's database.
#[derive(Clone, Copy)]
pub struct Db<'a> {
    state: &'a State,
    memory: &'a Memory,
}

/// What an object remembers of its tables while it lives. Nobody else writes to them; what a transaction undoes is forgotten.
#[derive(Default)]
pub struct Memory(Mutex<Remembered>);

/// What is remembered. Nothing of it is more than can be read again.
#[derive(Default)]
pub(super) struct Remembered {
    /// Whether the tables are there, once that is known.
    pub(super) is_made: Option<bool>,
    /// The table `meta`.
    meta: Option<BTreeMap<String, String>>,
    /// The first rows of queries without parameters.
    firsts: BTreeMap<&'static str, Option<Row>>,
    /// The first rows of the outbox.
    pub(super) outbox: Option<Firsts>,
}

impl Remembered {
    /// Forgets what a statement may have changed: what is known of the table it writes to, or of all if it does something else.
    fn forget(&mut self, statement: &str) {
        let mut words = statement.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let is_write = matches!(words.next(), Some("INSERT" | "UPDATE" | "DELETE"));
        let is_between = |word: &&str| matches!(*word, "" | "OR" | "IGNORE" | "REPLACE" | "INTO" | "FROM");
        match words.find(|word| !is_between(word)) {
            Some(table) if is_write => {
                self.firsts.retain(|query, _| !query.contains(table));
                match table {
                    "meta" => self.meta = None,
                    "outbox" => self.outbox = None,
                    _ => {}
                }
            }
            _ => *self = Self { is_made: self.is_made, ..Self::default() },
        }
    }
}

/// A row, by position of its columns.
#[derive(Clone)]
pub struct Row(Vec<SqlStorageValue>);

impl Row {
    /// A text column.
    pub fn text(&self, at: usize) -> Answer<&str> {
        match self.0.get(at) {
            Some(SqlStorageValue::String(text)) => Ok(text),
            _ => Err(Problem::internal("db.text")),
        }
    }

    /// A text column that may be null.
    pub fn maybe_text(&self, at: usize) -> Option<&str> {
        self.text_if(at)
    }

    fn text_if(&self, at: usize) -> Option<&str> {
        match self.0.get(at) {
            Some(SqlStorageValue::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    pub fn number(&self, at: usize) -> Answer<u64> {
        self.maybe_number(at).or_internal("db.number")
    }

    /// A whole number that may be null.
    pub fn maybe_number(&self, at: usize) -> Option<u64> {
        match self.0.get(at) {
            Some(SqlStorageValue::Integer(number)) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Bytes.
    pub fn bytes(&self, at: usize) -> Answer<&[u8]> {
        self.maybe_bytes(at).or_internal("db.bytes")
    }

    /// Bytes that may be null.
    pub fn maybe_bytes(&self, at: usize) -> Option<&[u8]> {
        match self.0.get(at) {
            Some(SqlStorageValue::Blob(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// A moment, stored in seconds.
    pub fn time(&self, at: usize) -> Answer<Timestamp> {
        self.number(at).map(Timestamp::from_seconds)
    }

    /// A text column read as something typed.
    pub fn parse<T: FromStr>(&self, at: usize) -> Answer<T> {
        self.text(at)?.parse().or_internal("db.parse")
    }
}

/// Work on its way through the platform's transaction.
struct Transaction<'a, T> {
    work: &'a mut dyn FnMut() -> Answer<T>,
    outcome: &'a mut Option<Answer<T>>,
}

// A panic inside rolls the transaction back and fails the request; nothing half-done is looked at again.
impl<T> UnwindSafe for Transaction<'_, T> {}

impl<T> Transaction<'_, T> {
    fn run(&mut self) -> Result<JsValue, JsValue> {
        let result = (self.work)();
        let failed = result.is_err();
        *self.outcome = Some(result);
        // Throwing is how the platform is told to roll back.
        if failed { Err(JsValue::from_str("rolled back")) } else { Ok(JsValue::UNDEFINED) }
    }
}

/// The largest whole number that passes through JavaScript unchanged.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// A whole number as a parameter; larger ones than any row can have become the largest.
pub fn number(value: u64) -> Param {
    Param::Integer(i64::try_from(value).unwrap_or(MAX_SAFE).min(MAX_SAFE))
}

/// A moment as a parameter.
pub fn time(value: Timestamp) -> Param {
    number(value.seconds())
}

/// Something with a text form as a parameter.
#[allow(clippy::needless_pass_by_value, reason = "call sites read better without a reference at each value")]
pub fn text(value: impl ToString) -> Param {
    Param::String(value.to_string())
}

impl<'a> Db<'a> {
    /// The database of an object, with what the object remembers of it.
    pub const fn of(state: &'a State, memory: &'a Memory) -> Self {
        Self { state, memory }
    }

    /// What the object remembers.
    pub(super) fn memory(&self) -> MutexGuard<'_, Remembered> {
        self.memory.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a statement, or several that have no parameters.
    pub fn run(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<()> {
        self.memory().forget(query);
        self.execute(query, params)
    }

    /// The same, for what is remembered of the table to be kept up by whoever calls it.
    pub(super) fn execute(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<()> {
        self.state.storage().sql().exec(query, params.into()).or_internal("db.run").map(drop)
    }

    /// Makes tables that are not there, unless it is known that all of them are.
    pub fn make(&self, tables: &[&str]) -> Answer<()> {
        let is_made = self.memory().is_made;
        if is_made != Some(true) {
            self.execute(&tables.join(";\n"), [])?;
            let mut memory = self.memory();
            if is_made == Some(false) {
                // There was none: nothing is in them.
                memory.meta = Some(BTreeMap::new());
                memory.outbox = Some(Firsts { rows: Vec::new(), is_all: true });
            }
            memory.is_made = Some(true);
        }
        Ok(())
    }

    /// Deletes everything, tables and alarm too.
    pub async fn delete_all(&self) -> Answer<()> {
        *self.memory() = Remembered::default();
        let deleted = self.state.storage().delete_all().await;
        *self.memory() = Remembered::default();
        deleted.map_err(|_| Problem::internal("db.delete-all"))
    }

    /// Reads rows.
    pub fn rows(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<Vec<Row>> {
        let cursor = self.state.storage().sql().exec(query, params.into()).or_internal("db.rows")?;
        cursor.raw().map(|row| row.map(Row).or_internal("db.row")).collect()
    }

    /// Reads one row, if there is one.
    pub fn row(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<Option<Row>> {
        Ok(self.rows(query, params)?.into_iter().next())
    }

    /// Reads one number, such as a count; nothing counts as zero.
    pub fn count(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<u64> {
        Ok(self.row(query, params)?.and_then(|row| row.maybe_number(0)).unwrap_or(0))
    }

    /// The first row of a query without parameters, read again only after something was written to a table that it names.
    pub fn first(&self, query: &'static str) -> Answer<Option<Row>> {
        if let Some(row) = self.memory().firsts.get(query) {
            return Ok(row.clone());
        }
        let row = self.row(query, [])?;
        self.memory().firsts.insert(query, row.clone());
        Ok(row)
    }

    /// The same of a query for a moment.
    pub fn first_time(&self, query: &'static str) -> Answer<Option<Timestamp>> {
        Ok(self.first(query)?.and_then(|row| row.maybe_number(0)).map(Timestamp::from_seconds))
    }

    /// Runs work as one transaction. An error, or a panic, undoes all of it.
    pub fn transaction<T>(&self, mut work: impl FnMut() -> Answer<T>) -> Answer<T> {
        let mut outcome = None;
        let mut transaction = Transaction { work: &mut work, outcome: &mut outcome };
        let storage = self.state.storage();
        let raw: &RawStorage = storage.as_raw().unchecked_ref();
        let committed = raw.transaction_sync(&mut move || transaction.run());
        let done = match outcome {
            Some(Ok(value)) => committed.or_internal("db.commit").map(|_| value),
            Some(Err(problem)) => Err(problem),
            None => Err(Problem::internal("db.transaction")),
        };
        if done.is_err() {
            *self.memory() = Remembered::default();
        }
        done
    }

    /// Sets the alarm for a moment, or none.
    pub fn arm(&self, at: Option<Timestamp>) -> Answer<()> {
        let storage = self.state.storage();
        let raw: &RawStorage = storage.as_raw().unchecked_ref();
        #[allow(
            clippy::cast_precision_loss,
            reason = "milliseconds until the year 9999 are exact in a double"
        )]
        let set = match at {
            Some(at) => raw.set_alarm(at.seconds() as f64 * 1000.0),
            None => raw.delete_alarm(),
        };
        set.or_internal("db.alarm").map(drop)
    }

    /// A value of the table `meta`.
    pub fn meta(&self, name: &str) -> Answer<Option<String>> {
        if let Some(meta) = &self.memory().meta {
            return Ok(meta.get(name).cloned());
        }
        let rows = self.rows("SELECT name, value FROM meta", [])?;
        let pairs = rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
        let meta: BTreeMap<_, _> = pairs.collect::<Answer<_>>()?;
        let value = meta.get(name).cloned();
        self.memory().meta = Some(meta);
        Ok(value)
    }

    /// Takes values out of the table `meta`, those that are there.
    pub fn unset_meta<const N: usize>(&self, names: [&str; N]) -> Answer<()> {
        for name in names {
            if self.meta(name)?.is_some() {
                self.execute("DELETE FROM meta WHERE name = ?", [text(name)])?;
                if let Some(meta) = &mut self.memory().meta {
                    meta.remove(name);
                }
            }
        }
        Ok(())
    }

    /// Sets a value of the table `meta`.
    pub fn set_meta(&self, name: &str, value: &str) -> Answer<()> {
        self.set_metas([(name, value)])
    }

    /// Sets several.
    pub fn set_metas<'v>(&self, pairs: impl IntoIterator<Item = (&'v str, &'v str)>) -> Answer<()> {
        let pairs: Vec<_> = pairs.into_iter().collect();
        let rows = vec!["(?, ?)"; pairs.len()].join(", ");
        let params: Vec<_> = pairs.iter().flat_map(|(name, value)| [text(name), text(value)]).collect();
        self.execute(&format!("INSERT OR REPLACE INTO meta (name, value) VALUES {rows}"), params)?;
        if let Some(meta) = &mut self.memory().meta {
            meta.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        Ok(())
    }
}
