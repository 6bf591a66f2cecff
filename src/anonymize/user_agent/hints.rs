//! Client hints, reduced to the same shape as a user agent (User-Agent Client Hints, W3C Community Group).
//!
//! Brands that are not known are ignored, and with them those that browsers make up so that nobody relies on the list
//! (`"Not?A_Brand"`). Model, architecture, bitness and exact versions go nowhere.

use super::{
    UserAgent, leading_number,
    names::{Family, System},
    push_decimal,
    structured::{boolean, list, string},
};

/// The client hints of a request, each as it was sent, empty where it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientHints<'a> {
    /// `Sec-CH-UA`: the brands with their major versions.
    pub brands: &'a str,
    /// `Sec-CH-UA-Full-Version-List`: the same with exact versions, of which only the first number is looked at.
    pub full_versions: &'a str,
    /// `Sec-CH-UA-Mobile`.
    pub mobile: &'a str,
    /// `Sec-CH-UA-Platform`.
    pub platform: &'a str,
    /// `Sec-CH-UA-Form-Factors`.
    pub form_factors: &'a str,
}

/// Longer fields are ignored.
const MAX: usize = 1024;

/// Brands, and how surely each is the one meant.
const BRANDS: &[(&str, Family, u8)] = &[
    ("Chromium", Family::Chrome, 1),
    ("Google Chrome", Family::Chrome, 2),
    ("Android WebView", Family::Chrome, 2),
    ("HeadlessChrome", Family::Chrome, 2),
    ("Microsoft Edge", Family::Edge, 3),
    ("Microsoft Edge WebView2", Family::Edge, 3),
    ("Opera", Family::Opera, 3),
    ("Opera GX", Family::Opera, 3),
    ("Opera Mobile", Family::Opera, 3),
    ("Samsung Internet", Family::SamsungInternet, 3),
    ("Brave", Family::Brave, 3),
    ("Vivaldi", Family::Vivaldi, 3),
    ("YaBrowser", Family::Yandex, 3),
    ("Yandex", Family::Yandex, 3),
    ("Yandex Browser", Family::Yandex, 3),
    ("Whale", Family::Whale, 3),
    ("DuckDuckGo", Family::DuckDuckGo, 3),
    ("MIUI Browser", Family::Miui, 3),
    ("XiaoMi Browser", Family::Miui, 3),
    ("HuaweiBrowser", Family::Huawei, 3),
    ("Avast Secure Browser", Family::Avast, 3),
    ("CocCoc", Family::CocCoc, 3),
    ("Oculus Browser", Family::Oculus, 3),
    ("Meta Quest Browser", Family::Oculus, 3),
    ("Amazon Silk", Family::Silk, 3),
];

const PLATFORMS: &[(&str, System)] = &[
    ("Windows", System::Windows),
    ("macOS", System::MacOs),
    ("Android", System::Android),
    ("iOS", System::Ios),
    ("Linux", System::Linux),
    ("Chrome OS", System::ChromeOs),
    ("Chromium OS", System::ChromeOs),
    ("HarmonyOS", System::HarmonyOs),
    ("Tizen", System::Tizen),
];

/// Reduces the client hints of a request.
pub fn reduce_client_hints(hints: &ClientHints<'_>) -> UserAgent {
    let (brand, is_headless) = brand(hints.brands)
        .filter(|(family, _, _)| *family != Family::Other)
        .or_else(|| brand(hints.full_versions))
        .map_or(((Family::Other, None), false), |(family, major, is_headless)| {
            ((family, major), is_headless)
        });
    let (family, major) = brand;
    let system = platform(hints.platform);
    let is_mobile = bounded(hints.mobile).and_then(boolean);
    let device = match (form_factor(hints.form_factors), is_mobile) {
        _ if is_headless => "bot",
        (Some(device), _) => device,
        (None, Some(true)) => "mobile",
        // The hint says whether a page should be laid out for a phone.
        (None, Some(false)) if matches!(system, System::Android | System::Ios | System::HarmonyOs) => {
            "tablet"
        }
        _ if matches!(system, System::Windows | System::MacOs | System::Linux | System::ChromeOs) => {
            "desktop"
        }
        _ => "other",
    };
    UserAgent { browser: family.text(), major, system: system.text(), device }
}

/// Reduces one client hint to the same hint with less in it; `None` for one that is dropped or not understood. The name
/// is without regard to case.
///
/// `Sec-CH-UA: "Chromium";v="156", "Google Chrome";v="156"` becomes `"Chrome";v="156"`.
pub fn reduce_client_hint(name: &str, value: &str) -> Option<String> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("sec-ch-ua") || is("sec-ch-ua-full-version-list") {
        let (family, major, _) = brand(value).filter(|(family, _, _)| *family != Family::Other)?;
        let mut out = String::with_capacity(32);
        push_quoted(family.text(), &mut out);
        if let Some(major) = major {
            out.push_str(";v=\"");
            push_decimal(major, &mut out);
            out.push('"');
        }
        return Some(out);
    }
    if is("sec-ch-ua-mobile") {
        return Some(if boolean(bounded(value)?)? { "?1" } else { "?0" }.to_owned());
    }
    let text = if is("sec-ch-ua-platform") {
        Some(platform(value)).filter(|system| *system != System::Other)?.text()
    } else {
        return None;
    };
    let mut out = String::with_capacity(16);
    push_quoted(text, &mut out);
    Some(out)
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

