//! Settings of the page with the panel.

use serde::Deserialize;
use url::Url;

use super::{SettingsError, require};

/// The page with the panel.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// The origins whose pages may hold it in a frame and hand it messages.
    pub frame_ancestors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPanel {
    frame_ancestors: Vec<String>,
}

pub(super) fn validate(raw: RawPanel) -> Result<Panel, SettingsError> {
    // They stand in a header as they are, so that nothing else may be in them.
    let is_origin = |text: &String| {
        let url = Url::parse(text).ok();
        url.is_some_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *text
        }) && !text.contains('*')
    };
    require(
        raw.frame_ancestors.iter().all(is_origin),
        "panel.frame_ancestors",
        "must be origins such as https://chat.example.com, without a path",
    )?;
    Ok(Panel {
        frame_ancestors: raw.frame_ancestors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_come_into_the_header() {
        for (text, is_one) in [
            ("https://chat.example.com", true),
            ("http://127.0.0.1:3000", true),
            ("https://chat.example.com/", false),
            ("https://*.example.com", false),
            ("chat.example.com", false),
            ("*", false),
            ("'self'", false),
            ("https://a.example; script-src *", false),
        ] {
            let raw = RawPanel {
                frame_ancestors: vec!["https://first.example".to_owned(), text.to_owned()],
            };
            assert_eq!(validate(raw).is_ok(), is_one, "{text}");
        }
    }
}
