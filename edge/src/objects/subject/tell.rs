//! What the site's own systems are told about the person, and the name by which they know them.

use super::{
    super::{db::Db, outbox::Task, registry::Notice},
    person::Person,
};
use crate::{config::Config, problem::Answer};
use consentry::{audit::Action, caller::SiteName, decider::Context, id::EventId};
use serde_json::Value;

const NAME: &str = "name";

/// The site's own name for the person, if they ever asked for something under one.
pub fn name(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Option<SiteName>> {
    person.sealed(db, NAME, config)
}

/// Remembers it.
pub fn remember(
    db: &Db<'_>,
    person: &Person,
    name: &SiteName,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    person.set_sealed(db, NAME, name, config, context)
}

/// Has the site's own systems told of an event, if there is anywhere to tell it.
pub fn tell(
    db: &Db<'_>,
    event: EventId,
    kind: Action,
    data: &Value,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    if config.webhook.is_none() {
        return Ok(());
    }
    let notice = Notice::of(event, kind, data, context.now, config)?;
    db.enqueue(event, &Task::Notify { notice })
}
