//! What a policy's theme adds to the stylesheet.
//!
//! A theme sets the same few variables for every button, so none can be made to look better than another. Nothing but
//! colours, numbers, words of this file and quoted names of fonts comes out of it, whatever a document holds.

use crate::policy::{Layout, Palette, Position, Scheme, Theme};
use std::fmt::Write as _;

/// What the variables stand on; as in `style.css`.
const ROOTS: &str = ":is(.consentry,.consentry-open,.consentry-placeholder):not(#_),.consentry-page";

/// A colour, as the channels of sRGB.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Colour([u8; 3]);

/// The variables of a scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Colours {
    paper: Colour,
    ink: Colour,
    muted: Colour,
    line: Colour,
    accent: Colour,
    on_accent: Colour,
}

/// As at the top of `style.css`.
const LIGHT: Colours = Colours {
    paper: Colour([0xff; 3]),
    ink: Colour([0x1b, 0x21, 0x26]),
    muted: Colour([0x56, 0x60, 0x6a]),
    line: Colour([0xd8, 0xdd, 0xe2]),
    accent: Colour([0x1a, 0x5a, 0x63]),
    on_accent: Colour([0xff; 3]),
};
const DARK: Colours = Colours {
    paper: Colour([0x1a, 0x1f, 0x24]),
    ink: Colour([0xe9, 0xed, 0xf0]),
    muted: Colour([0xa9, 0xb4, 0xbd]),
    line: Colour([0x3a, 0x43, 0x4b]),
    accent: Colour([0x8c, 0xcd, 0xd4]),
    on_accent: Colour([0x0c, 0x22, 0x26]),
};

/// The rules of a theme, to stand after the built-in ones; none for the built-in look.
pub(super) fn rules(theme: &Theme) -> String {
    let (light, dark) = (LIGHT.with(&theme.light), DARK.with(&theme.dark));
    let mut css = String::new();
    match theme.scheme {
        Scheme::Auto => {
            for (scheme, colours, built_in) in [("light", light, LIGHT), ("dark", dark, DARK)] {
                if colours != built_in {
                    let _ = write!(css, "@media (prefers-color-scheme:{scheme}){{");
                    set(&mut css, &colours.declarations());
                    css.push('}');
                }
            }
        }
        Scheme::Light => set(&mut css, &format!("{};color-scheme:light", light.declarations())),
        Scheme::Dark => set(&mut css, &format!("{};color-scheme:dark", dark.declarations())),
    }
    if let Some(radius) = theme.radius {
        set(&mut css, &format!("--radius:var(--consentry-radius,{}.{:02}em)", radius / 100, radius % 100));
    }
    if let Some(fonts) = theme.font.as_deref().map(families).filter(|fonts| !fonts.is_empty()) {
        set(&mut css, &format!("--font:var(--consentry-font,{fonts})"));
    }
    css.push_str(place(theme.layout, theme.position));
    css
}

fn set(css: &mut String, declarations: &str) {
    // Writing to a string cannot fail.
    let _ = write!(css, "{ROOTS}{{{declarations}}}");
}

/// Where the first layer stands, and its shape. Properties follow the language's direction.
fn place(layout: Layout, position: Position) -> &'static str {
    match (layout, position) {
        (Layout::Card, Position::BottomEnd) => "",
        (Layout::Card, Position::BottomStart) => "#consentry:not(#_){margin-inline:0 auto}",
        (Layout::Card, Position::Bottom) => "#consentry:not(#_){margin-inline:auto}",
        (Layout::Card, Position::Top) => "#consentry:not(#_){inset:1em 1em auto;margin-inline:auto}",
        (Layout::Card, Position::Center) => {
            "#consentry:not(#_){inset:0;margin:auto;width:calc(100% - 2em);height:fit-content}"
        }
        (Layout::Bar, Position::Top) => concat!(
            "#consentry:not(#_){inset:0 0 auto;max-width:none;border-width:0 0 1px;border-radius:0}",
            include_str!("bar.css")
        ),
        (Layout::Bar, _) => concat!(
            "#consentry:not(#_){inset:auto 0 0;max-width:none;border-width:1px 0 0;border-radius:0}",
            include_str!("bar.css")
        ),
    }
}

/// Font families, each quoted but for the generic ones. Signs that no name needs are dropped.
fn families(text: &str) -> String {
    const GENERIC: [&str; 9] = [
        "serif",
        "sans-serif",
        "monospace",
        "system-ui",
        "ui-serif",
        "ui-sans-serif",
        "ui-monospace",
        "ui-rounded",
        "inherit",
    ];
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    let names = text.split(',').map(|name| name.chars().filter(plain).collect::<String>());
    let names = names.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
    let quoted = names
        .filter(|name| !name.is_empty())
        .map(|name| if GENERIC.contains(&name.as_str()) { name } else { format!("\"{name}\"") });
    quoted.collect::<Vec<_>>().join(",")
}

