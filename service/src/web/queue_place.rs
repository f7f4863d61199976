//! Where in a queue somebody works, so that a decision comes back to it, and
//! what has just been decided.

use super::console::Frame;
use super::lists::{Part, place, segment, within};
use crate::auth::Fields;
use crate::domain::ids::{CandidateId, ClusterId};
use crate::insights::queues::Queue;

/// The queue of answers to approve.
pub const APPROVE: &str = "/queues/approve";

/// The queue of answers to write.
pub const WRITE: &str = "/queues/write";

/// Cards of a page: each has a whole form.
pub const CARDS: usize = 10;

/// The part of a queue that somebody works in: the page's address names it, and
/// the page's forms carry it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot {
    /// The place of the first card.
    pub from: usize,
    /// The one question that is worked on; all where there is none.
    pub question: Option<ClusterId>,
}

impl Spot {
    /// What an address or a form names.
    pub fn of(fields: &Fields) -> Self {
        Self {
            from: place(fields),
            question: ClusterId::parse(fields.get("question")).ok(),
        }
    }

    /// The address of this part of the queue at `queue`.
    pub fn address(&self, queue: &str) -> String {
        let path = self.path(queue);
        let joint = if path.contains('?') { '&' } else { '?' };
        match self.from {
            0 => path,
            from => format!("{path}{joint}from={from}"),
        }
    }

    fn path(&self, queue: &str) -> String {
        match self.question {
            Some(question) => format!("{queue}?question={question}"),
            None => queue.to_owned(),
        }
    }

    /// The question's id as forms carry it; empty where there is none.
    pub fn question_id(&self) -> String {
        self.question.map_or_else(String::new, |id| id.to_string())
    }

    /// How much of a queue is read to show this part of it.
    pub fn most(&self) -> usize {
        match self.question {
            Some(_) => usize::MAX,
            None => self.from + CARDS,
        }
    }

    /// What of `found` is shown, and which part that is; the last one where the
    /// queue has become shorter.
    pub fn cut<T>(
        &self,
        queue: &str,
        mut found: Queue<T>,
        question_of: impl Fn(&T) -> ClusterId,
    ) -> (Vec<T>, Part) {
        if let Some(question) = self.question {
            found.first.retain(|one| question_of(one) == question);
            found.total = found.first.len();
        }
        let from = within(self.from, CARDS, found.total);
        let part = Part::of(&self.path(queue), from, CARDS, found.total);
        let shown = found.first.into_iter().skip(from).take(CARDS);
        (shown.collect(), part)
    }
}

/// What has just been decided, and what can be done about it.
pub struct Flash {
    /// In words; empty where nothing was.
    pub text: &'static str,
    /// The address of the item that came of it; empty where there is none.
    pub item: String,
    /// Where it is undone; empty where that is nowhere.
    pub undo: String,
}

impl Flash {
    /// What `done` of the address says: `approved.{item}`, `dismissed.{answer}`.
    pub fn of(frame: &Frame) -> Self {
        let (word, id) = frame.done.split_once('.').unwrap_or((&frame.done, ""));
        let text = match word {
            "approved" => frame.say(
                "已采用，成了一条生效的知识。",
                "Approved. It is now an active item.",
            ),
            "before" => frame.say(
                "这条回答之前已被采用，没有重复新建。",
                "This answer had already been approved, so no duplicate was created.",
            ),
            "dismissed" => frame.say("已移出待审核。", "Removed from the queue."),
            "reopened" => frame.say("已放回待审核。", "Put back on the queue."),
            "written" => frame.say(
                "已写好，成了一条生效的知识。",
                "Saved. It is now an active item.",
            ),
            _ => "",
        };
        let item = match (word, id) {
            ("approved" | "before" | "written", id) if !id.is_empty() => {
                format!("/knowledge/{}", segment(id))
            }
            _ => String::new(),
        };
        let undo = match (word, CandidateId::parse(id)) {
            ("dismissed", Ok(id)) => format!("{APPROVE}/{id}/reopen"),
            _ => String::new(),
        };
        Self { text, item, undo }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn check(asked: &str, address: &str) {
        let spot = Spot::of(&Fields::parse(asked.as_bytes()));
        assert_eq!(spot.address(WRITE), address, "{asked}");
    }

    #[test]
    fn a_form_comes_back_to_where_it_was_sent() {
        check("", "/queues/write");
        check("from=20&question=", "/queues/write?from=20");
        check("from=x&question=x", "/queues/write");
        let of_one = format!("/queues/write?question={QUESTION}");
        check(&format!("question={QUESTION}&from=0"), &of_one);
        let further = format!("{of_one}&from=10");
        check(&format!("question={QUESTION}&from=10"), &further);
    }

    /// The answers to one question are those of even places.
    fn shown(spot: Spot, waiting: usize) -> (Vec<usize>, usize) {
        let [one, other] = [QUESTION, "01890a5d-ac96-774b-bcce-b302099a8058"]
            .map(|id| ClusterId::parse(id).expect("valid"));
        let first: Vec<usize> = (0..waiting.min(spot.most())).collect();
        let found = Queue {
            total: waiting,
            first,
        };
        let of = |place: &usize| if place.is_multiple_of(2) { one } else { other };
        let (shown, part) = spot.cut(APPROVE, found, of);
        (shown, part.total)
    }

    #[test]
    fn every_answer_is_reached() {
        let all = |from| Spot {
            from,
            question: None,
        };
        assert_eq!(shown(all(10), 25), ((10..20).collect(), 25));
        // The last decision of the last page leads to what is before it.
        assert_eq!(shown(all(20), 20), ((10..20).collect(), 20));
        assert_eq!(shown(all(10), 0), (Vec::new(), 0));
        let of_one = Spot {
            from: 10,
            question: ClusterId::parse(QUESTION).ok(),
        };
        assert_eq!(shown(of_one, 26), (vec![20, 22, 24], 13));
    }
}
