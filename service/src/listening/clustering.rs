//! Clusters all wordings of a shop anew. Ids stay where most of what was asked
//! stays; what people put together or apart stays so.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use tokio::task::spawn_blocking;
use zhiwen_models::cluster::{
    Answer, Meaning, Options, Questions, Space, cluster, key_phrases, match_ids,
};
use zhiwen_models::encoder::normalize;
use zhiwen_models::privacy::Masked;
use zhiwen_models::text::Normalized;

use super::compass::{Compass, Learned, of_intent};
use super::coverage::{Voice, answered, meanings};
use super::encoding::{self, encoded};
use super::label::{WordingOf, label};
use super::mining::{lost, mine};
use super::{Ledger, Listening};
use crate::catalog::{Catalog, CatalogError, Searchable};
use crate::domain::causes::with_causes;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::listening::{AnsweredBy, Cluster, WordingKey, WordingPlace};
use crate::domain::queue::CandidateState;
use crate::language::ShopEncoder;
use crate::store::{ClusterChange, Store, StoreError};

/// Of more wordings, the rarest are left alone.
const MOST_WORDINGS: usize = 300_000;

/// Phrases that a cluster is described by.
const MOST_PHRASES: usize = 5;

/// Wordings, those asked most, by which a question is told to be answered.
const MOST_VOICES: usize = 5;

/// Mined answers of each state that new ones are compared with.
const MOST_CANDIDATES: u32 = 10_000;

/// Replies of so many days are mined, at most so many.
const MINED_DAYS: i64 = 90;
const MOST_REPLIES: u32 = 100_000;

/// For so long, knowledge that was written before is waited for.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// What clustering needs.
#[derive(Clone)]
pub struct Clusterer {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The shops' ledgers.
    pub listening: Arc<Listening>,
    /// The shops' encoders and knowledge.
    pub catalog: Arc<Catalog>,
    /// An item below this confidence is no answer, where the shop has fitted no other.
    pub minimum_confidence: f32,
}

/// What a clustering came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusteringReport {
    /// Questions asked.
    pub questions: u64,
    /// Distinct wordings.
    pub wordings: usize,
    /// Recurring questions.
    pub clusters: usize,
    /// The share of questions that are in a recurring one, from 0 to 1.
    pub coverage: f64,
    /// The share of questions that had a cluster before and kept its id.
    pub kept: f64,
    /// The mean silhouette at the cut, −1 to 1; 0 where there were few wordings
    /// and pairs of them decided.
    pub silhouette: f64,
    /// The encoder whose vectors were taken in, if any.
    pub encoder: Option<String>,
    /// Recurring questions that an approved item answers.
    pub answered: usize,
    /// Answers mined from agents' replies.
    pub candidates: usize,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Why nothing was clustered.
