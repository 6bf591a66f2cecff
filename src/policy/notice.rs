//! What a person is shown, word for word, in one locale.
//!
//! The banner is rendered from this alone, so its hash covers exactly what was on the screen: the copy of the
//! information that proof of consent needs (GDPR Article 7(1), EDPB guidelines 05/2020).

use super::{
    Controller, Lifetime, Locale, Policy, Purpose, Regime, RegimeId, Rule, Service, Setting, Use, digest,
    fill,
    period::in_words,
    resolve,
    texts::{Interface, Words, interface},
};
use crate::id::{NoticeHash, PurposeId, ServiceId};
use serde::Serialize;
use std::borrow::Cow;

/// The text of both layers, and the hash by which a consent names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The hash of `text` in canonical form.
    pub hash: NoticeHash,
    /// Every word shown.
    pub text: NoticeText,
}

/// Every word shown in both layers, and where they link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeText {
    /// The language.
    pub locale: Locale,
    /// The rules it was written for.
    pub regime: RegimeId,
    /// The interface, placeholders filled in. What is not shown under these rules is empty.
    pub words: Words,
    /// The purposes in policy order.
    pub purposes: Vec<PurposeText>,
    /// The controller and its address.
    pub controller: String,
    /// The data protection officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpo: Option<String>,
    /// The representative in the Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<String>,
    /// Where the privacy notice is.
    pub privacy_notice: String,
}

/// What is said about a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurposeText {
    /// Its id, which a person does not see but their choice is recorded under.
    pub id: PurposeId,
    /// What holds for it; nothing for an essential purpose, which cannot be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The lawful basis, in words.
    pub basis: String,
    /// Its services in policy order.
    pub services: Vec<ServiceText>,
}

/// What is said about a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceText {
    /// Its id, which a person does not see but their choice is recorded under.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// The recipient and its country.
    pub recipient: String,
    /// The transfer: country and safeguard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// Its cookies with their lifetimes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cookies: String,
    /// Its keys in local and session storage.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage: String,
    /// Where the vendor's own privacy notice is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy_notice: Option<String>,
}

impl PurposeText {
    /// Whether it is on until the person objects.
    pub fn is_on(&self) -> bool {
        self.rule.is_some_and(|rule| rule != OPT_IN)
    }
}

const OPT_IN: &str = "opt-in";

const fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::OptIn => OPT_IN,
        Rule::OptOut => "opt-out",
        Rule::Notice => "notice",
    }
}

/// The notice of a policy in a setting; in the nearest language that is complete, see [`Policy::locale_for`].
pub fn notice(policy: &Policy, setting: &Setting<'_>) -> Notice {
    let locale = policy.locale_for(setting.locale);
    let interface = interface(policy, &locale);
    let regime = resolve(policy, setting);
    let purposes = policy
        .purposes
        .iter()
        .map(|purpose| say_purpose(policy, purpose, &regime, &locale, &interface))
        .collect();
    let text = NoticeText {
        regime: regime.id,
        words: words(policy, &regime, &interface, &locale),
        purposes,
        controller: party(&policy.controller, &interface),
        dpo: policy.controller.dpo.as_ref().map(|dpo| {
            let name = dpo.name.as_ref();
            name.map_or_else(|| dpo.email.clone(), |name| pair(name, &dpo.email, &interface))
        }),
        representative: policy
            .controller
            .representative
            .as_ref()
            .map(|own| pair(&pair(&own.name, &own.address, &interface), &own.email, &interface)),
        privacy_notice: policy.privacy_notice.clone(),
        locale,
    };
    Notice { hash: NoticeHash::from_bytes(digest("consentry/notice/v1", &text)), text }
}

