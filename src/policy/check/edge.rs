//! What the site's own server is told, and what passes undeclared.

use super::Report;
use crate::policy::{Detail, Policy, Undeclared};

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let origin = &policy.edge.origin;
    let told = [
        ("address", origin.address, "address"),
        ("user_agent", origin.user_agent, "user agent"),
        ("referrer", origin.referrer, "page before"),
        ("client_hints", origin.client_hints, "client hints"),
    ];
    for (field, detail, name) in told {
        if detail == Detail::Whole {
            report.warn(
                format!("edge.origin.{field}"),
                format!("the site's own server is told the whole {name} of everyone"),
                "Personal data has to be limited to what is necessary (GDPR Article 5(1)(c)); with it the server can \
                 tell people apart before any of them agreed.",
                "Write `reduced` or `none`; or keep it, and say in the privacy notice what the server needs it for.",
            );
        }
    }
    let declares_cookies = policy.services.iter().any(|service| !service.cookies.is_empty());
    if policy.edge.undeclared_cookies == Undeclared::Stop && !declares_cookies {
        report.warn(
            "edge.undeclared_cookies",
            "every cookie is stopped, since no service declares one",
            "Sign-in, basket and other functions that need a cookie of the site's own would not work.",
            "Declare those cookies in a service of an essential purpose.",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{check, sample};
    use serde_json::{Value, json};

    fn warned(edge: Value) -> Vec<String> {
        let mut json = sample::json();
        for service in json["services"].as_array_mut().unwrap() {
            service["cookies"] = json!([]);
        }
        json["edge"] = edge;
        let problems = check(&sample::parsed(json));
        problems.into_iter().map(|problem| problem.path).filter(|path| path.starts_with("edge")).collect()
    }

    #[test]
    fn what_goes_beyond_the_necessary_is_warned_of() {
        assert!(warned(json!({})).is_empty());
        assert!(warned(json!({"origin": {"address": "none", "client_hints": "reduced"}})).is_empty());
        assert_eq!(
            warned(json!({"origin": {"address": "whole", "referrer": "whole"}})),
            ["edge.origin.address", "edge.origin.referrer"]
        );
        assert_eq!(warned(json!({"undeclared_cookies": "stop"})), ["edge.undeclared_cookies"]);
    }
}