#[derive(Debug, thiserror::Error)]
pub enum ClusteringError {
    /// The shop cannot be read yet.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Computing panicked.
    #[error("clustering panicked")]
    Panicked(#[from] tokio::task::JoinError),
}

/// The wordings that are clustered.
struct Material {
    keys: Vec<WordingKey>,
    texts: Vec<Normalized>,
    shown: Vec<Arc<str>>,
    weights: Vec<f32>,
    meanings: Vec<Meaning>,
    clusters: Vec<Option<ClusterId>>,
    is_pinned: Vec<bool>,
    standing: HashMap<ClusterId, Cluster>,
}

/// What was found.
struct Found {
    clusters: Vec<Cluster>,
    /// What buyers asked in each of the clusters, most often first.
    voices: Vec<Vec<Voice>>,
    places: Vec<WordingPlace>,
    report: ClusteringReport,
    learned: Learned,
    vectors: Vec<f32>,
    answers: Vec<Option<Answer>>,
    placed: Vec<Option<ClusterId>>,
}

impl Clusterer {
    /// Clusters a shop's wordings, says which an item answers, mines replies.
    ///
    /// # Errors
    /// When the shop cannot be read or the store does not take it.
    pub async fn run(
        &self,
        shop: &ShopId,
        now: Timestamp,
    ) -> Result<ClusteringReport, ClusteringError> {
        let began = std::time::Instant::now();
        if !self.catalog.caught_up(shop, MOST_WAIT).await? {
            tracing::warn!(
                shop = shop.as_str(),
                waited_seconds = MOST_WAIT.as_secs(),
                "knowledge is not all indexed: questions that the rest answers stay gaps until the next clustering"
            );
        }
        let searchable = self.catalog.searchable(shop)?;
        self.listening.compass_begins(shop);
        let ledger = self.listening.ledger(shop).await?;
        let owned = searchable.clone();
        let material =
            spawn_blocking(move || Material::of(&ledger).understood(&owned, now)).await?;
        let (vectors, encoder) = material.encoded(&searchable).await;
        let fingerprint = encoder.as_ref().map_or(0, |(_, fingerprint)| *fingerprint);
        let mut found = spawn_blocking(move || find(&material, &vectors, fingerprint, now)).await?;
        found.report.encoder = encoder.map(|(name, _)| name);
        let voices = std::mem::take(&mut found.voices);
        let threshold = (self.minimum_confidence, now);
        let answered = answered(&searchable, &voices, threshold).await?;
        for (cluster, answer) in found.clusters.iter_mut().zip(answered) {
            cluster.answered_by = answer.map(|(knowledge, confidence)| AnsweredBy {
                knowledge,
                confidence,
            });
        }
        let is_answered = |cluster: &&Cluster| cluster.answered_by.is_some();
        found.report.answered = found.clusters.iter().filter(is_answered).count();
        let change = ClusterChange {
            clusters: found.clusters,
            places: found.places,
        };
        self.store.save_clustering(shop, &change, now).await?;
        let folder = self.listening.folder().to_owned();
        let (learned, vectors, placed) = (found.learned, found.vectors, found.placed);
        let answers = found.answers;
        let kept_for = shop.clone();
        let compass = spawn_blocking(move || {
            keep(&learned, folder, &kept_for);
            Compass::new(learned, (&vectors, &answers), &placed)
        })
        .await?;
        self.listening.put_compass(shop, compass);
        found.report.candidates = self.mine(shop, now).await?;
        found.report.seconds = began.elapsed().as_secs_f64();
        Ok(found.report)
    }

    async fn mine(&self, shop: &ShopId, now: Timestamp) -> Result<usize, ClusteringError> {
        let since = now
            .checked_sub((24 * MINED_DAYS).hours())
            .unwrap_or(Timestamp::MIN);
        let replies = self.store.mined_replies(shop, since, MOST_REPLIES).await?;
        let mut standing = Vec::new();
        for state in CandidateState::ALL {
            standing.extend(self.store.candidates(shop, state, MOST_CANDIDATES).await?);
        }
        let ledger = self.listening.ledger(shop).await?;
        let mined = spawn_blocking(move || {
            let found = mine(&replies, &standing, now);
            let lost = lost(&standing, &found, &ledger);
            (found, lost)
        });
        let (found, lost) = mined.await?;
        self.store.put_candidates(shop, &found).await?;
        self.store.remove_open_candidates(shop, &lost).await?;
        Ok(found.len())
    }
}

fn keep(learned: &Learned, folder: PathBuf, shop: &ShopId) {
    if let Err(error) = learned.keep(&folder, shop) {
        tracing::warn!(
            shop = shop.as_str(),
            error = %with_causes(&error),
            "what clustering learned cannot be kept: after a start, new questions join from the next clustering on"
        );
    }
}

impl Material {
    /// The wordings that were asked, those asked most first.
    fn of(ledger: &Ledger) -> Self {
        let counts = ledger.wording_counts();
        let mut order: Vec<usize> = (0..counts.len())
            .filter(|place| counts[*place] > 0)
            .collect();
        order.sort_by_key(|place| std::cmp::Reverse(counts[*place]));
        order.truncate(MOST_WORDINGS);
        // One order, so that the same wordings give the same clusters.
        order.sort_unstable_by_key(|place| ledger.wordings()[*place].key);
        let intents = ledger.wording_intents();
        let wordings = || order.iter().map(|place| &ledger.wordings()[*place]);
        Self {
            keys: wordings().map(|wording| wording.key).collect(),
            texts: wordings()
                .map(|wording| Normalized::new(&wording.text))
                .collect(),
            shown: wordings().map(|wording| wording.text.clone()).collect(),
            weights: order.iter().map(|place| counts[*place] as f32).collect(),
            meanings: order
                .iter()
                .map(|place| of_intent(intents[*place]))
                .collect(),
            clusters: wordings().map(|wording| wording.cluster).collect(),
            is_pinned: wordings().map(|wording| wording.is_pinned).collect(),
            standing: ledger
                .clusters()
                .map(|cluster| (cluster.id, cluster.clone()))
                .collect(),
        }
    }

