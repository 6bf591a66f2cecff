//! A first policy for a site, from what was found on it.

use crate::policy::{
    Policy,
    catalogue::{self, Category, ConsentInterface, Known},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many places are named of each finding.
const PLACES: usize = 5;

/// What was found, and what only the site knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The member `site` of the policy.
    pub site: Value,
    /// The member `controller`.
    pub controller: Value,
    /// The member `privacy_notice`.
    pub privacy_notice: String,
    /// The default locale.
    pub locale: String,
    /// The site's own hosts. Their subdomains are its own too.
    #[serde(default)]
    pub own: Vec<String>,
    /// What was found.
    #[serde(default)]
    pub found: Vec<Found>,
}

/// One thing that was found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// An address that something is loaded from or sent to.
    #[serde(default)]
    pub address: Option<String>,
    /// The id of a known service that a piece of code gave away.
    #[serde(default)]
    pub service: Option<String>,
    /// The name of a cookie.
    #[serde(default)]
    pub cookie: Option<String>,
    /// A key of local or session storage.
    #[serde(default)]
    pub key: Option<String>,
    /// How it was found: `script`, `iframe`, `code` …
    #[serde(default)]
    pub kind: String,
    /// Where: a file with a line, or an address.
    #[serde(default)]
    pub place: String,
}

/// The proposed policy, and what led to it.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// The policy. Whether it can come into force is for `check` to say.
    pub policy: Policy,
    /// The known services found.
    pub services: Vec<Recognised>,
    /// Hosts, cookies and storage keys that are nobody's here.
    pub unknown: Vec<Unknown>,
    /// What to decide or know.
    pub notes: Vec<String>,
}

/// A known service that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recognised {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The purpose it is proposed for.
    pub purpose: String,
    /// Where it was found.
    pub places: Vec<String>,
}

/// Something nobody is known for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// `host`, `cookie` or `key`.
    pub what: &'static str,
    /// The host, the cookie's name or the key.
    pub name: String,
    /// How it was found.
    pub kinds: BTreeSet<String>,
    /// Where.
    pub places: Vec<String>,
}

/// Proposes a policy. Fails where an answer of the site's has no place in one, with its path.
pub fn propose(findings: &Findings) -> Result<Proposal, String> {
    let sorted = Sorted::of(findings);
    let mut notes = Vec::new();
    let services = services(&sorted, &mut notes);
    let purposes: Vec<Value> =
        [Category::Necessary, Category::Functional, Category::Analytics, Category::Marketing]
            .into_iter()
            .filter(|category| {
                *category == Category::Necessary
                    || sorted.services.iter().any(|(known, ..)| known.purpose == *category)
            })
            .map(|category| purpose(category, &sorted))
            .collect();
    let document = json!({
        "version": 1,
        "site": findings.site,
        "controller": findings.controller,
        "privacy_notice": findings.privacy_notice,
        "purposes": purposes,
        "services": services,
        "consent": {
            "lifetime": "P6M",
            "proof": {
                "retention": "P3Y",
                "ground": "to show that consent was asked for and respected, should a claim be made (GDPR Article \
                           17(3)(e))",
            },
        },
        "locales": {"default": findings.locale},
        "signals": signals(&sorted),
    });
    let policy = serde_path_to_error::deserialize(document)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
    for (known, ..) in &sorted.services {
        notes.extend(known.note.iter().map(|note| format!("{}: {note}", known.name)));
    }
    let recognised = sorted.services.iter().map(|(known, _, places)| Recognised {
        id: known.id.to_string(),
        name: known.name.clone(),
        purpose: id(known.purpose).to_owned(),
        places: places.clone(),
    });
    Ok(Proposal { policy, services: recognised.collect(), unknown: sorted.unknown, notes })
}

