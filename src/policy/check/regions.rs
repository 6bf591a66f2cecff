//! Places and groups that exist, and rules that are no laxer than the law of a place.

use super::{Report, shown};
use crate::policy::{
    Policy, RegimeId, Region,
    regime::{EEA, US_ACTS, built_in},
};
use std::collections::{BTreeMap, BTreeSet};

/// How deep groups may lie within groups; deeper ones are not looked into when a visitor comes.
const DEEPEST: usize = 8;

/// The most places that all rules together may name, each group counted with all it holds: they are gone through for
/// a visitor.
const MOST_PLACES: usize = 10_000;

/// The most names of a circle that a message spells out.
const LONGEST_CIRCLE: usize = 20;

type Groups = BTreeMap<String, Vec<String>>;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let groups = &policy.regions.groups;
    for (name, members) in groups {
        group(groups, name, members, report);
    }
    let circles = circles(groups);
    for circle in &circles {
        let Some((first, last)) = circle.first().zip(circle.last()) else { continue };
        let at = groups.get(*last).and_then(|members| members.iter().position(|member| member == first));
        report.error(
            format!("regions.groups.{last}[{}]", at.unwrap_or_default()),
            format!("groups lead back to themselves: {}", spelled(circle, first)),
            "Which places they hold has no answer.",
            "Take the last of them out of the group before it.",
        );
    }
    for (i, rule) in policy.regions.rules.iter().enumerate() {
        if rule.places.is_empty() {
            report.error(
                format!("regions.rules[{i}].in"),
                "the rule names no place",
                "It can never apply.",
                "Write countries such as `NZ`, their parts such as `US-TX`, groups, or take the rule out.",
            );
        }
        for (j, name) in rule.places.iter().enumerate() {
            known(groups, name, format!("regions.rules[{i}].in[{j}]"), report);
        }
    }
    // What leads in a circle or is too large cannot be spelled out.
    if circles.is_empty() && is_small(policy, report) {
        laws(policy, report);
    }
}

fn group(groups: &Groups, name: &str, members: &[String], report: &mut Report) {
    let path = format!("regions.groups.{name}");
    if place(name).is_some() || name == "EEA" || name.trim().is_empty() {
        report.error(
            path.clone(),
            format!("a group cannot be called {}", shown(name)),
            "That is the name of a place, or none, and rules could not tell which is meant.",
            "Give it a name of its own, such as `south`.",
        );
    }
    if members.is_empty() {
        report.error(
            path.clone(),
            "the group holds no place",
            "Rules for it can never apply.",
            "Name some, or take it out.",
        );
    }
    for (i, member) in members.iter().enumerate() {
        known(groups, member, format!("{path}[{i}]"), report);
    }
}

/// A place or a group that exists.
fn known(groups: &Groups, name: &str, path: String, report: &mut Report) {
    if name == "EEA" || groups.contains_key(name) || place(name).is_some() {
        return;
    }
    report.error(
        path,
        format!("{} is no place and no group", shown(name)),
        "A rule for it never applies, so another would hold there than was meant.",
        "Write a country (ISO 3166-1: `NZ`), a part of one (ISO 3166-2: `US-TX`), `EEA`, or a name under \
         `regions.groups`. The United Kingdom is `GB`; there is no `EU`.",
    );
}

/// The circles among groups, each from its first group to the one that leads back. Without recursion, so that a long
/// chain is no danger.
fn circles(groups: &Groups) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in groups.keys() {
        if done.contains(start.as_str()) {
            continue;
        }
        // The groups on the way down, each with the members still to be looked at.
        let mut way: Vec<(&str, std::slice::Iter<'_, String>)> = Vec::new();
        let mut on_way: BTreeMap<&str, usize> = BTreeMap::new();
        let mut next = Some(start.as_str());
        loop {
            if let Some(name) = next.take()
                && let Some(members) = groups.get(name)
            {
                on_way.insert(name, way.len());
                way.push((name, members.iter()));
            }
            let Some((name, members)) = way.last_mut() else { break };
            if let Some(member) = members.next() {
                if let Some(at) = on_way.get(member.as_str()) {
                    found.push(way.iter().skip(*at).map(|(name, _)| *name).collect());
                } else if !done.contains(member.as_str()) {
                    next = Some(member);
                }
            } else {
                on_way.remove(*name);
                done.insert(*name);
                way.pop();
            }
        }
    }
    found
}

