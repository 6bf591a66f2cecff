//! Agreement with the cases of ua-parser's uap-core, where they are at hand: `CONSENTRY_CORPORA` names a folder with
//! `user-agents.json`. Their families are finer than ours and their list is far longer; what is compared is said here.

use super::super::reduce_user_agent;
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Deserialize)]
struct Case {
    user_agent_string: String,
    family: String,
}

#[derive(Deserialize)]
struct Cases {
    browser: Vec<Case>,
    os: Vec<Case>,
}

fn cases() -> Option<Cases> {
    let Some(folder) = std::env::var_os("CONSENTRY_CORPORA") else {
        println!("skipped: CONSENTRY_CORPORA is not set, so there are no cases to compare with");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("user-agents.json")).expect("the cases");
    Some(serde_json::from_str(&text).expect("the cases as JSON"))
}

/// Browser families of theirs that are folded into one of ours, or called otherwise.
const FOLDED: &[(&str, &str)] = &[
    ("Android", "Android Browser"),
    ("BlackBerry WebKit", "BlackBerry Browser"),
    ("Avast Secure Browser", "Avast Secure Browser"),
    ("Baidu Browser", "Baidu Browser"),
    ("Baidu Browser Mobile", "Baidu Browser"),
    ("Baidu Explorer", "Baidu Browser"),
    ("Chrome Mobile", "Chrome"),
    ("Chrome Mobile iOS", "Chrome"),
    ("Chrome Mobile WebView", "Chrome"),
    ("Chromium", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Coc_Coc", "Coc Coc"),
    ("DuckDuckGo Mobile", "DuckDuckGo"),
    ("Edge Mobile", "Edge"),
    ("Firefox Beta", "Firefox"),
    ("Firefox Alpha", "Firefox"),
    ("Firefox Focus", "Firefox"),
    ("Firefox Mobile", "Firefox"),
    ("Firefox iOS", "Firefox"),
    ("Iceweasel", "Firefox"),
    ("IE Mobile", "IE"),
    ("IE Large Screen", "IE"),
    ("MiuiBrowser", "MIUI Browser"),
    ("Mobile Safari", "Safari"),
    ("Mobile Safari UI/WKWebView", "Safari"),
    ("NetFront NX", "NetFront"),
    ("Ovi Browser", "Nokia Browser"),
    ("Opera Coast", "Opera"),
    ("Opera GX", "Opera"),
    ("Opera Mini", "Opera"),
    ("Opera Mobile", "Opera"),
    ("Opera Neon", "Opera"),
    ("Opera Touch", "Opera"),
    ("QQ Browser Mobile", "QQ Browser"),
    ("QQ Browser Mini", "QQ Browser"),
    ("UC Browser", "UC Browser"),
    ("Yandex Browser", "Yandex"),
    ("YandexSearch", "Yandex"),
    ("vivo Browser", "Vivo Browser"),
    ("360 Browser", "360 Browser"),
    ("Facebook Messenger", "Facebook"),
    ("Google", "Google App"),
    ("Kakao Talk", "KakaoTalk"),
    ("Line", "LINE"),
    ("Slack Desktop Client", "Slack"),
    ("Twitter", "X"),
    ("Baiduspider-image", "Baiduspider"),
    ("baiduspider", "Baiduspider"),
    ("BaiDuSpider", "Baiduspider"),
    ("BingPreview", "bingbot"),
    ("msnbot", "bingbot"),
    ("AdsBot-Google", "Googlebot"),
    ("Google-InspectionTool", "Googlebot"),
    ("Googlebot-Image", "Googlebot"),
    ("Googlebot-Mobile", "Googlebot"),
    ("Googlebot-News", "Googlebot"),
    ("Googlebot-Video", "Googlebot"),
    ("Mediapartners-Google", "Googlebot"),
    ("PingdomBot", "Pingdom"),
    ("Screaming Frog SEO Spider", "Screaming Frog"),
    ("Slurp", "Yahoo! Slurp"),
    ("ia_archiver", "Internet Archive"),
    ("archive.org_bot", "Internet Archive"),
    ("InternetArchive", "Internet Archive"),
    ("Google-HTTP-Java-Client", "Google-HTTP-Java-Client"),
    ("Python Requests", "python-requests"),
    ("Python aiohttp", "aiohttp"),
    ("Go-http-client", "Go-http-client"),
    ("NodeJS", "Node.js"),
    ("PostmanRuntime", "Postman"),
    ("libwww-perl", "libwww-perl"),
];

/// Their family in our words; `None` for one that we have no word for.
fn browser_of(theirs: &str) -> Option<&'static str> {
    use super::super::names::FAMILIES;
    let folded = FOLDED.iter().find(|(name, _)| *name == theirs).map(|(_, ours)| *ours);
    folded.or_else(|| FAMILIES.iter().copied().find(|ours| *ours == theirs))
}