fn bounded(field: &str) -> Option<&str> {
    (field.len() <= MAX).then_some(field)
}

/// The brand that is meant, its major version, and whether nobody is looking at the page.
fn brand(field: &str) -> Option<(Family, Option<u16>, bool)> {
    let items = list(bounded(field)?)?;
    let mut best = (Family::Other, None, 0);
    let mut is_headless = false;
    for item in items {
        is_headless |= item.text == "HeadlessChrome";
        if let Some((_, family, rank)) = BRANDS.iter().find(|(brand, _, _)| *brand == item.text)
            && *rank > best.2
        {
            best = (*family, item.version.and_then(|version| leading_number(version.as_bytes())), *rank);
        }
    }
    Some((best.0, best.1, is_headless))
}

fn platform(field: &str) -> System {
    let name = bounded(field).and_then(string);
    let known = name.and_then(|name| PLATFORMS.iter().find(|(platform, _)| *platform == name));
    known.map_or(System::Other, |(_, system)| *system)
}

/// The class of device by the form factors, of which a device may have several.
fn form_factor(field: &str) -> Option<&'static str> {
    let items = list(bounded(field)?)?;
    let classes = [("Tablet", "tablet"), ("Mobile", "mobile"), ("Desktop", "desktop")];
    classes
        .into_iter()
        .find(|(factor, _)| items.iter().any(|item| item.text == *factor))
        .map(|(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHROME: &str = r#""Chromium";v="156", "Google Chrome";v="156", "Not?A_Brand";v="24""#;

    fn reduced(brands: &str, mobile: &str, platform: &str) -> String {
        reduce_client_hints(&ClientHints { brands, mobile, platform, ..ClientHints::default() }).to_string()
    }

    #[test]
    fn the_same_shape_as_of_a_user_agent() {
        for (brands, mobile, platform, expected) in [
            (CHROME, "?0", "\"Windows\"", "Chrome 156; Windows; desktop"),
            (CHROME, "?1", "\"Android\"", "Chrome 156; Android; mobile"),
            (CHROME, "?0", "\"Android\"", "Chrome 156; Android; tablet"),
            (
                r#""Not;A=Brand";v="99", "Microsoft Edge";v="120", "Chromium";v="120""#,
                "?0",
                "\"macOS\"",
                "Edge 120; macOS; desktop",
            ),
            (r#""Chromium";v="120", "HeadlessChrome";v="120""#, "?0", "\"Linux\"", "Chrome 120; Linux; bot"),
            (
                r#""Opera GX";v="105", "Chromium";v="119""#,
                "?0",
                "\"Chrome OS\"",
                "Opera 105; ChromeOS; desktop",
            ),
            ("\"Alice\";v=\"7\"", "?0", "\"Alice\"", "Other; Other; other"),
            ("", "", "", "Other; Other; other"),
            ("Chrome 120", "yes", "Windows", "Other; Other; other"),
        ] {
            assert_eq!(reduced(brands, mobile, platform), expected, "{brands} {mobile} {platform}");
        }
    }

    #[test]
    fn the_exact_version_list_gives_the_major_alone() {
        let hints = ClientHints {
            full_versions: r#""Google Chrome";v="156.0.8078.79""#,
            form_factors: r#""Desktop", "XR""#,
            ..ClientHints::default()
        };
        assert_eq!(reduce_client_hints(&hints).to_string(), "Chrome 156; Other; desktop");
    }

    #[test]
    fn one_hint_by_itself() {
        for (name, value, expected) in [
            ("Sec-CH-UA", CHROME, Some("\"Chrome\";v=\"156\"")),
            ("sec-ch-ua-mobile", "?1", Some("?1")),
            ("Sec-CH-UA-Platform", "\"Windows\"", Some("\"Windows\"")),
            ("Sec-CH-UA-Platform", "\"Alice\"", None),
            ("Sec-CH-UA-Model", "\"Pixel 9\"", None),
            ("Sec-CH-UA-Arch", "\"x86\"", None),
            ("Sec-CH-UA-Platform-Version", "\"15.0.0\"", None),
            ("Sec-CH-UA-Full-Version-List", "\"Google Chrome\";v=\"1.2\"", Some("\"Chrome\";v=\"1\"")),
        ] {
            assert_eq!(reduce_client_hint(name, value).as_deref(), expected, "{name}: {value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_brand_comes_through(brand in "[ -~]{0,30}", version in "[0-9a-z.]{0,12}") {
            let field = format!("\"{brand}\";v=\"{version}\"");
            let reduced = reduce_client_hints(&ClientHints { brands: &field, platform: &field, ..ClientHints::default() });
            prop_assert!(BRANDS.iter().any(|(known, family, _)| *known == brand && family.text() == reduced.browser) || reduced.browser == "Other");
            prop_assert!(reduced.major.is_none_or(|major| major <= 999));
        }
    }
}