/// What was found, by whose it is.
struct Sorted {
    /// Known services with the hosts they were seen on and where, in the order of the catalogue.
    services: Vec<(&'static Known, BTreeSet<String>, Vec<String>)>,
    unknown: Vec<Unknown>,
}

impl Sorted {
    fn of(findings: &Findings) -> Self {
        let mut seen: BTreeMap<usize, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
        let mut unknown: BTreeMap<(&'static str, String), Unknown> = BTreeMap::new();
        let mut by_host_alone = Vec::new();
        let position = |known: &Known| catalogue::catalogue().iter().position(|own| own.id == known.id);
        let mut see = |known: &Known, host: Option<&str>, place: &str| {
            let Some(at) = position(known) else { return };
            let (hosts, places) = seen.entry(at).or_default();
            hosts.extend(host.filter(|host| known.uses_host(host)).map(str::to_owned));
            note(places, place);
        };
        for found in &findings.found {
            if let Some(known) = found.service.as_deref().and_then(by_id) {
                see(known, None, &found.place);
            }
            if let Some(address) = &found.address
                && let Some(host) = host_of(address)
                && !is_own(&findings.own, &host)
            {
                let mut marked = catalogue::by_mark(address).peekable();
                if marked.peek().is_some() {
                    marked.for_each(|(known, _)| see(known, Some(&host), &found.place));
                } else {
                    by_host_alone.push((host, found));
                }
            }
            for (what, name, known) in [
                (
                    "cookie",
                    &found.cookie,
                    found.cookie.as_deref().and_then(|name| catalogue::by_cookie(name).next()),
                ),
                ("key", &found.key, found.key.as_deref().and_then(|key| catalogue::by_key(key).next())),
            ] {
                let Some(name) = name else { continue };
                match known {
                    Some(known) => see(known, None, &found.place),
                    None => keep(&mut unknown, what, name, found),
                }
            }
        }
        // A host that belongs to one service and is used by another that gave itself away says nothing of the first.
        let explained: Vec<_> = seen.keys().filter_map(|at| catalogue::catalogue().get(*at)).collect();
        for (host, found) in by_host_alone {
            let explained = explained.iter().find(|known| known.uses_host(&host));
            match explained.copied().or_else(|| catalogue::by_host(&host)) {
                Some(known) => {
                    let Some(at) = position(known) else { continue };
                    let (hosts, places) = seen.entry(at).or_default();
                    hosts.insert(host);
                    note(places, &found.place);
                }
                None => keep(&mut unknown, "host", &host, found),
            }
        }
        let services = seen
            .into_iter()
            .filter_map(|(at, (hosts, places))| Some((catalogue::catalogue().get(at)?, hosts, places)));
        Self { services: services.collect(), unknown: unknown.into_values().collect() }
    }

    fn has(&self, category: Category) -> bool {
        self.services.iter().any(|(known, ..)| known.purpose == category)
    }

    fn tells(&self, interface: ConsentInterface) -> bool {
        self.services.iter().any(|(known, ..)| known.interface == Some(interface))
    }
}

fn keep(
    unknown: &mut BTreeMap<(&'static str, String), Unknown>,
    what: &'static str,
    name: &str,
    found: &Found,
) {
    let entry = unknown.entry((what, name.to_owned())).or_insert_with(|| Unknown {
        what,
        name: name.to_owned(),
        kinds: BTreeSet::new(),
        places: Vec::new(),
    });
    entry.kinds.insert(found.kind.clone());
    note(&mut entry.places, &found.place);
}

fn note(places: &mut Vec<String>, place: &str) {
    if places.len() < PLACES && !place.is_empty() && !places.iter().any(|own| own == place) {
        places.push(place.to_owned());
    }
}

fn by_id(id: &str) -> Option<&'static Known> {
    catalogue::catalogue().iter().find(|known| known.id.as_str() == id)
}

/// The host of an address, in lower case and without its port.
fn host_of(address: &str) -> Option<String> {
    let rest = address.split_once("//")?.1;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (!host.is_empty() && host.contains('.') && host.chars().all(good)).then(|| host.to_ascii_lowercase())
}

fn is_own(own: &[String], host: &str) -> bool {
    own.iter().any(|own| {
        let base = own.strip_prefix("www.").unwrap_or(own);
        host == base || host.strip_suffix(base).is_some_and(|before| before.ends_with('.'))
    })
}

/// The services as a policy has them. A host can serve one purpose only: the service it belongs to keeps it.
fn services(sorted: &Sorted, notes: &mut Vec<String>) -> Vec<Value> {
    let mut owners: BTreeMap<&str, &Known> = BTreeMap::new();
    for (known, ..) in &sorted.services {
        for host in known.hosts.iter().filter(|host| !host.starts_with('*')) {
            owners.insert(host, known);
        }
    }
    let mut written = Vec::new();
    for (known, seen, _) in &sorted.services {
        let exact = known.hosts.iter().filter(|host| !host.starts_with('*')).map(String::as_str);
        let shared = known.shared_hosts.iter().map(String::as_str).filter(|host| seen.contains(*host));
        let mut hosts: Vec<&str> = Vec::new();
        for host in exact.chain(seen.iter().map(String::as_str)).chain(shared) {
            if hosts.contains(&host) {
                continue;
            }
            let owner = *owners.entry(host).or_insert(known);
            if owner.purpose == known.purpose {
                hosts.push(host);
            } else {
                notes.push(format!(
                    "{}: {host} is declared with {} for {}, since a host serves one purpose. Give each its own tag with \
                     data-service, or put both under one purpose.",
                    known.name,
                    owner.name,
                    id(owner.purpose)
                ));
            }
        }
        // A script that has no ear for consent goes on until its page is left.
        let reload =
            known.interface.is_none() && matches!(known.purpose, Category::Analytics | Category::Marketing);
        written.push(json!({
            "id": known.id,
            "purpose": id(known.purpose),
            "name": known.name,
            "recipient": known.recipient,
            "hosts": hosts,
            "cookies": known.cookies,
            "storage": known.storage,
            "privacy_notice": known.notice,
            "reload": reload,
        }));
    }
    written
}

fn id(category: Category) -> &'static str {
    match category {
        Category::Necessary => "necessary",
        Category::Functional => "functional",
        Category::Analytics => "analytics",
        Category::Marketing => "marketing",
    }
}

/// A purpose with the English texts. It states uses only where they are certain of all its services.
fn purpose(category: Category, sorted: &Sorted) -> Value {
    let (name, description) = match category {
        Category::Necessary => (
            "Necessary",
            "Shows the pages, keeps them secure and remembers your privacy choices. The site cannot work without it.",
        ),
        Category::Functional => (
            "Functions and embedded content",
            "Loads maps, videos, chat and other functions from their providers, who then receive your IP address.",
        ),
        Category::Analytics => (
            "Analytics",
            "Counts visits and shows which pages are looked at, so that the site can be improved.",
        ),
        Category::Marketing => (
            "Marketing",
            "Measures advertising, and shows advertising here and elsewhere that is chosen by what you look at.",
        ),
    };
    let essential = category == Category::Necessary;
    let own = || sorted.services.iter().map(|(known, ..)| *known).filter(|known| known.purpose == category);
    let certain = !essential && own().all(|known| !known.uses.is_empty());
    let uses: BTreeSet<_> = own().filter(|_| certain).flat_map(|known| &known.uses).collect();
    json!({
        "id": id(category),
        "essential": essential,
        "basis": if essential { "legitimate-interests" } else { "consent" },
        "uses": uses,
        "name": {"en": name},
        "description": {"en": description},
    })
}

/// What vendors are told, by the purposes there are.
fn signals(sorted: &Sorted) -> Value {
    let analytics = sorted.has(Category::Analytics).then_some("analytics");
    let marketing = sorted.has(Category::Marketing).then_some("marketing");
    let types = [
        ("analytics_storage", analytics),
        ("ad_storage", marketing),
        ("ad_user_data", marketing),
        ("ad_personalization", marketing),
    ];
    let types: BTreeMap<_, _> = types.into_iter().filter(|(_, purpose)| purpose.is_some()).collect();
    let google = sorted.tells(ConsentInterface::Google).then(|| json!({"types": types}));
    let uet = marketing.filter(|_| sorted.tells(ConsentInterface::Uet));
    let clarity = sorted
        .tells(ConsentInterface::Clarity)
        .then(|| json!({"analytics_storage": analytics, "ad_storage": marketing}));
    let microsoft = (uet.is_some() || clarity.is_some()).then(|| json!({"uet": uet, "clarity": clarity}));
    json!({"google": google, "microsoft": microsoft})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::Problem, tools::check};

    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    fn findings(found: Value) -> Findings {
        serde_json::from_value(json!({
            "site": {"id": "fern-clay", "name": "Fern & Clay", "url": "https://www.fern-clay.example/"},
            "controller": {"name": "Fern & Clay Ltd", "address": "1 Kiln Lane, Dublin", "email": "p@fern-clay.example"},
            "privacy_notice": "/privacy",
            "locale": "en",
            "own": ["www.fern-clay.example"],
            "found": found,
        }))
        .unwrap()
    }

