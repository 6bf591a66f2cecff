//! People's rights (Articles 12 to 22): requests and their terms, the copy of what is held, rectification, restriction,
//! erasure.

pub mod agent;
mod answer;
mod archive;
mod asked;
pub mod connector;
pub mod copy;
mod erasure;
mod law;
mod rectify;
pub mod request;
pub mod restriction;

pub use answer::{Deleted, ErasureReply, Extended, Kept, Refused, Remedy, RequestReply, StepReply};
pub use archive::{Archive, ArchiveError, LONGEST_PASSPHRASE, SHORTEST_PASSPHRASE, csv_line};
pub use asked::{Asked, LONGEST_STATEMENT, MOST_CHANGES, Named, RestrictionGround};
pub use erasure::{Command, Erasure, Event, Refusal, State};
pub use law::{calendar, law};
pub use rectify::{Rectified, Refusal as NotRectified, rectify};
