//! What a table keeps of its teacher, and how much faster it is:
//! `cargo run --release -p zhiwen-models --features bert --example distillation -- FOLDER CSV`
//!
//! CSV has columns text and label under a header. A fifth of the rows is held
//! back; the table sees the other texts, never their labels. On the vectors of
//! each encoder a logistic regression is trained and scored on the fifth.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a measurement at a desk"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use zhiwen_models::bert::Bert;
use zhiwen_models::distill::{Corpus, DistillOptions, Distilled, distill};
use zhiwen_models::distilled::DistilledEncoder;
use zhiwen_models::encoder::normalize;
use zhiwen_models::manifest::ModelFolder;
use zhiwen_models::text::Normalized;
use zhiwen_models::worker::Model;

struct Rows {
    texts: Vec<Normalized>,
    labels: Vec<usize>,
}

/// A teacher that is asked everything once.
struct Remembering {
    teacher: Bert,
    known: HashMap<Vec<u32>, Vec<f32>>,
}

impl Model for Remembering {
    fn forward(&mut self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        let is_new = |pieces: &&Vec<u32>| !self.known.contains_key(*pieces);
        let new: Vec<Vec<u32>> = batch.iter().filter(is_new).cloned().collect();
        let vectors = self.teacher.forward(&new)?;
        self.known.extend(new.into_iter().zip(vectors));
        Ok(batch
            .iter()
            .map(|pieces| self.known[pieces].clone())
            .collect())
    }
}

/// The rows to learn from and those held back, by a fixed draw.
fn read(path: &Path) -> (Rows, Rows) {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    let mut names = BTreeMap::new();
    let mut sets = [(); 2].map(|()| Rows {
        texts: Vec::new(),
        labels: Vec::new(),
    });
    let mut state = 7_u64;
    for record in reader.records() {
        let record = record.expect("a row");
        let next = names.len();
        let label = *names.entry(record[1].to_owned()).or_insert(next);
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let set = &mut sets[usize::from((state >> 33).is_multiple_of(5))];
        set.texts.push(Normalized::new(&record[0]));
        set.labels.push(label);
    }
    let [learned, held_back] = sets;
    (learned, held_back)
}

fn teach(
    teacher: &mut dyn Model,
    folder: &ModelFolder,
    texts: &[Normalized],
    batch: usize,
) -> Vec<Vec<f32>> {
    let sequence = |text: &Normalized| folder.pieces.sequence(text.as_str(), folder.max_tokens);
    let sequences: Vec<Vec<u32>> = texts.iter().map(sequence).collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&place| sequences[place].len());
    let mut vectors = vec![Vec::new(); texts.len()];
    for places in order.chunks(batch) {
        let batch: Vec<Vec<u32>> = places
            .iter()
            .map(|&place| sequences[place].clone())
            .collect();
        for (&place, mut vector) in places.iter().zip(teacher.forward(&batch).expect("vectors")) {
            normalize(&mut vector);
            vectors[place] = vector;
        }
    }
    vectors
}

fn look_up(table: &DistilledEncoder, texts: &[Normalized]) -> Vec<Vec<f32>> {
    texts.iter().map(|text| table.encode_one(text)).collect()
}

/// Multinomial logistic regression by AdaGrad (Duchi et al. 2011), one example at a time.
fn train(vectors: &[Vec<f32>], labels: &[usize]) -> Vec<Vec<f32>> {
    let classes = labels.iter().max().map_or(0, |last| last + 1);
    let mut weights = vec![vec![0.0_f32; vectors[0].len() + 1]; classes];
    let mut squares = vec![vec![1e-6_f32; vectors[0].len() + 1]; classes];
    let mut order: Vec<usize> = (0..labels.len()).collect();
    let mut state = 1_usize;
    for _ in 0..25 {
        for place in (1..order.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            order.swap(place, (state >> 33) % (place + 1));
        }
        for &example in &order {
            let mut scores: Vec<f32> = weights
                .iter()
                .map(|row| score(row, &vectors[example]))
                .collect();
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            scores
                .iter_mut()
                .for_each(|score| *score = (*score - most).exp());
            let sum: f32 = scores.iter().sum();
            for (class, (row, squares)) in weights.iter_mut().zip(&mut squares).enumerate() {
                let error = scores[class] / sum - f32::from(u8::from(class == labels[example]));
                if error.abs() < 1e-4 {
                    continue;
                }
                let inputs = vectors[example].iter().chain([&0.1]);
                for ((weight, square), input) in row.iter_mut().zip(squares).zip(inputs) {
                    let slope = error * input;
                    *square += slope * slope;
                    *weight -= 0.3 * slope / square.sqrt();
                }
            }
        }
    }
    weights
}

