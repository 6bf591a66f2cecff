//! How the dialogs look. Whatever is chosen, refusing looks like agreeing: both are drawn by one rule.

use serde::{Deserialize, Serialize};

/// The look. What is left out is the built-in look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Light, dark, or as the reader's system has it.
    #[serde(default, skip_serializing_if = "Scheme::is_auto")]
    pub scheme: Scheme,
    /// Where the first layer stands.
    #[serde(default, skip_serializing_if = "Position::is_usual")]
    pub position: Position,
    /// The shape of the first layer.
    #[serde(default, skip_serializing_if = "Layout::is_card")]
    pub layout: Layout,
    /// The colours of the light scheme.
    #[serde(default, skip_serializing_if = "Palette::is_default")]
    pub light: Palette,
    /// The colours of the dark scheme.
    #[serde(default, skip_serializing_if = "Palette::is_default")]
    pub dark: Palette,
    /// The roundness of corners, in hundredths of the text size: 0 is square, 75 as built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 200)))]
    pub radius: Option<u16>,
    /// Font families, best first, such as `Inter, sans-serif`. Fonts are not loaded, they have to be the page's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
}

impl Theme {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Colours as `#rrggbb`. The text on the page's colour, and the button's text on the accent, need a contrast of 4.5.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Palette {
    /// Behind the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ink: Option<String>,
    /// Buttons and links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The text on buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_accent: Option<String>,
}

impl Palette {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

macro_rules! usual {
    ($kind:ident, $name:ident) => {
        impl $kind {
            #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
            fn $name(&self) -> bool {
                *self == Self::default()
            }
        }
    };
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// As the reader's system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}
usual!(Scheme, is_auto);

/// Where the first layer stands. `start` and `end` follow the language's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// At the bottom, where lines end.
    #[default]
    BottomEnd,
    /// At the bottom, where lines start.
    BottomStart,
    /// At the bottom, in the middle.
    Bottom,
    /// At the top, in the middle.
    Top,
    /// In the middle of the window.
    Center,
}
usual!(Position, is_usual);

/// The shape of the first layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A card no larger than its text.
    #[default]
    Card,
    /// A bar over the whole width.
    Bar,
}
usual!(Layout, is_card);
