//! Tests with a tiny BERT of chance, and with the real weights of all-MiniLM-L6-v2
//! against vectors that sentence-transformers made.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::encoder::{Encoder, Side, Vectors, Workload};
use crate::encoder_suite::conforms;
use crate::manifest::sample::write_sample;
use crate::text::Normalized;

const SENTENCES: &str = include_str!("../../fixtures/minilm_sentences.txt");
const VECTORS: &str = include_str!("../../fixtures/minilm_vectors.csv");

/// The model that scripts/minilm fetches; `None` where it is absent, which a
/// developer may accept and a build server may not.
fn minilm() -> Option<PathBuf> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vendor/models");
    let folder = models.join("all-MiniLM-L6-v2");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        option_env!("CI").is_none_or(str::is_empty),
        "vendor/models/all-MiniLM-L6-v2 is not there: run scripts/minilm"
    );
    let line = "skipped: vendor/models/all-MiniLM-L6-v2 is not there: run scripts/minilm";
    let _closed = writeln!(std::io::stderr(), "{line}");
    None
}

fn sentences() -> Vec<&'static str> {
    SENTENCES
        .strip_suffix('\n')
        .expect("lines")
        .split('\n')
        .collect()
}

/// The pieces and the vector of each sentence.
fn expected() -> Vec<(Vec<u32>, Vec<f32>)> {
    let row = |line: &str| {
        let (pieces, values) = line.split_once(',').expect("a row");
        let pieces = pieces
            .split(' ')
            .map(|piece| piece.parse().expect("a number"));
        let values = values
            .split(',')
            .map(|value| value.parse().expect("a value"));
        (pieces.collect(), values.collect())
    };
    VECTORS.lines().map(row).collect()
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    let dot = |left: &[f32], right: &[f32]| -> f32 {
        left.iter()
            .zip(right)
            .map(|(left, right)| left * right)
            .sum()
    };
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

fn one_worker() -> BertOptions {
    BertOptions {
        workers: 1,
        ..BertOptions::default()
    }
}

fn rows(vectors: &Vectors) -> Vec<Vec<f32>> {
    vectors.rows().map(<[f32]>::to_vec).collect()
}

#[test]
fn word_pieces_are_those_of_the_original() {
    let Some(folder) = minilm() else { return };
    let folder = ModelFolder::read(&folder).expect("a model");
    assert_eq!(sentences().len(), expected().len());
    for (sentence, (pieces, _)) in sentences().into_iter().zip(expected()) {
        let cut = folder.pieces.sequence(sentence, folder.max_tokens);
        assert_eq!(cut, pieces, "{sentence:?}");
    }
}

#[tokio::test]
async fn vectors_are_those_of_sentence_transformers() {
    let Some(folder) = minilm() else { return };
    let encoder = BertEncoder::open(&folder, BertOptions::default()).expect("a model");
    encoder.health().await.expect("healthy");
    assert_eq!(encoder.identity().dimensions, 384);
    assert_eq!(encoder.identity().name, "all-MiniLM-L6-v2");
    let sentences = sentences();
    let vectors = encoder.encode_raw(Side::Knowledge, &sentences).await;
    let vectors = vectors.expect("vectors");
    assert_eq!(vectors.len(), sentences.len());
    for ((sentence, row), (_, expected)) in sentences.iter().zip(vectors.rows()).zip(expected()) {
        let cosine = cosine(row, &expected);
        assert!(cosine > 0.9999, "{cosine} for {sentence:?}");
    }
}

#[tokio::test]
async fn real_vectors_do_not_depend_on_their_batch() {
    let Some(folder) = minilm() else { return };
    let encoder = BertEncoder::open(&folder, one_worker()).expect("a model");
    let sentences = sentences();
    let together = encoder.encode_raw(Side::Question, &sentences).await;
    for (sentence, together) in sentences.iter().zip(together.expect("vectors").rows()) {
        let alone = encoder.encode_raw(Side::Question, &[sentence]).await;
        for (alone, together) in rows(&alone.expect("a vector"))[0].iter().zip(together) {
            assert!((alone - together).abs() < 1e-5, "{sentence:?}");
        }
    }
}

#[test]
fn the_first_piece_is_pooled_where_the_folder_says_so() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let batch = [
        vec![2, 5, 6, 7, 3],
        vec![2, 8, 3],
        vec![2, 10, 11, 12, 13, 14, 3],
    ];
    let read = ModelFolder::read(folder.path()).expect("a model");
    let mut model = Bert::load(&read, 1).expect("loaded");
    let by_first = model.forward(&batch).expect("vectors");
    let manifest = folder.path().join("zhiwen-model.toml");
    let mut poolings = vec![by_first];
    for pooling in ["mean", "max"] {
        std::fs::write(&manifest, format!("pooling = \"{pooling}\"")).expect("written");
        let read = ModelFolder::read(folder.path()).expect("a model");
        let mut model = Bert::load(&read, 1).expect("loaded");
        poolings.push(model.forward(&batch).expect("vectors"));
    }
    for pair in poolings.windows(2) {
        assert!(
            pair[0]
                .iter()
                .zip(&pair[1])
                .all(|(left, right)| left != right)
        );
    }
    // Of a single piece, first and mean are the same.
    let alone = |model: &mut Bert| model.forward(&[vec![2]]).expect("a vector");
    std::fs::remove_file(&manifest).expect("removed");
    let cls = ModelFolder::read(folder.path()).expect("a model");
    std::fs::write(&manifest, "pooling = \"mean\"").expect("written");
    let mean = ModelFolder::read(folder.path()).expect("a model");
    let mut cls = Bert::load(&cls, 1).expect("loaded");
    let mut mean = Bert::load(&mean, 1).expect("loaded");
    assert!(cosine(&alone(&mut cls)[0], &alone(&mut mean)[0]) > 0.9999);
}

