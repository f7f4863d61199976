//! What the questions of a week say: the weekly report, and what feeds carry of it.
//!
//! Plain data, already masked and already cut to what may be shown: whoever
//! writes it to a file decides nothing any more.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::Locale;
use super::listening::Cluster;
use super::shown::Shown;
use super::week::Week;

/// The FAQ insights of a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WeeklyReport {
    /// The shop's id.
    pub shop: String,
    /// The shop's name.
    pub shop_name: String,
    /// The language of labels made by the service.
    pub locale: Locale,
    /// The week.
    #[schema(value_type = String, example = "2026-W47")]
    pub week: Week,
    /// Its Monday in the shop's time zone.
    #[schema(value_type = String, example = "2026-11-16")]
    pub from: Date,
    /// Its Sunday.
    #[schema(value_type = String, example = "2026-11-22")]
    pub until: Date,
    /// The IANA name of the shop's time zone.
    pub time_zone: String,
    /// Grows by one when late messages changed the week, or somebody asked for it
    /// anew; 0 while the week has not ended, and of one without questions, which
    /// is not kept.
    pub revision: u32,
    /// Why this revision was made; absent where none is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Whether the week is over; a running week is counted so far and not kept.
    pub has_ended: bool,
    /// When it was made.
    #[schema(value_type = String)]
    pub made_at: Timestamp,
    /// What the figures were made by.
    pub policy: PolicyNote,
    /// This week's totals.
    pub totals: Totals,
    /// The totals of the week before: those of its kept report, where that still
    /// holds, else counted with the recurring questions of this one.
    pub previous: Totals,
    /// The revision that these are of; absent where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_revision: Option<u32>,
    /// What is to be known of `totals.covered`, before it is read as a failure;
    /// absent where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_note: Option<CoverageNote>,
    /// Questions a day, Monday first.
    pub by_day: Vec<u32>,
    /// Questions by who owns the answer, most asked first. Here and below, the
    /// last part may be the rest (`rest`): the groups that are too small to be shown.
    pub by_domain: Vec<Share>,
    /// Questions by intent, most asked first.
    pub by_intent: Vec<Share>,
    /// Questions by product, most asked first.
    pub by_product: Vec<Share>,
    /// Questions by channel, most asked first.
    pub by_channel: Vec<Share>,
    /// The recurring questions by buyers, most first.
    pub top: Vec<QuestionLine>,
    /// Asked significantly more than the week before.
    pub rising: Vec<QuestionLine>,
    /// Never asked before this week; none where nothing at all was asked the
    /// week before.
    pub new: Vec<QuestionLine>,
    /// Asked significantly less than the week before.
    pub fading: Vec<QuestionLine>,
    /// Without an approved answer, by buyers, most first.
    pub unanswered: Vec<QuestionLine>,
    /// About the goods before the order: what the detail page could have said.
    pub page_gaps: Vec<QuestionLine>,
    /// About packaging, delivery and what arrived: for the warehouse.
    pub packaging_and_delivery: Vec<QuestionLine>,
    /// About prices and promotions: what confuses.
    pub promotion_confusion: Vec<QuestionLine>,
    /// What was changed in the week before because of a question, and what became of it.
    pub actions: Vec<ActionLine>,
}

/// Why a revision of a week's report was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The week was over, and its report was asked for.
    FirstAsked,
    /// Messages came late or were withdrawn, or the policy cuts the week's
    /// questions otherwise.
    QuestionsChanged,
    /// Somebody asked for one with the recurring questions of then.
    Regrouped,
}

/// What is to be known of a week's coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverageNote {
    /// No item was approved when the week ended, or is yet: none could answer.
    NothingApproved,
}

/// What figures were made by: a number names its policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyNote {
    /// The version of the shop's policy.
    pub version: u32,
    /// Silence that parts sessions where the platform does not, in minutes.
    pub session_gap_minutes: u32,
    /// Messages of a buyer this close together are one question, in seconds.
    pub burst_gap_seconds: u32,
    /// Whether a reply by a robot counts as an answer.
    pub counts_automatic_replies: bool,
    /// Groups of fewer buyers are not quoted, and not shown in profiles.
    pub smallest_group: u32,
    /// The share of false alarms that is allowed among the changes called
    /// rising or fading (Benjamini and Hochberg's false discovery rate).
    pub false_discovery_rate: f64,
}

