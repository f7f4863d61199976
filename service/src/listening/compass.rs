//! Where a new wording belongs, in a millisecond: what the last clustering learned.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zhiwen_models::cluster::{Answer, Assigner, Meaning, Space};
use zhiwen_models::text::Normalized;

use super::Ledger;
use super::coverage::meanings;
use crate::catalog::Searchable;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::taxonomy::Intent;

/// Wordings of a small shop that are looked up at most, the most asked: more may
/// have come since it was small.
const MOST_MEANT: usize = 1_000;

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

/// The place of an intent among those of the taxonomy; `None` for a shop's own.
pub fn place_of(intent: &str) -> Option<usize> {
    INTENTS.get(intent).copied()
}

/// What is known of a question whose intent is.
pub fn of_intent(intent: Option<&str>) -> Meaning {
    Meaning {
        intents: intent
            .and_then(place_of)
            .map(|place| (place, 1.0))
            .into_iter()
            .collect(),
        ..Meaning::default()
    }
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
    /// those of the encoder; beside them what answers them ([`Space::answers`]),
    /// empty where only density tells.
    pub fn new(
        learned: Learned,
        (vectors, answers): (&[f32], &[Option<Answer>]),
        clusters: &[Option<ClusterId>],
    ) -> Self {
        let mut ids: Vec<ClusterId> = clusters.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let places: HashMap<ClusterId, u64> = ids.iter().copied().zip(0..).collect();
        let placed: Vec<Option<u64>> = clusters
            .iter()
            .map(|cluster| places.get(cluster.as_ref()?).copied())
            .collect();
        let alike = learned.space.alike(true);
        let mut assigner = Assigner::new(learned.space.dimensions(), vectors, &placed, alike);
        for (answer, cluster) in answers.iter().zip(&placed) {
            if let Some(cluster) = cluster {
                assigner.add_answer(*answer, *cluster);
            }
        }
        Self {
            assigner,
            encoder: Some(learned.encoder),
            learned,
            ids,
        }
    }

    /// The same mapping with the wordings where the ledger has them now.
    #[must_use]
    pub fn renewed(self, ledger: &Ledger, searchable: &Searchable) -> Self {
        Self::of_ledger(self.learned, ledger, searchable)
    }

    /// From the wordings of a ledger, without the encoder's vectors.
    pub fn of_ledger(learned: Learned, ledger: &Ledger, searchable: &Searchable) -> Self {
        let intents = ledger.wording_intents();
        let counts = ledger.wording_counts();
        let wordings = ledger.wordings().iter().zip(intents).zip(counts);
        let mut clustered: Vec<_> = wordings
            .filter(|((wording, _), _)| wording.cluster.is_some())
            .collect();
        if learned.space.alike(true).is_some() {
            clustered.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            clustered.truncate(MOST_MEANT);
        }
        let clustered: Vec<_> = clustered.into_iter().map(|(known, _)| known).collect();
        let meanings = if learned.space.alike(true).is_some() {
            let texts = clustered.iter().map(|(wording, _)| wording.text.as_ref());
            meanings(searchable, texts, Timestamp::now())
        } else {
            clustered
                .iter()
                .map(|(_, intent)| of_intent(*intent))
                .collect()
        };
        let texts: Vec<Normalized> = clustered
            .iter()
            .map(|(wording, _)| Normalized::new(&wording.text))
            .collect();
        let vectors = learned.space.place_all(&texts, &[], &meanings);
        let answers = learned.space.answers(&meanings);
        let clusters: Vec<_> = clustered
            .iter()
            .map(|(wording, _)| wording.cluster)
            .collect();
        Self {
            encoder: None,
            ..Self::new(learned, (&vectors, &answers), &clusters)
        }
    }

    /// Whether vectors of the encoder with this fingerprint say something here.
    pub fn takes(&self, encoder: u64) -> bool {
        self.encoder == Some(encoder)
    }

    /// Whether it looks at what [`meanings`] says of a question, and not at its
    /// likeliest intent alone.
    pub fn asks_meanings(&self) -> bool {
        self.learned.space.alike(true).is_some()
    }

    /// The cluster that a wording joins; `None` where it is like none. `vector`
    /// is the encoder's, or empty.
    pub fn cluster_of(
        &mut self,
        text: &Normalized,
        vector: &[f32],
        meaning: &Meaning,
    ) -> Option<ClusterId> {
        let placed = self.learned.space.place_newcomer(text, vector, meaning);
        let answer = self.learned.space.answer(meaning);
        let nearest = self.assigner.nearest(&placed, answer)?;
        let id = *self.ids.get(usize::try_from(nearest.cluster).ok()?)?;
        let alike = self.learned.space.alike(!vector.is_empty());
        let joins = alike.map_or(nearest.joins, |alike| nearest.similarity >= alike);
        joins.then(|| {
            self.assigner.add(&placed, nearest.cluster);
            self.assigner.add_answer(answer, nearest.cluster);
            id
        })
    }
}

impl Learned {
    /// Reads what [`Learned::keep`] wrote; `None` where there is nothing that
    /// can be read: the next clustering learns it anew.
    pub fn load(folder: &Path, shop: &ShopId) -> Option<Self> {
        let bytes = std::fs::read(file(folder, shop)).ok()?;
        let (digest, bytes) = bytes.split_first_chunk::<32>()?;
        // Damaged figures could ask for any amount of memory.
        if Sha256::digest(bytes)[..] != digest[..] {
            return None;
        }
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
        let path = file(folder, shop).with_extension("new");
        let mut bytes = self.encoder.to_le_bytes().to_vec();
        bytes.extend(self.space.to_bytes());
        let mut new = File::create(&path)?;
        new.write_all(&Sha256::digest(&bytes))?;
        new.write_all(&bytes)?;
        new.sync_all()?;
        std::fs::rename(path, file(folder, shop))
    }
}

fn file(folder: &Path, shop: &ShopId) -> PathBuf {
    folder.join(format!("{shop}.space"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let shop = ShopId::parse("hemu").expect("an id");
        let texts = ["怎么退货", "怎么换货", "几天发货"].map(Normalized::new);
        let learned = Learned {
            space: Space::learn(&texts, &[], Some(&[])),
            encoder: 7,
        };
        learned.keep(folder.path(), &shop).expect("written");
        let read = Learned::load(folder.path(), &shop).expect("whole");
        assert_eq!(
            (read.encoder, read.space.dimensions()),
            (7, learned.space.dimensions())
        );

        let path = file(folder.path(), &shop);
        let whole = std::fs::read(&path).expect("read");
        for at in [0, 33, 45, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            std::fs::write(&path, damaged).expect("written");
            assert!(Learned::load(folder.path(), &shop).is_none(), "byte {at}");
        }
        std::fs::write(&path, &whole[..whole.len() - 12]).expect("written");
        assert!(Learned::load(folder.path(), &shop).is_none());
    }
}
