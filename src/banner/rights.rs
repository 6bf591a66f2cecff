//! The panel in which people use their rights: what they asked for and how it stands, and a form for each right. It works
//! without a script; as a page, or within the second layer.

use super::{
    contact,
    forms::hidden,
    html::{Flag, Html, Link, Value},
    pages::document,
    problems::by_kind,
    translated::translated,
    view::local,
};
use crate::{
    clock::Timestamp,
    policy::{Interface, Locale, Policy, RightsTexts, fill, interface},
    rights::{
        Remedy, RequestReply, SHORTEST_PASSPHRASE, StepReply,
        connector::connector_of,
        request::{Phase, Right, Step},
        restriction::Restriction,
    },
};

/// Whose data a panel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The device's at hand.
    Device,
    /// Who is reached at an address, which they have proved.
    Contact,
    /// Whoever the site's token names. The requests that make changes need the token as well, so they are a script's to send.
    Account,
}

/// What the panel shows, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct RightsPanel<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The language asked for; the nearest one that the policy has is shown.
    pub locale: &'a str,
    /// The person's requests, latest first.
    pub requests: &'a [RequestReply],
    /// The restriction that holds.
    pub restriction: Option<&'a Restriction>,
    /// Whether a request has just been taken in.
    pub sent: bool,
    /// The path of the site's privacy routes, ending in `/`.
    pub base: &'a str,
    /// The path that the way back leads to.
    pub return_path: &'a str,
    /// Whose data it is about.
    pub holder: Holder,
    /// Whether the device has a receipt of its last decision.
    pub receipt: bool,
    /// Whether an address can be proved.
    pub takes_contacts: bool,
    /// The address of the stylesheet.
    pub stylesheet: &'a str,
}

/// The panel as a page of its own.
pub fn rights_page(panel: &RightsPanel<'_>) -> String {
    let drawn = Drawn::of(panel);
    let title = format!("{} \u{b7} {}", drawn.texts.rights_title, panel.policy.site.name);
    document(&drawn.locale, &title, panel.stylesheet, |html| {
        html.leaf("h1", &[], &drawn.texts.rights_title);
        drawn.draw(html, "h2");
        html.element("p", &[], |html| {
            html.leaf("a", &[Link("href", local(panel.return_path))], &drawn.back);
        });
    })
}

/// The panel alone, to stand where the second layer has the person's data.
pub fn rights_fragment(panel: &RightsPanel<'_>) -> String {
    let drawn = Drawn::of(panel);
    let mut html = Html::default();
    html.leaf(
        "h3",
        &[Value("id", "consentry-data-title"), Value("tabindex", "-1")],
        &drawn.texts.rights_title,
    );
    drawn.draw(&mut html, "h4");
    // Where the page's script says what it found of the receipt.
    html.leaf("p", &[Value("id", "consentry-proof")], "");
    html.finish()
}

struct Drawn<'a> {
    panel: &'a RightsPanel<'a>,
    locale: Locale,
    interface: Interface,
    texts: RightsTexts,
    download: String,
    erase: String,
    erase_confirm: String,
    back: String,
}

impl<'a> Drawn<'a> {
    fn of(panel: &'a RightsPanel<'a>) -> Self {
        let locale = panel.policy.locale_for(panel.locale);
        let interface = interface(panel.policy, &locale);
        let site = [("site", panel.policy.site.name.as_str())];
        let said = |text: &str| fill(text, &site);
        Self {
            panel,
            locale,
            download: said(&interface.words.download),
            erase: said(&interface.words.erase),
            erase_confirm: said(&interface.words.erase_confirm),
            back: said(&interface.replies.back),
            texts: interface.rights.filled(&site),
            interface,
        }
    }

