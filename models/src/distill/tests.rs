//! Tests with a teacher whose secret is known.

use super::*;
use crate::encoder_suite::conforms;
use crate::manifest::sample::write_sample;
use crate::wordpiece::{Folding, WordPieces};

const PIECES: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfree\nship\n##ping\nblue\nred\nbox\nreturn\nwhen\nlate\n怎\n么\n退\n货\n呢\n保\n修\n期\n是\n几\n年\n";

/// A text's vector is the mean of the pieces', of which stop words have less, and
/// a piece alone is told with an error.
struct Teacher;

fn secret(piece: u32) -> Vec<f32> {
    let mut state = piece.wrapping_mul(0x9e37_79b9) | 1;
    let chance = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 24) as u8) / 127.5 - 1.0
    });
    chance.take(8).collect()
}

impl Model for Teacher {
    fn forward(&mut self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        let mean = |pieces: &Vec<u32>| {
            let mut sum = vec![0.0; 8];
            for &piece in &pieces[1..pieces.len() - 1] {
                let weight = if piece % 4 == 0 { 0.2 } else { 1.0 };
                for (sum, value) in sum.iter_mut().zip(secret(piece)) {
                    *sum += value * weight;
                }
            }
            if pieces.len() == 3 {
                sum[pieces[1] as usize % 8] += 1.0;
            }
            sum
        };
        Ok(batch.iter().map(mean).collect())
    }
}

struct Broken(Vec<Vec<f32>>);

impl Model for Broken {
    fn forward(&mut self, _batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        if self.0.is_empty() {
            return Err("told to".to_owned());
        }
        Ok(self.0.clone())
    }
}

fn folder() -> ModelFolder {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    let mut read = ModelFolder::read(folder.path()).expect("a model");
    read.name = "teacher".to_owned();
    read.pieces = WordPieces::new(PIECES, Folding::default()).expect("a vocabulary");
    read
}

/// Every three of ten words.
fn texts() -> Vec<Normalized> {
    const WORDS: [&str; 10] = [
        "free", "shipping", "blue", "red", "box", "return", "when", "late", "退货", "保修",
    ];
    let text = |number: usize| {
        let words = [number % 10, number / 10 % 10, number / 100].map(|place| WORDS[place]);
        Normalized::new(&words.join(" "))
    };
    (0..1000).map(text).collect()
}

fn options() -> DistillOptions {
    DistillOptions {
        dimensions: 8,
        ..DistillOptions::default()
    }
}

fn made(corpus: Corpus<'_>, options: DistillOptions) -> Distilled {
    distill(&mut Teacher, &folder(), corpus, options, &mut |_, _| {}).expect("a table")
}

#[test]
fn texts_teach_what_pieces_alone_do_not() {
    let texts = texts();
    let corpus = Corpus {
        words: &[],
        texts: &texts,
    };
    let report = made(corpus, options()).report;
    assert_eq!(report.fitted_texts, 900);
    let fitted = report.held_back_cosine.expect("texts were held back");
    let unfitted = DistillOptions {
        steps: 0,
        ..options()
    };
    let began = made(corpus, unfitted).report.held_back_cosine;
    assert!(
        fitted > 0.95 && began.expect("held back") < 0.8,
        "{fitted} {began:?}"
    );
}

#[test]
fn phrases_are_rows_of_their_own() {
    let words = ["Free shipping", "free shipping", "free", "unheard of"].map(Normalized::new);
    let corpus = Corpus {
        words: &words,
        texts: &[],
    };
    let made = made(corpus, options());
    assert_eq!((made.report.pieces, made.report.phrases), (24, 1));
    assert_eq!(made.report.held_back_cosine, None);
}

#[test]
fn fewer_dimensions_and_progress() {
    let mut last = (0, 0);
    let fewer = DistillOptions {
        dimensions: 3,
        batch: 5,
        ..options()
    };
    let corpus = Corpus::default();
    let made = distill(&mut Teacher, &folder(), corpus, fewer, &mut |done, all| {
        last = (done, all);
    });
    let encoder = made.expect("a table").encoder;
    assert_eq!(encoder.encode_one(&Normalized::new("free")).len(), 3);
    assert_eq!(last, (24, 24));
}

#[tokio::test]
async fn what_is_made_conforms_and_is_the_same_each_time() {
    let texts = texts();
    let corpus = Corpus {
        words: &[Normalized::new("保修期")],
        texts: &texts,
    };
    let encoder = made(corpus, options()).encoder;
    conforms(&encoder).await;
    assert_eq!(
        made(corpus, options()).encoder.to_bytes(),
        encoder.to_bytes()
    );
    conforms(&made(Corpus::default(), options()).encoder).await;
}

#[test]
fn a_teacher_that_fails_or_raves_is_an_error() {
    for answer in [vec![], vec![vec![0.0; 9]; 24]] {
        let mut teacher = Broken(answer);
        let corpus = Corpus::default();
        assert!(distill(&mut teacher, &folder(), corpus, options(), &mut |_, _| {}).is_err());
    }
}
