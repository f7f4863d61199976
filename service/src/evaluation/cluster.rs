//! Clusters of texts against a reference, found as the questions of a shop are
//! that is asked much: small talk left out, identical questions collapsed, the
//! number of clusters unknown. Nothing is known of them but their words.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use zhiwen_models::cluster::{Clustering, Options, Questions, Space, cluster, collapse, match_ids};
use zhiwen_models::encoder::{Encoder, EncoderError};
use zhiwen_models::metrics;
use zhiwen_models::smalltalk::without_small_talk;
use zhiwen_models::text::Normalized;

use super::classify::vectors;

/// A text, and what it is together with in the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referenced {
    /// The text.
    pub text: String,
    /// The name of its reference cluster.
    pub cluster: String,
}

/// What is to be measured.
pub struct ClusterTask {
    /// The texts.
    pub texts: Vec<Referenced>,
    /// What makes vectors beside the words; `None` for words alone.
    pub encoder: Option<Arc<dyn Encoder>>,
    /// For stability: the share of questions that there were before; `None` to
    /// leave it out.
    pub previous_share: Option<f64>,
}

/// How well clusters agree with the reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterReport {
    /// Texts.
    pub texts: usize,
    /// Distinct questions, without small talk and once normalised.
    pub distinct: usize,
    /// Clusters in the reference.
    pub reference_clusters: usize,
    /// Clusters found.
    pub clusters: usize,
    /// The share of texts in a cluster that was asked at least twice.
    pub coverage: f64,
    /// Normalised mutual information.
    pub normalized_mutual_information: f64,
    /// The same by definition: harmonic mean of homogeneity and completeness.
    pub v_measure: f64,
    /// Adjusted Rand index.
    pub adjusted_rand_index: f64,
    /// The share of texts that are right after one-to-one assignment.
    pub accuracy: f64,
    /// The mean silhouette at the cut that was chosen.
    pub silhouette: f64,
    /// Seconds for the encoder's vectors.
    pub encode_seconds: f64,
    /// Seconds for all else.
    pub cluster_seconds: f64,
    /// Whether clusters stay when questions come in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
}

/// Clusters of most questions, and again with the others added.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stability {
    /// The share of earlier questions that are under the same id afterwards,
    /// the mean of several draws.
    pub same_id: f64,
    /// The lowest of a draw.
    pub lowest: f64,
    /// The draws.
    pub draws: u64,
}

/// Which questions there were before is drawn so often.
const DRAWS: u64 = 3;

/// What a measurement came to.
pub struct Measured {
    /// The figures.
    pub report: ClusterReport,
    /// The cluster of each text, in their order.
    pub groups: Vec<u32>,
}

/// Clusters and measures.
///
/// # Errors
/// When the encoder fails.
pub async fn measure(task: &ClusterTask) -> Result<Measured, EncoderError> {
    let texts: Vec<Normalized> = task.texts.iter().map(|row| question(&row.text)).collect();
    let collapsed = collapse(&texts);
    let asked = Asked {
        texts: collapsed
            .first
            .iter()
            .map(|place| texts[*place].clone())
            .collect(),
        weights: collapsed
            .counts
            .iter()
            .map(|count| f32::from(u16::try_from(*count).unwrap_or(u16::MAX)))
            .collect(),
        vectors: Vec::new(),
    };
    let started = Instant::now();
    let vectors = vectors(task.encoder.as_deref(), &asked.texts).await?;
    let asked = Asked {
        vectors: vectors.into_iter().flatten().flatten().collect(),
        ..asked
    };
    let encode_seconds = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let found = tokio::task::block_in_place(|| asked.clustered(&[]));
    let cluster_seconds = started.elapsed().as_secs_f64();
    let stability = task
        .previous_share
        .map(|share| tokio::task::block_in_place(|| stability(&asked, share)));
    let groups: Vec<u32> = collapsed
        .distinct
        .iter()
        .map(|distinct| found.groups[*distinct])
        .collect();
    let reference: Vec<&str> = task.texts.iter().map(|row| row.cluster.as_str()).collect();
    let names: std::collections::BTreeSet<&str> = reference.iter().copied().collect();
    let report = ClusterReport {
        texts: texts.len(),
        distinct: asked.texts.len(),
        reference_clusters: names.len(),
        clusters: found.count,
        coverage: found.coverage,
        normalized_mutual_information: metrics::normalized_mutual_information(&reference, &groups),
        v_measure: metrics::v_measure(&reference, &groups),
        adjusted_rand_index: metrics::adjusted_rand_index(&reference, &groups),
        accuracy: metrics::assigned_accuracy(&reference, &groups),
        silhouette: found.cut.silhouette,
        encode_seconds,
        cluster_seconds,
        stability,
    };
    Ok(Measured { report, groups })
}

