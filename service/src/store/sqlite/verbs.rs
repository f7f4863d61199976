//! The store's verbs, each in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{SqliteStore, changes, keys, knowledge, replies, shops, suggestions, vocabulary};
use crate::domain::ids::{AnswerId, KnowledgeId, ProductId, ShopId, SuggestionId};
use crate::domain::key::{ApiKey, KeyHash};
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::shop::{Product, Shop, Synonyms, Vocabulary};
use crate::domain::suggestion::{Feedback, FeedbackState, SuggestionRecord};
use crate::store::{
    ChangedItem, KeptReply, KnowledgeFilter, NewVersion, ShopRevision, Store, StoreResult,
    SuggestionWithFeedback, Written,
};

#[async_trait]
impl Store for SqliteStore {
    async fn check_health(&self) -> StoreResult<()> {
        sqlx::query("SELECT shop FROM shops LIMIT 1")
            .fetch_optional(&mut *self.read().await?)
            .await?;
        Ok(())
    }

    async fn create_shop(&self, shop: &Shop) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        shops::create(&mut transaction, shop).await?;
        Ok(transaction.commit().await?)
    }

    async fn update_shop(&self, shop: &Shop) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        shops::update(&mut transaction, shop).await?;
        Ok(transaction.commit().await?)
    }

    async fn shops(&self) -> StoreResult<Vec<Shop>> {
        shops::all(&mut *self.read().await?).await
    }

    async fn shop_revisions(&self) -> StoreResult<Vec<ShopRevision>> {
        shops::revisions(&mut *self.read().await?).await
    }

    async fn create_key(&self, key: &ApiKey) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        keys::create(&mut transaction, key).await?;
        Ok(transaction.commit().await?)
    }

    async fn key_by_hash(&self, hash: KeyHash) -> StoreResult<Option<ApiKey>> {
        keys::by_hash(&mut *self.read().await?, hash).await
    }

    async fn keys(&self, shop: &ShopId) -> StoreResult<Vec<ApiKey>> {
        keys::of_shop(&mut *self.read().await?, shop).await
    }

    async fn revoke_key(&self, shop: &ShopId, prefix: &str, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        keys::revoke(&mut transaction, shop, prefix, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn note_key_use(&self, shop: &ShopId, prefix: &str, day: Date) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        keys::note_use(&mut transaction, shop, prefix, day).await?;
        Ok(transaction.commit().await?)
    }

    async fn create_knowledge(
        &self,
        shop: &ShopId,
        new: &NewVersion,
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<KnowledgeItem>> {
        let mut transaction = self.write().await?;
        if let Some(kept) = replies::given_before(&mut transaction, shop, reply).await? {
            return Ok(Written::Before(kept));
        }
        let item = changes::create(&mut transaction, shop, new).await?;
        replies::keep(&mut transaction, shop, reply).await?;
        transaction.commit().await?;
        Ok(Written::Now(item))
    }

    async fn update_knowledge(
        &self,
        shop: &ShopId,
        expected: u32,
        new: &NewVersion,
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<KnowledgeItem>> {
        let mut transaction = self.write().await?;
        if let Some(kept) = replies::given_before(&mut transaction, shop, reply).await? {
            return Ok(Written::Before(kept));
        }
        let item = changes::update(&mut transaction, shop, expected, new).await?;
        replies::keep(&mut transaction, shop, reply).await?;
        transaction.commit().await?;
        Ok(Written::Now(item))
    }

    async fn knowledge(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
    ) -> StoreResult<Option<KnowledgeItem>> {
        let row = knowledge::standing(&mut *self.read().await?, shop, id).await?;
        row.map(knowledge::ItemRow::into_item).transpose()
    }

    async fn knowledge_by_ids(
        &self,
        shop: &ShopId,
        ids: &[KnowledgeId],
    ) -> StoreResult<Vec<KnowledgeItem>> {
        let rows = knowledge::standing_of(&mut *self.read().await?, shop, ids).await?;
        rows.into_iter()
            .map(knowledge::ItemRow::into_item)
            .collect()
    }

    async fn knowledge_version(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        version: u32,
    ) -> StoreResult<Option<KnowledgeItem>> {
        knowledge::at_version(&mut *self.read().await?, shop, id, version).await
    }

    async fn knowledge_versions(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        before: Option<u32>,
        limit: u32,
    ) -> StoreResult<Vec<KnowledgeItem>> {
        knowledge::versions(&mut *self.read().await?, shop, id, before, limit).await
    }

    async fn knowledge_as_of(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        time: Timestamp,
    ) -> StoreResult<Option<KnowledgeItem>> {
        knowledge::as_of(&mut *self.read().await?, shop, id, time).await
    }

    async fn knowledge_by_ids_as_of(
        &self,
        shop: &ShopId,
        ids: &[KnowledgeId],
        time: Timestamp,
    ) -> StoreResult<Vec<KnowledgeItem>> {
        knowledge::as_of_ids(&mut *self.read().await?, shop, ids, time).await
    }

    async fn had_approved_knowledge(&self, shop: &ShopId, time: Timestamp) -> StoreResult<bool> {
        knowledge::had_approved(&mut *self.read().await?, shop, time).await
    }

    async fn list_knowledge(
        &self,
        shop: &ShopId,
        filter: &KnowledgeFilter,
        limit: u32,
    ) -> StoreResult<Vec<KnowledgeItem>> {
        knowledge::list(&mut *self.read().await?, shop, filter, limit).await
    }

    async fn count_knowledge(&self, shop: &ShopId, filter: &KnowledgeFilter) -> StoreResult<u64> {
        knowledge::count(&mut *self.read().await?, shop, filter).await
    }

    async fn import_knowledge(
        &self,
        shop: &ShopId,
        versions: &[NewVersion],
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<()>> {
        let mut transaction = self.write().await?;
        if let Some(kept) = replies::given_before(&mut transaction, shop, reply).await? {
            return Ok(Written::Before(kept));
        }
        changes::import(&mut transaction, shop, versions).await?;
        replies::keep(&mut transaction, shop, reply).await?;
        transaction.commit().await?;
        Ok(Written::Now(()))
    }

    async fn changed_knowledge(
        &self,
        shop: &ShopId,
        revision: u64,
        limit: u32,
    ) -> StoreResult<Vec<ChangedItem>> {
        knowledge::changed(&mut *self.read().await?, shop, revision, limit).await
    }

    async fn vocabulary(&self, shop: &ShopId) -> StoreResult<Vocabulary> {
        let mut snapshot = self.read_snapshot().await?;
        vocabulary::read(&mut snapshot, shop).await
    }

    async fn put_products(&self, shop: &ShopId, products: &[Product]) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        vocabulary::put_products(&mut transaction, shop, products).await?;
        Ok(transaction.commit().await?)
    }

    async fn delete_product(&self, shop: &ShopId, id: &ProductId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        vocabulary::delete_product(&mut transaction, shop, id).await?;
        Ok(transaction.commit().await?)
    }

    async fn replace_synonyms(&self, shop: &ShopId, groups: &[Synonyms]) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        vocabulary::replace_synonyms(&mut transaction, shop, groups).await?;
        Ok(transaction.commit().await?)
    }

    async fn record_suggestions(&self, records: &[(ShopId, SuggestionRecord)]) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let pairs = records.iter().map(|(shop, record)| (shop, record));
        suggestions::record(&mut transaction, pairs).await?;
        Ok(transaction.commit().await?)
    }

    async fn record_suggestion_once(
        &self,
        shop: &ShopId,
        record: &SuggestionRecord,
        reply: &KeptReply,
    ) -> StoreResult<Written<()>> {
        let mut transaction = self.write().await?;
        if let Some(kept) = replies::given_before(&mut transaction, shop, Some(reply)).await? {
            return Ok(Written::Before(kept));
        }
        suggestions::record(&mut transaction, std::iter::once((shop, record))).await?;
        replies::keep(&mut transaction, shop, Some(reply)).await?;
        transaction.commit().await?;
        Ok(Written::Now(()))
    }

    async fn suggestion(
        &self,
        shop: &ShopId,
        id: SuggestionId,
    ) -> StoreResult<Option<SuggestionWithFeedback>> {
        suggestions::find(&mut *self.read().await?, shop, id).await
    }

    async fn save_feedback(
        &self,
        shop: &ShopId,
        answer: AnswerId,
        feedback: &Feedback,
        at: Timestamp,
    ) -> StoreResult<FeedbackState> {
        let mut transaction = self.write().await?;
        let state =
            suggestions::merge_feedback(&mut transaction, shop, answer, feedback, at).await?;
        transaction.commit().await?;
        Ok(state)
    }

    async fn kept_reply(
        &self,
        shop: &ShopId,
        key: &str,
        fingerprint: &[u8; 32],
    ) -> StoreResult<Option<KeptReply>> {
        replies::find(&mut *self.read().await?, shop, key, fingerprint).await
    }

    async fn forget_replies(&self, before: Timestamp) -> StoreResult<u64> {
        let mut transaction = self.write().await?;
        let forgotten = replies::forget(&mut transaction, before).await?;
        transaction.commit().await?;
        Ok(forgotten)
    }
}
