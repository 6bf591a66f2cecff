//! What a person is shown, word for word, in one locale.
//!
//! The banner is rendered from this alone, so its hash covers exactly what was on the screen: the copy of the
//! information that proof of consent needs (GDPR Article 7(1), EDPB guidelines 05/2020).

use super::{
    Controller, Lifetime, Locale, Policy, Purpose, Service, digest, fill,
    period::in_words,
    texts::{Interface, Words, interface},
};
use crate::id::{NoticeHash, PurposeId};
use serde::Serialize;

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
    /// The interface, placeholders filled in.
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
    /// Whether it is there to be refused.
    pub essential: bool,
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
}

/// The notice of a policy in a locale; in the nearest one that is complete, see [`Policy::locale_for`].
pub fn notice(policy: &Policy, locale: &str) -> Notice {
    let locale = policy.locale_for(locale);
    let interface = interface(policy, &locale);
    let purposes =
        policy.purposes.iter().map(|purpose| say_purpose(policy, purpose, &locale, &interface)).collect();
    let text = NoticeText {
        words: words(policy, &interface, &locale),
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

fn words(policy: &Policy, interface: &Interface, locale: &Locale) -> Words {
    let names: Vec<_> = policy.optional_purposes().map(|purpose| text_of(&purpose.name, locale)).collect();
    let words = &interface.words;
    words.filled(&[
        ("site", &policy.site.name),
        ("controller", &policy.controller.name),
        ("purposes", &names.join(&interface.terms.list_separator)),
        ("lifetime", &in_words(&policy.consent.lifetime, interface)),
        ("refusal_lifetime", &in_words(policy.consent.refusal_lifetime(), interface)),
        ("proof", &in_words(&policy.consent.proof.retention, interface)),
        ("ground", &policy.consent.proof.ground),
        ("open", &words.open),
        ("save", &words.save),
        ("reject_all", &words.reject_all),
        ("accept_all", &words.accept_all),
    ])
}

fn say_purpose(policy: &Policy, purpose: &Purpose, locale: &Locale, interface: &Interface) -> PurposeText {
    PurposeText {
        id: purpose.id.clone(),
        essential: purpose.essential,
        name: text_of(&purpose.name, locale).to_owned(),
        description: text_of(&purpose.description, locale).to_owned(),
        basis: interface.basis(purpose.basis).to_owned(),
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
        notice(&sample::parsed(json), "en").hash
    }

    #[test]
    fn says_what_the_policy_declares() {
        let text = notice(&sample::policy(), "en").text;
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
        let plain = notice(&sample::policy(), "en").hash;
        assert_ne!(plain, hash_with("/purposes/1/description/en", json!("Other words")));
        assert_ne!(plain, hash_with("/services/0/recipient/country", json!("FR")));
        assert_ne!(plain, hash_with("/services/0/cookies/0/lifetime", json!("session")));
        assert_ne!(plain, hash_with("/consent/proof/ground", json!("another ground")));
        assert_eq!(plain, hash_with("/services/0/hosts/0", json!("127.0.0.1:1")), "hosts are not shown");
        assert_eq!(plain, notice(&sample::policy(), "xx").hash, "an unknown locale is shown the default");
    }
}
