//! The routes under `/.consentry/`, one file for each thing people come for.

pub mod agents;
pub mod audit;
pub mod body;
pub mod cards;
pub mod connectors;
pub mod consent;
pub mod contact;
mod copy;
pub mod drp;
pub mod erasures;
pub mod lines;
pub mod log;
pub mod me;
pub mod notices;
pub mod pages;
pub mod policy;
pub mod records;
pub mod requests;
pub mod retention;
pub mod rights;
pub mod tag;
