//! Questions, the wordings they come in, and clusters of these.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::clusters::Writer;
use super::rows::{exact_bytes, from_word, optional_id, optional_time, time, word};
use super::wordings::WordingRow;
use super::{SqliteStore, clusters, messages, mined, shops, wordings};
use crate::domain::ids::{AgentId, ChannelId, ClusterId, EditId, ProductId, ShopId};
use crate::domain::listening::{
    ClusterEdit, HeardQuestion, QuestionId, Reply, Wording, WordingKey,
};
use crate::domain::message::{Message, Taken, Thread};
use crate::domain::suggestion::{Classified, Pseudonym};
use crate::domain::taxonomy::Intent;
use crate::store::{
    ClusterChange, ListeningChanges, ListeningStore, MinedReply, QuestionFacts, ReadThread,
    StoreResult, UnreadThread,
};

/// Rows of one statement.
const ROWS: usize = 200;

#[async_trait]
impl ListeningStore for SqliteStore {
    async fn take_messages(
        &self,
        shop: &ShopId,
        taken: &[Message],
        at: Timestamp,
    ) -> StoreResult<Taken> {
        let mut transaction = self.write().await?;
        let taken = messages::take(&mut transaction, shop, taken, at).await?;
        transaction.commit().await?;
        Ok(taken)
    }

