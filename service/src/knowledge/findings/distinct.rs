//! Which clashes of two items are told: of each attribute the most alike, and those that are about something else.

use super::contradictions::{Clash, SAME_CLAUSE, agrees};
use super::reading::Reading;

/// So many clashes of two items are told about one attribute.
const MOST_OF_AN_ATTRIBUTE: usize = 3;

/// Of each attribute what is most alike, and what says something else than that
/// on both sides.
pub(super) fn keep_distinct(
    mut found: Vec<Clash>,
    (one, other): (&Reading, &Reading),
) -> Vec<Clash> {
    found.sort_by(|one, other| {
        let by_likeness = other.likeness.total_cmp(&one.likeness);
        let place = |clash: &Clash| (clash.first, clash.second);
        (one.attribute.cmp(&other.attribute))
            .then(by_likeness)
            .then(place(one).cmp(&place(other)))
    });
    let mut kept: Vec<Clash> = Vec::new();
    for clash in found {
        let told: Vec<&Clash> = kept
            .iter()
            .filter(|kept| kept.attribute == clash.attribute)
            .collect();
        let is_told = told.iter().any(|told| {
            says_the_same(one, told.first, clash.first)
                || says_the_same(other, told.second, clash.second)
        });
        let is_further = !told.is_empty();
        if !is_told && told.len() < MOST_OF_AN_ATTRIBUTE {
            kept.push(Clash {
                is_further,
                ..clash
            });
        }
    }
    kept
}

/// Whether two places of an answer say the same: one statement, one figure, or
/// clauses that are alike.
fn says_the_same(
    reading: &Reading,
    (place, at): (usize, Option<usize>),
    (other_place, other_at): (usize, Option<usize>),
) -> bool {
    let said = reading.statements.get(place);
    let other_said = reading.statements.get(other_place);
    let (Some(said), Some(other_said)) = (said, other_said) else {
        return true;
    };
    if place == other_place || said.is_bare_verdict || other_said.is_bare_verdict {
        return true;
    }
    let figure = at.and_then(|at| said.figures.get(at));
    let other_figure = other_at.and_then(|at| other_said.figures.get(at));
    match figure.zip(other_figure) {
        Some((figure, other_figure)) => agrees(figure, other_figure),
        None => {
            let clauses = said.topic.features.overlap(&other_said.topic.features);
            clauses.of_smaller >= SAME_CLAUSE.1
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::super::contradictions::Attribute;
    use super::super::figures::Role;
    use super::super::statements::Folder;
    use super::super::units::Measure;
    use super::*;
    use crate::domain::ids::KnowledgeId;
    use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, RawKnowledge};

    fn reading(answer: &str) -> Reading {
        let raw = RawKnowledge {
            domain: "product".to_owned(),
            title: "充电和使用时间".to_owned(),
            answer_brief: Some(answer.to_owned()),
            ..RawKnowledge::default()
        };
        let item = KnowledgeItem {
            id: KnowledgeId::parse("one").expect("valid"),
            version: 1,
            content: KnowledgeContent::parse(&raw, &TimeZone::UTC).expect("valid"),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: "test".to_owned(),
        };
        Reading::new(&item, &mut Folder::default())
    }

    fn clash(first: usize, second: usize, likeness: f64) -> Clash {
        Clash {
            attribute: Attribute {
                measure: Some(Measure::Duration),
                role: Role::Plain,
                concept: None,
            },
            first: (first, Some(0)),
            second: (second, Some(0)),
            likeness,
            is_further: false,
        }
    }

    #[test]
    fn a_further_clash_says_something_else_on_both_sides() {
        let one = reading("充电要3小时。能用8小时。充满要3小时。");
        let other = reading("充电要2小时。能用10小时。充满要2小时。");
        // The same figures in other words, and across what is told, are no further clash.
        let found = vec![
            clash(0, 0, 0.9),
            clash(2, 2, 0.8),
            clash(0, 1, 0.7),
            clash(1, 1, 0.6),
        ];
        let kept = keep_distinct(found, (&one, &other));
        let kept: Vec<_> = kept
            .iter()
            .map(|clash| (clash.first.0, clash.second.0, clash.is_further))
            .collect();
        assert_eq!(kept, [(0, 0, false), (1, 1, true)]);
    }
}
