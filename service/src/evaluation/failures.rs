//! Questions that were not answered as they should have been, by what went wrong.

use super::retrieve::{Answered, GoldenQuestion};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It was answered, by an item that is not right.
    WrongAnswer,
    /// It was answered, and nothing answers it.
    Unanswerable,
    /// The right item came first, below the threshold.
    BelowThreshold,
    /// It was not answered, and the right item did not come first.
    NotFirst,
}

impl Failure {
    /// Every kind, the worst for an agent first.
    pub const ALL: [Self; 4] = [
        Self::WrongAnswer,
        Self::Unanswerable,
        Self::BelowThreshold,
        Self::NotFirst,
    ];

    /// For a list.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongAnswer => "wrong answer",
            Self::Unanswerable => "answered, nothing answers it",
            Self::BelowThreshold => "right, below the threshold",
            Self::NotFirst => "not answered, right one not first",
        }
    }

    /// What went wrong at `threshold`; `None` where nothing did.
    pub fn of(answered: &Answered, threshold: f32) -> Option<Self> {
        let best = answered.best.as_ref();
        let is_answered = best.is_some_and(|(_, confidence)| *confidence >= threshold);
        match (is_answered, answered.is_answerable, answered.is_right()) {
            (true, true, true) | (false, false, _) => None,
            (true, true, false) => Some(Self::WrongAnswer),
            (true, false, _) => Some(Self::Unanswerable),
            (false, true, true) => Some(Self::BelowThreshold),
            (false, true, false) => Some(Self::NotFirst),
        }
    }
}

/// A failure with its question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failed<'a> {
    /// What went wrong.
    pub failure: Failure,
    /// The question.
    pub question: &'a GoldenQuestion,
    /// What became of it.
    pub answered: &'a Answered,
}

/// All failures at `threshold`, the worst kind first, in the order of the questions.
pub fn failures<'a>(
    questions: &'a [GoldenQuestion],
    answered: &'a [Answered],
    threshold: f32,
) -> Vec<Failed<'a>> {
    let pairs = questions.iter().zip(answered);
    let mut failed: Vec<Failed<'a>> = pairs
        .filter_map(|(question, answered)| {
            Some(Failed {
                failure: Failure::of(answered, threshold)?,
                question,
                answered,
            })
        })
        .collect();
    failed.sort_by_key(|failed| Failure::ALL.iter().position(|kind| *kind == failed.failure));
    failed
}

/// At most so many, of each kind its share: a kind with many leaves room for the others.
pub fn shared_out<'a>(failed: &[Failed<'a>], most: usize) -> Vec<Failed<'a>> {
    let kinds: Vec<&[Failed<'a>]> = failed
        .chunk_by(|left, right| left.failure == right.failure)
        .collect();
    let mut taken = vec![0; kinds.len()];
    let mut left = most.min(failed.len());
    while left > 0 {
        for (taken, kind) in taken.iter_mut().zip(&kinds) {
            if left > 0 && *taken < kind.len() {
                *taken += 1;
                left -= 1;
            }
        }
    }
    let shares = kinds.into_iter().zip(taken);
    shares
        .flat_map(|(kind, taken)| kind.iter().take(taken).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Failure::{NotFirst, Unanswerable, WrongAnswer};
    use super::*;

    fn answered(rank: Option<usize>, confidence: f32, is_answerable: bool) -> Answered {
        Answered {
            rank,
            best: Some(("a".to_owned(), confidence)),
            is_answerable,
        }
    }

    #[test]
    fn each_kind_of_failure_is_told() {
        for (answered, failure) in [
            (answered(Some(1), 0.6, true), None),
            (answered(None, 0.1, false), None),
            (answered(Some(2), 0.6, true), Some(Failure::WrongAnswer)),
            (answered(None, 0.6, false), Some(Failure::Unanswerable)),
            (answered(Some(1), 0.4, true), Some(Failure::BelowThreshold)),
            (answered(None, 0.4, true), Some(Failure::NotFirst)),
        ] {
            assert_eq!(Failure::of(&answered, 0.5), failure, "{answered:?}");
        }
        let nothing = Answered {
            rank: None,
            best: None,
            is_answerable: true,
        };
        assert_eq!(Failure::of(&nothing, 0.0), Some(Failure::NotFirst));
    }

    #[test]
    fn many_of_one_kind_leave_room_for_the_others() {
        let mut all = vec![answered(None, 0.1, true); 9];
        all.push(answered(None, 0.9, false));
        all.push(answered(Some(3), 0.9, true));
        let questions = vec![GoldenQuestion::default(); all.len()];
        let failed = failures(&questions, &all, 0.5);
        assert_eq!(failed.len(), 11);
        let kinds = |most| -> Vec<Failure> {
            let shown = shared_out(&failed, most);
            shown.iter().map(|failed| failed.failure).collect()
        };
        assert_eq!(kinds(4), [WrongAnswer, Unanswerable, NotFirst, NotFirst]);
        assert_eq!(kinds(2), [WrongAnswer, Unanswerable]);
        assert_eq!(kinds(99).len(), 11);
        assert!(kinds(0).is_empty());
    }
}