fn system_of(theirs: &str) -> Option<&'static str> {
    Some(match theirs {
        "Mac OS X" => "macOS",
        "Chrome OS" => "ChromeOS",
        "WatchOS" => "watchOS",
        "Debian"
        | "Fedora"
        | "Kindle"
        | "Mandriva"
        | "Red Hat"
        | "Ubuntu"
        | "Chromecast Linux"
        | "Chromecast SmartSpeaker" => "Linux",
        "GoogleTV" => "Android",
        "Symbian OS" | "Symbian^3 Belle" | "Symbian^3 Anna" => "Symbian",
        "BlackBerry OS" | "BlackBerry Tablet OS" => "BlackBerry",
        "Web0S" => "webOS",
        _ => {
            return super::super::names::SYSTEMS.iter().copied().find(|ours| *ours == theirs);
        }
    })
}

/// Counts how many cases of each family agree, prints the rate and who differs.
#[derive(Default)]
struct Tally {
    agree: usize,
    all: usize,
    differing: BTreeMap<(String, &'static str), usize>,
}

impl Tally {
    fn add(&mut self, theirs: &str, ours: &'static str, agrees: bool) {
        self.all += 1;
        if agrees {
            self.agree += 1;
        } else {
            *self.differing.entry((theirs.to_owned(), ours)).or_default() += 1;
        }
    }

    fn permille(&self, what: &str) -> usize {
        println!("{what}: {} of {} agree", self.agree, self.all);
        for ((theirs, ours), count) in &self.differing {
            println!("  {count} x {theirs}, here {ours}");
        }
        1000 * self.agree / self.all.max(1)
    }
}

#[test]
fn names_the_browser_that_others_name() {
    let Some(cases) = cases() else { return };
    let (mut known, mut unknown, mut robots) = (Tally::default(), Tally::default(), Tally::default());
    for case in &cases.browser {
        let ours = reduce_user_agent(&case.user_agent_string);
        match browser_of(&case.family) {
            Some(family) => known.add(&case.family, ours.browser, ours.browser == family),
            None => unknown.add(&case.family, ours.browser, ours.browser == "Other"),
        }
        let family = case.family.to_ascii_lowercase();
        if ["bot", "spider", "crawl"].iter().any(|word| family.contains(word)) {
            robots.add(&case.family, ours.device, ours.device == "bot");
        }
    }
    let rate = known.permille("families that we name");
    unknown.permille("families that we have no word for, called Other");
    let robots = robots.permille("families called bot, spider or crawler, a bot");
    assert!(rate >= 920, "{rate} of 1000 agree");
    assert!(robots >= 960, "{robots} of 1000 are bots");
}

#[test]
fn names_the_system_that_others_name() {
    let Some(cases) = cases() else { return };
    let mut tally = Tally::default();
    let mut unknown = 0;
    for case in &cases.os {
        let ours = reduce_user_agent(&case.user_agent_string);
        match system_of(&case.family) {
            Some(system) => tally.add(&case.family, ours.system, ours.system == system),
            None => unknown += 1,
        }
    }
    println!("{unknown} cases of systems that we have no word for");
    let rate = tally.permille("systems that we name");
    assert!(rate >= 920, "{rate} of 1000 agree");
}
