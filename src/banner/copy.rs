//! The copy of a person's data as pages for reading: one that says what there is (GDPR Articles 12(1) and 15(1)), and one
//! for each list. They stand in the archive beside the files for machines, and load nothing from anywhere.

use super::{
    html::{Html, Value},
    translated::translated,
};
use crate::{
    clock::Timestamp,
    policy::{
        CopyTexts, DataSource, Interface, Locale, Policy, Region, Setting, in_words, interface, notice,
    },
    rights::{copy::Item, request::Right},
};

/// A file of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFile {
    /// Its name in the archive, of letters, digits and `/ . _ ~ -`.
    pub name: String,
    /// Its length, in bytes.
    pub bytes: u64,
}

/// What the first page of a copy says.
#[derive(Debug, Clone, Copy)]
pub struct CopyIndex<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The language.
    pub locale: &'a Locale,
    /// Where the person is, as far as that is known.
    pub region: Option<&'a Region>,
    /// Everything, or what may be taken along.
    pub scope: Right,
    /// When the copy was begun.
    pub at: Timestamp,
    /// The files that are listed.
    pub files: &'a [CopyFile],
    /// How many there are besides; the manifest has them.
    pub others: u64,
    /// What is held and could not be handed out, and why.
    pub missing: &'a [(String, String)],
}

/// The first page.
pub fn index_page(index: &CopyIndex<'_>) -> String {
    let CopyIndex { policy, locale, .. } = index;
    let interface = interface(policy, locale);
    let texts = texts(policy, &interface);
    let name = match index.scope {
        Right::Portability => &interface.rights.portability,
        _ => &texts.copy_title,
    };
    let title = format!("{name} \u{b7} {}", policy.site.name);
    let setting = Setting { region: index.region.cloned(), ..Setting::of(locale.as_str()) };
    let said = notice(policy, &setting).text;
    page(locale, &title, |html| {
        html.leaf("p", &[], &moment(index.at));
        html.element("dl", &[], |html| {
            pair(html, &interface.words.controller, &said.controller);
            pair(html, &interface.words.dpo, said.dpo.as_deref().unwrap_or_default());
            pair(html, &interface.words.representative, said.representative.as_deref().unwrap_or_default());
        });
        html.leaf("h2", &[], &texts.copy_kept);
        kept(html, index, &interface, &texts);
        html.leaf("h2", &[], &texts.copy_purposes);
        for purpose in &said.purposes {
            html.leaf("h3", &[], &purpose.name);
            html.leaf("p", &[], &purpose.description);
            html.element("dl", &[], |html| pair(html, &interface.words.basis, &purpose.basis));
        }
        let services: Vec<_> = said.purposes.iter().flat_map(|purpose| &purpose.services).collect();
        if !services.is_empty() {
            html.leaf("h2", &[], &texts.copy_recipients);
            for service in services {
                html.leaf("h3", &[], &service.name);
                html.element("dl", &[], |html| {
                    pair(html, &interface.words.recipient, &service.recipient);
                    pair(html, &interface.words.transfer, service.transfer.as_deref().unwrap_or_default());
                });
            }
        }
        automated(html, index, &interface, &texts);
        html.leaf("p", &[], &texts.copy_rights);
        if !index.missing.is_empty() {
            html.leaf("h2", &[], &texts.copy_missing);
            html.element("ul", &[], |html| {
                for (what, why) in index.missing {
                    html.leaf("li", &[], &format!("{what}: {}", translated(why, &interface)));
                }
            });
        }
        html.leaf("h2", &[], &texts.copy_files);
        html.element("ul", &[], |html| {
            index.files.iter().for_each(|file| html.element("li", &[], |html| link(html, file)));
            if index.others > 0 {
                html.leaf("li", &[], &format!("+ {} (manifest.json)", index.others));
            }
        });
    })
}