impl Colours {
    /// The same with a site's own colours. Small print takes the ink's contrast then, and lines a shade between.
    fn with(self, palette: &Palette) -> Self {
        let own = |colour: &Option<String>| colour.as_deref().and_then(Colour::parse);
        let (paper, ink) = (own(&palette.paper), own(&palette.ink));
        let is_own = paper.is_some() || ink.is_some();
        let (paper, ink) = (paper.unwrap_or(self.paper), ink.unwrap_or(self.ink));
        Self {
            paper,
            ink,
            muted: if is_own { ink } else { self.muted },
            line: if is_own { ink.over(paper) } else { self.line },
            accent: own(&palette.accent).unwrap_or(self.accent),
            on_accent: own(&palette.on_accent).unwrap_or(self.on_accent),
        }
    }

    /// The variables. A property of the site's own goes first.
    fn declarations(&self) -> String {
        let variables = [
            ("paper", self.paper),
            ("ink", self.ink),
            ("muted", self.muted),
            ("line", self.line),
            ("accent", self.accent),
            ("on-accent", self.on_accent),
        ];
        let declared = variables.map(|(name, colour)| {
            let Colour([r, g, b]) = colour;
            format!("--{name}:var(--consentry-{name},#{r:02x}{g:02x}{b:02x})")
        });
        declared.join(";")
    }
}

impl Colour {
    /// Reads `#rrggbb`; nothing else is a colour here.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([r, g, b]))
    }

    /// A fifth of this on the other.
    fn over(self, ground: Self) -> Self {
        let mut mixed = ground.0;
        for (under, own) in mixed.iter_mut().zip(self.0) {
            *under = u8::try_from((u16::from(own) + 4 * u16::from(*under)) / 5).unwrap_or(*under);
        }
        Self(mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::style::stylesheet, *};
    use proptest::prelude::*;

    fn palette(accent: &str) -> Palette {
        Palette { accent: Some(accent.into()), ..Palette::default() }
    }

    #[test]
    fn the_built_in_colours_are_those_of_the_stylesheet() {
        let css = stylesheet(&Theme::default());
        for colours in [LIGHT, DARK] {
            // White is written shorter there.
            let declarations = colours.declarations().replace("#ffffff", "#fff");
            assert!(css.contains(&declarations), "{declarations}");
        }
        assert_eq!(rules(&Theme::default()), "");
        assert!(css.contains(ROOTS));
    }

    #[test]
    fn says_only_what_differs() {
        let theme = Theme { light: palette("#AA0011"), ..Theme::default() };
        let css = rules(&theme);
        assert!(css.starts_with("@media (prefers-color-scheme:light){:is("), "{css}");
        assert!(css.contains("--accent:var(--consentry-accent,#aa0011);") && !css.contains("dark"), "{css}");
        let dark = Theme { scheme: Scheme::Dark, radius: Some(5), ..theme };
        let css = rules(&dark);
        assert!(css.contains("--paper:var(--consentry-paper,#1a1f24)") && !css.contains("@media"), "{css}");
        assert!(css.contains("color-scheme:dark") && css.contains(",0.05em)"), "{css}");
    }

    #[test]
    fn small_print_keeps_the_contrast_of_the_ink() {
        let light = Palette { ink: Some("#777777".into()), ..Palette::default() };
        let css = rules(&Theme { light, ..Theme::default() });
        assert!(
            css.contains("--muted:var(--consentry-muted,#777777);--line:var(--consentry-line,#e3e3e3)"),
            "{css}"
        );
    }

    #[test]
    fn fonts_are_names_and_nothing_else() {
        assert_eq!(families("Inter, \"Segoe UI\" , sans-serif"), "\"Inter\",\"Segoe UI\",sans-serif");
        assert_eq!(families("x\");}body{color:red,,"), "\"xbodycolorred\"");
        assert_eq!(families(" ,\u{e9}, "), "");
    }

    proptest! {
        #[test]
        fn nothing_breaks_out_of_a_theme(
            colour in "#?[0-9a-fA-F]{5,7}|\\PC{0,20}",
            font in "\\PC{0,40}|[a-z\"'(){};:,\\\\/*@ ]{0,40}",
        ) {
            const NAMES: [&str; 7] = ["--paper", "--ink", "--muted", "--line", "--accent", "--on-accent", "--font"];
            let own = || Some(colour.clone());
            let theme = Theme {
                light: Palette { paper: own(), ink: own(), accent: own(), on_accent: own() },
                font: Some(font),
                ..Theme::default()
            };
            let css = rules(&theme);
            // Balanced, and nothing that could load, leave its rule or start a comment.
            prop_assert!(css.is_ascii() && !css.contains("url(") && !css.contains(['\\', '\'']) && !css.contains("/*"));
            let mut depth = 0_i32;
            let mut quoted = false;
            for c in css.chars() {
                match c {
                    '"' => quoted = !quoted,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ if quoted => prop_assert!(c.is_ascii_alphanumeric() || c == ' ' || c == '-'),
                    _ => {}
                }
                prop_assert!((0..=2).contains(&depth));
            }
            prop_assert!(depth == 0 && !quoted);
            for line in css.split(['{', '}', ';']).filter(|part| part.starts_with("--")) {
                let name = line.split_once(':').unwrap().0;
                prop_assert!(NAMES.contains(&name));
            }
        }
    }
}
