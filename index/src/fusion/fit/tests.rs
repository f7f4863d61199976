//! Tests of fitting on made-up questions.

use super::*;

/// Questions whose right answer has the higher cosine and the lower BM25 in
/// three of four cases; in the fourth there is none.
fn examples() -> Vec<Example> {
    (0..200_u8)
        .map(|number| {
            let has_answer = number % 4 != 3;
            let shift = f32::from(number) / 1_000.0;
            let parts = |bm25: f32, cosine: f32| Parts {
                bm25,
                question_coverage: 0.4 + shift,
                wording_coverage: 0.5,
                cosine: Some(cosine),
                ..Parts::default()
            };
            let right = Found {
                is_right: has_answer,
                parts: parts(5.0, if has_answer { 0.9 - shift } else { 0.3 }),
            };
            let wrong = Found {
                is_right: false,
                parts: parts(6.0, 0.2 + shift),
            };
            Example {
                candidates: vec![wrong, right],
                has_answer,
            }
        })
        .collect()
}

#[test]
fn learns_what_tells_right_from_wrong() {
    let mut start = Fusion::default();
    start.hybrid.relevance.cosine = 0.0;
    start.hybrid.relevance.bm25_share = 2.0;
    let before = compare(&start, &examples());
    assert!(before.fused.hit_at_1 < 0.1, "{before:?}");
    assert!(!before.holds_its_halves(), "worse than its vectors");
    let fitted = fit(&start, &examples());
    let after = compare(&fitted, &examples());
    assert_eq!(after.questions, 150);
    assert!(after.fused.hit_at_1 > 0.99, "{after:?}");
    assert!(after.holds_its_halves());
    assert_eq!(
        fitted.lexical, start.lexical,
        "no question was without a vector"
    );
    assert_eq!(fitted, fit(&start, &examples()), "the same every time");
}

#[test]
fn confidence_comes_near_the_share_of_right_answers() {
    let fitted = fit(&Fusion::default(), &examples());
    let mut sums = (0.0, 0.0);
    for example in examples() {
        let candidates = example.candidates.iter().map(|found| found.parts);
        let candidates = candidates.enumerate().collect();
        let best = ranking::rank(&fitted, candidates, 1);
        sums.0 += best[0].2;
        sums.1 += if example.candidates[best[0].0].is_right {
            1.0
        } else {
            0.0
        };
    }
    assert!((sums.0 - sums.1).abs() < 10.0, "{sums:?} of 200");
}

#[test]
fn without_questions_nothing_changes() {
    assert_eq!(fit(&Fusion::default(), &[]), Fusion::default());
    assert_eq!(compare(&Fusion::default(), &[]), Comparison::default());
}
