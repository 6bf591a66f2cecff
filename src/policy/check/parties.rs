//! The site, the controller and their addresses.

use super::{Report, shown};
use crate::policy::{Policy, is_link};

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let site = &policy.site;
    if site.id.parse::<crate::id::PurposeId>().is_err() {
        let message = format!("`{}` is no id", site.id.escape_debug());
        report.error(
            "site.id",
            message,
            "Sealed data, cookies and the log are bound to it, so machines have to be able to write it everywhere.",
            "Write a lower-case letter, then up to 31 letters, digits or hyphens.",
        );
    }
    if let Some(url) = &site.url {
        link("site.url", url, false, report);
    }
    if let Some(domain) = &site.cookie_domain
        && !is_cookie_domain(domain)
    {
        let message = format!("`{}` is no domain that can hold a cookie", domain.escape_debug());
        report.error(
            "site.cookie_domain",
            message,
            "Browsers drop a cookie for such a domain, and no choice would be remembered (RFC 6265, section 5.3).",
            "Write a lower-case domain with at least one dot, such as example.org, or leave it out.",
        );
    }
    for (at, origin) in site.origins.iter().enumerate() {
        let path = format!("site.origins[{at}]");
        if !is_origin(origin) {
            let message = format!("{} is no origin whose pages may decide here", shown(origin));
            report.error(
                path,
                message,
                "Browsers send the origin exactly so (RFC 6454, section 7.1), and one that is not secure could send \
                 other people's decisions.",
                "Write scheme and host, and the port if it is not the scheme's own, without a path: \
                 https://blog.example. Without https only localhost and 127.0.0.1 are taken.",
            );
        } else if site.origins.iter().position(|other| other == origin) != Some(at) {
            report.error(
                path,
                format!("{} is named twice", shown(origin)),
                "One of the two says nothing.",
                "Take one out.",
            );
        }
    }
    link("privacy_notice", &policy.privacy_notice, true, report);
    email("controller.email", &policy.controller.email, report);
    match &policy.controller.dpo {
        Some(dpo) => email("controller.dpo.email", &dpo.email, report),
        None => report.warn(
            "controller.dpo",
            "no data protection officer is named",
            "Who observes people regularly and on a large scale has to have one (GDPR Article 37(1)(b)), and people \
             are told how to reach them (Article 13(1)(b)).",
            "If there is one, write {\"email\": \"dpo@example.org\"}; else leave it out.",
        ),
    }
    if let Some(representative) = &policy.controller.representative {
        email("controller.representative.email", &representative.email, report);
    }
}

/// A link that can only lead to a page: no `javascript:`, no other origin by `//`.
pub(super) fn link(path: &str, url: &str, local: bool, report: &mut Report) {
    if is_link(url) && (local || !url.starts_with('/')) {
        return;
    }
    let message = format!("`{}` is no address of a page", url.escape_debug());
    let or = if local { ", or a path on the site such as /privacy" } else { "" };
    report.error(
        path,
        message,
        "It becomes a link that people follow; anything else there could run as a script.",
        format!("Write an address that starts with https://{or}."),
    );
}

fn email(path: &str, address: &str, report: &mut Report) {
    let allowed = |c: char| c.is_ascii_graphic() && !"<>()\",;:\\[]".contains(c);
    let good = address.len() <= 254
        && address.chars().all(allowed)
        && address.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.contains('@') && super::services::is_name(host)
        });
    if !good {
        let message = format!("`{}` is no address for mail", address.escape_debug());
        report.error(
            path,
            message,
            "People have to be able to write about their data (GDPR Articles 12(2) and 13(1)).",
            "Write one that is read, such as privacy@example.org.",
        );
    }
}

