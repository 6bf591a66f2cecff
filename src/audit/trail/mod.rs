//! An audit trail as a file: lines of canonical JSON that prove themselves against one signed checkpoint.
//!
//! The first line names the checkpoint. Then come the log's leaves from the first to the last: as entries, opened where
//! they still open, and where somebody asked for less than everything, as gaps with the hashes of what is left out. Whoever
//! reads a trail to its end has computed the root of the tree, so nothing in it can be changed, left out, moved, doubled or
//! added.
//!
//! ```text
//! {"checkpoint":"shop.example/log\n9\n…","keys":["shop.example/log+…"],"trail":1}
//! {"from":0,"hashes":["…"],"to":8}
//! {"entry":{"action":"consent.given",…},"hash":"…","index":8,"leaf":{"action":"consent.given",…},"salt":"…"}
//! ```

mod check;
mod lines;

pub use check::{TrailCheck, TrailError, TrailReport};
pub use lines::{EntryLine, GapLine, HeadLine};

#[cfg(test)]
mod tests;
