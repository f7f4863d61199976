//! What every encoder must do, as one test that each of them runs.
//!
//! Built for tests and under the feature `suite` only: a check that fails panics.

use crate::encoder::{Encoder, Side, Vectors};
use crate::text::Normalized;

/// Texts of several scripts, lengths and none, some of them twice.
const TEXTS: [&str; 9] = [
    "什么时候发货",
    "怎么退货",
    "",
    "X1-Pro 的保温杯能装多少毫升",
    "where is my parcel",
    "？！",
    "什么时候发货",
    "退",
    "发票什么时候开，可以开专用发票吗，抬头写错了怎么改，多久能寄到",
];

/// Vectors of one text in two batches may differ by this much.
const TOLERANCE: f32 = 1e-5;

/// Runs every check.
///
/// # Panics
/// When `encoder` breaks a promise of [`Encoder`].
#[expect(clippy::expect_used, reason = "a suite of tests fails by panicking")]
pub async fn conforms(encoder: &dyn Encoder) {
    let texts: Vec<Normalized> = TEXTS.iter().map(|text| Normalized::new(text)).collect();
    for side in [Side::Question, Side::Knowledge] {
        let batch = encoder.encode(side, &texts).await.expect("encodes a batch");
        has_its_shape(encoder, &batch);
        are_unit_vectors_or_zero(&batch);
        let again = encoder.encode(side, &texts).await.expect("encodes again");
        assert_alike(&batch, &again, "the same batch, encoded twice");
        for (text, of_batch) in texts.iter().zip(batch.rows()) {
            let alone = encoder
                .encode(side, std::slice::from_ref(text))
                .await
                .expect("encodes one text");
            let of_batch = Vectors::new(of_batch.len(), of_batch.to_vec()).expect("one row");
            assert_alike(&of_batch, &alone, text.as_str());
        }
    }
    let none = encoder.encode(Side::Question, &[]).await;
    assert!(
        none.expect("encodes nothing").is_empty(),
        "no text, no vector"
    );
    encoder.health().await.expect("a pass gives a vector");
    prefers_the_same_words(encoder).await;
}

fn has_its_shape(encoder: &dyn Encoder, vectors: &Vectors) {
    assert_eq!(vectors.len(), TEXTS.len(), "one vector a text");
    assert_eq!(vectors.dimensions(), encoder.identity().dimensions);
    assert!(!encoder.identity().name.is_empty(), "an encoder has a name");
}

fn are_unit_vectors_or_zero(vectors: &Vectors) {
    for (text, row) in TEXTS.iter().zip(vectors.rows()) {
        assert!(
            row.iter().all(|value| value.is_finite()),
            "{text:?} is finite"
        );
        let length = dot(row, row).sqrt();
        assert!(
            (length - 1.0).abs() < 1e-3 || row.iter().all(|value| *value == 0.0),
            "{text:?} has length {length}"
        );
    }
}

fn assert_alike(left: &Vectors, right: &Vectors, what: &str) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (left, right) in left.rows().zip(right.rows()) {
        for (left, right) in left.iter().zip(right) {
            assert!(
                (left - right).abs() <= TOLERANCE,
                "{what}: {left} and {right}"
            );
        }
    }
}

/// The least that can be asked of any encoder of meaning.
#[expect(clippy::expect_used, reason = "a suite of tests fails by panicking")]
async fn prefers_the_same_words(encoder: &dyn Encoder) {
    let texts = ["怎么退货", "怎么退货呢", "保修期是几年"].map(Normalized::new);
    let vectors = encoder
        .encode(Side::Knowledge, &texts)
        .await
        .expect("encodes three texts");
    let rows: Vec<&[f32]> = vectors.rows().collect();
    assert!(
        dot(rows[0], rows[1]) > dot(rows[0], rows[2]),
        "a text is closer to itself with a particle than to another one"
    );
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}
