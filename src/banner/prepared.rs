//! A banner prepared once and drawn for many.

use super::{dialogs, names::Names, pages, view::View, words};
use crate::{
    id::{PolicyHash, PurposeId},
    policy::{Notice, NoticeText, Policy, Regime, Setting, Use, fill, hash, interface, notice, resolve},
};
use std::collections::BTreeMap;

/// A policy's banner in one language and under one set of rules. Hashing and wording a policy is most of the work, so
/// whoever serves many pages keeps one of these for each policy, language and [`RegimeKey`](crate::policy::RegimeKey).
#[derive(Debug, Clone)]
pub struct Banner {
    pub(super) policy: PolicyHash,
    pub(super) notice: Notice,
    pub(super) regime: Regime,
    /// What the page says by script.
    pub(super) words: BTreeMap<&'static str, String>,
    /// Names within the notice's sentences.
    pub(super) names: Names,
    /// The purposes that "limit the use" ends.
    pub(super) sensitive: Vec<PurposeId>,
    pub(super) site: String,
    /// The label of the link back to the site.
    pub(super) back: String,
    /// The label of the link to the panel of the person's rights.
    pub(super) rights: String,
}

impl Banner {
    /// Prepares the banner for a setting; in the nearest language that is complete, see [`Policy::locale_for`].
    pub fn new(policy: &Policy, setting: &Setting<'_>) -> Self {
        let notice = notice(policy, setting);
        let interface = interface(policy, &notice.text.locale);
        let sensitive =
            policy.optional_purposes().filter(|purpose| purpose.uses.contains(&Use::SensitiveData));
        Self {
            policy: hash(policy),
            regime: resolve(policy, setting),
            words: words::of(policy, &interface),
            names: Names::of(policy),
            sensitive: sensitive.map(|purpose| purpose.id.clone()).collect(),
            back: fill(&interface.replies.back, &[("site", &policy.site.name)]),
            rights: fill(&interface.rights.rights_title, &[("site", &policy.site.name)]),
            site: policy.site.name.clone(),
            notice,
        }
    }

    /// The notice it shows.
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Whether the first layer is shown to who has decided nothing.
    pub fn asks(&self) -> bool {
        self.regime.asks
    }

    /// What the page says by script, by key. The first layer carries the same as `data-` attributes; whoever sends the
    /// dialogs as JSON sends this beside them. Places such as `{service}` are filled in by the page.
    pub fn words(&self) -> &BTreeMap<&'static str, String> {
        &self.words
    }

    /// Both dialogs and the reopen control, to stand in the body of a page.
    ///
    /// The first layer is open while nothing has been decided, where the rules want people asked. It is not modal, so
    /// the page stays readable and usable beneath it, and it works as a plain form before any script has run.
    pub fn fragment(&self, view: &View<'_>) -> String {
        dialogs::draw(&Scene { banner: self, view })
    }

    /// The first layer and the reopen control. A page that is to be small leaves the second layer to be fetched on use;
    /// without a script, [`Banner::page`] stands in for it.
    pub fn first(&self, view: &View<'_>) -> String {
        dialogs::draw_first(&Scene { banner: self, view })
    }

    /// The reopen control alone: all that a page needs for a visitor who has decided. A link, so it works before and
    /// without the dialogs.
    pub fn reopen(&self, view: &View<'_>) -> String {
        dialogs::draw_reopen(&Scene { banner: self, view })
    }

    /// The page that does all the second layer does. It needs no script.
    pub fn page(&self, view: &View<'_>) -> String {
        pages::draw(&Scene { banner: self, view })
    }
}

/// [`Banner::fragment`], prepared for one use in the view's setting.
pub fn fragment(policy: &Policy, view: &View<'_>) -> String {
    Banner::new(policy, &view.setting).fragment(view)
}

/// [`Banner::page`], prepared for one use in the view's setting.
pub fn page(policy: &Policy, view: &View<'_>) -> String {
    Banner::new(policy, &view.setting).page(view)
}

/// What is drawn: a banner as one person sees it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) banner: &'a Banner,
    pub(super) view: &'a View<'a>,
}

impl<'a> Scene<'a> {
    pub(super) fn text(&self) -> &'a NoticeText {
        &self.banner.notice.text
    }
}
