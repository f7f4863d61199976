//! Recurring questions: pure functions from vectors, and what people pinned, to
//! clusters. The same input gives the same clusters, on any number of threads.
//!
//! Of many questions, a graph of nearest neighbours is cut into fine communities;
//! each question goes where its neighbours are; average linkage puts communities
//! together; the cut is where the silhouette is highest, from communities that
//! are clearly finer than it; in the end each question goes where its neighbours
//! are once more. Of few, average linkage puts single
//! questions together for as long as they more probably ask the same than not.
//! The number of clusters is never given.

mod assign;
mod collapse;
mod communities;
mod identity;
mod key_phrases;
mod label;
mod latent_space;
mod linkage;
mod neighbours;
mod pair_space;
mod pairs;
mod parallel;
mod silhouette;
mod space;
mod vote;

pub use assign::{Assigner, Nearest};
pub use collapse::{Collapsed, collapse};
pub use identity::match_ids;
pub use key_phrases::key_phrases;
pub use label::{Candidate, medoid};
pub use space::{Answer, Meaning, Space, SpaceError};

use crate::encoder::normalize;
use crate::lexical::matrix::add_scaled;
use communities::{Graph, communities, renumbered};
use linkage::{Merge, Parts, merges};
use neighbours::{Matrix, nearest};
use silhouette::best_step;

/// What is to be clustered: distinct questions, one a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Questions<'a> {
    /// The length of a vector.
    pub dimensions: usize,
    /// Vectors, row after row; a row of zeros stays alone. Unit vectors where
    /// `alike` is `None`.
    pub vectors: &'a [f32],
    /// The dot product from which two rows more probably ask the same than not;
    /// `None` where only their density tells ([`Space::alike`]).
    pub alike: Option<f32>,
    /// Which item answers each row, and how far that counts: rows of different
    /// items are less alike by the product of the two. Empty where it is not
    /// known or density tells ([`Space::answers`]).
    pub answers: &'a [Option<Answer>],
    /// How often each was asked; each once where this is empty.
    pub weights: &'a [f32],
    /// The cluster that each was in so far: it pulls, so that clusters stay from
    /// week to week. Empty where there is none.
    pub previous: &'a [Option<u64>],
    /// What people said: rows of one pin are together, rows of different pins
    /// are not, a row without one may join any. Empty where they said nothing.
    pub pins: &'a [Option<u64>],
}

/// The knobs, all with a default that did well on several sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Neighbours a question.
    pub neighbours: usize,
    /// The least resolution of the fine communities (1 is modularity).
    pub resolution: f64,
    /// The resolution is at least one for so many questions, so that fine
    /// communities do not grow with the number of questions.
    pub questions_a_resolution: f64,
    /// How much of the centre of a question's previous cluster is added to its vector.
    pub pull: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            neighbours: 20,
            resolution: 16.0,
            questions_a_resolution: 600.0,
            pull: 0.8,
        }
    }
}

/// What finer communities have to add to the silhouette: less is chance.
const LEAST_GAIN: f64 = 0.01;

/// What clustering came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    /// The group of each row, numbered by first occurrence without gaps.
    pub groups: Vec<u32>,
    /// How many groups there are, those of a single row included.
    pub count: usize,
    /// Where the linkage was cut.
    pub cut: Cut,
    /// The share of questions asked, by weight, that are in a group which was
    /// asked at least twice: by several wordings, or one wording several times.
    pub coverage: f64,
}

/// Where the linkage was cut, and why there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cut {
    /// The fine communities that linkage began with.
    pub communities: usize,
    /// How alike the last two groups were that were put together (mean dot
    /// product of their members); 1 where none were.
    pub similarity: f32,
    /// The mean silhouette at the cut, −1 to 1: no other cut had a higher one.
    /// 0 where pairs decided.
    pub silhouette: f64,
}

/// Groups questions that ask the same.
///
/// Rows whose vectors hold no finite numbers, and slices shorter than the rows,
/// are the caller's fault: the former stay alone, the latter count as `None`.
pub fn cluster(questions: &Questions<'_>, options: &Options) -> Clustering {
    let (groups, cut) = match questions.alike {
        Some(alike) => pairs::by_pairs(questions, alike),
        None => by_density(questions, options),
    };
    let (groups, count) = renumbered(&groups);
    Clustering {
        coverage: coverage(&groups, count, questions.weights),
        groups,
        count,
        cut,
    }
}

fn by_density(questions: &Questions<'_>, options: &Options) -> (Vec<u32>, Cut) {
    let pulled = pulled(questions, options.pull);
    let rows = Matrix {
        values: &pulled,
        width: questions.dimensions,
    };
    let neighbours = nearest(rows, options.neighbours);
    let graph = Graph::of_neighbours(&neighbours, questions.pins);
    let resolution = options
        .resolution
        .max(count_of(rows.len()) / options.questions_a_resolution.max(1.0));
    let material = Material {
        rows,
        neighbours: &neighbours,
        graph: &graph,
        pins: questions.pins,
    };
    let (mut groups, cut) = material.cut_from_fine_enough(resolution);
    vote::vote(&mut groups, &neighbours, questions.pins);
    (groups, cut)
}

