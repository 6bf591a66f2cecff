//! Which boxes a person ticked, told from what they decided.

use super::prepared::Scene;
use crate::{
    consent::Choices,
    id::ServiceId,
    policy::{PurposeText, ServiceText},
};

/// How a purpose and its services stand with the person who looks.
pub(super) struct Boxes<'a> {
    choices: Option<&'a Choices>,
    services: &'a [ServiceText],
    /// Whether the boxes are for objecting.
    objecting: bool,
    given: bool,
    refused: bool,
}

impl<'a> Boxes<'a> {
    pub(super) fn of(scene: &Scene<'a>, purpose: &'a PurposeText) -> Self {
        let regime = &scene.banner.regime;
        // What was given before the browser's signal does not count against it; what was refused always does.
        let overrules = |choices: &Choices| {
            regime.signal && !choices.despite_signal && regime.signalled.contains(&purpose.id)
        };
        let choices = scene.view.choices;
        let granting = choices.filter(|choices| !overrules(choices));
        let objecting = purpose.is_on();
        Self {
            choices: if objecting { choices } else { granting },
            services: &purpose.services,
            objecting,
            given: granting.is_some_and(|choices| choices.given.contains(&purpose.id)),
            refused: choices.is_some_and(|choices| choices.refused.contains(&purpose.id)),
        }
    }

    /// Whether the purpose's own box is ticked. An objection with exceptions is shown service by service, so that the
    /// form, sent again without a script, says the same.
    pub(super) fn is_ticked(&self) -> bool {
        let has_exception = || self.services.iter().any(|service| self.is_excepted(&service.id));
        if self.objecting { self.refused && !has_exception() } else { self.given }
    }

    /// Whether a service's box is ticked.
    pub(super) fn is_service_ticked(&self, service: &ServiceId) -> bool {
        let excepted = self.is_excepted(service);
        match (self.objecting, self.refused) {
            (true, true) => !excepted,
            (true, false) => excepted && !self.given,
            (false, refused) => self.given || (refused && excepted),
        }
    }

    /// Whether a service is excepted from how its purpose stands.
    fn is_excepted(&self, service: &ServiceId) -> bool {
        self.choices.is_some_and(|choices| choices.services.contains(service))
    }
}