/// Whether a text is an origin as browsers write it (RFC 6454, section 6.2), and a secure one.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let own = if scheme == "https" { "443" } else { "80" };
    let port = port.is_none_or(|port| {
        port != own && port.starts_with(|c: char| matches!(c, '1'..='9')) && port.parse::<u16>().is_ok()
    });
    let secure = scheme == "https" || (scheme == "http" && matches!(host, "localhost" | "127.0.0.1"));
    secure && port && super::services::is_name(host)
}

fn is_cookie_domain(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    super::services::is_name(domain)
        && domain.contains('.')
        && last.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one};
    use crate::policy::{sample, warnings};
    use serde_json::json;

    #[test]
    fn addresses_lead_to_pages_only() {
        for bad in [
            "",
            "privacy",
            "javascript:alert(1)",
            "//evil.example",
            "/\\evil.example",
            "https://",
            "data:,x",
            "https://a b",
            "/privacy\n",
            "JAVASCRIPT:x",
            "https://x\"y",
        ] {
            let problem = one("/privacy_notice", json!(bad), "privacy_notice");
            assert!(problem.message.ends_with("is no address of a page"), "{problem}");
        }
        none("/privacy_notice", json!("https://fern-clay.example/privacy?lang=en#cookies"));
        none("/site/url", json!("http://127.0.0.1:8787"));
        one("/site/url", json!("/"), "site.url");
    }

    #[test]
    fn mail_addresses_can_be_written_to() {
        for bad in [
            "",
            "privacy",
            "@x.example",
            "a@",
            "a@b@c.example",
            "a b@c.example",
            "a@C.example",
            "<a@b.example>",
        ] {
            one("/controller/email", json!(bad), "controller.email");
        }
        one("/controller/dpo/email", json!("dpo"), "controller.dpo.email");
        one("/controller/representative/email", json!("eu"), "controller.representative.email");
        none("/controller/email", json!("privacy+web@fern-clay.example"));
    }

    #[test]
    fn ids_and_domains_have_their_form() {
        one("/site/id", json!("Fern"), "site.id");
        for bad in
            ["", "localhost", ".fern.example", "Fern.example", "https://fern.example", "127.0.0.1", "a.b:80"]
        {
            one("/site/cookie_domain", json!(bad), "site.cookie_domain");
        }
        none("/site/cookie_domain", json!("shop.fern-clay.example"));
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        for bad in [
            "",
            "*",
            "null",
            "https://*.fern.example",
            "https://fern.example/",
            "https://fern.example/blog",
            "https://Fern.example",
            "https://fern.example:443",
            "https://fern.example:",
            "https://fern.example:080",
            "https://fern.example:+81",
            "https://fern.example:65536",
            "https://user@fern.example",
            "http://fern.example",
            "http://localhost.fern.example",
            "ftp://fern.example",
            "fern.example",
        ] {
            let problem = one("/site/origins", json!([bad]), "site.origins[0]");
            assert!(problem.is_error() && problem.message.contains("no origin"), "{problem}");
        }
        none(
            "/site/origins",
            json!(["https://blog.fern.example", "https://x.example:8443", "http://localhost:8000"]),
        );
        one("/site/origins", json!(["https://a.example", "https://a.example"]), "site.origins[1]");
    }

    #[test]
    fn a_cookie_spans_the_domain_only_from_inside() {
        let mut site = sample::policy().site;
        assert_eq!(site.cookie_domain_on("fern.example"), None);
        site.cookie_domain = Some("fern.example".to_owned());
        for host in ["fern.example", "blog.fern.example"] {
            assert_eq!(site.cookie_domain_on(host), Some("fern.example"), "{host}");
        }
        for host in ["other.example", "notfern.example", "example", ""] {
            assert_eq!(site.cookie_domain_on(host), None, "{host}");
        }
    }

    #[test]
    fn without_an_officer_people_write_to_the_controller() {
        let found = warnings(&sample::policy());
        assert_eq!(found[0].path, "controller.dpo");
        assert!(found[0].why.contains("Article 37"), "{}", found[0]);
    }
}
