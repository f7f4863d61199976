//! What people do to clusters: merge, split, name, mute, pin, and undo.
//!
//! A merge and a split pin every wording that they touch, so that later
//! clusterings keep them together and apart.

use std::collections::BTreeSet;

use jiff::Timestamp;
use zhiwen_models::privacy::Masked;

use super::{Ledger, Listening};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ClusterId, EditId, ShopId};
use crate::domain::listening::{
    Before, Cluster, ClusterEdit, ClusterMarks, EditKind, WordingKey, WordingPlace,
};
use crate::store::{ClusterChange, Store, StoreError};

/// Later edits that an undo is compared with.
const MOST_EDITS: u32 = 1_000;

/// Why clusters were not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The store did not do it, or there is no such cluster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was asked for makes no sense.
    #[error("request has invalid fields")]
    Invalid(FieldError),
}

/// Who edits, and where.
#[derive(Clone, Copy)]
pub struct Editor<'a> {
    /// Storage.
    pub store: &'a dyn Store,
    /// The shops' ledgers.
    pub listening: &'a Listening,
    /// The shop.
    pub shop: &'a ShopId,
    /// Who.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What to change of a cluster; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterPatch {
    /// Its name; `Some(None)` goes back to its label.
    pub name: Option<Option<String>>,
    /// Whether it is muted.
    pub is_muted: Option<bool>,
    /// Whether it is pinned.
    pub is_pinned: Option<bool>,
}

impl Editor<'_> {
    /// Puts all of `from` into `into`.
    ///
    /// # Errors
    /// When there is no such cluster, or both are one.
    pub async fn merge(self, from: ClusterId, into: ClusterId) -> Result<EditId, EditError> {
        if from == into {
            return Err(EditError::Invalid(FieldError::new("into", Fault::Itself)));
        }
        let (change, before, detail) = {
            let ledger = self.listening.ledger(self.shop).await?;
            let (merged, target) = (standing(&ledger, from)?, standing(&ledger, into)?);
            let detail = format!("{} → {}", merged.title(), target.title());
            let places: Vec<WordingPlace> = [from, into]
                .iter()
                .flat_map(|cluster| places(&ledger, *cluster))
                .collect();
            let change = ClusterChange {
                clusters: Vec::new(),
                places: pinned(&places, into),
            };
            // Who undoes a merge says that the two are not one: a later clustering
            // shall not put them together by itself.
            let apart = places.into_iter().map(|place| WordingPlace {
                is_pinned: true,
                ..place
            });
            (change, before(apart.collect()), detail)
        };
        self.write(EditKind::Merge, into, &change, before, detail)
            .await
    }

    /// Puts `wordings` of `cluster` into a cluster of their own; gives it too.
    ///
    /// # Errors
    /// When there is no such cluster, a wording is not in it, or none would be left.
    pub async fn split(
        self,
        cluster: ClusterId,
        wordings: &BTreeSet<WordingKey>,
    ) -> Result<(EditId, ClusterId), EditError> {
        let new = ClusterId::make();
        let (change, before, detail) = {
            let ledger = self.listening.ledger(self.shop).await?;
            let split = standing(&ledger, cluster)?;
            let places: Vec<WordingPlace> = places(&ledger, cluster).collect();
            check_split(&places, wordings)?;
            let (away, stays): (Vec<WordingPlace>, Vec<WordingPlace>) = places
                .iter()
                .cloned()
                .partition(|place| wordings.contains(&place.key));
            let label = away
                .first()
                .and_then(|place| ledger.wording_of(place.key))
                .map_or("", |wording| wording.text.as_ref());
            let made = Cluster {
                id: new,
                label: Masked::from_stored(label.to_owned()),
                name: None,
                key_phrases: Vec::new(),
                is_muted: false,
                is_pinned: false,
                answered_by: None,
                created_at: self.at,
                retired_at: None,
            };
            let detail = format!("{} / {label}", split.title());
            let mut moved = pinned(&away, new);
            moved.extend(pinned(&stays, cluster));
            let change = ClusterChange {
                clusters: vec![made],
                places: moved,
            };
            (change, before(places), detail)
        };
        let edit = self
            .write(EditKind::Split, cluster, &change, before, detail)
            .await?;
        Ok((edit, new))
    }

    /// Changes a cluster's name, or whether it is muted or pinned.
    ///
    /// # Errors
    /// When there is no such cluster.
    pub async fn change(
        self,
        cluster: ClusterId,
        patch: &ClusterPatch,
    ) -> Result<EditId, EditError> {
        let (changed, before) = {
            let ledger = self.listening.ledger(self.shop).await?;
            let mut changed = standing(&ledger, cluster)?.clone();
            let before = marks(&changed);
            changed.name = patch.name.clone().unwrap_or(changed.name);
            changed.is_muted = patch.is_muted.unwrap_or(changed.is_muted);
            changed.is_pinned = patch.is_pinned.unwrap_or(changed.is_pinned);
            (changed, before)
        };
        let detail = changed.title().to_owned();
        let before = Before {
            places: Vec::new(),
            clusters: vec![before],
            came_to: vec![marks(&changed)],
        };
        let change = ClusterChange {
            clusters: vec![changed],
            places: Vec::new(),
        };
        self.write(EditKind::Change, cluster, &change, before, detail)
            .await
    }

    /// Puts back what stood before an edit.
    ///
    /// # Errors
    /// When there is none of that id that is not undone, or a later one changed
    /// the same.
    pub async fn undo(self, edit: EditId) -> Result<(), EditError> {
        let edits = self.store.cluster_edits(self.shop, MOST_EDITS).await?;
        let later = edits
            .iter()
            .take_while(|later| later.id != edit)
            .filter(|later| later.undone_at.is_none());
        let undone = edits.iter().find(|found| found.id == edit);
        if undone.is_some_and(|undone| later.into_iter().any(|later| touch_the_same(undone, later)))
        {
            let fault = Fault::malformed(
                "这些问题的最近一次改动，请先撤销后来的",
                "the last change of these questions: undo the later ones first",
            );
            return Err(EditError::Invalid(FieldError::new("id", fault)));
        }
        self.store.undo_edit(self.shop, edit, self.at).await?;
        self.listening.clusters_edited(self.shop);
        Ok(())
    }

    async fn write(
        self,
        kind: EditKind,
        cluster: ClusterId,
        change: &ClusterChange,
        before: Before,
        detail: String,
    ) -> Result<EditId, EditError> {
        let edit = ClusterEdit {
            id: EditId::make(),
            kind,
            cluster,
            detail,
            before,
            by: self.by.to_owned(),
            at: self.at,
            undone_at: None,
        };
        self.store.edit_clusters(self.shop, change, &edit).await?;
        if kind != EditKind::Change {
            self.listening.clusters_edited(self.shop);
        }
        Ok(edit.id)
    }
}