/// Totals of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Questions asked.
    pub questions: u32,
    /// Distinct buyers who asked; a conversation counts where the buyer is not known.
    pub buyers: u32,
    /// Conversations with a question.
    pub conversations: u32,
    /// Questions that a human agent replied to.
    pub answered: u32,
    /// Questions that belong to a recurring one.
    pub recurring: u32,
    /// Questions of a recurring one that an approved item answers; of a week that
    /// is over, that one did at its end.
    pub covered: u32,
    /// Suggestions made.
    pub suggestions: u32,
    /// Suggestions that abstained from an answer to a question.
    pub abstained: u32,
    /// Answers that agents saw.
    pub displayed: u32,
    /// Answers that agents used.
    pub used: u32,
    /// Median seconds from a question to the first human reply; absent when nobody replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_reply_seconds: Option<u32>,
}

/// A part of the week's questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The stable id: a domain, an intent, a product, a channel; empty of the rest.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Questions of this week.
    pub questions: u32,
    /// Distinct buyers of this week.
    pub buyers: u32,
    /// Questions of the week before; null where a few buyers asked them.
    #[schema(value_type = Option<u32>)]
    pub previous_questions: Shown,
    /// What the rest is of, where the part stands for all that has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// The groups that have no part of their own, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rest {
    /// How many they are.
    pub groups: u32,
    /// Each has fewer buyers than this; absent where larger ones are among them,
    /// beyond those listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<u32>,
}

impl Rest {
    /// What it is called: `其余（每项少于 5 位）`.
    pub fn label(self, locale: Locale) -> String {
        match (locale, self.under) {
            (Locale::Chinese, Some(under)) => format!("其余（每项少于 {under} 位）"),
            (Locale::Chinese, None) => "其余".to_owned(),
            (Locale::English, Some(under)) => format!("Others (under {under} buyers each)"),
            (Locale::English, None) => "Others".to_owned(),
        }
    }
}

/// How a recurring question moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// First asked in this week.
    New,
    /// More buyers than the week before, by more than chance.
    Rising,
    /// No change beyond chance.
    Steady,
    /// Fewer buyers than the week before, by more than chance.
    Fading,
}

/// A recurring question in a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionLine {
    /// The cluster's id, the same from week to week.
    pub cluster: String,
    /// How it reads.
    pub label: String,
    /// Words that set it apart.
    pub key_phrases: Vec<String>,
    /// Its usual intent, by id; absent where it is unclear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The intent as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_label: Option<String>,
    /// Who owns the answer: `product`, `process`, `warehouse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The products it is asked about most, at most five, with buyers.
    pub products: Vec<Count>,
    /// Questions of this week; null where a few buyers asked them.
    #[schema(value_type = Option<u32>)]
    pub questions: Shown,
    /// Distinct buyers of this week; null where these are a few: one or more,
    /// but fewer than the policy's smallest group.
    #[schema(value_type = Option<u32>)]
    pub buyers: Shown,
    /// Distinct buyers of the week before; null where these were a few.
    #[schema(value_type = Option<u32>)]
    pub previous_buyers: Shown,
    /// How it moves; null where nothing at all was asked the week before.
    pub trend: Option<Trend>,
    /// The probability of so large a change of its share by chance (two-sided
    /// exact binomial, given both weeks' totals); absent where it is new, where
    /// there is no trend, and where the buyers of either week are a few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Distinct buyers in each of the last eight weeks, this one last; null
    /// where these were a few.
    #[schema(value_type = Vec<Option<u32>>)]
    pub buyers_by_week: Vec<Shown>,
    /// The share of its questions that a human agent replied to, from 0 to 1; 0
    /// where `buyers` is null.
    pub answered_share: f64,
    /// The share of its displayed suggestions that agents used; absent when none
    /// was displayed, and where `buyers` is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<f64>,
    /// The share of its questions that were urgent, from 0 to 1; 0 where `buyers`
    /// is null.
    pub urgent_share: f64,
    /// The approved item that answers it, by id; of a week that is over the one
    /// that did at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Answers of agents that wait for approval; none where an item answers it.
    #[serde(default)]
    pub proposals: u32,
    /// Buyers' own words, masked; only of groups large enough to be quoted.
    pub words: Vec<String>,
}

/// Where a recurring question stands with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerState {
    /// An approved item answers it.
    Answered,
    /// No item does, and answers of agents wait for approval.
    ToApprove,
    /// No item does, and somebody has to write an answer.
    Missing,
}

/// A name with a count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    /// The stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Distinct buyers.
    pub buyers: u32,
}