    fn address(address: &str) -> Value {
        json!({"address": address, "kind": "script", "place": "index.html:1"})
    }

    fn proposed(found: Value) -> Proposal {
        propose(&findings(found)).unwrap()
    }

    fn ids(proposal: &Proposal) -> Vec<&str> {
        proposal.services.iter().map(|service| service.id.as_str()).collect()
    }

    fn errors(proposal: &Proposal) -> Vec<String> {
        let found = check(&serde_json::to_string(&proposal.policy).unwrap()).into_iter();
        found.filter(Problem::is_error).map(|one| format!("{}: {}", one.path, one.message)).collect()
    }

    #[test]
    fn every_known_service_gives_a_policy_without_errors() {
        for known in catalogue::catalogue() {
            let proposal = proposed(json!([{"service": known.id, "kind": "code", "place": "a.js:1"}]));
            assert_eq!(ids(&proposal), [known.id.as_str()]);
            assert_eq!(errors(&proposal), [""; 0], "{}", known.id);
            assert_eq!(proposal.services[0].places, ["a.js:1"]);
        }
    }

    #[test]
    fn many_at_once_give_one_too() {
        // All of them are more than a policy may have.
        for left_out in [Category::Functional, Category::Analytics] {
            let many = || catalogue::catalogue().iter().filter(|known| known.purpose != left_out);
            let found = many().flat_map(|known| {
                let shared =
                    known.shared_hosts.iter().map(|host| json!({"address": format!("https://{host}/")}));
                shared.chain([json!({"service": known.id})])
            });
            let proposal = proposed(found.collect());
            assert_eq!(proposal.services.len(), many().count());
            assert_eq!(errors(&proposal), [""; 0]);
        }
    }

