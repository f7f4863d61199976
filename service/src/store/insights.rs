//! What the use cases ask of storage about queues, reports, feeds and tags.

use async_trait::async_trait;
use jiff::Timestamp;
use zhiwen_models::privacy::Masked;

use super::{NewVersion, StoreResult};
use crate::domain::ids::{ActionId, CandidateId, ClusterId, KnowledgeId, ShopId};
use crate::domain::insights::FeedEntry;
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::listening::WordingKey;
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::{Action, ActionChange, Candidate, CandidateState, Dismissal, Tag};
use crate::domain::suggestion::Pseudonym;
use crate::domain::week::Week;

/// A stretch of time: from the first moment up to, but not at, the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// What became of the suggestions of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SuggestionTotals {
    /// Suggestions that something was asked for.
    pub suggestions: u32,
    /// Those that gave no answer.
    pub abstained: u32,
    /// Answers that agents saw.
    pub displayed: u32,
    /// Answers that agents used.
    pub used: u32,
}

/// How agents took an item as the answer to a wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerUse {
    /// What was asked.
    pub wording: WordingKey,
    /// The item that was suggested.
    pub knowledge: KnowledgeId,
    /// How often it was seen.
    pub displayed: u32,
    /// How often it was used.
    pub used: u32,
}

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReport {
    /// From 1.
    pub revision: u32,
    /// Of the questions that it was counted from.
    pub fingerprint: u64,
    /// The report, as JSON.
    pub body: String,
    /// When it was made.
    pub at: Timestamp,
}

/// What came of approving an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Approval {
    /// The item was made now.
    Now(Box<KnowledgeItem>),
    /// It was made before, by this id.
    Before(KnowledgeId),
}

/// Who decides, and when.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// Who.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Storage of insights. Errors are as of [`super::Store`].
#[async_trait]
pub trait InsightStore {
    /// The policy that stands, with its version; the first, version 0, is the default.
    async fn policy(&self, shop: &ShopId) -> StoreResult<(u32, ListeningPolicy)>;
    /// Keeps a policy as the next version, unless it says the same; gives the
    /// version. Every thread is to be read again, so that no figure is made by two.
    async fn put_policy(
        &self,
        shop: &ShopId,
        policy: &ListeningPolicy,
        decision: Decision<'_>,
    ) -> StoreResult<u32>;

    /// Takes mined answers in: one found before is counted anew while it is open.
    async fn put_candidates(&self, shop: &ShopId, candidates: &[Candidate]) -> StoreResult<()>;
    /// Mined answers of a state, best first, at most `limit`.
    async fn candidates(
        &self,
        shop: &ShopId,
        state: CandidateState,
        limit: u32,
    ) -> StoreResult<Vec<Candidate>>;
    /// Open mined answers to one question, best first.
    async fn open_candidates_of(
        &self,
        shop: &ShopId,
        cluster: ClusterId,
    ) -> StoreResult<Vec<Candidate>>;
    /// Of each open mined answer the recurring question, and the questions that
    /// it is evidence of being given to, in any order.
    async fn open_candidate_questions(
        &self,
        shop: &ShopId,
    ) -> StoreResult<Vec<(ClusterId, Vec<Masked>)>>;
    /// Removes those mined answers on which nobody has decided.
    async fn remove_open_candidates(&self, shop: &ShopId, ids: &[CandidateId]) -> StoreResult<()>;
    /// A mined answer.
    async fn candidate(&self, shop: &ShopId, id: CandidateId) -> StoreResult<Option<Candidate>>;
    /// Makes a mined answer an item, with the action that it is; once.
    /// [`super::StoreError::NotFound`] when there is none of that id,
    /// [`super::StoreError::Exists`] when there is an item of that id.
    async fn approve_candidate(
        &self,
        shop: &ShopId,
        id: CandidateId,
        new: &NewVersion,
        action: &Action,
    ) -> StoreResult<Approval>;
    /// Makes an item that somebody wrote because of a question, with the action that it is.
    /// [`super::StoreError::Exists`] when there is an item of that id.
    async fn answer_cluster(
        &self,
        shop: &ShopId,
        new: &NewVersion,
        action: &Action,
    ) -> StoreResult<KnowledgeItem>;
    /// Says no to a mined answer; one that became an item stays one.
    async fn dismiss_candidate(
        &self,
        shop: &ShopId,
        id: CandidateId,
        decision: Decision<'_>,
    ) -> StoreResult<()>;

