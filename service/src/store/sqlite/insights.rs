//! Policies, reports, feeds, actions, tags, and what became of suggestions.

use async_trait::async_trait;
use jiff::Timestamp;
use zhiwen_models::privacy::Masked;

use super::listening::key_of;
use super::rows::{from_json, from_word, sound, time, to_json, word};
use super::{SqliteStore, actions, candidates, changes, dismissals, messages};
use crate::domain::ids::{ActionId, CandidateId, ClusterId, KnowledgeId, ShopId};
use crate::domain::insights::FeedEntry;
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::{Action, ActionChange, Candidate, CandidateState, Dismissal, Tag};
use crate::domain::suggestion::Pseudonym;
use crate::domain::week::Week;
use crate::store::{
    AnswerUse, Approval, Decision, InsightStore, KeptReport, NewVersion, Period, StoreResult,
    SuggestionTotals,
};

#[async_trait]
impl InsightStore for SqliteStore {
    async fn policy(&self, shop: &ShopId) -> StoreResult<(u32, ListeningPolicy)> {
        let standing: Option<(u32, String)> = sqlx::query_as(
            "SELECT version, body FROM policies WHERE shop = ?1 ORDER BY version DESC LIMIT 1",
        )
        .bind(shop.as_str())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        let Some((version, body)) = standing else {
            return Ok((0, ListeningPolicy::default()));
        };
        Ok((version, from_json("policy", &body)?))
    }

    async fn put_policy(
        &self,
        shop: &ShopId,
        policy: &ListeningPolicy,
        decision: Decision<'_>,
    ) -> StoreResult<u32> {
        let body = to_json("policy", policy)?;
        let mut transaction = self.write().await?;
        let standing: Option<(u32, String)> = sqlx::query_as(
            "SELECT version, body FROM policies WHERE shop = ?1 ORDER BY version DESC LIMIT 1",
        )
        .bind(shop.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        let next = match standing {
            Some((version, standing)) if standing == body => return Ok(version),
            Some((version, _)) => version + 1,
            None => 1,
        };
        sqlx::query(
            "INSERT INTO policies (shop, version, body, by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(shop.as_str())
        .bind(next)
        .bind(body)
        .bind(decision.by)
        .bind(decision.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        messages::mark_all_unread(&mut transaction, shop).await?;
        transaction.commit().await?;
        Ok(next)
    }

    async fn put_candidates(&self, shop: &ShopId, found: &[Candidate]) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        candidates::put(&mut transaction, shop, found).await?;
        Ok(transaction.commit().await?)
    }

    async fn candidates(
        &self,
        shop: &ShopId,
        state: CandidateState,
        limit: u32,
    ) -> StoreResult<Vec<Candidate>> {
        candidates::of_state(&mut *self.read().await?, shop, state, limit).await
    }

    async fn open_candidates_of(
        &self,
        shop: &ShopId,
        cluster: ClusterId,
    ) -> StoreResult<Vec<Candidate>> {
        candidates::open_of(&mut *self.read().await?, shop, cluster).await
    }

    async fn open_candidate_questions(
        &self,
        shop: &ShopId,
    ) -> StoreResult<Vec<(ClusterId, Vec<Masked>)>> {
        candidates::open_questions(&mut *self.read().await?, shop).await
    }

    async fn remove_open_candidates(&self, shop: &ShopId, ids: &[CandidateId]) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        candidates::remove_open(&mut transaction, shop, ids).await?;
        Ok(transaction.commit().await?)
    }

    async fn candidate(&self, shop: &ShopId, id: CandidateId) -> StoreResult<Option<Candidate>> {
        candidates::by_id(&mut *self.read().await?, shop, id).await
    }

    async fn approve_candidate(
        &self,
        shop: &ShopId,
        id: CandidateId,
        new: &NewVersion,
        action: &Action,
    ) -> StoreResult<Approval> {
        let mut transaction = self.write().await?;
        let approval = candidates::approve(&mut transaction, shop, id, new).await?;
        if matches!(approval, Approval::Now(_)) {
            actions::insert(&mut transaction, shop, action).await?;
        }
        transaction.commit().await?;
        Ok(approval)
    }

    async fn answer_cluster(
        &self,
        shop: &ShopId,
        new: &NewVersion,
        action: &Action,
    ) -> StoreResult<KnowledgeItem> {
        let mut transaction = self.write().await?;
        let item = changes::create(&mut transaction, shop, new).await?;
        actions::insert(&mut transaction, shop, action).await?;
        transaction.commit().await?;
        Ok(item)
    }

    async fn dismiss_candidate(
        &self,
        shop: &ShopId,
        id: CandidateId,
        decision: Decision<'_>,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        candidates::dismiss(&mut transaction, shop, id, decision).await?;
        Ok(transaction.commit().await?)
    }

    async fn reopen_candidate(&self, shop: &ShopId, id: CandidateId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        candidates::reopen(&mut transaction, shop, id).await?;
        Ok(transaction.commit().await?)
    }

    async fn dismiss_finding(&self, shop: &ShopId, dismissal: &Dismissal) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        dismissals::put(&mut transaction, shop, dismissal).await?;
        Ok(transaction.commit().await?)
    }