#[tokio::test]
async fn conforms_with_chance_and_with_real_weights() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let encoder = BertEncoder::open(folder.path(), one_worker()).expect("a model");
    conforms(&encoder).await;
    let Some(folder) = minilm() else { return };
    let encoder = BertEncoder::open(&folder, BertOptions::default()).expect("a model");
    conforms(&encoder).await;
}

#[tokio::test]
async fn a_local_folder_of_another_shape_encodes() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let encoder = BertEncoder::open(folder.path(), one_worker()).expect("a model");
    encoder.health().await.expect("healthy");
    let idle = Workload {
        waiting: 0,
        workers: 1,
    };
    assert_eq!(encoder.workload(), Some(idle));
    // Far more pieces than the model has positions.
    let long = Normalized::new(&"包邮吗".repeat(100));
    let texts = [Normalized::new("包邮吗"), Normalized::default(), long];
    let vectors = encoder
        .encode(Side::Question, &texts)
        .await
        .expect("vectors");
    let vectors = rows(&vectors);
    let length = |vector: &[f32]| vector.iter().map(|value| value * value).sum::<f32>();
    assert!((length(&vectors[0]) - 1.0).abs() < 1e-5);
    assert!(vectors[1].iter().all(|&value| value == 0.0));
    assert!((length(&vectors[2]) - 1.0).abs() < 1e-5);
    let none = encoder.encode(Side::Question, &[]).await.expect("none");
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_prefix_goes_before_its_side_only() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    std::fs::write(
        folder.path().join("zhiwen-model.toml"),
        "question_prefix = \"free\"",
    )
    .expect("written");
    let encoder = BertEncoder::open(folder.path(), one_worker()).expect("a model");
    let encode = async |side, text| {
        let vectors = encoder.encode_raw(side, &[text]).await.expect("a vector");
        rows(&vectors)
    };
    let question = encode(Side::Question, "包邮").await;
    let knowledge = encode(Side::Knowledge, "包邮").await;
    let spelt_out = encode(Side::Knowledge, "free包邮").await;
    assert_ne!(question, knowledge);
    assert_eq!(question, spelt_out);
}

#[test]
fn pieces_that_would_make_the_library_panic_are_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let folder = ModelFolder::read(folder.path()).expect("a model");
    let mut model = Bert::load(&folder, 1).expect("loaded");
    for batch in [vec![2; 13], vec![2, 99, 3], vec![]] {
        assert!(model.forward(&[batch]).is_err());
    }
    assert!(model.forward(&[]).expect("none").is_empty());
}

#[test]
fn weights_that_vanish_after_the_look_are_an_error() {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let read = ModelFolder::read(folder.path()).expect("a model");
    let weights = folder.path().join("model.safetensors");
    let whole = std::fs::read(&weights).expect("bytes");
    for length in [0, 9, whole.len() / 2] {
        std::fs::write(&weights, &whole[..length]).expect("written");
        let refused = Bert::load(&read, 1).err().expect("refused").to_string();
        assert!(refused.contains("cannot load the model"), "{refused}");
    }
    std::fs::remove_file(&weights).expect("removed");
    assert!(Bert::load(&read, 1).is_err());
    let refused = BertEncoder::open(folder.path(), one_worker())
        .err()
        .expect("refused");
    assert!(
        refused.to_string().contains("model.safetensors"),
        "{refused}"
    );
}
