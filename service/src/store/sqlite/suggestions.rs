//! Suggestions on record and the feedback on their answers.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::rows::{from_word, made_id, optional_id, sound, time, word};
use crate::domain::ids::{
    AgentId, AnswerId, ChannelId, ConversationId, KnowledgeId, MessageId, ProductId, ShopId,
    SuggestionId,
};
use crate::domain::suggestion::{
    Feedback, FeedbackState, Pseudonym, RecordedAnswer, SuggestionRecord,
};
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
        Ok(SuggestionRecord {
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
        })
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

/// Puts a suggestion on record; one that is there already stays as it is.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    record: &SuggestionRecord,
) -> StoreResult<()> {
    let inserted = sqlx::query(
        "INSERT INTO suggestions
             (shop, id, at, conversation, answers_message, question, consumer, order_ref,
              product, channel, agent, abstention)
         VALUES (?1, unhex(?2, '-'), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (shop, id) DO NOTHING",
    )
    .bind(shop.as_str())
    .bind(record.id.to_string())
    .bind(record.at.as_millisecond())
    .bind(record.conversation.as_str())
    .bind(record.answers_message.as_ref().map(MessageId::as_str))
    .bind(record.question.as_str())
    .bind(record.consumer.as_ref().map(|consumer| consumer.0.as_str()))
    .bind(record.order.as_ref().map(|order| order.0.as_str()))
    .bind(record.product.as_ref().map(ProductId::as_str))
    .bind(record.channel.as_ref().map(ChannelId::as_str))
    .bind(record.agent.as_ref().map(AgentId::as_str))
    .bind(optional_word("abstention", record.abstention.as_ref())?)
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(());
    }
    for (rank, answer) in (1_u32..).zip(&record.answers) {
        record_answer(&mut *connection, shop, record.id, rank, answer).await?;
    }
    Ok(())
}

async fn record_answer(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    suggestion: SuggestionId,
    rank: u32,
    answer: &RecordedAnswer,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO answers
             (shop, id, suggestion, rank, knowledge, version, form, confidence)
         VALUES (?1, unhex(?2, '-'), unhex(?3, '-'), ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(shop.as_str())
    .bind(answer.id.to_string())
    .bind(suggestion.to_string())
    .bind(rank)
    .bind(answer.knowledge.as_str())
    .bind(answer.version)
    .bind(word("answer form", &answer.form)?)
    .bind(f64::from(answer.confidence))
    .execute(connection)
    .await?;
    Ok(())
}

/// A suggestion on record.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: SuggestionId,
) -> StoreResult<Option<SuggestionWithFeedback>> {
    let row: Option<SuggestionRow> = sqlx::query_as(
        "SELECT at, conversation, answers_message, question, consumer, order_ref,
                product, channel, agent, abstention
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
    .fetch_optional(connection)
    .await?;
    row.map(FeedbackRow::into_state)
        .transpose()?
        .flatten()
        .ok_or(StoreError::NotFound { what: "answer" })
}

fn optional_word<T: Serialize>(
    what: &'static str,
    variant: Option<&T>,
) -> StoreResult<Option<String>> {
    variant.map(|variant| word(what, variant)).transpose()
}
