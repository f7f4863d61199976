//! The member of a cluster that reads as its label.

use crate::encoder::normalize;
use crate::lexical::matrix::{add_scaled, dot};
use crate::standalone::stands_alone;
use crate::text::Normalized;

/// A member that might be the label.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its vector; of length 1, for its weight and its legibility to count as they should.
    pub vector: &'a [f32],
    /// How often it was asked.
    pub weight: f32,
    /// Its words.
    pub text: &'a Normalized,
}

/// What a wording that says little of itself costs, in cosines.
const LEANS_ON_CONTEXT: f32 = 0.15;

/// What words of asking are worth.
const ASKS: f32 = 0.05;

/// What each doubling of how often it was asked is worth.
const EACH_DOUBLING: f32 = 0.03;

/// Wider than this, in columns of Latin letters, is long for a label.
const COMFORTABLE_WIDTH: usize = 28;

/// What each further column costs.
const EACH_COLUMN: f32 = 0.006;

/// What another must be better by to take the place of the label that stood, as
/// a share of its score: people know a question by its label.
const CLEARLY: f32 = 0.25;

/// The member nearest to the centre (medoid), where a short, frequent wording
/// that asks and stands alone comes before one a little nearer; the one that
/// stood as the label, where none is clearly better. `None` of none.
pub fn medoid(candidates: &[Candidate<'_>], stood: Option<usize>) -> Option<usize> {
    let mut centre = vec![0.0; candidates.first()?.vector.len()];
    for candidate in candidates {
        // A wording asked a thousand times shall not be the centre by itself.
        add_scaled(
            &mut centre,
            candidate.weight.max(0.0).ln_1p(),
            candidate.vector,
        );
    }
    normalize(&mut centre);
    let scores: Vec<f32> = candidates
        .iter()
        .map(|candidate| dot(&centre, candidate.vector) + legibility(candidate))
        .collect();
    let best = scores
        .iter()
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, (place, score)| {
            if *score > best.1 {
                (place, *score)
            } else {
                best
            }
        });
    let stays = stood.filter(|place| {
        let score = scores.get(*place);
        score.is_some_and(|score| best.1 <= score + CLEARLY * score.abs())
    });
    stays.or(Some(best.0))
}

fn legibility(candidate: &Candidate<'_>) -> f32 {
    let text = candidate.text.as_str();
    let width: usize = text
        .chars()
        .map(|character| if character.is_ascii() { 1 } else { 2 })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a text is short")]
    let excess = width.saturating_sub(COMFORTABLE_WIDTH) as f32;
    let mut score = EACH_DOUBLING * candidate.weight.max(1.0).log2().min(6.0);
    score -= EACH_COLUMN * excess.min(60.0);
    if asks(text) {
        score += ASKS;
    }
    if !stands_alone(text) {
        score -= LEANS_ON_CONTEXT;
    }
    score
}

const ASKING_CHINESE: &[&str] = &[
    "吗",
    "么",
    "呢",
    "怎",
    "哪",
    "谁",
    "几",
    "多少",
    "多久",
    "多长",
    "多大",
    "是否",
    "有没有",
    "能不能",
    "可不可以",
    "是不是",
    "要不要",
    "会不会",
    "为啥",
    "咋",
];

const ASKING_ENGLISH: &[&str] = &[
    "how", "what", "when", "where", "which", "who", "why", "can", "could", "do", "does", "did",
    "is", "are", "will", "would", "should", "may",
];

fn asks(text: &str) -> bool {
    text.contains('?')
        || ASKING_CHINESE.iter().any(|word| text.contains(word))
        || text
            .split(' ')
            .next()
            .is_some_and(|word| ASKING_ENGLISH.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(members: &[(&str, f32, f32)], expected: usize) {
        check_after(None, members, expected);
    }

    fn check_after(stood: Option<usize>, members: &[(&str, f32, f32)], expected: usize) {
        let texts: Vec<Normalized> = members
            .iter()
            .map(|(text, ..)| Normalized::new(text))
            .collect();
        let vectors: Vec<[f32; 2]> = members
            .iter()
            .map(|(_, angle, _)| [angle.cos(), angle.sin()])
            .collect();
        let candidates: Vec<Candidate<'_>> = members
            .iter()
            .zip(texts.iter().zip(&vectors))
            .map(|((_, _, weight), (text, vector))| Candidate {
                vector,
                weight: *weight,
                text,
            })
            .collect();
        assert_eq!(medoid(&candidates, stood), Some(expected), "{members:?}");
    }

    #[test]
    fn the_label_is_central_short_frequent_and_asks() {
        check(
            &[
                ("什么时候发货", 0.0, 1.0),
                ("多久发货", 0.3, 1.0),
                ("几天发货", 0.6, 1.0),
            ],
            1,
        );
        check(
            &[
                ("发货时间", 0.3, 1.0),
                ("什么时候发货", 0.31, 1.0),
                ("几天发货", 0.6, 1.0),
            ],
            1,
        );
        check(&[("什么时候发货", 0.2, 1.0), ("多久发货", 0.3, 60.0)], 1);
        let long = "我昨天晚上在你们店里面拍下来的那一个到底要等到什么时候才可以给我发货呢";
        check(
            &[
                (long, 0.3, 1.0),
                ("什么时候发货", 0.4, 1.0),
                ("几天发货", 0.1, 1.0),
            ],
            1,
        );
        assert_eq!(medoid(&[], None), None);
    }

    #[test]
    fn the_label_that_stood_stays_unless_another_is_clearly_better() {
        let alike = [
            ("什么时候发货", 0.0, 1.0),
            ("多久发货", 0.3, 1.0),
            ("几天发货", 0.6, 1.0),
        ];
        check_after(Some(0), &alike, 0);
        check_after(Some(2), &alike, 2);
        // It is no member any more.
        check_after(Some(3), &alike, 1);
        let aside = [
            ("多久发货", 0.0, 60.0),
            ("什么时候发货", 0.1, 60.0),
            ("发货时间", 1.2, 1.0),
        ];
        check_after(Some(2), &aside, 1);
    }
}