/// What of a text is clustered; all of it where it is nothing but small talk.
fn question(text: &str) -> Normalized {
    let asked = Normalized::new(&without_small_talk(text));
    if asked.is_empty() {
        Normalized::new(text)
    } else {
        asked
    }
}

/// Distinct questions.
struct Asked {
    texts: Vec<Normalized>,
    weights: Vec<f32>,
    /// The encoder's vectors, row after row; empty without one.
    vectors: Vec<f32>,
}

impl Asked {
    fn clustered(&self, previous: &[Option<u64>]) -> Clustering {
        let space = Space::learn(&self.texts, &self.vectors, None);
        let placed = space.place_all(&self.texts, &self.vectors, &[]);
        let questions = Questions {
            dimensions: space.dimensions(),
            vectors: &placed,
            alike: space.alike(true),
            answers: &[],
            weights: &self.weights,
            previous,
            pins: &[],
        };
        cluster(&questions, &Options::default())
    }

    fn part(&self, rows: &[usize]) -> Self {
        let width = self.vectors.len() / self.texts.len().max(1);
        Self {
            texts: rows.iter().map(|row| self.texts[*row].clone()).collect(),
            weights: rows.iter().map(|row| self.weights[*row]).collect(),
            vectors: rows
                .iter()
                .flat_map(|row| &self.vectors[row * width..(row + 1) * width])
                .copied()
                .collect(),
        }
    }
}

fn stability(asked: &Asked, share: f64) -> Stability {
    let shares: Vec<f64> = (1..=DRAWS)
        .map(|draw| same_ids(asked, share, draw))
        .collect();
    Stability {
        same_id: shares.iter().sum::<f64>() / DRAWS as f64,
        lowest: shares.iter().copied().fold(1.0, f64::min),
        draws: DRAWS,
    }
}

/// The share of questions of an earlier part that keep the id of their cluster.
fn same_ids(asked: &Asked, share: f64, draw: u64) -> f64 {
    let earlier: Vec<usize> = (0..asked.texts.len())
        .filter(|row| drawn(*row, draw) < share)
        .collect();
    let before = asked.part(&earlier).clustered(&[]);
    let mut previous = vec![None; asked.texts.len()];
    for (row, group) in earlier.iter().zip(&before.groups) {
        previous[*row] = Some(u64::from(*group));
    }
    let after = asked.clustered(&previous);
    let ids = match_ids(&previous, &after.groups, &asked.weights, &[]);
    let same = earlier
        .iter()
        .filter(|row| ids[after.groups[**row] as usize] == previous[**row]);
    same.count() as f64 / earlier.len().max(1) as f64
}

/// A number from 0 up to 1 that is always the same for a row and a draw: the
/// finaliser of SplitMix64.
fn drawn(row: usize, draw: u64) -> f64 {
    let mut mixed = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ draw.rotate_left(40);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<Referenced> {
        let rows = [
            ("when", "你好,什么时候发货"),
            ("when", "什么时候能发货"),
            ("when", "什么时候可以发货呢"),
            ("when", "什么时候发货"),
            ("refund", "怎么申请退款"),
            ("refund", "退款怎么申请"),
            ("refund", "申请退款怎么弄"),
            ("invoice", "可以开电子发票吗"),
            ("invoice", "电子发票可以开吗"),
            ("invoice", "能开电子发票吗"),
        ];
        let referenced = |(cluster, text): (&str, &str)| Referenced {
            text: text.to_owned(),
            cluster: cluster.to_owned(),
        };
        rows.into_iter().map(referenced).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn few_texts_fall_into_their_clusters_and_stay_there() {
        let report = measure(&ClusterTask {
            texts: texts(),
            encoder: None,
            previous_share: Some(0.9),
        })
        .await
        .expect("measured")
        .report;
        assert_eq!((report.texts, report.distinct), (10, 9));
        assert_eq!(report.reference_clusters, 3);
        assert_eq!(report.clusters, 3, "{report:?}");
        assert!((report.accuracy - 1.0).abs() < 1e-9, "{report:?}");
        assert!((report.coverage - 1.0).abs() < 1e-9, "{report:?}");
        let stability = report.stability.expect("asked for");
        assert!(stability.lowest > 0.7, "{stability:?}");
    }

    #[test]
    fn draws_the_share_that_was_asked_for() {
        for draw in 1..=DRAWS {
            let kept = (0..10_000).filter(|row| drawn(*row, draw) < 0.9).count();
            assert!((8_850..=9_150).contains(&kept), "{kept}");
        }
    }
}
