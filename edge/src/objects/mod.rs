//! The objects that keep the order: one `Subject` a person, one `AuditLog` and one `Registry` a site.
//!
//! Each commits event, index and outbox in one synchronous transaction, before it waits for anything. What follows
//! is repeatable and finished by an alarm if anything stops halfway.

pub mod audit_log;
pub mod connectors;
mod db;
mod outbox;
pub mod registry;
mod reseal;
mod rpc;
pub mod subject;

/// The name of the site's one log and one registry.
const SITE: &str = "site";
