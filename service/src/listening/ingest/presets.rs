//! Mappings that come with the service, part of the binary.

use super::mapping::{Mapping, MappingError};

/// The preset that is taken where none is named.
pub const OWN: &str = "zhiwen";

/// A mapping that comes with the service.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its file, with comments.
    pub text: &'static str,
}

/// Every preset.
pub const PRESETS: [Preset; 10] = [
    Preset {
        name: OWN,
        text: include_str!("../../../../config/presets/zhiwen.toml"),
    },
    Preset {
        name: "taobao",
        text: include_str!("../../../../config/presets/taobao.toml"),
    },
    Preset {
        name: "alime",
        text: include_str!("../../../../config/presets/alime.toml"),
    },
    Preset {
        name: "jd",
        text: include_str!("../../../../config/presets/jd.toml"),
    },
    Preset {
        name: "pdd",
        text: include_str!("../../../../config/presets/pdd.toml"),
    },
    Preset {
        name: "douyin",
        text: include_str!("../../../../config/presets/douyin.toml"),
    },
    Preset {
        name: "chatwoot",
        text: include_str!("../../../../config/presets/chatwoot.toml"),
    },
    Preset {
        name: "intercom",
        text: include_str!("../../../../config/presets/intercom.toml"),
    },
    Preset {
        name: "zendesk",
        text: include_str!("../../../../config/presets/zendesk.toml"),
    },
    Preset {
        name: "shopify",
        text: include_str!("../../../../config/presets/shopify.toml"),
    },
];

/// The preset of that name.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<&'static Preset, MappingError> {
    let found = PRESETS.iter().find(|preset| preset.name == name);
    found.ok_or_else(|| MappingError::UnknownPreset {
        name: name.chars().take(60).collect(),
        known: PRESETS.iter().map(|preset| preset.name).collect(),
    })
}

impl Preset {
    /// Its mapping.
    ///
    /// # Errors
    /// Never, as a test holds: every preset is whole.
    pub fn mapping(&self) -> Result<Mapping, MappingError> {
        Mapping::parse(self.text)
    }
}
