//! The plan: what a page needs to know to obey a policy, in a few hundred bytes.

use super::{BASE, COOKIE, Grants, Policy, hash, notice, period::fewest_days};
use crate::id::{NoticeHash, PolicyHash, PurposeId, ServiceId};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What the loader obeys. It stands in the page as JSON, members in this order:
///
/// ```json
/// {"v":1,"base":"/.consentry/","policy":"…","notice":"…","locale":"en","purposes":["analytics"],
///  "services":[{"id":"metrics","purpose":0,"hosts":["metrics.example"]}],"days":181,"grant":"recorded",
///  "cookie":"consentry","sdk":"","seen":0}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this format.
    pub v: u32,
    /// The path of the site's privacy routes.
    pub base: String,
    /// The policy it was compiled from.
    pub policy: PolicyHash,
    /// The notice shown with it.
    pub notice: NoticeHash,
    /// The language of that notice.
    pub locale: String,
    /// The purposes a person may refuse; their order is the bit order of the decision cookie.
    pub purposes: Vec<PurposeId>,
    /// The services of those purposes.
    pub services: Vec<PlannedService>,
    /// For how many days a choice holds: the fewest that the policy's period can be, so that a page never keeps a
    /// choice the server holds to be expired.
    pub days: u64,
    /// When a grant takes effect.
    pub grant: Grants,
    /// The name of the decision cookie.
    pub cookie: String,
    /// Where the SDK is loaded from; whoever serves the page fills it in.
    pub sdk: String,
    /// How many decisions of this device the page was made with; whoever serves the page fills it in.
    pub seen: u32,
}

/// A service as the loader knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedService {
    /// Its id.
    pub id: ServiceId,
    /// Its purpose, as an index into the plan's purposes.
    pub purpose: usize,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// The names of its cookies, for clearing them on withdrawal; one `*` may end a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// Its keys of local and session storage, written like `cookies`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<String>,
}

/// Compiles a policy for a locale; for the nearest one that is complete, see [`Policy::locale_for`].
pub fn compile(policy: &Policy, locale: &str) -> Plan {
    let notice = notice(policy, locale);
    let purposes: Vec<_> = policy.optional_purposes().map(|purpose| purpose.id.clone()).collect();
    let services = policy
        .services
        .iter()
        .filter_map(|service| {
            let purpose = purposes.iter().position(|id| *id == service.purpose)?;
            Some(PlannedService {
                id: service.id.clone(),
                purpose,
                hosts: service.hosts.clone(),
                cookies: service.cookies.iter().map(|cookie| cookie.name.clone()).collect(),
                storage: service.storage.clone(),
            })
        })
        .collect();
    Plan {
        v: 1,
        base: BASE.to_owned(),
        policy: hash(policy),
        notice: notice.hash,
        locale: notice.text.locale.to_string(),
        purposes,
        services,
        days: fewest_days(&policy.consent.lifetime),
        grant: policy.consent.grants,
        cookie: COOKIE.to_owned(),
        sdk: String::new(),
        seen: 0,
    }
}

impl Plan {
    /// The JSON as it may stand inside a `<script>` element of a page in any charset: ASCII, and no `<`.
    pub fn to_script(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        let mut out = String::with_capacity(json.len());
        for c in json.chars() {
            if c.is_ascii() && c != '<' {
                out.push(c);
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn has_the_members_of_the_format_in_their_order() {
        let plan = compile(&sample::policy(), "en");
        let expected = format!(
            concat!(
                r#"{{"v":1,"base":"/.consentry/","policy":"{}","notice":"{}","locale":"en","#,
                r#""purposes":["analytics","marketing"],"services":["#,
                r#"{{"id":"metrics","purpose":0,"hosts":["127.0.0.1:9101"],"cookies":["pm_*"],"storage":["pm-queue"]}},"#,
                r#"{{"id":"ads","purpose":1,"hosts":["127.0.0.1:9102"],"cookies":["ad_id"]}}],"#,
                r#""days":181,"grant":"recorded","cookie":"consentry","sdk":"","seen":0}}"#,
            ),
            plan.policy, plan.notice,
        );
        assert_eq!(plan.to_script(), expected);
        assert_eq!(serde_json::from_str::<Plan>(&expected).unwrap(), plan);
    }

    #[test]
    fn the_script_form_cannot_end_its_element() {
        let plan = Plan { sdk: "</script><!--\u{1f33f}é".into(), ..compile(&sample::policy(), "en") };
        let script = plan.to_script();
        assert!(script.is_ascii() && !script.contains('<'), "{script}");
        assert_eq!(serde_json::from_str::<Plan>(&script).unwrap(), plan);
    }

    #[test]
    fn services_of_essential_purposes_need_no_gate() {
        let mut json = sample::json();
        json["services"][0]["purpose"] = "necessary".into();
        let plan = compile(&sample::parsed(json), "en");
        assert_eq!(plan.services.len(), 1);
        assert_eq!(plan.services[0].purpose, 1);
    }
}