    fn draw(&self, html: &mut Html, heading: &'static str) {
        let texts = &self.texts;
        match self.panel.holder {
            Holder::Device => html.leaf("p", &[], &texts.rights_text),
            Holder::Account => html.leaf("p", &[], &texts.account_shown),
            Holder::Contact => {
                html.leaf("p", &[], &texts.contact_shown);
                self.form(html, "end", &texts.contact_end, |_| {});
            }
        }
        let sent = if self.panel.sent { &*texts.sent } else { "" };
        let problems = by_kind(&self.interface, texts);
        let status = [
            Value("id", "consentry-status"),
            Value("role", "status"),
            Value("data-sent", &texts.sent),
            Value("data-progress", &texts.copy_progress),
            Value("data-problems", &problems),
        ];
        html.leaf("p", &status, sent);
        html.leaf(heading, &[], &texts.requests_title);
        if self.panel.requests.is_empty() {
            html.leaf("p", &[], &texts.requests_none);
        } else {
            html.element("ul", &[], |html| {
                self.panel
                    .requests
                    .iter()
                    .for_each(|request| html.element("li", &[], |html| self.request(html, request)));
            });
        }
        self.restriction(html);
        self.copy(html, Right::Access, &texts.about_access);
        self.copy(html, Right::Portability, &texts.about_portability);
        self.ask(html, Right::Rectification, &texts.about_rectification, |html| self.statement(html, true));
        if self.panel.restriction.is_none() {
            self.ask(html, Right::Restriction, &texts.about_restriction, |html| {
                self.grounds(html);
                self.statement(html, false);
            });
        }
        if self.panel.policy.objectionable_purposes().next().is_some() {
            self.ask(html, Right::Objection, &texts.about_objection, |html| {
                self.purposes(html);
                self.statement(html, false);
            });
        }
        self.ask(html, Right::HumanReview, &texts.about_human_review, |html| self.statement(html, true));
        self.ask(html, Right::Withdrawal, &texts.about_withdrawal, |_| {});
        self.right(html, Right::Erasure, "", |html| {
            self.form(html, "erasure", &self.erase, |html| {
                html.element("label", &[], |html| {
                    let attrs = [
                        Value("type", "checkbox"),
                        Value("name", "confirm"),
                        Value("value", "yes"),
                        Flag("required", true),
                    ];
                    html.void("input", &attrs);
                    let of_device = self.panel.holder == Holder::Device;
                    html.leaf("span", &[], if of_device { &self.erase_confirm } else { &self.erase });
                });
            });
        });
        if self.panel.takes_contacts && self.panel.holder == Holder::Device {
            contact::ask(html, texts, self.panel.base, None, None);
        }
        self.receipt(html);
    }

    /// The receipt that the device has, to be kept and checked anywhere.
    fn receipt(&self, html: &mut Html) {
        if !self.panel.receipt || self.panel.holder != Holder::Device {
            return;
        }
        let address = format!("{}consent/receipt", self.panel.base);
        let attrs = [Link("href", &address), Value("download", "receipt.json")];
        html.element("p", &[], |html| html.leaf("a", &attrs, &self.texts.receipt));
    }

    fn request(&self, html: &mut Html, request: &RequestReply) {
        let texts = &self.texts;
        html.element("p", &[], |html| {
            html.leaf("b", &[], self.name(request.right));
            html.text(&format!(" \u{b7} {}", self.phase(request.phase)));
        });
        html.element("p", &[Value("class", "consentry-small")], |html| {
            let until = if let Some(over) = request.over {
                dated(&texts.over, &day(over))
            } else {
                let target = dated(&texts.target, &request.target.to_string());
                format!("{target} \u{b7} {}", dated(&texts.due, &request.latest.to_string()))
            };
            html.text(&format!("{} \u{b7} {until}", dated(&texts.received, &day(request.received))));
        });
        if let Some(extended) = &request.extended {
            html.leaf("p", &[], &fill(&texts.extended, &[("reason", &extended.reason)]));
        }
        if let Some(refused) = &request.refused {
            let reason = translated(&refused.reason, &self.interface);
            html.leaf("p", &[], &fill(&texts.refused, &[("reason", reason)]));
        }
        for (name, step) in &request.steps {
            self.step(html, name, step);
        }
        // After the reasons, which the steps have of what was done in part (GDPR Article 12(4)).
        if let Some(remedies) = self.remedies(request) {
            html.leaf("p", &[], remedies);
        }
        let is_copy = matches!(request.right, Right::Access | Right::Portability);
        if is_copy && !request.steps.is_empty() && request.phase != Phase::Revoked {
            let route = format!("requests/{}/copy", request.id);
            self.form(html, &route, &self.download, |html| {
                self.passphrase(html, &request.id.to_string());
            });
        }
        if request.is_untouched() {
            let action = format!("requests/{}/revoke", request.id);
            self.form(html, &action, &texts.revoke, |_| {});
        }
    }

