//! The entries of the supervisor's two queues as cards: the question, the item
//! to be made of it, and what speaks for it.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::language::Language;
use super::lists::{Tab, minute, tabs};
use super::queue_form::ItemForm;
use super::queue_place::{APPROVE, WRITE};
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::listening::{Cluster, Outcome};
use crate::domain::queue::{ActionKind, Candidate, Evidence};
use crate::domain::time::plus_seconds;
use crate::error::ApiError;
use crate::insights::clusters::ClusterView;
use crate::insights::labels::Labels;
use crate::insights::queues::{Gap, Proposal};
use crate::insights::report::Desk;
use crate::store::Period;

/// Which questions an answer is for is told anew within this long.
const TOLD_ANEW_SECONDS: i64 = 600;

/// The question of a card.
pub struct Question {
    /// Its id.
    pub id: String,
    /// How it reads.
    pub title: String,
    /// Words that set it apart.
    pub key_phrases: Vec<String>,
    /// Distinct buyers of eight weeks.
    pub buyers: u32,
    /// Distinct buyers of the last seven days.
    pub buyers_of_week: u32,
    /// Whether an answer was given to it just now, and it is being told
    /// whether that one is found.
    pub is_answered_just_now: bool,
    /// Whether it left the queue while its card was filled in; there are no
    /// figures of it then.
    pub has_left: bool,
}

/// An answer to approve.
pub struct ProposalCard {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: Question,
    /// The item that approval makes.
    pub form: ItemForm,
    /// Distinct agents who said so; 0 where that is not known.
    pub agents: u32,
    /// Distinct buyers to whom it was said.
    pub buyers: u32,
    /// How often it was said.
    pub replies: u32,
    /// How often the buyer took it.
    pub accepted: u32,
    /// Where it was said, newest first.
    pub evidence: Vec<Said>,
}

/// A question and what an agent wrote after it.
pub struct Said {
    /// What was asked, masked.
    pub question: String,
    /// What was replied, masked.
    pub reply: String,
    /// When, in the shop's time zone.
    pub at: String,
    /// The agent; empty where that is not known.
    pub agent: String,
    /// How the buyer took it.
    pub outcome: &'static str,
    /// The look of that.
    pub outcome_class: &'static str,
}

/// A question to write an answer to.
pub struct GapCard {
    /// The question.
    pub question: Question,
    /// The item to write.
    pub form: ItemForm,
    /// How buyers put it.
    pub words: Vec<String>,
}

/// What cards are made with.
pub struct Maker<'a> {
    /// Names of things in the page's language.
    pub labels: Labels<'a>,
    /// The page's language.
    pub language: Language,
    /// The shop's time zone.
    pub zone: TimeZone,
    /// Questions that were answered just now.
    pub answered: HashSet<ClusterId>,
}

impl Maker<'_> {
    /// The card of an answer to approve.
    pub fn proposal(&self, proposal: &Proposal) -> ProposalCard {
        let candidate = &proposal.candidate;
        let id = candidate.id.to_string();
        let form = ItemForm::of_draft(&id, &proposal.draft, self.labels);
        self.of_answer(candidate, self.question(&proposal.view), form)
    }

    /// The card of an answer that has left the queue, as it was filled in.
    pub fn left_proposal(
        &self,
        candidate: &Candidate,
        cluster: &Cluster,
        form: ItemForm,
    ) -> ProposalCard {
        self.of_answer(candidate, left(cluster), form)
    }

    fn of_answer(&self, candidate: &Candidate, question: Question, form: ItemForm) -> ProposalCard {
        ProposalCard {
            id: candidate.id.to_string(),
            question,
            form,
            agents: candidate.agents,
            buyers: candidate.buyers,
            replies: candidate.replies,
            accepted: candidate.accepted,
            evidence: candidate
                .evidence
                .iter()
                .map(|said| self.said(said))
                .collect(),
        }
    }

    /// The card of a question to write an answer to.
    pub fn gap(&self, gap: &Gap) -> GapCard {
        let question = self.question(&gap.view);
        GapCard {
            form: ItemForm::of_draft(&question.id, &gap.draft, self.labels),
            words: gap.words.clone(),
            question,
        }
    }

    fn question(&self, view: &ClusterView) -> Question {
        let cluster = &view.cluster;
        Question {
            id: cluster.id.to_string(),
            title: cluster.title().to_owned(),
            key_phrases: cluster.key_phrases.clone(),
            buyers: view.buyers_of_eight_weeks,
            buyers_of_week: view.line.buyers.at_least(),
            is_answered_just_now: self.answered.contains(&cluster.id),
            has_left: false,
        }
    }

    fn said(&self, said: &Evidence) -> Said {
        let (outcome, outcome_class) = match said.outcome {
            Outcome::Accepted => (self.language.say("买家认可", "Accepted"), "good"),
            Outcome::AskedAgain => (self.language.say("又追问了", "Asked again"), "caution"),
            Outcome::Open => (self.language.say("买家没再说话", "No further message"), ""),
            Outcome::Unanswered => (self.language.say("没有回复", "No reply"), ""),
        };
        Said {
            question: said.question.as_str().to_owned(),
            reply: said.reply.as_str().to_owned(),
            at: minute(said.at, &self.zone),
            agent: said.agent.clone().unwrap_or_default(),
            outcome,
            outcome_class,
        }
    }
}

/// The card of a question that has left the queue, as it was filled in.
pub fn left_gap(cluster: &Cluster, form: ItemForm) -> GapCard {
    GapCard {
        words: form.phrasings.lines().map(ToOwned::to_owned).collect(),
        question: left(cluster),
        form,
    }
}

/// A question that has left the queue.
fn left(cluster: &Cluster) -> Question {
    Question {
        id: cluster.id.to_string(),
        title: cluster.title().to_owned(),
        key_phrases: cluster.key_phrases.clone(),
        buyers: 0,
        buyers_of_week: 0,
        is_answered_just_now: false,
        has_left: true,
    }
}

/// Questions to which knowledge was given in the last minutes: whether search
/// finds it for them is told by a job that may not have run.
///
/// # Errors
/// When the store fails.
pub async fn answered_just_now(
    desk: Desk<'_>,
    shop: &ShopId,
) -> Result<HashSet<ClusterId>, ApiError> {
    let period = Period {
        from: plus_seconds(desk.now, -TOLD_ANEW_SECONDS),
        until: plus_seconds(desk.now, 1),
    };
    let actions = desk.store.actions(shop, period).await?;
    let given = actions
        .iter()
        .filter(|action| action.kind == ActionKind::Knowledge);
    Ok(given.map(|action| action.cluster).collect())
}

/// The tabs of the room; `here` is the path shown, `waiting` how many wait in
/// the queue to approve and in that to write. Contradictions are counted on
/// their own page alone: looking for them takes seconds in a large shop.
pub fn queue_tabs(language: Language, here: &str, waiting: [usize; 2]) -> Vec<Tab> {
    let mut tabs = tabs(
        &[
            (APPROVE, ["待审核", "To approve"]),
            (WRITE, ["待补写", "To write"]),
            ("/queues/contradictions", ["相互矛盾", "Contradictions"]),
        ],
        here,
        language,
    );
    for (tab, count) in tabs.iter_mut().zip(waiting) {
        tab.count = count.to_string();
    }
    tabs
}
