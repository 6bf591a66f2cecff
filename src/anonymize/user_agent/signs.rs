//! What single words of a user agent say. Words are compared without regard to case, and tell nothing about each other,
//! so the order of this list is of no importance; where two words name a browser, the higher rank is meant.

use super::names::{Family, System};

/// A word and what it says.
pub(super) type Sign = (&'static str, Meaning);

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The family it names, [`Family::Other`] for none.
    pub(super) family: Family,
    /// How surely that is the one meant: browsers also carry the words of those they descend from.
    pub(super) rank: u8,
    /// The system it names, [`System::Other`] for none.
    pub(super) system: System,
    /// What else it says.
    pub(super) flags: u16,
}

impl Meaning {
    /// Whether it names a crawler, rather than an HTTP client.
    pub(super) const fn is_crawler(self) -> bool {
        self.rank == CRAWLER
    }
}

/// Nobody looks at the page.
pub(super) const BOT: u16 = 1;
/// On a television.
pub(super) const TV: u16 = 2;
/// On a tablet.
pub(super) const TABLET: u16 = 4;
/// On a phone.
pub(super) const MOBILE: u16 = 8;
/// On a processor that Apple's phones never had.
pub(super) const INTEL: u16 = 16;
/// The number after it is the version of the browser that does not say its own.
pub(super) const VERSION: u16 = 32;
/// It counts only right after `Opera`: `Opera Mini`.
pub(super) const AFTER_OPERA: u16 = 64;
/// It counts only right after `Windows`: `Windows Phone`.
pub(super) const AFTER_WINDOWS: u16 = 128;
/// The number after it is four less than the version: `Trident/7.0` is Internet Explorer 11.
pub(super) const TRIDENT: u16 = 256;

/// The engine, which names a browser only where nothing else does.
pub(super) const ENGINE: u8 = 1;
/// `Safari`, which every descendant of KHTML carries.
const SAFARI: u8 = 5;
/// `Chrome` and `Firefox`, which their descendants carry.
const ANCESTOR: u8 = 10;
const BROWSER: u8 = 30;
/// A browser built on another of the rank before.
const OUTER: u8 = 40;
/// A crawler nobody here knows.
pub(super) const UNKNOWN_BOT: u8 = 50;
/// What apps of a system fetch with.
pub(super) const LIBRARY: u8 = 55;
/// An app that shows pages in a browser not its own.
const APP: u8 = 60;
const CLIENT: u8 = 70;
const CRAWLER: u8 = 90;

const fn sign(word: &'static str, family: Family, rank: u8, system: System, flags: u16) -> Sign {
    (word, Meaning { family, rank, system, flags })
}

const fn browser(word: &'static str, family: Family, rank: u8) -> Sign {
    sign(word, family, rank, System::Other, 0)
}

const fn app(word: &'static str, family: Family) -> Sign {
    sign(word, family, APP, System::Other, 0)
}

/// An HTTP client as scripts and servers use it.
const fn script(word: &'static str, family: Family) -> Sign {
    sign(word, family, CLIENT, System::Other, BOT)
}

const fn crawler(word: &'static str, family: Family) -> Sign {
    sign(word, family, CRAWLER, System::Other, BOT)
}

const fn system(word: &'static str, system: System, flags: u16) -> Sign {
    sign(word, Family::Other, 0, system, flags)
}

const fn mark(word: &'static str, flags: u16) -> Sign {
    sign(word, Family::Other, 0, System::Other, flags)
}