    /// The vectors of the shop's encoder, with whose they are. A static encoder
    /// is made of words, of which few say nothing beside themselves.
    async fn encoded(&self, searchable: &Searchable) -> (Vec<f32>, Option<(String, u64)>) {
        let is_of_words = matches!(searchable.language.encoder(), ShopEncoder::Own(_));
        if is_of_words && Space::is_for_few(self.texts.len()) {
            return (Vec::new(), None);
        }
        encoded(searchable, &self.texts, encoding::OF_A_JOB).await
    }

    /// The wordings of some rows that are asked most.
    fn voices(&self, rows: &[usize]) -> Vec<Voice> {
        let mut rows = rows.to_vec();
        rows.sort_by(|left, right| self.weights[*right].total_cmp(&self.weights[*left]));
        rows.truncate(MOST_VOICES);
        let voice = |row: usize| (self.shown[row].to_string(), self.weights[row]);
        rows.into_iter().map(voice).collect()
    }

    /// With what knowledge says of each wording, where there are few: of many
    /// it is told by the other wordings around it.
    fn understood(mut self, searchable: &Searchable, now: Timestamp) -> Self {
        if Space::is_for_few(self.texts.len()) {
            self.meanings = meanings(searchable, self.shown.iter().map(AsRef::as_ref), now);
        }
        self
    }
}

fn find(material: &Material, encoded: &[f32], encoder: u64, now: Timestamp) -> Found {
    let learned = Learned {
        space: Space::learn(&material.texts, encoded, Some(&material.meanings)),
        encoder,
    };
    let space = &learned.space;
    let vectors = space.place_all(&material.texts, encoded, &material.meanings);
    let mut ids: Vec<ClusterId> = material.clusters.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let places: HashMap<ClusterId, u64> = ids.iter().copied().zip(0..).collect();
    let previous: Vec<Option<u64>> = material
        .clusters
        .iter()
        .map(|cluster| places.get(cluster.as_ref()?).copied())
        .collect();
    let pins: Vec<Option<u64>> = previous
        .iter()
        .zip(&material.is_pinned)
        .map(|(cluster, is_pinned)| cluster.filter(|_| *is_pinned))
        .collect();
    let answers = space.answers(&material.meanings);
    let questions = Questions {
        dimensions: space.dimensions(),
        vectors: &vectors,
        alike: space.alike(!encoded.is_empty()),
        answers: &answers,
        weights: &material.weights,
        previous: &previous,
        pins: &pins,
    };
    let clustering = cluster(&questions, &Options::default());
    let kept = match_ids(&previous, &clustering.groups, &material.weights, &pins);
    let members = members(&clustering.groups, clustering.count);
    let new_ids: Vec<Option<ClusterId>> = members
        .iter()
        .zip(&kept)
        .map(|(rows, kept)| {
            let asked: f32 = rows.iter().map(|row| material.weights[*row]).sum();
            let is_pinned = rows.iter().any(|row| material.is_pinned[*row]);
            let old = kept.and_then(|place| ids.get(usize::try_from(place).ok()?).copied());
            let recurs = asked >= 2.0 || is_pinned;
            recurs.then(|| old.unwrap_or_else(ClusterId::make))
        })
        .collect();
    let placed: Vec<Option<ClusterId>> = clustering
        .groups
        .iter()
        .map(|group| new_ids[*group as usize])
        .collect();
    let described = Described {
        material,
        vectors: &vectors,
        dimensions: space.dimensions(),
    };
    let clusters = described.clusters(&members, &new_ids, now);
    let recurring = members.iter().zip(&new_ids).filter(|(_, id)| id.is_some());
    let voices = recurring.map(|(rows, _)| material.voices(rows)).collect();
    let stood = material.keys.iter().zip(&material.clusters);
    let moved = stood
        .zip(&placed)
        .filter(|((_, stood), placed)| stood != placed);
    let report = report(material, &placed, clusters.len(), clustering.cut.silhouette);
    Found {
        places: moved
            .map(|((key, _), cluster)| WordingPlace {
                key: *key,
                cluster: *cluster,
                is_pinned: false,
            })
            .collect(),
        clusters,
        voices,
        report,
        learned,
        vectors,
        answers,
        placed,
    }
}

fn members(groups: &[u32], count: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); count];
    for (row, group) in groups.iter().enumerate() {
        members[*group as usize].push(row);
    }
    members
}

