//! Intents, models, and what they learn from.

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::rows::{from_json, from_word, made_id, sound, time, to_json, word};
use super::{SqliteStore, shops, wordings};
use crate::domain::ids::{KnowledgeId, ShopId, SuggestionId};
use crate::domain::language::{
    Correction, IntentSetting, ModelEntry, ModelKind, NewModel, Verdict,
};
use crate::domain::listening::Wording;
use crate::domain::taxonomy::Intent;
use crate::store::{LanguageStore, NewCorrection, StoreError, StoreResult};

/// Models out of use that keep their bodies, to go back to.
const BODIES_OUT_OF_USE: u32 = 2;

#[async_trait]
impl LanguageStore for SqliteStore {
    async fn intents(&self, shop: &ShopId) -> StoreResult<Vec<IntentSetting>> {
        settings(&mut *self.read().await?, shop).await
    }

    async fn replace_intents(
        &self,
        shop: &ShopId,
        new_settings: &[IntentSetting],
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let mut sorted = new_settings.to_vec();
        sorted.sort_by(|left, right| left.intent.cmp(&right.intent));
        if settings(&mut transaction, shop).await? == sorted {
            return Ok(());
        }
        sqlx::query("DELETE FROM intents WHERE shop = ?1")
            .bind(shop.as_str())
            .execute(&mut *transaction)
            .await?;
        for setting in &sorted {
            insert_setting(&mut transaction, shop, setting).await?;
        }
        shops::advance_language(&mut transaction, shop).await?;
        Ok(transaction.commit().await?)
    }