/// The interface as these rules need it: filled in, and without what they do not show.
fn words(policy: &Policy, regime: &Regime, interface: &Interface, locale: &Locale) -> Words {
    let names = |wanted: &dyn Fn(&Purpose) -> bool| {
        let chosen = policy.optional_purposes().filter(|purpose| wanted(purpose));
        let names: Vec<_> = chosen.map(|purpose| text_of(&purpose.name, locale)).collect();
        names.join(&interface.terms.list_separator)
    };
    let is_on = |purpose: &Purpose| regime.rule(policy, &purpose.id).is_on();
    let (asked, exempt) = (names(&|purpose| !is_on(purpose)), names(&is_on));
    let signalled = names(&|purpose| regime.signalled.contains(&purpose.id));
    let sensitive = policy.optional_purposes().any(|purpose| purpose.uses.contains(&Use::SensitiveData));
    let mut words = interface.words.clone();
    let (us, opts_in, opts_out) = (regime.id == RegimeId::Us, !asked.is_empty(), !exempt.is_empty());
    if us {
        words.open = words.us_open.clone();
    }
    let keep = |kept: bool, texts: &mut [&mut Cow<'static, str>]| {
        texts.iter_mut().filter(|_| !kept).for_each(|text| **text = Cow::Borrowed(""));
    };
    let asks = matches!(regime.id, RegimeId::OptIn | RegimeId::Uk) && opts_in;
    keep(
        asks,
        &mut [&mut words.banner_title, &mut words.banner_text, &mut words.reject_all, &mut words.choose],
    );
    keep(asks && opts_out, &mut [&mut words.exempt_text]);
    keep(
        asks,
        &mut [
            &mut words.accept_all,
            &mut words.preferences_text,
            &mut words.buttons_text,
            &mut words.withdraw_all,
        ],
    );
    keep(opts_out, &mut [&mut words.objection_text, &mut words.object, &mut words.on_unless_objected]);
    keep(!asks && (opts_in || opts_out), &mut [&mut words.objection_buttons_text, &mut words.object_all]);
    keep(opts_in || opts_out, &mut [&mut words.save]);
    keep(us, &mut [&mut words.us_text]);
    keep(us && !regime.two_steps.is_empty(), &mut [&mut words.us_sale]);
    keep(us && sensitive, &mut [&mut words.us_limit]);
    keep(regime.signal && !signalled.is_empty(), &mut [&mut words.gpc_text]);
    keep(false, &mut [&mut words.us_open]);
    let services = || policy.services.iter();
    keep(services().any(|service| service.privacy_notice.is_some()), &mut [&mut words.vendor_notice]);
    keep(super::optional_services(policy).next().is_some(), &mut [&mut words.services]);
    let labels = interface.words.clone();
    let mut words = words.filled(&[
        ("site", &policy.site.name),
        ("controller", &policy.controller.name),
        ("purposes", &asked),
        ("exempt", &exempt),
        ("lifetime", &in_words(&policy.consent.lifetime, interface)),
        ("refusal_lifetime", &in_words(policy.consent.refusal_lifetime(), interface)),
        ("proof", &in_words(&policy.consent.proof.retention, interface)),
        ("ground", &policy.consent.proof.ground),
        ("open", if us { &labels.us_open } else { &labels.open }),
        ("choose", &labels.choose),
        ("save", &labels.save),
        ("reject_all", &labels.reject_all),
        ("withdraw_all", &labels.withdraw_all),
        ("object_all", &labels.object_all),
        ("accept_all", &labels.accept_all),
    ]);
    if !words.gpc_text.is_empty() {
        let values = [("site", policy.site.name.as_str()), ("purposes", &signalled)];
        words.gpc_text = fill(&labels.gpc_text, &values).into();
    }
    words
}

fn say_purpose(
    policy: &Policy,
    purpose: &Purpose,
    regime: &Regime,
    locale: &Locale,
    interface: &Interface,
) -> PurposeText {
    let rule = (!purpose.essential).then(|| regime.rule(policy, &purpose.id));
    let elsewhere = purpose.basis_elsewhere.filter(|_| rule.is_some_and(Rule::is_on));
    PurposeText {
        id: purpose.id.clone(),
        rule: rule.map(rule_name),
        name: text_of(&purpose.name, locale).to_owned(),
        description: text_of(&purpose.description, locale).to_owned(),
        basis: interface.basis(elsewhere.unwrap_or(purpose.basis)).to_owned(),
        services: policy.services_of(&purpose.id).map(|service| say_service(service, interface)).collect(),
    }
}

