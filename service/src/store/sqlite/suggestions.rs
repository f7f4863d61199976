//! Suggestions on record and the feedback on their answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::query_builder::Separated;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::listening::{key_of, stored_key};
use super::messages;
use super::rows::{from_word, made_id, optional_id, sound, time, word};
use super::shops;
use crate::domain::ids::{
    AgentId, AnswerId, ChannelId, ConversationId, KnowledgeId, MessageId, ProductId, ShopId,
    SuggestionId,
};
use crate::domain::message::Message;
use crate::domain::suggestion::{
    Classified, Feedback, FeedbackState, Pseudonym, RecordedAnswer, SuggestionRecord,
};
use crate::domain::taxonomy::Intent;
use crate::store::{StoreError, StoreResult, SuggestionWithFeedback};

#[derive(FromRow)]
struct SuggestionRow {
    at: i64,
    conversation: String,
    answers_message: Option<String>,
    question: String,
    consumer: Option<String>,
    order_ref: Option<String>,
    product: Option<String>,
    channel: Option<String>,
    agent: Option<String>,
    abstention: Option<String>,
    intent: Option<String>,
    intent_confidence: Option<f64>,
    stage: Option<String>,
    urgency: Option<String>,
    wording: Option<i64>,
    is_rehearsal: bool,
}

#[derive(FromRow)]
struct AnswerRow {
    knowledge: String,
    version: u32,
    form: String,
    confidence: f64,
    #[sqlx(flatten)]
    feedback: FeedbackRow,
}

#[derive(FromRow)]
struct FeedbackRow {
    id: Vec<u8>,
    displayed: Option<bool>,
    used: Option<String>,
    final_text: Option<String>,
    relevant: Option<bool>,
    correct: Option<bool>,
    feedback_at: Option<i64>,
}

impl SuggestionRow {
    fn into_record(
        self,
        id: SuggestionId,
        answers: Vec<RecordedAnswer>,
    ) -> StoreResult<SuggestionRecord> {
        let conversation = ConversationId::parse(&self.conversation);
        let classified = self.classified()?;
        Ok(SuggestionRecord {
            classified,
            id,
            at: time(self.at)?,
            conversation: sound("conversation id", conversation)?,
            answers_message: optional_id("message id", self.answers_message, MessageId::parse)?,
            question: Masked::from_stored(self.question),
            consumer: self.consumer.map(Pseudonym),
            order: self.order_ref.map(Pseudonym),
            product: optional_id("product id", self.product, ProductId::parse)?,
            channel: optional_id("channel id", self.channel, ChannelId::parse)?,
            agent: optional_id("agent id", self.agent, AgentId::parse)?,
            abstention: self
                .abstention
                .map(|reason| from_word("abstention", reason))
                .transpose()?,
            answers,
            wording: self.wording.map(key_of),
            turns: Vec::new(),
            is_rehearsal: self.is_rehearsal,
        })
    }

    /// `None` where nothing was asked, and of records older than the classifier.
    fn classified(&self) -> StoreResult<Option<Classified>> {
        let Some(urgency) = &self.urgency else {
            return Ok(None);
        };
        let intent = optional_id("intent", self.intent.clone(), Intent::parse)?;
        let stage = self.stage.clone();
        Ok(Some(Classified {
            // It was widened when it was written.
            intent: intent.zip(self.intent_confidence.map(|value| value as f32)),
            stage: stage.map(|stage| from_word("stage", stage)).transpose()?,
            urgency: from_word("urgency", urgency.clone())?,
        }))
    }
}

impl AnswerRow {
    fn into_answer(self) -> StoreResult<(RecordedAnswer, Option<FeedbackState>)> {
        let answer = RecordedAnswer {
            id: made_id("answer id", &self.feedback.id, AnswerId::parse)?,
            knowledge: sound("knowledge id", KnowledgeId::parse(&self.knowledge))?,
            version: self.version,
            form: from_word("answer form", self.form)?,
            // It was widened when it was written.
            confidence: self.confidence as f32,
        };
        Ok((answer, self.feedback.into_state()?))
    }
}

