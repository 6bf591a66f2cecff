//! People's rights: the copy of what is held (Articles 15 and 20), and erasure (Article 17).

mod answer;
mod archive;
pub mod copy;
mod erasure;
pub mod request;

pub use answer::{Deleted, ErasureReply, Kept};
pub use archive::{Archive, ArchiveError, csv_line};
pub use erasure::{Command, Erasure, Event, Refusal, State};