fn spelled(circle: &[&str], first: &str) -> String {
    let mut names: Vec<_> = circle.iter().take(LONGEST_CIRCLE).map(|name| shown(name)).collect();
    if circle.len() > LONGEST_CIRCLE {
        names.push("…".to_owned());
    }
    names.push(shown(first));
    names.join(" → ")
}

/// What a group comes to: how many groups deep, and how many places with all that it holds.
#[derive(Clone, Copy)]
struct Size {
    depth: usize,
    places: usize,
}

/// The size of every group, without recursion: those that hold only places first. There are no circles.
fn sizes(groups: &Groups) -> BTreeMap<&str, Size> {
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, members) in groups {
        let inner = members.iter().filter(|member| groups.contains_key(*member));
        let mut count = 0_usize;
        for member in inner {
            holders.entry(member).or_default().push(name);
            count += 1;
        }
        waiting.insert(name, count);
    }
    let mut sizes: BTreeMap<&str, Size> = BTreeMap::new();
    let mut ready: Vec<&str> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(name) = ready.pop() {
        let size =
            |member: &String| sizes.get(member.as_str()).copied().unwrap_or(Size { depth: 0, places: 1 });
        let members = groups.get(name).into_iter().flatten().map(size);
        let whole = members.fold(Size { depth: 0, places: 0 }, |sum, next| Size {
            depth: sum.depth.max(next.depth),
            places: sum.places.saturating_add(next.places),
        });
        sizes.insert(name, Size { depth: whole.depth + 1, places: whole.places });
        for holder in holders.get(name).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    ready.push(holder);
                }
            }
        }
    }
    sizes
}

/// Whether the rules can be spelled out, place by place.
fn is_small(policy: &Policy, report: &mut Report) -> bool {
    let sizes = sizes(&policy.regions.groups);
    let deep = sizes.iter().find(|(_, size)| size.depth > DEEPEST);
    if let Some((name, _)) = deep {
        report.error(
            format!("regions.groups.{name}"),
            format!("{} lies more than {DEEPEST} groups deep", shown(name)),
            "The places at the bottom would not be found, so another rule would hold there than was meant.",
            "Name the places themselves.",
        );
    }
    let names = policy.regions.rules.iter().flat_map(|rule| &rule.places);
    let places = names.map(|name| sizes.get(name.as_str()).map_or(1, |size| size.places));
    let total = places.fold(0_usize, usize::saturating_add);
    if total > MOST_PLACES {
        report.error(
            "regions.rules",
            format!("the rules name more than {MOST_PLACES} places"),
            "They are gone through for a visitor, and the world has about 5,000 countries and parts.",
            "Name whole countries, and each place once.",
        );
    }
    deep.is_none() && total <= MOST_PLACES
}

/// Compares each rule with the law of its places, and with the rules before it.
fn laws(policy: &Policy, report: &mut Report) {
    let groups = &policy.regions.groups;
    let mut covered: BTreeSet<String> = BTreeSet::new();
    for (i, rule) in policy.regions.rules.iter().enumerate() {
        for (j, name) in rule.places.iter().enumerate() {
            let path = format!("regions.rules[{i}].in[{j}]");
            let places = places(groups, name);
            if let Some((place, asked, law)) = places.iter().find_map(|place| laxer(rule.regime, place)) {
                report.error(
                    path,
                    format!("`{}` is laxer than `{asked}`, the rules of {place}", rule.regime),
                    format!("The law there asks for them ({law})."),
                    format!("Write `{asked}` or stricter rules, or take the place out."),
                );
                continue;
            }
            let is_covered =
                |place: &Region| covered.contains(place.as_str()) || covered.contains(place.country());
            if !places.is_empty() && places.iter().all(is_covered) {
                report.warn(
                    path,
                    format!("{} was named before", shown(name)),
                    "Of several rules that fit, the first holds, so this one never applies there.",
                    "Take it out here, or there.",
                );
            }
            covered.extend(places.iter().map(ToString::to_string));
        }
    }
}

/// A country or a part of one. Looking through the countries is left out for what has not the form of either.
fn place(name: &str) -> Option<Region> {
    let is_code = name.bytes().take(2).filter(u8::is_ascii_uppercase).count() == 2;
    (is_code && name.len() <= "US-XXX".len()).then(|| name.parse().ok()).flatten()
}

