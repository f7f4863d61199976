//! What agents said of answers to a question, for when it is asked again.
//!
//! Kept by (question, item), never as one weight of an item: an answer that is
//! wrong for one question may be right for another.

use std::collections::HashMap;

use zhiwen_models::text::{Normalized, visit_terms};

use crate::domain::language::Verdict;

/// Verdicts that are needed before half of the evidence counts.
const DOUBT: f32 = 2.0;

/// Verdicts by the question's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedbackMemory {
    by_question: HashMap<Vec<String>, HashMap<String, Tally>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tally {
    right: f32,
    wrong: f32,
}

impl FeedbackMemory {
    /// What `verdicts` say.
    pub fn of(verdicts: &[Verdict]) -> Self {
        let mut memory = Self::default();
        for verdict in verdicts {
            let key = key(&Normalized::new(verdict.question.as_str()));
            if key.is_empty() {
                continue;
            }
            let items = memory.by_question.entry(key).or_default();
            let tally = items.entry(verdict.knowledge.to_string()).or_default();
            if verdict.is_right {
                tally.right += 1.0;
            } else {
                tally.wrong += 1.0;
            }
        }
        memory
    }

    /// Items by id with the evidence for each as an answer to `question`, from
    /// −1 to 1: (right − wrong) / (right + wrong + 2).
    pub fn evidence(&self, question: &Normalized) -> Vec<(String, f32)> {
        if self.by_question.is_empty() {
            return Vec::new();
        }
        let items = self.by_question.get(&key(question));
        let items = items.into_iter().flatten();
        items
            .map(|(item, tally)| {
                let all = tally.right + tally.wrong + DOUBT;
                (item.clone(), (tally.right - tally.wrong) / all)
            })
            .collect()
    }
}

/// The question's terms, sorted: the same whatever their order, and however
/// everyday paraphrases and particles are put.
fn key(question: &Normalized) -> Vec<String> {
    let mut terms = Vec::new();
    visit_terms(question, |term, _| terms.push(term.to_owned()));
    terms.sort_unstable();
    terms.dedup();
    terms
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::mask;

    use super::*;
    use crate::domain::ids::KnowledgeId;

    #[test]
    fn a_verdict_counts_for_its_question_and_its_item_alone() {
        let verdict = |question: &str, item: &str, is_right| Verdict {
            question: mask(question),
            knowledge: KnowledgeId::parse(item).expect("valid"),
            is_right,
        };
        let memory = FeedbackMemory::of(&[
            verdict("发票什么时候开", "a", false),
            verdict("发票什么时候开", "b", true),
            verdict("发票什么时候开呢", "b", true),
            verdict("？？", "b", true),
        ]);
        let mut found = memory.evidence(&Normalized::new("發票什麼時候開？"));
        found.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(found[0].0, "a");
        assert!((found[0].1 + 1.0 / 3.0).abs() < 1e-6);
        assert!((found[1].1 - 0.5).abs() < 1e-6);
        assert!(memory.evidence(&Normalized::new("怎么退货")).is_empty());
        assert!(memory.evidence(&Normalized::new("？？")).is_empty());
    }
}