    /// Where else a person may turn, as far as the law of their request lets them.
    fn remedies(&self, request: &RequestReply) -> Option<&str> {
        if request.remedies.contains(&Remedy::Court) {
            return Some(&self.texts.remedies);
        }
        request.remedies.contains(&Remedy::SupervisoryAuthority).then_some(&*self.texts.remedies_authority)
    }

    /// A part of a request: how far another system of the site is, and what there is to say about it.
    fn step(&self, html: &mut Html, name: &str, step: &StepReply) {
        let texts = &self.texts;
        if let Some(connector) = connector_of(name) {
            let systems = &self.panel.policy.rights.connectors;
            let system = systems.iter().find(|system| system.id == connector);
            let name = system.and_then(|system| system.name.get(&self.locale)).unwrap_or(connector.as_str());
            let state = match step.state {
                Step::Open => format!(" \u{b7} {}", texts.phase_in_progress),
                Step::Done => format!(" \u{b7} {}", texts.phase_completed),
                // Its note says why.
                Step::Failed => String::new(),
            };
            html.leaf("p", &[Value("class", "consentry-small")], &format!("{name}{state}"));
        }
        if let Some(note) = &step.note {
            html.leaf("p", &[], &fill(&texts.note, &[("note", note)]));
        }
    }

    fn restriction(&self, html: &mut Html) {
        let Some(restriction) = self.panel.restriction else { return };
        let texts = &self.texts;
        html.leaf("p", &[], &dated(&texts.restricted, &day(restriction.since)));
        if let Some(lifting) = &restriction.lifting {
            let values = [("date", &*day(lifting.at)), ("reason", &lifting.reason)];
            html.leaf("p", &[], &fill(&texts.lifting, &values));
        }
        self.form(html, "restriction/lift", &texts.lift, |_| {});
    }

    /// A right that opens to say what it is.
    fn right(&self, html: &mut Html, right: Right, text: &str, inside: impl FnOnce(&mut Html)) {
        html.element("details", &[], |html| {
            html.leaf("summary", &[], self.name(right));
            if !text.is_empty() {
                html.leaf("p", &[], text);
            }
            inside(html);
        });
    }

    fn copy(&self, html: &mut Html, right: Right, text: &str) {
        self.right(html, right, text, |html| {
            self.form(html, "exports", &self.download, |html| {
                hidden(html, "right", code(right));
                self.passphrase(html, code(right));
            });
        });
    }

    fn ask(&self, html: &mut Html, right: Right, text: &str, fields: impl FnOnce(&mut Html)) {
        self.right(html, right, text, |html| {
            self.form(html, "requests", &self.texts.send, |html| {
                hidden(html, "right", code(right));
                fields(html);
            });
        });
    }