    #[test]
    fn nothing_found_is_a_policy_of_what_is_necessary() {
        let proposal = proposed(json!([]));
        assert_eq!(proposal.policy.purposes.len(), 1);
        assert_eq!(errors(&proposal), [""; 0]);
    }

    #[test]
    fn an_address_says_more_than_its_host() {
        let tag = proposed(json!([
            address("https://www.googletagmanager.com/gtag/js?id=G-AB12"),
            address("https://www.googletagmanager.com/"),
            address("https://region1.google-analytics.com/g/collect"),
        ]));
        assert_eq!(ids(&tag), ["google-analytics"]);
        let hosts = &tag.policy.services[0].hosts;
        for host in ["www.googletagmanager.com", "region1.google-analytics.com", "www.google-analytics.com"] {
            assert!(hosts.iter().any(|own| own == host), "{host} is not in {hosts:?}");
        }
        let manager = proposed(json!([address("//www.googletagmanager.com/gtm.js?id=GTM-1")]));
        assert_eq!(ids(&manager), ["google-tag-manager"]);
        assert_eq!(
            ids(&proposed(json!([address("https://www.google.com/recaptcha/api.js")]))),
            ["recaptcha"]
        );
    }

    #[test]
    fn a_host_serves_one_purpose() {
        let both = proposed(json!([
            address("https://www.googletagmanager.com/gtm.js?id=GTM-1"),
            address("https://www.googletagmanager.com/gtag/js?id=G-AB12"),
        ]));
        assert_eq!(ids(&both), ["google-analytics", "google-tag-manager"]);
        assert!(!both.policy.services[0].hosts.contains(&"www.googletagmanager.com".to_owned()));
        assert!(both.notes[0].contains("a host serves one purpose"), "{:?}", both.notes);
        assert_eq!(errors(&both), [""; 0]);
    }