    /// Puts a mined answer that was dismissed back; one that became an item stays one.
    /// [`super::StoreError::NotFound`] when there is none of that id.
    async fn reopen_candidate(&self, shop: &ShopId, id: CandidateId) -> StoreResult<()>;

    /// Keeps that a finding is none; what was said of the same finding before goes.
    async fn dismiss_finding(&self, shop: &ShopId, dismissal: &Dismissal) -> StoreResult<()>;
    /// Takes that back, and gives what had been said.
    /// [`super::StoreError::NotFound`] when nothing had.
    async fn restore_finding(&self, shop: &ShopId, finding: &str) -> StoreResult<Dismissal>;
    /// Every finding that somebody said is none, latest first.
    async fn dismissals(&self, shop: &ShopId) -> StoreResult<Vec<Dismissal>>;

    /// Keeps an action.
    async fn add_action(&self, shop: &ShopId, action: &Action) -> StoreResult<()>;
    /// Puts an action right, and gives it as it is then. Who recorded it, and when,
    /// stays. [`super::StoreError::NotFound`] when there is none of that id.
    async fn change_action(
        &self,
        shop: &ShopId,
        id: ActionId,
        change: &ActionChange,
    ) -> StoreResult<Action>;
    /// Removes an action. [`super::StoreError::NotFound`] when there is none of that id.
    async fn delete_action(&self, shop: &ShopId, id: ActionId) -> StoreResult<()>;
    /// Actions that took effect in a period, newest first.
    async fn actions(&self, shop: &ShopId, period: Period) -> StoreResult<Vec<Action>>;

    /// A week's report: the latest revision, or the one asked for.
    async fn weekly_report(
        &self,
        shop: &ShopId,
        week: Week,
        revision: Option<u32>,
    ) -> StoreResult<Option<KeptReport>>;
    /// Keeps a report; one of that week and revision stays as it is.
    async fn keep_report(&self, shop: &ShopId, week: Week, report: &KeptReport) -> StoreResult<()>;

    /// Keeps entries of a feed: one of that id with another body is changed now.
    async fn put_feed_entries(
        &self,
        shop: &ShopId,
        feed: &str,
        entries: &[FeedEntry],
    ) -> StoreResult<()>;
    /// Entries of a feed, last changed first, at most `limit`.
    async fn feed_entries(
        &self,
        shop: &ShopId,
        feed: &str,
        limit: u32,
    ) -> StoreResult<Vec<FeedEntry>>;

    /// Replaces what the shop says of a consumer.
    async fn put_tags(
        &self,
        shop: &ShopId,
        consumer: &Pseudonym,
        tags: &[Tag],
        at: Timestamp,
    ) -> StoreResult<()>;
    /// What the shop says of a consumer, by tag.
    async fn tags(&self, shop: &ShopId, consumer: &Pseudonym) -> StoreResult<Vec<Tag>>;
    /// The consumers of a tag.
    async fn tagged(&self, shop: &ShopId, tag: &str) -> StoreResult<Vec<Pseudonym>>;

    /// What became of the suggestions of a period.
    async fn suggestion_totals(
        &self,
        shop: &ShopId,
        period: Period,
    ) -> StoreResult<SuggestionTotals>;
    /// How agents took answers suggested in a period, by wording and item.
    async fn answer_uses(&self, shop: &ShopId, period: Period) -> StoreResult<Vec<AnswerUse>>;
}
