//! Where a new wording belongs, in microseconds: what the last clustering learned.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use zhiwen_models::cluster::{Assigner, Space};
use zhiwen_models::text::Normalized;

use super::Ledger;
use crate::domain::ids::{ClusterId, ShopId};

/// The mapping of wordings to vectors, and whose vectors it was learned with.
pub struct Learned {
    /// The mapping.
    pub space: Space,
    /// The fingerprint of the encoder; 0 where there was none.
    pub encoder: u64,
}

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
            assigner: Assigner::new(learned.space.dimensions(), vectors, &placed),
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
        let standing = ledger
            .wordings()
            .iter()
            .filter(|wording| wording.cluster.is_some());
        let (texts, clusters): (Vec<Normalized>, Vec<Option<ClusterId>>) = standing
            .map(|wording| (Normalized::new(&wording.text), wording.cluster))
            .unzip();
        let vectors = learned.space.place_all(&texts, &[]);
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
    pub fn cluster_of(&mut self, text: &Normalized, vector: &[f32]) -> Option<ClusterId> {
        let placed = self.learned.space.place(text, vector);
        let nearest = self.assigner.nearest(&placed)?;
        let id = *self.ids.get(usize::try_from(nearest.cluster).ok()?)?;
        nearest.joins.then(|| {
            self.assigner.add(&placed, nearest.cluster);
            id
        })
    }
}

impl Learned {
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