    fn form(&self, html: &mut Html, route: &str, button: &str, fields: impl FnOnce(&mut Html)) {
        let home = if self.panel.holder == Holder::Contact { "contact" } else { "me" };
        let action = format!("{}{home}/{route}", self.panel.base);
        html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
            hidden(html, "return", local(self.panel.return_path));
            fields(html);
            html.leaf("button", &[Value("class", "consentry-button")], button);
        });
    }

    /// What a copy is encrypted with, if the person wants that.
    fn passphrase(&self, html: &mut Html, of: &str) {
        let texts = &self.texts;
        let hint = format!("consentry-passphrase-{of}");
        let shortest = SHORTEST_PASSPHRASE.to_string();
        html.element("label", &[Value("class", "consentry-field")], |html| {
            html.leaf("span", &[], &texts.passphrase);
            let attrs = [
                Value("type", "password"),
                Value("name", "passphrase"),
                Value("autocomplete", "new-password"),
                Value("minlength", &shortest),
                Value("aria-describedby", &hint),
            ];
            html.void("input", &attrs);
        });
        html.leaf("p", &[Value("class", "consentry-small"), Value("id", &hint)], &texts.passphrase_text);
    }

    fn statement(&self, html: &mut Html, required: bool) {
        html.element("label", &[Value("class", "consentry-field")], |html| {
            html.leaf("span", &[], &self.texts.statement);
            let attrs = [
                Value("name", "statement"),
                Value("rows", "3"),
                Value("maxlength", "4000"),
                Flag("required", required),
            ];
            html.leaf("textarea", &attrs, "");
        });
    }

    fn grounds(&self, html: &mut Html) {
        let texts = &self.texts;
        let grounds = [
            ("accuracy", &texts.ground_accuracy),
            ("unlawful", &texts.ground_unlawful),
            ("claims", &texts.ground_claims),
            ("objection", &texts.ground_objection),
        ];
        html.element("fieldset", &[], |html| {
            html.leaf("legend", &[], &texts.ground);
            for (value, text) in grounds {
                Self::choice(html, "radio", "ground", value, text);
            }
        });
    }

    fn purposes(&self, html: &mut Html) {
        for purpose in self.panel.policy.objectionable_purposes() {
            let name = purpose.name.get(&self.locale).unwrap_or(purpose.id.as_str());
            Self::choice(html, "checkbox", "purposes", purpose.id.as_str(), name);
        }
    }

    fn choice(html: &mut Html, kind: &str, name: &str, value: &str, text: &str) {
        html.element("label", &[], |html| {
            let attrs = [
                Value("type", kind),
                Value("name", name),
                Value("value", value),
                Flag("required", kind == "radio"),
            ];
            html.void("input", &attrs);
            html.leaf("span", &[], text);
        });
    }

    fn name(&self, right: Right) -> &str {
        let texts = &self.texts;
        match right {
            Right::Access => &texts.access,
            Right::Portability => &texts.portability,
            Right::Rectification => &texts.rectification,
            Right::Restriction => &texts.restriction,
            Right::Objection => &texts.objection,
            Right::HumanReview => &texts.human_review,
            Right::Withdrawal => &texts.withdrawal,
            Right::Erasure => &texts.erasure,
        }
    }

    fn phase(&self, phase: Phase) -> &str {
        let texts = &self.texts;
        match phase {
            Phase::Received => &texts.phase_received,
            Phase::IdentityPending => &texts.phase_identity_pending,
            Phase::Accepted => &texts.phase_accepted,
            Phase::InProgress => &texts.phase_in_progress,
            Phase::PartiallyCompleted => &texts.phase_partially_completed,
            Phase::Completed => &texts.phase_completed,
            Phase::Refused => &texts.phase_refused,
            Phase::Revoked => &texts.phase_revoked,
        }
    }
}