    #[test]
    fn signals_follow_what_was_found() {
        let google = |policy: &Policy| serde_json::to_value(&policy.signals).unwrap();
        let all = proposed(
            json!([{"service": "google-analytics"}, {"service": "microsoft-uet"}, {"service": "clarity"}]),
        );
        let signals = google(&all.policy);
        assert_eq!(signals["google"]["types"]["analytics_storage"], "analytics");
        assert_eq!(signals["google"]["types"]["ad_storage"], "marketing");
        assert_eq!(signals["microsoft"]["uet"], "marketing");
        assert_eq!(signals["microsoft"]["clarity"]["ad_storage"], "marketing");
        assert_eq!(google(&proposed(json!([{"service": "plausible"}])).policy), json!({}));
    }

    #[test]
    fn uses_are_stated_where_all_services_are_sure_of_them() {
        let uses = |found: Value| serde_json::to_value(&proposed(found).policy.purposes[1].uses).unwrap();
        assert_eq!(uses(json!([{"service": "plausible"}])), json!(["statistics"]));
        assert_eq!(uses(json!([{"service": "plausible"}, {"service": "hotjar"}])), json!([]));
    }

    #[test]
    fn what_nobody_is_known_for_is_listed_once() {
        let proposal = proposed(json!([
            {"address": "https://cdn.example.net/a.js", "kind": "script", "place": "a.html:1"},
            {"address": "https://CDN.example.net:8443/b.js", "kind": "iframe", "place": "b.html:2"},
            {"cookie": "basket", "kind": "cookie", "place": "https://www.fern-clay.example/"},
            {"cookie": "_fbp", "kind": "cookie", "place": "https://www.fern-clay.example/"},
            {"key": "ph_x_posthog", "kind": "storage"},
            {"address": "https://img.fern-clay.example/a.png"}, {"address": "https://fern-clay.example/"},
            {"address": "https://localhost/"}, {"address": "javascript:alert(1)"}, {"address": "https://a b/"},
        ]));
        let unknown: Vec<_> = proposal.unknown.iter().map(|one| (one.what, one.name.as_str())).collect();
        assert_eq!(unknown, [("cookie", "basket"), ("host", "cdn.example.net")]);
        assert_eq!(proposal.unknown[1].places, ["a.html:1", "b.html:2"]);
        assert_eq!(ids(&proposal), ["posthog", "meta-pixel"]);
        let near = findings(json!([address("https://notfern-clay.example/")]));
        assert_eq!(propose(&near).unwrap().unknown.len(), 1, "a name that merely ends alike is another's");
    }

    #[test]
    fn an_answer_that_has_no_place_is_named() {
        let wrong = Findings { locale: "English".into(), ..findings(json!([])) };
        let problem = propose(&wrong).unwrap_err();
        assert!(problem.starts_with("locales.default:"), "{problem}");
    }
}
