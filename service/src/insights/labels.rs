//! What ids are called, in the shop's language.

use crate::catalog::{Searchable, Terminology};
use crate::domain::channel::channel_name;
use crate::domain::fault::Locale;
use crate::domain::taxonomy::BuiltIn;
use crate::language::ShopIntents;

/// Names of intents, domains and products.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    /// The shop's language.
    pub locale: Locale,
    /// What it has changed of the taxonomy.
    pub intents: &'a ShopIntents,
    /// Its products.
    pub terminology: &'a Terminology,
}

impl<'a> Labels<'a> {
    /// Of a shop.
    pub fn of(searchable: &'a Searchable) -> Self {
        Self {
            locale: searchable.shop.locale,
            intents: searchable.language.intents(),
            terminology: &searchable.terminology,
        }
    }
}

impl Labels<'_> {
    /// An intent's name; its id where it has none.
    pub fn intent(&self, id: &str) -> String {
        let own = self
            .intents
            .settings()
            .find(|setting| setting.intent.as_str() == id)
            .and_then(|setting| setting.name.clone());
        let built_in = || Some(BuiltIn::of(id)?.name(self.locale).to_owned());
        own.or_else(built_in).unwrap_or_else(|| id.to_owned())
    }

    /// A domain's name.
    pub fn domain(&self, id: &str) -> String {
        let name = match (self.locale, id) {
            (Locale::Chinese, "product") => "商品",
            (Locale::Chinese, "process") => "流程",
            (Locale::Chinese, "warehouse") => "仓配",
            (Locale::English, "product") => "Product",
            (Locale::English, "process") => "Process",
            (Locale::English, "warehouse") => "Warehouse",
            _ => id,
        };
        name.to_owned()
    }

    /// A stage's name.
    pub fn stage(&self, id: &str) -> String {
        let name = match (self.locale, id) {
            (Locale::Chinese, "pre") => "售前",
            (Locale::Chinese, "order") => "下单至发货",
            (Locale::Chinese, "post") => "售后",
            (Locale::English, "pre") => "Before the order",
            (Locale::English, "order") => "While ordering",
            (Locale::English, "post") => "After the sale",
            _ => id,
        };
        name.to_owned()
    }

    /// A question that has no name to be shown by.
    pub fn unnamed(&self) -> &'static str {
        match self.locale {
            Locale::Chinese => "（未命名的问题）",
            Locale::English => "(a question without a name)",
        }
    }

    /// A channel's name; its id where it has none.
    pub fn channel(&self, id: &str) -> String {
        channel_name(id, self.locale).to_owned()
    }

    /// A product's name; its id where it has none.
    pub fn product(&self, id: &str) -> String {
        let name = self.terminology.product_name(id);
        name.unwrap_or(id).to_owned()
    }
}