    async fn unread_threads(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<UnreadThread>> {
        messages::unread(&mut *self.read().await?, shop, limit).await
    }

    async fn messages(
        &self,
        shop: &ShopId,
        thread: &Thread,
        limit: u32,
    ) -> StoreResult<Vec<Message>> {
        messages::of_thread(&mut *self.read().await?, shop, thread, limit).await
    }

    async fn write_questions(
        &self,
        shop: &ShopId,
        threads: &[ReadThread],
        questions: &[HeardQuestion],
        wordings: &[Wording],
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        insert_wordings(&mut transaction, shop, wordings).await?;
        upsert_questions(&mut transaction, shop, questions).await?;
        let standing: HashSet<QuestionId> = questions.iter().map(|question| question.id).collect();
        for thread in threads {
            forget_others(&mut transaction, shop, thread, &standing).await?;
        }
        messages::mark_read(&mut transaction, shop, threads).await?;
        Ok(transaction.commit().await?)
    }

    async fn listening_changes(
        &self,
        shop: &ShopId,
        revision: u64,
        limit: u32,
    ) -> StoreResult<ListeningChanges> {
        let mut snapshot = self.read_snapshot().await?;
        let last = shops::listening_revision(&mut snapshot, shop).await?;
        if last <= revision {
            return Ok(ListeningChanges {
                revision: last,
                ..ListeningChanges::default()
            });
        }
        let until = last.min(revision.saturating_add(u64::from(limit)));
        let range = Range {
            shop,
            after: signed(revision),
            until: signed(until),
        };
        Ok(ListeningChanges {
            revision: until,
            has_more: until < last,
            questions: changed_questions(&mut snapshot, range).await?,
            wordings: changed_wordings(&mut snapshot, range).await?,
            clusters: clusters::changed(&mut snapshot, range).await?,
        })
    }

    async fn cluster_questions(
        &self,
        shop: &ShopId,
        cluster: ClusterId,
        limit: u32,
    ) -> StoreResult<Vec<HeardQuestion>> {
        let rows: Vec<QuestionRow> = sqlx::query_as(
            "SELECT questions.id, thread, at, questions.text, wording, consumer, channel, product,
                 intent, intent_confidence, stage, urgency, replied_at, reply_agent, reply, outcome
             FROM wordings JOIN questions
                 ON questions.shop = wordings.shop AND questions.wording = wordings.key
             WHERE wordings.shop = ?1 AND cluster = ?2 AND is_gone = 0
             ORDER BY at DESC, questions.id LIMIT ?3",
        )
        .bind(shop.as_str())
        .bind(cluster.as_bytes())
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter().map(QuestionRow::into_question).collect()
    }

    async fn mined_replies(
        &self,
        shop: &ShopId,
        since: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<MinedReply>> {
        mined::since(&mut *self.read().await?, shop, since, limit).await
    }

    async fn save_clustering(
        &self,
        shop: &ShopId,
        change: &ClusterChange,
        at: Timestamp,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        clusters::write(&mut transaction, shop, &change.clusters, Writer::Clustering).await?;
        clusters::place_unpinned(&mut transaction, shop, &change.places).await?;
        clusters::retire_empty(&mut transaction, shop, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn edit_clusters(
        &self,
        shop: &ShopId,
        change: &ClusterChange,
        edit: &ClusterEdit,
    ) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        clusters::write(&mut transaction, shop, &change.clusters, Writer::People).await?;
        clusters::place(&mut transaction, shop, &change.places).await?;
        clusters::retire_empty(&mut transaction, shop, edit.at).await?;
        clusters::record_edit(&mut transaction, shop, edit).await?;
        Ok(transaction.commit().await?)
    }

    async fn undo_edit(&self, shop: &ShopId, edit: EditId, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        clusters::undo(&mut transaction, shop, edit, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn cluster_edits(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<ClusterEdit>> {
        clusters::edits(&mut *self.read().await?, shop, limit).await
    }
}

/// A stretch of a shop's changes.
#[derive(Clone, Copy)]
pub(super) struct Range<'a> {
    pub(super) shop: &'a ShopId,
    pub(super) after: i64,
    pub(super) until: i64,
}

/// As SQLite keeps it.
pub(super) fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// A key's bits as SQLite keeps them.
pub(super) fn stored_key(key: WordingKey) -> i64 {
    key.0.cast_signed()
}

/// A key from SQLite's bits.
pub(super) fn key_of(stored: i64) -> WordingKey {
    WordingKey(stored.cast_unsigned())
}

async fn insert_wordings(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    wordings: &[Wording],
) -> StoreResult<()> {
    let mut revision = shops::take_listening_revisions(connection, shop, wordings.len()).await?;
    // A cluster may have been retired since a wording was found to belong to it.
    let standing: HashSet<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM clusters WHERE shop = ?1 AND retired_at IS NULL")
            .bind(shop.as_str())
            .fetch_all(&mut *connection)
            .await?
            .into_iter()
            .collect();
    for chunk in wordings.chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO wordings (shop, key, revision, text, cluster, is_pinned) ",
        );
        insert.push_values(chunk, |mut row, wording| {
            let cluster = wording.cluster.as_ref().map(ClusterId::as_bytes);
            let cluster = cluster.filter(|cluster| standing.contains(*cluster));
            row.push_bind(shop.as_str())
                .push_bind(stored_key(wording.key))
                .push_bind(signed(revision))
                .push_bind(wording.text.as_str())
                .push_bind(cluster)
                .push_bind(wording.is_pinned);
            revision += 1;
        });
        insert.push(" ON CONFLICT (shop, key) DO NOTHING");
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn upsert_questions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    questions: &[HeardQuestion],
) -> StoreResult<()> {
    let mut revision = shops::take_listening_revisions(connection, shop, questions.len()).await?;
    let mut rows = Vec::with_capacity(questions.len());
    for question in questions {
        let stage = question.classified.stage.as_ref();
        rows.push((
            question,
            stage.map(|stage| word("stage", stage)).transpose()?,
            word("urgency", &question.classified.urgency)?,
            word("outcome", &question.outcome)?,
        ));
    }
    for chunk in rows.chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO questions (shop, id, revision, thread, at, text, wording, consumer,
                 channel, product, intent, intent_confidence, stage, urgency, replied_at,
                 reply_agent, reply, outcome) ",
        );
        insert.push_values(chunk, |mut row, (question, stage, urgency, outcome)| {
            let intent = question.classified.intent.as_ref();
            let reply = question.reply.as_ref();
            row.push_bind(shop.as_str())
                .push_bind(&question.id.0[..])
                .push_bind(signed(revision))
                .push_bind(question.thread.as_str())
                .push_bind(question.at.as_millisecond())
                .push_bind(question.text.as_str())
                .push_bind(stored_key(question.wording))
                .push_bind(
                    question
                        .consumer
                        .as_ref()
                        .map(|consumer| consumer.0.as_str()),
                )
                .push_bind(question.channel.as_ref().map(ChannelId::as_str))
                .push_bind(question.product.as_ref().map(ProductId::as_str))
                .push_bind(intent.map(|(intent, _)| intent.as_str()))
                .push_bind(intent.map(|(_, confidence)| f64::from(*confidence)))
                .push_bind(stage.as_deref())
                .push_bind(urgency.as_str())
                .push_bind(reply.map(|reply| reply.at.as_millisecond()))
                .push_bind(
                    reply
                        .and_then(|reply| reply.agent.as_ref())
                        .map(AgentId::as_str),
                )
                .push_bind(reply.map(|reply| reply.text.as_str()))
                .push_bind(outcome.as_str());
            revision += 1;
        });
        // A question that is as it was keeps its revision: nobody has to read it again.
        insert.push(
            " ON CONFLICT (shop, id) DO UPDATE SET revision = excluded.revision, is_gone = 0,
                 at = excluded.at, text = excluded.text, wording = excluded.wording,
                 consumer = excluded.consumer, channel = excluded.channel,
                 product = excluded.product, intent = excluded.intent,
                 intent_confidence = excluded.intent_confidence, stage = excluded.stage,
                 urgency = excluded.urgency, replied_at = excluded.replied_at,
                 reply_agent = excluded.reply_agent, reply = excluded.reply,
                 outcome = excluded.outcome
             WHERE (is_gone, at, text, wording, consumer, channel, product, intent,
                 intent_confidence, stage, urgency, replied_at, reply_agent, reply, outcome)
                 IS NOT (0, excluded.at, excluded.text, excluded.wording, excluded.consumer,
                 excluded.channel, excluded.product, excluded.intent, excluded.intent_confidence,
                 excluded.stage, excluded.urgency, excluded.replied_at, excluded.reply_agent,
                 excluded.reply, excluded.outcome)",
        );
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Marks a thread's questions that are none any more.
async fn forget_others(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    thread: &ReadThread,
    standing: &HashSet<QuestionId>,
) -> StoreResult<()> {
    let known: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT id FROM questions WHERE shop = ?1 AND thread = ?2 AND is_gone = 0 AND at >= ?3",
    )
    .bind(shop.as_str())
    .bind(thread.thread.as_str())
    .bind(thread.since.as_millisecond())
    .fetch_all(&mut *connection)
    .await?;
    for id in known {
        let id = QuestionId(exact_bytes("question id", id)?);
        if standing.contains(&id) {
            continue;
        }
        let revision = shops::take_listening_revisions(connection, shop, 1).await?;
        sqlx::query("UPDATE questions SET is_gone = 1, revision = ?3 WHERE shop = ?1 AND id = ?2")
            .bind(shop.as_str())
            .bind(&id.0[..])
            .bind(signed(revision))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct ClassifiedRow {
    intent: Option<String>,
    intent_confidence: Option<f64>,
    stage: Option<String>,
    urgency: String,
}

impl ClassifiedRow {
    fn into_classified(self) -> StoreResult<Classified> {
        let intent = optional_id("intent", self.intent, Intent::parse)?;
        Ok(Classified {
            // It was widened when it was written.
            intent: intent.zip(self.intent_confidence.map(|value| value as f32)),
            stage: self
                .stage
                .map(|stage| from_word("stage", stage))
                .transpose()?,
            urgency: from_word("urgency", self.urgency)?,
        })
    }
}

#[derive(FromRow)]
struct FactsRow {
    id: Vec<u8>,
    is_gone: bool,
    thread: String,
    at: i64,
    wording: i64,
    consumer: Option<String>,
    channel: Option<String>,
    product: Option<String>,
    #[sqlx(flatten)]
    classified: ClassifiedRow,
    replied_at: Option<i64>,
    reply_agent: Option<String>,
    outcome: String,
}

async fn changed_questions(
    connection: &mut SqliteConnection,
    range: Range<'_>,
) -> StoreResult<Vec<QuestionFacts>> {
    let rows: Vec<FactsRow> = sqlx::query_as(
        "SELECT id, is_gone, thread, at, wording, consumer, channel, product, intent,
             intent_confidence, stage, urgency, replied_at, reply_agent, outcome
         FROM questions WHERE shop = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision",
    )
    .bind(range.shop.as_str())
    .bind(range.after)
    .bind(range.until)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(QuestionFacts {
                id: QuestionId(exact_bytes("question id", row.id)?),
                is_gone: row.is_gone,
                thread: Thread::from_stored(row.thread),
                at: time(row.at)?,
                wording: key_of(row.wording),
                consumer: row.consumer.map(Pseudonym),
                channel: optional_id("channel id", row.channel, ChannelId::parse)?,
                product: optional_id("product id", row.product, ProductId::parse)?,
                classified: row.classified.into_classified()?,
                replied_at: optional_time(row.replied_at)?,
                agent: optional_id("agent id", row.reply_agent, AgentId::parse)?,
                outcome: from_word("outcome", row.outcome)?,
            })
        })
        .collect()
}

async fn changed_wordings(
    connection: &mut SqliteConnection,
    range: Range<'_>,
) -> StoreResult<Vec<Wording>> {
    let rows: Vec<WordingRow> = sqlx::query_as(
        "SELECT key, text, cluster, is_pinned FROM wordings
         WHERE shop = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision",
    )
    .bind(range.shop.as_str())
    .bind(range.after)
    .bind(range.until)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(wordings::wording).collect()
}

#[derive(FromRow)]
struct QuestionRow {
    id: Vec<u8>,
    thread: String,
    at: i64,
    text: String,
    wording: i64,
    consumer: Option<String>,
    channel: Option<String>,
    product: Option<String>,
    #[sqlx(flatten)]
    classified: ClassifiedRow,
    replied_at: Option<i64>,
    reply_agent: Option<String>,
    reply: Option<String>,
    outcome: String,
}

impl QuestionRow {
    fn into_question(self) -> StoreResult<HeardQuestion> {
        let agent = optional_id("agent id", self.reply_agent, AgentId::parse)?;
        let reply = optional_time(self.replied_at)?.map(|at| Reply {
            at,
            agent,
            text: Masked::from_stored(self.reply.unwrap_or_default()),
        });
        Ok(HeardQuestion {
            id: QuestionId(exact_bytes("question id", self.id)?),
            thread: Thread::from_stored(self.thread),
            at: time(self.at)?,
            text: Masked::from_stored(self.text),
            wording: key_of(self.wording),
            consumer: self.consumer.map(Pseudonym),
            channel: optional_id("channel id", self.channel, ChannelId::parse)?,
            product: optional_id("product id", self.product, ProductId::parse)?,
            classified: self.classified.into_classified()?,
            reply,
            outcome: from_word("outcome", self.outcome)?,
        })
    }
}
