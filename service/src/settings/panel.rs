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
        })
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