    async fn correct_intent(&self, shop: &ShopId, correction: &NewCorrection) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let corrected = sqlx::query(
            "INSERT INTO corrections (shop, suggestion, intent, by, at)
             SELECT shop, id, ?3, ?4, ?5 FROM suggestions WHERE shop = ?1 AND id = ?2
             ON CONFLICT (shop, suggestion) DO UPDATE SET
                 intent = excluded.intent, by = excluded.by, at = excluded.at",
        )
        .bind(shop.as_str())
        .bind(correction.suggestion.as_bytes())
        .bind(correction.intent.as_str())
        .bind(&correction.by)
        .bind(correction.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        if corrected.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "suggestion" });
        }
        Ok(transaction.commit().await?)
    }

    async fn corrections(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Correction>> {
        let rows: Vec<CorrectionRow> = sqlx::query_as(
            "SELECT suggestion, question, corrections.intent, by, corrections.at
             FROM corrections JOIN suggestions
                 ON suggestions.shop = corrections.shop AND id = suggestion
             WHERE corrections.shop = ?1 ORDER BY corrections.at DESC, suggestion DESC LIMIT ?2",
        )
        .bind(shop.as_str())
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter()
            .map(CorrectionRow::into_correction)
            .collect()
    }

    async fn verdicts(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Verdict>> {
        // A word against the retrieval weighs more than the use of the answer; in a
        // rehearsal an answer is used to see what happens.
        let rows: Vec<(String, String, bool)> = sqlx::query_as(
            "SELECT question, knowledge, coalesce(relevant, 1)
             FROM answers JOIN suggestions
                 ON suggestions.shop = answers.shop AND suggestions.id = answers.suggestion
             WHERE answers.shop = ?1 AND feedback_at IS NOT NULL
                 AND (relevant IS NOT NULL OR (used IS NOT NULL AND NOT is_rehearsal))
             ORDER BY feedback_at DESC, answers.id DESC LIMIT ?2",
        )
        .bind(shop.as_str())
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter()
            .map(|(question, knowledge, is_right)| {
                Ok(Verdict {
                    question: Masked::from_stored(question),
                    knowledge: sound("knowledge id", KnowledgeId::parse(&knowledge))?,
                    is_right,
                })
            })
            .collect()
    }

    async fn wordings(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Wording>> {
        wordings::latest(&mut *self.read().await?, shop, limit).await
    }

    async fn confirmed_wordings(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Wording>> {
        wordings::confirmed(&mut *self.read().await?, shop, limit).await
    }

    async fn advance_language(&self, shop: &ShopId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        shops::advance_language(&mut transaction, shop).await?;
        Ok(transaction.commit().await?)
    }

    async fn add_model(&self, shop: &ShopId, model: &NewModel) -> StoreResult<u32> {
        let mut transaction = self.write().await?;
        let kind = model.kind.as_str();
        let version: u32 = sqlx::query_scalar(
            "SELECT coalesce(max(version), 0) + 1 FROM models WHERE shop = ?1 AND kind = ?2",
        )
        .bind(shop.as_str())
        .bind(kind)
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO models (shop, kind, version, body, report, is_used, at)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
        )
        .bind(shop.as_str())
        .bind(kind)
        .bind(version)
        .bind(&model.body)
        .bind(to_json("model report", &model.report)?)
        .bind(model.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        if model.is_used {
            put_in_use(&mut transaction, shop, model.kind, Some(version)).await?;
        }
        drop_old_bodies(&mut transaction, shop, model.kind).await?;
        transaction.commit().await?;
        Ok(version)
    }

    async fn use_model(
        &self,
        shop: &ShopId,
        kind: ModelKind,
        version: Option<u32>,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        put_in_use(&mut transaction, shop, kind, version).await?;
        Ok(transaction.commit().await?)
    }

    async fn models(&self, shop: &ShopId) -> StoreResult<Vec<ModelEntry>> {
        let rows: Vec<ModelRow> = sqlx::query_as(
            "SELECT kind, version, length(body) AS size_bytes, report, is_used, at
             FROM models WHERE shop = ?1 ORDER BY kind, version DESC",
        )
        .bind(shop.as_str())
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter().map(ModelRow::into_entry).collect()
    }

    async fn model_in_use(
        &self,
        shop: &ShopId,
        kind: ModelKind,
    ) -> StoreResult<Option<(u32, Vec<u8>)>> {
        Ok(sqlx::query_as(
            "SELECT version, body FROM models WHERE shop = ?1 AND kind = ?2 AND is_used = 1",
        )
        .bind(shop.as_str())
        .bind(kind.as_str())
        .fetch_optional(&mut *self.read().await?)
        .await?)
    }
}

#[derive(FromRow)]
struct SettingRow {
    intent: String,
    name: Option<String>,
    is_off: bool,
    stage: Option<String>,
    phrasings: String,
}

#[derive(FromRow)]
struct CorrectionRow {
    suggestion: Vec<u8>,
    question: String,
    intent: String,
    by: String,
    at: i64,
}

impl CorrectionRow {
    fn into_correction(self) -> StoreResult<Correction> {
        Ok(Correction {
            suggestion: made_id("suggestion id", &self.suggestion, SuggestionId::parse)?,
            question: Masked::from_stored(self.question),
            intent: sound("intent", Intent::parse(&self.intent))?,
            by: self.by,
            at: time(self.at)?,
        })
    }
}

#[derive(FromRow)]
struct ModelRow {
    kind: String,
    version: u32,
    size_bytes: u64,
    report: String,
    is_used: bool,
    at: i64,
}

impl ModelRow {
    fn into_entry(self) -> StoreResult<ModelEntry> {
        Ok(ModelEntry {
            kind: from_word("model kind", self.kind)?,
            version: self.version,
            size_bytes: self.size_bytes,
            report: from_json("model report", &self.report)?,
            is_used: self.is_used,
            at: time(self.at)?,
        })
    }
}

async fn settings(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<IntentSetting>> {
    let rows: Vec<SettingRow> = sqlx::query_as(
        "SELECT intent, name, is_off, stage, phrasings FROM intents WHERE shop = ?1
         ORDER BY intent",
    )
    .bind(shop.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(IntentSetting {
                intent: sound("intent", Intent::parse(&row.intent))?,
                name: row.name,
                is_off: row.is_off,
                stage: row
                    .stage
                    .map(|stage| from_word("stage", stage))
                    .transpose()?,
                phrasings: from_json("phrasings", &row.phrasings)?,
            })
        })
        .collect()
}

async fn insert_setting(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    setting: &IntentSetting,
) -> StoreResult<()> {
    let stage = setting.stage.map(|stage| word("stage", &stage));
    sqlx::query(
        "INSERT INTO intents (shop, intent, name, is_off, stage, phrasings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(shop.as_str())
    .bind(setting.intent.as_str())
    .bind(&setting.name)
    .bind(setting.is_off)
    .bind(stage.transpose()?)
    .bind(to_json("phrasings", &setting.phrasings)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts a version in use, or none of the kind; the revision stays where that is so already.
async fn put_in_use(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    kind: ModelKind,
    version: Option<u32>,
) -> StoreResult<()> {
    let in_use: Option<u32> = sqlx::query_scalar(
        "SELECT version FROM models WHERE shop = ?1 AND kind = ?2 AND is_used = 1",
    )
    .bind(shop.as_str())
    .bind(kind.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    if in_use == version {
        return Ok(());
    }
    sqlx::query("UPDATE models SET is_used = 0 WHERE shop = ?1 AND kind = ?2 AND is_used = 1")
        .bind(shop.as_str())
        .bind(kind.as_str())
        .execute(&mut *connection)
        .await?;
    if let Some(version) = version {
        let put = sqlx::query(
            "UPDATE models SET is_used = 1
             WHERE shop = ?1 AND kind = ?2 AND version = ?3 AND length(body) > 0",
        )
        .bind(shop.as_str())
        .bind(kind.as_str())
        .bind(version)
        .execute(&mut *connection)
        .await?;
        if put.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "model" });
        }
    }
    shops::advance_language(connection, shop).await
}

async fn drop_old_bodies(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    kind: ModelKind,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE models SET body = x'' WHERE shop = ?1 AND kind = ?2 AND version IN (
             SELECT version FROM models
             WHERE shop = ?1 AND kind = ?2 AND is_used = 0 AND length(body) > 0
             ORDER BY version DESC LIMIT -1 OFFSET ?3)",
    )
    .bind(shop.as_str())
    .bind(kind.as_str())
    .bind(BODIES_OUT_OF_USE)
    .execute(connection)
    .await?;
    Ok(())
}
