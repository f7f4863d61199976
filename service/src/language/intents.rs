//! The taxonomy as it stands in one shop.

use std::collections::BTreeMap;

use crate::domain::language::IntentSetting;
use crate::domain::taxonomy::{Intent, Stage};

/// The taxonomy with a shop's changes.
#[derive(Debug, Clone, Default)]
pub struct ShopIntents {
    settings: BTreeMap<Intent, IntentSetting>,
    built_in_stages: BTreeMap<Intent, Stage>,
}

impl ShopIntents {
    /// The taxonomy with `settings`.
    pub fn new(settings: Vec<IntentSetting>) -> Self {
        Self {
            settings: settings
                .into_iter()
                .map(|setting| (setting.intent.clone(), setting))
                .collect(),
            built_in_stages: Intent::built_in()
                .map(|(intent, built_in)| (intent, built_in.stage))
                .collect(),
        }
    }

    /// Whether questions may be classified as `intent`: it is known here and not switched off.
    pub fn is_on(&self, intent: &Intent) -> bool {
        match self.settings.get(intent) {
            Some(setting) => !setting.is_off,
            None => !intent.is_own(),
        }
    }

    /// When it is usually asked.
    pub fn stage(&self, intent: &Intent) -> Option<Stage> {
        let own = self.settings.get(intent).and_then(|setting| setting.stage);
        own.or_else(|| self.built_in_stages.get(intent).copied())
    }

    /// What the shop has changed.
    pub fn settings(&self) -> impl Iterator<Item = &IntentSetting> {
        self.settings.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(id: &str) -> Intent {
        Intent::parse(id).expect("valid")
    }

    #[test]
    fn a_shop_switches_off_and_adds() {
        let setting = |id: &str, is_off, stage| IntentSetting {
            intent: intent(id),
            name: None,
            is_off,
            stage,
            phrasings: Vec::new(),
        };
        let intents = ShopIntents::new(vec![
            setting("product.size", true, None),
            setting("product.shop_engraving", false, Some(Stage::Order)),
        ]);
        assert!(!intents.is_on(&intent("product.size")));
        assert!(intents.is_on(&intent("process.invoice")));
        assert!(intents.is_on(&intent("product.shop_engraving")));
        assert!(!intents.is_on(&intent("product.shop_unknown")));
        assert_eq!(intents.stage(&intent("process.invoice")), Some(Stage::Post));
        assert_eq!(
            intents.stage(&intent("product.shop_engraving")),
            Some(Stage::Order)
        );
    }
}
