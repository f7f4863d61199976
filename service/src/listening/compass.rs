//! Where a new wording belongs, in microseconds: what the last clustering learned.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use zhiwen_models::cluster::{Assigner, Space};
use zhiwen_models::encoder::normalize;
use zhiwen_models::text::Normalized;

use super::Ledger;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::taxonomy::Intent;

/// How much the intent of a question counts beside its words. Without it, words
/// that two questions share by chance ("打开发现裂了", "开发票") bring them together.
const INTENT_WEIGHT: f32 = 0.5;

/// The mapping of wordings to vectors, and whose vectors it was learned with.
pub struct Learned {
    /// The mapping.
    pub space: Space,
    /// The fingerprint of the encoder; 0 where there was none.
    pub encoder: u64,
}

/// The taxonomy's intents by place; a shop's own have none.
static INTENTS: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let ids = Intent::built_in().map(|(intent, _)| String::from(intent));
    ids.zip(0..).collect()
});

/// The clusters as places among vectors.
pub struct Compass {
    learned: Learned,
    assigner: Assigner,
    ids: Vec<ClusterId>,
    /// Whose vectors the clusters were placed with; `None` where by words alone.
    encoder: Option<u64>,
}

impl Compass {
    /// From wordings, their clusters, and their vectors by the mapping with
    /// those of the encoder.
    pub fn new(learned: Learned, vectors: &[f32], clusters: &[Option<ClusterId>]) -> Self {
        let mut ids: Vec<ClusterId> = clusters.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let places: HashMap<ClusterId, u64> = ids.iter().copied().zip(0..).collect();
        let placed: Vec<Option<u64>> = clusters
            .iter()
            .map(|cluster| places.get(cluster.as_ref()?).copied())
            .collect();
        Self {
            assigner: Assigner::new(learned.dimensions(), vectors, &placed),
            encoder: Some(learned.encoder),
            learned,
            ids,
        }
    }

    /// The same mapping with the wordings where the ledger has them now.
    #[must_use]
    pub fn renewed(self, ledger: &Ledger) -> Self {
        Self::of_ledger(self.learned, ledger)
    }

    /// From the wordings of a ledger, by their words alone.
    pub fn of_ledger(learned: Learned, ledger: &Ledger) -> Self {
        let intents = ledger.wording_intents();
        let mut vectors = Vec::new();
        let mut clusters = Vec::new();
        for (wording, intent) in ledger.wordings().iter().zip(intents) {
            if wording.cluster.is_some() {
                let placed = learned.space.place(&Normalized::new(&wording.text), &[]);
                vectors.extend(learned.with_intent(&placed, intent));
                clusters.push(wording.cluster);
            }
        }
        Self {
            encoder: None,
            ..Self::new(learned, &vectors, &clusters)
        }
    }

    /// Whether vectors of the encoder with this fingerprint say something here.
    pub fn takes(&self, encoder: u64) -> bool {
        self.encoder == Some(encoder)
    }

    /// The cluster that a wording joins; `None` where it is like none. `vector`
    /// is the encoder's, or empty.
    pub fn cluster_of(
        &mut self,
        text: &Normalized,
        vector: &[f32],
        intent: Option<&str>,
    ) -> Option<ClusterId> {
        let placed = self.learned.space.place_newcomer(text, vector);
        let placed = self.learned.with_intent(&placed, intent);
        let nearest = self.assigner.nearest(&placed)?;
        let id = *self.ids.get(usize::try_from(nearest.cluster).ok()?)?;
        nearest.joins.then(|| {
            self.assigner.add(&placed, nearest.cluster);
            id
        })
    }
}

impl Learned {
    /// The length of a vector with its intent.
    pub fn dimensions(&self) -> usize {
        self.space.dimensions() + INTENTS.len()
    }

    /// A vector by the mapping, with the question's intent beside it: unit
    /// length, or zeros where the words say nothing.
    pub fn with_intent(&self, placed: &[f32], intent: Option<&str>) -> Vec<f32> {
        let mut vector = placed.to_vec();
        vector.resize(self.dimensions(), 0.0);
        let place = intent.and_then(|intent| INTENTS.get(intent));
        let says_something = placed.iter().any(|value| *value != 0.0);
        if let Some(place) = place.filter(|_| says_something) {
            vector[placed.len() + place] = INTENT_WEIGHT;
            normalize(&mut vector);
        }
        vector
    }

    /// Reads what [`Learned::keep`] wrote; `None` where there is nothing that
    /// can be read: the next clustering learns it anew.
    pub fn load(folder: &Path, shop: &ShopId) -> Option<Self> {
        let bytes = std::fs::read(file(folder, shop)).ok()?;
        let (encoder, space) = bytes.split_first_chunk()?;
        Some(Self {
            encoder: u64::from_le_bytes(*encoder),
            space: Space::from_bytes(space).ok()?,
        })
    }

    /// Writes it for the next start, in place of what was there.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn keep(&self, folder: &Path, shop: &ShopId) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let new = file(folder, shop).with_extension("new");
        let mut bytes = self.encoder.to_le_bytes().to_vec();
        bytes.extend(self.space.to_bytes());
        std::fs::write(&new, bytes)?;
        std::fs::rename(new, file(folder, shop))
    }
}

fn file(folder: &Path, shop: &ShopId) -> PathBuf {
    folder.join(format!("{shop}.space"))
}
