//! What recurring questions are called where others than supervisors read: a
//! sentence that one buyer alone wrote is a quotation of that buyer.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::answers::Answers;
use super::labels::Labels;
use crate::answering::wording as key;
use crate::domain::ids::ClusterId;
use crate::domain::listening::{Cluster, WordingKey};
use crate::listening::{Ledger, Name, without_end_marks};

/// What clusters without a name are called, of those that have words to be shown.
#[derive(Debug, Default)]
pub struct Quotable(HashMap<ClusterId, String>);

/// How a wording was asked.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked {
    /// How often.
    pub questions: u32,
    /// Whether by more than one buyer.
    pub is_by_several: bool,
    first: Option<Name>,
}

impl Quotable {
    /// Of a ledger, in one pass over its questions: a cluster's label where
    /// several buyers wrote it, else what several wrote most, else the title
    /// of the item that answers it, unless that is one buyer's sentence: an item
    /// may have been made of it as it was.
    pub fn of(ledger: &Ledger, answers: &Answers) -> Self {
        let mut titles: HashMap<ClusterId, String> = ledger
            .clusters()
            .filter_map(|cluster| Some((cluster.id, answers.title(cluster)?.to_owned())))
            .collect();
        let asked = asked(ledger);
        let of_one_buyer: HashSet<WordingKey> = ledger
            .wordings()
            .iter()
            .zip(&asked)
            .filter_map(|(wording, asked)| (!asked.is_by_several).then_some(wording.key))
            .collect();
        titles.retain(|_, title| key(title).is_none_or(|key| !of_one_buyer.contains(&key)));
        let mut best: HashMap<ClusterId, (bool, u32, Reverse<&str>)> = HashMap::new();
        for (wording, asked) in ledger.wordings().iter().zip(asked) {
            let cluster = wording.cluster.and_then(|id| ledger.cluster(id));
            let Some(cluster) = cluster.filter(|_| asked.is_by_several) else {
                continue;
            };
            let label = cluster.label.as_str();
            let is_label = reads_as(&wording.text, label);
            // The order of wordings differs from start to start; their texts do not.
            let rank = (is_label, asked.questions, Reverse(wording.text.as_ref()));
            if best.get(&cluster.id).is_none_or(|best| rank > *best) {
                best.insert(cluster.id, rank);
                let title = if is_label {
                    label
                } else {
                    without_end_marks(&wording.text)
                };
                titles.insert(cluster.id, title.to_owned());
            }
        }
        Self(titles)
    }

    /// What to call a cluster outside of the supervisor's desk: its name, or
    /// words that are no single buyer's, or the phrases that set it apart;
    /// `None` where there are none.
    pub fn words(&self, cluster: &Cluster) -> Option<String> {
        let own = cluster.name.as_ref().or_else(|| self.0.get(&cluster.id));
        let phrases = || {
            let phrases = &cluster.key_phrases;
            (!phrases.is_empty()).then(|| phrases.join(" · "))
        };
        own.cloned().or_else(phrases)
    }

    /// The same, with what the shop's language has for a cluster without words.
    pub fn title(&self, cluster: &Cluster, labels: &Labels<'_>) -> String {
        self.words(cluster)
            .unwrap_or_else(|| labels.unnamed().to_owned())
    }
}

/// How each wording was asked, by place.
pub(super) fn asked(ledger: &Ledger) -> Vec<Asked> {
    let mut asked = vec![Asked::default(); ledger.wordings().len()];
    for fact in ledger.all() {
        if let Some(asked) = asked.get_mut(fact.wording as usize) {
            asked.questions += 1;
            asked.is_by_several |= *asked.first.get_or_insert(fact.buyer) != fact.buyer;
        }
    }
    asked
}

/// Whether a wording is a title, but for the marks at its end.
pub(super) fn reads_as(wording: &str, title: &str) -> bool {
    let rest = wording.strip_prefix(title);
    !title.is_empty() && rest.is_some_and(|rest| !rest.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::Masked;

    use super::super::samples::{Asked, changes};
    use super::*;
    use crate::domain::listening::AnsweredBy;
    use crate::store::ListeningChanges;

    /// A question that one buyer asked in the words of its label, and two in others.
    fn asked(others: u32) -> ListeningChanges {
        let question = |cluster, buyers| Asked {
            cluster,
            days_ago: 3,
            buyers,
        };
        let mut changes = changes(&[question("一号说法", 1), question("二号说法？", others)]);
        let cluster = changes.clusters[0].id;
        changes.clusters.truncate(1);
        changes.clusters[0].key_phrases = vec!["密封圈".to_owned(), "硅胶".to_owned()];
        for wording in &mut changes.wordings {
            wording.cluster = Some(cluster);
        }
        changes
    }

    fn check(changes: ListeningChanges, expected: &str) {
        let mut ledger = Ledger::default();
        ledger.apply(changes);
        let answers = Answers::titled("k", "密封圈坏了怎么买");
        let quotable = Quotable::of(&ledger, &answers);
        let words: Vec<Option<String>> = ledger
            .clusters()
            .map(|cluster| quotable.words(cluster))
            .collect();
        assert_eq!(words, [Some(expected.to_owned())]);
    }

    #[test]
    fn of_words_written_as_often_the_lesser_are_taken() {
        for is_turned in [false, true] {
            let [own, other] = [("一号说法", 1), ("二号说法", 2)].map(|(cluster, buyers)| Asked {
                cluster,
                days_ago: 3,
                buyers,
            });
            let lesser = Asked {
                cluster: "三号说法",
                ..other
            };
            let mut changes = changes(&[own, other, lesser]);
            let cluster = changes.clusters[0].id;
            changes.clusters.truncate(1);
            for wording in &mut changes.wordings {
                wording.cluster = Some(cluster);
            }
            if is_turned {
                changes.wordings.reverse();
            }
            check(changes, "三号说法");
        }
    }

    #[test]
    fn a_question_is_called_by_the_best_words_that_are_no_single_buyers() {
        check(asked(1), "密封圈 · 硅胶");
        check(asked(2), "二号说法");
        let mut answered = asked(1);
        answered.clusters[0].answered_by = Some(AnsweredBy {
            knowledge: "k".to_owned(),
            confidence: 0.9,
        });
        check(answered.clone(), "密封圈坏了怎么买");
        // Approved as it was drafted: the title is what one buyer wrote.
        answered.wordings[0].text = Masked::from_stored("密封圈坏了，怎么买？".to_owned());
        answered.wordings[0].key = key("密封圈坏了，怎么买？").expect("it has words");
        answered.questions[0].wording = answered.wordings[0].key;
        check(answered, "密封圈 · 硅胶");
        let mut named = asked(2);
        named.clusters[0].name = Some("配件".to_owned());
        check(named, "配件");
    }
}