/// The categories, each with the pages that show what is kept of it.
fn kept(html: &mut Html, index: &CopyIndex<'_>, interface: &Interface, texts: &CopyTexts) {
    let CopyIndex { policy, locale, files, scope, .. } = index;
    let pages = |html: &mut Html, folder: &str| {
        let is_page =
            |file: &&CopyFile| file.name.strip_suffix(".html").is_some_and(|name| name.starts_with(folder));
        for file in files.iter().filter(is_page) {
            html.element("p", &[], |html| link(html, file));
        }
    };
    html.leaf("h3", &[], &texts.copy_decisions);
    pages(html, "consent-history");
    if *scope == Right::Access {
        html.leaf("h3", &[], &texts.copy_log);
        html.element("dl", &[], |html| {
            pair(html, &texts.copy_term, &in_words(&policy.log.retention, interface));
        });
        pages(html, "audit-entries");
    }
    for category in policy.records.iter().filter(|one| *scope == Right::Access || one.is_portable(policy)) {
        html.leaf("h3", &[], category.name.get(locale).unwrap_or(category.id.as_str()));
        html.element("dl", &[], |html| {
            let declared = |id| policy.purposes.iter().find(|purpose| &purpose.id == id);
            let purposes = category.purposes.iter().filter_map(declared);
            let names: Vec<_> = purposes.filter_map(|purpose| purpose.name.get(locale)).collect();
            pair(html, &texts.copy_purposes, &names.join(&interface.terms.list_separator));
            pair(html, &texts.copy_term, &in_words(&category.retention, interface));
            let source = match category.source {
                DataSource::Provided => &texts.copy_provided,
                DataSource::Observed => &texts.copy_observed,
                DataSource::Derived => &texts.copy_derived,
                DataSource::Received => &texts.copy_received,
            };
            pair(html, &texts.copy_source, source);
            if let Some(from) = category.received_from_in(locale, policy) {
                html.element("dd", &[], |html| html.leaf("bdi", &[], from));
            }
        });
        pages(html, &format!("records/{}/", category.id));
    }
    let of_systems = |file: &&CopyFile| file.name.starts_with("systems/");
    if files.iter().any(|file| of_systems(&file)) {
        html.leaf("h3", &[], &texts.copy_systems);
        for file in files.iter().filter(of_systems) {
            html.element("p", &[], |html| link(html, file));
        }
    }
}

/// What is decided solely by automated means, or that nothing is (GDPR Article 15(1)(h)).
fn automated(html: &mut Html, index: &CopyIndex<'_>, interface: &Interface, texts: &CopyTexts) {
    let CopyIndex { policy, locale, .. } = index;
    // Of what the site has not declared nothing is asserted.
    let Some(decisions) = policy.automated_decisions_in(locale) else { return };
    html.leaf("h2", &[], &texts.copy_automated);
    if decisions.is_empty() {
        html.leaf("p", &[], &texts.copy_automated_none);
    }
    for decision in decisions {
        html.leaf("h3", &[], decision.name);
        html.element("dl", &[], |html| {
            pair(html, &texts.copy_logic, decision.logic);
            pair(html, &texts.copy_consequences, decision.consequences);
            let used = decision.records.iter().filter_map(|id| policy.category(id));
            let used: Vec<_> = used.map(|one| one.name.get(locale).unwrap_or(one.id.as_str())).collect();
            pair(html, &texts.copy_used, &used.join(&interface.terms.list_separator));
            let purposes = decision.purposes.iter().filter_map(|id| policy.purpose(id));
            let purposes: Vec<_> = purposes.filter_map(|one| one.name.get(locale)).collect();
            pair(html, &texts.copy_purposes, &purposes.join(&interface.terms.list_separator));
        });
    }
}

/// Records of a category whose content is JSON, one after the other.
pub fn records_page(policy: &Policy, locale: &Locale, title: &str, items: &[Item]) -> String {
    let texts = texts(policy, &interface(policy, locale));
    page(locale, title, |html| {
        for item in items {
            html.leaf("h2", &[], item.name.as_str());
            html.element("dl", &[], |html| {
                pair(html, &texts.copy_stored, &moment(item.stored));
                pair(html, &texts.copy_until, &moment(item.retain_until));
                html.leaf("dt", &[], &texts.copy_content);
                html.element("dd", &[], |html| content(html, &item.content));
            });
        }
    })
}

