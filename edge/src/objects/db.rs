//! An object's SQLite: typed rows, and transactions that are whole or not at all.

use crate::problem::{Answer, OrInternal as _, Problem};
use consentry::clock::Timestamp;
use std::{panic::UnwindSafe, str::FromStr};
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
pub struct Db<'a>(pub &'a State);

/// A row, by position of its columns.
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

impl Db<'_> {
    /// Runs a statement.
    pub fn run(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<()> {
        self.0.storage().sql().exec(query, params.into()).or_internal("db.run").map(drop)
    }

    /// Reads rows.
    pub fn rows(&self, query: &str, params: impl Into<Vec<Param>>) -> Answer<Vec<Row>> {
        let cursor = self.0.storage().sql().exec(query, params.into()).or_internal("db.rows")?;
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

    /// Runs work as one transaction. An error, or a panic, undoes all of it.
    pub fn transaction<T>(&self, mut work: impl FnMut() -> Answer<T>) -> Answer<T> {
        let mut outcome = None;
        let mut transaction = Transaction { work: &mut work, outcome: &mut outcome };
        let storage = self.0.storage();
        let raw: &RawStorage = storage.as_raw().unchecked_ref();
        let committed = raw.transaction_sync(&mut move || transaction.run());
        match outcome {
            Some(Ok(value)) => committed.or_internal("db.commit").map(|_| value),
            Some(Err(problem)) => Err(problem),
            None => Err(Problem::internal("db.transaction")),
        }
    }

    /// Sets the alarm for a moment, or none.
    pub fn arm(&self, at: Option<Timestamp>) -> Answer<()> {
        let storage = self.0.storage();
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
        let row = self.row("SELECT value FROM meta WHERE name = ?", [text(name)])?;
        row.map(|row| row.text(0).map(str::to_owned)).transpose()
    }

    /// Sets a value of the table `meta`.
    pub fn set_meta(&self, name: &str, value: &str) -> Answer<()> {
        self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", [text(name), text(value)])
    }
}