/// The places that a name stands for.
fn places(groups: &Groups, name: &str) -> BTreeSet<Region> {
    let mut places = BTreeSet::new();
    let mut names = vec![name];
    while let Some(name) = names.pop() {
        if name == "EEA" {
            places.extend(EEA.iter().filter_map(|country| country.parse().ok()));
        } else if let Some(members) = groups.get(name) {
            names.extend(members.iter().map(String::as_str));
        } else {
            places.extend(place(name));
        }
    }
    places
}

/// The rules that a place's own law asks for, where declared ones ask for less; and that law.
fn laxer(regime: RegimeId, place: &Region) -> Option<(Region, RegimeId, String)> {
    let country = place.country();
    let has_law = match country {
        "CH" | "BR" | "GB" => true,
        // A part without an act is the site's to decide; the country as a whole has parts with one.
        "US" => place.as_str() == "US" || US_ACTS.contains(&place.as_str()),
        _ => EEA.contains(&country),
    };
    let (asked, reason) = built_in(Some(place));
    let law = reason.split_once(": ").map_or_else(String::new, |(_, law)| law.to_owned());
    (has_law && !regime.is_as_strict_as(asked)).then(|| (place.clone(), asked, law))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems, soon, warned};
    use crate::policy::{Problem, RegimeId, Setting, resolve, sample};
    use serde_json::{Map, Value, json};

    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    fn rules(rules: Value, path: &str) -> Problem {
        one("/regions", json!({"groups": {"anz": ["AU", "NZ"]}, "rules": rules}), path)
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    fn groups(groups: Value, path: &str) -> Problem {
        one("/regions", json!({"groups": groups}), path)
    }

    #[test]
    fn places_and_groups_exist() {
        for bad in ["UK", "EU", "nz", "XX", "", "US-california", "north"] {
            let found = rules(json!([{"in": ["NZ", bad], "regime": "opt-in"}]), "regions.rules[0].in[1]");
            assert!(found.message.ends_with("no place and no group"), "{found}");
            groups(json!({"south": ["ZA", bad]}), "regions.groups.south[1]");
        }
        none(
            "/regions",
            json!({"groups": {"anz": ["AU", "NZ"], "south": ["anz", "ZA"]},
            "rules": [{"in": ["south", "FJ", "US-WY"], "regime": "notice-only"}]}),
        );
        rules(json!([{"in": [], "regime": "opt-in"}]), "regions.rules[0].in");
        groups(json!({"empty": []}), "regions.groups.empty");
    }

    #[test]
    fn a_group_is_not_called_like_a_place() {
        for name in ["NZ", "EEA", "US-TX", " "] {
            let found = groups(json!({name: ["ZA"]}), &format!("regions.groups.{name}"));
            assert!(found.message.starts_with("a group cannot be called"), "{found}");
        }
        none("/regions", json!({"groups": {"EU": ["EEA"], "nz": ["NZ"]}}));
    }

    #[test]
    fn circles_are_named_in_full() {
        let found = groups(json!({"a": ["NZ", "b"], "b": ["c"], "c": ["AU", "b"]}), "regions.groups.c[1]");
        assert_eq!(found.message, "groups lead back to themselves: `b` → `c` → `b`");
        let found = groups(json!({"a": ["b"], "b": ["a"]}), "regions.groups.b[0]");
        assert_eq!(found.message, "groups lead back to themselves: `a` → `b` → `a`");
        let found = groups(json!({"self": ["self"]}), "regions.groups.self[0]");
        assert_eq!(found.message, "groups lead back to themselves: `self` → `self`");
        // Two ways to one group are no circle.
        none("/regions", json!({"groups": {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["NZ"]}}));
    }

    #[test]
    fn no_rule_is_laxer_than_the_law() {
        for (place, regime, law) in [
            ("IE", "uk", "ePrivacy"),
            ("EEA", "us", "ePrivacy"),
            ("RE", "notice-only", "ePrivacy"),
            ("CH", "us", "Telecommunications Act"),
            ("BR-SP", "notice-only", "LGPD"),
            ("GB-SCT", "us", "PECR"),
            ("US-CA", "notice-only", "1798.120"),
            ("US", "notice-only", "privacy acts"),
        ] {
            let found = rules(json!([{"in": ["NZ", place], "regime": regime}]), "regions.rules[0].in[1]");
            assert!(found.why.contains(law) && found.message.contains("is laxer than"), "{found}");
        }
        let found = one(
            "/regions",
            json!({"groups": {"all": ["NZ", "west"], "west": ["FR"]}, "rules": [{"in": ["all"], "regime": "us"}]}),
            "regions.rules[0].in[0]",
        );
        assert_eq!(found.message, "`us` is laxer than `opt-in`, the rules of FR");
        for (place, regime) in [
            ("IE", "opt-in"),
            ("GB", "opt-in"),
            ("GB", "uk"),
            ("US-CA", "us"),
            ("US-WY", "notice-only"),
            ("JP", "us"),
        ] {
            none("/regions", json!({"rules": [{"in": [place], "regime": regime}]}));
        }
    }

    #[test]
    fn what_never_applies_is_a_warning() {
        for (first, then) in [("NZ", "NZ"), ("NZ", "NZ-AUK"), ("anz", "AU"), ("EEA", "IE"), ("AU", "AU")] {
            let regions = json!({
                "groups": {"anz": ["AU", "NZ"]},
                "rules": [{"in": [first], "regime": "opt-in"}, {"in": ["FJ", then], "regime": "opt-in"}],
            });
            warned("/regions", regions, "regions.rules[1].in[1]");
        }
        let partly = json!({"groups": {"anz": ["AU", "NZ"]},
            "rules": [{"in": ["AU"], "regime": "us"}, {"in": ["anz"], "regime": "notice-only"}]});
        none("/regions", partly);
        none("/regions", json!({"rules": [{"in": ["NZ-AUK", "NZ"], "regime": "us"}]}));
    }

    #[test]
    fn as_deep_as_is_accepted_is_found() {
        let chain = |depth: usize| -> Value {
            let mut groups = Map::new();
            for n in 1..depth {
                groups.insert(format!("g{n}"), json!([format!("g{}", n + 1)]));
            }
            groups.insert(format!("g{depth}"), json!(["NZ"]));
            json!({"groups": groups, "rules": [{"in": ["g1"], "regime": "notice-only"}]})
        };
        none("/regions", chain(8));
        let mut json = sample::json();
        json["regions"] = chain(8);
        let setting = Setting { region: "NZ".parse().ok(), ..Setting::of("en") };
        assert_eq!(resolve(&sample::parsed(json), &setting).id, RegimeId::NoticeOnly);
        let found = one("/regions", chain(9), "regions.groups.g1");
        assert!(found.message.contains("more than 8"), "{found}");
    }

    #[test]
    fn hostile_groups_take_no_time() {
        let ring = |n: usize, last: &str| -> Value {
            (0..n)
                .map(|i| {
                    (
                        format!("g{i}"),
                        json!([if i + 1 < n { format!("g{}", i + 1) } else { last.to_owned() }]),
                    )
                })
                .collect::<Map<_, _>>()
                .into()
        };
        let found = soon("/regions", json!({"groups": ring(10_000, "g0")}));
        assert!(found.iter().any(|one| one.message.contains("… → `g0`")), "a circle of 10,000");
        let found = soon(
            "/regions",
            json!({"groups": ring(10_000, "NZ"), "rules": [{"in": ["g0"], "regime": "us"}]}),
        );
        assert!(found.iter().any(|one| one.message.contains("groups deep")), "a chain of 10,000");

        // Each of a few levels names the next a hundred times: 10^16 ways to one place.
        let mut wide = Map::new();
        for level in 0..7 {
            wide.insert(format!("w{level}"), json!(vec![format!("w{}", level + 1); 100]));
        }
        wide.insert("w7".into(), json!(vec!["NZ"; 100]));
        let found = soon("/regions", json!({"groups": wide, "rules": [{"in": ["w0"], "regime": "us"}]}));
        assert!(found.iter().any(|one| one.path == "regions.rules" && one.is_error()), "{found:?}");

        let parts: Vec<_> = (0..9_990).map(|n| format!("CA-{}", n % 1000)).collect();
        soon("/regions", json!({"rules": [{"in": parts, "regime": "us"}]}));

        let huge = "x".repeat(200_000);
        let found = problems("/regions", json!({"rules": [{"in": [huge], "regime": "us"}]}));
        assert!(found.len() == 1 && found[0].message.len() < 300, "names are shown briefly");
        let many: Vec<_> = (0..50_000).map(|n| format!("p{n}")).collect();
        soon("/regions", json!({"groups": {"many": many}}));
    }
}
