//! Answers that agents gave, and what became of them.

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::{FromRow, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::changes;
use super::rows::{from_json, from_word, made_id, optional_id, optional_time, time, to_json, word};
use crate::domain::ids::{CandidateId, ClusterId, KnowledgeId, ShopId};
use crate::domain::listening::Outcome;
use crate::domain::queue::{Candidate, CandidateState, Evidence};
use crate::store::{Approval, Decision, NewVersion, StoreError, StoreResult};

#[derive(FromRow)]
struct CandidateRow {
    id: Vec<u8>,
    cluster: Vec<u8>,
    key: i64,
    text: String,
    evidence: String,
    agents: u32,
    buyers: u32,
    replies: u32,
    accepted: u32,
    score: f64,
    state: String,
    knowledge: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    found_at: i64,
}

impl CandidateRow {
    fn into_candidate(self) -> StoreResult<Candidate> {
        Ok(Candidate {
            id: made_id("candidate id", &self.id, CandidateId::parse)?,
            cluster: made_id("cluster id", &self.cluster, ClusterId::parse)?,
            key: self.key.cast_unsigned(),
            text: Masked::from_stored(self.text),
            evidence: from_json::<Vec<EvidenceRow>>("evidence", &self.evidence)?
                .into_iter()
                .map(EvidenceRow::into_evidence)
                .collect(),
            agents: self.agents,
            buyers: self.buyers,
            replies: self.replies,
            accepted: self.accepted,
            score: self.score,
            state: from_word("candidate state", self.state)?,
            knowledge: optional_id("knowledge id", self.knowledge, KnowledgeId::parse)?,
            decided_by: self.decided_by,
            decided_at: optional_time(self.decided_at)?,
            found_at: time(self.found_at)?,
        })
    }
}

/// Evidence as it is read back: only what a store holds becomes masked text
/// without being masked again.
#[derive(Deserialize)]
struct EvidenceRow {
    question: String,
    reply: String,
    at: Timestamp,
    agent: Option<String>,
    outcome: Outcome,
}

impl EvidenceRow {
    fn into_evidence(self) -> Evidence {
        Evidence {
            question: Masked::from_stored(self.question),
            reply: Masked::from_stored(self.reply),
            at: self.at,
            agent: self.agent,
            outcome: self.outcome,
        }
    }
}

/// What evidence asks, where nothing else of it is wanted.
#[derive(Deserialize)]
struct AskedRow {
    question: String,
}

const COLUMNS: &str = "id, cluster, key, text, evidence, agents, buyers, replies, accepted, score,
    state, knowledge, decided_by, decided_at, found_at";

/// Takes mined answers in; those that were decided on stay as they are.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    candidates: &[Candidate],
) -> StoreResult<()> {
    for candidate in candidates {
        sqlx::query(
            "INSERT INTO candidates (shop, id, cluster, key, text, evidence, agents, buyers,
                 replies, accepted, score, state, found_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (shop, key) DO UPDATE SET text = excluded.text,
                 evidence = excluded.evidence, agents = excluded.agents,
                 buyers = excluded.buyers, replies = excluded.replies,
                 accepted = excluded.accepted, score = excluded.score
             WHERE state = 'open'",
        )
        .bind(shop.as_str())
        .bind(candidate.id.as_bytes())
        .bind(candidate.cluster.as_bytes())
        .bind(candidate.key.cast_signed())
        .bind(candidate.text.as_str())
        .bind(to_json("evidence", &candidate.evidence)?)
        .bind(candidate.agents)
        .bind(candidate.buyers)
        .bind(candidate.replies)
        .bind(candidate.accepted)
        .bind(candidate.score)
        .bind(word("candidate state", &candidate.state)?)
        .bind(candidate.found_at.as_millisecond())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Mined answers of a state, best first.
pub(super) async fn of_state(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    state: CandidateState,
    limit: u32,
) -> StoreResult<Vec<Candidate>> {
    let select = format!(
        "SELECT {COLUMNS} FROM candidates WHERE shop = ?1 AND state = ?2
         ORDER BY score DESC, id LIMIT ?3"
    );
    let rows: Vec<CandidateRow> = sqlx::query_as(sqlx::AssertSqlSafe(select))
        .bind(shop.as_str())
        .bind(word("candidate state", &state)?)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(CandidateRow::into_candidate).collect()
}

/// Open mined answers to one question, best first.
pub(super) async fn open_of(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    cluster: ClusterId,
) -> StoreResult<Vec<Candidate>> {
    let select = format!(
        "SELECT {COLUMNS} FROM candidates
         WHERE shop = ?1 AND state = 'open' AND cluster = ?2 ORDER BY score DESC, id"
    );
    let rows: Vec<CandidateRow> = sqlx::query_as(sqlx::AssertSqlSafe(select))
        .bind(shop.as_str())
        .bind(cluster.as_bytes())
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(CandidateRow::into_candidate).collect()
}

/// Of each open mined answer the recurring question, and what its evidence asks.
pub(super) async fn open_questions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<(ClusterId, Vec<Masked>)>> {
    let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(
        "SELECT cluster, evidence FROM candidates WHERE shop = ?1 AND state = 'open'",
    )
    .bind(shop.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(id, evidence)| {
            let cluster = made_id("cluster id", &id, ClusterId::parse)?;
            let asked = from_json::<Vec<AskedRow>>("evidence", &evidence)?;
            let asked = asked
                .into_iter()
                .map(|row| Masked::from_stored(row.question));
            Ok((cluster, asked.collect()))
        })
        .collect()
}

/// Removes mined answers on which nobody has decided.
pub(super) async fn remove_open(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    ids: &[CandidateId],
) -> StoreResult<()> {
    for id in ids {
        sqlx::query("DELETE FROM candidates WHERE shop = ?1 AND id = ?2 AND state = 'open'")
            .bind(shop.as_str())
            .bind(id.as_bytes())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// A mined answer.
pub(super) async fn by_id(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: CandidateId,
) -> StoreResult<Option<Candidate>> {
    let select = format!("SELECT {COLUMNS} FROM candidates WHERE shop = ?1 AND id = ?2");
    let row: Option<CandidateRow> = sqlx::query_as(sqlx::AssertSqlSafe(select))
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .fetch_optional(connection)
        .await?;
    row.map(CandidateRow::into_candidate).transpose()
}

/// Makes a mined answer an item, unless it is one already.
pub(super) async fn approve(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: CandidateId,
    new: &NewVersion,
) -> StoreResult<Approval> {
    let candidate = by_id(&mut *connection, shop, id).await?;
    let candidate = candidate.ok_or(StoreError::NotFound { what: "candidate" })?;
    if let Some(knowledge) = candidate.knowledge {
        return Ok(Approval::Before(knowledge));
    }
    let item = changes::create(&mut *connection, shop, new).await?;
    let decision = Decision {
        by: &new.by,
        at: new.at,
    };
    decide(connection, shop, id, CandidateState::Approved, decision).await?;
    sqlx::query("UPDATE candidates SET knowledge = ?3 WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .bind(item.id.as_str())
        .execute(connection)
        .await?;
    Ok(Approval::Now(Box::new(item)))
}

/// Says no to a mined answer that is no item.
pub(super) async fn dismiss(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: CandidateId,
    decision: Decision<'_>,
) -> StoreResult<()> {
    let candidate = by_id(&mut *connection, shop, id).await?;
    let candidate = candidate.ok_or(StoreError::NotFound { what: "candidate" })?;
    if candidate.state == CandidateState::Open {
        decide(connection, shop, id, CandidateState::Dismissed, decision).await?;
    }
    Ok(())
}

/// Puts a mined answer that was dismissed back, as if nobody had decided; one
/// that is an item stays one.
pub(super) async fn reopen(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: CandidateId,
) -> StoreResult<()> {
    let candidate = by_id(&mut *connection, shop, id).await?;
    let candidate = candidate.ok_or(StoreError::NotFound { what: "candidate" })?;
    if candidate.state == CandidateState::Dismissed {
        sqlx::query(
            "UPDATE candidates SET state = ?3, decided_by = NULL, decided_at = NULL
             WHERE shop = ?1 AND id = ?2",
        )
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .bind(word("candidate state", &CandidateState::Open)?)
        .execute(connection)
        .await?;
    }
    Ok(())
}

async fn decide(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: CandidateId,
    state: CandidateState,
    decision: Decision<'_>,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE candidates SET state = ?3, decided_by = ?4, decided_at = ?5
         WHERE shop = ?1 AND id = ?2",
    )
    .bind(shop.as_str())
    .bind(id.as_bytes())
    .bind(word("candidate state", &state)?)
    .bind(decision.by)
    .bind(decision.at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}
