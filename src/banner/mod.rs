//! What a visitor sees: the two dialogs, the page that stands in for them without JavaScript, and their style.
//!
//! Everything here is a pure function of (policy, view) to a string. Text and attributes can enter the markup only
//! through the builder in `html`, which escapes them and writes ASCII alone, so the result can be put into a page of
//! any charset. Every word of the dialogs comes from the [`Notice`], whose hash a consent is recorded with; but for the link to
//! the panel of the person's rights, which is nothing to agree to.

mod apart;
mod boxes;
mod contact;
mod copy;
mod dialogs;
mod forms;
mod html;
mod icon;
#[cfg(test)]
mod markup;
mod names;
mod pages;
mod preferences;
mod prepared;
mod problems;
mod purposes;
mod rights;
mod style;
#[cfg(test)]
mod tests;
mod theme;
mod translated;
mod view;
mod words;

pub use crate::policy::{Notice, NoticeText, notice};
pub use apart::Dialogs;
pub use contact::{AgentDone, AgentForm, CodeForm, ContactPage, agent_done_page, agent_page, code_page};
pub use copy::{CopyFile, CopyIndex, decisions_page, entries_page, index_page, records_page};
pub use dialogs::plan_script;
pub use pages::{Confirm, Message, confirm_page, message_page};
pub use prepared::{Banner, fragment, page};
pub use problems::problem;
pub use rights::{Holder, RightsPanel, rights_fragment, rights_page};
pub use style::stylesheet;
pub use translated::translated;
pub use view::View;
