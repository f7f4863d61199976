//! Two answers to one question that cannot both be right.
//!
//! A figure contradicts another when both measure the same of the same thing
//! under the same circumstances, neither answer says the other's figure
//! anywhere, and no other figure of the two clauses differs with it (another
//! tier of a discount differs in both its figures). A yes contradicts a no
//! when both speak of the same predicate under the same circumstances and
//! neither answer also says the opposite. Where it is doubtful, nothing is
//! found: what is found must be worth looking at.

use super::distinct::keep_distinct;
use super::figures::{Figure, Role};
use super::lexicon::Mode;
use super::reading::{Reading, Statement};
use super::statements::Clause;
use super::topic::Topic;
use super::units::Measure;

/// What two items, or two forms of one answer, say differently.
pub(super) struct Clash {
    /// What it is about.
    pub attribute: Attribute,
    /// The place of the statement in the first reading, and its figure.
    pub first: (usize, Option<usize>),
    /// The same of the second.
    pub second: (usize, Option<usize>),
    /// How much alike the two statements and questions are, 0 to 1.
    pub likeness: f64,
    /// Whether another clash about the same attribute is more alike.
    pub is_further: bool,
}

/// What a contradiction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Attribute {
    /// What both figures measure; none where it is a yes against a no.
    pub measure: Option<Measure>,
    /// The part that the figures play.
    pub role: Role,
    /// What is spoken of, if the lexicon knows it.
    pub concept: Option<u8>,
}

/// Questions at least this much alike ask the same.
const SAME_QUESTION: f64 = 0.6;
/// Names at least this much alike are of one thing.
const SAME_NAME: f64 = 0.5;
/// Questions at least this much alike ask the same, word for word nearly.
const NEARLY_SAME_QUESTION: f64 = 0.75;
/// Answers that share so much of the larger one are one answer and its revision.
const SAME_ANSWER: f64 = 0.75;
/// Shorter answers (可以的) fit any question.
const LEAST_OF_AN_ANSWER: f64 = 10.0;
/// Questions less alike than this are not compared.
const RELATED_QUESTION: f64 = 0.5;
/// Clauses at least this much alike, of the smaller and the larger, say the same of the same.
pub(super) const SAME_CLAUSE: (f64, f64) = (0.6, 0.5);
/// Clauses at least this much alike say it in the same words.
const SAME_WORDS: (f64, f64) = (0.8, 0.7);

/// How much alike two items' questions are, 0 to 1: the best of their
/// wordings, or nearly the same where the answers are nearly word for word.
pub(super) fn question_likeness(one: &Reading, other: &Reading) -> f64 {
    let mut best: f64 = 0.0;
    for a in &one.subjects {
        for b in &other.subjects {
            best = best.max(likeness(a, b));
        }
    }
    if best >= NEARLY_SAME_QUESTION {
        return best;
    }
    let answers = one.answers.overlap(&other.answers);
    let is_same_answer = answers.shared >= LEAST_OF_AN_ANSWER && answers.of_larger >= SAME_ANSWER;
    let titles = one.subjects.first().zip(other.subjects.first());
    let is_same_thing = titles.is_some_and(|(title, other)| !names_differ(title, other));
    if is_same_answer && is_same_thing {
        NEARLY_SAME_QUESTION
    } else {
        best
    }
}

fn names_differ(one: &Topic, other: &Topic) -> bool {
    !one.names.is_empty()
        && !other.names.is_empty()
        && one.names.overlap(&other.names).of_smaller < SAME_NAME
}

fn likeness(one: &Topic, other: &Topic) -> f64 {
    if names_differ(one, other) {
        return 0.0;
    }
    let rest = one.rest.overlap(&other.rest);
    let concepts_differ =
        one.concepts != 0 && other.concepts != 0 && one.concepts & other.concepts == 0;
    if concepts_differ && rest.of_larger < SAME_QUESTION {
        return 0.0;
    }
    let all = one.features.overlap(&other.features);
    let all = (all.of_smaller + all.of_larger) / 2.0;
    match (one.rest.is_empty(), other.rest.is_empty()) {
        (true, true) => all,
        // One names the thing and the other leaves it out.
        (true, false) | (false, true) => all.min(RELATED_QUESTION),
        (false, false) if rest.of_smaller < RELATED_QUESTION => 0.0,
        (false, false) => all,
    }
}

