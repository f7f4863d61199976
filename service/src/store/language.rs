//! What the use cases ask of storage about intents, models and what they learn from.

use async_trait::async_trait;

use super::StoreResult;
use crate::domain::ids::{ShopId, SuggestionId};
use crate::domain::language::{
    Correction, IntentSetting, ModelEntry, ModelKind, NewModel, Verdict,
};
use crate::domain::listening::Wording;

/// Storage of language. Errors are as of [`super::Store`].
#[async_trait]
pub trait LanguageStore {
    /// What a shop has changed of the taxonomy, by intent.
    async fn intents(&self, shop: &ShopId) -> StoreResult<Vec<IntentSetting>>;
    /// Replaces all settings of intents; the revision stays where nothing changes.
    async fn replace_intents(&self, shop: &ShopId, settings: &[IntentSetting]) -> StoreResult<()>;

    /// Sets a recorded question's intent right; a later correction of the same
    /// question takes the place of an earlier one.
    /// [`super::StoreError::NotFound`] when the suggestion is not on record.
    async fn correct_intent(&self, shop: &ShopId, correction: &NewCorrection) -> StoreResult<()>;
    /// The latest corrections, newest first, at most `limit`.
    async fn corrections(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Correction>>;
    /// The latest verdicts of agents on suggested answers, newest first, at
    /// most `limit`. An answer that was only displayed is none.
    async fn verdicts(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Verdict>>;

    /// The wordings of buyers' questions that changed last, at most `limit`.
    async fn wordings(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Wording>>;
    /// Wordings of recurring questions that people have confirmed, by question,
    /// at most `limit`: they put the wording there, or named, pinned or
    /// answered the question.
    async fn confirmed_wordings(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Wording>>;

    /// Says that a shop's language is to be loaded again, for verdicts that came since.
    async fn advance_language(&self, shop: &ShopId) -> StoreResult<()>;

    /// Keeps a model under the next version of its kind, and puts it in use if
    /// it says so. Of those out of use only the two latest keep their bodies.
    async fn add_model(&self, shop: &ShopId, model: &NewModel) -> StoreResult<u32>;
    /// Puts a version in use, or none of that kind.
    /// [`super::StoreError::NotFound`] when there is no body of it.
    async fn use_model(
        &self,
        shop: &ShopId,
        kind: ModelKind,
        version: Option<u32>,
    ) -> StoreResult<()>;
    /// A shop's models by kind and version, newest first.
    async fn models(&self, shop: &ShopId) -> StoreResult<Vec<ModelEntry>>;
    /// The version in use and its body.
    async fn model_in_use(
        &self,
        shop: &ShopId,
        kind: ModelKind,
    ) -> StoreResult<Option<(u32, Vec<u8>)>>;
}

/// An intent set right.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCorrection {
    /// The suggestion that was asked for with the question.
    pub suggestion: SuggestionId,
    /// What it asks.
    pub intent: crate::domain::taxonomy::Intent,
    /// Who says so.
    pub by: String,
    /// When.
    pub at: jiff::Timestamp,
}
