//! Ledgers for tests.

use jiff::{Timestamp, ToSpan};
use zhiwen_models::privacy::Masked;

use super::labels::Labels;
use crate::catalog::Terminology;
use crate::domain::fault::Locale;
use crate::domain::ids::ClusterId;
use crate::domain::language::Urgency;
use crate::domain::listening::{Cluster, Outcome, QuestionId, Wording, WordingKey};
use crate::domain::message::Thread;
use crate::domain::suggestion::{Classified, Pseudonym};
use crate::language::ShopIntents;
use crate::listening::Ledger;
use crate::store::{ListeningChanges, QuestionFacts};

/// Now, in these tests: a Thursday.
pub const NOW: &str = "2026-11-19T12:00:00Z";

/// So many buyers asked a cluster's question so many days ago.
pub struct Asked {
    /// The question.
    pub cluster: &'static str,
    /// Days before [`NOW`].
    pub days_ago: i64,
    /// Distinct buyers.
    pub buyers: u32,
}

/// The names of nothing but the taxonomy.
pub fn with_labels<T>(work: impl FnOnce(&Labels<'_>) -> T) -> T {
    let intents = ShopIntents::default();
    let terminology = Terminology::new(&crate::domain::shop::Vocabulary::default());
    work(&Labels {
        locale: Locale::Chinese,
        intents: &intents,
        terminology: &terminology,
    })
}

/// A ledger of questions, each cluster with one wording, which is its label.
pub fn ledger(asked: &[Asked]) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.apply(changes(asked));
    ledger
}

/// What such a ledger is made of.
pub fn changes(asked: &[Asked]) -> ListeningChanges {
    let now: Timestamp = NOW.parse().expect("valid");
    let mut changes = ListeningChanges::default();
    let mut clusters: Vec<&str> = asked.iter().map(|asked| asked.cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    for (key, label) in (1..).zip(&clusters) {
        let id = ClusterId::make();
        changes.clusters.push(Cluster {
            id,
            label: Masked::from_stored((*label).to_owned()),
            name: None,
            key_phrases: Vec::new(),
            is_muted: false,
            is_pinned: false,
            answered_by: None,
            created_at: now,
            retired_at: None,
        });
        changes.wordings.push(Wording {
            key: WordingKey(key),
            text: Masked::from_stored((*label).to_owned()),
            cluster: Some(id),
            is_pinned: false,
        });
    }
    for (place, asked) in asked.iter().enumerate() {
        let key = clusters.iter().position(|label| *label == asked.cluster);
        for buyer in 0..asked.buyers {
            let name = format!("{place}-{buyer}");
            let mut id = [0; 16];
            id[..4].copy_from_slice(&buyer.to_le_bytes());
            id[4] = u8::try_from(place).expect("few");
            changes.questions.push(QuestionFacts {
                id: QuestionId(id),
                is_gone: false,
                thread: Thread::from_stored(name.clone()),
                at: now - (24 * asked.days_ago).hours(),
                wording: WordingKey(1 + key.expect("listed") as u64),
                consumer: Some(Pseudonym(name)),
                channel: None,
                product: None,
                classified: Classified {
                    intent: None,
                    stage: None,
                    urgency: Urgency::Normal,
                },
                replied_at: None,
                agent: None,
                outcome: Outcome::Unanswered,
            });
        }
    }
    changes
}