impl FeedbackRow {
    /// `None` where nobody has said anything of the answer.
    fn into_state(self) -> StoreResult<Option<FeedbackState>> {
        let Some(feedback_at) = self.feedback_at else {
            return Ok(None);
        };
        Ok(Some(FeedbackState {
            answer: made_id("answer id", &self.id, AnswerId::parse)?,
            feedback: Feedback {
                displayed: self.displayed,
                used: self.used.map(|used| from_word("use", used)).transpose()?,
                final_text: self.final_text.map(Masked::from_stored),
                relevant: self.relevant,
                correct: self.correct,
            },
            updated_at: time(feedback_at)?,
        }))
    }
}

/// Rows of one statement: SQLite takes 32,766 values, and a statement a row
/// costs more than the row.
const ROWS: usize = 100;

/// Puts suggestions on record; those that are there already stay as they are.
pub(super) async fn record<'a>(
    connection: &mut SqliteConnection,
    records: impl Iterator<Item = (&'a ShopId, &'a SuggestionRecord)> + Clone,
) -> StoreResult<()> {
    let mut suggestions = Vec::new();
    let mut answers = Vec::new();
    for (shop, record) in records {
        suggestions.push((shop, record, Words::of(record)?));
        for (rank, answer) in (1_u32..).zip(&record.answers) {
            answers.push((
                shop,
                record.id,
                rank,
                answer,
                word("answer form", &answer.form)?,
            ));
        }
    }
    for rows in suggestions.chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO suggestions
                 (shop, id, at, conversation, answers_message, question, consumer, order_ref,
                  product, channel, agent, abstention, intent, intent_confidence, stage, urgency, wording,
                  is_rehearsal) ",
        );
        insert.push_values(rows, |mut row, (shop, record, words)| {
            let classified = record.classified.as_ref();
            let intent = classified.and_then(|classified| classified.intent.as_ref());
            row.push_bind(shop.as_str());
            push_made_id(&mut row, record.id.to_string());
            row.push_bind(record.at.as_millisecond())
                .push_bind(record.conversation.as_str())
                .push_bind(record.answers_message.as_ref().map(MessageId::as_str))
                .push_bind(record.question.as_str())
                .push_bind(record.consumer.as_ref().map(|consumer| consumer.0.as_str()))
                .push_bind(record.order.as_ref().map(|order| order.0.as_str()))
                .push_bind(record.product.as_ref().map(ProductId::as_str))
                .push_bind(record.channel.as_ref().map(ChannelId::as_str))
                .push_bind(record.agent.as_ref().map(AgentId::as_str))
                .push_bind(words.abstention.as_deref())
                .push_bind(intent.map(|(intent, _)| intent.as_str()))
                .push_bind(intent.map(|(_, confidence)| f64::from(*confidence)))
                .push_bind(words.stage.as_deref())
                .push_bind(words.urgency.as_deref())
                .push_bind(record.wording.map(stored_key))
                .push_bind(record.is_rehearsal);
        });
        insert.push(" ON CONFLICT (shop, id) DO NOTHING");
        insert.build().execute(&mut *connection).await?;
    }
    for rows in answers.chunks(ROWS) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO answers (shop, id, suggestion, rank, knowledge, version, form, confidence) ",
        );
        insert.push_values(rows, |mut row, (shop, suggestion, rank, answer, form)| {
            row.push_bind(shop.as_str());
            push_made_id(&mut row, answer.id.to_string());
            push_made_id(&mut row, suggestion.to_string());
            row.push_bind(*rank)
                .push_bind(answer.knowledge.as_str())
                .push_bind(answer.version)
                .push_bind(form.as_str())
                .push_bind(f64::from(answer.confidence));
        });
        // By id or by place: a record handed in again keeps its first answers.
        insert.push(" ON CONFLICT DO NOTHING");
        insert.build().execute(&mut *connection).await?;
    }
    let mut turns: BTreeMap<&ShopId, (Timestamp, Vec<&Message>)> = BTreeMap::new();
    for (shop, record, _) in &suggestions {
        let heard = turns.entry(shop).or_insert((record.at, Vec::new()));
        heard.1.extend(&record.turns);
    }
    for (shop, (at, turns)) in turns {
        shops::advance_suggestions(&mut *connection, shop).await?;
        messages::hear(&mut *connection, shop, &turns, at).await?;
    }
    Ok(())
}

