//! What a recurring question is called: one of its wordings.

use zhiwen_models::cluster::{Candidate, medoid};
use zhiwen_models::privacy::Masked;
use zhiwen_models::text::Normalized;

/// Wordings that a label is chosen from, the most asked.
const MOST_CANDIDATES: usize = 200;

/// A wording of a question.
pub(super) struct WordingOf<'a> {
    /// Its place among all that are clustered.
    pub row: usize,
    /// Its words.
    pub text: &'a Normalized,
    /// As it was first written, masked.
    pub shown: &'a str,
    /// How often it was asked.
    pub weight: f32,
}

/// The wording that reads best as the question; `stood`, by which people know
/// it, where that is one of them still and none reads clearly better.
/// `direction` gives a row's vector at unit length.
pub(super) fn label(
    mut wordings: Vec<WordingOf<'_>>,
    direction: impl Fn(usize) -> Vec<f32>,
    stood: Option<&str>,
) -> Masked {
    wordings.sort_by(|left, right| {
        let by_weight = right.weight.total_cmp(&left.weight);
        by_weight.then(left.row.cmp(&right.row))
    });
    wordings.truncate(MOST_CANDIDATES);
    // What was asked more than once is a way of asking, not one buyer's.
    let recurs = |wording: &WordingOf<'_>| wording.weight >= 2.0;
    if wordings.first().is_some_and(recurs) {
        wordings.retain(recurs);
    }
    let directions: Vec<Vec<f32>> = wordings
        .iter()
        .map(|wording| direction(wording.row))
        .collect();
    let candidates: Vec<Candidate<'_>> = wordings
        .iter()
        .zip(&directions)
        .map(|(wording, direction)| Candidate {
            vector: direction,
            weight: wording.weight,
            text: wording.text,
        })
        .collect();
    let stood = stood.and_then(|label| {
        let mut wordings = wordings.iter();
        wordings.position(|wording| without_end_marks(wording.shown) == label)
    });
    let best = medoid(&candidates, stood).and_then(|place| wordings.get(place));
    // What the ledger holds came masked out of the store.
    let text = best.map_or("", |wording| wording.shown);
    Masked::from_stored(without_end_marks(text).to_owned())
}

/// A label without the marks that buyers end with: "？？", "。", "~".
pub fn without_end_marks(text: &str) -> &str {
    let is_mark = |character: char| {
        !character.is_alphanumeric() && !matches!(character, ']' | ')' | '）' | '%' | '℃')
    };
    let trimmed = text.trim_end_matches(is_mark);
    if trimmed.is_empty() { text } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The label of wordings with their angles and how often they were asked.
    fn named(wordings: &[(&str, f32, f32)], stood: Option<&str>) -> String {
        let texts: Vec<Normalized> = wordings
            .iter()
            .map(|(shown, ..)| Normalized::new(shown))
            .collect();
        let wordings_of = wordings.iter().zip(&texts).enumerate();
        let wordings_of = wordings_of.map(|(row, ((shown, _, weight), text))| WordingOf {
            row,
            text,
            shown,
            weight: *weight,
        });
        let direction = |row: usize| {
            let angle = wordings[row].1;
            vec![angle.cos(), angle.sin()]
        };
        label(wordings_of.collect(), direction, stood).to_string()
    }

    #[test]
    fn a_label_stays_while_its_wording_does() {
        let wordings = [
            ("什么时候发货？？", 0.0, 2.0),
            ("多久发货", 0.3, 2.0),
            ("几天发货", 0.6, 2.0),
            ("哪天发货", 0.3, 1.0),
        ];
        for (stood, expected) in [
            (None, "多久发货"),
            (Some("什么时候发货"), "什么时候发货"),
            (Some("几天发货"), "几天发货"),
            // One buyer's, and one that is elsewhere by now.
            (Some("哪天发货"), "多久发货"),
            (Some("退货运费谁出"), "多久发货"),
        ] {
            assert_eq!(named(&wordings, stood), expected, "{stood:?}");
        }
        assert_eq!(named(&[], Some("多久发货")), "");
    }
}