/// Whether two edits changed a wording or the marks of a cluster in common.
fn touch_the_same(one: &ClusterEdit, other: &ClusterEdit) -> bool {
    let wordings: BTreeSet<WordingKey> = one.before.places.iter().map(|place| place.key).collect();
    let marks = |edit: &ClusterEdit| -> BTreeSet<ClusterId> {
        edit.before.clusters.iter().map(|marks| marks.id).collect()
    };
    other
        .before
        .places
        .iter()
        .any(|place| wordings.contains(&place.key))
        || !marks(one).is_disjoint(&marks(other))
}

fn standing(ledger: &Ledger, cluster: ClusterId) -> Result<&Cluster, StoreError> {
    ledger
        .cluster(cluster)
        .filter(|cluster| cluster.retired_at.is_none())
        .ok_or(StoreError::NotFound { what: "cluster" })
}

fn places(ledger: &Ledger, cluster: ClusterId) -> impl Iterator<Item = WordingPlace> + '_ {
    ledger
        .wordings()
        .iter()
        .filter(move |wording| wording.cluster == Some(cluster))
        .map(|wording| WordingPlace {
            key: wording.key,
            cluster: wording.cluster,
            is_pinned: wording.is_pinned,
        })
}

fn pinned(places: &[WordingPlace], cluster: ClusterId) -> Vec<WordingPlace> {
    places
        .iter()
        .map(|place| WordingPlace {
            key: place.key,
            cluster: Some(cluster),
            is_pinned: true,
        })
        .collect()
}

fn before(places: Vec<WordingPlace>) -> Before {
    Before {
        places,
        ..Before::default()
    }
}

/// What people say of a cluster.
fn marks(cluster: &Cluster) -> ClusterMarks {
    ClusterMarks {
        id: cluster.id,
        name: cluster.name.clone(),
        is_muted: cluster.is_muted,
        is_pinned: cluster.is_pinned,
    }
}

fn check_split(places: &[WordingPlace], wordings: &BTreeSet<WordingKey>) -> Result<(), EditError> {
    let known: BTreeSet<WordingKey> = places.iter().map(|place| place.key).collect();
    let fault = if wordings.is_empty() {
        Fault::malformed("至少一种问法", "at least one wording")
    } else if !wordings.is_subset(&known) {
        Fault::malformed("这个问题自己的问法", "wordings of this cluster only")
    } else if wordings.len() == known.len() {
        Fault::malformed(
            "一部分问法，至少留下一种",
            "not every wording of the cluster",
        )
    } else {
        return Ok(());
    };
    Err(EditError::Invalid(FieldError::new("wordings", fault)))
}
