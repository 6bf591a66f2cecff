//! The icon that California's law names.

use super::html::{Html, Value};

/// The opt-out icon that stands beside "Your Privacy Choices" (CCPA regulations, section 7015(b)): a blue pill, half of
/// it white, with a check and a cross. Its colours are the regulation's, so no theme changes them; the stylesheet sets
/// them, for a rule of the site's own for `path` would go before attributes.
pub(super) fn privacy_options(html: &mut Html) {
    let icon = [
        Value("class", "consentry-icon"),
        Value("viewbox", "0 0 30 14"),
        Value("width", "30"),
        Value("height", "14"),
        Value("aria-hidden", "true"),
    ];
    // White, and on it all that is blue: the pill without its inner left and the cross, and the check.
    html.element("svg", &icon, |html| {
        html.leaf("path", &[Value("d", PILL)], "");
        html.leaf("path", &[Value("fill-rule", "evenodd"), Value("d", SIGNS)], "");
    });
}

const PILL: &str = "M7 0h16a7 7 0 0 1 0 14H7A7 7 0 0 1 7 0z";
const SIGNS: &str = concat!(
    "M7 0h16a7 7 0 0 1 0 14H7A7 7 0 0 1 7 0z",
    "M7 1.2h10.3l-3.1 11.6H7A5.8 5.8 0 0 1 7 1.2z",
    "M5.1 7.1l.9-.9 1.7 1.7 3.6-4.2.95.8-4.5 5.3z",
    "M22 6.1l2.1-2.1.9.9L22.9 7 25 9.1l-.9.9L22 7.9 19.9 10l-.9-.9L21.1 7 19 4.9l.9-.9z",
);