/// The decisions: for each its moment and what was decided, purpose by purpose, as words for machines have it.
pub fn decisions_page<'a>(
    policy: &Policy,
    locale: &Locale,
    decisions: impl Iterator<Item = (Timestamp, Vec<(&'a str, String)>)>,
) -> String {
    let texts = texts(policy, &interface(policy, locale));
    page(locale, &texts.copy_decisions, |html| {
        for (at, outcomes) in decisions {
            html.leaf("h2", &[], &moment(at));
            html.element("dl", &[], |html| {
                for (purpose, outcome) in outcomes {
                    let known = policy.purposes.iter().find(|one| one.id.as_str() == purpose);
                    let name = known.and_then(|one| one.name.get(locale)).unwrap_or(purpose);
                    pair(html, name, &outcome);
                }
            });
        }
    })
}

/// What the log says.
pub fn entries_page(policy: &Policy, locale: &Locale, entries: &serde_json::Value) -> String {
    let texts = texts(policy, &interface(policy, locale));
    page(locale, &texts.copy_log, |html| content(html, entries))
}

/// A value as nested lists.
fn content(html: &mut Html, value: &serde_json::Value) {
    use serde_json::Value as Json;
    match value {
        Json::Object(members) => html.element("dl", &[], |html| {
            for (name, value) in members {
                html.leaf("dt", &[], name);
                html.element("dd", &[], |html| content(html, value));
            }
        }),
        Json::Array(items) => html.element("ol", &[], |html| {
            for item in items {
                html.element("li", &[], |html| content(html, item));
            }
        }),
        Json::String(text) => html.leaf("bdi", &[], text),
        Json::Null => html.text("\u{2013}"),
        other => html.text(&other.to_string()),
    }
}

fn texts(policy: &Policy, interface: &Interface) -> CopyTexts {
    interface.copies.filled(&[("site", policy.site.name.as_str())])
}

fn pair(html: &mut Html, term: &str, value: &str) {
    if !value.is_empty() {
        html.leaf("dt", &[], term);
        html.element("dd", &[], |html| html.leaf("bdi", &[], value));
    }
}

/// A file by its name, which is the archive's own and leads nowhere else.
fn link(html: &mut Html, file: &CopyFile) {
    html.leaf("a", &[Value("href", &file.name)], &file.name);
    html.text(&format!(" \u{b7} {}", size(file.bytes)));
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

/// The style of a page that stands alone.
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;\
    color:#1d1d1f;background:#fff;overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem;\
    padding-inline-start:1rem;border-inline-start:2px solid #ddd}h2{margin-top:2rem}\
    @media(prefers-color-scheme:dark){body{color:#eee;background:#151517}a{color:#9cf}dd{border-color:#444}}";

fn page(locale: &Locale, title: &str, main: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::default();
    html.doctype();
    html.element("html", &[Value("lang", locale.as_str()), Value("dir", locale.direction())], |html| {
        html.element("head", &[], |html| {
            html.void("meta", &[Value("charset", "utf-8")]);
            html.void(
                "meta",
                &[Value("name", "viewport"), Value("content", "width=device-width,initial-scale=1")],
            );
            // Nothing of a record can act or fetch, whatever it holds.
            let rule = "default-src 'none'; style-src 'unsafe-inline'";
            html.void("meta", &[Value("http-equiv", "Content-Security-Policy"), Value("content", rule)]);
            html.leaf("title", &[], title);
            html.leaf("style", &[], STYLE);
        });
        html.element("body", &[], |html| {
            html.element("main", &[], |html| {
                html.leaf("h1", &[], title);
                main(html);
            });
        });
    });
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    fn item(content: serde_json::Value) -> Item {
        Item {
            name: "order-1".parse().unwrap(),
            stored: Timestamp::from_seconds(0),
            retain_until: Timestamp::from_seconds(86_400),
            content,
        }
    }

    #[test]
    fn a_page_shows_everything_and_runs_nothing() {
        let policy = sample::parsed(sample::full());
        let locale = "en".parse().unwrap();
        let hostile = "</dd><script>alert(1)</script>";
        let items = [item(json!({"to": hostile, "lines": [1, null, {"sku": "A\u{202e}"}]}))];
        let html = records_page(&policy, &locale, "Orders", &items);
        assert!(html.contains("<dt>lines</dt>") && html.contains("<li>1</li>"), "{html}");
        assert!(html.contains("1970-01-02 00:00:00 UTC"), "{html}");
        assert!(!html.contains("<script") && html.is_ascii(), "{html}");
    }

    #[test]
    fn the_first_page_says_what_the_law_wants_said() {
        let policy = sample::parsed(sample::full());
        let locale = "en".parse().unwrap();
        let category = policy.records.first().unwrap();
        let files = [CopyFile { name: format!("records/{0}/{0}.html", category.id), bytes: 12_345 }];
        let index = CopyIndex {
            policy: &policy,
            locale: &locale,
            region: None,
            scope: Right::Access,
            at: Timestamp::from_seconds(0),
            files: &files,
            others: 7,
            missing: &[
                ("orders/9".into(), "damaged".into()),
                ("systems/crm".into(), "It has burnt down.".into()),
            ],
        };
        let html = index_page(&index);
        for said in [
            category.name.get(&locale).unwrap(),
            "Legal basis",
            "Kept for",
            "<dt>Source</dt><dd><bdi>You gave it</bdi></dd>",
            "<dt>Source</dt><dd><bdi>Received from others</bdi></dd><dd><bdi>Plain Credit Ltd, Dublin</bdi></dd>",
            "<h3>What the audit log says about you</h3><dl><dt>Kept for</dt><dd><bdi>2 years</bdi></dd></dl>",
            "Recipient",
            "complain to a data protection authority",
            "orders/9: damaged",
            "systems/crm: It has burnt down.",
            "12.3 kB",
            "+ 7 (manifest.json)",
        ] {
            assert!(html.contains(said), "{said}: {html}");
        }
        assert_eq!(html.matches(&*files.first().unwrap().name).count(), 4, "linked twice: {html}");
        let german = index_page(&CopyIndex { locale: &"de".parse().unwrap(), ..index });
        assert!(german.contains("orders/9: besch&#xe4;digt"), "{german}");
        let portable = index_page(&CopyIndex { scope: Right::Portability, ..index });
        assert!(!portable.contains("audit log"), "{portable}");
    }

    /// The first page of a copy from a site that declares this of automated decisions; unchecked, since pages
    /// have to hold whatever they are given.
    fn with_automated(declared: serde_json::Value, locale: &str) -> String {
        let mut json = sample::full();
        json["automated_decisions"] = declared;
        index_page(&CopyIndex {
            policy: &serde_json::from_value(json).unwrap(),
            locale: &locale.parse().unwrap(),
            region: None,
            scope: Right::Access,
            at: Timestamp::from_seconds(0),
            files: &[],
            others: 0,
            missing: &[],
        })
    }

    #[test]
    fn automated_decisions_are_stated_as_far_as_they_are_declared() {
        let (heading, none) = ("<h2>Automated decisions</h2>", "is based solely on automated processing");
        let silent = with_automated(serde_json::Value::Null, "en");
        assert!(!silent.contains("utomated"), "{silent}");

        let empty = with_automated(json!([]), "en");
        assert!(empty.contains(heading) && empty.contains(none), "{empty}");
        let german = with_automated(json!([]), "de");
        assert!(german.contains("ausschlie&#xdf;lich auf einer automatisierten Verarbeitung"), "{german}");

        let one = with_automated(sample::full()["automated_decisions"].clone(), "en");
        for said in [
            heading,
            "<h3>Whether you may pay by invoice</h3>",
            "<dt>Logic involved</dt><dd><bdi>We look at whether earlier invoices were paid in time.</bdi></dd>",
            "<dt>Significance and envisaged consequences</dt><dd><bdi>If not, you pay before we send anything.</bdi></dd>",
            "<dt>Data it uses</dt><dd><bdi>Your account</bdi></dd>",
            "<dt>What data is used for</dt><dd><bdi>Necessary</bdi></dd>",
        ] {
            assert!(one.contains(said), "{said}: {one}");
        }
        assert!(!one.contains(none), "{one}");
    }

    #[test]
    fn no_text_of_an_automated_decision_becomes_markup() {
        let hostile = json!({"en": "</bdi></dd><script>alert(1)</script>\"'&"});
        let html = with_automated(
            json!([{"id": "invoice", "name": hostile, "logic": hostile, "consequences": hostile}]),
            "en",
        );
        assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 3, "{html}");
        assert!(!html.contains("<script"), "{html}");
    }
}
