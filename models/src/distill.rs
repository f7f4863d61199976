//! Makes a table of a sentence model: its vector of every word piece and phrase,
//! fitted so that their means come near to its vectors of whole texts.
//!
//! Without texts, the pieces' vectors are centred, reduced to their principal
//! components, and weighted by the logarithm of their place in the vocabulary,
//! whose frequent pieces come first (Tulkens and van Dongen 2024, "Model2Vec").
//! With texts, the model encodes these as well, and the table is the least-squares
//! fit to their vectors with a pull towards where the pieces began; that keeps
//! more of the model than any weighting by frequency did.

use crate::distilled::{DistilledEncoder, Phrases, Rows};
use crate::encoder::normalize;
use crate::manifest::ModelFolder;
use crate::text::Normalized;
use crate::worker::Model;

mod components;
mod least_squares;
mod words;

use components::principal_components;
use least_squares::{Means, fit};

pub use words::frequent_words;

/// What a table is made for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Corpus<'a> {
    /// Words and phrases that get a vector of their own: product names and the like.
    pub words: &'a [Normalized],
    /// Texts as buyers write them; some thousands are plenty, none will do.
    pub texts: &'a [Normalized],
}

/// How a table is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistillOptions {
    /// The length of the table's vectors, at most the model's.
    pub dimensions: usize,
    /// How strongly a piece is held where it began, in occurrences as the only
    /// piece of a text.
    pub pull: f32,
    /// The steps of the fit.
    pub steps: usize,
    /// The most texts of one forward pass.
    pub batch: usize,
}

impl Default for DistillOptions {
    fn default() -> Self {
        Self {
            dimensions: 256,
            pull: 0.01,
            steps: 40,
            batch: 64,
        }
    }
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Distilled {
    /// The table.
    pub encoder: DistilledEncoder,
    /// How it was made and how near it comes.
    pub report: DistillReport,
}

/// How a table was made and how near it comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistillReport {
    /// Word pieces with a vector.
    pub pieces: usize,
    /// Phrases with a vector.
    pub phrases: usize,
    /// Texts that the table was fitted to.
    pub fitted_texts: usize,
    /// The mean cosine between the table's and the model's vectors (reduced to
    /// the table's dimensions) of texts kept out of the fit; `None` with too few texts.
    pub held_back_cosine: Option<f32>,
}

/// Every so many texts, one is kept out of the fit.
const HELD_BACK_OF: usize = 10;
/// With fewer texts nothing is fitted, and nothing is known of the quality.
pub const FEWEST_TEXTS: usize = 50;
/// Longer phrases are texts.
const LONGEST_PHRASE: usize = 8;

