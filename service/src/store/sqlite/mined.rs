//! Replies to questions of clusters, as answers are mined from.

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::rows::{exact_bytes, from_word, made_id, optional_id, time};
use crate::domain::ids::{AgentId, ClusterId, ShopId};
use crate::domain::listening::QuestionId;
use crate::store::{MinedReply, StoreResult};

/// Replies since `since`, oldest first.
pub(super) async fn since(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    since: Timestamp,
    limit: u32,
) -> StoreResult<Vec<MinedReply>> {
    let rows: Vec<MinedRow> = sqlx::query_as(
        "SELECT questions.id, cluster, at, questions.text, reply, reply_agent AS agent,
             coalesce(consumer, thread) AS buyer, outcome
         FROM questions JOIN wordings
             ON wordings.shop = questions.shop AND wordings.key = questions.wording
         WHERE questions.shop = ?1 AND is_gone = 0 AND reply IS NOT NULL AND reply <> ''
             AND cluster IS NOT NULL AND at >= ?2
         ORDER BY at DESC, questions.id LIMIT ?3",
    )
    .bind(shop.as_str())
    .bind(since.as_millisecond())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    // The newest, where there are more than are looked at.
    rows.into_iter().rev().map(MinedRow::into_reply).collect()
}

#[derive(FromRow)]
struct MinedRow {
    id: Vec<u8>,
    cluster: Vec<u8>,
    at: i64,
    text: String,
    reply: String,
    agent: Option<String>,
    buyer: String,
    outcome: String,
}

impl MinedRow {
    fn into_reply(self) -> StoreResult<MinedReply> {
        Ok(MinedReply {
            question: QuestionId(exact_bytes("question id", self.id)?),
            cluster: made_id("cluster id", &self.cluster, ClusterId::parse)?,
            at: time(self.at)?,
            text: Masked::from_stored(self.text),
            reply: Masked::from_stored(self.reply),
            agent: optional_id("agent id", self.agent, AgentId::parse)?,
            buyer: self.buyer,
            outcome: from_word("outcome", self.outcome)?,
        })
    }
}