/// Something that somebody changed because of a recurring question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionLine {
    /// The action's id.
    pub id: String,
    /// What was changed: `page`, `packaging`, `promotion`, `knowledge`.
    pub kind: String,
    /// In people's words.
    pub note: String,
    /// The day it took effect, in the shop's time zone.
    #[schema(value_type = String, example = "2026-11-12")]
    pub on: Date,
    /// The cluster's id.
    pub cluster: String,
    /// How the question reads.
    pub label: String,
    /// Distinct buyers in the week before that of the change; null where these
    /// were a few.
    #[schema(value_type = Option<u32>)]
    pub buyers_before: Shown,
    /// Distinct buyers in the week reported on, the one after that of the
    /// change; null where these are a few.
    #[schema(value_type = Option<u32>)]
    pub buyers_now: Shown,
}

/// What a feed carries: a claim with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// Stable: the same claim of the same week about the same question.
    pub id: String,
    /// The claim in one sentence.
    pub title: String,
    /// The evidence in a few lines of plain text.
    pub text: String,
    /// Words to sort by: the kind of claim, the domain.
    pub tags: Vec<String>,
    /// When it first appeared.
    pub published_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The figures, for programs.
    pub data: serde_json::Value,
}

impl WeeklyReport {
    /// The report without the counts of groups smaller than its policy shows.
    #[must_use]
    pub fn without_few(mut self) -> Self {
        let smallest_group = self.policy.smallest_group;
        self.change_lines(|line| line.hide_few(smallest_group));
        for shares in [
            &mut self.by_domain,
            &mut self.by_intent,
            &mut self.by_product,
            &mut self.by_channel,
        ] {
            for share in shares {
                share.previous_questions = share.previous_questions.hidden_below(smallest_group);
            }
        }
        for action in &mut self.actions {
            action.buyers_before = action.buyers_before.hidden_below(smallest_group);
            action.buyers_now = action.buyers_now.hidden_below(smallest_group);
        }
        self
    }

    /// Changes every line of every section.
    pub fn change_lines(&mut self, change: impl Fn(&mut QuestionLine)) {
        for lines in [
            &mut self.top,
            &mut self.rising,
            &mut self.new,
            &mut self.fading,
            &mut self.unanswered,
            &mut self.page_gaps,
            &mut self.packaging_and_delivery,
            &mut self.promotion_confusion,
        ] {
            lines.iter_mut().for_each(&change);
        }
    }
}

impl QuestionLine {
    /// Where it stands with its answer: every list, queue and report goes by this.
    pub fn answer_state(&self) -> AnswerState {
        match (&self.answered_by, self.proposals) {
            (Some(_), _) => AnswerState::Answered,
            (None, 0) => AnswerState::Missing,
            (None, _) => AnswerState::ToApprove,
        }
    }

    /// Hides the counts of groups smaller than `smallest_group`, and what they
    /// could be told from: supervisors alone work with every one.
    pub fn hide_few(&mut self, smallest_group: u32) {
        let counts = [
            &mut self.questions,
            &mut self.buyers,
            &mut self.previous_buyers,
        ];
        for count in counts.into_iter().chain(&mut self.buyers_by_week) {
            *count = count.hidden_below(smallest_group);
        }
        let is_few = |count: Shown| count.exactly().is_none();
        if is_few(self.buyers) {
            // A few may ask a lot, and a third of their questions tells of three.
            self.questions = Shown::Under(smallest_group);
            self.answered_share = 0.0;
            self.acceptance = None;
            self.urgent_share = 0.0;
        }
        if is_few(self.buyers) || is_few(self.previous_buyers) {
            // An exact test can be computed back, given the totals.
            self.p_value = None;
        }
    }

    /// A share of its questions as it may be shown: of a few buyers' none is.
    pub fn told(&self, share: f64) -> Option<f64> {
        self.buyers.exactly().map(|_| share)
    }

    /// The line of a question that nobody asked of late.
    pub fn quiet(cluster: &Cluster) -> Self {
        Self {
            cluster: cluster.id.to_string(),
            label: cluster.title().to_owned(),
            key_phrases: cluster.key_phrases.clone(),
            intent: None,
            intent_label: None,
            domain: None,
            products: Vec::new(),
            questions: Shown::Exactly(0),
            buyers: Shown::Exactly(0),
            previous_buyers: Shown::Exactly(0),
            trend: Some(Trend::Steady),
            p_value: None,
            buyers_by_week: vec![Shown::Exactly(0); 8],
            answered_share: 0.0,
            acceptance: None,
            urgent_share: 0.0,
            answered_by: cluster
                .answered_by
                .as_ref()
                .map(|answer| answer.knowledge.clone()),
            proposals: 0,
            words: Vec::new(),
        }
    }
}