fn score(row: &[f32], vector: &[f32]) -> f32 {
    row.iter()
        .zip(vector.iter().chain([&0.1]))
        .map(|(left, right)| left * right)
        .sum()
}

fn accuracy(weights: &[Vec<f32>], vectors: &[Vec<f32>], labels: &[usize]) -> f64 {
    let is_right = |(vector, label): &(&Vec<f32>, &usize)| {
        let best = (0..weights.len()).max_by(|&left, &right| {
            score(&weights[left], vector).total_cmp(&score(&weights[right], vector))
        });
        best == Some(**label)
    };
    vectors.iter().zip(labels).filter(is_right).count() as f64 / labels.len() as f64
}

/// Texts a second, the best of three.
fn speed(texts: usize, mut run: impl FnMut()) -> f64 {
    let rates = [(); 3].map(|()| {
        let start = Instant::now();
        run();
        texts as f64 / start.elapsed().as_secs_f64()
    });
    rates.into_iter().fold(0.0, f64::max)
}

fn make(
    teacher: &mut dyn Model,
    folder: &ModelFolder,
    texts: &[Normalized],
    options: DistillOptions,
) -> Distilled {
    let start = Instant::now();
    let corpus = Corpus { words: &[], texts };
    let mut next = 0;
    let made = distill(teacher, folder, corpus, options, &mut |done, all| {
        if done >= next {
            eprintln!("{done} of {all}");
            next += 5000;
        }
    });
    let made = made.expect("a table");
    println!(
        "{:?} in {:.0} s",
        made.report,
        start.elapsed().as_secs_f64()
    );
    made
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, rows] = &arguments[..] else {
        println!("usage: distillation FOLDER CSV");
        return;
    };
    let folder = ModelFolder::read(Path::new(folder)).expect("a model");
    let (learned, held_back) = read(Path::new(rows));
    let mut teacher = Remembering {
        teacher: Bert::load(&folder, 1).expect("a model"),
        known: HashMap::new(),
    };
    let of_learned = teach(&mut teacher, &folder, &learned.texts, 64);
    let of_held_back = teach(&mut teacher, &folder, &held_back.texts, 64);
    let weights = train(&of_learned, &learned.labels);
    let full = accuracy(&weights, &of_held_back, &held_back.labels);
    println!("teacher: accuracy {full:.4}");

    let mut tables = Vec::new();
    for (dimensions, texts) in [
        (256, &learned.texts[..]),
        (384, &learned.texts[..]),
        (256, &[]),
    ] {
        let options = DistillOptions {
            dimensions,
            ..DistillOptions::default()
        };
        let table = make(&mut teacher, &folder, texts, options).encoder;
        let weights = train(&look_up(&table, &learned.texts), &learned.labels);
        let kept = accuracy(
            &weights,
            &look_up(&table, &held_back.texts),
            &held_back.labels,
        );
        let (texts, share) = (texts.len(), kept / full);
        println!(
            "{dimensions} dimensions, {texts} texts: accuracy {kept:.4}, {share:.3} of the teacher's"
        );
        tables.push(table);
    }

    let sample = &held_back.texts[..held_back.texts.len().min(512)];
    let mut best: f64 = 0.0;
    for threads in [1, 2] {
        let mut teacher = Bert::load(&folder, threads).expect("a model");
        for batch in [1, 16, 64] {
            let rate = speed(sample.len(), || {
                drop(teach(&mut teacher, &folder, sample, batch))
            });
            println!("teacher, {threads} threads, batch {batch}: {rate:.0} texts/s");
            best = best.max(rate);
        }
    }
    let rate = speed(held_back.texts.len(), || {
        drop(look_up(&tables[0], &held_back.texts))
    });
    println!(
        "table, one thread: {rate:.0} texts/s, {:.0} times the teacher's best",
        rate / best
    );
    println!("file: {} bytes", tables[0].to_bytes().len());
}