    async fn restore_finding(&self, shop: &ShopId, finding: &str) -> StoreResult<Dismissal> {
        let mut transaction = self.write().await?;
        let dismissal = dismissals::remove(&mut transaction, shop, finding).await?;
        transaction.commit().await?;
        Ok(dismissal)
    }

    async fn dismissals(&self, shop: &ShopId) -> StoreResult<Vec<Dismissal>> {
        dismissals::all(&mut *self.read().await?, shop).await
    }

    async fn add_action(&self, shop: &ShopId, action: &Action) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        actions::insert(&mut transaction, shop, action).await?;
        Ok(transaction.commit().await?)
    }

    async fn change_action(
        &self,
        shop: &ShopId,
        id: ActionId,
        change: &ActionChange,
    ) -> StoreResult<Action> {
        let mut transaction = self.write().await?;
        let action = actions::change(&mut transaction, shop, (id, change)).await?;
        transaction.commit().await?;
        Ok(action)
    }

    async fn delete_action(&self, shop: &ShopId, id: ActionId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        actions::remove(&mut transaction, shop, id).await?;
        Ok(transaction.commit().await?)
    }

    async fn actions(&self, shop: &ShopId, period: Period) -> StoreResult<Vec<Action>> {
        actions::of_period(&mut *self.read().await?, shop, period).await
    }

    async fn weekly_report(
        &self,
        shop: &ShopId,
        week: Week,
        revision: Option<u32>,
    ) -> StoreResult<Option<KeptReport>> {
        let row: Option<(u32, i64, String, i64)> = sqlx::query_as(
            "SELECT revision, fingerprint, body, at FROM weekly_reports
             WHERE shop = ?1 AND week = ?2 AND revision = coalesce(?3, revision)
             ORDER BY revision DESC LIMIT 1",
        )
        .bind(shop.as_str())
        .bind(week.to_string())
        .bind(revision)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(|(revision, fingerprint, body, at)| {
            Ok(KeptReport {
                revision,
                fingerprint: fingerprint.cast_unsigned(),
                body,
                at: time(at)?,
            })
        })
        .transpose()
    }

    async fn keep_report(&self, shop: &ShopId, week: Week, report: &KeptReport) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO weekly_reports (shop, week, revision, fingerprint, body, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (shop, week, revision) DO NOTHING",
        )
        .bind(shop.as_str())
        .bind(week.to_string())
        .bind(report.revision)
        .bind(report.fingerprint.cast_signed())
        .bind(&report.body)
        .bind(report.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn put_feed_entries(
        &self,
        shop: &ShopId,
        feed: &str,
        entries: &[FeedEntry],
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        for entry in entries {
            sqlx::query(
                "INSERT INTO feed_entries (shop, feed, id, body, published_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (shop, feed, id) DO UPDATE SET
                     body = excluded.body, updated_at = excluded.updated_at
                 WHERE body <> excluded.body",
            )
            .bind(shop.as_str())
            .bind(feed)
            .bind(&entry.id)
            .bind(to_json("feed entry", &EntryBody::of(entry))?)
            .bind(entry.published_at.as_millisecond())
            .bind(entry.updated_at.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn feed_entries(
        &self,
        shop: &ShopId,
        feed: &str,
        limit: u32,
    ) -> StoreResult<Vec<FeedEntry>> {
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT id, body, published_at, updated_at FROM feed_entries
             WHERE shop = ?1 AND feed = ?2 ORDER BY updated_at DESC, id LIMIT ?3",
        )
        .bind(shop.as_str())
        .bind(feed)
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter()
            .map(|(id, body, published_at, updated_at)| {
                let body: EntryBody = from_json("feed entry", &body)?;
                Ok(body.into_entry(id, time(published_at)?, time(updated_at)?))
            })
            .collect()
    }

    async fn put_tags(
        &self,
        shop: &ShopId,
        consumer: &Pseudonym,
        tags: &[Tag],
        at: Timestamp,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM consumer_tags WHERE shop = ?1 AND consumer = ?2")
            .bind(shop.as_str())
            .bind(&consumer.0)
            .execute(&mut *transaction)
            .await?;
        for tag in tags {
            sqlx::query(
                "INSERT INTO consumer_tags (shop, consumer, tag, source, at)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (shop, consumer, tag) DO NOTHING",
            )
            .bind(shop.as_str())
            .bind(&consumer.0)
            .bind(&tag.tag)
            .bind(word("tag source", &tag.source)?)
            .bind(at.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn tags(&self, shop: &ShopId, consumer: &Pseudonym) -> StoreResult<Vec<Tag>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT tag, source FROM consumer_tags WHERE shop = ?1 AND consumer = ?2 ORDER BY tag",
        )
        .bind(shop.as_str())
        .bind(&consumer.0)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter()
            .map(|(tag, source)| {
                Ok(Tag {
                    tag,
                    source: from_word("tag source", source)?,
                })
            })
            .collect()
    }

    async fn tagged(&self, shop: &ShopId, tag: &str) -> StoreResult<Vec<Pseudonym>> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT consumer FROM consumer_tags WHERE shop = ?1 AND tag = ?2 ORDER BY consumer",
        )
        .bind(shop.as_str())
        .bind(tag)
        .fetch_all(&mut *self.read().await?)
        .await?;
        Ok(rows.into_iter().map(Pseudonym).collect())
    }

    async fn suggestion_totals(
        &self,
        shop: &ShopId,
        period: Period,
    ) -> StoreResult<SuggestionTotals> {
        // Without statistics SQLite would look at all of a shop's answers for each suggestion.
        let mut snapshot = self.read_snapshot().await?;
        let (suggestions, abstained): (u32, u32) = sqlx::query_as(
            "SELECT count(*), count(abstention) FROM suggestions
             WHERE shop = ?1 AND at >= ?2 AND at < ?3 AND NOT is_rehearsal AND urgency IS NOT NULL",
        )
        .bind(shop.as_str())
        .bind(period.from.as_millisecond())
        .bind(period.until.as_millisecond())
        .fetch_one(&mut *snapshot)
        .await?;
        let (displayed, used): (u32, u32) = sqlx::query_as(
            "SELECT coalesce(sum(displayed), 0), count(used)
             FROM suggestions JOIN answers INDEXED BY answers_by_suggestion
                 ON answers.shop = suggestions.shop AND answers.suggestion = suggestions.id
             WHERE suggestions.shop = ?1 AND at >= ?2 AND at < ?3 AND NOT is_rehearsal",
        )
        .bind(shop.as_str())
        .bind(period.from.as_millisecond())
        .bind(period.until.as_millisecond())
        .fetch_one(&mut *snapshot)
        .await?;
        Ok(SuggestionTotals {
            suggestions,
            abstained,
            displayed,
            used,
        })
    }

    async fn answer_uses(&self, shop: &ShopId, period: Period) -> StoreResult<Vec<AnswerUse>> {
        let rows: Vec<(i64, String, u32, u32)> = sqlx::query_as(
            "SELECT wording, knowledge, coalesce(sum(displayed), 0), count(used)
             FROM suggestions JOIN answers INDEXED BY answers_by_suggestion
                 ON answers.shop = suggestions.shop AND answers.suggestion = suggestions.id
             WHERE suggestions.shop = ?1 AND at >= ?2 AND at < ?3 AND NOT is_rehearsal
                 AND wording IS NOT NULL AND feedback_at IS NOT NULL
             GROUP BY wording, knowledge ORDER BY wording, knowledge",
        )
        .bind(shop.as_str())
        .bind(period.from.as_millisecond())
        .bind(period.until.as_millisecond())
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter()
            .map(|(wording, knowledge, displayed, used)| {
                Ok(AnswerUse {
                    wording: key_of(wording),
                    knowledge: sound("knowledge id", KnowledgeId::parse(&knowledge))?,
                    displayed,
                    used,
                })
            })
            .collect()
    }
}

/// What of an entry is compared to tell whether it changed.
#[derive(serde::Serialize, serde::Deserialize)]
struct EntryBody {
    title: String,
    text: String,
    tags: Vec<String>,
    data: serde_json::Value,
}

impl EntryBody {
    fn of(entry: &FeedEntry) -> Self {
        Self {
            title: entry.title.clone(),
            text: entry.text.clone(),
            tags: entry.tags.clone(),
            data: entry.data.clone(),
        }
    }

    fn into_entry(self, id: String, published_at: Timestamp, updated_at: Timestamp) -> FeedEntry {
        FeedEntry {
            id,
            title: self.title,
            text: self.text,
            tags: self.tags,
            published_at,
            updated_at,
            data: self.data,
        }
    }
}
