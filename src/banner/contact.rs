//! How people show that an address is theirs, without a script: they name it, and give back the code that was sent there.

use super::{
    forms::hidden,
    html::{Attr, Flag, Html, Link, Value},
    pages::document,
};
use crate::{
    policy::{Interface, Locale, Policy, RightsTexts},
    rights::request::Right,
};

/// What every page has that is for whoever is reached at an address.
#[derive(Debug, Clone, Copy)]
pub struct ContactPage<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The texts.
    pub interface: &'a Interface,
    /// The language.
    pub locale: &'a Locale,
    /// Where the agent that the person came for wants them to come back to.
    pub redirect_to: Option<&'a str>,
    /// The path of the site's privacy routes, ending in `/`.
    pub base: &'a str,
    /// The address of the stylesheet.
    pub stylesheet: &'a str,
}

/// What the page that takes a code is made of.
#[derive(Debug, Clone, Copy)]
pub struct CodeForm<'a> {
    /// What every page of theirs has.
    pub page: ContactPage<'a>,
    /// Where the code was sent.
    pub contact: &'a str,
    /// Which code it is.
    pub challenge: &'a str,
    /// Whether another one came back.
    pub wrong: bool,
    /// The agent's request that the person came for.
    pub agent: Option<&'a str>,
}

/// The page that takes a code.
pub fn code_page(form: &CodeForm<'_>) -> String {
    let texts = form.page.interface.rights.filled(&[("site", form.page.policy.site.name.as_str())]);
    let title = format!("{} \u{b7} {}", texts.contact_title, form.page.policy.site.name);
    document(form.page.locale, &title, form.page.stylesheet, |html| {
        html.leaf("h1", &[], &texts.contact_title);
        let said = if form.wrong { &texts.code_wrong } else { &texts.contact_sent };
        html.leaf("p", &[Value("role", if form.wrong { "alert" } else { "status" })], said);
        let action = format!("{}contact/proofs", form.page.base);
        html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
            hidden(html, "contact", form.contact);
            hidden(html, "challenge", form.challenge);
            along(html, form.agent, form.page.redirect_to);
            let attrs = [
                Value("name", "code"),
                Value("inputmode", "numeric"),
                Value("autocomplete", "one-time-code"),
                Value("maxlength", "16"),
                Flag("required", true),
            ];
            field(html, &texts.code, &attrs);
            html.leaf("button", &[Value("class", "consentry-button")], &texts.code_confirm);
        });
        ask(html, &texts, form.page.base, form.agent, form.page.redirect_to);
    })
}

/// The form that has a code sent.
pub(super) fn ask(
    html: &mut Html,
    texts: &RightsTexts,
    base: &str,
    agent: Option<&str>,
    redirect_to: Option<&str>,
) {
    html.element("details", &[], |html| {
        html.leaf("summary", &[], &texts.contact_title);
        html.leaf("p", &[], &texts.about_contact);
        let action = format!("{base}contact/codes");
        html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
            let attrs = [
                Value("name", "contact"),
                Value("autocomplete", "email"),
                Value("maxlength", "254"),
                Flag("required", true),
            ];
            along(html, agent, redirect_to);
            field(html, &texts.contact, &attrs);
            html.leaf("button", &[Value("class", "consentry-button")], &texts.contact_send);
        });
    });
}

/// What the person came for.
fn along(html: &mut Html, agent: Option<&str>, redirect_to: Option<&str>) {
    for (name, value) in [("agent", agent), ("redirect_to", redirect_to)] {
        if let Some(value) = value {
            hidden(html, name, value);
        }
    }
}

/// What the page that asks about an agent's request is made of.
#[derive(Debug, Clone, Copy)]
pub struct AgentForm<'a> {
    /// What every page of theirs has.
    pub page: ContactPage<'a>,
    /// The agent's name.
    pub agent: &'a str,
    /// What it asks for.
    pub right: Right,
    /// The request's id.
    pub id: &'a str,
    /// Whether an address is proved.
    pub proved: bool,
}

/// The page on which a person confirms what an agent asks for them, or denies it; first they show that the address is theirs.
pub fn agent_page(form: &AgentForm<'_>) -> String {
    let values = [("site", form.page.policy.site.name.as_str()), ("agent", form.agent)];
    let texts = form.page.interface.rights.filled(&values);
    let name = if form.right == Right::Erasure { &texts.erasure } else { &texts.access };
    let title = format!("{name} \u{b7} {}", form.page.policy.site.name);
    document(form.page.locale, &title, form.page.stylesheet, |html| {
        html.leaf("h1", &[], name);
        html.leaf("p", &[], &texts.agent_asks);
        if !form.proved {
            ask(html, &texts, form.page.base, Some(form.id), form.page.redirect_to);
            return;
        }
        let action = format!("{}contact/agents/{}", form.page.base, form.id);
        for (confirm, label) in [("yes", &texts.agent_confirm), ("no", &texts.agent_deny)] {
            html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
                hidden(html, "confirm", confirm);
                along(html, None, form.page.redirect_to);
                html.leaf("button", &[Value("class", "consentry-button")], label);
            });
        }
    })
}

/// What the page is made of that says that a person's answer was taken.
#[derive(Debug, Clone, Copy)]
pub struct AgentDone<'a> {
    /// What every page of theirs has.
    pub page: ContactPage<'a>,
    /// The agent's name.
    pub agent: &'a str,
    /// Where the copy is that was asked for.
    pub download: Option<&'a str>,
}

/// The page that says so: the copy is the person's to take, and the way back to the agent theirs to go.
pub fn agent_done_page(done: &AgentDone<'_>) -> String {
    let texts = done.page.interface.rights.filled(&[("site", done.page.policy.site.name.as_str())]);
    document(done.page.locale, &done.page.policy.site.name, done.page.stylesheet, |html| {
        html.leaf("h1", &[], &texts.rights_title);
        html.leaf("p", &[Value("role", "status")], &texts.sent);
        for (address, label) in
            [(done.download, &*done.page.interface.words.download), (done.page.redirect_to, done.agent)]
        {
            if let Some(address) = address {
                html.element("p", &[], |html| html.leaf("a", &[Link("href", address)], label));
            }
        }
    })
}

fn field(html: &mut Html, label: &str, attrs: &[Attr<'_>]) {
    html.element("label", &[Value("class", "consentry-field")], |html| {
        html.leaf("span", &[], label);
        html.void("input", attrs);
    });
}