fn report(
    material: &Material,
    placed: &[Option<ClusterId>],
    clusters: usize,
    silhouette: f64,
) -> ClusteringReport {
    let (mut all, mut covered, mut had, mut kept) = (0.0, 0.0, 0.0, 0.0);
    for (row, weight) in material.weights.iter().enumerate() {
        let weight = f64::from(*weight);
        all += weight;
        if placed[row].is_some() {
            covered += weight;
        }
        if material.clusters[row].is_some() {
            had += weight;
            kept += if placed[row] == material.clusters[row] {
                weight
            } else {
                0.0
            };
        }
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 1.0 };
    ClusteringReport {
        questions: all as u64,
        wordings: material.keys.len(),
        clusters,
        coverage: share(covered, all),
        kept: share(kept, had),
        silhouette,
        encoder: None,
        answered: 0,
        candidates: 0,
        seconds: 0.0,
    }
}

/// What clusters are described from.
struct Described<'a> {
    material: &'a Material,
    vectors: &'a [f32],
    dimensions: usize,
}

impl Described<'_> {
    fn clusters(
        &self,
        members: &[Vec<usize>],
        ids: &[Option<ClusterId>],
        now: Timestamp,
    ) -> Vec<Cluster> {
        let recurring: Vec<(ClusterId, &Vec<usize>)> = ids
            .iter()
            .zip(members)
            .filter_map(|(id, rows)| Some(((*id)?, rows)))
            .collect();
        let texts: Vec<Vec<(&Normalized, f32)>> = recurring
            .iter()
            .map(|(_, rows)| {
                let member =
                    |row: &usize| (&self.material.texts[*row], self.material.weights[*row]);
                rows.iter().map(member).collect()
            })
            .collect();
        let phrases = key_phrases(&texts, MOST_PHRASES);
        recurring
            .into_iter()
            .zip(phrases)
            .map(|((id, rows), key_phrases)| {
                let standing = self.material.standing.get(&id);
                Cluster {
                    id,
                    label: self.label(rows, standing),
                    name: standing.and_then(|cluster| cluster.name.clone()),
                    key_phrases,
                    is_muted: standing.is_some_and(|cluster| cluster.is_muted),
                    is_pinned: standing.is_some_and(|cluster| cluster.is_pinned),
                    answered_by: None,
                    created_at: standing.map_or(now, |cluster| cluster.created_at),
                    retired_at: None,
                }
            })
            .collect()
    }

    /// A row's vector at unit length.
    fn direction(&self, row: usize) -> Vec<f32> {
        let range = row * self.dimensions..(row + 1) * self.dimensions;
        let mut direction = self.vectors[range].to_vec();
        normalize(&mut direction);
        direction
    }

    /// What the question of `rows` is called; before, it was `standing`.
    fn label(&self, rows: &[usize], standing: Option<&Cluster>) -> Masked {
        let material = self.material;
        let wordings = rows.iter().map(|row| WordingOf {
            row: *row,
            text: &material.texts[*row],
            shown: &material.shown[*row],
            weight: material.weights[*row],
        });
        // One that people split off has no key phrases yet, and is called by
        // whichever of its wordings came first.
        let described = standing.filter(|cluster| !cluster.key_phrases.is_empty());
        let stood = described.map(|cluster| cluster.label.as_str());
        label(wordings.collect(), |row| self.direction(row), stood)
    }
}
