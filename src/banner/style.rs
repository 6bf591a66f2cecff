//! The stylesheet.

use super::theme;
use crate::policy::Theme;

/// The stylesheet for both dialogs, the reopen control, the placeholders and the pages, without the comments and spaces
/// of its source. The default theme adds nothing.
pub fn stylesheet(theme: &Theme) -> String {
    minified(include_str!("style.css")) + &theme::rules(theme)
}

/// Leaves out what CSS does not need. Strings with braces or comment signs would not survive; our source has none.
fn minified(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);

    let words = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(words.len());
    let mut characters = words.chars().peekable();
    while let Some(c) = characters.next() {
        let after_mark = out.ends_with(['{', '}', ';', ',', ':', '~']);
        let before_mark = characters.peek().is_some_and(|next| "{};,~".contains(*next));
        match c {
            ' ' if after_mark || before_mark => {}
            '}' if out.ends_with(';') => {
                out.pop();
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_space_that_means_something() {
        let source = "/* a */\n.a:not(#_) :is(b, c) ~ .d {\n  margin: calc(100% - 2em) 0;\n  color: red;\n}\n@media (x: y) and (z) { }";
        assert_eq!(
            minified(source),
            ".a:not(#_) :is(b,c)~.d{margin:calc(100% - 2em) 0;color:red}@media (x:y) and (z){}"
        );
    }

    #[test]
    fn reaches_nothing_of_the_sites_own() {
        let css = stylesheet(&Theme::default());
        assert!(css.is_ascii());
        for selector in css.split('}').filter_map(|rule| rule.rsplit_once('{')).map(|(before, _)| before) {
            let selectors = selector.rsplit('{').next().unwrap();
            if selectors == "from" {
                continue;
            }
            // Commas within parentheses separate arguments, not selectors.
            let mut depth = 0;
            let parts = selectors.split(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                c == ',' && depth == 0
            });
            for part in parts {
                let first = part.split([' ', '~']).next().unwrap();
                assert!(first.contains(".consentry") || first.starts_with("#consentry"), "{part}");
            }
        }
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(colour: &str) -> f64 {
        let digits = colour.strip_prefix('#').unwrap();
        let digits =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    }

    #[test]
    fn text_has_contrast_in_light_and_dark() {
        let css = stylesheet(&Theme::default());
        let palettes: Vec<_> = css.split("--paper:").skip(1).map(|rest| format!("--paper:{rest}")).collect();
        assert_eq!(palettes.len(), 2, "a light palette and a dark one");
        for palette in palettes {
            let colour = |name: &str| {
                let value = palette.split_once(&format!("--{name}:var(--consentry-{name},")).unwrap().1;
                luminance(value.split(')').next().unwrap())
            };
            for (text, ground) in
                [("ink", "paper"), ("muted", "paper"), ("accent", "paper"), ("on-accent", "accent")]
            {
                let (a, b) = (colour(text), colour(ground));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn loads_nothing() {
        let css = stylesheet(&Theme::default());
        assert!(!css.contains("url(") && !css.contains("@import") && !css.contains('\\'));
    }
}