/// All that two items, whose questions are alike by `questions`, say differently.
pub(super) fn clashes(one: &Reading, other: &Reading, questions: f64) -> Vec<Clash> {
    if questions < RELATED_QUESTION {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (place, said) in one.statements.iter().enumerate() {
        for (other_place, other_said) in other.statements.iter().enumerate() {
            if said.circumstances != other_said.circumstances {
                continue;
            }
            let pair = Pair {
                one,
                other,
                said: (place, said),
                other_said: (other_place, other_said),
                questions,
            };
            pair.figures(&mut found);
            pair.verdicts(&mut found);
        }
    }
    keep_distinct(found, (one, other))
}

struct Pair<'a> {
    one: &'a Reading,
    other: &'a Reading,
    said: (usize, &'a Statement),
    other_said: (usize, &'a Statement),
    questions: f64,
}

impl Pair<'_> {
    fn figures(&self, found: &mut Vec<Clash>) {
        let ((place, said), (other_place, other_said)) = (self.said, self.other_said);
        if said.figures.is_empty()
            || other_said.figures.is_empty()
            || said.topic.is_not_said != other_said.topic.is_not_said
            || is_other(said.per, other_said.per)
        {
            return;
        }
        for (at, figure) in said.figures.iter().enumerate() {
            for (other_at, other_figure) in other_said.figures.iter().enumerate() {
                let Some(likeness) = self.figure_likeness(figure, other_figure) else {
                    continue;
                };
                found.push(Clash {
                    attribute: Attribute {
                        measure: Some(figure.measure),
                        role: figure.role,
                        concept: shared_concept(said, other_said),
                    },
                    first: (place, Some(at)),
                    second: (other_place, Some(other_at)),
                    likeness,
                    is_further: false,
                });
            }
        }
    }

    /// How much alike two figures' surroundings are, if the figures contradict.
    fn figure_likeness(&self, figure: &Figure, other_figure: &Figure) -> Option<f64> {
        let (said, other_said) = (self.said.1, self.other_said.1);
        let is_comparable =
            figure.measure == other_figure.measure && figure.role == other_figure.role;
        if !is_comparable
            || agrees(figure, other_figure)
            || is_said(self.other, figure)
            || is_said(self.one, other_figure)
            || is_another_tier((said, figure), (other_said, other_figure))
        {
            return None;
        }
        let clauses = said.topic.features.overlap(&other_said.topic.features);
        let asked = asked(self.one) & asked(self.other);
        let own_concepts = (said.topic.concepts, other_said.topic.concepts);
        let is_of_others =
            own_concepts.0 != 0 && own_concepts.1 != 0 && own_concepts.0 & own_concepts.1 == 0;
        let is_same_clause = !is_of_others
            && clauses.of_smaller >= SAME_CLAUSE.0
            && clauses.of_larger >= SAME_CLAUSE.1
            && clauses.shared >= 2.0
            && (self.questions >= SAME_QUESTION || own_concepts.0 & own_concepts.1 & asked != 0);
        let is_only_one =
            is_only(self.one, said, figure) && is_only(self.other, other_said, other_figure);
        let names_asked = own_concepts.0 & own_concepts.1 & asked != 0;
        let shares_concept = said.concepts & other_said.concepts != 0;
        let have_concepts = said.concepts != 0 && other_said.concepts != 0;
        let is_about_the_same = is_same_clause
            || self.questions >= SAME_QUESTION && names_asked
            || self.questions >= NEARLY_SAME_QUESTION
                && (shares_concept || !have_concepts)
                && is_only_one;
        is_about_the_same.then_some(clauses.of_smaller.max(self.questions))
    }

    fn verdicts(&self, found: &mut Vec<Clash>) {
        let ((place, said), (other_place, other_said)) = (self.said, self.other_said);
        let (Some(verdict), Some(other_verdict)) =
            (verdict(self.one, said), verdict(self.other, other_said))
        else {
            return;
        };
        if verdict.is_no == other_verdict.is_no {
            return;
        }
        let Some(likeness) = verdict.likeness(&other_verdict, self.questions) else {
            return;
        };
        if says_too(self.other, &verdict, self.questions)
            || says_too(self.one, &other_verdict, self.questions)
        {
            return;
        }
        found.push(Clash {
            attribute: Attribute {
                measure: None,
                role: Role::Plain,
                concept: shared_concept(said, other_said),
            },
            first: (place, None),
            second: (other_place, None),
            likeness,
            is_further: false,
        });
    }
}

/// The concepts that an item's questions name.
fn asked(reading: &Reading) -> u128 {
    let concepts = reading.subjects.iter().map(|subject| subject.concepts);
    concepts.fold(0, |all, concepts| all | concepts)
}

fn is_other(one: Option<char>, other: Option<char>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn shared_concept(one: &Statement, other: &Statement) -> Option<u8> {
    let shared = one.concepts & other.concepts;
    (shared != 0).then(|| u8::try_from(shared.trailing_zeros()).unwrap_or(0))
}

/// Whether two figures can both be right.
pub(super) fn agrees(one: &Figure, other: &Figure) -> bool {
    if matches!(one.measure, Measure::TimeOfDay | Measure::Date) {
        let (a, b) = (one.span.high, other.span.high);
        // 4点 may be 16点 where nobody says which half of the day.
        let half_day = if one.measure == Measure::TimeOfDay {
            720.0
        } else {
            0.0
        };
        a == b || ((a - b).abs() == half_day && a.min(b) < 480.0)
    } else {
        one.span.agrees(&other.span)
    }
}

/// Whether an item says a figure somewhere, in whatever part.
fn is_said(reading: &Reading, figure: &Figure) -> bool {
    reading.figures().any(|(_, own)| {
        own.measure == figure.measure && (own.span.is_same(&figure.span) || agrees(own, figure))
    })
}

/// Whether other figures of the two clauses differ too, or only one of them
/// names what must be reached.
fn is_another_tier(
    (said, figure): (&Statement, &Figure),
    (other_said, other_figure): (&Statement, &Figure),
) -> bool {
    let kind = |figure: &Figure| (figure.measure, figure.role);
    let differs = |statement: &Statement, other: &Statement, but: &Figure| {
        let others = statement
            .figures
            .iter()
            .filter(|own| kind(own) != kind(but));
        others.into_iter().any(|own| {
            let mut same = other
                .figures
                .iter()
                .filter(|figure| kind(figure) == kind(own))
                .peekable();
            let is_condition = own.role == Role::Threshold;
            (same.peek().is_some() || is_condition) && !same.any(|figure| agrees(own, figure))
        })
    };
    differs(said, other_said, figure) || differs(other_said, said, other_figure)
}

/// Whether the statement is the only one of its form of the answer with such a figure.
fn is_only(reading: &Reading, statement: &Statement, figure: &Figure) -> bool {
    reading
        .figures()
        .filter(|(said, own)| said.form == statement.form && own.measure == figure.measure)
        .count()
        == 1
}

/// A yes or no to a predicate.
struct Verdict<'a> {
    about: &'a Topic,
    modes: &'a [Mode],
    is_no: bool,
    statement: &'a Statement,
}

fn verdict<'a>(reading: &'a Reading, statement: &'a Statement) -> Option<Verdict<'a>> {
    let topic = &statement.topic;
    let has_condition = statement
        .figures
        .iter()
        .any(|figure| figure.role == Role::Threshold);
    let is_unclear = topic.is_not_said || statement.clause.is_question || has_condition;
    // Of two things said at once it is unclear which is denied.
    let is_compound = topic.negations > 1 || topic.negations == 1 && is_list(&statement.clause);
    if is_unclear || is_compound {
        return None;
    }
    let title = reading.subjects.first()?;
    let about = if statement.is_bare_verdict {
        title
    } else {
        topic
    };
    if about.features.is_empty() || statement.is_bare_verdict && title.negations > 0 {
        return None;
    }
    Some(Verdict {
        about,
        modes: &topic.modes,
        is_no: topic.negations == 1,
        statement,
    })
}

fn is_list(clause: &Clause) -> bool {
    clause.written.contains('、')
        || [" and ", " but "]
            .iter()
            .any(|word| clause.written.contains(word))
}

impl Verdict<'_> {
    /// How much alike two predicates are, if they are the same.
    fn likeness(&self, other: &Verdict<'_>, questions: f64) -> Option<f64> {
        let is_need = |modes: &[Mode]| modes.contains(&Mode::Need);
        let meets = self.modes.is_empty()
            || other.modes.is_empty()
            || self.modes.iter().any(|mode| other.modes.contains(mode));
        if !meets || is_need(self.modes) != is_need(other.modes) {
            return None;
        }
        let figures_differ = self.statement.figures.iter().any(|figure| {
            let mut same = other
                .statement
                .figures
                .iter()
                .filter(|own| own.measure == figure.measure)
                .peekable();
            same.peek().is_some() && !same.any(|own| agrees(own, figure))
        });
        if figures_differ {
            return None;
        }
        let overlap = self.about.features.overlap(&other.about.features);
        let names_mode = self.modes.iter().any(|mode| other.modes.contains(mode));
        let least = if names_mode { SAME_CLAUSE } else { SAME_WORDS };
        let is_enough =
            overlap.shared >= 2.0 || questions >= SAME_QUESTION && overlap.shared >= 1.0;
        let is_same = is_enough && overlap.of_smaller >= least.0 && overlap.of_larger >= least.1;
        is_same.then_some((overlap.of_smaller + overlap.of_larger) / 2.0)
    }
}

/// Whether an item says the same as `verdict` of another.
fn says_too(reading: &Reading, verdict_of_other: &Verdict<'_>, questions: f64) -> bool {
    reading.statements.iter().any(|statement| {
        statement.circumstances == verdict_of_other.statement.circumstances
            && verdict(reading, statement).is_some_and(|own| {
                own.is_no == verdict_of_other.is_no
                    && own.likeness(verdict_of_other, questions).is_some()
            })
    })
}

/// What the two forms of one item's answer say differently.
pub(super) fn inner_clashes(brief: &Reading, consultative: &Reading) -> Vec<Clash> {
    clashes(brief, consultative, SAME_QUESTION)
        .into_iter()
        .filter(|clash| {
            let said = brief.statements.get(clash.first.0);
            let other = consultative.statements.get(clash.second.0);
            // One answer speaks of many things: only clauses alike are compared.
            said.zip(other).is_some_and(|(said, other)| {
                let clauses = said.topic.features.overlap(&other.topic.features);
                clauses.of_smaller >= SAME_WORDS.0 && clauses.of_larger >= SAME_CLAUSE.0
            })
        })
        .collect()
}
