//! A banner prepared once and drawn for many.

use super::{dialogs, pages, view::View};
use crate::{
    id::PolicyHash,
    policy::{Notice, NoticeText, Policy, fill, hash, interface, notice},
};

/// A policy's banner in one locale. Hashing and wording a policy is most of the work, so whoever serves many pages
/// keeps one of these for each policy and locale.
#[derive(Debug, Clone)]
pub struct Banner {
    pub(super) policy: PolicyHash,
    pub(super) notice: Notice,
    /// Whether anything can be refused.
    pub(super) has_choice: bool,
    pub(super) site: String,
    /// The label of the link back to the site.
    pub(super) back: String,
}

impl Banner {
    /// Prepares the banner for a locale; for the nearest one that is complete, see [`Policy::locale_for`].
    pub fn new(policy: &Policy, locale: &str) -> Self {
        let notice = notice(policy, locale);
        let replies = interface(policy, &notice.text.locale).replies;
        Self {
            policy: hash(policy),
            has_choice: policy.optional_purposes().next().is_some(),
            back: fill(&replies.back, &[("site", &policy.site.name)]),
            site: policy.site.name.clone(),
            notice,
        }
    }

    /// The notice it shows.
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Both dialogs and the reopen control, to stand in the body of a page.
    ///
    /// The first layer is open while nothing has been decided. It is not modal, so the page stays readable and usable
    /// beneath it, and it works as a plain form before any script has run.
    pub fn fragment(&self, view: &View<'_>) -> String {
        dialogs::draw(&Scene { banner: self, view })
    }

    /// The page that does all the second layer does. It needs no script.
    pub fn page(&self, view: &View<'_>) -> String {
        pages::draw(&Scene { banner: self, view })
    }
}

/// [`Banner::fragment`], prepared for one use in the view's locale.
pub fn fragment(policy: &Policy, view: &View<'_>) -> String {
    Banner::new(policy, view.locale).fragment(view)
}

/// [`Banner::page`], prepared for one use in the view's locale.
pub fn page(policy: &Policy, view: &View<'_>) -> String {
    Banner::new(policy, view.locale).page(view)
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