/// Ids that this service makes are kept as 16 bytes.
fn push_made_id(row: &mut Separated<'_, Sqlite, &'static str>, id: String) {
    row.push("unhex(")
        .push_bind_unseparated(id)
        .push_unseparated(", '-')");
}

/// A suggestion on record.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: SuggestionId,
) -> StoreResult<Option<SuggestionWithFeedback>> {
    let row: Option<SuggestionRow> = sqlx::query_as(
        "SELECT at, conversation, answers_message, question, consumer, order_ref,
                product, channel, agent, abstention, intent, intent_confidence, stage, urgency,
                wording, is_rehearsal
         FROM suggestions WHERE shop = ?1 AND id = unhex(?2, '-')",
    )
    .bind(shop.as_str())
    .bind(id.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let answer_rows: Vec<AnswerRow> = sqlx::query_as(
        "SELECT id, knowledge, version, form, confidence,
                displayed, used, final_text, relevant, correct, feedback_at
         FROM answers WHERE shop = ?1 AND suggestion = unhex(?2, '-') ORDER BY rank",
    )
    .bind(shop.as_str())
    .bind(id.to_string())
    .fetch_all(connection)
    .await?;
    let mut answers = Vec::with_capacity(answer_rows.len());
    let mut feedback = Vec::new();
    for answer_row in answer_rows {
        let (answer, state) = answer_row.into_answer()?;
        answers.push(answer);
        feedback.extend(state);
    }
    Ok(Some(SuggestionWithFeedback {
        record: row.into_record(id, answers)?,
        feedback,
    }))
}

/// Merges feedback into what stands; what is absent changes nothing.
pub(super) async fn merge_feedback(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    answer: AnswerId,
    feedback: &Feedback,
    at: Timestamp,
) -> StoreResult<FeedbackState> {
    let row: Option<FeedbackRow> = sqlx::query_as(
        "UPDATE answers SET
             displayed = coalesce(?3, displayed),
             used = coalesce(?4, used),
             final_text = coalesce(?5, final_text),
             relevant = coalesce(?6, relevant),
             correct = coalesce(?7, correct),
             feedback_at = max(?8, coalesce(feedback_at, ?8))
         WHERE shop = ?1 AND id = unhex(?2, '-')
         RETURNING id, displayed, used, final_text, relevant, correct, feedback_at",
    )
    .bind(shop.as_str())
    .bind(answer.to_string())
    .bind(feedback.displayed)
    .bind(optional_word("use", feedback.used.as_ref())?)
    .bind(feedback.final_text.as_ref().map(Masked::as_str))
    .bind(feedback.relevant)
    .bind(feedback.correct)
    .bind(at.as_millisecond())
    .fetch_optional(&mut *connection)
    .await?;
    let state = row.map(FeedbackRow::into_state).transpose()?.flatten();
    let state = state.ok_or(StoreError::NotFound { what: "answer" })?;
    shops::advance_suggestions(connection, shop).await?;
    Ok(state)
}

/// The words of a record's variants.
struct Words {
    abstention: Option<String>,
    stage: Option<String>,
    urgency: Option<String>,
}

impl Words {
    fn of(record: &SuggestionRecord) -> StoreResult<Self> {
        let classified = record.classified.as_ref();
        let stage = classified.and_then(|classified| classified.stage.as_ref());
        Ok(Self {
            abstention: optional_word("abstention", record.abstention.as_ref())?,
            stage: optional_word("stage", stage)?,
            urgency: optional_word("urgency", classified.map(|classified| &classified.urgency))?,
        })
    }
}

fn optional_word<T: Serialize>(
    what: &'static str,
    variant: Option<&T>,
) -> StoreResult<Option<String>> {
    variant.map(|variant| word(what, variant)).transpose()
}