fn say_service(service: &Service, interface: &Interface) -> ServiceText {
    let cookies: Vec<_> = service
        .cookies
        .iter()
        .map(|cookie| {
            let lifetime = match &cookie.lifetime {
                Lifetime::Session => interface.terms.session.to_string(),
                Lifetime::Period(period) => in_words(period, interface),
            };
            fill(&interface.terms.cookie, &[("name", &cookie.name), ("lifetime", &lifetime)])
        })
        .collect();
    ServiceText {
        id: service.id.clone(),
        privacy_notice: service.privacy_notice.clone(),
        name: service.name.clone(),
        recipient: pair(&service.recipient.name, &interface.country(&service.recipient.country), interface),
        transfer: service.transfer.as_ref().map(|transfer| {
            pair(&interface.country(&transfer.country), interface.safeguard(transfer.safeguard), interface)
        }),
        cookies: cookies.join(&interface.terms.list_separator),
        storage: service.storage.join(&interface.terms.list_separator),
    }
}

fn party(controller: &Controller, interface: &Interface) -> String {
    pair(&pair(&controller.name, &controller.address, interface), &controller.email, interface)
}

fn pair(first: &str, second: &str, interface: &Interface) -> String {
    fill(&interface.terms.pair, &[("first", first), ("second", second)])
}

/// The text in a locale that [`Policy::locale_for`] gave; empty only in a policy that was never checked.
fn text_of<'a>(text: &'a super::LocalText, locale: &Locale) -> &'a str {
    text.get(locale).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::json;

    fn hash_with(pointer: &str, value: serde_json::Value) -> NoticeHash {
        let mut json = sample::json();
        *json.pointer_mut(pointer).unwrap() = value;
        notice(&sample::parsed(json), &Setting::of("en")).hash
    }

    #[test]
    fn says_what_the_policy_declares() {
        let text = notice(&sample::policy(), &Setting::of("en")).text;
        assert!(text.words.banner_text.contains("Fern & Clay"), "{}", text.words.banner_text);
        assert!(text.words.banner_text.contains("Analytics, Marketing"), "{}", text.words.banner_text);
        let ads = &text.purposes[2].services[0];
        assert_eq!(ads.recipient, "Example Ads Inc., United States");
        assert_eq!(ads.transfer.as_deref(), Some("United States, standard contractual clauses"));
        assert_eq!(ads.cookies, "ad_id (3 months)");
        let written = serde_json::to_string(&text.words).unwrap();
        assert!(!written.contains('{') || !written.contains("{site}"), "{written}");
        for word in serde_json::to_value(&text.words).unwrap().as_object().unwrap().values() {
            assert!(!word.as_str().unwrap().contains(['{', '}']), "an unfilled place in {word}");
        }
    }

    #[test]
    fn the_hash_follows_the_words_and_nothing_else() {
        let plain = notice(&sample::policy(), &Setting::of("en")).hash;
        assert_ne!(plain, hash_with("/purposes/1/description/en", json!("Other words")));
        assert_ne!(plain, hash_with("/services/0/recipient/country", json!("FR")));
        assert_ne!(plain, hash_with("/services/0/cookies/0/lifetime", json!("session")));
        assert_ne!(plain, hash_with("/consent/proof/ground", json!("another ground")));
        assert_eq!(plain, hash_with("/services/0/hosts/0", json!("127.0.0.1:1")), "hosts are not shown");
        assert_eq!(
            plain,
            notice(&sample::policy(), &Setting::of("xx")).hash,
            "an unknown locale is shown the default"
        );
    }
}
