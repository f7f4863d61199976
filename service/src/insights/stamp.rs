//! What figures were counted from: as long as it is the same, so are they.

use std::sync::{Arc, Weak};

use jiff::Timestamp;

use super::answers::Waiting;
use crate::catalog::{Searchable, Terminology};
use crate::domain::insights::Totals;
use crate::domain::queue::Action;
use crate::domain::shop::Shop;
use crate::domain::suggestion::Pseudonym;
use crate::language::Language;
use crate::listening::Ledger;
use crate::store::{AnswerUse, SuggestionTotals};

/// What figures were counted from.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// How far the ledger had come.
    pub revision: u64,
    /// How far it had come when clusters last changed.
    pub arrangement: u64,
    /// The policy's version.
    pub policy: u32,
    /// Where the stretch of days ends that was counted.
    pub until: Timestamp,
    /// What the store counts itself.
    pub inputs: Inputs,
    /// What things were called.
    pub names: Names,
}

/// What figures are made of besides the ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Inputs {
    /// What became of suggestions, in the period and in the one before.
    pub suggestions: [SuggestionTotals; 2],
    /// How answers were taken.
    pub uses: Arc<Vec<AnswerUse>>,
    /// What people did about questions.
    pub actions: Vec<Action>,
    /// What waits for approval.
    pub waiting: Waiting,
    /// How far knowledge had come, where its titles are shown.
    pub knowledge: u64,
    /// The consumers of a tag.
    pub tagged: Vec<Pseudonym>,
    /// What the kept report of the period before says, with its revision.
    pub previous: Option<(u32, Totals)>,
}

/// What things are called, by who says so: as long as these are the same, so
/// are the names.
#[derive(Debug, Clone)]
pub(super) struct Names {
    shop: Weak<Shop>,
    terminology: Weak<Terminology>,
    language: Weak<Language>,
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.shop, &other.shop)
            && Weak::ptr_eq(&self.terminology, &other.terminology)
            && Weak::ptr_eq(&self.language, &other.language)
    }
}

impl Stamp {
    /// Of figures counted from `ledger`, by a policy's version, up to `until`.
    pub fn new(
        ledger: &Ledger,
        searchable: &Searchable,
        (policy, until): (u32, Timestamp),
        inputs: Inputs,
    ) -> Self {
        Self {
            revision: ledger.revision,
            arrangement: ledger.arrangement,
            policy,
            until,
            inputs,
            names: Names {
                shop: Arc::downgrade(&searchable.shop),
                terminology: Arc::downgrade(&searchable.terminology),
                language: Arc::downgrade(&searchable.language),
            },
        }
    }

    /// Of what is made of knowledge alone, at one of its changes.
    pub fn of_knowledge(revision: u64) -> Self {
        Self {
            revision,
            arrangement: revision,
            policy: 0,
            until: Timestamp::UNIX_EPOCH,
            inputs: Inputs::default(),
            names: Names {
                shop: Weak::new(),
                terminology: Weak::new(),
                language: Weak::new(),
            },
        }
    }

    /// Whether all that the other was counted from is in this.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_arranged_as(other)
            && self.revision >= other.revision
            && self.until >= other.until
            && self.inputs == other.inputs
    }

    /// Whether people have changed nothing between the two.
    pub fn is_arranged_as(&self, other: &Self) -> bool {
        self.arrangement >= other.arrangement
            && self.policy >= other.policy
            && self.inputs.actions == other.inputs.actions
            && self.inputs.waiting == other.inputs.waiting
            && self.inputs.tagged == other.inputs.tagged
            && self.inputs.previous == other.inputs.previous
            && self.names == other.names
    }
}