/// Runs `teacher` over the pieces of `folder`, `corpus.words` and `corpus.texts`,
/// and makes the table. `progress` is told the sequences done and those in all.
///
/// Takes a minute or two for 30,000 pieces and as many for 10,000 texts.
///
/// # Errors
/// What the teacher says when it fails.
pub fn distill(
    teacher: &mut dyn Model,
    folder: &ModelFolder,
    corpus: Corpus<'_>,
    options: DistillOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Distilled, String> {
    let phrases = phrases_of(folder, corpus.words);
    let pieces = folder.pieces.size();
    let ordered = phrases.ordered();
    let mut sequences: Vec<Vec<u32>> = (0..pieces)
        .map(|piece| folder.pieces.enclose(&[piece]))
        .collect();
    sequences.extend(ordered.iter().map(|phrase| folder.pieces.enclose(phrase)));
    let rows = sequences.len();
    let texts = distinct(corpus.texts);
    let is_fitted = texts.len() >= FEWEST_TEXTS;
    if is_fitted {
        let sequence =
            |text: &&Normalized| folder.pieces.sequence(text.as_str(), folder.max_tokens);
        sequences.extend(texts.iter().map(sequence));
    }
    let from = folder.shape.hidden_size;
    let mut vectors = run(teacher, &sequences, from, options.batch, progress)?;
    let mut of_texts = vectors.split_off(rows * from);
    let dimensions = options.dimensions.clamp(1, from);
    let mut report = DistillReport {
        pieces: pieces as usize,
        phrases: ordered.len(),
        fitted_texts: 0,
        held_back_cosine: None,
    };
    let table = if is_fitted {
        for vector in of_texts.chunks_exact_mut(from) {
            normalize(vector);
        }
        let basis = principal_components(&of_texts, from, dimensions);
        let targets = basis.project(&of_texts);
        let means = means_of(folder, &phrases, &texts);
        let (kept, held_back) = means.split(HELD_BACK_OF);
        let (kept_targets, held_back_targets) = split(&targets, dimensions, HELD_BACK_OF);
        let start = basis.project(&vectors);
        let table = fit(&kept, &kept_targets, start, dimensions, options);
        report.fitted_texts = kept.len();
        report.held_back_cosine = Some(mean_cosine(
            &held_back,
            &table,
            &held_back_targets,
            dimensions,
        ));
        table
    } else {
        weigh(center(vectors, from), from, dimensions)
    };
    let rows = Rows::quantize(dimensions, &table);
    let name = format!("{} (distilled)", folder.name);
    let encoder = DistilledEncoder::new(name, folder.pieces.clone(), phrases, rows);
    Ok(Distilled { encoder, report })
}

/// Phrases of two pieces or more, all of them known.
fn phrases_of(folder: &ModelFolder, words: &[Normalized]) -> Phrases {
    let cut = |word: &Normalized| {
        let mut pieces = Vec::new();
        folder
            .pieces
            .extend(word.as_str(), LONGEST_PHRASE + 1, &mut pieces);
        let is_phrase = (2..=LONGEST_PHRASE).contains(&pieces.len())
            && !pieces.contains(&folder.pieces.unknown());
        is_phrase.then_some(pieces)
    };
    Phrases::new(words.iter().filter_map(cut), folder.pieces.size())
}

/// Each text once, so that copies of one are not on both sides.
fn distinct(texts: &[Normalized]) -> Vec<&Normalized> {
    let mut seen = std::collections::HashSet::new();
    texts
        .iter()
        .filter(|text| !text.is_empty() && seen.insert(*text))
        .collect()
}

/// The teacher's vectors, row after row, in the order of `sequences`.
fn run(
    teacher: &mut dyn Model,
    sequences: &[Vec<u32>],
    dimensions: usize,
    batch: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<f32>, String> {
    // Like lengths together: little padding.
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|&place| sequences.get(place).map_or(0, Vec::len));
    let mut vectors = vec![0.0; sequences.len() * dimensions];
    let mut done = 0;
    for places in order.chunks(batch.max(1)) {
        let batch: Vec<Vec<u32>> = places
            .iter()
            .filter_map(|&place| sequences.get(place).cloned())
            .collect();
        for (&place, vector) in places.iter().zip(teacher.forward(&batch)?) {
            let row = vectors.get_mut(place * dimensions..(place + 1) * dimensions);
            match row {
                Some(row) if vector.len() == dimensions => row.copy_from_slice(&vector),
                _ => return Err("the model gave a vector of another length".to_owned()),
            }
        }
        done += places.len();
        progress(done, sequences.len());
    }
    Ok(vectors)
}

/// Which rows each text is the mean of.
fn means_of(folder: &ModelFolder, phrases: &Phrases, texts: &[&Normalized]) -> Means {
    let mut means = Means::default();
    let mut pieces = Vec::new();
    for text in texts {
        pieces.clear();
        folder
            .pieces
            .extend(text.as_str(), folder.max_tokens, &mut pieces);
        let mut rows = Vec::with_capacity(pieces.len());
        phrases.visit(&pieces, |row| {
            // No text is served by it either.
            if row != folder.pieces.unknown() {
                rows.push(row);
            }
        });
        means.push(&rows);
    }
    means
}

/// The rows that are kept and every `of`-th.
fn split(values: &[f32], dimensions: usize, of: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut kept, mut held_back) = (Vec::new(), Vec::new());
    for (number, row) in values.chunks_exact(dimensions).enumerate() {
        if number % of == 0 {
            held_back.extend_from_slice(row);
        } else {
            kept.extend_from_slice(row);
        }
    }
    (kept, held_back)
}

fn mean_cosine(means: &Means, table: &[f32], targets: &[f32], dimensions: usize) -> f32 {
    let encoded = means.times(table, dimensions);
    let mut sum = 0.0;
    for (vector, target) in encoded
        .chunks_exact(dimensions)
        .zip(targets.chunks_exact(dimensions))
    {
        let (mut vector, mut target) = (vector.to_vec(), target.to_vec());
        normalize(&mut vector);
        normalize(&mut target);
        sum += vector
            .iter()
            .zip(&target)
            .map(|(left, right)| left * right)
            .sum::<f32>();
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of texts")]
    let count = means.len().max(1) as f32;
    sum / count
}

fn center(mut vectors: Vec<f32>, dimensions: usize) -> Vec<f32> {
    let mut mean = vec![0.0_f64; dimensions];
    for row in vectors.chunks_exact(dimensions) {
        for (mean, value) in mean.iter_mut().zip(row) {
            *mean += f64::from(*value);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of pieces")]
    let count = (vectors.len() / dimensions).max(1) as f64;
    for row in vectors.chunks_exact_mut(dimensions) {
        for (value, mean) in row.iter_mut().zip(&mean) {
            #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
            let mean = (mean / count) as f32;
            *value -= mean;
        }
    }
    vectors
}

/// Principal components, each row times ln(2 + its place).
fn weigh(vectors: Vec<f32>, from: usize, dimensions: usize) -> Vec<f32> {
    let basis = principal_components(&vectors, from, dimensions);
    let mut table = basis.project(&vectors);
    for (place, row) in table.chunks_exact_mut(dimensions).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a count of pieces")]
        let weight = (place as f32 + 2.0).ln();
        for value in row {
            *value *= weight;
        }
    }
    table
}

#[cfg(test)]
mod tests;
