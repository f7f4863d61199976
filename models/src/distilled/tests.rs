//! Tests of the table and its file.

use super::*;
use crate::encoder_suite::conforms;
use crate::wordpiece::Folding;

const PIECES: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfree\nship\n##ping\n怎\n么\n退\n货\n呢\n保\n修\n期\n是\n几\n年\nx\n##1\n";

/// Directions by chance, one a piece and one a phrase.
fn table(phrases: &[&[u32]]) -> DistilledEncoder {
    let pieces = WordPieces::new(PIECES, Folding::default()).expect("a vocabulary");
    let phrases = phrases.iter().map(|phrase| phrase.to_vec());
    let phrases = Phrases::new(phrases, pieces.size());
    let rows = pieces.size() as usize + phrases.ordered().len();
    let mut state = 1_u32;
    let values: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 24) as u8) - 127.5
    })
    .take(rows * 16)
    .collect();
    DistilledEncoder::new(
        "table".to_owned(),
        pieces,
        phrases,
        Rows::quantize(16, &values),
    )
}

fn encode(table: &DistilledEncoder, text: &str) -> Vec<f32> {
    table.encode_one(&Normalized::new(text))
}

#[tokio::test]
async fn a_table_conforms() {
    conforms(&table(&[])).await;
    conforms(&table(&[&[9, 10], &[4, 5, 6]])).await;
}

#[test]
fn a_phrase_has_its_own_vector_wherever_it_is_longest() {
    let plain = table(&[]);
    let with = table(&[&[4, 5, 6], &[4, 5]]);
    assert_ne!(
        encode(&with, "free shipping"),
        encode(&plain, "free shipping")
    );
    assert_ne!(encode(&with, "free shipping"), encode(&with, "free ship"));
    assert_eq!(
        encode(&with, "shipping free"),
        encode(&plain, "shipping free")
    );
    // The same words in one phrase and one apart.
    let both = encode(&with, "free shipping free");
    assert_ne!(both, encode(&plain, "free shipping free"));
}

#[test]
fn unknown_words_say_nothing() {
    let table = table(&[]);
    assert!(encode(&table, "未知").iter().all(|&value| value == 0.0));
    assert_eq!(encode(&table, "未知 free"), encode(&table, "free"));
}

#[test]
fn rounding_keeps_a_row_within_half_a_step() {
    let values = [0.5, -1.0, 0.25, 0.0, 0.0, 0.0];
    let rows = Rows::quantize(3, &values);
    let mut sums = [[0.0; 3]; 2];
    for (row, sum) in (0..).zip(&mut sums) {
        rows.add(row, sum);
    }
    for (sum, value) in sums.as_flattened().iter().zip(values) {
        assert!((sum - value).abs() <= 0.5 / 127.0, "{sum} {value}");
    }
}

#[test]
fn a_file_gives_back_the_same_vectors() {
    let written = table(&[&[9, 10]]);
    let bytes = written.to_bytes();
    let read = DistilledEncoder::from_bytes(&bytes).expect("a table");
    assert_eq!(read.identity(), written.identity());
    for text in ["怎么退货", "free shipping x1", ""] {
        assert_eq!(encode(&read, text), encode(&written, text));
    }
    assert_eq!(read.to_bytes(), bytes);
    assert_ne!(table(&[]).identity(), written.identity());
}

#[test]
fn a_damaged_file_is_refused() {
    let bytes = table(&[&[9, 10]]).to_bytes();
    let refusal = |bytes: &[u8]| DistilledEncoder::from_bytes(bytes).err();
    for length in [8, 20, 44, 60, bytes.len() - 1] {
        assert_eq!(
            refusal(&bytes[..length]),
            Some(TableError::Damaged),
            "{length}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(refusal(&longer), Some(TableError::Damaged));
    for place in [12, 50, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert_eq!(refusal(&changed), Some(TableError::Damaged), "{place}");
    }
    let mut other = bytes.clone();
    other[8] = 9;
    assert_eq!(refusal(&other), Some(TableError::OtherMake { found: 9 }));
    assert_eq!(refusal(b"something else"), Some(TableError::Foreign));
    assert_eq!(refusal(b""), Some(TableError::Foreign));
}