/// All signs.
pub(super) const SIGNS: &[Sign] = &[
    // In nearly every header, and without meaning.
    mark("Mozilla", 0),
    mark("KHTML", 0),
    mark("like", 0),
    mark("Gecko", 0),
    mark("compatible", 0),
    mark("Build", 0),
    mark("Intel", 0),
    mark("NT", 0),
    mark("x64", 0),
    mark("WOW64", 0),
    mark("X11", 0),
    mark("OS", 0),
    mark("CPU", 0),
    mark("X", 0),
    mark("K", 0),
    mark("U", 0),
    mark("rv", 0),
    mark("wv", 0),
    mark("Version", VERSION),
    // Engines, and the browsers that descend from them.
    browser("AppleWebKit", Family::Safari, ENGINE),
    browser("Safari", Family::Safari, SAFARI),
    browser("Chrome", Family::Chrome, ANCESTOR),
    browser("Chromium", Family::Chrome, ANCESTOR),
    sign("CriOS", Family::Chrome, BROWSER, System::Ios, 0),
    sign("HeadlessChrome", Family::Chrome, BROWSER, System::Other, BOT),
    browser("Firefox", Family::Firefox, ANCESTOR),
    browser("Fennec", Family::Firefox, BROWSER),
    browser("Focus", Family::Firefox, BROWSER),
    browser("Klar", Family::Firefox, BROWSER),
    browser("Iceweasel", Family::Firefox, BROWSER),
    sign("FxiOS", Family::Firefox, BROWSER, System::Ios, 0),
    browser("MSIE", Family::InternetExplorer, BROWSER),
    sign("Trident", Family::InternetExplorer, ANCESTOR, System::Other, TRIDENT),
    sign("IEMobile", Family::InternetExplorer, OUTER, System::WindowsPhone, MOBILE),
    browser("Edge", Family::Edge, OUTER),
    browser("Edg", Family::Edge, OUTER),
    sign("EdgA", Family::Edge, OUTER, System::Android, 0),
    sign("EdgiOS", Family::Edge, OUTER, System::Ios, 0),
    browser("Opera", Family::Opera, OUTER),
    browser("OPR", Family::Opera, OUTER),
    browser("OPRGX", Family::Opera, OUTER),
    browser("OPT", Family::Opera, OUTER),
    browser("OPX", Family::Opera, OUTER),
    sign("OPiOS", Family::Opera, OUTER, System::Ios, 0),
    browser("Coast", Family::Opera, OUTER),
    sign("Mini", Family::Opera, OUTER + 1, System::Other, MOBILE | AFTER_OPERA),
    sign("Mobi", Family::Opera, OUTER, System::Other, MOBILE | AFTER_OPERA),
    browser("SamsungBrowser", Family::SamsungInternet, OUTER),
    browser("Vivaldi", Family::Vivaldi, OUTER),
    browser("Brave", Family::Brave, OUTER),
    browser("YaBrowser", Family::Yandex, OUTER),
    browser("YaSearchBrowser", Family::Yandex, OUTER),
    browser("YaApp_Android", Family::Yandex, OUTER),
    browser("YaApp_iOS", Family::Yandex, OUTER),
    browser("UCBrowser", Family::Uc, OUTER),
    browser("UCWEB", Family::Uc, OUTER),
    browser("UBrowser", Family::Uc, OUTER),
    browser("UCMobile", Family::Uc, OUTER),
    browser("UC", Family::Uc, OUTER),
    browser("MiuiBrowser", Family::Miui, OUTER),
    browser("HuaweiBrowser", Family::Huawei, OUTER),
    browser("HonorBrowser", Family::Honor, OUTER),
    browser("bdhonorbrowser", Family::Honor, OUTER + 1),
    browser("HeyTapBrowser", Family::HeyTap, OUTER),
    browser("VivoBrowser", Family::Vivo, OUTER),
    browser("QQBrowser", Family::QqBrowser, OUTER),
    browser("MQQBrowser", Family::QqBrowser, OUTER),
    browser("baidubrowser", Family::Baidu, OUTER),
    browser("BIDUBrowser", Family::Baidu, OUTER),
    browser("baiduboxapp", Family::Baidu, OUTER),
    browser("QihooBrowser", Family::Qihoo, OUTER),
    browser("360SE", Family::Qihoo, OUTER),
    browser("360EE", Family::Qihoo, OUTER),
    browser("MetaSr", Family::Sogou, OUTER),
    browser("SogouMobileBrowser", Family::Sogou, OUTER),
    browser("coc_coc_browser", Family::CocCoc, OUTER),
    browser("DuckDuckGo", Family::DuckDuckGo, OUTER),
    browser("Ddg", Family::DuckDuckGo, OUTER),
    browser("Whale", Family::Whale, OUTER),
    browser("Maxthon", Family::Maxthon, OUTER),
    browser("MxBrowser", Family::Maxthon, OUTER),
    browser("Puffin", Family::Puffin, OUTER),
    sign("Silk", Family::Silk, OUTER, System::Android, 0),
    browser("Sleipnir", Family::Sleipnir, OUTER),
    sign("OculusBrowser", Family::Oculus, OUTER + 1, System::Android, 0),
    browser("Avast", Family::Avast, OUTER),
    browser("PaleMoon", Family::PaleMoon, OUTER),
    browser("Waterfox", Family::Waterfox, OUTER),
    browser("SeaMonkey", Family::SeaMonkey, OUTER),
    browser("Epiphany", Family::Epiphany, OUTER),
    browser("Midori", Family::Midori, OUTER),
    browser("Falkon", Family::Falkon, OUTER),
    browser("QupZilla", Family::Falkon, OUTER),
    browser("Otter", Family::Otter, OUTER),
    browser("Ladybird", Family::Ladybird, OUTER),
    browser("Konqueror", Family::Konqueror, OUTER),
    browser("Lynx", Family::Lynx, OUTER),
    browser("Dolphin", Family::Dolphin, OUTER),
    browser("NetFront", Family::NetFront, OUTER),
    browser("Obigo", Family::Obigo, OUTER),
    browser("ObigoInternetBrowser", Family::Obigo, OUTER),
    browser("NokiaBrowser", Family::Nokia, OUTER),
    browser("S40OviBrowser", Family::Nokia, OUTER),
    sign("Kindle", Family::Kindle, OUTER, System::Linux, TABLET),
    // Apps.
    browser("Electron", Family::Electron, OUTER),
    browser("Thunderbird", Family::Thunderbird, OUTER),
    browser("Outlook", Family::Outlook, OUTER),
    app("Outlook-iOS", Family::Outlook),
    app("Outlook-Android", Family::Outlook),
    app("Outlook-iOS-Android", Family::Outlook),
    browser("MSOffice", Family::Outlook, OUTER),
    app("FBAN", Family::Facebook),
    app("FBAV", Family::Facebook),
    app("FB_IAB", Family::Facebook),
    app("Instagram", Family::Instagram),
    app("musical_ly", Family::TikTok),
    app("TikTok", Family::TikTok),
    app("trill", Family::TikTok),
    app("BytedanceWebview", Family::TikTok),
    app("Twitter", Family::Twitter),
    app("TwitterAndroid", Family::Twitter),
    app("Snapchat", Family::Snapchat),
    app("Pinterest", Family::Pinterest),
    app("LinkedInApp", Family::LinkedIn),
    app("Reddit", Family::Reddit),
    app("GSA", Family::GoogleApp),
    app("MicroMessenger", Family::WeChat),
    app("WeiBo", Family::Weibo),
    app("WeiboIntliOS", Family::Weibo),
    app("Line", Family::Line),
    app("KAKAOTALK", Family::KakaoTalk),
    app("NAVER", Family::Naver),
    app("Telegram", Family::Telegram),
    app("Telegram-Android", Family::Telegram),
    app("WhatsApp", Family::WhatsApp),
    app("Slack", Family::Slack),
    app("Slack_SSB", Family::Slack),
    app("Teams", Family::Teams),
    app("Spotify", Family::Spotify),
    app("Flipboard", Family::Flipboard),
    app("Flipboard-Briefing", Family::Flipboard),
    // HTTP clients: those of apps on a device first.
    app("okhttp", Family::OkHttp),
    sign("CFNetwork", Family::AppleHttp, LIBRARY, System::Darwin, 0),
    sign("Dalvik", Family::Dalvik, LIBRARY, System::Android, 0),
    app("Dart", Family::Dart),
    script("curl", Family::Curl),
    script("libcurl", Family::Curl),
    script("Wget", Family::Wget),
    script("python-requests", Family::PythonRequests),
    script("Python-urllib", Family::PythonUrllib),
    script("python-httpx", Family::Httpx),
    script("aiohttp", Family::Aiohttp),
    script("Go-http-client", Family::Go),
    script("Java", Family::Java),
    script("Apache-HttpClient", Family::ApacheHttp),
    script("Apache-HttpAsyncClient", Family::ApacheHttp),
    script("Google-HTTP-Java-Client", Family::GoogleHttp),
    script("axios", Family::Axios),
    script("node", Family::Node),
    script("node-fetch", Family::Node),
    script("undici", Family::Node),
    script("libwww-perl", Family::Perl),
    script("PHP", Family::Php),
    script("GuzzleHttp", Family::Guzzle),
    script("Ruby", Family::Ruby),
    script("Faraday", Family::Faraday),
    script("PostmanRuntime", Family::Postman),
    script("HTTPie", Family::Httpie),
    script("reqwest", Family::Reqwest),
    script("Scrapy", Family::Scrapy),
    script("WinHttp", Family::WinHttp),
    script("WindowsPowerShell", Family::PowerShell),
    script("PowerShell", Family::PowerShell),
    script("WordPress", Family::WordPress),
    // Crawlers, previews and monitors.
    crawler("Googlebot", Family::GoogleBot),
    crawler("Googlebot-Image", Family::GoogleBot),
    crawler("Googlebot-Mobile", Family::GoogleBot),
    crawler("Googlebot-News", Family::GoogleBot),
    crawler("Googlebot-Video", Family::GoogleBot),
    crawler("AdsBot-Google", Family::GoogleBot),
    crawler("AdsBot-Google-Mobile", Family::GoogleBot),
    crawler("APIs-Google", Family::GoogleBot),
    crawler("FeedFetcher-Google", Family::GoogleBot),
    crawler("Mediapartners-Google", Family::GoogleBot),
    crawler("Storebot-Google", Family::GoogleBot),
    crawler("GoogleOther", Family::GoogleBot),
    crawler("Google-InspectionTool", Family::GoogleBot),
    crawler("Google-Read-Aloud", Family::GoogleBot),
    crawler("GoogleImageProxy", Family::ImageProxy),
    crawler("Chrome-Lighthouse", Family::Lighthouse),
    crawler("bingbot", Family::BingBot),
    crawler("BingPreview", Family::BingBot),
    crawler("msnbot", Family::BingBot),
    crawler("msnbot-media", Family::BingBot),
    crawler("adidxbot", Family::BingBot),
    crawler("Slurp", Family::YahooBot),
    crawler("DuckDuckBot", Family::DuckDuckBot),
    crawler("DuckAssistBot", Family::DuckDuckBot),
    crawler("Baiduspider", Family::BaiduSpider),
    crawler("Baiduspider-image", Family::BaiduSpider),
    crawler("Baiduspider-render", Family::BaiduSpider),
    crawler("YandexBot", Family::YandexBot),
    crawler("YandexImages", Family::YandexBot),
    crawler("YandexMobileBot", Family::YandexBot),
    crawler("YandexAccessibilityBot", Family::YandexBot),
    crawler("Applebot", Family::AppleBot),
    crawler("Applebot-Extended", Family::AppleBot),
    crawler("Amazonbot", Family::AmazonBot),
    crawler("GPTBot", Family::GptBot),
    crawler("ChatGPT-User", Family::ChatGptUser),
    crawler("OAI-SearchBot", Family::OaiSearch),
    crawler("ClaudeBot", Family::ClaudeBot),
    crawler("Claude-User", Family::ClaudeBot),
    crawler("Claude-SearchBot", Family::ClaudeBot),
    crawler("Claude-Web", Family::ClaudeBot),
    crawler("anthropic-ai", Family::ClaudeBot),
    crawler("PerplexityBot", Family::PerplexityBot),
    crawler("Perplexity-User", Family::PerplexityBot),
    crawler("Bytespider", Family::ByteSpider),
    crawler("CCBot", Family::CcBot),
    crawler("facebookexternalhit", Family::FacebookBot),
    crawler("FacebookBot", Family::FacebookBot),
    crawler("facebookcatalog", Family::FacebookBot),
    crawler("Facebot", Family::FacebookBot),
    crawler("meta-externalagent", Family::FacebookBot),
    crawler("meta-externalfetcher", Family::FacebookBot),
    crawler("Twitterbot", Family::TwitterBot),
    crawler("LinkedInBot", Family::LinkedInBot),
    crawler("Pinterestbot", Family::PinterestBot),
    crawler("Slackbot", Family::SlackBot),
    crawler("Slackbot-LinkExpanding", Family::SlackBot),
    crawler("Slack-ImgProxy", Family::SlackBot),
    crawler("Discordbot", Family::DiscordBot),
    crawler("TelegramBot", Family::TelegramBot),
    crawler("AhrefsBot", Family::AhrefsBot),
    crawler("AhrefsSiteAudit", Family::AhrefsBot),
    crawler("SemrushBot", Family::SemrushBot),
    crawler("MJ12bot", Family::Mj12),
    crawler("DotBot", Family::DotBot),
    crawler("PetalBot", Family::PetalBot),
    crawler("BLEXBot", Family::Blex),
    crawler("DataForSeoBot", Family::DataForSeo),
    crawler("SeznamBot", Family::SeznamBot),
    crawler("Mail.RU_Bot", Family::MailRuBot),
    crawler("coccocbot-web", Family::CocCocBot),
    crawler("coccocbot-image", Family::CocCocBot),
    crawler("YisouSpider", Family::YisouSpider),
    crawler("Sogou", Family::SogouSpider),
    crawler("Qwantbot", Family::Qwant),
    crawler("Qwantify", Family::Qwant),
    crawler("Exabot", Family::Exabot),
    crawler("ia_archiver", Family::ArchiveOrg),
    crawler("archive.org_bot", Family::ArchiveOrg),
    crawler("Nutch", Family::Nutch),
    crawler("PhantomJS", Family::Phantom),
    crawler("UptimeRobot", Family::UptimeRobot),
    crawler("Pingdom.com_bot_version_", Family::Pingdom),
    crawler("PingdomTMS", Family::Pingdom),
    crawler("PingdomPageSpeed", Family::Pingdom),
    crawler("Frog", Family::ScreamingFrog),
    // Systems.
    system("Windows", System::Windows, 0),
    system("Win", System::Windows, 0),
    system("Win64", System::Windows, 0),
    system("WinNT", System::Windows, 0),
    system("WindowsCE", System::Windows, MOBILE),
    system("Phone", System::WindowsPhone, MOBILE | AFTER_WINDOWS),
    system("XBLWP", System::WindowsPhone, MOBILE),
    system("ZuneWP", System::WindowsPhone, MOBILE),
    system("Macintosh", System::MacOs, 0),
    system("Mac", System::MacOs, 0),
    system("MacBook", System::MacOs, 0),
    system("MacBookPro", System::MacOs, 0),
    system("MacBookAir", System::MacOs, 0),
    system("iMac", System::MacOs, 0),
    system("Macmini", System::MacOs, 0),
    system("macOS", System::MacOs, 0),
    system("Darwin", System::Darwin, 0),
    mark("x86_64", INTEL),
    mark("i386", INTEL),
    system("iPhone", System::Ios, MOBILE),
    system("iPh", System::Ios, MOBILE),
    system("iPod", System::Ios, MOBILE),
    system("iPad", System::Ios, TABLET),
    system("iPd", System::Ios, TABLET),
    system("iOS", System::Ios, 0),
    system("iPadOS", System::Ios, TABLET),
    system("tvOS", System::TvOs, TV),
    system("AppleTV", System::TvOs, TV),
    system("watchOS", System::WatchOs, 0),
    system("Android", System::Android, 0),
    system("Adr", System::Android, 0),
    system("Linux", System::Linux, 0),
    system("Ubuntu", System::Linux, 0),
    system("Debian", System::Linux, 0),
    system("Fedora", System::Linux, 0),
    system("CrOS", System::ChromeOs, 0),
    system("FreeBSD", System::FreeBsd, 0),
    system("NetBSD", System::NetBsd, 0),
    system("OpenBSD", System::OpenBsd, 0),
    system("SunOS", System::Solaris, 0),
    system("Symbian", System::Symbian, MOBILE),
    system("SymbianOS", System::Symbian, MOBILE),
    system("Series60", System::Symbian, MOBILE),
    system("S60", System::Symbian, MOBILE),
    sign("BlackBerry", Family::BlackBerry, SAFARI + 1, System::BlackBerry, MOBILE),
    sign("BB", Family::BlackBerry, SAFARI + 1, System::BlackBerry, 0),
    sign("PlayBook", Family::BlackBerry, SAFARI + 1, System::BlackBerry, TABLET),
    system("Nintendo", System::Nintendo, 0),
    system("PlayStation", System::PlayStation, 0),
    system("Tizen", System::Tizen, 0),
    system("Web0S", System::WebOs, TV),
    system("webOS", System::WebOs, 0),
    system("Roku", System::Roku, TV),
    system("KAIOS", System::KaiOs, MOBILE),
    system("HarmonyOS", System::HarmonyOs, 0),
    system("OpenHarmony", System::HarmonyOs, 0),
    // Devices.
    mark("Mobile", MOBILE),
    mark("MIDP", MOBILE),
    mark("MIDP-2", MOBILE),
    mark("Tablet", TABLET),
    mark("TV", TV),
    mark("SmartTV", TV),
    mark("SMART-TV", TV),
    mark("HbbTV", TV),
    system("GoogleTV", System::Android, TV),
    mark("CrKey", TV),
    mark("BRAVIA", TV),
    mark("NetCast", TV),
    mark("AFTT", TV),
    mark("AFTM", TV),
    mark("AFTB", TV),
    mark("AFTS", TV),
    mark("AFTN", TV),
    mark("AFTMM", TV),
    mark("AFTKA", TV),
    mark("AFTSSS", TV),
    // A measuring browser.
    mark("PTST", BOT),
    // An address is given so that a site's owner can ask whose robot this is.
    mark("http", BOT),
    mark("https", BOT),
];