/// A right as a form sends it.
const fn code(right: Right) -> &'static str {
    match right {
        Right::Access => "access",
        Right::Portability => "portability",
        Right::Rectification => "rectification",
        Right::Restriction => "restriction",
        Right::Objection => "objection",
        Right::HumanReview => "human-review",
        Right::Withdrawal => "withdrawal",
        Right::Erasure => "erasure",
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn dated(text: &str, day: &str) -> String {
    fill(text, &[("date", day)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Law, policy::sample, rights::RestrictionGround};
    use serde_json::json;

    fn request(right: Right, phase: &str) -> RequestReply {
        under(Law::Gdpr, right, phase)
    }

    fn under(law: Law, right: Right, phase: &str) -> RequestReply {
        let is_lacking = ["refused", "partially-completed"].contains(&phase);
        serde_json::from_value(json!({
            "id": "AQEBAQEBAQEBAQEBAQEBAQ", "right": right, "phase": phase, "law": law,
            "received": "2026-03-05T10:00:00Z", "target": "2026-04-05", "latest": "2026-04-07",
            "extended": {"reason": "<b>three</b> systems", "at": "2026-03-06T10:00:00Z"},
            "steps": {"site": {"state": "done", "note": "We looked & agreed."}},
            "remedies": if is_lacking { Remedy::under(law) } else { &[] }
        }))
        .unwrap()
    }

    fn panel<'a>(policy: &'a Policy, requests: &'a [RequestReply]) -> RightsPanel<'a> {
        RightsPanel {
            policy,
            locale: "en",
            requests,
            restriction: None,
            sent: false,
            base: "/.consentry/",
            return_path: "//evil.example",
            holder: Holder::Device,
            receipt: false,
            takes_contacts: true,
            stylesheet: "",
        }
    }

    fn drawn(requests: &[RequestReply], restriction: Option<&Restriction>) -> String {
        rights_fragment(&RightsPanel { restriction, ..panel(&sample::policy(), requests) })
    }

    #[test]
    fn every_right_has_a_form_that_works_without_a_script() {
        let html = drawn(&[], None);
        for right in [
            "access",
            "portability",
            "rectification",
            "restriction",
            "objection",
            "human-review",
            "withdrawal",
        ] {
            assert!(html.contains(&format!("name=\"right\" value=\"{right}\"")), "{right}");
        }
        assert_eq!(html.matches("<form method=\"post\" action=\"/.consentry/me/").count(), 8);
        assert!(html.contains("You have asked for nothing yet."));
        assert!(!html.contains("evil.example"), "the way back leads nowhere else");
    }

    #[test]
    fn a_request_shows_its_state_and_dates_and_nothing_of_it_is_markup() {
        let html = drawn(&[request(Right::HumanReview, "in-progress")], None);
        for said in [
            "<b>Review by a person</b> &#xb7; being worked on",
            "Received on 2026-03-05 &#xb7; Answer planned by 2026-04-05 &#xb7; Answered by 2026-04-07 at the latest",
            "It takes longer: &lt;b&gt;three&lt;/b&gt; systems",
            "Answer: We looked &amp; agreed.",
        ] {
            assert!(html.contains(said), "{said}\n{html}");
        }
        assert!(!html.contains("/revoke"), "what is done in part is not taken back");
        let mut waits = request(Right::HumanReview, "in-progress");
        waits.steps = serde_json::from_value(json!({"site": {"state": "open"}})).unwrap();
        assert!(drawn(&[waits], None).contains("/revoke"), "what nobody has begun with is");
        let mut unproven = request(Right::Erasure, "identity-pending");
        unproven.steps.clear();
        assert!(drawn(&[unproven], None).contains("AQ/revoke"));
    }

    #[test]
    fn what_other_systems_do_is_shown_and_the_copy_handed_out_again() {
        let mut policy = sample::policy();
        policy.rights = serde_json::from_value(json!({"connectors": [
            {"id": "crm", "name": {"en": "Customer file", "de": "Kartei"}, "rights": ["access"]}
        ]}))
        .unwrap();
        let mut asked = request(Right::Access, "in-progress");
        asked.steps = serde_json::from_value(json!({
            "connector:crm": {"state": "open"}, "connector:gone": {"state": "failed", "note": "It is <gone>."}
        }))
        .unwrap();
        let html = rights_fragment(&panel(&policy, &[asked]));
        for said in
            ["Customer file &#xb7; being worked on", ">gone<", "Answer: It is &lt;gone&gt;.", "AQ/copy"]
        {
            assert!(html.contains(said), "{said}\n{html}");
        }
    }

    #[test]
    fn a_restriction_is_shown_with_the_way_out_and_not_asked_for_again() {
        let restriction = Restriction {
            request: request(Right::Restriction, "completed").id,
            ground: RestrictionGround::Claims,
            since: Timestamp::from_seconds(1_795_255_200),
            lifting: None,
        };
        let html = drawn(&[], Some(&restriction));
        assert!(html.contains("Since 2026-11-21 your data is only stored."));
        assert!(html.contains("me/restriction/lift"));
        assert!(!html.contains("value=\"restriction\""));
    }

    #[test]
    fn who_is_refused_hears_why_and_what_they_may_do_against_it() {
        const REMEDIES: &str = "You may complain to a data protection authority and go to court.";
        let mut refused = request(Right::Erasure, "refused");
        refused.refused = serde_json::from_value(json!({
            "ground": "legal-claims",
            "reason": "Your data is needed to establish, exercise or defend legal claims, and is kept until they are settled \
                       (GDPR Article 17(3)(e))."
        }))
        .unwrap();
        let html = drawn(&[refused.clone()], None);
        assert!(html.contains("Refused: This is not erased for now"), "{html}");
        assert!(html.contains(&format!("<p>{REMEDIES}</p>")), "{html}");
        let mut json = sample::json();
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"]["de"] = json!("Zweck");
            purpose["description"]["de"] = json!("Wozu");
        }
        let policy = sample::parsed(json);
        let german = rights_fragment(&RightsPanel { locale: "de", ..panel(&policy, &[refused]) });
        assert!(german.contains("Abgelehnt: Das wird vorerst nicht"), "{german}");
        let in_part = drawn(&[request(Right::Erasure, "partially-completed")], None);
        assert_eq!(in_part.matches(&format!("<p>{REMEDIES}</p>")).count(), 1, "{in_part}");
        for phase in ["completed", "in-progress", "revoked"] {
            assert!(!drawn(&[request(Right::Erasure, phase)], None).contains(&format!("<p>{REMEDIES}</p>")));
        }
    }

    #[test]
    fn nobody_is_sent_to_a_court_that_their_law_does_not_open() {
        for phase in ["refused", "partially-completed"] {
            let html = drawn(&[under(Law::Ccpa, Right::Access, phase)], None);
            assert!(html.contains("<p>You may complain to a data protection authority.</p>"), "{html}");
            assert!(!html.contains("go to court.</p>"), "{html}");
            let british = drawn(&[under(Law::UkGdpr, Right::Access, phase)], None);
            assert!(british.contains("authority and go to court.</p>"), "{british}");
        }
    }

    #[test]
    fn an_account_s_panel_is_of_the_account_alone() {
        let policy = sample::policy();
        let panel = RightsPanel { receipt: true, ..panel(&policy, &[]) };
        let account = rights_fragment(&RightsPanel { holder: Holder::Account, ..panel });
        assert!(account.contains("You see what is kept about your account."));
        assert_eq!(account.matches("<form method=\"post\" action=\"/.consentry/me/").count(), 8);
        for of_device in ["contact/codes", "erase what is kept about this device", "consent/receipt"] {
            assert!(!account.contains(of_device), "{of_device}\n{account}");
        }
        let device = rights_fragment(&panel);
        assert!(
            device.contains("<a href=\"/.consentry/consent/receipt\" download=\"receipt.json\">"),
            "{device}"
        );
        assert!(!device.contains("kept about your account") && device.contains("contact/codes"));
        let contact = rights_page(&RightsPanel { holder: Holder::Contact, ..panel });
        assert!(contact.contains("contact/end") && !contact.contains("consent/receipt"), "{contact}");
    }

    #[test]
    fn the_page_s_script_finds_what_it_may_have_to_say() {
        let html = drawn(&[], None);
        for said in [
            "data-problems=\"{&#34;&#34;:&#34;That did not work&#34;",
            "&#34;too-many&#34;:",
            "id=\"consentry-proof\"",
        ] {
            assert!(html.contains(said), "{said}\n{html}");
        }
        let policy = sample::policy();
        let page = rights_page(&RightsPanel { receipt: true, ..panel(&policy, &[]) });
        assert!(
            page.contains("Receipt of your last decision") && !page.contains("consentry-proof"),
            "{page}"
        );
    }
}
