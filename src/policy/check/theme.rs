//! Colours that can be read, and values that are no more than values.

use super::{Report, shown};
use crate::policy::{Palette, Policy};

/// The least contrast of text (WCAG 2.2, success criterion 1.4.3).
const LEAST: f64 = 4.5;

/// The most roundness, in hundredths of the text size.
const ROUNDEST: u16 = 200;

/// The most characters of a list of fonts.
const FONTS: usize = 200;

/// The built-in colours: paper, ink, accent and the text on it.
const LIGHT: [&str; 4] = ["#ffffff", "#1b2126", "#1a5a63", "#ffffff"];
const DARK: [&str; 4] = ["#1a1f24", "#e9edf0", "#8ccdd4", "#0c2226"];

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let theme = &policy.theme;
    palette("light", &theme.light, LIGHT, report);
    palette("dark", &theme.dark, DARK, report);
    if theme.radius.is_some_and(|radius| radius > ROUNDEST) {
        report.error(
            "theme.radius",
            format!("corners are rounder than {ROUNDEST} hundredths of the text size"),
            "Text would run into them.",
            format!("Write a number from 0 to {ROUNDEST}; 75 is the built-in look."),
        );
    }
    if let Some(font) = &theme.font
        && !is_fonts(font)
    {
        report.error(
            "theme.font",
            format!("{} is no list of font families", shown(font)),
            "It becomes part of a stylesheet, where anything else could be a rule.",
            "Write names of letters, digits, spaces, - and _ with commas between, best first: Inter, sans-serif.",
        );
    }
}

fn palette(scheme: &str, own: &Palette, built_in: [&str; 4], report: &mut Report) {
    let [paper, ink, accent, on_accent] = built_in;
    let mut read = |name: &'static str, own: &Option<String>, built_in: &str| -> Option<Colour> {
        let Some(own) = own else { return Some(Colour { name, own: false, light: luminance(built_in)? }) };
        let light = luminance(own);
        if light.is_none() {
            report.error(
                format!("theme.{scheme}.{name}"),
                format!("{} is no colour", shown(own)),
                "It becomes part of a stylesheet, where anything else could be a rule.",
                "Write it as #rrggbb, such as #1a5a63.",
            );
        }
        light.map(|light| Colour { name, own: true, light })
    };
    let paper = read("paper", &own.paper, paper);
    let ink = read("ink", &own.ink, ink);
    let accent = read("accent", &own.accent, accent);
    let on_accent = read("on_accent", &own.on_accent, on_accent);
    for (text, ground) in [(&ink, &paper), (&accent, &paper), (&on_accent, &accent)] {
        let (Some(text), Some(ground)) = (text, ground) else { continue };
        let contrast = contrast(text.light, ground.light);
        // Rounded down, so that no failing figure reads as a passing one.
        let tenths = (contrast * 10.0).floor() / 10.0;
        if contrast < LEAST && (text.own || ground.own) {
            let name = if text.own { text.name } else { ground.name };
            report.error(
                format!("theme.{scheme}.{name}"),
                format!("{} on {} has a contrast of {tenths} to 1", text.name, ground.name),
                "Below 4.5 to 1 many cannot read it (WCAG 2.2, success criterion 1.4.3), and what is not read is not \
                 agreed to.",
                "Make one of them darker and the other lighter.",
            );
        }
    }
}

struct Colour {
    name: &'static str,
    own: bool,
    light: f64,
}

/// The relative luminance of `#rrggbb` (WCAG 2.2); `None` for what is no such colour.
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Names of families that need no quotes (CSS Fonts 4, section 2.1), with commas between.
fn is_fonts(text: &str) -> bool {
    let word = |word: &str| {
        let start = word.strip_prefix('-').unwrap_or(word);
        start.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let family = |family: &str| {
        let family = family.trim_matches(' ');
        !family.is_empty() && family.split(' ').all(word)
    };
    text.len() <= FONTS && text.split(',').all(family)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one};
    use super::{DARK, LIGHT, contrast, luminance};
    use serde_json::json;

    #[test]
    fn the_built_in_colours_are_those_of_the_stylesheet() {
        let css =
            include_str!("../../banner/style.css").replace("#fff)", "#ffffff)").replace("#fff;", "#ffffff;");
        let (light, dark) = css.split_once("prefers-color-scheme: dark").unwrap();
        for (css, palette) in [(light, LIGHT), (dark, DARK)] {
            for colour in palette {
                assert!(css.contains(colour), "{colour}");
            }
        }
    }

    #[test]
    fn contrast_is_what_the_specification_says() {
        let ratio = |a, b| contrast(luminance(a).unwrap(), luminance(b).unwrap());
        assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!(ratio("#767676", "#ffffff") >= 4.5 && ratio("#777777", "#ffffff") < 4.5);
    }

    #[test]
    fn colours_have_six_digits() {
        for bad in ["", "red", "#fff", "#12345g", "1a5a63", "#1a5a63;", "#1a5a6\u{ff13}", "var(--x)"] {
            let found = one("/theme/light/accent", json!(bad), "theme.light.accent");
            assert!(found.message.ends_with("is no colour"), "{found}");
        }
        none("/theme/light/accent", json!("#1A5A63"));
    }

    #[test]
    fn text_can_be_read_in_each_scheme() {
        let found = one("/theme/light/ink", json!("#777777"), "theme.light.ink");
        assert_eq!(found.message, "ink on paper has a contrast of 4.3 to 1");
        assert!(found.why.contains("1.4.3"), "{found}");
        // Gaps are filled with what is built in: dark ink stands on dark paper.
        one("/theme/dark", json!({"ink": "#333333"}), "theme.dark.ink");
        one("/theme/dark", json!({"on_accent": "#ffffff"}), "theme.dark.on_accent");
        none("/theme/dark", json!({"paper": "#000000"}));
        let found =
            one("/theme/light", json!({"accent": "#e9edf0", "on_accent": "#000000"}), "theme.light.accent");
        assert_eq!(found.message.split(" has").next(), Some("accent on paper"));
    }

    #[test]
    fn corners_and_fonts_stay_within_bounds() {
        one("/theme/radius", json!(201), "theme.radius");
        none("/theme/radius", json!(200));
        none("/theme/radius", json!(0));
        let long = "x".repeat(201);
        for bad in ["", "a,", "Inter; color: red", "\"Inter\"", "a}b{", "url(x)", "4you", "a  b", "é", &long]
        {
            one("/theme/font", json!(bad), "theme.font");
        }
        for good in ["Inter, sans-serif", "-apple-system, Segoe UI, system-ui"] {
            none("/theme/font", json!(good));
        }
    }
}