/// The share of questions asked, by weight, in a group asked at least twice.
/// `groups` are numbered below `count`; without weights each row counts one.
pub fn coverage(groups: &[u32], count: usize, weights: &[f32]) -> f64 {
    let mut asked = vec![0.0_f64; count];
    for (row, group) in groups.iter().enumerate() {
        asked[*group as usize] += weights.get(row).map_or(1.0, |weight| f64::from(*weight));
    }
    let whole: f64 = asked.iter().sum();
    let covered: f64 = asked.iter().filter(|asked| **asked >= 2.0).sum();
    if whole > 0.0 { covered / whole } else { 1.0 }
}

/// The vectors, each with a share of the centre of its previous cluster.
fn pulled(questions: &Questions<'_>, pull: f32) -> Vec<f32> {
    let width = questions.dimensions.max(1);
    let mut vectors = finite(questions.vectors);
    let known: Vec<(usize, u64)> = questions
        .previous
        .iter()
        .take(vectors.len() / width)
        .enumerate()
        .filter_map(|(row, previous)| Some((row, (*previous)?)))
        .collect();
    let mut centres: std::collections::HashMap<u64, Vec<f32>> = std::collections::HashMap::new();
    for (row, cluster) in &known {
        let centre = centres.entry(*cluster).or_insert_with(|| vec![0.0; width]);
        add_scaled(centre, 1.0, &vectors[row * width..(row + 1) * width]);
    }
    for centre in centres.values_mut() {
        normalize(centre);
    }
    for (row, cluster) in known {
        if let Some(centre) = centres.get(&cluster) {
            let own = &mut vectors[row * width..(row + 1) * width];
            add_scaled(own, pull, centre);
            normalize(own);
        }
    }
    vectors
}

/// The same without what is no number.
fn finite(vectors: &[f32]) -> Vec<f32> {
    let or_zero = |value: &f32| if value.is_finite() { *value } else { 0.0 };
    vectors.iter().map(or_zero).collect()
}

/// What is cut: the rows, how near they are to each other, and their pins.
struct Material<'a> {
    rows: Matrix<'a>,
    neighbours: &'a [Vec<(u32, f32)>],
    graph: &'a Graph,
    pins: &'a [Option<u64>],
}

impl Material<'_> {
    /// The cut from communities at `resolution`, or finer ones: where linkage
    /// leaves most of them as they are, they are hardly finer than the clusters,
    /// and two questions of one frame ("can you engrave it", "can you gift-wrap
    /// it") that share a community could never be told apart. They are made finer
    /// then for as long as the silhouette says that this parts what is apart.
    fn cut_from_fine_enough(&self, resolution: f64) -> (Vec<u32>, Cut) {
        let mut best = self.cut(resolution);
        let mut finer = resolution;
        while is_among_communities(&best) && best.1.communities < self.rows.len() {
            finer *= 2.0;
            let next = self.cut(finer);
            if next.1.silhouette < best.1.silhouette + LEAST_GAIN {
                break;
            }
            best = next;
        }
        best
    }

    /// Puts fine communities together up to the cut. Questions go where their
    /// neighbours are first: linkage cannot part again what a community holds
    /// by chance, and the silhouette judges what will be there in the end.
    fn cut(&self, resolution: f64) -> (Vec<u32>, Cut) {
        let (mut fine, _) = communities(self.graph, resolution);
        vote::vote(&mut fine, self.neighbours, self.pins);
        let (fine, count) = renumbered(&fine);
        let mut parts = Parts::of(self.rows, &fine, count);
        for (row, part) in fine.iter().enumerate() {
            let pin = self.pins.get(row).copied().flatten();
            parts.pins[*part as usize] = parts.pins[*part as usize].or(pin);
        }
        let merges = merges(&parts);
        let step = best_step(self.rows, &parts, &fine, &merges);
        let done = &merges[..step.merges];
        let cut = Cut {
            communities: count,
            similarity: done.last().map_or(1.0, |merge| merge.similarity),
            silhouette: step.silhouette,
        };
        let groups = after(done, count);
        (
            fine.iter().map(|part| groups[*part as usize]).collect(),
            cut,
        )
    }
}

/// Whether more than half of the communities are left after the cut.
fn is_among_communities((groups, cut): &(Vec<u32>, Cut)) -> bool {
    let (_, left) = renumbered(groups);
    2 * left > cut.communities
}

/// The group of each part after `merges`.
fn after(merges: &[Merge], count: usize) -> Vec<u32> {
    let mut groups: Vec<u32> = (0..).take(count).collect();
    for merge in merges.iter().rev() {
        // From the last to the first, what a part goes into already has its group.
        groups[merge.from] = groups[merge.into];
    }
    groups
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
fn count_of(rows: usize) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests;
